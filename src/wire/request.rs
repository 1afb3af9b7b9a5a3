//! What is sent: a JSON body, or the same as a query string.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Format;
use crate::message_id::MessageId;
use crate::phone::Phone;

/// What needs no escape in a URL.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A message that is asked about.
pub(crate) type Message<'a> = (Phone, &'a MessageId<'a>);

/// What the key stands behind in a query string.
const KEY_PARAMETER: &str = "apiKey=";

/// The most room that the JSON body for these messages needs, in bytes.
pub(crate) fn json_room<'a>(api_key: &str, messages: impl Iterator<Item = Message<'a>>) -> usize {
    const FRAME: usize = r#"{"apiKey":"","_format":"xml","SMSStatut_List":[]}"#.len();
    const ENTRY: usize = r#"{"phoneNumber":"+123456789012345","messageId":},"#.len();
    const NUMBER: usize = "18446744073709551615".len();
    // Neither keys nor ids hold control characters, so an escape is a backslash.
    let text = |text: &str| 2 * text.len();
    let entries = messages.map(|(_, id)| match id {
        MessageId::Number(_) => ENTRY + NUMBER,
        MessageId::Text(id) => ENTRY + text(id) + 2,
    });
    FRAME + text(api_key) + entries.sum::<usize>()
}

/// Writes the JSON body that asks for these messages.
pub(crate) fn write_json<'a>(
    out: &mut Vec<u8>,
    api_key: &str,
    format: Format,
    messages: impl Iterator<Item = Message<'a>>,
) -> io::Result<()> {
    out.extend_from_slice(b"{\"apiKey\":");
    serde_json::to_writer(&mut *out, api_key)?;
    if format == Format::Xml {
        out.extend_from_slice(b",\"_format\":\"xml\"");
    }
    out.extend_from_slice(b",\"SMSStatut_List\":[");
    for (place, (phone, id)) in messages.enumerate() {
        out.extend_from_slice(if place == 0 { b"{\"phoneNumber\":\"" } else { b",{\"phoneNumber\":\"" });
        phone.write_to(out)?;
        out.extend_from_slice(b"\",\"messageId\":");
        match id {
            MessageId::Number(number) => serde_json::to_writer(&mut *out, number)?,
            MessageId::Text(text) => serde_json::to_writer(&mut *out, text)?,
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(())
}

/// Writes the query string that asks for these messages, in the bracket notation that a PHP server reads.
pub(crate) fn write_query<'a>(
    out: &mut Vec<u8>,
    api_key: &str,
    format: Format,
    messages: impl Iterator<Item = Message<'a>>,
) -> io::Result<()> {
    write!(out, "{KEY_PARAMETER}{}{}", utf8_percent_encode(api_key, ESCAPED), format_parameter(format))?;
    messages.enumerate().try_for_each(|(place, message)| write_query_entry(out, place, message))
}

fn format_parameter(format: Format) -> &'static str {
    if format == Format::Xml { "&_format=xml" } else { "" }
}

/// How long a query string is without entries, in bytes.
pub(crate) fn query_start_size(api_key: &str, format: Format) -> usize {
    let key: usize = utf8_percent_encode(api_key, ESCAPED).map(str::len).sum();
    KEY_PARAMETER.len() + key + format_parameter(format).len()
}

fn write_query_entry(out: &mut Vec<u8>, place: usize, (phone, id): Message<'_>) -> io::Result<()> {
    write!(out, "&SMSStatut_List[{place}][phoneNumber]=")?;
    let number = out.len();
    phone.write_to(out)?;
    if out[number] == b'+' {
        // A plain + in a query string is a space.
        out.splice(number..=number, *b"%2B");
    }
    write!(out, "&SMSStatut_List[{place}][messageId]=")?;
    match id {
        MessageId::Number(number) => Ok(serde_json::to_writer(out, number)?),
        MessageId::Text(text) => write!(out, "{}", utf8_percent_encode(text, ESCAPED)),
    }
}

/// How long the entry of a message is at this place of a query string, in bytes.
pub(crate) fn query_entry_size(place: usize, message: Message<'_>) -> usize {
    let mut entry = Vec::with_capacity(128);
    // Writing to memory does not fail; what could not be written would not fit.
    write_query_entry(&mut entry, place, message).map_or(usize::MAX, |()| entry.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: [(&str, &str); 2] = [("0619922264", "199897"), ("+33 6 99 99 99 92", "msg\"1 é")];

    fn written(write: impl Fn(&mut Vec<u8>, &mut dyn Iterator<Item = Message<'_>>)) -> String {
        let ids: Vec<_> = MESSAGES.iter().map(|(_, id)| MessageId::parse(id).unwrap()).collect();
        let mut out = Vec::new();
        write(&mut out, &mut MESSAGES.iter().map(|(phone, _)| Phone::parse(phone).unwrap()).zip(&ids));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let list = concat!(
            r#""SMSStatut_List":[{"phoneNumber":"0619922264","messageId":199897},"#,
            r#"{"phoneNumber":"+33699999992","messageId":"msg\"1 é"}]}"#
        );
        let json = |format| written(move |out, messages| write_json(out, "k\"é", format, messages).unwrap());
        assert_eq!(json(Format::Json), format!(r#"{{"apiKey":"k\"é",{list}"#));
        let room = written(|out, messages| out.resize(json_room("k\"é", messages), b' ')).len();
        assert!((json(Format::Xml).len()..300).contains(&room), "{room}");
        assert_eq!(json(Format::Xml), format!(r#"{{"apiKey":"k\"é","_format":"xml",{list}"#));
    }

    #[test]
    fn the_query_string_is_in_bracket_notation() {
        let query = written(|out, messages| write_query(out, "k&é", Format::Xml, messages).unwrap());
        let expected = concat!(
            "apiKey=k%26%C3%A9&_format=xml",
            "&SMSStatut_List[0][phoneNumber]=0619922264&SMSStatut_List[0][messageId]=199897",
            "&SMSStatut_List[1][phoneNumber]=%2B33699999992&SMSStatut_List[1][messageId]=msg%221%20%C3%A9"
        );
        assert_eq!(query, expected);
        let id = MessageId::parse(MESSAGES[0].1).unwrap();
        assert_eq!(query_start_size("k&é", Format::Xml), expected.find("&SMS").unwrap());
        let size = query_entry_size(0, (Phone::parse(MESSAGES[0].0).unwrap(), &id));
        assert_eq!(size, "&SMSStatut_List[0][phoneNumber]=0619922264&SMSStatut_List[0][messageId]=199897".len());
    }
}

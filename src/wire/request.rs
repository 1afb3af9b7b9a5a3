//! Writes requests: a JSON body, or the same as a query string.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

use super::Format;
use crate::message_id::MessageId;
use crate::phone::Phone;

/// All characters but those that need no escape in a URL.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What identifies a message. Two messages are the same if number and id are the same.
pub(crate) type EntryKey<'a> = (Phone, MessageId<'a>);

/// A message of a query, as it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    /// `+` or `0`, then digits.
    pub phone: &'a [u8],
    /// UTF-8.
    pub id: &'a [u8],
    /// Whether the id is sent as a JSON number, not as a string.
    pub id_is_number: bool,
}

impl<'a> Message<'a> {
    /// Returns the number and the id whose texts these are.
    pub(crate) fn key(self) -> EntryKey<'a> {
        let id = match self.id_is_number {
            true => MessageId::Number(self.id.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))),
            false => MessageId::Text(String::from_utf8_lossy(self.id)),
        };
        (Phone::from_text(self.phone), id)
    }
}

/// A message of a batch. It is small, so that all that a batch needs stays in the processor's cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchEntry<'t> {
    row: u32,
    phone_length: u8,
    id_is_number: bool,
    /// Number and id, with a NUL between them.
    texts: &'t [u8],
}

impl<'t> BatchEntry<'t> {
    /// Makes an entry of the index of its row and its texts: number and id, with a NUL between them. `phone_length` is
    /// the length of the number in bytes, and `id_is_number` says whether the id is sent as a number.
    pub(crate) fn new(row: usize, texts: &'t [u8], phone_length: usize, id_is_number: bool) -> BatchEntry<'t> {
        BatchEntry { row: row as u32, phone_length: phone_length as u8, id_is_number, texts }
    }

    pub(crate) fn row(&self) -> usize {
        self.row as usize
    }

    /// Whether both are sent as the same bytes.
    pub(crate) fn is_same(&self, other: &BatchEntry<'_>) -> bool {
        let of = |entry: &BatchEntry<'_>| (entry.phone_length, entry.id_is_number);
        of(self) == of(other) && self.texts == other.texts
    }

    /// Returns the message as it is sent.
    #[inline]
    pub(crate) fn message(&self) -> Message<'t> {
        let (phone, id) = self.texts.split_at(usize::from(self.phone_length));
        Message { phone, id: &id[1..], id_is_number: self.id_is_number }
    }
}

/// The parameter for the API key in a query string.
const KEY_PARAMETER: &str = "apiKey=";

/// Returns the most room that the JSON body for these messages needs, in bytes.
pub(crate) fn max_json_size<'a>(api_key: &str, messages: impl Iterator<Item = Message<'a>>) -> usize {
    const FRAME: usize = r#"{"apiKey":"","_format":"xml","SMSStatut_List":[]}"#.len();
    const ENTRY: usize = r#"{"phoneNumber":"+123456789012345","messageId":""},"#.len();
    // Neither keys nor ids have control characters, so an escape adds only a backslash.
    let text = |length: usize| 2 * length;
    FRAME + text(api_key.len()) + messages.map(|message| ENTRY + text(message.id.len())).sum::<usize>()
}

/// Appends the JSON body that asks for these messages.
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
    for message in messages {
        out.extend_from_slice(b"{\"phoneNumber\":\"");
        out.extend_from_slice(message.phone);
        out.extend_from_slice(b"\",\"messageId\":");
        if message.id_is_number {
            out.extend_from_slice(message.id);
        } else {
            serde_json::to_writer(&mut *out, text(message.id)?)?;
        }
        out.extend_from_slice(b"},");
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.extend_from_slice(b"]}");
    Ok(())
}

/// Appends the query string that asks for these messages, in the bracket notation that PHP servers parse.
pub(crate) fn write_query<'a>(
    out: &mut Vec<u8>,
    api_key: &str,
    format: Format,
    messages: impl Iterator<Item = Message<'a>>,
) -> io::Result<()> {
    write!(out, "{KEY_PARAMETER}{}{}", utf8_percent_encode(api_key, ESCAPED), format_parameter(format))?;
    messages.enumerate().try_for_each(|(index, message)| write_query_entry(out, index, message))
}

fn format_parameter(format: Format) -> &'static str {
    if format == Format::Xml { "&_format=xml" } else { "" }
}

/// Returns the length of a query string without entries, in bytes.
pub(crate) fn query_start_size(api_key: &str, format: Format) -> usize {
    let key: usize = utf8_percent_encode(api_key, ESCAPED).map(str::len).sum();
    KEY_PARAMETER.len() + key + format_parameter(format).len()
}

fn write_query_entry(out: &mut Vec<u8>, index: usize, message: Message<'_>) -> io::Result<()> {
    let [phone, id] = [message.phone, message.id].map(|text| percent_encode(text, ESCAPED));
    write!(out, "&SMSStatut_List[{index}][phoneNumber]={phone}&SMSStatut_List[{index}][messageId]={id}")
}

fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(io::Error::other)
}

/// Returns the length of the entry of a message at this index of a query string, in bytes.
pub(crate) fn query_entry_size(index: usize, message: Message<'_>) -> usize {
    let mut entry = Vec::with_capacity(128);
    // Writing to memory does not fail. If it did, the entry would count as too long.
    write_query_entry(&mut entry, index, message).map_or(usize::MAX, |()| entry.len())
}

/// For tests: makes a batch of these messages, whose rows count from 0.
#[cfg(test)]
pub(crate) fn with_asked<T>(messages: &[(&str, &str)], run: impl FnOnce(&[BatchEntry<'_>]) -> T) -> T {
    let read = |(phone, id): &(&str, &str)| {
        let (phone, id) = (Phone::parse(phone).unwrap().text(), MessageId::read(id).unwrap());
        (format!("{phone}\0{}", id.text()), phone.len(), id.is_number())
    };
    let read: Vec<_> = messages.iter().map(read).collect();
    let rows = read.iter().enumerate();
    let asked =
        rows.map(|(row, (texts, length, is_number))| BatchEntry::new(row, texts.as_bytes(), *length, *is_number));
    run(&asked.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: [(&str, &str); 2] = [("0619922264", "199897"), ("+33 6 99 99 99 92", "msg\"1 é")];

    fn written(write: impl Fn(&mut Vec<u8>, &mut dyn Iterator<Item = Message<'_>>)) -> String {
        let mut out = Vec::new();
        with_asked(&MESSAGES, |asked| write(&mut out, &mut asked.iter().map(BatchEntry::message)));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_sent_is_what_is_compared() {
        let ids = ["0", "199897", "9223372036854775807", "9223372036854775808", "007", "a \"\\u0031é", "+7"];
        for phone in ["0612345678", "+33612345678", "0033 (0)6 12 34 56 78", "+1234567", "+123456789012345"] {
            for id in ids {
                let key = with_asked(&[(phone, id)], |asked| {
                    let (phone, id) = asked[0].message().key();
                    (phone, id.text().into_owned(), id.is_number())
                });
                let parsed = MessageId::read(id).unwrap();
                assert_eq!(key, (Phone::parse(phone).unwrap(), id.to_owned(), parsed.is_number()));
            }
        }
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let list = concat!(
            r#""SMSStatut_List":[{"phoneNumber":"0619922264","messageId":199897},"#,
            r#"{"phoneNumber":"+33699999992","messageId":"msg\"1 é"}]}"#
        );
        let json = |format| written(move |out, messages| write_json(out, "k\"é", format, messages).unwrap());
        assert_eq!(json(Format::Json), format!(r#"{{"apiKey":"k\"é",{list}"#));
        let room = written(|out, messages| out.resize(max_json_size("k\"é", messages), b' ')).len();
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
        assert_eq!(query_start_size("k&é", Format::Xml), expected.find("&SMS").unwrap());
        let size = with_asked(&MESSAGES[..1], |asked| query_entry_size(0, asked[0].message()));
        assert_eq!(size, "&SMSStatut_List[0][phoneNumber]=0619922264&SMSStatut_List[0][messageId]=199897".len());
    }
}

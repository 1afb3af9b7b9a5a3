//! JSON lines to rows.

use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ends::Ends;
use super::list::{List, Message};
use super::text::Text;
use super::values::{self, shown};

/// What counts in an object; all else in it is ignored.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, alias = "phoneNumber")]
    phone_number: Option<&'a RawValue>,
    #[serde(borrow, alias = "messageId")]
    message_id: Option<&'a RawValue>,
}

/// Reads a list with an object on each line to its end.
pub fn read(text: &mut Text<impl Read>) -> io::Result<List> {
    let mut list = List::default();
    while !(text.is_whole() && text.rest().is_empty()) {
        let end = Ends::Cr.find(text.rest(), 0);
        let length = end + Ends::Cr.length_at(text.rest(), end);
        if length == text.rest().len() && !text.is_whole() {
            text.read_on()?;
            continue;
        }
        match text.rest()[..end].trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}') {
            "" => list.skip_empty(1),
            line => match message(line, text.is_guessed()) {
                Ok(message) => list.add_row(1, message),
                Err(reason) => list.add_bad_lines(1, reason),
            },
        }
        text.take(length);
    }
    Ok(list)
}

/// The message of an object, or why its fields are not known.
fn message(line: &str, is_guessed: bool) -> Result<Message, String> {
    // An array would be read as the fields in their order.
    if !line.starts_with('{') {
        return Err("not a JSON object".into());
    }
    let entry: Entry = serde_json::from_str(line).map_err(|error| explain(&error))?;
    let phone_number = value(entry.phone_number, "phone_number")?;
    let message_id = value(entry.message_id, "message_id")?;
    let id = values::message_id(&message_id, is_guessed);
    Ok(values::message(&phone_number, &message_id, id))
}

/// What is wrong, without the line, which is always the first of a text of one.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    format!("{} in column {}", text.split(" at line ").next().unwrap_or_default(), error.column())
}

/// The text of a string, or a number as it is written.
fn value(raw: Option<&RawValue>, name: &str) -> Result<String, String> {
    let raw = raw.ok_or_else(|| format!("it has no {name}"))?.get();
    match raw.as_bytes()[0] {
        b'"' => serde_json::from_str(raw).map_err(|error| format!("{name}: {}", explain(&error))),
        b'-' | b'0'..=b'9' => Ok(raw.to_owned()),
        _ => Err(format!("{name} is neither a text nor a number: {}", shown(raw))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked, and the first reasons why others are not.
    fn parse(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let list = read(&mut Text::new(text.as_bytes())).unwrap();
        let asked = list.asked().map(|row| (row.message.phone_number.clone(), row.message.message_id.clone()));
        let refused = list.rows.iter().filter_map(|row| Some(format!("line {}: {}", row.line, row.message.refusal?)));
        let bad = list.bad_lines.iter().map(|bad| format!("line {}: {}", bad.line, bad.reason));
        assert_eq!(list.lines, list.rows.len() + list.bad_lines.len() + list.empty_lines);
        (asked.collect(), bad.chain(refused).collect())
    }

    #[test]
    fn both_spellings_texts_and_numbers_are_read() {
        let text = "{\"phone_number\": \"+33 6 39 98 00 01\", \"message_id\": 199897}\r\n\n\
                    {\"messageId\": \"a\\u0062c\", \"other\": {\"phone_number\": \"x\"}, \"phoneNumber\": 33639980002}\r\
                    \u{feff}{\"phone_number\":\"0639980003\",\"message_id\":98765432109876543210,\"text\":\"a\u{2028}b\"}";
        let (asked, named) = parse(text);
        let expected =
            [("+33 6 39 98 00 01", "199897"), ("33639980002", "abc"), ("0639980003", "98765432109876543210")];
        assert_eq!(asked, expected.map(|(number, id)| (number.to_owned(), id.to_owned())));
        assert!(named.is_empty(), "{named:?}");
    }

    #[test]
    fn what_is_no_message_is_named() {
        for (line, reason) in [
            ("0639980001,1", "not a JSON object"),
            ("[\"0639980001\",1]", "not a JSON object"),
            ("{\"phone_number\":\"0639980001\",\"message_id\":1", "EOF while parsing an object in column 43"),
            ("{\"phone_number\":\"\\ud800\",\"message_id\":1}", "phone_number: "),
            ("{\"phone_number\":\"0639980001\"}", "it has no message_id"),
            ("{\"phone_number\":null,\"message_id\":1}", "it has no phone_number"),
            (
                "{\"phone_number\":\"0639980001\",\"message_id\":[1]}",
                "message_id is neither a text nor a number: \"[1]\"",
            ),
            ("{\"phone_number\":\"1\",\"phoneNumber\":\"2\",\"message_id\":1}", "duplicate field"),
            ("{\"phone_number\":639980001,\"message_id\":1}", "phone_number: it has nine digits"),
            ("{\"phone_number\":3.36e10,\"message_id\":1}", "phone_number: it is written as a power of ten"),
            ("{\"phone_number\":\"0639980001\",\"message_id\":\"Bonjour, 17\"}", "message_id: it is no id"),
        ] {
            let (asked, named) = parse(&format!("{line}\n{{\"phone_number\":\"0639980002\",\"message_id\":2}}"));
            assert_eq!((asked.len(), named.len()), (1, 1), "{line}");
            assert!(named[0].starts_with("line 1: ") && named[0].contains(reason), "{line}: {}", named[0]);
        }
    }
}

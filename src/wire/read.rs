//! Parses an answer in any format.

use super::response::{Entries, RawAnswer, Refusal, Unreadable, to_i32};
use super::{json, xml};
use crate::bounded::Bounded;

/// A body that could be parsed.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer<'b> {
    Entries(Entries<'b>),
    Refusal(Refusal),
}

/// Parses a body, which `repair` has made valid text. The first significant character shows its format. What
/// `fast_json` reads has the same result here.
pub(crate) fn read(whole: &str) -> Result<Answer<'_>, Unreadable> {
    let text = significant(whole);
    let start = whole.len() - text.len();
    let raw = match text.bytes().next() {
        Some(b'{') => json::read(text),
        Some(b'<') => xml::read(text),
        Some(_) => Err(Unreadable::new("expected a JSON object or an XML document", 0)),
        None => Err(Unreadable::new("expected an answer, found an empty body", 0)),
    };
    let answer = raw.and_then(understand);
    answer.map_err(|error| Unreadable { offset: start + error.offset, ..error })
}

/// Returns a body without the byte-order marks and the white space in front of it.
pub(super) fn significant(text: &str) -> &str {
    text.trim_start_matches(|character: char| character == '\u{feff}' || character.is_whitespace())
}

/// Interprets the fields of an answer: it is a refusal if `success` is false.
fn understand(raw: RawAnswer<'_>) -> Result<Answer<'_>, Unreadable> {
    if raw.lacks_memory {
        return Err(Unreadable::without_memory());
    }
    let expected = |what| move || Unreadable::new(what, 0);
    if raw.success.flag() != Some(false) {
        let list = raw.entries.ok_or_else(expected("expected StatutResponse_List, found none"))?;
        return Entries::read(list).map(Answer::Entries).map_err(|_| Unreadable::without_memory());
    }
    let code = raw.code.integer();
    let code = code.ok_or_else(expected("expected an integer as code beside success false, found none"))?;
    let mut message = Bounded::default();
    message.push_str(&raw.message.text().unwrap_or_default());
    for detail in raw.details {
        let between = if message.is_empty() { "" } else { "; " };
        let element = detail.element.as_text();
        let text = detail.message.text().unwrap_or_default();
        for part in [between, "element ", element.as_deref().unwrap_or("?"), ": ", &text] {
            message.push_str(part);
        }
    }
    Ok(Answer::Refusal(Refusal { api_code: to_i32(code), message: message.end() }))
}

#[cfg(test)]
mod tests {
    use super::super::response::Scalar;
    use super::*;

    #[test]
    fn want_of_memory_is_no_fault_of_the_body() {
        let raw = RawAnswer { lacks_memory: true, success: Scalar::Bool(true), ..RawAnswer::default() };
        assert!(understand(raw).unwrap_err().lacks_memory);
    }

    #[test]
    fn an_error_has_its_place_in_the_whole_body() {
        for (start, offset) in [("", 5), (" ", 6), ("\u{feff}\n", 9)] {
            let text = format!(r#"{start}{{"a" 1}}"#);
            let unreadable = read(&text).unwrap_err();
            assert_eq!(unreadable.offset, offset);
            assert_eq!(unreadable.to_string(), format!("{} at byte {offset}", unreadable.reason));
        }
    }
}

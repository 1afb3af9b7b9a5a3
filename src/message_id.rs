//! Message ids: how they are sent, and when two are the same.

use std::borrow::Cow;

use crate::decimal;

/// The longest id that is sent, in bytes.
const MAX_LENGTH: usize = 255;

/// An id in the form in which it is sent and compared.
///
/// A canonical integer of at most 63 bits is sent as a JSON number (beyond, a PHP server loses digits) and equals the
/// same number or its text in an answer; everything else is sent as a JSON string and equals that text only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MessageId<'a> {
    Number(u64),
    Text(Cow<'a, str>),
}

impl<'a> MessageId<'a> {
    /// Reads the id of a query; None if it cannot be one: empty, too long, or with control characters.
    pub(crate) fn parse(text: &'a str) -> Option<MessageId<'a>> {
        let id = trim(text);
        let valid = !id.is_empty() && id.len() <= MAX_LENGTH && !id.chars().any(char::is_control);
        valid.then(|| MessageId::from_text(Cow::Borrowed(id)))
    }

    /// Reads the usual form without white space, in one pass: a number of up to 18 digits.
    pub(crate) fn parse_plain(text: &[u8]) -> Option<MessageId<'a>> {
        decimal::canonical(text).map(MessageId::Number)
    }

    /// The id as it is sent.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            MessageId::Number(number) => Cow::Owned(number.to_string()),
            MessageId::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Whether it is sent as a number.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, MessageId::Number(_))
    }

    /// The id that an answer gives as text.
    pub(crate) fn from_text(text: Cow<'a, str>) -> MessageId<'a> {
        let number = MessageId::parse_plain(text.as_bytes());
        number
            .or_else(|| canonical_number(trim(&text)).map(MessageId::Number))
            .unwrap_or_else(|| MessageId::Text(trimmed(text)))
    }

    /// The id that an answer gives as a number.
    pub(crate) fn from_number(number: u64) -> MessageId<'a> {
        if i64::try_from(number).is_ok() {
            MessageId::Number(number)
        } else {
            MessageId::Text(Cow::Owned(number.to_string()))
        }
    }
}

fn canonical_number(id: &str) -> Option<u64> {
    let canonical = id == "0" || !id.starts_with(['0', '+']);
    let number = id.parse::<u64>().ok()?;
    (canonical && i64::try_from(number).is_ok()).then_some(number)
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_ascii_whitespace() || character == '\u{b}')
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<MessageId<'_>> {
        Some(MessageId::Text(text.into()))
    }

    #[test]
    fn ids_that_are_sent() {
        assert_eq!(MessageId::parse(" 123\t\u{b}\n"), Some(MessageId::Number(123)));
        assert_eq!(MessageId::parse("msg é 1"), text("msg é 1"));
        assert!(MessageId::parse(&"x".repeat(255)).is_some());
        for bad in ["", "  ", "a\u{1}b", "a\u{7f}", "a\u{85}b", "a\0b", &"x".repeat(256)] {
            assert_eq!(MessageId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_canonical_and_fit() {
        for number in ["0", "7", "199897", "9223372036854775807"] {
            assert_eq!(MessageId::parse(number), Some(MessageId::Number(number.parse().unwrap())));
        }
        for other in ["007", "+7", "-1", "1.0", "1e3", "9223372036854775808", "12a"] {
            assert_eq!(MessageId::parse(other), text(other));
        }
        assert_eq!(Some(MessageId::from_number(9_223_372_036_854_775_808)), text("9223372036854775808"));
        assert_eq!(MessageId::from_number(7), MessageId::Number(7));
    }
}

//! Message ids: how they are sent, and when two of them are the same.

use std::borrow::Cow;

use crate::decimal;
use crate::invalid::Reason;
use crate::invisible::{is_blank, is_invisible};

/// The longest id that is sent, in bytes.
const MAX_LENGTH: usize = 255;

/// An id in the form in which it is sent and compared.
///
/// A canonical integer of at most 63 bits is sent as a JSON number, and equals the same number or its text in an
/// answer. (A PHP server loses digits of larger numbers.) Any other id is sent as a JSON string, and equals that text
/// only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MessageId<'a> {
    Number(u64),
    Text(Cow<'a, str>),
}

impl<'a> MessageId<'a> {
    /// Parses the id of a query, or returns what is wrong with it.
    pub(crate) fn read(text: &'a str) -> Result<MessageId<'a>, Reason> {
        let id = text.trim_matches(is_blank);
        match id {
            "" => Err(Reason::Empty),
            _ if id.len() > MAX_LENGTH => Err(Reason::TooLong),
            _ if id.contains(char::is_control) => Err(Reason::Control),
            _ if id.contains(is_invisible) => Err(Reason::Invisible),
            _ => Ok(MessageId::from_trimmed(Cow::Borrowed(id))),
        }
    }

    /// Parses an id of up to 18 digits that is sent as a number, in one pass; None for any other.
    #[inline(always)]
    pub(crate) fn from_digits(text: &[u8]) -> Option<MessageId<'a>> {
        decimal::canonical(text).map(MessageId::Number)
    }

    /// Returns the same digits without zeros in front, and any other id as it is.
    pub(crate) fn without_zeros(self) -> MessageId<'a> {
        match self {
            MessageId::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let digits = match text.trim_start_matches('0') {
                    "" => "0",
                    digits => digits,
                };
                digits.parse().map_or_else(|_| MessageId::Text(digits.to_owned().into()), MessageId::Number)
            }
            id => id,
        }
    }

    /// Returns the id as it is sent.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            MessageId::Number(number) => Cow::Owned(number.to_string()),
            MessageId::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Whether the id is sent as a number.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, MessageId::Number(_))
    }

    /// Returns the id that an answer gives as a text.
    pub(crate) fn from_text(text: Cow<'a, str>) -> MessageId<'a> {
        MessageId::from_trimmed(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
            Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
        })
    }

    /// Returns the id that an answer gives as a number.
    pub(crate) fn from_number(number: u64) -> MessageId<'a> {
        if i64::try_from(number).is_ok() {
            MessageId::Number(number)
        } else {
            MessageId::Text(Cow::Owned(number.to_string()))
        }
    }

    fn from_trimmed(id: Cow<'a, str>) -> MessageId<'a> {
        let is_canonical = *id == *"0" || !id.starts_with(['0', '+']);
        match id.parse() {
            Ok(number) if is_canonical && i64::try_from(number).is_ok() => MessageId::Number(number),
            _ => MessageId::Text(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<MessageId<'_>, Reason> {
        Ok(MessageId::Text(text.into()))
    }

    #[test]
    fn ids_that_are_sent() {
        for around in [" 123\t\u{b}\n", "\u{feff}123\u{200b}", "\u{a0}\u{202e}123\u{2028}\u{3000}"] {
            assert_eq!(MessageId::read(around), Ok(MessageId::Number(123)), "{around:?}");
        }
        assert_eq!(MessageId::read("msg é\u{a0}1"), text("msg é\u{a0}1"));
        assert!(MessageId::read(&"x".repeat(255)).is_ok());
        for (bad, reason) in [
            ("", Reason::Empty),
            (" \u{feff} ", Reason::Empty),
            ("a\u{1}b", Reason::Control),
            ("a\u{7f}", Reason::Control),
            ("a\u{85}b", Reason::Control),
            ("a\0b", Reason::Control),
            ("12\u{200b}3", Reason::Invisible),
            ("12\u{feff}3", Reason::Invisible),
            (&"x".repeat(256), Reason::TooLong),
        ] {
            assert_eq!(MessageId::read(bad), Err(reason), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_canonical_and_fit() {
        for number in ["0", "7", "199897", "9223372036854775807"] {
            assert_eq!(MessageId::read(number), Ok(MessageId::Number(number.parse().unwrap())));
        }
        for other in ["007", "+7", "-1", "-0", "1.0", "1e3", "9223372036854775808", "12a"] {
            assert_eq!(MessageId::read(other), text(other));
        }
        assert_eq!(Ok(MessageId::from_number(9_223_372_036_854_775_808)), text("9223372036854775808"));
        assert_eq!(MessageId::from_number(7), MessageId::Number(7));
    }
}

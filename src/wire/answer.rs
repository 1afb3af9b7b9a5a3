//! What the service answers, whatever the notation: the fields as they came, and what they mean.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use super::{json, xml};
use crate::limits::MAX_BATCH;
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::state::State;

/// More entries than any answer has: each request asks about at most `MAX_BATCH` messages. It bounds the memory that an
/// answer takes once it is read.
pub(crate) const MAX_ENTRIES: usize = 4 * MAX_BATCH;

/// A value as it came. `null` is `Absent`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Scalar<'b> {
    #[default]
    Absent,
    Bool(bool),
    Integer(i64),
    /// A number that is no integer of 64 bits.
    Number(&'b str),
    Text(Cow<'b, str>),
    /// A list or an object: nothing that is documented.
    Other,
}

/// One entry of an answer as it came. Both notations fill this; `Entry` says what it means.
#[derive(Debug, Default)]
pub(crate) struct RawEntry<'b> {
    pub success: Scalar<'b>,
    pub code: Scalar<'b>,
    pub phone_number: Scalar<'b>,
    pub message_id: Scalar<'b>,
    pub status: Scalar<'b>,
    pub date: Scalar<'b>,
    pub stop_sms: Scalar<'b>,
    pub is_spam: Scalar<'b>,
}

impl<'b> RawEntry<'b> {
    /// The names of the fields, in the order in which the service writes them.
    pub(crate) const FIELDS: [&'static str; 8] =
        ["success", "code", "phoneNumber", "messageId", "status", "date", "stopSms", "isSpam"];

    /// The field of this name, also as the service's other endpoints spell it.
    pub(crate) fn field(&mut self, name: &str) -> Option<&mut Scalar<'b>> {
        Some(match name {
            "success" => &mut self.success,
            "code" => &mut self.code,
            "phoneNumber" => &mut self.phone_number,
            "messageId" => &mut self.message_id,
            "status" | "statut" => &mut self.status,
            "date" => &mut self.date,
            "stopSms" | "stopSMS" => &mut self.stop_sms,
            "isSpam" => &mut self.is_spam,
            _ => return None,
        })
    }
}

/// A whole answer as it came.
#[derive(Debug, Default)]
pub(crate) struct RawAnswer<'b> {
    pub success: Scalar<'b>,
    pub code: Scalar<'b>,
    pub message: Scalar<'b>,
    /// What a refusal says of single entries.
    pub details: Vec<Detail<'b>>,
    pub entries: Option<Vec<Entry<'b>>>,
}

/// What a refusal says of one entry.
#[derive(Debug, Default)]
pub(crate) struct Detail<'b> {
    pub element: Scalar<'b>,
    pub message: Scalar<'b>,
}

impl<'b> Detail<'b> {
    /// The field of this name.
    pub(crate) fn field(&mut self, name: &str) -> Option<&mut Scalar<'b>> {
        match name {
            "elementId" => Some(&mut self.element),
            "message" => Some(&mut self.message),
            _ => None,
        }
    }
}

/// The service's word on one message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'b> {
    pub phone: Option<Phone>,
    pub id: Option<MessageId<'b>>,
    pub date: Option<i64>,
    /// Shared by the entries that were found to say the same.
    pub fate: Rc<Fate<'b>>,
}

/// What became of a message, but for when.
#[derive(Debug, PartialEq)]
pub(crate) struct Fate<'b> {
    pub state: State,
    pub api_code: i32,
    pub status_text: Option<Cow<'b, str>>,
    /// The date where it is no Unix time.
    pub date_text: Option<Cow<'b, str>>,
    pub stop_sms: Option<bool>,
    pub is_spam: Option<bool>,
}

/// The service refuses the whole request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub api_code: i32,
    pub message: String,
}

/// A body that can be read.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer<'b> {
    Entries(Vec<Entry<'b>>),
    Refusal(Refusal),
}

/// Why a body cannot be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable {
    pub reason: String,
    /// Where in the body, in bytes.
    pub offset: usize,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.offset)
    }
}

/// Reads any body, whose notation shows in its first significant byte. `repair` has made a text of it.
pub(crate) fn read(whole: &str) -> Result<Answer<'_>, Unreadable> {
    let text = whole.strip_prefix('\u{feff}').unwrap_or(whole).trim_ascii_start();
    let start = whole.len() - text.len();
    let raw = match text.bytes().next() {
        Some(b'{') => json::read(text),
        Some(b'<') => xml::read(text),
        Some(_) => return Err(unreadable("expected a JSON object or an XML document", start)),
        None => return Err(unreadable("expected an answer, found an empty body", start)),
    };
    let raw = raw.map_err(|error| Unreadable { offset: start + error.offset, ..error })?;
    understand(raw).map_err(|reason| unreadable(reason, start))
}

fn unreadable(reason: &str, offset: usize) -> Unreadable {
    Unreadable { reason: reason.to_owned(), offset }
}

fn understand(raw: RawAnswer<'_>) -> Result<Answer<'_>, &'static str> {
    if raw.success.flag() != Some(false) {
        return raw.entries.map(Answer::Entries).ok_or("expected StatutResponse_List, found none");
    }
    let code = raw.code.integer().ok_or("expected an integer as code beside success false, found none")?;
    let mut message = raw.message.text().unwrap_or_default().into_owned();
    for detail in raw.details {
        let element = detail.element.as_text().map_or_else(|| "?".to_owned(), Cow::into_owned);
        let text = detail.message.text().unwrap_or_default();
        message += &format!("{}element {element}: {text}", if message.is_empty() { "" } else { "; " });
    }
    Ok(Answer::Refusal(Refusal { api_code: to_i32(code), message }))
}

impl<'b> From<RawEntry<'b>> for Entry<'b> {
    fn from(raw: RawEntry<'b>) -> Entry<'b> {
        let code = raw.code.integer();
        let refused = raw.success.flag() == Some(false) || (raw.code != Scalar::Absent && code != Some(200));
        let api_code = code.map_or(0, to_i32);
        let status_text = raw.status.text();
        let state = if refused {
            State::from_refusal(api_code)
        } else {
            status_text.as_deref().map_or(State::Unknown, State::from_text)
        };
        let date = raw.date.integer();
        let fate = Fate {
            state,
            api_code,
            status_text,
            date_text: if date.is_none() { raw.date.text() } else { None },
            stop_sms: raw.stop_sms.flag(),
            is_spam: raw.is_spam.flag(),
        };
        Entry {
            phone: raw.phone_number.as_text().and_then(|text| Phone::parse(&text)),
            id: raw.message_id.id(),
            date,
            fate: Rc::new(fate),
        }
    }
}

impl<'b> Scalar<'b> {
    fn flag(&self) -> Option<bool> {
        match self {
            Scalar::Bool(flag) => Some(*flag),
            Scalar::Integer(0) => Some(false),
            Scalar::Integer(1) => Some(true),
            Scalar::Text(text) => match trim(text) {
                "0" => Some(false),
                "1" => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                text if text.eq_ignore_ascii_case("true") => Some(true),
                _ => None,
            },
            _ => None,
        }
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Scalar::Integer(integer) => Some(*integer),
            Scalar::Text(text) => trim(text).parse().ok(),
            _ => None,
        }
    }

    /// The text without the white space around it; None if there is none or nothing in it.
    fn text(self) -> Option<Cow<'b, str>> {
        let text = match self {
            Scalar::Text(Cow::Borrowed(text)) => Cow::Borrowed(trim(text)),
            Scalar::Text(Cow::Owned(text)) if trim(&text).len() == text.len() => Cow::Owned(text),
            Scalar::Text(Cow::Owned(text)) => Cow::Owned(trim(&text).to_owned()),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A number that may have come as text or as digits.
    fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Scalar::Text(text) => Some(Cow::Borrowed(text)),
            Scalar::Integer(integer) => Some(Cow::Owned(integer.to_string())),
            _ => None,
        }
    }

    fn id(self) -> Option<MessageId<'b>> {
        match self {
            Scalar::Text(text) => Some(MessageId::from_text(text)),
            Scalar::Integer(integer) => Some(match u64::try_from(integer) {
                Ok(number) => MessageId::from_number(number),
                Err(_) => MessageId::Text(Cow::Owned(integer.to_string())),
            }),
            Scalar::Number(text) => Some(MessageId::from_text(Cow::Borrowed(text))),
            _ => None,
        }
    }
}

/// `str::trim`, with a shortcut for the usual text that has nothing to trim.
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn to_i32(code: i64) -> i32 {
    i32::try_from(code).unwrap_or(if code < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_too_large_is_the_largest() {
        for (code, expected) in [(i64::MIN, i32::MIN), (-1, -1), (0, 0), (4, 4), (i64::MAX, i32::MAX)] {
            let entry = Entry::from(RawEntry { code: Scalar::Integer(code), ..RawEntry::default() });
            assert_eq!(entry.fate.api_code, expected);
        }
    }
}

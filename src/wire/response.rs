//! The content of answers, in any format: their fields as they came, and what they mean.

use std::borrow::Cow;
use std::fmt;

use super::request::{EntryKey, Message};
use crate::bounded::bounded;
use crate::decimal;
use crate::error::Error;
use crate::limits::MAX_BATCH;
use crate::memory;
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::state::State;

/// The most entries that the library reads. Each request asks about at most `MAX_BATCH` messages, so no answer has that
/// many. It limits the memory that a parsed answer takes.
pub(crate) const MAX_ENTRIES: usize = 4 * MAX_BATCH;

/// A value as it came. `null` is `Absent`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Scalar<'b> {
    #[default]
    Absent,
    Bool(bool),
    Integer(i64),
    /// A number that is not a 64-bit integer.
    Number(&'b str),
    /// A text of at most `bounded::MAX_TEXT` bytes.
    Text(Cow<'b, str>),
    /// A list or an object, which no field is documented to have.
    Other,
}

/// An entry of an answer as it came. Both parsers fill it; `Entries::push` interprets it.
#[derive(Debug, Default, PartialEq)]
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

    /// Returns the field with this name. It may also have the name that other endpoints of the service use.
    pub(crate) fn field(&mut self, name: &str) -> Option<&mut Scalar<'b>> {
        Some(match name {
            "success" => &mut self.success,
            "code" => &mut self.code,
            "phoneNumber" | "number" => &mut self.phone_number,
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
    /// What a refusal says about single entries.
    pub details: Vec<Detail<'b>>,
    pub entries: Option<Vec<RawEntry<'b>>>,
    /// Whether there was not enough memory for all of it.
    pub lacks_memory: bool,
}

/// What a refusal says about one entry.
#[derive(Debug, Default)]
pub(crate) struct Detail<'b> {
    pub element: Scalar<'b>,
    pub message: Scalar<'b>,
}

impl<'b> Detail<'b> {
    /// Returns the field with this name.
    pub(crate) fn field(&mut self, name: &str) -> Option<&mut Scalar<'b>> {
        match name {
            "elementId" => Some(&mut self.element),
            "message" => Some(&mut self.message),
            _ => None,
        }
    }
}

/// What the service says about one message.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry<'b> {
    /// The number and the id of the message, as they came.
    pub phone_number: Scalar<'b>,
    pub message_id: Scalar<'b>,
    /// In Unix seconds.
    pub date: Option<i64>,
    /// The index of its status in the list of statuses.
    pub status: usize,
}

/// The status of a message, without the date.
#[derive(Debug, PartialEq)]
pub(crate) struct EntryStatus<'b> {
    pub state: State,
    pub api_code: i32,
    pub status_text: Option<Cow<'b, str>>,
    /// The date as a text, if it is not a number of Unix seconds.
    pub date_text: Option<Cow<'b, str>>,
    pub stop_sms: Option<bool>,
    pub is_spam: Option<bool>,
}

/// The entries of an answer.
#[derive(Debug, Default)]
pub(crate) struct Entries<'b> {
    pub list: Vec<Entry<'b>>,
    /// Entries that are known to say the same share a status.
    pub statuses: Vec<EntryStatus<'b>>,
}

/// The last second of the year 9999, in Unix seconds.
pub(super) const LAST_DATE: i64 = 253_402_300_799;

impl<'b> Entry<'b> {
    /// Returns number and id of the message. None if one of them is missing or cannot be parsed: the entry belongs to
    /// no query then.
    pub(crate) fn key(&self) -> Option<EntryKey<'b>> {
        Some((Phone::parse(&self.phone_number.as_text()?)?, self.message_id.id()?))
    }

    /// Whether number and id are, letter by letter, those that were sent. Then they are also the same when parsed.
    #[inline]
    pub(crate) fn is_about(&self, sent: Message<'_>) -> bool {
        let is_phone = matches!(&self.phone_number, Scalar::Text(text) if text.as_bytes() == sent.phone);
        is_phone
            && match &self.message_id {
                Scalar::Integer(number) => sent.id_is_number && decimal::value(sent.id) == u64::try_from(*number).ok(),
                Scalar::Text(text) => text.as_bytes() == sent.id,
                _ => false,
            }
    }

    /// Returns number and id as they came, for an error message about an entry that belongs to no query.
    pub(crate) fn describe(&self) -> String {
        let text = |scalar: &Scalar<'_>| scalar.as_text().map_or_else(|| "none".to_owned(), Cow::into_owned);
        format!("phoneNumber {}, messageId {}", text(&self.phone_number), text(&self.message_id))
    }
}

impl<'b> Entries<'b> {
    /// Returns the answer about a message that was alone in a request that the service refused.
    pub(crate) fn refused(sent: Message<'b>, api_code: i32, status_text: String) -> Entries<'b> {
        let text = |sent| Scalar::Text(String::from_utf8_lossy(sent));
        let list = vec![Entry { phone_number: text(sent.phone), message_id: text(sent.id), date: None, status: 0 }];
        let statuses = vec![EntryStatus {
            state: State::from_refusal(api_code),
            api_code,
            status_text: (!status_text.is_empty()).then(|| status_text.into()),
            date_text: None,
            stop_sms: None,
            is_spam: None,
        }];
        Entries { list, statuses }
    }

    /// Interprets entries. Each gets a status of its own.
    pub(super) fn read(raw: Vec<RawEntry<'b>>) -> Result<Entries<'b>, Error> {
        let mut entries = Entries::default();
        raw.into_iter().try_for_each(|raw| entries.push(raw)).map(|()| entries)
    }

    /// Interprets an entry and adds it with a status of its own. Fails if there is not enough memory.
    pub(crate) fn push(&mut self, raw: RawEntry<'b>) -> Result<(), Error> {
        let RawEntry { phone_number, message_id, .. } = raw;
        let code = raw.code.integer();
        let is_refused = raw.success.flag() == Some(false) || (!raw.code.is_empty() && code != Some(200));
        let api_code = code.map_or(0, to_i32);
        let status_text = raw.status.text();
        let state = if is_refused {
            State::from_refusal(api_code)
        } else {
            status_text.as_deref().map_or(State::Unknown, State::from_text)
        };
        let (date, date_text) = raw.date.date();
        let (stop_sms, is_spam) = (raw.stop_sms.flag(), raw.is_spam.flag());
        let entry = Entry { phone_number, message_id, date, status: self.statuses.len() };
        memory::push(&mut self.list, entry, AN_ANSWER)?;
        let status = EntryStatus { state, api_code, status_text, date_text, stop_sms, is_spam };
        memory::push(&mut self.statuses, status, AN_ANSWER)
    }

    /// Returns the status of the entry at this index.
    pub(crate) fn status(&self, index: usize) -> &EntryStatus<'b> {
        &self.statuses[self.list[index].status]
    }

    /// Returns all that each entry says.
    fn said(&self) -> impl Iterator<Item = (&Scalar<'b>, &Scalar<'b>, Option<i64>, &EntryStatus<'b>)> {
        let status = |entry: &Entry<'b>| &self.statuses[entry.status];
        self.list.iter().map(move |entry| (&entry.phone_number, &entry.message_id, entry.date, status(entry)))
    }
}

impl PartialEq for Entries<'_> {
    /// Whether both say the same, no matter how they share statuses.
    fn eq(&self, other: &Self) -> bool {
        self.said().eq(other.said())
    }
}

#[cfg(test)]
impl<'b> FromIterator<RawEntry<'b>> for Entries<'b> {
    fn from_iter<I: IntoIterator<Item = RawEntry<'b>>>(raw: I) -> Entries<'b> {
        Entries::read(raw.into_iter().collect()).unwrap()
    }
}

/// The service refuses the whole request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub api_code: i32,
    pub message: String,
}

/// Why a body cannot be parsed.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable {
    pub reason: String,
    /// Where in the body, in bytes.
    pub offset: usize,
    /// Whether there was not enough memory, and nothing in the body is wrong.
    pub lacks_memory: bool,
}

/// What the memory is for, in error messages.
pub(super) const AN_ANSWER: &str = "an answer";

impl Unreadable {
    pub(super) fn new(reason: impl Into<String>, offset: usize) -> Unreadable {
        Unreadable { reason: reason.into(), offset, lacks_memory: false }
    }

    pub(super) fn without_memory() -> Unreadable {
        Unreadable { lacks_memory: true, ..Unreadable::new("not enough memory", 0) }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.offset)
    }
}

impl<'b> Scalar<'b> {
    /// Whether there is no value or only white space.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Scalar::Absent => true,
            Scalar::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Scalar::Bool(flag) => Some(*flag),
            Scalar::Integer(0) => Some(false),
            Scalar::Integer(1) => Some(true),
            Scalar::Text(text) => {
                let is = |words: [&str; 2]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
                is(["0", "false"]).then_some(false).or(is(["1", "true"]).then_some(true))
            }
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Scalar::Integer(integer) => Some(*integer),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Returns the text without the white space around it. None if it is not a text or is empty.
    pub(super) fn text(self) -> Option<Cow<'b, str>> {
        let text = match self {
            Scalar::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.trim()),
            Scalar::Text(Cow::Owned(text)) => Cow::Owned(text.trim().to_owned()),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Returns a value that may be a text or an integer, as text.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Scalar::Text(text) => Some(Cow::Borrowed(text)),
            Scalar::Integer(integer) => Some(Cow::Owned(integer.to_string())),
            _ => None,
        }
    }

    fn id(&self) -> Option<MessageId<'b>> {
        match self {
            Scalar::Text(text) => Some(MessageId::from_text(text.clone())),
            Scalar::Integer(integer) => Some(match u64::try_from(*integer) {
                Ok(number) => MessageId::from_number(number),
                Err(_) => MessageId::Text(Cow::Owned(integer.to_string())),
            }),
            Scalar::Number(text) => Some(MessageId::from_text(Cow::Borrowed(text))),
            _ => None,
        }
    }

    /// Returns a date in Unix seconds, up to the year 9999, or otherwise as text. It guesses neither a unit nor a time
    /// zone. 0 is no date.
    fn date(self) -> (Option<i64>, Option<Cow<'b, str>>) {
        match (self.integer(), self) {
            (Some(0), _) => (None, None),
            (Some(date @ 1..=LAST_DATE), _) => (Some(date), None),
            (_, Scalar::Integer(other)) => (None, Some(Cow::Owned(other.to_string()))),
            (_, Scalar::Number(other)) => (None, Some(bounded(other))),
            (_, other) => (None, other.text()),
        }
    }
}

pub(super) fn to_i32(code: i64) -> i32 {
    code.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_code_is_none() {
        for code in ["", " "] {
            let (code, status) = (Scalar::Text(code.into()), Scalar::Text("Delivered".into()));
            let raw = RawEntry { code, status, ..RawEntry::default() };
            assert_eq!([raw].into_iter().collect::<Entries<'_>>().status(0).state, State::Delivered);
        }
    }

    #[test]
    fn entries_that_say_something_else_are_not_the_same() {
        let raw = |field: &str, value: &'static str| {
            let mut raw = RawEntry::default();
            for (name, documented) in [("phoneNumber", "+33612345678"), ("messageId", "1"), ("date", "1517934416")] {
                *raw.field(name).unwrap() = Scalar::Text(documented.into());
            }
            *raw.field(field).unwrap() = Scalar::Text(value.into());
            raw
        };
        let same = || raw("status", "Delivered");
        let entries = |list: Vec<RawEntry<'static>>| list.into_iter().collect::<Entries<'_>>();
        assert_eq!(entries(vec![same(), same()]), entries(vec![same(), same()]));
        assert_ne!(entries(vec![same(), same()]), entries(vec![same()]));
        for field in RawEntry::FIELDS {
            assert_ne!(entries(vec![same()]), entries(vec![raw(field, "false")]), "{field}");
        }
    }

    #[test]
    fn an_entry_of_nobody_is_described_by_what_came() {
        let entry = |phone_number, message_id| Entry { phone_number, message_id, date: None, status: 0 }.describe();
        let told = entry(Scalar::Text("+33 6".into()), Scalar::Integer(7));
        assert_eq!(told, "phoneNumber +33 6, messageId 7");
        assert_eq!(entry(Scalar::Absent, Scalar::Text("é".into())), "phoneNumber none, messageId é");
    }

    #[test]
    fn a_code_that_is_too_large_is_the_largest() {
        for (code, expected) in [(i64::MIN, i32::MIN), (-1, -1), (0, 0), (4, 4), (i64::MAX, i32::MAX)] {
            let raw = RawEntry { code: Scalar::Integer(code), ..RawEntry::default() };
            assert_eq!([raw].into_iter().collect::<Entries<'_>>().status(0).api_code, expected);
        }
    }
}

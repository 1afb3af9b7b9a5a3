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
    pub entries: Option<Vec<RawEntry<'b>>>,
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub date: Option<i64>,
    /// The place of its fate.
    pub fate: usize,
}

/// Whose message an entry is about.
#[derive(Debug, PartialEq)]
pub(crate) struct Whose<'b> {
    /// The place of the entry.
    pub place: usize,
    pub phone: Option<Phone>,
    pub id: Option<MessageId<'b>>,
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

impl Fate<'_> {
    /// The same with texts of its own.
    pub(super) fn with_own_texts(&self) -> Fate<'static> {
        let own = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| Cow::Owned(text.clone().into_owned()));
        Fate { status_text: own(&self.status_text), date_text: own(&self.date_text), ..*self }
    }
}

/// The entries of an answer.
#[derive(Debug, Default)]
pub(crate) struct Entries<'b> {
    pub list: Vec<Entry>,
    /// Those that are not known to be about the message that was asked at the same place.
    pub others: Vec<Whose<'b>>,
    /// Entries that were found to say the same share one.
    pub fates: Vec<Rc<Fate<'b>>>,
}

impl PartialEq for Entries<'_> {
    /// Whether they say the same, however fates are shared.
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(one, another): (&Entry, &Entry)| {
            one.date == another.date && self.fates[one.fate] == other.fates[another.fate]
        };
        self.others == other.others
            && self.list.len() == other.list.len()
            && self.list.iter().zip(&other.list).all(is_same)
    }
}

impl<'b> Entries<'b> {
    /// Adds an entry with a fate that is there, about the message that was asked at its place or the one with this key.
    #[inline]
    pub(super) fn repeat(&mut self, entry: Entry, key: Option<(Phone, MessageId<'b>)>) {
        if let Some((phone, id)) = key {
            self.others.push(Whose { place: self.list.len(), phone: Some(phone), id: Some(id) });
        }
        self.list.push(entry);
    }

    /// Adds an entry with a fate of its own.
    pub(crate) fn push(&mut self, mut raw: RawEntry<'b>) {
        let phone = raw.phone_number.as_text().and_then(|text| Phone::parse(&text));
        let id = std::mem::take(&mut raw.message_id).id();
        self.others.push(Whose { place: self.list.len(), phone, id });
        let (fate, date) = read_fate(raw);
        self.list.push(Entry { date, fate: self.fates.len() });
        self.fates.push(Rc::new(fate));
    }
}

impl<'b> FromIterator<RawEntry<'b>> for Entries<'b> {
    fn from_iter<I: IntoIterator<Item = RawEntry<'b>>>(raw: I) -> Entries<'b> {
        let mut entries = Entries::default();
        raw.into_iter().for_each(|raw| entries.push(raw));
        entries
    }
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
    Entries(Entries<'b>),
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
        return raw
            .entries
            .map(|list| Answer::Entries(list.into_iter().collect()))
            .ok_or("expected StatutResponse_List, found none");
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

/// What became of the message that an entry is about, and its date.
fn read_fate(raw: RawEntry<'_>) -> (Fate<'_>, Option<i64>) {
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
    let date_text = if date.is_none() { raw.date.text() } else { None };
    let (stop_sms, is_spam) = (raw.stop_sms.flag(), raw.is_spam.flag());
    (Fate { state, api_code, status_text, date_text, stop_sms, is_spam }, date)
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
            let (fate, _) = read_fate(RawEntry { code: Scalar::Integer(code), ..RawEntry::default() });
            assert_eq!(fate.api_code, expected);
        }
    }
}

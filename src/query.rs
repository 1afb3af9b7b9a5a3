//! A query: a recipient's phone number and a message id.

use crate::invalid::{Field, Invalid, Reason};
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::wire::request::{EntryKey, Message};

/// A message to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The recipient's phone number, in any of the forms that people write.
    pub phone_number: &'a str,
    /// The id that the service gave when the message was sent.
    pub message_id: &'a str,
}

impl<'a> Query<'a> {
    /// Makes a query for this message to this recipient.
    pub fn new(phone_number: &'a str, message_id: &'a str) -> Query<'a> {
        Query { phone_number, message_id }
    }
}

/// A query as it may come from the C interface: its texts may be missing, or not UTF-8.
#[derive(Clone, Copy)]
pub(crate) struct RawQuery<'a> {
    pub phone_number: Option<&'a [u8]>,
    pub message_id: Option<&'a [u8]>,
}

impl<'a> From<Query<'a>> for RawQuery<'a> {
    fn from(query: Query<'a>) -> RawQuery<'a> {
        RawQuery { phone_number: Some(query.phone_number.as_bytes()), message_id: Some(query.message_id.as_bytes()) }
    }
}

impl<'a> RawQuery<'a> {
    /// Parses number and id, or returns why the query is INVALID.
    pub(crate) fn read(self) -> Result<EntryKey<'a>, Invalid> {
        let phone = text(self.phone_number).and_then(Phone::read);
        let id = text(self.message_id).and_then(MessageId::read);
        let invalid = |field| move |reason| Invalid { field, reason };
        Ok((phone.map_err(invalid(Field::PhoneNumber))?, id.map_err(invalid(Field::MessageId))?))
    }

    /// Like `read`, but in one pass, for texts that are sent as they are: a number without separators and an id of
    /// digits. Most are. None for any other query.
    #[inline(always)]
    pub(crate) fn parse_as_sent(self) -> Option<(EntryKey<'a>, Message<'a>)> {
        let (phone, id) = (self.phone_number?, self.message_id?);
        let key = (Phone::from_sent(phone)?, MessageId::from_digits(id)?);
        Some((key, Message { phone, id, id_is_number: true }))
    }

    /// Returns a space and the start of the text that is wrong, in quotes, for an error message; an empty text if it
    /// cannot be shown.
    pub(crate) fn quoted(self, field: Field) -> String {
        let bytes = match field {
            Field::PhoneNumber => self.phone_number,
            Field::MessageId => self.message_id,
        };
        let Ok(text) = text(bytes) else { return String::new() };
        let start: String = text.chars().take(40).collect();
        format!(" {start:?}{}", if start.len() < text.len() { "…" } else { "" })
    }
}

fn text(bytes: Option<&[u8]>) -> Result<&str, Reason> {
    std::str::from_utf8(bytes.ok_or(Reason::Null)?).map_err(|_| Reason::NotUtf8)
}

//! What an entry means.

use std::borrow::Cow;

use smsp::State;
use smsp::fuzzing::Entry;

use super::{Reading, id, phone};

/// A value: a text, or a token of JSON that is none.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, a boolean or `null`; also a list or an object.
    Token(String),
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// A token.
    pub fn token(token: &str) -> Value {
        Value::Token(token.to_owned())
    }

    fn is_null(&self) -> bool {
        matches!(self, Value::Token(token) if token == "null")
    }

    /// What is in it, however it is written. What is longer than 1,024 bytes is cut.
    fn written(&self) -> Cow<'_, str> {
        let (Value::Text(text) | Value::Token(text)) = self;
        let text = text.trim();
        if text.len() <= 1024 {
            return Cow::Borrowed(text);
        }
        let fits = |(place, character): &(usize, char)| place + character.len_utf8() <= 1024 - "…".len();
        let kept = text.char_indices().take_while(fits).map(|(_, character)| character);
        Cow::Owned(kept.chain(['…']).collect())
    }

    fn flag(&self) -> Option<bool> {
        match &*self.written().to_ascii_lowercase() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }
}

/// The entry that has these fields, under their documented names. None if the contract leaves its number or id open.
pub fn meaning(fields: &[(&str, Value)]) -> Option<Entry> {
    let field = |name: &str| {
        let of_name = fields.iter().find(|(other, _)| *other == name);
        of_name.map(|(_, value)| value).filter(|value| !value.is_null())
    };
    let number = field("phoneNumber").map_or(phone::read(""), |number| phone::read(&number.written()));
    if number == Reading::Open {
        return None;
    }
    let message_id = field("messageId").map(Value::written);
    if message_id.as_deref().is_some_and(id::is_open) {
        return None;
    }
    let message_id = message_id.map(|id| id::trimmed(&id).to_owned()).filter(|id| !id.is_empty());
    let status_text = field("status").map(|status| status.written().into_owned()).filter(|text| !text.is_empty());
    let code = field("code").map(|code| code.written().parse::<i64>().ok());
    let api_code = code.flatten().map_or(0, |code| code.clamp(i32::MIN.into(), i32::MAX.into()) as i32);
    let is_refused =
        field("success").and_then(Value::flag) == Some(false) || code.is_some_and(|code| code != Some(200));
    let (date, date_text) = field("date").map_or((None, None), date);
    Some(Entry {
        message: number.sent().zip(message_id),
        state: if is_refused { refused(api_code) } else { told(status_text.as_deref().unwrap_or_default()) },
        api_code,
        status_text,
        date,
        date_text,
        stop_sms: field("stopSms").and_then(Value::flag),
        is_spam: field("isSpam").and_then(Value::flag),
    })
}

fn refused(api_code: i32) -> State {
    if api_code == 4 { State::NotFound } else { State::Rejected }
}

fn told(text: &str) -> State {
    match &*text.to_lowercase() {
        "delivered" | "livré" | "delivrd" => State::Delivered,
        "not delivered" | "non livré" | "undeliv" | "expired" | "rejectd" => State::NotDelivered,
        "ko" => State::NotSent,
        "waiting" | "en attente" | "pending" | "acceptd" | "enroute" => State::Waiting,
        _ => State::Unknown,
    }
}

/// Unix seconds, or else the text.
fn date(value: &Value) -> (Option<i64>, Option<String>) {
    let text = value.written();
    match text.parse::<i128>() {
        Ok(0) => (None, None),
        Ok(date @ 1..=253_402_300_799) => (i64::try_from(date).ok(), None),
        _ => (None, Some(text.into_owned()).filter(|text| !text.is_empty())),
    }
}

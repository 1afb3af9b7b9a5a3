//! What faults do: to the time, to the answer, to the bytes on the wire.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::answer::{Answer, Entry, Refusal};
use crate::dice::Dice;
use crate::json::Style;
use crate::request::{Format, Request};
use crate::wire::Reply;

type OnAnswer = Box<dyn Fn(&Request, &mut Answer, &mut Dice) + Send + Sync>;
type OnReply = Box<dyn Fn(&mut Reply, &mut Dice) + Send + Sync>;

/// What a fault does.
pub(crate) enum Effect {
    /// Holds the TLS handshake of a connection back.
    Handshake(Duration),
    /// Resets the connection before the body of the request is read.
    ResetUnread,
    /// Holds an answer back.
    Hold(Duration),
    /// Changes what is answered.
    Answer(OnAnswer),
    /// Changes how the answer goes over the wire.
    Reply(OnReply),
}

impl Effect {
    pub(super) fn answer(change: impl Fn(&Request, &mut Answer, &mut Dice) + Send + Sync + 'static) -> Self {
        Self::Answer(Box::new(change))
    }

    /// Changes the entries, where there are any.
    pub(super) fn entries(change: impl Fn(&mut Vec<Entry>, &mut Dice) + Send + Sync + 'static) -> Self {
        Self::answer(move |_, answer, dice| {
            if !answer.entries.is_empty() {
                change(&mut answer.entries, dice);
            }
        })
    }

    pub(super) fn reply(change: impl Fn(&mut Reply, &mut Dice) + Send + Sync + 'static) -> Self {
        Self::Reply(Box::new(change))
    }
}

/// A page with this status in place of the answer.
pub(super) fn page(answer: &mut Answer, status: u16, title: &str) {
    let headers = std::mem::take(&mut answer.headers);
    *answer = Answer { headers, ..Answer::page(status, title) };
}

/// How long a client is asked to wait.
#[derive(Clone, Copy)]
pub(super) enum RetryAfter {
    Seconds(u64),
    Date(u64),
}

impl RetryAfter {
    /// `none`, seconds, or `date:` and seconds.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let number = |seconds: &str| seconds.parse().map_err(|error| format!("retry-after={text}: {error}"));
        match text.strip_prefix("date:") {
            _ if text == "none" => Ok(None),
            Some(seconds) => number(seconds).map(|seconds| Some(Self::Date(seconds))),
            None => number(text).map(|seconds| Some(Self::Seconds(seconds))),
        }
    }

    pub(super) fn value(self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(seconds) => httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds)),
        }
    }
}

pub(super) fn refuse(answer: &mut Answer, code: i64, status: u16) {
    answer.status = status;
    answer.raw = None;
    answer.refusal = Some(Refusal { code, message: format!("Refus {code}") });
}

pub(super) fn shuffle(entries: &mut [Entry], dice: &mut Dice) {
    for last in (1..entries.len()).rev() {
        entries.swap(last, dice.place(last + 1));
    }
}

pub(super) fn drop_one(entries: &mut Vec<Entry>, dice: &mut Dice) {
    if !entries.is_empty() {
        entries.remove(dice.place(entries.len()));
    }
}

pub(super) fn double_one(entries: &mut Vec<Entry>, dice: &mut Dice) {
    let (from, to) = (dice.place(entries.len()), dice.place(entries.len() + 1));
    entries.insert(to, entries[from].clone());
}

/// Adds an answer to a message that nobody asked about: of a recipient asked about, under another id and with another
/// status.
pub(super) fn add_stranger(entries: &mut Vec<Entry>, dice: &mut Dice) {
    let (from, to) = (dice.place(entries.len()), dice.place(entries.len() + 1));
    let known = &entries[from];
    let status = if known.status == "ko" { "Waiting" } else { "ko" };
    let stranger = Entry {
        success: true,
        code: 200,
        phone_number: known.phone_number.clone(),
        message_id: format!("{}-foreign", known.message_id),
        status: status.to_owned(),
        delivery: None,
    };
    entries.insert(to, stranger);
}

/// In which way the types of JSON values drift.
#[derive(Clone, Copy)]
pub(super) enum Drift {
    Texts,
    Numbers,
    Nulls,
    Object,
}

impl Drift {
    const NAMES: [(&'static str, Self); 4] =
        [("texts", Self::Texts), ("numbers", Self::Numbers), ("nulls", Self::Nulls), ("object", Self::Object)];

    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        let names = || Self::NAMES.map(|(name, _)| name).join(", ");
        known.map(|&(_, drift)| drift).ok_or_else(|| format!("to={name}: not one of {}", names()))
    }

    /// Writes the body anew. XML has no types.
    pub(super) fn apply(self, request: &Request, answer: &mut Answer) {
        let body = answer.body(request.format, Style::Compact);
        if let (Format::Json, Ok(Value::Object(mut object))) = (request.format, serde_json::from_slice(&body)) {
            self.object(&mut object);
            answer.raw = Some(Value::Object(object).to_string().into_bytes());
        }
    }

    fn object(self, fields: &mut Map<String, Value>) {
        for (name, value) in fields.iter_mut() {
            *value = match (self, value.take()) {
                (Self::Object, Value::Array(list)) => {
                    Value::Object(list.into_iter().enumerate().map(|(place, it)| (place.to_string(), it)).collect())
                }
                (_, Value::Array(list)) => list.into_iter().map(|it| self.entry(it)).collect(),
                (_, value) => self.scalar(name, value),
            };
        }
    }

    fn entry(self, entry: Value) -> Value {
        let Value::Object(mut fields) = entry else { return entry };
        if matches!(self, Self::Nulls) {
            for name in ["date", "stopSms", "isSpam", "unknown"] {
                fields.entry(name).or_insert(Value::Null);
            }
        }
        self.object(&mut fields);
        Value::Object(fields)
    }

    fn scalar(self, name: &str, value: Value) -> Value {
        match (self, value) {
            (Self::Texts, Value::Bool(flag)) => Value::from(flag.to_string()),
            (Self::Texts, Value::Number(number)) => Value::from(number.to_string()),
            (Self::Numbers, Value::Bool(flag)) => Value::from(i32::from(flag)),
            (Self::Numbers, Value::String(text)) if ["date", "stopSms", "isSpam"].contains(&name) => {
                text.parse::<i64>().map_or(Value::from(text), Value::from)
            }
            (_, value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_keeps_what_is_said() {
        let json = r#"{"StatutResponse_List":[{"code":200,"date":"7","messageId":1,"status":"Delivered","stopSms":"1","success":true}],"code":200,"success":true}"#;
        for (name, expected) in [
            (
                "texts",
                r#"{"StatutResponse_List":[{"code":"200","date":"7","messageId":"1","status":"Delivered","stopSms":"1","success":"true"}],"code":"200","success":"true"}"#,
            ),
            (
                "numbers",
                r#"{"StatutResponse_List":[{"code":200,"date":7,"messageId":1,"status":"Delivered","stopSms":1,"success":1}],"code":200,"success":1}"#,
            ),
            (
                "nulls",
                r#"{"StatutResponse_List":[{"code":200,"date":"7","isSpam":null,"messageId":1,"status":"Delivered","stopSms":"1","success":true,"unknown":null}],"code":200,"success":true}"#,
            ),
            (
                "object",
                r#"{"StatutResponse_List":{"0":{"code":200,"date":"7","messageId":1,"status":"Delivered","stopSms":"1","success":true}},"code":200,"success":true}"#,
            ),
        ] {
            let mut object = serde_json::from_str(json).unwrap();
            Drift::parse(name).unwrap().object(&mut object);
            assert_eq!(Value::Object(object).to_string(), expected);
        }
    }
}

//! What an answer says. Its fields are read as docs/DECODING.md has it.

use super::body::{self, Json, Part, Style};
use super::random::Random;
use super::texts;

/// An answer to a batch, before it is written.
#[derive(Clone, Debug)]
pub struct Answer {
    pub http_status: u16,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    /// The fields of the object.
    Json(Vec<(String, Json)>),
    /// Success, code, and the list or the message.
    Xml { success: String, code: String, third: Third },
    /// What somebody else says in the service's place.
    Page(String),
}

#[derive(Clone, Debug)]
pub enum Third {
    Message(String),
    List(Vec<Vec<String>>),
}

impl Content {
    /// As it is sent. The style is that of JSON.
    pub fn body(&self, style: Style, random: &mut Random) -> Vec<u8> {
        match self {
            Content::Json(fields) => body::json(&Json::Object(fields.clone()), style, random),
            Content::Xml { success, code, third } => {
                let third = match third {
                    Third::Message(message) => Part::Value(message.clone()),
                    Third::List(entries) => Part::List(entries.clone()),
                };
                body::xml(&[Part::Value(success.clone()), Part::Value(code.clone()), third], random)
            }
            Content::Page(page) => page.clone().into_bytes(),
        }
    }
}

/// What an answer means for the batch.
#[derive(Debug, PartialEq)]
pub enum Meaning {
    Entries(Vec<Told>),
    Refused {
        code: i32,
        message: Option<String>,
    },
    /// Neither, with an HTTP status that says so.
    Failed,
}

/// What one entry says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Whose it is; none if nobody's.
    pub number: Option<String>,
    pub id: Option<String>,
    pub state: &'static str,
    pub api_code: i32,
    pub status_text: Option<String>,
    pub date: Option<i64>,
    pub date_text: Option<String>,
    pub stop_sms: Option<bool>,
    pub is_spam: Option<bool>,
}

impl Answer {
    /// What it means. Every answer that is made here can be read.
    pub fn meaning(&self) -> Meaning {
        let fields = match &self.content {
            Content::Json(fields) => fields.clone(),
            Content::Xml { success, code, third } => named(success, code, third),
            Content::Page(_) => return Meaning::Failed,
        };
        if flag(field(&fields, &["success"])) == Some(false) {
            let Whole::Integer(code) = whole(field(&fields, &["code"])) else { panic!("no refusal: {self:?}") };
            return Meaning::Refused { code: nearest(code), message: text(field(&fields, &["message"])) };
        }
        let entries = match field(&fields, &["StatutResponse_List"]) {
            Some(Json::List(entries)) => entries.iter().collect(),
            Some(Json::Object(entries)) => entries.iter().map(|(_, entry)| entry).collect(),
            _ => Vec::new(),
        };
        Meaning::Entries(entries.into_iter().map(told).collect())
    }
}

/// The values of XML under the names that their places stand for.
fn named(success: &str, code: &str, third: &Third) -> Vec<(String, Json)> {
    let field = |name: &str, value: Json| (name.to_owned(), value);
    let third = match third {
        Third::Message(message) => field("message", Json::text(message)),
        Third::List(entries) => {
            field("StatutResponse_List", Json::List(entries.iter().map(|values| entry(values)).collect()))
        }
    };
    vec![field("success", Json::text(success)), field("code", Json::text(code)), third]
}

/// Five values make an entry without report, eight one with it; fewer than five are nobody's.
fn entry(values: &[String]) -> Json {
    const NAMES: [&str; 8] = ["success", "code", "phoneNumber", "messageId", "status", "date", "stopSms", "isSpam"];
    let known = match values.len() {
        0..5 => 0,
        5..8 => 5,
        _ => 8,
    };
    let fields = NAMES.iter().zip(values).take(known);
    Json::Object(fields.map(|(name, value)| ((*name).to_owned(), Json::text(value))).collect())
}

fn told(entry: &Json) -> Told {
    let Json::Object(fields) = entry else { return Told::default() };
    let success = flag(field(fields, &["success"]));
    let code = whole(field(fields, &["code"]));
    let status = text(field(fields, &["status", "statut"]));
    let (date, date_text) = date(field(fields, &["date"]));
    Told {
        number: number(field(fields, &["phoneNumber", "number"])),
        id: id(field(fields, &["messageId"])),
        state: state(success, &code, status.as_deref()),
        api_code: match code {
            Whole::Integer(code) => nearest(code),
            _ => 0,
        },
        status_text: status.map(handed_on),
        date,
        date_text: date_text.map(handed_on),
        stop_sms: flag(field(fields, &["stopSms", "stopSMS"])),
        is_spam: flag(field(fields, &["isSpam"])),
    }
}

/// The last value of these names that is not empty: null, or a text of white space alone, is as if it were not there.
fn field<'a>(fields: &'a [(String, Json)], names: &[&str]) -> Option<&'a Json> {
    let is_empty = |value: &Json| match value {
        Json::Null => true,
        Json::Text(text) => trimmed(text).is_none(),
        _ => false,
    };
    let mut named = fields.iter().rev().filter(|(name, value)| names.contains(&name.as_str()) && !is_empty(value));
    named.next().map(|(_, value)| value)
}

/// An entry is refused when its success is there and false or its code is there and not 200; that is looked at first.
fn state(success: Option<bool>, code: &Whole, status: Option<&str>) -> &'static str {
    let is_refused = success == Some(false) || !matches!(code, Whole::Nothing | Whole::Integer(200));
    match code {
        Whole::Integer(4) if is_refused => "not_found",
        _ if is_refused => "rejected",
        _ => state_of_text(status.unwrap_or_default()),
    }
}

fn state_of_text(status: &str) -> &'static str {
    match status.to_lowercase().as_str() {
        "delivered" | "livré" | "delivrd" => "delivered",
        "not delivered" | "non livré" | "undeliv" | "expired" | "rejectd" => "not_delivered",
        "ko" => "not_sent",
        "waiting" | "en attente" | "pending" | "acceptd" | "enroute" => "waiting",
        _ => "unknown",
    }
}

/// A text without white space around it, if there is anything else in it.
fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| kept(text))
}

/// What is kept of a text: of one that is too long, the characters that fit beside a mark at their end.
fn kept(text: &str) -> String {
    const LONGEST: usize = 1024;
    const MARK: &str = "…";
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if kept.len() + character.len_utf8() + MARK.len() > LONGEST {
            break;
        }
        kept.push(character);
    }
    kept + MARK
}

fn text(value: Option<&Json>) -> Option<String> {
    match value {
        Some(Json::Text(text)) => trimmed(text),
        _ => None,
    }
}

/// A NUL cannot be handed on.
fn handed_on(text: String) -> String {
    kept(&text.replace('\0', "\u{fffd}"))
}

/// true, false, 1 or 0, as a value or as a text in any case.
fn flag(value: Option<&Json>) -> Option<bool> {
    match value? {
        Json::Flag(flag) => Some(*flag),
        Json::Number(written) => match integer(written)? {
            1 => Some(true),
            0 => Some(false),
            _ => None,
        },
        Json::Text(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What is there in the place of an integer.
#[derive(Debug, PartialEq)]
enum Whole {
    Nothing,
    Integer(i64),
    /// Something that is none, or one beyond 63 bits.
    Other,
}

fn whole(value: Option<&Json>) -> Whole {
    let read = match value {
        None => return Whole::Nothing,
        Some(Json::Number(written)) => integer(written),
        Some(Json::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    read.and_then(|integer| i64::try_from(integer).ok()).map_or(Whole::Other, Whole::Integer)
}

/// A code that fits the report.
fn nearest(code: i64) -> i32 {
    code.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// The integer that a JSON number is. With a fraction point or an exponent it is one where it is exactly that, below 2^53.
fn integer(written: &str) -> Option<i128> {
    if !written.contains(['.', 'e', 'E']) {
        return written.parse().ok();
    }
    let number: f64 = written.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i128)
}

/// Unix seconds from 1 to the end of the year 9999; 0 and nothing are no date; all else is handed on as a text.
///
fn date(value: Option<&Json>) -> (Option<i64>, Option<String>) {
    const LAST: i128 = 253_402_300_799;
    let (read, text) = match value {
        Some(Json::Number(written)) => (integer(written), kept(written)),
        Some(Json::Text(text)) => match trimmed(text) {
            Some(text) => (text.parse().ok(), text),
            None => return (None, None),
        },
        _ => return (None, None),
    };
    match read {
        Some(0) => (None, None),
        Some(seconds @ 1..=LAST) => (Some(seconds as i64), None),
        _ => (None, Some(text)),
    }
}

fn number(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::Text(text) => texts::number(text),
        Json::Number(written) => texts::number(&integer(written)?.to_string()),
        _ => None,
    }
}

/// The id as a text: a number that is an integer by its digits.
fn id(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::Text(text) => texts::id(text),
        Json::Number(written) => texts::id(&integer(written).map_or(written.clone(), |integer| integer.to_string())),
        _ => None,
    }
}

//! Reads a vector, runs it through the library against the simulator, and says what differs.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use smsp::{Client, Config, Outcome, Query, State, Status};
use smsp_simulator::{Clock, Seen, Simulator};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// The key of vectors that set none. No message shows so much of a key as this many characters.
const KEY: &str = "k3y-of-the-vectors";
const MOST_OF_A_KEY: usize = 8;

/// A file: a request, an answer, what comes of it.
pub struct Vector {
    /// Its path below the folder of vectors, without an ending.
    pub name: String,
    text: String,
    /// What it says, and what it leaves unsaid.
    pub fields: Map<String, Value>,
}

impl Vector {
    pub fn new(name: &str, text: String) -> Result<Vector, String> {
        let known = json!({
            "about": null, "options": {}, "queries": null, "http_status": 200, "content_type": "application/json",
            "answer": null, "answer_text": null, "answer_parts": null, "code": null, "error": null, "statuses": null,
            "unmatched": 0, "requests": null,
        });
        let given: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut fields = filled(known, &given)?;
        fields["statuses"] = filled_list(&fields["statuses"], || {
            json!({
                "state": null, "code": "SMSP_OK", "api_code": 0, "status_text": null, "date": null, "date_text": null,
                "stop_sms": -1, "is_spam": -1,
            })
        })?;
        fields["requests"] = filled_list(
            &fields["requests"],
            || json!({"method": "POST", "target": "/v1/multi-status", "headers": {}, "body": null}),
        )?;
        if !fields["error"].is_null() {
            let known = json!({
                "code": null, "api_code": 0, "http_status": 0, "retryable": false, "message_contains": [],
            });
            fields["error"] = filled(known, &fields["error"])?.into();
        }
        if fields["about"].as_str().is_none_or(str::is_empty) {
            return Err("about says nothing".to_owned());
        }
        if fields["statuses"].is_null() && fields["requests"].is_null() {
            return Err("neither statuses nor requests".to_owned());
        }
        Ok(Vector { name: name.to_owned(), text, fields })
    }

    fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        let options = self.fields["options"].as_object().into_iter().flatten();
        options.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    fn key(&self) -> &str {
        self.options().find(|(name, _)| *name == "api_key").map_or(KEY, |(_, key)| key.trim())
    }

    fn queries<'v>(&'v self) -> Result<Vec<(&'v str, &'v str)>, String> {
        let list = self.fields["queries"].as_array().ok_or("queries is no list")?;
        let pair = |query: &'v Value| match query.as_array().map(Vec::as_slice) {
            Some([Value::String(phone), Value::String(id)]) => Ok((phone.as_str(), id.as_str())),
            _ => Err(format!("{query} is no pair of texts")),
        };
        list.iter().map(pair).collect()
    }

    /// The statuses that are expected.
    pub fn statuses(&self) -> &[Value] {
        self.fields["statuses"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The body of the answer; None where the simulator answers by itself.
    fn body(&self) -> Result<Option<Vec<u8>>, String> {
        match (&self.fields["answer"], &self.fields["answer_text"], &self.fields["answer_parts"]) {
            (Value::Null, Value::Null, Value::Null) => Ok(None),
            (_, Value::Null, Value::Null) => Ok(Some(self.answer()?.as_bytes().to_vec())),
            (Value::Null, Value::String(text), Value::Null) => Ok(Some(text.clone().into_bytes())),
            (Value::Null, Value::Null, Value::Array(parts)) => {
                parts.iter().map(part).collect::<Result<Vec<_>, _>>().map(|parts| Some(parts.concat()))
            }
            _ => Err("expected one of answer, answer_text and answer_parts".to_owned()),
        }
    }

    /// The answer as it stands in the file, since a map would bring its fields into another order.
    fn answer(&self) -> Result<&str, String> {
        const NAME: &str = "\n  \"answer\": ";
        let start = self.text.find(NAME).ok_or("answer does not begin a line, indented by two")? + NAME.len();
        let mut values = serde_json::Deserializer::from_str(&self.text[start..]).into_iter::<Value>();
        values.next().transpose().map_err(|error| error.to_string())?;
        Ok(&self.text[start..start + values.byte_offset()])
    }
}

/// The fields of an object, those that are not given as in `known`; a name that is not in `known` is an error.
fn filled(known: Value, given: &Value) -> Result<Map<String, Value>, String> {
    let Value::Object(mut fields) = known else { return Err("no object to fill".to_owned()) };
    for (name, value) in given.as_object().ok_or_else(|| format!("expected an object, found {given}"))? {
        *fields.get_mut(name).ok_or_else(|| format!("unknown key {name}"))? = value.clone();
    }
    Ok(fields)
}

fn filled_list(list: &Value, known: impl Fn() -> Value) -> Result<Value, String> {
    let Value::Array(items) = list else { return Ok(Value::Null) };
    items.iter().map(|item| filled(known(), item).map(Value::Object)).collect()
}

/// A part of a body: a text; or a text or bytes in hexadecimal digits, so many times.
fn part(part: &Value) -> Result<Vec<u8>, String> {
    if let Value::String(text) = part {
        return Ok(text.clone().into_bytes());
    }
    let part = filled(json!({"text": null, "hex": null, "times": 1}), part)?;
    let bytes = match (&part["text"], &part["hex"]) {
        (Value::String(text), Value::Null) => text.clone().into_bytes(),
        (Value::Null, Value::String(hex)) => from_hex(hex).ok_or("hex is not in pairs of digits")?,
        _ => return Err("expected text or hex in a part".to_owned()),
    };
    let times = part["times"].as_u64().and_then(|times| usize::try_from(times).ok()).ok_or("times is no count")?;
    Ok(bytes.repeat(times))
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| match std::str::from_utf8(pair).ok()? {
        pair if pair.len() == 2 => u8::from_str_radix(pair, 16).ok(),
        _ => None,
    };
    hex.as_bytes().chunks(2).map(pair).collect()
}

/// All files, by name.
pub fn vectors() -> Vec<Vector> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let topics = entries(Path::new(FOLDER)).into_iter().filter(|path| path.is_dir());
    let mut files: Vec<_> = topics.flat_map(|topic| entries(&topic)).collect();
    files.sort();
    let read = |path: &Path| {
        let name = path.strip_prefix(FOLDER).unwrap().with_extension("").display().to_string();
        assert!(path.extension().is_some_and(|extension| extension == "json"), "{name} is no vector");
        let text = fs::read_to_string(path).unwrap();
        Vector::new(&name, text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    files.iter().map(|path| read(path)).collect()
}

/// Runs a vector: what differs, one line each.
pub fn differences(vector: &Vector) -> Result<Vec<String>, String> {
    let body = vector.body()?;
    let status = vector.fields["http_status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or("http_status is no status")?;
    let content_type = vector.fields["content_type"].as_str().ok_or("content_type is no text")?.to_owned();
    let simulator = Simulator::builder().api_key(vector.key()).clock(Clock::Finished).record(true);
    let simulator = simulator.mutate(move |_, answer| {
        if let Some(body) = &body {
            answer.raw = Some(body.clone());
            answer.status = status;
            answer.content_type.clone_from(&content_type);
        }
    });
    let simulator = simulator.start().map_err(|error| error.to_string())?;
    let client = client(vector, &simulator).map_err(|error| error.to_string())?;
    let queries = vector.queries()?;
    let outcome = client.multi_status(queries.iter().map(|(phone, id)| Query::new(phone, id)));
    let outcome = outcome.map_err(|error| error.to_string())?;

    let mut found = Vec::new();
    if !vector.fields["statuses"].is_null() {
        compare(&mut found, "code", &vector.fields["code"], &outcome.code().name().into());
        compare(&mut found, "unmatched", &vector.fields["unmatched"], &client.stat("answers_unmatched").into());
        compare_error(&mut found, &vector.fields["error"], &outcome);
        compare_list(&mut found, "statuses", vector.statuses(), outcome.report.iter().map(status_of));
    }
    for (place, (query, status)) in queries.iter().zip(outcome.report.iter()).enumerate() {
        let texts = json!([status.phone_number(), status.message_id()]);
        compare(&mut found, &format!("queries[{place}]"), &json!([query.0, query.1]), &texts);
    }
    for state in State::ALL {
        let counted = outcome.report.iter().filter(|status| status.state() == *state).count();
        compare(
            &mut found,
            &format!("count of {}", state.name()),
            &counted.into(),
            &outcome.report.count_state(*state).into(),
        );
    }
    if let Some(requests) = vector.fields["requests"].as_array() {
        let seen = simulator.requests();
        let actual = seen.iter().enumerate().map(|(place, seen)| request_of(seen, requests.get(place)));
        compare_list(&mut found, "requests", requests, actual);
    }
    found.extend(outcome.error.iter().filter_map(|error| shown_of(vector.key(), error.message())));
    Ok(found)
}

fn client(vector: &Vector, simulator: &Simulator) -> Result<Client, smsp::Error> {
    let mut config = Config::new();
    let base_url = simulator.base_url();
    // One request for one batch, one after the other: so the requests have an order.
    let ours = [("api_key", KEY), ("base_url", base_url.as_str()), ("max_retries", "0"), ("max_connections", "1")];
    for (name, value) in ours.into_iter().chain(vector.options()) {
        config.set(name, value)?;
    }
    Client::new(&config)
}

fn compare(found: &mut Vec<String>, what: &str, expected: &Value, actual: &Value) {
    if expected != actual {
        found.push(format!("{what}: expected {expected}, got {actual}"));
    }
}

fn compare_list(found: &mut Vec<String>, what: &str, expected: &[Value], actual: impl Iterator<Item = Value>) {
    let actual: Vec<_> = actual.collect();
    compare(found, &format!("number of {what}"), &expected.len().into(), &actual.len().into());
    for (place, (expected, actual)) in expected.iter().zip(&actual).enumerate() {
        compare(found, &format!("{what}[{place}]"), expected, actual);
    }
}

fn compare_error(found: &mut Vec<String>, expected: &Value, outcome: &Outcome) {
    let mut expected = expected.clone();
    let contains = expected.as_object_mut().and_then(|expected| expected.remove("message_contains"));
    let actual = outcome.error.as_ref().map(|error| {
        json!({
            "code": error.code().name(), "api_code": error.api_code(), "http_status": error.http_status(),
            "retryable": error.is_retryable(),
        })
    });
    compare(found, "error", &expected, &actual.into());
    let message = outcome.error.as_ref().map_or("", |error| error.message());
    if message.contains(char::is_control) {
        found.push(format!("a control character in {message:?}"));
    }
    let parts = contains.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    found.extend(parts.filter(|part| !message.contains(part)).map(|part| format!("no {part:?} in {message:?}")));
}

/// What a message shows of the key.
pub fn shown_of(key: &str, message: &str) -> Option<String> {
    let key: Vec<char> = key.chars().collect();
    let mut pieces = key.windows(MOST_OF_A_KEY.min(key.len())).map(|piece| piece.iter().collect::<String>());
    pieces.find(|piece| message.contains(piece)).map(|piece| format!("{piece:?} of the key in {message:?}"))
}

fn status_of(status: Status<'_>) -> Value {
    let flag = |flag: Option<bool>| flag.map_or(-1, i32::from);
    json!({
        "state": status.state().name(), "code": status.code().name(), "api_code": status.api_code(),
        "status_text": status.status_text(), "date": status.date(), "date_text": status.date_text(),
        "stop_sms": flag(status.stop_sms()), "is_spam": flag(status.is_spam()),
    })
}

/// A request as a vector shows it, with those headers that are expected.
fn request_of(seen: &Seen, expected: Option<&Value>) -> Value {
    let Some(request) = &seen.request else { return Value::Null };
    let expected = expected.and_then(|expected| expected["headers"].as_object()).into_iter().flatten();
    let headers: Map<_, _> = expected.map(|(name, _)| (name.clone(), request.header(name).into())).collect();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    json!({"method": request.method, "target": request.target, "headers": headers, "body": body})
}

//! What must come of a call: which requests it makes, and what its report says.
//!
//! It is slow and obvious, and shares no code with the library. It is shown what the service was asked and what it
//! answered, in order, holds each request against what was due, and reads each answer on its own. Where the contract
//! leaves something open, a comment that begins with "Reading:" says what is taken here.

use std::ops::Range;

use serde_json::{Value, json};

use super::answer::{Answer, Meaning, Told};
use super::texts;
use support::rows::Row;

/// The codes of a whole request that end the call, and what they are called.
const AUTH: [i32; 2] = [1, 10];
const DENIED: [i32; 4] = [20, 30, 40, 96];

/// The codes that no entry can cause.
const OF_THE_REQUEST: [i32; 2] = [50, 90];

/// How many refused halves a call goes through without an answer.
const PATIENCE: usize = 64;

/// What a call is made with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub batch_size: usize,
    pub max_connections: usize,
    pub is_xml: bool,
    pub is_get: bool,
}

/// A query as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub number: String,
    pub id: String,
}

impl Sent {
    pub fn of(phone_number: &str, message_id: &str) -> Option<Sent> {
        Some(Sent { number: texts::number(phone_number)?, id: texts::id(message_id)? })
    }

    fn value(&self, is_get: bool) -> Value {
        // A query string has no types.
        let id = match self.id.parse::<i64>() {
            Ok(number) if texts::is_numeric(&self.id) && !is_get => Value::from(number),
            _ => Value::from(self.id.as_str()),
        };
        json!({"phoneNumber": self.number, "messageId": id})
    }
}

/// A request and its answer, as the service saw them.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    /// Path and query string, without what a GET asks.
    pub target: String,
    /// The parameters, by name.
    pub parameters: Value,
    pub answer: Answer,
}

/// What must come of a call.
#[derive(Debug)]
pub struct Expected {
    pub rows: Vec<Row>,
    /// The code of the call, and that of its error.
    pub code: i32,
    pub error: i32,
    pub unmatched: u64,
    pub halved: u64,
    pub answered: u64,
    /// Refused batches that were not halved any more.
    pub given_up: u64,
}

/// What became of a query as it was sent.
#[derive(Clone, Debug)]
enum Fate {
    Told(Told),
    Without { code: i32, api_code: i32 },
}

/// What may be asked next.
#[derive(Clone, Debug)]
enum Due {
    Batch(Range<usize>),
    Half(Range<usize>),
    /// Both halves of this one. Reading: the middle one of an odd number goes with either.
    Halves(Range<usize>),
}

const PROTOCOL: i32 = -8;
const INVALID_ARGUMENT: i32 = -1;
const API: i32 = -12;
const HTTP: i32 = -7;

/// The distinct queries of a list, as they are sent, in the order of their first place.
pub fn plan(list: &[(String, String)]) -> Vec<Sent> {
    let mut distinct: Vec<Sent> = Vec::new();
    for sent in list.iter().filter_map(|(phone_number, message_id)| Sent::of(phone_number, message_id)) {
        if !distinct.contains(&sent) {
            distinct.push(sent);
        }
    }
    distinct
}

/// What must come of a call for this list in which this was asked and answered.
///
/// # Errors
/// A request that should not have been made, or was not.
pub fn expected(list: &[(String, String)], options: Options, exchanges: &[Exchange]) -> Result<Expected, String> {
    let distinct = plan(list);
    let mut call = Call::new(&distinct, options);
    exchanges.iter().try_for_each(|exchange| call.exchange(exchange))?;
    call.expected(list)
}

/// What must come of a call for this list, of a service that answers each batch like this.
pub fn alone(list: &[(String, String)], options: Options, service: impl Fn(&[Sent]) -> Answer) -> Expected {
    let distinct = plan(list);
    let mut call = Call::new(&distinct, options);
    call.ask(service);
    call.expected(list).expect("all that is due is asked")
}

struct Call<'a> {
    distinct: &'a [Sent],
    options: Options,
    due: Vec<Due>,
    fates: Vec<Option<Fate>>,
    unmatched: u64,
    halved: u64,
    given_up: u64,
    refused_halves: usize,
    answered_halves: usize,
    /// The refusal that ended the call.
    ended: Option<Fate>,
}

impl<'a> Call<'a> {
    fn new(distinct: &'a [Sent], options: Options) -> Call<'a> {
        let starts = (0..distinct.len()).step_by(options.batch_size);
        let batch = |start| Due::Batch(start..distinct.len().min(start + options.batch_size));
        Call {
            distinct,
            options,
            due: starts.map(batch).collect(),
            fates: vec![None; distinct.len()],
            unmatched: 0,
            halved: 0,
            given_up: 0,
            refused_halves: 0,
            answered_halves: 0,
            ended: None,
        }
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<(), String> {
        if self.ended.is_some() {
            return Err(format!("asked after the call had ended: {exchange:?}"));
        }
        let (range, is_half) = self.asked(exchange)?;
        self.answered(range, is_half, &exchange.answer);
        Ok(())
    }

    fn answered(&mut self, range: Range<usize>, is_half: bool, answer: &Answer) {
        match answer.meaning() {
            Meaning::Entries(told) => {
                self.answered_halves += usize::from(is_half);
                self.matched(range, told);
            }
            Meaning::Refused { code, message } => self.refused(range, is_half, code, message),
            Meaning::Failed => self.fates[range].fill(Some(Fate::Without { code: HTTP, api_code: 0 })),
        }
    }

    /// Asks all that is due, in order; the middle one of an odd number goes with the first half.
    fn ask(&mut self, service: impl Fn(&[Sent]) -> Answer) {
        while self.ended.is_none() && !self.due.is_empty() {
            let (range, is_half) = match self.due.remove(0) {
                Due::Batch(range) => (range, false),
                Due::Half(range) => (range, true),
                Due::Halves(whole) => {
                    let middle = whole.end - whole.len() / 2;
                    self.due.splice(0..0, [Due::Half(whole.start..middle), Due::Half(middle..whole.end)]);
                    continue;
                }
            };
            let answer = service(&self.distinct[range.clone()]);
            self.answered(range, is_half, &answer);
        }
    }

    /// Which of the batches that are due is asked here; it is no longer due.
    fn asked(&mut self, exchange: &Exchange) -> Result<(Range<usize>, bool), String> {
        let (method, target) = match (self.options.is_get, self.options.is_xml) {
            (true, _) => ("GET", "/v1/multi-status"),
            (false, true) => ("POST", "/v1/multi-status?_format=xml"),
            (false, false) => ("POST", "/v1/multi-status"),
        };
        if (exchange.method.as_str(), exchange.target.as_str()) != (method, target) {
            return Err(format!("asked by {} {}", exchange.method, exchange.target));
        }
        for place in 0..self.due.len() {
            let due = self.due[place].clone();
            let (range, rest, is_half) = match due {
                Due::Batch(range) if self.asks(exchange, &range) => (range, None, false),
                Due::Half(range) if self.asks(exchange, &range) => (range, None, true),
                Due::Halves(whole) => match self.asked_half(exchange, &whole) {
                    Some((half, other)) => (half, Some(other), true),
                    None => continue,
                },
                // One request at a time takes the batches in their order.
                Due::Batch(_) if self.options.max_connections == 1 => break,
                _ => continue,
            };
            match rest {
                Some(other) => self.due[place] = Due::Half(other),
                None => _ = self.due.remove(place),
            }
            return Ok((range, is_half));
        }
        Err(format!("asked what is not due now: {}; due: {:?}", exchange.parameters, self.due))
    }

    /// The half of a batch that is asked here, and the other one.
    fn asked_half(&self, exchange: &Exchange, whole: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        for middle in [whole.start + whole.len() / 2, whole.end - whole.len() / 2] {
            let (first, second) = (whole.start..middle, middle..whole.end);
            if self.asks(exchange, &first) {
                return Some((first, second));
            }
            if self.asks(exchange, &second) {
                return Some((second, first));
            }
        }
        None
    }

    fn asks(&self, exchange: &Exchange, range: &Range<usize>) -> bool {
        let list: Vec<Value> =
            self.distinct[range.clone()].iter().map(|sent| sent.value(self.options.is_get)).collect();
        let mut parameters = json!({"apiKey": support::KEY, "SMSStatut_List": list});
        if self.options.is_xml {
            parameters["_format"] = Value::from("xml");
        }
        exchange.parameters == parameters
    }

    /// A batch that is refused for an entry is halved, down to single entries.
    ///
    /// Reading: what a refusal of one entry means does not depend on whether it was one from the start. The bound counts
    /// the half that is refused just now, unless no entry can be why; beyond it nothing is halved, but a single entry is
    /// known to be refused.
    fn refused(&mut self, range: Range<usize>, is_half: bool, code: i32, message: Option<String>) {
        let is_of_entry = !AUTH.contains(&code) && !DENIED.contains(&code) && !OF_THE_REQUEST.contains(&code);
        self.refused_halves += usize::from(is_half && is_of_entry);
        if is_of_entry && range.len() == 1 {
            let state = if code == 4 { "not_found" } else { "rejected" };
            let told = Told {
                state,
                api_code: code,
                status_text: message.map(|text| text.replace('\0', "\u{fffd}")),
                ..Told::default()
            };
            self.fates[range.start] = Some(Fate::Told(told));
        } else if is_of_entry && self.refused_halves <= PATIENCE + 2 * self.answered_halves {
            self.halved += 1;
            self.due.insert(0, Due::Halves(range));
        } else {
            self.given_up += u64::from(is_of_entry);
            let without = Fate::Without { code: code_of_refusal(code), api_code: code };
            self.fates[range].fill(Some(without.clone()));
            if AUTH.contains(&code) || DENIED.contains(&code) {
                self.ended = Some(without);
            }
        }
    }

    /// Gives each query of a batch its answer.
    fn matched(&mut self, range: Range<usize>, told: Vec<Told>) {
        let served = matched(&self.distinct[range.clone()], &told);
        for (place, answer) in range.zip(&served) {
            self.fates[place] = Some(match answer {
                Some(answer) => Fate::Told(told[*answer].clone()),
                None => Fate::Without { code: PROTOCOL, api_code: 0 },
            });
        }
        self.unmatched += (told.len() - served.iter().flatten().count()) as u64;
    }

    fn expected(&self, list: &[(String, String)]) -> Result<Expected, String> {
        let fates = self.end()?;
        let rows: Vec<Row> = list.iter().map(|(phone, id)| row(phone, id, self.distinct, &fates)).collect();
        let (code, error) = outcome(&rows);
        let answered = rows.iter().filter(|row| row.code == 0).count() as u64;
        Ok(Expected {
            rows,
            code,
            error,
            unmatched: self.unmatched,
            halved: self.halved,
            answered,
            given_up: self.given_up,
        })
    }

    /// What became of each query. All that was due was asked, but for what a refusal of the key or account left unsent.
    fn end(&self) -> Result<Vec<Fate>, String> {
        if self.ended.is_none() && !self.due.is_empty() {
            return Err(format!("never asked: {:?}", self.due));
        }
        let fate = |fate: &Option<Fate>| fate.clone().or(self.ended.clone());
        Ok(self.fates.iter().map(|each| fate(each).expect("what is not due was answered")).collect())
    }
}

fn code_of_refusal(code: i32) -> i32 {
    match code {
        _ if AUTH.contains(&code) => -9,
        _ if DENIED.contains(&code) => -10,
        _ => API,
    }
}

/// Which answer belongs to each query of a batch, by their places.
fn matched(asked: &[Sent], told: &[Told]) -> Vec<Option<usize>> {
    let mut served: Vec<Option<usize>> = vec![None; asked.len()];
    let mut used = vec![false; told.len()];
    // Exact matches are taken first, over the whole batch; the first wins.
    for (place, answer) in told.iter().enumerate() {
        let query = asked.iter().position(|sent| is_exact(sent, answer));
        if let Some(query) = query.filter(|&query| served[query].is_none()) {
            served[query] = Some(place);
            used[place] = true;
        }
    }
    // Then those of which one side is national.
    for (query, sent) in asked.iter().enumerate() {
        if served[query].is_none() {
            let first = (0..told.len()).find(|&place| !used[place] && is_otherwise(asked, told, sent, &told[place]));
            if let Some(place) = first {
                served[query] = first;
                used[place] = true;
            }
        }
    }
    served
}

fn is_exact(sent: &Sent, answer: &Told) -> bool {
    answer.number.as_ref() == Some(&sent.number) && answer.id.as_ref() == Some(&sent.id)
}

/// Whether an answer in another form belongs to a query that has no exact one.
///
/// Reading: "only one number among the answers" means those with the id of the query, the ones that are exact for other
/// queries too. Where the answer is national, what must be only one is the number among the queries with that id, and an
/// answer whose number is itself asked serves no other.
fn is_otherwise(asked: &[Sent], told: &[Told], sent: &Sent, answer: &Told) -> bool {
    let (Some(number), Some(id)) = (&answer.number, &answer.id) else { return false };
    if *id != sent.id {
        return false;
    }
    let (national, international) = match (sent.number.starts_with('0'), number.starts_with('0')) {
        (true, false) => (&sent.number, number),
        (false, true) => (number, &sent.number),
        _ => return false,
    };
    if !texts::is_same_person(national, international) {
        return false;
    }
    let is_other = |other: &String| other != international && texts::is_same_person(national, other);
    let is_asked_itself = asked.iter().any(|other| is_exact(other, answer));
    if sent.number.starts_with('0') {
        let is_only = !told.iter().any(|other| other.id == answer.id && other.number.as_ref().is_some_and(is_other));
        is_only && (!is_asked_itself || texts::is_of_plan(national, international))
    } else {
        let is_only = !asked.iter().any(|other| other.id == sent.id && is_other(&other.number));
        is_only && !is_asked_itself
    }
}

fn row(phone_number: &str, message_id: &str, distinct: &[Sent], fates: &[Fate]) -> Row {
    let shown = [phone_number, message_id].map(|text| text.replace('\0', "\u{fffd}"));
    let without = |state, code, api_code| Row::without_answer(&shown[0], &shown[1], state, code, api_code);
    let Some(sent) = Sent::of(phone_number, message_id) else { return without("invalid", INVALID_ARGUMENT, 0) };
    let place = distinct.iter().position(|other| *other == sent).expect("every query is planned");
    match &fates[place] {
        Fate::Without { code, api_code } => without("unanswered", *code, *api_code),
        Fate::Told(told) => Row {
            status_text: told.status_text.clone(),
            date: told.date,
            date_text: told.date_text.clone(),
            stop_sms: told.stop_sms,
            is_spam: told.is_spam,
            ..without(told.state, 0, told.api_code)
        },
    }
}

/// The code of the call, and that of its error: of the first failed batch in the caller's order, else that of what is
/// invalid.
pub fn outcome(rows: &[Row]) -> (i32, i32) {
    const OK: i32 = 0;
    const PARTIAL: i32 = 1;
    let failed = rows.iter().map(|row| row.code).find(|code| ![OK, INVALID_ARGUMENT].contains(code));
    let is_answered = |row: &&Row| row.code == OK;
    match rows.iter().filter(is_answered).count() {
        answered if answered == rows.len() => (OK, OK),
        0 => (failed.unwrap_or(INVALID_ARGUMENT), failed.unwrap_or(INVALID_ARGUMENT)),
        _ => (PARTIAL, failed.unwrap_or(INVALID_ARGUMENT)),
    }
}

//! An independent model of the wire contract against the library: random lists, answers of every legal shape, refusals.
//! Every row of every report, every request and the counters must be what the model works out.
//!
//! Each case is played on a fresh client and on one with a long history: what an answer means never depends on earlier
//! ones. `SMSP_ORACLE_STATUSES` says how many statuses are compared, on either, `SMSP_ORACLE_SEED` which case is the
//! first, and `SMSP_ORACLE_FAILURES` how many cases may fail before it ends.

mod answer;
mod body;
mod callers;
mod entries;
mod fates;
mod lists;
mod manner;
mod model;
mod random;
mod service;
mod texts;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, thread};

use lists::Pool;
use manner::Manner;
use model::{Exchange, Expected, Options};
use random::Random;
use service::Service;
use smsp::{Client, Outcome, Query, State};
use support::rows::Row;

/// How many cases are under way at once, each with a service of its own.
const WORKERS: usize = 2;

/// How many different ways there are to make a client.
const CLIENTS: usize = 24;

/// The most that is shown of a list or a body.
const SHOWN: usize = 20_000;

/// Everything that decides what happens.
#[derive(Clone)]
struct Case {
    number: u64,
    options: Options,
    list: Vec<(String, String)>,
    manner: Manner,
}

impl Case {
    fn new(number: u64) -> Case {
        let mut random = Random::new(number);
        let options = options(random.below(CLIENTS));
        let length = match (options.batch_size, random.below(20)) {
            (500, 0..4) => random.between(400, 1600),
            (_, 0..10) => random.between(1, 8),
            (_, 10..19) => random.between(8, 40),
            _ => random.between(0, 120),
        };
        let pool = Pool::new(length, &mut random);
        let list = lists::list(&pool, length, &mut random);
        let manner = Manner::new(&list, options, pool, &mut random);
        Case { number, options, list, manner }
    }

    fn without(&self, places: Range<usize>) -> Case {
        let mut list = self.list.clone();
        list.drain(places);
        Case { list, ..self.clone() }
    }
}

/// The options of the client of this number.
fn options(number: usize) -> Options {
    Options {
        batch_size: [1, 2, 3, 4, 5, 8, 8, 500][number % 8],
        max_connections: if number % 3 == 0 { 4 } else { 1 },
        is_xml: number % 5 == 4,
        // With a large batch the length of the URL would decide.
        is_get: [3, 14].contains(&number),
    }
}

/// A service, and clients of it with a long history.
struct World {
    service: Service,
    veterans: Vec<(Options, Client)>,
}

impl World {
    fn new() -> World {
        let service = Service::start();
        let veterans = (0..CLIENTS).map(options).map(|options| (options, client(&service, options))).collect();
        World { service, veterans }
    }

    /// Plays a case on a fresh client and on one with a history.
    ///
    /// # Errors
    /// What is wrong.
    fn play(&self, case: &Case) -> Result<Expected, String> {
        let (_, veteran) = self.veterans.iter().find(|(options, _)| *options == case.options).unwrap();
        let fresh = client(&self.service, case.options);
        self.ask(case, &fresh).map_err(|wrong| format!("fresh client: {wrong}"))?;
        self.ask(case, veteran).map_err(|wrong| format!("client with a history: {wrong}"))
    }

    fn ask(&self, case: &Case, client: &Client) -> Result<Expected, String> {
        self.service.behave(&case.manner);
        let before = counters(client);
        let outcome = client.multi_status(case.list.iter().map(|(phone, id)| Query::new(phone, id)));
        let after = counters(client);
        let (exchanges, bodies) = self.service.seen();
        let outcome = outcome.map_err(|error| format!("no report: {error}"))?;
        let counted = std::array::from_fn(|counter| after[counter] - before[counter]);
        let expected = compared(case, &exchanges, &outcome, counted);
        expected.map_err(|wrong| wrong + &shown(&exchanges, &bodies))
    }
}

fn client(service: &Service, options: Options) -> Client {
    let options = [
        ("format", if options.is_xml { "xml" } else { "json" }),
        ("method", if options.is_get { "get" } else { "post" }),
        ("batch_size", &options.batch_size.to_string()),
        ("max_connections", &options.max_connections.to_string()),
        ("max_retries", "0"),
    ];
    support::client(&service.base_url(), &options)
}

const COUNTERS: [&str; 4] = ["requests", "entries_answered", "answers_unmatched", "batches_halved"];

fn counters(client: &Client) -> [u64; COUNTERS.len()] {
    COUNTERS.map(|name| client.stat(name).unwrap_or_else(|| panic!("no counter {name}")))
}

/// What must have come of a call, if that is what came of it.
fn compared(
    case: &Case,
    exchanges: &[Exchange],
    outcome: &Outcome,
    counted: [u64; COUNTERS.len()],
) -> Result<Expected, String> {
    let expected = model::expected(&case.list, case.options, exchanges)?;
    let found: Vec<Row> = outcome.report.iter().map(|status| Row::of(&status)).collect();
    if found.len() != expected.rows.len() {
        return Err(format!("{} rows for {} queries", found.len(), expected.rows.len()));
    }
    let mut rows = found.iter().zip(&expected.rows).enumerate();
    if let Some((place, (found, expected))) = rows.find(|(_, (found, expected))| found != expected) {
        return Err(format!("row {place}\nexpected {expected:?}\nfound    {found:?}"));
    }
    let codes = (outcome.code().value(), outcome.error.as_ref().map_or(0, |error| error.code().value()));
    if codes != (expected.code, expected.error) {
        return Err(format!("code and error {codes:?}, expected {:?}", (expected.code, expected.error)));
    }
    let right = [exchanges.len() as u64, expected.answered, expected.unmatched, expected.halved];
    if counted != right {
        return Err(format!("{COUNTERS:?} are {counted:?}, expected {right:?}"));
    }
    Ok(expected)
}

/// What was asked and answered, for a message.
fn shown(exchanges: &[Exchange], bodies: &[Vec<u8>]) -> String {
    let mut shown = String::new();
    for (exchange, body) in exchanges.iter().zip(bodies) {
        let (asked, status) = (&exchange.parameters["SMSStatut_List"], exchange.answer.http_status);
        _ = write!(shown, "\nasked    {asked}\nanswered {status} {}", String::from_utf8_lossy(body));
    }
    shown.chars().take(SHOWN).collect()
}

/// The message of a small list with which the case still fails, by taking away ever fewer rows at a time.
fn smallest(world: &World, mut case: Case, mut wrong: String) -> String {
    let mut size = case.list.len().div_ceil(2);
    let mut tries = 0..500;
    while size > 0 {
        let mut start = 0;
        while start < case.list.len() && tries.next().is_some() {
            let smaller = case.without(start..case.list.len().min(start + size));
            match world.play(&smaller) {
                Ok(_) => start += size,
                Err(found) => (case, wrong) = (smaller, found),
            }
        }
        size /= 2;
    }
    let list: String = format!("{:?}", case.list).chars().take(SHOWN).collect();
    format!("case {}, {:?}, the list {list}\n{wrong}", case.number, case.options)
}

/// How often there was what.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn count(&mut self, expected: &Expected) {
        for state in State::ALL {
            let of_state = expected.rows.iter().filter(|row| row.state == state.value()).count();
            *self.0.entry(state.name()).or_default() += of_state as u64;
        }
        let events = [
            ("answers unmatched", expected.unmatched),
            ("batches halved", expected.halved),
            ("batches given up", expected.given_up),
        ];
        events.into_iter().for_each(|(event, times)| *self.0.entry(event).or_default() += times);
    }
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|error| panic!("{name}={value}: {error}")))
}

#[test]
fn every_report_is_what_the_model_works_out() {
    let (statuses, most) = (setting("SMSP_ORACLE_STATUSES", 100_000), setting("SMSP_ORACLE_FAILURES", 1) as usize);
    let next = AtomicU64::new(setting("SMSP_ORACLE_SEED", 1));
    let (compared, failures, tally) = (AtomicU64::new(0), Mutex::new(Vec::new()), Mutex::new(Tally::default()));
    let play = || {
        let world = World::new();
        while compared.load(Ordering::Relaxed) < statuses && failures.lock().unwrap().len() < most {
            let case = Case::new(next.fetch_add(1, Ordering::Relaxed));
            compared.fetch_add(case.list.len() as u64, Ordering::Relaxed);
            match world.play(&case) {
                Ok(expected) => tally.lock().unwrap().count(&expected),
                Err(wrong) => {
                    let failure = smallest(&world, case, wrong);
                    failures.lock().unwrap().push(failure);
                }
            }
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| _ = scope.spawn(play)));
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} cases are wrong\n\n{}", failures.len(), failures.join("\n\n"));
    let tally = tally.into_inner().unwrap().0;
    support::tell(&format!("{} statuses, 0 wrong, 0 lost: {tally:?}", compared.load(Ordering::Relaxed)));
    let never: Vec<_> = tally.iter().filter(|(_, times)| **times == 0).collect();
    assert!(never.is_empty(), "not seen at all: {never:?}");
}

//! Many callers of one client, whose lists overlap, repeat, contradict in form and are refused, some of them cancelled or
//! short of time: each report is what the call would have had alone, and no text in it is from what others asked.
//!
//! `SMSP_ORACLE_CALLS` says how many calls are made, `SMSP_ORACLE_SEED` which round is the first. A round that fails may
//! pass when it is played again, since threads take turns as they like.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use smsp::{Client, Code, Error, Outcome, Query, Report, State};
use smsp_simulator::Simulator;

use super::fates::{Failing, Fates, Seen, Service, Stumbles, Thrown};
use super::lists::{self, Pool};
use super::model::{self, Expected, Options, Sent};
use super::random::Random;
use super::{SHOWN, WORKERS, setting};
use support::rows::Row;

/// How many calls are made by default.
const CALLS: u64 = 10_000;

/// No round takes that long.
const LONGEST: Duration = Duration::from_secs(120);

/// What private numbers and ids begin with; no date and no size in a message does.
const MARK: &str = "7799";

/// How many digits they have.
const PRIVATE: usize = 9;

const CANCELLED: i32 = -6;
const TIMEOUT: i32 = -5;
const REFUSED_KEY: [i32; 2] = [-9, -10];

/// What may happen to a call beside its fate.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Calm,
    /// Requests fail, but less often than they are sent again.
    Stumbling,
    Faulty,
    /// Calls have little time.
    Hurried,
}

type List = Vec<(String, String)>;

struct Ask {
    list: List,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    Call,
    Operation,
    Cancelled(Duration),
}

/// A client, its callers, and what each of them asks.
struct Round {
    seed: u64,
    kind: Kind,
    options: Options,
    retries: usize,
    time: Option<Duration>,
    latency: Duration,
    /// Requests per second.
    pace: usize,
    callers: Vec<Vec<Ask>>,
}

/// A call that has ended.
struct Done<'r> {
    list: &'r List,
    began: Instant,
    ended: Instant,
    is_cancelled: bool,
    outcome: Outcome,
}

impl Round {
    fn new(seed: u64, random: &mut Random) -> Round {
        let kind = match random.below(10) {
            0..4 => Kind::Calm,
            4..6 => Kind::Stumbling,
            6..9 => Kind::Faulty,
            _ => Kind::Hurried,
        };
        let options = Options {
            batch_size: random.one(&[1, 2, 2, 3, 7, 7, 50, 500, 500]),
            max_connections: random.between(1, 4),
            is_xml: random.percent(30),
            is_get: random.percent(30),
        };
        let cancelled = if kind == Kind::Stumbling { 0 } else { random.one(&[0, 0, 20]) };
        let callers = random.one(&[2, 2, 3, 3, 5, 5, 8, 8, 15, 15, 30, 30, 30, 50, 80, 200]);
        // Whose turn would come too late is told so at once, which would look like a deadline that is missed.
        let has_pace = callers <= 15 && kind != Kind::Hurried;
        let pace = if has_pace { random.one(&[0, 0, 0, 400]) } else { 0 };
        let common = common(random);
        let callers = (0..callers).map(|caller| asks(caller, &common, options, cancelled, random)).collect();
        Round {
            seed,
            kind,
            options,
            retries: if kind == Kind::Stumbling { 3 } else { random.one(&[0, 0, 1, 3]) },
            time: (kind == Kind::Hurried).then(|| Duration::from_millis(random.between(1, 12) as u64)),
            latency: Duration::from_micros(random.one(&[0, 200, 1_000])),
            pace,
            callers,
        }
    }

    fn client(&self, simulator: &Simulator) -> Client {
        let options = [
            ("format", if self.options.is_xml { "xml" } else { "json" }),
            ("method", if self.options.is_get { "get" } else { "post" }),
            ("batch_size", &self.options.batch_size.to_string()),
            ("max_connections", &self.options.max_connections.to_string()),
            ("max_retries", &self.retries.to_string()),
            ("retry_base_ms", "1"),
            ("requests_per_second", &self.pace.to_string()),
            ("request_timeout_ms", "60000"),
            ("total_timeout_ms", &self.time.unwrap_or_default().as_millis().to_string()),
        ];
        support::client(&simulator.base_url(), &options)
    }

    /// Plays the round; what there was.
    ///
    /// # Errors
    /// What is wrong.
    fn play(&self, random: &mut Random) -> Result<Tally, String> {
        let failing = match self.kind {
            Kind::Calm | Kind::Hurried => Failing::Never,
            Kind::Stumbling => Failing::Stumbling(Stumbles::new(random.clone())),
            Kind::Faulty => {
                let (share, only_final) = (random.one(&[5, 30, 80]), random.percent(30));
                Failing::ByChance { share, only_final, random: random.clone() }
            }
        };
        let service = Arc::new(Service::new(Fates::new(self.options.is_xml, random), self.options, failing));
        let answering = Arc::clone(&service);
        let simulator = Simulator::builder().api_key(support::KEY).latency(self.latency);
        let simulator = simulator.fault("latency ms=3 share=0.1".parse().unwrap());
        let simulator = simulator.mutate(move |request, answer| answering.answer(request, answer)).start().unwrap();
        let client = self.client(&simulator);
        let all: Vec<Done> = thread::scope(|scope| {
            let callers: Vec<_> = self.callers.iter().map(|asks| scope.spawn(|| call_all(&client, asks))).collect();
            callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
        });
        let (seen, mut tally) = (service.seen(), Tally::default());
        if let Some(wrong) = seen.wrong.first() {
            return Err(wrong.clone());
        }
        for done in &all {
            let expected = model::alone(done.list, self.options, |asked| service.fates.answer(asked));
            let checked = self.check(done, &all, &expected, &seen, &mut tally);
            // Alone it is asked by the same client, by which nobody else asks any more.
            let checked = checked.and_then(|()| match &done.outcome.error {
                Some(_) if self.is_certain(done) => {
                    same_errors(&done.outcome, &multi_status(&client, done.list), &mut tally)
                }
                _ => Ok(()),
            });
            checked.map_err(|wrong| format!("{wrong}\nthe list {:?}\n{}", done.list, shown(done, &seen)))?;
        }
        tally.count("requests", seen.requests.len());
        if let Some(ridden) = client.stat("calls_ridden") {
            tally.count("calls ridden", ridden as usize);
        }
        Ok(tally)
    }

    /// Whether nothing but the fate of the messages decides what comes of a call.
    fn is_certain(&self, done: &Done) -> bool {
        matches!(self.kind, Kind::Calm | Kind::Stumbling) && !done.is_cancelled
    }

    fn check(
        &self,
        done: &Done,
        all: &[Done],
        expected: &Expected,
        seen: &Seen,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let found: Vec<Row> = done.outcome.report.iter().map(|status| Row::of(&status)).collect();
        if found.len() != expected.rows.len() {
            return Err(format!("{} rows for {} queries", found.len(), expected.rows.len()));
        }
        let mut is_exact = true;
        for (place, (found, expected)) in found.iter().zip(&expected.rows).enumerate() {
            if found != expected {
                is_exact = false;
                if !self.is_excused(place, done, all, seen) {
                    return Err(format!("row {place}\nexpected {expected:?}\nfound    {found:?}"));
                }
                tally.count(done.outcome.report.get(place).expect("a row").code().name(), 1);
            }
        }
        let codes = (done.outcome.code().value(), done.outcome.error.as_ref().map_or(0, |error| error.code().value()));
        let due = match is_exact {
            true => (expected.code, expected.error),
            false => model::outcome(&found),
        };
        if codes != due {
            return Err(format!("code and error {codes:?}, expected {due:?}"));
        }
        own_texts(done, tally)?;
        tally.count("calls", 1);
        for state in State::ALL {
            tally.count(state.name(), done.outcome.report.count_state(*state));
        }
        Ok(())
    }

    /// Whether a message has no answer because of what happened to its own call, and while that was under way.
    fn is_excused(&self, place: usize, done: &Done, all: &[Done], seen: &Seen) -> bool {
        let status = done.outcome.report.get(place).expect("a row");
        let (found, message) = (Row::of(&status), status.error().map_or("", Error::message));
        let codes = (found.code, found.api_code);
        let is_due = match codes {
            (CANCELLED, 0) => done.is_cancelled,
            (TIMEOUT, 0) => self.time.is_some_and(|time| done.ended - done.began >= time),
            _ => seen.thrown.iter().any(|thrown| {
                let is_later = done.began <= thrown.at;
                is_told(thrown, codes, message)
                    && (is_later || REFUSED_KEY.contains(&codes.0) && is_on_its_way(thrown, done, all))
                    && thrown.at <= done.ended
            }),
        };
        is_due && found == Row::without_answer(&found.phone_number, &found.message_id, "unanswered", codes.0, codes.1)
    }
}

/// Whether an error can be about this fault: one that quotes the service names it.
fn is_told(thrown: &Thrown, codes: (i32, i32), message: &str) -> bool {
    thrown.codes == codes && (message.contains(&thrown.title) || !message.contains("fault-"))
}

/// Whether a refusal may have reached the client after this call began: by one that was under way before, and still then.
fn is_on_its_way(thrown: &Thrown, done: &Done, all: &[Done]) -> bool {
    let meets = |error: &Error| is_told(thrown, (error.code().value(), error.api_code()), error.message());
    let has_met = |report: &Report| (0..report.len()).filter_map(|place| report.error(place)).any(meets);
    all.iter().any(|other| other.began <= thrown.at && done.began <= other.ended && has_met(&other.outcome.report))
}

/// What all may ask about: messages of a few people, or hardly any but one person's.
fn common(random: &mut Random) -> Pool {
    const FAMILIES: [&[&str]; 4] = [
        &["0508412345", "+508412345", "+33508412345", "+508508412345"],
        &["07001234567890", "+337001234567890"],
        &["0692123456", "+262692123456", "+33692123456"],
        &["+33612345678", "+262612345678", "+34612345678"],
    ];
    let mut pool = Pool::new(1, random);
    let family = random.one(&FAMILIES).iter().map(|number| (*number).to_owned());
    if random.percent(30) {
        pool.numbers = family.cycle().take(40).collect();
        pool.ids = vec![random.one(&["7", "a"]).to_owned(); 12];
    } else {
        pool.numbers.extend(family);
    }
    let id = pool.ids[0].clone();
    pool.ids.extend([format!("0{id}"), id.to_uppercase()]);
    pool
}

/// What a caller asks: messages that others ask about too, in this form or another, and some of its own.
fn asks(caller: usize, common: &Pool, options: Options, cancelled: usize, random: &mut Random) -> Vec<Ask> {
    let mut pool = common.clone();
    for number in 1..=2 {
        let private = format!("{MARK}{caller:03}{}{}", random.below(10), number);
        pool.numbers.extend([format!("0{private}"), format!("+33{private}"), format!("+262{private}")]);
        pool.ids.extend([private.clone(), format!("é{private}")]);
    }
    let calls = random.between(1, 6);
    let ask = |_| {
        let length = match random.below(20) {
            0 => 0,
            1 if !options.is_get => 20,
            2 if options.batch_size < 50 && !options.is_get => options.batch_size * 2 + 1,
            _ => random.between(1, 3),
        };
        let how = match random.percent(50) {
            true => How::Call,
            false if random.percent(cancelled) => How::Cancelled(Duration::from_micros(random.below(8_000) as u64)),
            false => How::Operation,
        };
        Ask { list: lists::list(&pool, length, random), how }
    };
    (0..calls).map(ask).collect()
}

fn multi_status(client: &Client, list: &List) -> Outcome {
    client.multi_status(list.iter().map(|(phone, id)| Query::new(phone, id))).expect("memory for a report")
}

/// All that a caller asks: what it starts is under way while it calls, and ends in its order.
fn call_all<'r>(client: &Client, asks: &'r [Ask]) -> Vec<Done<'r>> {
    let mut running = Vec::new();
    let mut done = Vec::new();
    for Ask { list, how } in asks {
        let began = Instant::now();
        let end = move |is_cancelled, outcome| Done { list, began, ended: Instant::now(), is_cancelled, outcome };
        match how {
            How::Call => done.push(end(false, multi_status(client, list))),
            _ => {
                let operation = client.start(list.iter().map(|(phone, id)| Query::new(phone, id))).expect("a thread");
                running.push((operation, how, end));
            }
        }
    }
    for (operation, how, end) in running {
        let time = if let How::Cancelled(time) = how { Some(*time) } else { None };
        let is_cancelled = !operation.wait(time);
        if is_cancelled {
            operation.cancel();
        }
        done.push(end(is_cancelled, operation.finish().expect("finished once")));
        assert_eq!(operation.progress().done, operation.progress().total);
    }
    done
}

/// Texts that a caller reads: with a private number or id in them, it is one of the call's own.
fn own_texts(done: &Done, tally: &mut Tally) -> Result<(), String> {
    let sent = model::plan(done.list).into_iter().map(|Sent { number, id }| (number, id));
    let own = done.list.iter().cloned().chain(sent).flat_map(|(number, id)| [private(&number), private(&id)]);
    let own: Vec<String> = own.flatten().collect();
    let report = &done.outcome.report;
    let errors = (0..report.len()).filter_map(|place| report.error(place)).chain(&done.outcome.error);
    let told = report.iter().flat_map(|status| [status.status_text(), status.date_text()]).flatten();
    for text in errors.map(Error::message).chain(told) {
        let quoted = private(text);
        if let Some(other) = quoted.iter().find(|quoted| !own.contains(quoted)) {
            return Err(format!("{other} is of another call: {text}"));
        }
        tally.count("private texts", usize::from(!quoted.is_empty()));
    }
    Ok(())
}

/// The private numbers and ids in a text.
fn private(text: &str) -> Vec<String> {
    let found = text.match_indices(MARK).filter_map(|(at, _)| text.get(at..at + PRIVATE));
    let found = found.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    // A date in milliseconds may look like one.
    let is_date = |digits: &str| text.len() == 13 && text.starts_with('1') && text.contains(digits);
    found.filter(|digits| !is_date(digits)).map(str::to_owned).collect()
}

/// Whether a call has the errors that it has alone. What strangers an answer has beside, only that one may tell.
fn same_errors(found: &Outcome, alone: &Outcome, tally: &mut Tally) -> Result<(), String> {
    let errors = |outcome: &Outcome| -> Vec<Option<Error>> {
        let of_rows = (0..outcome.report.len()).map(|place| outcome.report.error(place).cloned());
        of_rows.chain([outcome.error.clone()]).collect()
    };
    let facts = |error: &Error| (error.code(), error.api_code(), error.http_status(), error.is_retryable());
    for pair in errors(found).into_iter().zip(errors(alone)) {
        let is_same = match &pair {
            (Some(found), Some(alone)) => {
                tally.count("errors compared", 1);
                facts(found) == facts(alone) && alone.message().starts_with(found.message())
            }
            (found, alone) => found == alone,
        };
        if !is_same {
            return Err(format!("found {:?}\nalone {:?}", pair.0, pair.1));
        }
    }
    Ok(())
}

/// The requests that asked for a message of the call, for a message.
fn shown(done: &Done, seen: &Seen) -> String {
    let sent = model::plan(done.list);
    let requests = seen.requests.iter().filter(|asked| asked.iter().any(|one| sent.contains(one)));
    let requests: Vec<_> = requests.map(|asked| format!("asked {asked:?}")).collect();
    requests.join("\n").chars().take(SHOWN).collect()
}

/// How often there was what.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn count(&mut self, what: &'static str, times: usize) {
        *self.0.entry(what).or_default() += times;
    }
}

/// Plays the round of this seed, in a thread that may hang.
fn play(seed: u64) -> Result<Tally, String> {
    let (sender, played) = mpsc::channel();
    thread::spawn(move || {
        let mut random = Random::new(seed);
        let round = Round::new(seed, &mut random);
        let named = |wrong| format!("{wrong}\nround {}, {:?}, {:?}", round.seed, round.kind, round.options);
        _ = sender.send(round.play(&mut random).map_err(named));
    });
    played.recv_timeout(LONGEST).unwrap_or_else(|error| {
        let what = if error == RecvTimeoutError::Timeout { "a call has not ended" } else { "a panic" };
        Err(format!("{what}\nround {seed}"))
    })
}

#[test]
fn every_call_among_others_ends_as_it_would_alone() {
    let (calls, next) = (setting("SMSP_ORACLE_CALLS", CALLS), AtomicU64::new(setting("SMSP_ORACLE_SEED", 1)));
    let (made, tally, wrong) = (AtomicU64::new(0), Mutex::new(Tally::default()), Mutex::new(None));
    let work = || {
        while made.load(Ordering::Relaxed) < calls && wrong.lock().unwrap().is_none() {
            match play(next.fetch_add(1, Ordering::Relaxed)) {
                Ok(round) => {
                    made.fetch_add(round.0["calls"] as u64, Ordering::Relaxed);
                    round.0.into_iter().for_each(|(what, times)| tally.lock().unwrap().count(what, times));
                }
                Err(found) => *wrong.lock().unwrap() = Some(found),
            }
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| _ = scope.spawn(work)));
    if let Some(wrong) = wrong.into_inner().unwrap() {
        panic!("{wrong}");
    }
    let tally = tally.into_inner().unwrap().0;
    support::tell(&format!("{} calls, 0 wrong, 0 lost: {tally:?}", made.load(Ordering::Relaxed)));
    let excuses = [Code::Connect, Code::Timeout, Code::Cancelled, Code::Http, Code::Protocol, Code::Auth, Code::Denied];
    let excuses = excuses.into_iter().chain([Code::RateLimited, Code::Api]).map(Code::name);
    let due = State::ALL.iter().map(|state| state.name()).chain(excuses).chain(["errors compared", "private texts"]);
    let never: Vec<_> = due.filter(|what| tally.get(what).is_none_or(|times| *times == 0)).collect();
    assert!(calls < CALLS || never.is_empty(), "not seen at all: {never:?}");
}

//! An outage is met by time, not by breadth: a call of a thousand batches gets through it as one of one does, and the
//! service sees few requests meanwhile. `SMSP_OUTAGES` says how many outages a cell of the table has; with
//! `SMSP_WRITE_DOCS=1` they are written into docs/RELIABILITY.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use smsp::{Client, Code, Operation, Query, State};
use support::away::{Away, Kind};
use support::server::Server;
use support::{ask, tell};

/// The default.
const MAX_RETRIES: usize = 3;
/// Three times the 200 ms that a cancelled operation has, and the 250 ms by which a limit may be exceeded.
const ALLOWED_CANCEL: Duration = Duration::from_millis(600);
const ALLOWED_OVER: Duration = Duration::from_millis(750);
/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);
/// Retries that last far longer than an outage of 300 ms, all but surely: it is longer once in many millions.
const PATIENT: [(&str, &str); 2] = [("max_retries", "12"), ("retry_max_ms", "400")];

fn client(base_url: &str, options: &[(&str, &str)]) -> Client {
    support::client(base_url, &[&[("batch_size", "1")][..], options].concat())
}

fn start(client: &Client, id: u32) -> Operation {
    client.start([Query::new("+33639980001", &id.to_string())]).unwrap()
}

fn stat(client: &Client, name: &str) -> usize {
    client.stat(name).unwrap() as usize
}

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

// ---- A service that is away ----

#[test]
fn a_short_outage_is_got_through_by_any_number_of_batches() {
    let get_through = |kind, batches| {
        let service = Away::start(kind, Duration::from_millis(300));
        let client = client(&service.base_url(), &[&PATIENT[..], &[("max_connections", "8")]].concat());
        let outcome = ask(&client, batches);
        assert_eq!(outcome.code(), Code::Ok, "{kind:?}, {batches} batches: {:?}", outcome.error);
        assert_eq!(outcome.report.count_state(State::Delivered), batches);
    };
    thread::scope(|scope| {
        for kind in Kind::ALL {
            for batches in [1, 40] {
                scope.spawn(move || get_through(kind, batches));
            }
        }
    });
}

#[test]
fn an_outage_in_the_middle_of_a_call_is_got_through() {
    let get_through = |kind, connections: usize| {
        let service = Away::after(10, kind, Duration::from_millis(300));
        let number = connections.to_string();
        let client = client(&service.base_url(), &[&PATIENT[..], &[("max_connections", &number)]].concat());
        let outcome = ask(&client, 100);
        assert_eq!(outcome.code(), Code::Ok, "{kind:?}, {connections} connections: {:?}", outcome.error);
        // A kept connection that is reset is replaced at once, each a single time.
        let kept = if kind == Kind::Resets { connections } else { 0 };
        let most = connections + 12 + kept;
        assert!(service.asked_in_vain() <= most, "{kind:?}: {} of {most}", service.asked_in_vain());
    };
    thread::scope(|scope| {
        for kind in [Kind::Resets, Kind::Status(503), Kind::Status(429)] {
            for connections in [1, 4, 8] {
                scope.spawn(move || get_through(kind, connections));
            }
        }
    });
}

/// From so many outages a cell on its share is one.
const ENOUGH: usize = 200;

const OUTAGES_MS: [u64; 4] = [100, 300, 1000, 3000];
const BATCHES: [usize; 3] = [1, 40, 1000];
const CONNECTIONS: [usize; 4] = [1, 4, 16, 64];

/// A cell of the table: how long the service is away, and who asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    away_ms: u64,
    batches: usize,
    connections: usize,
}

/// What was found in a cell.
#[derive(Default)]
struct Found {
    calls: usize,
    answered_in_full: usize,
    most_requests: usize,
}

impl Found {
    fn share(&self) -> f64 {
        self.answered_in_full as f64 / self.calls as f64
    }
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for away_ms in OUTAGES_MS {
        for batches in BATCHES {
            cells.extend(CONNECTIONS.map(|connections| Cell { away_ms, batches, connections }));
        }
    }
    cells
}

/// Makes a call, with the default options, to a service that has just gone away. Whether it is answered in full, and how
/// many requests were made in vain.
fn call(cell: Cell, kind: Kind) -> (bool, usize) {
    let service = Away::start(kind, Duration::from_millis(cell.away_ms));
    let connections = cell.connections.to_string();
    let client = client(&service.base_url(), &[("max_connections", &connections)]);
    let outcome = ask(&client, cell.batches);
    let refused = if kind == Kind::Refuses { stat(&client, "failures_connect") } else { 0 };
    let requests = service.asked_in_vain() + refused;
    let what = format!("{cell:?}, {kind:?}: {requests} requests, {:?}", outcome.error);
    // Where connections are made, one batch alone is no outage yet: the next is asked once.
    let one_more = usize::from(kind != Kind::Refuses && cell.batches > cell.connections);
    assert!(requests <= cell.connections.min(cell.batches) + MAX_RETRIES + one_more, "{what}");
    let delivered = outcome.report.count_state(State::Delivered);
    let in_full = delivered == cell.batches;
    assert_eq!(in_full, outcome.code() == Code::Ok, "{what}");
    // One batch by itself, with the same waits, would not have been answered either.
    assert!(in_full || (stat(&client, "retries") >= MAX_RETRIES && requests > MAX_RETRIES), "{what}");
    (in_full, requests)
}

#[test]
fn a_thousand_batches_get_through_an_outage_as_one_does() {
    let outages: usize = env::var("SMSP_OUTAGES").map_or(2, |outages| outages.parse().expect("a number"));
    let start = Instant::now();
    let cells = cells();
    let found: Vec<_> = cells.iter().map(|_| Mutex::new(Found::default())).collect();
    let next = AtomicUsize::new(0);
    // They wait most of the time.
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    if place >= outages * cells.len() {
                        return;
                    }
                    let (seed, cell) = (place / cells.len(), place % cells.len());
                    let (in_full, requests) = call(cells[cell], Kind::ALL[(seed + cell) % Kind::ALL.len()]);
                    let mut found = found[cell].lock().unwrap();
                    found.calls += 1;
                    found.answered_in_full += usize::from(in_full);
                    found.most_requests = found.most_requests.max(requests);
                }
            });
        }
    });
    let found: BTreeMap<_, _> =
        cells.into_iter().zip(found.into_iter().map(|found| found.into_inner().unwrap())).collect();
    tell(&format!("{outages} outages a cell, in {:?}:\n{}", start.elapsed(), table(&found)));
    // A few say nothing about a share; what each of them must do was looked at.
    if outages >= ENOUGH {
        shares_are_alike(&found);
    }
    if env::var_os("SMSP_WRITE_DOCS").is_some() {
        assert!(outages >= ENOUGH, "SMSP_OUTAGES: the table of docs/RELIABILITY.md takes {ENOUGH}");
        write_docs(&table(&found));
    }
}

/// Calls of many batches are answered in full as often as those of one, less 5 points at the most. How many connections
/// there are makes no difference to a call of one batch, so all of these are one sample. The waits are random, so a share
/// may be off by chance: by more than three and a half standard deviations once in a hundred runs.
fn shares_are_alike(found: &BTreeMap<Cell, Found>) {
    for away_ms in OUTAGES_MS {
        let one = found.iter().filter(|(cell, _)| cell.away_ms == away_ms && cell.batches == 1);
        let (calls, in_full) =
            one.fold((0, 0), |(calls, in_full), (_, found)| (calls + found.calls, in_full + found.answered_in_full));
        let share = in_full as f64 / calls as f64;
        for (cell, found) in found.iter().filter(|(cell, _)| cell.away_ms == away_ms && cell.batches > 1) {
            // Never none, as that of a sample can be.
            let likely = (in_full as f64 + 1.0) / (calls as f64 + 2.0);
            let variance = likely * (1.0 - likely) * (1.0 / calls as f64 + 1.0 / found.calls as f64);
            let least = share - 0.05 - 3.5 * variance.sqrt();
            assert!(found.share() >= least, "{cell:?}: {} in full, and {share} with one batch", found.share());
        }
    }
}

fn table(found: &BTreeMap<Cell, Found>) -> String {
    let mut table = String::from("\n| away for | batches |");
    for connections in CONNECTIONS {
        _ = write!(table, " {connections} connection{} |", if connections == 1 { "" } else { "s" });
    }
    table += "\n|---|---|---|---|---|---|\n";
    for row in cells().chunks(CONNECTIONS.len()) {
        _ = write!(table, "| {} s | {} |", row[0].away_ms as f64 / 1000.0, row[0].batches);
        for cell in row {
            let found = &found[cell];
            _ = write!(table, " {:.1} %, {} |", 100.0 * found.share(), found.most_requests);
        }
        table.push('\n');
    }
    table + "\n"
}

const BEGIN: &str = "<!-- Written by `make outages` from tests/timing/outages.rs. -->\n";
const END: &str = "<!-- End of what `make outages` writes. -->\n";

fn write_docs(table: &str) {
    let file = Path::new(support::ROOT).join("docs/RELIABILITY.md");
    let page = fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("docs/RELIABILITY.md has a place for the table");
    let (_, after) = rest.split_once(END).expect("docs/RELIABILITY.md has an end of the table");
    fs::write(&file, [before, BEGIN, table, END, after].concat()).unwrap();
}

// ---- A service that answers by what is asked ----

#[derive(Clone, Copy)]
enum Say {
    Delivered,
    Status(u16),
    /// After this time in milliseconds.
    Late(u64, u16),
    RefusedKey,
    /// Nothing, as long as the other side waits.
    Nothing,
}

/// A service that is told what to say to the nth request about an id, and which requests came.
struct Scripted {
    server: Server,
    asked: Arc<Mutex<Vec<u32>>>,
}

impl Scripted {
    fn start(script: impl Fn(u32, usize) -> Say + Send + Sync + 'static) -> Scripted {
        let asked: Arc<Mutex<Vec<u32>>> = Arc::default();
        let list = Arc::clone(&asked);
        let server = Server::start(move |mut stream| {
            loop {
                let mut request = Vec::new();
                while !request.ends_with(b"]}") {
                    let mut chunk = [0; 1024];
                    let read = stream.read(&mut chunk)?;
                    if read == 0 {
                        return Ok(());
                    }
                    request.extend(&chunk[..read]);
                }
                let request = String::from_utf8(request).unwrap();
                let (_, id) = request.rsplit_once("\"messageId\":").unwrap();
                let id = id.trim_end_matches("}]}").parse().unwrap();
                let count = {
                    let mut list = list.lock().unwrap();
                    list.push(id);
                    list.iter().filter(|asked| **asked == id).count()
                };
                let (status, body) = match script(id, count) {
                    Say::Delivered => (
                        200,
                        format!(
                            r#"{{"success":true,"code":200,"StatutResponse_List":[{{"success":true,"code":200,"phoneNumber":"+33639980001","messageId":{id},"status":"Delivered"}}]}}"#
                        ),
                    ),
                    Say::Status(status) => (status, "no".to_owned()),
                    Say::Late(ms, status) => {
                        thread::sleep(Duration::from_millis(ms));
                        (status, "no".to_owned())
                    }
                    Say::RefusedKey => (200, r#"{"success":false,"code":10,"message":"Non"}"#.to_owned()),
                    Say::Nothing => return io::copy(&mut stream, &mut io::sink()).map(|_| ()),
                };
                write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            }
        });
        Scripted { server, asked }
    }

    fn client(&self, connections: &str, options: &[(&str, &str)]) -> Client {
        let fixed = [("max_connections", connections), ("retry_base_ms", "1")];
        client(&format!("http://{}", self.server.address), &[&fixed, options].concat())
    }

    /// The ids that were asked about, in the order of the requests.
    fn asked(&self) -> Vec<u32> {
        self.asked.lock().unwrap().clone()
    }

    fn count(&self, id: u32) -> usize {
        self.asked().iter().filter(|asked| **asked == id).count()
    }
}

/// The id whose batch fails first, probes, and is not answered; and one that waits for it.
const PROBE: u32 = 1;
const WAITS: u32 = 2;

/// A probe that hangs, another operation that waits behind it.
fn behind_a_probe(client: &Client, service: &Scripted) -> (Operation, Operation) {
    let probe = start(client, PROBE);
    until("the probe asks again", || service.count(PROBE) == 2);
    let waits = start(client, WAITS);
    until("the other fails too", || stat(client, "failures_http") == 2);
    assert!(!waits.wait(Some(Duration::from_millis(50))) && !probe.wait(Some(Duration::ZERO)));
    (probe, waits)
}

fn hanging(id: u32, count: usize) -> Say {
    match (id, count) {
        (_, 1) => Say::Status(503),
        (PROBE, _) => Say::Nothing,
        _ => Say::Delivered,
    }
}

#[test]
fn who_waits_behind_the_probe_of_another_is_cancelled_at_once() {
    let service = Scripted::start(hanging);
    let client = service.client("2", &[]);
    let (probe, waits) = behind_a_probe(&client, &service);
    let start = Instant::now();
    waits.cancel();
    assert!(waits.wait(Some(LONG)));
    let took = start.elapsed();
    tell(&format!("cancelled behind a probe: {took:?}"));
    assert!(took < ALLOWED_CANCEL, "{took:?}");
    assert_eq!(waits.finish().unwrap().code(), Code::Cancelled);
    assert!(!probe.wait(Some(Duration::ZERO)));
    assert_eq!(service.asked(), [PROBE, PROBE, WAITS]);
}

#[test]
fn who_waits_behind_the_probe_of_another_keeps_to_its_time() {
    // The one that waits began first.
    let service = Scripted::start(|id, count| match (id, count) {
        (WAITS, _) => Say::Late(500, 503),
        (_, 1) => Say::Status(503),
        _ => Say::Nothing,
    });
    let limit = Duration::from_millis(1500);
    let client = service.client("2", &[("total_timeout_ms", "1500")]);
    let begun = Instant::now();
    let waits = start(&client, WAITS);
    until("it asks", || service.count(WAITS) == 1);
    thread::sleep(Duration::from_millis(200));
    let _probe = start(&client, PROBE);
    assert!(waits.wait(Some(LONG)));
    let took = begun.elapsed();
    assert!(took >= limit && took < limit + ALLOWED_OVER, "{took:?}");
    let error = waits.finish().unwrap().error.unwrap();
    assert_eq!(error.code(), Code::Timeout);
    assert!(
        error.message().starts_with("total_timeout_ms: ") && error.message().contains("HTTP status 503"),
        "{error}"
    );
    assert_eq!(service.count(WAITS), 1);
}

#[test]
fn a_probe_that_is_cancelled_leaves_its_retries_to_who_waits() {
    let service = Scripted::start(hanging);
    let client = service.client("2", &[]);
    let (probe, waits) = behind_a_probe(&client, &service);
    probe.cancel();
    assert_eq!(probe.finish().unwrap().code(), Code::Cancelled);
    assert_eq!(waits.finish().unwrap().code(), Code::Ok);
    assert_eq!(service.asked(), [PROBE, PROBE, WAITS, WAITS]);

    // It does not get more of them than were left.
    let service = Scripted::start(|id, count| if (id, count) == (PROBE, 2) { Say::Nothing } else { Say::Status(503) });
    let client = service.client("2", &[]);
    let (probe, waits) = behind_a_probe(&client, &service);
    probe.cancel();
    let error = waits.finish().unwrap().error.unwrap();
    assert_eq!((error.code(), error.http_status()), (Code::Http, 503));
    assert_eq!(service.asked(), [PROBE, PROBE, WAITS, WAITS, WAITS]);
    // Who comes later asks by itself, with all of its retries.
    assert_eq!(start(&client, 3).finish().unwrap().code(), Code::Http);
    assert_eq!(service.count(3), 1 + MAX_RETRIES);
}

#[test]
fn a_key_that_is_refused_ends_those_who_wait_and_nobody_later() {
    let refused = Arc::new(AtomicUsize::new(0));
    let script = Arc::clone(&refused);
    let service = Scripted::start(move |id, count| match (id, count) {
        (3, _) => Say::Delivered,
        (_, 1) => Say::Status(503),
        _ => {
            until("the other waits", || script.load(Ordering::SeqCst) == 1);
            Say::RefusedKey
        }
    });
    let client = service.client("2", &[]);
    let (probe, waits) = behind_a_probe(&client, &service);
    refused.store(1, Ordering::SeqCst);
    for operation in [&probe, &waits] {
        assert_eq!(operation.finish().unwrap().code(), Code::Auth);
    }
    assert_eq!(service.asked(), [PROBE, PROBE, WAITS]);
    assert_eq!(start(&client, 3).finish().unwrap().code(), Code::Ok);
}

#[test]
fn a_batch_that_the_service_cannot_answer_ends_alone() {
    const POISON: u32 = 7;
    for connections in ["1", "4"] {
        let service = Scripted::start(|id, _| if id == POISON { Say::Status(500) } else { Say::Delivered });
        // With a wait between its retries, during which there is time for all others.
        let client = service.client(connections, &[("retry_base_ms", "400")]);
        let outcome = ask(&client, 40);
        assert_eq!(outcome.code(), Code::Partial);
        let lost: Vec<_> = outcome.report.iter().filter(|row| row.state() == State::Unanswered).collect();
        assert_eq!((lost.len(), lost[0].message_id(), lost[0].code()), (1, "7", Code::Http));
        assert_eq!(service.count(POISON), 1 + MAX_RETRIES, "{connections} connections");
        assert_eq!(service.asked().len(), 39 + 1 + MAX_RETRIES);
        let last_of_others = service.asked().iter().rposition(|id| *id != POISON).unwrap();
        let last_of_it = service.asked().iter().rposition(|id| *id == POISON).unwrap();
        assert_eq!(last_of_others < last_of_it, connections == "4");
    }
}

#[test]
fn a_service_that_answers_every_other_request_is_not_away() {
    static REQUESTS: AtomicUsize = AtomicUsize::new(0);
    let service = Scripted::start(|_, _| match REQUESTS.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => Say::Status(503),
        _ => Say::Delivered,
    });
    let client = service.client("4", &[]);
    let outcome = ask(&client, 200);
    // One of sixteen batches fails four times in a row.
    let delivered = outcome.report.count_state(State::Delivered);
    assert!(delivered >= 150, "{delivered}: {:?}", outcome.error);
}

#[test]
fn those_whom_the_service_cannot_answer_do_not_give_each_other_retries_for_ever() {
    // One of them is always the second that fails, and is released by an answer.
    let service = Scripted::start(|id, _| if id % 4 == 0 { Say::Delivered } else { Say::Status(500) });
    let client = service.client("4", &[]);
    ask(&client, 200);
    for id in (1..=200).filter(|id| id % 4 != 0) {
        let count = service.count(id);
        assert!(count <= (1 + MAX_RETRIES) * (1 + MAX_RETRIES), "{id} was asked about {count} times");
    }
}

//! What becomes of a call under each fault of the simulator: the table in docs/RELIABILITY.md. `make docs` writes it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use smsp::{Client, Code, Outcome, Query, State, Status};
use smsp_simulator::{Rule, Simulator, fault_kinds};
use support::rows::{Row, expected, messages};

const RULES: &[&str] = &[
    "latency ms=60000",
    "slow-handshake ms=60000",
    "too-many-requests",
    "too-many-requests retry-after=1",
    "too-many-requests retry-after=date:1",
    "too-many-requests retry-after=3600",
    "status code=503",
    "status code=404",
    "refuse code=10",
    "refuse code=90",
    "refuse code=3 ids=1001",
    "reset-before",
    "reset-after",
    "cut at=0",
    "cut at=20",
    "cut-body at=0",
    "cut-body at=100",
    "drip bytes=1 ms=1000",
    "drip bytes=100 ms=1",
    "garbage",
    "garbage-body",
    "wrong-length by=-1",
    "wrong-length by=10",
    "chunked bytes=7",
    "gzip",
    "no-gzip",
    "gzip-bomb mb=17",
    "reorder",
    "missing count=1",
    "duplicate count=2",
    "foreign count=2",
    "drift to=texts",
    "drift to=numbers",
    "drift to=nulls",
    "drift to=object",
];

const BEGIN: &str = "<!-- Written by `make docs` from tests/behaviour/outcomes.rs. -->\n";
const END: &str = "<!-- End of what `make docs` writes. -->\n";

/// What comes of a call for three messages under a rule, in words. Whatever is answered must be right.
fn outcome(rule: &str) -> String {
    let tls = rule.starts_with("slow-handshake");
    let simulator = support::simulator().tls(tls).fault(rule.parse::<Rule>().unwrap()).start().unwrap();
    let client = client(&simulator, tls);
    let messages = messages(3);
    let queries = messages.iter().map(|(phone, id)| Query::new(phone, id));
    let outcome = client.multi_status(queries).unwrap();
    let unanswered = unanswered(rule, &outcome, &expected(&simulator, &messages));
    let code = format!("`{}`", outcome.code().name());
    let rejected = outcome.report.iter().filter(|status| status.state() == State::Rejected).count();
    let code = match (outcome.code(), unanswered.first()) {
        (Code::Partial, Some(why)) => format!("{code}: {} of 3 UNANSWERED with `{}`", unanswered.len(), why.name()),
        _ if rejected > 0 => format!("{code}: {rejected} of 3 REJECTED"),
        _ => code,
    };
    match client.stat("retries").unwrap() {
        0 => code,
        1 => format!("{code} after 1 retry"),
        retries => format!("{code} after {retries} retries"),
    }
}

fn client(simulator: &Simulator, tls: bool) -> Client {
    let authority = tempfile::NamedTempFile::new().unwrap();
    let mut options = vec![("max_retries", "2"), ("retry_base_ms", "1"), ("request_timeout_ms", "3000")];
    if tls {
        simulator.write_ca(authority.path()).unwrap();
        options.push(("ca_file", authority.path().to_str().unwrap()));
    }
    support::client(&simulator.base_url(), &options)
}

/// Why messages were not answered; the others have the right status, or are refused alone where the rule says so.
fn unanswered(rule: &str, outcome: &Outcome, expected: &[Row]) -> Vec<Code> {
    assert_eq!(outcome.report.len(), expected.len());
    let mut unanswered = Vec::new();
    for (status, row) in outcome.report.iter().zip(expected) {
        match status.state() {
            State::Unanswered => unanswered.push(status.code()),
            State::Rejected => assert!(is_refused(rule, &status), "{rule}: {status:?}"),
            _ => assert_eq!(Row::of(&status), *row, "{rule}"),
        }
    }
    assert!(!unanswered.contains(&Code::Ok), "{rule}: without a reason");
    unanswered
}

/// Whether the rule refuses this message, with a code that one message can cause.
fn is_refused(rule: &str, status: &Status<'_>) -> bool {
    rule.starts_with("refuse code=3 ")
        && rule.contains(&format!(" ids={}", status.message_id()))
        && (status.code(), status.api_code(), status.status_text()) == (Code::Ok, 3, Some("Refus 3"))
}

fn table() -> String {
    // Some take their time without doing anything; few enough run at once that none is slow for want of a processor.
    let calls: Vec<_> = RULES.iter().flat_map(|rule| [format!("{rule} requests=1"), rule.to_string()]).collect();
    let outcomes: Vec<_> = calls.iter().map(|_| OnceLock::new()).collect();
    let tasks: Vec<_> = calls.iter().zip(&outcomes).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((call, place)) = tasks.get(next.fetch_add(1, Ordering::SeqCst)) {
                    place.set(outcome(call)).unwrap();
                }
            });
        }
    });
    let mut table = String::from("\n| fault | when it happens once | when it stays |\n|---|---|---|\n");
    for (rule, outcomes) in RULES.iter().zip(outcomes.chunks(2)) {
        let [once, stays] = [&outcomes[0], &outcomes[1]].map(|outcome| outcome.get().unwrap());
        _ = writeln!(table, "| `{rule}` | {once} | {stays} |");
    }
    table + "\n"
}

#[test]
fn every_fault_has_a_row() {
    let names = |texts: &mut dyn Iterator<Item = &'static str>| {
        texts.map(|text| text.split(' ').next().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&mut RULES.iter().copied()), names(&mut fault_kinds().iter().map(|kind| kind.name())));
}

#[test]
fn the_table_of_faults_is_current() {
    support::page::keep("docs/RELIABILITY.md", BEGIN, END, &table());
}

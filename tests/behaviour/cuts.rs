//! An answer whose connection is closed at any of its bytes is asked for again, and the report is right.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use smsp::{Code, Query};
use smsp_simulator::{Clock, Rule, Simulator, Style};
use support::KEY;
use support::rows::{Row, as_sent};

/// The messages of the documentation's sample.
const MESSAGES: [(&str, &str); 4] =
    [("+33699999993", "111111"), ("0619922264", "1226613"), ("+33699999992", "1000"), ("+33699999991", "1222")];

/// How an answer goes over the wire.
#[derive(Clone, Copy)]
struct Shape {
    format: &'static str,
    rules: &'static [&'static str],
}

fn simulator(shape: Shape, cut: Option<usize>) -> Simulator {
    let cut = cut.map(|at| format!("cut at={at} requests=1"));
    let rules = shape.rules.iter().map(|rule| rule.to_string()).chain(cut);
    let rules: Vec<Rule> = rules.map(|rule| rule.parse().unwrap()).collect();
    Simulator::builder().api_key(KEY).style(Style::Pretty).clock(Clock::Finished).faults(rules).start().unwrap()
}

/// Asks once; how many requests that took. The report must be right.
fn ask(shape: Shape, cut: Option<usize>, expected: &[Row]) -> u64 {
    let simulator = simulator(shape, cut);
    let client = support::client(&simulator.base_url(), &[("format", shape.format), ("retry_base_ms", "1")]);
    let outcome = client.multi_status(MESSAGES.iter().map(|(phone, id)| Query::new(phone, id))).unwrap();
    let Shape { format, rules } = shape;
    assert_eq!(outcome.code(), Code::Ok, "{format} {rules:?} cut at {cut:?}: {:?}", outcome.error);
    let rows: Vec<_> = outcome.report.iter().map(|status| Row::of(&status)).collect();
    assert_eq!(rows, expected, "{format} {rules:?} cut at {cut:?}");
    client.stat("requests").unwrap()
}

/// Cuts at every byte up to the whole answer, by two threads. How many cuts that is.
fn cut_everywhere(shape: Shape, expected: &[Row]) -> usize {
    // The first place where nothing is cut is the length of the answer.
    let (next, length) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at > length.load(Ordering::SeqCst) {
                        break;
                    }
                    match ask(shape, Some(at), expected) {
                        1 => _ = length.fetch_min(at, Ordering::SeqCst),
                        requests => assert_eq!(requests, 2, "cut at {at}"),
                    }
                }
            });
        }
    });
    length.into_inner()
}

#[test]
fn an_answer_cut_at_any_byte_is_asked_for_again() {
    let reference = Simulator::builder().clock(Clock::Finished).start().unwrap();
    let expected = MESSAGES.map(|(phone, id)| Row::answered(phone, id, &reference.expected(&as_sent(phone), id)));
    let mut tried = 0;
    for format in ["json", "xml"] {
        let shapes: [&'static [&'static str]; 4] =
            [&["no-gzip"], &["gzip"], &["no-gzip", "chunked bytes=200"], &["gzip", "chunked bytes=100"]];
        for rules in shapes {
            let cuts = cut_everywhere(Shape { format, rules }, &expected);
            assert!(cuts > 300, "{format} {rules:?}: {cuts}");
            tried += cuts;
        }
    }
    support::tell(&format!("{tried} cuts over the wire, each with a right report after one retry"));
}

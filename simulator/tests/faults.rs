//! Faults on purpose, each as it looks to a plain TCP client.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::body;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use smsp_simulator::{Builder, Clock, Rule, Simulator, fault_kinds};

const MESSAGES: [(&str, &str); 3] = [("0612345678", "1"), ("0699999993", "111111"), ("0612345678", "771")];

fn simulator(rules: &[&str]) -> Simulator {
    builder(rules).start().unwrap()
}

fn builder(rules: &[&str]) -> Builder {
    let rules = rules.iter().map(|rule| rule.parse::<Rule>().unwrap());
    Simulator::builder().seed(1).clock(Clock::Finished).faults(rules)
}

/// What comes back on a connection of its own, to its end: the bytes, and whether the end is a reset.
fn ask(simulator: &Simulator) -> (Vec<u8>, bool) {
    send(simulator, "", &body(&MESSAGES))
}

fn send(simulator: &Simulator, headers: &str, body: &str) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    // A connection that is reset may be so before all is written; the read behind that meets a plain end.
    let written = write!(
        stream,
        "POST /v1/multi-status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    (answer, written.is_err() || end.is_err())
}

/// Head and body of an answer that ends as it should.
fn parts(simulator: &Simulator) -> (String, Vec<u8>) {
    let (answer, is_reset) = ask(simulator);
    assert!(!is_reset);
    split(&answer)
}

fn split(answer: &[u8]) -> (String, Vec<u8>) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase(), answer[end..].to_vec())
}

fn entries(simulator: &Simulator) -> Vec<Value> {
    let (_, body) = parts(simulator);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    answer["StatutResponse_List"].as_array().unwrap().clone()
}

/// The documented answer.
fn right() -> (String, Vec<u8>) {
    parts(&simulator(&[]))
}

#[test]
fn every_fault_is_counted() {
    for kind in fault_kinds() {
        let is_slow = kind.parameters().iter().any(|parameter| parameter.name() == "ms");
        let rule: Rule = format!("{}{}", kind.name(), if is_slow { " ms=1" } else { "" }).parse().unwrap();
        let simulator = Simulator::builder().tls(kind.name() == "slow-handshake").fault(rule).start().unwrap();
        assert!(simulator.faults().is_empty());
        ask(&simulator);
        assert_eq!(simulator.faults().into_iter().collect::<Vec<_>>(), [(kind.name(), 1)]);
    }
}

#[test]
fn answers_and_handshakes_are_held_back() {
    let (begin, time) = (Instant::now(), Duration::from_millis(300));
    assert_eq!(parts(&simulator(&["latency ms=100", "latency ms=200"])).1, right().1);
    assert!(begin.elapsed() >= time);

    let simulator = builder(&["slow-handshake ms=300"]).tls(true).start().unwrap();
    let begin = Instant::now();
    // What is no TLS is refused by an alert, once it is looked at.
    ask(&simulator);
    assert!(begin.elapsed() >= time);
    assert!(builder(&["slow-handshake"]).start().is_err());
}

#[test]
fn statuses_and_refusals() {
    let (head, _) = parts(&simulator(&["too-many-requests retry-after=7"]));
    assert!(head.starts_with("http/1.1 429 ") && head.contains("\r\nretry-after: 7\r\n"), "{head}");
    let (head, _) = parts(&simulator(&["too-many-requests retry-after=date:7"]));
    assert!(head.contains("\r\nretry-after: ") && head.contains(" gmt\r\n"), "{head}");
    let (head, _) = parts(&simulator(&["too-many-requests"]));
    assert!(!head.contains("retry-after"), "{head}");
    let (head, body) = parts(&simulator(&["status code=502"]));
    assert!(head.starts_with("http/1.1 502 ") && body.starts_with(b"<!DOCTYPE html>"), "{head}");
    let (head, body) = parts(&simulator(&["refuse code=91 status=403"]));
    assert!(head.starts_with("http/1.1 403 "), "{head}");
    assert_eq!(body, br#"{"success":false,"code":91,"message":"Refus 91"}"#);
}

#[test]
fn connections_are_reset() {
    for rule in ["reset-before", "reset-after"] {
        let simulator = simulator(&[&format!("{rule} requests=1")]);
        let (answer, is_reset) = ask(&simulator);
        assert!(answer.is_empty() && is_reset, "{rule}");
        assert_eq!(parts(&simulator).1, right().1);
        let seen: Vec<_> = simulator.requests().iter().map(|seen| (seen.status, seen.entries)).collect();
        let first = if rule == "reset-before" { (0, 0) } else { (200, 3) };
        assert_eq!(seen, [first, (200, 3)]);
    }
}

#[test]
fn a_long_request_is_reset_unread() {
    let ids: Vec<String> = (0..500).map(|id| id.to_string()).collect();
    let messages: Vec<_> = ids.iter().map(|id| ("0612345678", id.as_str())).collect();
    let simulator = simulator(&["reset-before requests=1"]);
    let (answer, is_reset) = send(&simulator, "", &body(&messages));
    assert!(answer.is_empty() && is_reset);
    assert!(send(&simulator, "", &body(&messages)).0.starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn answers_are_cut_at_the_byte() {
    let (whole, _) = ask(&simulator(&["cut at=1000000"]));
    let (head, body) = split(&whole);
    assert_eq!(body, right().1);
    assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
    for at in [0, 1, head.len() - 1, head.len(), whole.len() - 1] {
        let (cut, is_reset) = ask(&simulator(&[&format!("cut at={at}")]));
        assert!(cut.len() == at && !is_reset, "{at}");
    }
    for at in [0, 1, body.len() - 1, body.len()] {
        let (cut, is_reset) = ask(&simulator(&[&format!("cut-body at={at}")]));
        assert_eq!((split(&cut).1.as_slice(), is_reset), (&body[..at], false));
    }
}

#[test]
fn answers_come_in_drips() {
    let begin = Instant::now();
    let (_, body) = parts(&simulator(&["drip bytes=100 ms=40"]));
    assert_eq!(body, right().1);
    // There are more than 400 bytes.
    assert!(begin.elapsed() >= Duration::from_millis(160));
}

#[test]
fn garbage_is_the_same_for_the_same_seed() {
    let garbage = |seed| ask(&builder(&["garbage bytes=64"]).seed(seed).start().unwrap()).0;
    assert_eq!(garbage(1).len(), 64);
    assert_eq!(garbage(1), garbage(1));
    assert_ne!(garbage(1), garbage(2));
    let (head, body) = parts(&simulator(&["garbage-body bytes=64"]));
    assert!(head.contains("\r\ncontent-length: 64\r\n") && body.len() == 64);
}

#[test]
fn lengths_are_wrong() {
    let (_, right) = right();
    for by in [-1, 10] {
        let (head, body) = parts(&simulator(&[&format!("wrong-length by={by}")]));
        let told = right.len() as i64 + by;
        assert!(head.contains(&format!("\r\ncontent-length: {told}\r\n")), "{head}");
        assert_eq!(body, right);
    }
}

#[test]
fn bodies_come_in_chunks() {
    let (head, body) = parts(&simulator(&["chunked bytes=300"]));
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n") && !head.contains("content-length"), "{head}");
    let (_, right) = right();
    let (first, last) = right.split_at(300);
    let chunks = [b"12c\r\n", first, format!("\r\n{:x}\r\n", last.len()).as_bytes(), last, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(body, chunks);
}

#[test]
fn bodies_are_compressed_or_not() {
    let unpacked = |body: &[u8]| {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(body).read_to_end(&mut unpacked).unwrap();
        unpacked
    };
    let (head, body) = parts(&simulator(&["gzip"]));
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
    assert_eq!(unpacked(&body), right().1);

    let (answer, _) = send(&simulator(&["no-gzip"]), "Accept-Encoding: gzip\r\n", &common::body(&MESSAGES));
    assert_eq!(split(&answer).1, right().1);

    let (_, bomb) = parts(&simulator(&["gzip-bomb mb=3"]));
    assert!(bomb.len() < 30_000);
    assert_eq!(unpacked(&bomb).len(), 3_000_000);
}

#[test]
fn entries_are_changed() {
    let right = entries(&simulator(&[]));
    let is_right = |entry: &Value| right.contains(entry);

    let shuffled = entries(&simulator(&["reorder"]));
    assert!(shuffled.len() == 3 && shuffled.iter().all(is_right));
    let orders = entries(&simulator(&["reorder requests=2-"]));
    assert_eq!(orders, right);

    assert_eq!(entries(&simulator(&["missing count=2"])).len(), 1);
    assert_eq!(entries(&simulator(&["missing count=9"])).len(), 0);
    let doubled = entries(&simulator(&["duplicate count=2"]));
    assert!(doubled.len() == 5 && doubled.iter().all(is_right));
    let more = entries(&simulator(&["foreign count=2"]));
    assert_eq!((more.len(), more.iter().filter(|entry| is_right(entry)).count()), (5, 3));

    let (_, object) = parts(&simulator(&["drift to=object"]));
    let object: Value = serde_json::from_slice(&object).unwrap();
    assert_eq!(object["StatutResponse_List"]["0"], right[0]);
}

#[test]
fn rules_hold_for_some_requests() {
    let simulator = simulator(&["status code=500 ids=77*", "status code=501 requests=2"]);
    let status = |messages| {
        let (answer, _) = send(&simulator, "", &body(messages));
        split(&answer).0[9..12].to_owned()
    };
    let statuses = [&MESSAGES[..], &MESSAGES[..2], &MESSAGES[..2]].map(status);
    assert_eq!(statuses, ["500", "501", "200"]);
}

#[test]
fn one_message_that_is_not_liked_costs_all_of_its_request() {
    let simulator = simulator(&["refuse code=6 status=400 ids=77*"]);
    let ask = |messages| split(&send(&simulator, "", &body(messages)).0);
    let refused = br#"{"success":false,"code":6,"message":"Refus 6"}"#;
    for messages in [&MESSAGES[..], &MESSAGES[1..], &MESSAGES[2..]] {
        let (head, body) = ask(messages);
        assert!(head.starts_with("http/1.1 400 ") && body == refused, "{messages:?}: {head}");
    }
    let (head, body) = ask(&MESSAGES[..2]);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(answer["StatutResponse_List"].as_array().map(Vec::len), Some(2));
    assert_eq!(simulator.faults().into_iter().collect::<Vec<_>>(), [("refuse", 3)]);
}

#[test]
fn a_connection_goes_on_behind_a_script() {
    let simulator = simulator(&["chunked requests=2", "drip bytes=50 ms=1 requests=1"]);
    let mut client = common::Client::connect(&simulator);
    let first = client.post(&body(&MESSAGES)).body;
    assert_eq!(first, right().1);
    assert_eq!(simulator.connections(), 1);
}

#[test]
fn the_program_takes_rules_and_tells_what_happened() {
    let file = std::env::temp_dir().join(format!("smsp-simulator-rules-{}.json", std::process::id()));
    std::fs::write(&file, r#"[{"fault": "status", "code": 500, "requests": 1}]"#).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_smsp-simulator"))
        .args(["--fault", "status code=501 requests=2", "--faults"])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut url).unwrap();
    let authority = url.trim().strip_prefix("http://").and_then(|url| url.strip_suffix("/v1")).unwrap().to_owned();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&authority).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let statuses: Vec<_> = (0..3).map(|_| get("/")[9..12].to_owned()).collect();
    let faults = get("/faults");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(statuses, ["500", "501", "404"]);
    assert!(faults.ends_with("\r\n\r\n{\"status\":2}"), "{faults}");
}

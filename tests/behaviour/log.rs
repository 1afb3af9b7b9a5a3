//! The log: which events stand in it at which level, what never does, and that every line is whole.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use smsp::{Client, Code, Outcome, Query};
use smsp_simulator::{Answer, Clock, Request, Simulator};
use support::configured;
use tempfile::TempDir;

/// A key that looks different in each encoding, around a part that looks the same in all.
const KEY: &str = "é/\"k3y-of-the-log\"<&";
const KEY_PART: &str = "k3y-of-the-log";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The digits of all numbers that are asked about.
const NUMBER: &str = "639980001";

struct Fixture {
    simulator: Simulator,
    folder: TempDir,
}

impl Fixture {
    fn new(mutate: impl Fn(&Request, &mut Answer) + Send + Sync + 'static) -> Fixture {
        let simulator = Simulator::builder().api_key(KEY).clock(Clock::Finished).mutate(mutate).start().unwrap();
        Fixture { simulator, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("smsp.log")
    }

    fn client(&self, level: &str, options: &[(&str, &str)]) -> Client {
        let (url, file) = (self.simulator.base_url(), self.file());
        let fixed = [
            ("api_key", KEY),
            ("base_url", &url),
            ("log_level", level),
            ("log_file", file.to_str().unwrap()),
            ("retry_base_ms", "1"),
            ("max_connections", "1"),
            ("batch_size", "2"),
        ];
        configured(fixed.iter().chain(options)).unwrap()
    }

    fn lines(&self) -> Vec<Line> {
        read(&self.file())
    }
}

fn ask(client: &Client, count: usize) -> Outcome {
    let ids: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
    let number = format!("+33{NUMBER}");
    client.multi_status(ids.iter().map(|id| Query::new(&number, id))).unwrap()
}

#[derive(Debug)]
struct Line {
    pid: u32,
    level: String,
    event: String,
    fields: BTreeMap<String, String>,
    text: String,
}

impl Line {
    /// Reads a line by its form; panics where it is another.
    fn parse(text: &str) -> Line {
        let [time, pid, level, event, fields] = text.splitn(5, ' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
        assert!(text.len() < 4096 && !text.contains(char::is_control), "{text}");
        let mut rest = fields;
        let mut fields = BTreeMap::new();
        while !rest.is_empty() {
            let (name, value) = rest.split_once('=').unwrap_or_else(|| panic!("{text}"));
            let end = if value.starts_with('"') { value.len() } else { value.find(' ').unwrap_or(value.len()) };
            fields.insert(name.to_owned(), value[..end].to_owned());
            rest = value[end..].trim_start();
        }
        let (level, event) = (level.to_owned(), event.to_owned());
        Line { pid: pid.parse().unwrap(), level, event, fields, text: text.to_owned() }
    }

    fn number(&self, field: &str) -> u64 {
        self.fields.get(field).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{field}: {}", self.text))
    }
}

fn read(file: &Path) -> Vec<Line> {
    let text = fs::read_to_string(file).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(Line::parse).collect()
}

/// The second batch fails once, the third for good.
fn second_and_third_fail(request: &Request, answer: &mut Answer) {
    match (request.entries[0].message_id.as_str(), request.number) {
        ("3", 2) => (answer.status, answer.raw) = (503, Some(b"busy\r\n".to_vec())),
        ("5", _) => (answer.status, answer.raw) = (404, Some(b"<html>".to_vec())),
        _ => {}
    }
}

#[test]
fn each_level_has_its_events() {
    let attempts = ["1 1", "2 1", "2 2", "3 1"];
    for (place, level) in LEVELS.into_iter().enumerate() {
        let fixture = Fixture::new(second_and_third_fail);
        assert_eq!(ask(&fixture.client(level, &[]), 6).code(), Code::Partial);
        let lines = fixture.lines();
        assert_eq!(fixture.file().exists(), level != "off");
        let at = |event: &str| {
            let lines = lines.iter().filter(|line| line.event == event);
            lines.map(|line| format!("{} {}", line.number("batch"), line.number("attempt"))).collect::<Vec<_>>()
        };
        let from = |least: usize, events: &[&'static str]| if place >= least { events.to_vec() } else { vec![] };
        assert_eq!(at("failure"), from(1, &["3 1"]), "{level}");
        assert_eq!(at("retry"), from(2, &["2 1"]), "{level}");
        for (event, least) in [("request", 4), ("answer", 4), ("request_body", 5), ("answer_body", 5)] {
            assert_eq!(at(event), from(least, &attempts), "{level} {event}");
        }
        assert_eq!(lines.iter().filter(|line| line.event == "call").count(), usize::from(place >= 2), "{level}");
        for line in &lines {
            assert_eq!(line.pid, std::process::id());
            assert_eq!(line.number("call"), 1);
            assert!((1..=place).contains(&LEVELS.iter().position(|level| *level == line.level).unwrap()), "{line:?}");
        }
    }
}

#[test]
fn an_event_says_what_happened() {
    let fixture = Fixture::new(second_and_third_fail);
    let client = fixture.client("debug", &[]);
    assert_eq!(ask(&client, 6).code(), Code::Partial);
    assert_eq!(ask(&client, 2).code(), Code::Ok);
    let lines = fixture.lines();
    let find = |event: &str, batch: u64| {
        let mut lines = lines.iter();
        lines.find(|line| line.event == event && (batch == 0 || line.number("batch") == batch)).unwrap()
    };
    let request = find("request", 1);
    assert_eq!((request.level.as_str(), request.number("entries")), ("debug", 2));
    assert!(request.number("bytes") > 100);
    let answer = find("answer", 1);
    assert_eq!((answer.level.as_str(), answer.number("status")), ("debug", 200));
    assert!(answer.number("bytes") > 100 && answer.number("ms") < 60_000);
    let retry = find("retry", 2);
    assert_eq!((retry.level.as_str(), retry.number("status"), retry.number("wait_ms")), ("warn", 503, 0));
    assert_eq!(retry.fields["code"], "SMSP_E_HTTP");
    assert!(
        retry.text.ends_with(r#" reason="the service answered with HTTP status 503: \"busy\\u{d}\\u{a}\"""#),
        "{retry:?}"
    );
    let failure = find("failure", 3);
    assert_eq!((failure.level.as_str(), failure.number("status"), failure.number("entries")), ("error", 404, 2));
    let calls: Vec<_> = lines.iter().filter(|line| line.event == "call").collect();
    let told = |line: &Line| ["call", "batches", "entries", "answered"].map(|field| line.number(field));
    assert_eq!((calls[0].level.as_str(), told(calls[0])), ("warn", [1, 3, 6, 4]));
    assert_eq!((calls[1].level.as_str(), told(calls[1])), ("info", [2, 1, 2, 2]));
    assert_eq!((calls[0].fields["code"].as_str(), calls[1].fields["code"].as_str()), ("SMSP_PARTIAL", "SMSP_OK"));
    let mode = fs::metadata(fixture.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_outage_stands_where_it_begins_and_where_it_ends() {
    let fixture = Fixture::new(|request, answer| {
        // The first that fails waits for a second, and meanwhile another fails.
        if request.number <= 2 {
            (answer.status, answer.raw) = (503, Some(b"busy".to_vec()));
            answer.headers.push(("Retry-After".to_owned(), "1".to_owned()));
        }
    });
    let client = fixture.client("warn", &[("max_connections", "2")]);
    assert_eq!(ask(&client, 4).code(), Code::Ok);
    let lines = fixture.lines();
    let mut events: Vec<_> = lines.iter().map(|line| line.event.as_str()).collect();
    let at = |event: &str| lines.iter().position(|line| line.event == event).unwrap();
    let (begin, end) = (at("outage"), at("outage_end"));
    assert!(begin < end && lines.iter().all(|line| line.level == "warn"));
    assert_eq!((lines[begin].number("status"), lines[begin].fields["code"].as_str()), (503, "SMSP_E_HTTP"));
    assert!(lines[begin].text.ends_with(r#" reason="the service answered with HTTP status 503: \"busy\"""#));
    assert!((900..60_000).contains(&lines[end].number("ms")), "{:?}", lines[end]);
    let waits: Vec<_> = lines.iter().filter(|line| line.event == "retry").map(|line| line.number("wait_ms")).collect();
    assert!(waits.len() == 2 && waits.iter().all(|wait| *wait >= 900), "{lines:?}");
    events.sort();
    assert_eq!(events, ["outage", "outage_end", "retry", "retry"]);
}

/// What the service echoes, what the caller wrote, what is sent: all of it tries to get into the log.
fn echo(request: &Request, answer: &mut Answer) {
    let echoed = format!("{} {KEY} 06 39 98 00 01 \n", String::from_utf8_lossy(&request.body));
    match request.number % 4 {
        0 => (answer.status, answer.raw) = (500, Some(echoed.into_bytes())),
        1 => answer.raw = Some(echoed.into_bytes()),
        2 => answer.refusal = Some(smsp_simulator::Refusal { code: 50, message: echoed }),
        _ => {}
    }
}

#[test]
fn no_line_shows_the_key_or_a_full_number() {
    for method in ["post", "get"] {
        for level in LEVELS {
            let fixture = Fixture::new(echo);
            let client = fixture.client(level, &[("method", method)]);
            ask(&client, 40);
            let own = [Query::new("06 39 98 00 01 x", "1"), Query::new("+33 (0)639980001000000", "2")];
            assert_eq!(client.multi_status(own).unwrap().code(), Code::InvalidArgument);
            let lines = fixture.lines();
            assert_eq!(lines.is_empty(), level == "off");
            for line in &lines {
                assert!(!line.text.contains(KEY_PART), "{}", line.text);
                let digits: String = line.text.chars().filter(char::is_ascii_digit).collect();
                assert!(line.level == "trace" || !digits.contains(NUMBER), "{}", line.text);
            }
            let bodies = lines.iter().filter(|line| line.text.contains(NUMBER));
            assert_eq!(bodies.count() > 0, level == "trace", "{level}");
        }
    }
}

#[test]
fn lines_of_many_threads_are_whole() {
    const THREADS: usize = 8;
    const CALLS: usize = 40;
    let fixture = Fixture::new(|_, _| {});
    let client = fixture.client("trace", &[("max_connections", "8")]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..CALLS).for_each(|_| assert_eq!(ask(&client, 4).code(), Code::Ok)));
        }
    });
    let mut seen = BTreeMap::new();
    for line in fixture.lines() {
        let batch = line.fields.get("batch").cloned();
        *seen.entry((line.number("call"), batch, line.event)).or_insert(0) += 1;
    }
    // For each call one line of its own, and four for each of its two batches.
    assert_eq!(seen.len(), THREADS * CALLS * (1 + 2 * 4));
    assert!(seen.values().all(|count| *count == 1));
}

#[test]
fn a_file_that_was_rotated_is_left_alone() {
    let fixture = Fixture::new(|_, _| {});
    let client = fixture.client("info", &[]);
    let (file, old) = (fixture.file(), fixture.folder.path().join("smsp.log.1"));
    assert_eq!(ask(&client, 1).code(), Code::Ok);
    fs::rename(&file, &old).unwrap();
    assert_eq!(ask(&client, 1).code(), Code::Ok);
    let calls = |file: &Path| read(file).iter().map(|line| line.number("call")).collect::<Vec<_>>();
    assert_eq!((calls(&old), calls(&file)), (vec![1], vec![2]));
    fs::remove_file(&file).unwrap();
    assert_eq!(ask(&client, 1).code(), Code::Ok);
    assert_eq!(calls(&file), [3]);
}

#[test]
fn a_pipe_that_nobody_reads_takes_whole_lines_only() {
    let fixture = Fixture::new(|_, _| {});
    let file = fixture.file();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let mut reading = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&file).unwrap();
    let client = fixture.client("trace", &[]);
    let mut calls = 0;
    while client.stat("log_lines_dropped").unwrap() < 10 {
        assert_eq!(ask(&client, 1).code(), Code::Ok);
        calls += 1;
    }
    let mut text = String::new();
    reading.read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n'));
    let written = text.lines().map(Line::parse).count() as u64;
    // A line for the call, four for its batch.
    assert_eq!(written + client.stat("log_lines_dropped").unwrap(), 5 * calls);
}

#[test]
fn a_file_that_cannot_be_written_is_told_first_and_counted_later() {
    let fixture = Fixture::new(|_, _| {});
    let url = fixture.simulator.base_url();
    let options =
        |level, file| [("api_key", KEY), ("base_url", url.as_str()), ("log_level", level), ("log_file", file)];
    for (file, reason) in [
        ("/nonexistent/smsp.log", "log_file: cannot write to \"/nonexistent/smsp.log\": No such file or directory"),
        ("/", "log_file: cannot write to \"/\": Is a directory"),
        ("", "log_file: none is set, and log_level wants a log: a path, or stderr"),
    ] {
        let error = configured(&options("error", file)).map(|_| ()).unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Config, reason));
        let without = configured(&options("off", file)).unwrap();
        assert_eq!(ask(&without, 1).code(), Code::Ok);
    }
    // Later it is no failure of the call.
    let file = fixture.file();
    let client = fixture.client("trace", &[]);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(ask(&client, 6).code(), Code::Ok);
    // One for the call, four for each batch.
    assert_eq!(client.stat("log_lines_dropped"), Some(1 + 4 * 3));
    fs::remove_dir(&file).unwrap();
    assert_eq!(ask(&client, 1).code(), Code::Ok);
    assert!(!fixture.lines().is_empty());
}

/// Web programs cancel whenever a browser goes away.
#[test]
fn a_call_that_is_cancelled_is_one_line_and_no_error() {
    let simulator = Simulator::builder().api_key(KEY).clock(Clock::Finished).latency(Duration::from_secs(60));
    let fixture = Fixture { simulator: simulator.start().unwrap(), folder: tempfile::tempdir().unwrap() };
    let client = fixture.client("info", &[("max_connections", "4"), ("max_retries", "0")]);
    let number = format!("+33{NUMBER}");
    let ids = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    let operation = client.start(ids.map(|id| Query::new(&number, id))).unwrap();
    while fixture.simulator.requests().len() < 4 {
        thread::yield_now();
    }
    operation.cancel();
    assert_eq!(operation.finish().unwrap().code(), Code::Cancelled);
    let lines = fixture.lines();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&*line.level, &*line.event, &*line.fields["code"]), ("info", "call", "SMSP_E_CANCELLED"));
    assert_eq!((line.number("entries"), line.number("answered")), (12, 0));
}

#[test]
fn what_is_not_asked_stands_in_the_line_of_the_call() {
    let simulator = Simulator::builder().api_key("another").start().unwrap();
    let fixture = Fixture { simulator, folder: tempfile::tempdir().unwrap() };
    assert_eq!(ask(&fixture.client("error", &[]), 20).code(), Code::Auth);
    let lines = fixture.lines();
    let events: Vec<_> = lines.iter().map(|line| (line.level.as_str(), line.event.as_str())).collect();
    assert_eq!(events, [("error", "failure"), ("error", "call")]);
    assert_eq!(["batches", "entries", "answered"].map(|field| lines[1].number(field)), [10, 20, 0]);
    assert_eq!(lines[1].fields["code"], "SMSP_E_AUTH");
}

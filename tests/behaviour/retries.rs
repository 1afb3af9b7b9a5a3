//! What is asked again, when, and what is not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use smsp::{Client, Code, State};
use smsp_simulator::{Answer, Clock, Simulator};
use support::{KEY, ask};

fn client(base_url: &str, options: &[(&str, &str)]) -> Client {
    support::client(base_url, &[&[("batch_size", "1"), ("retry_base_ms", "1")][..], options].concat())
}

/// A simulator whose answers to its first requests are changed.
fn failing_at_first(failures: usize, fail: impl Fn(&mut Answer) + Send + Sync + 'static) -> Simulator {
    let simulator = Simulator::builder().api_key(KEY).clock(Clock::Finished);
    simulator
        .mutate(move |request, answer| {
            if request.number <= failures {
                fail(answer)
            }
        })
        .start()
        .unwrap()
}

fn status(status: u16, headers: &'static [(&str, &str)]) -> impl Fn(&mut Answer) + Send + Sync + 'static {
    move |answer| {
        answer.status = status;
        answer.raw = Some(b"no".to_vec());
        answer.headers.extend(headers.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    }
}

fn stats<const N: usize>(client: &Client, names: [&str; N]) -> [u64; N] {
    names.map(|name| client.stat(name).unwrap())
}

#[test]
fn what_may_pass_is_asked_again() {
    for (code, counter) in [(503, "failures_http"), (429, "failures_rate_limited"), (200, "failures_protocol")] {
        let simulator = failing_at_first(3, status(code, &[]));
        let client = client(&simulator.base_url(), &[]);
        let outcome = ask(&client, 1);
        assert_eq!(outcome.code(), Code::Ok, "{code}: {:?}", outcome.error);
        assert_eq!(stats(&client, ["requests", "retries", counter]), [4, 3, 3], "{code}");
    }
}

#[test]
fn retries_have_an_end() {
    let simulator = failing_at_first(usize::MAX, status(503, &[]));
    let client = client(&simulator.base_url(), &[("max_retries", "2")]);
    let error = ask(&client, 1).error.unwrap();
    assert_eq!((error.code(), error.http_status()), (Code::Http, 503));
    assert_eq!(stats(&client, ["requests", "retries"]), [3, 2]);
}

#[test]
fn what_cannot_pass_is_not_asked_again() {
    for (status_code, code) in [(404, Code::Http), (302, Code::Http)] {
        let simulator = failing_at_first(usize::MAX, status(status_code, &[("Location", "http://127.0.0.1:1/")]));
        let client = client(&simulator.base_url(), &[]);
        assert_eq!(ask(&client, 1).code(), code);
        assert_eq!(stats(&client, ["requests", "retries"]), [1, 0]);
    }
    let simulator = Simulator::builder().api_key("another").start().unwrap();
    let client = client(&simulator.base_url(), &[("max_connections", "1")]);
    let outcome = ask(&client, 20);
    assert_eq!(outcome.code(), Code::Auth);
    assert_eq!(stats(&client, ["requests", "retries"]), [1, 0]);
    assert!(outcome.report.iter().all(|status| status.code() == Code::Auth && status.api_code() == 10));
}

#[test]
fn retry_after_is_waited_for() {
    let simulator = failing_at_first(1, status(429, &[("Retry-After", "1")]));
    let start = Instant::now();
    assert_eq!(ask(&client(&simulator.base_url(), &[]), 1).code(), Code::Ok);
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn a_retry_after_that_is_too_long_ends_the_batch() {
    let short = [("total_timeout_ms", "30000")];
    let hour: &[_] = &[("Retry-After", "3600")];
    for (asked, options, named) in [
        (hour, &[][..], "asks to wait 3600 s, and only 60.0 s are allowed"),
        (hour, &short, "asks to wait 3600 s, and only "),
        (&[("Retry-After", "60.5")], &[], "asks to wait 61 s, and only 60.0 s are allowed"),
        (
            &[("Retry-After", "99999999999999999999999")],
            &[],
            "asks to wait 18446744073709551615 s or more, and only 60.0 s are allowed",
        ),
    ] {
        let simulator = failing_at_first(usize::MAX, status(429, asked));
        let client = client(&simulator.base_url(), options);
        let error = ask(&client, 1).error.unwrap();
        assert_eq!((error.code(), error.http_status()), (Code::RateLimited, 429));
        assert!(error.message().contains(named), "{error}");
        assert_eq!(client.stat("requests"), Some(1));
    }
}

#[test]
fn a_deadline_ends_the_retries_and_names_the_last_failure() {
    let simulator = failing_at_first(usize::MAX, status(503, &[]));
    let options = [("retry_base_ms", "400"), ("max_retries", "100"), ("total_timeout_ms", "1000")];
    let start = Instant::now();
    let error = ask(&client(&simulator.base_url(), &options), 1).error.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(error.code(), Code::Timeout);
    assert!(
        error.message().starts_with("total_timeout_ms: ") && error.message().contains("HTTP status 503"),
        "{error}"
    );
}

#[test]
fn an_outage_is_not_multiplied() {
    let simulator = failing_at_first(usize::MAX, status(503, &[]));
    let client = client(&simulator.base_url(), &[("max_retries", "10")]);
    let outcome = ask(&client, 100);
    assert_eq!(outcome.code(), Code::Http);
    assert!(outcome.report.iter().all(|row| (row.state(), row.code()) == (State::Unanswered, Code::Http)));
    let [requests, retries] = stats(&client, ["requests", "retries"]);
    // One from each connection, the retries of one batch; and one more where that had them all before another failed.
    assert!((2 + 10..=4 + 10 + 1).contains(&requests), "{requests} requests for 100 batches");
    assert_eq!(retries, 10);
    assert_eq!(simulator.requests().len() as u64, requests);
}

#[test]
fn without_a_server_the_rest_of_a_call_is_not_tried() {
    let (_socket, port) = support::refusing();
    let client = client(&format!("http://127.0.0.1:{port}"), &[]);
    let outcome = ask(&client, 500);
    assert_eq!(outcome.code(), Code::Connect, "{:?}", outcome.error);
    assert!(outcome.report.iter().all(|row| (row.state(), row.code()) == (State::Unanswered, Code::Connect)));
    let [requests, retries] = stats(&client, ["requests", "retries"]);
    assert!((1 + 3..=4 + 3).contains(&requests), "{requests} requests");
    assert_eq!(retries, 3);
}

/// Reads a request to its end. False if there is none.
fn read_request(stream: &mut BufReader<TcpStream>) -> bool {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            return stream.read_exact(&mut vec![0; length]).is_ok();
        }
    }
}

#[test]
fn a_kept_connection_that_the_server_closes_costs_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
    // Each connection answers once, as one that is kept, reads the next request, and closes without a word.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            CONNECTIONS.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                if read_request(&mut stream) {
                    let body = r#"{"success":true,"code":200,"StatutResponse_List":[{"success":true,"code":200,"phoneNumber":"+33639980001","messageId":1,"status":"Waiting"}]}"#;
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    _ = stream.get_mut().write_all((head + body).as_bytes());
                    read_request(&mut stream);
                }
            });
        }
    });
    let client = client(&base_url, &[("max_retries", "0")]);
    for _ in 0..5 {
        let outcome = ask(&client, 1);
        assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.error);
    }
    assert_eq!(CONNECTIONS.load(Ordering::SeqCst), 5);
    assert_eq!(stats(&client, ["retries", "failures_connect"]), [0, 0]);
}

#[test]
fn requests_start_at_their_pace_over_all_calls() {
    let simulator = failing_at_first(0, |_| {});
    let client = client(&simulator.base_url(), &[("requests_per_second", "20")]);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(ask(&client, 4).code(), Code::Ok));
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(11 * 50), "{:?}", start.elapsed());
    let outcome =
        ask(&self::client(&simulator.base_url(), &[("requests_per_second", "0.01"), ("total_timeout_ms", "500")]), 2);
    assert_eq!(outcome.code(), Code::Partial);
    assert!(outcome.error.unwrap().message().contains("requests_per_second"));
}

/// One after the other, the requests would take six seconds.
#[test]
fn requests_do_not_wait_for_answers_longer_than_their_pace_asks() {
    let simulator = Simulator::builder().api_key(KEY).clock(Clock::Finished).latency(Duration::from_millis(500));
    let simulator = simulator.start().unwrap();
    let client = client(&simulator.base_url(), &[("requests_per_second", "20"), ("max_connections", "16")]);
    let start = Instant::now();
    assert_eq!(ask(&client, 12).code(), Code::Ok);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(11 * 50 + 500) && took < Duration::from_millis(3_150), "{took:?}");
}

//! Limits of time and memory, and answers that break them, through the Rust interface.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use smsp::{Client, Code, Query, State};
use smsp_simulator::{Answer, Clock, Request, Simulator};
use support::{KEY, ask};

fn client(base_url: &str, options: &[(&str, &str)]) -> Client {
    support::client(base_url, &[&[("max_retries", "0")][..], options].concat())
}

fn changed(mutate: impl Fn(&Request, &mut Answer) + Send + Sync + 'static) -> Simulator {
    Simulator::builder().api_key(KEY).clock(Clock::Finished).mutate(mutate).start().unwrap()
}

#[test]
fn the_total_time_counts_waiting_for_a_connection() {
    let simulator = Simulator::builder().api_key(KEY).latency(Duration::from_millis(400)).start().unwrap();
    let options = [("max_connections", "1"), ("batch_size", "1"), ("total_timeout_ms", "1000")];
    let client = client(&simulator.base_url(), &options);
    let start = Instant::now();
    let outcome = ask(&client, 50);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(outcome.code(), Code::Partial, "{:?}", outcome.error);
    let answered = outcome.report.count_state(State::Unanswered);
    assert!((1..50).contains(&answered), "{answered}");
    let error = outcome.error.unwrap();
    assert_eq!(error.code(), Code::Timeout);
    assert!(error.message().starts_with("total_timeout_ms: "), "{error}");
    let waiting = outcome.report.get(49).unwrap();
    assert_eq!((waiting.state(), waiting.code()), (State::Unanswered, Code::Timeout));
    assert!(simulator.requests().len() <= 3, "{}", simulator.requests().len());
}

#[test]
fn a_short_list_does_not_wait_for_the_end_of_a_long_one() {
    let simulator = Simulator::builder().api_key(KEY).latency(Duration::from_millis(20)).start().unwrap();
    let client = client(&simulator.base_url(), &[("max_connections", "1"), ("batch_size", "1")]);
    thread::scope(|scope| {
        let long = scope.spawn(|| ask(&client, 200).code());
        while client.stat("requests").unwrap() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(ask(&client, 1).code(), Code::Ok);
        assert!(client.stat("entries_answered").unwrap() < 100);
        assert_eq!(long.join().unwrap(), Code::Ok);
    });
}

#[test]
fn an_answer_with_more_entries_than_any_is_refused() {
    for entry in ["{}", "null", r#"{"success":true,"code":200,"phoneNumber":"","messageId":1,"status":""}"#] {
        let list = vec![entry; 2001].join(",");
        let raw = format!(r#"{{"success":true,"code":200,"StatutResponse_List":[{list}]}}"#);
        let simulator = changed(move |_, answer| answer.raw = Some(raw.clone().into_bytes()));
        let error = ask(&client(&simulator.base_url(), &[]), 1).error.unwrap();
        assert_eq!(error.code(), Code::Protocol);
        assert!(error.message().contains("at most 2000 entries"), "{error}");
    }
}

#[test]
fn the_largest_answer_is_read_and_one_byte_more_is_not() {
    let simulator = changed(|request, answer| {
        let mut raw = answer.body(request.format, smsp_simulator::Style::Compact);
        raw.resize(4096, b' ');
        answer.raw = Some(raw);
    });
    assert_eq!(ask(&client(&simulator.base_url(), &[("max_response_bytes", "4096")]), 1).code(), Code::Ok);
    let error = ask(&client(&simulator.base_url(), &[("max_response_bytes", "4095")]), 1).error.unwrap();
    assert_eq!((error.code(), error.http_status()), (Code::Protocol, 200));
    assert!(error.message().starts_with("max_response_bytes: "), "{error}");
}

#[test]
fn a_gzip_body_that_is_none_or_ends_early_is_not_an_answer() {
    let gzip_header = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    for body in [b"no gzip at all, but long enough".to_vec(), gzip_header, Vec::new()] {
        let sent = body.clone();
        let simulator = changed(move |_, answer| {
            answer.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
            answer.raw = Some(sent.clone());
        });
        let error = ask(&client(&simulator.base_url(), &[]), 1).error.unwrap();
        assert_eq!((error.code(), error.http_status()), (Code::Protocol, 200), "{body:?}: {error}");
    }
}

/// The answer of a simulator that says that it is packed so, and is packed by gzip once, with this behind it.
fn packed(content_encoding: &'static [&str], behind: &'static [u8], status: u16) -> Simulator {
    changed(move |request, answer| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&answer.body(request.format, smsp_simulator::Style::Compact)).unwrap();
        answer.raw = Some([&packed.finish().unwrap(), behind].concat());
        answer.status = status;
        answer.headers.extend(content_encoding.iter().map(|line| ("Content-Encoding".to_owned(), line.to_string())));
    })
}

#[test]
fn gzip_is_unpacked_under_each_of_its_names() {
    for lines in [&["gzip"][..], &["x-gzip"], &["X-GZIP"], &["identity, gzip"], &["gzip", "identity"]] {
        let outcome = ask(&client(&packed(lines, b"", 200).base_url(), &[]), 1);
        assert_eq!(outcome.code(), Code::Ok, "{lines:?}: {:?}", outcome.error);
    }
}

#[test]
fn zeros_behind_gzip_are_padding() {
    let outcome = ask(&client(&packed(&["gzip"], &[0; 100_000], 200).base_url(), &[]), 1);
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.error);
    let error = ask(&client(&packed(&["gzip"], b"\0\0x", 200).base_url(), &[]), 1).error.unwrap();
    assert_eq!((error.code(), error.http_status()), (Code::Protocol, 200), "{error}");
}

#[test]
fn a_packing_that_was_not_asked_for_is_named() {
    for (status, code) in [(200, Code::Protocol), (401, Code::Http), (429, Code::RateLimited)] {
        let error = ask(&client(&packed(&["br"], b"", status).base_url(), &[]), 1).error.unwrap();
        assert_eq!((error.code(), error.http_status()), (code, status.into()), "{error}");
        assert_eq!(error.message().contains("packed by br"), status == 200, "{error}");
    }
}

/// A server that answers anything with a byte at a time, for ever or until the client goes.
fn drip() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                _ = stream.read(&mut [0; 4096]);
                // The head of a long TLS record.
                for byte in [0x16, 3, 3, 0x40, 0].into_iter().chain(std::iter::repeat(2)) {
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(50));
                }
            });
        }
    });
    address
}

#[test]
fn a_head_without_an_end_is_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let header = format!("X-Filling: {}\r\n", "a".repeat(1000));
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while sent.is_ok() {
            sent = stream.write_all(header.as_bytes());
        }
    });
    // Without limits of time it would be read for ever.
    let client = client(&format!("http://{address}"), &[("request_timeout_ms", "0"), ("connect_timeout_ms", "0")]);
    let error = ask(&client, 1).error.unwrap();
    assert!(matches!(error.code(), Code::Connect | Code::Protocol), "{error}");
    assert!(client.stat("bytes_received").unwrap() <= 128 * 1024);
}

#[test]
fn a_handshake_that_drips_has_an_end_in_calls_and_checks() {
    let client = client(&format!("https://{}", drip()), &[("connect_timeout_ms", "500")]);
    let start = Instant::now();
    let error = ask(&client, 1).error.unwrap();
    assert!(error.message().starts_with("connect_timeout_ms: "), "{error}");
    let check = client.check(Query::new("+33639980001", "1"));
    let last = check.steps.last().unwrap();
    let error = last.result.as_ref().unwrap_err();
    assert_eq!((last.name, error.code()), ("tls", Code::Timeout));
    assert!(error.message().starts_with("connect_timeout_ms: "), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_transcript_shows_neither_key_nor_number_nor_session() {
    let simulator = changed(|_, answer| {
        answer.headers.push(("Set-Cookie".to_owned(), "session=1".to_owned()));
    });
    let check = client(&simulator.base_url(), &[]).check(Query::new("+33639980001", "4711"));
    assert!(check.steps.iter().all(|step| step.result.is_ok()), "{:?}", check.steps);
    let transcript = check.transcript;
    assert!(transcript.contains("4711") && transcript.contains("StatutResponse_List"), "{transcript}");
    for secret in [KEY, "639980001", "session"] {
        assert!(!transcript.contains(secret), "{transcript}");
    }
}

#[test]
fn a_negative_id_comes_back_as_a_number() {
    let simulator = changed(|_, _| {});
    let client = client(&simulator.base_url(), &[]);
    let outcome = client.multi_status([Query::new("+33639980001", "-5")]).unwrap();
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.error);
}

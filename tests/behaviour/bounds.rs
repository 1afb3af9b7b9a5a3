//! Answers without an end, and answers that lead elsewhere: what is read of them is bounded, and an error comes at once.

use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use smsp::{Code, Error, Query};
use smsp_simulator::{Answer, Request};
use support::program::program;
use support::server::Server;
use support::{KEY, ask, client, simulator};

const E_TIMEOUT: i32 = -5;
const E_PROTOCOL: i32 = -8;

/// What a program may hold while it reads an answer, in KiB.
const MEMORY: u32 = 64 * 1024;

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const GZIP: &str = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";

/// Asks for one message, without any limit of time unless there is one among the options.
fn failure(base_url: &str, options: &[(&str, &str)]) -> Error {
    let unlimited = [("max_retries", "0"), ("connect_timeout_ms", "0"), ("request_timeout_ms", "0")];
    ask(&client(base_url, &[&unlimited[..], options].concat()), 1).error.unwrap()
}

/// The same from C, with an eye on the memory of the program.
fn bounded(base_url: &str, code: i32, part: &str, option: &str) {
    let [code, memory] = [code.to_string(), MEMORY.to_string()];
    let [key, url] = [format!("api_key={KEY}"), format!("base_url={base_url}")];
    let unlimited = ["max_retries=0", "connect_timeout_ms=0", "request_timeout_ms=0"];
    program("bounded").run_plain(&[&[&code, part, &memory, &key, &url], &unlimited[..], &[option]].concat());
}

fn endless(start: impl AsRef<[u8]>, again: &[u8]) -> (Server, String) {
    let server = Server::endless(start.as_ref(), again, Duration::ZERO);
    let url = format!("http://{}", server.address);
    (server, url)
}

#[test]
fn a_head_without_an_end_is_an_error_at_once() {
    let line = format!("A: {}\r\n", "b".repeat(1000));
    for (start, again, part) in [
        (HEAD, "A: b\r\n", "too many headers"),
        (HEAD, &line, "is longer than 32768 bytes"),
        ("HTTP/1.1 200 OK\r\nA: ", "b", "is longer than 32768 bytes"),
        ("HTTP/1.1 200 OK\r\nA: ", &"b".repeat(1000), "is longer than 32768 bytes"),
        ("HTTP/1.1 200 O", "K", "is longer than 32768 bytes"),
        (HEAD, "A", "is longer than 32768 bytes"),
        (HEAD, "\0", "invalid header name"),
        ("HTTP/1.1 2", "0", "invalid response status"),
        ("", "x", "invalid HTTP version"),
        ("", "\r\n", "is longer than 32768 bytes"),
        ("HTTP/1.1 100 Continue\r\n", "A: b\r\n", "too many headers"),
    ] {
        let (_server, url) = endless(start, again.as_bytes());
        let error = failure(&url, &[]);
        assert_eq!(error.code(), Code::Protocol, "{start:?}: {error}");
        assert!(error.message().contains(part), "{start:?}: {error}");
    }
}

#[test]
fn ten_thousand_headers_are_too_many() {
    let add = |_: &Request, answer: &mut Answer| {
        answer.headers.extend((0..10_000).map(|i| (format!("X-{i}"), i.to_string())));
    };
    let simulator = simulator().mutate(add).start().unwrap();
    let error = failure(&simulator.base_url(), &[]);
    assert_eq!(error.code(), Code::Protocol, "{error}");
    assert!(error.message().contains("too many headers"), "{error}");
}

#[test]
fn a_body_without_an_end_is_an_error_at_once() {
    let many = "x".repeat(1000);
    for (start, again) in [
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "x"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n".to_owned(), &many),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_owned(), &many),
        (CHUNKED.to_owned(), "1\r\nx\r\n"),
        (CHUNKED.to_owned(), "\r\n"),
        (format!("{CHUNKED}FFFFFFFFFFFFFFFF\r\n"), &many),
        // A line that does not end.
        (format!("{CHUNKED}1;"), "x"),
        (format!("{CHUNKED}1"), "0"),
        (format!("{CHUNKED}0\r\n"), "A"),
    ] {
        let (_server, url) = endless(&start, again.as_bytes());
        let error = failure(&url, &[("max_response_bytes", "65536")]);
        assert_eq!(error.code(), Code::Protocol, "{start:?}: {error}");
    }
}

/// The start of a gzip stream, and what makes a mebibyte of zeros of it each time that it follows.
fn gzip_of_zeros() -> ([u8; 10], Vec<u8>) {
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let mut block = Vec::with_capacity(4096);
    let zeros = vec![0; 1 << 20];
    Compress::new(Compression::best(), false).compress_vec(&zeros, &mut block, FlushCompress::Full).unwrap();
    (header, block)
}

#[test]
fn a_bomb_of_a_gibibyte_is_not_unpacked() {
    let (header, block) = gzip_of_zeros();
    let bomb = [&header[..], &block.repeat(1024)].concat();
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    let explode = move |_: &Request, answer: &mut Answer| {
        answer.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
        answer.raw = Some(bomb.clone());
    };
    let simulator = simulator().mutate(explode).start().unwrap();
    bounded(&simulator.base_url(), E_PROTOCOL, "max_response_bytes", "max_retries=0");
}

#[test]
fn memory_is_bounded_whatever_has_no_end() {
    let (header, block) = gzip_of_zeros();
    let gzip = [GZIP.as_bytes(), &header].concat();
    // Of nothing, whose checksum and length are 0.
    let padded = [&gzip[..], &[3, 0], &[0; 8]].concat();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for (start, again, part) in [
        (HEAD.as_bytes(), b"A: b\r\n".as_slice(), "too many headers"),
        (b"HTTP/1.1 200 OK\r\nA: ", &[b'b'; 1000], "is longer than 32768 bytes"),
        (CHUNKED.as_bytes(), chunk.as_bytes(), "max_response_bytes"),
        (&gzip, &block, "max_response_bytes"),
        // Blocks that make nothing, and zeros behind what is whole.
        (&gzip, &[0, 0, 0, 0xff, 0xff].repeat(1000), "max_response_bytes"),
        (&padded, &[0; 10_000], "max_response_bytes"),
    ] {
        let (_server, url) = endless(start, again);
        bounded(&url, E_PROTOCOL, part, "max_retries=0");
    }
}

/// What says nothing, and goes on saying it, ends with the time of an attempt.
#[test]
fn what_never_says_anything_ends_with_the_attempt() {
    let interim = "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n";
    for (start, again) in [
        ("", "HTTP/1.1 100 Continue\r\n\r\n".as_bytes()),
        ("", interim.as_bytes()),
        (&format!("{CHUNKED}0\r\n"), b"A: b\r\n"),
    ] {
        let (_server, url) = endless(start, again);
        bounded(&url, E_TIMEOUT, "request_timeout_ms", "request_timeout_ms=300");
    }
}

#[test]
fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for method in ["post", "get"] {
            let other = simulator().start().unwrap();
            let location = format!("{}/multi-status", other.base_url());
            let redirect = move |_: &Request, answer: &mut Answer| {
                answer.status = status;
                answer.headers.push(("Location".to_owned(), location.clone()));
                answer.raw = Some(Vec::new());
            };
            let simulator = simulator().mutate(redirect).start().unwrap();
            let error = failure(&simulator.base_url(), &[("method", method)]);
            assert_eq!((error.code(), error.http_status()), (Code::Http, status.into()), "{error}");
            assert!(error.message().contains(&status.to_string()) && !error.is_retryable(), "{error}");
            let advice = format!("; it points to http://{}: set base_url to where the service is", other.address());
            assert!(error.message().ends_with(&advice), "{error}");
            assert_eq!((simulator.requests().len(), other.connections()), (1, 0));
        }
    }
}

/// Neither in an error nor in what a check finds is more of it than the host.
#[test]
fn a_redirect_shows_its_host_and_nothing_else() {
    for (location, part) in [
        ("https://sms.test/k3y-of-the-tests?apiKey=k3y-of-the-tests", "it points to https://sms.test: set"),
        ("https://k3y-of-the-tests@sms.test:444/", "it points to https://sms.test:444: set"),
        ("//k3y-of-the-tests.sms.test/", "it points to http://***.sms.test: set"),
        ("https://k3y-of-the-tests/", "it points to https://***: set"),
        ("https://sms.test\t\u{e9}/", "it points to https://sms.test\\u{9}\u{e9}: set"),
        ("/?apiKey=k3y-of-the-tests", "it points to another path of http://127.0.0.1:"),
    ] {
        let redirect = move |_: &Request, answer: &mut Answer| {
            answer.status = 301;
            answer.headers.push(("Location".to_owned(), location.to_owned()));
            answer.raw = Some(Vec::new());
        };
        let simulator = simulator().mutate(redirect).start().unwrap();
        let check = client(&simulator.base_url(), &[]).check(Query::new("+33639980001", "1"));
        let found = check.steps.last().unwrap().result.as_ref().unwrap_err();
        for error in [&failure(&simulator.base_url(), &[]), found] {
            assert_eq!((error.code(), error.http_status()), (Code::Http, 301), "{error}");
            assert!(error.message().contains(part), "{location}: {error}");
            assert!(!error.message().contains(KEY) && !error.message().contains("apiKey"), "{error}");
        }
    }
}

/// Lengths, sizes of chunks and statuses that are no numbers, or too large to be read, make no answer.
#[test]
fn what_is_no_number_makes_no_answer() {
    let answer = r#"{"success":true,"code":200,"StatutResponse_List":[]}"#;
    let sized = |length: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{answer}");
    let chunk = |size: &str| format!("{CHUNKED}{size}\r\n{answer}\r\n0\r\n\r\n");
    let status = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 52\r\n\r\n{answer}");
    for text in [
        sized("-1"),
        sized("+52"),
        sized("5 2"),
        sized("52, 51"),
        sized("52\r\nContent-Length: 51"),
        sized("0x34"),
        sized("52.0"),
        sized(""),
        sized("18446744073709551668"),
        chunk("-1"),
        chunk("0x34"),
        chunk(""),
        chunk("3 4"),
        chunk("10000000000000034"),
        status("2000 OK"),
        status("20 OK"),
        status("099 OK"),
        status("000 OK"),
        status("+20 OK"),
        status("2e2 OK"),
    ] {
        let server = Server::scripted(&[text.as_bytes()]);
        let error = failure(&format!("http://{}", server.address), &[]);
        assert_eq!(error.code(), Code::Protocol, "{text}: {error}");
        assert!(error.message().contains("is not HTTP as documented"), "{text}: {error}");
    }
}

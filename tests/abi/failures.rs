//! Failures as C programs meet them: what the call returns, what the error says, that every entry says why.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use smsp_simulator::{Answer, Refusal, Request};
use support::program::program;
use support::rows::{Row, RowsFile};
use support::{KEY, client, options, refusing, simulator};

const OK: i32 = 0;
const E_CONNECT: i32 = -3;
const E_TLS: i32 = -4;
const E_TIMEOUT: i32 = -5;
const E_HTTP: i32 = -7;
const E_PROTOCOL: i32 = -8;
const E_AUTH: i32 = -9;
const E_DENIED: i32 = -10;
const E_RATE_LIMITED: i32 = -11;
const E_API: i32 = -12;

fn refusal(code: i64, message: &str) -> Option<Refusal> {
    Some(Refusal { code, message: message.to_owned() })
}

/// What `failure` is to find.
struct Failure {
    code: i32,
    api_code: i32,
    http_status: i32,
    retryable: bool,
    /// How many requests are made for `count` messages.
    requests: usize,
    /// What the message must hold.
    part: &'static str,
    count: usize,
}

impl Failure {
    fn arguments(&self, options: &[String], more: &[&str]) -> Vec<String> {
        let mut arguments = vec![self.code.to_string(), self.api_code.to_string(), self.http_status.to_string()];
        arguments.extend([i32::from(self.retryable).to_string(), self.requests.to_string()]);
        arguments.extend([self.part.to_owned(), self.count.to_string()]);
        arguments.extend(options.iter().cloned());
        arguments.extend(more.iter().map(|option| option.to_string()));
        arguments
    }
}

#[test]
fn a_refused_key_or_account_ends_the_call() {
    for (http_status, api_code, code) in [
        (200, 1, E_AUTH),
        (200, 10, E_AUTH),
        (401, 10, E_AUTH),
        (429, 10, E_AUTH),
        (503, 10, E_AUTH),
        (200, 20, E_DENIED),
        (200, 30, E_DENIED),
        (200, 40, E_DENIED),
        (403, 96, E_DENIED),
    ] {
        let refuse = move |_: &Request, answer: &mut Answer| {
            answer.status = http_status;
            answer.refusal = refusal(api_code, "Non, « jamais »");
        };
        let simulator = simulator().mutate(refuse).start().unwrap();
        // What is not yet sent is not sent.
        let failure = Failure {
            code,
            api_code: api_code.try_into().unwrap(),
            http_status: http_status.into(),
            retryable: false,
            requests: 1,
            part: "Non, « jamais »",
            count: 1201,
        };
        program("failure").run(&failure.arguments(&options(&simulator), &["max_connections=1"]));
    }
}

#[test]
fn a_wrong_key_is_told() {
    let simulator = simulator().start().unwrap();
    let failure = Failure {
        code: E_AUTH,
        api_code: 10,
        http_status: 200,
        retryable: false,
        requests: 1,
        part: "Clé API incorrecte",
        count: 3,
    };
    program("failure").run_and_check_memory(&failure.arguments(&options(&simulator), &["api_key=an0ther-key"]));
}

#[test]
fn a_message_never_shows_the_key() {
    let quote = |_: &Request, answer: &mut Answer| answer.refusal = refusal(10, &format!("Clé {KEY} incorrecte\n"));
    let simulator = simulator().mutate(quote).start().unwrap();
    let failure = Failure {
        code: E_AUTH,
        api_code: 10,
        http_status: 200,
        retryable: false,
        requests: 1,
        part: "incorrecte",
        count: 3,
    };
    program("failure").run(&failure.arguments(&options(&simulator), &[]));
}

#[test]
fn a_message_that_is_not_found_may_refuse_a_request_of_its_own() {
    let refuse = |_: &Request, answer: &mut Answer| answer.refusal = refusal(4, "Message introuvable");
    let simulator = simulator().mutate(refuse).start().unwrap();
    let row = Row::without_answer("0612345678", "42", "not_found", OK, 4);
    let row = Row { status_text: Some("Message introuvable".to_owned()), ..row };
    program("multi_status").run(&RowsFile::new(&[row]).call(&simulator, OK, &[]));
}

#[test]
fn a_refused_batch_leaves_the_others_alone() {
    for (http_status, api_code) in [(200, 50), (400, 90), (404, 50)] {
        let refuse = move |_: &Request, answer: &mut Answer| {
            answer.status = http_status;
            answer.refusal = refusal(api_code, "Trop de numéros");
        };
        let simulator = simulator().mutate(refuse).start().unwrap();
        // Other batches go on.
        let failure = Failure {
            code: E_API,
            api_code: api_code.try_into().unwrap(),
            http_status: http_status.into(),
            retryable: false,
            requests: 3,
            part: "Trop de numéros",
            count: 1202,
        };
        program("failure").run(&failure.arguments(&options(&simulator), &[]));
    }
}

/// Refuses any request that holds a message whose id is a multiple of this.
fn refuse_multiples(of: u64, code: i64, http_status: u16) -> impl Fn(&Request, &mut Answer) + Send + Sync {
    move |request, answer| {
        let ids = request.entries.iter().map(|entry| entry.message_id.parse::<u64>().unwrap());
        if ids.into_iter().any(|id| id % of == 0) {
            answer.status = http_status;
            answer.refusal = refusal(code, &format!("Refus\nde {KEY}"));
        }
    }
}

/// How often a batch of these ids is halved until each multiple is asked about alone.
fn halvings((first, last): (u64, u64), of: u64) -> u64 {
    if first == last || last / of == (first - 1) / of {
        return 0;
    }
    let middle = (first + last) / 2;
    1 + halvings((first, middle), of) + halvings((middle + 1, last), of)
}

#[test]
fn a_refused_batch_is_taken_apart_down_to_the_messages_that_are_refused_alone() {
    for (count, every, code, http_status) in
        [(1, 1, 777, 200), (1, 1, 4, 404), (500, 500, 5, 200), (500, 257, 4, 400), (1_000, 333, 9, 200), (7, 3, 6, 200)]
    {
        let batches = (1..=count).step_by(500).map(|first| (first, (first + 499).min(count)));
        let halved: u64 = batches.clone().map(|batch| halvings(batch, every)).sum();
        let requests = batches.count() as u64 + 2 * halved;
        // One message of 500 takes 18 requests more at the most.
        assert!(halved <= 9 * (count / every));
        let simulator = simulator().mutate(refuse_multiples(every, code, http_status)).start().unwrap();
        let arguments = [count, every, code as u64, requests, halved].map(|number| number.to_string());
        program("refused").run_and_check_memory(&[&arguments[..], &options(&simulator)[..]].concat());
    }
}

#[test]
fn a_service_that_refuses_everything_is_not_asked_about_every_message() {
    let simulator = simulator().mutate(refuse_multiples(1, 5, 200)).start().unwrap();
    let client = client(&simulator.base_url(), &[("max_retries", "0")]);
    let ids: Vec<_> = (1..=20_000).map(|id| id.to_string()).collect();
    let outcome = client.multi_status(ids.iter().map(|id| smsp::Query::new("+33600000001", id))).unwrap();
    assert_eq!(outcome.code(), smsp::Code::Partial, "{:?}", outcome.error);
    let rejected = outcome.report.count_state(smsp::State::Rejected);
    assert!(rejected + outcome.report.count_state(smsp::State::Unanswered) == ids.len());
    let error = outcome.error.unwrap();
    assert_eq!((error.code(), error.api_code()), (smsp::Code::Api, 5));
    let unanswered = outcome.report.iter().filter(|row| row.state() == smsp::State::Unanswered);
    assert!(unanswered.into_iter().all(|row| row.error().is_some_and(|error| error.api_code() == 5)));
    // 40 batches; parts until 65 were refused; and on each of 4 connections at most 9 that were waiting then.
    assert!(simulator.requests().len() <= 40 + 65 + 4 * 9, "{} requests", simulator.requests().len());
}

#[test]
fn a_key_that_is_refused_within_a_batch_ends_the_call() {
    let change = |request: &Request, answer: &mut Answer| {
        let code = if request.entries.len() > 250 { 5 } else { 10 };
        answer.refusal = refusal(code, "Refus");
    };
    let simulator = simulator().mutate(change).start().unwrap();
    let failure = Failure {
        code: E_AUTH,
        api_code: 10,
        http_status: 200,
        retryable: false,
        requests: 2,
        part: "Refus",
        count: 1_200,
    };
    program("failure").run(&failure.arguments(&options(&simulator), &["max_connections=1"]));
}

#[test]
fn what_is_no_answer_of_the_service_is_told() {
    const PAGE: &[u8] = b"<!DOCTYPE html><html><body><h1>Maintenance</h1></body></html>";
    for (http_status, body, code, retryable) in [
        (404, PAGE, E_HTTP, false),
        (302, PAGE, E_HTTP, false),
        (500, PAGE, E_HTTP, true),
        (503, b"".as_slice(), E_HTTP, true),
        (503, br#"{"success": false, "code": 777, "message": "x"}"#, E_HTTP, true),
        (400, br#"{"success": true, "code": 200, "StatutResponse_List": []}"#, E_HTTP, false),
        (429, PAGE, E_RATE_LIMITED, true),
        (429, br#"{"success": false, "code": 777, "message": "x"}"#, E_RATE_LIMITED, true),
        (200, PAGE, E_PROTOCOL, true),
        (200, b"", E_PROTOCOL, true),
        (200, b"[]", E_PROTOCOL, true),
        (200, b"{", E_PROTOCOL, true),
        (200, br#"{"success": true, "code": 200}"#, E_PROTOCOL, true),
        (200, br#"{"success": true, "code": 200, "StatutResponse_List": []}"#, E_PROTOCOL, true),
        (200, br#"{"success": false}"#, E_PROTOCOL, true),
    ] {
        let mutate = move |_: &Request, answer: &mut Answer| {
            answer.status = http_status;
            answer.raw = Some(body.to_vec());
        };
        let simulator = simulator().mutate(mutate).start().unwrap();
        let http_status = i32::from(http_status);
        let failure = Failure { code, api_code: 0, http_status, retryable, requests: 1, part: "", count: 3 };
        program("failure").run(&failure.arguments(&options(&simulator), &[]));
    }
}

#[test]
fn an_answer_that_is_too_large_is_not_read() {
    let simulator = simulator().start().unwrap();
    let failure = Failure {
        code: E_PROTOCOL,
        api_code: 0,
        http_status: 200,
        retryable: true,
        requests: 1,
        part: "max_response_bytes",
        count: 500,
    };
    program("failure").run(&failure.arguments(&options(&simulator), &["max_response_bytes=1024"]));
}

fn no_connection(requests: usize, code: i32, retryable: bool, part: &'static str) -> Failure {
    Failure { code, api_code: 0, http_status: 0, retryable, requests, part, count: 3 }
}

/// Options for a server other than a simulator.
fn options_for(base_url: &str) -> [String; 3] {
    [format!("api_key={KEY}"), format!("base_url={base_url}"), "max_retries=0".to_owned()]
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let (_socket, port) = refusing();
    let options = options_for(&format!("http://127.0.0.1:{port}"));
    let arguments = no_connection(1, E_CONNECT, true, "refused").arguments(&options, &[]);
    program("failure").run_and_check_memory(&arguments);
}

/// A server that reads each request and answers these bytes, whatever they are, and closes the connection.
struct Breaking {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Breaking {
    fn start(answer: &'static [u8]) -> Breaking {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                answer_and_close(stream, answer);
            }
        };
        Breaking { address, stop, thread: Some(std::thread::spawn(serve)) }
    }
}

fn answer_and_close(mut stream: TcpStream, answer: &[u8]) {
    const TLS_HANDSHAKE: u8 = 22;
    // What is not read would make the system cut the answer short.
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"]}") && request.first() != Some(&TLS_HANDSHAKE) {
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => request.extend(&chunk[..read]),
            _ => return,
        }
    }
    let _ = stream.write_all(answer);
}

impl Drop for Breaking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn a_connection_that_breaks_is_told() {
    const BODY_MISSING: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    const BODY_CUT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"success\": true, ";
    const CHUNK_CUT: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n{\"success\": true, \r\n";
    for answer in [b"".as_slice(), b"HTTP/1.1 200 OK\r\nContent-Le", BODY_MISSING, BODY_CUT, CHUNK_CUT] {
        let server = Breaking::start(answer);
        let options = options_for(&format!("http://{}", server.address));
        program("failure").run(&no_connection(1, E_CONNECT, true, "lost").arguments(&options, &[]));
    }
}

#[test]
fn a_handshake_that_breaks_is_told() {
    let server = Breaking::start(b"");
    let options = options_for(&format!("https://{}", server.address));
    program("failure").run(&no_connection(1, E_CONNECT, true, "").arguments(&options, &[]));
}

#[test]
fn a_time_limit_is_named_when_it_ends_a_call() {
    let slow = simulator().latency(Duration::from_secs(600)).start().unwrap();
    for (limit, part) in
        [("request_timeout_ms=300", "request_timeout_ms"), ("total_timeout_ms=300", "total_timeout_ms")]
    {
        let arguments = no_connection(1, E_TIMEOUT, true, part).arguments(&options(&slow), &[limit]);
        program("failure").run(&arguments);
    }
    let arguments =
        no_connection(1, E_TIMEOUT, true, "request_timeout_ms").arguments(&options(&slow), &["request_timeout_ms=300"]);
    program("failure").check_memory(&arguments);

    // The system accepts the connection; nobody shakes hands.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("https://{}", silent.local_addr().unwrap());
    let failure = no_connection(1, E_TIMEOUT, true, "connect_timeout_ms");
    program("failure").run(&failure.arguments(&options_for(&base_url), &["connect_timeout_ms=300"]));
}

#[test]
fn a_certificate_that_is_not_trusted_is_told() {
    let (simulator, other) = (simulator().tls(true).start().unwrap(), simulator().tls(true).start().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    other.write_ca(&ca).unwrap();
    let failure = no_connection(1, E_TLS, false, "certificate");
    for trusted in ["bundled".to_owned(), "system".to_owned(), ca.display().to_string()] {
        program("failure").run(&failure.arguments(&options(&simulator), &[&format!("ca_file={trusted}")]));
    }
    program("failure").check_memory(&failure.arguments(&options(&simulator), &[]));
}

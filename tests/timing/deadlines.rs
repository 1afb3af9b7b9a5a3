//! No time limit is exceeded by more than 250 ms, whatever the server does. The tests allow three times that, since they
//! run beside others, and print what they measured: `cargo test --test timing -- --nocapture deadlines::`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use smsp::{Client, Code, Error, Query};
use smsp_simulator::{Clock, Simulator};
use socket2::{Domain, Socket, Type};
use support::KEY;

const LIMIT: Duration = Duration::from_millis(400);
const ALLOWED: Duration = Duration::from_millis(3 * 250);

/// The options that limit an attempt from its beginning.
const ALL: [&str; 3] = ["connect_timeout_ms", "request_timeout_ms", "total_timeout_ms"];
/// Those that limit what comes after connecting.
const LATER: [&str; 2] = ["request_timeout_ms", "total_timeout_ms"];

fn client(base_url: &str, options: &[(&str, &str)]) -> Client {
    support::client(base_url, &[&[("max_retries", "0")][..], options].concat())
}

/// How often a call may overrun its limit: a busy machine may let a thread wait for a second, a defect overruns always.
const TRIES: usize = 5;

/// Makes calls that end by a limit, until one does so in time.
fn ends_in_time(limit: Duration, what: &str, call: impl Fn() -> Error) -> Error {
    static WORST: AtomicU64 = AtomicU64::new(0);
    let mut overrun = Vec::new();
    while overrun.len() < TRIES {
        let start = Instant::now();
        let error = call();
        let took = start.elapsed();
        assert!(took >= limit, "{what}: {took:?}, {error}");
        let over = took - limit;
        if over < ALLOWED {
            let over = over.as_micros() as u64;
            let worst = WORST.fetch_max(over, Ordering::Relaxed).max(over);
            println!("{what}: {over} µs over the limit, the worst so far is {worst} µs");
            return error;
        }
        println!("{what}: {} µs over the limit, tried again", over.as_micros());
        overrun.push(over);
    }
    panic!("{what}: over the limit by {overrun:?}");
}

/// Asks for messages with these ids in vain.
fn ask(client: &Client, ids: &[String]) -> Error {
    client.multi_status(ids.iter().map(|id| Query::new("+33639980001", id))).unwrap().error.unwrap()
}

/// Asks a server under each of the limits in turn; each ends the call by its own name.
fn limits_hold(base_url: &str, limits: &[&str], options: &[(&str, &str)], ids: &[String], what: &str) {
    for limit in limits {
        let what = format!("{what}, {limit}");
        let milliseconds = LIMIT.as_millis().to_string();
        let client = client(base_url, &[options, &[(limit, milliseconds.as_str())]].concat());
        let error = ends_in_time(LIMIT, &what, || ask(&client, ids));
        assert_eq!(error.code(), Code::Timeout, "{what}: {error}");
        assert!(error.message().starts_with(&format!("{limit}: ")), "{what}: {error}");
    }
}

fn id() -> Vec<String> {
    vec!["1".to_owned()]
}

/// A server that does this with each connection.
fn serve(answer: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Sends this byte again and again, until the other side goes.
fn drip(stream: &mut TcpStream, byte: u8) {
    while stream.write_all(&[byte]).is_ok() {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the other side goes.
fn be_silent(stream: &mut TcpStream) {
    let _ = io::copy(stream, &mut io::sink());
}

/// What a server sends once there is a request, before it drips or falls silent.
const BEGINNINGS: [(&str, &[u8]); 7] = [
    ("nothing", b""),
    ("half a status line", b"HTTP/1.1 2"),
    ("half a head", b"HTTP/1.1 200 OK\r\nX-Long: "),
    ("a head", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    ("half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{\"success\": true, "),
    ("half a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n{\"success\": true, "),
    (
        "half a gzip body",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03",
    ),
];

#[test]
fn a_server_that_falls_silent_is_left_in_time() {
    for (what, beginning) in BEGINNINGS {
        let address = serve(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(beginning);
            be_silent(&mut stream);
        });
        limits_hold(&format!("http://{address}"), &LATER, &[], &id(), &format!("silence after {what}"));
    }
}

#[test]
fn a_server_that_drips_is_left_in_time() {
    for (what, beginning) in &BEGINNINGS[2..6] {
        let address = serve(|mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(beginning);
            drip(&mut stream, b' ');
        });
        limits_hold(&format!("http://{address}"), &LATER, &[], &id(), &format!("a drip after {what}"));
    }
}

#[test]
fn a_server_that_never_stops_sending_is_left_in_time() {
    // Interim answers without an end.
    let address = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
        while stream.write_all(&interim).is_ok() {}
    });
    limits_hold(&format!("http://{address}"), &LATER, &[], &id(), "a flood of interim answers");
}

#[test]
fn a_handshake_without_an_end_is_left_in_time() {
    let silent = serve(|mut stream| be_silent(&mut stream));
    limits_hold(&format!("https://{silent}"), &ALL, &[], &id(), "no handshake");
    let dripping = serve(|mut stream| {
        // The head of a long TLS record.
        let _ = stream.write_all(&[0x16, 3, 3, 0x40, 0]);
        drip(&mut stream, 2);
    });
    limits_hold(&format!("https://{dripping}"), &ALL, &[], &id(), "a drip of a handshake");
}

/// Passes connections on to a server; after so many bytes its answers come a byte at a time.
fn slow_relay(server: SocketAddr, free: u64) -> SocketAddr {
    serve(move |mut stream| {
        let mut upstream = TcpStream::connect(server).unwrap();
        let (mut asking, mut asked) = (stream.try_clone().unwrap(), upstream.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut asking, &mut asked);
            let _ = asked.shutdown(Shutdown::Both);
        });
        let _ = io::copy(&mut (&mut upstream).take(free), &mut stream);
        let mut byte = [0];
        while let Ok(1) = upstream.read(&mut byte) {
            if stream.write_all(&byte).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    })
}

#[test]
fn a_tls_server_that_drips_is_left_in_time() {
    let simulator = Simulator::builder().api_key(KEY).clock(Clock::Finished).tls(true).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    simulator.write_ca(&ca).unwrap();
    let port: u16 = simulator.base_url().split([':', '/']).nth(4).unwrap().parse().unwrap();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    let path = |relay: SocketAddr| simulator.base_url().replace(&port.to_string(), &relay.port().to_string());
    let options = [("ca_file", ca.to_str().unwrap())];
    let ids: Vec<_> = (1..=500).map(|id| id.to_string()).collect();
    limits_hold(&path(slow_relay(server, 10)), &ALL, &options, &ids, "a drip of a true handshake");
    let client = client(&simulator.base_url(), &options);
    let answered = client.multi_status(ids.iter().map(|id| Query::new("+33639980001", id))).unwrap();
    assert_eq!(answered.code(), Code::Ok, "{:?}", answered.error);
    // All but the last bytes of the answer.
    let free = client.stat("bytes_received").unwrap() - 200;
    limits_hold(&path(slow_relay(server, free)), &LATER, &options, &ids, "a drip of a body over TLS");
}

/// A listener whose queue is full: the system takes no further connection, and nobody takes those in the queue.
fn full() -> (Socket, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let queued = (0..4).map(|_| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        // It is under way, and for most of them stays so.
        let _ = socket.connect(&address);
        socket
    });
    let queued = queued.collect();
    (listener, queued)
}

#[test]
fn a_server_that_accepts_no_connection_is_left_in_time() {
    let (listener, _queued) = full();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    limits_hold(&format!("http://{address}"), &ALL, &[], &id(), "no connection");
}

#[test]
fn a_kept_connection_that_is_lost_late_leaves_no_more_time() {
    let error = ends_in_time(Duration::from_secs(3), "a kept connection that is lost late", || {
        // The first connection answers once and is lost late in the next request; the one after it is silent.
        let connections = Arc::new(AtomicUsize::new(0));
        let address = serve(move |mut stream| {
            if connections.fetch_add(1, Ordering::SeqCst) == 0 {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.read(&mut [0; 4096]);
                thread::sleep(Duration::from_millis(1400));
            } else {
                be_silent(&mut stream);
            }
        });
        let client = client(&format!("http://{address}"), &[("request_timeout_ms", "3000")]);
        assert_eq!(ask(&client, &id()).code(), Code::Http);
        ask(&client, &id())
    });
    assert_eq!(error.code(), Code::Timeout, "{error}");
}

#[test]
fn many_batches_share_the_time_of_a_call() {
    let address = serve(|mut stream| be_silent(&mut stream));
    let ids: Vec<_> = (1..=40).map(|id| id.to_string()).collect();
    let attempts = [("batch_size", "1"), ("max_retries", "5"), ("request_timeout_ms", "500"), ("retry_base_ms", "1")];
    let options = [&attempts[..], &[("total_timeout_ms", "1600")]].concat();
    let error = ends_in_time(Duration::from_millis(1600), "40 batches", || {
        ask(&client(&format!("http://{address}"), &options), &ids)
    });
    assert_eq!(error.code(), Code::Timeout);
    // The whole value of the option, however little was left of it.
    let limit = "total_timeout_ms: ";
    assert!(error.message().starts_with(limit) && error.message().contains(" 1600 ms"), "{error}");
    assert!(error.message().contains("; the last failure was: request_timeout_ms: "), "{error}");
}

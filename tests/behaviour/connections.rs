//! How connections are made, used again and closed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use smsp::{Client, Code};
use smsp_simulator::{Answer, Request, Simulator};
use socket2::{Domain, Socket, Type};
use support::program::{FORMS, program, resolver};
use support::{KEY, refusing, simulator};

const OK: &str = "0";
const E_CONNECT: &str = "-3";
const E_TIMEOUT: &str = "-5";

/// What `look_up` is to find where the system's resolver gives these addresses.
struct LookUp<'a> {
    addresses: &'a str,
    code: &'a str,
    part: &'a str,
    calls: usize,
    /// The least and the most that the fastest call takes, in milliseconds.
    takes: (u32, u32),
    threads_left: usize,
}

impl LookUp<'_> {
    /// Runs the program in all forms, without retries; answers how often each asked the resolver.
    fn run(&self, base_url: &str, more: &[&str]) -> usize {
        let log = tempfile::NamedTempFile::new().unwrap();
        let (least, most) = self.takes;
        let numbers = [self.calls, least as usize, most as usize, self.threads_left].map(|number| number.to_string());
        let fixed = [format!("base_url={base_url}"), format!("api_key={KEY}"), "max_retries=0".to_owned()];
        let mut arguments = vec![self.code.to_owned(), self.part.to_owned()];
        arguments.extend(numbers.into_iter().chain(fixed).chain(more.iter().map(|option| option.to_string())));
        let log_file = log.path().display().to_string();
        let environment = [("LD_PRELOAD", resolver()), ("RESOLVER", self.addresses), ("RESOLVER_LOG", &log_file)];
        program("look_up").run_in(&environment, &arguments);
        let asked = fs::read(&log).unwrap().len();
        assert!(asked % FORMS.len() == 0, "the forms asked {asked} times together");
        asked / FORMS.len()
    }
}

fn port(simulator: &Simulator) -> u16 {
    simulator.base_url().split([':', '/']).nth(4).unwrap().parse().unwrap()
}

/// The simulator by the name that has to be looked up.
fn by_name(simulator: &Simulator) -> String {
    simulator.base_url().replace("127.0.0.1", "localhost")
}

#[test]
fn a_name_is_looked_up_once_for_all_connections() {
    let close = |_: &Request, answer: &mut Answer| answer.headers.push(("Connection".to_owned(), "close".to_owned()));
    let simulator = simulator().mutate(close).start().unwrap();
    let found = LookUp { addresses: "127.0.0.1", code: OK, part: "", calls: 3, takes: (0, 60_000), threads_left: 0 };
    assert_eq!(found.run(&by_name(&simulator), &["batch_size=1"]), 1);
    // Three calls, four batches each.
    assert_eq!(simulator.connections(), FORMS.len() * 3 * 4);
}

#[test]
fn a_resolver_that_hangs_holds_one_thread_and_no_call() {
    let hanging = LookUp {
        addresses: "hang",
        code: E_TIMEOUT,
        part: "connect_timeout_ms: no address of localhost within 300 ms",
        calls: 5,
        takes: (300, 300 + 750),
        threads_left: 1,
    };
    // Four batches each, at the same time.
    assert_eq!(hanging.run("http://localhost:1", &["batch_size=1", "connect_timeout_ms=300"]), 1);
    for (part, limit) in [
        ("request_timeout_ms: no address of localhost within 300 ms", "request_timeout_ms=300"),
        ("total_timeout_ms: no address of localhost within", "total_timeout_ms=300"),
    ] {
        assert_eq!(LookUp { part, ..hanging }.run("http://localhost:1", &[limit]), 1);
    }
}

#[test]
fn a_name_is_looked_up_again_after_a_failure() {
    let (_socket, port) = refusing();
    let base_url = format!("http://localhost:{port}");
    for (addresses, part) in [
        ("none", "cannot look up localhost: "),
        ("127.0.0.1", "cannot connect to localhost (127.0.0.1:"),
        ("127.0.0.3,127.0.0.2", "127.0.0.2:"),
    ] {
        let failing = LookUp { addresses, code: E_CONNECT, part, calls: 3, takes: (0, 60_000), threads_left: 0 };
        assert_eq!(failing.run(&base_url, &[]), 3, "{addresses}");
    }
}

/// A listener at 127.0.0.2 whose queue is full, with what fills it: connections to it hang.
fn black_hole(port: u16) -> Option<Vec<Socket>> {
    let address = SocketAddr::from(([127, 0, 0, 2], port)).into();
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // Another program may have the port at this address.
    listener.bind(&address).ok()?;
    listener.listen(0).unwrap();
    let mut sockets = vec![listener];
    for _ in 0..4 {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address);
        sockets.push(socket);
    }
    Some(sockets)
}

#[test]
fn the_second_address_is_tried_while_the_first_is_silent() {
    let (simulator, _black_hole) = (0..10)
        .find_map(|_| {
            let simulator = simulator().start().unwrap();
            black_hole(port(&simulator)).map(|sockets| (simulator, sockets))
        })
        .unwrap();
    let race =
        LookUp { addresses: "127.0.0.2,127.0.0.1", code: OK, part: "", calls: 1, takes: (250, 5000), threads_left: 0 };
    let limits = ["connect_timeout_ms=60000", "request_timeout_ms=60000"];
    assert_eq!(race.run(&by_name(&simulator), &limits), 1);
    // Both silent: one error that names both.
    let part = "no connection to localhost (127.0.0.2:";
    let silent =
        LookUp { addresses: "127.0.0.2,127.0.0.2", code: E_TIMEOUT, part, calls: 5, takes: (600, 600 + 750), ..race };
    assert_eq!(silent.run(&by_name(&simulator), &["connect_timeout_ms=600"]), 5);
}

/// A server that answers each request with this head, keeps the connection open, and counts connections.
fn counting(head: &'static str) -> (String, Arc<AtomicUsize>) {
    let body = r#"{"success":true,"code":200,"StatutResponse_List":[{"success":true,"code":200,"phoneNumber":"+33639980001","messageId":1,"status":"Waiting"}]}"#;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
                while let Ok(read @ 1..) = stream.read(&mut chunk) {
                    request.extend_from_slice(&chunk[..read]);
                    if request.ends_with(b"]}") {
                        request.clear();
                        let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
                    }
                }
            });
        }
    });
    (base_url, connections)
}

fn ask(client: &Client) {
    let outcome = support::ask(client, 1);
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.error);
}

fn client(base_url: &str) -> Client {
    support::client(base_url, &[("max_retries", "0")])
}

#[test]
fn a_connection_is_used_again_unless_the_server_closes_it() {
    for (head, connections) in [
        ("HTTP/1.1 200 OK\r\n", 1),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n", 3),
        ("HTTP/1.1 200 OK\r\nconnection: Close\r\n", 3),
        ("HTTP/1.0 200 OK\r\n", 3),
    ] {
        let (base_url, counted) = counting(head);
        let client = client(&base_url);
        for _ in 0..3 {
            ask(&client);
        }
        assert_eq!(counted.load(Ordering::SeqCst), connections, "{head:?}");
        assert_eq!(client.stat("connections"), Some(connections as u64));
    }
}

#[test]
fn a_connection_that_was_idle_for_long_is_not_used() {
    let (base_url, counted) = counting("HTTP/1.1 200 OK\r\n");
    let client = client(&base_url);
    ask(&client);
    thread::sleep(Duration::from_millis(15_100));
    ask(&client);
    assert_eq!(counted.load(Ordering::SeqCst), 2);
}

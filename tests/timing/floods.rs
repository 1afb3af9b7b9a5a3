//! Peers that never stop sending: servers and proxies of a seeded generator, with bytes of any form, at any pace. Whatever
//! they send, a call keeps to its limit and a cancelled one ends. The worst of each is printed. `SMSP_PEERS` says how many.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use smsp::{Client, Code, Query};
use support::server::Server;
use support::tell;
use tempfile::TempPath;

const LIMIT: Duration = Duration::from_millis(60);
/// Three times the 250 ms and the 200 ms that are promised.
const ALLOWED_OVER: Duration = Duration::from_millis(750);
const ALLOWED_CANCEL: Duration = Duration::from_millis(600);
/// A busy machine may let a thread wait for a second, a defect is late always.
const TRIES: usize = 3;

/// Numbers that look random, the same for each seed (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// Where a peer stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Plain,
    /// A server that shakes hands and floods then.
    BehindTls,
    /// One that floods instead of shaking hands.
    InsteadOfTls,
    HttpProxy,
    SocksProxy,
}

const PLACES: [Place; 5] = [Place::Plain, Place::BehindTls, Place::InsteadOfTls, Place::HttpProxy, Place::SocksProxy];

/// What a peer sends: a beginning, and then the same again without an end.
#[derive(Clone)]
struct Flood {
    name: &'static str,
    start: Vec<u8>,
    again: Vec<u8>,
}

fn flood(name: &'static str, start: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Flood {
    Flood { name, start: start.into(), again: again.into() }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Answers of a server without an end.
fn answers(random: &mut Random) -> Vec<Flood> {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let length = random.one_of(&["", "Content-Length: 999999999999999\r\n"]);
    let head = format!("HTTP/1.1 200 OK\r\n{length}\r\n");
    let packed = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n{length}\r\n").into_bytes();
    let then = |more: &[u8]| [&packed[..], more].concat();
    let noise = random.bytes(4096);
    vec![
        flood("103 heads", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        flood("100 heads", "", "HTTP/1.1 100 Continue\r\n\r\n"),
        flood("header lines", "HTTP/1.1 200 OK\r\n", "X-A: b\r\n"),
        flood("a header line", "HTTP/1.1 200 OK\r\nX-A: ", "b"),
        flood("a chunk's extension", format!("{CHUNKED}5"), ";a=b"),
        flood("chunks of a byte", CHUNKED, "1\r\n \r\n"),
        flood("chunks with extensions", CHUNKED, format!("1;{}\r\n \r\n", "a".repeat(900))),
        flood("trailers", format!("{CHUNKED}0\r\n"), "X-A: b\r\n"),
        flood("blanks", head.as_str(), " "),
        flood("entries", format!("{head}{{\"StatutResponseList\":["), "{\"a\":[]},"),
        flood("empty members", packed.clone(), gzip(b"")),
        flood("empty members in chunks", CHUNKED.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n"), {
            let member = gzip(b"");
            [format!("{:x}\r\n", member.len()).as_bytes(), &member, b"\r\n"].concat()
        }),
        flood("small members", packed.clone(), gzip(b" ")),
        flood("a bomb", packed.clone(), gzip(&vec![b' '; 1 << 20])),
        flood("zeros behind a member", then(&gzip(b" ")), [0]),
        flood("a member's name", then(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03"), "a"),
        flood("empty blocks", then(b"\x1f\x8b\x08\0\0\0\0\0\0\x03"), b"\0\0\0\xff\xff"),
        flood("noise", "", noise.clone()),
        flood("noise in a body", head.as_str(), noise),
    ]
}

/// Records of TLS without an end, where a handshake is awaited.
fn records(random: &mut Random) -> Vec<Flood> {
    vec![
        flood("empty records", "", b"\x16\x03\x03\0\0"),
        flood("records of a byte", b"\x16\x03\x03\0\x04\x02\0\xff\xff", b"\x16\x03\x03\0\x01\0"),
        flood("changes of the cipher", "", b"\x14\x03\x03\0\x01\x01"),
        flood("warnings", "", b"\x15\x03\x03\0\x02\x01\x5a"),
        flood("encrypted records", "", b"\x17\x03\x03\0\x01\0"),
        flood("noise", "", random.bytes(4096)),
    ]
}

/// Messages of TLS itself, each of which wants an answer and changes the keys: they are made, not repeated.
const KEY_UPDATES: &str = "key updates";

fn floods(place: Place, random: &mut Random) -> Vec<Flood> {
    let noise = random.bytes(4096);
    match place {
        Place::Plain => answers(random),
        Place::BehindTls => [answers(random), vec![flood(KEY_UPDATES, "", "")]].concat(),
        Place::InsteadOfTls => records(random),
        Place::HttpProxy => vec![
            flood("103 heads", "", "HTTP/1.1 103 Early Hints\r\n\r\n"),
            flood("header lines", "HTTP/1.1 200 OK\r\n", "X-A: b\r\n"),
            flood("a reason", "HTTP/1.1 200 ", "a"),
            flood("records behind the head", "HTTP/1.1 200 OK\r\n\r\n", b"\x14\x03\x03\0\x01\x01"),
            flood("noise", "", noise),
        ],
        Place::SocksProxy => vec![
            flood("zeros", "", [0]),
            flood("the version", "", [5]),
            flood("a long name", b"\x05\0\x05\0\0\x03\xff", "a"),
            flood("records behind the answer", b"\x05\0\x05\0\0\x01\0\0\0\0\0\0", b"\x14\x03\x03\0\x01\x01"),
            flood("noise", b"\x05\0", noise),
        ],
    }
}

/// How a peer sends.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// How many bytes at once, at the most.
    block: usize,
    pause: Duration,
}

/// The certificate of servers behind TLS, and the file of those that trust it.
struct Tls {
    server: Arc<ServerConfig>,
    ca_file: TempPath,
}

impl Tls {
    fn new() -> Tls {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let ca_file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&ca_file, cert.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let server = builder.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        Tls { server: Arc::new(server), ca_file }
    }
}

/// Sends a flood as long as the other side is there.
fn send(stream: &mut (impl Read + Write), flood: &Flood, pace: Pace) -> io::Result<()> {
    _ = stream.read(&mut [0; 4096])?;
    stream.write_all(&flood.start)?;
    let times = (pace.block / flood.again.len()).max(1);
    let block = flood.again.repeat(times);
    loop {
        stream.write_all(&block)?;
        stream.flush()?;
        if !pace.pause.is_zero() {
            thread::sleep(pace.pause);
        }
    }
}

fn update_keys(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<()> {
    _ = stream.read(&mut [0; 4096])?;
    loop {
        stream.conn.refresh_traffic_keys().map_err(io::Error::other)?;
        stream.flush()?;
    }
}

fn peer(place: Place, flood: Flood, pace: Pace, tls: &Tls) -> Server {
    let config = Arc::clone(&tls.server);
    Server::start(move |mut stream: TcpStream| {
        if !matches!(place, Place::BehindTls) {
            return send(&mut stream, &flood, pace);
        }
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        if flood.name == KEY_UPDATES { update_keys(&mut stream) } else { send(&mut stream, &flood, pace) }
    })
}

fn client(place: Place, server: &Server, tls: &Tls, limit: Option<Duration>) -> Client {
    let port = server.address.port();
    let (base_url, proxy) = match place {
        Place::Plain => (format!("http://127.0.0.1:{port}"), String::new()),
        Place::BehindTls | Place::InsteadOfTls => (format!("https://localhost:{port}"), String::new()),
        Place::HttpProxy => ("https://sms.test".to_owned(), format!("http://127.0.0.1:{port}")),
        Place::SocksProxy => ("https://sms.test".to_owned(), format!("socks5://127.0.0.1:{port}")),
    };
    let limit = limit.map_or(60_000, |limit| limit.as_millis()).to_string();
    let options = [
        ("proxy", proxy.as_str()),
        ("ca_file", tls.ca_file.to_str().unwrap()),
        ("max_retries", "0"),
        ("request_timeout_ms", &limit),
        // No end but that of the limit and of the cancel is near.
        ("max_response_bytes", "1073741824"),
    ];
    support::client(&base_url, &options)
}

/// By how much a call is over its limit.
fn overrun(place: Place, server: &Server, tls: &Tls) -> Duration {
    let client = client(place, server, tls, Some(LIMIT));
    let start = Instant::now();
    let outcome = client.multi_status([Query::new("+33639980001", "1")]).unwrap();
    let took = start.elapsed();
    ended_by_the_peer_or(Code::Timeout, outcome.code());
    took.saturating_sub(LIMIT)
}

/// How long a call goes on after it was cancelled.
fn cancel(place: Place, server: &Server, tls: &Tls, after: Duration) -> Duration {
    let client = client(place, server, tls, None);
    let operation = client.start([Query::new("+33639980001", "1")]).unwrap();
    thread::sleep(after);
    let start = Instant::now();
    operation.cancel();
    assert!(operation.wait(Some(Duration::from_secs(60))), "it never ends");
    let took = start.elapsed();
    ended_by_the_peer_or(Code::Cancelled, operation.finish().unwrap().code());
    took
}

/// What is wrong enough ends a call before its time.
fn ended_by_the_peer_or(expected: Code, code: Code) {
    assert!(code == expected || [Code::Protocol, Code::Tls, Code::Connect].contains(&code), "{code:?}");
}

/// Measures until it is short enough.
fn in_time(what: &str, allowed: Duration, measure: impl Fn() -> Duration) -> Duration {
    let mut late = Vec::new();
    while late.len() < TRIES {
        let took = measure();
        if took < allowed {
            return took;
        }
        late.push(took);
    }
    panic!("{what}: late by {late:?}");
}

#[test]
fn limits_and_cancels_hold_whatever_a_peer_sends() {
    let peers: u64 = env::var("SMSP_PEERS").map_or(200, |peers| peers.parse().expect("SMSP_PEERS is a number"));
    let tls = Tls::new();
    let mut worst = [(Duration::ZERO, String::new()), (Duration::ZERO, String::new())];
    for seed in 1..=peers {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // The bits of a small seed mix first.
        random.next();
        let place = random.one_of(&PLACES);
        let floods = floods(place, &mut random);
        let flood = floods[random.below(floods.len())].clone();
        let block = random.one_of(&[1, 100, 4096, 65_536]);
        let pace = Pace { block, pause: Duration::from_micros(random.one_of(&[0, 0, 0, 50, 2000])) };
        let is_cancelled = random.below(2) == 1;
        let after = Duration::from_millis(random.below(40) as u64);
        let what = format!("seed {seed}, {} of {place:?}, {pace:?}", flood.name);
        let server = peer(place, flood, pace, &tls);
        let took = if is_cancelled {
            in_time(&what, ALLOWED_CANCEL, || cancel(place, &server, &tls, after))
        } else {
            in_time(&what, ALLOWED_OVER, || overrun(place, &server, &tls))
        };
        let worst = &mut worst[usize::from(is_cancelled)];
        if took >= worst.0 {
            *worst = (took, what);
        }
    }
    let [overrun, cancel] = worst;
    tell(&format!("{peers} peers: the worst overrun is {:?} ({}),", overrun.0, overrun.1));
    tell(&format!("the worst cancel {:?} ({})", cancel.0, cancel.1));
}

//! Eight threads ask one client while three requests in ten meet a fault: every query is answered right or has a
//! reason, and the client's memory and descriptors stay flat. `SMSP_SOAK_SECONDS` says for how long.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use common::rows::{Row, as_sent};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use smsp::{Client, Code, Config, Outcome, Query, State};
use smsp_simulator::{Clock, Simulator};

const THREADS: u64 = 8;
const CONNECTIONS: usize = 8;
const SEED: u64 = 7;

/// In kilobytes, over two thirds of the time: what allocators keep, and far below a report that is kept for each call.
const MOST_GROWTH: i64 = 16_384;

/// How many of the requests meet at least one fault.
const SHARE: f64 = 0.3;

/// Every kind of fault there is, with values that leave time for many.
const FAULTS: &[&str] = &[
    "latency ms=20",
    "slow-handshake ms=20",
    "too-many-requests",
    "too-many-requests retry-after=0",
    "too-many-requests retry-after=date:0",
    "status code=503",
    "status code=404",
    "refuse code=10",
    "refuse code=90",
    "reset-before",
    "reset-after",
    "missing count=2",
    "duplicate count=3",
    "foreign count=3",
    "reorder",
    "drift to=texts",
    "drift to=numbers",
    "drift to=nulls",
    "drift to=object",
    "no-gzip",
    "gzip",
    "gzip-bomb mb=2",
    "garbage-body bytes=500",
    "chunked bytes=50",
    "wrong-length by=-1",
    "wrong-length by=-100",
    "wrong-length by=10",
    "cut at=0",
    "cut at=100",
    "cut-body at=0",
    "cut-body at=300",
    "drip bytes=100 ms=1",
    "garbage bytes=200",
];

/// The simulator as a process of its own, ended with the test.
struct Service {
    child: Child,
    base_url: String,
    authority: tempfile::TempPath,
}

impl Service {
    fn start() -> Service {
        let authority = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let mut command = Command::new(common::simulator_program());
        command.args(["--tls", "--finished", "--api-key", common::KEY]).arg(format!("--seed={SEED}"));
        command.arg("--ca-out").arg(&authority);
        let share = 1.0 - (1.0 - SHARE).powf(1.0 / FAULTS.len() as f64);
        for fault in FAULTS {
            command.args(["--fault", &format!("{fault} share={share}")]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut base_url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut base_url).unwrap();
        Service { child, base_url: base_url.trim().to_owned(), authority }
    }

    /// How many faults happened, by kind.
    fn faults(&self) -> BTreeMap<String, u64> {
        let mut roots = RootCertStore::empty();
        roots.add(PemObject::from_pem_file(&self.authority).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let address =
            self.base_url.strip_prefix("https://localhost").and_then(|rest| rest.strip_suffix("/v1")).unwrap();
        let stream = TcpStream::connect(format!("127.0.0.1{address}")).unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
        stream.write_all(b"GET /faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn client(service: &Service) -> Client {
    let mut config = Config::new();
    for (name, value) in [
        ("api_key", common::KEY),
        ("base_url", &service.base_url),
        ("ca_file", service.authority.to_str().unwrap()),
        ("batch_size", "100"),
        ("max_connections", &CONNECTIONS.to_string()),
        ("max_retries", "12"),
        ("retry_base_ms", "1"),
        ("max_response_bytes", "1000000"),
    ] {
        config.set(name, value).unwrap();
    }
    Client::new(&config).unwrap()
}

/// What was asked, and what came of it.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    asked: AtomicU64,
    answered: AtomicU64,
    reported: AtomicU64,
    lost: AtomicU64,
    wrong: AtomicU64,
    /// The first rows that are lost or wrong.
    examples: Mutex<Vec<String>>,
}

impl Tally {
    /// Looks at each status of a call.
    fn count(&self, queries: &[(String, String)], outcome: &Outcome, expected: impl Fn(&str, &str) -> Row) {
        let add = |counter: &AtomicU64, amount: usize| counter.fetch_add(amount as u64, Ordering::Relaxed);
        add(&self.calls, 1);
        add(&self.asked, queries.len());
        add(&self.lost, queries.len().abs_diff(outcome.report.len()));
        for ((phone, id), status) in queries.iter().zip(outcome.report.iter()) {
            let row = Row::of(&status);
            let counter = match (status.state(), status.code()) {
                (State::Unanswered, Code::Ok) => &self.lost,
                (State::Unanswered, code) if code.value() < 0 && code != Code::Internal => &self.reported,
                _ if row == expected(phone, id) => &self.answered,
                _ => &self.wrong,
            };
            add(counter, 1);
            if std::ptr::eq(counter, &self.lost) || std::ptr::eq(counter, &self.wrong) {
                let mut examples = self.examples.lock().unwrap();
                if examples.len() < 5 {
                    examples.push(format!("{row:?}: {:?}", outcome.error));
                }
            }
        }
    }
}

/// Chance enough for what is asked.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A list of random length, mostly short, with duplicates.
    fn queries(&mut self) -> Vec<(String, String)> {
        let most = [1, 10, 100, 700][self.below(4) as usize];
        let length = 1 + self.below(most);
        let different = 1 + self.below(2 * length);
        (0..length)
            .map(|_| {
                let which = self.below(different);
                let phone = if which % 2 == 0 { format!("06{:08}", which / 2) } else { format!("+336{which:08}") };
                (phone, (100_000 + which * 7).to_string())
            })
            .collect()
    }
}

/// What the process holds at a moment.
#[derive(Clone, Copy, Debug)]
struct Held {
    calls: u64,
    kilobytes: u64,
    descriptors: usize,
}

impl Held {
    fn now(calls: u64) -> Held {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes = resident.trim().trim_end_matches(" kB").parse().unwrap();
        Held { calls, kilobytes, descriptors: fs::read_dir("/proc/self/fd").unwrap().count() }
    }

    /// The most of a time.
    fn most(samples: &[Held]) -> Held {
        let most = |value: fn(&Held) -> u64| samples.iter().map(value).max().unwrap();
        Held {
            calls: most(|held| held.calls),
            kilobytes: most(|held| held.kilobytes),
            descriptors: most(|held| held.descriptors as u64) as usize,
        }
    }
}

fn ask(client: &Client, thread: u64, reference: &Simulator, tally: &Tally, stop: &AtomicBool) {
    let mut random = Random(thread);
    let expected = |phone: &str, id: &str| Row::answered(phone, id, &reference.expected(&as_sent(phone), id));
    while !stop.load(Ordering::Relaxed) {
        let queries = random.queries();
        let outcome = client.multi_status(queries.iter().map(|(phone, id)| Query::new(phone, id))).unwrap();
        tally.count(&queries, &outcome, expected);
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_wrong() {
    let seconds = env::var("SMSP_SOAK_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    // What became of a message follows from its number, its id and the seed alone: another simulator knows it too.
    let reference = Simulator::builder().seed(SEED).clock(Clock::Finished).start().unwrap();
    let service = Service::start();
    let client = client(&service);
    let (tally, stop) = (Tally::default(), AtomicBool::new(false));
    let before = Held::now(0);
    let mut samples = Vec::new();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (client, reference, tally, stop) = (&client, &reference, &tally, &stop);
            scope.spawn(move || ask(client, thread, reference, tally, stop));
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(200));
            samples.push(Held::now(tally.calls.load(Ordering::Relaxed)));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let third = samples.len() / 3;
    let (warm, late) = (Held::most(&samples[..third]), Held::most(&samples[2 * third..]));
    let calls = late.calls - warm.calls;
    let growth = late.kilobytes as i64 - warm.kilobytes as i64;
    let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    common::tell(&format!(
        "{seconds} s, {} calls: {} statuses asked, {} answered, {} reported with a reason, {} lost, {} wrong",
        value(&tally.calls),
        value(&tally.asked),
        value(&tally.answered),
        value(&tally.reported),
        value(&tally.lost),
        value(&tally.wrong),
    ));
    let stat = |name: &str| format!("{} {name}", client.stat(name).unwrap());
    common::tell(&["requests", "retries", "connections", "answers_unmatched"].map(stat).join(", "));
    common::tell(&format!("faults: {:?}", service.faults()));
    common::tell(&format!(
        "memory: {} kB before, {} warm, {} late: {} kB per 10,000 calls; descriptors: {} before, {} warm, {} late",
        before.kilobytes,
        warm.kilobytes,
        late.kilobytes,
        growth * 10_000 / calls.max(1) as i64,
        before.descriptors,
        warm.descriptors,
        late.descriptors,
    ));
    let examples = tally.examples.into_inner().unwrap();
    assert!(examples.is_empty(), "lost or wrong: {examples:#?}");
    assert_eq!(value(&tally.asked), value(&tally.answered) + value(&tally.reported));
    assert!(value(&tally.answered) > value(&tally.reported), "most is answered");
    assert!(late.descriptors <= before.descriptors + 4 * CONNECTIONS, "descriptors grow: {late:?}");
    assert!(growth < MOST_GROWTH, "memory grows by {growth} kB in {calls} calls");
    assert_eq!(service.faults().len(), smsp_simulator::fault_kinds().len(), "kinds of faults");
}

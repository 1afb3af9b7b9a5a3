//! Eight threads ask one client while three requests in ten meet a fault: every query is answered right or has a
//! reason, and the client's memory and descriptors stay flat. `SMSP_SOAK_SECONDS` says for how long.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use smsp::{Client, Code, Outcome, Query, State};
use smsp_simulator::{Clock, Simulator};
use support::rows::{Row, as_sent};

const THREADS: u64 = 8;
const CONNECTIONS: usize = 8;
const SEED: u64 = 7;

/// By how much the allocated memory may differ while nothing is under way: kept connections and what TLS remembers.
const MOST_ALLOCATED_KB: i64 = 4_096;

/// By how much the resident memory may grow, which an allocator with a pool for each thread keeps for later.
const MOST_RESIDENT_KB: i64 = 32_768;

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
    "refuse code=3 status=400 ids=1000*",
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
        let mut command = Command::new(support::simulator_program());
        command.args(["--tls", "--finished", "--api-key", support::KEY]).arg(format!("--seed={SEED}"));
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
    let options = [
        ("ca_file", service.authority.to_str().unwrap()),
        ("batch_size", "100"),
        ("max_connections", &CONNECTIONS.to_string()),
        ("max_retries", "12"),
        ("retry_base_ms", "1"),
        ("max_response_bytes", "1000000"),
    ];
    support::client(&service.base_url, &options)
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
                _ if row == expected(phone, id) || is_refused(&row) => &self.answered,
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

/// Whether this message was refused alone, by the rule for such ids.
fn is_refused(row: &Row) -> bool {
    let refused = Row::without_answer(&row.phone_number, &row.message_id, "rejected", Code::Ok.value(), 3);
    row.message_id.starts_with("1000") && *row == Row { status_text: Some("Refus 3".to_owned()), ..refused }
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

/// What the process holds.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    resident_kb: i64,
    descriptors: usize,
    /// What is allocated; the rest of what is resident is kept by the allocator for later.
    heap_kb: i64,
}

impl Held {
    fn now() -> Held {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        // SAFETY: it takes no argument and may be called at any time, from any thread.
        let heap = unsafe { libc::mallinfo2() };
        Held {
            resident_kb: resident.trim().trim_end_matches(" kB").parse().unwrap(),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            heap_kb: ((heap.uordblks + heap.hblkhd) / 1024) as i64,
        }
    }
}

/// What all threads share.
struct Soak {
    service: Service,
    client: Client,
    /// What became of a message follows from its number, its id and the seed alone: this one knows it too.
    reference: Simulator,
    tally: Tally,
    stop: AtomicBool,
}

impl Soak {
    fn start() -> Soak {
        let service = Service::start();
        Soak {
            client: client(&service),
            service,
            reference: Simulator::builder().seed(SEED).clock(Clock::Finished).start().unwrap(),
            tally: Tally::default(),
            stop: AtomicBool::new(false),
        }
    }

    /// Asks from all threads for a time. What was held at most meanwhile, but for the heap: that is what is left at
    /// the end, when nothing is under way.
    fn run(&self, seconds: u64) -> Held {
        let mut most = Held::default();
        self.stop.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || self.ask(Random(thread)));
            }
            let end = Instant::now() + Duration::from_secs(seconds);
            while Instant::now() < end {
                thread::sleep(Duration::from_millis(200));
                let now = Held::now();
                most.resident_kb = most.resident_kb.max(now.resident_kb);
                most.descriptors = most.descriptors.max(now.descriptors);
            }
            self.stop.store(true, Ordering::Relaxed);
        });
        Held { heap_kb: Held::now().heap_kb, ..most }
    }

    fn ask(&self, mut random: Random) {
        let expected = |phone: &str, id: &str| Row::answered(phone, id, &self.reference.expected(&as_sent(phone), id));
        while !self.stop.load(Ordering::Relaxed) {
            let queries = random.queries();
            let asked = queries.iter().map(|(phone, id)| Query::new(phone, id));
            let outcome = self.client.multi_status(asked).unwrap();
            self.tally.count(&queries, &outcome, expected);
        }
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_wrong() {
    let seconds: u64 = env::var("SMSP_SOAK_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    let soak = Soak::start();
    let before = Held::now();
    let warm = soak.run(seconds / 3);
    let calls = soak.tally.calls.load(Ordering::Relaxed);
    let late = soak.run(seconds - seconds / 3);
    let Soak { service, client, tally, .. } = soak;
    let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let calls = (value(&tally.calls) - calls).max(1);
    let per_10_000 = |from: i64, to: i64| (to - from) * 10_000 / calls as i64;
    support::tell(&format!(
        "{seconds} s, {} calls: {} statuses asked, {} answered, {} reported with a reason, {} lost, {} wrong",
        value(&tally.calls),
        value(&tally.asked),
        value(&tally.answered),
        value(&tally.reported),
        value(&tally.lost),
        value(&tally.wrong),
    ));
    let stat = |name: &str| format!("{} {name}", client.stat(name).unwrap());
    support::tell(&["requests", "retries", "connections", "answers_unmatched"].map(stat).join(", "));
    support::tell(&format!("faults: {:?}", service.faults()));
    support::tell(&format!("before {before:?}, warm {warm:?}, late {late:?}"));
    support::tell(&format!(
        "growth per 10,000 calls: {} kB allocated, {} kB resident",
        per_10_000(warm.heap_kb, late.heap_kb),
        per_10_000(warm.resident_kb, late.resident_kb),
    ));
    let examples = tally.examples.into_inner().unwrap();
    assert!(examples.is_empty(), "lost or wrong: {examples:#?}");
    assert_eq!(value(&tally.asked), value(&tally.answered) + value(&tally.reported));
    assert!(value(&tally.answered) > value(&tally.reported), "most is answered");
    assert!(late.descriptors <= before.descriptors + 4 * CONNECTIONS, "descriptors grow: {late:?}");
    assert!(late.heap_kb - warm.heap_kb < MOST_ALLOCATED_KB, "memory leaks in {calls} calls: {warm:?}, {late:?}");
    assert!(
        late.resident_kb - warm.resident_kb < MOST_RESIDENT_KB,
        "memory grows in {calls} calls: {warm:?}, {late:?}"
    );
    assert_eq!(service.faults().len(), smsp_simulator::fault_kinds().len(), "kinds of faults");
}

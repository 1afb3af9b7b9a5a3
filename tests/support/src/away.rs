//! A service that is away for a while, in one of several ways, and counts what it is asked meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

/// How a service is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing listens. It cannot count then: the client's `failures_connect` does.
    Refuses,
    /// It accepts, and closes at once.
    Closes,
    /// It reads the request, and resets the connection in the middle of the answer.
    Resets,
    /// It answers with this HTTP status.
    Status(u16),
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Refuses, Kind::Closes, Kind::Resets, Kind::Status(503), Kind::Status(429)];
}

/// The service. It ends when it is dropped.
pub struct Away {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    kind: Kind,
    /// How many requests it answers before it goes away.
    answers_before: usize,
    /// How long it is away, in microseconds; the time begins with it, or with the first request that it does not answer.
    away: u64,
    start: Instant,
    /// When it is back, in microseconds after its start. 0 while it has not been away.
    back: AtomicU64,
    /// What it was asked while it was away, and how many requests it answered.
    asked_in_vain: AtomicUsize,
    answered: AtomicUsize,
    ends: AtomicBool,
}

impl Away {
    /// A service that is away from the beginning.
    pub fn start(kind: Kind, away: Duration) -> Away {
        Away::after(0, kind, away)
    }

    /// A service that goes away after so many answers.
    pub fn after(answers_before: usize, kind: Kind, away: Duration) -> Away {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let refuses = kind == Kind::Refuses;
        assert!(!refuses || answers_before == 0, "a socket that listens cannot stop to");
        if !refuses {
            socket.listen(1024).unwrap();
        }
        let shared = Arc::new(Shared {
            kind,
            answers_before,
            away: u64::try_from(away.as_micros()).unwrap(),
            start: Instant::now(),
            back: AtomicU64::new(if answers_before == 0 { away.as_micros() as u64 } else { 0 }),
            asked_in_vain: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            if refuses {
                while accepting.is_away() && !accepting.ends.load(Ordering::SeqCst) {
                    thread::park_timeout(accepting.left());
                }
                socket.listen(1024).unwrap();
            }
            // Who ends it before it listens cannot wake it up.
            if !accepting.ends.load(Ordering::SeqCst) {
                accepting.accept(&TcpListener::from(socket));
            }
        });
        Away { address, shared, thread: Some(thread) }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often it was asked while it was away; connections that it closed at once count.
    pub fn asked_in_vain(&self) -> usize {
        self.shared.asked_in_vain.load(Ordering::SeqCst)
    }

    pub fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::SeqCst)
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        let thread = self.thread.take().unwrap();
        thread.thread().unpark();
        // Wakes it up where it accepts.
        let _ = TcpStream::connect(self.address);
        thread.join().unwrap();
    }
}

impl Shared {
    fn accept(self: &Arc<Shared>, listener: &TcpListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            if self.kind == Kind::Closes && self.is_away() {
                self.asked_in_vain.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let shared = Arc::clone(self);
            // It ends with the connection.
            thread::Builder::new().stack_size(128 * 1024).spawn(move || shared.serve(stream)).unwrap();
        }
    }

    fn left(&self) -> Duration {
        Duration::from_micros(self.back.load(Ordering::SeqCst)).saturating_sub(self.start.elapsed())
    }

    fn is_away(&self) -> bool {
        !self.left().is_zero()
    }

    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let (mut request, mut chunk) = (Vec::new(), [0; 1024]);
        loop {
            request.clear();
            while !request.ends_with(b"]}") {
                match stream.read(&mut chunk) {
                    Ok(read) if read > 0 => request.extend(&chunk[..read]),
                    _ => return,
                }
            }
            if self.answers() {
                self.answered.fetch_add(1, Ordering::SeqCst);
                if stream.write_all(answer(&request).as_bytes()).is_err() {
                    return;
                }
                continue;
            }
            self.asked_in_vain.fetch_add(1, Ordering::SeqCst);
            let refused = match self.kind {
                Kind::Status(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno"),
                Kind::Refuses | Kind::Closes | Kind::Resets => {
                    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_owned()
                }
            };
            if stream.write_all(refused.as_bytes()).is_err() || !matches!(self.kind, Kind::Status(_)) {
                // The connection is reset when it is closed.
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                return;
            }
        }
    }

    /// Whether a request is answered. The first that is not may begin the time.
    fn answers(&self) -> bool {
        if self.back.load(Ordering::SeqCst) == 0 {
            if self.answered.load(Ordering::SeqCst) < self.answers_before {
                return true;
            }
            let back = self.start.elapsed().as_micros() as u64 + self.away;
            let _ = self.back.compare_exchange(0, back, Ordering::SeqCst, Ordering::SeqCst);
        }
        !self.is_away()
    }
}

/// What the service says of the one message that is asked about.
fn answer(request: &[u8]) -> String {
    let request = String::from_utf8_lossy(request);
    let (_, id) = request.rsplit_once("\"messageId\":").expect("a message id");
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    let body = format!(
        r#"{{"success":true,"code":200,"StatutResponse_List":[{{"success":true,"code":200,"phoneNumber":"+33639980001","messageId":{id},"status":"Delivered"}}]}}"#
    );
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

//! What no client in Rust can do without that asks about one message a call over a kept connection. It prints what the
//! programs of benches/small print, but makes no table.
//!
//! usage: small-floor socket|ureq-proto BASE_URL KEY CALLERS CALLS CONNECTIONS
//!
//! `socket` sends the bytes of a request, waits, and receives until the answer is whole. `ureq-proto` also makes the head of
//! the request and reads that of the answer, as ureq does. Nothing reads what the service says.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult, SendRequestResult};
use ureq_proto::http::{Request, Uri};

type AnyError = Box<dyn Error + Send + Sync>;

const WARM_UP: usize = 20;

/// How much is received at once.
const ROOM: usize = 16 * 1024;

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// A connection, with room for a request and an answer.
struct Connection {
    socket: TcpStream,
    stream: Box<dyn Stream>,
    output: Vec<u8>,
    input: Vec<u8>,
}

impl Connection {
    fn new(uri: &Uri) -> Result<Connection, AnyError> {
        let socket = TcpStream::connect(("127.0.0.1", uri.port_u16().ok_or("the URL has no port")?))?;
        socket.set_nodelay(true)?;
        let stream = socket.try_clone()?;
        let stream: Box<dyn Stream> = match uri.scheme_str() {
            Some("https") => Box::new(StreamOwned::new(tls(uri.host().ok_or("the URL has no host")?)?, stream)),
            _ => Box::new(stream),
        };
        socket.set_nonblocking(true)?;
        Ok(Connection { socket, stream, output: vec![0; ROOM], input: vec![0; ROOM] })
    }

    /// Sends the first bytes of the output.
    fn send(&mut self, length: usize) -> io::Result<()> {
        let mut sent = 0;
        while sent < length {
            match self.stream.write(&self.output[sent..length]) {
                Ok(amount) => sent += amount,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait(PollFlags::POLLIN | PollFlags::POLLOUT)?
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Receives until `done` says of what came that it is whole.
    fn receive(&mut self, mut done: impl FnMut(&[u8]) -> Result<bool, AnyError>) -> Result<(), AnyError> {
        let mut filled = 0;
        self.wait(PollFlags::POLLIN)?;
        while filled == 0 || !done(&self.input[..filled])? {
            match self.stream.read(&mut self.input[filled..]) {
                Ok(0) => return Err("the connection ended, or the answer is too large".into()),
                Ok(amount) => filled += amount,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(PollFlags::POLLIN)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        poll(&mut [PollFd::new(self.socket.as_fd(), flags)], PollTimeout::NONE)?;
        Ok(())
    }
}

fn tls(host: &str) -> Result<ClientConnection, AnyError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(env::var("BENCH_CA")?)?) {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(ClientConnection::new(Arc::new(config), ServerName::try_from(host.to_owned())?)?)
}

/// Writes the body of the request for one message to the end of `out`.
fn write_body(key: &str, index: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let id = 100_000 + index;
    write!(out, r#"{{"apiKey":"{key}","SMSStatut_List":[{{"phoneNumber":"+336{index:08}","messageId":{id}}}]}}"#)
}

/// A request whose bytes are there, and an answer of which no more is read than its length.
fn by_socket(connection: &mut Connection, uri: &Uri, body: &[u8]) -> Result<(), AnyError> {
    let mut head = &mut connection.output[..];
    write!(
        head,
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        uri.path(),
        body.len()
    )?;
    head.write_all(body)?;
    let left = head.len();
    connection.send(ROOM - left)?;
    connection.receive(|input| {
        let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
        let head = std::str::from_utf8(&input[..end])?;
        let length = head.rsplit("Content-Length: ").next().ok_or("the answer has no length")?;
        Ok(input.len() == end + 4 + length.parse::<usize>()?)
    })
}

/// The same by ureq's protocol.
fn by_ureq_proto(connection: &mut Connection, uri: &Uri, body: &[u8]) -> Result<(), AnyError> {
    const FAILED: &str = "the exchange took another course";
    let request = Request::post(uri.clone())
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .header("accept", "application/json")
        .header("accept-encoding", "gzip")
        .header("user-agent", "floor")
        .body(())?;
    let mut call = Call::new(request)?.proceed();
    let mut length = call.write(&mut connection.output)?;
    let Some(SendRequestResult::SendBody(mut call)) = call.proceed()? else { return Err(FAILED.into()) };
    length += call.write(body, &mut connection.output[length..])?.1;
    connection.send(length)?;
    let mut responding = Some(call.proceed().ok_or(FAILED)?);
    let (mut receiving, mut used) = (None, 0);
    let mut read = [0; ROOM];
    connection.receive(|input| {
        if let Some(mut call) = responding.take() {
            let (head, response) = call.try_response(input, false)?;
            if response.is_none() {
                responding = Some(call);
                return Ok(false);
            }
            used = head;
            let Some(RecvResponseResult::RecvBody(call)) = call.proceed() else { return Err(FAILED.into()) };
            receiving = Some(call);
        }
        let call = receiving.as_mut().ok_or(FAILED)?;
        used += call.read(&input[used..], &mut read)?.0;
        Ok(call.can_proceed())
    })?;
    match receiving.and_then(|call| call.proceed()) {
        Some(RecvBodyResult::Cleanup(call)) if !call.must_close_connection() => Ok(()),
        _ => Err(FAILED.into()),
    }
}

type Ask = fn(&mut Connection, &Uri, &[u8]) -> Result<(), AnyError>;

/// One caller: how long each of its calls took.
fn caller(
    uri: &Uri,
    ask: Ask,
    key: &str,
    first: usize,
    calls: usize,
    barrier: &Barrier,
) -> Result<Vec<Duration>, AnyError> {
    let mut connection = Connection::new(uri)?;
    let (mut body, mut times) = (Vec::new(), Vec::with_capacity(calls));
    let mut timed = |index| -> Result<Duration, AnyError> {
        let begun = Instant::now();
        body.clear();
        write_body(key, index, &mut body)?;
        ask(&mut connection, uri, &body)?;
        Ok(begun.elapsed())
    };
    for _ in 0..WARM_UP {
        timed(first)?;
    }
    barrier.wait();
    barrier.wait();
    for index in first..first + calls {
        times.push(timed(index)?);
    }
    barrier.wait();
    Ok(times)
}

/// Seconds of CPU.
fn cpu() -> Result<f64, AnyError> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [level, base_url, key, callers, calls, _] = arguments.as_slice() else {
        return Err("usage: small-floor socket|ureq-proto BASE_URL KEY CALLERS CALLS CONNECTIONS".into());
    };
    let ask: Ask = match level.as_str() {
        "socket" => by_socket,
        "ureq-proto" => by_ureq_proto,
        _ => return Err("socket or ureq-proto?".into()),
    };
    let uri: Uri = format!("{base_url}/multi-status").parse()?;
    let (callers, calls): (usize, usize) = (callers.parse()?, calls.parse()?);
    let barrier = Barrier::new(callers + 1);
    let (cpu, wall, times) = thread::scope(|scope| {
        let each = |index| {
            let (uri, barrier) = (&uri, &barrier);
            // All the others would wait for it.
            let failed = |error| -> ! {
                eprintln!("{error}");
                std::process::exit(1)
            };
            move || caller(uri, ask, key, index * calls, calls, barrier).unwrap_or_else(|error| failed(error))
        };
        let threads: Vec<_> = (0..callers).map(|index| scope.spawn(each(index))).collect();
        barrier.wait();
        let (cpu_before, begun) = (cpu()?, Instant::now());
        barrier.wait();
        barrier.wait();
        let (wall, cpu) = (begun.elapsed(), cpu()? - cpu_before);
        let mut times: Vec<Duration> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        times.sort_unstable();
        Ok::<_, AnyError>((cpu, wall, times))
    })?;
    let total = times.len();
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{:.3} {:.1} {:.2} {:.2} 0",
        cpu * 1e6 / total as f64,
        total as f64 / wall.as_secs_f64(),
        microseconds(times[total / 2]),
        microseconds(times[total * 99 / 100])
    );
    Ok(())
}

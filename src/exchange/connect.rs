//! Connections of our own: ureq's transport over a TCP socket that knows its deadline and counts its bytes.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

use super::failure;
use super::resolve::Names;
use crate::error::{Code, Error};
use crate::settings::reason;
use crate::stats::{Counter, Stats};
use crate::url::bare_host;

/// Larger buffers measured no faster.
pub(crate) const BUFFER_SIZE: usize = 16 * 1024;

/// What a request went over. ureq does not tell, but it connects in the thread that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// One kept from an earlier request.
    Kept,
    /// A new one.
    New,
    /// None: it could not be made.
    Failed,
}

thread_local! {
    static CONNECTION: Cell<Connection> = const { Cell::new(Connection::Kept) };
}

impl Connection {
    pub(crate) fn note(self) {
        CONNECTION.set(self);
    }

    /// What was noted last in this thread.
    pub(crate) fn noted() -> Connection {
        CONNECTION.get()
    }
}

/// Makes TCP connections.
#[derive(Clone)]
pub(crate) struct Tcp {
    pub stats: Arc<Stats>,
    pub names: Names,
    /// Whether only addresses of this machine may be connected to: plain http without `allow_http`.
    pub loopback_only: bool,
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tcp")
    }
}

impl Tcp {
    /// Looks the host up and connects to the first address that takes the connection, within the time.
    pub(crate) fn open(&self, host: &str, port: u16, time: Option<Duration>) -> Result<TcpStream, Error> {
        let deadline = time.map(|time| Instant::now() + time);
        let addresses = self.names.look_up(host, port, time)?;
        self.connect_to_any(host, &addresses, deadline)
    }

    /// Tries the addresses one after another; each gets its share of the time.
    fn connect_to_any(
        &self,
        host: &str,
        addresses: &[SocketAddr],
        deadline: Option<Instant>,
    ) -> Result<TcpStream, Error> {
        if let Some(foreign) = addresses.iter().find(|address| self.loopback_only && !address.ip().is_loopback()) {
            let text = format!("base_url: {host} is {foreign}, not this machine; use https or set allow_http");
            return Err(Error::new(Code::Config, text));
        }
        let mut last = Error::new(Code::Connect, format!("{host} has no address"));
        for (tried, address) in addresses.iter().enumerate() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let share = left.map(|left| left / (addresses.len() - tried) as u32);
            match connect(*address, share) {
                Ok(stream) => {
                    self.stats.add(Counter::Connections, 1);
                    return Ok(stream);
                }
                Err(error) => last = cannot_connect(host, *address, &error),
            }
        }
        self.names.forget();
        Err(last)
    }
}

fn connect(address: SocketAddr, time: Option<Duration>) -> io::Result<TcpStream> {
    let stream = match time {
        Some(Duration::ZERO) => return Err(ErrorKind::TimedOut.into()),
        Some(time) => TcpStream::connect_timeout(&address, time)?,
        None => TcpStream::connect(address)?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn cannot_connect(host: &str, address: SocketAddr, error: &io::Error) -> Error {
    let cannot = format!("cannot connect to {host} ({address})");
    if is_time_limit(error) {
        return Error::new(Code::Timeout, format!("connect_timeout_ms: {cannot} in time"));
    }
    let code = if is_exhaustion(error) { Code::Resource } else { Code::Connect };
    Error::new(code, format!("{cannot}: {}", reason(error)))
}

/// Whether a limit of ours has passed. The system has one of its own, an error like any other.
pub(crate) fn is_time_limit(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || (error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none())
}

/// Descriptors or memory are used up.
fn is_exhaustion(error: &io::Error) -> bool {
    let exhausted = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
    error.raw_os_error().is_some_and(|number| exhausted.contains(&number))
}

impl Connector<()> for Tcp {
    type Out = TcpTransport;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<TcpTransport>, ureq::Error> {
        Connection::Failed.note();
        let time = details.timeout.not_zero().map(|time| *time);
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        let stream = self.open(bare_host(details.uri), port, time).map_err(|error| match error.code() {
            Code::Timeout => ureq::Error::Timeout(details.timeout.reason),
            _ => failure(error),
        })?;
        Connection::New.note();
        Ok(Some(TcpTransport::new(stream, &self.stats)))
    }
}

/// A connection as ureq uses it.
pub(crate) struct TcpTransport {
    stream: TcpStream,
    stats: Arc<Stats>,
    buffers: LazyBuffers,
    /// The limits that the socket has now: setting one is a call to the system.
    read_time: Option<Duration>,
    write_time: Option<Duration>,
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TcpTransport")
    }
}

impl TcpTransport {
    pub(crate) fn new(stream: TcpStream, stats: &Arc<Stats>) -> TcpTransport {
        TcpTransport {
            stream,
            stats: Arc::clone(stats),
            buffers: LazyBuffers::new(BUFFER_SIZE, BUFFER_SIZE),
            read_time: None,
            write_time: None,
        }
    }

    fn write_all(&mut self, length: usize, deadline: Option<Instant>) -> io::Result<()> {
        let mut written = 0;
        while written < length {
            let time = time_left(deadline)?;
            if time != self.write_time {
                self.stream.set_write_timeout(time)?;
                self.write_time = time;
            }
            match self.stream.write(&self.buffers.output()[written..length]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(amount) => written += amount,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_some(&mut self, deadline: Option<Instant>) -> io::Result<usize> {
        loop {
            let time = time_left(deadline)?;
            if time != self.read_time {
                self.stream.set_read_timeout(time)?;
                self.read_time = time;
            }
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.write_all(amount, deadline(timeout)).map_err(|error| timed(error, timeout))?;
        self.stats.add(Counter::BytesSent, amount as u64);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let amount = self.read_some(deadline(timeout)).map_err(|error| timed(error, timeout))?;
        self.buffers.input_appended(amount);
        self.stats.add(Counter::BytesReceived, amount as u64);
        Ok(amount > 0)
    }

    /// An idle connection is good as long as nothing has come: neither its end nor bytes that nobody asked for.
    fn is_open(&mut self) -> bool {
        let probe = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let quiet = probe.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        quiet && self.stream.set_nonblocking(false).is_ok()
    }
}

fn deadline(timeout: NextTimeout) -> Option<Instant> {
    (!timeout.after.is_not_happening()).then(|| Instant::now() + *timeout.after)
}

/// The time until the deadline; an error where there is none left, since a socket takes 0 for no limit.
fn time_left(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    if left.is_some_and(|left| left.is_zero()) { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn timed(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    if is_time_limit(&error) { ureq::Error::Timeout(timeout.reason) } else { error.into() }
}

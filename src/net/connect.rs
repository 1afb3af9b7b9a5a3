//! Connections of our own: ureq's connector over a race between the addresses of a host.

use std::cell::Cell;
use std::fmt;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use ureq::unversioned::transport::{ConnectionDetails, Connector};

use super::buffers::failure;
use super::happy_eyeballs;
use super::limit::deadline;
use super::resolve::DnsCache;
use super::tcp::TcpTransport;
use crate::config::proxy::Proxy;
use crate::config::url::{bare_host, port};
use crate::error::{Code, Error};
use crate::stats::{Counter, Stats};
use crate::sys::Kept;

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

/// How many bytes on the wire may go around a body, whatever its size: handshakes, heads.
const MOST_AROUND: u64 = 1 << 20;

/// Makes TCP connections.
#[derive(Clone)]
pub(crate) struct Tcp {
    pub stats: Arc<Stats>,
    pub dns_cache: DnsCache,
    /// Whether only addresses of this machine may be connected to: plain http without `allow_http`.
    pub loopback_only: bool,
    /// What is connected to instead, if there is one.
    pub proxy: Option<Arc<Proxy>>,
    /// How large an answer may be.
    pub max_response_bytes: u64,
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tcp")
    }
}

impl Tcp {
    /// Connects to the host, or to the proxy that leads there. The stream does not block. The error is Timeout where the
    /// deadline passes, and says what was not had by then.
    pub(crate) fn open(&self, host: &str, port: u16, deadline: Option<Instant>) -> Result<Kept<TcpStream>, Error> {
        let Some(proxy) = &self.proxy else { return self.reach(host, port, deadline) };
        let named = |error: Error| error.with_note(&format!("this is the proxy {proxy} for {host}"));
        self.reach(&proxy.host, proxy.port, deadline).map_err(named)
    }

    /// The connection over a stream. Chunks, records and heads may make an answer twice as long as its body, and a bit more.
    pub(crate) fn transport(&self, stream: Kept<TcpStream>) -> TcpTransport {
        TcpTransport::new(stream, &self.stats, 2 * self.max_response_bytes + MOST_AROUND)
    }

    /// Looks the host up and connects to the first address that takes the connection.
    fn reach(&self, host: &str, port: u16, deadline: Option<Instant>) -> Result<Kept<TcpStream>, Error> {
        let addresses = self.dns_cache.look_up(host, port, deadline)?;
        if let Some(foreign) = addresses.iter().find(|address| self.loopback_only && !address.ip().is_loopback()) {
            let text = format!("base_url: {host} is {foreign}, not this machine; use https or set allow_http");
            return Err(Error::new(Code::Config, text));
        }
        // The addresses may have changed.
        let stream = happy_eyeballs::connect(host, &addresses, deadline).inspect_err(|_| self.dns_cache.forget())?;
        self.stats.add(Counter::Connections, 1);
        Ok(stream)
    }
}

impl Connector<()> for Tcp {
    type Out = TcpTransport;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<TcpTransport>, ureq::Error> {
        Connection::Failed.note();
        let stream =
            self.open(bare_host(details.uri), port(details.uri), deadline(details.timeout)).map_err(failure)?;
        Connection::New.note();
        Ok(Some(self.transport(stream)))
    }
}

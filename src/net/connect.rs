//! ureq's connector: TCP connections that race the addresses of a host.

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

/// The connection that a request used. ureq does not report it, but connects in the thread that sends the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// A connection kept from an earlier request.
    Kept,
    /// A new connection.
    New,
    /// None: it could not be established.
    Failed,
}

thread_local! {
    static CONNECTION: Cell<Connection> = const { Cell::new(Connection::Kept) };
}

impl Connection {
    /// Notes it for this thread.
    pub(crate) fn note(self) {
        CONNECTION.set(self);
    }

    /// What was noted last in this thread.
    pub(crate) fn noted() -> Connection {
        CONNECTION.get()
    }
}

/// How many bytes on the wire may surround a body, whatever its size: handshakes and heads.
const MAX_OVERHEAD: u64 = 1 << 20;

/// Establishes TCP connections.
#[derive(Clone)]
pub(crate) struct Tcp {
    pub stats: Arc<Stats>,
    pub dns_cache: DnsCache,
    /// Whether only addresses of this machine are allowed: for plain http without `allow_http`.
    pub loopback_only: bool,
    /// The proxy to connect to instead of the host, if there is one.
    pub proxy: Option<Arc<Proxy>>,
    /// The largest allowed response body, in bytes.
    pub max_response_bytes: u64,
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tcp")
    }
}

impl Tcp {
    /// Connects to the host, or to the proxy if there is one. Returns a non-blocking stream. If the deadline passes,
    /// the error has the code `Timeout` and says what was missing.
    pub(crate) fn open(&self, host: &str, port: u16, deadline: Option<Instant>) -> Result<Kept<TcpStream>, Error> {
        let Some(proxy) = &self.proxy else { return self.reach(host, port, deadline) };
        let named = |error: Error| error.with_note(&format!("this is the proxy {proxy} for {host}"));
        self.reach(&proxy.host, proxy.port, deadline).map_err(named)
    }

    /// Wraps a stream for ureq. Chunks, TLS records and heads may make a response twice as long as the largest body,
    /// plus `MAX_OVERHEAD`.
    pub(crate) fn transport(&self, stream: Kept<TcpStream>) -> TcpTransport {
        TcpTransport::new(stream, &self.stats, 2 * self.max_response_bytes + MAX_OVERHEAD)
    }

    /// Looks up the host and connects to the first of its addresses that accepts the connection. Fails if
    /// `loopback_only` is set and one of the addresses is not of this machine.
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

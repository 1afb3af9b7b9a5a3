//! TLS over a TCP connection of this library, by rustls with a configuration that belongs to the client alone.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};

use super::buffers::{WipedBuffers, failure};
use super::connect::Connection;
use super::explain;
use super::limit::{deadline_or_timeout, time_left, timed};
use super::tcp::TcpTransport;
use super::tls_stream::TlsStream;
use super::wait::is_time_limit;
use crate::config::url::bare_host;
use crate::error::{Code, Error, reason};

/// How many sessions are kept for resumption.
const SESSIONS: usize = 8;

/// Wraps connections in TLS if the URL is https.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Copies the configuration and gives it a session store of its own: the lock of a shared store could stay locked
    /// for ever in a child of `fork`.
    pub(crate) fn new(config: Option<&ClientConfig>) -> Tls {
        let own = |config: &ClientConfig| {
            let mut config = config.clone();
            config.resumption = Resumption::in_memory_sessions(SESSIONS);
            Arc::new(config)
        };
        Tls { config: config.map(own) }
    }

    /// Does the handshake with this host over a connection. If the time runs out, the error has the code `Timeout`.
    pub(crate) fn handshake(&self, host: &str, tcp: TcpTransport, timeout: NextTimeout) -> Result<TlsStream, Error> {
        let config = self.config.clone().ok_or_else(|| Error::new(Code::Internal, "no TLS configuration"))?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::new(Code::Tls, format!("{host} is not a name that a certificate can have")))?;
        let connection = UnbufferedClientConnection::new(config, name)
            .map_err(|error| Error::new(Code::Tls, format!("TLS with {host}: {}", explain::tls(&error))))?;
        let shaken = deadline_or_timeout(timeout).and_then(|deadline| TlsStream::connect(connection, tcp, deadline));
        shaken.map_err(|error| failed(host, error))
    }
}

/// The error for a failed handshake. An end of file is a lost connection; an alert or a bad certificate is an error of
/// TLS.
fn failed(host: &str, error: io::Error) -> Error {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Error::new(Code::Tls, format!("TLS with {host}: {}", explain::tls(tls)));
    }
    if is_time_limit(&error) {
        return Error::new(Code::Timeout, format!("no TLS handshake with {host}"));
    }
    error.downcast().unwrap_or_else(|error| {
        let reason = reason(&error);
        Error::new(Code::Connect, format!("the connection to {host} was lost in the TLS handshake: {reason}"))
    })
}

impl Connector<TcpTransport> for Tls {
    type Out = Either<TcpTransport, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<TcpTransport>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(tcp) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(tcp)));
        }
        Connection::Failed.note();
        let stream = self.handshake(bare_host(details.uri), tcp, time_left(details)).map_err(failure)?;
        Connection::New.note();
        Ok(Some(Either::B(TlsTransport { stream, buffers: WipedBuffers::new() })))
    }
}

/// A TLS connection for ureq.
pub(crate) struct TlsTransport {
    stream: TlsStream,
    buffers: WipedBuffers,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

impl TlsTransport {
    fn write(&mut self, amount: usize, timeout: NextTimeout) -> io::Result<()> {
        self.stream.write_all(&self.buffers.output()[..amount], deadline_or_timeout(timeout)?)
    }

    fn read(&mut self, timeout: NextTimeout) -> io::Result<usize> {
        self.stream.read(self.buffers.input_append_buf(), deadline_or_timeout(timeout)?)
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.write(amount, timeout).map_err(|error| timed(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.buffers.check_room()?;
        let amount = self.read(timeout).map_err(|error| timed(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

//! The handshake with a proxy, in whatever protocol it speaks.

use std::fmt;
use std::time::Instant;

use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{NextTimeout, Transport};

use super::buffers::BUFFER_SIZE;
use crate::config::proxy::Proxy;
use crate::error::{Code, Error, reason};

/// A handshake with a proxy, limited in time and in length.
pub(super) struct ProxyHandshake<'a> {
    pub proxy: &'a Proxy,
    pub transport: &'a mut dyn Transport,
    pub timeout: NextTimeout,
    pub start: Instant,
}

impl ProxyHandshake<'_> {
    /// The error for a proxy that does `what`.
    pub(super) fn error(&self, what: impl fmt::Display) -> Error {
        Error::new(Code::Connect, format!("the proxy {} {what}", self.proxy))
    }

    fn time_left(&self) -> NextTimeout {
        let mut timeout = self.timeout;
        if let Duration::Exact(limit) = timeout.after {
            timeout.after = limit.saturating_sub(self.start.elapsed()).into();
        }
        timeout
    }

    /// Sends bytes, at the latest when input is awaited.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for chunk in bytes.chunks(BUFFER_SIZE) {
            self.transport.buffers().output()[..chunk.len()].copy_from_slice(chunk);
            let sent = self.transport.transmit_output(chunk.len(), self.time_left());
            sent.map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Waits for more input. Fails if the proxy closes the connection.
    pub(super) fn receive(&mut self) -> Result<(), Error> {
        match self.transport.await_input(self.time_left()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.error("closes the connection without a whole answer")),
            Err(error) => Err(self.explain(error)),
        }
    }

    fn explain(&self, error: ureq::Error) -> Error {
        match error {
            ureq::Error::Timeout(_) => no_answer(self.proxy),
            ureq::Error::Io(error) => self.error(format!("loses the connection: {}", reason(&error))),
            ureq::Error::Other(inner) => {
                inner.downcast().map_or_else(|other| self.error(format!("fails: {other}")), |ours| *ours)
            }
            other => self.error(format!("fails: {other}")),
        }
    }

    /// Takes the next `N` bytes that the proxy sends. What follows them stays in the buffer.
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        loop {
            if let Some(bytes) = self.transport.buffers().input().first_chunk().copied() {
                self.transport.buffers().input_consume(N);
                return Ok(bytes);
            }
            self.receive()?;
        }
    }
}

/// The error for a proxy that does not answer in time.
pub(super) fn no_answer(proxy: &Proxy) -> Error {
    Error::new(Code::Timeout, format!("no whole answer of the proxy {proxy}"))
}

/// The error for a proxy that refuses this client: the option `proxy` must be set differently.
pub(super) fn refused(proxy: &Proxy, what: &str) -> Error {
    Error::config("proxy", format!("{proxy} {what}"))
}

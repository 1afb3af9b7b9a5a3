//! A TCP connection as ureq uses it: it keeps to its deadline, can be stopped, and counts its bytes.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::buffers::WipedBuffers;
use super::wait::{Waiting, is_time_limit};
use crate::stats::{Counter, Stats};

/// For what comes in one piece: the head of an answer, a record of TLS.
pub(crate) const BUFFER_SIZE: usize = 16 * 1024;

/// Less than this waits for what follows, so that the head of a request and its body leave together.
const SMALL: usize = 1024;

/// A connection is not used for longer, so that a change of the name's addresses is followed in the end.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// A connection over a stream that does not block.
pub(crate) struct TcpTransport {
    stream: TcpStream,
    stats: Arc<Stats>,
    buffers: WipedBuffers,
    made: Instant,
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TcpTransport")
    }
}

impl TcpTransport {
    pub(crate) fn new(stream: TcpStream, stats: &Arc<Stats>) -> TcpTransport {
        TcpTransport { stream, stats: Arc::clone(stats), buffers: WipedBuffers::new(), made: Instant::now() }
    }

    /// Sends what is held.
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let amount = self.buffers.held().len();
        if amount > 0 {
            self.write_all(deadline_ahead(timeout)?).map_err(|error| timed(error, timeout))?;
            self.buffers.release();
            self.stats.add(Counter::BytesSent, amount as u64);
        }
        Ok(())
    }

    fn write_all(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let mut rest = self.buffers.held();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(amount) => rest = &rest[amount..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Waiting::new().writable(&self.stream).until(deadline)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_some(&mut self, deadline: Option<Instant>) -> io::Result<usize> {
        loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Waiting::new().readable(&self.stream).until(deadline)?;
                }
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
        self.buffers.hold(amount);
        if self.buffers.held().len() < SMALL { Ok(()) } else { self.flush(timeout) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.flush(timeout)?;
        self.buffers.check_room()?;
        let deadline = deadline_ahead(timeout)?;
        let amount = self.read_some(deadline).map_err(|error| timed(error, timeout))?;
        self.buffers.input_appended(amount);
        self.stats.add(Counter::BytesReceived, amount as u64);
        Ok(amount > 0)
    }

    /// An idle connection is good as long as it is young and nothing has come: neither its end nor bytes that nobody
    /// asked for.
    fn is_open(&mut self) -> bool {
        let is_quiet = || self.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.made.elapsed() < MAX_AGE && is_quiet()
    }
}

/// When this time will have passed.
pub(crate) fn deadline(timeout: NextTimeout) -> Option<Instant> {
    (!timeout.after.is_not_happening()).then(|| Instant::now() + *timeout.after)
}

/// The deadline, unless it has passed: one that sends without a pause is not waited for, and yet comes to its end.
fn deadline_ahead(timeout: NextTimeout) -> Result<Option<Instant>, ureq::Error> {
    if timeout.after.is_zero() { Err(ureq::Error::Timeout(timeout.reason)) } else { Ok(deadline(timeout)) }
}

/// The error as ureq knows it.
pub(crate) fn timed(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    if is_time_limit(&error) { ureq::Error::Timeout(timeout.reason) } else { error.into() }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_connection_is_open_while_it_is_young_and_quiet() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let mut transport = TcpTransport::new(stream, &Arc::default());
        assert!(transport.is_open());
        let made = transport.made;
        transport.made = made.checked_sub(MAX_AGE).unwrap();
        assert!(!transport.is_open());
        transport.made = made;
        peer.write_all(b"?").unwrap();
        Waiting::new().readable(&transport.stream).until(None).unwrap();
        assert!(!transport.is_open());
    }
}

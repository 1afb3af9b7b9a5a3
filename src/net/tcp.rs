//! A TCP connection for ureq: it keeps to its deadline, can be cancelled, and counts its bytes.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::buffers::WipedBuffers;
use super::limit::{deadline_or_timeout, timed};
use super::wait::{PollSet, check_process};
use crate::error::{Code, Error};
use crate::stats::{Counter, Stats};
use crate::sys::Kept;

/// The held output is sent when there is less space than this behind it, in bytes.
const ROOM: usize = 1024;

/// A connection is not used again after this time, so that a change of the name's addresses takes effect in the end.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// A connection over a non-blocking stream.
pub(crate) struct TcpTransport {
    stream: Kept<TcpStream>,
    stats: Arc<Stats>,
    buffers: WipedBuffers,
    made: Instant,
    /// How many bytes of this response were received, and how many may be.
    received: u64,
    most: u64,
    /// When a read last waited for input. None if there cannot be any yet.
    waited: Option<Instant>,
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TcpTransport")
    }
}

impl TcpTransport {
    /// `most` is the largest size of a response on the wire, in bytes, including its head and any handshakes before it.
    pub(crate) fn new(stream: Kept<TcpStream>, stats: &Arc<Stats>, most: u64) -> TcpTransport {
        let (buffers, made) = (WipedBuffers::new(), Instant::now());
        TcpTransport { stream, stats: Arc::clone(stats), buffers, made, received: 0, most, waited: None }
    }

    /// Adds output. `write` fills the free space and returns the number of bytes, or None if the space is too small;
    /// then the held output is sent, and `write` is called again with all of the space. The output is held for what
    /// follows, so that the head and the body of a request are sent together.
    pub(crate) fn add(
        &mut self,
        deadline: Option<Instant>,
        mut write: impl FnMut(&mut [u8]) -> io::Result<Option<usize>>,
    ) -> io::Result<()> {
        let mut written = write(self.buffers.output())?;
        if written.is_none() {
            self.flush(deadline)?;
            written = write(self.buffers.output())?;
        }
        let amount = written.ok_or_else(|| io::Error::other("what is to be sent has no room"))?;
        self.hold(amount, deadline)
    }

    fn hold(&mut self, amount: usize, deadline: Option<Instant>) -> io::Result<()> {
        self.buffers.hold(amount);
        if self.buffers.output().len() < ROOM { self.flush(deadline) } else { Ok(()) }
    }

    /// Sends the held output.
    pub(crate) fn flush(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let amount = self.buffers.held().len();
        if amount > 0 {
            self.write_all(deadline)?;
            self.buffers.release();
            self.stats.add(Counter::BytesSent, amount as u64);
            self.waited = None;
        }
        Ok(())
    }

    /// Sends the held output, and reads some bytes into the input buffer. Returns their number.
    fn fill(&mut self, timeout: NextTimeout) -> io::Result<usize> {
        let deadline = deadline_or_timeout(timeout)?;
        self.flush(deadline)?;
        let amount = read_some(&self.stream, self.buffers.input_append_buf(), deadline, &mut self.waited)?;
        self.buffers.input_appended(amount);
        self.count(amount)
    }

    /// Reads some bytes from the input buffer. If that is empty, sends the held output and reads from the socket, past
    /// the buffer. Returns the number of bytes.
    pub(crate) fn read(&mut self, bytes: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        let left = self.buffers.input();
        if !left.is_empty() {
            let amount = left.len().min(bytes.len());
            bytes[..amount].copy_from_slice(&left[..amount]);
            self.buffers.input_consume(amount);
            return Ok(amount);
        }
        self.flush(deadline)?;
        let amount = read_some(&self.stream, bytes, deadline, &mut self.waited)?;
        self.count(amount)
    }

    /// Counts received bytes. The limit also ends a response that goes on for ever in heads, chunks or records.
    fn count(&mut self, amount: usize) -> io::Result<usize> {
        self.stats.add(Counter::BytesReceived, amount as u64);
        self.received += amount as u64;
        if self.received <= self.most {
            return Ok(amount);
        }
        let text = format!("max_response_bytes: the answer takes more than {} bytes on the wire", self.most);
        Err(io::Error::other(Error::new(Code::Protocol, text)))
    }

    fn write_all(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let mut rest = self.buffers.held();
        while !rest.is_empty() {
            check_process()?;
            match (&*self.stream).write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(amount) => rest = &rest[amount..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    PollSet::new().writable(&self.stream).until(deadline)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// How often the cancel token is checked while there is always something to read.
const CANCEL_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Reads some bytes. Waits first if there may be nothing to read, and from time to time if there always is: a peer that
/// sends without a pause delays neither cancellation nor the deadline.
fn read_some(
    mut stream: &TcpStream,
    bytes: &mut [u8],
    deadline: Option<Instant>,
    waited: &mut Option<Instant>,
) -> io::Result<usize> {
    loop {
        if waited.is_none_or(|waited| waited.elapsed() >= CANCEL_CHECK_INTERVAL) {
            PollSet::new().readable(stream).until(deadline)?;
            *waited = Some(Instant::now());
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(ErrorKind::TimedOut.into());
        }
        check_process()?;
        match stream.read(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => *waited = None,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        deadline_or_timeout(timeout)
            .and_then(|deadline| self.hold(amount, deadline))
            .map_err(|error| timed(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.buffers.check_room()?;
        let amount = self.fill(timeout).map_err(|error| timed(error, timeout))?;
        Ok(amount > 0)
    }

    /// ureq calls this twice: when it has read a response, and before it uses the connection again. Input is checked
    /// only the second time. The connection is good as long as it is young and nothing has arrived, neither its end nor
    /// bytes that nobody asked for. What arrives from now on belongs to another response.
    fn is_open(&mut self) -> bool {
        let was_used = mem::take(&mut self.received) > 0;
        self.waited = None;
        if check_process().is_err() {
            return false;
        }
        let is_quiet = || self.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.made.elapsed() < MAX_AGE && (was_used || is_quiet())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::net::cancel::CancelToken;
    use crate::net::wait::is_time_limit;
    use crate::net::wait::with_cancel_token;

    /// A connection and its other end.
    fn connected() -> (TcpTransport, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        (TcpTransport::new(Kept::new(stream).unwrap(), &Arc::default(), u64::MAX), listener.accept().unwrap().0)
    }

    #[test]
    fn what_is_sent_leaves_together_when_something_is_awaited() {
        let (mut transport, mut peer) = connected();
        let sent = |transport: &TcpTransport| transport.stats.get(b"bytes_sent").unwrap();
        for part in [b"head ", b"body "] {
            transport.buffers().output()[..part.len()].copy_from_slice(part);
            transport.transmit_output(part.len(), NextTimeout::default()).unwrap();
        }
        let write = |part: &'static [u8]| {
            move |room: &mut [u8]| {
                room[..part.len()].copy_from_slice(part);
                Ok(Some(part.len()))
            }
        };
        transport.add(None, write(b"more")).unwrap();
        assert_eq!(sent(&transport), 0);
        peer.write_all(b"answer").unwrap();
        assert!(transport.await_input(NextTimeout::default()).unwrap());
        let mut received = [0; 14];
        peer.read_exact(&mut received).unwrap();
        assert_eq!((&received, sent(&transport)), (b"head body more", 14));
        // What is in the buffer comes first, even for a read past the buffer.
        let mut read = [0; 4];
        assert_eq!((transport.read(&mut read, None).unwrap(), &read), (4, b"answ"));
        assert_eq!((transport.read(&mut read, None).unwrap(), &read[..2]), (2, b"er".as_slice()));
        peer.write_all(b"next").unwrap();
        assert_eq!((transport.read(&mut read, None).unwrap(), &read), (4, b"next"));
    }

    #[test]
    fn what_has_no_more_room_leaves_at_once() {
        let (mut transport, mut peer) = connected();
        let room = transport.buffers().output().len();
        let long: Vec<_> = (0..3 * room).map(|i| i as u8).collect();
        for part in long.chunks(room / 3 + 1) {
            let write = |room: &mut [u8]| {
                Ok(room.get_mut(..part.len()).map(|room| {
                    room.copy_from_slice(part);
                    part.len()
                }))
            };
            transport.add(None, write).unwrap();
        }
        transport.flush(None).unwrap();
        let too_long = transport.add(None, |_| Ok(None)).unwrap_err();
        assert_eq!(too_long.to_string(), "what is to be sent has no room");
        let mut received = vec![0; long.len()];
        peer.read_exact(&mut received).unwrap();
        assert!(received == long && transport.buffers().output().len() == room);
    }

    #[test]
    fn an_answer_has_an_end_on_the_wire() {
        let (mut transport, mut peer) = connected();
        transport.most = 8;
        for _ in 0..2 {
            peer.write_all(b"8 bytes.").unwrap();
            while transport.buffers().input().len() < 8 {
                assert!(transport.await_input(NextTimeout::default()).unwrap());
            }
            transport.buffers().input_consume(8);
            assert!(transport.is_open());
        }
        peer.write_all(b"9 bytes..").unwrap();
        let error = loop {
            if let Err(error) = transport.await_input(NextTimeout::default()) {
                break error;
            }
        };
        let text = "max_response_bytes: the answer takes more than 8 bytes on the wire";
        assert!(error.to_string().contains(text), "{error}");
    }

    #[test]
    fn a_peer_that_does_not_pause_holds_up_neither_the_deadline_nor_cancellation() {
        let (mut transport, mut peer) = connected();
        peer.write_all(b"more").unwrap();
        let passed = transport.read(&mut [0], Some(Instant::now())).unwrap_err();
        assert!(is_time_limit(&passed), "{passed}");
        let cancel = CancelToken::alone().unwrap();
        cancel.cancel();
        let stopped = with_cancel_token(Some(&cancel), || {
            loop {
                if let Err(stopped) = transport.read(&mut [0], None) {
                    return stopped;
                }
                peer.write_all(b"more").unwrap();
            }
        });
        assert_eq!(stopped.to_string(), "stopped");
    }

    #[test]
    fn a_connection_is_open_while_it_is_young_and_quiet() {
        let (mut transport, mut peer) = connected();
        assert!(transport.is_open());
        let made = transport.made;
        transport.made = made.checked_sub(MAX_AGE).unwrap();
        assert!(!transport.is_open());
        transport.made = made;
        peer.write_all(b"answer").unwrap();
        assert!(transport.await_input(NextTimeout::default()).unwrap());
        peer.write_all(b"?").unwrap();
        PollSet::new().readable(&transport.stream).until(None).unwrap();
        // The response has been read. The second call is for the next use.
        assert!(transport.is_open());
        assert!(!transport.is_open());
    }
}

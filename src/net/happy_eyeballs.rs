//! Connects to a host with several addresses: the first connection that is established wins (RFC 8305).

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::slice;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::wait::{PollSet, is_time_limit};
use crate::error::{Code, Error, reason};
use crate::sys::{Kept, is_connecting, is_exhaustion};

/// How long an address is tried alone before the next one is tried in parallel.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to one of the addresses, of which there may be at most [`PollSet::MOST`]. Tries them in their order.
/// Returns a non-blocking stream. The error names the host and the result for each address; its code is `Timeout` if
/// the deadline passed.
pub(crate) fn connect(
    host: &str,
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
) -> Result<Kept<TcpStream>, Error> {
    Attempts { host, next: addresses.iter(), running: Vec::new(), lost: Vec::new() }.run(deadline)
}

struct Attempts<'a> {
    host: &'a str,
    /// Addresses that were not tried yet.
    next: slice::Iter<'a, SocketAddr>,
    /// Connections that are being established. Those that remain at the end are closed.
    running: Vec<(SocketAddr, Kept<TcpStream>)>,
    lost: Vec<(SocketAddr, io::Error)>,
}

impl Attempts<'_> {
    fn run(mut self, deadline: Option<Instant>) -> Result<Kept<TcpStream>, Error> {
        loop {
            self.start_next();
            let is_last = self.next.len() == 0;
            if self.running.is_empty() {
                if is_last {
                    return Err(self.explain(None));
                }
                continue;
            }
            let turn = Instant::now() + HEAD_START;
            let is_turn = !is_last && deadline.is_none_or(|deadline| turn < deadline);
            match self.first(if is_turn { Some(turn) } else { deadline }) {
                Ok(Some(stream)) => return Ok(stream),
                Ok(None) => {}
                Err(error) if is_turn && is_time_limit(&error) => {}
                Err(error) => return Err(self.explain(Some(error))),
            }
        }
    }

    /// Starts to connect to the next address, if there is one.
    fn start_next(&mut self) {
        if let Some(address) = self.next.next() {
            match start(*address) {
                Ok(stream) => self.running.push((*address, stream)),
                Err(error) => self.lost.push((*address, error)),
            }
        }
    }

    /// Waits until one of the connections is established or fails. Returns its stream, or None if it failed.
    fn first(&mut self, deadline: Option<Instant>) -> io::Result<Option<Kept<TcpStream>>> {
        let waiting = self.running.iter().fold(PollSet::new(), |waiting, (_, stream)| waiting.writable(stream));
        let index = waiting.until(deadline)?;
        let (address, stream) = self.running.swap_remove(index);
        match stream.take_error().and_then(|error| error.map_or(Ok(()), Err)).and_then(|()| stream.set_nodelay(true)) {
            Ok(()) => Ok(Some(stream)),
            Err(error) => {
                self.lost.push((address, error));
                Ok(None)
            }
        }
    }

    /// The error for having no connection: either the wait ended with `ended`, or all connections failed (None).
    fn explain(&self, ended: Option<io::Error>) -> Error {
        let lost = self.lost.iter().map(|(address, error)| format!("{address}: {}", reason(error)));
        let silent = self.running.iter().map(|(address, _)| format!("{address}: no answer"));
        let list = lost.chain(silent).collect::<Vec<_>>().join("; ");
        let host = self.host;
        match ended {
            Some(error) if is_time_limit(&error) => {
                Error::new(Code::Timeout, format!("no connection to {host} ({list})"))
            }
            Some(error) => Error::new(Code::Connect, format!("cannot wait for {host} ({list}): {}", reason(&error))),
            None if list.is_empty() => Error::new(Code::Connect, format!("{host} has no address")),
            None => {
                let exhausted = self.lost.iter().any(|(_, error)| is_exhaustion(error));
                let code = if exhausted { Code::Resource } else { Code::Connect };
                Error::new(code, format!("cannot connect to {host} ({list})"))
            }
        }
    }
}

/// Starts to establish a connection. When the stream becomes writable, it is connected or has failed.
fn start(address: SocketAddr) -> io::Result<Kept<TcpStream>> {
    let stream = Kept::new(TcpStream::from(Socket::new(Domain::for_address(address), Type::STREAM, None)?))?;
    stream.set_nonblocking(true)?;
    match SockRef::from(&*stream).connect(&address.into()) {
        Err(error) if !is_connecting(&error) => Err(error),
        _ => Ok(stream),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::net::cancel::CancelToken;
    use crate::net::wait::with_cancel_token;

    /// A socket that does not listen at its address.
    fn closed() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    #[test]
    fn the_next_address_starts_at_once_when_one_fails() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (_closed, refusing) = closed();
        let mut addresses = vec![refusing; PollSet::MOST - 1];
        addresses.push(address);
        let start = Instant::now();
        let stream = connect("host", &addresses, None).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        // With a head start for each address it would take 3,750 ms.
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }

    #[test]
    fn a_stop_ends_the_race() {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        // They fill the queue, and nobody accepts them: further connections hang.
        let _queued: Vec<_> = (0..4).map(|_| start(address).unwrap()).collect();
        let (cancel, begin) = (CancelToken::alone().unwrap(), Instant::now());
        let error = thread::scope(|scope| {
            let raced =
                scope.spawn(|| with_cancel_token(Some(&cancel), || connect("host", &[address; 3], None).unwrap_err()));
            thread::sleep(Duration::from_millis(50));
            cancel.cancel();
            raced.join().unwrap()
        });
        assert_eq!(error.code(), Code::Connect, "{error}");
        assert!(begin.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn an_error_names_the_host_and_each_address() {
        let (_closed, refusing) = closed();
        let addresses = [refusing, "[::1]:1".parse().unwrap()];
        let error = connect("sms.example", &addresses, None).unwrap_err();
        assert_eq!(error.code(), Code::Connect);
        assert!(error.message().starts_with("cannot connect to sms.example ("), "{error}");
        assert!(addresses.iter().all(|address| error.message().contains(&format!("{address}: "))), "{error}");
        assert_eq!(connect("sms.example", &[], None).unwrap_err().message(), "sms.example has no address");
    }
}

//! A TLS connection over a TCP connection. Records are received into a buffer of this module, where rustls decrypts
//! them, and are encrypted into the buffer of the TCP connection. The buffers of rustls would grow and shrink with
//! every response.

use std::io::{self, ErrorKind};
use std::time::Instant;

use rustls::client::UnbufferedClientConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};
use ureq::unversioned::transport::Transport;

use super::buffers::BUFFER_SIZE;
use super::tcp::TcpTransport;

/// The most plaintext in one record, in bytes.
const RECORD: usize = 16 * 1024;

/// The largest buffer for received records, in bytes. The certificates of a server must fit as a whole: no handshake
/// message is longer than 64 KiB.
const MOST: usize = 128 * 1024;

/// A TLS connection.
pub(crate) struct TlsStream {
    pub connection: UnbufferedClientConnection,
    tcp: TcpTransport,
    incoming: Incoming,
    /// Decrypted bytes that were not read yet.
    left: Vec<u8>,
    is_closed: bool,
}

/// Records as they were received.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
    /// The records are in `bytes[start..end]`.
    start: usize,
    end: usize,
}

impl Incoming {
    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn discard(&mut self, amount: usize) {
        self.start += amount;
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Free space for more records. Fails if there would be more than [`MOST`] bytes.
    fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.start.., 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.bytes.len() {
            let size = (2 * self.end).max(BUFFER_SIZE);
            if size > MOST {
                return Err(io::Error::other("the TLS handshake of the server is too long"));
            }
            self.bytes.resize(size, 0);
        }
        Ok(&mut self.bytes[self.end..])
    }
}

/// The state in which [`TlsStream::step`] stops.
enum Step {
    /// More must be received before anything can be sent.
    Blocked,
    /// Something can be sent, or was encrypted.
    Ready,
    /// This many bytes were decrypted into `received`.
    Received(usize),
    /// The peer has closed the connection as TLS requires.
    Closed,
}

impl TlsStream {
    /// Does the handshake.
    pub(crate) fn connect(
        connection: UnbufferedClientConnection,
        tcp: TcpTransport,
        deadline: Option<Instant>,
    ) -> io::Result<TlsStream> {
        let mut stream =
            TlsStream { connection, tcp, incoming: Incoming::default(), left: Vec::new(), is_closed: false };
        loop {
            match stream.step(&[], &mut [], deadline)? {
                Step::Ready => return Ok(stream),
                Step::Blocked => stream.receive(deadline)?,
                Step::Received(_) | Step::Closed => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// Encrypts bytes, and holds them for what follows.
    pub(crate) fn write_all(&mut self, bytes: &[u8], deadline: Option<Instant>) -> io::Result<()> {
        for part in bytes.chunks(RECORD) {
            loop {
                match self.step(part, &mut [], deadline)? {
                    Step::Ready => break,
                    Step::Blocked => self.receive(deadline)?,
                    Step::Received(_) | Step::Closed => {}
                }
            }
        }
        Ok(())
    }

    /// Sends the held output, and reads some bytes. Returns their number; 0 at the end.
    pub(crate) fn read(&mut self, bytes: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        if !self.left.is_empty() {
            let amount = self.left.len().min(bytes.len());
            bytes[..amount].copy_from_slice(&self.left[..amount]);
            self.left.drain(..amount);
            return Ok(amount);
        }
        while !self.is_closed {
            match self.step(&[], bytes, deadline)? {
                Step::Received(0) => {}
                Step::Received(amount) => return Ok(amount),
                Step::Closed => self.is_closed = true,
                Step::Blocked | Step::Ready => self.receive(deadline)?,
            }
        }
        Ok(0)
    }

    /// Whether nothing has arrived that nobody asked for: no data, no part of a record, and not the end.
    pub(crate) fn is_open(&mut self) -> bool {
        let is_quiet = matches!(self.step(&[], &mut [], Some(Instant::now())), Ok(Step::Ready));
        is_quiet && self.left.is_empty() && self.incoming.is_empty() && !self.is_closed && self.tcp.is_open()
    }

    /// Receives something. The end of the TCP connection is an error here, since TLS has not ended before it.
    fn receive(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        match self.tcp.read(self.incoming.room()?, deadline)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            amount => {
                self.incoming.end += amount;
                Ok(())
            }
        }
    }

    /// Does all that is possible with what was received, until it has decrypted something into `received` or can
    /// encrypt `to_send`. What does not fit into `received` is kept for later.
    fn step(&mut self, to_send: &[u8], received: &mut [u8], deadline: Option<Instant>) -> io::Result<Step> {
        let TlsStream { connection, tcp, incoming, left, .. } = self;
        loop {
            let records = &mut incoming.bytes[incoming.start..incoming.end];
            let UnbufferedStatus { discard, state, .. } = connection.process_tls_records(records);
            let step = match state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    let encoded = tcp.add(deadline, |room| match data.encode(room) {
                        Ok(amount) => Ok(Some(amount)),
                        Err(EncodeError::InsufficientSize(_)) => Ok(None),
                        Err(error) => Err(io::Error::other(error)),
                    });
                    encoded.map(|()| None)
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // The data is held, and is sent before the next wait for input.
                    data.done();
                    Ok(None)
                }
                Ok(ConnectionState::WriteTraffic(_)) if to_send.is_empty() => Ok(Some(Step::Ready)),
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let encrypted = tcp.add(deadline, |room| match traffic.encrypt(to_send, room) {
                        Ok(amount) => Ok(Some(amount)),
                        Err(EncryptError::InsufficientSize(_)) => Ok(None),
                        Err(error) => Err(io::Error::other(error)),
                    });
                    encrypted.map(|()| Some(Step::Ready))
                }
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    let mut amount = 0;
                    while let Some(record) = traffic.next_record() {
                        let payload = record.map_err(invalid)?.payload;
                        let (now, later) = payload.split_at(payload.len().min(received.len() - amount));
                        received[amount..][..now.len()].copy_from_slice(now);
                        amount += now.len();
                        left.extend_from_slice(later);
                    }
                    Ok(Some(Step::Received(amount)))
                }
                Ok(ConnectionState::BlockedHandshake) => Ok(Some(Step::Blocked)),
                Ok(_) => Ok(Some(Step::Closed)),
                Err(error) => Err(invalid(error)),
            };
            incoming.discard(discard);
            match step {
                Ok(None) => {}
                Ok(Some(step)) => return Ok(step),
                Err(error) => {
                    self.send_alert(deadline);
                    return Err(error);
                }
            }
        }
    }

    /// Tells the peer about an error, if possible.
    fn send_alert(&mut self, deadline: Option<Instant>) {
        let TlsStream { connection, tcp, incoming, .. } = self;
        let records = &mut incoming.bytes[incoming.start..incoming.end];
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = connection.process_tls_records(records).state {
            let alert = tcp.add(deadline, |room| Ok(data.encode(room).ok()));
            // The error that the peer is told about is the one that matters.
            let _ = alert.and_then(|()| tcp.flush(deadline));
        }
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

    use super::*;
    use crate::sys::Kept;

    type Server = StreamOwned<ServerConnection, TcpStream>;

    fn deadline() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(30))
    }

    /// A connection, and the thread in which the server handles it.
    fn connected<T: Send + 'static>(
        version: &'static SupportedProtocolVersion,
        serve: impl FnOnce(Server) -> T + Send + 'static,
    ) -> (TlsStream, thread::JoinHandle<T>) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = [version];
        let server =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&versions).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions).unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let serving = thread::spawn(move || {
            let connection = ServerConnection::new(Arc::new(server)).unwrap();
            serve(StreamOwned::new(connection, listener.accept().unwrap().0))
        });
        let name = ServerName::try_from("localhost").unwrap();
        let connection = UnbufferedClientConnection::new(Arc::new(client), name).unwrap();
        let tcp = TcpTransport::new(Kept::new(stream).unwrap(), &Arc::default(), u64::MAX);
        (TlsStream::connect(connection, tcp, deadline()).unwrap(), serving)
    }

    fn read_all(stream: &mut TlsStream, piece: usize) -> (Vec<u8>, io::Result<()>) {
        let (mut all, mut bytes) = (Vec::new(), vec![0; piece]);
        loop {
            match stream.read(&mut bytes, deadline()) {
                Ok(0) => return (all, Ok(())),
                Ok(amount) => all.extend_from_slice(&bytes[..amount]),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    #[test]
    fn what_is_sent_and_received_is_whole_however_it_is_cut() {
        let long: Vec<u8> = (0..5 * BUFFER_SIZE + 7).map(|i| (i / 251) as u8).collect();
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            for piece in [1_000, 16_384, 100_000] {
                let (question, answer) = (long.clone(), long.clone());
                let (mut stream, serving) = connected(version, move |mut server| {
                    let mut received = vec![0; question.len()];
                    server.read_exact(&mut received).unwrap();
                    assert!(received == question);
                    answer.chunks(piece).for_each(|part| server.write_all(part).unwrap());
                    server.conn.send_close_notify();
                    server.flush().unwrap();
                });
                long.chunks(piece).for_each(|part| stream.write_all(part, deadline()).unwrap());
                let (received, end) = read_all(&mut stream, 5_000);
                assert!(received == long && end.is_ok());
                // The end stays the end.
                assert_eq!(stream.read(&mut [0], deadline()).unwrap(), 0);
                serving.join().unwrap();
            }
        }
    }

    #[test]
    fn an_end_without_that_of_tls_is_an_error() {
        let (mut stream, serving) = connected(&rustls::version::TLS13, |mut server| server.write_all(b"half").unwrap());
        let (received, end) = read_all(&mut stream, 100);
        assert_eq!((&*received, end.unwrap_err().kind()), (b"half".as_slice(), ErrorKind::UnexpectedEof));
        serving.join().unwrap();
    }

    #[test]
    fn a_connection_is_open_while_nothing_has_come_that_nobody_asked_for() {
        // A whole record, a part of one, and the end of TLS.
        let unasked: [fn(&mut ServerConnection, &mut Vec<u8>); 3] = [
            |connection, _| connection.writer().write_all(b"?").unwrap(),
            |_, records| records.extend([23, 3, 3]),
            |connection, _| connection.send_close_notify(),
        ];
        for add in unasked {
            let (mut stream, serving) = connected(&rustls::version::TLS13, move |mut server| {
                server.write_all(b"answer").unwrap();
                server.read_exact(&mut [0; 4]).unwrap();
                server.conn.writer().write_all(b"more").unwrap();
                let mut records = Vec::new();
                server.conn.write_tls(&mut records).unwrap();
                add(&mut server.conn, &mut records);
                while server.conn.wants_write() {
                    server.conn.write_tls(&mut records).unwrap();
                }
                // Sent together, so that they are received together.
                server.sock.write_all(&records).unwrap();
                server
            });
            let mut bytes = [0; 6];
            assert_eq!((stream.read(&mut bytes, deadline()).unwrap(), &bytes), (6, b"answer"));
            assert!(stream.is_open() && stream.is_open());
            stream.write_all(b"next", deadline()).unwrap();
            assert_eq!((stream.read(&mut bytes, deadline()).unwrap(), &bytes[..4]), (4, b"more".as_slice()));
            let _server = serving.join().unwrap();
            assert!(!(stream.is_open() && stream.is_open()));
        }
    }

    #[test]
    fn what_is_no_tls_is_told_to_the_peer() {
        let (mut stream, serving) = connected(&rustls::version::TLS13, |mut server| {
            server.conn.complete_io(&mut server.sock).unwrap();
            server.sock.write_all(&[23, 3, 3, 0, 20]).unwrap();
            server.sock.write_all(&[0; 20]).unwrap();
            let error = server.read(&mut [0]).unwrap_err();
            error.get_ref().unwrap().downcast_ref::<rustls::Error>().unwrap().clone()
        });
        let (received, end) = read_all(&mut stream, 100);
        let error = end.unwrap_err();
        let error = error.get_ref().unwrap().downcast_ref::<rustls::Error>().unwrap();
        assert_eq!((received.len(), error), (0, &rustls::Error::DecryptError));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac);
        assert_eq!(serving.join().unwrap(), alert);
    }

    #[test]
    fn a_read_has_an_end() {
        let (mut stream, serving) = connected(&rustls::version::TLS13, |mut server| server.read(&mut [0]).unwrap_or(0));
        let soon = Some(Instant::now() + Duration::from_millis(20));
        assert_eq!(stream.read(&mut [0], soon).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(stream.read(&mut [0], soon).unwrap_err().kind(), ErrorKind::TimedOut);
        drop(stream);
        assert_eq!(serving.join().unwrap(), 0);
    }
}

//! Tunnels through a proxy, and whether the proxy accepts the credentials. The proxy looks up the name of the host.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::failure;
use super::connect::Connection;
use super::limit::{deadline, time_left};
use super::proxy_handshake::{ProxyHandshake, no_answer};
use super::wait::{PollSet, is_time_limit};
use super::{http_connect, socks5};
use crate::config::proxy::{Protocol, Proxy};
use crate::config::url::{bare_host, joined, port};
use crate::error::{Code, Error, reason};
use crate::sys::Event;

/// Asks the proxy to connect to the host, if there is a proxy.
#[derive(Clone)]
pub(crate) struct Tunnel {
    pub proxy: Option<Arc<Proxy>>,
    pub trial: Arc<CredentialTrial>,
}

/// Whether the proxy accepts the credentials. One connection finds out, and the others wait: wrong credentials are sent
/// only once, so that no account is locked because of them.
#[derive(Default)]
pub(crate) struct CredentialTrial {
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    Untried,
    /// The event is set when the result is known, or another connection is to try.
    Trying(Arc<Event>),
    Taken,
    /// Final: nothing is sent to the proxy any more.
    Refused(Error),
}

/// Held by the connection that tries the credentials.
struct Turn<'t> {
    trial: &'t CredentialTrial,
    ended: Arc<Event>,
}

impl CredentialTrial {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the credentials are known to be accepted (None), or until this connection has the turn to try them.
    /// Fails if they are refused or the time runs out.
    fn enter(&self, proxy: &Proxy, timeout: NextTimeout) -> Result<Option<Turn<'_>>, Error> {
        let until = deadline(timeout);
        loop {
            let ended = match &mut *self.lock() {
                State::Taken => return Ok(None),
                State::Refused(error) => return Err(error.clone()),
                State::Trying(ended) => Arc::clone(ended),
                state => {
                    let none = |error| Error::new(Code::Resource, format!("no descriptor: {}", reason(&error)));
                    let ended = Arc::new(Event::new().map_err(none)?);
                    *state = State::Trying(Arc::clone(&ended));
                    return Ok(Some(Turn { trial: self, ended }));
                }
            };
            PollSet::new().readable(&*ended).until(until).map_err(|error| match is_time_limit(&error) {
                true => no_answer(proxy),
                false => Error::new(Code::Connect, format!("cannot wait for the proxy {proxy}: {}", reason(&error))),
            })?;
        }
    }

    /// Notes the result of a connection.
    fn note(&self, opened: &Result<(), Error>) {
        match opened {
            Ok(()) => *self.lock() = State::Taken,
            Err(error) if error.code() == Code::Config => *self.lock() = State::Refused(error.clone()),
            Err(_) => {}
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.trial.lock();
        if matches!(*state, State::Trying(_)) {
            *state = State::Untried;
        }
        drop(state);
        self.ended.set();
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tunnel")
    }
}

impl<In: Transport> Connector<In> for Tunnel {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, ureq::Error> {
        let Some(proxy) = &self.proxy else { return Ok(chained) };
        let Some(mut transport) = chained else { return Ok(None) };
        Connection::Failed.note();
        let (host, port) = (bare_host(details.uri), port(details.uri));
        self.open(proxy, &mut transport, host, port, time_left(details)).map_err(failure)?;
        Connection::New.note();
        Ok(Some(transport))
    }
}

impl Tunnel {
    /// Asks the proxy at the other end of `transport` to connect to this host. Sends nothing if the proxy has refused
    /// the credentials.
    pub(crate) fn open(
        &self,
        proxy: &Proxy,
        transport: &mut dyn Transport,
        host: &str,
        port: u16,
        timeout: NextTimeout,
    ) -> Result<(), Error> {
        let mut handshake = ProxyHandshake { proxy, transport, timeout, start: Instant::now() };
        if proxy.credentials.is_none() {
            return lead(&mut handshake, host, port);
        }
        let _turn = self.trial.enter(proxy, timeout)?;
        let opened = lead(&mut handshake, host, port);
        self.trial.note(&opened);
        opened
    }
}

/// Does the handshake in the protocol of the proxy.
fn lead(handshake: &mut ProxyHandshake<'_>, host: &str, port: u16) -> Result<(), Error> {
    match handshake.proxy.protocol {
        Protocol::Http => http_connect::connect(handshake, &joined(host, port)),
        Protocol::Socks5 => socks5::connect(handshake, host, port),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use ureq::unversioned::transport::Buffers;

    use super::*;
    use crate::net::buffers::WipedBuffers;

    /// A connection to a proxy that sends `answer`, `piece` bytes at a time, and then closes it.
    struct Script {
        buffers: WipedBuffers,
        answer: VecDeque<u8>,
        piece: usize,
        sent: Vec<u8>,
    }

    impl fmt::Debug for Script {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Script")
        }
    }

    impl Transport for Script {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
            self.sent.extend_from_slice(&self.buffers.output()[..amount]);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
            let now: Vec<_> = self.answer.drain(..self.piece.min(self.answer.len())).collect();
            self.buffers.input_append_buf()[..now.len()].copy_from_slice(&now);
            self.buffers.input_appended(now.len());
            Ok(!now.is_empty())
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    fn script(answer: &[u8], piece: usize) -> Script {
        Script { buffers: WipedBuffers::new(), answer: answer.iter().copied().collect(), piece, sent: Vec::new() }
    }

    fn tunnel(proxy: &str) -> (Tunnel, Arc<Proxy>) {
        let proxy: Arc<Proxy> = Arc::new(proxy.parse().unwrap());
        (Tunnel { proxy: Some(Arc::clone(&proxy)), trial: Arc::default() }, proxy)
    }

    /// The result of an answer, however it is cut: what was sent and what is left for TLS, or the error.
    fn led(proxy: &str, answer: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let of = |piece| {
            let (tunnel, proxy) = tunnel(proxy);
            let mut script = script(answer, piece);
            tunnel.open(&proxy, &mut script, "sms.test", 443, NextTimeout::default())?;
            Ok((script.sent, [script.buffers.input(), script.answer.make_contiguous()].concat()))
        };
        let whole = of(answer.len());
        for piece in 1..answer.len() {
            assert_eq!(of(piece), whole, "{piece} bytes at a time");
        }
        whole
    }

    #[test]
    fn answers_that_open_the_way() {
        let request = "CONNECT sms.test:443 HTTP/1.1\r\nHost: sms.test:443\r\n\r\n";
        for answer in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n",
            "HTTP/1.1 200\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\nVia: x\n\n",
            "HTTP/1.1 200 OK\r\nVia: x\r\n y\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ] {
            let (sent, left) = led("http://p:1", format!("{answer}\x16\x03\x01").as_bytes()).unwrap();
            assert_eq!(
                (sent.as_slice(), left.as_slice()),
                (request.as_bytes(), b"\x16\x03\x01".as_slice()),
                "{answer:?}"
            );
        }
        let (sent, _) = led("http://Aladdin:open%20sesame@p:1", b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let header = "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
        assert_eq!(String::from_utf8(sent).unwrap(), request.replace("\r\n\r\n", &format!("\r\n{header}")));
        let (sent, left) = led("socks5h://p:1", b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50\x16").unwrap();
        assert_eq!(sent, b"\x05\x01\x00\x05\x01\x00\x03\x08sms.test\x01\xbb");
        assert_eq!(left, b"\x16");
    }

    #[test]
    fn answers_that_do_not() {
        let basic = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"a, NTLM b\"\r\n\r\n";
        let others = "HTTP/1.1 407 No\r\nproxy-authenticate: Negotiate, Digest realm=\"a\", nonce=\"b\", qop=x\r\n\
            Proxy-Authenticate: NTLM TlRMTVNTUAAC==\r\nVia: x\r\n\r\n";
        let both = "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: basic realm=x\r\n\r\n";
        for (proxy, answer, code, status, part) in [
            ("http://p:1", basic, Code::Config, 0, "it wants a user name and a password"),
            ("http://u:s@p:1", basic, Code::Config, 0, "the user name or the password is wrong"),
            ("http://u:s@p:1", both, Code::Config, 0, "the user name or the password is wrong"),
            ("http://u:s@p:1", "HTTP/1.1 407\r\n\r\n", Code::Config, 0, "the user name or the password is wrong"),
            (
                "http://u:s@p:1",
                others,
                Code::Config,
                0,
                "it wants Negotiate or Digest or NTLM, and this library speaks Basic",
            ),
            (
                "http://p:1",
                others,
                Code::Config,
                0,
                "it wants Negotiate or Digest or NTLM, and this library speaks Basic",
            ),
            ("http://p:1", "HTTP/1.1 403 No\r\n\r\n", Code::Http, 403, "does not connect to sms.test:443"),
            ("http://p:1", "HTTP/1.1 302 Found\n\n", Code::Http, 302, "HTTP status 302"),
            ("http://p:1", "HTTP/1.1 101 Switch\r\n\r\nHTTP/1.1 403 No\r\n\r\n", Code::Http, 403, "HTTP status 403"),
            ("http://p:1", "HTTP/1.1 429 Wait\r\n\r\n", Code::RateLimited, 429, "HTTP status 429"),
            ("http://p:1", "HTTP/1.1 504 Late\r\n\r\n", Code::Connect, 0, "HTTP status 504"),
            ("http://p:1", "HTTP/1.1 200 OK\r\nVia: x\r\n", Code::Connect, 0, "closes the connection"),
            ("http://p:1", "ICY 200 OK\r\n\r\n", Code::Connect, 0, "does not speak HTTP"),
            ("socks5://p:1", "\x05\x7f", Code::Connect, 0, "does not speak SOCKS5"),
            ("socks5://u:s@p:1", "\x05\x02\x01\x01", Code::Config, 0, "refuses the user name or the password"),
        ] {
            let error = led(proxy, answer.as_bytes()).unwrap_err();
            assert_eq!((error.code(), error.http_status()), (code, status), "{error}");
            assert!(error.message().contains(part) && error.message().contains("//p:1 "), "{error}");
        }
    }

    /// Many connections at once: one of them tries, and all are refused, then and later.
    #[test]
    fn credentials_that_are_refused_are_sent_once() {
        let (tunnel, proxy) = tunnel("http://u:s@p:1");
        let sent = AtomicUsize::new(0);
        let connect = |answer: &[u8]| {
            let mut script = script(answer, 1);
            let opened = tunnel.open(&proxy, &mut script, "sms.test", 443, NextTimeout::default());
            sent.fetch_add(usize::from(!script.sent.is_empty()), Ordering::SeqCst);
            opened.map_err(|error| error.code())
        };
        // A failure that says nothing about the credentials lets the next connection try.
        assert_eq!(connect(b"HTTP/1.1 502 No\r\n\r\n"), Err(Code::Connect));
        assert_eq!((connect(b""), sent.load(Ordering::SeqCst)), (Err(Code::Connect), 2));
        let codes: Vec<_> = thread::scope(|scope| {
            let connecting: Vec<_> = (0..16).map(|_| scope.spawn(|| connect(b"HTTP/1.1 407 No\r\n\r\n"))).collect();
            connecting.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!((codes, sent.load(Ordering::SeqCst)), ([Err(Code::Config)].repeat(16), 3));
        assert_eq!((connect(b"HTTP/1.1 200 OK\r\n\r\n"), sent.load(Ordering::SeqCst)), (Err(Code::Config), 3));
    }

    #[test]
    fn whoever_waits_for_the_one_that_tries_has_an_end() {
        let (tunnel, proxy) = tunnel("http://u:s@p:1");
        let turn = tunnel.trial.enter(&proxy, NextTimeout::default()).unwrap();
        let soon = NextTimeout { after: std::time::Duration::from_millis(20).into(), ..NextTimeout::default() };
        let late = tunnel.trial.enter(&proxy, soon).err().unwrap();
        assert_eq!((late.code(), late.message()), (Code::Timeout, "no whole answer of the proxy http://p:1"));
        drop(turn);
        assert!(tunnel.trial.enter(&proxy, soon).unwrap().is_some());
        tunnel.trial.note(&Ok(()));
        assert!(tunnel.trial.enter(&proxy, soon).unwrap().is_none());
    }
}

//! The way through a proxy: HTTP CONNECT, SOCKS5 (RFC 1928) with user name and password (RFC 1929). The proxy looks up
//! the host's name.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, Transport};
use zeroize::Zeroizing;

use super::buffers::{BUFFER_SIZE, failure};
use super::connect::Connection;
use super::limit::{deadline, time_left};
use super::wait::{PollSet, is_time_limit};
use crate::config::proxy::{Credentials, Protocol, Proxy};
use crate::config::url::{bare_host, joined, port};
use crate::error::{Code, Error, reason};
use crate::sys::Event;

/// The largest head of an answer that is read. It must lie in the buffer as a whole.
const MAX_HEAD: usize = BUFFER_SIZE;

/// As many as the service may send.
const MAX_HEADERS: usize = 128;

/// How many schemes of authentication are named, and how long a name may be.
const MAX_SCHEMES: usize = 5;
const MAX_SCHEME: usize = 20;

const SOCKS_VERSION: u8 = 5;
const PASSWORD_VERSION: u8 = 1;
/// It, and two texts of at most 255 bytes behind their lengths.
const MAX_PASSWORD_REQUEST: usize = 1 + 2 * 256;
/// The ways to authenticate that SOCKS5 numbers.
const NO_CREDENTIALS: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_OF_THESE: u8 = 0xff;
/// The kinds of address that it numbers.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Has a proxy lead the connection on, if there is a proxy.
#[derive(Clone)]
pub(crate) struct Tunnel {
    pub proxy: Option<Arc<Proxy>>,
    pub trial: Arc<CredentialTrial>,
}

/// Whether the proxy takes the credentials. One connection finds out, while others wait: wrong ones are sent once, so that
/// no account is locked for them.
#[derive(Default)]
pub(crate) struct CredentialTrial {
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    Untried,
    /// The event happens when it is known, or to be tried again.
    Trying(Arc<Event>),
    Taken,
    /// For good: nothing is sent to the proxy any more.
    Refused(Error),
}

/// The one that tries.
struct Turn<'t> {
    trial: &'t CredentialTrial,
    ended: Arc<Event>,
}

impl CredentialTrial {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the credentials are known to be taken, or are to be tried by whoever has the turn.
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

    /// Notes what came of a connection.
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

fn no_answer(proxy: &Proxy) -> Error {
    Error::new(Code::Timeout, format!("no whole answer of the proxy {proxy}"))
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
    /// Asks the proxy, to which there is a connection, to connect further to this host.
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

fn lead(handshake: &mut ProxyHandshake<'_>, host: &str, port: u16) -> Result<(), Error> {
    match handshake.proxy.protocol {
        Protocol::Http => http(handshake, &joined(host, port)),
        Protocol::Socks5 => socks5(handshake, host, port),
    }
}

fn http(handshake: &mut ProxyHandshake<'_>, target: &str) -> Result<(), Error> {
    let known = handshake.proxy.credentials.as_ref().map(Credentials::basic);
    let (name, known, end) = match &known {
        Some(known) => ("Proxy-Authorization: Basic ", &**known, "\r\n"),
        None => ("", "", ""),
    };
    let start = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    handshake.send(Zeroizing::new([&*start, name, known, end, "\r\n"].concat()).as_bytes())?;
    let Head { status, schemes } = handshake.final_head()?;
    let code = match status {
        200..=299 => return Ok(()),
        407 => return Err(unauthorised(handshake.proxy, &schemes)),
        429 => Code::RateLimited,
        // It cannot reach the host.
        500..=599 => Code::Connect,
        _ => Code::Http,
    };
    let text =
        format!("the proxy {} answers with HTTP status {status} and does not connect to {target}", handshake.proxy);
    let error = Error::new(code, text);
    Err(if code == Code::Connect { error } else { error.with_http_status(status) })
}

/// Why a proxy wants other credentials.
fn unauthorised(proxy: &Proxy, schemes: &[String]) -> Error {
    let is_basic = schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    let what = match (is_basic, &proxy.credentials) {
        (false, _) => format!("it wants {}, and this library speaks Basic alone", schemes.join(" or ")),
        (true, Some(_)) => "the user name or the password is wrong".to_owned(),
        (true, None) => "it wants a user name and a password".to_owned(),
    };
    refused(proxy, &format!("answers with HTTP status 407: {what}"))
}

/// The proxy refuses whoever asks: the option is to be set in another way.
fn refused(proxy: &Proxy, what: &str) -> Error {
    Error::config("proxy", format!("{proxy} {what}"))
}

fn socks5(handshake: &mut ProxyHandshake<'_>, host: &str, port: u16) -> Result<(), Error> {
    let credentials = handshake.proxy.credentials.as_ref();
    match credentials {
        Some(_) => handshake.send(&[SOCKS_VERSION, 2, NO_CREDENTIALS, PASSWORD])?,
        None => handshake.send(&[SOCKS_VERSION, 1, NO_CREDENTIALS])?,
    }
    match (handshake.take()?, credentials) {
        ([SOCKS_VERSION, NO_CREDENTIALS], _) => {}
        ([SOCKS_VERSION, PASSWORD], Some(credentials)) => authenticate(handshake, credentials)?,
        ([SOCKS_VERSION, NONE_OF_THESE], None) => {
            return Err(refused(handshake.proxy, "wants a user name and a password"));
        }
        ([SOCKS_VERSION, NONE_OF_THESE], Some(_)) => {
            return Err(refused(handshake.proxy, "takes no user name and password"));
        }
        _ => return Err(handshake.error("does not speak SOCKS5")),
    }
    let mut request = vec![SOCKS_VERSION, 1, 0];
    request
        .extend(address(host).ok_or_else(|| handshake.error(format!("cannot be asked for a name as long as {host}")))?);
    request.extend(port.to_be_bytes());
    handshake.send(&request)?;
    match handshake.take()? {
        [SOCKS_VERSION, 0, _, kind] => handshake.skip_address(kind),
        [SOCKS_VERSION, reply, ..] => {
            let target = joined(host, port);
            Err(handshake.error(format!("does not connect to {target}: SOCKS5 reply {reply}, {}", meaning(reply))))
        }
        _ => Err(handshake.error("does not speak SOCKS5")),
    }
}

fn authenticate(handshake: &mut ProxyHandshake<'_>, credentials: &Credentials) -> Result<(), Error> {
    let mut request = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD_REQUEST));
    request.push(PASSWORD_VERSION);
    for text in [&credentials.user, &credentials.password] {
        // The option takes no longer ones.
        request.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        request.extend(text.as_bytes());
    }
    handshake.send(&request)?;
    match handshake.take()? {
        [_, 0] => Ok(()),
        _ => Err(refused(handshake.proxy, "refuses the user name or the password")),
    }
}

/// A host in the notation of SOCKS5; none if its name is too long for that.
fn address(host: &str) -> Option<Vec<u8>> {
    let (mut address, bytes) = match host.parse() {
        Ok(IpAddr::V4(ip)) => (vec![IPV4], ip.octets().to_vec()),
        Ok(IpAddr::V6(ip)) => (vec![IPV6], ip.octets().to_vec()),
        Err(_) => (vec![NAME, u8::try_from(host.len()).ok()?], host.as_bytes().to_vec()),
    };
    address.extend(bytes);
    Some(address)
}

/// What a reply of SOCKS5 says.
fn meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "unknown",
    }
}

/// A conversation with a proxy, which has an end in time and in length.
struct ProxyHandshake<'a> {
    proxy: &'a Proxy,
    transport: &'a mut dyn Transport,
    timeout: NextTimeout,
    start: Instant,
}

impl ProxyHandshake<'_> {
    fn error(&self, what: impl fmt::Display) -> Error {
        Error::new(Code::Connect, format!("the proxy {} {what}", self.proxy))
    }

    fn time_left(&self) -> NextTimeout {
        let mut timeout = self.timeout;
        if let Duration::Exact(limit) = timeout.after {
            timeout.after = limit.saturating_sub(self.start.elapsed()).into();
        }
        timeout
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for chunk in bytes.chunks(BUFFER_SIZE) {
            self.transport.buffers().output()[..chunk.len()].copy_from_slice(chunk);
            let sent = self.transport.transmit_output(chunk.len(), self.time_left());
            sent.map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Waits for more.
    fn receive(&mut self) -> Result<(), Error> {
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

    /// Takes the next bytes of the answer; what comes behind them stays.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        loop {
            if let Some(bytes) = self.transport.buffers().input().first_chunk().copied() {
                self.transport.buffers().input_consume(N);
                return Ok(bytes);
            }
            self.receive()?;
        }
    }

    /// The address from which the proxy connected is of no use.
    fn skip_address(&mut self, kind: u8) -> Result<(), Error> {
        let length = match kind {
            IPV4 => 4,
            IPV6 => 16,
            NAME => usize::from(self.take::<1>()?[0]),
            _ => return Err(self.error("does not speak SOCKS5")),
        };
        for _ in 0..length + size_of::<u16>() {
            self.take::<1>()?;
        }
        Ok(())
    }

    /// Takes the heads of an HTTP answer up to the one that counts: those of 1xx only tell that it goes on.
    fn final_head(&mut self) -> Result<Head, Error> {
        loop {
            let input = self.transport.buffers().input();
            match head(input) {
                Ok(Some((length, head))) => {
                    self.transport.buffers().input_consume(length);
                    if !(100..200).contains(&head.status) {
                        return Ok(head);
                    }
                    continue;
                }
                Ok(None) if input.len() >= MAX_HEAD => {
                    return Err(self.error(format!("answers with a head of more than {MAX_HEAD} bytes")));
                }
                Ok(None) => {}
                Err(httparse::Error::TooManyHeaders) => {
                    return Err(self.error(format!("answers with more than {MAX_HEADERS} lines in its head")));
                }
                Err(_) => return Err(self.error("does not speak HTTP")),
            }
            self.receive()?;
        }
    }
}

/// What counts in the head of an answer of a proxy.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    /// The ways to authenticate that it offers.
    schemes: Vec<String>,
}

/// The head that these bytes begin with, and its length; None while it is not whole. By the parser that reads the heads of
/// the service.
fn head(bytes: &[u8]) -> Result<Option<(usize, Head)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = answer.parse(bytes)? else { return Ok(None) };
    let offers = answer.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("Proxy-Authenticate"));
    let schemes = offers.flat_map(|header| schemes(header.value)).take(MAX_SCHEMES).collect();
    Ok(Some((length, Head { status: answer.code.unwrap_or_default(), schemes })))
}

/// The schemes of a list of challenges (RFC 9110, 11.6.1): a challenge begins by a word that is no name of a parameter.
fn schemes(value: &[u8]) -> Vec<String> {
    let value = String::from_utf8_lossy(value);
    let mut is_quoted = false;
    let parts = value.split(|character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    });
    let first = |part: &str| part.split_whitespace().next().map(str::to_owned);
    let is_scheme = |word: &String| {
        word.len() <= MAX_SCHEME && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    parts.filter_map(first).filter(is_scheme).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use ureq::unversioned::transport::Buffers;

    use super::*;
    use crate::net::buffers::WipedBuffers;

    /// A connection to a proxy that says this, so many bytes at a time, and then closes it.
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

    /// What comes of an answer, however it is cut: what was sent and what is left for TLS, or the error.
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

    /// Many connections at once: one of them tries, all of them are refused, then and later.
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
        // What says nothing of the credentials lets the next one try.
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

//! The way through a proxy: HTTP CONNECT, SOCKS5 (RFC 1928) with user name and password (RFC 1929). The proxy looks up
//! the host's name.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, Transport};
use zeroize::Zeroizing;

use super::connect::Connection;
use super::failure;
use super::tls::time_left;
use super::transport::BUFFER_SIZE;
use crate::error::{Code, Error, reason};
use crate::proxy::{Credentials, Protocol, Proxy};
use crate::url::{bare_host, joined, port};

/// The largest head of an answer that is read. It must lie in the buffer as a whole.
const MAX_HEAD: usize = BUFFER_SIZE;

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
        open(proxy, &mut transport, host, port, time_left(details)).map_err(failure)?;
        Connection::New.note();
        Ok(Some(transport))
    }
}

/// Asks the proxy, to which there is a connection, to connect further to this host.
pub(crate) fn open(
    proxy: &Proxy,
    transport: &mut dyn Transport,
    host: &str,
    port: u16,
    timeout: NextTimeout,
) -> Result<(), Error> {
    let mut talk = Talk { proxy, transport, timeout, start: Instant::now() };
    match proxy.protocol {
        Protocol::Http => http(&mut talk, &joined(host, port)),
        Protocol::Socks5 => socks5(&mut talk, host, port),
    }
}

fn http(talk: &mut Talk<'_>, target: &str) -> Result<(), Error> {
    let credentials = talk.proxy.credentials.as_ref();
    let known = credentials.map(Credentials::basic);
    let (name, known, end) = match &known {
        Some(known) => ("Proxy-Authorization: Basic ", &**known, "\r\n"),
        None => ("", "", ""),
    };
    let start = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    talk.say(Zeroizing::new([&*start, name, known, end, "\r\n"].concat()).as_bytes())?;
    match (talk.http_status()?, credentials) {
        (200..=299, _) => Ok(()),
        (407, Some(_)) => Err(talk.error("answers with HTTP status 407: the user name or the password is wrong")),
        (407, None) => Err(talk.error("answers with HTTP status 407: it wants a user name and a password")),
        (status, _) => Err(talk.error(format!("answers with HTTP status {status} and does not connect to {target}"))),
    }
}

fn socks5(talk: &mut Talk<'_>, host: &str, port: u16) -> Result<(), Error> {
    let credentials = talk.proxy.credentials.as_ref();
    match credentials {
        Some(_) => talk.say(&[SOCKS_VERSION, 2, NO_CREDENTIALS, PASSWORD])?,
        None => talk.say(&[SOCKS_VERSION, 1, NO_CREDENTIALS])?,
    }
    match (talk.take()?, credentials) {
        ([SOCKS_VERSION, NO_CREDENTIALS], _) => {}
        ([SOCKS_VERSION, PASSWORD], Some(credentials)) => authenticate(talk, credentials)?,
        ([SOCKS_VERSION, NONE_OF_THESE], None) => return Err(talk.error("wants a user name and a password")),
        ([SOCKS_VERSION, NONE_OF_THESE], Some(_)) => return Err(talk.error("takes no user name and password")),
        _ => return Err(talk.error("does not speak SOCKS5")),
    }
    let mut request = vec![SOCKS_VERSION, 1, 0];
    request.extend(address(host).ok_or_else(|| talk.error(format!("cannot be asked for a name as long as {host}")))?);
    request.extend(port.to_be_bytes());
    talk.say(&request)?;
    match talk.take()? {
        [SOCKS_VERSION, 0, _, kind] => talk.skip_address(kind),
        [SOCKS_VERSION, reply, ..] => {
            let target = joined(host, port);
            Err(talk.error(format!("does not connect to {target}: SOCKS5 reply {reply}, {}", meaning(reply))))
        }
        _ => Err(talk.error("does not speak SOCKS5")),
    }
}

fn authenticate(talk: &mut Talk<'_>, credentials: &Credentials) -> Result<(), Error> {
    let mut request = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD_REQUEST));
    request.push(PASSWORD_VERSION);
    for text in [&credentials.user, &credentials.password] {
        // The option takes no longer ones.
        request.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        request.extend(text.as_bytes());
    }
    talk.say(&request)?;
    match talk.take()? {
        [_, 0] => Ok(()),
        _ => Err(talk.error("refuses the user name or the password")),
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
struct Talk<'a> {
    proxy: &'a Proxy,
    transport: &'a mut dyn Transport,
    timeout: NextTimeout,
    start: Instant,
}

impl Talk<'_> {
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

    fn say(&mut self, bytes: &[u8]) -> Result<(), Error> {
        for chunk in bytes.chunks(BUFFER_SIZE) {
            self.transport.buffers().output()[..chunk.len()].copy_from_slice(chunk);
            let sent = self.transport.transmit_output(chunk.len(), self.time_left());
            sent.map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Waits for more.
    fn hear(&mut self) -> Result<(), Error> {
        match self.transport.await_input(self.time_left()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.error("closes the connection without a whole answer")),
            Err(error) => Err(self.explain(error)),
        }
    }

    fn explain(&self, error: ureq::Error) -> Error {
        match error {
            ureq::Error::Timeout(_) => {
                Error::new(Code::Timeout, format!("no whole answer of the proxy {}", self.proxy))
            }
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
            self.hear()?;
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

    /// Takes the head of an HTTP answer.
    fn http_status(&mut self) -> Result<u16, Error> {
        const START: &[u8] = b"HTTP/1.";
        loop {
            let input = self.transport.buffers().input();
            if !START.starts_with(&input[..input.len().min(START.len())]) {
                return Err(self.error("does not speak HTTP"));
            }
            if let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") {
                let status = status(&input[START.len()..end]);
                self.transport.buffers().input_consume(end + 4);
                return status.ok_or_else(|| self.error("does not speak HTTP"));
            }
            if input.len() >= MAX_HEAD {
                return Err(self.error(format!("answers with a head of more than {MAX_HEAD} bytes")));
            }
            self.hear()?;
        }
    }
}

/// The status in a head, from its minor version on: three digits, and no fourth.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.strip_prefix(b"0 ").or_else(|| head.strip_prefix(b"1 "))?;
    let (digits, rest) = line.split_first_chunk::<3>()?;
    if !matches!(rest, [] | [b' ' | b'\r', ..]) {
        return None;
    }
    digits.iter().try_fold(0, |status, digit| digit.is_ascii_digit().then(|| status * 10 + u16::from(digit - b'0')))
}

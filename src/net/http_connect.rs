//! HTTP CONNECT (RFC 9110, 9.3.6): a proxy leads on to a host.

use zeroize::Zeroizing;

use super::buffers::BUFFER_SIZE;
use super::proxy_handshake::{ProxyHandshake, refused};
use crate::config::proxy::{Credentials, Proxy};
use crate::error::{Code, Error};

/// The largest head of an answer that is read. It must lie in the buffer as a whole.
const MAX_HEAD: usize = BUFFER_SIZE;

/// As many as the service may send.
const MAX_HEADERS: usize = 128;

/// How many schemes of authentication are named, and how long a name may be.
const MAX_SCHEMES: usize = 5;
const MAX_SCHEME: usize = 20;

/// Asks to be connected to this host and port.
pub(super) fn connect(handshake: &mut ProxyHandshake<'_>, target: &str) -> Result<(), Error> {
    let known = handshake.proxy.credentials.as_ref().map(Credentials::basic);
    let (name, known, end) = match &known {
        Some(known) => ("Proxy-Authorization: Basic ", &**known, "\r\n"),
        None => ("", "", ""),
    };
    let start = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    handshake.send(Zeroizing::new([&*start, name, known, end, "\r\n"].concat()).as_bytes())?;
    let Head { status, schemes } = final_head(handshake)?;
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

/// Takes the heads of an HTTP answer up to the one that counts: those of 1xx only tell that it goes on.
fn final_head(handshake: &mut ProxyHandshake<'_>) -> Result<Head, Error> {
    loop {
        let input = handshake.transport.buffers().input();
        match head(input) {
            Ok(Some((length, head))) => {
                handshake.transport.buffers().input_consume(length);
                if !(100..200).contains(&head.status) {
                    return Ok(head);
                }
                continue;
            }
            Ok(None) if input.len() >= MAX_HEAD => {
                return Err(handshake.error(format!("answers with a head of more than {MAX_HEAD} bytes")));
            }
            Ok(None) => {}
            Err(httparse::Error::TooManyHeaders) => {
                return Err(handshake.error(format!("answers with more than {MAX_HEADERS} lines in its head")));
            }
            Err(_) => return Err(handshake.error("does not speak HTTP")),
        }
        handshake.receive()?;
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

//! HTTP CONNECT (RFC 9110, 9.3.6): asks a proxy to connect to a host.

use zeroize::Zeroizing;

use super::buffers::BUFFER_SIZE;
use super::proxy_handshake::{ProxyHandshake, refused};
use crate::config::proxy::{Credentials, Proxy};
use crate::error::{Code, Error};

/// The largest response head that is accepted, in bytes. It must fit into the buffer as a whole.
const MAX_HEAD: usize = BUFFER_SIZE;

/// The most lines in a response head, the same as for the service.
const MAX_HEADERS: usize = 128;

/// How many authentication schemes an error names, and how long their names may be.
const MAX_SCHEMES: usize = 5;
const MAX_SCHEME: usize = 20;

/// Asks the proxy to connect to `target` (host and port), with the credentials if there are any. Fails if the proxy
/// does not connect.
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
        // The proxy cannot reach the host.
        500..=599 => Code::Connect,
        _ => Code::Http,
    };
    let text =
        format!("the proxy {} answers with HTTP status {status} and does not connect to {target}", handshake.proxy);
    let error = Error::new(code, text);
    Err(if code == Code::Connect { error } else { error.with_http_status(status) })
}

/// The error for a proxy that wants other credentials (HTTP status 407).
fn unauthorised(proxy: &Proxy, schemes: &[String]) -> Error {
    let is_basic = schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    let what = match (is_basic, &proxy.credentials) {
        (false, _) => format!("it wants {}, and this library speaks Basic alone", schemes.join(" or ")),
        (true, Some(_)) => "the user name or the password is wrong".to_owned(),
        (true, None) => "it wants a user name and a password".to_owned(),
    };
    refused(proxy, &format!("answers with HTTP status 407: {what}"))
}

/// Reads response heads up to the final one. Heads with 1xx only say that more will follow.
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

/// What matters in the head of a proxy's response.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    /// The authentication schemes that the proxy offers.
    schemes: Vec<String>,
}

/// Parses the head at the start of `bytes`. Returns it with its length, or None if it is incomplete. Uses the parser
/// that reads the heads of the service too.
fn head(bytes: &[u8]) -> Result<Option<(usize, Head)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = answer.parse(bytes)? else { return Ok(None) };
    let offers = answer.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("Proxy-Authenticate"));
    let schemes = offers.flat_map(|header| schemes(header.value)).take(MAX_SCHEMES).collect();
    Ok(Some((length, Head { status: answer.code.unwrap_or_default(), schemes })))
}

/// The schemes in a list of challenges (RFC 9110, 11.6.1). A challenge begins with a word that is not the name of a
/// parameter.
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

//! Finds out why nothing arrives: tries the name, the connection, TLS and one query, one after another.

use std::fmt::Write;
use std::time::{Duration, Instant};

use rustls::CommonState;
use ureq::unversioned::transport::NextTimeout;

use super::ask::{Exchange, Scratch};
use super::redirect::redirected;
use super::reply::understand;
use crate::error::Error;
use crate::invalid::Invalid;
use crate::net::http::{HttpRequest, ResponseHead};
use crate::net::limit::Limit;
use crate::query::{Query, RawQuery};
use crate::report::matching;
use crate::sys::WorkGuard;
use crate::wire::request::BatchEntry;

/// The response headers that a transcript shows. None of them belongs to a session.
const SHOWN_HEADERS: [&str; 6] =
    ["content-type", "content-length", "transfer-encoding", "date", "server", "retry-after"];

/// How much of a response body a transcript shows, in bytes.
const MAX_SHOWN: usize = 4096;

/// The result of [`Client::check`](crate::Client::check).
#[derive(Debug)]
pub struct Check {
    /// The steps in order. If one failed, it is the last.
    pub steps: Vec<CheckStep>,
    /// The request and the response, without the API key and the number of the recipient, to be attached to a problem
    /// report. Has only the request if there was no response, and is empty if no request was sent.
    pub transcript: String,
}

/// A step of a check.
#[derive(Debug)]
pub struct CheckStep {
    /// `name`, `connection`, `proxy`, `tls` or `query`.
    pub name: &'static str,
    /// How long the step took.
    pub took: Duration,
    /// What the step found, in one line, or why it failed.
    pub result: Result<String, Error>,
}

impl Check {
    /// Runs a step and records it. Returns its value if it succeeded.
    fn step<T>(&mut self, name: &'static str, run: impl FnOnce() -> Result<(String, T), Error>) -> Option<T> {
        let start = Instant::now();
        let (result, value) = match run() {
            Ok((found, value)) => (Ok(found), Some(value)),
            Err(error) => (Err(error), None),
        };
        self.steps.push(CheckStep { name, took: start.elapsed(), result });
        value
    }
}

impl Exchange {
    /// Runs the steps of a request one by one.
    pub(crate) fn check(&self, query: Query<'_>) -> Check {
        let _work = WorkGuard::begin();
        let mut check = Check { steps: Vec::new(), transcript: String::new() };
        // Each step needs the one before. `check` has the results, so the end of the chain adds nothing.
        let _ = self.walk(&mut check, query);
        check
    }

    fn walk(&self, check: &mut Check, query: Query<'_>) -> Option<()> {
        let url = &self.settings.base_url;
        let (host, port) = (url.host(), url.port());
        // One time limit for name, connection and TLS together, as in a call.
        let limit = Limit::new("connect_timeout_ms", self.settings.connect_timeout);
        let timeout = || {
            let mut timeout = NextTimeout::default();
            timeout.after = limit.left().map_or(timeout.after, Into::into);
            timeout
        };
        let proxy = self.settings.proxy.as_deref();
        // A proxy looks up the name of the host itself.
        let (first, first_port) = proxy.map_or((host, port), |proxy| (&*proxy.host, proxy.port));
        check.step("name", || {
            let addresses = self.http.tcp.dns_cache.look_up(first, first_port, limit.deadline);
            let addresses = addresses.map_err(|error| limit.named(error))?;
            let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            Ok((format!("{first} is {}", list.join(", ")), ()))
        })?;
        let stream = check.step("connection", || {
            let stream = self.http.tcp.open(host, port, limit.deadline).map_err(|error| limit.named(error))?;
            let peer = stream.peer_addr().map_or_else(|_| host.to_owned(), |peer| peer.to_string());
            Ok((format!("connected to {peer}"), stream))
        })?;
        let mut transport = self.http.tcp.transport(stream);
        if let Some(proxy) = proxy {
            check.step("proxy", || {
                let opened = self.http.tunnel.open(proxy, &mut transport, host, port, timeout());
                opened.map_err(|error| limit.named(error))?;
                Ok((format!("the proxy {proxy} connects to {host}"), ()))
            })?;
        }
        if url.is_https() {
            check.step("tls", || {
                let tls = self.http.tls.handshake(host, transport, timeout());
                let tls = tls.map_err(|error| limit.named(error))?;
                Ok((describe(&tls.connection), ()))
            })?;
        }
        let mut transcript = String::new();
        check.step("query", || self.query(query, &mut transcript).map(|found| (found, ())));
        check.transcript = transcript;
        Some(())
    }

    fn query(&self, query: Query<'_>, transcript: &mut String) -> Result<String, Error> {
        let (phone, id) = RawQuery::from(query).read().map_err(Invalid::error)?;
        let digits = phone.last_digits();
        let (number, is_number) = (phone.text(), id.is_number());
        let texts = format!("{number}\0{}", id.text());
        let asked = [BatchEntry::new(0, texts.as_bytes(), number.len(), is_number)];
        let Scratch { mut request, mut answer } = Scratch::default();
        self.write_request(&asked, &mut request)?;
        let sent = self.send(None, None, &request, &mut answer);
        let answered = sent.as_ref().ok().map(|head| (head, answer.bytes()));
        *transcript = self.transcript(&request, answered).replace(&digits, &"*".repeat(digits.len()));
        let head = sent.map_err(|failure| failure.error)?;
        let reply = understand(head.status, &mut answer, &asked, &self.settings.secrets);
        let entries = reply.map_err(|error| redirected(error, &head, &self.settings))?.entries;
        let found = matching::assign(&asked, &entries)?.answer(0).map(|index| entries.status(index).state.name());
        let status = head.status;
        Ok(match found {
            Some(state) => format!("HTTP status {status}, the message is {state}"),
            None => format!("HTTP status {status}, the answer does not speak of the message"),
        })
    }

    fn transcript(&self, request: &HttpRequest, answer: Option<(&ResponseHead, &[u8])>) -> String {
        let HttpRequest { url, body, .. } = request;
        let hide = |bytes: &[u8]| self.settings.secrets.hide(&String::from_utf8_lossy(bytes));
        let url = hide(url.as_bytes());
        let mut text = match body {
            Some(body) => format!("POST {url}\n\n{}\n", hide(body)),
            None => format!("GET {url}\n"),
        };
        if let Some((head, body)) = answer {
            _ = writeln!(text, "\nHTTP status {}", head.status);
            for (name, value) in head.headers.iter().filter(|(name, _)| SHOWN_HEADERS.contains(&name.as_str())) {
                _ = writeln!(text, "{name}: {}", hide(value.as_bytes()));
            }
            _ = writeln!(text, "\n{}", self.settings.secrets.start(body, MAX_SHOWN));
            if body.len() > MAX_SHOWN {
                _ = writeln!(text, "… and {} bytes more", body.len() - MAX_SHOWN);
            }
        }
        text
    }
}

fn describe(tls: &CommonState) -> String {
    let version = tls.protocol_version().and_then(|version| version.as_str()).unwrap_or("TLS");
    let cipher = tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("?");
    format!("{version}, {cipher}, the certificate is trusted")
}

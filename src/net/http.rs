//! Sends one HTTP request and receives its response.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::header::CONTENT_TYPE;
use ureq::http::{HeaderMap, HeaderValue, Uri};
use ureq::unversioned::transport::Connector;
use zeroize::Zeroize;

use super::body::Body;
use super::buffers::{BUFFER_SIZE, failure};
use super::cancel::CancelToken;
use super::connect::{Connection, Tcp};
use super::content_encoding::is_gzip;
use super::deadline::Deadline;
use super::explain;
use super::limit::Limit;
use super::resolve::{DnsCache, NoopResolver};
use super::tls::Tls;
use super::tunnel::Tunnel;
use super::wait::{check_cancelled, with_cancel_token};
use crate::config::settings::Settings;
use crate::error::{Code, Error, out_of_memory, reason};
use crate::memory;
use crate::stats::Stats;
use crate::wire::Format;

/// How long an idle connection is kept.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(15);

/// How much longer than its limit a request may take.
const MOMENT: Duration = Duration::from_millis(1);

/// Sends requests over connections that are kept alive.
pub(crate) struct Http {
    /// Holds the kept connections.
    agent: Mutex<Agent>,
    pub tunnel: Tunnel,
    host: String,
    request_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_response_bytes: u64,
    pub tcp: Tcp,
    pub tls: Tls,
}

/// A request: a URL, and a JSON body unless it is a GET. Both are overwritten when it is dropped.
#[derive(Default)]
pub(crate) struct HttpRequest {
    pub url: String,
    /// The parsed URL, if all requests have the same one.
    pub uri: Option<Uri>,
    pub body: Option<Vec<u8>>,
}

impl HttpRequest {
    /// Empties the body and makes sure that it has room for `size` bytes. Fails if there is no memory for them.
    pub(crate) fn make_room(&mut self, size: usize) -> Result<(), Error> {
        let body = self.body.get_or_insert_default();
        if body.capacity() < size {
            body.as_mut_slice().zeroize();
            *body = memory::list(size, "a request")?;
        }
        body.clear();
        Ok(())
    }

    /// Overwrites what contains the API key.
    pub(crate) fn wipe(&mut self) {
        self.url.zeroize();
        self.body.iter_mut().for_each(|body| body.as_mut_slice().zeroize());
    }
}

impl Drop for HttpRequest {
    fn drop(&mut self) {
        self.wipe();
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Why a request got no response.
pub(crate) struct SendError {
    pub error: Error,
    /// Whether there was a connection.
    pub connected: bool,
    /// Whether a kept connection was lost before any part of the response arrived: the server had closed it.
    pub is_stale: bool,
}

impl From<Error> for SendError {
    fn from(error: Error) -> SendError {
        SendError { error, connected: true, is_stale: false }
    }
}

/// The head of a response. The body is in the [`Body`] that the caller passed.
pub(crate) struct ResponseHead {
    pub status: u16,
    pub headers: HeaderMap,
}

impl Http {
    pub(crate) fn new(settings: &Settings, stats: &Arc<Stats>) -> Http {
        let url = &settings.base_url;
        let tcp = Tcp {
            stats: Arc::clone(stats),
            dns_cache: DnsCache::default(),
            loopback_only: !url.is_https() && !settings.allow_http,
            proxy: settings.proxy.clone(),
            max_response_bytes: settings.max_response_bytes,
        };
        let tunnel = Tunnel { proxy: settings.proxy.clone(), trial: Arc::default() };
        let tls = Tls::new(settings.tls.as_ref());
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(&settings.user_agent)
            .accept(match settings.format {
                Format::Json => "application/json",
                Format::Xml => "application/xml",
            })
            .accept_encoding("gzip")
            .input_buffer_size(BUFFER_SIZE)
            .output_buffer_size(BUFFER_SIZE)
            .max_idle_connections(settings.max_connections)
            .max_idle_connections_per_host(settings.max_connections)
            .max_idle_age(MAX_IDLE)
            .timeout_connect(settings.connect_timeout)
            .timeout_global(settings.request_timeout)
            .build();
        Http {
            agent: Mutex::new(agent(config, &tcp, &tunnel, &tls)),
            tunnel,
            host: url.host().to_owned(),
            request_timeout: settings.request_timeout,
            connect_timeout: settings.connect_timeout,
            max_response_bytes: settings.max_response_bytes,
            tcp,
            tls,
        }
    }

    /// Closes the idle connections. Those in use are closed after their use.
    pub(crate) fn close_idle(&self) {
        let mut current = self.lock();
        *current = agent(current.config().clone(), &self.tcp, &self.tunnel, &self.tls);
    }

    fn lock(&self) -> MutexGuard<'_, Agent> {
        self.agent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time limit of an attempt that begins now: `request_timeout_ms`, or the deadline of the call if that is
    /// earlier. Fails if the deadline has passed.
    pub(crate) fn limit(&self, deadline: Option<Deadline>) -> Result<Limit, Error> {
        let request = Limit::new("request_timeout_ms", self.request_timeout);
        match deadline {
            Some(deadline) if deadline.has_passed() => Err(deadline.error()),
            Some(deadline) => Ok(request.or_earlier(deadline.into())),
            None => Ok(request),
        }
    }

    /// Sends a request and reads the body of the response into `answer`, replacing what it contained. Ends at `limit`,
    /// and at once when cancelled.
    pub(crate) fn send(
        &self,
        request: &HttpRequest,
        limit: Limit,
        cancel: Option<&CancelToken>,
        answer: &mut Body,
    ) -> Result<ResponseHead, SendError> {
        answer.clear();
        check_cancelled(cancel)?;
        let connecting = Limit::new("connect_timeout_ms", self.connect_timeout).or_earlier(limit);
        let mut status = 0;
        Connection::Kept.note();
        with_cancel_token(cancel, || self.try_send(request, limit.left(), answer, &mut status)).map_err(|error| {
            // After a cancellation, any other error is its consequence.
            let error = check_cancelled(cancel).err().unwrap_or_else(|| self.explain(error, limit, connecting));
            let error = if error.code() == Code::Protocol { error.with_http_status(status) } else { error };
            let connection = Connection::noted();
            let is_stale = connection == Connection::Kept && status == 0 && error.code() == Code::Connect;
            SendError { error, connected: connection != Connection::Failed, is_stale }
        })
    }

    fn try_send(
        &self,
        request: &HttpRequest,
        time: Option<Duration>,
        answer: &mut Body,
        status: &mut u16,
    ) -> Result<ResponseHead, ureq::Error> {
        let agent = self.lock().clone();
        // Options of a single request cost a copy of all options.
        let is_usual = self.is_usual(time);
        let response = match &request.body {
            Some(body) => {
                let post = request.uri.as_ref().map_or_else(|| agent.post(&request.url), |uri| agent.post(uri));
                let post = post.header(CONTENT_TYPE, JSON);
                let post = if is_usual { post } else { post.config().timeout_global(time).build() };
                post.send(&body[..])?
            }
            None => {
                let get = agent.get(&request.url);
                let get = if is_usual { get } else { get.config().timeout_global(time).build() };
                get.call()?
            }
        };
        *status = response.status().as_u16();
        let (parts, body) = response.into_parts();
        let is_gzip = match is_gzip(&parts.headers) {
            // The status matters more than how a page about it is compressed.
            Err(_) if !parts.status.is_success() => false,
            read => read.map_err(failure)?,
        };
        answer.read(body.into_reader(), is_gzip, self.max_response_bytes)?;
        Ok(ResponseHead { status: *status, headers: parts.headers })
    }

    /// Whether a request may take the whole of `request_timeout_ms`, but for a moment.
    fn is_usual(&self, time: Option<Duration>) -> bool {
        match (time, self.request_timeout) {
            (Some(time), Some(whole)) => time + MOMENT >= whole,
            (time, whole) => time == whole,
        }
    }

    /// Converts an error from ureq. `connecting` is the limit for establishing the connection.
    fn explain(&self, error: ureq::Error, limit: Limit, connecting: Limit) -> Error {
        let host = &self.host;
        match error {
            ureq::Error::Other(inner) => match inner.downcast::<Error>() {
                // A time-out of this library comes from establishing the connection.
                Ok(ours) => connecting.named(*ours),
                Err(other) => explain::http(host, &ureq::Error::Other(other)),
            },
            ureq::Error::Timeout(_) => limit.exceeded(&format!("no whole answer of {host}")),
            ureq::Error::Io(error) if error.kind() == ErrorKind::OutOfMemory => out_of_memory("an answer"),
            ureq::Error::Io(error) => self.lost(&error),
            ureq::Error::BodyStalled => self.lost(&ErrorKind::UnexpectedEof.into()),
            ureq::Error::BodyExceedsLimit(most) => Error::new(
                Code::Protocol,
                format!("max_response_bytes: the answer of {host} is larger than {most} bytes"),
            ),
            other => explain::http(host, &other),
        }
    }

    /// The error for a connection that broke after it was established.
    fn lost(&self, error: &io::Error) -> Error {
        let host = &self.host;
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Error::new(Code::Tls, format!("TLS with {host}: {}", explain::tls(tls)));
        }
        let reason = reason(error);
        Error::new(Code::Connect, format!("the connection to {host} was lost before a whole answer came: {reason}"))
    }
}

fn agent(config: Config, tcp: &Tcp, tunnel: &Tunnel, tls: &Tls) -> Agent {
    Agent::with_parts(config, ().chain(tcp.clone()).chain(tunnel.clone()).chain(tls.clone()), NoopResolver)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::config::Config;

    /// More bytes than the system buffers for a server that reads nothing.
    const MORE_THAN_BUFFERS: usize = 64 << 20;

    /// Far longer than any of these tests takes.
    const LONG: Duration = Duration::from_secs(60);

    fn http(base_url: &str, request_timeout_ms: &str) -> Http {
        let mut config = Config::new();
        let times = [("request_timeout_ms", request_timeout_ms), ("connect_timeout_ms", "60000")];
        for (name, value) in [("api_key", "demo"), ("base_url", base_url)].into_iter().chain(times) {
            config.set(name, value).unwrap();
        }
        Http::new(&Settings::new(&config, &Arc::default()).unwrap(), &Arc::default())
    }

    fn error(http: &Http, request: &HttpRequest, cancel: Option<&CancelToken>) -> Error {
        http.send(request, http.limit(None).unwrap(), cancel, &mut Body::default()).err().unwrap().error
    }

    /// Sends a request that gets no response, and cancels it from another thread while it waits.
    fn stopped(base_url: &str, body: usize) {
        let http = http(base_url, "60000");
        let request = HttpRequest { url: base_url.to_owned(), uri: None, body: Some(vec![b' '; body]) };
        let cancel = CancelToken::alone().unwrap();
        let start = Instant::now();
        let stopped = thread::scope(|scope| {
            let sent = scope.spawn(|| error(&http, &request, Some(&cancel)));
            thread::sleep(Duration::from_millis(50));
            cancel.cancel();
            sent.join().unwrap()
        });
        assert_eq!(stopped.code(), Code::Cancelled, "{stopped}");
        assert_eq!(error(&http, &request, Some(&cancel)).code(), Code::Cancelled);
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    }

    /// A server that sends these bytes on each connection and reads nothing.
    fn silent_after(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let mut kept: Vec<TcpStream> = Vec::new();
            for mut stream in listener.incoming().flatten() {
                stream.write_all(answer).unwrap();
                kept.push(stream);
            }
        });
        address
    }

    #[test]
    fn a_stop_ends_the_wait_for_an_answer() {
        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
        for answer in [b"".as_slice(), b"HTTP/1.1 200", half] {
            stopped(&format!("http://{}", silent_after(answer)), 100);
        }
    }

    #[test]
    fn folded_lines_of_a_head_are_read() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;\r\n  charset=utf-8\r\nContent-Length:\r\n\t4\r\n\r\nbody";
        let base_url = format!("http://{}", silent_after(answer));
        let (http, mut body) = (http(&base_url, "60000"), Body::default());
        let request = HttpRequest { url: base_url, uri: None, body: None };
        let head = http.send(&request, http.limit(None).unwrap(), None, &mut body).ok().unwrap();
        assert_eq!((head.status, body.bytes()), (200, b"body".as_slice()));
        assert_eq!(head.headers[CONTENT_TYPE], "application/json;    charset=utf-8");
    }

    #[test]
    fn a_stop_ends_sending() {
        stopped(&format!("http://{}", silent_after(b"")), MORE_THAN_BUFFERS);
    }

    #[test]
    fn sending_has_an_end() {
        let base_url = format!("http://{}", silent_after(b""));
        let (http, start) = (http(&base_url, "300"), Instant::now());
        let error =
            error(&http, &HttpRequest { url: base_url, uri: None, body: Some(vec![b' '; MORE_THAN_BUFFERS]) }, None);
        assert_eq!(error.message(), "request_timeout_ms: no whole answer of 127.0.0.1 within 300 ms");
        assert!(http.tcp.stats.get(b"bytes_sent").unwrap() < MORE_THAN_BUFFERS as u64);
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    }

    #[test]
    fn a_stop_ends_a_handshake() {
        stopped(&format!("https://{}", silent_after(b"")), 100);
    }
}

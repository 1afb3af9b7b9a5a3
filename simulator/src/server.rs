//! The HTTP server: connections, requests, responses.

use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use hyper::rt::{Read, Write as WriteHalf};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;
use crate::json::Style;
use crate::request::{Format, Request, Seen};
use crate::service::Service;

pub(crate) type Bend = Box<dyn FnMut(&Request, &mut Answer) + Send>;
type BoxError = Box<dyn Error + Send + Sync>;

/// What the connections share.
pub(crate) struct Shared {
    pub(crate) service: Service,
    pub(crate) latency: Duration,
    pub(crate) style: Style,
    pub(crate) record: bool,
    pub(crate) bend: Option<Mutex<Bend>>,
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) log: Log,
}

/// What came so far.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) connections: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    pub(crate) seen: Mutex<Vec<Seen>>,
}

/// Takes connections for ever.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let number = shared.log.connections.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::spawn(connection(stream, number, Arc::clone(&shared)));
            }
            // Out of descriptors, most likely: others must end before one more can begin.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// One TCP connection from its first byte to its last.
async fn connection(stream: TcpStream, number: usize, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    match &shared.acceptor {
        Some(acceptor) => {
            // A client that gives up the handshake is no concern of the service.
            if let Ok(stream) = acceptor.accept(stream).await {
                requests(TokioIo::new(stream), number, &shared).await;
            }
        }
        None => requests(TokioIo::new(stream), number, &shared).await,
    }
}

/// The requests of one connection, one after the other.
async fn requests<S: Read + WriteHalf + Unpin>(stream: S, connection: usize, shared: &Shared) {
    let exchange = |incoming| exchange(incoming, connection, shared);
    // An error here is a client that went away or sent what is not HTTP, and was told so.
    let _ = http1::Builder::new().serve_connection(stream, service_fn(exchange)).await;
}

/// One request and its response.
async fn exchange(
    incoming: hyper::Request<Incoming>,
    connection: usize,
    shared: &Shared,
) -> Result<hyper::Response<Full<Bytes>>, BoxError> {
    let mut request = receive(incoming, connection, shared).await?;
    let mut answer = shared.service.answer(&mut request);
    if let Some(bend) = &shared.bend {
        // A panic in one call, which a failed assertion of a test is, leaves the next call as it was.
        bend.lock().unwrap_or_else(PoisonError::into_inner)(&request, &mut answer);
    }
    let response = response(&request, &answer, shared.style);
    shared.remember(request, answer.status);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    response
}

async fn receive(incoming: hyper::Request<Incoming>, connection: usize, shared: &Shared) -> Result<Request, BoxError> {
    let (head, body) = incoming.into_parts();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers.iter();
    let body = body.collect().await?.to_bytes().to_vec();
    Ok(Request {
        connection,
        number: shared.log.requests.fetch_add(1, Ordering::SeqCst) + 1,
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body,
        format: Format::default(),
        entries: Vec::new(),
    })
}

fn response(request: &Request, answer: &Answer, style: Style) -> Result<hyper::Response<Full<Bytes>>, BoxError> {
    let mut body = answer.body(request.format, style);
    let mut builder = hyper::Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, &answer.content_type)
        .header(VARY, "Accept-Encoding");
    for (name, value) in &answer.headers {
        builder = builder.header(name, value);
    }
    let encoded = builder.headers_ref().is_some_and(|headers| headers.contains_key(CONTENT_ENCODING));
    if request.accepts_gzip() && !encoded {
        body = gzip(&body)?;
        builder = builder.header(CONTENT_ENCODING, "gzip");
    }
    Ok(builder.body(Full::from(body))?)
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

impl Shared {
    fn remember(&self, request: Request, status: u16) {
        let seen = Seen {
            connection: request.connection,
            entries: request.entries.len(),
            status,
            request: self.record.then(|| Arc::new(request)),
        };
        self.log.seen.lock().unwrap().push(seen);
    }
}

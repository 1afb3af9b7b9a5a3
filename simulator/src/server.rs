//! The HTTP server: connections, requests, responses.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;
use crate::dice::Dice;
use crate::encoding::gzip;
use crate::fault::{Effect, Rule};
use crate::json::Style;
use crate::request::{Format, Query, Request, Seen};
use crate::service::Service;
use crate::wire::{Link, Outbox, Reply, Script, Wire};

/// Where a running simulator tells how many faults happened.
const FAULTS: &str = "/faults";

pub(crate) type Mutation = Box<dyn FnMut(&Request, &mut Answer) + Send>;
type Response = hyper::Response<Full<Bytes>>;
type BoxError = Box<dyn Error + Send + Sync>;

/// What the connections share.
pub(crate) struct Shared {
    pub(crate) service: Service,
    pub(crate) latency: Duration,
    pub(crate) style: Style,
    pub(crate) record: bool,
    pub(crate) mutate: Option<Mutex<Mutation>>,
    pub(crate) seed: u64,
    pub(crate) faults: Vec<Rule>,
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) log: Log,
}

/// What came so far.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) connections: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    pub(crate) seen: Mutex<Vec<Seen>>,
    faults: Mutex<BTreeMap<&'static str, usize>>,
}

impl Log {
    /// How many faults happened, by name.
    pub(crate) fn faults(&self) -> BTreeMap<&'static str, usize> {
        self.faults.lock().unwrap().clone()
    }
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
    let link = match &shared.acceptor {
        Some(acceptor) => {
            for (effect, _) in shared.happening(number, &[], |effect| matches!(effect, Effect::Handshake(_))) {
                if let Effect::Handshake(time) = effect {
                    sleep(*time).await;
                }
            }
            // A client that gives up the handshake is no concern of the service.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            Link::Tls(Box::new(stream))
        }
        None => Link::Plain(stream),
    };
    requests(link, number, &shared).await;
}

/// The requests of one connection, one after the other.
async fn requests(link: Link, connection: usize, shared: &Shared) {
    let outbox = Outbox::default();
    let wire = TokioIo::new(Wire::new(link, Arc::clone(&outbox)));
    let exchange = |incoming| exchange(incoming, connection, shared, &outbox);
    // An error here is a client that went away or sent what is not HTTP, and was told so, or a fault.
    let _ = http1::Builder::new().serve_connection(wire, service_fn(exchange)).await;
}

/// One request and its response.
async fn exchange(
    incoming: hyper::Request<Incoming>,
    connection: usize,
    shared: &Shared,
    outbox: &Outbox,
) -> Result<Response, BoxError> {
    if incoming.uri().path() == FAULTS {
        return Ok(Response::new(serde_json::to_vec(&shared.log.faults())?.into()));
    }
    let number = shared.log.requests.fetch_add(1, Ordering::SeqCst) + 1;
    if !shared.happening(number, &[], |effect| matches!(effect, Effect::ResetUnread)).is_empty() {
        shared.log.seen.lock().unwrap().push(Seen { connection, entries: 0, status: 0, request: None });
        *outbox.lock().unwrap() = Some(Script::reset());
        return Ok(Response::default());
    }
    let mut request = receive(incoming, connection, number).await?;
    let mut answer = shared.service.answer(&mut request);
    if let Some(mutate) = &shared.mutate {
        // A panic in one call, which a failed assertion of a test is, leaves the next call as it was.
        mutate.lock().unwrap_or_else(PoisonError::into_inner)(&request, &mut answer);
    }
    let happening = shared.happening(number, &request.entries, |effect| {
        matches!(effect, Effect::Hold(_) | Effect::Answer(_) | Effect::Reply(_))
    });
    let (mut latency, mut on_wire) = (shared.latency, Vec::new());
    for (effect, mut dice) in happening {
        match effect {
            Effect::Hold(time) => latency += *time,
            Effect::Answer(change) => change(&request, &mut answer, &mut dice),
            Effect::Reply(change) => on_wire.push((change, dice)),
            Effect::Handshake(_) | Effect::ResetUnread => {}
        }
    }
    let (parts, body) = response(&request, &answer, shared.style)?.into_parts();
    shared.remember(request, answer.status);
    if !latency.is_zero() {
        sleep(latency).await;
    }
    if on_wire.is_empty() {
        return Ok(Response::from_parts(parts, body.into()));
    }
    let mut reply = Reply::new(&parts, body);
    on_wire.iter_mut().for_each(|(change, dice)| change(&mut reply, dice));
    *outbox.lock().unwrap() = Some(reply.script());
    Ok(Response::default())
}

async fn receive(incoming: hyper::Request<Incoming>, connection: usize, number: usize) -> Result<Request, BoxError> {
    let (head, body) = incoming.into_parts();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers.iter();
    let body = body.collect().await?.to_bytes().to_vec();
    Ok(Request {
        connection,
        number,
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body,
        format: Format::default(),
        entries: Vec::new(),
    })
}

fn response(request: &Request, answer: &Answer, style: Style) -> Result<hyper::Response<Vec<u8>>, BoxError> {
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
        body = gzip(&body);
        builder = builder.header(CONTENT_ENCODING, "gzip");
    }
    Ok(builder.body(body)?)
}

impl Shared {
    /// What happens, of these effects, to the request or connection of this number; it is counted.
    fn happening(&self, number: usize, asked: &[Query], of: impl Fn(&Effect) -> bool) -> Vec<(&Effect, Dice)> {
        let mut happening = Vec::new();
        for (place, rule) in self.faults.iter().enumerate().filter(|(_, rule)| of(&rule.effect)) {
            if let Some(dice) = rule.dice(self.seed, place, number, asked) {
                *self.log.faults.lock().unwrap().entry(rule.kind.name()).or_default() += 1;
                happening.push((&rule.effect, dice));
            }
        }
        happening
    }

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

//! Answers as bytes, written below the HTTP server: what it would never write itself.

use std::fmt::Write;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use hyper::http::response::Parts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// How the end of a body is told.
pub(crate) enum Framing {
    /// By `Content-Length`, which is wrong by so much.
    Length(i64),
    /// By chunks of this many bytes.
    Chunked(usize),
}

/// An answer, and what is to go wrong with it on the wire.
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    pub(crate) framing: Framing,
    /// Bytes to send in place of all.
    pub(crate) instead: Option<Vec<u8>>,
    /// After how many bytes the connection is closed.
    pub(crate) cut: Option<usize>,
    /// The same, counted from the end of the head.
    pub(crate) cut_body: Option<usize>,
    /// How many bytes are sent at a time, and the time in between.
    pub(crate) pace: Option<(usize, Duration)>,
    pub(crate) reset: bool,
}

impl Reply {
    /// The answer with these headers and this body.
    pub(crate) fn new(parts: &Parts, body: Vec<u8>) -> Self {
        let mut head = format!("HTTP/1.1 {}\r\n", parts.status);
        for (name, value) in &parts.headers {
            _ = write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
        }
        _ = write!(head, "date: {}\r\n", httpdate::fmt_http_date(SystemTime::now()));
        Self {
            head,
            body,
            framing: Framing::Length(0),
            instead: None,
            cut: None,
            cut_body: None,
            pace: None,
            reset: false,
        }
    }

    pub(crate) fn script(mut self) -> Script {
        if self.reset {
            return Script::reset();
        }
        let mut end = End::Keep;
        match self.framing {
            Framing::Length(by) => {
                _ = write!(self.head, "content-length: {}\r\n\r\n", (self.body.len() as i64).saturating_add(by).max(0));
                if by > 0 {
                    end = End::Close;
                }
            }
            Framing::Chunked(size) => {
                self.head += "transfer-encoding: chunked\r\n\r\n";
                self.body = chunks(&self.body, size);
            }
        }
        let head = self.head.len();
        let mut bytes = [self.head.into_bytes(), self.body].concat();
        if let Some(instead) = self.instead {
            bytes = instead;
            end = End::Close;
        }
        let cut_body = self.cut_body.map(|at| head.saturating_add(at));
        if let Some(at) = self.cut.into_iter().chain(cut_body).filter(|&at| at < bytes.len()).min() {
            bytes.truncate(at);
            end = End::Close;
        }
        Script { bytes, sent: 0, pace: self.pace, end }
    }
}

fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunked = Vec::new();
    for chunk in body.chunks(size) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    chunked
}

/// What becomes of a connection behind an answer.
enum End {
    Keep,
    Close,
    Reset,
}

/// The bytes that go over a connection in place of the HTTP server's own.
pub(crate) struct Script {
    bytes: Vec<u8>,
    sent: usize,
    pace: Option<(usize, Duration)>,
    end: End,
}

impl Script {
    /// No answer, and the connection reset.
    pub(crate) fn reset() -> Self {
        Self { bytes: Vec::new(), sent: 0, pace: None, end: End::Reset }
    }

    /// Up to where the bytes are sent without a pause.
    fn stop(&self) -> usize {
        let stop = self.pace.map(|(bytes, _)| (self.sent / bytes + 1).saturating_mul(bytes));
        stop.unwrap_or(usize::MAX).min(self.bytes.len())
    }
}

/// Where the exchange on a connection lays a script for it, before it answers.
pub(crate) type Outbox = Arc<Mutex<Option<Script>>>;

/// A connection of either kind.
pub(crate) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Link {
    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(&mut **stream),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// A connection as the HTTP server sees it. While there is a script, what the server writes goes nowhere, and the script
/// is sent instead.
pub(crate) struct Wire {
    link: Link,
    outbox: Outbox,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(crate) fn new(link: Link, outbox: Outbox) -> Self {
        Self { link, outbox, pause: None }
    }

    fn has_script(&self) -> bool {
        self.outbox.lock().unwrap().is_some()
    }

    /// Sends the script, if there is one, to its end.
    fn send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outbox = Arc::clone(&self.outbox);
        let mut slot = outbox.lock().unwrap();
        let Some(script) = slot.as_mut() else { return Poll::Ready(Ok(())) };
        loop {
            ready!(self.link.stream().poll_flush(context))?;
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            if script.sent == script.bytes.len() {
                break;
            }
            let stop = script.stop();
            match ready!(self.link.stream().poll_write(context, &script.bytes[script.sent..stop]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                written => script.sent += written,
            }
            if let Some((_, time)) = script.pace.filter(|_| script.sent == stop && stop < script.bytes.len()) {
                self.pause = Some(Box::pin(sleep(time)));
            }
        }
        Poll::Ready(match slot.take().map(|script| script.end) {
            Some(End::Reset) => self.link.tcp().set_zero_linger().and(Err(ErrorKind::ConnectionReset.into())),
            Some(End::Close) => Err(ErrorKind::ConnectionAborted.into()),
            Some(End::Keep) | None => Ok(()),
        })
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.link.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.has_script() {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.link.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.has_script() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        self.link.stream().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send(context))?;
        self.link.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send(context))?;
        self.link.stream().poll_shutdown(context)
    }
}

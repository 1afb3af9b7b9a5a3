//! The log: one line for each event, in a file that the caller names. docs/LOGGING.md describes it.
//!
//! Nothing is kept between two lines: no lock, which a fork could leave locked, and no descriptor, which the host could
//! close, or which would stay with a file that was rotated.

use std::fmt::{self, Write as _};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::code::Code;
use crate::error::{Error, reason};
use crate::level::Level;
use crate::phone::hide_numbers;
use crate::report::Outcome;
use crate::secret::redact::Secrets;
use crate::stats::{Counter, Stats};
use crate::sys::{open_log, without_write_signals, write_stderr};
use crate::utc::Utc;

/// The longest line with its line break, in bytes: what even a pipe takes in one piece (PIPE_BUF).
const MAX_LINE: usize = 4096;

/// Where the lines are written.
enum Target {
    Stderr,
    File(PathBuf),
}

impl Target {
    /// Writes as much of a line as fits at once, and returns how many bytes that was.
    fn write(&self, line: &[u8]) -> io::Result<usize> {
        match self {
            Target::Stderr => write_stderr(line),
            Target::File(path) => open_log(path)?.write(line),
        }
    }

    /// Like `write`, but tries again if a signal interrupts it.
    fn append(&self, line: &[u8]) -> io::Result<usize> {
        loop {
            match self.write(line) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                written => return written,
            }
        }
    }
}

/// The log of a client. Any thread may write to it, in forked processes too.
pub(crate) struct Log {
    level: Level,
    target: Target,
    secrets: Arc<Secrets>,
    stats: Arc<Stats>,
    calls: AtomicU64,
    /// Whether the last line was written without its end.
    is_cut: AtomicBool,
}

impl Log {
    /// Makes a log of this level that writes to this file, or to standard error if `file` is `stderr`. Fails if the
    /// level is not `off` and no file is given or it cannot be opened.
    pub(crate) fn new(
        level: Level,
        file: Option<&str>,
        secrets: &Arc<Secrets>,
        stats: &Arc<Stats>,
    ) -> Result<Log, Error> {
        let wrong = |what: String| Error::config("log_file", what);
        let target = match file {
            Some("stderr") => Target::Stderr,
            Some(path) => Target::File(path.into()),
            None if level == Level::Off => Target::Stderr,
            None => return Err(wrong("none is set, and log_level wants a log: a path, or stderr".to_owned())),
        };
        if let (Target::File(path), true) = (&target, level > Level::Off) {
            open_log(path).map_err(|error| wrong(format!("cannot write to {path:?}: {}", reason(&error))))?;
        }
        let (secrets, stats) = (Arc::clone(secrets), Arc::clone(stats));
        Ok(Log { level, target, secrets, stats, calls: AtomicU64::new(0), is_cut: AtomicBool::new(false) })
    }

    /// Returns the number of a call that begins, counted from 1.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Logs the end of a call.
    pub(crate) fn call(&self, call: u64, start: Instant, batches: usize, outcome: &Outcome) {
        let code = outcome.code();
        let level = match code {
            Code::Ok => Level::Info,
            _ if outcome.error.as_ref().is_some_and(is_cancellation) => Level::Info,
            Code::Partial => Level::Warn,
            _ => Level::Error,
        };
        self.write(level, "call", |line| {
            let (entries, answered) = (outcome.report.len(), outcome.report.answered());
            let (ms, code) = (start.elapsed().as_millis(), code.name());
            write!(line, "call={call} batches={batches} entries={entries} answered={answered} ms={ms} code={code}")?;
            outcome.error.as_ref().map_or(Ok(()), |error| self.reason(line, error))
        });
    }

    /// Logs the start of an outage: nothing is answered any more.
    pub(crate) fn outage(&self, error: &Error) {
        self.write(Level::Warn, "outage", |line| {
            write!(line, "status={} code={}", error.http_status(), error.code().name())?;
            self.reason(line, error)
        });
    }

    /// Logs the end of an outage that lasted for this time.
    pub(crate) fn outage_end(&self, time: Duration) {
        self.write(Level::Warn, "outage_end", |line| write!(line, "ms={}", time.as_millis()));
    }

    /// Returns what the lines about an attempt at a batch have in common.
    pub(crate) fn attempt(&self, call: u64, batch: usize) -> Attempt<'_> {
        Attempt { log: self, of: RequestOf::Batch { call, batch }, attempt: 0, start: None }
    }

    /// The same for a request that these calls share.
    pub(crate) fn attempt_for(&self, calls: impl ExactSizeIterator<Item = u64>) -> Attempt<'_> {
        let of = RequestOf::Calls { count: calls.len(), first: calls.take(MAX_CALLS).collect() };
        Attempt { log: self, of, attempt: 0, start: None }
    }

    /// Writes a line if its level is enabled. If it cannot be written at once, it is dropped and counted, and the call
    /// goes on.
    fn write(&self, level: Level, event: &str, fields: impl FnOnce(&mut String) -> fmt::Result) {
        if level > self.level {
            return;
        }
        let mut line = format!("{} {} {} {event} ", Utc::now(), std::process::id(), level.name());
        if fields(&mut line).is_err() {
            return;
        }
        // Leaves room for a line break on either side.
        cut(&mut line, MAX_LINE - 2);
        line.push('\n');
        self.append(line);
    }

    /// Appends a line. A target that is not a pipe may take a part of it; the next line then begins with a line break.
    fn append(&self, mut line: String) {
        let was_cut = self.is_cut.swap(false, Ordering::Relaxed);
        if was_cut {
            line.insert(0, '\n');
        }
        let written = without_write_signals(|| self.target.append(line.as_bytes())).unwrap_or(0);
        if written < line.len() {
            self.is_cut.store(was_cut || written > 0, Ordering::Relaxed);
        }
        // If only the line break is missing, it comes with the next line, and nothing is dropped.
        if written + 1 < line.len() {
            self.stats.add(Counter::LogLinesDropped, 1);
        }
    }

    /// Appends why something failed, in quotes, because the text may be from the service or from the caller. Secrets
    /// and phone numbers are hidden.
    fn reason(&self, line: &mut String, error: &Error) -> fmt::Result {
        write!(line, " reason={:?}", hide_numbers(&self.secrets.hide(error.message())))
    }
}

/// How many calls of a shared request a line names.
const MAX_CALLS: usize = 16;

/// What a request asks for.
enum RequestOf {
    /// A batch of one call, or a part of it.
    Batch { call: u64, batch: usize },
    /// Batches of several calls, of which the first are named.
    Calls { count: usize, first: Vec<u64> },
}

impl fmt::Display for RequestOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestOf::Batch { call, batch } => write!(f, "call={call} batch={}", batch + 1),
            RequestOf::Calls { count, first } => {
                let first: Vec<_> = first.iter().map(u64::to_string).collect();
                write!(f, "riders={count} calls={}", first.join(","))
            }
        }
    }
}

/// An attempt at a request, for its log lines.
pub(crate) struct Attempt<'l> {
    log: &'l Log,
    of: RequestOf,
    /// Counted from 0.
    attempt: u32,
    /// When the request started. Waiting for the rate limit is not included.
    start: Option<Instant>,
}

impl Attempt<'_> {
    /// Begins the next attempt.
    pub(crate) fn next(&mut self) {
        self.attempt += 1;
        self.start = None;
    }

    /// Logs a request that starts at this time.
    pub(crate) fn request(&mut self, start: Instant, entries: usize, url: &str, body: Option<&[u8]>) {
        self.start = Some(start);
        let bytes = body.map_or(url.len(), <[u8]>::len);
        self.write(Level::Debug, "request", |line| write!(line, " entries={entries} bytes={bytes}"));
        self.body("request_body", body.unwrap_or(url.as_bytes()));
    }

    /// Logs a response.
    pub(crate) fn answer(&self, status: u16, body: &[u8]) {
        let (bytes, ms) = (body.len(), self.ms());
        self.write(Level::Debug, "answer", |line| write!(line, " status={status} bytes={bytes} ms={ms}"));
        self.body("answer_body", body);
    }

    /// Logs that the batch is retried after this time.
    pub(crate) fn retry(&self, error: &Error, wait: Duration) {
        let wait = wait.as_millis();
        self.log_failure(Level::Warn, "retry", error, |line| write!(line, " wait_ms={wait}"));
    }

    /// Logs that the batch ends without answers. If it was cancelled, only the line of the call says so.
    pub(crate) fn failure(&self, error: &Error, entries: usize) {
        if is_cancellation(error) {
            return;
        }
        self.log_failure(Level::Error, "failure", error, |line| write!(line, " entries={entries}"));
    }

    fn log_failure(&self, level: Level, event: &str, error: &Error, more: impl FnOnce(&mut String) -> fmt::Result) {
        self.write(level, event, |line| {
            write!(line, " status={} ms={}", error.http_status(), self.ms())?;
            more(line)?;
            write!(line, " code={}", error.code().name())?;
            self.log.reason(line, error)
        });
    }

    /// Logs the start of a body as it is, except that secrets are hidden.
    fn body(&self, event: &str, body: &[u8]) {
        self.write(Level::Trace, event, |line| {
            write!(line, " bytes={} body={:?}", body.len(), self.log.secrets.start(body, MAX_LINE))
        });
    }

    fn write(&self, level: Level, event: &str, more: impl FnOnce(&mut String) -> fmt::Result) {
        self.log.write(level, event, |line| {
            write!(line, "{} attempt={}", self.of, self.attempt + 1)?;
            more(line)
        });
    }

    /// Returns the milliseconds since the request started; 0 if it did not.
    fn ms(&self) -> u128 {
        self.start.map_or(0, |start| start.elapsed().as_millis())
    }
}

/// Whether the failure is what the caller wanted, a cancellation.
fn is_cancellation(error: &Error) -> bool {
    error.code() == Code::Cancelled
}

/// Shortens a text to at most this many bytes, between two characters.
fn cut(text: &mut String, most: usize) {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_between_characters() {
        let mut text = "aé".to_owned();
        cut(&mut text, 2);
        assert_eq!(text, "a");
    }
}

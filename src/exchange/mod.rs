//! Asking: a batch becomes a request, the answer becomes statuses or an error.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

mod body;
mod buffers;
pub(crate) mod call;
pub(crate) mod check;
mod connect;
mod http;
mod pace;
pub(crate) mod pool;
mod proxy;
mod race;
mod resolve;
pub(crate) mod retry;
mod threads;
mod tls;
mod tls_stream;
mod transport;
pub(crate) mod wait;
pub(crate) mod watch;

use body::Body;
use call::{Batch, Call};
use http::{Head, Http, Outgoing, Unanswered};
use pace::Pace;
use retry::{Budget, Failure, retry_after};
use wait::sleep;
use zeroize::Zeroize;

use crate::error::{Code, Error};
use crate::log::Attempt;
use crate::matching;
use crate::settings::{MAX_URL, Method, Settings};
use crate::state::{API_NOT_FOUND, State, refusal};
use crate::stats::{Counter, Stats};
use crate::stop::Stop;
use crate::wire::Format;
use crate::wire::answer::{self, Answer, Entries, Entry, Fate, Refusal, Unreadable};
use crate::wire::pattern::Patterns;
use crate::wire::repair::repair;
use crate::wire::request::Asked;
use crate::wire::{documented, request};

/// HTTP status: too many requests.
const TOO_MANY_REQUESTS: u16 = 429;

/// Asks the service, one batch at a time for each thread.
pub(crate) struct Exchange {
    settings: Arc<Settings>,
    stats: Arc<Stats>,
    http: Http,
    budget: Budget,
    pace: Pace,
}

/// What a thread uses again for each batch.
#[derive(Default)]
pub(crate) struct Scratch {
    request: Outgoing,
    answer: Body,
    patterns: Patterns,
}

impl Outgoing {
    /// Empties the body, and sees that it has this much room.
    fn make_room(&mut self, size: usize) {
        let body = self.body.get_or_insert_default();
        if body.capacity() < size {
            body.as_mut_slice().zeroize();
            *body = Vec::with_capacity(size);
        }
        body.clear();
    }

    /// Overwrites what holds the key.
    fn wipe(&mut self) {
        self.url.zeroize();
        self.body.iter_mut().for_each(|body| body.as_mut_slice().zeroize());
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Exchange {
    pub(crate) fn new(settings: &Arc<Settings>, stats: &Arc<Stats>) -> Exchange {
        Exchange {
            settings: Arc::clone(settings),
            stats: Arc::clone(stats),
            http: Http::new(settings, stats),
            budget: Budget::default(),
            pace: Pace::new(settings.pace),
        }
    }

    /// Asks a batch, again where that may help, and settles it.
    pub(crate) fn ask(&self, call: &Call, batch: &Batch<'_>, scratch: &mut Scratch) {
        if let Err(error) = self.write_request(&batch.asked, &mut scratch.request) {
            return call.failed(batch, error);
        }
        let stop = call.stop.as_deref();
        let mut before = None;
        for attempt in 0.. {
            let mut log = self.settings.log.attempt(call.number, batch.number, attempt);
            let failure = match self.attempt(&batch.asked, call.deadline, stop, scratch, &mut log) {
                Ok((status, entries)) => {
                    self.budget.give_back();
                    call.connected();
                    return self.answered(call, batch, status, &entries);
                }
                Err(failure) => failure,
            };
            self.stats.failure(&failure.error);
            if !failure.connected && call.is_cut_off() {
                log.failure(&failure.error, batch.asked.len());
                return call.failed_for_all(batch, failure.error);
            }
            let error = failure.error.clone();
            let again = self.settings.retry.wait(attempt, failure, call.deadline, &self.budget);
            let waited = again.and_then(|wait| {
                log.retry(&error, wait);
                sleep(wait, stop)
            });
            if let Err(end) = waited {
                let end = if end == error { after(end, before.as_ref()) } else { end };
                log.failure(&end, batch.asked.len());
                return call.failed(batch, end);
            }
            before = Some(error);
            self.stats.add(Counter::Retries, 1);
        }
    }

    fn answered(&self, call: &Call, batch: &Batch<'_>, status: u16, entries: &Entries<'_>) {
        let matches = matching::assign(&batch.asked, entries);
        self.stats.add(Counter::EntriesAnswered, matches.answered as u64);
        self.stats.add(Counter::AnswersUnmatched, matches.unmatched as u64);
        call.answered(batch, status, entries, &matches);
    }

    /// Sends the request that was written: its HTTP status, and what the service says of these messages.
    fn attempt<'s>(
        &self,
        asked: &[Asked<'_>],
        deadline: Option<Instant>,
        stop: Option<&Stop>,
        scratch: &'s mut Scratch,
        log: &mut Attempt<'_>,
    ) -> Result<(u16, Entries<'s>), Failure> {
        self.pace.wait(deadline, stop)?;
        let start = Instant::now();
        let Scratch { request, answer, patterns } = scratch;
        log.request(start, asked.len(), &request.url, request.body.as_deref());
        let head = self.send(deadline, stop, request, answer)?;
        let latency = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.stats.add(Counter::LatencyUsSum, latency);
        self.stats.raise(Counter::LatencyUsMax, latency);
        log.answer(head.status, answer.bytes());
        match self.understand(head.status, answer, patterns, asked) {
            Ok(entries) => Ok((head.status, entries)),
            Err(error) => Err(Failure { error, connected: true, retry_after: retry_after(&head.headers) }),
        }
    }

    /// Sends a request. A kept connection that the server has closed meanwhile is no failure: the request goes over
    /// another, within the same time.
    fn send(
        &self,
        deadline: Option<Instant>,
        stop: Option<&Stop>,
        request: &Outgoing,
        answer: &mut Body,
    ) -> Result<Head, Failure> {
        let limit = self.http.limit(deadline)?;
        self.stats.add(Counter::Requests, 1);
        let mut sent = self.http.send(request, limit, stop, answer);
        for _ in 0..self.settings.max_connections {
            if !sent.as_ref().is_err_and(|unanswered| unanswered.is_stale) {
                break;
            }
            sent = self.http.send(request, limit, stop, answer);
        }
        sent.map_err(|Unanswered { error, connected, .. }| {
            // An error may quote the URL, which holds the key if the method is GET.
            Failure { error: error.redacted(&self.settings.secrets), connected, retry_after: None }
        })
    }

    fn write_request(&self, asked: &[Asked<'_>], request: &mut Outgoing) -> Result<(), Error> {
        let Settings { url, api_key, format, method, .. } = &*self.settings;
        let messages = asked.iter().map(Asked::message);
        // Neither the body nor the URL grows while it is written: that would leave a copy of the key behind.
        let written = match method {
            Method::Post => {
                request.make_room(request::json_room(api_key, messages.clone()));
                if request.uri.is_none() {
                    request.url = format!("{url}{}", if *format == Format::Xml { "?_format=xml" } else { "" });
                    request.uri = request.url.parse().ok();
                }
                request::write_json(request.body.get_or_insert_default(), api_key, *format, messages)
            }
            Method::Get => {
                request.wipe();
                let mut get = Vec::with_capacity(MAX_URL);
                get.extend_from_slice(format!("{url}?").as_bytes());
                let written = request::write_query(&mut get, api_key, *format, messages);
                request.url = String::from_utf8(get).unwrap_or_default();
                written
            }
        };
        written.map_err(|error| Error::new(Code::Internal, format!("cannot write a request: {error}")))
    }

    /// What an answer means, by its HTTP status and its body.
    fn understand<'s>(
        &self,
        status: u16,
        body: &'s mut Body,
        patterns: &mut Patterns,
        asked: &[Asked<'_>],
    ) -> Result<Entries<'s>, Error> {
        let success = (200..300).contains(&status);
        let (body, repaired) = body.parts();
        if let Some(entries) = documented::entries(body, asked, patterns).filter(|_| success) {
            return Ok(entries);
        }
        let body = repair(body, repaired)?;
        match answer::read(body) {
            Ok(Answer::Entries(entries)) if success => Ok(entries),
            Ok(Answer::Refusal(refusal)) if is_readable(&refusal, status) => match asked {
                [_] if refusal.api_code == API_NOT_FOUND => Ok(not_found(refusal)),
                _ => Err(self.refused(&refusal, status)),
            },
            Err(unreadable) if success => Err(self.not_documented(&unreadable, status, body.as_bytes())),
            _ => Err(self.http_status(status, body.as_bytes())),
        }
    }

    fn refused(&self, refused: &Refusal, status: u16) -> Error {
        let text = self.settings.secrets.quote(&refused.message);
        let text = format!("the service refuses the request with code {}: {text}", refused.api_code);
        let (code, _) = refusal(refused.api_code);
        Error::new(code, text).with_api_code(refused.api_code).with_http_status(status)
    }

    fn not_documented(&self, unreadable: &Unreadable, status: u16, body: &[u8]) -> Error {
        let reason = self.settings.secrets.quote(&unreadable.to_string());
        let text = format!("the answer is not as documented: {reason}: {}", self.excerpt(body, unreadable.offset));
        Error::new(Code::Protocol, text).with_http_status(status)
    }

    fn http_status(&self, status: u16, body: &[u8]) -> Error {
        let code = if status == TOO_MANY_REQUESTS { Code::RateLimited } else { Code::Http };
        let text = format!("the service answered with HTTP status {status}: {}", self.excerpt(body, 0));
        Error::new(code, text).with_http_status(status)
    }

    /// A little of a body, from around this place.
    fn excerpt(&self, body: &[u8], offset: usize) -> String {
        const BEFORE: usize = 20;
        const LENGTH: usize = 80;
        if body.is_empty() {
            return "an empty body".to_owned();
        }
        let (start, end) = self.settings.secrets.hide_around(body, offset);
        let skipped = start.chars().count().saturating_sub(BEFORE);
        let excerpt: String = start.chars().skip(skipped).chain(end.chars()).take(LENGTH).collect();
        format!("\"{}\"", self.settings.secrets.quote(&excerpt))
    }
}

/// A time limit says what went wrong before it.
fn after(error: Error, before: Option<&Error>) -> Error {
    match before {
        Some(before) if error.code() == Code::Timeout => error.and(&format!("the last failure was: {before}")),
        _ => error,
    }
}

/// A refusal counts by its code, whatever the HTTP status; with 429 and 5xx only if the code is a documented one, since
/// gateways on the way have codes of their own.
fn is_readable(refused: &Refusal, status: u16) -> bool {
    let (_, documented) = refusal(refused.api_code);
    documented || !(status == TOO_MANY_REQUESTS || status >= 500)
}

/// The service refuses a request for a single message that it does not know as a whole.
fn not_found(refusal: Refusal) -> Entries<'static> {
    let fate = Fate {
        state: State::from_refusal(refusal.api_code),
        api_code: refusal.api_code,
        status_text: (!refusal.message.is_empty()).then(|| refusal.message.into()),
        date_text: None,
        stop_sms: None,
        is_spam: None,
    };
    Entries { list: vec![Entry { date: None, fate: 0 }], others: Vec::new(), fates: vec![Rc::new(fate)] }
}

/// An error of ours on its way through ureq.
fn failure(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

//! Asking: a batch becomes a request, the answer becomes statuses or an error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

mod body;
mod buffers;
pub(crate) mod call;
pub(crate) mod check;
mod coding;
mod connect;
mod deadline;
mod excerpt;
pub(crate) mod explain;
mod http;
mod outage;
mod pace;
mod page;
pub(crate) mod pool;
mod proxy;
mod race;
mod redirect;
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
use deadline::Deadline;
use http::{Head, Http, Outgoing, Unanswered};
use outage::{Outage, Over};
use pace::Pace;
use retry::{Failure, retry_after};
use zeroize::Zeroize;

use crate::error::{Code, Error, out_of_memory};
use crate::log::Attempt;
use crate::matching::{self, Matches};
use crate::memory;
use crate::settings::{MAX_URL, Method, Settings};
use crate::state::{may_be_for_one_entry, refusal};
use crate::stats::{Counter, Stats};
use crate::stop::Stop;
use crate::sys::Working;
use crate::wire::Format;
use crate::wire::answer::{self, Answer, Entries, Refusal, Unreadable};
use crate::wire::fast_json;
use crate::wire::repair::repair;
use crate::wire::request::{self, Asked};

/// HTTP status: too many requests.
const TOO_MANY_REQUESTS: u16 = 429;

/// Asks the service, one batch at a time for each thread.
pub(crate) struct Exchange {
    settings: Arc<Settings>,
    stats: Arc<Stats>,
    http: Http,
    outage: Outage,
    pace: Pace,
    /// That of the thread that is idle.
    scratch: Mutex<Option<Scratch>>,
}

/// What a thread uses again for each batch.
#[derive(Default)]
pub(crate) struct Scratch {
    request: Outgoing,
    answer: Body,
}

/// What the service says of the messages of a request.
struct Said<'s> {
    status: u16,
    entries: Entries<'s>,
    /// Whether it refused the request, which was for one message: the entry says so.
    is_refusal: bool,
}

/// How asking about some messages of a batch ended.
enum Ended {
    /// With the error of those that the answer does not speak of.
    Answered {
        missing: Option<Error>,
        is_refusal: bool,
    },
    /// The service refuses the request, and one of its messages may be why.
    Refused(Error),
    Failed(Error),
    /// Nothing that is left of the call is to be asked.
    FailedForAll(Error),
}

impl Outgoing {
    /// Empties the body, and sees that it has this much room.
    fn make_room(&mut self, size: usize) -> Result<(), Error> {
        let body = self.body.get_or_insert_default();
        if body.capacity() < size {
            body.as_mut_slice().zeroize();
            *body = memory::list(size, "a request")?;
        }
        body.clear();
        Ok(())
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
            outage: Outage::new(settings),
            pace: Pace::new(settings.pace),
            scratch: Mutex::default(),
        }
    }

    /// Keeps what an idle thread uses again, where a child of a fork finds it too.
    pub(crate) fn lay_down(&self, scratch: Scratch) {
        let _working = Working::begin();
        *self.idle_scratch() = Some(scratch);
    }

    /// Gives it back.
    pub(crate) fn take_up(&self) -> Scratch {
        let _working = Working::begin();
        self.idle_scratch().take().unwrap_or_default()
    }

    fn idle_scratch(&self) -> MutexGuard<'_, Option<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes idle connections, and frees what is used again.
    pub(crate) fn free_idle(&self) {
        let _working = Working::begin();
        self.http.close_idle();
        self.take_up();
    }

    /// Asks a batch, and ends it. If the service refuses it and one of its messages may be why, its halves are asked, and
    /// so on: a message that is refused alone does not hold up the others.
    pub(crate) fn ask(&self, call: &Call, batch: &Batch<'_>, scratch: &mut Scratch) {
        let mut parts = vec![&*batch.asked];
        let mut first_failure = None;
        while let Some(part) = parts.pop() {
            let ended = self.ask_part(call, batch.number, part, scratch);
            if part.len() < batch.asked.len() {
                call.part_ended(&ended);
            }
            let failure = match ended {
                Ended::Answered { missing, .. } => missing,
                Ended::Refused(_) if call.may_halve() => {
                    let (front, back) = part.split_at(part.len().div_ceil(2));
                    parts.extend([back, front]);
                    self.stats.add(Counter::BatchesHalved, 1);
                    continue;
                }
                Ended::Refused(error) | Ended::Failed(error) => {
                    call.failed(part, &error);
                    Some(error)
                }
                Ended::FailedForAll(error) => {
                    parts.drain(..).chain([part]).for_each(|part| call.failed(part, &error));
                    call.give_up_all(&error);
                    Some(error)
                }
            };
            first_failure = first_failure.or(failure);
        }
        call.complete(batch.number, first_failure);
    }

    /// Asks about messages of a batch, again where that may help.
    fn ask_part(&self, call: &Call, batch: usize, asked: &[Asked<'_>], scratch: &mut Scratch) -> Ended {
        if let Err(error) = self.write_request(asked, &mut scratch.request) {
            return Ended::Failed(error);
        }
        let mut log = self.settings.log.attempt(call.number, batch, 0);
        self.ask_in_turn(call, batch, asked, scratch, &mut log).unwrap_or_else(|Over { error, for_all }| {
            log.failure(&error, asked.len());
            if for_all { Ended::FailedForAll(error) } else { ended(error, asked.len()) }
        })
    }

    /// Sends the request that was written as often as that helps. In an outage others may have to come first.
    fn ask_in_turn<'l>(
        &'l self,
        call: &Call,
        batch: usize,
        asked: &[Asked<'_>],
        scratch: &mut Scratch,
        log: &mut Attempt<'l>,
    ) -> Result<Ended, Over> {
        let (deadline, stop) = (call.deadline, call.stop.as_deref());
        let mut turn = self.outage.turn(call.start);
        turn.wait(deadline, stop)?;
        let mut before: Option<Error> = None;
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(asked, deadline, stop, scratch, log) {
                Ok(said) => {
                    turn.answered();
                    return Ok(self.answered(call, asked, &said));
                }
                Err(failure) => failure,
            };
            self.stats.failure(&failure.error);
            let (error, failed) = (failure.error.clone(), Instant::now());
            let wait = turn.failed(failure, deadline).map_err(|over| match over.error == error {
                true => Over { error: after(over.error, before.as_ref()), ..over },
                false => over,
            })?;
            if let Some(wait) = wait {
                log.retry(&error, wait);
            }
            turn.wait(deadline, stop)?;
            if wait.is_none() {
                log.retry(&error, failed.elapsed());
            }
            before = Some(error);
            attempt += 1;
            *log = self.settings.log.attempt(call.number, batch, attempt);
            self.stats.add(Counter::Retries, 1);
        }
    }

    fn answered(&self, call: &Call, asked: &[Asked<'_>], said: &Said<'_>) -> Ended {
        let matches = match matching::assign(asked, &said.entries) {
            Ok(matches) => matches,
            Err(error) => return Ended::Failed(error),
        };
        self.stats.add(Counter::EntriesAnswered, matches.answered as u64);
        self.stats.add(Counter::AnswersUnmatched, matches.unmatched.len() as u64);
        let stranger = self.stranger(&said.entries, &matches);
        let missing = call.answered(asked, said.status, &said.entries, &matches, stranger.as_deref());
        Ended::Answered { missing, is_refusal: said.is_refusal }
    }

    /// What an answer has that belongs to no query, for a message.
    fn stranger(&self, entries: &Entries<'_>, matches: &Matches) -> Option<String> {
        let (first, others) = matches.unmatched.split_first()?;
        let first = self.settings.secrets.quote(&entries.list[*first].describe());
        Some(match others.len() {
            0 => format!("an entry for another message: {first}"),
            more => format!("entries for {} other messages, the first for {first}", more + 1),
        })
    }

    /// Sends the request that was written: what the service says of these messages.
    fn attempt<'s>(
        &self,
        asked: &[Asked<'s>],
        deadline: Option<Deadline>,
        stop: Option<&Stop>,
        scratch: &'s mut Scratch,
        log: &mut Attempt<'_>,
    ) -> Result<Said<'s>, Failure> {
        self.pace.wait(deadline, stop)?;
        let start = Instant::now();
        let Scratch { request, answer } = scratch;
        log.request(start, asked.len(), &request.url, request.body.as_deref());
        let head = self.send(deadline, stop, request, answer)?;
        let latency = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.stats.add(Counter::LatencyUsSum, latency);
        self.stats.raise(Counter::LatencyUsMax, latency);
        log.answer(head.status, answer.bytes());
        self.understand(head.status, answer, asked).map_err(|error| Failure {
            error: self.redirected(error, &head),
            connected: true,
            retry_after: retry_after(&head.headers),
            is_last: false,
        })
    }

    /// Sends a request. A kept connection that the server has closed meanwhile is no failure: the request goes over
    /// another, within the same time.
    fn send(
        &self,
        deadline: Option<Deadline>,
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
            let is_last = error.code() == Code::Timeout && deadline.is_some_and(Deadline::has_passed);
            // An error may quote the URL, which holds the key if the method is GET.
            Failure { error: error.redacted(&self.settings.secrets), connected, retry_after: None, is_last }
        })
    }

    fn write_request(&self, asked: &[Asked<'_>], request: &mut Outgoing) -> Result<(), Error> {
        let Settings { url, api_key, format, method, .. } = &*self.settings;
        let messages = asked.iter().map(Asked::message);
        // Neither the body nor the URL grows while it is written: that would leave a copy of the key behind.
        let written = match method {
            Method::Post => {
                request.make_room(request::json_room(api_key, messages.clone()))?;
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
    fn understand<'s>(&self, status: u16, body: &'s mut Body, asked: &[Asked<'s>]) -> Result<Said<'s>, Error> {
        let success = (200..300).contains(&status);
        let (bytes, repaired) = body.parts();
        if let Some(entries) = fast_json::entries(bytes).filter(|_| success) {
            return Ok(Said { status, entries, is_refusal: false });
        }
        let body = repair(bytes, repaired)?;
        match answer::read(body) {
            Ok(Answer::Entries(entries)) if success => Ok(Said { status, entries, is_refusal: false }),
            Ok(Answer::Refusal(refusal)) if is_readable(&refusal, status) => match asked {
                [only] if may_be_for_one_entry(refusal.api_code) => {
                    let text = self.settings.secrets.hide(&refusal.message);
                    let entries = Entries::refused(only.message(), refusal.api_code, text);
                    Ok(Said { status, entries, is_refusal: true })
                }
                _ => Err(self.refused(&refusal, status)),
            },
            Err(unreadable) if unreadable.lacks_memory => Err(out_of_memory("an answer")),
            Err(unreadable) if success => Err(self.not_documented(&unreadable, status, body)),
            _ => Err(self.http_status(status, body)),
        }
    }

    fn refused(&self, refused: &Refusal, status: u16) -> Error {
        let text = self.settings.secrets.quote(&refused.message);
        let text = format!("the service refuses the request with code {}: {text}", refused.api_code);
        let (code, _) = refusal(refused.api_code);
        Error::new(code, text).with_api_code(refused.api_code).with_http_status(status)
    }

    fn not_documented(&self, unreadable: &Unreadable, status: u16, body: &str) -> Error {
        let reason = self.settings.secrets.quote(&unreadable.to_string());
        let text = format!("the answer is not as documented: {reason}: {}", self.excerpt(body, unreadable.offset));
        Error::new(Code::Protocol, text).with_http_status(status)
    }

    fn http_status(&self, status: u16, body: &str) -> Error {
        let code = if status == TOO_MANY_REQUESTS { Code::RateLimited } else { Code::Http };
        let text = format!("the service answered with HTTP status {status}: {}", self.excerpt(body, 0));
        Error::new(code, text).with_http_status(status)
    }

    /// A little of a body, from around this place.
    fn excerpt(&self, body: &str, offset: usize) -> String {
        excerpt::excerpt(&self.settings.secrets, body, offset)
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

/// How asking about so many messages ended with this error.
fn ended(error: Error, asked: usize) -> Ended {
    match error.code() {
        // Nothing more is sent to a service that refuses the key or the account, nor by a proxy that refuses its own.
        Code::Auth | Code::Denied | Code::Config => Ended::FailedForAll(error),
        Code::Api if asked > 1 && may_be_for_one_entry(error.api_code()) => Ended::Refused(error),
        _ => Ended::Failed(error),
    }
}

/// An error of ours on its way through ureq.
fn failure(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

//! Asks about batches: a batch becomes a request, and the response becomes statuses or an error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::call::{Batch, Call};
use super::outage::Outage;
use super::outage_state::GivenUp;
use super::pace::Pace;
use super::redirect::redirected;
use super::reply::{Reply, understand};
use super::retry::{Failure, retry_after};
use super::ride::Ride;
use super::together::{Rider, Together};
use crate::config::settings::{MAX_URL, Method, Settings};
use crate::error::{Code, Error};
use crate::log::Attempt;
use crate::net::body::Body;
use crate::net::cancel::CancelToken;
use crate::net::deadline::Deadline;
use crate::net::http::{Http, HttpRequest, ResponseHead, SendError};
use crate::report::matching::{self, Matches};
use crate::secret::redact::Secrets;
use crate::state::may_be_for_one_entry;
use crate::stats::{Counter, Stats};
use crate::sys::WorkGuard;
use crate::wire::Format;
use crate::wire::request::{self, BatchEntry};
use crate::wire::response::Entries;

/// Asks the service. Each thread asks about one batch at a time.
pub(crate) struct Exchange {
    pub(super) settings: Arc<Settings>,
    stats: Arc<Stats>,
    pub(super) http: Http,
    outage: Outage,
    pub(super) pace: Pace,
    /// Scratch memory that no thread uses.
    scratch: Mutex<Vec<Scratch>>,
}

/// The memory that a thread reuses for each batch.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(super) request: HttpRequest,
    pub(super) answer: Body,
}

/// On whose behalf a request is sent.
struct Terms<'a> {
    /// When the call began; the last of them if there are several.
    began: Instant,
    deadline: Option<Deadline>,
    cancel: Option<&'a CancelToken>,
    /// Whether the first attempt may start now, by `requests_per_second`.
    has_moment: bool,
}

/// How a shared request ended.
pub(super) enum Shared {
    /// Its calls have their answers, or the error that ends them.
    Ended,
    /// It failed, and its calls are to ask alone.
    Split,
    /// It was not sent, or abandoned: what is left of its calls is to ask alone.
    Alone,
}

/// The outcome of asking about a batch or a part of it.
enum PartOutcome {
    /// `missing` is the error of the messages that got no status.
    Answered {
        missing: Option<Error>,
        is_refusal: bool,
    },
    /// The service refuses the request, and one of its messages may be the cause.
    Refused(Error),
    Failed(Error),
    /// Nothing that is left of the call may be sent.
    FailedForAll(Error),
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

    /// How many messages a request has at most.
    pub(super) fn batch_size(&self) -> usize {
        self.settings.batch.entries
    }

    /// Keeps scratch memory for the next thread that works, and where a child of `fork` finds it too. This is work of
    /// the thread, as [`WorkGuard`] counts it.
    pub(crate) fn store_scratch(&self, scratch: Scratch) {
        self.idle_scratch().push(scratch);
    }

    /// Returns kept scratch memory, or else an empty one. This is work, too.
    pub(crate) fn take_scratch(&self) -> Scratch {
        self.idle_scratch().pop().unwrap_or_default()
    }

    fn idle_scratch(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes idle connections and frees the kept scratch memory.
    pub(crate) fn free_idle(&self) {
        let _work = WorkGuard::begin();
        self.http.close_idle();
        std::mem::take(&mut *self.idle_scratch());
    }

    /// Asks about a batch and completes it. If the service refuses it and one of its messages may be the cause, asks
    /// about both halves, and so on: a message that is refused alone does not hold up the others.
    /// Runs `refuse` before, with an error for all calls that wait, if the service refuses the key or the account.
    /// `has_moment` says whether the first request may start now, by `requests_per_second`.
    pub(crate) fn ask(
        &self,
        call: &Call,
        batch: &Batch<'_>,
        mut has_moment: bool,
        scratch: &mut Scratch,
        refuse: impl Fn(&Error),
    ) {
        let mut parts = vec![&*batch.asked];
        let mut first_failure = None;
        while let Some(part) = parts.pop() {
            let terms = Terms {
                began: call.start,
                deadline: call.deadline,
                cancel: batch.cancel.as_ref(),
                has_moment: std::mem::take(&mut has_moment),
            };
            let ended = self.ask_part(call, batch.number, part, &terms, scratch);
            if call.is_inherited() {
                return;
            }
            if part.len() < batch.asked.len() {
                match ended {
                    PartOutcome::Refused(_) | PartOutcome::Answered { is_refusal: true, .. } => {
                        call.count_refused_part()
                    }
                    PartOutcome::Answered { .. } => call.count_answered_part(),
                    PartOutcome::Failed(_) | PartOutcome::FailedForAll(_) => {}
                }
            }
            let failure = match ended {
                PartOutcome::Answered { missing, .. } => missing,
                PartOutcome::Refused(_) if call.may_halve() => {
                    let (front, back) = part.split_at(part.len().div_ceil(2));
                    parts.extend([back, front]);
                    self.stats.add(Counter::BatchesHalved, 1);
                    continue;
                }
                PartOutcome::Refused(error) | PartOutcome::Failed(error) => {
                    call.failed(part, &error);
                    Some(error)
                }
                PartOutcome::FailedForAll(error) => {
                    parts.drain(..).chain([part]).for_each(|part| call.failed(part, &error));
                    call.give_up_all(&error);
                    if matches!(error.code(), Code::Auth | Code::Denied) {
                        refuse(&error.without_quotes());
                    }
                    Some(error)
                }
            };
            first_failure = first_failure.or(failure);
        }
        call.complete(batch.number, first_failure);
    }

    /// Asks about a batch or a part of it, with retries where they may help.
    fn ask_part(
        &self,
        call: &Call,
        batch: usize,
        asked: &[BatchEntry<'_>],
        terms: &Terms<'_>,
        scratch: &mut Scratch,
    ) -> PartOutcome {
        if let Err(error) = self.write_request(asked, &mut scratch.request) {
            return PartOutcome::Failed(error);
        }
        let mut log = self.settings.log.attempt(call.number, batch);
        let accept = |reply: &Reply<'_>| self.answered(call, asked, reply);
        self.ask_in_turn(terms, asked, scratch, &mut log, accept).unwrap_or_else(|GivenUp { error, for_all }| {
            log.failure(&error, asked.len());
            if for_all { PartOutcome::FailedForAll(error) } else { ended(error, asked.len()) }
        })
    }

    /// Puts together what these calls ask. Also returns the calls that cannot be put together with those before them.
    pub(super) fn put_together<'r>(&self, riders: &'r [Rider], ride: &Arc<Ride>) -> (Together<'r>, Vec<Rider>) {
        let mut together = Together::new(self.settings.batch);
        let mut apart = Vec::new();
        for rider in riders {
            let (call, number) = rider;
            let Some(batch) = call.batch_for(*number, ride) else { continue };
            if !together.add(call, batch) {
                apart.push(rider.clone());
            }
        }
        (together, apart)
    }

    /// Asks about what was put together, and completes the batches where it returns `Ended`. Runs `refuse` as `ask` does.
    pub(super) fn ask_together(
        &self,
        together: &Together<'_>,
        ride: &Arc<Ride>,
        scratch: &mut Scratch,
        refuse: impl Fn(&Error),
    ) -> Shared {
        // Its calls alone keep it going from now on.
        ride.leave();
        let Together { asked, shares, .. } = together;
        let began = match &shares[..] {
            [] | [_] => return Shared::Alone,
            [first, others @ ..] => others.iter().fold(first.call.start, |last, share| last.max(share.call.start)),
        };
        if self.write_request(asked, &mut scratch.request).is_err() {
            return Shared::Split;
        }
        self.stats.add(Counter::CallsRidden, shares.len() as u64);
        let mut log = self.settings.log.attempt_for(shares.iter().map(|share| share.call.number));
        let cancel = Some(&ride.cancel);
        let terms = Terms { began, deadline: together.deadline(), cancel, has_moment: true };
        let accept = |reply: &Reply<'_>| {
            ride.enter();
            self.answered_together(together, ride, reply)
        };
        let error = match self.ask_in_turn(&terms, asked, scratch, &mut log, accept) {
            Ok(Ok(())) => return Shared::Ended,
            Ok(Err(error)) | Err(GivenUp { error, .. }) => error,
        };
        ride.enter();
        log.failure(&error, asked.len());
        let for_each = error.without_quotes();
        match error.code() {
            code @ (Code::Auth | Code::Denied | Code::RateLimited) => {
                if code != Code::RateLimited {
                    refuse(&for_each);
                }
                together.fail(ride, &for_each);
                Shared::Ended
            }
            Code::Cancelled => Shared::Alone,
            _ => Shared::Split,
        }
    }

    fn answered_together(&self, together: &Together<'_>, ride: &Arc<Ride>, reply: &Reply<'_>) -> Result<(), Error> {
        let matches = matching::assign(&together.asked, &reply.entries)?;
        self.stats.add(Counter::AnswersUnmatched, matches.unmatched.len() as u64);
        for share in &together.shares {
            let own = matches.of(&share.places);
            let Batch { number, asked, .. } = &share.batch;
            let count = || self.stats.add(Counter::EntriesAnswered, own.answered as u64);
            share.call.answered_together(*number, ride, asked, (reply.status, &reply.entries, &own), count);
        }
        Ok(())
    }

    /// Sends the request in `scratch`, with retries where they may help. In an outage, other batches may have to go
    /// first.
    fn ask_in_turn<T>(
        &self,
        terms: &Terms<'_>,
        asked: &[BatchEntry<'_>],
        scratch: &mut Scratch,
        log: &mut Attempt<'_>,
        accept: impl Fn(&Reply<'_>) -> T,
    ) -> Result<T, GivenUp> {
        let Terms { began, deadline, cancel, mut has_moment } = *terms;
        let mut turn = self.outage.turn(began);
        has_moment &= !turn.wait(deadline, cancel)?;
        let mut before: Option<Error> = None;
        loop {
            let terms = Terms { has_moment: std::mem::take(&mut has_moment), ..*terms };
            let failure = match self.attempt(asked, &terms, scratch, log) {
                Ok(reply) => {
                    turn.answered();
                    return Ok(accept(&reply));
                }
                Err(failure) => failure,
            };
            self.stats.failure(&failure.error);
            let (error, failed) = (failure.error.clone(), Instant::now());
            let wait = turn.failed(failure, deadline).map_err(|over| match over.error == error {
                true => GivenUp { error: after(over.error, before.as_ref()), ..over },
                false => over,
            })?;
            if let Some(wait) = wait {
                log.retry(&error, wait);
            }
            turn.wait(deadline, cancel)?;
            if wait.is_none() {
                log.retry(&error, failed.elapsed());
            }
            before = Some(error);
            log.next();
            self.stats.add(Counter::Retries, 1);
        }
    }

    /// Matches the entries of a response with the messages, and writes them into the call.
    fn answered(&self, call: &Call, asked: &[BatchEntry<'_>], reply: &Reply<'_>) -> PartOutcome {
        let matches = match matching::assign(asked, &reply.entries) {
            Ok(matches) => matches,
            Err(error) => return PartOutcome::Failed(error),
        };
        self.stats.add(Counter::EntriesAnswered, matches.answered as u64);
        self.stats.add(Counter::AnswersUnmatched, matches.unmatched.len() as u64);
        let stranger = stranger(&reply.entries, &matches, &self.settings.secrets);
        let missing = call.answered(asked, reply.status, &reply.entries, &matches, stranger.as_deref());
        PartOutcome::Answered { missing, is_refusal: reply.is_refusal }
    }

    /// Sends the request in `scratch` once. Returns what the service says about the messages.
    fn attempt<'s>(
        &self,
        asked: &[BatchEntry<'s>],
        terms: &Terms<'_>,
        scratch: &'s mut Scratch,
        log: &mut Attempt<'_>,
    ) -> Result<Reply<'s>, Failure> {
        let Terms { deadline, cancel, has_moment, .. } = *terms;
        if !has_moment {
            self.pace.wait(deadline, cancel)?;
        }
        let start = Instant::now();
        let Scratch { request, answer } = scratch;
        log.request(start, asked.len(), &request.url, request.body.as_deref());
        let head = self.send(deadline, cancel, request, answer)?;
        let latency = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.stats.add(Counter::LatencyUsSum, latency);
        self.stats.raise(Counter::LatencyUsMax, latency);
        log.answer(head.status, answer.bytes());
        understand(head.status, answer, asked, &self.settings.secrets).map_err(|error| Failure {
            error: redirected(error, &head, &self.settings),
            connected: true,
            retry_after: retry_after(&head.headers),
            is_last: false,
        })
    }

    /// Sends a request. If the server has closed a kept connection meanwhile, this is not a failure: the request goes
    /// over another connection, within the same time limit.
    pub(super) fn send(
        &self,
        deadline: Option<Deadline>,
        cancel: Option<&CancelToken>,
        request: &HttpRequest,
        answer: &mut Body,
    ) -> Result<ResponseHead, Failure> {
        let limit = self.http.limit(deadline)?;
        self.stats.add(Counter::Requests, 1);
        let mut sent = self.http.send(request, limit, cancel, answer);
        for _ in 0..self.settings.max_connections {
            if !sent.as_ref().is_err_and(|error| error.is_stale) {
                break;
            }
            sent = self.http.send(request, limit, cancel, answer);
        }
        sent.map_err(|SendError { error, connected, .. }| {
            let is_last = error.code() == Code::Timeout && deadline.is_some_and(Deadline::has_passed);
            // An error may quote the URL, which contains the key if the method is GET.
            Failure { error: error.redacted(&self.settings.secrets), connected, retry_after: None, is_last }
        })
    }

    /// Writes the request for these messages.
    pub(super) fn write_request(&self, asked: &[BatchEntry<'_>], request: &mut HttpRequest) -> Result<(), Error> {
        let Settings { url, api_key, format, method, .. } = &*self.settings;
        let messages = asked.iter().map(BatchEntry::message);
        // Neither the body nor the URL grows while it is written: that would leave a copy of the key behind.
        let written = match method {
            Method::Post => {
                request.make_room(request::max_json_size(api_key, messages.clone()))?;
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
}

/// Adds the failure before it to a time-out.
fn after(error: Error, before: Option<&Error>) -> Error {
    match before {
        Some(before) if error.code() == Code::Timeout => error.with_note(&format!("the last failure was: {before}")),
        _ => error,
    }
}

/// Describes the entries of a response that belong to no query, for an error text. None if there are none.
fn stranger(entries: &Entries<'_>, matches: &Matches, secrets: &Secrets) -> Option<String> {
    let (first, others) = matches.unmatched.split_first()?;
    let first = secrets.quote(&entries.list[*first].describe());
    Some(match others.len() {
        0 => format!("an entry for another message: {first}"),
        more => format!("entries for {} other messages, the first for {first}", more + 1),
    })
}

/// The outcome of asking about this number of messages, if it ended with this error.
fn ended(error: Error, asked: usize) -> PartOutcome {
    match error.code() {
        // Nothing more is sent to a service that refuses the key or the account, or through a proxy that refuses its
        // credentials.
        Code::Auth | Code::Denied | Code::Config => PartOutcome::FailedForAll(error),
        Code::Api if asked > 1 && may_be_for_one_entry(error.api_code()) => PartOutcome::Refused(error),
        _ => PartOutcome::Failed(error),
    }
}

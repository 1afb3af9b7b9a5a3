//! A running call: which of its batches are taken, which have ended, and their results.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use crate::error::{Code, Error};
use crate::memory;
use crate::net::cancel::CancelToken;
use crate::net::deadline::Deadline;
use crate::net::wait::cancelled;
use crate::plan::Plan;
use crate::queue::{Promise, Queue};
use crate::report::Report;
use crate::report::draft::Draft;
use crate::report::matching::Matches;
use crate::report::rows::QueryTexts;
use crate::sys::Event;
use crate::wire::request::BatchEntry;
use crate::wire::response::Entries;

/// How many parts of refused batches may be refused without an answered part. So a service that refuses every message
/// is not asked about each.
const MAX_REFUSED_PARTS: usize = 64;

/// A list of queries. Any number of threads ask about it, batch by batch.
pub(crate) struct Call {
    /// The number of the call within its client, for the log.
    pub number: u64,
    pub start: Instant,
    plan: Plan,
    texts: Arc<QueryTexts>,
    pub deadline: Option<Deadline>,
    /// Cancels the call. None if it cannot be cancelled.
    pub cancel: Option<Arc<CancelToken>>,
    progress: Mutex<Progress>,
    ended: Condvar,
    /// The same as `ended`, for those who wait for a descriptor.
    ended_event: OnceBox<Event>,
    /// How many rows are completed. It is read without the lock.
    completed: AtomicUsize,
    /// How many parts of refused batches were refused again, and how many were answered.
    refused_parts: AtomicUsize,
    answered_parts: AtomicUsize,
}

struct Progress {
    draft: Draft,
    /// The next batch to be taken.
    next: usize,
    /// How many batches have ended.
    ended: usize,
    /// Whether the caller is to ask about the remaining batches itself.
    is_left: bool,
    /// The first failed batch in the caller's order, and its error.
    failed: Option<(usize, Error)>,
    /// What a queue was promised for when every batch has ended.
    promise: Option<Promise>,
}

/// A batch that a thread has taken, to be completed once.
pub(crate) struct Batch<'c> {
    pub number: usize,
    pub asked: Vec<BatchEntry<'c>>,
}

/// The result of a call.
pub(crate) struct Finished {
    pub report: Report,
    /// The error of the first failed batch, or else of the first invalid query.
    pub error: Option<Error>,
    /// How many duplicates got the answer of the first query of their kind.
    pub duplicates_answered: usize,
}

impl Call {
    /// A call that begins now. `time` is how long it may take; None means no limit.
    pub(crate) fn new(
        number: u64,
        plan: Plan,
        draft: Draft,
        time: Option<Duration>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Call {
        // The other rows are INVALID, and completed already.
        let asked: usize = (0..plan.batches()).map(|batch| plan.completed_by(batch)).sum();
        Call {
            number,
            start: Instant::now(),
            texts: draft.asked_texts(),
            deadline: time.map(Deadline::after),
            cancel,
            progress: Mutex::new(Progress { draft, next: 0, ended: 0, is_left: false, failed: None, promise: None }),
            ended: Condvar::new(),
            ended_event: OnceBox::new(),
            completed: AtomicUsize::new(plan.rows() - asked),
            refused_parts: AtomicUsize::new(0),
            answered_parts: AtomicUsize::new(0),
            plan,
        }
    }

    pub(crate) fn batches(&self) -> usize {
        self.plan.batches()
    }

    /// The number of queries.
    pub(crate) fn rows(&self) -> usize {
        self.plan.rows()
    }

    /// How many queries are answered or given up. Never decreases. Takes no lock.
    pub(crate) fn completed(&self) -> usize {
        self.completed.load(Ordering::SeqCst).min(self.rows())
    }

    /// The texts of the queries. Takes no lock.
    pub(crate) fn texts(&self) -> &QueryTexts {
        &self.texts
    }

    /// Whether the caller has cancelled the call.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(|cancel| cancel.is_cancelled())
    }

    /// Takes the next batch in the caller's order. Returns its number, and whether another one follows. None if all are
    /// taken or given up.
    pub(crate) fn take(&self) -> Option<(usize, bool)> {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        let number = progress.next;
        if number == self.batches() {
            return None;
        }
        progress.next += 1;
        Some((number, progress.next < self.batches()))
    }

    /// The entries of a batch that was taken. If there is no memory for them, completes the batch with this error and
    /// returns None.
    pub(crate) fn batch(&self, number: usize) -> Option<Batch<'_>> {
        let mut progress = self.lock();
        match progress.draft.batch(self.plan.rows_of(number), &self.texts) {
            Ok(asked) => Some(Batch { number, asked }),
            Err(error) => {
                progress.draft.fail(self.plan.rows_of(number), &error);
                self.complete_batch(&mut progress, number, Some(&error));
                None
            }
        }
    }

    /// Writes what the service says about these messages, with this HTTP status. Returns the error of those that got no
    /// status. `stranger` describes what the response contains instead.
    pub(crate) fn answered(
        &self,
        asked: &[BatchEntry<'_>],
        status: u16,
        entries: &Entries<'_>,
        matches: &Matches,
        stranger: Option<&str>,
    ) -> Option<Error> {
        let mut progress = self.lock();
        let mut failure = None;
        let statuses = entries.statuses.iter().map(|status| progress.draft.keep(status));
        let statuses = match memory::collect(statuses, "an answer") {
            Ok(statuses) => statuses,
            Err(error) => {
                progress.draft.fail(rows(asked), &error);
                return Some(error);
            }
        };
        for (index, query) in asked.iter().enumerate() {
            let error = match matches.answer(index).map(|index| &entries.list[index]) {
                Some(entry) => match &statuses[entry.status] {
                    Ok(status) => {
                        progress.draft.answer(query.row(), entry.date, status);
                        continue;
                    }
                    Err(error) => error.clone(),
                },
                None if failure.is_some() => continue,
                None => {
                    let missing = asked.len() - matches.answered;
                    not_answered(query.row(), missing, asked.len(), stranger).with_http_status(status)
                }
            };
            failure.get_or_insert(error);
        }
        let error = failure?;
        progress.draft.fail(rows(asked), &error);
        Some(error)
    }

    /// Writes this error for those of these messages that have no answer.
    pub(crate) fn failed(&self, asked: &[BatchEntry<'_>], error: &Error) {
        self.lock().draft.fail(rows(asked), error);
    }

    /// Completes a batch whose messages are all answered or failed. `failure` is the first failure among them.
    pub(crate) fn complete(&self, batch: usize, failure: Option<Error>) {
        self.complete_batch(&mut self.lock(), batch, failure.as_ref());
    }

    /// Counts a part of a refused batch that was refused again.
    pub(crate) fn count_refused_part(&self) {
        self.refused_parts.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a part of a refused batch that was answered.
    pub(crate) fn count_answered_part(&self) {
        self.answered_parts.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether refused batches may be halved further.
    pub(crate) fn may_halve(&self) -> bool {
        let [refused, answered] =
            [&self.refused_parts, &self.answered_parts].map(|parts| parts.load(Ordering::Relaxed));
        refused <= MAX_REFUSED_PARTS + 2 * answered
    }

    /// Waits until every batch has ended, but no longer than until `until`. Returns whether they have. After the
    /// deadline no more batches are taken, and those that are being sent end by themselves.
    pub(crate) fn wait(&self, until: Option<Instant>) -> bool {
        self.wait_unless(until, |_| false)
    }

    /// The same without a time limit. Returns false if nobody else asks about the remaining batches.
    pub(crate) fn wait_or_take_back(&self) -> bool {
        self.wait_unless(None, |progress| std::mem::take(&mut progress.is_left))
    }

    fn wait_unless(&self, until: Option<Instant>, is_over: impl Fn(&mut Progress) -> bool) -> bool {
        let mut progress = self.lock();
        loop {
            self.give_up_if_over(&mut progress);
            if progress.ended >= self.batches() {
                return true;
            }
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) || is_over(&mut progress) {
                return false;
            }
            let deadline = self.deadline.map(|deadline| deadline.at).filter(|&at| at > now);
            progress = match until.into_iter().chain(deadline).min() {
                Some(next) => self.ended.wait_timeout(progress, next - now).unwrap_or_else(PoisonError::into_inner).0,
                None => self.ended.wait(progress).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Called when nobody asks about the batches that were not taken. If the caller waits, it asks about them itself.
    /// An operation has no such caller, and ends with `error` if there is one.
    pub(crate) fn leave(&self, error: Option<Error>) {
        let mut progress = self.lock();
        match error.filter(|_| self.cancel.is_some()) {
            Some(error) => self.give_up(&mut progress, &error),
            None => {
                progress.is_left = true;
                self.ended.notify_all();
            }
        }
    }

    /// The event that is set when every batch has ended. It is the same at each call. Fails if there is no descriptor
    /// for it.
    pub(crate) fn ended_event(&self) -> io::Result<&Event> {
        let event = self.ended_event.get_or_try_init(|| Event::new().map(Box::new))?;
        // If the last batch ended before the event existed, nobody has set it.
        if self.lock().ended >= self.batches() {
            event.set();
        }
        Ok(event)
    }

    /// Has this tag put into a queue once every batch has ended. Can be called once.
    pub(crate) fn notify(&self, queue: &Queue, tag: u64) -> Result<(), Error> {
        let mut progress = self.lock();
        if progress.promise.is_some() {
            return Err(Error::new(Code::InvalidArgument, "the operation tells a queue already"));
        }
        let mut promise = queue.promise(tag)?;
        if progress.ended >= self.batches() {
            promise.keep();
        }
        progress.promise = Some(promise);
        Ok(())
    }

    /// Gives up the batches that nobody has taken, if the call is cancelled or past its deadline. Returns whether there
    /// are batches left to take.
    pub(crate) fn look(&self) -> bool {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        progress.next < self.batches()
    }

    /// Returns the result of a call whose batches have all ended. Can be called once.
    pub(crate) fn finish(&self) -> Finished {
        let mut progress = self.lock();
        let (report, duplicates_answered) = std::mem::take(&mut progress.draft).finish();
        let error = progress.failed.take().map(|(_, error)| error).or_else(|| self.plan.first_invalid.clone());
        Finished { report, error, duplicates_answered }
    }

    /// Whether there are batches that nobody has taken.
    pub(crate) fn has_more(&self) -> bool {
        self.lock().next < self.batches()
    }

    /// Ends all batches that nobody has taken, with this error.
    pub(crate) fn give_up_all(&self, error: &Error) {
        self.give_up(&mut self.lock(), error);
    }

    /// Ends the call at once if it is no longer known which of its batches have ended.
    pub(crate) fn abandon(&self, error: &Error) {
        let mut progress = self.lock();
        self.give_up(&mut progress, error);
        progress.failed.get_or_insert((0, error.clone()));
        progress.ended = self.batches();
        progress.draft.fail_rest(error);
        self.completed.store(self.rows(), Ordering::SeqCst);
        self.tell_ended(&mut progress);
    }

    fn give_up_if_over(&self, progress: &mut Progress) {
        if self.is_cancelled() {
            self.give_up(progress, &cancelled());
        } else if let Some(deadline) = self.deadline.filter(|deadline| deadline.has_passed()) {
            self.give_up(progress, &deadline.error());
        }
    }

    /// The same, with the lock held.
    fn give_up(&self, progress: &mut Progress, error: &Error) {
        if progress.next == self.batches() {
            return;
        }
        progress.draft.fail(self.plan.rows_of(progress.next).start..self.rows(), error);
        for number in progress.next..self.batches() {
            self.complete_batch(progress, number, Some(error));
        }
        progress.next = self.batches();
    }

    fn complete_batch(&self, progress: &mut Progress, number: usize, failure: Option<&Error>) {
        let is_first = progress.failed.as_ref().is_none_or(|(first, _)| number < *first);
        if let Some(error) = failure.filter(|_| is_first) {
            progress.failed = Some((number, error.clone()));
        }
        progress.ended += 1;
        self.completed.fetch_add(self.plan.completed_by(number), Ordering::SeqCst);
        if progress.ended == self.batches() {
            self.tell_ended(progress);
        }
    }

    fn tell_ended(&self, progress: &mut Progress) {
        self.ended.notify_all();
        if let Some(promise) = &mut progress.promise {
            promise.keep();
        }
        if let Some(event) = self.ended_event.get() {
            event.set();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows from the first to the last of these messages.
fn rows(asked: &[BatchEntry<'_>]) -> Range<usize> {
    match asked {
        [first, .., last] => first.row()..last.row() + 1,
        [only] => only.row()..only.row() + 1,
        [] => 0..0,
    }
}

/// The error for messages without an entry, of which `row` is the first.
fn not_answered(row: usize, missing: usize, asked: usize, stranger: Option<&str>) -> Error {
    let instead = stranger.map_or_else(String::new, |stranger| format!("; it has {stranger}"));
    let text = format!(
        "the answer has no entry for {missing} of the {asked} messages asked, the first is queries[{row}] (counted from \
         0){instead}"
    );
    Error::new(Code::Protocol, text)
}

//! A call under way: which of its batches are taken, which have ended, and what came of them.

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
use crate::report::Report;
use crate::report::draft::Draft;
use crate::report::matching::Matches;
use crate::report::rows::AskedTexts;
use crate::sys::Event;
use crate::wire::request::Asked;
use crate::wire::response::Entries;

/// So many parts of refused batches may be refused without an answered one: a service that refuses every message is not
/// asked about each.
const MAX_REFUSED_PARTS: usize = 64;

/// A list of queries that is being asked, batch by batch, by any number of threads.
pub(crate) struct Call {
    /// Which call of the client it is, for the log.
    pub number: u64,
    pub start: Instant,
    plan: Plan,
    texts: Arc<AskedTexts>,
    pub deadline: Option<Deadline>,
    /// What ends the call before its time; None if nothing does.
    pub cancel: Option<Arc<CancelToken>>,
    progress: Mutex<Progress>,
    ended: Condvar,
    /// The same as `ended`, for those who wait by a descriptor.
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
    /// Whether the caller is to ask the rest.
    is_left: bool,
    /// The failure of the first batch in the caller's order that failed.
    failed: Option<(usize, Error)>,
}

/// A batch that a thread has taken, to be completed once.
pub(crate) struct Batch<'c> {
    pub number: usize,
    pub asked: Vec<Asked<'c>>,
}

/// What a finished call leaves.
pub(crate) struct Finished {
    pub report: Report,
    /// Why the first batch that failed did, or else the first invalid entry.
    pub error: Option<Error>,
    /// How many duplicates were answered with the first of their kind.
    pub duplicates_answered: usize,
}

impl Call {
    pub(crate) fn new(
        number: u64,
        plan: Plan,
        draft: Draft,
        time: Option<Duration>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Call {
        // The others are INVALID, and completed by that.
        let asked: usize = (0..plan.batches()).map(|batch| plan.completed_by(batch)).sum();
        Call {
            number,
            start: Instant::now(),
            texts: draft.asked_texts(),
            deadline: time.map(Deadline::after),
            cancel,
            progress: Mutex::new(Progress { draft, next: 0, ended: 0, is_left: false, failed: None }),
            ended: Condvar::new(),
            ended_event: OnceBox::new(),
            completed: AtomicUsize::new(plan.rows() - asked),
            refused_parts: AtomicUsize::new(0),
            answered_parts: AtomicUsize::new(0),
            plan,
        }
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> usize {
        self.plan.batches()
    }

    /// How many queries there are.
    pub(crate) fn rows(&self) -> usize {
        self.plan.rows()
    }

    /// How many of them are answered or given up. It never goes back. Takes no lock.
    pub(crate) fn completed(&self) -> usize {
        self.completed.load(Ordering::SeqCst).min(self.rows())
    }

    /// The texts of the queries. Takes no lock.
    pub(crate) fn texts(&self) -> &AskedTexts {
        &self.texts
    }

    /// Whether the caller wants it to end.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(|cancel| cancel.is_cancelled())
    }

    /// Takes the next batch, in the caller's order: its number, and whether there is another behind it. None once all are
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

    /// A batch that was taken. One that there is no memory for has ended.
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

    /// Writes what the service answers to messages of a batch, with this HTTP status; the error of those that it does not
    /// speak of. `stranger` is what the answer has instead.
    pub(crate) fn answered(
        &self,
        asked: &[Asked<'_>],
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
        for (place, query) in asked.iter().enumerate() {
            let error = match matches.answer(place).map(|place| &entries.list[place]) {
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

    /// Notes why messages of a batch have no answer.
    pub(crate) fn failed(&self, asked: &[Asked<'_>], error: &Error) {
        self.lock().draft.fail(rows(asked), error);
    }

    /// Ends a batch whose messages are all answered or failed, with the first failure among them.
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

    /// Whether refused batches are to be taken apart any further.
    pub(crate) fn may_halve(&self) -> bool {
        let [refused, answered] =
            [&self.refused_parts, &self.answered_parts].map(|parts| parts.load(Ordering::Relaxed));
        refused <= MAX_REFUSED_PARTS + 2 * answered
    }

    /// Waits until every batch has ended, at most until a moment; whether they have. Past the deadline nothing more is
    /// taken, and what is on its way ends by itself.
    pub(crate) fn wait(&self, until: Option<Instant>) -> bool {
        self.wait_unless(until, |_| false)
    }

    /// The same, also until nobody else asks the batches that are left.
    pub(crate) fn wait_or_be_left(&self) -> bool {
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

    /// Whoever was to ask the batches that nobody has taken does not. The caller does if it waits; an operation has none,
    /// and ends with the error if there is one.
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

    /// Happens once every batch has ended; the same at each call.
    pub(crate) fn ended_event(&self) -> io::Result<&Event> {
        let event = self.ended_event.get_or_try_init(|| Event::new().map(Box::new))?;
        // Whoever ended the last batch before the event was there could not set it.
        if self.lock().ended >= self.batches() {
            event.set();
        }
        Ok(event)
    }

    /// Gives up what nobody has taken where the call is stopped or out of time. Whether there is something left to take.
    pub(crate) fn look(&self) -> bool {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        progress.next < self.batches()
    }

    /// Hands over what came of a call whose batches have all ended. Once.
    pub(crate) fn finish(&self) -> Finished {
        let mut progress = self.lock();
        let (report, duplicates_answered) = std::mem::take(&mut progress.draft).finish(&self.plan.duplicates);
        let error = progress.failed.take().map(|(_, error)| error).or_else(|| self.plan.first_invalid.clone());
        Finished { report, error, duplicates_answered }
    }

    /// Whether there are batches that nobody has taken.
    pub(crate) fn has_more(&self) -> bool {
        self.lock().next < self.batches()
    }

    /// Ends all batches that nobody has taken.
    pub(crate) fn give_up_all(&self, error: &Error) {
        self.give_up(&mut self.lock(), error);
    }

    /// Ends the call at once where its batches can no longer be accounted for.
    pub(crate) fn abandon(&self, error: &Error) {
        let mut progress = self.lock();
        self.give_up(&mut progress, error);
        progress.failed.get_or_insert((0, error.clone()));
        progress.ended = self.batches();
        progress.draft.fail_unanswered(error);
        self.completed.store(self.rows(), Ordering::SeqCst);
        self.tell_ended();
    }

    fn give_up_if_over(&self, progress: &mut Progress) {
        if self.is_cancelled() {
            self.give_up(progress, &cancelled());
        } else if let Some(deadline) = self.deadline.filter(|deadline| deadline.has_passed()) {
            self.give_up(progress, &deadline.error());
        }
    }

    /// Ends all batches that nobody has taken.
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
            self.tell_ended();
        }
    }

    fn tell_ended(&self) {
        self.ended.notify_all();
        if let Some(event) = self.ended_event.get() {
            event.set();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows from the first of these messages to the last.
fn rows(asked: &[Asked<'_>]) -> Range<usize> {
    match asked {
        [first, .., last] => first.row()..last.row() + 1,
        [only] => only.row()..only.row() + 1,
        [] => 0..0,
    }
}

/// This row and maybe others have no entry.
fn not_answered(row: usize, missing: usize, asked: usize, stranger: Option<&str>) -> Error {
    let instead = stranger.map_or_else(String::new, |stranger| format!("; it has {stranger}"));
    let text = format!(
        "the answer has no entry for {missing} of the {asked} messages asked, the first is queries[{row}] (counted from \
         0){instead}"
    );
    Error::new(Code::Protocol, text)
}

//! A running call: which of its batches are taken, which have ended, and their results.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use super::ride::Ride;
use super::waiter::Waiter;
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
use crate::sys::{Event, Generation};
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
    /// Whether the call is cancelled. None if it cannot be.
    is_cancelled: Option<Arc<AtomicBool>>,
    /// The process that began the call.
    process: Generation,
    progress: Mutex<Progress>,
    /// For those who wait for a descriptor until the call has ended.
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
    /// Batches that are taken and have not ended. What a calling thread asks is left out.
    taken: Vec<Taken>,
    /// Threads that wait.
    waiters: Vec<Arc<Waiter>>,
    /// Whether the caller is to ask about the remaining batches itself.
    is_left: bool,
    /// The first failed batch in the caller's order, and its error.
    failed: Option<(usize, Error)>,
    /// What a queue was promised for when every batch has ended.
    promise: Option<Promise>,
}

/// A batch that is taken, and whoever asks about it.
struct Taken {
    number: usize,
    by: Asker,
}

enum Asker {
    /// A thread of the client, and what cancels it.
    Thread(CancelToken),
    /// A thread, for other calls as well. This call may end before.
    Ride(Arc<Ride>),
    /// Nobody yet: the batch was in a shared request that failed.
    Nobody,
}

/// A batch that a thread has taken, to be completed once.
pub(crate) struct Batch<'c> {
    pub number: usize,
    pub asked: Vec<BatchEntry<'c>>,
    /// None if the call cannot be cancelled.
    pub cancel: Option<CancelToken>,
}

/// Why a thread waits no longer for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Every batch has ended.
    Ended,
    /// The time is over.
    TimeOut,
    /// Nobody else asks about the remaining batches.
    Left,
    /// This process was forked while the thread waited. Nothing of the call can be used here but its texts.
    Forked,
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
    pub(crate) fn new(number: u64, plan: Plan, draft: Draft, time: Option<Duration>, can_be_cancelled: bool) -> Call {
        // The other rows are INVALID, and completed already.
        let asked: usize = (0..plan.batches()).map(|batch| plan.completed_by(batch)).sum();
        Call {
            number,
            start: Instant::now(),
            texts: draft.asked_texts(),
            deadline: time.map(Deadline::after),
            is_cancelled: can_be_cancelled.then(Arc::default),
            process: Generation::current(),
            progress: Mutex::new(Progress {
                draft,
                next: 0,
                ended: 0,
                taken: Vec::new(),
                waiters: Vec::new(),
                is_left: false,
                failed: None,
                promise: None,
            }),
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

    /// Cancels the call. `look` makes those who ask about it notice. Async-signal-safe.
    pub(crate) fn cancel(&self) {
        if let Some(is_cancelled) = &self.is_cancelled {
            is_cancelled.store(true, Ordering::SeqCst);
        }
    }

    /// Whether the caller has cancelled the call.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.as_ref().is_some_and(|is_cancelled| is_cancelled.load(Ordering::SeqCst))
    }

    /// Whether this process was forked from the one that began the call.
    pub(crate) fn is_inherited(&self) -> bool {
        self.process != Generation::current()
    }

    /// Takes the next batch in the caller's order. `interrupt` is the event of the current thread, which must have one
    /// if the call can be cancelled. Returns its number, and whether another one follows. None if all are taken or
    /// given up.
    pub(crate) fn take(&self, interrupt: Option<&Arc<Event>>) -> Option<(usize, bool)> {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        let number = progress.next;
        if number == self.batches() {
            return None;
        }
        progress.next += 1;
        self.note_taken(&mut progress, number, interrupt);
        Some((number, progress.next < self.batches()))
    }

    fn note_taken(&self, progress: &mut Progress, number: usize, interrupt: Option<&Arc<Event>>) {
        if let (Some(is_cancelled), Some(interrupt)) = (&self.is_cancelled, interrupt) {
            progress.taken.push(Taken { number, by: Asker::Thread(CancelToken::new(is_cancelled, interrupt)) });
        }
    }

    /// Returns how many rows the last batch covers, if all other batches are taken and this one is not.
    pub(crate) fn rows_to_share(&self) -> Option<usize> {
        let next = self.lock().next;
        (next + 1 == self.batches()).then(|| self.plan.rows_of(next).len())
    }

    /// Takes the last batch for a shared request, and returns its number. None if it is taken or given up.
    pub(crate) fn take_for(&self, ride: &Arc<Ride>) -> Option<usize> {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        let number = progress.next;
        if number + 1 != self.batches() {
            return None;
        }
        progress.next += 1;
        ride.enter();
        progress.taken.push(Taken { number, by: Asker::Ride(Arc::clone(ride)) });
        Some(number)
    }

    /// Takes the batch out of a shared request: it is to be asked alone. Returns false if it is not in there any more.
    pub(crate) fn get_off(&self, number: usize, ride: &Arc<Ride>) -> bool {
        let mut progress = self.lock();
        let rides = progress.rides(number, ride);
        if rides {
            progress.stop_asking(number);
            progress.taken.push(Taken { number, by: Asker::Nobody });
        }
        rides
    }

    /// Takes the batch out of a request that is not sent: nobody has taken it now. Returns false if it is not in there
    /// any more.
    pub(crate) fn wait_again(&self, number: usize, ride: &Arc<Ride>) -> bool {
        let mut progress = self.lock();
        let rides = progress.rides(number, ride);
        if rides {
            progress.stop_asking(number);
            progress.next = number;
        }
        rides
    }

    /// The entries of a batch for a shared request. None if it has ended, or ends now since there is no memory for them.
    pub(crate) fn batch_for(&self, number: usize, ride: &Arc<Ride>) -> Option<Batch<'_>> {
        let mut progress = self.lock();
        if progress.rides(number, ride) { self.entries(&mut progress, number) } else { None }
    }

    /// Takes a batch that was taken out of a shared request. Returns false if it has ended.
    pub(crate) fn take_again(&self, number: usize, interrupt: &Arc<Event>) -> bool {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        let waits = progress.taken.iter().any(|taken| taken.number == number && matches!(taken.by, Asker::Nobody));
        if waits {
            progress.stop_asking(number);
            self.note_taken(&mut progress, number, Some(interrupt));
        }
        waits
    }

    /// The entries of a batch that was taken. If there is no memory for them, completes the batch with this error and
    /// returns None.
    pub(crate) fn batch(&self, number: usize) -> Option<Batch<'_>> {
        self.entries(&mut self.lock(), number)
    }

    fn entries(&self, progress: &mut Progress, number: usize) -> Option<Batch<'_>> {
        let cancel = progress.taken.iter().find(|taken| taken.number == number).and_then(|taken| match &taken.by {
            Asker::Thread(cancel) => Some(cancel.clone()),
            _ => None,
        });
        match progress.draft.batch(self.plan.rows_of(number), &self.texts) {
            Ok(asked) => Some(Batch { number, asked, cancel }),
            Err(error) => {
                progress.draft.fail(self.plan.rows_of(number), &error);
                self.complete_batch(progress, number, Some(&error));
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
        write_answers(&mut self.lock().draft, asked, status, entries, matches, stranger)
    }

    /// Writes the part of a shared request's answer that belongs to a batch of this call, runs `count`, and completes the
    /// batch. Does nothing if it has ended meanwhile.
    pub(crate) fn answered_together(
        &self,
        number: usize,
        ride: &Arc<Ride>,
        asked: &[BatchEntry<'_>],
        reply: (u16, &Entries<'_>, &Matches),
        count: impl FnOnce(),
    ) {
        let mut progress = self.lock();
        let (status, entries, matches) = reply;
        if progress.rides(number, ride) {
            let failure = write_answers(&mut progress.draft, asked, status, entries, matches, None);
            count();
            self.complete_batch(&mut progress, number, failure.as_ref());
        }
    }

    /// Completes a batch of a shared request with this error, unless it has ended meanwhile.
    pub(crate) fn failed_together(&self, number: usize, ride: &Arc<Ride>, error: &Error) {
        let mut progress = self.lock();
        if progress.rides(number, ride) {
            progress.draft.fail(self.plan.rows_of(number), error);
            self.complete_batch(&mut progress, number, Some(error));
        }
    }

    /// Ends all batches that nobody asks about, with this error.
    pub(crate) fn give_up_waiting(&self, error: &Error) {
        let mut progress = self.lock();
        self.end_taken(&mut progress, error, |taken| matches!(taken.by, Asker::Nobody));
        self.give_up(&mut progress, error);
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

    /// Waits until every batch has ended, but no longer than until `until`. After the deadline no more batches are
    /// taken, and those that are being sent end by themselves.
    pub(crate) fn wait(&self, until: Option<Instant>) -> Waited {
        self.wait_unless(until, |_| false)
    }

    /// The same without a time limit, for the caller: it also ends if nobody else asks about the remaining batches.
    pub(crate) fn wait_or_take_back(&self) -> Waited {
        self.wait_unless(None, |progress| std::mem::take(&mut progress.is_left))
    }

    fn wait_unless(&self, until: Option<Instant>, is_left: impl Fn(&mut Progress) -> bool) -> Waited {
        let mut waiter = None;
        let waited = loop {
            if self.is_inherited() {
                // Another thread may have held the lock at the fork.
                return Waited::Forked;
            }
            let mut progress = self.lock();
            self.give_up_if_over(&mut progress);
            if progress.ended >= self.batches() {
                break Waited::Ended;
            }
            if is_left(&mut progress) {
                break Waited::Left;
            }
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) {
                break Waited::TimeOut;
            }
            let waiter = waiter.get_or_insert_with(|| {
                let waiter = Arc::new(Waiter::default());
                progress.waiters.push(Arc::clone(&waiter));
                waiter
            });
            drop(progress);
            let deadline = self.deadline.map(|deadline| deadline.at).filter(|&at| at > now);
            waiter.wait(until.into_iter().chain(deadline).min());
        };
        if let Some(waiter) = waiter {
            self.lock().waiters.retain(|other| !Arc::ptr_eq(other, &waiter));
        }
        waited
    }

    /// Called when nobody asks about the batches that were not taken. If the caller waits, it asks about them itself.
    /// An operation has no such caller, and ends with `error` if there is one.
    pub(crate) fn leave(&self, error: Option<Error>) {
        let mut progress = self.lock();
        match error.filter(|_| self.is_cancelled.is_some()) {
            Some(error) => self.give_up(&mut progress, &error),
            None => {
                progress.is_left = true;
                progress.wake();
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

    /// Gives up the batches that nobody has taken, if the call is cancelled or past its deadline, and interrupts the
    /// threads that ask about a cancelled call. Returns whether to look again later.
    pub(crate) fn look(&self) -> bool {
        let mut progress = self.lock();
        self.give_up_if_over(&mut progress);
        if self.is_cancelled() {
            progress.taken.iter().for_each(Taken::cancel);
            return false;
        }
        progress.ended < self.batches()
    }

    /// Returns the result of a call whose batches have all ended. Can be called once.
    pub(crate) fn finish(&self) -> Finished {
        let mut progress = self.lock();
        let (report, duplicates_answered) = std::mem::take(&mut progress.draft).finish();
        let error = progress.failed.take().map(|(_, error)| error).or_else(|| self.plan.first_invalid.clone());
        Finished { report, error, duplicates_answered }
    }

    /// Whether a batch has not ended.
    pub(crate) fn is_running(&self) -> bool {
        self.lock().ended < self.batches()
    }

    /// Whether there are batches that nobody has taken.
    pub(crate) fn has_more(&self) -> bool {
        self.lock().next < self.batches()
    }

    /// Ends all batches that nobody has taken, with this error.
    pub(crate) fn give_up_all(&self, error: &Error) {
        self.give_up(&mut self.lock(), error);
    }

    /// Ends the call at once: it is no longer known whether this batch, which was being asked, has ended.
    pub(crate) fn abandon(&self, batch: usize, error: &Error) {
        let mut progress = self.lock();
        progress.stop_asking(batch);
        self.give_up(&mut progress, error);
        progress.failed.get_or_insert((0, error.clone()));
        progress.ended = self.batches();
        progress.draft.fail_rest(error);
        self.completed.store(self.rows(), Ordering::SeqCst);
        self.tell_ended(&mut progress);
    }

    fn give_up_if_over(&self, progress: &mut Progress) {
        if self.is_cancelled() {
            self.end(progress, &cancelled());
        } else if let Some(deadline) = self.deadline.filter(|deadline| deadline.has_passed()) {
            self.end(progress, &deadline.error());
        }
    }

    /// Gives up all batches but those that a thread asks for this call alone: these end by themselves.
    fn end(&self, progress: &mut Progress, error: &Error) {
        self.end_taken(progress, error, |taken| !matches!(taken.by, Asker::Thread(_)));
        self.give_up(progress, error);
    }

    fn end_taken(&self, progress: &mut Progress, error: &Error, which: impl Fn(&Taken) -> bool) {
        while let Some(number) = progress.taken.iter().find(|taken| which(taken)).map(|taken| taken.number) {
            progress.draft.fail(self.plan.rows_of(number), error);
            self.complete_batch(progress, number, Some(error));
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
        progress.stop_asking(number);
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
        progress.wake();
        if let Some(event) = self.ended_event.get() {
            event.set();
        }
        // Last: whoever takes the tag finds the descriptor readable.
        if let Some(promise) = &mut progress.promise {
            promise.keep();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Wakes the thread that asks for this call alone.
    fn cancel(&self) {
        if let Asker::Thread(cancel) = &self.by {
            cancel.cancel();
        }
    }

    /// Whoever asked may go on with other calls.
    fn let_go(self) {
        match self.by {
            Asker::Thread(cancel) => cancel.let_go(),
            Asker::Ride(ride) => ride.leave(),
            Asker::Nobody => {}
        }
    }
}

impl Progress {
    /// Whether a batch is in this shared request.
    fn rides(&self, number: usize, ride: &Arc<Ride>) -> bool {
        let is_in_it = |by: &Asker| matches!(by, Asker::Ride(own) if Arc::ptr_eq(own, ride));
        self.taken.iter().any(|taken| taken.number == number && is_in_it(&taken.by))
    }

    /// Nobody asks about this batch any more. Returns false if nobody did.
    fn stop_asking(&mut self, number: usize) -> bool {
        let Some(index) = self.taken.iter().position(|taken| taken.number == number) else { return false };
        self.taken.swap_remove(index).let_go();
        true
    }

    fn wake(&self) {
        self.waiters.iter().for_each(|waiter| waiter.wake());
    }
}

/// Writes the statuses of these messages. Returns the error of those that got none.
fn write_answers(
    draft: &mut Draft,
    asked: &[BatchEntry<'_>],
    status: u16,
    entries: &Entries<'_>,
    matches: &Matches,
    stranger: Option<&str>,
) -> Option<Error> {
    let mut failure = None;
    // Only those that this call needs are kept.
    let mut statuses = match memory::collect(entries.statuses.iter().map(|_| None), "an answer") {
        Ok(statuses) => statuses,
        Err(error) => {
            draft.fail(rows(asked), &error);
            return Some(error);
        }
    };
    for (index, query) in asked.iter().enumerate() {
        let error = match matches.answer(index).map(|index| &entries.list[index]) {
            Some(entry) => {
                match statuses[entry.status].get_or_insert_with(|| draft.keep(&entries.statuses[entry.status])) {
                    Ok(status) => {
                        draft.answer(query.row(), entry.date, status);
                        continue;
                    }
                    Err(error) => error.clone(),
                }
            }
            None if failure.is_some() => continue,
            None => {
                let missing = asked.len() - matches.answered;
                not_answered(query.row(), missing, asked.len(), stranger).with_http_status(status)
            }
        };
        failure.get_or_insert(error);
    }
    let error = failure?;
    draft.fail(rows(asked), &error);
    Some(error)
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

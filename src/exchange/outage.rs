//! Handles outages. While none of a client's requests is answered, one batch probes the service with its retries, and
//! the others wait. An answer releases them all with fresh retries. If the retries are used up, all of them end.
//!
//! An outage is what no single batch can be blamed for: no connection can be established, or a second batch fails
//! without an answer in between. A single batch that the service cannot answer ends alone and holds up no others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::outage_state::{GivenUp, OutageState, Role, Verdict};
use super::retry::{Budget, Failure, backoff, next_wait};
use crate::config::settings::Settings;
use crate::error::{Code, Error};
use crate::net::cancel::CancelToken;
use crate::net::deadline::Deadline;
use crate::net::wait::{PollSet, check_cancelled, with_cancel_token};
use crate::sys::was_forked_at_work;

/// Decides which batches of a client may be sent, and when.
pub(crate) struct Outage {
    settings: Arc<Settings>,
    budget: Budget,
    turns: AtomicU64,
    state: Mutex<OutageState>,
}

/// A batch, from its first attempt to its end.
pub(crate) struct Turn<'o> {
    outage: &'o Outage,
    number: u64,
    /// When its call began.
    call: Instant,
    /// How many retries it has had.
    attempt: u32,
    /// How often it may get its retries back. This is limited, so that a service that answers only now and then is not
    /// asked without end.
    fresh_starts: u32,
    /// When the last attempt began.
    began: Instant,
    /// When the next attempt is due.
    due: Option<Instant>,
}

impl Outage {
    pub(crate) fn new(settings: &Arc<Settings>) -> Outage {
        Outage {
            settings: Arc::clone(settings),
            budget: Budget::default(),
            turns: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// Registers a batch. `call` is when its call began.
    pub(crate) fn turn(&self, call: Instant) -> Turn<'_> {
        Turn {
            outage: self,
            number: self.turns.fetch_add(1, Ordering::Relaxed),
            call,
            attempt: 0,
            fresh_starts: self.settings.retry.max_retries,
            began: Instant::now(),
            due: None,
        }
    }

    /// Ends the outage, since the service answers, whatever it says: nobody waits any longer.
    fn ends(&self) {
        let mut state = self.lock();
        if state.first.is_none() {
            return;
        }
        state.wake();
        let since = std::mem::take(&mut *state).outage;
        drop(state);
        if let Some(since) = since {
            self.settings.log.outage_end(since.elapsed());
        }
    }

    fn lock(&self) -> MutexGuard<'_, OutageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Waits until the batch may be sent: until its retry is due, and in an outage until the probe has a result. Fails
    /// if the batch is to end, for example by its deadline or because it is cancelled.
    /// Returns whether it had to wait.
    pub(crate) fn wait(&mut self, deadline: Option<Deadline>, cancel: Option<&CancelToken>) -> Result<bool, GivenUp> {
        let mut has_waited = false;
        loop {
            if self.due.is_some() {
                self.pause(PollSet::new, self.due, deadline, cancel)?;
            }
            check_cancelled(cancel).map_err(GivenUp::alone)?;
            let look = self.outage.lock().look(self.number, self.call)?;
            match look {
                Verdict::Ask => break,
                Verdict::Probe(due) => self.due = Some(due),
                Verdict::Wait(change) => self.pause(|| PollSet::new().readable(&*change), None, deadline, cancel)?,
            }
            has_waited = true;
        }
        self.due = None;
        self.began = Instant::now();
        Ok(has_waited)
    }

    fn pause<'e>(
        &self,
        waiting: impl FnOnce() -> PollSet<'e>,
        until: Option<Instant>,
        deadline: Option<Deadline>,
        cancel: Option<&CancelToken>,
    ) -> Result<(), GivenUp> {
        // However the wait ends, the state is checked afterwards.
        let _ = with_cancel_token(cancel, || {
            waiting().until(until.into_iter().chain(deadline.map(|deadline| deadline.at)).min())
        });
        check_cancelled(cancel).map_err(GivenUp::alone)?;
        let Some(deadline) = deadline.filter(|deadline| deadline.has_passed()) else { return Ok(()) };
        let last = self.outage.lock().last_failure.clone();
        Err(GivenUp::alone(last.map_or_else(|| deadline.error(), |last| deadline.error_after(&last))))
    }

    /// Notes that the service has answered the batch.
    pub(crate) fn answered(&self) {
        self.outage.budget.give_back();
        self.outage.ends();
    }

    /// Notes a failed attempt. Returns the wait before the next one, or None if that depends on other batches. Fails if
    /// there is no further attempt.
    pub(crate) fn failed(&mut self, failure: Failure, deadline: Option<Deadline>) -> Result<Option<Duration>, GivenUp> {
        if !failure.may_pass() {
            return Err(self.fail_without_retry(failure.error));
        }
        let role = self.note(&failure);
        match role {
            Role::Exhausted => Err(GivenUp::for_all(failure.error)),
            Role::Waits => self.reset_retries().map(|()| None).ok_or(GivenUp::alone(failure.error)),
            Role::Probe { retries, is_outage } => self.again(retries, is_outage, failure, deadline).map(Some),
        }
    }

    /// Records a failure for all batches.
    fn note(&self, failure: &Failure) -> Role {
        let mut state = self.outage.lock();
        let was_outage = state.outage.is_some();
        let role = state.failed(self.number, self.call, failure);
        let begins = state.outage.is_some() && !was_outage;
        drop(state);
        if begins {
            self.outage.settings.log.outage(&failure.error);
        }
        role
    }

    /// Gives the batch its retries back, since it is not to blame for this failure. After too many such failures, each
    /// one takes a retry. None if there are none left.
    fn reset_retries(&mut self) -> Option<()> {
        if let Some(left) = self.fresh_starts.checked_sub(1) {
            (self.fresh_starts, self.attempt) = (left, 0);
        } else if self.attempt < self.outage.settings.retry.max_retries {
            self.attempt += 1;
        } else {
            return None;
        }
        Some(())
    }

    /// Decides when the batch is sent again, or how it ends.
    fn again(
        &mut self,
        retries: u32,
        is_outage: bool,
        failure: Failure,
        deadline: Option<Deadline>,
    ) -> Result<Duration, GivenUp> {
        let policy = self.outage.settings.retry;
        let now = Instant::now();
        if retries < policy.max_retries && self.attempt >= policy.max_retries {
            // There were answers between its failures, so they say little about the service.
            self.due = Some(now + backoff(&policy, retries));
            return Err(GivenUp::alone(failure.error));
        }
        let again = next_wait(&policy, self.attempt.max(retries), &failure, deadline);
        let wait = again.map_err(|no_retry| match no_retry.wait {
            Some(wait) => {
                self.due = Some(now + wait);
                GivenUp::alone(no_retry.error)
            }
            None => self.give_up(no_retry.error),
        })?;
        if !is_outage && !self.outage.budget.take() {
            return Err(GivenUp::alone(failure.error.with_note("too many requests failed for another retry")));
        }
        self.due = Some(now + wait);
        self.attempt += 1;
        Ok(wait)
    }

    fn give_up(&self, error: Error) -> GivenUp {
        let mut state = self.outage.lock();
        if state.probe != Some(self.number) {
            return GivenUp::alone(error);
        }
        state.exhaust(self.began, error.clone());
        GivenUp { error, for_all: state.outage.is_some() }
    }

    /// Ends the batch after a failure that is not retried.
    fn fail_without_retry(&self, error: Error) -> GivenUp {
        match error.code() {
            Code::Auth | Code::Denied if self.outage.lock().refused(&error) => {}
            Code::Auth | Code::Denied | Code::Api | Code::Http => self.outage.ends(),
            // This says nothing about the service.
            _ => {}
        }
        GivenUp::alone(error)
    }
}

impl Drop for Turn<'_> {
    /// If a probe ends because of its caller, or for another reason that is not the service's, another batch gets its
    /// place and its retries.
    fn drop(&mut self) {
        if was_forked_at_work() {
            return;
        }
        let mut state = self.outage.lock();
        if state.probe == Some(self.number) {
            let due = self.due.unwrap_or_else(Instant::now);
            state.leave(due, self.began, self.outage.settings.retry.max_retries);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::config::Config;

    /// The outage of a client, with three retries that are due at once.
    fn outage(options: &[(&str, &str)]) -> Outage {
        let mut config = Config::new();
        let fixed = [("api_key", "key"), ("retry_base_ms", "0")];
        for (name, value) in fixed.iter().chain(options) {
            config.set(name, value).unwrap();
        }
        Outage::new(&Arc::new(Settings::new(&config, &Arc::default()).unwrap()))
    }

    fn no_connection() -> Failure {
        Failure { error: Error::new(Code::Connect, "refused"), connected: false, retry_after: None, is_last: false }
    }

    fn busy() -> Failure {
        Failure { error: Error::new(Code::Http, "busy").with_http_status(503), connected: true, ..no_connection() }
    }

    /// Whether a batch may be sent. If it had to wait for another, this would take a minute.
    fn asks(turn: &mut Turn<'_>) -> bool {
        turn.wait(Some(Deadline::after(Duration::from_secs(60))), None).is_ok()
    }

    /// Whether a batch waits for another.
    fn is_held(turn: &mut Turn<'_>) -> bool {
        let over = turn.wait(Some(Deadline::after(Duration::from_millis(20))), None);
        over.is_err_and(|over| over.error.code() == Code::Timeout && !over.for_all)
    }

    /// A batch of a call that begins now.
    fn turn(outage: &Outage) -> Turn<'_> {
        outage.turn(Instant::now())
    }

    /// Makes an attempt that fails. Returns whether another follows after a wait of its own. None if the batch ends.
    fn fails(turn: &mut Turn<'_>, failure: Failure) -> Option<bool> {
        turn.wait(None, None).unwrap();
        turn.failed(failure, None).ok().map(|wait| wait.is_some())
    }

    #[test]
    fn one_batch_that_fails_holds_nobody_up_and_ends_alone() {
        let outage = outage(&[]);
        let (mut poison, mut other) = (turn(&outage), turn(&outage));
        for _ in 0..3 {
            assert_eq!(fails(&mut poison, busy()), Some(true));
            assert!(asks(&mut other));
            other.answered();
        }
        assert!(asks(&mut poison));
        assert!(!poison.failed(busy(), None).unwrap_err().for_all);
        assert!(asks(&mut other) && asks(&mut turn(&outage)));
    }

    #[test]
    fn others_wait_once_no_connection_can_be_made_or_a_second_batch_fails() {
        let outage = outage(&[]);
        let (mut probe, mut other, mut third) = (turn(&outage), turn(&outage), turn(&outage));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        assert!(is_held(&mut other) && asks(&mut probe));
        probe.answered();
        assert!(asks(&mut other));

        assert_eq!(fails(&mut probe, busy()), Some(true));
        assert!(asks(&mut third));
        assert_eq!(fails(&mut other, busy()), Some(false));
        assert!(is_held(&mut other) && asks(&mut probe));
        // It was already being sent when the outage began.
        third.answered();
        assert!(asks(&mut other) && asks(&mut probe) && asks(&mut turn(&outage)));
    }

    #[test]
    fn who_waits_names_the_last_failure_at_its_deadline() {
        let outage = outage(&[]);
        let (mut probe, mut other) = (turn(&outage), turn(&outage));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        let deadline = Deadline::after(Duration::from_millis(5));
        let over = other.wait(Some(deadline), None).unwrap_err();
        assert_eq!(over.error, deadline.error().with_note("the last failure was: refused"));
        assert!(!over.for_all);
        let cancel = CancelToken::alone().unwrap();
        thread::scope(|scope| {
            let waits = scope.spawn(|| other.wait(None, Some(&cancel)));
            cancel.cancel();
            assert_eq!(waits.join().unwrap().unwrap_err().error.code(), Code::Cancelled);
        });
    }

    #[test]
    fn an_answer_releases_those_who_wait_with_all_of_their_retries() {
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        for turn in [&mut probe, &mut waits] {
            assert_eq!(fails(turn, busy()), Some(true));
            outage.ends();
        }
        assert_eq!(fails(&mut probe, busy()), Some(true));
        assert_eq!(fails(&mut waits, busy()), Some(false));
        thread::scope(|scope| {
            let released = scope.spawn(|| waits.wait(None, None));
            probe.answered();
            released.join().unwrap().unwrap();
        });
        for _ in 0..3 {
            assert!(waits.failed(busy(), None).unwrap().is_some());
            waits.wait(None, None).unwrap();
        }
        assert!(waits.failed(busy(), None).is_err());
    }

    #[test]
    fn retries_that_are_used_up_end_what_began_before_the_last_of_them() {
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        (0..3).for_each(|_| assert_eq!(fails(&mut probe, no_connection()), Some(true)));
        assert!(is_held(&mut waits));
        assert!(asks(&mut probe));
        let mut later = turn(&outage);
        assert!(is_held(&mut later));
        let over = probe.failed(no_connection(), None).unwrap_err();
        assert!(over.for_all && over.error.message() == "refused");
        let over = waits.wait(None, None).unwrap_err();
        assert!(over.for_all && over.error.message() == "refused");
        // It has all of its retries, and others wait for it.
        assert_eq!(fails(&mut later, busy()), Some(true));
        assert!(is_held(&mut turn(&outage)));
        assert!(waits.wait(None, None).unwrap_err().for_all);
        (0..2).for_each(|_| assert_eq!(fails(&mut later, busy()), Some(true)));
        assert_eq!(fails(&mut later, busy()), None);
    }

    #[test]
    fn a_second_batch_that_fails_ends_a_call_whose_first_has_had_its_retries() {
        let outage = outage(&[]);
        let call = Instant::now();
        let mut first = outage.turn(call);
        (0..3).for_each(|_| assert_eq!(fails(&mut first, busy()), Some(true)));
        assert!(asks(&mut first));
        assert!(!first.failed(busy(), None).unwrap_err().for_all);
        // It is not known yet whether the batch or the service is to blame.
        let mut second = outage.turn(call);
        assert!(asks(&mut second));
        assert!(second.failed(busy(), None).unwrap_err().for_all);
        assert!(outage.turn(call).wait(None, None).unwrap_err().for_all);
    }

    #[test]
    fn a_probe_that_leaves_passes_its_retries_on() {
        let outage = outage(&[]);
        let call = Instant::now();
        let (mut probe, mut waits) = (outage.turn(call), outage.turn(call));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        // Ended by its caller, in the middle of its first retry.
        assert!(asks(&mut probe));
        drop(probe);
        let mut later = turn(&outage);
        assert_eq!(fails(&mut waits, no_connection()), Some(true));
        assert!(is_held(&mut later) && is_held(&mut outage.turn(call)));
        // In the middle of the last retry.
        assert!(asks(&mut waits));
        drop(waits);
        assert!(outage.turn(call).wait(None, None).unwrap_err().for_all);
        assert!(asks(&mut turn(&outage)));
    }

    #[test]
    fn one_that_was_on_its_way_takes_the_place_of_a_probe_that_left() {
        let outage = outage(&[]);
        let call = Instant::now();
        let (mut probe, mut on_its_way) = (outage.turn(call), outage.turn(call));
        assert!(asks(&mut on_its_way));
        (0..2).for_each(|_| assert_eq!(fails(&mut probe, no_connection()), Some(true)));
        assert!(asks(&mut probe));
        drop(probe);
        assert_eq!(on_its_way.failed(no_connection(), None).unwrap().map(|wait| wait.is_zero()), Some(true));
        // Two of three retries were used.
        assert_eq!(fails(&mut on_its_way, no_connection()), None);
    }

    #[test]
    fn a_probe_that_has_no_time_leaves_when_the_next_retry_is_due() {
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        assert!(asks(&mut probe));
        let patience = Failure { retry_after: Some(Duration::from_millis(300)), ..no_connection() };
        let start = Instant::now();
        let over = probe.failed(patience, Some(Deadline::after(Duration::from_millis(100)))).unwrap_err();
        assert!(!over.for_all && over.error.message().contains("Retry-After"), "{}", over.error);
        drop(probe);
        waits.wait(None, None).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    }

    #[test]
    fn a_retry_after_that_is_too_long_ends_what_waits() {
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        assert!(is_held(&mut waits) && asks(&mut probe));
        let hour = Failure { retry_after: Some(Duration::from_secs(3600)), ..busy() };
        assert!(probe.failed(hour, None).unwrap_err().for_all);
        assert!(waits.wait(None, None).unwrap_err().for_all);
    }

    #[test]
    fn a_probe_that_failed_before_an_answer_too_ends_alone() {
        let outage = outage(&[]);
        let (mut poison, mut other) = (turn(&outage), turn(&outage));
        assert_eq!(fails(&mut poison, busy()), Some(true));
        assert_eq!(fails(&mut poison, busy()), Some(true));
        other.answered();
        // Its last two attempts are in an outage.
        assert_eq!(fails(&mut poison, busy()), Some(true));
        assert_eq!(other.failed(busy(), None).unwrap(), None);
        assert!(asks(&mut poison));
        assert!(!poison.failed(busy(), None).unwrap_err().for_all);
        drop(poison);
        // Two of three retries are left for the outage.
        assert_eq!(fails(&mut other, busy()), Some(true));
        assert_eq!(fails(&mut other, busy()), None);
    }

    #[test]
    fn a_batch_does_not_start_afresh_for_ever() {
        let outage = outage(&[]);
        let (mut poison, mut failures) = (turn(&outage), 0);
        // Each time, another batch fails and is answered.
        loop {
            let mut probe = turn(&outage);
            assert!(asks(&mut probe));
            assert_eq!(probe.failed(busy(), None).unwrap().map(|wait| wait.is_zero()), Some(true));
            assert!(asks(&mut probe));
            failures += 1;
            if poison.failed(busy(), None).is_err() {
                break;
            }
            probe.answered();
        }
        assert_eq!(failures, 3 + 1 + 3);
    }

    #[test]
    fn a_key_that_is_refused_ends_who_waits_and_nobody_later() {
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        assert!(is_held(&mut waits) && asks(&mut probe));
        let refused = Failure::from(Error::new(Code::Auth, "no"));
        assert_eq!(probe.failed(refused, None).unwrap_err().error.code(), Code::Auth);
        let over = waits.wait(None, None).unwrap_err();
        assert!(over.for_all && over.error.code() == Code::Auth);
        assert!(asks(&mut turn(&outage)));
    }

    #[test]
    fn an_answer_of_any_kind_is_one() {
        for code in [Code::Api, Code::Http] {
            let outage = outage(&[]);
            let (mut probe, mut waits) = (turn(&outage), turn(&outage));
            assert_eq!(fails(&mut probe, no_connection()), Some(true));
            assert!(is_held(&mut waits) && asks(&mut probe));
            assert!(!probe.failed(Failure::from(Error::new(code, "no")), None).unwrap_err().for_all);
            assert!(asks(&mut waits));
        }
        // What is wrong on this side says nothing about the service: another batch probes.
        let outage = outage(&[]);
        let (mut probe, mut waits) = (turn(&outage), turn(&outage));
        assert_eq!(fails(&mut probe, no_connection()), Some(true));
        assert!(asks(&mut probe));
        assert!(probe.failed(Failure::from(Error::new(Code::Resource, "no")), None).is_err());
        drop(probe);
        assert!(asks(&mut waits) && is_held(&mut turn(&outage)));
    }

    #[test]
    fn only_retries_outside_of_outages_are_taken_from_those_in_hand() {
        let outage = outage(&[("max_retries", "100")]);
        let mut alone = turn(&outage);
        let retries = (0..).take_while(|_| fails(&mut alone, busy()).is_some()).count();
        assert_eq!(retries, 20);
        drop(alone);
        let mut probe = turn(&outage);
        let retries = (0..).take_while(|_| fails(&mut probe, no_connection()).is_some()).count();
        assert_eq!(retries, 100);
    }
}

//! The state of an outage, and what follows from it: which batch is sent again, which ones wait, and which ones end.

use std::sync::Arc;
use std::time::Instant;

use super::retry::Failure;
use crate::error::{Code, Error, reason};
use crate::sys::Event;

/// What has happened since the last answer.
#[derive(Default)]
pub(super) struct OutageState {
    /// The batch that failed first.
    pub first: Option<u64>,
    /// When the outage began. None if there is none.
    pub outage: Option<Instant>,
    /// The batch that is sent again. In an outage the others wait for it.
    pub probe: Option<u64>,
    /// How many retries it has had, including those of former probes.
    retries: u32,
    /// Set if a probe has left before it used up its retries.
    former_probe: Option<FormerProbe>,
    /// Set if the retries are used up.
    exhausted: Option<Exhausted>,
    /// Without quotes, since it is told to all who wait.
    pub last_failure: Option<Error>,
    /// The event that makes those who wait check again. Created when the first one waits.
    change: Option<Arc<Event>>,
}

/// The place of a probe that has left. A call that began before can take it.
pub(super) struct FormerProbe {
    /// When the probe left.
    at: Instant,
    /// When the next retry is due.
    due: Instant,
}

/// Ends calls that began before the last retry did.
pub(super) struct Exhausted {
    before: Instant,
    /// Without quotes.
    error: Error,
}

/// A batch ends without an answer.
#[derive(Debug)]
pub(super) struct GivenUp {
    pub error: Error,
    /// Whether the rest of its call ends too.
    pub for_all: bool,
}

impl GivenUp {
    /// Only the batch ends.
    pub(super) fn alone(error: Error) -> GivenUp {
        GivenUp { error, for_all: false }
    }

    /// The rest of its call ends too.
    pub(super) fn for_all(error: Error) -> GivenUp {
        GivenUp { error, for_all: true }
    }
}

/// What a batch may do now.
pub(super) enum Verdict {
    Ask,
    /// It is the probe now, and its retry is due at this time.
    Probe(Instant),
    Wait(Arc<Event>),
}

/// What happens to a batch that failed.
pub(super) enum Role {
    /// It is sent again. `retries` is how many retries there were so far. In an outage the others wait for it.
    Probe {
        retries: u32,
        is_outage: bool,
    },
    Waits,
    /// It ends with its call.
    Exhausted,
}

impl OutageState {
    /// Decides what a batch may do. `call` is when its call began. Fails if the batch ends.
    pub(super) fn look(&mut self, turn: u64, call: Instant) -> Result<Verdict, GivenUp> {
        if self.probe == Some(turn) {
            self.retries += 1;
            return Ok(Verdict::Ask);
        }
        if self.outage.is_none() {
            return Ok(Verdict::Ask);
        }
        if let Some(exhausted) = self.exhausted.as_ref().filter(|exhausted| call < exhausted.before) {
            return Err(GivenUp::for_all(exhausted.error.clone()));
        }
        if self.probe.is_some() {
            return Ok(Verdict::Wait(self.change()?));
        }
        // A call that began later finds out for itself.
        let Some(former) = self.former_probe.take_if(|former| call < former.at) else { return Ok(Verdict::Ask) };
        self.probe = Some(turn);
        Ok(Verdict::Probe(former.due))
    }

    /// Records a failure and decides what happens to the batch.
    pub(super) fn failed(&mut self, turn: u64, call: Instant, failure: &Failure) -> Role {
        let first = *self.first.get_or_insert(turn);
        if !failure.connected || first != turn {
            self.outage.get_or_insert_with(Instant::now);
        }
        self.last_failure = Some(failure.error.without_quotes());
        let is_outage = self.outage.is_some();
        if is_outage && self.exhausted.as_ref().is_some_and(|exhausted| call < exhausted.before) {
            return Role::Exhausted;
        }
        match self.probe {
            Some(probe) if probe != turn => return Role::Waits,
            Some(_) => {}
            None => {
                if self.former_probe.take().is_none_or(|former| former.at <= call) {
                    self.retries = 0;
                }
                self.probe = Some(turn);
            }
        }
        Role::Probe { retries: self.retries, is_outage }
    }

    /// Records that the service refuses the key or the account. Returns whether this ends those who wait.
    pub(super) fn refused(&mut self, error: &Error) -> bool {
        let is_outage = self.outage.is_some();
        if is_outage {
            self.exhaust(Instant::now(), error.clone());
        }
        is_outage
    }

    /// Ends calls that began before this moment.
    pub(super) fn exhaust(&mut self, before: Instant, error: Error) {
        self.exhausted = Some(Exhausted { before, error: error.without_quotes() });
        (self.probe, self.former_probe) = (None, None);
        self.wake();
    }

    /// Removes the probe. If it had no retries left, its last attempt, which began at `began`, was the last for all
    /// calls that began earlier. Otherwise another batch may take its place, when the next retry is due.
    pub(super) fn leave(&mut self, due: Instant, began: Instant, max_retries: u32) {
        match self.last_failure.clone() {
            Some(last) if self.retries >= max_retries => self.exhaust(began, last),
            _ => {
                self.former_probe = Some(FormerProbe { at: Instant::now(), due });
                self.probe = None;
                self.wake();
            }
        }
    }

    /// The event that is set when something changes for those who wait. Fails if there is no descriptor for it.
    fn change(&mut self) -> Result<Arc<Event>, GivenUp> {
        if let Some(change) = &self.change {
            return Ok(Arc::clone(change));
        }
        let event = Event::new().map_err(|error| {
            let text = format!("no descriptor to wait for the end of an outage: {}", reason(&error));
            GivenUp::alone(Error::new(Code::Resource, text))
        })?;
        Ok(Arc::clone(self.change.insert(Arc::new(event))))
    }

    /// Makes those who wait check again.
    pub(super) fn wake(&mut self) {
        if let Some(change) = self.change.take() {
            change.set();
        }
    }
}

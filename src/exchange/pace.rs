//! Limits the rate: the requests of a client start at a minimum interval, over all of its calls and threads.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::net::cancel::CancelToken;
use crate::net::deadline::Deadline;
use crate::net::wait::sleep;

/// Hands out the moments at which requests may start. There are no bursts.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// None means no limit.
    pub(crate) fn new(interval: Option<Duration>) -> Pace {
        Pace { interval, next: Mutex::default() }
    }

    /// Returns when the next request may start; None if there is no limit.
    pub(super) fn next(&self) -> Option<Instant> {
        self.interval?;
        let next = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        Some(next.unwrap_or_else(Instant::now))
    }

    /// Runs `take` if a request may start now, and uses the moment if it returns something. Returns that, or None.
    pub(super) fn at_moment<T>(&self, take: impl FnOnce() -> Option<T>) -> Option<T> {
        let Some(interval) = self.interval else { return take() };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if next.is_some_and(|next| next > now) {
            return None;
        }
        let taken = take()?;
        *next = Some(now + interval);
        Some(taken)
    }

    pub(super) fn is_limited(&self) -> bool {
        self.interval.is_some()
    }

    /// Waits for the next moment. If it is not before the deadline, fails at once and leaves it to others. Also fails
    /// if cancelled.
    pub(crate) fn wait(&self, deadline: Option<Deadline>, cancel: Option<&CancelToken>) -> Result<(), Error> {
        let Some(interval) = self.interval else { return Ok(()) };
        let start = self.reserve(interval, deadline)?;
        sleep(start.saturating_duration_since(Instant::now()), cancel)
    }

    fn reserve(&self, interval: Duration, deadline: Option<Deadline>) -> Result<Instant, Error> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let start = next.map_or(now, |next| next.max(now));
        if let Some(deadline) = deadline.filter(|deadline| start >= deadline.at) {
            return Err(too_late(deadline));
        }
        *next = Some(start + interval);
        Ok(start)
    }
}

/// The error for a call that has no moment before its deadline.
pub(super) fn too_late(deadline: Deadline) -> Error {
    deadline.error().with_note("requests_per_second leaves no moment before that")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_an_interval_apart() {
        let (interval, start) = (Duration::from_secs(10), Instant::now());
        let pace = Pace::new(Some(interval));
        let first = pace.reserve(interval, None).unwrap();
        assert!(first.duration_since(start) < Duration::from_secs(5));
        assert_eq!(pace.reserve(interval, None).unwrap(), first + interval);
        let error = pace.reserve(interval, Some(Deadline { at: first + interval, time: interval })).unwrap_err();
        assert!(error.message().contains("requests_per_second"), "{error}");
        assert_eq!(pace.reserve(interval, None).unwrap(), first + 2 * interval);
    }
}

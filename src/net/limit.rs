//! Time limits, with the options that set them, and in the form that ureq uses.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{ConnectionDetails, NextTimeout, time};

use super::buffers::failure;
use super::deadline::Deadline;
use super::wait::is_time_limit;
use crate::error::{Code, Error};

/// A running time limit, and the option that sets it.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    option: &'static str,
    /// The whole time. None means no limit.
    time: Option<Duration>,
    pub deadline: Option<Instant>,
}

impl Limit {
    /// A limit that begins now.
    pub(crate) fn new(option: &'static str, time: Option<Duration>) -> Limit {
        Limit { option, time, deadline: time.map(|time| Instant::now() + time) }
    }

    /// The time that is left. None means no limit.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The limit that ends earlier.
    pub(super) fn or_earlier(self, other: Limit) -> Limit {
        let is_earlier = match (self.deadline, other.deadline) {
            (Some(own), Some(other)) => other < own,
            (own, _) => own.is_none(),
        };
        if is_earlier { other } else { self }
    }

    /// The error for a limit that has passed. `missing` says what did not happen in time.
    pub(super) fn exceeded(&self, missing: &str) -> Error {
        let time = self.time.unwrap_or_default().as_millis();
        Error::new(Code::Timeout, format!("{}: {missing} within {time} ms", self.option))
    }

    /// Adds the option and its time to a time-out, whose message says what was missing. Returns other errors unchanged.
    pub(crate) fn named(&self, error: Error) -> Error {
        if error.code() == Code::Timeout { self.exceeded(error.message()) } else { error }
    }
}

impl From<Deadline> for Limit {
    fn from(deadline: Deadline) -> Limit {
        Limit { option: Deadline::OPTION, time: Some(deadline.time), deadline: Some(deadline.at) }
    }
}

/// What is left now of the time to connect. `details` has what was left before the TCP connection was established.
pub(crate) fn time_left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (time::Duration::Exact(limit), time::Instant::Exact(start)) = (timeout.after, details.now) {
        timeout.after = limit.saturating_sub(start.elapsed()).into();
    }
    timeout
}

/// The moment at which this timeout ends. None if it never does.
pub(crate) fn deadline(timeout: NextTimeout) -> Option<Instant> {
    (!timeout.after.is_not_happening()).then(|| Instant::now() + *timeout.after)
}

/// The same, but fails if the timeout has ended. A peer that sends without a pause is never waited for, so only this
/// check ends it.
pub(crate) fn deadline_or_timeout(timeout: NextTimeout) -> io::Result<Option<Instant>> {
    if timeout.after.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(deadline(timeout)) }
}

/// Converts an I/O error for ureq.
pub(crate) fn timed(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    if is_time_limit(&error) {
        return ureq::Error::Timeout(timeout.reason);
    }
    error.downcast().map_or_else(ureq::Error::Io, failure)
}

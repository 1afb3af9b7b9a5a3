//! Time limits, with the options that set them, and as ureq has them.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{ConnectionDetails, NextTimeout, time};

use super::buffers::failure;
use super::deadline::Deadline;
use super::wait::is_time_limit;
use crate::error::{Code, Error};

/// A time limit under way, and the option that sets it.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    option: &'static str,
    /// All of it. None is no limit.
    time: Option<Duration>,
    pub deadline: Option<Instant>,
}

impl Limit {
    /// A limit whose time begins now.
    pub(crate) fn new(option: &'static str, time: Option<Duration>) -> Limit {
        Limit { option, time, deadline: time.map(|time| Instant::now() + time) }
    }

    pub(crate) fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    pub(super) fn or_earlier(self, other: Limit) -> Limit {
        let is_earlier = match (self.deadline, other.deadline) {
            (Some(own), Some(other)) => other < own,
            (own, _) => own.is_none(),
        };
        if is_earlier { other } else { self }
    }

    /// The error for what was not had within the time.
    pub(super) fn exceeded(&self, missing: &str) -> Error {
        let time = self.time.unwrap_or_default().as_millis();
        Error::new(Code::Timeout, format!("{}: {missing} within {time} ms", self.option))
    }

    /// A time-out that says what was not had, with the option and the time; another error as it is.
    pub(crate) fn named(&self, error: Error) -> Error {
        if error.code() == Code::Timeout { self.exceeded(error.message()) } else { error }
    }
}

impl From<Deadline> for Limit {
    fn from(deadline: Deadline) -> Limit {
        Limit { option: Deadline::OPTION, time: Some(deadline.time), deadline: Some(deadline.at) }
    }
}

/// The time for connecting runs from before the TCP connection was made.
pub(crate) fn time_left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (time::Duration::Exact(limit), time::Instant::Exact(start)) = (timeout.after, details.now) {
        timeout.after = limit.saturating_sub(start.elapsed()).into();
    }
    timeout
}

/// When this time will have passed.
pub(crate) fn deadline(timeout: NextTimeout) -> Option<Instant> {
    (!timeout.after.is_not_happening()).then(|| Instant::now() + *timeout.after)
}

/// The deadline, unless it has passed: one that sends without a pause is not waited for, and yet comes to its end.
pub(crate) fn deadline_ahead(timeout: NextTimeout) -> io::Result<Option<Instant>> {
    if timeout.after.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(deadline(timeout)) }
}

/// The error as ureq knows it.
pub(crate) fn timed(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    if is_time_limit(&error) {
        return ureq::Error::Timeout(timeout.reason);
    }
    error.downcast().map_or_else(ureq::Error::Io, failure)
}

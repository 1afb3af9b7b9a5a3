//! The deadline of a call.

use std::time::{Duration, Instant};

use crate::error::{Code, Error};

/// When a call must end, and how much time it had in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub at: Instant,
    pub time: Duration,
}

impl Deadline {
    /// The option that sets the deadline.
    pub(crate) const OPTION: &'static str = "total_timeout_ms";

    /// The deadline that is `time` from now.
    pub(crate) fn after(time: Duration) -> Deadline {
        Deadline { at: Instant::now() + time, time }
    }

    /// The time that is left; zero if the deadline has passed.
    pub(crate) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(crate) fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// The error for a call whose deadline has passed.
    pub(crate) fn error(self) -> Error {
        let time = self.time.as_millis();
        Error::new(Code::Timeout, format!("{}: the {time} ms for the whole call have run out", Deadline::OPTION))
    }

    /// The same, with the last failure as a note.
    pub(crate) fn error_after(self, failure: &Error) -> Error {
        self.error().with_note(&format!("the last failure was: {failure}"))
    }
}

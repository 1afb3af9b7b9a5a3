//! The moment at which a call's time is up.

use std::time::{Duration, Instant};

use crate::error::{Code, Error};

/// When a call's time is up, and how much it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub at: Instant,
    pub time: Duration,
}

impl Deadline {
    /// The option that sets it.
    pub(crate) const OPTION: &'static str = "total_timeout_ms";

    /// So much from now on.
    pub(crate) fn after(time: Duration) -> Deadline {
        Deadline { at: Instant::now() + time, time }
    }

    pub(crate) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(crate) fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// The call has used up its time.
    pub(crate) fn error(self) -> Error {
        let time = self.time.as_millis();
        Error::new(Code::Timeout, format!("{}: the {time} ms for the whole call have run out", Deadline::OPTION))
    }

    /// The same, and what failed last.
    pub(crate) fn error_after(self, failure: &Error) -> Error {
        self.error().with_note(&format!("the last failure was: {failure}"))
    }
}

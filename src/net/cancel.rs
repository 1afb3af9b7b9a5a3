//! A request to stop, which is waited for beside sockets.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::Event;

/// A request to end a call at once, wherever it waits.
#[derive(Debug)]
pub(crate) struct Stop {
    requested: AtomicBool,
    event: Event,
}

impl Stop {
    pub(crate) fn new() -> io::Result<Stop> {
        Ok(Stop { requested: AtomicBool::new(false), event: Event::new()? })
    }

    /// Asks for the end. Async-signal-safe but for `errno`.
    pub(crate) fn request(&self) {
        self.requested.store(true, Ordering::SeqCst);
        self.event.set();
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Happens once the end is asked for.
    pub(crate) fn event(&self) -> &Event {
        &self.event
    }
}

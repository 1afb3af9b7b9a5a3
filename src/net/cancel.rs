//! Cancel tokens. Threads wait for them together with sockets.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::Event;

/// Cancels a call at once, whatever it waits for.
#[derive(Debug)]
pub(crate) struct CancelToken {
    is_cancelled: AtomicBool,
    event: Event,
}

impl CancelToken {
    /// Makes a token that is not cancelled. Fails if there is no descriptor left.
    pub(crate) fn new() -> io::Result<CancelToken> {
        Ok(CancelToken { is_cancelled: AtomicBool::new(false), event: Event::new()? })
    }

    /// Cancels the call. Async-signal-safe, except that it may set `errno`.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        self.event.set();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// The event that is set when the call is cancelled.
    pub(crate) fn event(&self) -> &Event {
        &self.event
    }
}

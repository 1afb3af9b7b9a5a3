//! Cancellation, which is waited for beside sockets.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::Event;

/// Ends a call at once, wherever it waits, when its caller asks for that.
#[derive(Debug)]
pub(crate) struct CancelToken {
    is_cancelled: AtomicBool,
    event: Event,
}

impl CancelToken {
    pub(crate) fn new() -> io::Result<CancelToken> {
        Ok(CancelToken { is_cancelled: AtomicBool::new(false), event: Event::new()? })
    }

    /// Asks for the end. Async-signal-safe but for `errno`.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        self.event.set();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// Happens once the end is asked for.
    pub(crate) fn event(&self) -> &Event {
        &self.event
    }
}

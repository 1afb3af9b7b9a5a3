//! Cancel tokens. Threads wait for them together with sockets.

#[cfg(test)]
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::Event;

/// Cancels what one thread does for a call, whatever it waits for.
#[derive(Clone, Debug)]
pub(crate) struct CancelToken {
    /// Belongs to the call.
    is_cancelled: Arc<AtomicBool>,
    /// Belongs to the thread.
    event: Arc<Event>,
}

impl CancelToken {
    /// A token of the call with this flag, for the thread with this event.
    pub(crate) fn new(is_cancelled: &Arc<AtomicBool>, event: &Arc<Event>) -> CancelToken {
        CancelToken { is_cancelled: Arc::clone(is_cancelled), event: Arc::clone(event) }
    }

    /// A token of its own.
    #[cfg(test)]
    pub(crate) fn alone() -> io::Result<CancelToken> {
        Ok(CancelToken { is_cancelled: Arc::default(), event: Arc::new(Event::new()?) })
    }

    /// Cancels the call, and wakes the thread.
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

    /// Makes the event usable for another call. Nobody may cancel this one any more.
    pub(crate) fn let_go(self) {
        if self.is_cancelled() {
            self.event.clear();
        }
    }
}

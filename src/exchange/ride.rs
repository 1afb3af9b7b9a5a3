//! A request that several calls share: who needs it, and how it is abandoned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::net::cancel::CancelToken;
use crate::sys::Event;

/// Counts the calls that need a shared request, and cancels it when the last of them has ended.
pub(crate) struct Ride {
    riders: AtomicUsize,
    pub(super) cancel: CancelToken,
}

impl Ride {
    /// A request that the thread with this event is to send. The thread counts as a rider until it calls `leave`.
    pub(crate) fn new(interrupt: &Arc<Event>) -> Ride {
        Ride { riders: AtomicUsize::new(1), cancel: CancelToken::new(&Arc::new(AtomicBool::new(false)), interrupt) }
    }

    pub(crate) fn enter(&self) {
        self.riders.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn leave(&self) {
        if self.riders.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.cancel.cancel();
        }
    }
}

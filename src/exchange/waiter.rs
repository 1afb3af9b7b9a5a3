//! Threads that wait for a call.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiting thread finds out whether it is in a child of `fork`: a signal handler may fork in the middle of
/// the wait, and nobody wakes the thread of the child.
const FORK_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Wakes one thread. It has a lock of its own, which others hold for a moment only: a child whose thread was forked
/// while it waited cannot rely on any other.
#[derive(Default)]
pub(super) struct Waiter {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Waiter {
    pub(super) fn wake(&self) {
        *self.is_woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.woken.notify_one();
    }

    /// Waits until it is woken, but no longer than until `until`, and for `FORK_CHECK_INTERVAL` at most.
    pub(super) fn wait(&self, until: Option<Instant>) {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let time = left.map_or(FORK_CHECK_INTERVAL, |left| left.min(FORK_CHECK_INTERVAL));
        let woken = self.is_woken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.woken.wait_timeout_while(woken, time, |woken| !*woken);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

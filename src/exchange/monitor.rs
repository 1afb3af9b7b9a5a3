//! Looks after operations whose batches nobody has taken. Cancellation may come from a signal handler, which can take
//! no lock, and a deadline may pass while nobody waits: a thread of its own gives them up then.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use super::call::Call;
use crate::net::wait::PollSet;
use crate::panics;
use crate::sys::Event;
use crate::sys::threads;

/// The thread, there as long as a client has operations.
pub(crate) struct DeadlineMonitor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    wake: Event,
    /// Calls with batches to be taken. They are not kept for this.
    calls: Mutex<Vec<Weak<Call>>>,
    ends: AtomicBool,
}

impl DeadlineMonitor {
    pub(crate) fn start() -> io::Result<DeadlineMonitor> {
        let shared = Arc::new(Shared { wake: Event::new()?, calls: Mutex::default(), ends: AtomicBool::new(false) });
        let monitored = Arc::clone(&shared);
        // No panic is expected; one that comes leaves calls to the threads that take their batches.
        let thread = threads::spawn("smsp-monitor", move || drop(panics::catch(|| monitored.work())))?;
        Ok(DeadlineMonitor { shared, thread: Some(thread) })
    }

    /// Looks after this call too.
    pub(crate) fn add(&self, call: &Arc<Call>) {
        let mut calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Arc::downgrade(call));
        drop(calls);
        if call.deadline.is_some() {
            self.wake();
        }
    }

    /// Has all calls looked at, since one of them is stopped. Async-signal-safe but for `errno`.
    pub(crate) fn wake(&self) {
        self.shared.wake.set();
    }
}

impl Drop for DeadlineMonitor {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        self.wake();
        // A panic was caught where it happened.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn work(&self) {
        while !self.ends.load(Ordering::SeqCst) {
            let next = self.look();
            // Woken or not, the calls are looked at.
            let _ = PollSet::new().readable(&self.wake).until(next);
            self.wake.clear();
        }
    }

    /// Looks at every call; gives the next moment at which to look again.
    fn look(&self) -> Option<Instant> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next: Option<Instant> = None;
        calls.retain(|call| {
            let Some(call) = call.upgrade().filter(|call| call.look()) else { return false };
            next = next.into_iter().chain(call.deadline.map(|deadline| deadline.at)).min();
            true
        });
        next
    }
}

//! Looks after operations whose batches nobody has taken. Cancellation may come from a signal handler, which can take
//! no lock, and a deadline may pass while nobody waits: a thread of its own gives them up then.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use super::call::Call;
use crate::net::http::MAX_IDLE;
use crate::net::wait::PollSet;
use crate::panics;
use crate::sys::Event;
use crate::sys::threads::{join, spawn};

/// The thread, there as long as operations of a client have batches to be taken, and idle for a while longer.
pub(crate) struct DeadlineMonitor {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    wake: Event,
    monitored: Mutex<Monitored>,
    ends: AtomicBool,
}

#[derive(Default)]
struct Monitored {
    /// Calls with batches to be taken. They are not kept for this.
    calls: Vec<Weak<Call>>,
    has_thread: bool,
}

impl DeadlineMonitor {
    pub(crate) fn new() -> io::Result<DeadlineMonitor> {
        let shared = Shared { wake: Event::new()?, monitored: Mutex::default(), ends: AtomicBool::new(false) };
        Ok(DeadlineMonitor { shared: Arc::new(shared), thread: Mutex::default() })
    }

    /// Looks after this call too. An error if there is no thread to do so.
    pub(crate) fn add(&self, call: &Arc<Call>) -> io::Result<()> {
        let mut monitored = self.shared.lock();
        if !monitored.has_thread {
            self.start_thread()?;
            monitored.has_thread = true;
        }
        monitored.calls.retain(|call| call.strong_count() > 0);
        monitored.calls.push(Arc::downgrade(call));
        drop(monitored);
        if call.deadline.is_some() {
            self.wake();
        }
        Ok(())
    }

    fn start_thread(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        // No panic is expected; one that comes leaves calls to the threads that take their batches.
        let thread = spawn("smsp-monitor", move || drop(panics::catch(|| shared.work())))?;
        // The one before is at its end.
        join(self.thread.lock().unwrap_or_else(PoisonError::into_inner).replace(thread));
        Ok(())
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
        join(self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Shared {
    fn work(&self) {
        loop {
            let next = self.lock().look();
            let idle = Instant::now() + MAX_IDLE;
            // Woken or not, the calls are looked at.
            let _ = PollSet::new().readable(&self.wake).until(Some(next.map_or(idle, |next| next.min(idle))));
            self.wake.clear();
            if self.ends.load(Ordering::SeqCst) || (idle <= Instant::now() && self.lock().let_thread_end()) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Monitored> {
        self.monitored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Monitored {
    /// Looks at every call; gives the next moment at which to look again.
    fn look(&mut self) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        self.calls.retain(|call| {
            let Some(call) = call.upgrade().filter(|call| call.look()) else { return false };
            next = next.into_iter().chain(call.deadline.map(|deadline| deadline.at)).min();
            true
        });
        next
    }

    /// Whether there is nothing to look after: the next call has another thread started then.
    fn let_thread_end(&mut self) -> bool {
        self.look();
        self.has_thread = !self.calls.is_empty();
        !self.has_thread
    }
}

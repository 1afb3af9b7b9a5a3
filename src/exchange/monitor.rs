//! Ends operations that are cancelled or past their deadline. A cancellation may come from a signal handler, which
//! cannot take a lock, and a deadline may pass while nobody waits. So a thread of its own gives up the batches that
//! nobody has taken, and interrupts the threads that ask about the others.

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

/// How many calls are kept, at the least, before those that have ended are removed.
const LEAST: usize = 64;

/// The monitor thread. It runs while operations of a client run, and stays idle for a while longer.
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
    /// Calls that may be running. The monitor does not keep them alive.
    calls: Vec<Weak<Call>>,
    /// How many calls there may be until those that have ended are removed.
    most: usize,
    /// The first deadline that the thread waits for.
    next: Option<Instant>,
    has_thread: bool,
}

impl DeadlineMonitor {
    /// A monitor without a thread. Fails if there is no descriptor left.
    pub(crate) fn new() -> io::Result<DeadlineMonitor> {
        let shared = Shared { wake: Event::new()?, monitored: Mutex::default(), ends: AtomicBool::new(false) };
        Ok(DeadlineMonitor { shared: Arc::new(shared), thread: Mutex::default() })
    }

    /// Monitors this call too. Fails if no thread can be started.
    pub(crate) fn add(&self, call: &Arc<Call>) -> io::Result<()> {
        let mut monitored = self.shared.lock();
        if !monitored.has_thread {
            self.start_thread()?;
            monitored.has_thread = true;
        }
        if monitored.calls.len() >= monitored.most {
            monitored.calls.retain(|call| call.upgrade().is_some_and(|call| call.is_running()));
            monitored.most = (2 * monitored.calls.len()).max(LEAST);
        }
        monitored.calls.push(Arc::downgrade(call));
        let deadline = call.deadline.map(|deadline| deadline.at);
        let is_next = deadline.is_some_and(|at| monitored.next.is_none_or(|next| at < next));
        drop(monitored);
        if is_next {
            self.wake();
        }
        Ok(())
    }

    fn start_thread(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        // No panic is expected. After one, only the threads that take batches check the calls.
        let thread = spawn("smsp-monitor", move || drop(panics::catch(|| shared.work())))?;
        // The previous thread has ended or is about to.
        join(self.thread.lock().unwrap_or_else(PoisonError::into_inner).replace(thread));
        Ok(())
    }

    /// Wakes the thread, so that it checks all calls: one of them is cancelled or new, or the monitor ends.
    /// Async-signal-safe, except that it may set `errno`.
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
            // The calls are checked next, however the wait ends.
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
    /// Checks every call. Returns when to check again; None if no deadline is ahead.
    fn look(&mut self) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        self.calls.retain(|call| {
            let Some(call) = call.upgrade().filter(|call| call.look()) else { return false };
            let deadline = call.deadline.filter(|deadline| !deadline.has_passed());
            next = next.into_iter().chain(deadline.map(|deadline| deadline.at)).min();
            true
        });
        self.next = next;
        next
    }

    /// Whether there is nothing to monitor. The next call then starts another thread.
    fn let_thread_end(&mut self) -> bool {
        self.look();
        self.has_thread = !self.calls.is_empty();
        !self.has_thread
    }
}

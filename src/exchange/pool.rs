//! The threads of a client: started when there is something to ask, at most `max_connections`, gone when there is not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::call::Call;
use super::{Exchange, Scratch, threads};
use crate::error::{Code, Error};
use crate::panics;

/// Calls wait here for a free connection. Their batches are taken in turn, so that a short list does not wait for the
/// end of a long one.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    process: u32,
}

struct Shared {
    exchange: Exchange,
    max_threads: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    calls: VecDeque<Arc<Call>>,
    /// How many connections are in use: each by a thread, or by a caller that could have none.
    running: usize,
}

impl Pool {
    pub(crate) fn new(exchange: Exchange, max_threads: usize) -> Pool {
        let shared = Shared { exchange, max_threads, queue: Mutex::default() };
        Pool { shared: Arc::new(shared), threads: Mutex::default(), process: std::process::id() }
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// Asks all batches of a call, and returns when the last has ended.
    pub(crate) fn run(&self, call: &Arc<Call>) {
        self.shared.lock().calls.push_back(Arc::clone(call));
        for _ in 0..call.batches() {
            if !self.shared.take_slot() {
                break;
            }
            if !self.start_thread() {
                self.work_here(call);
                break;
            }
        }
        call.wait();
    }

    /// Starts a thread for a slot that was taken. False if the system has none.
    fn start_thread(&self) -> bool {
        let shared = Arc::clone(&self.shared);
        let thread = threads::spawn("smsp-exchange", move || shared.work());
        thread.map(|thread| self.keep(thread)).is_ok()
    }

    /// Where no thread can be had, the calling one does the work of its call in the slot that was taken. Others may
    /// count on the slot by then: it goes to a thread if there is one now, else they are served here.
    fn work_here(&self, call: &Arc<Call>) {
        let mut scratch = Scratch::default();
        while self.shared.serve(call, &mut scratch, || {}) {}
        if self.shared.leave_if_idle() || self.start_thread() {
            return;
        }
        self.shared.work();
    }

    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }
}

impl Drop for Pool {
    /// Nothing is asked any more, so the threads are at their end. A child of a fork has none of them.
    fn drop(&mut self) {
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        if self.process != std::process::id() {
            return std::mem::forget(threads);
        }
        for thread in threads {
            // A panic was caught where it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Takes batches, a call at a time in turn, until there are none.
    fn work(&self) {
        let mut scratch = Scratch::default();
        while let Some(call) = self.next_call() {
            self.serve(&call, &mut scratch, || self.lock().calls.push_back(Arc::clone(&call)));
        }
    }

    /// Asks the next batch of a call; false if there is none. Once it is taken, others may take the one after it.
    fn serve(&self, call: &Call, scratch: &mut Scratch, taken: impl FnOnce()) -> bool {
        let served = panics::catch(|| {
            let Some(batch) = call.take() else { return false };
            taken();
            self.exchange.ask(call, &batch, scratch);
            true
        });
        served.unwrap_or_else(|message| {
            call.abandon(&Error::new(Code::Internal, format!("a defect of the library: {message}")));
            false
        })
    }

    /// Takes one of the client's connections, if one is free.
    fn take_slot(&self) -> bool {
        let mut queue = self.lock();
        let free = queue.running < self.max_threads;
        queue.running += usize::from(free);
        free
    }

    /// Gives the slot back if no call has anything left to be taken.
    fn leave_if_idle(&self) -> bool {
        let mut queue = self.lock();
        queue.calls.retain(|call| call.has_more());
        let idle = queue.calls.is_empty();
        queue.running -= usize::from(idle);
        idle
    }

    /// The next call to serve; where there is none the slot is given back.
    fn next_call(&self) -> Option<Arc<Call>> {
        let mut queue = self.lock();
        let call = queue.calls.pop_front();
        queue.running -= usize::from(call.is_none());
        call
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

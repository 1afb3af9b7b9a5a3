//! The threads of a client: started when there is something to ask, at most `max_connections`, gone when there is not.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use once_cell::sync::OnceCell;

use super::call::Call;
use super::watch::Watch;
use super::{Exchange, Scratch, threads};
use crate::error::{Code, Error};
use crate::panics;
use crate::settings::reason;

/// Calls wait here for a free connection. Their batches are taken in turn, so that a short list does not wait for the
/// end of a long one.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// There from the first operation on.
    watch: OnceCell<Watch>,
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
        let (shared, watch) = (Arc::new(shared), OnceCell::new());
        Pool { shared, threads: Mutex::default(), watch, process: std::process::id() }
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// Asks all batches of a call, and returns when the last has ended.
    pub(crate) fn run(&self, call: &Arc<Call>) {
        if call.batches() == 0 {
            return;
        }
        let mut queue = self.shared.lock();
        let here = self.start_threads(&mut queue, call).is_err();
        queue.running += usize::from(here);
        queue.calls.push_back(Arc::clone(call));
        drop(queue);
        if here {
            self.work_here(call);
        }
        call.wait(None);
    }

    /// Has all batches of a call asked by threads, and returns at once. An error if there is no thread to be had: nothing
    /// is asked then.
    pub(crate) fn start(&self, call: &Arc<Call>) -> Result<(), Error> {
        if call.batches() == 0 {
            return Ok(());
        }
        let watch = self.watch.get_or_try_init(Watch::start).map_err(|error| no_thread(&error))?;
        let mut queue = self.shared.lock();
        self.start_threads(&mut queue, call).map_err(|error| no_thread(&error))?;
        queue.calls.push_back(Arc::clone(call));
        drop(queue);
        watch.add(call);
        Ok(())
    }

    /// What looks after calls that are stopped; None if no call can be. Takes no lock.
    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.get()
    }

    /// Starts threads for the batches of a call while connections are free. An error if the system has none and none is
    /// there.
    fn start_threads(&self, queue: &mut Queue, call: &Call) -> io::Result<()> {
        for _ in 0..call.batches() {
            if queue.running == self.shared.max_threads {
                break;
            }
            match self.start_thread() {
                Ok(()) => queue.running += 1,
                Err(error) if queue.running == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Starts a thread, which has a slot of its own. It waits for the queue if that is locked.
    fn start_thread(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = threads::spawn("smsp-exchange", move || shared.work())?;
        self.keep(thread);
        Ok(())
    }

    /// Where no thread can be had, the calling one does the work of its call in the slot that was taken. Others may
    /// count on the slot by then: it goes to a thread if there is one now, else they are served here.
    fn work_here(&self, call: &Arc<Call>) {
        let mut scratch = Scratch::default();
        while self.shared.serve(call, &mut scratch, || {}) {}
        if self.shared.leave_if_idle() || self.start_thread().is_ok() {
            return;
        }
        self.shared.work();
    }

    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let (ended, running) = std::mem::take(&mut *threads).into_iter().partition(JoinHandle::is_finished);
        *threads = running;
        threads.push(thread);
        join(ended);
    }
}

impl Drop for Pool {
    /// Nothing is asked any more, so the threads are at their end. A child of a fork has none of them.
    fn drop(&mut self) {
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        let watch = self.watch.take();
        if self.process != std::process::id() {
            return std::mem::forget((threads, watch));
        }
        join(threads);
    }
}

/// Waits for threads that are at their end.
fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        // A panic was caught where it happened.
        let _ = thread.join();
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

fn no_thread(error: &io::Error) -> Error {
    Error::new(Code::Resource, format!("no thread or descriptor for an operation: {}", reason(error)))
}

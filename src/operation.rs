//! A call in the background. Any thread can watch it, wait for it and cancel it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Code, Error, out_of_memory};
use crate::exchange::call::Call;
use crate::exchange::monitor::DeadlineMonitor;
use crate::net::wait::cancelled;
use crate::query::RawQuery;
use crate::queue::Queue;
use crate::report::Outcome;
use crate::session::Session;

use crate::sys::{self, Descriptor, Generation};

/// A call that runs in the background, made by [`Client::start`](crate::Client::start). Any thread may use it. Dropping
/// it cancels what is left and waits until that is done.
///
/// An operation belongs to the process that started it. In a forked process it is done and cancelled.
pub struct Operation {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    session: Arc<Session>,
    /// None if there is nothing to send.
    monitor: Option<Arc<DeadlineMonitor>>,
    call: Arc<Call>,
    is_finished: AtomicBool,
    /// The process that started the operation.
    process: Generation,
}

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many queries are answered or given up, including those that are INVALID. It never decreases.
    pub done: usize,
    /// How many queries there are.
    pub total: usize,
}

impl Operation {
    pub(crate) fn new(session: Arc<Session>, monitor: Option<Arc<DeadlineMonitor>>, call: Arc<Call>) -> Operation {
        let (is_finished, process) = (AtomicBool::new(false), Generation::current());
        Operation { inner: Arc::new(Inner { session, monitor, call, is_finished, process }) }
    }

    /// Waits until the operation is done, at most for this time; None waits without a limit. Returns whether it is
    /// done.
    pub fn wait(&self, time: Option<Duration>) -> bool {
        // A time that the clock cannot represent is no limit.
        self.is_inherited() || self.inner.call.wait(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// Returns how far the operation has come. Once it is done, `done` equals `total`.
    pub fn progress(&self) -> Progress {
        let total = self.inner.call.rows();
        Progress { done: if self.is_inherited() { total } else { self.inner.call.completed() }, total }
    }

    /// Returns a descriptor for `poll` and similar functions. It becomes readable once the operation is done; do not
    /// read from it. It is created at the first call, and each call returns the same one. The operation owns it. Fails
    /// in a forked process, and if the system cannot create it.
    pub fn fd(&self) -> io::Result<Descriptor<'_>> {
        if self.is_inherited() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.inner.call.ended_event().map(sys::descriptor)
    }

    /// Has this tag put into a queue once the operation is done, or at once if it is. Can be called once: the second
    /// time, it returns an error with `Code::InvalidArgument`. Fails if there is not enough memory, and in a forked
    /// process.
    pub fn notify(&self, queue: &Queue, tag: u64) -> Result<(), Error> {
        self.inner.notify(queue, tag)
    }

    /// What lives on if the operation is dropped by another thread.
    pub(crate) fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }

    /// Cancels the operation and returns at once. Answers that have come are kept; the other queries get
    /// `Code::Cancelled`. Async-signal-safe, except that it may change `errno`.
    pub fn cancel(&self) {
        // A child must not use the descriptors of its parent.
        if self.is_inherited() {
            return;
        }
        if let Some(cancel) = &self.inner.call.cancel {
            cancel.cancel();
        }
        if let Some(monitor) = &self.inner.monitor {
            monitor.wake();
        }
    }

    /// Waits until the operation is done, and returns what [`Client::multi_status`](crate::Client::multi_status) would
    /// have returned. It can be called once: the second time, it returns an error with `Code::InvalidArgument`.
    pub fn finish(&self) -> Result<Outcome, Error> {
        if self.inner.is_finished.swap(true, Ordering::SeqCst) {
            return Err(Error::new(Code::InvalidArgument, "the operation was finished before"));
        }
        if self.is_inherited() {
            return self.inner.cancelled_report();
        }
        self.inner.call.wait(None);
        Ok(self.inner.session.outcome(&self.inner.call))
    }

    fn is_inherited(&self) -> bool {
        self.inner.is_inherited()
    }
}

impl Inner {
    /// Whether another process started the operation. If so, neither its threads nor its locks can be relied on.
    fn is_inherited(&self) -> bool {
        self.process != Generation::current()
    }

    /// See [`Operation::notify`].
    pub(crate) fn notify(&self, queue: &Queue, tag: u64) -> Result<(), Error> {
        if self.is_inherited() {
            return Err(cancelled());
        }
        self.call.notify(queue, tag)
    }

    /// Returns what a forked process gets. The draft of the report may be locked forever, so a new one is made.
    fn cancelled_report(&self) -> Result<Outcome, Error> {
        let texts = self.call.texts();
        let mut queries = Vec::new();
        queries.try_reserve_exact(self.call.rows()).map_err(|_| out_of_memory("a report"))?;
        let mut texts = texts.given.iter();
        while let (Some(phone_number), Some(message_id)) = (texts.next(), texts.next()) {
            queries.push(RawQuery { phone_number, message_id });
        }
        let call = self.session.plan(queries.iter().copied(), None)?;
        call.give_up_all(&cancelled());
        Ok(self.session.outcome(&call))
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if self.is_inherited() {
            // The parent's threads may have held some of this at the fork, and nothing tells what. It is leaked.
            return std::mem::forget(Arc::clone(&self.inner));
        }
        self.cancel();
        self.wait(None);
        // Answers are counted even if nobody asks for the report.
        let _ = self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::config::Config;
    use crate::query::Query;

    #[test]
    fn it_may_be_used_and_ended_by_any_thread() {
        fn check<T: Send + Sync>() {}
        check::<Operation>();
    }

    #[test]
    fn what_cannot_be_asked_is_done_at_once() {
        let mut config = Config::new();
        config.set("api_key", "key").unwrap();
        let operation = Client::new(&config).unwrap().start([Query::new("no", "1"), Query::new("", "2")]).unwrap();
        assert!(operation.wait(Some(Duration::ZERO)) && operation.wait(Some(Duration::MAX)));
        assert_eq!(operation.progress(), Progress { done: 2, total: 2 });
        operation.cancel();
        let outcome = operation.finish().unwrap();
        assert_eq!((outcome.code(), outcome.report.len()), (Code::InvalidArgument, 2));
        assert_eq!(operation.finish().unwrap_err().code(), Code::InvalidArgument);
    }
}

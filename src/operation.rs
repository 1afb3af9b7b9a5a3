//! A call in the background: watched, waited for and cancelled from any thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Code, Error, out_of_memory};
use crate::exchange::call::Call;
use crate::exchange::monitor::DeadlineMonitor;
use crate::net::wait::cancelled;
use crate::query::RawQuery;
use crate::report::Outcome;
use crate::session::Session;

use crate::sys::{self, Descriptor, Generation};

/// A list of messages that is asked about in the background, made by [`Client::start`](crate::Client::start). Any thread may use it. Dropping
/// it cancels what is left, and waits for that.
///
/// An operation belongs to the process that started it. In a process forked off while it runs it is done and cancelled.
pub struct Operation {
    inner: Arc<Inner>,
}

struct Inner {
    session: Arc<Session>,
    /// None where there is nothing to ask.
    monitor: Option<Arc<DeadlineMonitor>>,
    call: Arc<Call>,
    is_finished: AtomicBool,
    process: Generation,
}

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many queries are answered or given up, those that are INVALID included. It never goes back.
    pub done: usize,
    /// How many queries there are.
    pub total: usize,
}

impl Operation {
    pub(crate) fn new(session: Arc<Session>, monitor: Option<Arc<DeadlineMonitor>>, call: Arc<Call>) -> Operation {
        let (is_finished, process) = (AtomicBool::new(false), Generation::current());
        Operation { inner: Arc::new(Inner { session, monitor, call, is_finished, process }) }
    }

    /// Waits until the operation is done, at most for this time; None is no limit. Whether it is done.
    pub fn wait(&self, time: Option<Duration>) -> bool {
        // A time that the clock cannot reach is no limit.
        self.is_inherited() || self.inner.call.wait(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// How far the operation has come. Once it is done, `done` is `total`.
    pub fn progress(&self) -> Progress {
        let total = self.inner.call.rows();
        Progress { done: if self.is_inherited() { total } else { self.inner.call.completed() }, total }
    }

    /// A descriptor that is readable once the operation is done, for `poll` and its like; nothing is to be read from it.
    /// It is made at the first call and is the same at each.
    pub fn fd(&self) -> io::Result<Descriptor<'_>> {
        if self.is_inherited() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.inner.call.ended_event().map(sys::descriptor)
    }

    /// Asks for the end and returns at once. What was answered stays, the rest is `Code::Cancelled`. Async-signal-safe but
    /// for `errno`, which it may set.
    pub fn cancel(&self) {
        // The parent's descriptors are not ours to set.
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

    /// Waits until the operation is done, and hands over what [`Client::multi_status`](crate::Client::multi_status) would have returned. Once: a second
    /// time is an error with `Code::InvalidArgument`.
    pub fn finish(&self) -> Result<Outcome, Error> {
        if self.inner.is_finished.swap(true, Ordering::SeqCst) {
            return Err(Error::new(Code::InvalidArgument, "the operation was finished before"));
        }
        if self.is_inherited() {
            return self.inner.all_cancelled();
        }
        self.inner.call.wait(None);
        Ok(self.inner.session.outcome(&self.inner.call))
    }

    /// Whether another process started it, so that neither its threads nor its locks can be relied on.
    fn is_inherited(&self) -> bool {
        self.inner.process != Generation::current()
    }
}

impl Inner {
    /// What a child of a fork gets: the draft of the report may be locked for ever, so it is made anew.
    fn all_cancelled(&self) -> Result<Outcome, Error> {
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
            // The parent's threads held some of this at the fork, and nothing here tells what: it is left as it is.
            return std::mem::forget(Arc::clone(&self.inner));
        }
        self.cancel();
        self.wait(None);
        // What was answered counts, also if nobody asks for the report.
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

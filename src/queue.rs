//! Queues: one wait for the ends of any number of operations.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Code, Error, out_of_memory, reason};
use crate::sys::{self, Descriptor, Event, Generation, Polled};

/// A queue of tags. An operation puts its tag here when it is done, see [`Operation::notify`](crate::Operation::notify).
/// Any number of threads may wait for tags; each tag goes to one of them.
///
/// A queue belongs to the process that made it. It may be dropped before the operations, which then tell nobody.
pub struct Queue {
    /// Set while there are tags or wakes. It may be set for a moment longer.
    event: Arc<Event>,
    /// How many waits are still to be woken.
    wakes: AtomicUsize,
    inbox: Arc<Mutex<Inbox>>,
    /// The process that made the queue.
    process: Generation,
}

/// What a queue shares with operations.
#[derive(Default)]
struct Inbox {
    /// None once the queue is dropped.
    event: Option<Arc<Event>>,
    /// There is always room for the tags that are expected.
    tags: VecDeque<u64>,
    /// How many operations may still put a tag.
    expected: usize,
}

impl Queue {
    /// Makes an empty queue. Fails if the system has no descriptor or memory for it.
    pub fn new() -> Result<Queue, Error> {
        let event = Event::new()
            .map_err(|error| Error::new(Code::Resource, format!("no descriptor for a queue: {}", reason(&error))))?;
        let event = Arc::new(event);
        let inbox = Inbox { event: Some(Arc::clone(&event)), ..Inbox::default() };
        let (wakes, process) = (AtomicUsize::new(0), Generation::current());
        Ok(Queue { event, wakes, inbox: Arc::new(Mutex::new(inbox)), process })
    }

    /// Waits until there are tags, but at most for this time (None waits without a limit), and takes as many as `tags`
    /// has room for. Returns how many, which is 0 if the time ran out or if [`Queue::wake`] ended the wait. Fails if
    /// `tags` is empty, in a forked process, and if the system cannot wait.
    pub fn wait(&self, time: Option<Duration>, tags: &mut [u64]) -> Result<usize, Error> {
        let mut places = tags.iter_mut();
        let room = places.len();
        self.wait_for(time, room, |tag| _ = places.next().map(|place| *place = tag))
    }

    /// The same for places that need not be initialised: hands each tag to `put`.
    pub(crate) fn wait_for(
        &self,
        time: Option<Duration>,
        room: usize,
        mut put: impl FnMut(u64),
    ) -> Result<usize, Error> {
        if room == 0 {
            return Err(Error::new(Code::InvalidArgument, "there is no room for a tag"));
        }
        // A time that the clock cannot represent is no limit.
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        loop {
            // Looked at each time: a signal handler of the host may fork.
            self.check_process()?;
            if let Some(count) = self.take(room, &mut put) {
                return Ok(count);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(0);
            }
            match sys::poll(&mut [Polled::readable(sys::raw(&*self.event))], left) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(cannot_wait(&error)),
                _ => {}
            }
        }
    }

    /// Takes a wake, or else tags. Returns the number of tags, or None if there is neither.
    fn take(&self, room: usize, put: impl FnMut(u64)) -> Option<usize> {
        let mut inbox = lock(&self.inbox);
        let count = if self.take_wake() {
            Some(0)
        } else {
            let count = room.min(inbox.tags.len());
            inbox.tags.drain(..count).for_each(put);
            Some(count).filter(|count| *count > 0)
        };
        if inbox.tags.is_empty() && self.wakes.load(Ordering::SeqCst) == 0 {
            self.event.clear();
            // `wake` counts before it sets the event, and takes no lock.
            if self.wakes.load(Ordering::SeqCst) > 0 {
                self.event.set();
            }
        }
        count
    }

    fn take_wake(&self) -> bool {
        self.wakes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |wakes| wakes.checked_sub(1)).is_ok()
    }

    /// Returns a descriptor for `poll` and similar functions. It is readable while there are tags, or wakes that no wait
    /// has taken; do not read from it. The queue owns it. Fails in a forked process.
    pub fn fd(&self) -> io::Result<Descriptor<'_>> {
        self.check_process().map_err(|_| io::ErrorKind::Unsupported)?;
        Ok(sys::descriptor(&*self.event))
    }

    /// Makes one wait return at once without tags: one that runs, or else the next. Each call counts. Does nothing in a
    /// forked process. Async-signal-safe, except that it may change `errno`.
    pub fn wake(&self) {
        if !self.is_inherited() {
            self.wakes.fetch_add(1, Ordering::SeqCst);
            self.event.set();
        }
    }

    /// Returns a promise to put a tag. The room for it is reserved. Fails if there is no memory for that, and in a forked
    /// process.
    pub(crate) fn promise(&self, tag: u64) -> Result<Promise, Error> {
        self.check_process()?;
        let mut inbox = lock(&self.inbox);
        let expected = inbox.expected + 1;
        inbox.tags.try_reserve(expected).map_err(|_| out_of_memory("the tag of an operation"))?;
        inbox.expected = expected;
        Ok(Promise { inbox: Arc::clone(&self.inbox), tag, is_kept: false })
    }

    fn check_process(&self) -> Result<(), Error> {
        if self.is_inherited() {
            return Err(Error::new(Code::Cancelled, "the queue belongs to the process that made it"));
        }
        Ok(())
    }

    /// Whether another process made the queue. If so, its lock cannot be relied on, and its descriptor is closed.
    fn is_inherited(&self) -> bool {
        self.process != Generation::current()
    }
}

fn cannot_wait(error: &io::Error) -> Error {
    Error::new(Code::Resource, format!("cannot wait for a queue: {}", reason(error)))
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.is_inherited() {
            // The parent's threads may have held some of this at the fork, and nothing tells what. It is leaked.
            return std::mem::forget(Arc::clone(&self.inbox));
        }
        // With this, nothing else holds the event: its descriptor is closed here.
        *lock(&self.inbox) = Inbox::default();
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The promise of an operation to put its tag into a queue once.
pub(crate) struct Promise {
    inbox: Arc<Mutex<Inbox>>,
    tag: u64,
    is_kept: bool,
}

impl Promise {
    /// Puts the tag, unless it was put before. Never fails, and allocates nothing. Does nothing if the queue is dropped.
    pub(crate) fn keep(&mut self) {
        if std::mem::replace(&mut self.is_kept, true) {
            return;
        }
        let mut inbox = lock(&self.inbox);
        let Inbox { event: Some(event), tags, expected } = &mut *inbox else { return };
        *expected -= 1;
        tags.push_back(self.tag);
        // Otherwise it is set.
        if tags.len() == 1 {
            event.set();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const NO_TIME: Option<Duration> = Some(Duration::ZERO);

    fn is_readable(queue: &Queue) -> bool {
        let mut list = [Polled::readable(sys::raw(&queue.fd().unwrap()))];
        sys::poll(&mut list, NO_TIME).unwrap();
        list[0].is_ready()
    }

    /// The tags that are taken, at most three at a time.
    fn taken(queue: &Queue) -> Vec<u64> {
        let mut tags = [0; 3];
        let count = queue.wait(NO_TIME, &mut tags).unwrap();
        tags[..count].to_vec()
    }

    #[test]
    fn tags_are_taken_in_order_and_the_descriptor_tells_of_them() {
        let queue = Queue::new().unwrap();
        let mut promises: Vec<_> = (0..5).map(|tag| queue.promise(tag).unwrap()).collect();
        assert!(!is_readable(&queue) && taken(&queue).is_empty());
        for promise in promises.iter_mut().chain([&mut queue.promise(u64::MAX).unwrap()]) {
            promise.keep();
            promise.keep();
        }
        assert!(is_readable(&queue));
        assert_eq!(taken(&queue), [0, 1, 2]);
        assert!(is_readable(&queue));
        assert_eq!(taken(&queue), [3, 4, u64::MAX]);
        assert!(!is_readable(&queue) && taken(&queue).is_empty());
        assert_eq!(queue.wait(None, &mut []).unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn each_wake_ends_one_wait_before_any_tag_is_taken() {
        let queue = Queue::new().unwrap();
        queue.promise(7).unwrap().keep();
        queue.wake();
        queue.wake();
        assert_eq!([taken(&queue), taken(&queue), taken(&queue)], [vec![], vec![], vec![7]]);
        assert!(!is_readable(&queue));
        thread::scope(|scope| {
            let waits = [(); 3].map(|()| scope.spawn(|| queue.wait(None, &mut [0])));
            waits.iter().for_each(|_| queue.wake());
            waits.into_iter().for_each(|wait| assert_eq!(wait.join().unwrap(), Ok(0)));
        });
    }

    #[test]
    fn room_is_reserved_for_all_that_is_expected() {
        let queue = Queue::new().unwrap();
        let mut promises = Vec::new();
        for tag in 0..1_000 {
            promises.push(queue.promise(tag).unwrap());
            if tag % 3 == 0 {
                promises.swap_remove(0).keep();
            }
            let inbox = lock(&queue.inbox);
            assert!(inbox.tags.capacity() >= inbox.tags.len() + inbox.expected);
        }
        assert_eq!(lock(&queue.inbox).expected, promises.len());
    }

    #[test]
    fn nobody_is_told_once_a_queue_is_dropped() {
        let queue = Queue::new().unwrap();
        let (mut promise, event) = (queue.promise(1).unwrap(), Arc::downgrade(&queue.event));
        drop(queue);
        assert_eq!(event.strong_count(), 0, "the descriptor is closed");
        promise.keep();
    }
}

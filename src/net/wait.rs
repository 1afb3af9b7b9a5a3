//! Waits for sockets and for time. Every wait ends at its deadline, and at once when the caller cancels.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::cancel::CancelToken;
use crate::error::{Code, Error};
use crate::sys::{NO_DESCRIPTOR, Polled, RawDescriptor, Waitable, poll, raw, was_forked_at_work};

thread_local! {
    /// The descriptor of the cancel token that this thread works for. ureq cannot pass one to a transport.
    static CANCEL: Cell<RawDescriptor> = const { Cell::new(NO_DESCRIPTOR) };
}

/// Runs `run`. Its waits in this thread end as soon as the token is cancelled.
pub(crate) fn with_cancel_token<T>(cancel: Option<&CancelToken>, run: impl FnOnce() -> T) -> T {
    struct PutBack(RawDescriptor);
    impl Drop for PutBack {
        fn drop(&mut self) {
            CANCEL.set(self.0);
        }
    }
    let descriptor = cancel.map_or(NO_DESCRIPTOR, |cancel| raw(cancel.event()));
    let _put_back = PutBack(CANCEL.replace(descriptor));
    run()
}

/// Waits for `time`. Fails if cancelled before or meanwhile.
pub(crate) fn sleep(time: Duration, cancel: Option<&CancelToken>) -> Result<(), Error> {
    // There is nothing to become ready, so the wait ends by its deadline or by cancellation.
    let _ = with_cancel_token(cancel, || PollSet::new().until(Some(Instant::now() + time)));
    check_cancelled(cancel)
}

/// Fails if cancelled, as everything is in a child that was forked in the middle of it.
pub(crate) fn check_cancelled(cancel: Option<&CancelToken>) -> Result<(), Error> {
    let is_cancelled = cancel.is_some_and(CancelToken::is_cancelled) || was_forked_at_work();
    if is_cancelled { Err(cancelled()) } else { Ok(()) }
}

/// The same for input and output.
pub(super) fn check_process() -> io::Result<()> {
    if was_forked_at_work() { Err(io::Error::other("stopped")) } else { Ok(()) }
}

/// The error for an operation that was cancelled.
pub(crate) fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the operation was cancelled")
}

/// Descriptors to wait for. They always include the cancel token that this thread works for.
pub(crate) struct PollSet<'fd> {
    /// The cancel token, then the others.
    list: [Polled; PollSet::MOST + 1],
    length: usize,
    borrowed: PhantomData<&'fd ()>,
}

impl<'fd> PollSet<'fd> {
    /// How many descriptors can be waited for at a time, besides the cancel token.
    pub(crate) const MOST: usize = 16;

    pub(crate) fn new() -> PollSet<'fd> {
        let mut list = [Polled::readable(NO_DESCRIPTOR); PollSet::MOST + 1];
        list[0] = Polled::readable(CANCEL.get());
        PollSet { list, length: 1, borrowed: PhantomData }
    }

    /// Adds something to wait for until it can be read.
    pub(crate) fn readable(self, waitable: &'fd impl Waitable) -> PollSet<'fd> {
        self.with(Polled::readable(raw(waitable)))
    }

    /// Adds something to wait for until it can be written.
    pub(crate) fn writable(self, waitable: &'fd impl Waitable) -> PollSet<'fd> {
        self.with(Polled::writable(raw(waitable)))
    }

    fn with(mut self, polled: Polled) -> PollSet<'fd> {
        self.list[self.length] = polled;
        self.length += 1;
        self
    }

    /// Waits until a descriptor is ready. Returns its index, in the order in which they were added. If `deadline` is
    /// None, there is no time limit. The error is a time limit (see [`is_time_limit`]), or says that the wait was
    /// cancelled or failed.
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> io::Result<usize> {
        let list = &mut self.list[..self.length];
        loop {
            check_process()?;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match poll(list, left) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(()) => match list.iter().position(Polled::is_ready) {
                    None => return Err(ErrorKind::TimedOut.into()),
                    Some(0) => return Err(io::Error::other("stopped")),
                    Some(index) => return Ok(index - 1),
                },
            }
        }
    }
}

/// Whether a time limit of this library has passed. A time-out of the system is an error like any other.
pub(crate) fn is_time_limit(error: &io::Error) -> bool {
    error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_wait_ends_at_its_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let start = Instant::now();
        let error = PollSet::new().readable(&listener).until(Some(start + Duration::from_millis(20))).unwrap_err();
        assert!(is_time_limit(&error) && start.elapsed() >= Duration::from_millis(20), "{error}");
        assert!(is_time_limit(&PollSet::new().readable(&listener).until(Some(start)).unwrap_err()));
    }

    #[test]
    fn what_is_ready_is_named_by_its_place() {
        let (quiet, listener) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(PollSet::new().readable(&quiet).readable(&listener).until(None).unwrap(), 1);
        assert_eq!(PollSet::new().writable(&stream).until(None).unwrap(), 0);
    }

    #[test]
    fn a_stop_ends_a_wait_and_all_that_follow() {
        let cancel = CancelToken::alone().unwrap();
        let start = Instant::now();
        assert_eq!(sleep(Duration::from_millis(5), Some(&cancel)), Ok(()));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sleep(LONG, Some(&cancel)));
            cancel.cancel();
            assert_eq!(waiting.join().unwrap().unwrap_err().code(), Code::Cancelled);
        });
        assert!(sleep(LONG, Some(&cancel)).is_err());
        let (listener, until) = (TcpListener::bind("127.0.0.1:0").unwrap(), Some(start + LONG));
        let error = with_cancel_token(Some(&cancel), || PollSet::new().readable(&listener).until(until)).unwrap_err();
        assert!(!is_time_limit(&error));
        assert!(start.elapsed() < LONG / 2);
        // The token applies only while `with_cancel_token` runs.
        assert_eq!(CANCEL.get(), NO_DESCRIPTOR);
    }
}

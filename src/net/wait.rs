//! Waiting: for sockets and for time. Every wait ends at its deadline, and at once when the caller wants to stop.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::cancel::Stop;
use crate::error::{Code, Error};
use crate::sys::{NO_DESCRIPTOR, Polled, RawDescriptor, Waitable, poll, raw};

thread_local! {
    /// The descriptor of the stop that this thread works for. ureq cannot hand one to a transport.
    static STOP: Cell<RawDescriptor> = const { Cell::new(NO_DESCRIPTOR) };
}

/// Runs something whose waits in this thread end as soon as the stop is requested.
pub(crate) fn working_for<T>(stop: Option<&Stop>, run: impl FnOnce() -> T) -> T {
    struct PutBack(RawDescriptor);
    impl Drop for PutBack {
        fn drop(&mut self) {
            STOP.set(self.0);
        }
    }
    let descriptor = stop.map_or(NO_DESCRIPTOR, |stop| raw(stop.event()));
    let _put_back = PutBack(STOP.replace(descriptor));
    run()
}

/// Waits for so long. An error if the stop is requested before or meanwhile.
pub(crate) fn sleep(time: Duration, stop: Option<&Stop>) -> Result<(), Error> {
    // A wait for nothing ends by its deadline or by the stop.
    let _ = working_for(stop, || Waiting::new().until(Some(Instant::now() + time)));
    go_on(stop)
}

/// An error if the stop is requested.
pub(crate) fn go_on(stop: Option<&Stop>) -> Result<(), Error> {
    match stop {
        Some(stop) if stop.is_requested() => Err(cancelled()),
        _ => Ok(()),
    }
}

/// The caller wants no more.
pub(crate) fn cancelled() -> Error {
    Error::new(Code::Cancelled, "the operation was cancelled")
}

/// Descriptors of which one is waited for, and with them always the stop that this thread works for.
pub(crate) struct Waiting<'fd> {
    /// The stop, then the others.
    list: [Polled; Waiting::MOST + 1],
    length: usize,
    borrowed: PhantomData<&'fd ()>,
}

impl<'fd> Waiting<'fd> {
    /// How many descriptors can be waited for at a time.
    pub(crate) const MOST: usize = 16;

    pub(crate) fn new() -> Waiting<'fd> {
        let mut list = [Polled::readable(NO_DESCRIPTOR); Waiting::MOST + 1];
        list[0] = Polled::readable(STOP.get());
        Waiting { list, length: 1, borrowed: PhantomData }
    }

    pub(crate) fn readable(self, waitable: &'fd impl Waitable) -> Waiting<'fd> {
        self.with(Polled::readable(raw(waitable)))
    }

    pub(crate) fn writable(self, waitable: &'fd impl Waitable) -> Waiting<'fd> {
        self.with(Polled::writable(raw(waitable)))
    }

    fn with(mut self, polled: Polled) -> Waiting<'fd> {
        self.list[self.length] = polled;
        self.length += 1;
        self
    }

    /// Waits until one is ready: its place, in the order in which they were added. None for the deadline is none. The
    /// error is a time limit (see [`is_time_limit`]) or says that the wait was stopped.
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> io::Result<usize> {
        let list = &mut self.list[..self.length];
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match poll(list, left) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(()) => match list.iter().position(Polled::is_ready) {
                    None => return Err(ErrorKind::TimedOut.into()),
                    Some(0) => return Err(io::Error::other("stopped")),
                    Some(place) => return Ok(place - 1),
                },
            }
        }
    }
}

/// Whether a limit of ours has passed. The system has one of its own, an error like any other.
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
        let error = Waiting::new().readable(&listener).until(Some(start + Duration::from_millis(20))).unwrap_err();
        assert!(is_time_limit(&error) && start.elapsed() >= Duration::from_millis(20), "{error}");
        assert!(is_time_limit(&Waiting::new().readable(&listener).until(Some(start)).unwrap_err()));
    }

    #[test]
    fn what_is_ready_is_named_by_its_place() {
        let (quiet, listener) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(Waiting::new().readable(&quiet).readable(&listener).until(None).unwrap(), 1);
        assert_eq!(Waiting::new().writable(&stream).until(None).unwrap(), 0);
    }

    #[test]
    fn a_stop_ends_a_wait_and_all_that_follow() {
        let stop = Stop::new().unwrap();
        let start = Instant::now();
        assert_eq!(sleep(Duration::from_millis(5), Some(&stop)), Ok(()));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sleep(LONG, Some(&stop)));
            stop.request();
            assert_eq!(waiting.join().unwrap().unwrap_err().code(), Code::Cancelled);
        });
        assert!(sleep(LONG, Some(&stop)).is_err());
        let (listener, until) = (TcpListener::bind("127.0.0.1:0").unwrap(), Some(start + LONG));
        let error = working_for(Some(&stop), || Waiting::new().readable(&listener).until(until)).unwrap_err();
        assert!(!is_time_limit(&error));
        assert!(start.elapsed() < LONG / 2);
        // Only while that was worked for.
        assert_eq!(STOP.get(), NO_DESCRIPTOR);
    }
}

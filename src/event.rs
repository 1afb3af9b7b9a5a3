//! Something that happens once and is waited for beside sockets: a request to stop, the end of an operation.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// A descriptor that is readable, for `poll` and its like, once the event has happened. Close-on-exec.
#[derive(Debug)]
pub(crate) struct Event {
    file: File,
}

impl Event {
    /// An event that has not happened.
    #[allow(unsafe_code)] // the system's interface to event descriptors
    pub(crate) fn new() -> io::Result<Event> {
        // SAFETY: eventfd takes numbers only.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was made just now and belongs to nobody else.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Event { file: File::from(descriptor) })
    }

    /// Lets it happen; a second time changes nothing. Async-signal-safe but for `errno`, which a write may set.
    pub(crate) fn set(&self) {
        // It cannot fail: only a counter that is full would, and it is readable then.
        let _ = (&self.file).write(&1u64.to_ne_bytes());
    }

    /// Makes it one that has not happened.
    pub(crate) fn clear(&self) {
        // There is nothing to read where it has not happened.
        let _ = (&self.file).read(&mut [0; size_of::<u64>()]);
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A request to end a call at once, wherever it waits.
#[derive(Debug)]
pub(crate) struct Stop {
    requested: AtomicBool,
    event: Event,
}

impl Stop {
    pub(crate) fn new() -> io::Result<Stop> {
        Ok(Stop { requested: AtomicBool::new(false), event: Event::new()? })
    }

    /// Asks for the end. Async-signal-safe but for `errno`.
    pub(crate) fn request(&self) {
        self.requested.store(true, Ordering::SeqCst);
        self.event.set();
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }
}

impl AsFd for Stop {
    /// Readable once the end is asked for.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

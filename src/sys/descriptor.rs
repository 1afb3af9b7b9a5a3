//! Descriptors of Unix: how they are named, and where they may be.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// What can be waited for; how it is borrowed, and how it is named in the interface.
pub(crate) use std::os::fd::{AsFd as Waitable, BorrowedFd as Descriptor, RawFd as RawDescriptor};

/// `poll` passes over it.
pub(crate) const NO_DESCRIPTOR: RawDescriptor = -1;

/// The descriptor of something that can be waited for.
pub(crate) fn descriptor(waitable: &impl Waitable) -> Descriptor<'_> {
    waitable.as_fd()
}

/// Its number.
pub(crate) fn raw(waitable: &impl Waitable) -> RawDescriptor {
    waitable.as_fd().as_raw_fd()
}

/// The same as the C interface has it.
pub(crate) fn number(waitable: &impl Waitable) -> i32 {
    raw(waitable)
}

/// Moves what was opened just now to a number beyond those of standard input, output and error: a host that has closed them
/// goes on to write there. What it writes at this very moment it has written.
pub(crate) fn past_standard<T: Waitable + From<OwnedFd>>(opened: T) -> io::Result<T> {
    if raw(&opened) > libc::STDERR_FILENO {
        return Ok(opened);
    }
    // SAFETY: fcntl takes numbers only.
    let moved = unsafe { libc::fcntl(raw(&opened), libc::F_DUPFD_CLOEXEC, libc::STDERR_FILENO + 1) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was made just now and belongs to nobody else.
    Ok(T::from(unsafe { OwnedFd::from_raw_fd(moved) }))
}

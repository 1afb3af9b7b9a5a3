//! Descriptors of Unix: their types, and which numbers they may have.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// What can be waited for, its borrowed descriptor, and its raw descriptor: the same names on all systems.
pub(crate) use std::os::fd::{AsFd as Waitable, BorrowedFd as Descriptor, RawFd as RawDescriptor};

/// Not a descriptor. `poll` ignores it.
pub(crate) const NO_DESCRIPTOR: RawDescriptor = -1;

/// The borrowed descriptor of something that can be waited for.
pub(crate) fn descriptor(waitable: &impl Waitable) -> Descriptor<'_> {
    waitable.as_fd()
}

/// The raw descriptor of something that can be waited for.
pub(crate) fn raw(waitable: &impl Waitable) -> RawDescriptor {
    waitable.as_fd().as_raw_fd()
}

/// The same, in the type of the C interface.
pub(crate) fn number(waitable: &impl Waitable) -> i32 {
    raw(waitable)
}

/// Moves a newly opened descriptor to a number above those of standard input, output and error: a host that has closed
/// these goes on to write to their numbers. What it writes before the move cannot be prevented. Fails if there is no
/// descriptor left.
pub(crate) fn above_stdio<T: Waitable + From<OwnedFd>>(opened: T) -> io::Result<T> {
    if raw(&opened) > libc::STDERR_FILENO {
        return Ok(opened);
    }
    // SAFETY: fcntl takes numbers only.
    let moved = unsafe { libc::fcntl(raw(&opened), libc::F_DUPFD_CLOEXEC, libc::STDERR_FILENO + 1) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and belongs to nobody else.
    Ok(T::from(unsafe { OwnedFd::from_raw_fd(moved) }))
}

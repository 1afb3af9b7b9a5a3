//! Forks: which process it is, and which descriptors a child does not keep.

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::race::OnceRef;

use super::descriptor::{Descriptor, RawDescriptor, Waitable, past_standard, raw};

/// A process, told from those that it was forked off from. Its id does not tell it: in a PID namespace of its own a child can
/// have that of its parent, and ids are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(usize);

/// Where a process keeps its number; 0 in a new one. The system sees to that, however a child is made; where it cannot
/// (before Linux 4.14) `fork` does.
static NUMBER: OnceRef<'static, AtomicUsize> = OnceRef::new();

impl Generation {
    /// The process that asks. Async-signal-safe from the second time on.
    pub(crate) fn current() -> Generation {
        /// The last number that was given, in the parents too.
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.get_or_init(prepare);
        let known = number.load(Ordering::SeqCst);
        if known != 0 {
            return Generation(known);
        }
        let next = LAST.fetch_add(1, Ordering::SeqCst) + 1;
        // Another thread may be first.
        let given = number.compare_exchange(0, next, Ordering::SeqCst, Ordering::SeqCst);
        Generation(given.err().unwrap_or(next))
    }
}

fn prepare() -> &'static AtomicUsize {
    static NOT_WIPED: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: the function is there as long as the library, which stays loaded.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    wiped_on_fork().unwrap_or(&NOT_WIPED)
}

/// Memory that is 0 in a child, if the system has such. It stays.
fn wiped_on_fork() -> Option<&'static AtomicUsize> {
    let size = size_of::<AtomicUsize>();
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the page is new, zeroed and aligned, and never unmapped once it is handed out.
    unsafe {
        let page = libc::mmap(ptr::null_mut(), size, access, kind, -1, 0);
        if page == libc::MAP_FAILED {
            return None;
        }
        if libc::madvise(page, size, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, size);
            return None;
        }
        Some(&*page.cast())
    }
}

/// What `fork` runs in the child, where no other thread is.
extern "C" fn in_child() {
    if let Some(number) = NUMBER.get() {
        number.store(0, Ordering::SeqCst);
    }
    // What is not written to is not copied.
    for (place, word) in KEPT.iter().enumerate().filter(|(_, word)| word.load(Ordering::SeqCst) != 0) {
        let kept = word.swap(0, Ordering::SeqCst);
        for bit in (0..WORD).filter(|bit| kept >> bit & 1 == 1) {
            // SAFETY: a number that is marked is a descriptor of the library's, and no value of this process closes it.
            unsafe { libc::close((place * WORD + bit) as RawDescriptor) };
        }
    }
}

const WORD: usize = usize::BITS as usize;

/// The numbers of the descriptors that are kept, a bit for each. Higher ones are not closed in a child.
static KEPT: [AtomicUsize; 65_536 / WORD] = [const { AtomicUsize::new(0) }; 65_536 / WORD];

/// The bit of a descriptor.
fn bit(descriptor: RawDescriptor) -> Option<(&'static AtomicUsize, usize)> {
    let number = usize::try_from(descriptor).ok()?;
    Some((KEPT.get(number / WORD)?, 1 << (number % WORD)))
}

/// A socket or an event, with a descriptor for longer than a moment. In a child it is closed from the fork on: its number may
/// be the host's there.
pub(crate) struct Kept<T: Waitable> {
    opened: ManuallyDrop<T>,
    process: Generation,
}

impl<T: Waitable + From<OwnedFd>> Kept<T> {
    /// Keeps what was opened just now.
    pub(crate) fn new(opened: T) -> io::Result<Kept<T>> {
        let process = Generation::current();
        let opened = ManuallyDrop::new(past_standard(opened)?);
        if let Some((word, bit)) = bit(raw(&*opened)) {
            word.fetch_or(bit, Ordering::SeqCst);
        }
        Ok(Kept { opened, process })
    }
}

impl<T: Waitable> Drop for Kept<T> {
    fn drop(&mut self) {
        if self.process != Generation::current() {
            return;
        }
        // Not marked any more before it is closed: after that the number may be the host's.
        if let Some((word, bit)) = bit(raw(&*self.opened)) {
            word.fetch_and(!bit, Ordering::SeqCst);
        }
        // SAFETY: nothing uses it any more.
        unsafe { ManuallyDrop::drop(&mut self.opened) };
    }
}

impl<T: Waitable> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.opened
    }
}

impl<T: Waitable> Waitable for Kept<T> {
    fn as_fd(&self) -> Descriptor<'_> {
        self.opened.as_fd()
    }
}

impl<T: Waitable> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&raw(&*self.opened)).finish()
    }
}

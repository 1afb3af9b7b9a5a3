//! Forks: which process this is, which descriptors a child closes, and whether it may free what its parent left.

use std::cell::Cell;
use std::ffi::c_int;
use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

use once_cell::race::OnceRef;

use super::descriptor::{Descriptor, RawDescriptor, Waitable, above_stdio, raw};

/// Tells a process from those that it was forked from. The process id does not: a child in a PID namespace of its own
/// may have the id of its parent, and ids are reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(usize);

/// The number of this process; 0 in a new one. The system resets it, however a child is made. Where the system cannot
/// (before Linux 4.14), the handler of `fork` sets the new number.
static NUMBER: OnceRef<'static, AtomicUsize> = OnceRef::new();

/// The last number that was given to a process, here or in its ancestors.
static LAST: AtomicUsize = AtomicUsize::new(0);

/// The last process of this line that may have been forked while its parent worked.
static LAST_UNSAFE_FORK: AtomicUsize = AtomicUsize::new(0);

impl Generation {
    /// The current process. Async-signal-safe from the second call on.
    pub(crate) fn current() -> Generation {
        let number = NUMBER.get_or_init(prepare);
        let known = number.load(Ordering::SeqCst);
        if known != 0 {
            return Generation(known);
        }
        // The first process, or a child made without the handlers of `fork`.
        let next = LAST.fetch_add(1, Ordering::SeqCst) + 1;
        LAST_UNSAFE_FORK.fetch_max(next, Ordering::SeqCst);
        // Another thread may have been faster.
        let given = number.compare_exchange(0, next, Ordering::SeqCst, Ordering::SeqCst);
        Generation(given.err().unwrap_or(next))
    }

    /// Whether no thread worked at any of the forks that lead from this process to the current one. If so, everything
    /// that work changes is here as it was left.
    pub(crate) fn was_at_rest(self) -> bool {
        LAST_UNSAFE_FORK.load(Ordering::SeqCst) <= self.0
    }
}

fn prepare() -> &'static AtomicUsize {
    static NOT_WIPED: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: the functions exist as long as the library, which stays loaded.
    unsafe { libc::pthread_atfork(Some(before_fork), None, Some(in_child)) };
    WORK.store(map(libc::MAP_SHARED).unwrap_or(ptr::null_mut()), Ordering::SeqCst);
    wiped_on_fork().unwrap_or(&NOT_WIPED)
}

/// Memory that is 0 in a child, if the system offers it. It is never freed.
fn wiped_on_fork() -> Option<&'static AtomicUsize> {
    let page: *mut AtomicUsize = map(libc::MAP_PRIVATE)?;
    // SAFETY: the page is new, zeroed and aligned, and never unmapped once it is handed out.
    unsafe {
        if libc::madvise(page.cast(), size_of::<AtomicUsize>(), libc::MADV_WIPEONFORK) != 0 {
            unmap(page);
            return None;
        }
        Some(&*page)
    }
}

/// Maps new memory, which is zeroed. None if the system refuses.
fn map<T>(kind: c_int) -> Option<*mut T> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the system chooses the address.
    let page = unsafe { libc::mmap(ptr::null_mut(), size_of::<T>(), access, kind | libc::MAP_ANONYMOUS, -1, 0) };
    (page != libc::MAP_FAILED).then(|| page.cast())
}

/// # Safety
///
/// The page was mapped with [`map`], and nothing uses it any more.
unsafe fn unmap<T>(page: *mut T) {
    // SAFETY: as above.
    unsafe { libc::munmap(page.cast(), size_of::<T>()) };
}

/// How often threads of a process have begun to work, and how often they have ended.
struct Work {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Work {
    /// How often work was begun, if all of it has ended. None if some has not.
    fn begun_if_idle(&self) -> Option<usize> {
        let ended = self.ended.load(Ordering::SeqCst);
        Some(self.begun.load(Ordering::SeqCst)).filter(|begun| *begun == ended)
    }
}

/// Where this process counts its work; null if it cannot. The memory is shared, so for a moment a child sees what its
/// parent counts. `fork` copies page by page while the parent's threads go on, and work that began meanwhile has
/// changed some of the pages.
static WORK: AtomicPtr<Work> = AtomicPtr::new(ptr::null_mut());

fn work() -> Option<&'static Work> {
    // SAFETY: it is null or mapped. Only a child unmaps it, where the thread that forked does not use it.
    unsafe { WORK.load(Ordering::SeqCst).as_ref() }
}

thread_local! {
    /// How often work was begun when this thread was about to fork. None if some had not ended.
    static BEGUN: Cell<Option<usize>> = const { Cell::new(None) };

    /// The process in which this thread began its work. None if it does not work.
    static WORKS_IN: Cell<Option<Generation>> = const { Cell::new(None) };
}

/// Whether this thread was forked in the middle of its work, by a signal handler. The child that goes on with it must
/// neither use the parent's descriptors nor wait for the parent's other threads.
pub(crate) fn was_forked_at_work() -> bool {
    WORKS_IN.get().is_some_and(|process| process != Generation::current())
}

/// Exists while a thread uses what a client keeps: connections, and the memory of requests and responses.
pub(crate) struct WorkGuard {
    process: Generation,
    outer: Option<Generation>,
}

impl WorkGuard {
    /// Counts work of this thread, until the value is dropped.
    pub(crate) fn begin() -> WorkGuard {
        let process = Generation::current();
        if let Some(work) = work() {
            work.begun.fetch_add(1, Ordering::SeqCst);
            // Counted before anything is changed.
            fence(Ordering::SeqCst);
        }
        WorkGuard { process, outer: WORKS_IN.replace(WORKS_IN.get().or(Some(process))) }
    }
}

impl Drop for WorkGuard {
    fn drop(&mut self) {
        WORKS_IN.set(self.outer);
        // In a child that was forked in the middle of it, this work has not begun.
        if let Some(work) = work().filter(|_| self.process == Generation::current()) {
            work.ended.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// `fork` runs this first, in the thread that forks.
extern "C" fn before_fork() {
    BEGUN.set(work().and_then(Work::begun_if_idle));
}

/// `fork` runs this in the child, where there is no other thread.
extern "C" fn in_child() {
    let begun = BEGUN.take();
    let was_at_rest = begun.is_some() && begun == work().map(|work| work.begun.load(Ordering::SeqCst));
    let parents = WORK.swap(map(libc::MAP_SHARED).unwrap_or(ptr::null_mut()), Ordering::SeqCst);
    if !parents.is_null() {
        // SAFETY: the child has a page of its own.
        unsafe { unmap(parents) };
    }
    if let Some(number) = NUMBER.get() {
        let next = LAST.fetch_add(1, Ordering::SeqCst) + 1;
        if !was_at_rest {
            LAST_UNSAFE_FORK.store(next, Ordering::SeqCst);
        }
        number.store(next, Ordering::SeqCst);
    }
    // A page that is not written to is not copied.
    for (index, word) in KEPT.iter().enumerate().filter(|(_, word)| word.load(Ordering::SeqCst) != 0) {
        let kept = word.swap(0, Ordering::SeqCst);
        for bit in (0..WORD).filter(|bit| kept >> bit & 1 == 1) {
            // SAFETY: a marked number is a descriptor of the library, and no value of this process closes it.
            unsafe { libc::close((index * WORD + bit) as RawDescriptor) };
        }
    }
}

const WORD: usize = usize::BITS as usize;

/// The numbers of kept descriptors, one bit each. Higher numbers are not closed in a child.
static KEPT: [AtomicUsize; 65_536 / WORD] = [const { AtomicUsize::new(0) }; 65_536 / WORD];

/// The word and the bit of a descriptor. None if its number is too high.
fn bit(descriptor: RawDescriptor) -> Option<(&'static AtomicUsize, usize)> {
    let number = usize::try_from(descriptor).ok()?;
    Some((KEPT.get(number / WORD)?, 1 << (number % WORD)))
}

/// A socket or an event whose descriptor is kept for more than a moment. The descriptor is closed in a child when it is
/// forked, and not used there: its number may belong to the host.
pub(crate) struct Kept<T: Waitable> {
    opened: ManuallyDrop<T>,
    process: Generation,
}

impl<T: Waitable + From<OwnedFd>> Kept<T> {
    /// Keeps something newly opened. Fails if there is no descriptor left.
    pub(crate) fn new(opened: T) -> io::Result<Kept<T>> {
        let process = Generation::current();
        let opened = ManuallyDrop::new(above_stdio(opened)?);
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
        // Unmarked before it is closed: after that the number may belong to the host.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_at_rest_when_what_was_begun_has_ended() {
        let work = |begun: usize, ended: usize| Work { begun: begun.into(), ended: ended.into() };
        assert_eq!(work(0, 0).begun_if_idle(), Some(0));
        assert_eq!(work(7, 7).begun_if_idle(), Some(7));
        assert_eq!(work(7, 6).begun_if_idle(), None);
    }
}

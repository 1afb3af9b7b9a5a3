//! Forks: which process it is.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::race::OnceRef;

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
}

//! Threads of the library. They block all signals, so that a handler of the host never runs in one of them.

use std::io;
use std::thread::{Builder, JoinHandle};

/// A small stack will do: bodies and tables live on the heap.
const STACK: usize = 512 * 1024;

/// Starts a thread that takes no signal.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
    with_signals_blocked(|| builder.spawn(run))
}

/// A new thread has the signal mask of the one that starts it.
#[cfg(unix)]
#[allow(unsafe_code)] // the system's interface to the signal mask
fn with_signals_blocked<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are local, filled by the calls before they are read, and the mask is put back.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigfillset(&mut all);
        let blocked = libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before) == 0;
        let result = run();
        if blocked {
            libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        }
        result
    }
}

#[cfg(not(unix))]
fn with_signals_blocked<T>(run: impl FnOnce() -> T) -> T {
    run()
}

//! Writing to what may be a pipe without an end, inside a host that would be ended by the signal for it.

/// Runs something whose writes may raise SIGPIPE in this thread. The host never gets it.
#[allow(unsafe_code)] // the system's interface to signals
pub(crate) fn without_sigpipe<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: the sets are local, filled by the calls before they are read, and the mask is put back. The wait ends at
    // once, since the signal is pending and blocked here.
    unsafe {
        let mut pipe = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigemptyset(&mut pipe);
        libc::sigaddset(&mut pipe, libc::SIGPIPE);
        // One that was pending belongs to the host.
        let hosts = is_pending();
        let blocked = libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, &mut before) == 0;
        let result = run();
        if blocked {
            if !hosts && is_pending() {
                libc::sigwait(&pipe, &mut 0);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        }
        result
    }
}

/// Whether a SIGPIPE waits to be taken.
#[allow(unsafe_code)] // the system's interface to signals
fn is_pending() -> bool {
    // SAFETY: the set is local and filled by the call before it is read.
    unsafe {
        let mut pending = std::mem::zeroed();
        libc::sigpending(&mut pending) == 0 && libc::sigismember(&pending, libc::SIGPIPE) == 1
    }
}

//! Ctrl-C, which is asked for now and then: little may be done at the moment when it comes.

pub use system::watch;

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::SIGINT;

    /// From now on Ctrl-C does not end the program; whether it came is what the answer tells.
    pub fn watch() -> io::Result<impl Fn() -> bool> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
        Ok(move || interrupted.load(Ordering::Relaxed))
    }
}

/// By the console itself: `signal` of its C library is not to be relied on.
#[cfg(windows)]
mod system {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    use windows_sys::Win32::System::Console::{CTRL_C_EVENT, SetConsoleCtrlHandler};
    use windows_sys::core::BOOL;

    static INTERRUPTED: AtomicBool = AtomicBool::new(false);

    /// From now on Ctrl-C does not end the program; whether it came is what the answer tells.
    pub fn watch() -> io::Result<impl Fn() -> bool> {
        // SAFETY: the handler is there as long as the program is, and may run in any thread.
        if unsafe { SetConsoleCtrlHandler(Some(interrupted), 1) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(|| INTERRUPTED.load(Ordering::Relaxed))
    }

    /// Whether the event is dealt with by this.
    unsafe extern "system" fn interrupted(event: u32) -> BOOL {
        if event == CTRL_C_EVENT {
            INTERRUPTED.store(true, Ordering::Relaxed);
        }
        BOOL::from(event == CTRL_C_EVENT)
    }
}

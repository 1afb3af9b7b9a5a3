//! Catches panics. A panic is a defect of the library: it ends where it happens and is reported as an error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether this thread runs code of the library whose panics are caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function. If it panics, returns the message of the panic.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let run = || {
        #[cfg(smsp_panics)]
        provoked::pass();
        run()
    };
    let before = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    CAUGHT.set(before);
    result.map_err(|panic| message(panic.as_ref()))
}

/// Panics on request, for the build that `tests/abi/host.rs` makes.
#[cfg(smsp_panics)]
mod provoked {
    use std::sync::atomic::{AtomicI32, Ordering};

    /// Which of the next runs panics: 1 is the next one, 0 is none.
    static NEXT: AtomicI32 = AtomicI32::new(0);

    /// Makes one of the next runs panic. Returns what is left of the previous request.
    #[unsafe(no_mangle)]
    #[allow(unsafe_code)] // a name for C
    extern "C" fn smsp_test_panic(next: i32) -> i32 {
        NEXT.swap(next, Ordering::SeqCst)
    }

    pub(super) fn pass() {
        let left = NEXT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 0).then(|| left - 1));
        assert!(left != Ok(1), "provoked");
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a text".to_owned())
}

/// Keeps std from printing the panics that are caught. Other panics are printed as before.
pub(crate) fn silence_caught() {
    // Without a lock, which a fork could leave locked: this runs at every entry point.
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.load(Ordering::Relaxed) || DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !CAUGHT.try_with(Cell::get).unwrap_or(false) {
            others(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_as_its_message() {
        silence_caught();
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| panic!("a {}", "text")), Err::<(), _>("a text".to_owned()));
        assert!(!CAUGHT.get());
    }
}

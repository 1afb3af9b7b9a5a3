//! A panic is a defect of ours; it ends where it happened and is reported as an error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether this thread runs code of the library whose panics are caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs something; a panic comes back as its message.
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

/// A defect to order, for the build that `tests/abi/host.rs` makes.
#[cfg(smsp_panics)]
mod provoked {
    use std::sync::atomic::{AtomicI32, Ordering};

    /// Which of the next runs is to panic: 1 is the next, 0 is none.
    static NEXT: AtomicI32 = AtomicI32::new(0);

    /// Lets one of the next runs panic, and says what was left of the last order.
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

/// Keeps std from printing the panics that are caught; those of others are reported as before.
pub(crate) fn silence_caught() {
    // No lock that a fork could leave closed: this runs at every entry.
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

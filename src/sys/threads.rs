//! Threads of the library. They block all signals, so that a handler of the host never runs in one of them.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::sys::{least_stack, note_end_of_thread, starting_thread, thread_has_ended};

/// A small stack will do: bodies and tables live on the heap. What the system takes of it comes on top.
const STACK: usize = 512 * 1024;

/// Starts a thread that takes no signal. An error in a thread that has ended.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    if thread_has_ended() {
        return Err(io::Error::other("the thread that calls has ended (pthread_exit)"));
    }
    let run = || {
        note_end_of_thread();
        run();
    };
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK + least_stack());
    starting_thread(|| builder.spawn(run))
}

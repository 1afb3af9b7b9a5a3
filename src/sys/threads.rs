//! Threads of the library. They block all signals, so that a signal handler of the host never runs in them.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::sys::{is_current, note_end_of_thread, system_stack_size, thread_has_ended, while_starting_thread};

/// The stack of a thread, in bytes. A small one is enough, since bodies and tables are on the heap. What the system
/// takes of it is added.
const STACK: usize = 512 * 1024;

/// Starts a thread that receives no signals. Fails in a thread that has ended, or if the system has no thread.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    if thread_has_ended() {
        return Err(io::Error::other("the thread that calls has ended (pthread_exit)"));
    }
    let run = || {
        note_end_of_thread();
        run();
    };
    let builder = Builder::new().name(name.to_owned()).stack_size(STACK + system_stack_size());
    while_starting_thread(|| builder.spawn(run))
}

/// Waits for threads that are about to end. The current thread is left out. It may be among them, since the system runs
/// the host's exit handlers in the last thread of the process.
pub(crate) fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads.into_iter().filter(|thread| !is_current(thread)) {
        // A panic was caught where it happened.
        let _ = thread.join();
    }
}

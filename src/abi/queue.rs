//! Queues: one wait for many operations.

use std::time::Duration;

use libc::size_t;

use super::boundary::{accessor, free, into_handle, required, required_mut};
use super::error::{fallible, respond, smsp_code};
use super::operation::smsp_operation;
use crate::error::{Code, Error};
use crate::queue::Queue;
use crate::sys;

/// Tells which operations are done: one wait serves any number of them. Created by smsp_queue_new, freed by smsp_queue_free.
/// Any number of threads may use it at the same time, but not during or after smsp_queue_free.
pub struct smsp_queue(Queue);

/// Creates an empty queue. You own it. It has one descriptor, and serves any number of operations of any clients.
///
/// Returns NULL if the system has no descriptor or memory left for it.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn smsp_queue_new() -> *mut smsp_queue {
    accessor(std::ptr::null_mut(), || Queue::new().ok().map(|queue| into_handle(smsp_queue(queue))))
}

/// Has tag put into a queue once the operation is done, or at once if it is. A tag is any number that you choose: an index,
/// or the address of what belongs to the operation. Call this once for an operation, from any thread. The tag stays until
/// smsp_queue_wait hands it out, once, also if the operation is freed before. Whoever takes the tag may free the operation,
/// even if this call has not returned yet. If the queue is freed first, the operation tells nobody.
///
/// Returns
///  - SMSP_OK if the tag was put or will be. That cannot fail any more;
///  - SMSP_E_INVALID_ARGUMENT if a pointer is NULL, or the operation was given a queue before;
///  - SMSP_E_RESOURCE if there is no memory for the tag. You may try again;
///  - SMSP_E_CANCELLED in a child of fork() that inherited the operation or the queue.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn smsp_operation_notify(
    operation: *mut smsp_operation,
    queue: *mut smsp_queue,
    tag: u64,
) -> smsp_code {
    let notify = || {
        // Whoever takes the tag may free the operation before this returns.
        let operation = unsafe { required(operation, "operation") }?.0.inner();
        operation.notify(&unsafe { required(queue, "queue") }?.0, tag)
    };
    unsafe { fallible(std::ptr::null_mut(), notify) }
}

/// Waits until tags are in a queue, but no longer than timeout_ms milliseconds. 0 does not wait; a negative time waits
/// without a limit. Takes up to room tags, the oldest first, writes them to tags, and their number to *count. What does not
/// fit stays for the next wait. If several threads wait, each tag goes to one of them. The operation of a tag is done:
/// smsp_operation_finish returns at once.
///
/// Returns
///  - SMSP_OK with at least one tag;
///  - SMSP_PENDING without a tag, if the time ran out or smsp_queue_wake ended the wait;
///  - SMSP_E_INVALID_ARGUMENT if a pointer is NULL or room is 0;
///  - SMSP_E_CANCELLED at once in a child of fork(), which cannot use a queue of its parent;
///  - SMSP_E_RESOURCE if the system refuses to wait.
///
/// *count is 0 if the code is not SMSP_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_queue_wait(
    queue: *mut smsp_queue,
    timeout_ms: i64,
    tags: *mut u64,
    room: size_t,
    count: *mut size_t,
) -> smsp_code {
    let wait = || match unsafe { wait(queue, timeout_ms, tags, room, count) } {
        Ok(0) => (Code::Pending, None),
        Ok(_) => (Code::Ok, None),
        Err(error) => (error.code(), None),
    };
    unsafe { respond(std::ptr::null_mut(), wait) }
}

unsafe fn wait(
    queue: *const smsp_queue,
    timeout_ms: i64,
    tags: *mut u64,
    room: size_t,
    count: *mut size_t,
) -> Result<usize, Error> {
    let count = unsafe { required_mut(count, "count") }?;
    *count = 0;
    unsafe { required(tags, "tags") }?;
    let time = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    // The caller's memory need not be initialised, so there is no slice of it.
    let put = |tag| {
        unsafe { tags.add(*count).write(tag) };
        *count += 1;
    };
    unsafe { required(queue, "queue") }?.0.wait_for(time, room, put)
}

/// Returns a descriptor for poll, select, epoll or an event loop. It is readable while tags wait to be taken, or a
/// smsp_queue_wake that no wait has taken: then call smsp_queue_wait with a timeout_ms of 0, until it returns SMSP_PENDING
/// or the descriptor is no longer readable. On Windows it is a SOCKET: cast it, and use it with select or WSAPoll. Only wait
/// for it; do not read, write or close it. Each call returns the same descriptor. It is valid until smsp_queue_free.
///
/// Returns -1 for NULL, and in a child of fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_queue_fd(queue: *mut smsp_queue) -> i32 {
    accessor(-1, || unsafe { queue.as_ref() }?.0.fd().ok().map(|descriptor| sys::number(&descriptor)))
}

/// Makes one smsp_queue_wait return SMSP_PENDING at once, also if tags wait: one that runs, or else the next. Each call
/// counts: two calls end two waits. Does nothing if NULL, and in a child of fork(). This is async-signal-safe and keeps
/// errno: you may call it from a signal handler, or from a console handler on Windows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_queue_wake(queue: *mut smsp_queue) {
    // Not by `accessor`: what that uses belongs to the thread, and may be made at its first use. Nothing here panics.
    if let Some(queue) = unsafe { queue.as_ref() } {
        sys::without_thread_cancellation(|| sys::preserving_errno(|| queue.0.wake()));
    }
}

/// Frees a queue and the tags in it, and closes its descriptor. Does nothing if NULL. Operations that were to use it go on
/// and tell nobody. No smsp_queue_wait may run meanwhile: end them with smsp_queue_wake first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_queue_free(queue: *mut smsp_queue) {
    unsafe { free(queue) };
}

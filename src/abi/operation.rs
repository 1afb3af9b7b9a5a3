//! Calls in the background.

use std::time::Duration;

use libc::size_t;

use super::boundary::{accessor, free, into_handle, is_null, required, required_mut, set};
use super::client::{hand_over, raw, smsp_client, smsp_query};
use super::error::{fallible, respond, smsp_code, smsp_error};
use super::report::smsp_report;
use crate::error::{Code, Error};
use crate::operation::Operation;
use crate::report::Outcome;
use crate::sys;

/// A call in the background. Made by smsp_multi_status_start, ended by smsp_operation_free, which is always due. Any thread
/// may wait for it, look at it, cancel and finish it, also at the same time; during and after its free none may.
/// In a child of fork() an operation of the parent is done and SMSP_E_CANCELLED; the parent's goes on.
pub struct smsp_operation(Operation);

/// Starts to ask what became of count messages, as smsp_multi_status does, and returns at once with an operation at
/// *operation; the caller frees it. queries and its texts are borrowed for this call only; queries may be NULL if count
/// is 0. Operations and calls of a client share max_connections: their batches are asked in turn, so that a short list
/// does not wait for the end of a long one. Any thread may call this on the same client, which may be freed before the
/// operation is.
///
/// Returns SMSP_OK, or a negative code, and then nothing is asked and *operation is NULL: SMSP_E_INVALID_ARGUMENT for a
/// NULL pointer, SMSP_E_RESOURCE if there is no memory, descriptor or thread to be had (smsp_multi_status works without
/// a thread), SMSP_E_INTERNAL. All else is told by smsp_operation_finish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_multi_status_start(
    client: *mut smsp_client,
    queries: *const smsp_query,
    count: size_t,
    operation: *mut *mut smsp_operation,
    error: *mut *mut smsp_error,
) -> smsp_code {
    unsafe { set(operation, std::ptr::null_mut()) };
    let start = || {
        // A clone, since the caller may free the client while this runs.
        let client = unsafe { required(client, "client") }?.0.clone();
        let out = unsafe { required_mut(operation, "operation") }?;
        *out = into_handle(smsp_operation(client.begin(unsafe { raw(queries, count) }?)?));
        Ok(())
    };
    unsafe { fallible(error, start) }
}

/// Waits until an operation is done, at most timeout_ms milliseconds: 0 looks only, a negative time is no limit.
/// Returns SMSP_OK if it is done, SMSP_PENDING if it is not, SMSP_E_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_wait(operation: *mut smsp_operation, timeout_ms: i64) -> smsp_code {
    let wait = || match unsafe { required(operation, "operation") } {
        Ok(operation) => {
            let time = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
            (if operation.0.wait(time) { Code::Ok } else { Code::Pending }, None)
        }
        Err(error) => (error.code(), None),
    };
    unsafe { respond(std::ptr::null_mut(), wait) }
}

/// Tells how far an operation has come: at *done, how many of its queries are answered or given up (INVALID ones are
/// from the start, duplicates are with the first of their kind), and at *total, how many there are. *done never goes
/// back, and is *total once the operation is done. Either pointer may be NULL. Never waits.
/// Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if operation is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_progress(
    operation: *const smsp_operation,
    done: *mut size_t,
    total: *mut size_t,
) -> smsp_code {
    let read = || {
        let progress = unsafe { required(operation, "operation") }?.0.progress();
        for (out, value) in [(done, progress.done), (total, progress.total)] {
            if let Some(out) = unsafe { out.as_mut() } {
                *out = value;
            }
        }
        Ok(())
    };
    unsafe { fallible(std::ptr::null_mut(), read) }
}

/// A descriptor that becomes readable once the operation is done, and stays so: for poll, select, epoll and event loops.
/// On Windows it is a SOCKET, for select, WSAPoll and event loops, and is to be cast to that.
/// It is made at the first call and the same at each, close-on-exec, and valid until the free. The caller only waits for
/// it: it never reads, writes or closes it. -1 if it cannot be made, for NULL, and in a child of fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_fd(operation: *mut smsp_operation) -> i32 {
    accessor(-1, || unsafe { operation.as_ref() }?.0.fd().ok().map(|descriptor| sys::number(&descriptor)))
}

/// Asks an operation to end, and returns at once; NULL is fine, and so is an operation that is done. It is done within
/// 200 ms, wherever it waits. What was answered is in the report, the rest is UNANSWERED with code SMSP_E_CANCELLED.
/// Async-signal-safe: a signal handler may call this, and errno stays as it was. On Windows a handler of the console may.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_cancel(operation: *mut smsp_operation) {
    // Not by `accessor`: what that uses belongs to the thread, and may be made at its first use. Nothing here panics.
    if let Some(operation) = unsafe { operation.as_ref() } {
        sys::uncancelled(|| sys::keeping_errno(|| operation.0.cancel()));
    }
}

/// Waits until an operation is done, and hands over what smsp_multi_status would have: its code, its error, and at
/// *report its report, which the caller frees. Once: a second time is SMSP_E_INVALID_ARGUMENT, without a report. The
/// operation itself is still to be freed.
/// A cancelled operation of which something was answered is SMSP_PARTIAL, unless all was; else it is SMSP_E_CANCELLED,
/// or what the first batch that failed before had failed with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_finish(
    operation: *mut smsp_operation,
    report: *mut *mut smsp_report,
    error: *mut *mut smsp_error,
) -> smsp_code {
    unsafe { set(report, std::ptr::null_mut()) };
    let finish = || unsafe { hand_over(finish(operation, report), report) };
    unsafe { respond(error, finish) }
}

unsafe fn finish(operation: *const smsp_operation, report: *mut *mut smsp_report) -> Result<Outcome, Error> {
    let operation = unsafe { required(operation, "operation") }?;
    if report.is_null() {
        return Err(is_null("report"));
    }
    operation.0.finish()
}

/// Ends an operation; NULL is fine. One that is not done is cancelled first, and waited for. In a child of fork() that
/// inherited it nothing is waited for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_free(operation: *mut smsp_operation) {
    unsafe { free(operation) };
}

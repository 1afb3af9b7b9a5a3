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

/// A call in the background. Created by smsp_multi_status_start, freed by smsp_operation_free, also after
/// smsp_operation_finish. Any number of threads may wait for it, watch, cancel and finish it at the same time, but not
/// during or after smsp_operation_free.
pub struct smsp_operation(pub(super) Operation);

/// Starts the same work as smsp_multi_status in the background, stores an operation in *operation, and returns at once. You
/// own the operation. The library copies the queries and their texts; queries may be NULL if count is 0. All operations and
/// calls of a client share its max_connections and take turns, request by request, so a short list does not wait until a
/// long one ends. Any number of threads may call this on the same client. The client may be freed before the operation.
///
/// Returns SMSP_OK, or a negative code if nothing was started; then *operation is NULL: SMSP_E_INVALID_ARGUMENT for a NULL
/// pointer, SMSP_E_RESOURCE if the system has no memory, descriptor or thread left (smsp_multi_status works without a
/// thread), or SMSP_E_INTERNAL. smsp_operation_finish returns all other failures.
#[unsafe(no_mangle)]
#[must_use]
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

/// Waits until an operation is done, but no longer than timeout_ms milliseconds. 0 does not wait; a negative time waits
/// without a limit.
///
/// Returns SMSP_OK if the operation is done, SMSP_PENDING if it is not, or SMSP_E_INVALID_ARGUMENT for NULL.
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

/// Stores in *total the number of queries, and in *done how many of them are answered or given up. INVALID queries count
/// from the start, duplicates together with the first of their kind. *done never decreases, and equals *total once the
/// operation is done. done and total may be NULL. Never waits.
///
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

/// Returns a descriptor that becomes readable when the operation is done and stays readable, for poll, select, epoll or an
/// event loop. On Windows it is a SOCKET: cast it, and use it with select or WSAPoll. Only wait for it; do not read, write
/// or close it. The first call creates it and later calls return the same one. It is valid until smsp_operation_free.
///
/// Returns -1 if the descriptor cannot be created, for NULL, and in a child of fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_fd(operation: *mut smsp_operation) -> i32 {
    accessor(-1, || unsafe { operation.as_ref() }?.0.fd().ok().map(|descriptor| sys::number(&descriptor)))
}

/// Cancels an operation and returns at once. Does nothing if NULL or if the operation is done. The operation is done within
/// 200 ms, whatever it waits for. Its report has all answers that came before; the other queries are UNANSWERED with code
/// SMSP_E_CANCELLED. This is async-signal-safe and keeps errno: you may call it from a signal handler, or from a console
/// handler on Windows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_cancel(operation: *mut smsp_operation) {
    // Not by `accessor`: what that uses belongs to the thread, and may be made at its first use. Nothing here panics.
    if let Some(operation) = unsafe { operation.as_ref() } {
        sys::without_thread_cancellation(|| sys::preserving_errno(|| operation.0.cancel()));
    }
}

/// Waits until an operation is done, and returns its result once: the code, *report and *error that smsp_multi_status would
/// have returned. You own the report and the error. You still have to free the operation.
///
/// A second call returns SMSP_E_INVALID_ARGUMENT and no report. A cancelled operation returns SMSP_OK if all queries were
/// answered before, SMSP_PARTIAL if some were, and otherwise SMSP_E_CANCELLED or the code of the first request that failed
/// before.
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

/// Frees an operation. Does nothing if NULL. If the operation is not done, this cancels it and waits until it is (not in a
/// child of fork() that inherited it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_operation_free(operation: *mut smsp_operation) {
    unsafe { free(operation) };
}

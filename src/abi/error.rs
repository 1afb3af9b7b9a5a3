//! Codes and errors.

use std::ffi::CString;
use std::ptr;

use libc::c_char;

use super::boundary::{accessor, free, guarded, into_handle, set};
use crate::error::{Code, Error};

/// What came of a call: SMSP_OK, SMSP_PARTIAL or one of SMSP_E_...
pub type smsp_code = i32;

/// Why something failed. An error that a function sets belongs to the caller, who frees it by smsp_error_free; one of a
/// report belongs to that. It is immutable: any thread may read it.
pub struct smsp_error {
    error: Error,
    message: CString,
    is_of_report: bool,
}

impl smsp_error {
    fn new(error: Error, is_of_report: bool) -> smsp_error {
        let message = CString::new(error.message().replace('\0', "\u{fffd}")).unwrap_or_default();
        smsp_error { error, message, is_of_report }
    }

    pub(super) fn of_report(error: &Error) -> smsp_error {
        smsp_error::new(error.clone(), true)
    }
}

/// Runs a fallible function: its code, and its error through the out-parameter.
pub(super) unsafe fn fallible(error: *mut *mut smsp_error, run: impl FnOnce() -> Result<(), Error>) -> smsp_code {
    let run = || match run() {
        Ok(()) => (Code::Ok, None),
        Err(error) => (error.code(), Some(error)),
    };
    unsafe { respond(error, run) }
}

/// The same for a function whose code is not always that of its error.
pub(super) unsafe fn respond(error: *mut *mut smsp_error, run: impl FnOnce() -> (Code, Option<Error>)) -> smsp_code {
    unsafe { set(error, ptr::null_mut()) };
    let (code, failure) = guarded(run).unwrap_or_else(|message| {
        let failure = Error::new(Code::Internal, format!("a defect of the library: {message}"));
        (Code::Internal, Some(failure))
    });
    if let Some(failure) = failure.filter(|_| !error.is_null()) {
        unsafe { set(error, into_handle(smsp_error::new(failure, false))) };
    }
    code.value()
}

fn read<T>(error: *const smsp_error, fallback: T, read: impl FnOnce(&smsp_error) -> T) -> T {
    accessor(fallback, || unsafe { error.as_ref() }.map(read))
}

/// The kind of failure, SMSP_E_...; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_code(error: *const smsp_error) -> smsp_code {
    read(error, 0, |handle| handle.error.code().value())
}

/// What happened, in one English line that names the culprit (option, entry, host) and never holds the API key. It
/// quotes the service's own text where there is one. It lives as long as the error. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_message(error: *const smsp_error) -> *const c_char {
    read(error, ptr::null(), |handle| handle.message.as_ptr())
}

/// The service's own code: 1 or 10 for the API key, 20, 30, 40 or 96 for the account, others for the request; 0 if the
/// service gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_api_code(error: *const smsp_error) -> i32 {
    read(error, 0, |handle| handle.error.api_code())
}

/// The HTTP status of the answer; 0 if there was no answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_http_status(error: *const smsp_error) -> i32 {
    read(error, 0, |handle| handle.error.http_status())
}

/// 1 if the same call may succeed later without a change by the caller, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_is_retryable(error: *const smsp_error) -> i32 {
    read(error, 0, |handle| i32::from(handle.error.is_retryable()))
}

/// Frees an error. Does nothing if it is NULL or belongs to a report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_free(error: *mut smsp_error) {
    if !read(error, true, |handle| handle.is_of_report) {
        unsafe { free(error) };
    }
}

//! Codes and errors.

use std::ffi::CString;
use std::ptr;

use libc::c_char;

use super::boundary::{accessor, free, guarded, into_handle, set};
use crate::error::{Code, Error};

/// The result of a call: SMSP_OK, SMSP_PARTIAL, SMSP_PENDING or one of SMSP_E_...
pub type smsp_code = i32;

/// Says why something failed. You own an error that a function sets through its last parameter: free it with
/// smsp_error_free. An error from smsp_report_error belongs to its report. Errors never change: any thread may read them.
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

/// Returns the code of an error: SMSP_E_... or SMSP_PARTIAL. Returns SMSP_OK for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_code(error: *const smsp_error) -> smsp_code {
    read(error, 0, |handle| handle.error.code().value())
}

/// Returns one line of English text for a log. It names the cause (an option, an entry, a host), quotes the service's own
/// text if there is one, and never contains the API key. It may contain phone numbers. The text belongs to the error.
/// Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_message(error: *const smsp_error) -> *const c_char {
    read(error, ptr::null(), |handle| handle.message.as_ptr())
}

/// Returns the service's own error code, or 0 if the service gave none. 1 and 10 are about the API key; 20, 30, 40 and 96
/// about the account; others about the request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_api_code(error: *const smsp_error) -> i32 {
    read(error, 0, |handle| handle.error.api_code())
}

/// Returns the HTTP status of the response, or 0 if there was no response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_error_http_status(error: *const smsp_error) -> i32 {
    read(error, 0, |handle| handle.error.http_status())
}

/// Returns 1 if the same call may succeed later without a change to the program or its configuration, else 0.
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

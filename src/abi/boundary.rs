//! What every function of the interface does alike: catch panics, look at pointers, hand out errors and handles.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::error::{smsp_code, smsp_error};
use crate::error::{Code, Error};
use crate::{panics, sys};

/// Runs the inside of a function: a panic ends here, and a cancellation of the thread waits until the host goes on.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    panics::silence_caught();
    sys::note_end_of_thread();
    sys::uncancelled(|| panics::catch(run))
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
        unsafe { set(error, smsp_error::into_handle(failure)) };
    }
    code.value()
}

/// Runs an accessor: its value, or the fallback where there is none.
pub(super) fn accessor<T>(fallback: T, run: impl FnOnce() -> Option<T>) -> T {
    guarded(run).ok().flatten().unwrap_or(fallback)
}

/// Writes an out-parameter, if there is one.
pub(super) unsafe fn set<T>(out: *mut *mut T, value: *mut T) {
    if !out.is_null() {
        unsafe { *out = value };
    }
}

/// Hands a handle to the caller.
pub(super) fn into_handle<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Ends a handle; NULL is none.
pub(super) unsafe fn free<T>(handle: *mut T) {
    accessor((), || {
        if !handle.is_null() {
            drop(unsafe { Box::from_raw(handle) });
        }
        Some(())
    });
}

/// An argument that must be there.
pub(super) unsafe fn required<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, Error> {
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(name))
}

/// The same for a handle that is changed.
pub(super) unsafe fn required_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T, Error> {
    unsafe { pointer.as_mut() }.ok_or_else(|| is_null(name))
}

/// A text that must be there.
pub(super) unsafe fn required_text<'a>(pointer: *const c_char, name: &str) -> Result<&'a CStr, Error> {
    unsafe { text(pointer) }.ok_or_else(|| is_null(name))
}

/// A text, if there is one.
pub(super) unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

pub(super) fn is_null(name: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("{name} is NULL"))
}

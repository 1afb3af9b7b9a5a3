//! What every function of the interface does alike: catch panics, look at pointers, hand out errors and handles.

use std::ffi::{CStr, c_char};

use crate::error::{Code, Error};
use crate::{panics, sys};

/// Runs the inside of a function: a panic ends here, and a cancellation of the thread waits until the host goes on.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    panics::silence_caught();
    sys::note_end_of_thread();
    sys::without_thread_cancellation(|| panics::catch(run))
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

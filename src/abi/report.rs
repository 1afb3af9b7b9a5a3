//! Reports.

use std::mem::{align_of, offset_of};

use libc::{c_char, size_t};

use super::boundary::{accessor, free};
use super::error::{smsp_code, smsp_error};
use crate::memory;
use crate::report::Report;
use crate::report::rows::Row;
use crate::state::State;

/// The state of a message: one of SMSP_STATE_...
pub type smsp_state = i32;

/// The result of a call: one status for each query, in the order of the queries. It has its own copies of all texts. Freed
/// by smsp_report_free. Reports never change: any thread may read them.
pub struct smsp_report {
    report: Report,
    /// In the order of [`Report::errors`]; one alone where there was no memory for them.
    errors: Vec<smsp_error>,
}

impl smsp_report {
    pub(super) fn new(report: Report) -> smsp_report {
        let errors = memory::collect(report.errors().iter().map(smsp_error::of_report), "reasons");
        let errors = errors.unwrap_or_else(|error| vec![smsp_error::of_report(&error)]);
        smsp_report { report, errors }
    }
}

/// What became of one message. It belongs to its report, as do its texts. Later versions may add fields at its end: do not
/// copy it, and do not use its sizeof to step through an array; see smsp_report_get and smsp_report_stride.
#[repr(C)]
pub struct smsp_status {
    /// The phone number of the query, as you passed it; NULL if it was NULL.
    pub phone_number: *const c_char,
    /// The message id of the query, as you passed it; NULL if it was NULL.
    pub message_id: *const c_char,
    /// The service's own text for the state, in English or French, or NULL. A text of more than 1,024 bytes is cut and
    /// ends in "…".
    pub status_text: *const c_char,
    /// The service's date as a text, if it is not a number of Unix seconds; else NULL. The library does not guess a time
    /// zone. Cut like status_text.
    pub date_text: *const c_char,
    /// When the message reached its state, in seconds since 1970-01-01 UTC, or SMSP_NO_DATE.
    pub date: i64,
    /// SMSP_STATE_...
    pub state: smsp_state,
    /// SMSP_OK if the query is answered, also if the service does not know the message (NOT_FOUND) or refuses it
    /// (REJECTED). SMSP_E_INVALID_ARGUMENT if the query is INVALID. The code of the failed request if it is UNANSWERED.
    /// smsp_report_error returns the whole error.
    pub code: smsp_code,
    /// The service's own code for this message (200 means no objection), or 0 if it gave none. If the query is UNANSWERED,
    /// the code with which the service refused the request.
    pub api_code: i32,
    /// Whether the recipient replied STOP: 1 or 0, or -1 if the service did not say.
    pub stop_sms: i32,
    /// Whether the message was classified as spam: 1 or 0, or -1 if the service did not say.
    pub is_spam: i32,
    /// The index of the query in your list, counted from 0.
    pub index: u32,
}

/// A row is handed out as an `smsp_status`, so the two must lie alike in memory.
macro_rules! assert_same_layout {
    ($( $field:ident )+) => {
        const _: () = {
            assert!(size_of::<Row>() == size_of::<smsp_status>() && align_of::<Row>() == align_of::<smsp_status>());
            $( assert!(offset_of!(Row, $field) == offset_of!(smsp_status, $field)); )+
        };
    };
}
assert_same_layout! {
    phone_number message_id status_text date_text date state code api_code stop_sms is_spam index
}

fn read<T>(report: *const smsp_report, fallback: T, read: impl FnOnce(&Report) -> Option<T>) -> T {
    accessor(fallback, || read(&unsafe { report.as_ref() }?.report))
}

/// Returns the number of statuses, which is the number of queries; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_count(report: *const smsp_report) -> size_t {
    read(report, 0, |report| Some(report.len()))
}

/// Returns the status of the query at this index, counted from 0, or NULL past the last. It belongs to the report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_get(report: *const smsp_report, index: size_t) -> *const smsp_status {
    read(report, std::ptr::null(), |report| report.row(index).map(|row| std::ptr::from_ref(row).cast()))
}

/// Returns the distance in bytes from one status to the next, for bindings that read the array directly: the status at
/// index i is at (const char *)smsp_report_get(report, 0) + i * stride. Returns 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_stride(report: *const smsp_report) -> size_t {
    read(report, 0, |_| Some(size_of::<Row>()))
}

/// Returns the number of statuses that have this state; 0 for an unknown state or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_count_state(report: *const smsp_report, state: smsp_state) -> size_t {
    read(report, 0, |report| State::from_value(state).map(|state| report.count_state(state)))
}

/// Returns the error that says why the query at this index is UNANSWERED or INVALID, or NULL if it is answered or the index
/// is too large. For UNANSWERED it is the error of the failed request. For INVALID it says which text is wrong and why, such
/// as "phone_number: a French number has nine digits after +33"; it does not quote the text. The error belongs to the
/// report: do not free it. Several queries may share one error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_error(report: *const smsp_report, index: size_t) -> *const smsp_error {
    accessor(std::ptr::null(), || {
        let handle = unsafe { report.as_ref() }?;
        let number = handle.report.error_number(index)?;
        handle.errors.get(number).or(handle.errors.last()).map(std::ptr::from_ref)
    })
}

/// Frees a report with its statuses, texts and errors. Does nothing if NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_free(report: *mut smsp_report) {
    unsafe { free(report) };
}

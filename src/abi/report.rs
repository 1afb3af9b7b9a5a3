//! Reports.

use std::mem::{align_of, offset_of};

use libc::{c_char, size_t};

use super::boundary::{accessor, free};
use super::error::{smsp_code, smsp_error};
use crate::memory;
use crate::report::Report;
use crate::report::rows::Row;
use crate::state::State;

/// What became of a message: one of SMSP_STATE_...
pub type smsp_state = i32;

/// The statuses of a call: one for each query, in order. Ended by smsp_report_free; it holds its own copies of all
/// texts. It is immutable: any thread may read it.
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

/// What became of one message. It is reached by pointer only and may grow at its end in later versions: never copy it
/// or step over it by its sizeof. Its texts live as long as the report.
#[repr(C)]
pub struct smsp_status {
    /// The caller's text, as it was given; NULL where it was NULL.
    pub phone_number: *const c_char,
    /// The caller's text, as it was given; NULL where it was NULL.
    pub message_id: *const c_char,
    /// The service's text, in English or French, or NULL. One that is longer than 1,024 bytes is cut and ends in "…".
    pub status_text: *const c_char,
    /// The service's date as text where it is not Unix seconds, else NULL: it names no time zone, so none is guessed. It is
    /// cut as status_text is.
    pub date_text: *const c_char,
    /// When the state was reached, in Unix seconds, or SMSP_NO_DATE.
    pub date: i64,
    /// SMSP_STATE_...
    pub state: smsp_state,
    /// SMSP_OK if the entry is answered: the service says what became of the message, or refuses to (NOT_FOUND,
    /// REJECTED). Else why it is not: SMSP_E_INVALID_ARGUMENT for INVALID, the failure of its request for UNANSWERED.
    /// smsp_report_error has the whole error.
    pub code: smsp_code,
    /// The service's code for this entry (200 where it has no objection), 0 if it gave none. For an UNANSWERED entry it
    /// is the code with which the service refused the request that the entry was in.
    pub api_code: i32,
    /// Whether the recipient answered STOP: 1, 0, or -1 if the service did not tell.
    pub stop_sms: i32,
    /// Whether the message was taken for spam: 1, 0, or -1 if the service did not tell.
    pub is_spam: i32,
    /// The place of the query in the list that was given, counted from 0.
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

/// How many statuses there are: the count of the queries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_count(report: *const smsp_report) -> size_t {
    read(report, 0, |report| Some(report.len()))
}

/// The status of the query at this index; NULL past the last. It lives as long as the report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_get(report: *const smsp_report, index: size_t) -> *const smsp_status {
    read(report, std::ptr::null(), |report| report.row(index).map(|row| std::ptr::from_ref(row).cast()))
}

/// The bytes from one status to the next: they lie in one array, and the status at index i is at
/// (const char *)smsp_report_get(report, 0) + i * stride. For those who read memory directly; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_stride(report: *const smsp_report) -> size_t {
    read(report, 0, |_| Some(size_of::<Row>()))
}

/// How many statuses are in this state; 0 if there is no such state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_count_state(report: *const smsp_report, state: smsp_state) -> size_t {
    read(report, 0, |report| State::from_value(state).map(|state| report.count_state(state)))
}

/// Why the entry at this index is UNANSWERED or INVALID; NULL where it is answered, or past the last. For UNANSWERED it is
/// the failure of the request that the entry was in, with its message, HTTP status, api_code, and whether a retry may help;
/// for INVALID it says which text is wrong and why ("phone_number: a French number has nine digits after +33"), and does not
/// quote the text. It belongs to the report and lives as long; smsp_error_free does nothing to it. Entries may share one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_error(report: *const smsp_report, index: size_t) -> *const smsp_error {
    accessor(std::ptr::null(), || {
        let handle = unsafe { report.as_ref() }?;
        let number = handle.report.error_number(index)?;
        handle.errors.get(number).or(handle.errors.last()).map(std::ptr::from_ref)
    })
}

/// Ends a report and all its texts; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_report_free(report: *mut smsp_report) {
    unsafe { free(report) };
}

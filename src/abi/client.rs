//! Clients, and the call that this is all about.

use libc::{c_char, size_t};

use super::boundary::{accessor, free, into_handle, is_null, required, required_mut, required_text, set, text};
use super::config::smsp_config;
use super::error::{fallible, respond, smsp_code, smsp_error};
use super::report::smsp_report;
use crate::client::Client;
use crate::error::{Code, Error, out_of_memory};
use crate::query::RawQuery;
use crate::report::Outcome;
use crate::stats;

/// A client of the service: its connections, limits and counters. Made by smsp_client_new, ended by smsp_client_free.
/// Any number of threads may share one, and should: connections are kept and used again.
pub struct smsp_client(pub(super) Client);

/// A message to ask about. Both texts are borrowed for the call only.
#[repr(C)]
pub struct smsp_query {
    /// The recipient's number, as people write it: international ("+33 6 12 34 56 78", "0033...", "336...") or French
    /// national ("06 12 34 56 78"); spaces, dots, dashes, slashes, parentheses and "(0)" are understood.
    pub phone_number: *const c_char,
    /// The id that the service gave when the message was sent.
    pub message_id: *const c_char,
}

/// Makes a client with a copy of this configuration, at *client; the caller frees it.
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option that is wrong, missing or names a file that
/// cannot be read. Nothing is sent yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_client_new(
    config: *const smsp_config,
    client: *mut *mut smsp_client,
    error: *mut *mut smsp_error,
) -> smsp_code {
    unsafe { set(client, std::ptr::null_mut()) };
    let new = || {
        let (config, out) = unsafe { (required(config, "config")?, required_mut(client, "client")?) };
        *out = into_handle(smsp_client(Client::new(&config.snapshot())?));
        Ok(())
    };
    unsafe { fallible(error, new) }
}

/// Makes a client with the defaults and what the environment sets, at *client; the caller frees it. It is
/// smsp_config_new, smsp_config_load_env and smsp_client_new in one, and must not run beside setenv.
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable or option that is wrong, missing or names a
/// file that cannot be read. Nothing is sent yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_client_new_from_env(
    client: *mut *mut smsp_client,
    error: *mut *mut smsp_error,
) -> smsp_code {
    unsafe { set(client, std::ptr::null_mut()) };
    let new = || {
        let out = unsafe { required_mut(client, "client") }?;
        *out = into_handle(smsp_client(Client::from_env()?));
        Ok(())
    };
    unsafe { fallible(error, new) }
}

/// Reads a counter of a client, by name, into *value. Counters are cumulative since the client was made.
/// Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if a pointer is NULL or there is no such counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_client_stat(
    client: *const smsp_client,
    name: *const c_char,
    value: *mut u64,
) -> smsp_code {
    let read = || {
        let (client, name) = unsafe { (required(client, "client")?, required_text(name, "name")?) };
        let count = client.0.stat(name.to_bytes());
        let count = count.ok_or_else(|| Error::new(Code::InvalidArgument, "there is no such counter"))?;
        *unsafe { required_mut(value, "value") }? = count;
        Ok(())
    };
    unsafe { fallible(std::ptr::null_mut(), read) }
}

/// The name of the counter at this index; NULL past the last. The text is static. Any thread may call this.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_stat_name(index: size_t) -> *const c_char {
    accessor(std::ptr::null(), || stats::c_name(index).map(|name| name.as_ptr()))
}

/// Ends a client; NULL is fine. Calls of it that still run in other threads, and its operations, go on to their end: the
/// last of them releases what they share. This does not wait for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_client_free(client: *mut smsp_client) {
    unsafe { free(client) };
}

/// Asks what became of count messages, and waits for the answers. Any number may be given: they are asked SMSP_MAX_BATCH
/// at a time, up to max_connections requests at once, and a query given twice is asked once. queries may be NULL if
/// count is 0. Any thread may call this on the same client.
///
/// *report is set to a report with one status for each query, in order, always; the caller frees it. It is NULL only
/// where none could be made: SMSP_E_INVALID_ARGUMENT for a NULL pointer, SMSP_E_RESOURCE without memory for a report,
/// SMSP_E_INTERNAL.
///
/// Returns SMSP_OK if every query was answered (also if count is 0); SMSP_PARTIAL if some were: the others are
/// UNANSWERED or INVALID, and smsp_report_error says why; or a negative code if none was. A message that the service does
/// not know (NOT_FOUND) or refuses to speak of (REJECTED) is answered. The error is that of the first batch that failed, in
/// the order of the queries; if none failed, it names the first INVALID entry: one with a text that is NULL, not UTF-8 or
/// not usable, which does not hold up the rest.
///
/// A batch that the service refuses for what may be one of its messages is asked again in halves, down to the message
/// that is refused alone, so that all others are answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_multi_status(
    client: *mut smsp_client,
    queries: *const smsp_query,
    count: size_t,
    report: *mut *mut smsp_report,
    error: *mut *mut smsp_error,
) -> smsp_code {
    unsafe { set(report, std::ptr::null_mut()) };
    let ask = || unsafe { hand_over(ask(client, queries, count, report), report) };
    unsafe { respond(error, ask) }
}

/// Hands a report to the caller; what the function answers.
pub(super) unsafe fn hand_over(
    outcome: Result<Outcome, Error>,
    report: *mut *mut smsp_report,
) -> (Code, Option<Error>) {
    match outcome {
        Ok(outcome) => {
            let code = outcome.code();
            unsafe { set(report, into_handle(smsp_report::new(outcome.report))) };
            (code, outcome.error)
        }
        Err(error) => (error.code(), Some(error)),
    }
}

unsafe fn ask(
    client: *const smsp_client,
    queries: *const smsp_query,
    count: size_t,
    report: *mut *mut smsp_report,
) -> Result<Outcome, Error> {
    // A clone, since the caller may free the client while this call runs.
    let client = unsafe { required(client, "client") }?.0.clone();
    if report.is_null() {
        return Err(is_null("report"));
    }
    client.ask(unsafe { raw(queries, count) }?)
}

/// The queries of a caller. They are borrowed for the call only.
pub(super) unsafe fn raw<'a>(
    queries: *const smsp_query,
    count: size_t,
) -> Result<impl ExactSizeIterator<Item = RawQuery<'a>>, Error> {
    Ok(unsafe { list(queries, count) }?.iter().map(|query: &smsp_query| RawQuery {
        phone_number: unsafe { text(query.phone_number) }.map(|text| text.to_bytes()),
        message_id: unsafe { text(query.message_id) }.map(|text| text.to_bytes()),
    }))
}

unsafe fn list<'a>(queries: *const smsp_query, count: size_t) -> Result<&'a [smsp_query], Error> {
    if count == 0 {
        return Ok(&[]);
    }
    unsafe { required(queries, "queries") }?;
    if count > isize::MAX as usize / size_of::<smsp_query>() {
        return Err(out_of_memory(&format!("{count} queries")));
    }
    Ok(unsafe { std::slice::from_raw_parts(queries, count) })
}

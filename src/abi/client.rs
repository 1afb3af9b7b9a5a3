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

/// A client of the service, with its connections, limits and counters. Created by smsp_client_new or
/// smsp_client_new_from_env, freed by smsp_client_free. Create one, keep it, and share it between all threads: it keeps
/// its connections open for the next call.
pub struct smsp_client(pub(super) Client);

/// A message to ask about. The library uses both texts only during the call.
#[repr(C)]
pub struct smsp_query {
    /// The recipient's phone number, as people write it: international ("+33 6 12 34 56 78", "0033...", "336...") or
    /// French national ("06 12 34 56 78"). Spaces, dots, dashes, slashes, parentheses and "(0)" are accepted.
    pub phone_number: *const c_char,
    /// The id that the service returned when the message was sent.
    pub message_id: *const c_char,
}

/// Creates a client with a copy of the configuration and stores it in *client. You own it. This reads the files that
/// api_key_file and ca_file name. It sends nothing yet.
///
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option: it is missing, its value is wrong, or its file
/// cannot be read.
#[unsafe(no_mangle)]
#[must_use]
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

/// Creates a client from the default values and the environment and stores it in *client. You own it. This does the same
/// as smsp_config_new, smsp_config_load_env and smsp_client_new. Do not call it while another thread calls setenv.
///
/// Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable or option: it is missing, its value is wrong,
/// or its file cannot be read.
#[unsafe(no_mangle)]
#[must_use]
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

/// Stores a counter of a client in *value. Counters only grow: they start at 0 when the client is created. Their names
/// ("requests", "retries", "failures_timeout" and others) come from smsp_stat_name; docs/CONFIGURATION.md describes each.
///
/// Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if a pointer is NULL or the counter does not exist; then *value has not
/// changed.
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

/// Returns the name of the counter at this index, or NULL past the last: count from 0 to list all counters. The text is
/// static.
#[unsafe(no_mangle)]
pub extern "C" fn smsp_stat_name(index: size_t) -> *const c_char {
    accessor(std::ptr::null(), || stats::c_name(index).map(|name| name.as_ptr()))
}

/// Frees a client. Does nothing if NULL. Returns at once, even if calls in other threads or operations still use the
/// client: they finish normally, and the last of them releases what they share.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smsp_client_free(client: *mut smsp_client) {
    unsafe { free(client) };
}

/// Asks what became of count messages and waits for the answers. count may be any number: the library puts up to
/// SMSP_MAX_BATCH messages into a request, runs up to max_connections requests at a time, asks about a message that is in
/// the list twice only once, and retries by itself. queries may be NULL if count is 0. Set the option total_timeout_ms to
/// limit how long the call takes. Any number of threads may call this on the same client at the same time.
///
/// The calling thread asks itself while a connection is free, and threads of the client ask beside it if the list needs
/// several requests. It needs up to 64 KiB of the stack. A signal handler may interrupt the call, but must return: do not
/// leave it by longjmp.
///
/// *report receives a report with one status for each query, in the same order. You own it. There is a report whatever the
/// code is, with three exceptions: a pointer is NULL (SMSP_E_INVALID_ARGUMENT), there is no memory for a report
/// (SMSP_E_RESOURCE), or the library has a defect (SMSP_E_INTERNAL). Then *report is NULL.
///
/// Returns
///  - SMSP_OK if every query was answered, or count is 0;
///  - SMSP_PARTIAL if some queries were answered. The others are UNANSWERED or INVALID;
///  - a negative code if no query was answered.
///
/// A query counts as answered, too, if the service does not know the message (NOT_FOUND) or refuses it (REJECTED). A query
/// is INVALID if one of its texts is NULL, is not UTF-8, or cannot be a phone number or a message id. It does not affect
/// the other queries. smsp_report_error says why a query is UNANSWERED or INVALID.
///
/// *error is the error of the first request that failed, in the order of the queries. If no request failed, it names the
/// first INVALID query. If the service refuses a request because of one message in it, the library asks again about both
/// halves of the request, until only that message is refused.
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

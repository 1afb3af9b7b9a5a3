//! The counters of a client.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Code, Error};

macro_rules! counters {
    ($( $(#[doc = $doc:literal])+ $variant:ident $name:literal; )+) => {
        /// Identifies a counter in the code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "a counter may be declared before what it counts")]
        pub(crate) enum Counter { $( $(#[doc = $doc])+ $variant, )+ }

        /// The names of all counters, by index.
        const NAMES: &[&CStr] = &[ $( $name, )+ ];
        const DOCS: &[&str] = &[ $( concat!($( $doc ),+), )+ ];
    };
}

counters! {
    /// Requests started, including retries and requests that got no connection.
    Requests c"requests";
    /// Requests that repeat a failed request.
    Retries c"retries";
    /// TCP connections established.
    Connections c"connections";
    /// Bytes sent on the wire, as TCP carries them.
    BytesSent c"bytes_sent";
    /// Bytes received on the wire, as TCP carries them.
    BytesReceived c"bytes_received";
    /// Queries that the service answered.
    EntriesAnswered c"entries_answered";
    /// Answers that belong to no query and were dropped.
    AnswersUnmatched c"answers_unmatched";
    /// Batches that the service refused and that were then asked as two halves.
    BatchesHalved c"batches_halved";
    /// Calls that were asked about together with others, in one request.
    CallsRidden c"calls_ridden";
    /// Log lines that could not be written at once and were dropped.
    LogLinesDropped c"log_lines_dropped";
    /// The sum of the times from the start of a request to its last byte, in microseconds.
    LatencyUsSum c"latency_us_sum";
    /// The longest of these times, in microseconds.
    LatencyUsMax c"latency_us_max";
    /// Attempts that failed with SMSP_E_CONNECT.
    FailuresConnect c"failures_connect";
    /// Attempts that failed with SMSP_E_TLS.
    FailuresTls c"failures_tls";
    /// Attempts that failed with SMSP_E_TIMEOUT.
    FailuresTimeout c"failures_timeout";
    /// Attempts that failed with SMSP_E_HTTP.
    FailuresHttp c"failures_http";
    /// Attempts that failed with SMSP_E_PROTOCOL.
    FailuresProtocol c"failures_protocol";
    /// Attempts that failed with SMSP_E_RATE_LIMITED.
    FailuresRateLimited c"failures_rate_limited";
    /// Requests that the service refused: SMSP_E_AUTH, SMSP_E_DENIED, SMSP_E_API.
    FailuresRefused c"failures_refused";
}

/// Returns the name of the counter at this index, NUL-terminated; None past the last one.
pub(crate) fn c_name(index: usize) -> Option<&'static CStr> {
    NAMES.get(index).copied()
}

/// Returns all counters: the name of each, and what it counts.
pub fn counters() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMES.iter().zip(DOCS).map(|(name, doc)| (name.to_str().unwrap_or("?"), doc.trim()))
}

/// The values of the counters since the client was made. They never restart, so a monitoring system can take
/// differences.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    values: [AtomicU64; NAMES.len()],
}

impl Stats {
    /// Adds to a counter.
    pub(crate) fn add(&self, counter: Counter, amount: u64) {
        self.values[counter as usize].fetch_add(amount, Ordering::Relaxed);
    }

    /// Raises a counter to this value if it is lower.
    pub(crate) fn raise(&self, counter: Counter, value: u64) {
        self.values[counter as usize].fetch_max(value, Ordering::Relaxed);
    }

    /// Returns the value of a counter; None if there is no counter with this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<u64> {
        let index = NAMES.iter().position(|known| known.to_bytes() == name)?;
        Some(self.values[index].load(Ordering::Relaxed))
    }

    /// Counts a failed attempt by its code.
    pub(crate) fn failure(&self, error: &Error) {
        let counter = match error.code() {
            Code::Connect => Counter::FailuresConnect,
            Code::Tls => Counter::FailuresTls,
            Code::Timeout => Counter::FailuresTimeout,
            Code::Http => Counter::FailuresHttp,
            Code::Protocol => Counter::FailuresProtocol,
            Code::RateLimited => Counter::FailuresRateLimited,
            Code::Auth | Code::Denied | Code::Api => Counter::FailuresRefused,
            _ => return,
        };
        self.add(counter, 1);
    }
}

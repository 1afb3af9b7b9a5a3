//! Retries: whether a request is sent again, and after which wait. All requests only read, so all may be repeated.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use ureq::http::header::{DATE, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName};

use crate::config::settings::RetryPolicy;
use crate::error::{Code, Error};
use crate::net::deadline::Deadline;

/// The retry budget of a client. A retry takes one, and a success gives one back, so that a service that answers only
/// now and then does not get twice as many requests. Retries in an outage are few, and take none.
const BUDGET: u32 = 20;

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub error: Error,
    /// Whether there was a connection.
    pub connected: bool,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the call has no time for another attempt.
    pub is_last: bool,
}

/// Before anything was sent: the call has no time for it, or is cancelled.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, connected: true, retry_after: None, is_last: true }
    }
}

impl Failure {
    /// Whether another attempt may help.
    pub(crate) fn may_pass(&self) -> bool {
        let error = &self.error;
        !self.is_last && error.is_retryable() && !matches!(error.code(), Code::Cancelled | Code::Resource)
    }
}

/// Why there is no further attempt.
#[derive(Debug)]
pub(crate) struct NoRetry {
    pub error: Error,
    /// The wait that the call has no time for. None if a wait would not help another call either.
    pub wait: Option<Duration>,
}

/// Returns the wait before the next attempt, after a failure for which `may_pass` holds. `attempt` counts from 0. Fails
/// if there are no retries left, or if the wait is too long.
pub(crate) fn next_wait(
    policy: &RetryPolicy,
    attempt: u32,
    failure: &Failure,
    deadline: Option<Deadline>,
) -> Result<Duration, NoRetry> {
    let Failure { error, retry_after, .. } = failure;
    if attempt >= policy.max_retries {
        return Err(NoRetry { error: error.clone(), wait: None });
    }
    let left = deadline.map(Deadline::left);
    let wait = backoff(policy, attempt).max(retry_after.unwrap_or_default());
    if let Some(asked) = *retry_after {
        let most = left.map_or(policy.retry_after_max, |left| left.min(policy.retry_after_max));
        if asked > most {
            let or_more = if asked == Duration::MAX { " or more" } else { "" };
            let (seconds, most) = (asked.as_secs(), most.as_secs_f64());
            let error = error
                .clone()
                .with_note(&format!("Retry-After asks to wait {seconds} s{or_more}, and only {most:.1} s are allowed"));
            return Err(NoRetry { error, wait: (asked <= policy.retry_after_max).then_some(wait) });
        }
    }
    if let Some(deadline) = deadline.filter(|deadline| wait >= deadline.left()) {
        return Err(NoRetry { error: deadline.error_after(error), wait: Some(wait) });
    }
    Ok(wait)
}

/// Exponential backoff with full jitter: a random part of the whole wait.
pub(crate) fn backoff(policy: &RetryPolicy, attempt: u32) -> Duration {
    let most = policy.base.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(policy.max);
    most.mul_f64(random())
}

/// A number from 0 to 1, random enough for a wait.
fn random() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}

/// The retry budget of a client.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: AtomicU32,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { tokens: AtomicU32::new(BUDGET) }
    }
}

impl Budget {
    /// Takes a retry. Returns false if none is left.
    pub(crate) fn take(&self) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(1)).is_ok()
    }

    /// Gives a retry back, after a request that succeeded.
    pub(crate) fn give_back(&self) {
        let more = |tokens| (tokens < BUDGET).then_some(tokens + 1);
        // A full budget stays full.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// The wait that `Retry-After` asks for: a number of seconds, or a date by the clock of the same response, or by the
/// local one if the response has no date. None for anything else.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let asked = text(RETRY_AFTER)?;
    seconds(asked).or_else(|| {
        let now = text(DATE).and_then(date).unwrap_or_else(SystemTime::now);
        Some(date(asked)?.duration_since(now).unwrap_or_default())
    })
}

/// Digits, with or without a fraction. A part of a second counts as a whole one, so that the wait is not too short. A
/// number that is too large becomes the longest duration.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = text.parse::<f64>().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        base: Duration::from_millis(100),
        max: Duration::from_millis(250),
        retry_after_max: Duration::from_secs(60),
    };

    fn failure(code: Code, retry_after: Option<u64>) -> Failure {
        let error = Error::new(code, "text");
        Failure { retry_after: retry_after.map(Duration::from_secs), is_last: false, ..Failure::from(error) }
    }

    fn wait(attempt: u32, failure: Failure, left: Option<Duration>) -> Result<Duration, NoRetry> {
        next_wait(&POLICY, attempt, &failure, left.map(Deadline::after))
    }

    #[test]
    fn waits_grow_to_the_most() {
        for (attempt, most) in [(0, 100), (1, 200), (2, 250)] {
            for _ in 0..200 {
                assert!(wait(attempt, failure(Code::Connect, None), None).unwrap() <= Duration::from_millis(most));
            }
        }
        let longest = (0..200).map(|_| backoff(&POLICY, 2)).max().unwrap();
        assert!(longest > Duration::from_millis(150), "{longest:?}");
        assert!(backoff(&POLICY, 200) <= POLICY.max);
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for code in Code::ALL.iter().copied() {
            let again = matches!(code, Code::Connect | Code::Timeout | Code::Protocol | Code::RateLimited);
            assert_eq!(failure(code, None).may_pass(), again, "{code:?}");
        }
        let status = |status| Failure {
            error: Error::new(Code::Http, "").with_http_status(status),
            ..failure(Code::Http, None)
        };
        assert!(status(503).may_pass() && !status(404).may_pass());
        assert!(!Failure { is_last: true, ..failure(Code::Timeout, None) }.may_pass());
        assert_eq!(wait(3, failure(Code::Connect, None), None).unwrap_err().wait, None);
    }

    #[test]
    fn retry_after_is_kept_or_named() {
        assert!(wait(0, failure(Code::RateLimited, Some(60)), None).unwrap() >= Duration::from_secs(60));
        let NoRetry { error, wait: later } = wait(0, failure(Code::RateLimited, Some(61)), None).unwrap_err();
        assert_eq!(error.message(), "text; Retry-After asks to wait 61 s, and only 60.0 s are allowed");
        assert_eq!(later, None);
        let NoRetry { error, wait: later } =
            wait(0, failure(Code::RateLimited, Some(9)), Some(Duration::from_secs(5))).unwrap_err();
        // Another call may have the time.
        assert_eq!(later, Some(Duration::from_secs(9)));
        assert!(error.message().starts_with("text; Retry-After asks to wait 9 s, and only "), "{error}");
        assert_eq!(error.code(), Code::RateLimited);
        let longest = Failure { retry_after: Some(Duration::MAX), ..failure(Code::RateLimited, None) };
        let error = wait(0, longest, None).unwrap_err().error;
        assert_eq!(
            error.message(),
            "text; Retry-After asks to wait 18446744073709551615 s or more, and only 60.0 s are allowed"
        );
    }

    #[test]
    fn a_deadline_that_leaves_no_time_names_the_last_failure() {
        let NoRetry { error, wait } = wait(2, failure(Code::Connect, None), Some(Duration::ZERO)).unwrap_err();
        assert_eq!(error.code(), Code::Timeout);
        assert!(error.message().ends_with("; the last failure was: text"), "{error}");
        assert!(wait.is_some());
    }

    #[test]
    fn a_budget_is_spent_and_refilled() {
        let budget = Budget::default();
        assert!((0..BUDGET).all(|_| budget.take()) && !budget.take());
        budget.give_back();
        assert!(budget.take() && !budget.take());
        (0..100).for_each(|_| budget.give_back());
        assert_eq!((0..100).filter(|_| budget.take()).count(), BUDGET as usize);
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let headers = |list: &[(&'static str, &'static str)]| {
            list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let asks = |value| retry_after(&headers(&[date, ("retry-after", value)]));
        for (value, seconds) in [
            ("7", 7),
            ("0", 0),
            ("007", 7),
            (" \t7 ", 7),
            // Not documented anywhere, but clear.
            ("1.5", 2),
            ("0.0", 0),
            ("0.001", 1),
            ("7.", 7),
            ("Sun, 06 Nov 1994 08:50:00 GMT", 23),
            ("  Sun, 06 Nov 1994 08:50:00 GMT ", 23),
            ("Sunday, 06-Nov-94 08:50:00 GMT", 23),
            ("Sun Nov  6 08:50:00 1994", 23),
            // In the past.
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 252_618_189_022),
            ("99999999999", 99_999_999_999),
        ] {
            assert_eq!(asks(value), Some(Duration::from_secs(seconds)), "{value}");
        }
        // Too large for any type of number.
        let digits: &'static str = "9".repeat(1000).leak();
        for value in ["18446744073709551616", "99999999999999999999999", "99999999999999999999999.5", digits] {
            assert_eq!(asks(value), Some(Duration::MAX), "{value}");
        }
        for value in [
            "",
            " ",
            "soon",
            "-5",
            "+5",
            "-0",
            "1e3",
            "0x10",
            ".",
            "1.2.3",
            "1,5",
            "7, 8",
            "7 s",
            "inf",
            "NaN",
            "Fri, 31 Dec 99999 23:59:59 GMT",
            "Sat, 31 Dec 1969 23:59:59 GMT",
            "Sun, 31 Nov 1994 08:50:00 GMT",
            "Sun, 06 Nov 1994 08:50:60 GMT",
            "06 Nov 1994",
        ] {
            assert_eq!(asks(value), None, "{value}");
        }
        let latin_1 = (RETRY_AFTER, HeaderValue::from_bytes(b"\xa07").unwrap());
        assert_eq!(retry_after(&HeaderMap::from_iter([latin_1])), None);
        assert_eq!(retry_after(&headers(&[date])), None);
        // Without a date in the response the local clock counts; it is not 1994 any more.
        let until = ("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT");
        for other in ["soon", "", "784111777"] {
            assert_eq!(retry_after(&headers(&[("date", other), until])), Some(Duration::ZERO), "{other}");
        }
    }
}

//! Asking again: whether, and after which wait. All requests are reads, so all may be asked again.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ureq::http::HeaderMap;

use super::http::{is_total_timeout, total_timeout};
use crate::error::{Code, Error};

/// How many retries a client has in hand. A retry takes one, a success gives one back, so that an outage of the service
/// is not multiplied.
const BUDGET: u32 = 20;

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub error: Error,
    /// Whether there was a connection at all.
    pub connected: bool,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, connected: true, retry_after: None }
    }
}

/// The options that say how to retry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub max_retries: u32,
    pub base: Duration,
    pub max: Duration,
    pub retry_after_max: Duration,
}

impl Policy {
    /// How long to wait before the next attempt, or the error that ends the batch. `attempt` counts from 0.
    pub(crate) fn wait(
        &self,
        attempt: u32,
        failure: Failure,
        deadline: Option<Instant>,
        budget: &Budget,
    ) -> Result<Duration, Error> {
        let Failure { error, retry_after, .. } = failure;
        let may_pass = !matches!(error.code(), Code::Cancelled | Code::Resource) && !is_total_timeout(&error);
        let helps = error.is_retryable() && may_pass;
        if !helps || attempt >= self.max_retries {
            return Err(error);
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let wait = self.backoff(attempt).max(retry_after.unwrap_or_default());
        if let Some(asked) = retry_after {
            let most = left.map_or(self.retry_after_max, |left| left.min(self.retry_after_max));
            if asked > most {
                let (asked, most) = (asked.as_secs_f64(), most.as_secs_f64());
                return Err(
                    error.and(&format!("Retry-After asks to wait {asked:.0} s, and only {most:.1} s are allowed"))
                );
            }
        }
        if left.is_some_and(|left| wait >= left) {
            return Err(total_timeout().and(&format!("the last failure was: {error}")));
        }
        if budget.take() { Ok(wait) } else { Err(error.and("too many requests failed for another retry")) }
    }

    /// Exponential, with full jitter: anything from nothing to the whole.
    fn backoff(&self, attempt: u32) -> Duration {
        let most = self.base.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(self.max);
        most.mul_f64(random())
    }
}

/// From 0 to 1. Chance enough for a wait.
fn random() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}

/// The retries that a client has in hand.
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
    fn take(&self) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(1)).is_ok()
    }

    /// A request succeeded.
    pub(crate) fn give_back(&self) {
        let more = |tokens| (tokens < BUDGET).then_some(tokens + 1);
        // At the most there is nothing to give back.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// What `Retry-After` asks for: seconds, or a date, which is looked at by the answer's own clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text("retry-after")?;
    if asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return asked.parse().ok().map(Duration::from_secs);
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let now = text("date").and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        max_retries: 3,
        base: Duration::from_millis(100),
        max: Duration::from_millis(250),
        retry_after_max: Duration::from_secs(60),
    };

    fn failure(code: Code, retry_after: Option<u64>) -> Failure {
        let error = Error::new(code, "text");
        Failure { error, connected: true, retry_after: retry_after.map(Duration::from_secs) }
    }

    fn wait(attempt: u32, failure: Failure, left: Option<Duration>) -> Result<Duration, Error> {
        POLICY.wait(attempt, failure, left.map(|left| Instant::now() + left), &Budget::default())
    }

    #[test]
    fn waits_grow_to_the_most() {
        for (attempt, most) in [(0, 100), (1, 200), (2, 250)] {
            for _ in 0..200 {
                assert!(wait(attempt, failure(Code::Connect, None), None).unwrap() <= Duration::from_millis(most));
            }
        }
        let longest = (0..200).map(|_| POLICY.backoff(2)).max().unwrap();
        assert!(longest > Duration::from_millis(150), "{longest:?}");
        assert!(POLICY.backoff(200) <= POLICY.max);
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for code in Code::ALL.iter().copied() {
            let again = matches!(code, Code::Connect | Code::Timeout | Code::Protocol | Code::RateLimited);
            assert_eq!(wait(0, failure(code, None), None).is_ok(), again, "{code:?}");
        }
        let status = |status| Failure::from(Error::new(Code::Http, "").with_http_status(status));
        assert!(wait(0, status(503), None).is_ok() && wait(0, status(404), None).is_err());
        assert!(wait(3, failure(Code::Connect, None), None).is_err());
    }

    #[test]
    fn retry_after_is_kept_or_named() {
        assert!(wait(0, failure(Code::RateLimited, Some(60)), None).unwrap() >= Duration::from_secs(60));
        let error = wait(0, failure(Code::RateLimited, Some(61)), None).unwrap_err();
        assert_eq!(error.message(), "text; Retry-After asks to wait 61 s, and only 60.0 s are allowed");
        let error = wait(0, failure(Code::RateLimited, Some(9)), Some(Duration::from_secs(5))).unwrap_err();
        assert!(error.message().starts_with("text; Retry-After asks to wait 9 s, and only "), "{error}");
        assert_eq!(error.code(), Code::RateLimited);
    }

    #[test]
    fn a_deadline_that_leaves_no_time_names_the_last_failure() {
        let error = wait(2, failure(Code::Connect, None), Some(Duration::ZERO)).unwrap_err();
        assert_eq!(error.code(), Code::Timeout);
        assert!(error.message().ends_with("; the last failure was: text"), "{error}");
        let error = wait(0, Failure::from(total_timeout()), None).unwrap_err();
        assert_eq!(error, total_timeout());
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
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:00 GMT", Some(23)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(
                retry_after(&headers(&[date, ("retry-after", value)])),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(retry_after(&headers(&[date])), None);
    }
}

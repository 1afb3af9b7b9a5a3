//! Formats times for the log and for messages.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time, given as the duration since 1970-01-01 UTC. It is shown as in RFC 3339: `2026-01-31T12:34:56.789Z`.
pub(crate) struct Utc(pub Duration);

impl Utc {
    pub(crate) fn now() -> Utc {
        Utc(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.0.as_secs(), self.0.subsec_millis());
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

/// Returns year, month and day of the nth day after 1970-01-01, with Howard Hinnant's `civil_from_days`: years begin in
/// March, so that a leap day is the last day of its year.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let days = days + 719_468;
    let day_of_era = days % ERA;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = days / ERA * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_782_399, "2000-02-28T23:59:59.007Z"),
            (951_782_400, "2000-02-29T00:00:00.007Z"),
            (951_868_800, "2000-03-01T00:00:00.007Z"),
            (1_735_689_599, "2024-12-31T23:59:59.007Z"),
            (1_735_689_600, "2025-01-01T00:00:00.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        ] {
            assert_eq!(Utc(Duration::new(seconds, 7_999_999)).to_string(), shown);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = date(0);
        assert_eq!(before, (1970, 1, 1));
        for day in 1..100_000 {
            let (year, month, of_month) = date(day);
            let follows = match before {
                (y, m, d) if (year, month) == (y, m) => of_month == d + 1,
                (y, 12, 31) => (year, month, of_month) == (y + 1, 1, 1),
                (y, m, d) => (year, month, of_month) == (y, m + 1, 1) && d >= 28,
            };
            assert!(follows, "{before:?} {:?}", date(day));
            before = date(day);
        }
    }
}

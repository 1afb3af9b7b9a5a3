//! What became of the messages.
//!
//! The fate of a message follows from the seed, its recipient and its id alone, however they are written; time only
//! decides whether it is known yet.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::answer::{Delivery, Entry};
use crate::dice::Dice;
use crate::number::{international, trimmed};

/// The code of an entry that the service knows.
const KNOWN: i64 = 200;
/// The code of an entry that the service does not know.
const NOT_FOUND: i64 = 4;
/// The longest time from sending to the final status, in seconds.
const SLOWEST: i64 = 60;

/// The time by which the simulator answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock; every message was sent when the simulator started.
    #[default]
    Real,
    /// This moment, in Unix seconds; every message was sent at [`Clock::SENT`].
    Fixed(i64),
    /// A moment at which every message is final; every message was sent at [`Clock::SENT`].
    Finished,
}

impl Clock {
    /// When the messages were sent for a clock other than the real one, in Unix seconds.
    pub const SENT: i64 = 1_700_000_000;
}

/// The states of all messages at the simulator's clock.
pub(crate) struct States {
    seed: u64,
    started: i64,
    clock: Mutex<Clock>,
}

impl States {
    pub(crate) fn new(seed: u64, clock: Clock) -> Self {
        Self { seed, started: unix_seconds(), clock: Mutex::new(clock) }
    }

    pub(crate) fn set_clock(&self, clock: Clock) {
        *self.clock.lock().unwrap() = clock;
    }

    /// The entry that the service answers for a number and a message id.
    pub(crate) fn entry(&self, phone_number: &str, message_id: &str) -> Entry {
        let phone_number = international(phone_number);
        let clock = *self.clock.lock().unwrap();
        let (sent, now) = match clock {
            Clock::Real => (self.started, unix_seconds()),
            Clock::Fixed(now) => (Clock::SENT, now),
            Clock::Finished => (Clock::SENT, Clock::SENT + SLOWEST),
        };
        let id = trimmed(message_id);
        let message = documented(&phone_number, id).unwrap_or_else(|| Message::new(self.seed, sent, &phone_number, id));
        message.entry(phone_number, message_id, now)
    }
}

/// What becomes of a message in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Delivered(Delivery),
    NotDelivered,
    NotSent,
    NotFound,
}

struct Message {
    fate: Fate,
    /// When its fate is known, in Unix seconds.
    settled: i64,
}

impl Message {
    fn new(seed: u64, sent: i64, phone_number: &str, message_id: &str) -> Self {
        let mut dice = Dice::new(seed, phone_number, message_id);
        let delay = match dice.throw(4) {
            0 => 11 + dice.throw(SLOWEST - 10),
            _ => 1 + dice.throw(10),
        };
        let settled = sent + delay;
        let fate = match dice.throw(100) {
            0..80 => {
                Fate::Delivered(Delivery { date: settled, stop_sms: dice.throw(20) == 0, is_spam: dice.throw(50) == 0 })
            }
            80..90 => Fate::NotDelivered,
            90..93 => Fate::NotSent,
            _ => Fate::NotFound,
        };
        Self { fate, settled }
    }

    fn entry(&self, phone_number: String, message_id: &str, now: i64) -> Entry {
        let (status, delivery) = match self.fate {
            Fate::NotFound => ("Numéro introuvable", None),
            _ if now < self.settled => ("Waiting", None),
            Fate::Delivered(delivery) => ("Delivered", Some(delivery)),
            Fate::NotDelivered => ("Not delivered", None),
            Fate::NotSent => ("ko", None),
        };
        let found = self.fate != Fate::NotFound;
        Entry {
            success: found,
            code: if found { KNOWN } else { NOT_FOUND },
            phone_number,
            message_id: message_id.to_owned(),
            status: status.to_owned(),
            delivery,
        }
    }
}

/// The messages of the documentation's samples, which are as documented at any time.
fn documented(phone_number: &str, message_id: &str) -> Option<Message> {
    const DELIVERED: Fate = Fate::Delivered(Delivery { date: 1_517_934_416, stop_sms: false, is_spam: false });
    const SAMPLES: [(&str, &str, Fate); 4] = [
        ("+33699999993", "111111", DELIVERED),
        ("+33619922264", "1226613", DELIVERED),
        ("+33699999992", "1000", Fate::NotFound),
        ("+33699999991", "1222", Fate::NotFound),
    ];
    let mut samples = SAMPLES.into_iter();
    samples
        .find(|sample| (sample.0, sample.1) == (phone_number, message_id))
        .map(|(_, _, fate)| Message { fate, settled: i64::MIN })
}

fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(clock: Clock) -> Vec<Entry> {
        let states = States::new(7, clock);
        (0..10_000).map(|id| states.entry("+33612345678", &id.to_string())).collect()
    }

    fn count(entries: &[Entry], status: &str) -> usize {
        entries.iter().filter(|entry| entry.status == status).count()
    }

    #[test]
    fn every_fate_has_its_share() {
        let entries = statuses(Clock::Finished);
        assert!((7_500..8_500).contains(&count(&entries, "Delivered")));
        assert!((800..1_200).contains(&count(&entries, "Not delivered")));
        assert!((200..400).contains(&count(&entries, "ko")));
        assert!((500..900).contains(&count(&entries, "Numéro introuvable")));
        assert_eq!(count(&entries, "Waiting"), 0);
        let deliveries: Vec<_> = entries.iter().filter_map(|entry| entry.delivery).collect();
        assert!(deliveries.iter().any(|delivery| delivery.stop_sms));
        assert!(deliveries.iter().any(|delivery| delivery.is_spam));
    }

    #[test]
    fn messages_become_final_within_a_minute_and_stay_so() {
        let finals = statuses(Clock::Finished);
        let mut waiting_before = usize::MAX;
        for seconds in [0, 5, 10, 30, 60, 100_000] {
            let entries = statuses(Clock::Fixed(Clock::SENT + seconds));
            let waiting = count(&entries, "Waiting");
            assert!(waiting < waiting_before || waiting == 0, "after {seconds} s");
            waiting_before = waiting;
            for (entry, last) in entries.iter().zip(&finals) {
                let settled = entry.delivery.is_none_or(|delivery| delivery.date <= Clock::SENT + seconds);
                assert!(settled, "delivered in the future: {entry:?}");
                assert!(entry.status == "Waiting" || entry == last);
            }
        }
        let at_first = statuses(Clock::Fixed(Clock::SENT));
        let unknown = count(&finals, "Numéro introuvable");
        assert_eq!(count(&at_first, "Waiting") + unknown, at_first.len());
        assert_eq!(waiting_before, 0);
    }

    #[test]
    fn the_seed_matters_and_nothing_else_does() {
        let entry = |seed| States::new(seed, Clock::Finished).entry("+33612345678", "1");
        assert_eq!(entry(1), entry(1));
        assert!((2..50).any(|seed| entry(seed) != entry(1)));
    }

    #[test]
    fn a_fate_does_not_depend_on_spelling() {
        let states = States::new(1, Clock::Finished);
        for id in 0..100 {
            let id = id.to_string();
            let plain = states.entry("+33612345678", &id);
            for phone_number in ["0612345678", "+33 6 12 34 56 78", "0033 (0)612345678", "33612345678"] {
                assert_eq!(states.entry(phone_number, &id), plain, "{phone_number}");
            }
            let spaced = states.entry("0612345678", &format!(" {id}\n"));
            assert_eq!(spaced, Entry { message_id: format!(" {id}\n"), ..plain });
        }
    }

    #[test]
    fn the_documented_messages_do_not_depend_on_seed_or_time() {
        for seed in [1, 2] {
            for clock in [Clock::Real, Clock::Fixed(0), Clock::Finished] {
                let states = States::new(seed, clock);
                for (phone_number, id) in [("0699999993", "111111"), ("+33619922264", "1226613")] {
                    let entry = states.entry(phone_number, id);
                    assert_eq!((entry.code, entry.status.as_str()), (200, "Delivered"));
                    let delivery = entry.delivery.unwrap();
                    assert_eq!(delivery.date, 1_517_934_416);
                    assert!(!delivery.stop_sms && !delivery.is_spam);
                }
                for (phone_number, id) in [("+33699999992", "1000"), ("+33699999991", "1222")] {
                    let entry = states.entry(phone_number, id);
                    assert_eq!((entry.success, entry.code, entry.status.as_str()), (false, 4, "Numéro introuvable"));
                }
            }
        }
    }
}

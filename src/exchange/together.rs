//! What calls that share a request ask together. Calls that wait for a connection ride along: their last, not full batches
//! go in one request.

use std::sync::Arc;

use hashbrown::HashMap;

use super::call::{Batch, Call};
use super::ride::Ride;
use crate::error::Error;
use crate::net::deadline::Deadline;
use crate::plan::BatchLimit;
use crate::wire::request::{BatchEntry, EntryKey, query_entry_size};

/// A call in a shared request, with the number of its batch.
pub(crate) type Rider = (Arc<Call>, usize);

/// What is put together for a shared request.
pub(super) struct Together<'c> {
    /// What is sent. The row of an entry says nothing: `shares` does.
    pub asked: Vec<BatchEntry<'c>>,
    pub shares: Vec<Share<'c>>,
    limit: BatchLimit,
    /// How full the query string is.
    query_bytes: usize,
    /// For each number and id the only entry that has them; None if there are several, in different forms.
    places: HashMap<EntryKey<'c>, Option<usize>>,
}

/// The part of a call.
pub(super) struct Share<'c> {
    pub call: &'c Call,
    pub batch: Batch<'c>,
    /// For each of its messages the index in `asked`.
    pub places: Vec<usize>,
}

/// Identifies entries of which one could take the other's answer: they have the same number or the same French digits, and
/// the same id, also where a service that takes ids for numbers forgets zeros in front.
fn rivals<'c>(entry: &BatchEntry<'c>) -> EntryKey<'c> {
    let (phone, id) = entry.message().key();
    (phone.without_prefix(), id.without_zeros())
}

impl<'c> Together<'c> {
    pub(super) fn new(limit: BatchLimit) -> Together<'c> {
        Together { asked: Vec::new(), shares: Vec::new(), limit, query_bytes: 0, places: HashMap::new() }
    }

    /// Adds the batch of a call as a whole. Returns false, and adds nothing, if there is no room for it, or if one of its
    /// entries and one that is there could take each other's answers. Those that are the same, byte by byte, are sent
    /// once.
    pub(super) fn add(&mut self, call: &'c Call, batch: Batch<'c>) -> bool {
        let Some(places) = self.places_of(&batch.asked) else { return false };
        let count = self.asked.len();
        for (entry, &place) in batch.asked.iter().zip(&places) {
            if place >= count {
                self.query_bytes += self.query_size(place, entry);
                self.asked.push(*entry);
            }
            let only = self.places.entry(rivals(entry)).or_insert(Some(place));
            if *only != Some(place) {
                *only = None;
            }
        }
        self.shares.push(Share { call, batch, places });
        true
    }

    /// Where the entries of a batch are or come to be.
    fn places_of(&self, batch: &[BatchEntry<'c>]) -> Option<Vec<usize>> {
        let (mut next, mut query_bytes) = (self.asked.len(), self.query_bytes);
        let mut own: HashMap<EntryKey<'c>, usize> = HashMap::new();
        let mut places = Vec::with_capacity(batch.len());
        for entry in batch {
            let key = rivals(entry);
            let of_others = self.places.get(&key);
            let is_alone = *own.entry(key).and_modify(|count| *count += 1).or_insert(1) == 1;
            places.push(match of_others {
                Some(Some(place)) if is_alone && self.asked[*place].is_same(entry) => *place,
                Some(_) => return None,
                None => {
                    query_bytes += self.query_size(next, entry);
                    next += 1;
                    next - 1
                }
            });
        }
        let fits = next <= self.limit.entries && self.limit.query_bytes.is_none_or(|room| query_bytes <= room);
        fits.then_some(places)
    }

    /// Ends all calls with this error.
    pub(super) fn fail(&self, ride: &Arc<Ride>, error: &Error) {
        self.shares.iter().for_each(|share| share.call.failed_together(share.batch.number, ride, error));
    }

    fn query_size(&self, place: usize, entry: &BatchEntry<'c>) -> usize {
        if self.limit.query_bytes.is_some() { query_entry_size(place, entry.message()) } else { 0 }
    }

    /// When the request must end: with the last of its calls. None if one of them has no deadline.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let deadlines = self.shares.iter().map(|share| share.call.deadline);
        deadlines.reduce(|one, other| Some(if one?.at < other?.at { other? } else { one? })).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::request::with_asked;

    #[test]
    fn what_could_take_the_others_answer_are_rivals() {
        let same = |one: (&str, &str), other: (&str, &str)| {
            let key = |message| with_asked(&[message], |asked| format!("{:?}", rivals(&asked[0])));
            key(one) == key(other)
        };
        for (one, other) in [
            (("+33508412345", "7"), ("0508412345", "7")),
            (("+508412345", "7"), ("0508412345", "007")),
            (("+262692123456", "0"), ("+33692123456", "000")),
            (("0612345678", "9223372036854775807"), ("+33612345678", "09223372036854775807")),
            (("0612345678", "18446744073709551616"), ("0612345678", "018446744073709551616")),
        ] {
            assert!(same(one, other), "{one:?} {other:?}");
        }
        for (one, other) in [
            (("0612345678", "7"), ("0612345678", "70")),
            (("0612345678", "7"), ("0612345679", "7")),
            (("+32612345678", "7"), ("+33612345678", "7")),
            (("0612345678", "a7"), ("0612345678", "A7")),
        ] {
            assert!(!same(one, other), "{one:?} {other:?}");
        }
    }
}

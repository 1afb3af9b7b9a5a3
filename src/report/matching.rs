//! Assigns the entries of an answer to the queries of a batch. A recipient never gets another recipient's status: an
//! entry that could belong to two people is assigned to nobody.

use std::hash::Hash;

use hashbrown::HashMap;

use crate::error::{Error, out_of_memory};
use crate::memory;
use crate::phone::Phone;
use crate::wire::request::{BatchEntry, EntryKey};
use crate::wire::response::{Entries, Entry};

/// What the memory is for, in error messages.
const MATCHES: &str = "what belongs to which query";

/// Which entry of an answer belongs to which query of a batch.
#[derive(Debug, PartialEq)]
pub(crate) struct Matches {
    /// For each query the index of its entry. The whole list is None if each query has the entry at its own index.
    indices: Option<Vec<Option<usize>>>,
    /// The number of queries that have an entry.
    pub answered: usize,
    /// The indices of the entries that belong to no query.
    pub unmatched: Vec<usize>,
}

impl Matches {
    /// Returns the matches of some of the queries, whose indices these are.
    pub(crate) fn of(&self, queries: &[usize]) -> Matches {
        let indices: Vec<_> = queries.iter().map(|query| self.answer(*query)).collect();
        Matches { answered: indices.iter().flatten().count(), indices: Some(indices), unmatched: Vec::new() }
    }

    /// Returns the index of the entry for the query at this index; None if it has none.
    #[inline]
    pub(crate) fn answer(&self, query: usize) -> Option<usize> {
        self.indices.as_ref().map_or(Some(query), |places| places[query])
    }
}

/// Assigns entries to queries: over the whole batch, first those with the same number and id, then those that differ
/// only in the national or international form of a French number. A query gets at most one entry, the first that
/// matches. Fails if there is not enough memory.
pub(crate) fn assign(asked: &[BatchEntry<'_>], answers: &Entries<'_>) -> Result<Matches, Error> {
    let answers = &answers.list;
    if asked.len() == answers.len() && (all_match_in_order(asked, answers) || all_match_as_national(asked, answers)) {
        return Ok(Matches { indices: None, answered: asked.len(), unmatched: Vec::new() });
    }
    let asked = memory::collect(asked.iter().map(|query| query.message().key()), MATCHES)?;
    let answers = memory::collect(answers.iter().map(Entry::key), MATCHES)?;
    let mut taken = memory::collect(asked.iter().map(|_| None), MATCHES)?;
    let left = exact(&asked, &answers, &mut taken)?;
    let unmatched = if left.is_empty() { Vec::new() } else { national(&asked, &answers, &left, &mut taken)? };
    Ok(Matches { answered: answers.len() - unmatched.len(), unmatched, indices: Some(taken) })
}

/// Whether each entry has, letter by letter, the number and id of the query at its index. This is the usual case.
fn all_match_in_order(asked: &[BatchEntry<'_>], answers: &[Entry<'_>]) -> bool {
    answers.iter().zip(asked).all(|(answer, asked)| answer.is_about(asked.message()))
}

/// Whether all queries have national numbers, and each entry is about the query at its index, in national or
/// international form. No two of these queries have the same digits and id, so no entry can belong to another query.
fn all_match_as_national(asked: &[BatchEntry<'_>], answers: &[Entry<'_>]) -> bool {
    answers.iter().zip(asked).all(|(answer, asked)| {
        let (phone, id) = asked.message().key();
        let is_other_form =
            |(told, told_id): EntryKey<'_>| told.french_digits() == phone.french_digits() && told_id == id;
        phone.is_national() && answer.key().is_some_and(is_other_form)
    })
}

/// An entry that has no exact match, or whose query already has an entry.
struct Leftover {
    index: usize,
    /// Whether its number and id are those of a query that already has an entry.
    is_repeated: bool,
}

/// Assigns the entries that have the number and id of a query. Returns the others.
fn exact(
    asked: &[EntryKey<'_>],
    answers: &[Option<EntryKey<'_>>],
    taken: &mut [Option<usize>],
) -> Result<Vec<Leftover>, Error> {
    let mut by_key = table(asked.len())?;
    by_key.extend(asked.iter().enumerate().map(|(index, key)| (key, index)));
    let mut left = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        match answer.as_ref().and_then(|key| by_key.get(key)) {
            Some(&query) if taken[query].is_none() => taken[query] = Some(index),
            query => memory::push(&mut left, Leftover { index, is_repeated: query.is_some() }, MATCHES)?,
        }
    }
    Ok(left)
}

/// Returns an empty hash table with room for this many keys.
fn table<K: Eq + Hash, V>(room: usize) -> Result<HashMap<K, V>, Error> {
    let mut table = HashMap::new();
    table.try_reserve(room).map_err(|_| out_of_memory(MATCHES))?;
    Ok(table)
}

/// The queries and entries of a batch that have the same id and the same French digits ([`Phone::french_digits`]).
#[derive(Default)]
struct French {
    /// The query with the national number.
    national: Option<usize>,
    /// The queries with international numbers.
    international: ZeroOneMany<usize>,
    /// The international numbers of the entries.
    answered: ZeroOneMany<Phone>,
}

/// No value, one, or several different ones.
#[derive(Clone, Copy, Default)]
enum ZeroOneMany<T> {
    #[default]
    None,
    One(T),
    More,
}

impl<T: PartialEq> ZeroOneMany<T> {
    fn add(&mut self, value: T) {
        match self {
            ZeroOneMany::None => *self = ZeroOneMany::One(value),
            ZeroOneMany::One(one) if *one == value => {}
            _ => *self = ZeroOneMany::More,
        }
    }
}

impl French {
    /// Returns the query that an entry with this number belongs to, if there is only one possibility: one side has the
    /// national form, and the other side has only one international number with these digits.
    fn query_for(&self, phone: Phone, is_repeated: bool) -> Option<usize> {
        if phone.is_national() {
            // If the national number itself is among the queries, an entry in that form belongs to it.
            return match (self.national, self.international) {
                (None, ZeroOneMany::One(query)) => Some(query),
                _ => None,
            };
        }
        let ZeroOneMany::One(_) = self.answered else { return None };
        // An entry that comes again may be meant for the query with the international number again.
        self.national.filter(|_| !is_repeated || phone.has_assigned_prefix())
    }
}

/// Assigns the remaining entries whose number is the national or international form of the number of a query. Returns
/// the indices of the entries that belong to no query.
fn national(
    asked: &[EntryKey<'_>],
    answers: &[Option<EntryKey<'_>>],
    left: &[Leftover],
    taken: &mut [Option<usize>],
) -> Result<Vec<usize>, Error> {
    let mut groups = table::<_, French>(asked.len())?;
    for (index, (phone, id)) in asked.iter().enumerate() {
        let Some(digits) = phone.french_digits() else { continue };
        let group = groups.entry((digits, id)).or_default();
        // There are no duplicates in a batch, so there is at most one national number, and no international number
        // twice.
        if phone.is_national() {
            group.national = Some(index);
        } else {
            group.international.add(index);
        }
    }
    for (phone, id) in answers.iter().flatten().filter(|(phone, _)| !phone.is_national()) {
        if let Some(group) = phone.french_digits().and_then(|digits| groups.get_mut(&(digits, id))) {
            group.answered.add(*phone);
        }
    }
    let mut take = |left: &Leftover| {
        let (phone, id) = answers[left.index].as_ref()?;
        let query = groups.get(&(phone.french_digits()?, id))?.query_for(*phone, left.is_repeated)?;
        taken[query].is_none().then(|| taken[query] = Some(left.index))
    };
    let mut unmatched = memory::list(left.len(), MATCHES)?;
    unmatched.extend(left.iter().filter(|left| take(left).is_none()).map(|left| left.index));
    Ok(unmatched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::request::with_asked;
    use crate::wire::response::{RawEntry, Scalar};

    fn answers<'a>(list: &[(&'a str, &'a str)]) -> Entries<'a> {
        let scalar = |text: &'a str| if text.is_empty() { Scalar::Absent } else { Scalar::Text(text.into()) };
        let entry = |(phone, id): &(&'a str, &'a str)| RawEntry {
            phone_number: scalar(phone),
            message_id: scalar(id),
            ..RawEntry::default()
        };
        list.iter().map(entry).collect()
    }

    #[track_caller]
    fn check(queries: &[(&str, &str)], replies: &[(&str, &str)], expected: &[Option<usize>], unmatched: usize) {
        let matches = with_asked(queries, |asked| assign(asked, &answers(replies)).unwrap());
        let indices: Vec<_> = (0..queries.len()).map(|query| matches.answer(query)).collect();
        let answered = expected.iter().flatten().count();
        assert_eq!((&*indices, matches.answered, matches.unmatched.len()), (expected, answered, unmatched));
    }

    const A: &str = "+33612345678";
    const B: &str = "+33699999999";
    const NATIONAL: &str = "0612345678";
    const REUNION: &str = "+262612345678";

    #[test]
    fn order_does_not_matter() {
        check(&[(A, "1"), (B, "1")], &[(B, "1"), (A, "1")], &[Some(1), Some(0)], 0);
    }

    #[test]
    fn number_and_id_must_both_be_the_same() {
        check(&[(A, "1"), (B, "2")], &[(A, "2"), (B, "1")], &[None, None], 2);
        check(&[(NATIONAL, "1")], &[("+34612345678", "1")], &[None], 1);
        check(&[(A, "007")], &[(A, "7")], &[None], 1);
    }

    #[test]
    fn the_first_answer_wins() {
        check(&[(B, "1"), (A, "1")], &[(A, "1"), (A, "1")], &[None, Some(0)], 1);
    }

    #[test]
    fn entries_without_number_or_id_belong_to_nobody() {
        check(&[(A, "1")], &[("", "1"), (A, ""), (A, "1")], &[Some(2)], 2);
    }

    #[test]
    fn national_and_international_are_one_person() {
        check(&[(NATIONAL, "1")], &[(A, "1")], &[Some(0)], 0);
        check(&[(NATIONAL, "1")], &[(REUNION, "1")], &[Some(0)], 0);
        check(&[(A, "1")], &[(NATIONAL, "1")], &[Some(0)], 0);
        check(&[(NATIONAL, "1")], &[(A, "2")], &[None], 1);
    }

    #[test]
    fn exact_matches_come_first() {
        check(&[(NATIONAL, "1"), (A, "1")], &[(A, "1"), (A, "1")], &[Some(1), Some(0)], 0);
        check(&[(NATIONAL, "1"), (A, "1")], &[(A, "1")], &[None, Some(0)], 0);
    }

    #[test]
    fn a_national_answer_is_to_the_national_query() {
        check(&[(NATIONAL, "1"), (REUNION, "1")], &[(NATIONAL, "1"), (NATIONAL, "1")], &[Some(0), None], 1);
    }

    #[test]
    fn what_could_be_two_people_is_nobody() {
        check(&[(NATIONAL, "1")], &[(A, "1"), (REUNION, "1")], &[None], 2);
        check(&[(NATIONAL, "1"), (A, "1")], &[(A, "1"), (REUNION, "1")], &[None, Some(0)], 1);
        check(&[(A, "1"), (REUNION, "1")], &[(NATIONAL, "1")], &[None, None], 1);
        check(&[(A, "1"), (REUNION, "1")], &[(A, "1"), (NATIONAL, "1")], &[Some(0), None], 1);
    }
    #[test]
    fn an_answer_that_came_twice_is_the_national_numbers_only_under_the_prefix_of_its_range() {
        check(&[(NATIONAL, "1"), (REUNION, "1")], &[(REUNION, "1"), (REUNION, "1")], &[None, Some(0)], 1);
        check(&[("0692345678", "1"), ("+262692345678", "1")], &[("+262692345678", "1"); 2], &[Some(1), Some(0)], 0);
        check(&[("0692345678", "1"), ("+33692345678", "1")], &[("+33692345678", "1"); 2], &[None, Some(0)], 1);
        check(&[("0508412345", "1"), ("+508412345", "1")], &[("+508412345", "1"); 2], &[Some(1), Some(0)], 0);
        check(
            &[(NATIONAL, "1"), (REUNION, "1"), ("+590612345678", "1")],
            &[(REUNION, "1"), (REUNION, "1")],
            &[None, Some(0), None],
            1,
        );
    }

    #[test]
    fn national_numbers_alone_are_answered_in_place_or_not() {
        let asked = [(NATIONAL, "1"), (NATIONAL, "2"), ("0692345678", "1")];
        let told = [(A, "1"), (NATIONAL, "2"), ("+262692345678", "1")];
        check(&asked, &told, &[Some(0), Some(1), Some(2)], 0);
        check(&asked, &[told[1], told[0], told[2]], &[Some(1), Some(0), Some(2)], 0);
        check(&asked, &[told[0], told[1], (B, "1")], &[Some(0), Some(1), None], 1);
        check(&asked, &[told[0], (REUNION, "1"), told[2]], &[None, None, Some(2)], 2);
    }

    #[test]
    fn saint_pierre_and_machines_have_a_national_form_too() {
        check(&[("0508412345", "1")], &[("+508412345", "1")], &[Some(0)], 0);
        check(&[("0708123456", "1")], &[("+508708123456", "1")], &[Some(0)], 0);
        check(&[("07001234567890", "1")], &[("+337001234567890", "1")], &[Some(0)], 0);
    }
}

//! Which answer belongs to which query of a batch. Never one recipient's status for another: where an answer could
//! be two people's, it is nobody's.

use std::collections::HashMap;

use crate::hash::Spread;
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::wire::answer::{Entries, Whose};
use crate::wire::request::Asked;

/// The answers of a batch, by query.
#[derive(Debug, PartialEq)]
pub(crate) struct Matches {
    /// For each query the place of its answer; None if each has the one at its own place.
    places: Option<Vec<Option<usize>>>,
    /// How many queries have an answer.
    pub answered: usize,
    /// How many answers belong to no query.
    pub unmatched: usize,
}

impl Matches {
    /// The place of the answer to the query at this place.
    #[inline]
    pub(crate) fn answer(&self, query: usize) -> Option<usize> {
        self.places.as_ref().map_or(Some(query), |places| places[query])
    }
}

/// What is compared; None if it lacks a number or an id, and so is nobody's.
type Key<'a> = Option<(Phone, MessageId<'a>)>;

type Table<K, V> = HashMap<K, V, Spread>;

/// Gives each query its answer: the same number and id first, over the whole batch; then French national numbers.
/// One answer serves one query; the first that matches wins.
pub(crate) fn assign(asked: &[Asked<'_>], answers: &Entries<'_>) -> Matches {
    // As it mostly is.
    if answers.others.is_empty() && answers.list.len() == asked.len() {
        return Matches { places: None, answered: asked.len(), unmatched: 0 };
    }
    let asked: Vec<_> = asked.iter().map(|query| query.message().key()).collect();
    let answers = keys(&asked, answers);
    let mut taken = vec![None; asked.len()];
    let left = exact(&asked, &answers, &mut taken);
    let left = if left.is_empty() { left } else { national(&asked, &answers, &left, &mut taken) };
    Matches { answered: answers.len() - left.len(), unmatched: left.len(), places: Some(taken) }
}

/// Whose the answers are.
fn keys<'a>(asked: &[Key<'a>], answers: &Entries<'a>) -> Vec<Key<'a>> {
    let mut keys = asked.to_vec();
    keys.resize(answers.list.len(), None);
    for Whose { place, phone, id } in &answers.others {
        keys[*place] = phone.zip(id.clone());
    }
    keys
}

/// Takes the answers whose number and id are those of a query; gives back the places of the others.
fn exact(asked: &[Key<'_>], answers: &[Key<'_>], taken: &mut [Option<usize>]) -> Vec<usize> {
    let mut by_key = None;
    let mut left = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        let Some(key) = answer else {
            left.push(place);
            continue;
        };
        // Answers mostly come in the order asked: the query at the same place is looked at first.
        let here = asked.get(place) == Some(answer);
        let query = if here { Some(place) } else { by_key.get_or_insert_with(|| index(asked)).get(key).copied() };
        match query {
            Some(query) if taken[query].is_none() => taken[query] = Some(place),
            _ => left.push(place),
        }
    }
    left
}

fn index<'k, 'a>(asked: &'k [Key<'a>]) -> Table<&'k (Phone, MessageId<'a>), usize> {
    asked.iter().enumerate().filter_map(|(place, key)| Some((key.as_ref()?, place))).collect()
}

/// What the batch holds on one id and the nine digits of a French number.
#[derive(Default)]
struct French {
    /// The query with the national number.
    national: Option<usize>,
    /// The queries with international numbers.
    international: Several<usize>,
    /// The international numbers in the answers.
    answered: Several<Phone>,
}

/// No value, one, or others too.
#[derive(Clone, Copy, Default)]
enum Several<T> {
    #[default]
    None,
    One(T),
    More,
}

impl<T: PartialEq> Several<T> {
    fn add(&mut self, value: T) {
        match self {
            Several::None => *self = Several::One(value),
            Several::One(one) if *one == value => {}
            _ => *self = Several::More,
        }
    }
}

impl French {
    /// The query that an answer with this number belongs to, if it can only be that one's: one side is national, and
    /// the other side holds only one international number with these nine digits.
    fn query_for(&self, phone: Phone) -> Option<usize> {
        match (phone.is_national(), self.national, self.international, self.answered) {
            // Where the national number itself is asked, an answer in that form is to that.
            (true, None, Several::One(query), _) => Some(query),
            (false, Some(query), _, Several::One(_)) => Some(query),
            _ => None,
        }
    }
}

/// Takes the answers left over whose number is the national or international form of a query's.
fn national(asked: &[Key<'_>], answers: &[Key<'_>], left: &[usize], taken: &mut [Option<usize>]) -> Vec<usize> {
    let mut groups = Table::<(u64, &MessageId<'_>), French>::with_capacity_and_hasher(asked.len(), Spread::default());
    for (place, query) in asked.iter().enumerate() {
        let Some((phone, id)) = query else { continue };
        let Some(digits) = phone.french_digits() else { continue };
        let group = groups.entry((digits, id)).or_default();
        // A query given twice is asked once, so there is one national number at the most, and no international twice.
        if phone.is_national() {
            group.national = Some(place);
        } else {
            group.international.add(place);
        }
    }
    for (phone, id) in answers.iter().flatten().filter(|(phone, _)| !phone.is_national()) {
        if let Some(group) = phone.french_digits().and_then(|digits| groups.get_mut(&(digits, id))) {
            group.answered.add(*phone);
        }
    }
    let mut take = |place: usize| {
        let (phone, id) = answers[place].as_ref()?;
        let query = groups.get(&(phone.french_digits()?, id))?.query_for(*phone)?;
        taken[query].is_none().then(|| taken[query] = Some(place))
    };
    left.iter().copied().filter(|&place| take(place).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::answer::{RawEntry, Scalar};
    use crate::wire::request::with_asked;

    fn answers<'a>(list: &[(&'a str, &'a str)]) -> Entries<'a> {
        let scalar = |text: &'a str| if text.is_empty() { Scalar::Absent } else { Scalar::Text(text.into()) };
        let entry = |(phone, id): &(&'a str, &'a str)| RawEntry {
            phone_number: scalar(phone),
            message_id: scalar(id),
            ..RawEntry::default()
        };
        list.iter().map(entry).collect()
    }

    /// Also if what is about the message asked at its place is known to be so.
    #[track_caller]
    fn check(queries: &[(&str, &str)], replies: &[(&str, &str)], expected: &[Option<usize>], unmatched: usize) {
        let mut answers = answers(replies);
        check_read(queries, &answers, expected, unmatched);
        answers.others.retain(|whose| queries.get(whose.place) != Some(&replies[whose.place]));
        check_read(queries, &answers, expected, unmatched);
    }

    #[track_caller]
    fn check_read(queries: &[(&str, &str)], answers: &Entries<'_>, expected: &[Option<usize>], unmatched: usize) {
        let matches = with_asked(queries, |asked| assign(asked, answers));
        let places: Vec<_> = (0..queries.len()).map(|query| matches.answer(query)).collect();
        let answered = expected.iter().flatten().count();
        assert_eq!((&*places, matches.answered, matches.unmatched), (expected, answered, unmatched));
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
}

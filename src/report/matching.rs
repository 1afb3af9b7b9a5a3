//! Which answer belongs to which query of a batch. Never one recipient's status for another: where an answer could
//! be two people's, it is nobody's.

use std::hash::Hash;

use hashbrown::HashMap;

use crate::error::{Error, out_of_memory};
use crate::memory;
use crate::phone::Phone;
use crate::wire::request::{Asked, Key};
use crate::wire::response::{Entries, Entry};

/// What memory is asked for here.
const MATCHES: &str = "what belongs to which query";

/// The answers of a batch, by query.
#[derive(Debug, PartialEq)]
pub(crate) struct Matches {
    /// For each query the place of its answer; None if each has the one at its own place.
    places: Option<Vec<Option<usize>>>,
    /// How many queries have an answer.
    pub answered: usize,
    /// The places of the answers that belong to no query.
    pub unmatched: Vec<usize>,
}

impl Matches {
    /// The place of the answer to the query at this place.
    #[inline]
    pub(crate) fn answer(&self, query: usize) -> Option<usize> {
        self.places.as_ref().map_or(Some(query), |places| places[query])
    }
}

/// Gives each query its answer: the same number and id first, over the whole batch; then French national numbers.
/// One answer serves one query; the first that matches wins.
pub(crate) fn assign(asked: &[Asked<'_>], answers: &Entries<'_>) -> Result<Matches, Error> {
    let answers = &answers.list;
    if asked.len() == answers.len() && (are_as_asked(asked, answers) || are_of_national_numbers(asked, answers)) {
        return Ok(Matches { places: None, answered: asked.len(), unmatched: Vec::new() });
    }
    let asked = memory::collect(asked.iter().map(|query| query.message().key()), MATCHES)?;
    let answers = memory::collect(answers.iter().map(Entry::key), MATCHES)?;
    let mut taken = memory::collect(asked.iter().map(|_| None), MATCHES)?;
    let left = exact(&asked, &answers, &mut taken)?;
    let unmatched = if left.is_empty() { Vec::new() } else { national(&asked, &answers, &left, &mut taken)? };
    Ok(Matches { answered: answers.len() - unmatched.len(), unmatched, places: Some(taken) })
}

/// Whether each answer is about the message asked at its place, as mostly.
fn are_as_asked(asked: &[Asked<'_>], answers: &[Entry<'_>]) -> bool {
    answers.iter().zip(asked).all(|(answer, asked)| answer.is_about(asked.message()))
}

/// Whether only national numbers are asked, and each answer is about the one at its place, in either form. No two of these
/// queries have the same digits and id, so an answer can be no other's.
fn are_of_national_numbers(asked: &[Asked<'_>], answers: &[Entry<'_>]) -> bool {
    answers.iter().zip(asked).all(|(answer, asked)| {
        let (phone, id) = asked.message().key();
        let is_other_form = |(told, told_id): Key<'_>| told.french_digits() == phone.french_digits() && told_id == id;
        phone.is_national() && answer.key().is_some_and(is_other_form)
    })
}

/// An answer that is left over.
struct Left {
    place: usize,
    /// Whether its number and id are asked, and had an answer before.
    came_again: bool,
}

/// Takes the answers whose number and id are those of a query; gives back the others.
fn exact(asked: &[Key<'_>], answers: &[Option<Key<'_>>], taken: &mut [Option<usize>]) -> Result<Vec<Left>, Error> {
    let mut by_key = table(asked.len())?;
    by_key.extend(asked.iter().enumerate().map(|(place, key)| (key, place)));
    let mut left = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        match answer.as_ref().and_then(|key| by_key.get(key)) {
            Some(&query) if taken[query].is_none() => taken[query] = Some(place),
            query => memory::push(&mut left, Left { place, came_again: query.is_some() }, MATCHES)?,
        }
    }
    Ok(left)
}

/// An empty table with room for so many keys.
fn table<K: Eq + Hash, V>(room: usize) -> Result<HashMap<K, V>, Error> {
    let mut table = HashMap::new();
    table.try_reserve(room).map_err(|_| out_of_memory(MATCHES))?;
    Ok(table)
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
    /// the other side holds only one international number with these digits.
    fn query_for(&self, phone: Phone, came_again: bool) -> Option<usize> {
        if phone.is_national() {
            // Where the national number itself is asked, an answer in that form is to that.
            return match (self.national, self.international) {
                (None, Several::One(query)) => Some(query),
                _ => None,
            };
        }
        let Several::One(_) = self.answered else { return None };
        // One that came again may be meant for the international number again.
        self.national.filter(|_| !came_again || phone.has_prefix_of_its_range())
    }
}

/// Takes the answers left over whose number is the national or international form of a query's.
fn national(
    asked: &[Key<'_>],
    answers: &[Option<Key<'_>>],
    left: &[Left],
    taken: &mut [Option<usize>],
) -> Result<Vec<usize>, Error> {
    let mut groups = table::<_, French>(asked.len())?;
    for (place, (phone, id)) in asked.iter().enumerate() {
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
    let mut take = |left: &Left| {
        let (phone, id) = answers[left.place].as_ref()?;
        let query = groups.get(&(phone.french_digits()?, id))?.query_for(*phone, left.came_again)?;
        taken[query].is_none().then(|| taken[query] = Some(left.place))
    };
    let mut unmatched = memory::list(left.len(), MATCHES)?;
    unmatched.extend(left.iter().filter(|left| take(left).is_none()).map(|left| left.place));
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
        let places: Vec<_> = (0..queries.len()).map(|query| matches.answer(query)).collect();
        let answered = expected.iter().flatten().count();
        assert_eq!((&*places, matches.answered, matches.unmatched.len()), (expected, answered, unmatched));
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

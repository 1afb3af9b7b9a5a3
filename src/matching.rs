//! Which answer belongs to which query of a batch. Never one recipient's status for another: where an answer could
//! be two people's, it is nobody's.

use std::collections::HashMap;

use crate::hash::Spread;
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::report::Asked;
use crate::wire::answer::Entry;

/// The answers of a batch, by query.
#[derive(Debug, PartialEq)]
pub(crate) struct Matches {
    /// For each query the place of its answer.
    pub answers: Vec<Option<usize>>,
    /// How many answers belong to no query.
    pub unmatched: usize,
}

type Key<'a> = (Phone, &'a MessageId<'a>);

type Table<K, V> = HashMap<K, V, Spread>;

/// Gives each query its answer: the same number and id first, over the whole batch; then French national numbers.
/// One answer serves one query; the first that matches wins.
pub(crate) fn assign<'a>(asked: &'a [Asked<'a>], answers: &'a [Entry<'a>]) -> Matches {
    let mut matches = Matches { answers: vec![None; asked.len()], unmatched: 0 };
    let left = exact(asked, answers, &mut matches.answers);
    let left = if left.is_empty() { left } else { national(asked, answers, &left, &mut matches.answers) };
    matches.unmatched = left.len();
    matches
}

/// Takes the answers whose number and id are those of a query; gives back the places of the others.
fn exact<'a>(asked: &'a [Asked<'a>], answers: &'a [Entry<'a>], taken: &mut [Option<usize>]) -> Vec<usize> {
    let mut by_key: Option<Table<Key<'a>, usize>> = None;
    let mut left = Vec::new();
    for (place, answer) in answers.iter().enumerate() {
        let Some(key) = key(answer) else {
            left.push(place);
            continue;
        };
        // Answers mostly come in the order asked: the query at the same place is only looked at first.
        let here = asked.get(place).is_some_and(|query| (query.phone, &query.id) == key);
        let query = if here { Some(place) } else { by_key.get_or_insert_with(|| index(asked)).get(&key).copied() };
        match query {
            Some(query) if taken[query].is_none() => taken[query] = Some(place),
            _ => left.push(place),
        }
    }
    left
}

fn key<'a>(answer: &'a Entry<'a>) -> Option<Key<'a>> {
    Some((answer.phone?, answer.id.as_ref()?))
}

fn index<'a>(asked: &'a [Asked<'a>]) -> Table<Key<'a>, usize> {
    asked.iter().enumerate().map(|(place, query)| ((query.phone, &query.id), place)).collect()
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
fn national<'a>(
    asked: &'a [Asked<'a>],
    answers: &'a [Entry<'a>],
    left: &[usize],
    taken: &mut [Option<usize>],
) -> Vec<usize> {
    let mut groups = Table::<(u64, &MessageId<'a>), French>::with_capacity_and_hasher(asked.len(), Spread::default());
    for (place, query) in asked.iter().enumerate() {
        let Some(digits) = query.phone.french_digits() else { continue };
        let group = groups.entry((digits, &query.id)).or_default();
        // A query given twice is asked once, so there is one national number at the most, and no international twice.
        if query.phone.is_national() {
            group.national = Some(place);
        } else {
            group.international.add(place);
        }
    }
    for (phone, id) in answers.iter().filter_map(key).filter(|(phone, _)| !phone.is_national()) {
        if let Some(group) = phone.french_digits().and_then(|digits| groups.get_mut(&(digits, id))) {
            group.answered.add(phone);
        }
    }
    let mut take = |place: usize| {
        let (phone, id) = key(&answers[place])?;
        let query = groups.get(&(phone.french_digits()?, id))?.query_for(phone)?;
        taken[query].is_none().then(|| taken[query] = Some(place))
    };
    left.iter().copied().filter(|&place| take(place).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::answer::RawEntry;

    fn asked<'a>(list: &[(&str, &'a str)]) -> Vec<Asked<'a>> {
        let read = |(row, (phone, id)): (usize, &(&str, &'a str))| Asked {
            row,
            phone: Phone::parse(phone).unwrap(),
            id: MessageId::parse(id).unwrap(),
        };
        list.iter().enumerate().map(read).collect()
    }

    fn answers<'a>(list: &[(&str, &'a str)]) -> Vec<Entry<'a>> {
        let entry = |(phone, id): &(&str, &'a str)| Entry {
            phone: Phone::parse(phone),
            id: MessageId::parse(id),
            ..Entry::from(RawEntry::default())
        };
        list.iter().map(entry).collect()
    }

    #[track_caller]
    fn check(queries: &[(&str, &str)], replies: &[(&str, &str)], expected: &[Option<usize>], unmatched: usize) {
        let matches = assign(&asked(queries), &answers(replies));
        assert_eq!(matches, Matches { answers: expected.to_vec(), unmatched });
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

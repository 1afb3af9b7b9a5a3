//! When a fault happens.

use std::ops::RangeInclusive;

use super::parameters::{Pairs, Parameter, number};
use crate::dice::Dice;
use crate::request::Query;

/// The conditions that any rule can have.
pub(super) const CONDITIONS: &[Parameter] = &[
    Parameter {
        name: "requests",
        default: "1-",
        doc: "the requests by their numbers, counted from 1: a list of numbers and ranges such as `1,4-6,10-`",
    },
    Parameter { name: "every", default: "1", doc: "every Nth request: those whose number is a multiple of N" },
    Parameter {
        name: "share",
        default: "1",
        doc: "a share from 0 to 1 of the requests, picked at random; the same for the same seed and number",
    },
    Parameter {
        name: "ids",
        default: "*",
        doc: "requests that ask for a message id of this pattern: `*` is any text, `?` any character",
    },
];

/// All of these must hold.
pub(super) struct When {
    numbers: Vec<RangeInclusive<usize>>,
    every: usize,
    share: f64,
    ids: Option<String>,
}

impl When {
    pub(super) fn take(pairs: &mut Pairs) -> Result<Self, String> {
        let given = pairs.take("ids");
        let values = pairs.values(CONDITIONS);
        Ok(Self {
            numbers: values.text("requests").split(',').map(range).collect::<Result<_, _>>()?,
            every: values.number("every", 1..)?,
            share: values.number("share", 0.0..=1.0)?,
            ids: given,
        })
    }

    /// Whether it depends on what is asked.
    pub(super) fn looks_at_ids(&self) -> bool {
        self.ids.is_some()
    }

    /// Whether it holds for the request of this number, which asks for these messages.
    pub(super) fn holds(&self, number: usize, asked: &[Query], dice: &mut Dice) -> bool {
        let picked = self.share >= 1.0 || (dice.throw(1 << 53) as f64) < self.share * (1u64 << 53) as f64;
        let pattern = self.ids.as_deref();
        picked
            && number % self.every == 0
            && self.numbers.iter().any(|range| range.contains(&number))
            && pattern.is_none_or(|pattern| asked.iter().any(|query| is_like(&query.message_id, pattern)))
    }
}

fn range(text: &str) -> Result<RangeInclusive<usize>, String> {
    let bound = |bound: &str| number("requests", bound.trim(), 1..);
    match text.split_once('-') {
        None => bound(text).map(|only| only..=only),
        Some((first, "")) => Ok(bound(first)?..=usize::MAX),
        Some((first, last)) => Ok(bound(first)?..=bound(last)?),
    }
}

/// Whether a text has a pattern's form.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = characters.as_str();
            let mut starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
            starts.any(|start| is_like(&text[start..], rest))
        }
        Some(first) => {
            let mut left = text.chars();
            left.next().is_some_and(|character| first == '?' || first == character)
                && is_like(left.as_str(), characters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(pairs: &[(&str, &str)]) -> Result<When, String> {
        let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        When::take(&mut Pairs::new(pairs.collect()))
    }

    fn numbers(pairs: &[(&str, &str)]) -> Vec<usize> {
        let when = when(pairs).unwrap();
        let dice = |number: usize| Dice::new(1, "rule", &number.to_string());
        (1..=12).filter(|&number| when.holds(number, &[], &mut dice(number))).collect()
    }

    #[test]
    fn numbers_are_lists_and_ranges() {
        assert_eq!(numbers(&[]).len(), 12);
        assert_eq!(numbers(&[("requests", "1, 4-6,11-")]), [1, 4, 5, 6, 11, 12]);
        assert_eq!(numbers(&[("every", "5")]), [5, 10]);
        assert_eq!(numbers(&[("every", "5"), ("requests", "6-")]), [10]);
    }

    #[test]
    fn a_share_is_about_that_and_always_the_same() {
        assert_eq!(numbers(&[("share", "0")]), [0; 0]);
        assert_eq!(numbers(&[("share", "0.5")]), numbers(&[("share", "0.5")]));
        let when = when(&[("share", "0.3")]).unwrap();
        let held = (0..10_000).filter(|number| when.holds(1, &[], &mut Dice::new(1, "rule", &number.to_string())));
        assert!((2_700..3_300).contains(&held.count()));
    }

    #[test]
    fn ids_have_patterns() {
        for (text, pattern, like) in [
            ("77", "77", true),
            ("77", "7", false),
            ("", "*", true),
            ("7712", "77*", true),
            ("1177", "77*", false),
            ("msg-7-é", "msg-*-?", true),
            ("msg-7-", "msg-*-?", false),
            ("abcabc", "*bc", true),
        ] {
            assert_eq!(is_like(text, pattern), like, "{text} {pattern}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value) in [
            ("requests", "0"),
            ("requests", "x"),
            ("requests", "1-x"),
            ("requests", ""),
            ("every", "0"),
            ("share", "1.5"),
            ("share", "NaN"),
        ] {
            let error = when(&[(name, value)]).err().unwrap();
            assert!(error.starts_with(&format!("{name}=")), "{error}");
        }
    }
}

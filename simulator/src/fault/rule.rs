//! A rule: a fault, and when it happens.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::effect::Effect;
use super::kinds::{Kind, fault_kinds};
use super::parameters::Pairs;
use super::when::When;
use crate::dice::Dice;
use crate::request::Query;

/// A fault and when it happens, as text: `cut at=200 requests=1,3`. [`fault_kinds`] lists what can be said.
///
/// ```
/// use smsp_simulator::{Rule, Simulator};
///
/// let rule: Rule = "status code=503 share=0.1".parse().unwrap();
/// let simulator = Simulator::builder().fault(rule).start()?;
/// # std::io::Result::Ok(())
/// ```
pub struct Rule {
    pub(crate) kind: &'static Kind,
    pub(crate) effect: Effect,
    when: When,
}

impl Rule {
    /// The rules of a JSON list of objects: `[{"fault": "cut", "at": 200, "requests": "1,3"}]`.
    ///
    /// # Errors
    /// What is wrong, and in which rule, counted from 1.
    pub fn from_json(text: &str) -> Result<Vec<Self>, String> {
        let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let rule = |(place, object)| Self::from_object(object).map_err(|error| format!("rule {}: {error}", place + 1));
        list.into_iter().enumerate().map(rule).collect()
    }

    fn from_object(object: Map<String, Value>) -> Result<Self, String> {
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            other => Err(format!("{name}: expected a number or a text, found {other}")),
        };
        let mut pairs = Pairs::new(object.into_iter().map(text).collect::<Result<_, _>>()?);
        let fault = pairs.take("fault").ok_or("no \"fault\" in it")?;
        Self::new(&fault, pairs)
    }

    fn new(fault: &str, mut pairs: Pairs) -> Result<Self, String> {
        let kind = fault_kinds().iter().find(|kind| kind.name == fault);
        let kind = kind.ok_or_else(|| {
            let names: Vec<_> = fault_kinds().iter().map(|kind| kind.name).collect();
            format!("{fault}: not one of {}", names.join(", "))
        })?;
        let effect = (kind.make)(&pairs.values(kind.parameters));
        let when = When::take(&mut pairs);
        let rule = effect.and_then(|effect| Ok(Self { kind, effect, when: when? })).and_then(|rule| {
            pairs.end()?;
            rule.check()
        });
        rule.map_err(|error| format!("{fault}: {error}"))
    }

    fn check(self) -> Result<Self, String> {
        match self.effect {
            Effect::Handshake(_) | Effect::ResetUnread if self.when.looks_at_ids() => {
                Err("ids: it happens before a request is read".to_owned())
            }
            _ => Ok(self),
        }
    }

    /// The dice of this rule, which is the `place`th, for a request, if it holds for that.
    pub(crate) fn dice(&self, seed: u64, place: usize, number: usize, asked: &[Query]) -> Option<Dice> {
        let mut dice = Dice::new(seed, &format!("{} {place}", self.kind.name), &number.to_string());
        self.when.holds(number, asked, &mut dice).then_some(dice)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let fault = words.next().ok_or("expected the name of a fault, found nothing")?;
        let pair = |word: &str| match word.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(format!("{fault}: expected name=value, found {word:?}")),
        };
        let pairs = words.map(pair).collect::<Result<_, _>>()?;
        Self::new(fault, Pairs::new(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("", "expected the name of a fault"),
            ("flood", "flood: not one of latency, "),
            ("cut at", "cut: expected name=value, found \"at\""),
            ("cut at=x", "cut: at=x: invalid digit"),
            ("cut in=1", "cut: in: not a parameter of this fault"),
            ("cut at=1 at=2", "cut: at: not a parameter of this fault, or given twice"),
            ("status code=99", "status: code=99: out of range"),
            ("drift to=x", "drift: to=x: not one of texts, numbers, nulls, object"),
            ("too-many-requests retry-after=soon", "too-many-requests: retry-after=soon: invalid digit"),
            ("reset-before ids=7*", "reset-before: ids: it happens before a request is read"),
            ("slow-handshake ids=7*", "slow-handshake: ids: it happens before"),
            ("cut share=2", "cut: share=2: out of range"),
        ] {
            let error = text.parse::<Rule>().err().unwrap();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn json_says_the_same_as_text() {
        let rules = Rule::from_json(r#"[{"fault": "cut", "at": 7, "requests": 2}, {"fault": "gzip"}]"#).unwrap();
        let names: Vec<_> = rules.iter().map(|rule| rule.kind.name).collect();
        assert_eq!(names, ["cut", "gzip"]);
        assert!(rules[0].dice(0, 0, 2, &[]).is_some() && rules[0].dice(0, 0, 1, &[]).is_none());
        for (json, message) in [
            ("[", "EOF"),
            ("[7]", "invalid type"),
            (r#"[{"fault": "cut"}, {"at": 1}]"#, "rule 2: no \"fault\" in it"),
            (r#"[{"fault": "cut", "at": []}]"#, "rule 1: at: expected a number or a text, found []"),
            (r#"[{"fault": "cut", "at": -1}]"#, "rule 1: cut: at=-1: invalid digit"),
        ] {
            let error = Rule::from_json(json).err().unwrap();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn every_example_is_a_rule_of_its_kind() {
        for kind in fault_kinds() {
            let rule: Rule = kind.example.parse().unwrap();
            assert_eq!(rule.kind.name, kind.name);
        }
    }
}

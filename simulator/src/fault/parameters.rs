//! What can be said of a fault: names and values.

use std::fmt::Display;
use std::ops::RangeBounds;
use std::str::FromStr;
use std::time::Duration;

/// Something that can be said of a fault.
#[derive(Debug)]
pub struct Parameter {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
}

impl Parameter {
    /// Its name, as in `name=value`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its value where none is given.
    pub fn default(&self) -> &'static str {
        self.default
    }

    /// What it sets, in which unit.
    pub fn doc(&self) -> &'static str {
        self.doc
    }
}

/// What a rule gives, as pairs of name and value; each is taken once.
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    /// The values of all parameters of a fault, the defaults where the rule says nothing.
    pub(super) fn values(&mut self, parameters: &'static [Parameter]) -> Values {
        let mut value = |parameter: &Parameter| self.take(parameter.name).unwrap_or(parameter.default.to_owned());
        Values(parameters.iter().map(|parameter| (parameter.name, value(parameter))).collect())
    }

    /// What nobody has taken is unknown, or there twice.
    pub(super) fn end(self) -> Result<(), String> {
        match self.0.into_iter().next() {
            Some((name, _)) => Err(format!("{name}: not a parameter of this fault, or given twice")),
            None => Ok(()),
        }
    }
}

/// The values of a fault's parameters.
pub(super) struct Values(Vec<(&'static str, String)>);

impl Values {
    /// The text of a parameter, which the fault has.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn number<T>(&self, name: &str, range: impl RangeBounds<T>) -> Result<T, String>
    where
        T: FromStr<Err: Display> + PartialOrd,
    {
        number(name, self.text(name), range)
    }

    pub(super) fn milliseconds(&self, name: &str) -> Result<Duration, String> {
        self.number(name, ..).map(Duration::from_millis)
    }
}

/// A number of a range, or an error that names the parameter.
pub(super) fn number<T>(name: &str, text: &str, range: impl RangeBounds<T>) -> Result<T, String>
where
    T: FromStr<Err: Display> + PartialOrd,
{
    let number = text.parse::<T>().map_err(|error| format!("{name}={text}: {error}"))?;
    if range.contains(&number) { Ok(number) } else { Err(format!("{name}={text}: out of range")) }
}

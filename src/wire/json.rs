//! Reading JSON answers into the fields of `answer`, without a copy of what is not escaped.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::answer::{Detail, MAX_ENTRIES, RawAnswer, RawEntry, Scalar, Unreadable};

/// Reads a whole JSON answer.
pub(super) fn read(text: &str) -> Result<RawAnswer<'_>, Unreadable> {
    let mut json = serde_json::Deserializer::from_str(text);
    let answer = json.deserialize_map(AnswerVisitor).and_then(|answer| json.end().map(|()| answer));
    answer.map_err(|error| Unreadable { offset: offset(text, &error), reason: reason(&error) })
}

/// serde_json counts lines and columns; a caller who looks at bytes wants an offset.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // The column is counted from 1, and at the end it is that of the last byte.
    let column = if error.is_eof() { text.len() } else { line_start + error.column().saturating_sub(1) };
    column.min(text.len())
}

/// What was expected and what was found, as far as serde_json says.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match text.strip_prefix("EOF while parsing ") {
        Some(what) => format!("expected the rest of {what}, found the end"),
        None if text == "trailing characters" => "expected the end, found more".to_owned(),
        None if text.contains("found") => text.to_owned(),
        None if text.starts_with("expected") => format!("{text}, found something else"),
        None => format!("expected JSON, found something else: {text}"),
    }
}

/// Up to here a number with a fraction point or an exponent is exactly the integer that it looks like.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

struct AnswerVisitor;

impl<'b> Visitor<'b> for AnswerVisitor {
    type Value = RawAnswer<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut answer = RawAnswer::default();
        while let Some(Key(key)) = map.next_key()? {
            match key.as_ref() {
                "success" => put(&mut answer.success, map.next_value()?),
                "code" => put(&mut answer.code, map.next_value()?),
                "message" => put(&mut answer.message, map.next_value()?),
                "StatutResponse_List" => answer.entries = map.next_value::<List<_>>()?.0.or(answer.entries),
                "error" => answer.details = map.next_value::<List<_>>()?.0.unwrap_or(answer.details),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(answer)
    }
}

/// A list, or an object whose values are one: PHP writes a list so when an index is missing. None for anything else.
struct List<T>(Option<Vec<T>>);

impl<'b, T: Deserialize<'b>> Deserialize<'b> for List<T> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        beginning_with(b"[{", deserializer, ListVisitor(PhantomData)).map(List)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'b, T: Deserialize<'b>> Visitor<'b> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            add(&mut items, item)?;
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some((_, item)) = map.next_entry::<IgnoredAny, T>()? {
            add(&mut items, item)?;
        }
        Ok(items)
    }
}

fn add<T, E: Error>(items: &mut Vec<T>, item: T) -> Result<(), E> {
    if items.len() == MAX_ENTRIES {
        return Err(E::custom(format!("expected at most {MAX_ENTRIES} entries, found more")));
    }
    items.push(item);
    Ok(())
}

impl<'b> Deserialize<'b> for RawEntry<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        beginning_with(b"{", deserializer, Fields(RawEntry::default(), RawEntry::field)).map(Option::unwrap_or_default)
    }
}

impl<'b> Deserialize<'b> for Detail<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        beginning_with(b"{", deserializer, Fields(Detail::default(), Detail::field)).map(Option::unwrap_or_default)
    }
}

/// Reads a value that begins with one of these characters; None for any other, of which no number is too large.
fn beginning_with<'b, D: Deserializer<'b>, V: Visitor<'b>>(
    start: &[u8],
    deserializer: D,
    visitor: V,
) -> Result<Option<V::Value>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    let begins = text.bytes().next().is_some_and(|first| start.contains(&first));
    let read = begins.then(|| serde_json::Deserializer::from_str(text).deserialize_any(visitor));
    read.transpose().map_err(|error| D::Error::custom(reason(&error)))
}

/// Fills the fields of an object by name and ignores others. The second is how a field is found.
struct Fields<T, F>(T, F);

impl<'b, T, F> Visitor<'b> for Fields<T, F>
where
    F: for<'t> Fn(&'t mut T, &str) -> Option<&'t mut Scalar<'b>>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match (self.1)(&mut self.0, &key) {
                Some(field) => put(field, map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self.0)
    }
}

/// Fills a field. Where it comes twice, an empty one does not hide the other.
fn put<'b>(field: &mut Scalar<'b>, value: Scalar<'b>) {
    if *field == Scalar::Absent || !value.is_empty() {
        *field = value;
    }
}

/// The fields of an entry as they stand in its text.
pub(super) struct Values<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'b> Values<'b> {
    /// The entry with these fields.
    pub(super) fn entry(&self) -> Result<RawEntry<'b>, serde_json::Error> {
        let mut entry = RawEntry::default();
        for (name, value) in &self.0 {
            if let Some(field) = entry.field(name) {
                put(field, scalar(value.get())?);
            }
        }
        Ok(entry)
    }

    /// The text of the field of this name, of which the last counts.
    pub(super) fn text(&self, name: &str) -> Option<&'b str> {
        self.0.iter().rfind(|(given, _)| given == name).map(|(_, value)| value.get())
    }

    /// Whether all fields have the names that are documented.
    pub(super) fn are_documented(&self) -> bool {
        self.0.iter().all(|(name, _)| RawEntry::FIELDS.contains(&&**name))
    }
}

impl<'b> Deserialize<'b> for Values<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;
        impl<'b> Visitor<'b> for ValuesVisitor {
            type Value = Values<'b>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::with_capacity(RawEntry::FIELDS.len());
                while let Some((Key(key), value)) = map.next_entry()? {
                    values.push((key, value));
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(ValuesVisitor)
    }
}

/// A key, copied only where it is escaped.
struct Key<'b>(Cow<'b, str>);

impl<'b> Deserialize<'b> for Key<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'b> Visitor<'b> for KeyVisitor {
            type Value = Key<'b>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'b str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'b> Deserialize<'b> for Scalar<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        // The text of a value first: no number is too large for it, and no nesting too deep.
        scalar(<&RawValue>::deserialize(deserializer)?.get()).map_err(|error| D::Error::custom(reason(&error)))
    }
}

/// The value that stands in JSON as this text.
fn scalar(text: &str) -> Result<Scalar<'_>, serde_json::Error> {
    Ok(match text.as_bytes().first() {
        Some(b'"') => Scalar::Text(serde_json::from_str::<Key<'_>>(text)?.0),
        Some(b't') => Scalar::Bool(true),
        Some(b'f') => Scalar::Bool(false),
        Some(b'-' | b'0'..=b'9') => number(text),
        Some(b'{' | b'[') => Scalar::Other,
        _ => Scalar::Absent,
    })
}

/// An integer also where it is written with a fraction point or an exponent.
fn number(text: &str) -> Scalar<'_> {
    if let Ok(integer) = text.parse() {
        return Scalar::Integer(integer);
    }
    let whole = text.parse::<f64>().ok().filter(|value| value.fract() == 0.0 && value.abs() < LARGEST_EXACT);
    whole.map_or(Scalar::Number(text), |value| Scalar::Integer(value as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALARS: [&str; 7] = ["null", "true", "7", "-7", "1.5", "\"text\"", "1e400"];

    #[test]
    fn a_scalar_in_place_of_a_list_is_no_list() {
        for scalar in SCALARS {
            let text = format!(r#"{{"success":true,"StatutResponse_List":{scalar},"error":{scalar}}}"#);
            let answer = read(&text).unwrap();
            assert!(answer.entries.is_none() && answer.details.is_empty(), "{scalar}");
            assert_eq!(answer.success, Scalar::Bool(true));
        }
    }

    #[test]
    fn a_scalar_or_a_list_in_place_of_an_entry_is_an_entry_of_nobody() {
        for entry in SCALARS.iter().chain(&["[]", "[1,[2]]", "{}"]) {
            let text = format!(r#"{{"StatutResponse_List":[{entry}],"error":[{entry}]}}"#);
            let answer = read(&text).unwrap();
            assert_eq!(answer.entries.unwrap(), [RawEntry::default()], "{entry}");
            assert_eq!(answer.details.len(), 1);
            assert_eq!(answer.details[0].element, Scalar::Absent);
        }
    }

    #[test]
    fn what_is_empty_is_as_if_it_were_not_there() {
        for empty in ["null", "7", "\"\""] {
            let text = format!(
                r#"{{"success":false,"code":4,"message":"m","StatutResponse_List":[{{}}],"error":[{{}}],
                "success":null,"code":"","message":null,"StatutResponse_List":{empty},"error":{empty}}}"#
            );
            let answer = read(&text).unwrap();
            assert_eq!((answer.success, answer.code), (Scalar::Bool(false), Scalar::Integer(4)));
            assert_eq!(answer.message, Scalar::Text("m".into()));
            assert_eq!((answer.entries.unwrap().len(), answer.details.len()), (1, 1));
        }
    }

    #[test]
    fn a_number_with_a_fraction_point_is_an_integer_as_long_as_it_is_exact() {
        for (text, integer) in [("1.0", 1), ("-2e3", -2000), ("9007199254740991.0", 9_007_199_254_740_991)] {
            assert_eq!(number(text), Scalar::Integer(integer));
        }
        for text in ["1.5", "9007199254740992.0", "1e300", "18446744073709551616"] {
            assert_eq!(number(text), Scalar::Number(text));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, reason, offset) in [
            (r#"{"success":true"#, "expected the rest of an object, found the end", 15),
            ("{\"a\":1}\n  x", "expected the end, found more", 10),
            ("{\n\"a\":tru}", "expected ident", 9),
            (r#"{"a" 1}"#, "expected `:`, found something else", 5),
            (r#"{"StatutResponse_List":[1,]}"#, "expected value, found something else", 26),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.reason.starts_with(reason), "{text}: {}", error.reason);
            assert_eq!(error.offset, offset, "{text}");
        }
    }
}

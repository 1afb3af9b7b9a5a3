//! Parses JSON answers into the fields of `response`. It copies only texts that have escapes or are too long.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use memchr::{memchr, memchr2_iter};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::response::{AN_ANSWER, Detail, MAX_ENTRIES, RawAnswer, RawEntry, Scalar, Unreadable};
use crate::bounded::{Bounded, bounded};
use crate::memory;

/// Parses a whole JSON answer.
pub(super) fn read(text: &str) -> Result<RawAnswer<'_>, Unreadable> {
    if let Some(offset) = too_deep(text) {
        return Err(Unreadable::new(format!("expected at most {MAX_LEVELS} levels, found more"), offset));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let answer = json.deserialize_map(AnswerVisitor).and_then(|answer| json.end().map(|()| answer));
    answer.map_err(|error| Unreadable::new(reason(&error), offset(text, &error)))
}

/// The most levels of lists and objects. serde_json allocates a byte for each level, and this allocation cannot report
/// that memory is short.
const MAX_LEVELS: usize = 50_000;

/// Returns the offset of the bracket that opens one level too many, if there is one.
fn too_deep(text: &str) -> Option<usize> {
    // Usually there are fewer brackets in all.
    memchr2_iter(b'[', b'{', text.as_bytes()).nth(MAX_LEVELS)?;
    let (mut depth, mut is_text, mut is_escaped) = (0usize, false, false);
    text.bytes().position(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_LEVELS
    })
}

/// Converts the position of a serde_json error, which is a line and a column, to an offset in bytes.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // Columns count from 1. At the end of the text, the column is that of the last byte.
    let column = if error.is_eof() { text.len() } else { line_start + error.column().saturating_sub(1) };
    column.min(text.len())
}

/// Returns what was expected and what was found, as far as serde_json says.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&position).unwrap_or(&text);
    match text.strip_prefix("EOF while parsing ") {
        Some(what) => format!("expected the rest of {what}, found the end"),
        None if text == "trailing characters" => "expected the end, found more".to_owned(),
        None if text.contains("found") => text.to_owned(),
        None if text.starts_with("expected") => format!("{text}, found something else"),
        None => format!("expected JSON, found something else: {text}"),
    }
}

/// Below this limit, a number with a decimal point or an exponent is exactly the integer that it looks like.
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
                "StatutResponse_List" => {
                    let entries = map.next_value::<List<_>>()?.of(&mut answer.lacks_memory);
                    answer.entries = entries.or(answer.entries);
                }
                "error" => {
                    let details = map.next_value::<List<_>>()?.of(&mut answer.lacks_memory);
                    answer.details = details.unwrap_or(answer.details);
                }
                _ => drop(map.next_value::<&RawValue>()?),
            }
        }
        Ok(answer)
    }
}

/// A list, or an object whose values are the items: PHP writes a list in this way if an index is missing.
enum List<T> {
    Items(Vec<T>),
    None,
    NoMemory,
}

impl<T> List<T> {
    /// Returns the items if there is a list. Sets `lacks_memory` if there was not enough memory for them.
    fn of(self, lacks_memory: &mut bool) -> Option<Vec<T>> {
        match self {
            List::Items(items) => return Some(items),
            List::None => {}
            List::NoMemory => *lacks_memory = true,
        }
        None
    }
}

impl<'b, T: Deserialize<'b>> Deserialize<'b> for List<T> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        // Takes the raw text first: serde_json would copy a string in this place.
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let mut json = serde_json::Deserializer::from_str(text);
        let mut lacks_memory = false;
        let visitor = ListVisitor(&mut lacks_memory, PhantomData);
        let items = match text.as_bytes().first() {
            Some(b'[') => json.deserialize_seq(visitor),
            Some(b'{') => json.deserialize_map(visitor),
            _ => return Ok(List::None),
        };
        match items {
            Err(_) if lacks_memory => Ok(List::NoMemory),
            items => items.map(List::Items).map_err(|error| D::Error::custom(reason(&error))),
        }
    }
}

/// The first field is set if there is not enough memory.
struct ListVisitor<'m, T>(&'m mut bool, PhantomData<T>);

impl<'b, T: Deserialize<'b>> Visitor<'b> for ListVisitor<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'b>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            self.add(&mut items, item)?;
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'b>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some((_, item)) = map.next_entry::<&RawValue, T>()? {
            self.add(&mut items, item)?;
        }
        Ok(items)
    }
}

impl<T> ListVisitor<'_, T> {
    fn add<E: Error>(&mut self, items: &mut Vec<T>, item: T) -> Result<(), E> {
        if items.len() == MAX_ENTRIES {
            return Err(E::custom(format!("expected at most {MAX_ENTRIES} entries, found more")));
        }
        memory::push(items, item, AN_ANSWER).map_err(|error| {
            *self.0 = true;
            E::custom(error)
        })
    }
}

impl<'b> Deserialize<'b> for RawEntry<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        fields(deserializer, RawEntry::default(), RawEntry::field)
    }
}

impl<'b> Deserialize<'b> for Detail<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        fields(deserializer, Detail::default(), Detail::field)
    }
}

/// Fills the fields of `empty` from an object. For any other value, returns `empty` unchanged.
fn fields<'b, D: Deserializer<'b>, T>(
    deserializer: D,
    empty: T,
    field: impl for<'t> Fn(&'t mut T, &str) -> Option<&'t mut Scalar<'b>>,
) -> Result<T, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    if !text.starts_with('{') {
        return Ok(empty);
    }
    let filled = serde_json::Deserializer::from_str(text).deserialize_map(Fields(empty, field));
    filled.map_err(|error| D::Error::custom(reason(&error)))
}

/// Fills the fields of an object by name and ignores others. The second element finds a field by its name.
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
                None => drop(map.next_value::<&RawValue>()?),
            }
        }
        Ok(self.0)
    }
}

/// Fills a field. If it occurs twice, an empty value does not replace the earlier one.
fn put<'b>(field: &mut Scalar<'b>, value: Scalar<'b>) {
    if *field == Scalar::Absent || !value.is_empty() {
        *field = value;
    }
}

/// Far more fields than an entry has.
const MAX_VALUES: usize = 32;

/// The fields of an entry, with the raw text of their values.
pub(super) struct Values<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'b> Values<'b> {
    /// Returns the entry with these fields.
    pub(super) fn entry(&self) -> Result<RawEntry<'b>, serde_json::Error> {
        let mut entry = RawEntry::default();
        for (name, value) in &self.0 {
            if let Some(field) = entry.field(name) {
                put(field, scalar(value.get())?);
            }
        }
        Ok(entry)
    }

    /// Returns the raw text of the field with this name. If there are several, the last one counts.
    pub(super) fn text(&self, name: &str) -> Option<&'b str> {
        self.0.iter().rfind(|(given, _)| given == name).map(|(_, value)| value.get())
    }

    /// Whether all fields have documented names.
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
                    if values.len() == MAX_VALUES {
                        return Err(A::Error::custom("more fields than are documented"));
                    }
                    values.push((key, value));
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(ValuesVisitor)
    }
}

/// A key, copied only if it has escapes.
struct Key<'b>(Cow<'b, str>);

/// A longer key, in bytes, is not a known one, however many escapes it has.
const LONGEST_KEY: usize = 256;

impl<'b> Deserialize<'b> for Key<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        if text.len() > LONGEST_KEY || memchr(b'\\', text.as_bytes()).is_none() {
            return Ok(Key(Cow::Borrowed(between_quotes(text))));
        }
        serde_json::from_str(text).map(|key: String| Key(Cow::Owned(key))).map_err(D::Error::custom)
    }
}

impl<'b> Deserialize<'b> for Scalar<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        // Takes the raw text first, so that no number is too large and no nesting too deep.
        scalar(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
    }
}

/// Converts the raw text of a JSON value.
fn scalar(text: &str) -> Result<Scalar<'_>, serde_json::Error> {
    Ok(match text.as_bytes().first() {
        Some(b'"') => Scalar::Text(text_between(between_quotes(text))?),
        Some(b't') => Scalar::Bool(true),
        Some(b'f') => Scalar::Bool(false),
        Some(b'-' | b'0'..=b'9') => number(text),
        Some(b'{' | b'[') => Scalar::Other,
        _ => Scalar::Absent,
    })
}

/// Returns what is between the quotes of a string or a key.
fn between_quotes(text: &str) -> &str {
    text.get(1..text.len() - 1).unwrap_or_default()
}

/// Decodes what is between the quotes of a string. Copies it only if it has escapes or is too long.
fn text_between(quotes: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match memchr(b'\\', quotes.as_bytes()) {
        None => Ok(bounded(quotes)),
        Some(_) => unescape(quotes).map(Cow::Owned),
    }
}

/// Decodes the escapes of a string, as far as its text is kept. serde_json would copy the whole text.
fn unescape(mut rest: &str) -> Result<String, serde_json::Error> {
    let mut text = Bounded::default();
    while let Some(offset) = memchr(b'\\', rest.as_bytes()).filter(|_| !text.is_cut()) {
        text.push_str(&rest[..offset]);
        let (character, length) = escape(&rest[offset..]).ok_or_else(|| Error::custom("half a surrogate pair"))?;
        text.push(character);
        rest = &rest[offset + length..];
    }
    text.push_str(rest);
    Ok(text.end())
}

/// Decodes the escape at the start of a text, which serde_json has already validated. Returns the character and the
/// length of the escape in bytes; None for half of a surrogate pair.
fn escape(text: &str) -> Option<(char, usize)> {
    let unit = |escape: &str| u16::from_str_radix(escape.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let character = match text.as_bytes().get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let units = [text, text.get(6..)?].into_iter().map_while(unit);
            let character = char::decode_utf16(units).next()?.ok()?;
            return Some((character, 6 * character.len_utf16()));
        }
        itself => char::from(*itself),
    };
    Some((character, 2))
}

/// Converts a number to an integer, also if it is written with a decimal point or an exponent.
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
    fn a_number_with_a_fraction_point_is_an_integer_as_long_as_it_is_exact() {
        for (text, integer) in [("1.0", 1), ("-2e3", -2000), ("9007199254740991.0", 9_007_199_254_740_991)] {
            assert_eq!(number(text), Scalar::Integer(integer));
        }
        for text in ["1.5", "9007199254740992.0", "1e300", "18446744073709551616"] {
            assert_eq!(number(text), Scalar::Number(text));
        }
    }

    #[test]
    fn levels_are_counted_outside_of_texts() {
        let text = |inside: &str| format!("\"{inside}\"");
        for (open, close) in [("[", "]"), ("{", "}")] {
            let (most, one_more) = (open.repeat(MAX_LEVELS), open.repeat(MAX_LEVELS + 1));
            let flat = format!("{open}{close}").repeat(MAX_LEVELS + 1);
            for whole in [&flat, &text(&one_more), &text(&format!(r#"\"{one_more}"#))] {
                assert_eq!(too_deep(whole), None);
            }
            for between in ["", &text(r#"\""#), &text(r"\\"), &text(open), &text(close)] {
                assert_eq!(too_deep(&format!("{between}{most}")), None, "{between}");
                assert_eq!(too_deep(&format!("{between}{one_more}")), Some(between.len() + MAX_LEVELS), "{between}");
                assert_eq!(too_deep(&format!("{most}{between}{close}{open}")), None, "{between}");
                assert_eq!(too_deep(&format!("{most}{between}{open}")), Some(MAX_LEVELS + between.len()), "{between}");
            }
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
        let list = vec!["0"; MAX_ENTRIES + 1].join(",");
        let error = read(&format!(r#"{{"StatutResponse_List":[{list}]}}"#)).unwrap_err();
        assert_eq!(error.reason, format!("expected at most {MAX_ENTRIES} entries, found more"));
    }
}

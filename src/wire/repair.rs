//! Repairs a body that is almost valid text, so that an odd character costs only that character and not 500 statuses.

use std::borrow::Cow;
use std::iter;

use memchr::memchr;

use super::read::significant;
use crate::error::{Error, out_of_memory};

/// Decodes bytes that are not UTF-8 as Latin-1, and replaces lone surrogates in JSON with U+FFFD. If that changes the
/// text, the new one is stored in `repaired`. Fails if there is not enough memory.
pub(crate) fn repair<'b>(body: &'b [u8], repaired: &'b mut String) -> Result<&'b str, Error> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(latin_1(body)?),
    };
    let is_json = significant(&text).starts_with('{');
    match if is_json { replace_lone_surrogates(text)? } else { text } {
        Cow::Borrowed(text) => Ok(text),
        Cow::Owned(text) => {
            *repaired = text;
            Ok(repaired)
        }
    }
}

/// Decodes bytes that are not UTF-8 as Latin-1. The UTF-8 around them stays.
fn latin_1(body: &[u8]) -> Result<String, Error> {
    let mut text = with_room(2 * body.len())?;
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    Ok(text)
}

fn with_room(bytes: usize) -> Result<String, Error> {
    let mut text = String::new();
    text.try_reserve_exact(bytes).map_err(|_| out_of_memory("an answer"))?;
    Ok(text)
}

/// Replaces lone surrogates: `\ud83d\ude00` is a pair and stays, `\ud83d` alone is not a character.
fn replace_lone_surrogates(text: Cow<'_, str>) -> Result<Cow<'_, str>, Error> {
    let mut alone = surrogates_alone(text.as_bytes()).peekable();
    if alone.peek().is_none() {
        drop(alone);
        return Ok(text);
    }
    let mut whole = with_room(text.len())?;
    let mut end = 0;
    for position in alone {
        whole.push_str(&text[end..position]);
        whole.push_str("\\ufffd");
        end = position + SURROGATE;
    }
    whole.push_str(&text[end..]);
    Ok(Cow::Owned(whole))
}

/// The length of `\ud83d`, in bytes.
const SURROGATE: usize = 6;

/// Returns the offsets of surrogates without their other half.
fn surrogates_alone(text: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0;
    iter::from_fn(move || {
        while let Some(offset) = text.get(at..).and_then(|rest| memchr(b'\\', rest)) {
            let position = at + offset;
            match (surrogate(&text[position..]), text.get(position + SURROGATE..).and_then(surrogate)) {
                (Some(Half::High), Some(Half::Low)) => at = position + 2 * SURROGATE,
                (Some(_), _) => {
                    at = position + SURROGATE;
                    return Some(position);
                }
                // Any other escape. The character behind the backslash is skipped, since it may be a backslash itself.
                (None, _) => at = position + 2,
            }
        }
        None
    })
}

enum Half {
    High,
    Low,
}

/// Returns which half of a surrogate pair the escape at the start of a text stands for, if it does.
fn surrogate(text: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = text else { return None };
    if !third.is_ascii_hexdigit() || !fourth.is_ascii_hexdigit() {
        return None;
    }
    match second {
        b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
        b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(body: &[u8]) -> String {
        repair(body, &mut String::new()).unwrap().to_owned()
    }

    #[test]
    fn latin_1_becomes_text() {
        assert_eq!(repaired(b"Num\xe9ro"), "Numéro");
        assert_eq!(repaired("Numéro".as_bytes()), "Numéro");
        assert_eq!(repaired(b"\xc3\xa9 \xe9"), "é é");
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_stay() {
        for (body, expected) in [
            (r"a\ud83db", r"a\ufffdb"),
            (r"\uDE00", r"\ufffd"),
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\\\ud83d", r"\\\ufffd"),
            (r"\ud83", r"\ud83"),
            (r"\ud8z0", r"\ud8z0"),
            (r"\ud80z", r"\ud80z"),
            (r"\ud7ff\ue000\u00e9", r"\ud7ff\ue000\u00e9"),
            ("\\", "\\"),
        ] {
            assert_eq!(repaired(format!("{{{body}").as_bytes()), format!("{{{expected}"), "{body}");
        }
        assert_eq!(repaired(br"<a>\ud83d</a>"), r"<a>\ud83d</a>");
    }
}

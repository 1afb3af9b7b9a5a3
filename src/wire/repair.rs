//! Making a text of a body that is almost one, so that an odd character costs that character and not 500 statuses.

use memchr::memchr;

use crate::error::{Error, out_of_memory};

/// Reads bytes that are not UTF-8 as Latin-1, into a text of their own, and puts a replacement character for surrogates
/// that stand alone in JSON.
pub(crate) fn repair<'b>(body: &'b mut [u8], latin_1: &'b mut String) -> Result<&'b str, Error> {
    if body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).trim_ascii_start().starts_with(b"{") {
        replace_lone_surrogates(body);
    }
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text),
        Err(_) => read_as_latin_1(body, latin_1).map(|()| latin_1.as_str()),
    }
}

fn read_as_latin_1(body: &[u8], text: &mut String) -> Result<(), Error> {
    text.clear();
    text.try_reserve_exact(2 * body.len()).map_err(|_| out_of_memory("an answer"))?;
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    Ok(())
}

/// `\ud83d\ude00` is a pair and stays; `\ud83d` alone is no character.
fn replace_lone_surrogates(body: &mut [u8]) {
    let mut at = 0;
    while let Some(offset) = body.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += offset;
        at += match (surrogate(&body[at..]), body.get(at + 6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                body[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            // Any other escape: the character behind the backslash is no backslash to look at.
            (None, _) => 2,
        };
    }
}

enum Half {
    High,
    Low,
}

/// The half of a pair that an escape at the start stands for.
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
        repair(&mut body.to_vec(), &mut String::new()).unwrap().to_owned()
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

//! Prepares foreign texts for display: hides secrets such as the API key in every known encoding, and escapes control
//! characters.

use std::fmt::{self, Write};
use std::iter;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::bounded::CUT;
use crate::invisible::is_invisible;
use crate::secret::Secret;

/// The longest quotation of a foreign text, in characters.
const MAX_QUOTED: usize = 200;

/// Shown in place of a secret.
const HIDDEN: &str = "***";

/// Parts of a secret that are shorter than this, in bytes, occur in texts by chance.
const LEAST: usize = 4;

/// All encodings of the secrets that must never be shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// Longest first.
    forms: Vec<Secret>,
}

impl Secrets {
    /// Computes every encoding in which this secret may come back.
    pub(crate) fn new(secret: &str) -> Secrets {
        let json = json_text(secret);
        let mut forms = vec![
            secret.into(),
            form(&json, |out, character| if character == '/' { out.push_str("\\/") } else { out.push(character) }),
            escaped(secret, |out, unit| write!(out, "\\u{unit:04x}")),
            escaped(secret, |out, unit| write!(out, "\\u{unit:04X}")),
            // A request of the library, echoed inside a JSON string.
            json_text(&json),
            escaped(&json, |out, unit| write!(out, "\\u{unit:04x}")),
            escaped(&json, |out, unit| write!(out, "\\u{unit:04X}")),
            json,
            percent(secret, |out, byte| write!(out, "%{byte:02X}")),
            percent(secret, |out, byte| write!(out, "%{byte:02x}")),
            percent(secret, |out, byte| if byte == b' ' { out.write_char('+') } else { write!(out, "%{byte:02X}") }),
            markup(secret, "\"", "'"),
            // Latin-1 that was read as UTF-8.
            form(secret, |out, character| out.push(if character.is_ascii() { character } else { '\u{fffd}' })),
            every_byte(secret, |out, byte| write!(out, "{byte:02x}")),
            every_byte(secret, |out, byte| write!(out, "{byte:02X}")),
        ];
        forms.extend(["'", "&#39;", "&#039;", "&apos;"].map(|apostrophe| markup(secret, "&quot;", apostrophe)));
        forms.extend(base64(&STANDARD_NO_PAD, secret));
        forms.extend(base64(&URL_SAFE_NO_PAD, secret));
        Secrets { forms }.sorted()
    }

    /// Adds another secret.
    pub(crate) fn and(mut self, secret: &str) -> Secrets {
        self.forms.extend(Secrets::new(secret).forms);
        self.sorted()
    }

    /// Sorts longer forms first, since shorter ones may be a part of them. Removes empty and repeated ones.
    fn sorted(mut self) -> Secrets {
        self.forms.retain(|form| !form.is_empty());
        self.forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.as_bytes().cmp(other.as_bytes())));
        self.forms.dedup();
        self
    }

    /// Returns the text with secrets replaced.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.pieces(text).map(|(_, piece)| piece).collect()
    }

    /// Returns the characters of the text with secrets replaced. It searches only as far as characters are taken.
    pub(crate) fn shown<'t>(&'t self, text: &'t str) -> impl Iterator<Item = char> + 't {
        self.pieces(text).flat_map(|(_, piece)| piece.chars())
    }

    /// Whether the text contains a secret.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(&**form))
    }

    /// Returns at most `length` characters of the text with secrets replaced. At most `before` of them are from before
    /// `offset`, which is in bytes. A secret that the offset cuts in two counts as behind it.
    pub(crate) fn around(&self, text: &str, offset: usize, before: usize, length: usize) -> String {
        // A shown character stands for at most as many bytes as the longest form has, so it is enough to begin here. A
        // secret that begins further ahead may reach past this start, so as many bytes again are not shown.
        let start = offset.saturating_sub((before + 1) * self.longest()).min(text.len());
        let start = next_character(text.as_bytes(), start);
        let hidden = if start == 0 { 0 } else { start + self.longest() };
        let mut pieces = self.pieces(&text[start..]).map(|(end, piece)| (start + end, piece)).peekable();
        let mut ahead = String::new();
        while let Some((end, piece)) = pieces.next_if(|(end, _)| *end <= offset) {
            ahead.push_str(if end > hidden { piece } else { "" });
        }
        let skipped = ahead.chars().count().saturating_sub(before);
        let behind = pieces.flat_map(|(_, piece)| piece.chars());
        ahead.chars().skip(skipped).chain(behind).take(length).collect()
    }

    /// Returns the first `most` bytes of a body with secrets replaced. A secret that goes on behind them is left out.
    pub(crate) fn start(&self, body: &[u8], most: usize) -> String {
        let text = String::from_utf8_lossy(&body[..next_character(body, most + self.longest())]);
        self.pieces(&text).take_while(|(end, _)| *end <= most).map(|(_, piece)| piece).collect()
    }

    /// Quotes a foreign text in one line: secrets are replaced, control characters escaped, and a long text is cut.
    pub(crate) fn quote(&self, text: &str) -> String {
        let mut line = String::new();
        for (index, character) in self.shown(text).enumerate() {
            if index == MAX_QUOTED {
                line.push(CUT);
                break;
            }
            if is_unprintable(character) { line.extend(character.escape_unicode()) } else { line.push(character) }
        }
        line
    }

    /// Splits the text into its characters and the replacements of secrets, in order. Each piece has the offset at
    /// which it ends in the text, in bytes.
    fn pieces<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let mut end = 0;
        iter::from_fn(move || {
            let rest = &text[end..];
            let character = rest.chars().next()?.len_utf8();
            let (length, piece) = match self.secret_at_start(rest) {
                0 => (character, &rest[..character]),
                length => (length, HIDDEN),
            };
            end += length;
            Some((end, piece))
        })
    }

    /// Returns how many bytes at the start of the text belong to a secret, including secrets that begin within another
    /// one and reach further. What a cut has left of a secret is secret too.
    fn secret_at_start(&self, text: &str) -> usize {
        let length = |text: &str| self.forms.iter().map(|form| secret_prefix_length(form, text)).max().unwrap_or(0);
        let (mut offset, mut end) = (0, length(text));
        while offset + 1 < end {
            offset += 1;
            if text.is_char_boundary(offset) {
                end = end.max(offset + length(&text[offset..]));
            }
        }
        end
    }

    /// Returns the length of the longest form in bytes, which is at least that of the longest character.
    pub(crate) fn longest(&self) -> usize {
        self.forms.first().map_or(0, |form| form.len()).max(char::MAX.len_utf8())
    }
}

/// Returns how many bytes of a secret are at the start of the text: all of them, or those before a cut; 0 if there are
/// none.
fn secret_prefix_length(secret: &str, text: &str) -> usize {
    let equal = secret.bytes().zip(text.bytes()).take_while(|(one, other)| one == other).count();
    let is_cut = || equal >= LEAST && text.as_bytes()[equal..].starts_with(CUT.encode_utf8(&mut [0; 4]).as_bytes());
    if equal == secret.len() || is_cut() { equal } else { 0 }
}

/// Whether a character is a control character, ends a line, changes the direction of the text, or is invisible.
fn is_unprintable(character: char) -> bool {
    character.is_control() || is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Returns the offset of the first character that begins at `offset` or behind it, or the end of the body.
fn next_character(body: &[u8], offset: usize) -> usize {
    let is_inside = |offset: &usize| body.get(*offset).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    (offset.min(body.len())..).find(|offset| !is_inside(offset)).unwrap_or(body.len())
}

/// Builds a form character by character. The capacity is enough for the longest replacement of every byte.
fn form(text: &str, mut write: impl FnMut(&mut String, char)) -> Secret {
    const LONGEST: usize = "&#039;".len();
    let mut out = String::with_capacity(LONGEST * text.len());
    text.chars().for_each(|character| write(&mut out, character));
    out.into()
}

/// The secret as the library's own JSON writes it.
fn json_text(text: &str) -> Secret {
    form(text, |out, character| match character {
        '"' | '\\' => out.extend(['\\', character]),
        _ => out.push(character),
    })
}

/// The secret as PHP's `json_encode` writes it: characters that are not ASCII as UTF-16 escapes, and the slash escaped.
fn escaped(text: &str, mut write_unit: impl FnMut(&mut String, u16) -> fmt::Result) -> Secret {
    form(text, |out, character| match character {
        '"' | '\\' | '/' => out.extend(['\\', character]),
        ' '..='~' => out.push(character),
        // Writing to memory does not fail.
        _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write_unit(out, *unit)),
    })
}

/// The secret with every byte written as a number.
fn every_byte(text: &str, mut write_byte: impl FnMut(&mut String, u8) -> fmt::Result) -> Secret {
    form(text, |out, character| character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write_byte(out, byte)))
}

/// The secret as it is written in a URL.
fn percent(text: &str, mut write_byte: impl FnMut(&mut String, u8) -> fmt::Result) -> Secret {
    form(text, |out, character| match character {
        '0'..='9' | 'A'..='Z' | 'a'..='z' | '-' | '.' | '_' | '~' => out.push(character),
        _ => character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write_byte(out, byte)),
    })
}

/// The secret as it is written in HTML or XML. Writers differ in how they escape quotation marks.
fn markup(text: &str, quotation: &str, apostrophe: &str) -> Secret {
    form(text, |out, character| match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str(quotation),
        '\'' => out.push_str(apostrophe),
        _ => out.push(character),
    })
}

/// The secret in base64: by itself, and within a longer text, for each offset in a group of three bytes at which it may
/// begin. The latter forms lack the characters that the secret shares with the text around it.
fn base64(engine: &impl Engine, secret: &str) -> Vec<Secret> {
    let within = |before: usize| {
        let padded = Zeroizing::new([&[0; 2][..before], secret.as_bytes()].concat());
        let encoded = Secret::from(engine.encode(&*padded));
        let shared_end = usize::from((before + secret.len()) % 3 != 0);
        let own = encoded.get((before * 8).div_ceil(6)..encoded.len() - shared_end);
        own.filter(|own| own.len() >= LEAST).map(Secret::from)
    };
    (0..3).filter_map(within).chain([engine.encode(secret).into()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hidden_in_every_encoding() {
        let secrets = Secrets::new("k/é \"<'");
        for echoed in [
            "k/é \"<'",
            "k\\/é \\\"<'",
            "k\\/\\u00e9 \\\"<'",
            "k\\/\\u00E9 \\\"<'",
            "k%2F%C3%A9%20%22%3C%27",
            "k%2f%c3%a9%20%22%3c%27",
            "k%2F%C3%A9+%22%3C%27",
            "k/é \\\\\\\"<'",
            "k\\/\\u00e9 \\\\\\\"<'",
            "k/é &quot;&lt;&#39;",
            "k/é &quot;&lt;&#039;",
            "k/é &quot;&lt;&apos;",
            "k/é &quot;&lt;'",
            "k/é \"&lt;'",
        ] {
            assert_eq!(secrets.hide(&format!("a{echoed}b")), "a***b", "{echoed}");
        }
    }

    #[test]
    fn a_key_is_hidden_in_hex_and_base64() {
        let secrets = Secrets::new("k3y-of-the-tests");
        let hex = "6b33792d6f662d7468652d7465737473";
        assert_eq!(secrets.hide(&format!("{hex} {}", hex.to_uppercase())), "*** ***");
        assert_eq!(secrets.hide("azN5LW9mLXRoZS10ZXN0cw=="), "***==");
        let secrets = Secrets::new("\u{3ff}\u{3ff}/secret?>");
        assert_eq!(secrets.hide("z7_Pvy9zZWNyZXQ_Pg z7/Pvy9zZWNyZXQ/Pg"), "*** ***");
    }

    #[test]
    fn a_key_is_hidden_within_longer_base64() {
        for length in 3..20 {
            let key = &"k3y-of-the-tests-123"[..length];
            for before in 0..4 {
                let encoded = STANDARD_NO_PAD.encode(format!("{}{key}bcd", &"xyzt"[..before]));
                let hidden = Secrets::new(key).hide(&encoded);
                // At each end, one character belongs to the neighbour too.
                let left = encoded.len() - (hidden.len() - HIDDEN.len());
                assert!(hidden.contains(HIDDEN) || length < 5, "{key} {before}: {hidden}");
                assert!(left + 2 >= length * 8 / 6 || length < 5, "{key} {before}: {encoded} {hidden}");
            }
        }
    }

    #[test]
    fn several_secrets_are_hidden() {
        let secrets = Secrets::new("key").and("").and("key-and-password");
        assert_eq!(secrets.hide("key key-and-password"), "*** ***");
        assert_eq!(Secrets::default().and("").hide("text"), "text");
    }

    #[test]
    fn a_key_is_hidden_wherever_a_body_is_cut() {
        let body = "{\"echo\":\"é0123456789abcdef0123456789abcdef\"} é";
        let secrets = Secrets::new("0123456789abcdef0123456789abcdef");
        for offset in 0..=body.len() + 1 {
            let (around, start) = (secrets.around(body, offset, 5, 10), secrets.start(body.as_bytes(), offset));
            for text in [&around, &start] {
                assert!(!text.contains(|character: char| character.is_ascii_digit()), "{offset}: {around} | {start}");
            }
            assert!(around.chars().count() <= 10 && start.len() <= offset, "{offset}: {around} | {start}");
        }
        assert_eq!(secrets.around(body, 12, 3, 7), ":\"é***\"");
        assert_eq!(secrets.start(body.as_bytes(), body.len()), "{\"echo\":\"é***\"} é");
        assert_eq!((secrets.around("abcdef", 3, 2, 3), secrets.start(b"abc", 2)), ("bcd".to_owned(), "ab".to_owned()));
        assert_eq!(Secrets::new("k/é").start(b"a k/\xe9 b", 9), "a *** b");
        assert_eq!((secrets.around("", 7, 2, 3), secrets.start(b"\xe9", 9)), (String::new(), "\u{fffd}".to_owned()));
    }

    /// A few shown characters may stand for any amount of the body.
    #[test]
    fn a_long_key_that_comes_again_and_again_is_hidden_whole() {
        for length in [100, 255, 1000, 5000] {
            let key: String = (0..length).map(|i: u32| char::from(b'a' + (i * i % 23) as u8)).collect();
            let secrets = Secrets::new(&key);
            let body = key.repeat(60);
            for offset in [0, 1, key.len() - 1, body.len() / 2, body.len() - 1, body.len()] {
                let (around, start) = (secrets.around(&body, offset, 20, 80), secrets.start(body.as_bytes(), offset));
                assert!(around.len() <= 80 && around.replace('*', "").is_empty(), "{length} {offset}: {around}");
                assert!(start.replace('*', "").is_empty(), "{length} {offset}: {start}");
            }
        }
    }

    #[test]
    fn keys_that_overlap_are_hidden_whole() {
        let secrets = Secrets::new("k3y-k3y-k3y");
        assert_eq!(secrets.hide("a k3y-k3y-k3y-k3y-k3y b"), "a *** b");
        assert_eq!(secrets.hide("a k3y-k3y-k3y-k3y-k3 b"), "a ***-k3 b");
        let secrets = Secrets::new(&"ab".repeat(50));
        let body = "ab".repeat(10_000);
        for offset in [0, 99, 10_000, 10_001, body.len()] {
            assert_eq!(secrets.around(&body, offset, 20, 80), "***", "{offset}");
        }
    }

    #[test]
    fn what_a_cut_leaves_of_a_key_is_hidden() {
        let secrets = Secrets::new("k3y-k3y-é-of-mine");
        assert_eq!(secrets.hide("a k3y-k3… b k3y-k3y-é… at byte 5"), "a ***… b ***… at byte 5");
        assert_eq!(secrets.hide("k3y-k3y-é-of-mink3y-k3… 6b33…"), "k3y-k3y-é-of-min***… ***…");
        assert_eq!(secrets.hide("a k3y-k3 b… k3y… k3"), "a k3y-k3 b… k3y… k3");
    }

    #[test]
    fn a_quotation_is_one_bearable_line() {
        let secrets = Secrets::new("secret");
        assert_eq!(secrets.quote("Clé\r\nsecret\u{202e}"), "Clé\\u{d}\\u{a}***\\u{202e}");
        let invisible = secrets.quote("\u{feff}\u{200b}\u{ad}\u{61c}\u{2029}\u{2060}\u{fe0f}\u{e0041}");
        assert_eq!(invisible, r"\u{feff}\u{200b}\u{ad}\u{61c}\u{2029}\u{2060}\u{fe0f}\u{e0041}");
        assert_eq!(secrets.quote("\u{a0}€\u{301}"), "\u{a0}€\u{301}");
        assert_eq!(secrets.quote(&"é".repeat(500)).chars().count(), MAX_QUOTED + 1);
    }
}

//! What may be shown: texts of the service without the API key in any encoding, and without control characters.

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::invisible::is_invisible;
use crate::secret::Secret;

/// The longest quotation of a text that is not ours, in characters.
const MAX_QUOTED: usize = 200;

/// How much of a body is looked at on each side of a place: more than a key has.
const WINDOW: usize = 4096;

/// Stands where a secret was.
const HIDDEN: &str = "***";

/// The encodings of what must never be shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// The longest first.
    forms: Vec<Secret>,
}

impl Secrets {
    /// Everything under which this secret may come back.
    pub(crate) fn new(secret: &str) -> Secrets {
        let json = json_text(secret);
        let mut forms = vec![
            secret.into(),
            form(&json, |out, character| if character == '/' { out.push_str("\\/") } else { out.push(character) }),
            escaped(secret, |out, unit| write!(out, "\\u{unit:04x}")),
            escaped(secret, |out, unit| write!(out, "\\u{unit:04X}")),
            // A request of ours, echoed inside of a JSON text.
            json_text(&json),
            escaped(&json, |out, unit| write!(out, "\\u{unit:04x}")),
            escaped(&json, |out, unit| write!(out, "\\u{unit:04X}")),
            json,
            percent(secret, |out, byte| write!(out, "%{byte:02X}")),
            percent(secret, |out, byte| write!(out, "%{byte:02x}")),
            percent(secret, |out, byte| if byte == b' ' { out.write_char('+') } else { write!(out, "%{byte:02X}") }),
            markup(secret, "\"", "'"),
            every_byte(secret, |out, byte| write!(out, "{byte:02x}")),
            every_byte(secret, |out, byte| write!(out, "{byte:02X}")),
        ];
        forms.extend(["'", "&#39;", "&#039;", "&apos;"].map(|apostrophe| markup(secret, "&quot;", apostrophe)));
        forms.extend(base64(&STANDARD_NO_PAD, secret));
        forms.extend(base64(&URL_SAFE_NO_PAD, secret));
        Secrets { forms }.sorted()
    }

    /// These and another.
    pub(crate) fn and(mut self, secret: &str) -> Secrets {
        self.forms.extend(Secrets::new(secret).forms);
        self.sorted()
    }

    /// Longer forms first, since shorter ones may be a part of them.
    fn sorted(mut self) -> Secrets {
        self.forms.retain(|form| !form.is_empty());
        self.forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.as_bytes().cmp(other.as_bytes())));
        self.forms.dedup();
        self
    }

    /// The text without secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let secret = self.forms.iter().find(|form| rest.starts_with(&***form));
            match secret {
                Some(_) => shown.push_str(HIDDEN),
                None => shown.push(character),
            }
            rest = &rest[secret.map_or(character.len_utf8(), |form| form.len())..];
        }
        shown
    }

    /// The text before and after a place in a body, as far as an excerpt may want it, without secrets: one that the place
    /// cuts in two counts to what comes after.
    pub(crate) fn hide_around(&self, body: &[u8], place: usize) -> (String, String) {
        // Between characters nothing has to be replaced, and so nothing is copied.
        let place = next_character(body, place);
        let start = next_character(body, place.saturating_sub(WINDOW));
        let window = &body[start..next_character(body, place + WINDOW)];
        let text = String::from_utf8_lossy(window);
        let before = String::from_utf8_lossy(&window[..place - start]).len().min(text.len());
        let cut = self.forms.iter().filter_map(|form| start_of_match_across(&text, form, before)).min();
        let mut cut = cut.unwrap_or(before);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        (self.hide(&text[..cut]), self.hide(&text[cut..]))
    }

    /// A foreign text as one line: without secrets, cut to a bearable length, control characters escaped.
    pub(crate) fn quote(&self, text: &str) -> String {
        let hidden = self.hide(text);
        let mut line = String::new();
        for (place, character) in hidden.chars().enumerate() {
            if place == MAX_QUOTED {
                line.push('…');
                break;
            }
            if is_unprintable(character) { line.extend(character.escape_unicode()) } else { line.push(character) }
        }
        line
    }
}

/// Where a match begins that begins before this place and ends behind it.
fn start_of_match_across(text: &str, form: &str, place: usize) -> Option<usize> {
    let mut matches = text.match_indices(form).map(|(start, _)| start);
    matches.find(|start| *start < place && place < start + form.len())
}

/// Control characters, what ends a line, and marks that turn it around or hide in it.
fn is_unprintable(character: char) -> bool {
    character.is_control() || is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The place of the next character that begins here or behind; at the most the end.
fn next_character(body: &[u8], place: usize) -> usize {
    let is_inside = |place: &usize| body.get(*place).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    (place.min(body.len())..).find(|place| !is_inside(place)).unwrap_or(body.len())
}

/// A text made character by character, with room for what a byte becomes at the most.
fn form(text: &str, mut write: impl FnMut(&mut String, char)) -> Secret {
    const LONGEST: usize = "&#039;".len();
    let mut out = String::with_capacity(LONGEST * text.len());
    text.chars().for_each(|character| write(&mut out, character));
    out.into()
}

/// As it stands in JSON of ours.
fn json_text(text: &str) -> Secret {
    form(text, |out, character| match character {
        '"' | '\\' => out.extend(['\\', character]),
        _ => out.push(character),
    })
}

/// As PHP's `json_encode` writes it: what is not ASCII as UTF-16 escapes, the slash escaped.
fn escaped(text: &str, mut write_unit: impl FnMut(&mut String, u16) -> fmt::Result) -> Secret {
    form(text, |out, character| match character {
        '"' | '\\' | '/' => out.extend(['\\', character]),
        ' '..='~' => out.push(character),
        // Writing to memory does not fail.
        _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write_unit(out, *unit)),
    })
}

/// Bytes by number.
fn every_byte(text: &str, mut write_byte: impl FnMut(&mut String, u8) -> fmt::Result) -> Secret {
    form(text, |out, character| character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write_byte(out, byte)))
}

/// As it stands in a URL.
fn percent(text: &str, mut write_byte: impl FnMut(&mut String, u8) -> fmt::Result) -> Secret {
    form(text, |out, character| match character {
        '0'..='9' | 'A'..='Z' | 'a'..='z' | '-' | '.' | '_' | '~' => out.push(character),
        _ => character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write_byte(out, byte)),
    })
}

/// As it stands in HTML or XML, whose writers differ in how they escape quotation marks.
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

/// As it stands in base64: by itself, and from each place in a group of three bytes where it may begin within something
/// longer, without the characters that it shares with what is around it.
fn base64(engine: &impl Engine, secret: &str) -> Vec<Secret> {
    /// Shorter ones stand in texts by chance.
    const LEAST: usize = 4;
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
                // At each end a character that belongs to the neighbour too.
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
        let body = "{\"echo\":\"é0123456789abcdef0123456789abcdef\"} é".as_bytes();
        let secrets = Secrets::new("0123456789abcdef0123456789abcdef");
        for place in 0..=body.len() + 1 {
            let (before, after) = secrets.hide_around(body, place);
            assert!(!format!("{before}{after}").contains("0123"), "{place}: {before} | {after}");
        }
        assert_eq!(secrets.hide_around(b"abc", 1), ("a".to_owned(), "bc".to_owned()));
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

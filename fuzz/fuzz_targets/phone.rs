//! Any text as a phone number: what is sent is a number of the documented form with the digits that were written, and the
//! oracle agrees.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smsp::Phone;
use smsp::fuzzing::sent;
use smsp_fuzz::oracle::phone;

/// What may stand anywhere in a number that is one.
const SEPARATORS: [char; 8] = [' ', '.', '-', '/', '\t', '\u{a0}', '\u{2011}', '\u{200b}'];

fuzz_target!(|text: &str| {
    let phone = check(text);
    for separator in SEPARATORS {
        let spread: String = text.chars().flat_map(|character| [separator, character]).chain([separator]).collect();
        let spread_phone = check(&spread);
        assert!(phone.is_none() || spread_phone == phone, "{text:?} {spread:?}");
    }
});

/// The number of a text, which must be one of the oracle's.
fn check(text: &str) -> Option<Phone> {
    let phone = Phone::parse(text);
    let sent = phone.map(sent);
    let expected = phone::read(text);
    assert!(expected.allows(sent.as_deref()), "{text:?} is read as {sent:?}, not {expected:?}");
    if let Some(sent) = sent {
        assert!(is_documented(&sent), "{sent:?}");
        assert_eq!(Phone::parse(&sent), phone, "{sent:?}");
        assert!(has_the_digits_of(&sent, text), "{sent:?} {text:?}");
    }
    phone
}

fn is_documented(sent: &str) -> bool {
    let (digits, lengths) = match sent.strip_prefix('+') {
        Some(digits) => (digits, vec![7..=15]),
        None => (sent.strip_prefix('0').unwrap_or_default(), vec![9..=9, 13..=13]),
    };
    let is_length = lengths.iter().any(|lengths| lengths.contains(&digits.len()));
    is_length && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Nothing is lost but a `00` in front and zeros behind a country code: one in parentheses, one without.
fn has_the_digits_of(sent: &str, text: &str) -> bool {
    let written: String = text.chars().filter(char::is_ascii_digit).collect();
    let Some(digits) = sent.strip_prefix('+') else { return written == sent };
    let written_with = |code: &str| {
        let rest = &digits[code.len()..];
        let zeros = ["", "0", "00"].iter();
        zeros
            .flat_map(|zeros| ["", "00"].map(|start| format!("{start}{code}{zeros}{rest}")))
            .any(|text| text == written)
    };
    match phone::french(digits) {
        Some((prefix, _)) => written_with(prefix),
        None => (1..=3).any(|length| written_with(&digits[..length])),
    }
}

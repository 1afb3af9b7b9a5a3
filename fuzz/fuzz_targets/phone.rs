//! Any text as a phone number: what is sent is a number of the documented form with the digits that were written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smsp::Phone;
use smsp::fuzzing::sent;

const SEPARATORS: [char; 8] = [' ', '.', '-', '/', '\t', '\u{a0}', '\u{2011}', '\u{200b}'];

fuzz_target!(|text: &str| {
    let phone = Phone::parse(text);
    for separator in SEPARATORS {
        let spread: String = text.chars().flat_map(|character| [separator, character]).chain([separator]).collect();
        assert_eq!(Phone::parse(&spread), phone, "{spread:?}");
    }
    if let Some(phone) = phone {
        let sent = sent(phone);
        assert!(is_documented(&sent), "{sent:?}");
        assert_eq!(Phone::parse(&sent), Some(phone), "{sent:?}");
        assert!(has_the_digits_of(&sent, text), "{sent:?}");
    }
});

fn is_documented(sent: &str) -> bool {
    let (digits, lengths) = match sent.strip_prefix('+') {
        Some(digits) => (digits, 7..=15),
        None => (sent.strip_prefix('0').unwrap_or_default(), 9..=9),
    };
    lengths.contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Nothing is lost but a `00` in front and two zeros behind a country code, which has at most three digits: one in
/// parentheses, one without.
fn has_the_digits_of(sent: &str, text: &str) -> bool {
    let written: String = text.chars().filter(char::is_ascii_digit).collect();
    let Some(digits) = sent.strip_prefix('+') else { return written == sent };
    let (code, rest) = digits.split_at(3);
    let without_zeros = |digits: &str| digits.replace('0', "");
    let start = written.strip_suffix(rest).filter(|start| start.len() <= code.len() + 4);
    start.is_some_and(|start| without_zeros(start) == without_zeros(code))
}

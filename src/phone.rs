//! Phone numbers: the forms people write, the form that is sent, and when two numbers are one person's.

use std::net::Ipv4Addr;

use crate::decimal;

/// A number as it is sent: international (`+` and 7 to 15 digits) or French national (`0` and 9 digits).
///
/// The digits are kept as an integer, which loses nothing: an international number does not begin with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Phone(u64);

const NATIONAL: u64 = 1 << 63;
const NINE_DIGITS: u64 = 1_000_000_000;

/// France and its overseas ranges: the prefixes under which a French national number can be answered.
const FRENCH_PREFIXES: [u64; 5] = [33, 262, 590, 594, 596];

/// More significant characters than any number has, separators aside.
const MAX_SIGNIFICANT: usize = 32;

impl Phone {
    /// Reads a number in any of the forms that are understood; None if it cannot be one.
    pub fn parse(text: &str) -> Option<Phone> {
        Phone::parse_plain(text.as_bytes()).or_else(|| parse_written(text))
    }

    /// Reads the usual forms without separators, in one pass: `+33612345678`, `0612345678`.
    #[inline(always)]
    pub(crate) fn parse_plain(text: &[u8]) -> Option<Phone> {
        match text {
            // A 0 after +33 is for `parse_written` to look at.
            [b'+', b'3', b'3', b'0', ..] => None,
            [b'+', digits @ ..] => Phone::international(digits),
            [b'0', nine @ ..] => Phone::national(nine),
            _ => None,
        }
    }

    /// The nine digits after the French prefix or the national 0: two French numbers with the same nine digits,
    /// one of them national, may be the same person's.
    pub(crate) fn french_digits(self) -> Option<u64> {
        if self.is_national() {
            return Some(self.0 & !NATIONAL);
        }
        FRENCH_PREFIXES.contains(&(self.0 / NINE_DIGITS)).then_some(self.0 % NINE_DIGITS)
    }

    /// Whether this is a French national number, `0` and nine digits.
    pub(crate) fn is_national(self) -> bool {
        self.0 & NATIONAL != 0
    }

    /// The number as one integer, another for each number.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// The number that these are the bits of.
    pub(crate) fn from_bits(bits: u64) -> Phone {
        Phone(bits)
    }

    /// The number as it is sent.
    pub(crate) fn text(self) -> String {
        // Both kinds of digits begin with another than 0.
        format!("{}{}", if self.is_national() { '0' } else { '+' }, self.0 & !NATIONAL)
    }

    /// The digits that tell one recipient from another, in either form: to be hidden where they are not wanted.
    pub(crate) fn last_digits(self) -> String {
        let digits = (self.0 & !NATIONAL).to_string();
        digits[digits.len().saturating_sub(9)..].to_owned()
    }

    #[inline(always)]
    fn international(digits: &[u8]) -> Option<Phone> {
        let valid = (7..=15).contains(&digits.len()) && digits[0] != b'0';
        valid.then(|| decimal::value(digits)).flatten().map(Phone)
    }

    fn national(nine: &[u8]) -> Option<Phone> {
        let valid = nine.len() == 9 && nine[0] != b'0';
        valid.then(|| decimal::value(nine)).flatten().map(|digits| Phone(digits | NATIONAL))
    }
}

/// A text without phone numbers, to be shown where they are not wanted: what has as many digits as one is hidden, in all
/// forms that are understood and in those that come close. An IPv4 address stays.
pub(crate) fn hide_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character == '+' || character.is_ascii_digit()) {
        let (before, written) = rest.split_at(start);
        let number = written[..length_written(written)].trim_end_matches(|character: char| !character.is_ascii_digit());
        let (number, after) = written.split_at(number.len().max(1));
        shown.push_str(before);
        shown.push_str(if may_be_a_number(number) { "***" } else { number });
        rest = after;
    }
    shown + rest
}

/// How far a text begins with what numbers are written with; a separator may be there as an escape.
fn length_written(text: &str) -> usize {
    let mut length = 0;
    while let Some(character) = text[length..].chars().next() {
        let is_written = matches!(character, '+' | '(' | ')' | '0'..='9') || is_separator(character);
        length += match length_of_escape(&text[length..]) {
            0 if is_written => character.len_utf8(),
            0 => break,
            escape => escape,
        };
    }
    length
}

/// The length of an escape at the start of a text, as `\u{a0}` or `\u00a0`.
fn length_of_escape(text: &str) -> usize {
    let is_hexadecimal = |code: &str| code.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = text.strip_prefix("\\u").unwrap_or_default();
    let braced = code.strip_prefix('{').and_then(|code| code.split_once('}')).map(|(code, _)| code);
    match (braced, code.get(..4)) {
        (Some(code), _) if is_hexadecimal(code) => "\\u{}".len() + code.len(),
        (_, Some(code)) if is_hexadecimal(code) => "\\u0000".len(),
        _ => 0,
    }
}

fn may_be_a_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let least = if text.starts_with('+') { 7 } else { 9 };
    digits >= least && text.parse::<Ipv4Addr>().is_err()
}

/// Any form: separators are dropped first, then what a human adds to an international number.
fn parse_written(text: &str) -> Option<Phone> {
    let mut kept = [0u8; MAX_SIGNIFICANT];
    let mut length = 0;
    for character in text.chars().filter(|&character| !is_separator(character)) {
        let byte = u8::try_from(character).ok().filter(|byte| matches!(byte, b'+' | b'(' | b')' | b'0'..=b'9'))?;
        *kept.get_mut(length)? = byte;
        length += 1;
    }
    let mut digits = [0u8; MAX_SIGNIFICANT];
    let digits = drop_parentheses(&kept[..length], &mut digits)?;
    classify(digits)
}

/// Drops parentheses, and with them the 0 of a `(0)` behind a country code: `+33(0)6…` is `+336…`. None if there is
/// a second one, since a number has one country code.
fn drop_parentheses<'a>(kept: &[u8], digits: &'a mut [u8; MAX_SIGNIFICANT]) -> Option<&'a [u8]> {
    let mut length = 0;
    let mut rest = kept;
    let mut dropped = false;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'(' if after.starts_with(b"0)") && dropped => return None,
            b'(' if after.starts_with(b"0)") && is_country_code(&digits[..length]) => {
                dropped = true;
                rest = &after[2..];
            }
            b'(' | b')' => {}
            _ => {
                digits[length] = *first;
                length += 1;
            }
        }
    }
    Some(&digits[..length])
}

/// `+33`, `0033` or `33`, as what stands before a `(0)`.
fn is_country_code(before: &[u8]) -> bool {
    let code = before.strip_prefix(b"+").or_else(|| before.strip_prefix(b"00")).unwrap_or(before);
    (1..=3).contains(&code.len()) && code[0] != b'0' && code[0] != b'+'
}

fn classify(written: &[u8]) -> Option<Phone> {
    match written {
        [b'+', digits @ ..] | [b'0', b'0', digits @ ..] => Phone::international(&without_trunk_zero(digits)),
        [b'0', nine @ ..] => Phone::national(nine),
        digits if digits.len() >= 11 => Phone::international(&without_trunk_zero(digits)),
        _ => None,
    }
}

/// A 0 directly after 33 is dropped when nine digits follow, in all three forms: `+33 06 12 34 56 78`.
fn without_trunk_zero(digits: &[u8]) -> Vec<u8> {
    match digits {
        [b'3', b'3', b'0', nine @ ..] if nine.len() == 9 => [b"33", nine].concat(),
        _ => digits.to_vec(),
    }
}

/// White space of all kinds, invisible marks, dots, hyphens and dashes of all kinds, slashes.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character,
            '.' | '-' | '/' | '\u{b7}' | '\u{2024}' | '\u{ff0e}'                // dots, hyphen, slash
            | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}'                 // dashes, minus
            | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'                              // small and full-width hyphens
            | '\u{2044}' | '\u{2215}' | '\u{ff0f}'                              // slashes
            | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'                     // invisible marks
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{2e3a}' | '\u{2e3b}' | '\u{301c}') // long and wavy dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Option<String> {
        Phone::parse(text).map(Phone::text)
    }

    #[test]
    fn forms_that_are_sent() {
        for (written, expected) in [
            ("+33612345678", "+33612345678"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
            ("0033612345678", "+33612345678"),
            ("33612345678", "+33612345678"),
            ("0612345678", "0612345678"),
            ("0639123456", "0639123456"),
            (" 06.12-34/56 78 ", "0612345678"),
            ("06\u{a0}12\u{202f}34\u{2011}56\u{2013}78", "0612345678"),
            ("\u{feff}06 12 34 56 78\u{200b}", "0612345678"),
            ("+33 (0)6 12 34 56 78", "+33612345678"),
            ("+33 ( 0 ) 6 12 34 56 78", "+33612345678"),
            ("0033 (0) 6 12 34 56 78", "+33612345678"),
            ("33(0)612345678", "+33612345678"),
            ("+330612345678", "+33612345678"),
            ("00330612345678", "+33612345678"),
            ("+44 (0)20 7946 0958", "+442079460958"),
            ("(06) 12 34 56 78", "0612345678"),
            ("(0)612345678", "0612345678"),
            ("+33061234567", "+33061234567"),
            ("330612345678", "+33612345678"),
        ] {
            assert_eq!(sent(written).as_deref(), Some(expected), "{written:?}");
        }
    }

    #[test]
    fn forms_that_are_not_numbers() {
        for written in [
            "",
            " ",
            "+",
            "00",
            "0",
            "612345678",
            "061234567",
            "06123456789",
            "0012345",
            "+0612345678",
            "+123456",
            "+1234567890123456",
            "1234567890",
            "06 12 34 56 7x",
            "tel:0612345678",
            "++33612345678",
            "+33+612345678",
            "٠٦١٢٣٤٥٦٧٨",
            "+33612345678;0612345678",
            "0000000000",
            "1234567890123456",
            "+3(0)6(0)39984",
            "+33(0)6(0)12345678",
        ] {
            assert_eq!(sent(written), None, "{written:?}");
        }
        assert_eq!(sent(&"1".repeat(10_000)), None);
    }

    #[test]
    fn numbers_are_hidden_in_a_text() {
        for (text, shown) in [
            ("phone_number \"0612345678x\" is not a number", "phone_number \"***x\" is not a number"),
            ("a +33 (0)6.12-34/56\u{a0}78, b", "a ***, b"),
            ("06\\u{a0}12\\u{200b}34 56\\u00a078, \\u{a0}", "***, \\u{a0}"),
            ("\\u{a0\\u12\\u{x}", "\\u{a0\\u12\\u{x}"),
            ("612345678", "***"),
            ("+1234567", "***"),
            ("%2B33612345678&x", "%2B***&x"),
            (
                "{\"phoneNumber\":\"+33612345678\",\"messageId\":199897}",
                "{\"phoneNumber\":\"***\",\"messageId\":199897}",
            ),
            ("192.168.100.200:65535 within 10000 ms", "192.168.100.200:65535 within 10000 ms"),
            ("larger than 16777216 bytes + 1 +", "larger than 16777216 bytes + 1 +"),
            ("é", "é"),
        ] {
            assert_eq!(hide_numbers(text), shown);
        }
    }

    #[test]
    fn the_digits_that_tell_recipients_apart() {
        for (text, digits) in [("0612345678", "612345678"), ("+33612345678", "612345678"), ("+1234567", "1234567")] {
            assert_eq!(Phone::parse(text).unwrap().last_digits(), digits);
        }
    }

    #[test]
    fn french_numbers_share_nine_digits() {
        let digits = |text: &str| Phone::parse(text).unwrap().french_digits();
        assert_eq!(digits("0612345678"), Some(612_345_678));
        for prefix in ["+33", "+262", "+590", "+594", "+596"] {
            assert_eq!(digits(&format!("{prefix}612345678")), Some(612_345_678), "{prefix}");
        }
        for other in ["+34612345678", "+1612345678", "+3361234567", "+336123456789", "+612345678"] {
            assert_eq!(digits(other), None, "{other}");
        }
    }
}

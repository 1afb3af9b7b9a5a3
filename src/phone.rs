//! Phone numbers: the forms that people write, the form that is sent, and when two numbers may be the same person's.

use std::net::Ipv4Addr;

use crate::decimal::value;
use crate::invalid::Reason;
use crate::invisible::is_blank;

/// A phone number as it is sent: international (`+` and 7 to 15 digits) or French national (`0` and 9 digits, or 13 for
/// machines).
///
/// The digits are stored as an integer. This loses nothing, because the digits behind `+` or `0` do not begin with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Phone(u64);

/// The bit that marks a national number. The digits of a number need fewer bits.
const NATIONAL: u64 = 1 << 63;

/// The prefixes of France and its overseas ranges. The service may answer about a French national number under any of
/// them.
const FRENCH_PREFIXES: [&[u8]; 6] = [b"33", b"262", b"508", b"590", b"594", b"596"];

/// The most significant characters of a number, without separators. No number has so many.
const MAX_SIGNIFICANT: usize = 32;

impl Phone {
    /// Parses a number in any of the supported forms. None if it cannot be a phone number.
    pub fn parse(text: &str) -> Option<Phone> {
        Phone::read(text).ok()
    }

    /// Like `parse`, but returns what is wrong.
    pub(crate) fn read(text: &str) -> Result<Phone, Reason> {
        Phone::from_sent(text.as_bytes()).map_or_else(|| read_written(text.trim_matches(is_blank)), Ok)
    }

    /// Parses a number in the form in which it is sent. None for any other text.
    #[inline(always)]
    pub(crate) fn from_sent(text: &[u8]) -> Option<Phone> {
        match text {
            [b'+', digits @ ..] => Phone::international(digits).ok(),
            [b'0', digits @ ..] => Phone::national(digits).ok(),
            _ => None,
        }
    }

    /// Returns the number for which [`Phone::text`] returned this text.
    pub(crate) fn from_text(sent: &[u8]) -> Phone {
        let digits = sent.iter().skip(1).fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        Phone(if sent.first() == Some(&b'0') { NATIONAL + digits } else { digits })
    }

    /// Returns the digits behind the national 0, which identify a person's number in France and overseas in every form.
    /// Two numbers with the same digits, one of them national, may be the same person's. None for other countries.
    pub(crate) fn french_digits(self) -> Option<u64> {
        if self.is_national() {
            return Some(self.0 & !NATIONAL);
        }
        match self.0 {
            33_000_000_000..34_000_000_000 => Some(self.0 - 33_000_000_000),
            330_000_000_000_000..340_000_000_000_000 => Some(self.0 - 330_000_000_000_000),
            // The national form of +508 and six digits is 0508 and the six digits.
            508_000_000..509_000_000 => Some(self.0),
            _ => self.overseas_prefix().map(|prefix| self.0 - prefix * 1_000_000_000),
        }
    }

    /// Returns the national form of a French number, with the same digits, and any other number as it is.
    pub(crate) fn without_prefix(self) -> Phone {
        self.french_digits().map_or(self, |digits| Phone(NATIONAL | digits))
    }

    /// Returns the prefix of an overseas number of nine digits.
    fn overseas_prefix(self) -> Option<u64> {
        let prefix = self.0 / 1_000_000_000;
        matches!(prefix, 262 | 508 | 590 | 594 | 596).then_some(prefix)
    }

    /// Whether this international number has the prefix that the French numbering plan gives the range of its nine
    /// digits. Source: the numbering plan of ARCEP.
    pub(crate) fn has_assigned_prefix(self) -> bool {
        let Some(digits) = self.french_digits() else { return false };
        let own = match digits / 1_000_000 {
            262 | 263 | 269 | 639 | 692 | 693 => 262,
            508 | 708 => 508,
            590 | 690 | 691 => 590,
            594 | 694 => 594,
            596 | 696 | 697 => 596,
            _ => 33,
        };
        match self.0 {
            508_000_000..509_000_000 => own == 508,
            _ => own == self.overseas_prefix().unwrap_or(33),
        }
    }

    /// Whether this is a French national number.
    pub(crate) fn is_national(self) -> bool {
        self.0 & NATIONAL != 0
    }

    /// Returns an integer that is different for each number.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Returns the number as it is sent.
    pub(crate) fn text(self) -> String {
        // In both forms, the stored digits do not begin with 0.
        format!("{}{}", if self.is_national() { '0' } else { '+' }, self.0 & !NATIONAL)
    }

    /// Returns the digits that distinguish recipients in every form: the last nine, or all if there are fewer. Use it
    /// to hide a number.
    pub(crate) fn last_digits(self) -> String {
        let digits = (self.0 & !NATIONAL).to_string();
        digits[digits.len().saturating_sub(9)..].to_owned()
    }

    /// Returns the international number with these digits behind `+`.
    #[inline(always)]
    fn international(digits: &[u8]) -> Result<Phone, Reason> {
        if !(7..=15).contains(&digits.len()) || digits[0] == b'0' {
            return Err(Reason::International);
        }
        let value = value(digits).ok_or(Reason::NotANumber)?;
        match french(digits) {
            Some((prefix, behind)) if !is_whole(prefix, behind) => {
                Err(if prefix == b"33" { Reason::French } else { Reason::Overseas })
            }
            _ => Ok(Phone(value)),
        }
    }

    /// Returns the French number with these digits behind the national 0.
    fn national(digits: &[u8]) -> Result<Phone, Reason> {
        if !is_whole(b"33", digits) {
            return Err(Reason::National);
        }
        value(digits).map(|value| Phone(NATIONAL + value)).ok_or(Reason::NotANumber)
    }
}

/// Splits digits into the prefix of France or an overseas range and the digits behind it. None if they have no such
/// prefix.
#[inline(always)]
fn french(digits: &[u8]) -> Option<(&'static [u8], &[u8])> {
    if !matches!(digits, [b'3', b'3', ..] | [b'2' | b'5', ..]) {
        return None;
    }
    FRENCH_PREFIXES.into_iter().find_map(|prefix| Some((prefix, digits.strip_prefix(prefix)?)))
}

/// Whether the digits behind a prefix of France or an overseas range are complete. The French numbering plan has exact
/// lengths. Machines have longer numbers, which begin with 700 or 901. (Their length overseas is uncertain: E.164
/// allows 15 digits in all.)
#[inline(always)]
fn is_whole(prefix: &[u8], behind: &[u8]) -> bool {
    let is_machine = || behind.starts_with(b"700") || behind.starts_with(b"901");
    match (prefix, behind.len()) {
        (b"508", 6 | 9) => true,
        (_, 9) => behind[0] != b'0',
        (b"33", 13) => is_machine(),
        (b"33" | b"508", _) => false,
        (_, 12) => is_machine(),
        _ => false,
    }
}

/// Returns a text with phone numbers hidden. Everything with as many digits as a phone number is hidden, in all
/// supported forms and in similar ones. An IPv4 address stays.
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

/// Returns the length of the start of a text that consists of what numbers are written with, in bytes. A separator may
/// be escaped.
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

/// Returns the length of an escape such as `\u{a0}` or `\u00a0` at the start of a text, in bytes; 0 if there is none.
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

/// Whether a text has as many digits as a phone number: 7 if it begins with `+`, otherwise 9. An IPv4 address is not
/// one.
fn may_be_a_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let least = if text.starts_with('+') { 7 } else { 9 };
    digits >= least && text.parse::<Ipv4Addr>().is_err()
}

/// Parses a number in any written form. Drops separators and what people add to an international number.
fn read_written(text: &str) -> Result<Phone, Reason> {
    check_separators(text)?;
    let mut kept = [0u8; MAX_SIGNIFICANT];
    let mut length = 0;
    for character in text.chars().filter(|&character| !is_separator(character)) {
        let byte = u8::try_from(character).ok().filter(|byte| matches!(byte, b'+' | b'(' | b')' | b'0'..=b'9'));
        *kept.get_mut(length).ok_or(Reason::NotANumber)? = byte.ok_or(Reason::NotANumber)?;
        length += 1;
    }
    let mut digits = [0u8; MAX_SIGNIFICANT];
    classify(drop_parentheses(&kept[..length], &mut digits)?)
}

/// Checks that separators only join the groups of one number. What looks like a fraction, a second number or a remark
/// is refused.
fn check_separators(text: &str) -> Result<(), Reason> {
    let has_digits = |text: &str| text.contains(|character: char| character.is_ascii_digit());
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.matches('+').count() > 1 {
        return Err(Reason::SecondPlus);
    }
    let mut separators = text.char_indices().filter(|(_, character)| !matches!(character, '+' | '0'..='9'));
    if let (Some((offset, separator)), None) = (separators.next(), separators.next()) {
        let behind = &text[offset + separator.len_utf8()..];
        if (is_dot(separator) || separator == ',') && !behind.is_empty() && behind.bytes().all(|byte| byte == b'0') {
            return Err(Reason::Fraction);
        }
    }
    let mut parts = text.split(is_slash);
    if let (Some(_), Some(behind), None) = (parts.next(), parts.next(), parts.next()) {
        if (1..=3).contains(&behind.bytes().filter(u8::is_ascii_digit).count()) {
            return Err(Reason::TwoNumbers);
        }
    }
    match text.rsplit_once('(').map(|(before, group)| (before, group.split_once(')').unwrap_or((group, "")))) {
        Some((before, (group, behind))) if has_digits(before) && has_digits(group) && !has_digits(behind) => {
            Err(Reason::LastGroup)
        }
        _ => Ok(()),
    }
}

/// Drops parentheses, and the 0 of a `(0)` behind a country code: `+33(0)6…` becomes `+336…`. A number has one country
/// code, so a second `(0)` is refused, and so is one inside of the code or further behind it: `+336(0)…` is not a
/// number.
fn drop_parentheses<'a>(kept: &[u8], digits: &'a mut [u8; MAX_SIGNIFICANT]) -> Result<&'a [u8], Reason> {
    let mut length = 0;
    let mut rest = kept;
    let mut dropped = false;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'(' if after.starts_with(b"0)") && dropped => return Err(Reason::NotANumber),
            b'(' if after.starts_with(b"0)") && is_country_code(&digits[..length])? => {
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
    Ok(&digits[..length])
}

/// Whether the text before a `(0)` is a country code such as `+33`, `0033` or `33`: one to three digits. Fails for a
/// part of a French prefix, and for such a prefix with more digits.
fn is_country_code(before: &[u8]) -> Result<bool, Reason> {
    let code = before.strip_prefix(b"+").or_else(|| before.strip_prefix(b"00")).unwrap_or(before);
    if !(1..=3).contains(&code.len()) || code[0] == b'0' {
        return Ok(false);
    }
    let is_near = |prefix: &&[u8]| code.starts_with(prefix) || prefix.starts_with(code);
    match FRENCH_PREFIXES.into_iter().find(is_near) {
        Some(prefix) if prefix != code => Err(Reason::NotANumber),
        _ => Ok(true),
    }
}

/// Parses a number without separators and parentheses.
fn classify(written: &[u8]) -> Result<Phone, Reason> {
    match written {
        [b'+', digits @ ..] | [b'0', b'0', digits @ ..] => Phone::international(&without_trunk_zero(digits)),
        [b'0', digits @ ..] => Phone::national(digits),
        [] => Err(Reason::NotANumber),
        digits if digits.contains(&b'+') => Err(Reason::NotANumber),
        digits => match without_trunk_zero(digits) {
            digits if (11..=15).contains(&digits.len()) => Phone::international(&digits),
            _ => Err(Reason::Bare),
        },
    }
}

/// Drops a 0 directly behind a prefix of France or overseas if a complete number follows: `+33 06 12 34 56 78`.
fn without_trunk_zero(digits: &[u8]) -> Vec<u8> {
    match french(digits) {
        Some((prefix, [b'0', behind @ ..])) if behind.first() != Some(&b'0') && is_whole(prefix, behind) => {
            [prefix, behind].concat()
        }
        _ => digits.to_vec(),
    }
}

/// Whether a character separates groups of digits: any white space, invisible characters, dots, any hyphens and dashes,
/// slashes.
fn is_separator(character: char) -> bool {
    is_blank(character) || is_dot(character) || is_slash(character) || is_dash(character)
}

/// Whether a character is in Unicode's category Pd (dash punctuation), the hyphen bullet or the minus sign.
fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2e17}'
                | '\u{2e1a}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{2e40}'
                | '\u{2e5d}'
                | '\u{301c}'
                | '\u{3030}'
                | '\u{30a0}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '\u{10d6e}'
                | '\u{10ead}'
    )
}

fn is_dot(character: char) -> bool {
    matches!(character, '.' | '\u{b7}' | '\u{2024}' | '\u{ff0e}')
}

fn is_slash(character: char) -> bool {
    matches!(character, '/' | '\u{2044}' | '\u{2215}' | '\u{ff0f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    use super::*;

    fn sent(text: &str) -> Option<String> {
        Phone::parse(text).map(Phone::text)
    }

    #[test]
    fn every_range_of_the_plan_has_its_own_prefix() {
        for (own, ranges) in [
            ("262", &["262", "263", "269", "639", "692", "693"][..]),
            ("508", &["508", "708"]),
            ("590", &["590", "690", "691"]),
            ("594", &["594", "694"]),
            ("596", &["596", "696", "697"]),
            ("33", &["139", "612", "695", "700"]),
        ] {
            for range in ranges {
                for prefix in ["33", "262", "508", "590", "594", "596"] {
                    let number = Phone::parse(&format!("+{prefix}{range}123456")).unwrap();
                    assert_eq!(number.has_assigned_prefix(), prefix == own, "{}", number.text());
                }
            }
        }
        assert!(Phone::parse("+508123456").is_some_and(Phone::has_assigned_prefix));
        assert!(!Phone::parse("+41790000012").unwrap().has_assigned_prefix());
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
            ("+32 (0)2 123 45 67", "+3221234567"),
            ("+27 (0)21 123 4567", "+27211234567"),
            ("(06) 12 34 56 78", "0612345678"),
            ("(0)612345678", "0612345678"),
            ("330612345678", "+33612345678"),
            ("06.12.34.56.00", "0612345600"),
            ("06/12/34/56/78", "0612345678"),
            ("+49 30/123456", "+4930123456"),
            ("+33.612345678", "+33612345678"),
            ("+33612345678.", "+33612345678"),
            ("061234567-0", "0612345670"),
            ("(0612345678)", "0612345678"),
            ("(+33) 6 12 34 56 78", "+33612345678"),
            ("+262 0692 12 34 56", "+262692123456"),
            ("00262 (0)692 12 34 56", "+262692123456"),
            ("5900690123456", "+590690123456"),
            ("+508 41 12 34", "+508411234"),
            ("+508 0708 12 34 56", "+508708123456"),
            ("+508 012 34 56 78", "+508012345678"),
            ("0700 12 34 56 78 90", "07001234567890"),
            ("+33 700 12 34 56 78 90", "+337001234567890"),
            ("+33 0901 1234567890", "+339011234567890"),
            ("+262 700 123456789", "+262700123456789"),
            ("33 0700 12 34 56 78 90", "+337001234567890"),
            ("262 0700 123456789", "+262700123456789"),
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
            "+44(0)2(0)79460958",
            "+44(0)20(0)79460958",
            "06(0)12345678",
            "00+33(0)612345678",
            "+336(0)12345678",
            "+330(0)612345678",
            "+3(0)3612345678",
            "0026(0)2692123456",
            "5(0)90690123456",
            "+33061234567",
            "+33 06 12 34 56 7",
            "33612345671.0",
            "+4915112345678.0",
            "4915112345678,00",
            "+33 6 12 34 56 71/72",
            "+49 151 12345678/79",
            "+33 6 12 34 56 71 (2)",
            "+49 151 12345678 (2)",
            "+336123456789",
            "+33012345678",
            "+26269212345",
            "+5086912345",
            "+33 600 12 34 56 78 90",
            "+33 700 12 34 56 789",
            "+508 700 123456789",
            "06001234567890",
        ] {
            assert_eq!(sent(written), None, "{written:?}");
        }
        assert_eq!(sent(&"1".repeat(10_000)), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (written, reason) in [
            ("  ", Reason::Empty),
            ("nobody", Reason::NotANumber),
            ("+33 6 12 34 56 78 +", Reason::SecondPlus),
            ("33612345671.0", Reason::Fraction),
            ("+33 6 12 34 56 71/72", Reason::TwoNumbers),
            ("06 12 34 56 78 (2)", Reason::LastGroup),
            ("+33612345", Reason::French),
            ("+262612345", Reason::Overseas),
            ("+123456", Reason::International),
            ("06 12 34 56", Reason::National),
            ("612345678", Reason::Bare),
            ("6+12345678", Reason::NotANumber),
        ] {
            assert_eq!(Phone::read(written), Err(reason), "{written:?}");
        }
    }

    /// Generates digits with what people put around and between them, not only what the parser expects.
    fn written() -> impl Strategy<Value = String> {
        let start = select(&["", "", "+", "00", "0", "+33", "0033", "33", "+262", "508", "+508", "+49", "(", "+33(0)"]);
        let group = select(&["0", "6", "12", "700", "901", "0612345678", "612345678", "508", "692123456", "00"]);
        let joint = select(&["", "", " ", ".", "-", "/", "(", ")", ") ", "(0)", "\u{a0}", "\u{200b}", "+", ",", "x"]);
        let groups = prop::collection::vec((group, joint), 0..7);
        (start, groups).prop_map(|(start, groups)| {
            groups.iter().fold(start.to_owned(), |text, (group, joint)| text + group + joint)
        })
    }

    #[test]
    fn a_number_that_is_sent_is_read_as_itself() {
        let config = Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::with_cases(50_000) };
        let numbers = std::cell::Cell::new(0);
        let same = |text: String| {
            if let Ok(phone) = Phone::read(&text) {
                let sent = phone.text();
                prop_assert_eq!(Phone::from_sent(sent.as_bytes()), Some(phone), "{:?}", text);
                prop_assert_eq!(Phone::from_text(sent.as_bytes()), phone, "{:?}", text);
                prop_assert_eq!(Phone::read(&format!("\u{feff} {sent}\u{a0}")), Ok(phone), "{:?}", text);
                numbers.set(numbers.get() + 1);
            }
            Ok(())
        };
        TestRunner::new(config).run(&written(), same).unwrap();
        assert!(numbers.get() > 1_000, "only {} numbers", numbers.get());
    }

    #[test]
    fn numbers_are_hidden_in_a_text() {
        for (text, shown) in [
            ("phone_number \"0612345678x\" is not a number", "phone_number \"***x\" is not a number"),
            ("a +33 (0)6.12-34/56\u{a0}78, b", "a ***, b"),
            ("06\\u{a0}12\\u{200b}34 56\\u00a078, \\u{a0}", "***, \\u{a0}"),
            ("\\u{a0\\u12\\u{x}", "\\u{a0\\u12\\u{x}"),
            ("06\\u{x}12345678, 06\\uwxyz12345678", "06\\u{x}12345678, 06\\uwxyz12345678"),
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
        assert_eq!(digits("+508412345"), digits("0508412345"));
        assert_eq!(digits("+337001234567890"), digits("07001234567890"));
        for other in ["+34612345678", "+1612345678", "+612345678", "+262700123456789"] {
            assert_eq!(digits(other), None, "{other}");
        }
    }
}

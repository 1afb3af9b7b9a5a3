//! What a number and an id are, and which numbers can be the same person's.
//!
//! Where the contract leaves something open, a comment that begins with "Reading:" says what is taken here.

/// France and its overseas ranges.
pub const FRENCH: [&str; 6] = ["33", "262", "508", "590", "594", "596"];

/// The longest id, in bytes.
const LONGEST_ID: usize = 255;

/// The number that a text means, as it is sent: `+` and its digits, or a French national one from its 0 on.
///
/// Reading: white space and marks around the text separate nothing. Among digits they are separators like others.
pub fn number(text: &str) -> Option<String> {
    let text = text.trim_matches(|character| is_space(character) || is_mark(character));
    if joins_more_than_one(text) {
        return None;
    }
    let left: String = without_zero(text)?.chars().filter(|&character| !is_separator(character)).collect();
    if let Some(digits) = left.strip_prefix('+').or_else(|| left.strip_prefix("00")) {
        return international(digits, 7);
    }
    if let Some(digits) = left.strip_prefix('0') {
        let is_national = digits_only(digits) && (is_nine(digits) || digits.len() == 13 && is_machine(digits));
        return is_national.then_some(left);
    }
    international(&left, 11)
}

/// Digits from the country code on, at least so many of them.
fn international(digits: &str, least: usize) -> Option<String> {
    let digits = without_trunk_zero(digits)?;
    let is_number = (least..=15).contains(&digits.len()) && !digits.starts_with('0') && is_in_plan(&digits);
    is_number.then(|| format!("+{digits}"))
}

/// Without the 0 between a French country code and a whole national number; none for what is not digits.
///
/// Reading: behind this 0 there is no other one.
fn without_trunk_zero(digits: &str) -> Option<String> {
    if !digits_only(digits) {
        return None;
    }
    for code in FRENCH {
        if let Some(national) = digits.strip_prefix(code).and_then(|behind| behind.strip_prefix('0')) {
            if is_whole(code, national) && !national.starts_with('0') {
                return Some(format!("{code}{national}"));
            }
        }
    }
    Some(digits.to_owned())
}

/// Whether the French plan has a number of that length; other countries have any.
fn is_in_plan(digits: &str) -> bool {
    match FRENCH.iter().find(|code| digits.starts_with(**code)) {
        Some(code) => is_whole(code, &digits[code.len()..]),
        None => true,
    }
}

/// Whether these digits are a whole national number behind a French country code.
fn is_whole(code: &str, national: &str) -> bool {
    match (code, national.len()) {
        ("508", 6 | 9) => true,
        ("33", 13) | ("262" | "590" | "594" | "596", 12) => is_machine(national),
        _ => is_nine(national),
    }
}

fn is_machine(national: &str) -> bool {
    national.starts_with("700") || national.starts_with("901")
}

fn is_nine(digits: &str) -> bool {
    digits.len() == 9 && !digits.starts_with('0')
}

fn digits_only(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_digit())
}

/// Whether separators join what is not one number.
fn joins_more_than_one(text: &str) -> bool {
    is_decimal(text) || is_alternative(text) || ends_in_group(text)
}

/// A dot that is the only separator, with nothing but zeros behind it. A comma is no separator at all.
///
/// Reading: there is at least one zero, so a dot at the end ends a sentence.
fn is_decimal(text: &str) -> bool {
    let separators: Vec<_> = text.char_indices().filter(|&(_, character)| is_separator(character)).collect();
    match separators[..] {
        [(at, dot)] if is_dot(dot) => {
            let behind = &text[at + dot.len_utf8()..];
            !behind.is_empty() && behind.chars().all(|character| character == '0')
        }
        _ => false,
    }
}

/// A slash that is the only slash, with one to three digits behind it.
fn is_alternative(text: &str) -> bool {
    let mut parts = text.split(is_slash);
    let (_, behind, more) = (parts.next(), parts.next(), parts.next());
    match (behind, more) {
        (Some(behind), None) => (1..=3).contains(&count_digits(behind)),
        _ => false,
    }
}

/// A group in parentheses at the end, behind other digits.
///
/// Reading: the last group counts, if it holds a digit and no other digit is behind it; it need not be closed.
fn ends_in_group(text: &str) -> bool {
    let Some((before, group)) = text.rsplit_once('(') else { return false };
    let (inside, behind) = group.split_once(')').unwrap_or((group, ""));
    count_digits(before) > 0 && count_digits(inside) > 0 && count_digits(behind) == 0
}

fn count_digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// Without the `(0)` behind a country code; none if one more comes later, or if it stands within a French code or behind
/// more than that.
///
/// Reading: a country code has one to three digits. A `(0)` elsewhere is a 0 among separators, and other separators inside
/// do not matter.
fn without_zero(text: &str) -> Option<String> {
    let is_left = |character: &char| is_parenthesis(*character) || !is_separator(*character);
    let text: String = text.chars().filter(is_left).collect();
    let mut zero = text.match_indices("(0)").map(|(at, _)| (&text[..at], &text[at + 3..]));
    match zero.find(|(before, _)| is_country_code(before)) {
        Some((before, behind)) => {
            (!behind.contains("(0)") && !is_nearly_french(before)).then(|| before.to_owned() + behind)
        }
        None => Some(text),
    }
}

fn is_country_code(text: &str) -> bool {
    let code = code(text);
    (1..=3).contains(&code.len()) && !code.starts_with('0')
}

/// `+3`, `+330` or `+336`, where it would have to be `+33`.
fn is_nearly_french(text: &str) -> bool {
    let code = code(text);
    !FRENCH.contains(&&*code) && FRENCH.iter().any(|french| french.starts_with(&code) || code.starts_with(french))
}

/// What stands where a country code may be.
fn code(text: &str) -> String {
    let digits: String = text.chars().filter(|&character| !is_parenthesis(character)).collect();
    digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")).unwrap_or(&digits).to_owned()
}

pub fn is_separator(character: char) -> bool {
    is_space(character)
        || is_mark(character)
        || is_dot(character)
        || is_dash(character)
        || is_slash(character)
        || is_parenthesis(character)
}

/// White space of all kinds.
pub fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// Marks that nobody sees: byte-order mark, zero-width, directional.
pub fn is_mark(character: char) -> bool {
    MARKS.contains(&character)
}

fn is_dot(character: char) -> bool {
    DOTS.contains(&character)
}

fn is_dash(character: char) -> bool {
    DASHES.contains(&character)
}

fn is_slash(character: char) -> bool {
    SLASHES.contains(&character)
}

fn is_parenthesis(character: char) -> bool {
    matches!(character, '(' | ')')
}

pub const MARKS: [char; 32] = [
    '\u{ad}', '\u{34f}', '\u{61c}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}',
    '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2060}', '\u{2061}', '\u{2062}', '\u{2063}', '\u{2064}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{206a}', '\u{206b}', '\u{206c}', '\u{206d}', '\u{206e}',
    '\u{206f}', '\u{fe00}', '\u{fe0f}', '\u{feff}',
];

pub const SPACES: [char; 25] = [
    ' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}',
    '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{2028}',
    '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}',
];

pub const DOTS: [char; 4] = ['.', '\u{b7}', '\u{2024}', '\u{ff0e}'];

pub const DASHES: [char; 29] = [
    '-',
    '\u{58a}',
    '\u{5be}',
    '\u{1400}',
    '\u{1806}',
    '\u{2010}',
    '\u{2011}',
    '\u{2012}',
    '\u{2013}',
    '\u{2014}',
    '\u{2015}',
    '\u{2043}',
    '\u{2212}',
    '\u{2e17}',
    '\u{2e1a}',
    '\u{2e3a}',
    '\u{2e3b}',
    '\u{2e40}',
    '\u{2e5d}',
    '\u{301c}',
    '\u{3030}',
    '\u{30a0}',
    '\u{fe31}',
    '\u{fe32}',
    '\u{fe58}',
    '\u{fe63}',
    '\u{ff0d}',
    '\u{10d6e}',
    '\u{10ead}',
];

pub const SLASHES: [char; 4] = ['/', '\u{2044}', '\u{2215}', '\u{ff0f}'];

/// The id that a text means.
pub fn id(text: &str) -> Option<String> {
    let text = text.trim_matches(|character| is_space(character) || is_mark(character));
    let is_id = !text.is_empty()
        && text.len() <= LONGEST_ID
        && !text.chars().any(|character| character.is_control() || is_mark(character));
    is_id.then(|| text.to_owned())
}

/// Whether an id is sent as a number: an integer from 0 to 9223372036854775807 as one writes it.
pub fn is_numeric(id: &str) -> bool {
    id.parse::<i64>().is_ok_and(|number| number >= 0 && number.to_string() == id)
}

/// Whether an international number can be that of a national one: a French prefix and the same nine digits, or those of
/// `0508` and six digits behind +508.
///
/// Reading: a machine's thirteen digits belong behind +33.
pub fn is_same_person(national: &str, international: &str) -> bool {
    let Some(digits) = national.strip_prefix('0') else { return false };
    match digits.len() {
        9 => {
            FRENCH.iter().any(|code| international == format!("+{code}{digits}"))
                || digits.strip_prefix("508").is_some_and(|six| international == format!("+508{six}"))
        }
        _ => international == format!("+33{digits}"),
    }
}

/// Whether an international number has the prefix that the French plan gives the range of a national one.
pub fn is_of_plan(national: &str, international: &str) -> bool {
    let code = match &national[..4] {
        "0262" | "0263" | "0269" | "0639" | "0692" | "0693" => "262",
        "0508" | "0708" => "508",
        "0590" | "0690" | "0691" => "590",
        "0594" | "0694" => "594",
        "0596" | "0696" | "0697" => "596",
        _ => "33",
    };
    international.starts_with(&format!("+{code}"))
}

#[test]
fn the_model_has_the_examples_of_the_contract() {
    for (text, sent) in [
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("+262 0692 12 34 56", "+262692123456"),
        ("33612345678", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("06.12.34.56.00", "0612345600"),
        ("06/12/34/56/78", "0612345678"),
        ("+49 30/123456", "+4930123456"),
        ("(0612345678)", "0612345678"),
        ("(06) 12 34 56 78", "0612345678"),
        ("07001234567890", "07001234567890"),
        ("+508 41 23 45", "+508412345"),
    ] {
        assert_eq!(number(text).as_deref(), Some(sent), "{text}");
    }
    for text in [
        "33612345671.0",
        "+33 6 12 34 56 71/72",
        "+33 06 12 34 56 7",
        "4915112345678.0",
        "4915112345678,0",
        "+49 151 12345671/72",
        "+49 151 12345671 (2)",
        "+33+612345678",
        "+0612345678",
        "612345678",
    ] {
        assert_eq!(number(text), None, "{text}");
    }
    assert!(is_same_person("0508412345", "+508412345") && is_of_plan("0508412345", "+508412345"));
    assert!(is_same_person("0639980001", "+33639980001") && !is_of_plan("0639980001", "+33639980001"));
    assert!(!is_same_person("0612345678", "+34612345678"));
    assert_eq!(id("\u{feff} 42\u{a0}"), Some("42".to_owned()));
    assert!(is_numeric("9223372036854775807") && !is_numeric("9223372036854775808") && !is_numeric("007"));
}

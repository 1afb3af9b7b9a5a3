//! What spreadsheets do to phone numbers and ids, undone where there is one reading.

use std::borrow::Cow;

use smsp::Phone;

use super::list::{Message, Refusal};

const SPOILED: &str = "it holds bytes that are no text in the encoding of the list";
const GUESSED: &str = "it is not plain ASCII, and the encoding of the list is a guess: save it as UTF-8";
const POWER: &str =
    "it is written as a power of ten, which loses digits: format the column as text and export the list again";
const NO_ZERO: &str =
    "it has nine digits, so its first 0 may be lost: format the column as text and export the list again";
const TWO_READINGS: &str = "it may have a fraction or a separator of thousands: write it as digits alone";
const NOTHING: &str = "it stands for nothing";
const FRACTION: &str = "it is a number with a fraction: --id-column chooses another column";
const TEXT: &str = "it is no id but a text: --id-column chooses another column";
const NUMBER: &str = "it is written as a phone number: --phone-column and --id-column choose the columns";

/// What databases write where there is nothing.
const NULLS: [&str; 6] = ["null", "(null)", "\\n", "none", "nan", "n/a"];

/// What parts thousands: white space as keyboards have it and as spreadsheets do, and marks.
const THOUSANDS: [char; 8] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '.', ',', '\'', '’'];

/// A message by its two fields. What its id is, or what is wrong with it, comes from one of the functions below.
pub fn message(phone_number: &str, message_id: &str, id: Result<Cow<str>, &'static str>) -> Message {
    let (phone_number, message_id, refusal) = match (self::phone_number(phone_number), id) {
        (Ok(phone_number), Ok(id)) => (phone_number, id, None),
        (Err(reason), _) => (phone_number.into(), message_id.into(), Some(Refusal::PhoneNumber(reason))),
        (_, Err(reason)) => (phone_number.into(), message_id.into(), Some(Refusal::MessageId(reason))),
    };
    Message { phone_number: phone_number.into_owned(), message_id: message_id.into_owned(), refusal }
}

/// A field for a message, not too long.
pub fn shown(field: &str) -> String {
    match field.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", &field[..end]),
        None => format!("{field:?}"),
    }
}

/// A phone number as it is asked, or what is wrong with it. What cannot be one at all is left to the library.
pub fn phone_number(field: &str) -> Result<Cow<'_, str>, &'static str> {
    let text = bare(field);
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(SPOILED);
    }
    let (sign, digits) = text.split_at(usize::from(text.starts_with('+')));
    let digits = match without_fraction(digits) {
        // A point may part the last two digits from the others.
        Some(whole) if is_digits(whole) || digits[whole.len()..].starts_with(',') => whole,
        _ => digits,
    };
    let text = match integer(digits).filter(|_| digits.contains([',', 'e', 'E'])) {
        Some(number) => Cow::Owned(format!("{sign}{}", number?)),
        None => Cow::Borrowed(&text[..sign.len() + digits.len()]),
    };
    if is_without_zero(&text) { Err(NO_ZERO) } else { Ok(text) }
}

/// A message id as it is asked, or what is wrong with it. `is_guessed` is whether the encoding of the list is.
pub fn message_id(field: &str, is_guessed: bool) -> Result<Cow<'_, str>, &'static str> {
    let text = bare(field);
    let is_error_of_a_formula = text.starts_with('#') && !has_digits(text);
    let is_mark = !text.is_empty() && !text.contains(char::is_alphanumeric);
    let is_in_texts = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '|' | '"' | '\'' | '’');
    if is_digits(text) {
        return Ok(Cow::Borrowed(text));
    }
    match integer(text) {
        Some(number) => number.map(Cow::Owned),
        None if text.contains(char::REPLACEMENT_CHARACTER) => Err(SPOILED),
        None if is_error_of_a_formula || is_mark || NULLS.iter().any(|null| text.eq_ignore_ascii_case(null)) => {
            Err(NOTHING)
        }
        None if text.starts_with('=') || text.contains(is_in_texts) => Err(TEXT),
        None if is_fraction(text) => Err(FRACTION),
        None if is_guessed && !text.is_ascii() => Err(GUESSED),
        None => Ok(Cow::Borrowed(text)),
    }
}

/// The same where no header says that the column is one of ids.
pub fn unnamed_id(field: &str, is_guessed: bool) -> Result<Cow<'_, str>, &'static str> {
    let id = message_id(field, is_guessed)?;
    let is_french = id.starts_with("33") && id.len() == "33612345678".len();
    let is_phone_number = (id.starts_with(['+', '0', '(']) || is_french) && Phone::parse(&id).is_some();
    match () {
        () if is_phone_number => Err(NUMBER),
        () if id.is_empty() || is_token(&id) => Ok(id),
        () => Err(TEXT),
    }
}

/// Whether a text can hardly be but an id: no word, no date, no amount.
fn is_token(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    let is_date = groups.len() == 3 && text.len() <= "2024-11-12".len() && groups.into_iter().all(is_digits);
    let is_in_tokens = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    has_digits(text) && text.chars().all(is_in_tokens) && !is_date
}

/// A field without what marks it as a text: `="0612345678"`, `'0612345678`; and without what cannot be seen around it.
fn bare(field: &str) -> &str {
    let field = trim(field);
    let formula = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = formula.or(field.strip_prefix('\'')).unwrap_or(field);
    trim(text)
}

fn trim(text: &str) -> &str {
    let is_invisible = |letter: char| {
        let is_mark = |letter| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        letter.is_whitespace() || is_mark(letter)
    };
    text.trim_matches(is_invisible)
}

/// The number that a text is in the writing of spreadsheets, or why it is not clear which; None if it is none.
fn integer(text: &str) -> Option<Result<String, &'static str>> {
    let whole = without_fraction(text);
    let whole =
        whole.and_then(|whole| if is_digits(whole) { Some(whole.to_owned()) } else { without_thousands(whole) });
    match (whole, without_thousands(text)) {
        (Some(_), Some(_)) => Some(Err(TWO_READINGS)),
        (Some(number), None) | (None, Some(number)) => Some(Ok(number)),
        (None, None) => without_power(text),
    }
}

/// What stands before a fraction of zeros.
fn without_fraction(text: &str) -> Option<&str> {
    let whole = text.trim_end_matches('0').strip_suffix(['.', ','])?;
    let mark = &text[whole.len()..=whole.len()];
    let has_zeros = whole.len() + mark.len() < text.len();
    (has_zeros && !whole.contains(mark)).then_some(whole)
}

/// The digits of a number whose thousands are parted, all by the same mark.
fn without_thousands(text: &str) -> Option<String> {
    let mark = text.chars().find(|letter| THOUSANDS.contains(letter))?;
    let (first, others) = text.split_once(mark)?;
    let is_first = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    let is_number = is_first && others.split(mark).all(|group| is_digits(group) && group.len() == 3);
    is_number.then(|| text.replace(mark, ""))
}

/// The digits of a number such as `3,3612345678E+10`; an error if they are not all there.
fn without_power(text: &str) -> Option<Result<String, &'static str>> {
    let (factor, power) = text.split_once(['e', 'E'])?;
    let (first, others) = factor.split_once(['.', ',']).unwrap_or((factor, ""));
    let digits = [first, others].concat();
    let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
    if first.len() != 1 || !is_digits(&digits) || !is_digits(unsigned) || unsigned.len() > 3 {
        return None;
    }
    let is_whole = power.parse() == Ok(others.len());
    Some(if is_whole { Ok(digits) } else { Err(POWER) })
}

/// Whether a French national number lost its first digit.
fn is_without_zero(text: &str) -> bool {
    let mut digits = text.bytes().filter(u8::is_ascii_digit);
    let has_others = || text.contains(|letter: char| letter.is_alphabetic() || letter == '+');
    digits.next() != Some(b'0') && digits.count() == 8 && !has_others()
}

/// Whether digits stand before a point, behind it, or both, and nothing else.
fn is_fraction(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| is_digits(&[whole, fraction].concat()))
}

fn has_digits(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_read_back() {
        for (field, expected) in [
            ("0612345678", "0612345678"),
            (" +33 6 12 34 56 78 ", "+33 6 12 34 56 78"),
            ("33612345671.0", "33612345671"),
            ("+33612345671.00", "+33612345671"),
            ("33612345671,0", "33612345671"),
            ("33 612 345 671,00", "33 612 345 671"),
            ("0612345670.0", "0612345670"),
            ("33,612,345,671", "33612345671"),
            ("33,612,345,671.00", "33612345671"),
            ("3.3612345678E+10", "33612345678"),
            ("3,3612345678e10", "33612345678"),
            ("=\"0612345678\"", "0612345678"),
            ("='0612345678", "='0612345678"),
            ("'0612345678", "0612345678"),
            ("\u{feff}'\u{a0}06\u{a0}12\u{202f}34 56 78\u{200b}", "06\u{a0}12\u{202f}34 56 78"),
            ("06.12.34.56.00", "06.12.34.56.00"),
            ("06 12 34 56.00", "06 12 34 56.00"),
            ("+612345678", "+612345678"),
            ("(0)612345678", "(0)612345678"),
            ("06,12,34,56,78", "06,12,34,56,78"),
            ("", ""),
            ("nobody", "nobody"),
            (".0", ".0"),
        ] {
            assert_eq!(phone_number(field).as_deref(), Ok(expected), "{field:?}");
        }
    }

    #[test]
    fn phone_numbers_that_lost_digits_are_refused() {
        for (field, reason) in [
            ("3,36E+10", POWER),
            ("3.36123E+10", POWER),
            ("3E+10", POWER),
            ("612345678", NO_ZERO),
            ("612345678.0", NO_ZERO),
            ("6 12 34 56 78", NO_ZERO),
            ("6.12.34.56.78", NO_ZERO),
            ("612,345,678", NO_ZERO),
            ("06123\u{fffd}45678", SPOILED),
        ] {
            assert_eq!(phone_number(field), Err(reason), "{field:?}");
        }
    }

    #[test]
    fn ids_are_read_back() {
        for (field, expected) in [
            ("199897", "199897"),
            ("199891.0", "199891"),
            ("199891,00", "199891"),
            ("199,897", "199897"),
            ("48 210 068", "48210068"),
            ("48\u{a0}210\u{a0}068", "48210068"),
            ("48\u{202f}210\u{202f}068,00", "48210068"),
            ("1.234.000", "1234000"),
            ("1,234.000", "1234"),
            ("1.99897E+05", "199897"),
            ("=\"199897\"", "199897"),
            ("'199897", "199897"),
            ("00199897", "00199897"),
            ("a1b2-c3d4_5:6/7==", "a1b2-c3d4_5:6/7=="),
            ("12e45", "12e45"),
            ("réf-17", "réf-17"),
            ("1.2.3", "1.2.3"),
            ("#17", "#17"),
            ("0", "0"),
            ("", ""),
        ] {
            assert_eq!(message_id(field, false).as_deref(), Ok(expected), "{field:?}");
        }
    }

    #[test]
    fn ids_that_are_none_are_refused() {
        for (field, reason) in [
            ("1.000", TWO_READINGS),
            ("199,000", TWO_READINGS),
            ("1,99E+05", POWER),
            ("1e5", POWER),
            ("1E-5", POWER),
            ("Bonjour, rappelez le 0612345678", TEXT),
            ("17;18", TEXT),
            ("17\u{2028}18", TEXT),
            ("0,123", TEXT),
            ("=A2", TEXT),
            ("NULL", NOTHING),
            ("\\N", NOTHING),
            ("#N/A", NOTHING),
            ("#NOM?", NOTHING),
            ("-", NOTHING),
            ("#####", NOTHING),
            ("1.5", FRACTION),
            (".045", FRACTION),
            ("17.", FRACTION),
            ("17'", TEXT),
            ("l’id", TEXT),
            ("17\u{fffd}", SPOILED),
        ] {
            assert_eq!(message_id(field, false), Err(reason), "{field:?}");
        }
        assert_eq!(message_id("réf-17", true), Err(GUESSED));
        assert_eq!(message_id("48\u{a0}210", true).as_deref(), Ok("48210"));
    }

    #[test]
    fn without_a_header_a_phone_number_is_no_id() {
        for field in ["0612345678", "+33612345678", "(06) 12 34 56 78", "33612345678", "06.12.34.56.78"] {
            assert!(unnamed_id(field, false).is_err(), "{field:?}");
        }
        for field in ["199897", "48210068123", "00199897", "1", "", "a1b2-c3d4_5", "2024-11-12-17"] {
            assert_eq!(unnamed_id(field, false).as_deref(), Ok(field));
        }
    }

    #[test]
    fn without_a_header_a_word_a_date_or_an_amount_is_no_id() {
        for field in ["OK", "Bonjour", "2024-11-12", "12-11-24", "12/11/2024", "10:22:33", "12%", "0.045€", "nº17"] {
            assert_eq!(unnamed_id(field, false), Err(TEXT), "{field:?}");
        }
    }
}

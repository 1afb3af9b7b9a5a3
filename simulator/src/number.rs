//! Which number a text means, however it is written.

/// Country codes whose national numbers are written with a 0, which people keep behind the code too: France and its
/// overseas ranges.
const FRENCH: [&str; 6] = ["33", "262", "508", "590", "594", "596"];

/// The number that a text means in the form in which the service answers: `+` and its digits, a French national one as
/// `+33…`. A text that means none stays as it is.
pub(crate) fn international(text: &str) -> String {
    meant(text).map_or_else(|| text.to_owned(), |digits| format!("+{digits}"))
}

/// An id without what surrounds it and cannot be seen.
pub(crate) fn trimmed(id: &str) -> &str {
    id.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// The digits of the number, from its country code on.
fn meant(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|&character| !is_separator(character)).collect();
    let text = without_zero(&text).replace(['(', ')'], "");
    let (prefix, digits) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    if digits.contains(|character: char| !character.is_ascii_digit()) {
        return None;
    }
    match digits.strip_prefix('0') {
        Some(national) => (!prefix && is_national("33", national)).then(|| format!("33{national}")),
        None => of_country(digits).filter(|digits| (if prefix { 7..=15 } else { 11..=15 }).contains(&digits.len())),
    }
}

/// The text without a `(0)` behind the country code. One at the start is a digit.
fn without_zero(text: &str) -> String {
    match text.find("(0)") {
        Some(at) if at > 0 => text[..at].to_owned() + &text[at + 3..],
        _ => text.to_owned(),
    }
}

/// Digits that begin with a country code, without the 0 that may follow a French one; none where the French plan has no
/// number of that length.
fn of_country(digits: &str) -> Option<String> {
    let Some(code) = FRENCH.into_iter().find(|code| digits.starts_with(code)) else { return Some(digits.to_owned()) };
    let national = &digits[code.len()..];
    let national = national.strip_prefix('0').unwrap_or(national);
    is_national(code, national).then(|| format!("{code}{national}"))
}

/// Whether the French plan has such a number behind this country code, which takes the place of its 0.
fn is_national(code: &str, digits: &str) -> bool {
    let is_machine = digits.starts_with("700") || digits.starts_with("901");
    !digits.starts_with('0')
        && match digits.len() {
            6 => code == "508",
            9 => true,
            12 => code != "33" && code != "508" && is_machine,
            13 => code == "33" && is_machine,
            _ => false,
        }
}

/// What people put between digits, but for parentheses.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || is_invisible(character)
        || matches!(character, '.' | '·' | '․' | '．' | '/' | '⁄' | '∕' | '／')
        || is_dash(character)
}

/// Dashes of all scripts, and the minus sign.
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

/// Marks without width: soft hyphens, joiners, directions, byte-order marks.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_number_are_one() {
        for (meant, spellings) in [
            (
                "+33600041667",
                &[
                    "+33600041667",
                    "+33 6 00 04 16 67",
                    "+33\u{3030}6\u{2043}00\u{10ead}04 16 67",
                    "0600041667",
                    "06 00 04 16 67",
                    "06.00.04.16.67",
                    "06-00-04-16-67",
                    "06/00/04/16/67",
                    "(06) 00 04 16 67",
                    "(0)600041667",
                    "0033600041667",
                    "33600041667",
                    "+33 (0)6 00 04 16 67",
                    "33(0)600041667",
                    "+33 06 00 04 16 67",
                    "(+33) 600041667",
                    "\u{feff}+33\u{a0}6\u{2011}00041667\u{200b}",
                ][..],
            ),
            ("+262692123456", &["+262 0692 12 34 56", "00262692123456", "262 692 12 34 56"]),
            ("+508412345", &["+508 41 23 45", "+508 0412345"]),
            ("+442079460958", &["+44 (0)20 7946 0958", "0044 20 7946 0958"]),
            ("+390612345678", &["+39 06 1234 5678", "390612345678"]),
            ("+337001234567890", &["07001234567890", "+33 0700 1234567890"]),
        ] {
            for spelling in spellings {
                assert_eq!(international(spelling), *meant, "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_as_it_is() {
        for text in [
            "",
            "06xxxxxxx2",
            "061234567",
            "061234567890",
            "1234567890",
            "+0612345678",
            "+33612345671.0",
            "+33 6 12 34 56 71/72",
            "+33 06 12 34 56 7",
            "+33+612345678",
            "+1234567890123456",
            "0012345",
        ] {
            assert_eq!(international(text), text);
        }
    }

    #[test]
    fn what_surrounds_an_id_is_no_part_of_it() {
        assert_eq!(trimmed("\u{feff} 42\t\u{200b}"), "42");
        assert_eq!(trimmed("a b"), "a b");
    }
}

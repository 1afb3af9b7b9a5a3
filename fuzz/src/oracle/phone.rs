//! Phone numbers.

use super::{Reading, is_blank};

/// What a text is, as the number of a query or of an answer.
pub fn read(text: &str) -> Reading {
    read_known(text).unwrap_or_else(|reading| reading)
}

fn read_known(text: &str) -> Result<Reading, Reading> {
    let text = text.trim_matches(is_blank);
    check_characters(text)?;
    check_joints(text)?;
    check_last_group(text)?;
    let significant: String = text.chars().filter(|character| "+()0123456789".contains(*character)).collect();
    // The library looks at so many characters only.
    if significant.len() > 32 {
        return Err(Reading::Open);
    }
    let (without_zero, was_dropped) = drop_zero_in_parentheses(&significant)?;
    classify(&without_zero.replace(['(', ')'], ""), was_dropped)
}

/// Digits and what joins them; other dashes, dots and slashes than those here are not decided.
fn check_characters(text: &str) -> Result<(), Reading> {
    for character in text.chars() {
        let dashes = "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{fe58}\u{fe63}\u{ff0d}";
        let is_known = "+()./0123456789".contains(character) || dashes.contains(character) || is_blank(character);
        match character.is_ascii() || "éà٠１".contains(character) {
            _ if is_known => {}
            true => return Err(Reading::Invalid),
            false => return Err(Reading::Open),
        }
    }
    Ok(())
}

/// A fraction, a second number behind a slash, a second plus.
fn check_joints(text: &str) -> Result<(), Reading> {
    let is_digit_or_plus = |character: char| character == '+' || character.is_ascii_digit();
    let is_fraction = text.split_once('.').is_some_and(|(whole, fraction)| {
        whole.chars().all(is_digit_or_plus) && !fraction.is_empty() && fraction.trim_matches('0').is_empty()
    });
    let slashed: Vec<_> = text.split('/').collect();
    let is_two_numbers =
        matches!(slashed[..], [_, behind] if matches!(behind.chars().filter(char::is_ascii_digit).count(), 1..=3));
    if is_fraction || is_two_numbers || text.split('+').count() > 2 { Err(Reading::Invalid) } else { Ok(()) }
}

/// Pairs of parentheses, none within another; the last is not at the end.
fn check_last_group(text: &str) -> Result<(), Reading> {
    let mut is_open = false;
    for character in text.chars().filter(|character| "()".contains(*character)) {
        if is_open != (character == ')') {
            return Err(Reading::Open);
        }
        is_open = !is_open;
    }
    if is_open {
        return Err(Reading::Open);
    }
    let count = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let Some((before, group)) = text.rsplit_once('(') else { return Ok(()) };
    let (group, behind) = group.split_once(')').expect("a pair");
    if count(before) > 0 && count(group) > 0 && count(behind) == 0 { Err(Reading::Invalid) } else { Ok(()) }
}

/// Drops a `(0)` behind a country code, and says whether there was one.
fn drop_zero_in_parentheses(text: &str) -> Result<(String, bool), Reading> {
    let (before, behind) = match &text.split("(0)").collect::<Vec<_>>()[..] {
        [before, behind] => (before.replace(['(', ')'], ""), *behind),
        [_] => return Ok((text.to_owned(), false)),
        _ => return Err(Reading::Open),
    };
    let code = before.strip_prefix('+').or_else(|| before.strip_prefix("00")).unwrap_or(&before);
    let dropped = || before.clone() + behind;
    let digits = (code.to_owned() + behind).replace(['(', ')'], "");
    match french(&digits) {
        Some((prefix, rest)) if code == prefix && is_whole(prefix, rest) => Ok((dropped(), true)),
        // Two zeros to drop.
        Some((prefix, rest)) if code == prefix && rest.strip_prefix('0').is_some_and(|rest| is_whole(prefix, rest)) => {
            Err(Reading::Open)
        }
        // Behind what could be a country code, but is none, a 0 that stays would make another digit of the number.
        Some(_) if code.len() <= 3 && prefix_of(code).is_some() => {
            Err(if code.starts_with("508") { Reading::Open } else { Reading::Invalid })
        }
        // Only those who know all country codes could say.
        _ if (1..=3).contains(&code.len()) && !code.starts_with('0') => match code {
            "1" | "7" | "32" | "34" | "41" | "44" | "49" | "213" | "351" | "352" => Ok((dropped(), true)),
            _ => Err(Reading::Open),
        },
        _ => Ok((text.to_owned(), false)),
    }
}

fn classify(text: &str, was_dropped: bool) -> Result<Reading, Reading> {
    let (lengths, digits) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(digits) => (7..=15, digits),
        None if text.starts_with('0') => {
            let is_national = is_whole("33", &text[1..]) && !text.contains('+');
            return Ok(if is_national { Reading::Sent(text.to_owned()) } else { Reading::Invalid });
        }
        None => (11..=15, text),
    };
    let digits = drop_trunk_zero(digits, was_dropped)?;
    let is_one = lengths.contains(&digits.len()) && !digits.starts_with('0') && !digits.contains('+');
    let is_right = french(&digits).is_none_or(|(prefix, rest)| is_whole(prefix, rest));
    Ok(if is_one && is_right { Reading::Sent(format!("+{digits}")) } else { Reading::Invalid })
}

/// A trunk 0 directly behind the prefix is dropped when a whole number follows.
fn drop_trunk_zero(digits: &str, was_dropped: bool) -> Result<String, Reading> {
    let Some((prefix, rest)) = french(digits) else { return Ok(digits.to_owned()) };
    match rest.strip_prefix('0') {
        // A second 0 dropped, or a number of Saint-Pierre that begins with 0.
        Some(rest) if is_whole(prefix, rest) && (was_dropped || rest.starts_with('0')) => Err(Reading::Open),
        Some(rest) if is_whole(prefix, rest) => Ok(prefix.to_owned() + rest),
        _ => Ok(digits.to_owned()),
    }
}

/// The prefix that a number of France or overseas begins with.
fn prefix_of(digits: &str) -> Option<&'static str> {
    ["33", "262", "508", "590", "594", "596"].into_iter().find(|prefix| digits.starts_with(prefix))
}

/// The prefix of a number of France or overseas, and what is behind it.
pub fn french(digits: &str) -> Option<(&'static str, &str)> {
    prefix_of(digits).map(|prefix| (prefix, &digits[prefix.len()..]))
}

/// Whether these are all the digits behind a prefix.
fn is_whole(prefix: &str, rest: &str) -> bool {
    let is_machine = rest.starts_with("700") || rest.starts_with("901");
    let lengths: &[usize] = match (prefix, is_machine) {
        ("508", _) => &[6, 9],
        ("33", true) => &[9, 13],
        (_, true) => &[9, 12],
        _ => &[9],
    };
    lengths.contains(&rest.len()) && (prefix == "508" || !rest.starts_with('0'))
}

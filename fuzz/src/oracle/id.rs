//! Message ids.

use super::{Reading, is_blank, is_mark};

/// What a query's id is.
pub fn read(text: &str) -> Reading {
    let id = trimmed(text);
    if id.is_empty() || id.len() > 255 || id.chars().any(|character| character.is_control() || is_mark(character)) {
        return Reading::Invalid;
    }
    if is_open(id) { Reading::Open } else { Reading::Sent(id.to_owned()) }
}

/// Whether there may be marks in it that are not known here.
pub fn is_open(text: &str) -> bool {
    text.chars().any(|character| !character.is_ascii() && character != 'é' && !is_blank(character))
}

/// An id as it is compared.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

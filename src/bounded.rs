//! Limits the length of the service's texts before they are copied: a body may be a single text of 16 MB.

use std::borrow::Cow;

/// The longest text that is kept, in bytes. A longer text is cut and ends in `…`.
pub(crate) const MAX_TEXT: usize = 1024;

/// Marks where a text was cut.
pub(crate) const CUT: char = '…';

/// Returns a text of at most `MAX_TEXT` bytes as it is. Removes the white space around a longer one, and cuts it if it
/// is still too long.
#[inline]
pub(crate) fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT { Cow::Borrowed(text) } else { shortened(text.trim()) }
}

#[cold]
fn shortened(trimmed: &str) -> Cow<'_, str> {
    if trimmed.len() <= MAX_TEXT {
        return Cow::Borrowed(trimmed);
    }
    let mut text = Bounded::default();
    text.push_str(trimmed);
    Cow::Owned(text.end())
}

/// Builds a text piece by piece, without the white space around it, and cuts it if it becomes too long.
#[derive(Debug, Default)]
pub(crate) struct Bounded {
    text: String,
    /// Whether something did not fit. It may have been white space at the end.
    is_full: bool,
    is_cut: bool,
}

impl Bounded {
    /// Appends a piece, as far as there is room.
    pub(crate) fn push_str(&mut self, piece: &str) {
        let piece = if self.text.is_empty() { piece.trim_start() } else { piece };
        if !self.is_full && self.text.len() + piece.len() <= MAX_TEXT {
            return self.text.push_str(piece);
        }
        for character in piece.chars() {
            if self.is_cut {
                return;
            }
            self.push(character);
        }
    }

    /// Appends a character if there is room.
    pub(crate) fn push(&mut self, character: char) {
        let is_white = character.is_whitespace();
        self.is_full |= self.text.len() + character.len_utf8() > MAX_TEXT;
        if self.is_full {
            self.is_cut |= !is_white;
        } else if !(is_white && self.text.is_empty()) {
            self.text.push(character);
        }
    }

    /// Whether the text is cut, so that further pieces make no difference.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether there was nothing but white space so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text.
    pub(crate) fn end(mut self) -> String {
        if self.is_cut {
            let mut end = MAX_TEXT - CUT.len_utf8();
            while !self.text.is_char_boundary(end) {
                end -= 1;
            }
            self.text.truncate(end);
            self.text.push(CUT);
        } else {
            self.text.truncate(self.text.trim_end().len());
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds the text from pieces of this many characters.
    fn in_pieces(text: &str, size: usize) -> String {
        let mut bounded = Bounded::default();
        let characters: Vec<_> = text.chars().collect();
        characters.chunks(size).for_each(|piece| bounded.push_str(&piece.iter().collect::<String>()));
        bounded.end()
    }

    #[test]
    fn a_text_is_cut_in_the_same_way_in_any_pieces() {
        for length in MAX_TEXT - 10..MAX_TEXT + 10 {
            for inner in ["x", "é", "…", "\u{1f600}", " x", "x\u{2003}"] {
                for around in ["", " ", "\u{2003}", &" ".repeat(2 * MAX_TEXT)] {
                    let text = format!("{around}y{}{around}", inner.repeat(length.div_ceil(inner.len())));
                    let trimmed = text.trim();
                    let expected = bounded(&text);
                    if trimmed.len() <= MAX_TEXT {
                        assert_eq!(expected.trim(), trimmed);
                    } else {
                        let start = expected.strip_suffix(CUT).unwrap();
                        assert!(trimmed.starts_with(start) && expected.len() > MAX_TEXT - 4, "{text}");
                    }
                    assert!(expected.trim().len() <= MAX_TEXT);
                    for size in [1, 2, 1000, usize::MAX] {
                        assert_eq!(in_pieces(&text, size), expected.trim(), "{text}");
                    }
                }
            }
        }
        assert_eq!(bounded(" short "), " short ");
        assert!(Bounded::default().is_empty() && in_pieces(" \n", 1).is_empty());
    }
}

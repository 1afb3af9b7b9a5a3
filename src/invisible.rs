//! Invisible characters.

/// Whether a character is invisible but not white space: the byte-order mark, zero-width and directional marks, soft
/// hyphens, variation selectors, tags and others. They are the characters with Unicode's property
/// Default_Ignorable_Code_Point.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'                           // zero-width marks, left-to-right and right-to-left
        | '\u{202a}'..='\u{202e}'                           // embeddings and overrides
        | '\u{2060}'..='\u{206f}'                           // word joiner, invisible operators, isolates
        | '\u{fe00}'..='\u{fe0f}'                           // variation selectors
        | '\u{feff}'                                        // byte-order mark
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}') // tags, more variation selectors
}

/// Whether a character is ignored at the ends of a text: white space of any kind, and invisible characters.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_show_nothing() {
        for mark in "\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}\u{ad}\u{180e}\u{34f}\u{fe0f}\u{e0041}\u{e0100}".chars() {
            assert!(is_invisible(mark), "{mark:?}");
        }
        let directional =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        assert!(directional.chars().all(is_invisible));
    }

    /// White space and control characters do not count as invisible.
    #[test]
    fn what_shows_or_takes_room_is_none() {
        let white = ('\0'..=char::MAX).filter(|character| character.is_whitespace() || character.is_control());
        let shown = "aé٠€′·–‐/\u{fffd}中\u{301}\u{1f600}".chars();
        for character in white.chain(shown) {
            assert!(!is_invisible(character), "{character:?}");
        }
    }

    /// DerivedCoreProperties.txt counts as many.
    #[test]
    fn all_of_the_property() {
        assert_eq!(('\0'..=char::MAX).filter(|character| is_invisible(*character)).count(), 4174);
    }
}

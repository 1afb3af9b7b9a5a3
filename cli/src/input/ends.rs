//! Line ends.

/// What ends a line. Each kind has those above it too.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Ends {
    /// LF, and CR LF: the CR is white space before it.
    Lf,
    /// CR alone, as on old Macs.
    Cr,
    /// VT, FF, NEL, U+2028 and U+2029.
    Rare,
}

impl Ends {
    /// What a text uses. In quotes, and where a more usual kind is, the rarer ones are characters like others.
    pub fn of(text: &str) -> Ends {
        let is_there = |kind: Ends| text.split('"').step_by(2).any(|unquoted| kind.is_in(unquoted));
        [Ends::Lf, Ends::Cr, Ends::Rare].into_iter().find(|&kind| is_there(kind)).unwrap_or(Ends::Lf)
    }

    /// Whether a line ends inside a text.
    pub fn is_in(self, text: &str) -> bool {
        self.find(text, 0) < text.len()
    }

    /// How many lines a text has. A line end at its end begins none.
    pub fn count_lines(self, text: &str) -> usize {
        let (mut lines, mut at) = (0, 0);
        while at < text.len() {
            at = self.find(text, at);
            at += self.length_at(text, at);
            lines += 1;
        }
        lines
    }

    /// The place of the next line end from `at`, or the text's end.
    pub fn find(self, text: &str, at: usize) -> usize {
        if self == Ends::Lf {
            return text[at..].find('\n').map_or(text.len(), |place| at + place);
        }
        (at..text.len()).find(|&place| self.length_at(text, place) > 0).unwrap_or(text.len())
    }

    /// How long the line end at a place is; 0 if there is none.
    #[inline]
    pub fn length_at(self, text: &str, at: usize) -> usize {
        match text.as_bytes()[at..] {
            [b'\n', ..] => 1,
            [first, ..] if self == Ends::Lf || !matches!(first, b'\x0b'..=b'\r' | 0xc2 | 0xe2) => 0,
            [b'\r', b'\n', ..] => 2,
            [b'\r', ..] => 1,
            [b'\x0b' | b'\x0c', ..] if self == Ends::Rare => 1,
            [0xc2, 0x85, ..] if self == Ends::Rare => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] if self == Ends::Rare => 3,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_usual_kind_outside_quotes_counts() {
        for (text, kind) in [
            ("", Ends::Lf),
            ("a\r\nb\u{2028}c", Ends::Lf),
            ("a\rb\x0bc\r", Ends::Cr),
            ("a,\"b\nc\"\rd", Ends::Cr),
            ("a,\"b\nc\r\"\u{85}d", Ends::Rare),
            ("a\u{2029}", Ends::Rare),
        ] {
            assert_eq!(Ends::of(text), kind, "{text:?}");
        }
    }

    #[test]
    fn every_end_of_its_kind_is_counted() {
        let text = "1\n2\r\n3\r4\x0b5\x0c6\u{85}7\u{2028}8\u{2029}9";
        assert_eq!([Ends::Lf, Ends::Cr, Ends::Rare].map(|kind| kind.count_lines(text)), [3, 4, 9]);
        assert_eq!([Ends::Lf, Ends::Cr, Ends::Rare].map(|kind| kind.count_lines("\u{80}\u{2027}é")), [1, 1, 1]);
        assert_eq!([0, 1, 1, 2], ["", "\n", "a\n", "\n\n"].map(|text| Ends::Cr.count_lines(text)));
    }
}

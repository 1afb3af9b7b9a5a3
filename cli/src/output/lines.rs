//! What became of the lines of a list.

use std::fmt;

use super::text::counted;
use crate::input::List;

/// How many lines a list has, and what became of them: each is counted by exactly one of the others. Its `Display` is a line.
#[derive(Debug, PartialEq)]
pub struct Lines {
    /// All there are.
    pub read: usize,
    /// Those of messages that were asked.
    pub asked: usize,
    /// The header's, and those above.
    pub above: usize,
    /// Those that have nothing in them.
    pub empty: usize,
    /// Those that were named on standard error.
    pub named: usize,
}

impl Lines {
    /// Those of a list of which so many lines were asked.
    pub fn of(list: &List, asked: usize) -> Lines {
        let (read, above, empty) = (list.lines, list.lines_above, list.empty_lines);
        Lines { read, asked, above, empty, named: read - above - empty - asked }
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Lines { read, asked, above, empty, named } = self;
        let skipped = above + empty;
        write!(out, "{} read: {asked} asked, {skipped} skipped", counted(*read, "line"))?;
        match (above, empty) {
            (0, 0) => {}
            (above, 0) => write!(out, " ({above} up to the header)")?,
            (0, empty) => write!(out, " ({empty} empty)")?,
            (above, empty) => write!(out, " ({above} up to the header, {empty} empty)")?,
        }
        write!(out, ", {named} named")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_accounted_for() {
        for (lines, expected) in [
            ((1, 1, 0, 0, 0), "1 line read: 1 asked, 0 skipped, 0 named"),
            ((5, 1, 2, 1, 1), "5 lines read: 1 asked, 3 skipped (2 up to the header, 1 empty), 1 named"),
            ((3, 2, 1, 0, 0), "3 lines read: 2 asked, 1 skipped (1 up to the header), 0 named"),
            ((0, 0, 0, 0, 0), "0 lines read: 0 asked, 0 skipped, 0 named"),
            ((3, 0, 0, 3, 0), "3 lines read: 0 asked, 3 skipped (3 empty), 0 named"),
        ] {
            let (read, asked, above, empty, named) = lines;
            assert_eq!(read, asked + above + empty + named);
            assert_eq!(Lines { read, asked, above, empty, named }.to_string(), expected);
        }
    }
}

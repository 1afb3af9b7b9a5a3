//! Text to records: where each ends, and which part of it is which field.
//!
//! The reader of the crate `csv` does not fit: it takes a quote that is not closed for a field that goes on to the end of
//! the file, and text behind a closing quote for a part of the field, and tells of neither. Rows would vanish in silence.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::ends::Ends;

/// What separates the fields of lists. Where two fit a list equally well, the first is taken.
pub const SEPARATORS: [u8; 4] = *b";,\t|";

/// What is wrong with the quotes of a record, so that its fields are not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// No closing quote follows in the whole file.
    Unclosed,
    /// A quote inside a quoted field is not doubled, and the field goes over several lines: it may be a line too long.
    Undoubled,
    /// A quote behind a backslash may close its field or be a part of it.
    Escaped,
}

/// One row of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// How many bytes it has, its line end included.
    pub length: usize,
    /// Over how many lines it goes.
    pub lines: usize,
    /// Why its fields cannot be read.
    pub fault: Option<Fault>,
}

/// Where a field is in the text that was scanned, without its quotes.
struct Field {
    place: Range<usize>,
    is_quoted: bool,
}

/// What a quote behind a backslash is.
#[derive(Clone, Copy, PartialEq)]
enum Backslash {
    /// Either, which is found out where it makes a difference.
    Unknown,
    /// A quote like others: the backslash is a part of the text.
    Plain,
    /// A part of the text: PHP and MySQL do not double it.
    Escape,
}

/// Finds one record after another.
pub struct Scanner {
    separator: u8,
    ends: Ends,
    fields: Vec<Field>,
    backslash: Backslash,
    /// Whether the end of the text was looked at, so that more text may change the answer.
    is_end_seen: bool,
    /// Whether it is known that no quote behind this place closes a field.
    is_nothing_closed: bool,
}

impl Scanner {
    /// For a text with this separator and these line ends.
    pub fn new(separator: u8, ends: Ends) -> Scanner {
        Scanner {
            separator,
            ends,
            fields: Vec::new(),
            backslash: Backslash::Unknown,
            is_end_seen: false,
            is_nothing_closed: false,
        }
    }

    /// The record that a text begins with. None if more of the text has to be seen; never if it is whole.
    pub fn scan(&mut self, text: &str, is_whole: bool) -> Option<Record> {
        self.is_end_seen = false;
        self.backslash = Backslash::Unknown;
        let mut row = self.scan_row(text);
        if row.fault == Some(Fault::Escaped) {
            row = self.settle(text);
        }
        self.is_nothing_closed |= is_whole && row.fault == Some(Fault::Unclosed);
        if !is_whole && (self.is_end_seen || row.end == text.len()) {
            return None;
        }
        let may_have_several = row.fault.is_some() || self.fields.iter().any(|field| field.is_quoted);
        let lines = if may_have_several { self.ends.count_lines(&text[..row.end]) } else { 1 };
        Some(Record { length: row.end, lines, fault: row.fault })
    }

    /// How many fields the last record has.
    pub fn count(&self) -> usize {
        self.fields.len()
    }

    /// A field of the last record, which this text begins with, without white space around it.
    pub fn field<'a>(&self, text: &'a str, place: usize) -> Option<Cow<'a, str>> {
        let field = self.fields.get(place)?;
        let content = text[field.place.clone()].trim();
        Some(match field.is_quoted && content.contains("\"\"") {
            true => Cow::Owned(content.replace("\"\"", "\"")),
            false => Cow::Borrowed(content),
        })
    }

    /// All fields of the last record.
    pub fn fields<'a>(&self, text: &'a str) -> Vec<Cow<'a, str>> {
        (0..self.count()).filter_map(|place| self.field(text, place)).collect()
    }

    /// Whether there is nothing in a record. Some databases draw lines between rows.
    pub fn is_empty(&self, text: &str) -> bool {
        let is_nothing = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '-' | '+' | '=' | '_' | '|');
        text.chars()
            .all(|letter| is_nothing(letter) || letter == char::from(self.separator) || matches!(letter, ',' | ';'))
    }

    /// Whether it may be several rows: a field that is not quoted, and not the last, holds what ends lines in other lists.
    pub fn has_stray_end(&self, text: &str) -> bool {
        let Some((_, fields)) = self.fields.split_last() else { return false };
        let mut unquoted = fields.iter().filter(|field| !field.is_quoted);
        unquoted.any(|field| Ends::Rare.is_in(text[field.place.clone()].trim()))
    }

    /// Whether a quoted field seems to begin behind another separator, in a field or, if they are not known, anywhere.
    pub fn has_torn_quote(&self, text: &str) -> bool {
        let is_torn = |text: &str| {
            let single = text.replace("\"\"", "");
            single.match_indices('"').any(|(place, _)| {
                match single[..place].trim_end_matches(' ').bytes().next_back() {
                    Some(byte) => byte != self.separator && SEPARATORS.contains(&byte),
                    None => false,
                }
            })
        };
        match &self.fields[..] {
            [] => is_torn(text),
            fields => fields.iter().any(|field| is_torn(&text[field.place.clone()])),
        }
    }

    /// The row that a text begins with. Its fault is `Escaped` where it is not known what a backslash is.
    fn scan_row(&mut self, text: &str) -> Row {
        self.fields.clear();
        let (mut at, mut is_undoubled, mut fault) = (0, false, None);
        loop {
            let start = self.skip_blanks(text, at);
            at = if text[start..].starts_with('"') {
                match self.scan_quoted(text, start + 1) {
                    Ok(quoted) => {
                        let content = start + 1..quoted.end;
                        let is_too_long = quoted.is_undoubled && self.ends.is_in(&text[content.clone()]);
                        fault = fault.or(is_too_long.then_some(Fault::Undoubled));
                        is_undoubled |= quoted.is_undoubled;
                        self.fields.push(Field { place: content, is_quoted: true });
                        quoted.next
                    }
                    Err(fault) => {
                        let end = self.ends.find(text, start);
                        self.fields.clear();
                        return Row { end: end + self.ends.length_at(text, end), fault: Some(fault), is_clean: false };
                    }
                }
            } else {
                let end = self.end_of_unquoted(text, at);
                self.fields.push(Field { place: at..end, is_quoted: false });
                end
            };
            if text.as_bytes().get(at) != Some(&self.separator) {
                let is_clean = !is_undoubled && !self.has_unquoted_quote(text);
                return Row { end: at + self.ends.length_at(text, at), fault, is_clean };
            }
            at += 1;
        }
    }

    /// The row of a text in which it matters what a backslash is. All rows that follow are tried both ways until all ways
    /// come to the same place: a wrong one hardly ever meets all quotes before it where they belong. If it does, or if all
    /// are wrong, no row is sure up to there.
    fn settle(&mut self, text: &str) -> Row {
        let both = [Backslash::Plain, Backslash::Escape];
        let (mut starts, mut rows) = (BTreeSet::from([0]), Vec::new());
        let end = loop {
            let start = starts.pop_first().expect("each row has an end");
            if start > 0 && starts.is_empty() {
                break start;
            }
            for row in both.map(|backslash| self.scan_row_by(backslash, text, start)) {
                starts.insert(row.end);
                rows.push((start, row));
            }
        };
        self.is_end_seen |= end == text.len();
        let mut sure = BTreeSet::from([end]);
        for (start, row) in rows.iter().skip(2).rev().filter(|(_, row)| row.is_clean) {
            if sure.contains(&row.end) {
                sure.insert(*start);
            }
        }
        let ways = [&rows[0].1, &rows[1].1].map(|row| row.is_clean && sure.contains(&row.end));
        match ways {
            [true, false] => self.scan_row_by(Backslash::Plain, text, 0),
            [false, true] => self.scan_row_by(Backslash::Escape, text, 0),
            _ => {
                self.fields.clear();
                Row { end, fault: Some(Fault::Escaped), is_clean: false }
            }
        }
    }

    /// The row that begins at this place of a text, if a backslash is this.
    fn scan_row_by(&mut self, backslash: Backslash, text: &str, start: usize) -> Row {
        self.backslash = backslash;
        let row = self.scan_row(&text[start..]);
        Row { end: start + row.end, ..row }
    }

    /// A quoted field from behind its opening quote.
    ///
    /// The quote that closes it stands before a separator or a line end. One that stands elsewhere and is not doubled is
    /// taken for a part of the text.
    fn scan_quoted(&mut self, text: &str, start: usize) -> Result<Quoted, Fault> {
        let (mut at, mut is_undoubled) = (start, false);
        while let Some(run) = self.next_run(text, at) {
            if self.is_nothing_closed && run.start > start {
                break;
            }
            let is_escaped = run.start > start && text[..run.start].ends_with('\\');
            let is_single = match self.backslash {
                Backslash::Unknown if is_escaped && run.next.is_some() => return Err(Fault::Escaped),
                Backslash::Unknown if is_escaped => false,
                Backslash::Escape if is_escaped => run.length() % 2 == 0,
                _ => run.length() % 2 == 1,
            };
            match run.next {
                Some(next) if is_single => return Ok(Quoted { end: run.end - 1, next, is_undoubled }),
                _ => is_undoubled |= is_single,
            }
            at = run.end;
        }
        self.is_end_seen = true;
        Err(Fault::Unclosed)
    }

    /// The next quotes that stand side by side.
    fn next_run(&self, text: &str, at: usize) -> Option<Run> {
        let start = at + text[at..].find('"')?;
        let end = start + text[start..].bytes().take_while(|&byte| byte == b'"').count();
        let next = self.skip_blanks(text, end);
        let is_line_end = next == text.len() || self.ends.length_at(text, next) > 0;
        let closes = is_line_end || text.as_bytes()[next] == self.separator;
        Some(Run { start, end, next: closes.then_some(next) })
    }

    /// Whether a field that is not quoted holds a quote; in a formula it belongs.
    fn has_unquoted_quote(&self, text: &str) -> bool {
        let mut unquoted = self.fields.iter().filter(|field| !field.is_quoted).map(|field| &text[field.place.clone()]);
        unquoted.any(|field| field.contains('"') && !(field.trim().starts_with("=\"") && field.trim().ends_with('"')))
    }

    fn end_of_unquoted(&self, text: &str, at: usize) -> usize {
        let rest = &text.as_bytes()[at..];
        let is_separator = |byte| byte == self.separator;
        let end = match self.ends {
            Ends::Lf => rest.iter().position(|&byte| is_separator(byte) || byte == b'\n'),
            _ => (0..rest.len()).find(|place| is_separator(rest[*place]) || self.ends.length_at(text, at + place) > 0),
        };
        at + end.unwrap_or(rest.len())
    }

    fn skip_blanks(&self, text: &str, at: usize) -> usize {
        let is_blank = |&byte: &u8| match byte {
            b' ' => true,
            b'\t' => self.separator != b'\t',
            b'\r' => self.ends == Ends::Lf,
            _ => false,
        };
        at + text.as_bytes()[at..].iter().take_while(|byte| is_blank(byte)).count()
    }
}

/// A row that was scanned.
struct Row {
    /// Where it ends, its line end included.
    end: usize,
    fault: Option<Fault>,
    /// Whether every quote is where it belongs.
    is_clean: bool,
}

/// A field in quotes.
struct Quoted {
    /// Where its content ends.
    end: usize,
    /// The separator, the line end or the text's end behind it.
    next: usize,
    /// Whether it holds a quote that is not doubled.
    is_undoubled: bool,
}

/// Quotes side by side. Each pair is a quote of the text.
struct Run {
    start: usize,
    end: usize,
    /// The separator, the line end or the text's end, if there is nothing else before it.
    next: Option<usize>,
}

impl Run {
    fn length(&self) -> usize {
        self.end - self.start
    }
}

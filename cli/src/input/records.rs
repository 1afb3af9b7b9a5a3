//! Text to records: where each ends, and which part of it is which field.
//!
//! The crates `csv` and `csv-core` do not fit: they take a quote that is not closed for a field that goes on to the end of
//! the file, and text behind a closing quote for a part of the field, and tell of neither. Rows would vanish in silence. To
//! find the records in which they err takes a reader of quotes like this one, which has the fields then; and they know
//! neither line ends of several bytes nor blanks around quotes.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
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
    /// Whether the text goes to the end of the file.
    is_whole: bool,
    /// Whether the end of the text was looked at, so that more text may change the answer.
    is_end_seen: bool,
    /// What is known of quotes, for each kind of backslash.
    known: [Option<Known>; 3],
    /// What a backslash is in the records that follow, where it was settled with the one before.
    settled: VecDeque<Backslash>,
}

impl Scanner {
    /// For a text with this separator and these line ends.
    pub fn new(separator: u8, ends: Ends) -> Scanner {
        Scanner {
            separator,
            ends,
            fields: Vec::new(),
            backslash: Backslash::Unknown,
            is_whole: false,
            is_end_seen: false,
            known: [None; 3],
            settled: VecDeque::new(),
        }
    }

    /// The record that a text begins with. None if more of the text has to be seen; never if it is whole.
    pub fn scan(&mut self, text: &str, is_whole: bool) -> Option<Record> {
        if !self.is_whole {
            self.known = [None; 3];
        }
        self.is_whole = is_whole;
        self.is_end_seen = false;
        let backslash = self.settled.pop_front().unwrap_or(Backslash::Unknown);
        let mut row = self.scan_row_by(backslash, text, 0);
        if row.fault == Some(Fault::Escaped) {
            row = self.settle(text);
        }
        if self.is_cut(&row, text) {
            self.settled.clear();
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
            let ways = both.map(|backslash| self.scan_row_by(backslash, text, start));
            if let Some(row) = ways.iter().find(|row| self.is_cut(row, text)) {
                return *row;
            }
            starts.extend(ways.map(|row| row.end));
            rows.push((start, ways));
        };
        let mut sure = BTreeSet::from([end]);
        for (start, ways) in rows.iter().rev() {
            if ways.iter().any(|row| row.is_clean && sure.contains(&row.end)) {
                sure.insert(*start);
            }
        }
        let mut next = 0;
        for (start, ways) in rows {
            let way = match ways.map(|row| row.is_clean && sure.contains(&row.end)) {
                _ if start != next => continue,
                [true, false] => 0,
                [false, true] => 1,
                _ => break,
            };
            self.settled.push_back(both[way]);
            next = ways[way].end;
        }
        match self.settled.pop_front() {
            Some(backslash) => self.scan_row_by(backslash, text, 0),
            None => {
                self.fields.clear();
                Row { end, fault: Some(Fault::Escaped), is_clean: false }
            }
        }
    }

    /// Whether more of the text may change a row.
    fn is_cut(&self, row: &Row, text: &str) -> bool {
        !self.is_whole && (self.is_end_seen || row.end == text.len())
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
        let kind = self.backslash as usize;
        let bytes_left = |place| text.len() - place;
        // The quotes directly behind the opening one are told by nothing but it.
        let (mut from, mut last_single) = (None, 0);
        while let Some(run) = self.next_run(text, at) {
            if run.start > start {
                if let Some(known) = self.known[kind].filter(|known| known.reaches(bytes_left(at))) {
                    self.is_end_seen |= known.closing.is_none();
                    let (end, next) = known.closing.ok_or(Fault::Unclosed)?;
                    is_undoubled |= (1..=bytes_left(at)).contains(&known.last_single);
                    return Ok(Quoted { end: text.len() - end, next: text.len() - next, is_undoubled });
                }
                from.get_or_insert(bytes_left(at));
            }
            let is_escaped = run.start > start && text[..run.start].ends_with('\\');
            let is_single = match self.backslash {
                Backslash::Unknown if is_escaped && run.next.is_some() => return Err(Fault::Escaped),
                Backslash::Unknown if is_escaped => false,
                Backslash::Escape if is_escaped => run.length() % 2 == 0,
                _ => run.length() % 2 == 1,
            };
            match run.next {
                Some(next) if is_single => {
                    let end = run.end - 1;
                    let (until, closing) = (bytes_left(run.start), Some((bytes_left(end), bytes_left(next))));
                    let known = from.map(|from| Known { from, until, last_single, closing });
                    self.known[kind] = known.or(self.known[kind]);
                    return Ok(Quoted { end, next, is_undoubled });
                }
                _ if is_single => (is_undoubled, last_single) = (true, bytes_left(run.start)),
                _ => {}
            }
            at = run.end;
        }
        self.is_end_seen = true;
        let known = from.map(|from| Known { from, until: 0, last_single, closing: None });
        self.known[kind] = known.or(self.known[kind]);
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
#[derive(Clone, Copy)]
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

/// Which quote closes a field that is open anywhere in a part of the text. Places are counted from the end of the text.
#[derive(Clone, Copy)]
struct Known {
    from: usize,
    /// Up to these quotes, or to the end.
    until: usize,
    /// The last quotes in that part that are not doubled; 0 if there are none.
    last_single: usize,
    /// Where the content ends, and the separator, the line end or the text's end behind it; None if nothing closes.
    closing: Option<(usize, usize)>,
}

impl Known {
    fn reaches(&self, place: usize) -> bool {
        (self.until..=self.from).contains(&place)
    }
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

//! How a list is laid out: its separator, its header, and the columns that count.

use std::borrow::Cow;
use std::cmp::Reverse;

use smsp::Phone;

use super::ends::Ends;
use super::names::{self, Fit};
use super::records::{SEPARATORS, Scanner};
use super::values::{self, shown};
use crate::args::{Column, Columns};

const DOS_HINT: &str = "; the letters look like CP850, of DOS, or Mac OS Roman: save the list as UTF-8";

/// So many rows tell how well a separator fits.
const ROWS_LOOKED_AT: usize = 1000;

/// Where rows are, and where their fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    pub separator: u8,
    pub ends: Ends,
    /// How many lines come before the rows, the header's included.
    pub lines_above: usize,
    pub has_header: bool,
    /// How many fields a row may have: as many as the header, or else as the first that can be asked about.
    pub width: usize,
    /// Whether the columns are known by their names or were chosen, and are not just the first two.
    pub are_columns_known: bool,
    /// The places of the two columns; the first is 0.
    pub phone_number: usize,
    pub message_id: usize,
}

impl Layout {
    /// What the beginning of a list tells. None if it takes more of it.
    pub fn find(text: &str, is_whole: bool, columns: &Columns) -> Option<Result<Layout, String>> {
        let ends = Ends::of(text);
        let (separators, above) = match chosen_separator(text, ends) {
            Some((separator, length)) => (vec![separator], length),
            None => (SEPARATORS.to_vec(), 0),
        };
        let lines_above = ends.count_lines(&text[..above]);
        let surveys = separators.into_iter().map(|separator| {
            let layout = Layout::without_header(separator, ends, lines_above, columns);
            survey(&text[above..], is_whole, layout, columns)
        });
        let best = surveys.reduce(|best, next| if next.rank() > best.rank() { next } else { best })?;
        (is_whole || best.found.is_some()).then(|| best.layout(columns))
    }

    /// The layout of a list that has no header, or none yet.
    fn without_header(separator: u8, ends: Ends, lines_above: usize, columns: &Columns) -> Layout {
        let (phone_number, message_id) = columns.places().unwrap_or((0, 1));
        let are_columns_known = columns.places().is_some();
        let (has_header, width) = (false, usize::MAX);
        Layout { separator, ends, lines_above, has_header, width, are_columns_known, phone_number, message_id }
    }

    /// The same with a header of so many fields, in the last of so many lines.
    fn with_header(&self, lines_above: usize, width: usize, (phone_number, message_id): (usize, usize)) -> Layout {
        let (has_header, are_columns_known) = (true, true);
        Layout { lines_above, has_header, width, are_columns_known, phone_number, message_id, ..*self }
    }

    /// Whether a row with these fields can be asked about.
    fn is_usable(&self, fields: &[Cow<str>]) -> bool {
        let (Some(phone_number), Some(id)) = (fields.get(self.phone_number), fields.get(self.message_id)) else {
            return false;
        };
        let read_id = if self.are_columns_known { values::message_id } else { values::unnamed_id };
        let has_number = values::phone_number(phone_number).is_ok_and(|number| Phone::parse(&number).is_some());
        has_number && read_id(id, false).is_ok_and(|id| !id.is_empty())
    }

    /// Whether a row is more like a header than like one that lacks a number or an id: nothing stands where they do.
    fn is_heading(&self, fields: &[Cow<str>]) -> bool {
        let has_id = fields.get(self.message_id).is_some_and(|field| looks_like_id(field));
        let has_several = fields.iter().filter(|field| !field.is_empty()).count() > 1;
        has_several && !has_id && !fields.iter().any(|field| has_phone_number(field))
    }
}

/// What a first line `sep=;` says, which is Excel's own, and its length.
fn chosen_separator(text: &str, ends: Ends) -> Option<(u8, usize)> {
    let end = ends.find(text, 0);
    let line = text[..end].trim_matches(['"', ' ', '\r']);
    let name = line.get(..4)?;
    match line.as_bytes()[4..] {
        [separator] if name.eq_ignore_ascii_case("sep=") => Some((separator, end + ends.length_at(text, end))),
        _ => None,
    }
}

/// How a list looks with one separator.
struct Survey {
    /// Where nothing is found, what is assumed.
    assumed: Layout,
    /// The header, or else the first row that can be asked about; an error if the columns of a header are not clear.
    found: Option<Result<Layout, String>>,
    /// Where both columns are chosen, so that names do not tell the header: the last row that is like one.
    header: Option<Layout>,
    /// How many lines come before the row that was found.
    lines_before: usize,
    /// How many rows before it have quotes where they do not belong with this separator.
    torn: usize,
    /// How many of the first rows can be asked about.
    usable: usize,
    /// Whether the first row that is not empty consists of words, or another is like a header.
    has_heading: bool,
    /// The row that is most like a header.
    candidate: Candidate,
}

/// A row that may have been meant as the header.
#[derive(Default)]
struct Candidate {
    line: usize,
    fields: Vec<String>,
    /// How many of the two columns are known, and whether it is like a header.
    likeness: (usize, bool),
}

/// Looks for the header until the first row that can be asked about, and how many rows can.
fn survey(text: &str, is_whole: bool, assumed: Layout, columns: &Columns) -> Survey {
    let mut scanner = Scanner::new(assumed.separator, assumed.ends);
    let (mut rest, mut line, mut rows) = (text, assumed.lines_above, 0);
    let (found, header, candidate) = (None, None, Candidate::default());
    let mut survey =
        Survey { assumed, found, header, lines_before: 0, torn: 0, usable: 0, has_heading: false, candidate };
    while rows < ROWS_LOOKED_AT && !matches!(survey.found, Some(Err(_))) && !rest.is_empty() {
        let Some(record) = scanner.scan(rest, is_whole) else { break };
        let row = &rest[..record.length];
        let fields = scanner.fields(row);
        rest = &rest[record.length..];
        let lines_before = line;
        line += record.lines;
        match &survey.found {
            _ if record.fault.is_some() || scanner.is_empty(row) => {}
            None => {
                let has_stray_end = scanner.has_stray_end(row);
                survey.look_at(line, &fields, columns, has_stray_end);
                if has_stray_end && survey.begins_with_heading(row) {
                    survey.found = Some(Err(format!(
                        "line {line}: the header ends in another way than the lines below: save the list with one kind of \
                         line end"
                    )));
                }
                survey.lines_before = lines_before;
            }
            Some(Ok(layout)) if layout.is_usable(&fields) => survey.usable += 1,
            Some(_) => {}
        }
        rows += usize::from(survey.found.is_some());
        survey.torn += usize::from(survey.found.is_none() && scanner.has_torn_quote(row));
    }
    survey
}

impl Survey {
    /// A row before anything is found. One with a stray line end may be two rows, so it does not tell how wide they are.
    fn look_at(&mut self, line: usize, fields: &[Cow<str>], columns: &Columns, has_stray_end: bool) {
        let is_first = self.candidate.fields.is_empty();
        let may_be_header = fields.len() > 1 && !fields.iter().any(|field| has_phone_number(field));
        let [phone_numbers, ids] = if may_be_header { matches(fields, columns) } else { Default::default() };
        let known = usize::from(!phone_numbers.is_empty()) + usize::from(!ids.is_empty());
        let is_named = known > 0 && columns.places().is_none();
        let is_heading = is_first && is_words(fields) || is_named || self.assumed.is_heading(fields);
        self.has_heading |= is_heading;
        if is_first || (known, is_heading) > self.candidate.likeness {
            let fields = fields.iter().map(|field| field.to_string()).collect();
            self.candidate = Candidate { line, fields, likeness: (known, is_heading) };
        }
        self.found = match (&phone_numbers[..], &ids[..]) {
            ([], _) | (_, []) => None,
            (&[phone_number], &[id]) if phone_number == id => Some(Err(both(line, fields, id))),
            (&[phone_number], &[id]) if columns.places().is_some() => {
                let header = self.assumed.with_header(line, fields.len(), (phone_number, id));
                self.header = if is_heading { Some(header) } else { self.header };
                None
            }
            (&[phone_number], &[id]) => Some(Ok(self.assumed.with_header(line, fields.len(), (phone_number, id)))),
            ([_], ids) => Some(Err(several(line, fields, ids, "message id", "--id-column"))),
            (phone_numbers, _) => Some(Err(several(line, fields, phone_numbers, "phone number", "--phone-column"))),
        };
        let is_row = !has_stray_end && self.assumed.is_usable(fields);
        if self.found.is_none() && columns.may_lack_header() && is_row {
            let without_header = Layout { width: fields.len(), ..self.assumed };
            self.found = Some(Ok(self.header.unwrap_or(without_header)));
            self.usable = 1;
        }
    }

    /// Whether the first part of a row in which a line may end is a header.
    fn begins_with_heading(&self, row: &str) -> bool {
        let mut scanner = Scanner::new(self.assumed.separator, Ends::Rare);
        scanner.scan(row, true);
        self.assumed.is_heading(&scanner.fields(row))
    }

    /// A wrong separator may find a header or rows in quoted texts, but not without tearing a quote before. Then what is found
    /// first says most, a header before rows, and the most rows; and if nothing is, what is most like a header.
    fn rank(&self) -> impl Ord {
        let has_header = match &self.found {
            Some(found) => found.as_ref().map_or(true, |layout| layout.has_header),
            None => false,
        };
        let found = (self.found.is_some(), Reverse(self.lines_before), has_header, self.usable);
        (Reverse(self.torn), found, self.candidate.likeness.0, self.candidate.fields.len())
    }

    fn layout(self, columns: &Columns) -> Result<Layout, String> {
        let layout = self.found.unwrap_or(Ok(self.header.unwrap_or(self.assumed)))?;
        if !layout.are_columns_known && (self.has_heading || !columns.may_lack_header()) {
            return Err(self.candidate.unknown(columns));
        }
        Ok(layout)
    }
}

impl Candidate {
    /// Says which columns are not known, and what is.
    fn unknown(&self, columns: &Columns) -> String {
        let fields: Vec<Cow<str>> = self.fields.iter().map(|field| field.as_str().into()).collect();
        let [phone_numbers, ids] = matches(&fields, columns).map(|places| !places.is_empty());
        let [phone_words, id_words] = names::understood();
        let missing = |is_known: bool, column: &Option<Column>, what: &str, option: &str, words: &str| match column {
            _ if is_known => None,
            Some(Column::Name(name)) => Some(format!("{option}: no column is called {name:?}")),
            Some(Column::Place(place)) => Some(format!("{option}: there are fewer than {} columns", place + 1)),
            None => {
                Some(format!("no column is known to hold {what} ({option} NAME or N chooses one; known are {words})"))
            }
        };
        let missing = [
            missing(phone_numbers, &columns.phone_number, "phone numbers", "--phone-column", &phone_words),
            missing(ids, &columns.message_id, "message ids", "--id-column", &id_words),
        ];
        let missing: Vec<_> = missing.into_iter().flatten().collect();
        let shown: Vec<_> = fields.iter().map(|field| shown(field)).collect();
        let hint = if fields.iter().any(|field| looks_like_dos(field)) { DOS_HINT } else { "" };
        format!("line {}, {}: {}{hint}", self.line, shown.join(", "), missing.join("; "))
    }
}

/// The places of the columns that may hold phone numbers, and of those that may hold ids.
fn matches(fields: &[Cow<str>], columns: &Columns) -> [Vec<usize>; 2] {
    let places = |column: &Option<Column>, fit: fn(&str) -> Option<Fit>| match column {
        None => names::best(fields, fit),
        Some(Column::Place(place)) => Vec::from_iter((*place < fields.len()).then_some(*place)),
        Some(Column::Name(name)) => (0..fields.len()).filter(|&place| names::is_same(name, &fields[place])).collect(),
    };
    [places(&columns.phone_number, names::fit_phone_number), places(&columns.message_id, names::fit_message_id)]
}

fn several(line: usize, fields: &[Cow<str>], places: &[usize], what: &str, option: &str) -> String {
    let columns: Vec<_> = places.iter().map(|&place| format!("{} ({})", place + 1, shown(&fields[place]))).collect();
    format!("line {line}: each of the columns {} may hold the {what}: {option} N chooses one", columns.join(" and "))
}

fn both(line: usize, fields: &[Cow<str>], place: usize) -> String {
    let (column, name) = (place + 1, shown(&fields[place]));
    format!("line {line}: the column {column} ({name}) is taken for both: --phone-column and --id-column choose two")
}

/// Whether a row consists of words, as headers and titles do.
fn is_words(fields: &[Cow<str>]) -> bool {
    let is_word = |field: &str| {
        let longest_number = field.split(|letter: char| !letter.is_numeric()).map(str::len).max();
        field.starts_with(char::is_alphabetic) && longest_number < Some(3)
    };
    let mut fields = fields.iter().filter(|field| !field.is_empty()).peekable();
    fields.peek().is_some() && fields.all(|field| is_word(field))
}

/// Whether there are as many digits as a phone number has. In a header there may be behind a word: of dates.
fn has_phone_number(field: &str) -> bool {
    !field.starts_with(char::is_alphabetic) && field.bytes().filter(u8::is_ascii_digit).count() >= 9
}

/// Whether a text may be an id, and not the name of a column.
fn looks_like_id(field: &str) -> bool {
    let count = |is_counted: fn(char) -> bool| field.chars().filter(|&letter| is_counted(letter)).count();
    let has_digits = count(|letter| letter.is_ascii_digit()) >= count(char::is_alphabetic).max(1);
    has_digits && values::unnamed_id(field, false).is_ok()
}

/// Whether letters with accents are those of CP850 or Mac OS Roman, read as Windows-1252.
fn looks_like_dos(field: &str) -> bool {
    let letters: Vec<char> = field.chars().collect();
    let is_inside = |pair: &[char]| pair[0].is_ascii_lowercase() && matches!(pair[1], '‚' | 'Š' | 'ˆ' | '‡' | 'Ž');
    letters.windows(2).any(is_inside) || letters.iter().any(|letter| ('\u{80}'..='\u{9f}').contains(letter))
}

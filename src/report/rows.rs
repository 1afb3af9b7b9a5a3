//! The rows of a report while the queries are read.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::reasons::Duplicate;
use super::texts::{Address, Texts};
use crate::code::Code;
use crate::error::{Error, out_of_memory};
use crate::invalid::Invalid;
use crate::memory;
use crate::query::RawQuery;
use crate::state::State;
use crate::wire::request::{BatchEntry, EntryKey, Message};

/// How many bytes the two texts of a query usually take.
const USUAL_TEXTS: usize = 32;

/// The value of `date` if there is none.
pub(crate) const NO_DATE: i64 = i64::MIN;

/// A status as it is stored: the C struct `smsp_status`, whose pointers are addresses in the report's own texts.
/// `abi::report` asserts that both have the same memory layout.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Row {
    pub phone_number: Address,
    pub message_id: Address,
    pub status_text: Address,
    pub date_text: Address,
    /// In Unix seconds, or `NO_DATE`.
    pub date: i64,
    pub state: i32,
    pub code: i32,
    pub api_code: i32,
    /// 1, 0 or `NO_FLAG`, as is `is_spam`.
    pub stop_sms: i32,
    pub is_spam: i32,
    /// The index of the row, counted from 0.
    pub index: u32,
}

/// The value of `stop_sms` and `is_spam` if the service did not say.
pub(super) const NO_FLAG: i32 = -1;

impl Row {
    /// Returns a row without an answer.
    fn new(index: u32, phone_number: Address, message_id: Address) -> Row {
        Row {
            phone_number,
            message_id,
            status_text: 0,
            date_text: 0,
            date: NO_DATE,
            state: State::Unanswered.value(),
            code: Code::Ok.value(),
            api_code: 0,
            stop_sms: NO_FLAG,
            is_spam: NO_FLAG,
            index,
        }
    }

    pub(super) fn is_answered(&self) -> bool {
        self.state != State::Unanswered.value() && self.state != State::Invalid.value()
    }

    /// Whether the row has no answer and can still get one. An INVALID row cannot.
    pub(super) fn is_unanswered(&self) -> bool {
        self.state == State::Unanswered.value()
    }
}

/// Which rows are sent, and with which texts. INVALID rows and duplicates are not.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// For each row that is sent with the caller's own texts the length of its id, which is a number; 0 for the others.
    as_given: Vec<u8>,
    /// The rows that are sent with other texts, in order.
    rewritten: Vec<Rewritten>,
}

/// A row that is sent with other texts than the caller gave, and where these are.
#[derive(Clone, Copy, Debug)]
struct Rewritten {
    row: u32,
    address: Address,
    /// The length of number, NUL and id together, in bytes.
    length: u16,
    phone_length: u8,
    id_is_number: bool,
}

/// The texts that are sent for a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct SentTexts {
    address: Address,
    length: usize,
    phone_length: usize,
    id_is_number: bool,
}

impl Sent {
    /// Returns the rows in this range that are sent, and their texts.
    #[inline]
    pub(super) fn among<'s>(
        &'s self,
        indices: Range<usize>,
        rows: &'s [Row],
    ) -> impl Iterator<Item = (usize, SentTexts)> + 's {
        let from = self.rewritten.partition_point(|rewritten| (rewritten.row as usize) < indices.start);
        let mut rewritten = self.rewritten[from..].iter().peekable();
        indices.filter_map(move |index| {
            let texts = match self.as_given[index] {
                0 => rewritten.next_if(|rewritten| rewritten.row as usize == index)?.texts(),
                id_length => as_given(&rows[index], id_length),
            };
            Some((index, texts))
        })
    }

    /// Whether a row is sent.
    pub(super) fn has(&self, row: &Row) -> bool {
        self.texts(row).is_some()
    }

    /// Returns the texts of one row, or None if it is not sent.
    fn texts(&self, row: &Row) -> Option<SentTexts> {
        match *self.as_given.get(row.index as usize)? {
            0 => {
                let at = self.rewritten.binary_search_by_key(&row.index, |rewritten| rewritten.row).ok()?;
                Some(self.rewritten[at].texts())
            }
            id_length => Some(as_given(row, id_length)),
        }
    }
}

impl Rewritten {
    fn texts(&self) -> SentTexts {
        let Rewritten { address, length, phone_length, id_is_number, .. } = *self;
        SentTexts { address, length: usize::from(length), phone_length: usize::from(phone_length), id_is_number }
    }
}

/// Returns the texts of a row that is sent with the caller's own. They stand together.
#[inline]
fn as_given(row: &Row, id_length: u8) -> SentTexts {
    let phone_length = row.message_id - row.phone_number - 1;
    let length = phone_length + 1 + usize::from(id_length);
    SentTexts { address: row.phone_number, length, phone_length, id_is_number: true }
}

/// The texts of the queries.
#[derive(Debug, Default)]
pub(crate) struct QueryTexts {
    /// As the caller gave them.
    pub given: Texts,
    /// As they are sent, for queries that are sent in another form.
    sent: Texts,
}

impl QueryTexts {
    /// Returns the message that is sent for a row. Its texts are searched in `chunk` first; `chunk` is then the one that
    /// holds them.
    #[inline]
    pub(super) fn message<'t>(&'t self, row: usize, sent: SentTexts, chunk: &mut &'t [u8]) -> Option<BatchEntry<'t>> {
        let SentTexts { address, length, phone_length, id_is_number } = sent;
        let texts = self.given.find(address, length, chunk).or_else(|| self.sent.find(address, length, chunk))?;
        Some(BatchEntry::new(row, texts, phone_length, id_is_number))
    }
}

/// The rows of a report while the queries are read.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) sent: Sent,
    /// The rows that get the answer of an earlier one, in order.
    pub(super) duplicates: Vec<Duplicate>,
    pub(super) asked: QueryTexts,
    /// The INVALID rows, in order, and what is wrong with them.
    pub(super) invalid: Vec<(u32, Invalid)>,
}

impl Rows {
    /// Reserves memory for this many rows. Fails if there is not enough.
    pub(crate) fn with_capacity(rows: usize) -> Result<Rows, Error> {
        let mut list = Vec::new();
        list.try_reserve_exact(rows).map_err(|_| no_room(rows))?;
        let mut as_given = Vec::new();
        as_given.try_reserve_exact(rows).map_err(|_| no_room(rows))?;
        let sent = Sent { as_given, rewritten: Vec::new() };
        let asked = QueryTexts { given: Texts::for_bytes(rows.saturating_mul(USUAL_TEXTS)), sent: Texts::default() };
        Ok(Rows { rows: list, sent, duplicates: Vec::new(), asked, invalid: Vec::new() })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns for how many rows memory is reserved.
    pub(crate) fn capacity(&self) -> usize {
        self.rows.capacity()
    }

    /// Adds a row that is sent with the caller's own texts. The id must be a number.
    #[inline(always)]
    pub(crate) fn send_as_given(&mut self, message: Message<'_>) -> Result<(), Error> {
        let index = self.next()?;
        let address = self.asked.given.push_pair(message.phone, message.id)?;
        // A number of digits has at most 20.
        self.push(Row::new(index, address, address + message.phone.len() + 1), message.id.len() as u8);
        Ok(())
    }

    /// Adds a row that is sent in another form than the caller gave.
    pub(crate) fn ask(&mut self, query: RawQuery<'_>, message: Message<'_>) -> Result<(), Error> {
        let row = self.row(query)?;
        let address = self.asked.sent.push_pair(message.phone, message.id)?;
        // Both fit: a number has at most 15 digits, and an id at most 255 bytes.
        let phone_length = message.phone.len() as u8;
        let length = (message.phone.len() + 1 + message.id.len()) as u16;
        let rewritten = Rewritten { row: row.index, address, length, phone_length, id_is_number: message.id_is_number };
        memory::push(&mut self.sent.rewritten, rewritten, "the texts that are sent")?;
        self.push(row, 0);
        Ok(())
    }

    /// Adds a duplicate, which gets the answer of the earlier row `of`.
    pub(crate) fn repeat(&mut self, query: RawQuery<'_>, of: u32) -> Result<(), Error> {
        let row = self.row(query)?;
        memory::push(&mut self.duplicates, Duplicate { row: row.index, of }, "the list of duplicates")?;
        self.push(row, 0);
        Ok(())
    }

    /// Adds an INVALID row, which is not sent.
    pub(crate) fn invalid(&mut self, query: RawQuery<'_>, reason: Invalid) -> Result<(), Error> {
        let row = self.row(query)?;
        self.invalid.try_reserve(1).map_err(|_| no_room(self.len()))?;
        self.invalid.push((row.index, reason));
        self.push(Row { state: State::Invalid.value(), code: Code::InvalidArgument.value(), ..row }, 0);
        Ok(())
    }

    /// Stores the texts of a query and returns a row with them.
    fn row(&mut self, query: RawQuery<'_>) -> Result<Row, Error> {
        let index = self.next()?;
        let mut keep = |text: Option<&[u8]>| match text {
            Some(text) => self.asked.given.push(&without_nul(text)),
            None => self.asked.given.push_missing(),
        };
        Ok(Row::new(index, keep(query.phone_number)?, keep(query.message_id)?))
    }

    /// Returns the index of the next row and reserves memory for it.
    #[inline(always)]
    fn next(&mut self) -> Result<u32, Error> {
        let next = self.len();
        if next == self.capacity() {
            self.rows.try_reserve(1).map_err(|_| no_room(next + 1))?;
            self.sent.as_given.try_reserve(self.rows.capacity() - next).map_err(|_| no_room(next + 1))?;
        }
        u32::try_from(next).map_err(|_| no_room(next + 1))
    }

    /// Adds a row, for which memory is reserved.
    #[inline(always)]
    fn push(&mut self, row: Row, id_as_given: u8) {
        self.rows.push(row);
        self.sent.as_given.push(id_as_given);
    }

    /// Returns number and id of a row, or None if it is not sent.
    pub(crate) fn key(&self, index: usize) -> Option<EntryKey<'_>> {
        let texts = self.sent.texts(self.rows.get(index)?)?;
        Some(self.asked.message(index, texts, &mut [].as_slice())?.message().key())
    }
}

fn no_room(rows: usize) -> Error {
    out_of_memory(&format!("a report of {rows} statuses"))
}

/// Replaces each NUL with U+FFFD. With the NUL, a C caller would take the text for a shorter one.
pub(super) fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(0, text) {
        Some(_) => Cow::Owned(String::from_utf8_lossy(text).replace('\0', "\u{fffd}").into_bytes()),
        None => Cow::Borrowed(text),
    }
}

//! The rows of a report while the queries are read.

use std::borrow::Cow;

use memchr::memchr;

use super::texts::{Address, Texts};
use crate::code::Code;
use crate::error::{Error, out_of_memory};
use crate::invalid::Invalid;
use crate::query::RawQuery;
use crate::state::State;
use crate::wire::request::{BatchEntry, EntryKey, Message};

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

/// A row that is sent, and the address of the texts that are sent for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SentQuery {
    address: Address,
    pub row: u32,
    /// The length of number, NUL and id together, in bytes.
    length: u16,
    phone_length: u8,
    id_is_number: bool,
}

impl SentQuery {
    fn new(row: u32, address: Address, message: Message<'_>) -> SentQuery {
        let (phone_length, length) = (message.phone.len(), message.phone.len() + 1 + message.id.len());
        // Both fit: a number has at most 15 digits, and an id at most 255 bytes.
        let (phone_length, length) = (phone_length as u8, length as u16);
        SentQuery { address, row, length, phone_length, id_is_number: message.id_is_number }
    }

    /// Returns the message that is sent for this row. Its texts are searched in `chunk` first; `chunk` is then the one
    /// that holds them.
    #[inline]
    pub(super) fn asked<'t>(&self, texts: &'t QueryTexts, chunk: &mut &'t [u8]) -> Option<BatchEntry<'t>> {
        let texts = texts.find(self.address, usize::from(self.length), chunk)?;
        Some(BatchEntry::new(self.row as usize, texts, usize::from(self.phone_length), self.id_is_number))
    }
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
    #[inline]
    fn find<'t>(&'t self, address: Address, length: usize, chunk: &mut &'t [u8]) -> Option<&'t [u8]> {
        self.given.find(address, length, chunk).or_else(|| self.sent.find(address, length, chunk))
    }
}

/// The rows of a report while the queries are read.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(super) rows: Vec<Row>,
    /// The rows that are sent, in order.
    pub(super) sent: Vec<SentQuery>,
    pub(super) asked: QueryTexts,
    /// The INVALID rows, in order, and what is wrong with them.
    pub(super) invalid: Vec<(u32, Invalid)>,
}

impl Rows {
    /// Reserves memory for this many rows. Fails if there is not enough.
    pub(crate) fn with_capacity(rows: usize) -> Result<Rows, Error> {
        let (mut list, mut sent) = (Vec::new(), Vec::new());
        list.try_reserve_exact(rows).map_err(|_| no_room(rows))?;
        sent.try_reserve_exact(rows).map_err(|_| no_room(rows))?;
        Ok(Rows { rows: list, sent, asked: QueryTexts::default(), invalid: Vec::new() })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns for how many rows memory is reserved.
    pub(crate) fn capacity(&self) -> usize {
        self.rows.capacity()
    }

    /// Adds a row that is sent with the caller's own texts.
    #[inline(always)]
    pub(crate) fn ask_as_given(&mut self, message: Message<'_>) -> Result<(), Error> {
        let index = self.next()?;
        let address = self.asked.given.push_pair(message.phone, message.id)?;
        self.rows.push(Row::new(index, address, address + message.phone.len() + 1));
        self.send(SentQuery::new(index, address, message))
    }

    /// Adds a row that is sent in another form than the caller gave.
    pub(crate) fn ask(&mut self, query: RawQuery<'_>, message: Message<'_>) -> Result<(), Error> {
        let row = self.row(query)?;
        let address = self.asked.sent.push_pair(message.phone, message.id)?;
        self.rows.push(row);
        self.send(SentQuery::new(row.index, address, message))
    }

    /// Adds a duplicate, which gets the answer of an earlier row.
    pub(crate) fn repeat(&mut self, query: RawQuery<'_>) -> Result<(), Error> {
        let row = self.row(query)?;
        self.rows.push(row);
        Ok(())
    }

    /// Adds an INVALID row, which is not sent.
    pub(crate) fn invalid(&mut self, query: RawQuery<'_>, reason: Invalid) -> Result<(), Error> {
        let row = self.row(query)?;
        self.invalid.try_reserve(1).map_err(|_| no_room(self.len()))?;
        self.invalid.push((row.index, reason));
        self.rows.push(Row { state: State::Invalid.value(), code: Code::InvalidArgument.value(), ..row });
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
        }
        u32::try_from(next).map_err(|_| no_room(next + 1))
    }

    #[inline(always)]
    fn send(&mut self, query: SentQuery) -> Result<(), Error> {
        if self.sent.len() == self.sent.capacity() {
            self.sent.try_reserve(1).map_err(|_| no_room(self.len()))?;
        }
        self.sent.push(query);
        Ok(())
    }

    /// Returns how many rows are sent.
    pub(crate) fn asked(&self) -> usize {
        self.sent.len()
    }

    /// Returns the row that is sent as the nth, counted from 0.
    pub(crate) fn asked_row(&self, nth: usize) -> u32 {
        self.sent[nth].row
    }

    /// Returns number and id of that row.
    pub(crate) fn key(&self, nth: usize) -> Option<EntryKey<'_>> {
        Some(self.sent[nth].asked(&self.asked, &mut [].as_slice())?.message().key())
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

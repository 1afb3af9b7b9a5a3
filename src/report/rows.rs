//! The rows of a report, while the queries are read.

use std::borrow::Cow;

use memchr::memchr;

use super::texts::{Address, Texts};
use crate::code::Code;
use crate::error::{Error, out_of_memory};
use crate::invalid::Invalid;
use crate::query::RawQuery;
use crate::state::State;
use crate::wire::request::{Asked, Key, Message};

/// `date` where there is none.
pub(crate) const NO_DATE: i64 = i64::MIN;

/// One status as it lies in memory: the C struct `smsp_status`, its pointers kept as addresses into the report's own
/// texts. `abi::report` asserts that the two are laid out alike.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Row {
    pub phone_number: Address,
    pub message_id: Address,
    pub status_text: Address,
    pub date_text: Address,
    pub date: i64,
    pub state: i32,
    pub code: i32,
    pub api_code: i32,
    pub stop_sms: i32,
    pub is_spam: i32,
    /// The row's number, from 0.
    pub index: u32,
}

/// `stop_sms` or `is_spam` where the service did not tell.
pub(super) const NO_FLAG: i32 = -1;

impl Row {
    /// A row without an answer.
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

    /// Keeps where the texts to be sent lie in the fields that an answer will fill.
    fn hold(&mut self, address: Address, message: Message<'_>) {
        self.status_text = address;
        self.date = (message.phone.len() + 1 + message.id.len()) as i64;
        self.stop_sms = message.phone.len() as i32;
        self.is_spam = i32::from(message.id_is_number);
    }

    /// Whether the row is asked, and not answered yet.
    pub(super) fn is_held(&self) -> bool {
        self.status_text != 0 && self.state == State::Unanswered.value()
    }

    /// What the row asks, if it is asked and not answered yet. The chunk is where its texts are looked for first.
    #[inline]
    pub(super) fn held<'t>(&self, row: usize, texts: &'t AskedTexts, chunk: &mut &'t [u8]) -> Option<Asked<'t>> {
        if !self.is_held() {
            return None;
        }
        let texts = texts.find(self.status_text, self.date as usize, chunk)?;
        Some(Asked::new(row, texts, self.stop_sms as usize, self.is_spam == 1))
    }

    /// Gives the fields back that held what the row asks.
    pub(super) fn let_go(&mut self) {
        if self.is_held() {
            (self.status_text, self.date, self.stop_sms, self.is_spam) = (0, NO_DATE, NO_FLAG, NO_FLAG);
        }
    }
}

/// The texts of the queries.
#[derive(Debug, Default)]
pub(crate) struct AskedTexts {
    /// As the caller gave them.
    pub given: Texts,
    /// As they are sent where that is another form.
    sent: Texts,
}

impl AskedTexts {
    #[inline]
    fn find<'t>(&'t self, address: Address, length: usize, chunk: &mut &'t [u8]) -> Option<&'t [u8]> {
        self.given.find(address, length, chunk).or_else(|| self.sent.find(address, length, chunk))
    }
}

/// The rows of a report, while the queries are read.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) asked: AskedTexts,
    /// The rows that cannot be asked, and why.
    pub(super) invalid: Vec<(u32, Invalid)>,
}

impl Rows {
    /// Room for this many rows.
    pub(crate) fn with_capacity(rows: usize) -> Result<Rows, Error> {
        let mut list = Vec::new();
        list.try_reserve_exact(rows).map_err(|_| no_room(rows))?;
        Ok(Rows { rows: list, asked: AskedTexts::default(), invalid: Vec::new() })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// For how many rows there is room.
    pub(crate) fn capacity(&self) -> usize {
        self.rows.capacity()
    }

    /// Adds a row that is to be asked with the texts of its query.
    #[inline(always)]
    pub(crate) fn ask_as_given(&mut self, message: Message<'_>) -> Result<(), Error> {
        let index = self.next()?;
        let address = self.asked.given.push_pair(message.phone, message.id)?;
        let mut row = Row::new(index, address, address + message.phone.len() + 1);
        row.hold(address, message);
        self.rows.push(row);
        Ok(())
    }

    /// Adds a row that is to be asked with other texts.
    pub(crate) fn ask(&mut self, query: RawQuery<'_>, message: Message<'_>) -> Result<(), Error> {
        let mut row = self.row(query)?;
        row.hold(self.asked.sent.push_pair(message.phone, message.id)?, message);
        self.rows.push(row);
        Ok(())
    }

    /// Adds a row that is answered with an earlier one.
    pub(crate) fn repeat(&mut self, query: RawQuery<'_>) -> Result<(), Error> {
        let row = self.row(query)?;
        self.rows.push(row);
        Ok(())
    }

    /// Adds a row that cannot be asked.
    pub(crate) fn invalid(&mut self, query: RawQuery<'_>, reason: Invalid) -> Result<(), Error> {
        let row = self.row(query)?;
        self.invalid.try_reserve(1).map_err(|_| no_room(self.len()))?;
        self.invalid.push((row.index, reason));
        self.rows.push(Row { state: State::Invalid.value(), code: Code::InvalidArgument.value(), ..row });
        Ok(())
    }

    /// A row for a query with its texts.
    fn row(&mut self, query: RawQuery<'_>) -> Result<Row, Error> {
        let index = self.next()?;
        let mut keep = |text: Option<&[u8]>| match text {
            Some(text) => self.asked.given.push(&without_nul(text)),
            None => self.asked.given.push_missing(),
        };
        Ok(Row::new(index, keep(query.phone_number)?, keep(query.message_id)?))
    }

    /// The number of the next row, for which there is room then.
    #[inline(always)]
    fn next(&mut self) -> Result<u32, Error> {
        let next = self.len();
        if next == self.capacity() {
            self.rows.try_reserve(1).map_err(|_| no_room(next + 1))?;
        }
        u32::try_from(next).map_err(|_| no_room(next + 1))
    }

    /// What a row asks, if it is to be asked.
    pub(crate) fn key(&self, row: usize) -> Option<Key<'_>> {
        Some(self.rows[row].held(row, &self.asked, &mut [].as_slice())?.message().key())
    }
}

fn no_room(rows: usize) -> Error {
    out_of_memory(&format!("a report of {rows} statuses"))
}

/// A text that holds a NUL must not look like a shorter one to a C caller.
pub(super) fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(0, text) {
        Some(_) => Cow::Owned(String::from_utf8_lossy(text).replace('\0', "\u{fffd}").into_bytes()),
        None => Cow::Borrowed(text),
    }
}

//! The report: one status per query, in the caller's order and with the caller's texts.

use std::sync::Arc;

pub(crate) mod draft;
pub(crate) mod matching;
mod reasons;
pub(crate) mod rows;
mod texts;

use reasons::Reasons;
use rows::{AskedTexts, NO_DATE, Row};
use texts::{Address, Texts};

use crate::code::Code;
use crate::error::Error;
use crate::state::State;

/// What became of the messages that were asked about: one status per query, in order.
#[derive(Debug)]
pub struct Report {
    rows: Vec<Row>,
    asked: Arc<AskedTexts>,
    told: Texts,
    reasons: Reasons,
    counts: [usize; State::ALL.len()],
}

impl Report {
    /// How many statuses there are: as many as queries were given.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no query was given.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The status of the query at this place.
    pub fn get(&self, index: usize) -> Option<Status<'_>> {
        self.rows.get(index).map(|row| Status { row, report: self })
    }

    /// All statuses, in the order of the queries.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Status<'_>> {
        self.rows.iter().map(|row| Status { row, report: self })
    }

    /// Why the query at this place is INVALID or has no answer; None if it has one. Queries of one batch share an error.
    pub fn error(&self, index: usize) -> Option<&Error> {
        self.error_number(index).map(|number| &self.reasons.errors[number])
    }

    /// The number of that error among [`Report::errors`].
    pub(crate) fn error_number(&self, index: usize) -> Option<usize> {
        let row = self.rows.get(index)?;
        (!row.is_answered()).then(|| self.reasons.of(index, row.state == State::Invalid.value()))
    }

    /// All errors that queries have.
    pub(crate) fn errors(&self) -> &[Error] {
        &self.reasons.errors
    }

    /// How many messages are in this state.
    pub fn count_state(&self, state: State) -> usize {
        self.counts[state.value() as usize]
    }

    /// How many queries have an answer of the service.
    pub(crate) fn answered(&self) -> usize {
        self.len() - self.count_state(State::Unanswered) - self.count_state(State::Invalid)
    }

    pub(crate) fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }
}

/// What came of a call: a report with one status per query, and why some or all were not answered.
#[derive(Debug)]
pub struct Outcome {
    /// One status per query, in order.
    pub report: Report,
    /// The failure of the first batch that failed, in the order of the queries; else the first invalid entry.
    pub error: Option<Error>,
}

impl Outcome {
    /// `Ok` if every query was answered, `Partial` if some were, else the error's code.
    pub fn code(&self) -> Code {
        match &self.error {
            None => Code::Ok,
            Some(_) if self.report.answered() > 0 => Code::Partial,
            Some(error) => error.code(),
        }
    }
}

/// What became of one message. It borrows from its report.
#[derive(Clone, Copy, Debug)]
pub struct Status<'r> {
    row: &'r Row,
    report: &'r Report,
}

impl<'r> Status<'r> {
    /// The number as the caller gave it; U+FFFD stands for a NUL in it.
    pub fn phone_number(&self) -> &'r str {
        self.asked(self.row.phone_number)
    }

    /// The message id as the caller gave it; U+FFFD stands for a NUL in it.
    pub fn message_id(&self) -> &'r str {
        self.asked(self.row.message_id)
    }

    /// The service's text, if it gave one.
    pub fn status_text(&self) -> Option<&'r str> {
        text(&self.report.told, self.row.status_text)
    }

    /// The service's date where it is not Unix seconds.
    pub fn date_text(&self) -> Option<&'r str> {
        text(&self.report.told, self.row.date_text)
    }

    /// When the state was reached, in Unix seconds, if the service told.
    pub fn date(&self) -> Option<i64> {
        (self.row.date != NO_DATE).then_some(self.row.date)
    }

    /// What became of the message.
    pub fn state(&self) -> State {
        State::from_value(self.row.state).unwrap_or(State::Unknown)
    }

    /// `Ok`, or why there is no answer.
    pub fn code(&self) -> Code {
        Code::from_value(self.row.code).unwrap_or(Code::Internal)
    }

    /// Why there is no answer; None if there is one.
    pub fn error(&self) -> Option<&'r Error> {
        self.report.error(self.index())
    }

    /// The place of the query in the list that was given, from 0.
    pub fn index(&self) -> usize {
        self.row.index as usize
    }

    /// The service's code for this entry, 0 if it gave none.
    pub fn api_code(&self) -> i32 {
        self.row.api_code
    }

    /// Whether the recipient answered STOP, if the service told.
    pub fn stop_sms(&self) -> Option<bool> {
        flag(self.row.stop_sms)
    }

    /// Whether the message was taken for spam, if the service told.
    pub fn is_spam(&self) -> Option<bool> {
        flag(self.row.is_spam)
    }

    fn asked(&self, address: Address) -> &'r str {
        text(&self.report.asked.given, address).unwrap_or_default()
    }
}

fn text(texts: &Texts, address: Address) -> Option<&str> {
    std::str::from_utf8(texts.get(address)?).ok()
}

fn flag(value: i32) -> Option<bool> {
    (value >= 0).then_some(value == 1)
}

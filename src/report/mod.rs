//! The report: one status per query, in the caller's order and with the caller's texts.

use std::sync::Arc;

pub(crate) mod draft;
pub(crate) mod matching;
mod reasons;
pub(crate) mod rows;
mod texts;

use reasons::Reasons;
use rows::{NO_DATE, QueryTexts, Row};
use texts::{Address, Texts};

use crate::code::Code;
use crate::error::Error;
use crate::state::State;

/// The result of a call: one status per query, in the order of the queries. It has its own copies of all texts. It
/// never changes, and any thread may read it.
#[derive(Debug)]
pub struct Report {
    rows: Vec<Row>,
    asked: Arc<QueryTexts>,
    told: Texts,
    reasons: Reasons,
    counts: [usize; State::ALL.len()],
}

impl Report {
    /// Returns the number of statuses, which is the number of queries.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no queries.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the status of the query at this index, counted from 0; None past the last one.
    pub fn get(&self, index: usize) -> Option<Status<'_>> {
        self.rows.get(index).map(|row| Status { row, report: self })
    }

    /// Returns all statuses, in the order of the queries.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Status<'_>> {
        self.rows.iter().map(|row| Status { row, report: self })
    }

    /// Returns why the query at this index is INVALID or has no answer; None if it has an answer, or past the last one.
    /// Queries of one batch share an error.
    pub fn error(&self, index: usize) -> Option<&Error> {
        self.error_number(index).map(|number| &self.reasons.errors[number])
    }

    /// Returns the index of that error in [`Report::errors`].
    pub(crate) fn error_number(&self, index: usize) -> Option<usize> {
        let row = self.rows.get(index)?;
        (!row.is_answered()).then(|| self.reasons.of(index, row.state == State::Invalid.value()))
    }

    /// Returns the errors of all queries. Each is in this list once, however many queries share it.
    pub(crate) fn errors(&self) -> &[Error] {
        &self.reasons.errors
    }

    /// Returns how many queries are in this state.
    pub fn count_state(&self, state: State) -> usize {
        self.counts[state.value() as usize]
    }

    /// Returns how many queries have an answer of the service.
    pub(crate) fn answered(&self) -> usize {
        self.len() - self.count_state(State::Unanswered) - self.count_state(State::Invalid)
    }

    pub(crate) fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }
}

/// The result of a call: a report with one status per query, and why some or all queries have no answer.
#[derive(Debug)]
pub struct Outcome {
    /// One status per query, in the order of the queries.
    pub report: Report,
    /// The error of the first batch that failed, in the order of the queries. If none failed, the error of the first
    /// INVALID query. None if every query has an answer.
    pub error: Option<Error>,
}

impl Outcome {
    /// Returns `Ok` if every query has an answer, `Partial` if some have one, otherwise the code of the error.
    pub fn code(&self) -> Code {
        match &self.error {
            None => Code::Ok,
            Some(_) if self.report.answered() > 0 => Code::Partial,
            Some(error) => error.code(),
        }
    }
}

/// The status of one message. It borrows from its report.
#[derive(Clone, Copy, Debug)]
pub struct Status<'r> {
    row: &'r Row,
    report: &'r Report,
}

impl<'r> Status<'r> {
    /// The phone number as the caller gave it, with U+FFFD in place of a NUL.
    pub fn phone_number(&self) -> &'r str {
        self.asked(self.row.phone_number)
    }

    /// The message id as the caller gave it, with U+FFFD in place of a NUL.
    pub fn message_id(&self) -> &'r str {
        self.asked(self.row.message_id)
    }

    /// The service's own text for the state, if it gave one. A text of more than 1,024 bytes is cut and ends in `…`.
    pub fn status_text(&self) -> Option<&'r str> {
        text(&self.report.told, self.row.status_text)
    }

    /// The service's date as a text, if it is not a number of Unix seconds. Cut like [`Status::status_text`].
    pub fn date_text(&self) -> Option<&'r str> {
        text(&self.report.told, self.row.date_text)
    }

    /// When the message reached its state, in Unix seconds, if the service said so.
    pub fn date(&self) -> Option<i64> {
        (self.row.date != NO_DATE).then_some(self.row.date)
    }

    /// The state of the message.
    pub fn state(&self) -> State {
        State::from_value(self.row.state).unwrap_or(State::Unknown)
    }

    /// `Ok` if there is an answer, otherwise the code of the error.
    pub fn code(&self) -> Code {
        Code::from_value(self.row.code).unwrap_or(Code::Internal)
    }

    /// Why there is no answer; None if there is one.
    pub fn error(&self) -> Option<&'r Error> {
        self.report.error(self.index())
    }

    /// The index of the query in the caller's list, counted from 0.
    pub fn index(&self) -> usize {
        self.row.index as usize
    }

    /// The service's own code for this message, or 0 if it gave none. If there is no answer, the code with which the
    /// service refused the request.
    pub fn api_code(&self) -> i32 {
        self.row.api_code
    }

    /// Whether the recipient replied STOP, if the service said so.
    pub fn stop_sms(&self) -> Option<bool> {
        flag(self.row.stop_sms)
    }

    /// Whether the message was classified as spam, if the service said so.
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

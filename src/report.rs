//! The report: one status per query, in the caller's order and with the caller's texts.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use crate::error::{Code, Error, out_of_memory};
use crate::invalid::Invalid;
use crate::limits::MAX_BATCH;
use crate::memory;
use crate::query::RawQuery;
use crate::state::State;
use crate::texts::{Address, Texts};
use crate::wire::answer::EntryStatus;
use crate::wire::bounded::bounded;
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
const NO_FLAG: i32 = -1;

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

    fn is_answered(&self) -> bool {
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
    fn is_held(&self) -> bool {
        self.status_text != 0 && self.state == State::Unanswered.value()
    }

    /// What the row asks, if it is asked and not answered yet. The chunk is where its texts are looked for first.
    #[inline]
    fn held<'t>(&self, row: usize, texts: &'t AskedTexts, chunk: &mut &'t [u8]) -> Option<Asked<'t>> {
        if !self.is_held() {
            return None;
        }
        let texts = texts.find(self.status_text, self.date as usize, chunk)?;
        Some(Asked::new(row, texts, self.stop_sms as usize, self.is_spam == 1))
    }

    /// Gives the fields back that held what the row asks.
    fn let_go(&mut self) {
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
    rows: Vec<Row>,
    asked: AskedTexts,
    /// The rows that cannot be asked, and why.
    invalid: Vec<(u32, Invalid)>,
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
fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(0, text) {
        Some(_) => Cow::Owned(String::from_utf8_lossy(text).replace('\0', "\u{fffd}").into_bytes()),
        None => Cow::Borrowed(text),
    }
}

/// The status of a message as it stands in rows.
pub(crate) struct StoredStatus {
    status_text: Address,
    date_text: Address,
    state: i32,
    api_code: i32,
    stop_sms: i32,
    is_spam: i32,
}

/// A row whose query is the same as that of an earlier one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate {
    pub row: u32,
    pub of: u32,
}

/// Why rows have no answer: all those in the range that have none.
#[derive(Debug)]
struct Failed {
    rows: Range<usize>,
    error: Error,
}

/// A report in the making.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    rows: Vec<Row>,
    asked: Arc<AskedTexts>,
    told: Told,
    invalid: Vec<(u32, Invalid)>,
    /// No two ranges overlap.
    failed: Vec<Failed>,
    /// Why rows have no answer that are in none of these ranges.
    failed_otherwise: Option<Error>,
    /// How many rows are in each state.
    counts: [usize; State::ALL.len()],
}

impl From<Rows> for Draft {
    fn from(Rows { rows, asked, invalid }: Rows) -> Draft {
        let mut counts = [0; State::ALL.len()];
        counts[State::Invalid as usize] = invalid.len();
        counts[State::Unanswered as usize] = rows.len() - invalid.len();
        Draft { rows, asked: Arc::new(asked), invalid, counts, ..Draft::default() }
    }
}

impl Draft {
    /// The texts of the queries, to be read while others write rows.
    pub(crate) fn asked_texts(&self) -> Arc<AskedTexts> {
        Arc::clone(&self.asked)
    }

    /// The messages that a batch of these rows asks.
    pub(crate) fn batch<'t>(&self, rows: Range<usize>, texts: &'t AskedTexts) -> Result<Vec<Asked<'t>>, Error> {
        let mut list = memory::list(rows.len().min(MAX_BATCH), "a batch")?;
        let mut chunk = [].as_slice();
        list.extend(rows.filter_map(|row| self.rows[row].held(row, texts, &mut chunk)));
        Ok(list)
    }

    /// Keeps the texts of a status, to be written into any number of rows.
    pub(crate) fn keep(&mut self, status: &EntryStatus<'_>) -> Result<StoredStatus, Error> {
        Ok(StoredStatus {
            status_text: status.status_text.as_deref().map_or(Ok(0), |text| self.told.status(text))?,
            date_text: status.date_text.as_deref().map_or(Ok(0), |text| self.told.text(text))?,
            state: status.state.value(),
            api_code: status.api_code,
            stop_sms: status.stop_sms.map_or(NO_FLAG, i32::from),
            is_spam: status.is_spam.map_or(NO_FLAG, i32::from),
        })
    }

    /// Writes the status of a message into its row, which is held: nothing is read, since memory that was not used for a
    /// while is written faster.
    #[inline]
    pub(crate) fn answer(&mut self, row: usize, date: Option<i64>, status: &StoredStatus) {
        self.counts[State::Unanswered as usize] -= 1;
        self.counts[status.state as usize] += 1;
        let row = &mut self.rows[row];
        debug_assert!(row.is_held());
        row.status_text = status.status_text;
        row.date_text = status.date_text;
        row.date = date.unwrap_or(NO_DATE);
        row.state = status.state;
        row.code = Code::Ok.value();
        row.api_code = status.api_code;
        row.stop_sms = status.stop_sms;
        row.is_spam = status.is_spam;
    }

    /// Notes why those of these rows that are asked and not answered have no answer.
    pub(crate) fn fail(&mut self, rows: Range<usize>, error: &Error) {
        for row in self.rows[rows.clone()].iter_mut().filter(|row| row.is_held()) {
            row.code = error.code().value();
            row.api_code = error.api_code();
        }
        // Without memory for it the rows have the code alone.
        if self.failed.try_reserve(1).is_ok() {
            self.failed.push(Failed { rows, error: error.clone() });
        }
    }

    /// Notes why the rows have no answer that have none and no reason yet.
    pub(crate) fn fail_unanswered(&mut self, error: &Error) {
        for row in &mut self.rows {
            if row.state == State::Unanswered.value() && row.code == Code::Ok.value() {
                row.code = error.code().value();
            }
        }
        self.failed_otherwise = Some(error.clone());
    }

    /// Ends the draft: duplicates get the answer of the first of their kind. Also says how many of these are answered.
    pub(crate) fn finish(mut self, duplicates: &[Duplicate]) -> (Report, usize) {
        let mut answered = 0;
        let mut unanswered = Vec::new();
        for duplicate in duplicates {
            let Row { phone_number, message_id, index, .. } = self.rows[duplicate.row as usize];
            let row = Row { phone_number, message_id, index, ..self.rows[duplicate.of as usize] };
            self.rows[duplicate.row as usize] = row;
            self.counts[State::Unanswered as usize] -= 1;
            self.counts[row.state as usize] += 1;
            answered += usize::from(row.is_answered());
            // Without memory for it the row has the code alone.
            if !row.is_answered() && unanswered.try_reserve(1).is_ok() {
                unanswered.push(*duplicate);
            }
        }
        if self.counts[State::Unanswered as usize] > 0 {
            self.rows.iter_mut().for_each(Row::let_go);
        }
        let otherwise = (self.counts[State::Unanswered as usize] > 0)
            .then(|| self.failed_otherwise.unwrap_or_else(|| out_of_memory("the reason")));
        let reasons = Reasons::new(self.invalid, self.failed, otherwise, unanswered);
        // Without memory for them the rows have the codes alone.
        let reasons = reasons.unwrap_or_else(Reasons::unknown);
        let Draft { rows, asked, told, counts, .. } = self;
        (Report { rows, asked, told: told.texts, reasons, counts }, answered)
    }
}

/// The texts of the service. Its status texts are few and come again and again, so each is kept once.
#[derive(Debug, Default)]
struct Told {
    texts: Texts,
    statuses: Vec<(Box<str>, Address)>,
}

/// More distinct status texts than the service has; beyond, they are kept as they come.
const MAX_STATUSES: usize = 32;

impl Told {
    fn status(&mut self, text: &str) -> Result<Address, Error> {
        if let Some((_, address)) = self.statuses.iter().find(|(known, _)| **known == *text) {
            return Ok(*address);
        }
        let address = self.text(text)?;
        if self.statuses.len() < MAX_STATUSES {
            self.statuses.push((text.into(), address));
        }
        Ok(address)
    }

    fn text(&mut self, text: &str) -> Result<Address, Error> {
        match without_nul(bounded(text).as_bytes()) {
            Cow::Borrowed(text) => self.texts.push(text),
            // It is longer than with the NUL.
            Cow::Owned(text) => self.texts.push(bounded(&String::from_utf8_lossy(&text)).as_bytes()),
        }
    }
}

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

/// Why queries have no answer. Each error stands there once, however many have it.
#[derive(Debug)]
struct Reasons {
    errors: Vec<Error>,
    /// The rows that cannot be asked, and the numbers of their errors.
    invalid: Vec<(u32, Invalid)>,
    /// The kinds of these, in the order of the errors, which come first.
    kinds: Vec<Invalid>,
    /// The rows that have no answer, in order, and the numbers of their errors.
    failed: Vec<(Range<usize>, usize)>,
    /// The duplicates of such rows, in order.
    duplicates: Vec<Duplicate>,
}

impl Reasons {
    fn new(
        invalid: Vec<(u32, Invalid)>,
        mut failed: Vec<Failed>,
        otherwise: Option<Error>,
        duplicates: Vec<Duplicate>,
    ) -> Result<Reasons, Error> {
        let mut kinds = Vec::new();
        for (_, kind) in &invalid {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        let mut errors = memory::list(kinds.len() + failed.len() + 1, "reasons")?;
        errors.extend(kinds.iter().map(|kind| kind.error()));
        failed.sort_unstable_by_key(|failed| failed.rows.start);
        let mut ranges = memory::list(failed.len(), "reasons")?;
        for Failed { rows, error } in failed {
            ranges.push((rows, errors.len()));
            errors.push(error);
        }
        errors.extend(otherwise);
        Ok(Reasons { errors, invalid, kinds, failed: ranges, duplicates })
    }

    /// One for all rows.
    fn unknown(error: Error) -> Reasons {
        let errors = vec![error];
        Reasons { errors, invalid: Vec::new(), kinds: Vec::new(), failed: Vec::new(), duplicates: Vec::new() }
    }

    /// The number of the error of a row that has no answer.
    fn of(&self, row: usize, is_invalid: bool) -> usize {
        let known = if is_invalid { self.of_invalid(row) } else { self.of_failed(row) };
        known.unwrap_or(self.errors.len() - 1)
    }

    fn of_invalid(&self, row: usize) -> Option<usize> {
        let place = self.invalid.binary_search_by_key(&row, |(row, _)| *row as usize).ok()?;
        self.kinds.iter().position(|kind| *kind == self.invalid[place].1)
    }

    fn of_failed(&self, row: usize) -> Option<usize> {
        let duplicate = self.duplicates.binary_search_by_key(&row, |duplicate| duplicate.row as usize);
        let row = duplicate.map_or(row, |place| self.duplicates[place].of as usize);
        let behind = self.failed.partition_point(|(rows, _)| rows.start <= row);
        let (rows, error) = self.failed.get(behind.checked_sub(1)?)?;
        rows.contains(&row).then_some(*error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{BatchLimit, Plan};
    use crate::query::Query;

    fn draft(queries: &[(&str, &str)]) -> (Plan, Draft) {
        let raw = queries.iter().map(|(phone, id)| RawQuery::from(Query::new(phone, id)));
        Plan::new(raw, BatchLimit { entries: 500, query_bytes: None }).unwrap()
    }

    fn delivered(text: &str) -> EntryStatus<'_> {
        EntryStatus {
            state: State::Delivered,
            api_code: 200,
            status_text: Some(text.into()),
            date_text: None,
            stop_sms: Some(true),
            is_spam: Some(false),
        }
    }

    fn answer(draft: &mut Draft, row: usize, date: Option<i64>, status: &EntryStatus<'_>) {
        let status = draft.keep(status).unwrap();
        draft.answer(row, date, &status);
    }

    #[test]
    fn a_report_of_nothing_is_empty() {
        let (report, answered) = Draft::default().finish(&[]);
        assert!(report.is_empty() && report.get(0).is_none() && answered == 0);
    }

    #[test]
    fn a_text_with_a_nul_is_invalid_and_does_not_look_shorter() {
        let texts = |text: &'static str| (0..=text.len()).map(move |at| [&text[..at], "\0", &text[at..]].concat());
        let queries: Vec<_> = texts("+33612345678")
            .map(|phone| (phone, "1".to_owned()))
            .chain(texts("1000").map(|id| ("06 12 34 56 78".to_owned(), id)))
            .collect();
        let list: Vec<_> = queries.iter().map(|(phone, id)| (phone.as_str(), id.as_str())).collect();
        let (plan, draft) = draft(&list);
        assert_eq!(plan.batches(), 0);
        let (report, _) = draft.finish(&[]);
        let shown = |text: &str| text.replace('\0', "\u{fffd}");
        for (status, (phone, id)) in report.iter().zip(&queries) {
            assert_eq!(status.state(), State::Invalid);
            assert_eq!((status.phone_number(), status.message_id()), (&*shown(phone), &*shown(id)));
        }
    }

    #[test]
    fn what_has_no_answer_and_no_reason_gets_the_reason() {
        let (plan, mut draft) =
            draft(&[("0612345678", "1"), ("0612345678", "2"), ("0612345678", "3"), ("no", "4"), ("0612345678", "1")]);
        answer(&mut draft, 0, Some(7), &delivered("Delivered"));
        draft.fail(1..2, &Error::new(Code::Api, "refused").with_api_code(5));
        draft.fail_unanswered(&Error::new(Code::Internal, "a defect"));
        let (report, duplicates_answered) = draft.finish(&plan.duplicates);
        let codes: Vec<_> = report.iter().map(|status| (status.state(), status.code(), status.api_code())).collect();
        assert_eq!(
            codes,
            [
                (State::Delivered, Code::Ok, 200),
                (State::Unanswered, Code::Api, 5),
                (State::Unanswered, Code::Internal, 0),
                (State::Invalid, Code::InvalidArgument, 0),
                (State::Delivered, Code::Ok, 200),
            ]
        );
        assert_eq!((report.answered(), duplicates_answered, report.is_empty()), (2, 1, false));
        assert_eq!((report.count_state(State::Delivered), report.count_state(State::Invalid)), (2, 1));
        let first = report.get(0).unwrap();
        assert_eq!((first.stop_sms(), first.is_spam(), first.date()), (Some(true), Some(false), Some(7)));
        let second = report.get(1).unwrap();
        assert_eq!((second.stop_sms(), second.is_spam(), second.date()), (None, None, None));
        assert_eq!((second.status_text(), second.date_text()), (None, None));
    }

    #[test]
    fn duplicates_have_their_own_texts_and_are_counted_where_answered() {
        let (plan, mut draft) =
            draft(&[("0612345678", "1"), ("+33612345678", "2"), ("06 12 34 56 78", " 1"), ("0033612345678", "2 ")]);
        answer(&mut draft, 0, None, &EntryStatus { stop_sms: None, is_spam: None, ..delivered("Delivered") });
        draft.fail(1..2, &Error::new(Code::Http, "lost"));
        let (report, duplicates_answered) = draft.finish(&plan.duplicates);
        assert_eq!((duplicates_answered, report.answered()), (1, 2));
        let rows: Vec<_> = report.iter().map(|row| (row.phone_number(), row.message_id(), row.code())).collect();
        assert_eq!(rows[2..], [("06 12 34 56 78", " 1", Code::Ok), ("0033612345678", "2 ", Code::Http)]);
        let told = report.get(2).unwrap();
        assert_eq!((told.state(), told.stop_sms(), told.is_spam(), told.date()), (State::Delivered, None, None, None));
    }

    #[test]
    fn a_batch_that_fails_fails_for_what_it_asks() {
        let (plan, mut draft) = draft(&[("0612345678", "1"), ("no", "2"), ("0612345678", "1")]);
        draft.fail(plan.rows_of(0), &Error::new(Code::Connect, "lost"));
        let codes = [0, 1, 2].map(|row| draft.rows[row].code);
        assert_eq!(codes, [Code::Connect, Code::InvalidArgument, Code::Ok].map(Code::value));
    }

    #[test]
    fn every_row_without_an_answer_has_its_own_error() {
        let number = "0612345678";
        let list =
            [("no", "1"), (number, "2"), (number, "3"), (number, ""), (number, "4"), (number, "2"), (number, "5")];
        let (plan, mut draft) = draft(&list);
        draft.fail(4..7, &Error::new(Code::Timeout, "late"));
        answer(&mut draft, 2, None, &delivered("Delivered"));
        draft.fail(0..3, &Error::new(Code::Connect, "lost"));
        let (report, _) = draft.finish(&plan.duplicates);
        let messages: Vec<_> = report.iter().map(|row| row.error().map(Error::message)).collect();
        let expected = [
            Some("phone_number: this is not a phone number"),
            Some("lost"),
            None,
            Some("message_id: the text is empty"),
            Some("late"),
            Some("lost"),
            Some("late"),
        ];
        assert_eq!(messages, expected);
        assert!(report.iter().enumerate().all(|(place, row)| row.index() == place));
        assert!(report.error(7).is_none());
    }

    #[test]
    fn a_text_of_the_service_is_kept_once_and_whole() {
        let ids: Vec<_> = (0..100).map(|id| id.to_string()).collect();
        let queries: Vec<_> = ids.iter().map(|id| ("0612345678", id.as_str())).collect();
        let (_, mut draft) = draft(&queries);
        let texts: Vec<_> = (0..50).map(|text| format!("text {text}\0")).collect();
        for row in 0..100 {
            answer(
                &mut draft,
                row,
                None,
                &EntryStatus { date_text: Some("soon".into()), ..delivered(&texts[row % 50]) },
            );
        }
        let kept = draft.told.statuses.len();
        let (report, _) = draft.finish(&[]);
        assert_eq!(kept, MAX_STATUSES);
        for (place, status) in report.iter().enumerate() {
            assert_eq!(status.status_text(), Some(&*format!("text {}\u{fffd}", place % 50)));
            assert_eq!((status.phone_number(), status.message_id()), ("0612345678", &*ids[place]));
            assert_eq!(status.date_text(), Some("soon"));
        }
        let addresses = [0, 50, 49, 99].map(|row| report.row(row).unwrap().status_text);
        assert!(addresses[0] == addresses[1] && addresses[2] != addresses[3]);
    }
}

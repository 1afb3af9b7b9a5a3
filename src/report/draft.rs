//! A report under construction. Answers and errors are written into its rows until it is finished.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::Report;
use super::reasons::{Failed, Reasons};
use super::rows::{NO_DATE, NO_FLAG, QueryTexts, Row, Rows, Sent, without_nul};
use super::texts::{Address, Texts};
use crate::bounded::bounded;
use crate::code::Code;
use crate::error::{Error, out_of_memory};
use crate::invalid::Invalid;
use crate::limits::MAX_BATCH;
use crate::memory;
use crate::state::State;
use crate::wire::request::BatchEntry;
use crate::wire::response::EntryStatus;

pub(crate) use super::reasons::Duplicate;

/// A status in the form in which rows store it. Several rows may share its texts.
pub(crate) struct StoredStatus {
    status_text: Address,
    date_text: Address,
    state: i32,
    api_code: i32,
    stop_sms: i32,
    is_spam: i32,
}

/// A report under construction.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    rows: Vec<Row>,
    sent: Sent,
    /// The rows that get the answer of an earlier one, in order.
    pub duplicates: Vec<Duplicate>,
    asked: Arc<QueryTexts>,
    told: ServiceTexts,
    invalid: Vec<(u32, Invalid)>,
    /// Why ranges of rows have no answer. The ranges do not overlap.
    failed: Vec<Failed>,
    /// Why rows outside of these ranges have no answer.
    default_error: Option<Error>,
    /// The number of rows in each state.
    counts: [usize; State::ALL.len()],
}

impl From<Rows> for Draft {
    fn from(Rows { rows, sent, duplicates, asked, invalid }: Rows) -> Draft {
        let mut counts = [0; State::ALL.len()];
        counts[State::Invalid as usize] = invalid.len();
        counts[State::Unanswered as usize] = rows.len() - invalid.len();
        Draft { rows, sent, duplicates, asked: Arc::new(asked), invalid, counts, ..Draft::default() }
    }
}

impl Draft {
    /// Returns the texts of the queries. They are shared, so one thread can read them while another writes rows.
    pub(crate) fn asked_texts(&self) -> Arc<QueryTexts> {
        Arc::clone(&self.asked)
    }

    /// Returns the messages of a batch that covers these rows; INVALID rows and duplicates are left out. `texts` are
    /// the texts of this draft's queries. Fails if there is not enough memory.
    pub(crate) fn batch<'t>(&self, rows: Range<usize>, texts: &'t QueryTexts) -> Result<Vec<BatchEntry<'t>>, Error> {
        let mut list = memory::list(rows.len().min(MAX_BATCH), "a batch")?;
        let mut chunk = [].as_slice();
        let sent = self.sent.among(rows, &self.rows);
        list.extend(sent.filter_map(|(row, sent)| texts.message(row, sent, &mut chunk)));
        Ok(list)
    }

    /// Stores the texts of a status. The result can be written into any number of rows. Fails if there is not enough
    /// memory.
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

    /// Writes a status into a row that has none; `date` is in Unix seconds. A release build reads nothing of the row:
    /// memory that has not been used for a while is faster to write than to read.
    #[inline]
    pub(crate) fn answer(&mut self, row: usize, date: Option<i64>, status: &StoredStatus) {
        self.counts[State::Unanswered as usize] -= 1;
        self.counts[status.state as usize] += 1;
        let row = &mut self.rows[row];
        debug_assert!(row.is_unanswered());
        row.status_text = status.status_text;
        row.date_text = status.date_text;
        row.date = date.unwrap_or(NO_DATE);
        row.state = status.state;
        row.code = Code::Ok.value();
        row.api_code = status.api_code;
        row.stop_sms = status.stop_sms;
        row.is_spam = status.is_spam;
    }

    /// Records why the rows in this range have no answer. It applies to those that were sent and are still unanswered.
    pub(crate) fn fail(&mut self, rows: Range<usize>, error: &Error) {
        for index in rows.clone() {
            if self.rows[index].is_unanswered() && self.sent.has(&self.rows[index]) {
                self.rows[index].code = error.code().value();
                self.rows[index].api_code = error.api_code();
            }
        }
        // If there is no memory for the error, the rows still have its code.
        if self.failed.try_reserve(1).is_ok() {
            self.failed.push(Failed { rows, error: error.clone() });
        }
    }

    /// Records why the other rows have no answer: those that are unanswered and have no error yet.
    pub(crate) fn fail_rest(&mut self, error: &Error) {
        for row in &mut self.rows {
            if row.state == State::Unanswered.value() && row.code == Code::Ok.value() {
                row.code = error.code().value();
            }
        }
        self.default_error = Some(error.clone());
    }

    /// Finishes the report: duplicates get the result of the query that they repeat. Also returns how many duplicates
    /// have an answer.
    pub(crate) fn finish(mut self) -> (Report, usize) {
        let mut answered = 0;
        for duplicate in &self.duplicates {
            let Row { phone_number, message_id, index, .. } = self.rows[duplicate.row as usize];
            let row = Row { phone_number, message_id, index, ..self.rows[duplicate.of as usize] };
            self.rows[duplicate.row as usize] = row;
            self.counts[State::Unanswered as usize] -= 1;
            self.counts[row.state as usize] += 1;
            answered += usize::from(row.is_answered());
        }
        let has_unanswered = self.counts[State::Unanswered as usize] > 0;
        let duplicates = if has_unanswered { self.duplicates } else { Vec::new() };
        let otherwise = has_unanswered.then(|| self.default_error.unwrap_or_else(|| out_of_memory("the reason")));
        let reasons = Reasons::new(self.invalid, self.failed, otherwise, duplicates);
        // If there is no memory for the errors, the rows still have their codes.
        let reasons = reasons.unwrap_or_else(Reasons::unknown);
        let Draft { rows, asked, told, counts, .. } = self;
        (Report { rows, asked, told: told.texts, reasons, counts }, answered)
    }
}

/// The texts of the service. It uses few different status texts, so each is stored once.
#[derive(Debug, Default)]
struct ServiceTexts {
    texts: Texts,
    statuses: Vec<(Box<str>, Address)>,
}

/// More distinct status texts than the service has. Once this many are known, new ones are stored each time they occur.
const MAX_STATUSES: usize = 32;

impl ServiceTexts {
    /// Stores a status text, unless it is a known one, and returns its address.
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
            // U+FFFD is longer than the NUL that it replaces, so the text may be too long now.
            Cow::Owned(text) => self.texts.push(bounded(&String::from_utf8_lossy(&text)).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{BatchLimit, Plan};
    use crate::query::{Query, RawQuery};

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
        let (report, answered) = Draft::default().finish();
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
        let (report, _) = draft.finish();
        let shown = |text: &str| text.replace('\0', "\u{fffd}");
        for (status, (phone, id)) in report.iter().zip(&queries) {
            assert_eq!(status.state(), State::Invalid);
            assert_eq!((status.phone_number(), status.message_id()), (&*shown(phone), &*shown(id)));
        }
    }

    #[test]
    fn what_has_no_answer_and_no_reason_gets_the_reason() {
        let (_, mut draft) =
            draft(&[("0612345678", "1"), ("0612345678", "2"), ("0612345678", "3"), ("no", "4"), ("0612345678", "1")]);
        answer(&mut draft, 0, Some(7), &delivered("Delivered"));
        draft.fail(1..2, &Error::new(Code::Api, "refused").with_api_code(5));
        draft.fail_rest(&Error::new(Code::Internal, "a defect"));
        let (report, duplicates_answered) = draft.finish();
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
        let (_, mut draft) =
            draft(&[("0612345678", "1"), ("+33612345678", "2"), ("06 12 34 56 78", " 1"), ("0033612345678", "2 ")]);
        answer(&mut draft, 0, None, &EntryStatus { stop_sms: None, is_spam: None, ..delivered("Delivered") });
        draft.fail(1..2, &Error::new(Code::Http, "lost"));
        let (report, duplicates_answered) = draft.finish();
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
        let (_, mut draft) = draft(&list);
        draft.fail(4..7, &Error::new(Code::Timeout, "late"));
        answer(&mut draft, 2, None, &delivered("Delivered"));
        draft.fail(0..3, &Error::new(Code::Connect, "lost"));
        let (report, _) = draft.finish();
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
        assert!(report.iter().enumerate().all(|(index, row)| row.index() == index));
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
        let (report, _) = draft.finish();
        assert_eq!(kept, MAX_STATUSES);
        for (index, status) in report.iter().enumerate() {
            assert_eq!(status.status_text(), Some(&*format!("text {}\u{fffd}", index % 50)));
            assert_eq!((status.phone_number(), status.message_id()), ("0612345678", &*ids[index]));
            assert_eq!(status.date_text(), Some("soon"));
        }
        let addresses = [0, 50, 49, 99].map(|row| report.row(row).unwrap().status_text);
        assert!(addresses[0] == addresses[1] && addresses[2] != addresses[3]);
    }
}

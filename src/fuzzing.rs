//! Doors into the library for the fuzz targets of `fuzz/`: texts in, texts out. Only they are built with it.

use crate::phone::Phone;
use crate::plan::{BatchLimit, Plan};
use crate::query::{Query, RawQuery};
use crate::report::matching;
use crate::state::State;
use crate::wire::request::Asked;
use crate::wire::{fast_json, read, repair, response};

/// Makes a text of the body of an answer, as it is done before it is read.
pub fn repair(body: &[u8]) -> String {
    repair::repair(body, &mut String::new()).expect("memory").to_owned()
}

/// Reads the body of an answer that is as documented, which is not repaired before; None for any other.
pub fn read_documented(body: &[u8]) -> Option<Answer<'_>> {
    fast_json::entries(body).map(|entries| Answer(read::Answer::Entries(entries)))
}

/// What is asked for these queries, in one batch.
fn with_asked<T>(queries: &[Query<'_>], run: impl FnOnce(&[Asked<'_>]) -> T) -> T {
    let limit = BatchLimit { entries: usize::MAX, query_bytes: None };
    let (plan, draft) = Plan::new(queries.iter().copied().map(RawQuery::from), limit).expect("memory");
    let texts = draft.asked_texts();
    let asked = if plan.batches() == 0 { Vec::new() } else { draft.batch(plan.rows_of(0), &texts).expect("memory") };
    run(&asked)
}

/// Reads the body of any answer.
pub fn read(body: &str) -> Result<Answer<'_>, Unreadable> {
    read::read(body).map(Answer).map_err(|error| Unreadable { reason: error.reason, offset: error.offset })
}

/// The number as it is sent.
pub fn sent(phone: Phone) -> String {
    phone.text()
}

/// An answer that was read.
#[derive(Debug, PartialEq)]
pub struct Answer<'b>(read::Answer<'b>);

/// Why a body cannot be read.
#[derive(Debug, PartialEq)]
pub struct Unreadable {
    /// What was expected.
    pub reason: String,
    /// Where, in bytes.
    pub offset: usize,
}

/// An entry of an answer, and what it means.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// The number in the form in which it is sent, and the id in the form in which it is compared; None if it lacks one of
    /// them, or one that can be read.
    pub message: Option<(String, String)>,
    /// What became of the message.
    pub state: State,
    /// The service's code for the entry.
    pub api_code: i32,
    /// The service's text.
    pub status_text: Option<String>,
    /// Unix seconds.
    pub date: Option<i64>,
    /// The date where it is no Unix time.
    pub date_text: Option<String>,
    /// Whether the recipient answered STOP.
    pub stop_sms: Option<bool>,
    /// Whether the message was taken for spam.
    pub is_spam: Option<bool>,
}

/// The answers of a batch, by query.
#[derive(Debug)]
pub struct Assigned {
    /// For each query the place of its answer; none for one that is not asked or repeats an earlier one.
    pub answers: Vec<Option<usize>>,
    /// How many answers belong to no query.
    pub unmatched: usize,
}

impl Answer<'_> {
    /// The entries, unless the answer is a refusal.
    pub fn entries(&self) -> Option<Vec<Entry>> {
        match &self.0 {
            read::Answer::Entries(entries) => {
                Some((0..entries.list.len()).map(|place| Entry::new(entries, place)).collect())
            }
            read::Answer::Refusal(_) => None,
        }
    }

    /// Gives each of these queries its answer.
    pub fn assign(&self, queries: &[Query<'_>]) -> Assigned {
        let read::Answer::Entries(entries) = &self.0 else { panic!("a refusal answers nothing") };
        with_asked(queries, |asked| {
            let matches = matching::assign(asked, entries).expect("memory");
            let mut answers = vec![None; queries.len()];
            for (place, asked) in asked.iter().enumerate() {
                answers[asked.row()] = matches.answer(place);
            }
            Assigned { answers, unmatched: matches.unmatched.len() }
        })
    }
}

impl Entry {
    fn new(entries: &response::Entries<'_>, place: usize) -> Entry {
        let (entry, status) = (&entries.list[place], entries.status(place));
        Entry {
            message: entry.key().map(|(phone, id)| (sent(phone), id.text().into_owned())),
            state: status.state,
            api_code: status.api_code,
            status_text: status.status_text.as_deref().map(str::to_owned),
            date: entry.date,
            date_text: status.date_text.as_deref().map(str::to_owned),
            stop_sms: status.stop_sms,
            is_spam: status.is_spam,
        }
    }
}

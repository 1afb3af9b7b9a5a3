//! Entry points for the fuzz targets in `fuzz/`. Only fuzzing builds contain this module.

use crate::phone::Phone;
use crate::plan::{BatchLimit, Plan};
use crate::query::{Query, RawQuery};
use crate::report::matching;
use crate::state::State;
use crate::wire::request::BatchEntry;
use crate::wire::{fast_json, read, repair, response};

/// Repairs the body of an answer, as the library does before parsing it.
pub fn repair(body: &[u8]) -> String {
    repair::repair(body, &mut String::new()).expect("memory").to_owned()
}

/// Parses the body of an answer that is as documented; the library does not repair such a body before. None for any
/// other.
pub fn read_documented(body: &[u8]) -> Option<Answer<'_>> {
    fast_json::entries(body).map(|entries| Answer(read::Answer::Entries(entries)))
}

/// Runs a function with the batch of these queries.
fn with_asked<T>(queries: &[Query<'_>], run: impl FnOnce(&[BatchEntry<'_>]) -> T) -> T {
    let limit = BatchLimit { entries: usize::MAX, query_bytes: None };
    let (plan, draft) = Plan::new(queries.iter().copied().map(RawQuery::from), limit).expect("memory");
    let texts = draft.asked_texts();
    let asked = if plan.batches() == 0 { Vec::new() } else { draft.batch(plan.rows_of(0), &texts).expect("memory") };
    run(&asked)
}

/// Parses the body of any answer.
pub fn read(body: &str) -> Result<Answer<'_>, Unreadable> {
    read::read(body).map(Answer).map_err(|error| Unreadable { reason: error.reason, offset: error.offset })
}

/// Returns the number as it is sent.
pub fn sent(phone: Phone) -> String {
    phone.text()
}

/// An answer that was parsed.
#[derive(Debug, PartialEq)]
pub struct Answer<'b>(read::Answer<'b>);

/// Why a body cannot be parsed.
#[derive(Debug, PartialEq)]
pub struct Unreadable {
    /// What was expected.
    pub reason: String,
    /// Where in the body, in bytes.
    pub offset: usize,
}

/// An entry of an answer, and what it means.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// The number as it is sent, and the id as it is compared. None if one of them is missing or cannot be parsed.
    pub message: Option<(String, String)>,
    /// The state of the message.
    pub state: State,
    /// The service's code for the entry.
    pub api_code: i32,
    /// The service's text.
    pub status_text: Option<String>,
    /// The date in Unix seconds.
    pub date: Option<i64>,
    /// The date as a text, if it is not a number of Unix seconds.
    pub date_text: Option<String>,
    /// Whether the recipient replied STOP.
    pub stop_sms: Option<bool>,
    /// Whether the message was classified as spam.
    pub is_spam: Option<bool>,
}

/// Which entry of an answer belongs to which query.
#[derive(Debug)]
pub struct Assigned {
    /// For each query the index of its entry. None for a query that is INVALID or a duplicate.
    pub answers: Vec<Option<usize>>,
    /// How many entries belong to no query.
    pub unmatched: usize,
}

impl Answer<'_> {
    /// Returns the entries; None if the answer is a refusal.
    pub fn entries(&self) -> Option<Vec<Entry>> {
        match &self.0 {
            read::Answer::Entries(entries) => {
                Some((0..entries.list.len()).map(|index| Entry::new(entries, index)).collect())
            }
            read::Answer::Refusal(_) => None,
        }
    }

    /// Assigns the entries to these queries. Panics if the answer is a refusal.
    pub fn assign(&self, queries: &[Query<'_>]) -> Assigned {
        let read::Answer::Entries(entries) = &self.0 else { panic!("a refusal answers nothing") };
        with_asked(queries, |asked| {
            let matches = matching::assign(asked, entries).expect("memory");
            let mut answers = vec![None; queries.len()];
            for (index, asked) in asked.iter().enumerate() {
                answers[asked.row()] = matches.answer(index);
            }
            Assigned { answers, unmatched: matches.unmatched.len() }
        })
    }
}

impl Entry {
    fn new(entries: &response::Entries<'_>, index: usize) -> Entry {
        let (entry, status) = (&entries.list[index], entries.status(index));
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

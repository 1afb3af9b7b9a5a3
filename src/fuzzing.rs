//! Doors into the library for the fuzz targets of `fuzz/`: texts in, texts out. Only they are built with it.

use crate::matching::{self, Matches};
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::plan::{BatchLimit, Plan, Query, RawQuery};
use crate::wire::{answer, documented, repair};

/// Makes a text of the body of an answer, as it is done before it is read.
pub fn repair(body: &[u8]) -> String {
    repair::repair(body, &mut String::new()).expect("memory").to_owned()
}

/// Reads the body of an answer that is as documented; None for any other. It is not repaired before.
pub fn read_documented(body: &[u8]) -> Option<Answer<'_>> {
    documented::entries(body).map(|entries| Answer(answer::Answer::Entries(entries)))
}

/// Reads the body of any answer.
pub fn read(body: &str) -> Result<Answer<'_>, Unreadable> {
    answer::read(body).map(Answer).map_err(|error| Unreadable { reason: error.reason, offset: error.offset })
}

/// The number as it is sent.
pub fn sent(phone: Phone) -> String {
    let mut out = Vec::new();
    phone.write_to(&mut out).expect("writing to memory");
    String::from_utf8(out).expect("digits")
}

/// An answer that was read.
#[derive(Debug, PartialEq)]
pub struct Answer<'b>(answer::Answer<'b>);

/// Why a body cannot be read.
#[derive(Debug, PartialEq)]
pub struct Unreadable {
    /// What was expected.
    pub reason: String,
    /// Where, in bytes.
    pub offset: usize,
}

/// An entry of an answer.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// The number in the form in which it is sent.
    pub phone_number: Option<String>,
    /// The id in the form in which it is compared.
    pub message_id: Option<String>,
    /// The service's text.
    pub status_text: Option<String>,
    /// Unix seconds.
    pub date: Option<i64>,
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
            answer::Answer::Entries(entries) => Some(entries.iter().map(Entry::from).collect()),
            answer::Answer::Refusal(_) => None,
        }
    }

    /// Gives each of these queries its answer.
    pub fn assign(&self, queries: &[Query<'_>]) -> Assigned {
        let answer::Answer::Entries(entries) = &self.0 else { panic!("a refusal answers nothing") };
        let limit = BatchLimit { entries: usize::MAX, query_bytes: None };
        let (plan, draft) = Plan::new(queries.iter().copied().map(RawQuery::from), limit).expect("memory");
        let texts = draft.asked_texts();
        let asked = if plan.batches() == 0 { Vec::new() } else { draft.batch(&plan, 0, &texts) };
        let Matches { answers, unmatched } = matching::assign(&asked, entries);
        let mut by_query = vec![None; queries.len()];
        for (asked, answer) in asked.iter().zip(answers) {
            by_query[asked.row] = answer;
        }
        Assigned { answers: by_query, unmatched }
    }
}

impl From<&answer::Entry<'_>> for Entry {
    fn from(entry: &answer::Entry<'_>) -> Entry {
        let id = |id: &MessageId<'_>| match id {
            MessageId::Number(number) => number.to_string(),
            MessageId::Text(text) => text.clone().into_owned(),
        };
        Entry {
            phone_number: entry.phone.map(sent),
            message_id: entry.id.as_ref().map(id),
            status_text: entry.fate.status_text.as_deref().map(str::to_owned),
            date: entry.date,
        }
    }
}

//! Doors into the library for the fuzz targets of `fuzz/`: texts in, texts out. Only they are built with it.

use crate::matching;
use crate::phone::Phone;
use crate::plan::{BatchLimit, Plan, Query, RawQuery};
use crate::wire::pattern::Patterns;
use crate::wire::request::Asked;
use crate::wire::{answer, documented, repair};

/// Makes a text of the body of an answer, as it is done before it is read.
pub fn repair(body: &[u8]) -> String {
    repair::repair(body, &mut String::new()).expect("memory").to_owned()
}

/// Reads the body of an answer that is as documented; None for any other. It is not repaired before, and read once more
/// when the kinds of its entries are known.
pub fn read_documented(body: &[u8]) -> Option<Answer<'_>> {
    let mut patterns = Patterns::default();
    let mut read = || documented::entries(body, &[], &mut patterns);
    let (first, second) = (read(), read());
    assert_eq!(first, second, "read twice");
    first.map(|entries| Answer(answer::Answer::Entries(entries)))
}

/// Whether what is said of these queries is the same where the entries about the one at their place are found to be so.
pub fn check_places(body: &[u8], queries: &[Query<'_>]) {
    let mut patterns = Patterns::default();
    let Some(read) = documented::entries(body, &[], &mut patterns) else { return };
    with_asked(queries, |asked| {
        let placed = documented::entries(body, asked, &mut patterns).expect("what was read is read again");
        let [one, another] = [&read, &placed].map(|entries| matching::assign(asked, entries));
        assert_eq!(one.unmatched, another.unmatched);
        assert!((0..asked.len()).all(|query| one.answer(query) == another.answer(query)), "{asked:?}");
    });
}

/// What is asked for these queries, in one batch.
fn with_asked<T>(queries: &[Query<'_>], run: impl FnOnce(&[Asked<'_>]) -> T) -> T {
    let limit = BatchLimit { entries: usize::MAX, query_bytes: None };
    let (plan, draft) = Plan::new(queries.iter().copied().map(RawQuery::from), limit).expect("memory");
    let texts = draft.asked_texts();
    let asked = if plan.batches() == 0 { Vec::new() } else { draft.batch(&plan, 0, &texts) };
    run(&asked)
}

/// Reads the body of any answer.
pub fn read(body: &str) -> Result<Answer<'_>, Unreadable> {
    answer::read(body).map(Answer).map_err(|error| Unreadable { reason: error.reason, offset: error.offset })
}

/// The number as it is sent.
pub fn sent(phone: Phone) -> String {
    phone.text()
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
            answer::Answer::Entries(entries) => {
                Some(entries.others.iter().map(|whose| Entry::new(whose, entries)).collect())
            }
            answer::Answer::Refusal(_) => None,
        }
    }

    /// Gives each of these queries its answer.
    pub fn assign(&self, queries: &[Query<'_>]) -> Assigned {
        let answer::Answer::Entries(entries) = &self.0 else { panic!("a refusal answers nothing") };
        with_asked(queries, |asked| {
            let matches = matching::assign(asked, entries);
            let mut answers = vec![None; queries.len()];
            for (place, asked) in asked.iter().enumerate() {
                answers[asked.row()] = matches.answer(place);
            }
            Assigned { answers, unmatched: matches.unmatched }
        })
    }
}

impl Entry {
    fn new(whose: &answer::Whose<'_>, entries: &answer::Entries<'_>) -> Entry {
        let entry = entries.list[whose.place];
        Entry {
            phone_number: whose.phone.map(sent),
            message_id: whose.id.as_ref().map(|id| id.text().into_owned()),
            status_text: entries.fates[entry.fate].status_text.as_deref().map(str::to_owned),
            date: entry.date,
        }
    }
}

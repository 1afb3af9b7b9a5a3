//! Splits queries into batches. Every query is validated, and a query that is given twice is sent once.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Code, Error, out_of_memory};
use crate::invalid::{Field, Invalid, Reason};
use crate::memory;
use crate::message_id::MessageId;
use crate::query::RawQuery;
use crate::report::draft::Draft;
use crate::report::rows::Rows;
use crate::wire::request::{EntryKey, Message, query_entry_size};

/// How much one request can hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimit {
    pub entries: usize,
    /// The room for entries in a query string, in bytes; None for a body.
    pub query_bytes: Option<usize>,
}

/// How full the last batch is.
#[derive(Default)]
struct BatchFill {
    entries: usize,
    query_bytes: usize,
}

impl BatchLimit {
    /// Whether an empty request has room for this message.
    fn holds(&self, message: Message<'_>) -> bool {
        self.query_bytes.is_none_or(|room| query_entry_size(0, message) <= room)
    }

    /// Whether a batch has no room for this message.
    fn is_full(&self, batch: &BatchFill, message: Message<'_>) -> bool {
        let is_over = |room| batch.query_bytes + query_entry_size(batch.entries, message) > room;
        batch.entries == self.entries || self.query_bytes.is_some_and(is_over)
    }

    fn add(&self, batch: &mut BatchFill, message: Message<'_>) {
        if self.query_bytes.is_some() {
            batch.query_bytes += query_entry_size(batch.entries, message);
        }
        batch.entries += 1;
    }
}

/// A batch.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its first row.
    start: usize,
    /// How many rows it completes: those that it sends, and their duplicates wherever they are.
    completes: usize,
}

/// What is to be sent: batches of consecutive rows. INVALID rows and duplicates among them are skipped.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rows: usize,
    parts: Vec<Part>,
    /// The error of the first INVALID query.
    pub first_invalid: Option<Error>,
}

impl Plan {
    /// Parses the queries into a draft of the report, and splits them into batches. Fails if there is not enough
    /// memory.
    pub(crate) fn new<'q>(
        queries: impl ExactSizeIterator<Item = RawQuery<'q>>,
        limit: BatchLimit,
    ) -> Result<(Plan, Draft), Error> {
        let mut planning = PlanBuilder::new(queries.len(), limit)?;
        for query in queries {
            match query.parse_as_sent() {
                Some((key, message)) => planning.add(query, &key, message, true)?,
                None => planning.read(query)?,
            }
        }
        Ok(planning.end())
    }

    /// Returns how many batches there are.
    pub(crate) fn batches(&self) -> usize {
        self.parts.len()
    }

    /// Returns how many queries there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many rows a batch completes.
    pub(crate) fn completed_by(&self, batch: usize) -> usize {
        self.parts[batch].completes
    }

    /// Returns the rows of a batch. It sends those that are neither INVALID nor duplicates.
    pub(crate) fn rows_of(&self, batch: usize) -> Range<usize> {
        self.parts[batch].start..self.parts.get(batch + 1).map_or(self.rows, |next| next.start)
    }

    /// Counts one more row for the batch that sends the row `asked`.
    fn count_for(&mut self, asked: usize) {
        let behind = self.parts.partition_point(|part| part.start <= asked);
        self.parts[behind - 1].completes += 1;
    }
}

/// A plan under construction.
struct PlanBuilder {
    plan: Plan,
    rows: Rows,
    seen: DuplicateFinder,
    limit: BatchLimit,
    /// How full the last batch is. Before there is one, it counts as full.
    batch: BatchFill,
}

impl PlanBuilder {
    fn new(count: usize, limit: BatchLimit) -> Result<PlanBuilder, Error> {
        Ok(PlanBuilder {
            plan: Plan::default(),
            // Allocated first, so that an impossible count is refused before any query is read.
            rows: Rows::with_capacity(count)?,
            seen: DuplicateFinder::new(),
            limit,
            batch: BatchFill { entries: limit.entries, query_bytes: 0 },
        })
    }

    /// Adds a query in any form.
    #[cold]
    fn read(&mut self, query: RawQuery<'_>) -> Result<(), Error> {
        match query.read() {
            Ok(key) => {
                let (phone, id) = (key.0.text(), key.1.text());
                let message = Message { phone: phone.as_bytes(), id: id.as_bytes(), id_is_number: key.1.is_number() };
                self.add(query, &key, message, false)
            }
            Err(invalid) => self.invalid(query, invalid),
        }
    }

    #[cold]
    fn invalid(&mut self, query: RawQuery<'_>, invalid: Invalid) -> Result<(), Error> {
        let row = self.rows.len();
        self.plan.first_invalid.get_or_insert_with(|| {
            let Invalid { field, reason } = invalid;
            let (field, quoted, reason) = (field.name(), query.quoted(field), reason.text());
            Error::new(Code::InvalidArgument, format!("queries[{row}] (counted from 0): {field}{quoted}: {reason}"))
        });
        self.rows.invalid(query, invalid)
    }

    /// Adds a query that was parsed. `message` is what is sent, and `is_as_given` says whether it has the caller's own
    /// texts.
    #[inline(always)]
    fn add(
        &mut self,
        query: RawQuery<'_>,
        key: &EntryKey<'_>,
        message: Message<'_>,
        is_as_given: bool,
    ) -> Result<(), Error> {
        if !self.limit.holds(message) {
            return self.invalid(query, Invalid { field: Field::MessageId, reason: Reason::TooLongForUrl });
        }
        if let Some(of) = self.seen.insert(key, &self.rows)? {
            return self.repeat(query, of);
        }
        if self.limit.is_full(&self.batch, message) {
            self.next_batch()?;
        }
        self.limit.add(&mut self.batch, message);
        if is_as_given { self.rows.send_as_given(message) } else { self.rows.ask(query, message) }
    }

    #[cold]
    fn next_batch(&mut self) -> Result<(), Error> {
        self.end_batch();
        self.batch = BatchFill::default();
        memory::push(&mut self.plan.parts, Part { start: self.rows.len(), completes: 0 }, PLAN)
    }

    fn end_batch(&mut self) {
        if let Some(last) = self.plan.parts.last_mut() {
            last.completes += self.batch.entries;
        }
    }

    #[cold]
    fn repeat(&mut self, query: RawQuery<'_>, of: u32) -> Result<(), Error> {
        self.plan.count_for(of as usize);
        self.rows.repeat(query, of)
    }

    fn end(mut self) -> (Plan, Draft) {
        self.end_batch();
        self.plan.rows = self.rows.len();
        (self.plan, self.rows.into())
    }
}

/// What the memory is for, in error messages.
const PLAN: &str = "the plan of a call";

/// Finds duplicates. As long as numbers or ids ascend, there are none. Lists mostly come sorted, and need no table
/// then.
struct DuplicateFinder {
    numbers: Ascending,
    ids: Ascending,
    /// Created once neither ascends any more, with room for all rows.
    table: Option<Table>,
}

impl DuplicateFinder {
    fn new() -> DuplicateFinder {
        DuplicateFinder { numbers: Ascending(Some(0)), ids: Ascending(Some(0)), table: None }
    }

    /// Adds the query of the next row, or returns the earlier row with the same query.
    #[inline(always)]
    fn insert(&mut self, key: &EntryKey<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
        if self.table.is_none() {
            let numbers = self.numbers.go_on(key.0.bits());
            // An id may be 0, but the numbers that `Ascending` compares are above 0.
            let ids = match key.1 {
                MessageId::Number(number) => self.ids.go_on(number + 1),
                MessageId::Text(_) => self.ids.end(),
            };
            if numbers || ids {
                return Ok(None);
            }
        }
        self.look_up(key, rows)
    }

    #[cold]
    fn look_up(&mut self, key: &EntryKey<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
        let table = match &mut self.table {
            Some(table) => table,
            None => self.table.insert(Table::of(rows)?),
        };
        table.insert(rows.len(), key, rows)
    }
}

/// The last of the numbers above 0 that have ascended so far; None once they do not.
struct Ascending(Option<u64>);

impl Ascending {
    /// Returns whether the numbers ascend with this one too.
    #[inline]
    fn go_on(&mut self, number: u64) -> bool {
        self.0 = self.0.filter(|last| *last < number).map(|_| number);
        self.0.is_some()
    }

    fn end(&mut self) -> bool {
        self.0 = None;
        false
    }
}

/// The rows that are sent, found by number and id. It stores indices only, to save memory.
struct Table {
    rows: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Table {
    /// Makes a table of these rows, which contain no duplicates, with room for all that are to come.
    fn of(rows: &Rows) -> Result<Table, Error> {
        let mut table = Table { rows: HashTable::new(), hasher: DefaultHashBuilder::default() };
        table.reserve(rows.capacity(), rows)?;
        for row in 0..rows.len() {
            if let Some(key) = rows.key(row) {
                table.insert(row, &key, rows)?;
            }
        }
        Ok(table)
    }

    fn reserve(&mut self, more: usize, rows: &Rows) -> Result<(), Error> {
        let hash = |row: &u32| self.hasher.hash_one(rows.key(*row as usize));
        self.rows.try_reserve(more, hash).map_err(|_| out_of_memory("the table of duplicates"))
    }

    /// Adds a row, or returns the index of an earlier one that is the same.
    fn insert(&mut self, row: usize, key: &EntryKey<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
        let key = Some(key);
        let hash = self.hasher.hash_one(key);
        if let Some(earlier) = self.rows.find(hash, |row| rows.key(*row as usize).as_ref() == key) {
            return Ok(Some(*earlier));
        }
        self.reserve(1, rows)?;
        self.rows.insert_unique(hash, row as u32, |row| self.hasher.hash_one(rows.key(*row as usize)));
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;
    use crate::wire::request::with_asked;

    fn plan(queries: &[(&str, &str)], batch_size: usize) -> (Plan, Draft) {
        let raw = queries.iter().map(|(phone, id)| RawQuery::from(Query::new(phone, id)));
        Plan::new(raw, BatchLimit { entries: batch_size, query_bytes: None }).unwrap()
    }

    #[test]
    fn nothing_asks_nothing() {
        assert_eq!(plan(&[], 500).0.batches(), 0);
        assert_eq!(plan(&[("no", "1")], 500).0.batches(), 0);
    }

    #[test]
    fn batches_are_full_but_for_the_last() {
        let queries =
            [("0612345678", "1"), ("bad", "1"), ("06 12 34 56 78", "1"), ("0612345678", "2"), ("+33612345678", "1")];
        let (plan, draft) = plan(&queries, 2);
        assert_eq!(plan.batches(), 2);
        assert_eq!((plan.rows_of(0), plan.rows_of(1)), (0..4, 4..5));
        let duplicates: Vec<_> = draft.duplicates.iter().map(|duplicate| (duplicate.row, duplicate.of)).collect();
        assert_eq!(duplicates, [(2, 0)]);
        assert_eq!((plan.completed_by(0), plan.completed_by(1), plan.rows()), (3, 1, 5));
        let error = plan.first_invalid.unwrap();
        assert_eq!(error.message(), "queries[1] (counted from 0): phone_number \"bad\": this is not a phone number");
    }

    #[test]
    fn a_query_string_holds_what_fits() {
        let ids: Vec<_> = (0..30).map(|id| format!("{}", 1000 + id)).collect();
        let long = "é".repeat(120);
        let queries = ids.iter().map(String::as_str).chain([long.as_str()]);
        let raw = queries.map(|id| RawQuery::from(Query::new("+33612345678", id)));
        let raw: Vec<_> = raw.collect();
        let limit = BatchLimit { entries: 500, query_bytes: Some(700) };
        let (plan, draft) = Plan::new(raw.iter().copied(), limit).unwrap();
        let texts = draft.asked_texts();
        let sizes: Vec<usize> = (0..plan.batches())
            .map(|batch| {
                let asked = draft.batch(plan.rows_of(batch), &texts).unwrap();
                asked.iter().enumerate().map(|(index, query)| query_entry_size(index, query.message())).sum()
            })
            .collect();
        let (last, full) = sizes.split_last().unwrap();
        assert!(*last <= 700 && full.iter().all(|size| (700 - 90..=700).contains(size)), "{sizes:?}");
        let error = plan.first_invalid.unwrap();
        assert!(error.message().starts_with("queries[30] (counted from 0): message_id \"éé"), "{error}");
        assert!(error.message().ends_with("…: the id makes an entry that is too long for a URL"), "{error}");
    }

    #[test]
    fn a_query_string_is_filled_to_the_last_byte() {
        let messages = ["1000", "1001"].map(|id| ("+33612345678", id));
        let sizes = with_asked(&messages, |asked| [0, 1].map(|index| query_entry_size(index, asked[index].message())));
        let size = sizes[0] + sizes[1];
        let raw = messages.map(|(phone, id)| RawQuery::from(Query::new(phone, id)));
        for (room, batches) in [(size, 1), (size - 1, 2), (sizes[0], 2)] {
            let limit = BatchLimit { entries: 500, query_bytes: Some(room) };
            let (plan, _) = Plan::new(raw.iter().copied(), limit).unwrap();
            assert_eq!((plan.batches(), plan.first_invalid.is_none()), (batches, true), "{room}");
        }
    }

    /// An iterator that announces a wrong length.
    struct Lying<I>(I, usize);

    impl<I: Iterator> Iterator for Lying<I> {
        type Item = I::Item;

        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.1, Some(self.1))
        }
    }

    impl<I: Iterator> ExactSizeIterator for Lying<I> {}

    #[test]
    fn a_list_that_lies_about_its_length_is_read_to_its_end() {
        let ids: Vec<_> = (0..1_000).map(|id| (id * 7 % 500).to_string()).collect();
        for claimed in [0, 1, 10, 5_000] {
            let raw = ids.iter().map(|id| RawQuery::from(Query::new("+33612345678", id)));
            let limit = BatchLimit { entries: 100, query_bytes: None };
            let (plan, draft) = Plan::new(Lying(raw, claimed), limit).unwrap();
            assert_eq!((plan.rows(), plan.batches(), draft.duplicates.len()), (1_000, 5, 500), "{claimed}");
        }
    }

    #[test]
    fn duplicates_are_found_where_numbers_or_ids_have_ascended() {
        let text = |i: u32| i.to_string();
        let number = |i: u32| format!("+33{}", 600_000_000 + i);
        let ascending: [Vec<(String, String)>; 4] = [
            (0..2_000).map(|i| (number(i), text(7))).collect(),
            (0..2_000).map(|i| (number(7), text(i))).collect(),
            (0..2_000).map(|i| (number(i), format!("a{i}"))).collect(),
            (0..2_000).map(|i| (number(9_999 - i), text(i))).collect(),
        ];
        for list in ascending {
            let again = [1_999, 0, 1_000, 1_000].map(|index| list[index].clone());
            let new = (number(10_000), text(10_000));
            let queries: Vec<_> = list.iter().chain(&again).chain([&new, &new]).map(|(a, b)| (&**a, &**b)).collect();
            let (_, draft) = plan(&queries, 500);
            let found: Vec<_> = draft.duplicates.iter().map(|duplicate| (duplicate.row, duplicate.of)).collect();
            assert_eq!(found, [(2_000, 1_999), (2_001, 0), (2_002, 1_000), (2_003, 1_000), (2_005, 2_004)]);
        }
    }
}

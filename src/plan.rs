//! From queries to batches: every entry is validated, a query given twice is asked once, and what is left is split.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Code, Error, out_of_memory};
use crate::invalid::{Field, Invalid, Reason};
use crate::memory;
use crate::message_id::MessageId;
use crate::query::RawQuery;
use crate::report::draft::{Draft, Duplicate};
use crate::report::rows::Rows;
use crate::wire::request::{Key, Message, query_entry_size};

/// How much one request holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimit {
    pub entries: usize,
    /// The room for entries in a query string; None for a body.
    pub query_bytes: Option<usize>,
}

/// How full the last batch is.
#[derive(Default)]
struct Filling {
    entries: usize,
    query_bytes: usize,
}

impl BatchLimit {
    /// Whether a request can hold this message.
    fn holds(&self, message: Message<'_>) -> bool {
        self.query_bytes.is_none_or(|room| query_entry_size(0, message) <= room)
    }

    /// Whether a batch has no room for this message.
    fn is_full(&self, batch: &Filling, message: Message<'_>) -> bool {
        let is_over = |room| batch.query_bytes + query_entry_size(batch.entries, message) > room;
        batch.entries == self.entries || self.query_bytes.is_some_and(is_over)
    }

    fn add(&self, batch: &mut Filling, message: Message<'_>) {
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
    /// How many rows it completes: those that it asks, and their duplicates wherever they are.
    completes: usize,
}

/// What is to be asked: batches of consecutive rows, among which those that are INVALID or duplicates are skipped.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rows: usize,
    parts: Vec<Part>,
    pub duplicates: Vec<Duplicate>,
    /// Why the first invalid entry is one.
    pub first_invalid: Option<Error>,
}

impl Plan {
    /// Reads the queries into a draft of the report, and says what to ask.
    pub(crate) fn new<'q>(
        queries: impl ExactSizeIterator<Item = RawQuery<'q>>,
        limit: BatchLimit,
    ) -> Result<(Plan, Draft), Error> {
        let mut planning = Planning::new(queries.len(), limit)?;
        for query in queries {
            match query.read_as_sent() {
                Some((key, message)) => planning.add(query, &key, message, true)?,
                None => planning.read(query)?,
            }
        }
        Ok(planning.end())
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> usize {
        self.parts.len()
    }

    /// How many queries there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows a batch completes.
    pub(crate) fn completed_by(&self, batch: usize) -> usize {
        self.parts[batch].completes
    }

    /// The rows of which a batch asks those that are neither INVALID nor duplicates.
    pub(crate) fn rows_of(&self, batch: usize) -> Range<usize> {
        self.parts[batch].start..self.parts.get(batch + 1).map_or(self.rows, |next| next.start)
    }

    /// Counts a row for the batch that asks this one.
    fn count_for(&mut self, asked: usize) {
        let behind = self.parts.partition_point(|part| part.start <= asked);
        self.parts[behind - 1].completes += 1;
    }
}

/// A plan in the making.
struct Planning {
    plan: Plan,
    rows: Rows,
    seen: Seen,
    limit: BatchLimit,
    /// The last batch. Before the first it is full.
    batch: Filling,
}

impl Planning {
    fn new(count: usize, limit: BatchLimit) -> Result<Planning, Error> {
        Ok(Planning {
            plan: Plan::default(),
            // They come first: a count that cannot be is refused before any query is read.
            rows: Rows::with_capacity(count)?,
            seen: Seen::new(),
            limit,
            batch: Filling { entries: limit.entries, query_bytes: 0 },
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

    /// Adds a query that was read, and is sent so.
    #[inline(always)]
    fn add(
        &mut self,
        query: RawQuery<'_>,
        key: &Key<'_>,
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
        if is_as_given { self.rows.ask_as_given(message) } else { self.rows.ask(query, message) }
    }

    #[cold]
    fn next_batch(&mut self) -> Result<(), Error> {
        self.end_batch();
        self.batch = Filling::default();
        memory::push(&mut self.plan.parts, Part { start: self.rows.len(), completes: 0 }, PLAN)
    }

    fn end_batch(&mut self) {
        if let Some(last) = self.plan.parts.last_mut() {
            last.completes += self.batch.entries;
        }
    }

    #[cold]
    fn repeat(&mut self, query: RawQuery<'_>, of: u32) -> Result<(), Error> {
        memory::push(&mut self.plan.duplicates, Duplicate { row: self.rows.len() as u32, of }, PLAN)?;
        self.plan.count_for(of as usize);
        self.rows.repeat(query)
    }

    fn end(mut self) -> (Plan, Draft) {
        self.end_batch();
        self.plan.rows = self.rows.len();
        (self.plan, self.rows.into())
    }
}

/// What the lists that grow with the number of queries are for.
const PLAN: &str = "the plan of a call";

/// Finds the queries that are given again. As long as numbers ascend, or ids do, there is none: lists mostly come sorted from
/// where they are kept, and then no table is needed.
struct Seen {
    numbers: Ascending,
    ids: Ascending,
    /// Made when neither ascends any more, with room for all rows.
    table: Option<Table>,
}

impl Seen {
    fn new() -> Seen {
        Seen { numbers: Ascending(Some(0)), ids: Ascending(Some(0)), table: None }
    }

    /// Notes the row that comes next, or gives the earlier one that asks the same.
    #[inline(always)]
    fn insert(&mut self, key: &Key<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
        if self.table.is_none() {
            let numbers = self.numbers.go_on(key.0.bits());
            // Ids begin at 0, but none may be the first that is compared.
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
    fn look_up(&mut self, key: &Key<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
        let table = match &mut self.table {
            Some(table) => table,
            None => self.table.insert(Table::of(rows)?),
        };
        table.insert(rows.len(), key, rows)
    }
}

/// The last of numbers above 0 that have ascended so far, or None if they do not any more.
struct Ascending(Option<u64>);

impl Ascending {
    /// Whether they ascend with this one too.
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

/// Rows found by what they ask. It holds row numbers only, since memory is counted.
struct Table {
    rows: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Table {
    /// A table of these rows, of which none repeats another, with room for all that are to come.
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

    /// Notes a row, or gives the earlier one that asks the same.
    fn insert(&mut self, row: usize, key: &Key<'_>, rows: &Rows) -> Result<Option<u32>, Error> {
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

    fn plan(queries: &[(&str, &str)], batch_size: usize) -> Plan {
        let raw = queries.iter().map(|(phone, id)| RawQuery::from(Query::new(phone, id)));
        Plan::new(raw, BatchLimit { entries: batch_size, query_bytes: None }).unwrap().0
    }

    #[test]
    fn nothing_asks_nothing() {
        assert_eq!(plan(&[], 500).batches(), 0);
        assert_eq!(plan(&[("no", "1")], 500).batches(), 0);
    }

    #[test]
    fn batches_are_full_but_for_the_last() {
        let queries =
            [("0612345678", "1"), ("bad", "1"), ("06 12 34 56 78", "1"), ("0612345678", "2"), ("+33612345678", "1")];
        let plan = plan(&queries, 2);
        assert_eq!(plan.batches(), 2);
        assert_eq!((plan.rows_of(0), plan.rows_of(1)), (0..4, 4..5));
        let duplicates: Vec<_> = plan.duplicates.iter().map(|duplicate| (duplicate.row, duplicate.of)).collect();
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
                asked.iter().enumerate().map(|(place, query)| query_entry_size(place, query.message())).sum()
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
        let sizes = with_asked(&messages, |asked| [0, 1].map(|place| query_entry_size(place, asked[place].message())));
        let size = sizes[0] + sizes[1];
        let raw = messages.map(|(phone, id)| RawQuery::from(Query::new(phone, id)));
        for (room, batches) in [(size, 1), (size - 1, 2), (sizes[0], 2)] {
            let limit = BatchLimit { entries: 500, query_bytes: Some(room) };
            let (plan, _) = Plan::new(raw.iter().copied(), limit).unwrap();
            assert_eq!((plan.batches(), plan.first_invalid.is_none()), (batches, true), "{room}");
        }
    }

    /// Says that it has no end, or none at all.
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
            let (plan, _) = Plan::new(Lying(raw, claimed), limit).unwrap();
            assert_eq!((plan.rows(), plan.batches(), plan.duplicates.len()), (1_000, 5, 500), "{claimed}");
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
            let again = [1_999, 0, 1_000, 1_000].map(|place| list[place].clone());
            let new = (number(10_000), text(10_000));
            let queries: Vec<_> = list.iter().chain(&again).chain([&new, &new]).map(|(a, b)| (&**a, &**b)).collect();
            let plan = plan(&queries, 500);
            let found: Vec<_> = plan.duplicates.iter().map(|duplicate| (duplicate.row, duplicate.of)).collect();
            assert_eq!(found, [(2_000, 1_999), (2_001, 0), (2_002, 1_000), (2_003, 1_000), (2_005, 2_004)]);
        }
    }
}

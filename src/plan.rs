//! From queries to batches: every entry is validated, a query given twice is asked once, and what is left is split.

use std::hash::BuildHasher;
use std::ops::Range;

use crate::error::{Code, Error, out_of_memory};
use crate::hash::Spread;
use crate::message_id::MessageId;
use crate::phone::Phone;
use crate::report::{Draft, Rows};
use crate::wire::request::{Message, query_entry_size};

/// A message to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The recipient's number, in any of the forms that people write.
    pub phone_number: &'a str,
    /// The id that the service gave when the message was sent.
    pub message_id: &'a str,
}

impl<'a> Query<'a> {
    /// A query for this message to this recipient.
    pub fn new(phone_number: &'a str, message_id: &'a str) -> Query<'a> {
        Query { phone_number, message_id }
    }
}

/// A query as it may cross the C interface: texts that may be missing and may be no UTF-8.
#[derive(Clone, Copy)]
pub(crate) struct RawQuery<'a> {
    pub phone_number: Option<&'a [u8]>,
    pub message_id: Option<&'a [u8]>,
}

impl<'a> From<Query<'a>> for RawQuery<'a> {
    fn from(query: Query<'a>) -> RawQuery<'a> {
        RawQuery { phone_number: Some(query.phone_number.as_bytes()), message_id: Some(query.message_id.as_bytes()) }
    }
}

impl<'a> RawQuery<'a> {
    /// What is sent for this query, or what is wrong with it.
    pub(crate) fn read(self) -> Result<(Phone, MessageId<'a>), String> {
        Ok((read_phone(self.phone_number)?, read_id(self.message_id)?))
    }

    /// The same in one pass where the texts are what is sent, as they mostly are: a number without separators, an id of
    /// digits.
    #[inline(always)]
    fn read_plain(self) -> Option<(Phone, MessageId<'a>, Message<'a>)> {
        let (phone, id) = (self.phone_number?, self.message_id?);
        let message = Message { phone, id, id_is_number: true };
        Some((Phone::parse_plain(phone)?, MessageId::parse_plain(id)?, message))
    }
}

fn read_phone(bytes: Option<&[u8]>) -> Result<Phone, String> {
    let text = text(bytes, "phone_number")?;
    Phone::parse(text).ok_or_else(|| format!("phone_number {} is not a number", quoted(text)))
}

fn read_id(bytes: Option<&[u8]>) -> Result<MessageId<'_>, String> {
    let text = text(bytes, "message_id")?;
    MessageId::parse(text).ok_or_else(|| format!("message_id {} cannot be one", quoted(text)))
}

fn text<'a>(bytes: Option<&'a [u8]>, field: &str) -> Result<&'a str, String> {
    let bytes = bytes.ok_or_else(|| format!("{field} is NULL"))?;
    std::str::from_utf8(bytes).map_err(|_| format!("{field} is not UTF-8"))
}

fn quoted(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("{start:?}{}", if start.len() < text.len() { "…" } else { "" })
}

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
    /// Refuses a message that no request can hold.
    fn check(&self, message: Message<'_>) -> Result<(), String> {
        let Some(room) = self.query_bytes else { return Ok(()) };
        let size = query_entry_size(0, message);
        let reason = || format!("message_id makes an entry of {size} bytes, and the URL has room for {room}");
        if size > room { Err(reason()) } else { Ok(()) }
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

/// A row whose query is the same as that of an earlier one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate {
    pub row: u32,
    pub of: u32,
}

/// A batch.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its first row.
    start: usize,
    /// How many rows it settles: those that it asks, and their duplicates wherever they are.
    settles: usize,
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
            match query.read_plain() {
                Some((phone, id, message)) => planning.add(query, &(phone, id), message, true)?,
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

    /// How many rows a batch settles.
    pub(crate) fn settled_by(&self, batch: usize) -> usize {
        self.parts[batch].settles
    }

    /// The rows of which a batch asks those that are neither INVALID nor duplicates.
    pub(crate) fn rows_of(&self, batch: usize) -> Range<usize> {
        self.parts[batch].start..self.parts.get(batch + 1).map_or(self.rows, |next| next.start)
    }

    /// Counts a row for the batch that asks this one.
    fn count_for(&mut self, asked: usize) {
        let behind = self.parts.partition_point(|part| part.start <= asked);
        self.parts[behind - 1].settles += 1;
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
        if u32::try_from(count).is_err() {
            return Err(out_of_memory(&format!("{count} queries")));
        }
        Ok(Planning {
            plan: Plan { rows: count, ..Plan::default() },
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
            Err(reason) => self.invalid(query, &reason),
        }
    }

    #[cold]
    fn invalid(&mut self, query: RawQuery<'_>, reason: &str) -> Result<(), Error> {
        let row = self.rows.len();
        let error = || Error::new(Code::InvalidArgument, format!("queries[{row}]: {reason}"));
        self.plan.first_invalid.get_or_insert_with(error);
        self.rows.invalid(query)
    }

    /// Adds a query that was read, and is sent so.
    #[inline(always)]
    fn add(
        &mut self,
        query: RawQuery<'_>,
        key: &(Phone, MessageId<'_>),
        message: Message<'_>,
        is_as_given: bool,
    ) -> Result<(), Error> {
        if let Err(reason) = self.limit.check(message) {
            return self.invalid(query, &reason);
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
        push(&mut self.plan.parts, Part { start: self.rows.len(), settles: 0 })
    }

    fn end_batch(&mut self) {
        if let Some(last) = self.plan.parts.last_mut() {
            last.settles += self.batch.entries;
        }
    }

    #[cold]
    fn repeat(&mut self, query: RawQuery<'_>, of: u32) -> Result<(), Error> {
        push(&mut self.plan.duplicates, Duplicate { row: self.rows.len() as u32, of })?;
        self.plan.count_for(of as usize);
        self.rows.repeat(query)
    }

    fn end(mut self) -> (Plan, Draft) {
        self.end_batch();
        (self.plan, self.rows.into())
    }
}

/// `Vec::push` for lists that grow with the number of queries.
fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Error> {
    list.try_reserve(1).map_err(|_| out_of_memory("the plan of a call"))?;
    list.push(item);
    Ok(())
}

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
    fn insert(&mut self, key: &(Phone, MessageId<'_>), rows: &Rows) -> Result<Option<u32>, Error> {
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
    fn look_up(&mut self, key: &(Phone, MessageId<'_>), rows: &Rows) -> Result<Option<u32>, Error> {
        let table = match &mut self.table {
            Some(table) => table,
            None => self.table.insert(Table::of(rows)?),
        };
        Ok(table.insert(rows.len(), key, rows))
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

/// Rows found by what they ask: an open hash table of row numbers, since memory is counted.
struct Table {
    slots: Vec<Slot>,
    spread: Spread,
}

/// A row, and a part of the hash of what it asks.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// A row number plus one, or 0.
    row: u32,
    tag: u32,
}

impl Table {
    fn with_capacity(rows: usize) -> Result<Table, Error> {
        let size = rows + rows / 2 + 1;
        let mut slots = Vec::new();
        slots.try_reserve_exact(size).map_err(|_| out_of_memory("the table of duplicates"))?;
        slots.resize(size, Slot::default());
        Ok(Table { slots, spread: Spread::default() })
    }

    /// A table of these rows, of which none repeats another, with room for all that are to come.
    fn of(rows: &Rows) -> Result<Table, Error> {
        let mut table = Table::with_capacity(rows.capacity())?;
        for row in 0..rows.len() {
            if let Some(key) = rows.key(row) {
                table.insert(row, &key, rows);
            }
        }
        Ok(table)
    }

    fn hash(&self, (phone, id): &(Phone, MessageId<'_>)) -> u64 {
        let id = match id {
            MessageId::Number(number) => *number,
            MessageId::Text(text) => self.spread.hash_one(text),
        };
        self.spread.pair(phone.bits(), id)
    }

    /// Where a hash is looked for first: its high bits choose, the low ones are compared there.
    fn place(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    /// Notes a row, or gives the earlier one that asks the same.
    fn insert(&mut self, row: usize, key: &(Phone, MessageId<'_>), rows: &Rows) -> Option<u32> {
        let hash = self.hash(key);
        let (tag, mut place) = (hash as u32, self.place(hash));
        while let Some(earlier) = self.slots[place].row.checked_sub(1) {
            if self.slots[place].tag == tag && rows.key(earlier as usize).as_ref() == Some(key) {
                return Some(earlier);
            }
            place = if place + 1 == self.slots.len() { 0 } else { place + 1 };
        }
        self.slots[place] = Slot { row: row as u32 + 1, tag };
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
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
        assert_eq!((plan.settled_by(0), plan.settled_by(1), plan.rows()), (3, 1, 5));
        let error = plan.first_invalid.unwrap();
        assert_eq!(error.message(), "queries[1]: phone_number \"bad\" is not a number");
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
                let asked = draft.batch(&plan, batch, &texts);
                asked.iter().enumerate().map(|(place, query)| query_entry_size(place, query.message())).sum()
            })
            .collect();
        let (last, full) = sizes.split_last().unwrap();
        assert!(*last <= 700 && full.iter().all(|size| (700 - 90..=700).contains(size)), "{sizes:?}");
        let error = plan.first_invalid.unwrap();
        assert!(error.message().starts_with("queries[30]: message_id makes an entry of 796 bytes"), "{error}");
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

    #[test]
    fn queries_are_spread_over_the_table_of_duplicates() {
        const COUNT: usize = 10_000;
        let seen = Table::with_capacity(COUNT).unwrap();
        assert_eq!(seen.slots.len(), COUNT + COUNT / 2 + 1);
        let phone = |i: usize| Phone::parse(&format!("+336{i:08}")).unwrap();
        let (one_phone, one_id) = (phone(1), MessageId::Number(1));
        let by_phone: Vec<_> = (0..COUNT).map(|i| seen.hash(&(phone(i), one_id.clone()))).collect();
        let by_id = (0..COUNT).map(|i| seen.hash(&(one_phone, MessageId::Number(i as u64)))).collect();
        let by_text = (0..COUNT).map(|i| seen.hash(&(one_phone, MessageId::Text(format!("a{i}").into())))).collect();
        for hashes in [by_phone, by_id, by_text] {
            let places: HashSet<_> = hashes.iter().map(|hash| seen.place(*hash)).collect();
            let tags: HashSet<_> = hashes.iter().map(|hash| *hash as u32).collect();
            // By chance some 7,300 places are taken, and hardly two tags are the same.
            assert!(places.len() > 6_000 && tags.len() > COUNT - 10, "{} {}", places.len(), tags.len());
        }
    }

    #[test]
    fn a_small_table_of_duplicates_goes_round() {
        let ids: Vec<_> = (0..5).map(|id| id.to_string()).collect();
        let queries: Vec<_> = ids.iter().chain(&ids).map(|id| ("+33612345678", id.as_str())).collect();
        // Another place for each at every time.
        for _ in 0..500 {
            let plan = plan(&queries, 500);
            let found: Vec<_> = plan.duplicates.iter().map(|duplicate| (duplicate.row, duplicate.of)).collect();
            assert_eq!(found, [(5, 0), (6, 1), (7, 2), (8, 3), (9, 4)]);
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

    #[test]
    fn an_invalid_entry_says_what_is_wrong() {
        let reason = |phone, id| RawQuery { phone_number: phone, message_id: id }.read().unwrap_err();
        assert_eq!(reason(None, None), "phone_number is NULL");
        assert_eq!(reason(Some(b"0612345678"), None), "message_id is NULL");
        assert_eq!(reason(Some(b"0612345678"), Some(b"\xff")), "message_id is not UTF-8");
        assert_eq!(reason(Some(b"0612345678"), Some(b" ")), "message_id \" \" cannot be one");
        assert!(reason(Some("1".repeat(100).as_bytes()), Some(b"1")).contains("111\"… is not"));
    }
}

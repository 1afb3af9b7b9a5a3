//! Entries of one kind, which differ in number, id and date only: what lies between these is compared as a whole. It spares
//! three quarters of the instructions that an entry would take otherwise.

use std::borrow::Cow;
use std::ops::Range;

use super::json::Values;
use super::response::{AN_ANSWER, Entries, Entry, LAST_DATE, Scalar};
use crate::decimal;
use crate::memory;

/// The kinds of entries that an answer has had so far. Nothing is kept from one answer to the next.
#[derive(Default)]
pub(super) struct Patterns(Vec<Pattern>);

impl Patterns {
    /// More than there are kinds, as a rule.
    const MOST: usize = 32;

    /// Adds the kind of the last entry, which was read from this text.
    pub(super) fn add(&mut self, text: &str, values: &Values<'_>, entries: &Entries<'_>) {
        if self.0.len() < Patterns::MOST {
            let pattern = entries.list.last().and_then(|entry| Pattern::new(text, values, entry));
            // Without memory for it others of the kind are read as this one was.
            let _ = pattern.map(|pattern| memory::push(&mut self.0, pattern, AN_ANSWER));
        }
    }

    /// The entry that a text starts with, if it is of a known kind, and how long it is.
    #[inline(always)]
    pub(super) fn read<'b>(&self, text: &'b str) -> Option<(usize, Entry<'b>)> {
        self.0.iter().find_map(|pattern| Some((pattern.length, pattern.read(text)?)))
    }
}

/// How many bytes are compared at a time.
const BLOCK: usize = 32;

/// The longest number that is read by a pattern, with its `+`: `decimal` reads 18 digits at the most.
const LONGEST_NUMBER: usize = 19;

/// Bytes of an entry that others repeat.
struct Block {
    start: usize,
    /// Zeros in place of the digits of number, id and date.
    same: [u8; BLOCK],
    /// Zeros there, and ones elsewhere.
    mask: [u8; BLOCK],
}

/// An entry that was read, as what others may repeat.
struct Pattern {
    length: usize,
    /// Where the number stands, which begins with `+`, and the id.
    phone: Range<usize>,
    id: Range<usize>,
    id_is_quoted: bool,
    /// None where there is no date.
    date: Option<Range<usize>>,
    /// They cover all of the entry; the last one may overlap another.
    blocks: Vec<Block>,
    status: usize,
}

impl Pattern {
    /// None if number, id and date are not there in digits, if the entry is not read by its pattern as it was read before,
    /// or if there is no memory for it.
    fn new(text: &str, values: &Values<'_>, entry: &Entry<'_>) -> Option<Pattern> {
        // No field under another of its names, which could be the one that counts.
        if !values.are_documented() {
            return None;
        }
        let place = |name: &str| {
            let value = values.text(name)?;
            let start = value.as_ptr().addr() - text.as_ptr().addr();
            let quotes = usize::from(value.starts_with('"'));
            Some((start + quotes..start + value.len() - quotes, quotes == 1))
        };
        let ((phone, _), (id, id_is_quoted)) = (place("phoneNumber")?, place("messageId")?);
        if phone.len() > LONGEST_NUMBER {
            return None;
        }
        let date = if entry.date.is_some() { Some(place("date")?.0) } else { None };
        let mut mask = memory::list(text.len(), AN_ANSWER).ok()?;
        mask.resize(text.len(), 0xff);
        for digits in [Some(&(phone.start + 1..phone.end)), Some(&id), date.as_ref()].into_iter().flatten() {
            mask.get_mut(digits.clone())?.fill(0);
        }
        let mut same = memory::list(text.len(), AN_ANSWER).ok()?;
        same.extend(text.bytes().zip(&mask).map(|(byte, mask)| byte & mask));
        let block = |start: usize| {
            Some(Block { start, same: *same[start..].first_chunk()?, mask: *mask[start..].first_chunk()? })
        };
        let last = text.len().checked_sub(BLOCK)?;
        let mut blocks = memory::list(last.div_ceil(BLOCK) + 1, AN_ANSWER).ok()?;
        blocks.extend((0..last).step_by(BLOCK).chain([last]).filter_map(block));
        let status = entry.status;
        let pattern = Pattern { length: text.len(), phone, id, id_is_quoted, date, blocks, status };
        (pattern.read(text).as_ref() == Some(entry)).then_some(pattern)
    }

    /// The entry that a text starts with, if it differs in the digits of number, id and date only, each as many as here.
    #[inline(always)]
    fn read<'b>(&self, text: &'b str) -> Option<Entry<'b>> {
        let text = text.get(..self.length)?;
        // First the last byte, since the kinds of entries mostly differ in length.
        if text.as_bytes().last() != Some(&b'}') || !self.is_repeated_by(text.as_bytes()) {
            return None;
        }
        let phone = &text[self.phone.clone()];
        decimal::value(phone.strip_prefix('+')?.as_bytes())?;
        let id = &text[self.id.clone()];
        let number = i64::try_from(decimal::canonical(id.as_bytes())?).ok()?;
        let message_id = if self.id_is_quoted { Scalar::Text(Cow::Borrowed(id)) } else { Scalar::Integer(number) };
        let date = match &self.date {
            Some(date) => {
                let date = i64::try_from(decimal::canonical(&text.as_bytes()[date.clone()])?).ok();
                Some(date.filter(|date| (1..=LAST_DATE).contains(date))?)
            }
            None => None,
        };
        Some(Entry { phone_number: Scalar::Text(Cow::Borrowed(phone)), message_id, date, status: self.status })
    }

    /// Whether a text of this length is the same around number, id and date. All is looked at, without a branch: that
    /// is faster than to stop at the first difference.
    #[inline]
    fn is_repeated_by(&self, text: &[u8]) -> bool {
        let mut difference = [0; BLOCK];
        for block in &self.blocks {
            let Some(bytes) = text.get(block.start..).and_then(<[u8]>::first_chunk::<BLOCK>) else { return false };
            for (place, difference) in difference.iter_mut().enumerate() {
                *difference |= (bytes[place] & block.mask[place]) ^ block.same[place];
            }
        }
        difference == [0; BLOCK]
    }
}

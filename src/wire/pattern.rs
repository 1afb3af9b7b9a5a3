//! Patterns of entries that differ in number, id and date only. The text around these is compared as a whole, which
//! saves three quarters of the instructions for an entry.

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
    /// The most patterns of an answer. Usually it has fewer kinds of entries.
    const MOST: usize = 32;

    /// Adds the kind of the last entry, which was parsed from this text.
    pub(super) fn add(&mut self, text: &str, values: &Values<'_>, entries: &Entries<'_>) {
        if self.0.len() < Patterns::MOST {
            let pattern = entries.list.last().and_then(|entry| Pattern::new(text, values, entry));
            // If there is no memory for it, similar entries are parsed as this one was.
            let _ = pattern.map(|pattern| memory::push(&mut self.0, pattern, AN_ANSWER));
        }
    }

    /// Parses the entry at the start of a text if it is of a known kind. Returns its length in bytes and the entry.
    #[inline(always)]
    pub(super) fn read<'b>(&self, text: &'b str) -> Option<(usize, Entry<'b>)> {
        self.0.iter().find_map(|pattern| Some((pattern.length, pattern.read(text)?)))
    }
}

/// How many bytes are compared at a time.
const BLOCK: usize = 32;

/// The longest number that a pattern reads, in bytes with its `+`. `decimal` reads at most 18 digits.
const LONGEST_NUMBER: usize = 19;

/// A block of bytes that similar entries have in common.
struct Block {
    start: usize,
    /// The bytes, with zeros in place of the digits of number, id and date.
    same: [u8; BLOCK],
    /// Zero for each of these digits, 0xff for all other bytes.
    mask: [u8; BLOCK],
}

/// An entry that was parsed, as a pattern for similar ones.
struct Pattern {
    /// In bytes.
    length: usize,
    /// Where the number, which begins with `+`, and the id are.
    phone: Range<usize>,
    id: Range<usize>,
    id_is_quoted: bool,
    /// None if there is no date.
    date: Option<Range<usize>>,
    /// They cover the whole entry. The last one may overlap another.
    blocks: Vec<Block>,
    /// The index of the status, which all entries of the kind share.
    status: usize,
}

impl Pattern {
    /// Makes a pattern of an entry. None if number, id or date is not in digits, if the pattern would not read the
    /// entry in the same way, or if there is not enough memory.
    fn new(text: &str, values: &Values<'_>, entry: &Entry<'_>) -> Option<Pattern> {
        // A field under another of its names could be the one that counts.
        if !values.are_documented() {
            return None;
        }
        let index = |name: &str| {
            let value = values.text(name)?;
            let start = value.as_ptr().addr() - text.as_ptr().addr();
            let quotes = usize::from(value.starts_with('"'));
            Some((start + quotes..start + value.len() - quotes, quotes == 1))
        };
        let ((phone, _), (id, id_is_quoted)) = (index("phoneNumber")?, index("messageId")?);
        if phone.len() > LONGEST_NUMBER {
            return None;
        }
        let date = if entry.date.is_some() { Some(index("date")?.0) } else { None };
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

    /// Parses the entry at the start of a text if only the digits of number, id and date differ, and each has as many
    /// digits as in the pattern.
    #[inline(always)]
    fn read<'b>(&self, text: &'b str) -> Option<Entry<'b>> {
        let text = text.get(..self.length)?;
        // The last byte comes first, because different kinds of entries mostly differ in length.
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

    /// Whether a text of this length is the same around number, id and date. All of it is compared without a branch,
    /// which is faster than stopping at the first difference.
    #[inline]
    fn is_repeated_by(&self, text: &[u8]) -> bool {
        let mut difference = [0; BLOCK];
        for block in &self.blocks {
            let Some(bytes) = text.get(block.start..).and_then(<[u8]>::first_chunk::<BLOCK>) else { return false };
            for (index, difference) in difference.iter_mut().enumerate() {
                *difference |= (bytes[index] & block.mask[index]) ^ block.same[index];
            }
        }
        difference == [0; BLOCK]
    }
}

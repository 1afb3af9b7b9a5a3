//! Entries of one kind, which differ in number, id and date only: what lies between these is compared as a whole.

use std::ops::Range;
use std::rc::Rc;

use super::answer::{Entries, Entry, Fate};
use super::request::{Asked, Message};
use crate::decimal::{Place, is_same};
use crate::message_id::MessageId;
use crate::phone::Phone;

/// The kinds of entries that were met, in this answer or before.
#[derive(Default)]
pub(crate) struct Patterns(Vec<Pattern>);

impl Patterns {
    /// More than there are kinds, as a rule.
    const MOST: usize = 32;

    /// Far longer than any entry that is documented, in bytes; it bounds what is kept from answer to answer.
    const LONGEST: usize = 1024;

    /// The fates of all kinds, with which those of another answer begin.
    pub(super) fn fates(&mut self) -> Vec<Rc<Fate<'static>>> {
        if self.0.len() == Patterns::MOST {
            self.0.clear();
        }
        self.0.iter_mut().enumerate().for_each(|(place, pattern)| pattern.place = place);
        self.0.iter().map(|pattern| Rc::clone(&pattern.fate)).collect()
    }

    /// The entry that a text starts with, if it is of a known kind.
    #[inline(always)]
    pub(super) fn read(&self, text: &[u8], asked: Option<&Asked<'_>>) -> Option<Repeated> {
        self.0.iter().find_map(|pattern| pattern.read(text, asked))
    }
}

impl Extend<Pattern> for Patterns {
    /// Adds kinds as long as there is room.
    fn extend<I: IntoIterator<Item = Pattern>>(&mut self, patterns: I) {
        let room = Patterns::MOST - self.0.len();
        self.0.extend(patterns.into_iter().take(room));
    }
}

/// An entry of a known kind.
pub(super) struct Repeated {
    pub length: usize,
    pub entry: Entry,
    /// The number and id; None if they are those that were asked.
    pub key: Option<(Phone, MessageId<'static>)>,
}

/// How many bytes are compared at a time.
const BLOCK: usize = 32;

/// Bytes of an entry that others repeat.
struct Block {
    start: usize,
    /// Zeros in place of the number, the id and the date.
    same: [u8; BLOCK],
    /// Zeros there, and ones elsewhere.
    mask: [u8; BLOCK],
}

/// An entry that was read, as what others may repeat.
pub(super) struct Pattern {
    length: usize,
    /// Where number and id stand. The number is international.
    key: [Range<usize>; 2],
    /// The digits of both.
    phone: Place,
    id: Place,
    /// None where there is no date.
    date: Option<Place>,
    /// They cover all of the entry; the last one may overlap another.
    blocks: Vec<Block>,
    fate: Rc<Fate<'static>>,
    /// The place of the fate in the answer that is read.
    place: usize,
}

impl Pattern {
    /// None if the entry is shorter or far longer than any that is documented, or has a number that is not as documented. Its
    /// fate is the last one.
    pub(super) fn new(
        text: &[u8],
        phone: Range<usize>,
        id: Range<usize>,
        date: Option<Range<usize>>,
        fates: &[Rc<Fate<'_>>],
    ) -> Option<Self> {
        let mut mask = vec![0xff; text.len()];
        let digits = phone.start + 1..phone.end;
        for hole in [Some(&digits), Some(&id), date.as_ref()].into_iter().flatten() {
            mask.get_mut(hole.clone())?.fill(0);
        }
        let same: Vec<_> = text.iter().zip(&mask).map(|(byte, mask)| byte & mask).collect();
        let block = |start: usize| {
            Some(Block { start, same: *same[start..].first_chunk()?, mask: *mask[start..].first_chunk()? })
        };
        let last = text.len().checked_sub(BLOCK).filter(|_| text.len() <= Patterns::LONGEST)?;
        let blocks = (0..last).step_by(BLOCK).chain([last]).filter_map(block).collect();
        let date = date.map(|date| Place::new(date).ok_or(())).transpose().ok()?;
        let key = [phone, id.clone()];
        let (phone, id) = (Place::new(digits)?, Place::new(id)?);
        let place = fates.len().checked_sub(1)?;
        let fate = Rc::new(fates[place].with_own_texts());
        Some(Pattern { length: text.len(), key, phone, id, date, blocks, fate, place })
    }

    /// The entry that a text starts with, if it differs in number, id and date only, each as long as here.
    #[inline(always)]
    fn read(&self, text: &[u8], asked: Option<&Asked<'_>>) -> Option<Repeated> {
        let text = text.get(..self.length)?;
        // First the last byte, since the kinds of entries mostly differ in length.
        if text.last() != Some(&b'}') || !self.is_repeated_by(text) {
            return None;
        }
        let date = match &self.date {
            Some(date) => Some(date.read(text)? as i64),
            None => None,
        };
        let is_asked = asked.is_some_and(|asked| self.is_about(asked.message(), text));
        let key = if is_asked { None } else { Some(self.read_key(text)?) };
        Some(Repeated { length: self.length, entry: Entry { date, fate: self.place }, key })
    }

    /// Whether an entry has the number and the id of this message, letter by letter.
    #[inline]
    fn is_about(&self, message: Message<'_>, text: &[u8]) -> bool {
        let [phone, id] = &self.key;
        message.id_is_number && is_same(&text[phone.clone()], message.phone) && is_same(&text[id.clone()], message.id)
    }

    fn read_key(&self, text: &[u8]) -> Option<(Phone, MessageId<'static>)> {
        // A 0 behind +33 is not the number's.
        let is_plain = !text[self.key[0].start..].starts_with(b"+330");
        let phone = is_plain.then(|| self.phone.read(text)).flatten()?;
        Some((Phone::from_bits(phone), MessageId::Number(self.id.read(text)?)))
    }

    /// Whether the last of these entries, with which this text starts, is read right: only then it can be repeated.
    pub(super) fn reads_last_of(&self, entries: &Entries<'_>, text: &[u8]) -> bool {
        self.read(text, None).zip(entries.others.last()).is_some_and(|(repeated, whose)| {
            let (phone, id) = repeated.key.unzip();
            (whose.phone, &whose.id) == (phone, &id) && entries.list.last() == Some(&repeated.entry)
        })
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

//! Entries of one kind, which differ in number, id and date only: what lies between these is compared as a whole.

use std::ops::Range;
use std::rc::Rc;

use super::answer::{Entry, Fate};
use crate::decimal::Place;
use crate::message_id::MessageId;
use crate::phone::Phone;

/// How many bytes are compared at a time.
const BLOCK: usize = 32;

/// Bytes of an entry that others repeat, and a mask without the number, the id and the date.
struct Block {
    same: [u8; BLOCK],
    mask: [u8; BLOCK],
}

impl Block {
    /// Notes where it differs from these bytes.
    #[inline(always)]
    fn compare(&self, bytes: &[u8; BLOCK], difference: &mut [u8; BLOCK]) {
        for (place, difference) in difference.iter_mut().enumerate() {
            *difference |= (bytes[place] ^ self.same[place]) & self.mask[place];
        }
    }
}

/// An entry that was read, as what others may repeat.
pub(super) struct Pattern<'b> {
    length: usize,
    /// Where the number begins, which is international.
    plus: usize,
    phone: Place,
    id: Place,
    /// None where there is no date.
    date: Option<Place>,
    /// From the start of the entry as many as there is room for.
    blocks: Vec<Block>,
    /// The last bytes, of which some may be in a block too.
    last: Block,
    fate: Rc<Fate<'b>>,
}

impl<'b> Pattern<'b> {
    /// None if the entry is shorter than any that is documented, or has a number that is not as documented.
    pub(super) fn new(
        text: &[u8],
        phone: Range<usize>,
        id: Range<usize>,
        date: Option<Range<usize>>,
        fate: &Rc<Fate<'b>>,
    ) -> Option<Self> {
        let mut mask = vec![0xff; text.len()];
        let (plus, digits) = (phone.start, phone.start + 1..phone.end);
        for hole in [Some(&digits), Some(&id), date.as_ref()].into_iter().flatten() {
            mask.get_mut(hole.clone())?.fill(0);
        }
        let block =
            |(same, mask): (&[u8], &[u8])| Some(Block { same: *same.first_chunk()?, mask: *mask.first_chunk()? });
        let last = text.len().checked_sub(BLOCK)?;
        let last = block((&text[last..], &mask[last..]))?;
        let blocks = text.chunks_exact(BLOCK).zip(mask.chunks_exact(BLOCK)).filter_map(block).collect();
        let date = date.map(|date| Place::new(date).ok_or(())).transpose().ok()?;
        let (phone, id) = (Place::new(digits)?, Place::new(id)?);
        Some(Pattern { length: text.len(), plus, phone, id, date, blocks, last, fate: Rc::clone(fate) })
    }

    /// The length of all entries of this kind, in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The entry that a text starts with, if it differs in number, id and date only, each as long as here.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<Entry<'b>> {
        let text = text.get(..self.length)?;
        // First the last byte, since the kinds of entries mostly differ in length.
        if text.last() != Some(&b'}') || !self.is_repeated_by(text) {
            return None;
        }
        // A 0 behind +33 is not the number's.
        if text[self.plus..].starts_with(b"+330") {
            return None;
        }
        let phone = Phone::from_bits(self.phone.read(text)?);
        let id = MessageId::Number(self.id.read(text)?);
        let date = match &self.date {
            Some(date) => Some(date.read(text)? as i64),
            None => None,
        };
        Some(Entry { phone: Some(phone), id: Some(id), date, fate: Rc::clone(&self.fate) })
    }

    /// Whether a text of this length is the same around number, id and date. All is looked at, without a branch: that
    /// is faster than to stop at the first difference.
    #[inline]
    fn is_repeated_by(&self, text: &[u8]) -> bool {
        let mut difference = [0; BLOCK];
        for (block, bytes) in self.blocks.iter().zip(text.chunks_exact(BLOCK)) {
            bytes.first_chunk().into_iter().for_each(|bytes| block.compare(bytes, &mut difference));
        }
        text.last_chunk().into_iter().for_each(|bytes| self.last.compare(bytes, &mut difference));
        difference == [0; BLOCK]
    }
}

//! An arena of NUL-terminated texts, whose addresses stay good as long as it lives.

use memchr::memchr;

use crate::error::{Error, out_of_memory};

/// The least that is allocated at once.
const CHUNK: usize = 16 * 1024;

/// Texts are kept in chunks that never grow, so that what a C caller holds is never moved.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    full: Vec<Vec<u8>>,
    /// The chunk that takes the next text.
    last: Vec<u8>,
    /// How many texts there are, those that are missing included.
    count: usize,
    /// The places of those that are missing, in order.
    missing: Vec<usize>,
}

/// Where a text lies: an address that a C caller may read; 0 is no text.
pub(crate) type Address = usize;

impl Texts {
    /// Copies a text that holds no NUL.
    #[inline(always)]
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<Address, Error> {
        debug_assert!(!text.contains(&0));
        if self.last.capacity() - self.last.len() <= text.len() {
            self.grow(text.len() + 1)?;
        }
        let address = self.last.as_ptr().expose_provenance() + self.last.len();
        self.last.extend_from_slice(text);
        self.last.push(0);
        self.count += 1;
        Ok(address)
    }

    /// Copies two texts, the second right behind the first.
    #[inline(always)]
    pub(crate) fn push_pair(&mut self, first: &[u8], second: &[u8]) -> Result<Address, Error> {
        let size = first.len() + second.len() + 2;
        if self.last.capacity() - self.last.len() < size {
            self.grow(size)?;
        }
        let address = self.push(first)?;
        self.push(second)?;
        Ok(address)
    }

    /// Notes that the next text is missing.
    pub(crate) fn push_missing(&mut self) -> Result<Address, Error> {
        self.missing.try_reserve(1).map_err(|_| out_of_memory("texts"))?;
        self.missing.push(self.count);
        self.count += 1;
        Ok(0)
    }

    /// All texts in the order of their coming, None for those that are missing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let mut texts = self.chunks().flat_map(|chunk| chunk.split_inclusive(|&byte| byte == 0));
        let mut missing = self.missing.iter().peekable();
        (0..self.count).map(move |place| match missing.next_if_eq(&&place) {
            Some(_) => None,
            None => texts.next().and_then(|text| text.strip_suffix(&[0])),
        })
    }

    /// The text at an address that `push` gave.
    pub(crate) fn get(&self, address: Address) -> Option<&[u8]> {
        self.chunks().find_map(|chunk| {
            let offset = address.checked_sub(chunk.as_ptr().addr())?;
            let rest = chunk.get(offset..)?;
            Some(&rest[..memchr(0, rest)?])
        })
    }

    /// So many bytes at an address that `push` gave, if they were pushed together. The chunk is looked at first, and is
    /// then the one that they lie in.
    #[inline]
    pub(crate) fn find<'t>(&'t self, address: Address, length: usize, chunk: &mut &'t [u8]) -> Option<&'t [u8]> {
        part(chunk, address, length).or_else(|| {
            *chunk = self.chunks().rev().find(|chunk| part(chunk, address, length).is_some())?;
            part(chunk, address, length)
        })
    }

    /// Makes room for this much, and for more the more there is.
    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let held: usize = self.chunks().map(Vec::capacity).sum();
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(bytes.max(CHUNK).max(held / 4)).map_err(|_| out_of_memory("texts"))?;
        let full = std::mem::replace(&mut self.last, chunk);
        if !full.is_empty() {
            self.full.push(full);
        }
        Ok(())
    }

    fn chunks(&self) -> impl DoubleEndedIterator<Item = &Vec<u8>> {
        self.full.iter().chain([&self.last])
    }
}

/// The part of a chunk that lies at this address.
fn part(chunk: &[u8], address: Address, length: usize) -> Option<&[u8]> {
    let start = address.wrapping_sub(chunk.as_ptr().addr());
    chunk.get(start..start.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_where_they_are() {
        let mut texts = Texts::default();
        let addresses: Vec<_> = (0..20_000).map(|i| texts.push(i.to_string().as_bytes()).unwrap()).collect();
        for (i, address) in addresses.into_iter().enumerate() {
            assert_eq!(texts.get(address), Some(i.to_string().as_bytes()));
        }
        assert!(texts.full.len() < 20);
        assert_eq!(texts.get(0), None);
    }

    #[test]
    fn pairs_lie_together_and_are_found_in_any_chunk() {
        let mut texts = Texts::default();
        let pair = |i: usize| (format!("+{i}"), "i".repeat(i % 40));
        let addresses: Vec<_> =
            (0..20_000).map(|i| texts.push_pair(pair(i).0.as_bytes(), pair(i).1.as_bytes()).unwrap()).collect();
        assert!(texts.full.len() > 2);
        let mut chunk = [].as_slice();
        for i in (0..20_000).chain([0, 19_999, 10_000]) {
            let (first, second) = pair(i);
            let both = format!("{first}\0{second}");
            assert_eq!(texts.find(addresses[i], both.len(), &mut chunk), Some(both.as_bytes()));
        }
        for (address, length) in [(0, 1), (addresses[0], usize::MAX), (usize::MAX, 1)] {
            assert_eq!(texts.find(address, length, &mut chunk), None);
        }
    }

    #[test]
    fn texts_come_back_in_order() {
        let given = [None, Some(&b"ab"[..]), Some(b""), None, None, Some(b"\xff"), Some(b""), None];
        let mut texts = Texts::default();
        for text in given {
            match text {
                Some(text) => texts.push(text).unwrap(),
                None => texts.push_missing().unwrap(),
            };
        }
        assert_eq!(texts.iter().collect::<Vec<_>>(), given);
        assert_eq!(Texts::default().iter().count(), 0);
    }
}

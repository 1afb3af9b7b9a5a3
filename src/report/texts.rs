//! An arena of NUL-terminated texts. Their addresses stay valid as long as the arena exists.

use memchr::memchr;

use crate::error::{Error, out_of_memory};

/// The size of the smallest chunk, in bytes. A report of one message needs no more, and chunks grow with the texts.
const LEAST: usize = 256;

/// From this size on, chunks grow more slowly, in bytes.
const CHUNK: usize = 16 * 1024;

/// Stores texts in chunks that never grow, so that the pointers of a C caller stay valid.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// How large the first chunk is at the least, in bytes.
    first: usize,
    full: Vec<Vec<u8>>,
    /// The chunk to which texts are added.
    last: Vec<u8>,
    /// The number of texts, missing ones included.
    count: usize,
    /// The indices of the missing texts, in order.
    missing: Vec<usize>,
}

/// The address of a text, which a C caller may read; 0 means no text.
pub(crate) type Address = usize;

impl Texts {
    /// Makes an arena whose first chunk has room for this many bytes, but is no larger than usual.
    pub(crate) fn for_bytes(bytes: usize) -> Texts {
        Texts { first: bytes.min(CHUNK), ..Texts::default() }
    }

    /// Copies a text, which must not contain a NUL, and returns its address. Fails if there is not enough memory.
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

    /// Copies two texts, the second directly behind the first, and returns the address of the first.
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

    /// Records that the next text is missing, and returns the address 0.
    pub(crate) fn push_missing(&mut self) -> Result<Address, Error> {
        self.missing.try_reserve(1).map_err(|_| out_of_memory("texts"))?;
        self.missing.push(self.count);
        self.count += 1;
        Ok(0)
    }

    /// Returns all texts in the order in which they were added, with None for missing ones.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let mut texts = self.chunks().flat_map(|chunk| chunk.split_inclusive(|&byte| byte == 0));
        let mut missing = self.missing.iter().peekable();
        (0..self.count).map(move |index| match missing.next_if_eq(&&index) {
            Some(_) => None,
            None => texts.next().and_then(|text| text.strip_suffix(&[0])),
        })
    }

    /// Returns the text at an address that `push` returned.
    pub(crate) fn get(&self, address: Address) -> Option<&[u8]> {
        self.chunks().find_map(|chunk| {
            let offset = address.checked_sub(chunk.as_ptr().addr())?;
            let rest = chunk.get(offset..)?;
            Some(&rest[..memchr(0, rest)?])
        })
    }

    /// Returns `length` bytes at an address that `push` or `push_pair` returned, if one chunk holds them all. Searches
    /// `chunk` first, and sets it to the chunk that holds them.
    #[inline]
    pub(crate) fn find<'t>(&'t self, address: Address, length: usize, chunk: &mut &'t [u8]) -> Option<&'t [u8]> {
        part(chunk, address, length).or_else(|| {
            *chunk = self.chunks().rev().find(|chunk| part(chunk, address, length).is_some())?;
            part(chunk, address, length)
        })
    }

    /// Adds a chunk with room for this many bytes, and for as many as the arena has already, as long as these are few;
    /// later for at least a quarter of them.
    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let held: usize = self.chunks().map(Vec::capacity).sum();
        let mut chunk = Vec::new();
        let usual = LEAST.max(self.first).max(held.min(CHUNK)).max(held / 4);
        chunk.try_reserve_exact(bytes.max(usual)).map_err(|_| out_of_memory("texts"))?;
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

/// Returns the part of a chunk at this address, if the chunk holds all of it.
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

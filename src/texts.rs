//! An arena of NUL-terminated texts, whose addresses stay good as long as it lives.

use memchr::memchr;

use crate::error::{Error, out_of_memory};

/// The least that is allocated at once beyond what was reserved.
const CHUNK: usize = 16 * 1024;

/// Texts are kept in chunks that never grow, so that what a C caller holds is never moved.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    chunks: Vec<Vec<u8>>,
    /// How many texts there are, those that are missing included.
    count: usize,
    /// The places of those that are missing, in order.
    missing: Vec<usize>,
}

/// Where a text lies: an address that a C caller may read; 0 is no text.
pub(crate) type Address = usize;

impl Texts {
    /// An arena with room for this many bytes, a NUL behind each text included.
    pub(crate) fn with_capacity(bytes: usize) -> Result<Texts, Error> {
        let mut texts = Texts::default();
        texts.grow(bytes)?;
        Ok(texts)
    }

    /// Copies a text, up to its first NUL.
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<Address, Error> {
        let text = &text[..memchr(0, text).unwrap_or(text.len())];
        let needed = text.len() + 1;
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < needed) {
            let held = self.chunks.iter().map(Vec::capacity).sum::<usize>();
            self.grow(needed.max(CHUNK).max(held / 4))?;
        }
        let Some(chunk) = self.chunks.last_mut() else { return Err(out_of_memory("texts")) };
        let address = chunk.as_ptr().expose_provenance() + chunk.len();
        chunk.extend_from_slice(text);
        chunk.push(0);
        self.count += 1;
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
        let mut texts = self.chunks.iter().flat_map(|chunk| chunk.split_inclusive(|&byte| byte == 0));
        let mut missing = self.missing.iter().peekable();
        (0..self.count).map(move |place| match missing.next_if_eq(&&place) {
            Some(_) => None,
            None => texts.next().and_then(|text| text.strip_suffix(&[0])),
        })
    }

    /// The text at an address that `push` gave.
    pub(crate) fn get(&self, address: Address) -> Option<&[u8]> {
        self.chunks.iter().find_map(|chunk| {
            let offset = address.checked_sub(chunk.as_ptr().addr())?;
            let rest = chunk.get(offset..)?;
            Some(&rest[..memchr(0, rest)?])
        })
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(bytes).map_err(|_| out_of_memory("texts"))?;
        self.chunks.push(chunk);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_where_they_are() {
        let mut texts = Texts::with_capacity(4).unwrap();
        let addresses: Vec<_> = (0..20_000).map(|i| texts.push(i.to_string().as_bytes()).unwrap()).collect();
        for (i, address) in addresses.into_iter().enumerate() {
            assert_eq!(texts.get(address), Some(i.to_string().as_bytes()));
        }
        assert!(texts.chunks.len() < 20);
        assert_eq!(texts.get(0), None);
    }

    #[test]
    fn a_text_ends_at_its_first_nul() {
        let mut texts = Texts::default();
        let address = texts.push(b"ab\0cd").unwrap();
        assert_eq!(texts.get(address), Some(&b"ab"[..]));
    }

    #[test]
    fn texts_come_back_in_order() {
        let given = [None, Some(&b"ab"[..]), Some(b""), None, None, Some(b"\xff"), Some(b""), None];
        let mut texts = Texts::with_capacity(3).unwrap();
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

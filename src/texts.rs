//! An arena of NUL-terminated texts, whose addresses stay good as long as it lives.

use memchr::memchr;

use crate::error::{Error, out_of_memory};

/// The least that is allocated at once beyond what was reserved.
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
    /// An arena with room for this many bytes, a NUL behind each text included.
    pub(crate) fn with_capacity(bytes: usize) -> Result<Texts, Error> {
        let mut texts = Texts::default();
        texts.grow(bytes)?;
        Ok(texts)
    }

    /// Copies a text, up to its first NUL.
    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<Address, Error> {
        let text = if may_hold_nul(text) { &text[..memchr(0, text).unwrap_or(text.len())] } else { text };
        if self.last.capacity() - self.last.len() <= text.len() {
            let held = self.chunks().map(Vec::capacity).sum::<usize>();
            self.grow((text.len() + 1).max(CHUNK).max(held / 4))?;
        }
        let address = self.last.as_ptr().expose_provenance() + self.last.len();
        self.last.extend_from_slice(text);
        self.last.push(0);
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

    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(bytes).map_err(|_| out_of_memory("texts"))?;
        let full = std::mem::replace(&mut self.last, chunk);
        if !full.is_empty() {
            self.full.push(full);
        }
        Ok(())
    }

    fn chunks(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.full.iter().chain([&self.last])
    }
}

/// Most texts hold none and are short: two looks at eight bytes are faster than the start of any longer search.
#[inline]
fn may_hold_nul(text: &[u8]) -> bool {
    let nul = |word: u64| word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080 != 0;
    let eight = |bytes: &[u8; 8]| nul(u64::from_le_bytes(*bytes));
    let four = |bytes: &[u8; 4]| nul(u64::from(u32::from_le_bytes(*bytes)) | !0 << 32);
    match text.len() {
        8..=16 => text.first_chunk().is_some_and(eight) || text.last_chunk().is_some_and(eight),
        4..8 => text.first_chunk().is_some_and(four) || text.last_chunk().is_some_and(four),
        _ => memchr(0, text).is_some(),
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
        assert!(texts.full.len() < 20);
        assert_eq!(texts.get(0), None);
    }

    #[test]
    fn a_text_ends_at_its_first_nul() {
        let mut texts = Texts::default();
        for place in 0..20 {
            for other in [b'x', 1, 0x80, 0xff] {
                let mut text = [other; 20];
                text[place] = 0;
                let address = texts.push(&text).unwrap();
                assert_eq!(texts.get(address), Some(&text[..place]));
                assert!(!may_hold_nul(&text[..place]) && !may_hold_nul(&text[place + 1..]));
            }
        }
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

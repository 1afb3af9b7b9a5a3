//! Hashes for tables of numbers and ids: cheaper than the standard library's, and as hard to foresee.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes hashes with secrets of its own. Nobody can know them, so nobody can choose texts that fall on one place.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    secrets: [u64; 2],
}

impl Default for Spread {
    fn default() -> Spread {
        let random = RandomState::new();
        Spread { secrets: [random.hash_one(0), random.hash_one(1)] }
    }
}

impl Spread {
    /// One multiplication brings two numbers together, another spreads what lies close.
    pub(crate) fn pair(&self, one: u64, other: u64) -> u64 {
        folded(folded(one ^ self.secrets[0], other ^ self.secrets[1]) ^ self.secrets[0], SPREAD)
    }
}

impl BuildHasher for Spread {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding { state: self.secrets[0], secret: self.secrets[1] }
    }
}

/// A hash in the making: a multiplication for every eight bytes.
pub(crate) struct Folding {
    state: u64,
    secret: u64,
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        // The length is in it, since zeros fill up the last eight.
        self.write_u64(bytes.len() as u64);
        for eight in bytes.chunks(8) {
            let mut filled = [0; 8];
            filled[..eight.len()].copy_from_slice(eight);
            self.write_u64(u64::from_ne_bytes(filled));
        }
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.state = folded(self.state ^ number, self.secret);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        folded(self.state ^ self.secret, SPREAD)
    }
}

/// 2^64 divided by the golden ratio: its multiples lie as evenly as any do.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product.
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// How many of so many hashes are different in their low bits, where a table of twice the size looks.
    fn spread<T: std::hash::Hash>(values: impl Iterator<Item = T>) -> usize {
        let spread = Spread::default();
        values.map(|value| spread.hash_one(value) & 0x3fff).collect::<HashSet<_>>().len()
    }

    #[test]
    fn what_lies_close_is_spread() {
        const COUNT: u64 = 8_192;
        // By chance some 6,450 of 16,384 places are taken.
        assert!(spread(0..COUNT) > 5_500);
        assert!(spread((0..COUNT).map(|i| i << 40)) > 5_500);
        assert!(spread((0..COUNT).map(|i| (33_600_000_000 + i, 1_000 + i))) > 5_500);
        assert!(spread((0..COUNT).map(|i| format!("message-{i}"))) > 5_500);
        assert!(spread((0..COUNT).map(|i| "a".repeat(i as usize % 4_096) + &i.to_string())) > 5_500);
    }

    #[test]
    fn each_has_secrets_of_its_own() {
        let hash = |spread: Spread| (spread.hash_one("text"), spread.pair(1, 2));
        let (one, other) = (hash(Spread::default()), hash(Spread::default()));
        assert!(one.0 != other.0 && one.1 != other.1);
        let spread = Spread::default();
        assert_ne!(spread.hash_one("a"), spread.hash_one("a\0"));
    }
}

//! Chance that repeats itself.

/// Throws that are the same for the same seed and texts, on every machine and in every version.
pub(crate) struct Dice(u64);

impl Dice {
    /// FNV-1a over the seed and the two texts.
    pub(crate) fn new(seed: u64, first: &str, second: &str) -> Self {
        let bytes = seed.to_le_bytes().into_iter();
        let bytes = bytes.chain(first.bytes()).chain([0]);
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.chain(second.bytes()).fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// A number from 0 to `sides - 1`, by a step of SplitMix64.
    pub(crate) fn throw(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 1) as i64 % sides
    }

    /// A place in a list of this length, which is not empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        self.throw(length as i64) as usize
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.throw(256) as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_never_change() {
        // The very throws, so that no version changes them unnoticed.
        let mut dice = Dice::new(1, "+33612345678", "1");
        let throws: Vec<_> = (0..5).map(|_| dice.throw(1000)).collect();
        assert_eq!(throws, [685, 862, 353, 153, 711]);
    }
}

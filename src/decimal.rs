//! Decimal digits.

/// The value of at most 18 decimal digits.
pub(crate) fn value(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |value, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u64::from(digit))
    })
}

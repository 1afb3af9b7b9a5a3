//! Parses decimal digits, eight at a time. One by one, they took a sixth of the instructions for a status.

/// Returns the value of at most 18 decimal digits; None if another byte is among them. No digits are 0.
#[inline(always)]
pub(crate) fn value(text: &[u8]) -> Option<u64> {
    match (text.len(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (8..=16, ..) => {
            let (first, last) = (lanes(text.first_chunk()?), lanes(text.last_chunk()?));
            // They overlap. Only those of the first eight are kept that are not among the last eight.
            let above = first.checked_shl(8 * (16 - text.len() as u32)).unwrap_or(0);
            (are_digits(first) && are_digits(last)).then(|| sum(above) * 100_000_000 + sum(last))
        }
        (4..8, Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|four| u64::from(u32::from_le_bytes(*four) ^ 0x3030_3030));
            let lanes = (first << (8 * (8 - text.len()))) | (last << 32);
            are_digits(lanes).then(|| sum(lanes))
        }
        _ => text.iter().try_fold(0, |value, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit <= 9).then(|| value * 10 + u64::from(digit))
        }),
    }
}

/// Puts eight bytes into the lanes of one word. Each digit becomes its value.
fn lanes(text: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*text) ^ 0x3030_3030_3030_3030
}

fn are_digits(lanes: u64) -> bool {
    // Adding 118 lifts a lane above 9 over 127, unless it is over 127 already.
    (lanes.wrapping_add(0x7676_7676_7676_7676) | lanes) & 0x8080_8080_8080_8080 == 0
}

/// Returns the value of the digits in eight lanes, the first digit in the lowest byte. Each multiplication adds up
/// neighbours: to pairs, then to fours, then to the whole.
fn sum(lanes: u64) -> u64 {
    const TEN: u64 = 1 + (10 << 8);
    const HUNDRED: u64 = 1 + (100 << 16);
    const TEN_THOUSAND: u64 = 1 + (10_000 << 32);
    let pairs = (lanes.wrapping_mul(TEN) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(HUNDRED) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(TEN_THOUSAND) >> 32
}

/// Returns the value of a number of at most 18 digits that has no needless 0 in front; None for any other text.
pub(crate) fn canonical(text: &[u8]) -> Option<u64> {
    match text {
        [] | [b'0', _, ..] => None,
        _ if text.len() > 18 => None,
        _ => value(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_the_value_that_the_standard_library_gives() {
        for length in 0..=18 {
            let text = &"987654321098765432"[..length];
            assert_eq!(value(text.as_bytes()), if length == 0 { Some(0) } else { text.parse().ok() }, "{text}");
        }
        for text in ["00000000", "99999999", "12345678", "01020304"] {
            assert_eq!(value(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn every_other_byte_in_every_place_of_every_length_is_none() {
        for length in 1..=18 {
            for offset in 0..length {
                for byte in (0..=255).filter(|byte: &u8| !byte.is_ascii_digit()) {
                    let mut text = b"123456789012345678"[..length].to_vec();
                    text[offset] = byte;
                    assert_eq!(value(&text), None, "{byte} at {offset} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_number_has_one_canonical_form() {
        assert_eq!(canonical(b"0"), Some(0));
        assert_eq!(canonical(b"999999999999999999"), Some(999_999_999_999_999_999));
        for none in ["", "00", "01", "-1", "1,", "1234567890123456789"] {
            assert_eq!(canonical(none.as_bytes()), None, "{none}");
        }
    }
}

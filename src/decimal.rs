//! Decimal digits.

/// The value of at most 18 decimal digits.
pub(crate) fn value(text: &[u8]) -> Option<u64> {
    let mut value = 0;
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk() {
        value = value * 100_000_000 + eight_digits(*eight)?;
        rest = after;
    }
    rest.iter().try_fold(value, |value, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u64::from(digit))
    })
}

/// The number that a text starts with, and its length: at most 18 digits, without a needless 0 in front.
pub(crate) fn leading(text: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    let mut length = 0;
    while let Some(digit) = text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9) {
        value = value * 10 + u64::from(digit);
        length += 1;
        if length > 18 {
            return None;
        }
    }
    (length > 0 && (length == 1 || text[0] != b'0')).then_some((value, length))
}

/// All eight at once, in the lanes of one word: neighbours are added up as pairs, then fours, then the whole.
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    let lanes = u64::from_le_bytes(text) ^ 0x3030_3030_3030_3030;
    // What is above 9 comes over 127 with 118 more, or is over 127 by itself.
    if (lanes.wrapping_add(0x7676_7676_7676_7676) | lanes) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (lanes * 10 + (lanes >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
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
    fn every_other_byte_in_every_place_is_none() {
        for place in 0..11 {
            for byte in (0..=255).filter(|byte: &u8| !byte.is_ascii_digit()) {
                let mut text = *b"12345678901";
                text[place] = byte;
                assert_eq!(value(&text), None, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn a_leading_number_ends_before_what_is_no_digit() {
        assert_eq!(leading(b"1234,"), Some((1234, 4)));
        assert_eq!(leading(b"0"), Some((0, 1)));
        assert_eq!(leading(b"999999999999999999\""), Some((999_999_999_999_999_999, 18)));
        for none in ["", ",1", "00", "01", "-1", "1234567890123456789"] {
            assert_eq!(leading(none.as_bytes()), None, "{none}");
        }
    }
}

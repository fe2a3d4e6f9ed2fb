//! The strict number grammar: `-?\d{1,15}(\.\d{1,9}0*)?` and nothing else.

/// Why a text is not a number, in the reader's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidNumber {
    /// Not `-?digits[.digits]`: blanks, commas, `+`, `_`, exponents and other signs are refused.
    Grammar,
    /// More than 15 digits before or 38 after the point, or a value outside the type's range.
    Range,
    /// More decimals than the type keeps, zeros at the end aside; numbers are never rounded on the way in.
    TooPrecise(u32),
}

impl std::fmt::Display for InvalidNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Grammar => f.write_str("not a number of the form 1234.56"),
            Self::Range => f.write_str("too large"),
            Self::TooPrecise(places) => write!(f, "too precise: it has more than {places} decimals"),
        }
    }
}

impl std::error::Error for InvalidNumber {}

/// Parses `text` into a count of 10^-`places`, exactly.
///
/// # Errors
/// Anything outside the grammar, out of `i64` range, or with significant digits beyond `places`.
pub fn parse_fixed(text: &str, places: u32) -> Result<i64, InvalidNumber> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = match digits.split_once('.') {
        Some((_, "")) => return Err(InvalidNumber::Grammar),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) {
        return Err(InvalidNumber::Grammar);
    }
    // A `DECIMAL(38, 18)` is written with zeros for all its places.
    if whole.len() > 15 || decimals.len() > 38 {
        return Err(InvalidNumber::Range);
    }
    let kept = decimals.trim_end_matches('0');
    if kept.len() > places as usize {
        return Err(InvalidNumber::TooPrecise(places));
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(kept.bytes()) {
        value = value * 10 + i128::from(byte - b'0');
    }
    value *= 10_i128.pow(places - kept.len() as u32);
    let signed = if negative { -value } else { value };
    i64::try_from(signed).map_err(|_| InvalidNumber::Range)
}

/// Writes a count of 10^-`places` with at least `least` decimals and no needless zeros beyond them.
pub(super) fn write_fixed(
    out: &mut std::fmt::Formatter<'_>,
    value: i64,
    places: u32,
    least: usize,
) -> std::fmt::Result {
    // From the right, with room for 20 digits, a point and a sign.
    let mut text = [0_u8; 24];
    let mut at = text.len();
    let mut put = |digit: u8| {
        at = at.saturating_sub(1);
        if let Some(cell) = text.get_mut(at) {
            *cell = digit;
        }
    };
    let mut rest = value.unsigned_abs();
    let mut is_shown = false;
    for place in (0..places as usize).rev() {
        is_shown |= place < least || !rest.is_multiple_of(10);
        if is_shown {
            put(b'0' + (rest % 10) as u8);
        }
        rest /= 10;
    }
    if is_shown {
        put(b'.');
    }
    loop {
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        put(b'-');
    }
    out.pad(text.get(at..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(i64, u32, usize);

    impl std::fmt::Display for Fixed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write_fixed(f, self.0, self.1, self.2)
        }
    }

    #[test]
    fn numbers_are_written_without_needless_zeros() {
        for (fixed, text) in [
            (Fixed(0, 6, 2), "0.00"),
            (Fixed(0, 6, 0), "0"),
            (Fixed(-1, 6, 2), "-0.000001"),
            (Fixed(17_850_000, 6, 2), "17.85"),
            (Fixed(17_000_000, 6, 0), "17"),
            (Fixed(1_200_000, 6, 2), "1.20"),
            (Fixed(1_050_000, 6, 0), "1.05"),
            (Fixed(190_000_000, 9, 0), "0.19"),
            (Fixed(i64::MIN, 9, 0), "-9223372036.854775808"),
            (Fixed(i64::MAX, 6, 2), "9223372036854.775807"),
            (Fixed(-5, 0, 2), "-5"),
        ] {
            assert_eq!(fixed.to_string(), text);
        }
        assert_eq!(format!("[{:>8}]", Fixed(1_500_000, 6, 2)), "[    1.50]");
    }

    #[test]
    fn the_grammar_is_strict() {
        let six = |text| parse_fixed(text, 6);
        assert_eq!(six("298.00"), Ok(298_000_000));
        assert_eq!(six("-0.000001"), Ok(-1));
        assert_eq!(six("0017"), Ok(17_000_000));
        assert_eq!(six("1.100000000"), Ok(1_100_000));
        for bad in ["", "-", ".5", "5.", "+5", "1e3", "1_000", "1,23", " 1", "1 ", "--1", "1.2.3", "٣", "NaN"]
        {
            assert_eq!(six(bad), Err(InvalidNumber::Grammar), "{bad:?}");
        }
        assert_eq!(six("1234567890123456"), Err(InvalidNumber::Range));
        assert_eq!(six("9223372036855"), Err(InvalidNumber::Range));
        let endless = format!("1.{}", "0".repeat(39));
        assert_eq!(parse_fixed(&endless, 6), Err(InvalidNumber::Range));
        assert_eq!(six("45.000000000000000000"), Ok(45_000_000));
        assert_eq!(six("1.0000000001"), Err(InvalidNumber::TooPrecise(6)));
        assert_eq!(six("0.0000001"), Err(InvalidNumber::TooPrecise(6)));
    }
}

//! The one door between floats and money.

use crate::money::{Amount, Fraction, Ratio};

/// Why a float does not become money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMoney {
    /// Infinite or not a number.
    NotFinite,
    /// Beyond ±9,223,372,036,854 currency units.
    TooLarge,
    /// Finite, but outside the range that was asked for.
    OutOfRange,
}

/// A value in currency units as money: quantized once, half-even to 10⁻⁶, from the float's exact value.
///
/// # Errors
/// [`NotMoney::NotFinite`] and [`NotMoney::TooLarge`].
pub fn to_amount(value: f64) -> Result<Amount, NotMoney> {
    if !value.is_finite() {
        return Err(NotMoney::NotFinite);
    }
    // A float is mantissa·2^exponent, exactly; so is its count of 10⁻⁶, up to the one rounding below.
    let bits = value.abs().to_bits();
    let (stored, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (mantissa, exponent) =
        if stored == 0 { (fraction, -1074) } else { (fraction | 1 << 52, stored - 1075) };
    let scaled = u128::from(mantissa) * u128::from(Amount::SCALE.unsigned_abs());
    let micros = if 0 <= exponent {
        if 40 < exponent {
            return Err(NotMoney::TooLarge);
        }
        scaled << exponent
    } else if exponent < -120 {
        0
    } else {
        let (shift, one) = (exponent.unsigned_abs(), 1_u128);
        let (whole, rest, half) = (scaled >> shift, scaled & ((one << shift) - 1), one << (shift - 1));
        whole + u128::from(half < rest || (rest == half && whole % 2 == 1))
    };
    let micros = i64::try_from(micros).map_err(|_| NotMoney::TooLarge)?;
    Ok(Amount::from_micros(if value < 0.0 { -micros } else { micros }))
}

/// The same, and the quantized amount must lie in [`low`, `high`].
///
/// # Errors
/// [`NotMoney`]; an amount outside is refused, never moved to an edge.
pub fn to_amount_within(value: f64, low: Amount, high: Amount) -> Result<Amount, NotMoney> {
    let amount = to_amount(value)?;
    if amount < low || high < amount { Err(NotMoney::OutOfRange) } else { Ok(amount) }
}

/// The way in: an amount in currency units. Exact to the float's last digit.
#[must_use]
pub fn from_amount(amount: Amount) -> f64 {
    amount.micros() as f64 / Amount::SCALE as f64
}

/// The way in for a ratio.
#[must_use]
pub fn from_ratio(ratio: Ratio) -> f64 {
    ratio.nanos() as f64 / Ratio::SCALE as f64
}

/// The way in for an exact factor.
#[must_use]
pub fn from_fraction(fraction: Fraction) -> f64 {
    fraction.num() as f64 / fraction.den() as f64
}

impl std::fmt::Display for NotMoney {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "the computed price is not a finite number",
            Self::TooLarge => "the computed price is too large to be money",
            Self::OutOfRange => "the computed price lies outside the allowed range",
        })
    }
}

impl std::error::Error for NotMoney {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Money that goes in comes out, as far as a float can tell it apart.
        #[test]
        fn in_and_out(micros in -(1_i64 << 52)..(1 << 52)) {
            let amount = Amount::from_micros(micros);
            prop_assert_eq!(to_amount(from_amount(amount)), Ok(amount));
        }

        /// Never more than half a millionth away.
        #[test]
        fn the_nearest(value in -1e6..1e6_f64) {
            let out = from_amount(to_amount(value).unwrap());
            prop_assert!((out - value).abs() <= 0.500_001e-6);
        }
    }

    #[test]
    fn ties_are_even_and_refusals_named() {
        // 2⁻⁷ = 0.0078125 is 7812.5 millionths, exactly halfway; 3·2⁻⁷ is 23437.5.
        assert_eq!(to_amount(0.007_812_5).unwrap().micros(), 7_812);
        assert_eq!(to_amount(0.023_437_5).unwrap().micros(), 23_438);
        assert_eq!(to_amount(-0.007_812_5).unwrap().micros(), -7_812);
        assert_eq!(to_amount(1e-300).unwrap(), Amount::ZERO);
        assert_eq!(to_amount(f64::MIN_POSITIVE / 8.0).unwrap(), Amount::ZERO);
        assert_eq!(to_amount(9.2e12).unwrap().micros(), 9_200_000_000_000_000_000);
        assert_eq!(to_amount(9.3e12), Err(NotMoney::TooLarge));
        assert_eq!(to_amount(-1e300), Err(NotMoney::TooLarge));
        assert_eq!(to_amount(f64::NAN), Err(NotMoney::NotFinite));
        assert_eq!(to_amount(f64::INFINITY), Err(NotMoney::NotFinite));
        let (low, high) = (Amount::from_micros(1), Amount::from_micros(2_000_000));
        assert_eq!(to_amount_within(0.0, low, high), Err(NotMoney::OutOfRange));
        assert_eq!(to_amount_within(2.0, low, high), Ok(high));
    }
}

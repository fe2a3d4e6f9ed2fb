//! Exact factors, reduced once when a rulebook is compiled.

use super::{Amount, Overflow, Ratio, Rounding, wide::mul_div};

/// An exact factor `num ÷ den` in lowest terms, `den > 0`.
///
/// Compiling `(1 + VAT) ÷ (1 − margin)` to `119 ÷ 95` once leaves one multiplication and one division per price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    num: i128,
    den: i128,
}

impl Fraction {
    pub const ONE: Self = Self { num: 1, den: 1 };
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// # Errors
    /// [`Overflow`] when `den` is zero.
    pub fn new(num: i128, den: i128) -> Result<Self, Overflow> {
        if den == 0 || num == i128::MIN || den == i128::MIN {
            return Err(Overflow);
        }
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()) as i128;
        let sign = den.signum();
        if divisor == 1 {
            return Ok(Self { num: sign * num, den: sign * den });
        }
        Ok(Self { num: sign * num / divisor, den: sign * den / divisor })
    }

    /// The same value as a count of 10⁻⁹.
    #[must_use]
    pub fn of(ratio: Ratio) -> Self {
        let num = i128::from(ratio.nanos());
        let divisor = gcd(num.unsigned_abs(), Ratio::SCALE.unsigned_abs().into()) as i128;
        Self { num: num / divisor, den: i128::from(Ratio::SCALE) / divisor }
    }

    /// An amount's value in currency units.
    #[must_use]
    pub fn of_amount(amount: Amount) -> Self {
        let num = i128::from(amount.micros());
        let divisor = gcd(num.unsigned_abs(), Amount::SCALE.unsigned_abs().into()) as i128;
        Self { num: num / divisor, den: i128::from(Amount::SCALE) / divisor }
    }

    #[must_use]
    #[inline]
    pub fn num(self) -> i128 {
        self.num
    }

    #[must_use]
    #[inline]
    pub fn den(self) -> i128 {
        self.den
    }

    #[must_use]
    #[inline]
    pub fn is_positive(self) -> bool {
        0 < self.num
    }

    /// # Errors
    /// [`Overflow`] when the exact product needs more than 127 bits.
    pub fn mul(self, other: Self) -> Result<Self, Overflow> {
        let left = gcd(self.num.unsigned_abs(), other.den.unsigned_abs()).max(1) as i128;
        let right = gcd(other.num.unsigned_abs(), self.den.unsigned_abs()).max(1) as i128;
        let num = (self.num / left).checked_mul(other.num / right).ok_or(Overflow)?;
        let den = (self.den / right).checked_mul(other.den / left).ok_or(Overflow)?;
        Self::new(num, den)
    }

    /// # Errors
    /// [`Overflow`] when `other` is zero or the exact quotient needs more than 127 bits.
    pub fn div(self, other: Self) -> Result<Self, Overflow> {
        self.mul(Self::new(other.den, other.num)?)
    }

    /// # Errors
    /// [`Overflow`] when the exact sum needs more than 127 bits.
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        let divisor = gcd(self.den.unsigned_abs(), other.den.unsigned_abs()) as i128;
        let left = self.num.checked_mul(other.den / divisor).ok_or(Overflow)?;
        let right = other.num.checked_mul(self.den / divisor).ok_or(Overflow)?;
        let den = (self.den / divisor).checked_mul(other.den).ok_or(Overflow)?;
        Self::new(left.checked_add(right).ok_or(Overflow)?, den)
    }

    /// # Errors
    /// [`Overflow`] when the exact difference needs more than 127 bits.
    pub fn sub(self, other: Self) -> Result<Self, Overflow> {
        self.add(Self { num: -other.num, den: other.den })
    }

    /// `amount × self`, quantized once to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`] when the result leaves the range of an [`Amount`].
    #[inline]
    pub fn apply(self, amount: Amount, rounding: Rounding) -> Result<Amount, Overflow> {
        mul_div(amount.micros().into(), self.num, self.den, rounding).map(Amount::from_micros)
    }

    /// `amount ÷ self`, quantized once to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`] when `self` is zero or the result leaves the range of an [`Amount`].
    #[inline]
    pub fn unapply(self, amount: Amount, rounding: Rounding) -> Result<Amount, Overflow> {
        mul_div(amount.micros().into(), self.den, self.num, rounding).map(Amount::from_micros)
    }

    /// The value in currency units, quantized to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`] when it leaves the range of an [`Amount`].
    pub fn to_amount(self, rounding: Rounding) -> Result<Amount, Overflow> {
        mul_div(self.num, Amount::SCALE.into(), self.den, rounding).map(Amount::from_micros)
    }

    /// The value quantized to 10⁻⁹.
    ///
    /// # Errors
    /// [`Overflow`] when it leaves the range of a [`Ratio`].
    pub fn to_ratio(self, rounding: Rounding) -> Result<Ratio, Overflow> {
        mul_div(self.num, Ratio::SCALE.into(), self.den, rounding).map(Ratio::from_nanos)
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut a), Ok(mut b)) = (u64::try_from(a), u64::try_from(b)) {
            while b != 0 {
                (a, b) = (b, a % b);
            }
            return a.into();
        }
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_exact_and_reduced() {
        let vat = Fraction::new(119, 100).unwrap();
        let keep = Fraction::new(95, 100).unwrap();
        let factor = vat.div(keep).unwrap();
        assert_eq!((factor.num(), factor.den()), (119, 95));
        // 299.788 × 119 ÷ 95 = 375.5239157…
        let landed = Amount::from_micros(299_788_000);
        assert_eq!(factor.apply(landed, Rounding::Up).unwrap().micros(), 375_523_916);
        assert_eq!(factor.apply(landed, Rounding::Down).unwrap().micros(), 375_523_915);
        assert_eq!(Fraction::new(1, 0), Err(Overflow));
    }
}

//! [`Amount`], [`Ratio`] and [`Money`].

use super::number::{InvalidNumber, parse_fixed, write_fixed};
use super::{Currency, Overflow, Rounding, wide::mul_div};
use rust_decimal::Decimal;

/// A count of 10⁻⁶ of a currency's major unit; exact, not necessarily payable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// A count of 10⁻⁹: percents, rates, plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(i64);

/// An amount of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    pub amount: Amount,
    pub currency: Currency,
}

impl Amount {
    pub const SCALE: i64 = 1_000_000;
    pub const PLACES: u32 = 6;
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(i64::MAX);
    pub const MIN: Self = Self(i64::MIN);

    #[must_use]
    #[inline]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    #[must_use]
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// # Errors
    /// See [`parse_fixed`]; more than 6 decimals are refused, not rounded.
    pub fn parse(text: &str) -> Result<Self, InvalidNumber> {
        parse_fixed(text, Self::PLACES).map(Self)
    }

    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// `self × ratio`, quantized once to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn mul(self, ratio: Ratio, rounding: Rounding) -> Result<Self, Overflow> {
        mul_div(self.0.into(), ratio.0.into(), Ratio::SCALE.into(), rounding).map(Self)
    }

    /// `self ÷ ratio`, quantized once to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`], also when `ratio` is zero.
    pub fn div(self, ratio: Ratio, rounding: Rounding) -> Result<Self, Overflow> {
        mul_div(self.0.into(), Ratio::SCALE.into(), ratio.0.into(), rounding).map(Self)
    }

    /// `self × num ÷ den`, quantized once to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`], also when `den` is zero.
    #[inline]
    pub fn mul_div(self, num: i128, den: i128, rounding: Rounding) -> Result<Self, Overflow> {
        mul_div(self.0.into(), num, den, rounding).map(Self)
    }

    /// `self ÷ other` as a ratio, quantized to 10⁻⁹; `None` when `other` is zero or the result too large.
    #[must_use]
    #[inline]
    pub fn ratio_to(self, other: Self, rounding: Rounding) -> Option<Ratio> {
        mul_div(self.0.into(), Ratio::SCALE.into(), other.0.into(), rounding).map(Ratio).ok()
    }

    /// The same value as a decimal, for people and other programs.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::PLACES)
    }

    /// # Errors
    /// [`Overflow`] out of range; digits beyond 10⁻⁶ are an overflow too, never rounded away.
    pub fn from_decimal(value: Decimal) -> Result<Self, Overflow> {
        let micros = value.checked_mul(Decimal::from(Self::SCALE)).ok_or(Overflow)?;
        if !micros.fract().is_zero() {
            return Err(Overflow);
        }
        i64::try_from(micros.trunc().mantissa() / 10_i128.pow(micros.trunc().scale()))
            .map(Self)
            .map_err(|_| Overflow)
    }
}

impl Ratio {
    pub const SCALE: i64 = 1_000_000_000;
    pub const PLACES: u32 = 9;
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(Self::SCALE);

    #[must_use]
    #[inline]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    #[must_use]
    #[inline]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// # Errors
    /// See [`parse_fixed`].
    pub fn parse(text: &str) -> Result<Self, InvalidNumber> {
        parse_fixed(text, Self::PLACES).map(Self)
    }

    /// Parses `12.5%` without its percent sign: `12.5` is 0.125.
    ///
    /// # Errors
    /// See [`parse_fixed`]; a percent keeps 7 decimals.
    pub fn parse_percent(text: &str) -> Result<Self, InvalidNumber> {
        parse_fixed(text, Self::PLACES - 2).map(Self)
    }

    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, Self::PLACES)
    }

    /// `-4.8%`-style text with up to `places` decimals, rounded half-even for the eye only.
    #[must_use]
    pub fn to_percent_text(self, places: u32) -> String {
        let percent = Decimal::new(self.0, Self::PLACES - 2).round_dp(places);
        format!("{}%", percent.normalize())
    }
}

impl Money {
    #[must_use]
    pub const fn new(amount: Amount, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

impl std::fmt::Display for Amount {
    /// At least two decimals, more when the value has them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_fixed(f, self.0, Self::PLACES, 2)
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_fixed(f, self.0, Self::PLACES, 0)
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{} {}", self.amount, self.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let cost = Amount::parse("298.00").unwrap();
        let landed = cost.mul(Ratio::parse("1.006").unwrap(), Rounding::HalfEven).unwrap();
        assert_eq!(landed.to_string(), "299.788");
        assert_eq!(Amount::MAX.add(Amount::from_micros(1)), Err(Overflow));
        assert_eq!(Amount::from_decimal(Decimal::new(1, 7)), Err(Overflow));
        assert_eq!(Amount::from_decimal(Decimal::new(-12345, 2)).unwrap().to_string(), "-123.45");
        assert_eq!(Ratio::parse_percent("-4.8").unwrap().to_percent_text(1), "-4.8%");
    }
}

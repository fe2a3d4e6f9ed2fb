//! What a customer can pay.

use super::{Amount, Currency, Money, Overflow, Rounding};
use rust_decimal::Decimal;

/// A payable gross price: a positive whole number of minor units, per piece.
///
/// Only settling and checked conversions make one; an [`Amount`] in the middle of a calculation is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    minor: i64,
    currency: Currency,
}

impl Price {
    /// `None` unless `minor` is positive and the amount can be represented.
    #[must_use]
    #[inline]
    pub fn from_minor(minor: i64, currency: Currency) -> Option<Self> {
        let fits = minor.checked_mul(currency.micros_per_minor()).is_some();
        (0 < minor && fits).then_some(Self { minor, currency })
    }

    /// `None` unless the money is a positive whole number of minor units.
    #[must_use]
    #[inline]
    pub fn from_money(money: Money) -> Option<Self> {
        let unit = money.currency.micros_per_minor();
        let micros = money.amount.micros();
        (micros % unit == 0).then(|| Self::from_minor(micros / unit, money.currency)).flatten()
    }

    #[must_use]
    #[inline]
    pub fn minor(self) -> i64 {
        self.minor
    }

    #[must_use]
    #[inline]
    pub fn currency(self) -> Currency {
        self.currency
    }

    #[must_use]
    #[inline]
    pub fn amount(self) -> Amount {
        // Cannot overflow: checked when the price was made.
        Amount::from_micros(self.minor.saturating_mul(self.currency.micros_per_minor()))
    }

    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }
}

/// The number of whole minor units in `amount`, rounded as told.
///
/// # Errors
/// Never overflows for a valid amount; the type is shared with the other roundings.
#[inline]
pub(crate) fn to_minor(amount: Amount, currency: Currency, rounding: Rounding) -> Result<i64, Overflow> {
    let (micros, unit) = (amount.micros(), currency.micros_per_minor());
    let below = micros.div_euclid(unit);
    match rounding {
        Rounding::Down => Ok(below),
        Rounding::Up => Ok(below + i64::from(below * unit != micros)),
        Rounding::HalfEven => super::wide::mul_div(micros.into(), 1, unit.into(), rounding),
    }
}

impl std::fmt::Display for Price {
    /// The number alone, with the currency's digits: `379.99`, `1080.00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.to_decimal().to_string();
        f.pad(&text)
    }
}

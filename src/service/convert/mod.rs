//! Messages ↔ domain, exactly. A request is read whole: every violation is collected before any is reported.

mod decision;
mod request;

pub use decision::{decision, guard_id, rule_info, step};
pub use request::{Asked, Detail, Inline, Quote, read_facts, read_inline, read_offer, read_quote};

use super::proto;
use crate::money::{Amount, Currency, Money};

/// One field of a request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The path from the request, such as `item_facts.offers[2].price`.
    pub field: String,
    /// What is wrong, as the end of a sentence that starts with the field.
    pub why: String,
}

impl Invalid {
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// The last instant that is accepted: the end of the year 9998, so that every market's clock can show it.
const INSTANT_MAX: i64 = 253_370_764_799;
const NANOS_PER_MICRO: i32 = 1_000;
const NANOS_MAX: i32 = 999_999_999;

/// An amount with its currency, exactly.
///
/// # Errors
/// An unknown currency, units and nanos of different sign, more than six decimals, or an amount out of range.
pub fn read_money(money: &proto::Money) -> Result<Money, String> {
    let proto::Money { currency_code: code, units, nanos } = money;
    let currency = Currency::from_code(code).ok_or_else(|| {
        format!("has the currency code {code:?}, which is not an ISO 4217 code such as `EUR`")
    })?;
    if !(-NANOS_MAX..=NANOS_MAX).contains(nanos) {
        return Err(format!("has {nanos} nanos, outside -{NANOS_MAX} to {NANOS_MAX}"));
    }
    if units.signum() * i64::from(nanos.signum()) < 0 {
        return Err(format!("has {units} units and {nanos} nanos, which differ in sign"));
    }
    if nanos % NANOS_PER_MICRO != 0 {
        return Err("has more than 6 decimals, which are refused, not rounded".to_owned());
    }
    units
        .checked_mul(Amount::SCALE)
        .and_then(|micros| micros.checked_add(i64::from(nanos / NANOS_PER_MICRO)))
        .map(|micros| Money::new(Amount::from_micros(micros), currency))
        .ok_or_else(|| "is too large: at most 9,223,372,036,854 units are kept".to_owned())
}

#[must_use]
pub fn write_money(amount: Amount, currency: Currency) -> proto::Money {
    let micros = amount.micros();
    let nanos = (micros % Amount::SCALE) * i64::from(NANOS_PER_MICRO);
    proto::Money {
        currency_code: currency.code(),
        units: micros / Amount::SCALE,
        nanos: i32::try_from(nanos).unwrap_or(0), // below 10⁹ by the remainder
    }
}

/// Seconds since 1970; the fraction is dropped.
///
/// # Errors
/// An instant before 1970, after 9998, or with nanos that are not a fraction of a second.
pub fn read_instant(instant: &prost_types::Timestamp) -> Result<i64, String> {
    if !(0..=INSTANT_MAX).contains(&instant.seconds) {
        return Err(format!("is {} seconds from 1970, outside the years 1970 to 9998", instant.seconds));
    }
    if !(0..=NANOS_MAX).contains(&instant.nanos) {
        return Err(format!("has {} nanos, outside 0 to {NANOS_MAX}", instant.nanos));
    }
    Ok(instant.seconds)
}

#[must_use]
pub fn write_instant(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(code: &str, units: i64, nanos: i32) -> proto::Money {
        proto::Money { currency_code: code.to_owned(), units, nanos }
    }

    #[test]
    fn money_is_converted_exactly_or_refused() {
        for (units, nanos, text) in [
            (298, 500_000_000, "298.50 EUR"),
            (0, -1_000, "-0.000001 EUR"),
            (-3, -250_000_000, "-3.25 EUR"),
            (9_223_372_036_854, 775_807_000, "9223372036854.775807 EUR"),
        ] {
            let read = read_money(&money("EUR", units, nanos)).unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(write_money(read.amount, read.currency), money("EUR", units, nanos));
        }
        let least = read_money(&money("EUR", -9_223_372_036_854, -775_808_000)).unwrap();
        assert_eq!(least.amount, Amount::MIN);
        assert_eq!(write_money(least.amount, least.currency).nanos, -775_808_000);
        for (bad, why) in [
            (money("eur", 1, 0), "ISO 4217"),
            (money("", 1, 0), "ISO 4217"),
            (money("EUR", 1, -1_000), "sign"),
            (money("EUR", -1, 1_000), "sign"),
            (money("EUR", 0, 1_000_000_000), "nanos"),
            (money("EUR", 0, i32::MIN), "nanos"),
            (money("EUR", 0, 1), "6 decimals"),
            (money("EUR", 9_223_372_036_854, 775_808_000), "too large"),
            (money("EUR", i64::MAX, 0), "too large"),
            (money("EUR", i64::MIN, 0), "too large"),
        ] {
            assert!(read_money(&bad).unwrap_err().contains(why), "{bad:?}");
        }
    }

    #[test]
    fn instants_are_bounded() {
        let at = |seconds, nanos| read_instant(&prost_types::Timestamp { seconds, nanos });
        assert_eq!(at(1_763_460_000, 999_999_999), Ok(1_763_460_000));
        assert!(at(-1, 0).is_err() && at(i64::MAX, 0).is_err());
        assert!(at(0, -1).is_err() && at(0, 1_000_000_000).is_err());
    }
}

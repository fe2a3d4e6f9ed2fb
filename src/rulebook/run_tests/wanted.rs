//! Expected numbers: `379.99 EUR`, `> 30000 KZT`, `10 .. 20 EUR`, `6.1%`.

use crate::facts::{parse_money, parse_percent};
use crate::money::{Amount, Currency, Ratio};

/// What a number must be. Numbers are counts of 10⁻⁶ (money) or 10⁻⁹ (percents).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Equal when rounded to `unit`, the last digit that was written; or within the test's tolerance.
    Equal { value: i64, unit: i64 },
    /// Both ends included.
    Within { low: i64, high: i64 },
}

/// A number with what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub wanted: Wanted,
    /// `None` for a percent.
    pub currency: Option<Currency>,
}

impl Number {
    /// Digits that were not written are zeros.
    pub fn exactly(self) -> Self {
        match self.wanted {
            Wanted::Equal { value, .. } => Self { wanted: Wanted::Equal { value, unit: 1 }, ..self },
            Wanted::Within { .. } => self,
        }
    }
}

impl Wanted {
    pub fn accepts(&self, actual: i64, tolerance: Option<i64>) -> bool {
        match self {
            Self::Within { low, high } => (*low..=*high).contains(&actual),
            Self::Equal { value, unit } => match tolerance {
                Some(tolerance) => value.abs_diff(actual) <= tolerance.unsigned_abs(),
                None => round(actual, *unit) == i128::from(*value),
            },
        }
    }
}

/// Half-even to a multiple of `unit`.
fn round(value: i64, unit: i64) -> i128 {
    let (value, unit) = (i128::from(value), i128::from(unit.max(1)));
    let (down, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let up = match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => down.rem_euclid(2),
        std::cmp::Ordering::Greater => 1,
    };
    (down + up) * unit
}

/// Reads an expected amount or percent.
///
/// # Errors
/// What is wrong, in one sentence.
pub(super) fn parse(text: &str) -> Result<Number, String> {
    for (sign, open) in [("..=", 0), ("..", 1)] {
        if let Some((low, high)) = text.split_once(sign) {
            let (low, high) = (low.trim(), high.trim());
            let high = one(high)?;
            let low = one(low).or_else(|_| one(&format!("{low}{}", high.suffix())))?;
            low.same_unit(&high)?;
            return Ok(high.number(Wanted::Within { low: low.value, high: high.value.saturating_sub(open) }));
        }
    }
    let compared = [(">=", 0, true), ("<=", 0, false), (">", 1, true), ("<", 1, false)];
    for (sign, beyond, above) in compared {
        if let Some(rest) = text.strip_prefix(sign) {
            let limit = one(rest.trim())?;
            let wanted = match above {
                true => Wanted::Within { low: limit.value.saturating_add(beyond), high: i64::MAX },
                false => Wanted::Within { low: i64::MIN, high: limit.value.saturating_sub(beyond) },
            };
            return Ok(limit.number(wanted));
        }
    }
    let exact = one(text)?;
    let decimals = text.split([' ', '%']).next().and_then(|number| number.split_once('.'));
    let places = decimals.map_or(0, |(_, digits)| digits.len());
    // A percent of two more digits is the same share.
    let scale = if exact.currency.is_some() { Amount::PLACES } else { Ratio::PLACES - 2 };
    let places = u32::try_from(places).unwrap_or(scale).min(scale);
    let unit = 10_i64.pow(scale - places);
    Ok(exact.number(Wanted::Equal { value: exact.value, unit }))
}

/// A bare value with its unit.
struct One {
    value: i64,
    currency: Option<Currency>,
}

fn one(text: &str) -> Result<One, String> {
    if text.ends_with('%') {
        let value = parse_percent(text)?.nanos();
        return Ok(One { value, currency: None });
    }
    let money = parse_money(text)?;
    Ok(One { value: money.amount.micros(), currency: Some(money.currency) })
}

impl One {
    fn number(&self, wanted: Wanted) -> Number {
        Number { wanted, currency: self.currency }
    }

    fn suffix(&self) -> String {
        self.currency.map_or_else(|| "%".to_owned(), |currency| format!(" {currency}"))
    }

    fn same_unit(&self, other: &Self) -> Result<(), String> {
        match self.currency == other.currency {
            true => Ok(()),
            false => Err("both ends of a range need the same unit".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_written() {
        let accepts = |text: &str, actual: i64| parse(text).unwrap().wanted.accepts(actual, None);
        assert!(accepts("379.99 EUR", 379_990_000) && !accepts("379.99 EUR", 380_000_000));
        assert!(accepts("11.11 EUR", 11_114_999) && !accepts("11.11 EUR", 11_115_001));
        assert!(accepts("6.1%", 61_400_000) && !accepts("6.1%", 62_000_000));
        assert!(accepts("> 30000 KZT", 30_000_000_001) && !accepts("> 30000 KZT", 30_000_000_000));
        assert!(accepts(">= 5%", 50_000_000) && accepts("<= 5%", 50_000_000) && !accepts("< 5%", 50_000_000));
        assert!(accepts("10 .. 20 EUR", 10_000_000) && !accepts("10 .. 20 EUR", 20_000_000));
        assert!(accepts("10 EUR ..= 20 EUR", 20_000_000));
        assert!(parse("10 USD .. 20 EUR").is_err() && parse("380").is_err() && parse("> x").is_err());
        let near = parse("379.99 EUR").unwrap().wanted;
        assert!(near.accepts(380_000_000, Some(10_000)) && !near.accepts(380_000_001, Some(10_000)));
    }
}

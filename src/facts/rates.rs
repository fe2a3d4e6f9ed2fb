//! Exchange rates, as of when.

use super::Map;
use super::item::{BadField, FieldCode};
use super::text::parse_instant;
use crate::money::{Amount, Currency, Overflow, Ratio, Rounding};
use std::sync::Arc;

/// One row of the feed: one `base` is `rate` `quote`s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateRow {
    pub base: Currency,
    pub quote: Currency,
    pub rate: Ratio,
    pub as_of: i64,
}

/// The rate to use for one conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub rate: Ratio,
    /// The feed quotes the pair the other way round: divide.
    pub inverse: bool,
    pub as_of: i64,
    /// The rate before this one, for the jump test.
    pub last: Option<Ratio>,
}

/// All rates, each pair in the order of `as_of`; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    pairs: Arc<Map<Pair, Arc<Vec<RateRow>>>>,
}

/// Base and quote.
type Pair = (Currency, Currency);

/// One row as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct RateText<'a> {
    pub base: &'a str,
    pub quote: &'a str,
    pub rate: &'a str,
    pub as_of: &'a str,
}

/// Reads one row.
///
/// # Errors
/// Every bad field at once.
pub fn read_rate(text: RateText<'_>) -> Result<RateRow, Vec<BadField>> {
    let mut bad = Vec::new();
    let mut currency = |field: &'static str, code: &str| {
        Currency::from_code(code).or_else(|| {
            bad.push(BadField::new(field, FieldCode::Currency, code, "is not an ISO 4217 currency code"));
            None
        })
    };
    let (base, quote) = (currency("base", text.base), currency("quote", text.quote));
    let rate = match Ratio::parse(text.rate) {
        Ok(rate) if Ratio::ZERO < rate => Some(rate),
        Ok(_) => {
            bad.push(BadField::new("rate", FieldCode::OutOfRange, text.rate, "must be above zero"));
            None
        }
        Err(error) => {
            bad.push(BadField::new("rate", FieldCode::Number, text.rate, &format!("is {error}")));
            None
        }
    };
    let as_of = parse_instant(text.as_of)
        .map_err(|why| bad.push(BadField::new("as_of", FieldCode::Instant, text.as_of, &why)))
        .ok();
    match (base, quote, rate, as_of) {
        (Some(base), Some(quote), Some(rate), Some(as_of)) if bad.is_empty() => {
            Ok(RateRow { base, quote, rate, as_of })
        }
        _ => Err(bad),
    }
}

impl Rates {
    /// Rows in feed order: of two with the same pair and instant the later counts.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = RateRow>) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.insert(row));
        all
    }

    /// Adds one, or replaces that of the same pair and instant.
    pub fn insert(&mut self, row: RateRow) {
        let pairs = Arc::make_mut(&mut self.pairs);
        let known = Arc::make_mut(pairs.entry((row.base, row.quote)).or_default());
        let at = known.partition_point(|other| other.as_of <= row.as_of);
        match at.checked_sub(1).and_then(|before| known.get_mut(before)) {
            Some(same) if same.as_of == row.as_of => *same = row,
            _ => known.insert(at, row),
        }
    }

    /// Takes one away.
    pub fn forget(&mut self, base: Currency, quote: Currency, as_of: i64) {
        let pairs = Arc::make_mut(&mut self.pairs);
        if let Some(rows) = pairs.get_mut(&(base, quote)) {
            Arc::make_mut(rows).retain(|row| row.as_of != as_of);
        }
    }

    /// When the next rate of a pair, in either direction, will be known: the first `as_of` after `at`.
    #[must_use]
    pub fn next(&self, from: Currency, to: Currency, at: i64) -> Option<i64> {
        let first = |base, quote| {
            let rows = self.pairs.get(&(base, quote))?;
            rows.get(rows.partition_point(|row| row.as_of <= at)).map(|row| row.as_of)
        };
        match (first(from, to), first(to, from)) {
            (Some(direct), Some(inverse)) => Some(direct.min(inverse)),
            (direct, inverse) => direct.or(inverse),
        }
    }

    /// The newest rate known at `at` that turns `from` into `to`, the direct pair first, else the inverse.
    #[must_use]
    pub fn find(&self, from: Currency, to: Currency, at: i64) -> Option<Rate> {
        let newest = |base, quote, inverse| {
            let rows = self.pairs.get(&(base, quote))?;
            let known = rows.get(..rows.partition_point(|row| row.as_of <= at))?;
            let (row, earlier) = known.split_last()?;
            Some(Rate { rate: row.rate, inverse, as_of: row.as_of, last: earlier.last().map(|row| row.rate) })
        };
        newest(from, to, false).or_else(|| newest(to, from, true))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// All rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &RateRow> {
        self.pairs.values().flat_map(|rows| rows.iter())
    }
}

impl Rate {
    /// Converts, quantized half-even to 10⁻⁶.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn convert(&self, amount: Amount) -> Result<Amount, Overflow> {
        if self.inverse {
            amount.div(self.rate, Rounding::HalfEven)
        } else {
            amount.mul(self.rate, Rounding::HalfEven)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_known_rate_counts() {
        let row = |rate, as_of| read_rate(RateText { base: "EUR", quote: "KZT", rate, as_of }).unwrap();
        let rates = Rates::new([
            row("598.20", "2026-11-18T08:00:00Z"),
            row("596.40", "2026-11-17T08:00:00Z"),
            row("700", "2026-11-19T08:00:00Z"),
        ]);
        let (eur, kzt) = (Currency::from_code("EUR").unwrap(), Currency::from_code("KZT").unwrap());
        let at = parse_instant("2026-11-18T10:00:00Z").unwrap();
        let rate = rates.find(eur, kzt, at).unwrap();
        assert_eq!((rate.rate.to_string(), rate.last.unwrap().to_string()), ("598.2".into(), "596.4".into()));
        assert_eq!(rate.convert(Amount::parse("189").unwrap()).unwrap().to_string(), "113059.80");
        assert!(rates.find(kzt, eur, at).unwrap().inverse);
        assert_eq!(rates.find(eur, kzt, 0), None);
        assert!(
            read_rate(RateText { base: "eur", quote: "KZT", rate: "0", as_of: "x" }).unwrap_err().len() == 3
        );
    }
}

//! The prices that were in force, by item (decisions 14).

use super::Map;
use super::item::{BadField, FieldCode};
use super::schema::PRICE_KINDS;
use super::text::{parse_instant, parse_money};
use crate::money::{Amount, Currency, Money};
use smallvec::SmallVec;

/// What kind of price it is: limits on moves compare like with like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    #[default]
    Regular,
    Promo,
    Clearance,
}

/// A price in force in [`from`, `to`), seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub price: Money,
    pub kind: PriceKind,
    pub from: i64,
    /// `i64::MAX`: until the next one.
    pub to: i64,
    /// Shown to customers as a reduction.
    pub announced: bool,
}

/// One row as text; an empty text is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppliedText<'a> {
    pub price: &'a str,
    pub kind: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub announced: &'a str,
}

/// Price history by SKU, market and channel, each empty for all.
#[derive(Clone, Debug, Default)]
pub struct History {
    rows: Map<Box<str>, Vec<Row>>,
    /// Names of markets and channels, each once.
    names: Vec<Box<str>>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// Indices into the names.
    market: u16,
    channel: u16,
    applied: Applied,
}

/// The prices of one item in one place up to a moment: in order, and none after the start of the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    rows: SmallVec<[Applied; 8]>,
    at: i64,
}

impl PriceKind {
    pub const ALL: [Self; 3] = [Self::Regular, Self::Promo, Self::Clearance];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        PRICE_KINDS.get(self as usize).copied().unwrap_or("")
    }

    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Reads one row. A bare number takes `currency`, if the feed declares one.
///
/// # Errors
/// Every bad field at once.
pub fn read_applied(text: AppliedText<'_>, currency: Option<Currency>) -> Result<Applied, Vec<BadField>> {
    let mut bad = Vec::new();
    let mut wrong =
        |field: &'static str, code, value: &str, why: &str| bad.push(BadField::new(field, code, value, why));
    let money = match currency {
        Some(currency) if !text.price.contains(' ') => Amount::parse(text.price)
            .map(|amount| Money::new(amount, currency))
            .map_err(|error| format!("`{}` is {error}", text.price)),
        _ => parse_money(text.price),
    };
    let price = match money {
        _ if text.price.is_empty() => {
            wrong("price", FieldCode::Missing, "", "is missing and not optional");
            None
        }
        Ok(price) if Amount::ZERO < price.amount => Some(price),
        Ok(_) => {
            wrong("price", FieldCode::OutOfRange, text.price, "must be above zero");
            None
        }
        Err(why) => {
            wrong("price", FieldCode::Money, text.price, &why);
            None
        }
    };
    let kind = match text.kind {
        "" => Some(PriceKind::Regular),
        word => PriceKind::from_text(word).or_else(|| {
            let why = format!("is not one of {}", PRICE_KINDS.join(", "));
            wrong("kind", FieldCode::UnknownValue, word, &why);
            None
        }),
    };
    let mut instant = |field, text: &str| match parse_instant(text) {
        Ok(at) => Some(at),
        Err(why) => {
            wrong(field, FieldCode::Instant, text, &why);
            None
        }
    };
    let (from, to) = match (text.from, text.to) {
        ("", _) => {
            wrong("from", FieldCode::Missing, "", "is missing and not optional");
            (None, None)
        }
        (from, "") => (instant("from", from), Some(i64::MAX)),
        (from, to) => (instant("from", from), instant("to", to)),
    };
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        wrong("to", FieldCode::OutOfRange, text.to, "must be after `from`");
    }
    let announced = match text.announced {
        "" | "no" => false,
        "yes" => true,
        word => {
            wrong("announced", FieldCode::Text, word, "is neither `yes` nor `no`");
            false
        }
    };
    match (price, kind, from, to) {
        (Some(price), Some(kind), Some(from), Some(to)) if bad.is_empty() => {
            Ok(Applied { price, kind, from, to, announced })
        }
        _ => Err(bad),
    }
}

impl History {
    /// Adds a row; an empty market or channel is every one.
    pub fn add(&mut self, sku: &str, market: &str, channel: &str, applied: Applied) {
        let (market, channel) = (self.name(market), self.name(channel));
        self.count += 1;
        self.rows.entry(sku.into()).or_default().push(Row { market, channel, applied });
    }

    fn name(&mut self, name: &str) -> u16 {
        let known = self.names.iter().position(|known| **known == *name);
        let at = known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// What was in force for an item in a place, as far as it is known at `at` (decisions 14.2).
    #[must_use]
    pub fn timeline(&self, sku: &str, market: &str, channel: &str, currency: Currency, at: i64) -> Timeline {
        let name = |index: u16| self.names.get(usize::from(index)).map_or("", AsRef::as_ref);
        let fits =
            |index: u16, wanted: &str| matches!(name(index), name if name.is_empty() || name == wanted);
        let mut rows: SmallVec<[Applied; 8]> = SmallVec::new();
        for row in self.rows.get(sku).into_iter().flatten() {
            let Applied { from, price, .. } = row.applied;
            let known = from <= at && price.currency == currency;
            if !known || !fits(row.market, market) || !fits(row.channel, channel) {
                continue;
            }
            let place = rows.partition_point(|other| other.from <= from);
            match place.checked_sub(1).and_then(|before| rows.get_mut(before)) {
                Some(same) if same.from == from => *same = row.applied,
                _ => rows.insert(place, row.applied),
            }
        }
        let mut next = i64::MAX;
        for row in rows.iter_mut().rev() {
            row.to = row.to.min(next);
            next = row.from;
        }
        Timeline { rows, at }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Timeline {
    /// The price in force now.
    #[must_use]
    pub fn in_force(&self) -> Option<&Applied> {
        self.rows.last().filter(|row| self.at < row.to)
    }

    /// The rows in force at some moment of [`from`, `to`).
    pub fn between(&self, from: i64, to: i64) -> impl Iterator<Item = &Applied> {
        self.rows.iter().filter(move |row| row.from < to && from < row.to)
    }

    /// The first row of the unbroken chain that ends with the one in force, and the row before the chain.
    pub fn chain(&self, linked: impl Fn(&Applied, &Applied) -> bool) -> Option<(&Applied, Option<&Applied>)> {
        self.in_force()?;
        let mut rows = self.rows.iter().rev();
        let mut first = rows.next()?;
        for earlier in rows {
            if earlier.to != first.from || !linked(earlier, first) {
                return Some((first, Some(earlier)));
            }
            first = earlier;
        }
        Some((first, None))
    }

    /// Since when `current` is in force without a break; none if history does not know that price.
    #[must_use]
    pub fn since(&self, current: Amount) -> Option<i64> {
        self.in_force().filter(|row| row.price.amount == current)?;
        let same = |a: &Applied, b: &Applied| a.price == b.price && a.kind == b.kind;
        self.chain(same).map(|(first, _)| first.from)
    }

    /// The price from before the running clearance; without one, the price in force.
    #[must_use]
    pub fn before_clearance(&self) -> Option<Amount> {
        let row = self.in_force()?;
        if row.kind != PriceKind::Clearance {
            return Some(row.price.amount);
        }
        let both =
            |a: &Applied, b: &Applied| a.kind == PriceKind::Clearance && b.kind == PriceKind::Clearance;
        self.chain(both)?.1.map(|row| row.price.amount)
    }

    /// When the announced reduction that runs now began.
    #[must_use]
    pub fn reduced_since(&self) -> Option<i64> {
        self.in_force().filter(|row| row.announced)?;
        self.chain(|a, b| a.announced && b.announced).map(|(first, _)| first.from)
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;

//! Price history: which price was in force when (decisions 14).

use super::cell::Value;
use super::num::{self, Q};
use super::text;
use super::{CaseInput, HistoryText};
use jiff::Timestamp;

/// A price that was in force in [`from`, `to`); no `to` is "until now and on".
#[derive(Clone, Debug)]
pub struct Row {
    pub price: Q,
    pub kind: String,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub announced: bool,
}

impl Row {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// What was in force in one place, in rising order of `from` (decisions 14.2).
#[derive(Clone, Debug, Default)]
pub struct History(pub Vec<Row>);

impl History {
    pub fn of(case: &CaseInput, currency: &str, at: Timestamp) -> History {
        let mut rows: Vec<Row> = Vec::new();
        for (row, of) in case.history.iter().filter(|row| here(row, case)).filter_map(read) {
            if of == currency && row.from <= at {
                // Of rows with the same `from` the later in the file counts.
                rows.retain(|other| other.from != row.from);
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| row.from);
        let starts: Vec<Timestamp> = rows.iter().skip(1).map(|row| row.from).collect();
        for (row, next) in rows.iter_mut().zip(starts) {
            row.to = Some(row.to.map_or(next, |to| to.min(next)));
        }
        History(rows)
    }

    /// The row in force at a moment, by its place in the list.
    pub fn in_force(&self, at: Timestamp) -> Option<usize> {
        self.0.iter().rposition(|row| row.holds(at))
    }

    /// The earliest row of the unbroken chain that ends with row `last`: each ends where the next starts.
    pub fn chain(&self, last: usize, belongs: impl Fn(&Row) -> bool) -> usize {
        let mut first = last;
        while first > 0 {
            let before = &self.0[first - 1];
            if before.to != Some(self.0[first].from) || !belongs(before) {
                break;
            }
            first -= 1;
        }
        first
    }

    /// Since when the current price is in force, if the history knows it (decisions 14.3).
    pub fn since(&self, current: &Q, at: Timestamp) -> Option<Timestamp> {
        let last = self.in_force(at).filter(|row| self.0[*row].price == *current)?;
        let kind = &self.0[last].kind;
        let first = self.chain(last, |row| row.price == *current && row.kind == *kind);
        Some(self.0[first].from)
    }

    /// The base of a markdown (decisions 17.2).
    pub fn base(&self, at: Timestamp) -> Option<Q> {
        let clearance = |row: &Row| row.kind == "clearance";
        let last = self.in_force(at)?;
        if !clearance(&self.0[last]) {
            return Some(self.0[last].price.clone());
        }
        let before = self.chain(last, clearance).checked_sub(1)?;
        Some(self.0[before].price.clone())
    }

    /// The lowest price of the `days` before the reduction started (decisions 14.7).
    pub fn reference(&self, days: i64, at: Timestamp) -> Option<Q> {
        let start = match self.in_force(at) {
            Some(last) if self.0[last].announced => self.0[self.chain(last, |row| row.announced)].from,
            _ => at,
        };
        let opens = start - jiff::SignedDuration::from_hours(24 * days);
        let inside = self.0.iter().filter(|row| row.from < start && row.to.is_none_or(|to| to > opens));
        inside.map(|row| row.price.clone()).min()
    }

    /// The prices of kind regular that were in force within `per` before `at` (decisions 14.6).
    pub fn regular_within(&self, per: &Q, at: Timestamp) -> Vec<Q> {
        let young = |row: &&Row| row.to.is_none_or(|to| text::seconds_between(to, at) < *per);
        let regular = self.0.iter().filter(|row| row.kind == "regular");
        regular.filter(young).map(|row| row.price.clone()).collect()
    }
}

/// An empty market is every market of the price's currency, an empty channel every channel.
fn here(row: &HistoryText, case: &CaseInput) -> bool {
    let named = |word: &str, own: &str| word.is_empty() || word == own;
    named(&row.market, &case.market) && named(&row.channel, &case.channel)
}

/// The row and its currency; none for a row in quarantine (decisions 14.1).
fn read(row: &HistoryText) -> Option<(Row, String)> {
    let (price, currency) = text::money(&row.price).filter(|(price, _)| *price > num::zero())?;
    let from = text::instant(&row.from)?;
    let to = if row.to.is_empty() { None } else { Some(text::instant(&row.to)?) };
    let kind = if row.kind.is_empty() { "regular" } else { &row.kind };
    let known = ["regular", "promo", "clearance"].contains(&kind);
    let announced = match row.announced.as_str() {
        "yes" => true,
        "no" | "" => false,
        _ => return None,
    };
    let right = known && to.is_none_or(|to| to > from);
    right.then(|| (Row { price, kind: kind.into(), from, to, announced }, currency))
}

/// The kind of a price that is kept as it is (decisions 14.8).
pub fn kind_of(values: &std::collections::BTreeMap<String, Value>) -> String {
    match values.get("price_kind") {
        Some(Value::Text(kind)) => kind.clone(),
        _ => "regular".into(),
    }
}

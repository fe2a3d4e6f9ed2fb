//! Stock as it was last reported, over what the items themselves say.

use super::item::stock_cover;
use super::{Item, Shelf, Value, builtin};

/// Stock reports by SKU; a SKU may have reports for single markets or channels.
#[derive(Clone, Debug, Default)]
pub struct StockBook {
    rows: Shelf<Vec<StockRow>>,
}

/// One report, in the units of [`Value::Count`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRow {
    /// Empty: all.
    pub market: Box<str>,
    pub channel: Box<str>,
    pub units: Option<i64>,
    pub per_day: Option<i64>,
    /// Seconds since 1970.
    pub known_at: Option<i64>,
}

impl StockBook {
    /// Adds or replaces the report for the same SKU, market and channel.
    pub fn put(&mut self, sku: &str, row: StockRow) {
        let rows = self.rows.entry(sku);
        match rows.iter_mut().find(|known| known.market == row.market && known.channel == row.channel) {
            Some(known) => *known = row,
            None => rows.push(row),
        }
    }

    pub fn remove(&mut self, sku: &str, market: &str, channel: &str) {
        let Some(rows) = self.rows.get(sku) else { return };
        let is_other = |row: &&StockRow| *row.market != *market || *row.channel != *channel;
        let rest: Vec<StockRow> = rows.iter().filter(is_other).cloned().collect();
        match rest.is_empty() {
            true => self.rows.remove(sku),
            false => *self.rows.entry(sku) = rest,
        }
    }

    /// The report for a place, chosen as an item's row is.
    #[must_use]
    pub fn get(&self, sku: &str, market: &str, channel: &str) -> Option<&StockRow> {
        if self.rows.is_empty() {
            return None;
        }
        super::book::for_place(self.rows.get(sku)?.iter(), market, channel, |row| (&row.market, &row.channel))
    }
}

impl Item {
    /// Takes the stock that was reported; how long it lasts follows from that.
    pub(super) fn report_stock(&mut self, stock: &StockRow) {
        let given = [(builtin::STOCK_UNITS, stock.units), (builtin::UNITS_PER_DAY, stock.per_day)];
        for (id, count) in given {
            if let Some(count) = count {
                self.set(id, Value::Count(count));
            }
        }
        let cover = match (self.value(builtin::STOCK_UNITS), self.value(builtin::UNITS_PER_DAY)) {
            (Value::Count(units), Value::Count(per_day)) => stock_cover(units, per_day),
            _ => None,
        };
        self.set(builtin::STOCK_COVER, cover.map_or(Value::Missing, Value::Count));
    }
}

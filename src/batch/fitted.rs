//! The elasticities that `pricer fit` wrote, as pricing reads them: whole or not at all.
//!
//! A program wrote the file, so that one bad row is no slip of one row but a sign that it is not what it seems.

use super::run::BLOCK_ROWS;
use super::source::{Block, Source};
use super::texts::Texts;
use super::{BatchError, Columns};
use crate::facts::{Estimate, Estimates, Kind};
use crate::money::{Amount, Currency, Money, Ratio, Rounding};
use crate::pricing::Release;
use crate::rulebook::fingerprint;
use std::collections::HashSet;
use std::path::Path;

/// What is read, and what must be there. All else in the file is for people.
const COLUMNS: [(&str, Kind); 9] = [
    ("sku", Kind::Id),
    ("shrunk_estimate", Kind::Number),
    ("shrunk_se", Kind::Number),
    ("weeks", Kind::Number),
    ("elasticity_price", Kind::Number),
    ("observed_low", Kind::Number),
    ("observed_high", Kind::Number),
    ("market", Kind::Text),
    ("currency", Kind::Text),
];
const NEEDED: usize = 7;

/// Reads fitted elasticities. An item that its history does not identify has none, and its own columns count.
///
/// # Errors
/// A file that cannot be read, lacks columns, has a row that is wrong, or is not the one that the release is named by.
pub fn load_estimates(path: &Path, release: &Release) -> Result<Estimates, BatchError> {
    let meaning = |header: &str| {
        COLUMNS.iter().find(|(name, _)| *name == header).map(|(name, kind)| ((*name).to_owned(), *kind))
    };
    let mut source = Source::open(path, BLOCK_ROWS, meaning)?;
    source.columns.need(path, &COLUMNS.map(|(name, _)| name)[..NEEDED])?;
    let columns = source.columns.clone();
    let mut book = Estimates::default();
    let mut known = HashSet::new();
    while let Some(Block { batch, lines, broken, .. }) = source.next()? {
        let texts = Texts::new(path, &batch, &columns)?;
        let wrong = |line: u64, why: String| BatchError::columns(path, format!("row {line}: {why}"));
        if let Some(row) = broken.first() {
            return Err(wrong(row.line, row.bad.message.to_string()));
        }
        for (row, line) in lines.iter().enumerate() {
            let read = Reader { texts: &texts, columns: &columns, row, release };
            let (sku, market, estimate) = read.row().map_err(|why| wrong(*line, why))?;
            if !known.insert((sku.to_owned(), market.to_owned())) {
                return Err(wrong(*line, format!("`{sku}` is there twice for the same market")));
            }
            if let Some(estimate) = estimate {
                book.put(sku, market, estimate);
            }
        }
    }
    let is = fingerprint(path).map_err(|why| BatchError::io(path, why))?;
    if release.elasticities.as_ref().is_some_and(|named| *named != is) {
        return Err(BatchError::io(path, "was replaced while the rulebook was read: run it again"));
    }
    Ok(book)
}

/// One row.
struct Reader<'a> {
    texts: &'a Texts,
    columns: &'a Columns,
    row: usize,
    release: &'a Release,
}

impl<'a> Reader<'a> {
    fn cell(&self, name: &str) -> &'a str {
        self.texts.cell(self.columns.find(name), self.row)
    }

    fn row(&self) -> Result<(&'a str, &'a str, Option<Estimate>), String> {
        if let Some(bad) = self.texts.bad(self.row).next() {
            return Err(format!("`{}` is `{}`, which {}", bad.field, bad.value, bad.message));
        }
        let (sku, market) = (self.cell("sku"), self.cell("market"));
        if sku.is_empty() {
            return Err("`sku` is missing".to_owned());
        }
        if !market.is_empty() && !self.release.places.iter().any(|place| *place.market == *market) {
            let why = "is no market of the rulebook: fit again with sales of its markets, under their names";
            return Err(format!("`{market}` {why}"));
        }
        let (elasticity, error) = (self.number("shrunk_estimate")?, self.number("shrunk_se")?);
        if elasticity.is_none() {
            return Ok((sku, market, None));
        }
        if error.is_none_or(|error| error < Ratio::ZERO) {
            return Err("an estimate needs its error, `shrunk_se`, of zero or more".to_owned());
        }
        let estimate = Estimate {
            elasticity,
            error,
            price: self.price("elasticity_price", market)?,
            sales_weeks: self.number("weeks")?,
            observed_low: self.price("observed_low", market)?,
            observed_high: self.price("observed_high", market)?,
        };
        let range = estimate.observed_low.zip(estimate.observed_high);
        if range.is_some_and(|(low, high)| high.amount < low.amount) {
            return Err("`observed_low` is above `observed_high`".to_owned());
        }
        Ok((sku, market, Some(estimate)))
    }

    fn number(&self, name: &str) -> Result<Option<Ratio>, String> {
        match self.cell(name) {
            "" => Ok(None),
            text => Ratio::parse(text).map(Some).map_err(|error| format!("`{name}` is `{text}`: {error}")),
        }
    }

    /// A price in the currency of the row, else of its market, else of all markets.
    fn price(&self, name: &str, market: &str) -> Result<Option<Money>, String> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let amount = Amount::from_micros(Amount::SCALE).mul(number, Rounding::HalfEven);
        let amount = amount.ok().filter(|amount| Amount::ZERO < *amount);
        let amount = amount.ok_or_else(|| format!("`{name}` is not a price above zero"))?;
        Ok(Some(Money { amount, currency: self.currency(market)? }))
    }

    fn currency(&self, market: &str) -> Result<Currency, String> {
        let written = self.cell("currency");
        if !written.is_empty() {
            return Currency::from_code(written).ok_or_else(|| format!("`{written}` is not a currency"));
        }
        let here = |place: &&crate::pricing::Place| market.is_empty() || *place.market == *market;
        let mut all = self.release.places.iter().filter(here).map(|place| place.currency);
        let first = all.next().ok_or("the rulebook sells nowhere")?;
        match all.all(|other| other == first) {
            true => Ok(first),
            false => Err("its prices name no currency, and the markets have several: fit again with `--currency EUR`, or \
                 with a column `market` in the sales"
                .to_owned()),
        }
    }
}

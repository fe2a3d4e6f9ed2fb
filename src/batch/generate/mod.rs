//! Catalogs of any size that nobody has to invent: for benchmarks, and for those who try the tool.
//!
//! The rows fit the rulebook: its attributes and their kinds, closed values, the categories, brands, tags and SKUs
//! that its rules mention (and others), its markets, rivals and currencies. They are skewed as shops are: few
//! articles sell most, few categories hold most, costs are log-normal, prices end in 99.
//!
//! Row *n* is a function of (rulebook, seed, time, *n*) alone, computed in integers: the same on any machine and for
//! any number of threads; a longer feed begins with the shorter one; and offers and sales are of the very articles
//! that items lists. Memory is constant.

mod cell;
mod dice;
mod faults;
mod feeds;
mod items;
mod sheet;
mod shop;

#[cfg(test)]
mod tests;

use super::reprice::CANCEL_ROWS;
use super::{BLOCK_ROWS, BatchError, Counts, Format};
use crate::money::Ratio;
use crate::pricing::Release;
use cell::Row;
pub use dice::Dice;
use rayon::prelude::*;
use std::path::Path;

/// Which feed is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeFeed {
    Items,
    Offers,
    Rates,
    /// Weekly sales with known elasticities: what estimation should find again.
    Sales,
}

/// What is made.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    pub release: &'a Release,
    pub feed: MadeFeed,
    pub rows: u64,
    pub seed: u64,
    /// The time that offers and rates are recent at.
    pub at: i64,
    /// Only this market, or all in turn.
    pub market: Option<&'a str>,
    /// The share of items that are bad, each in one way.
    pub bad: Ratio,
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    pub rows: u64,
    /// Bad rows by the code that they are quarantined under.
    pub bad: Counts,
}

/// Writes a feed, CSV or Parquet by the ending of `out`; the file has its name when it is whole.
///
/// # Errors
/// A market that the rulebook does not have, `bad` for another feed than items, a file that cannot be written.
pub fn generate(recipe: &Recipe<'_>, out: &Path) -> Result<Made, BatchError> {
    let format = Format::of(out)?;
    if recipe.bad != Ratio::ZERO && recipe.feed != MadeFeed::Items {
        return Err(BatchError::Usage("`--bad` is for items only".into()));
    }
    let shop = shop::Shop::new(recipe.release, recipe.seed, recipe.at, recipe.market)?;
    let items = items::Items::new(&shop);
    let faults = faults::Faults::new(&shop, &items, format, recipe.bad);
    let good = |row: Row| (row, None);
    let (heads, row): (_, Box<dyn Fn(u64) -> _ + Sync>) = match recipe.feed {
        MadeFeed::Items => (items.heads(), Box::new(|row| faults.row(row))),
        MadeFeed::Offers => (feeds::offer_heads(), Box::new(|row| good(feeds::offer(&shop, row)))),
        MadeFeed::Rates => (feeds::rate_heads(), Box::new(|row| good(feeds::rate(&shop, row, recipe.rows)))),
        MadeFeed::Sales => (feeds::sales_heads(), Box::new(|row| good(feeds::sale(&shop, row)))),
    };
    let mut sheet = sheet::Sheet::create(out, heads)?;
    let mut made = Made { rows: recipe.rows, bad: Counts::new() };
    let mut next = 0;
    while next < recipe.rows {
        let count = BLOCK_ROWS.min(usize::try_from(recipe.rows - next).unwrap_or(BLOCK_ROWS));
        let block = (0..count).into_par_iter().with_min_len(CANCEL_ROWS);
        let rows: Vec<_> = block.map(|at| row(next + at as u64)).collect();
        for code in rows.iter().filter_map(|(_, code)| *code) {
            *made.bad.entry(code.as_str().into()).or_default() += 1;
        }
        let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
        sheet.write(&rows)?;
        next += count as u64;
    }
    sheet.publish()?;
    Ok(made)
}

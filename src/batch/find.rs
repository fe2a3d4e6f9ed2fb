//! One item of a file, with the texts it was read from: what an explanation shows.

use super::BatchError;
use super::columns::item_meaning;
use super::rows::item_reader;
use super::run::BLOCK_ROWS;
use super::source::Source;
use super::texts::Texts;
use crate::facts::{BadField, ItemRow};
use crate::pricing::Release;
use std::collections::BTreeMap;
use std::path::Path;

/// An item and its texts by attribute.
pub type FoundItem = Result<(ItemRow, BTreeMap<String, String>), Vec<BadField>>;

/// Looks for the row of `sku` that holds in a market and channel: the most particular one, and the first of those.
///
/// # Errors
/// A file that cannot be read or lacks columns. The inner error lists what is bad in the row that was found.
pub fn find_item(
    path: &Path,
    release: &Release,
    sku: &str,
    market: &str,
    channel: &str,
) -> Result<Option<FoundItem>, BatchError> {
    let mut source = Source::open(path, BLOCK_ROWS, |header| item_meaning(release, header))?;
    let reader = item_reader(release, path, &source.columns)?;
    let columns = source.columns.clone();
    let [sku_at, market_at, channel_at] = ["sku", "market", "channel"].map(|name| columns.find(name));
    let mut best: Option<(u8, FoundItem)> = None;
    while let Some(block) = source.next()? {
        let texts = Texts::new(path, &block.batch, &columns)?;
        for row in 0..block.lines.len() {
            let (own_market, own_channel) = (texts.cell(market_at, row), texts.cell(channel_at, row));
            let here = |own: &str, asked: &str| own.is_empty() || own == asked;
            if texts.cell(sku_at, row) != sku || !here(own_market, market) || !here(own_channel, channel) {
                continue;
            }
            let rank = 2 * u8::from(!own_market.is_empty()) + u8::from(!own_channel.is_empty());
            if best.as_ref().is_some_and(|(known, _)| rank <= *known) {
                continue;
            }
            let facts = columns
                .iter()
                .zip(texts.row(row))
                .map(|(column, text)| (column.name.to_string(), text.to_owned()));
            let bad: Vec<BadField> = texts.bad(row).cloned().collect();
            let read = if bad.is_empty() { reader.read(texts.row(row)) } else { Err(bad) };
            best = Some((rank, read.map(|item| (item, facts.collect()))));
        }
    }
    Ok(best.map(|(_, found)| found))
}

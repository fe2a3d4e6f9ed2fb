//! The items feed in memory: read column by column, as a run reads it, and kept small.

use super::columns::item_meaning;
use super::reach::Reach;
use super::rows::item_reader;
use super::run::BLOCK_ROWS;
use super::source::{Block, Source};
use super::texts::Texts;
use super::values::Values;
use super::{BatchError, Columns, EarlierFeed, FeedKind, Quarantined};
use crate::facts::{BadField, FieldCode, Item, ItemBook, ItemReader, Value};
use crate::pricing::Release;
use arrow_array::UInt64Array;
use std::path::Path;

/// Loads items. Of two rows of one SKU for the same market and channel the first counts, the second is quarantined.
///
/// # Errors
/// A file that cannot be read or lacks columns.
pub fn load_items(path: &Path, release: &Release) -> Result<(ItemBook, EarlierFeed), BatchError> {
    let mut source = Source::open(path, BLOCK_ROWS, |header| item_meaning(release, header))?;
    let columns = source.columns.clone();
    let reader = item_reader(release, path, &columns)?;
    let [sku, market, channel] = ["sku", "market", "channel"].map(|name| columns.find(name));
    let mut loading = Loading {
        path,
        blank: reader.blank(),
        reader,
        reach: Reach::new(release, None, None)?,
        sku,
        market,
        channel,
        book: ItemBook::default(),
        quarantined: Vec::new(),
    };
    let mut rows = 0;
    while let Some(block) = source.next()? {
        rows += (block.lines.len() + block.broken.len()) as u64;
        loading.take(&columns, block)?;
    }
    let Loading { book, quarantined, .. } = loading;
    let ignored = columns.ignored(&[]);
    let (feed, path, strangers) = (FeedKind::Items, path.to_owned(), Vec::new());
    Ok((book, EarlierFeed { feed, path, rows, quarantined, ignored, strangers }))
}

struct Loading<'a> {
    path: &'a Path,
    reader: ItemReader<'a>,
    /// The values of an item without cells.
    blank: Box<[Value]>,
    reach: Reach,
    sku: Option<usize>,
    market: Option<usize>,
    channel: Option<usize>,
    book: ItemBook,
    quarantined: Vec<Quarantined>,
}

impl Loading<'_> {
    fn take(&mut self, columns: &Columns, block: Block) -> Result<(), BatchError> {
        let Block { batch, lines, broken, .. } = block;
        let values = Values::new(&self.reader, self.path, &batch, columns, &self.blank)?;
        let odd: Vec<u64> = values.odd().map(|row| row as u64).collect();
        let odd_rows = arrow_select::take::take_record_batch(&batch, &UInt64Array::from(odd))?;
        let texts = Texts::new(self.path, &odd_rows, columns)?;
        let (first, mut odd, mut room) = (self.quarantined.len(), 0.., Item::blank(self.blank.clone()));
        for (at, line) in lines.iter().enumerate() {
            let done = match values.is_odd(at) {
                true => self.odd(&texts, odd.next().unwrap_or(usize::MAX)),
                false => {
                    let cell = |column| values.text(column, at);
                    values.fill(&mut room, cell(self.sku), at);
                    self.put(&room, cell(self.market), cell(self.channel), Vec::new())
                }
            };
            if let Err((sku, bad)) = done {
                self.quarantined.push(Quarantined::new(FeedKind::Items, *line, &sku, bad, 0));
            }
        }
        let broken = broken.into_iter();
        let broken = broken.map(|row| Quarantined::broken(FeedKind::Items, row, 0));
        self.quarantined.extend(broken);
        if let Some(new) = self.quarantined.get_mut(first..) {
            new.sort_by_key(|row| row.line);
        }
        Ok(())
    }

    /// A row that has to be read from its texts.
    fn odd(&mut self, texts: &Texts, row: usize) -> Result<(), (Box<str>, Vec<BadField>)> {
        let cell = |column| texts.cell(column, row);
        let (market, channel) = (cell(self.market), cell(self.channel));
        let mut bad: Vec<BadField> = texts.bad(row).cloned().collect();
        match self.reader.read(texts.row(row)) {
            Ok(read) => self.put(&read.item, market, channel, bad),
            Err(others) => {
                bad.extend(self.misplaced(market, channel));
                bad.extend(others);
                Err((cell(self.sku).into(), bad))
            }
        }
    }

    fn misplaced(&self, market: &str, channel: &str) -> Option<BadField> {
        self.reach.find(market, channel).is_none().then(|| {
            let value = format!("{market}/{channel}");
            BadField::new("market", FieldCode::UnknownPlace, &value, "is no place of the rulebook")
        })
    }

    /// Keeps an item of which nothing else is bad.
    fn put(
        &mut self,
        item: &Item,
        market: &str,
        channel: &str,
        mut bad: Vec<BadField>,
    ) -> Result<(), (Box<str>, Vec<BadField>)> {
        bad.extend(self.misplaced(market, channel));
        if bad.is_empty() && !self.book.add(item, market, channel) {
            let why = "an earlier row gives this item here";
            bad.push(BadField::new("sku", FieldCode::Duplicate, &item.sku, why));
        }
        if bad.is_empty() { Ok(()) } else { Err((item.sku.as_str().into(), bad)) }
    }
}

//! The rows of a block, read: good ones with the places they are priced in, bad ones with their reasons.

use super::quarantine::Broken;
use super::reprice::CANCEL_ROWS;
use super::seen::Seen;
use super::source::Block;
use super::texts::Texts;
use super::values::Values;
use super::{BatchError, Columns, FeedKind, Job, Quarantined};
use crate::facts::{BadField, FieldCode, Item, ItemReader, ItemRow, Kind, Value};
use crate::pricing::Release;
use arrow_array::UInt64Array;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The rows of a block, read.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub rows: Vec<ParsedRow<'a>>,
    pub quarantined: Vec<Quarantined>,
    /// How many rows are for places that were not asked for.
    pub elsewhere: u64,
    /// How many rows the block has.
    pub count: u64,
    /// The cells of rows that have no item of their own.
    pub values: Values,
    /// The values of an item without cells.
    blank: Box<[Value]>,
    sku: Option<usize>,
    pub vat_class: Option<usize>,
}

/// One good row and the places it is priced in.
#[derive(Debug)]
pub(super) struct ParsedRow<'a> {
    pub line: u64,
    /// Its place in the block.
    pub at: usize,
    /// Of the SKU, with the key of the run.
    hash: u64,
    pub places: &'a [u16],
    /// Places that an earlier row of the same SKU has taken.
    pub again: Vec<u16>,
    /// If the row was read from its texts.
    pub item: Option<Box<ItemRow>>,
}

enum Read<'a> {
    Row(ParsedRow<'a>),
    Bad(Quarantined),
    /// A row for a place that was not asked for.
    Elsewhere,
}

/// Reads the odd rows of one block, cell by cell.
struct Rows<'a> {
    job: &'a Job<'a>,
    reader: ItemReader<'a>,
    texts: Texts,
    sku: Option<usize>,
    market: Option<usize>,
    channel: Option<usize>,
}

impl Job<'_> {
    /// Reads the rows of a block. Once cancelled it gives no rows: [`Job::price`] then says so.
    pub(super) fn parse(
        &self,
        path: &Path,
        columns: &Columns,
        block: Block,
        cancel: &AtomicBool,
    ) -> Result<Parsed<'_>, BatchError> {
        let [sku, market, channel, vat_class] =
            ["sku", "market", "channel", "vat_class"].map(|name| columns.find(name));
        let reader = item_reader(self.release, path, columns)?;
        let blank = reader.blank();
        let values = Values::new(&reader, path, &block.batch, columns, &blank)?;
        let mut parsed = Parsed {
            rows: Vec::with_capacity(block.lines.len()),
            quarantined: Vec::new(),
            elsewhere: 0,
            count: (block.lines.len() + block.broken.len()) as u64,
            blank,
            values,
            sku,
            vat_class,
        };
        let odd: Vec<u64> = parsed.values.odd().map(|row| row as u64).collect();
        let odd_rows = arrow_select::take::take_record_batch(&block.batch, &UInt64Array::from(odd))?;
        let texts = Texts::new(path, &odd_rows, columns)?;
        let rows = Rows { job: self, reader, texts, sku, market, channel };
        let mut odd = 0..;
        for (at, line) in block.lines.iter().enumerate() {
            if at % CANCEL_ROWS == 0 && cancel.load(Ordering::Relaxed) {
                parsed.rows.clear();
                return Ok(parsed);
            }
            let read = if parsed.values.is_odd(at) {
                rows.read(odd.next().unwrap_or(usize::MAX), at, *line)
            } else {
                self.quick(&parsed, (market, channel), at, *line)
            };
            parsed.add(read);
        }
        for row in block.broken {
            parsed.add(self.broken(row));
        }
        Ok(parsed)
    }

    /// A row that has all its values.
    fn quick(
        &self,
        parsed: &Parsed<'_>,
        (market, channel): (Option<usize>, Option<usize>),
        at: usize,
        line: u64,
    ) -> Read<'_> {
        let cell = |column| parsed.values.text(column, at);
        match self.reach.find(cell(market), cell(channel)) {
            Some([]) => Read::Elsewhere,
            Some(places) => {
                let hash = self.keys.hash_one(cell(parsed.sku));
                Read::Row(ParsedRow { line, at, hash, places, again: Vec::new(), item: None })
            }
            None => {
                let bad = self.unknown_place(cell(market), cell(channel));
                Read::Bad(Quarantined::new(FeedKind::Items, line, cell(parsed.sku), vec![bad], 1))
            }
        }
    }

    fn broken(&self, row: Broken) -> Read<'_> {
        let place = row.place.as_ref();
        let prices = match place.and_then(|(market, channel)| self.reach.find(market, channel)) {
            Some([]) => return Read::Elsewhere,
            Some(places) => places.len() as u64,
            None => 1,
        };
        Read::Bad(Quarantined::new(FeedKind::Items, row.line, &row.sku, vec![row.bad], prices))
    }

    fn unknown_place(&self, market: &str, channel: &str) -> BadField {
        let code = FieldCode::UnknownPlace;
        if !self.reach.has_market(market) {
            BadField::new("market", code, market, "is not a market of the rulebook")
        } else if market.is_empty() {
            BadField::new("channel", code, channel, "is not a channel of the rulebook")
        } else {
            let why = format!("is not a channel of the market `{market}`");
            BadField::new("channel", code, channel, &why)
        }
    }
}

impl<'a> Rows<'a> {
    /// `row` counts the odd ones, `at` all of the block.
    fn read(&self, row: usize, at: usize, line: u64) -> Read<'a> {
        let cell = |column| self.texts.cell(column, row);
        let (market, channel) = (cell(self.market), cell(self.channel));
        let place = self.job.reach.find(market, channel);
        if place.is_some_and(<[u16]>::is_empty) {
            return Read::Elsewhere;
        }
        let mut bad: Vec<BadField> = self.texts.bad(row).cloned().collect();
        match (self.reader.read(self.texts.row(row)), place) {
            (Ok(item), Some(places)) if bad.is_empty() => {
                let hash = self.job.keys.hash_one(&*item.item.sku);
                let item = Some(Box::new(item));
                return Read::Row(ParsedRow { line, at, hash, places, again: Vec::new(), item });
            }
            (Ok(_), _) => {}
            (Err(more), _) => {
                for field in more {
                    if !bad.iter().any(|known| known.field == field.field) {
                        bad.push(field);
                    }
                }
            }
        }
        let named = |field: &BadField| matches!(&*field.field, "market" | "channel");
        if place.is_none() && !bad.iter().any(named) {
            bad.push(self.job.unknown_place(market, channel));
        }
        let prices = place.map_or(1, |places| places.len() as u64);
        Read::Bad(Quarantined::new(FeedKind::Items, line, cell(self.sku), bad, prices))
    }
}

impl<'a> Parsed<'a> {
    fn add(&mut self, read: Read<'a>) {
        match read {
            Read::Row(row) => self.rows.push(row),
            Read::Bad(row) => self.quarantined.push(row),
            Read::Elsewhere => self.elsewhere += 1,
        }
    }

    /// An item for [`Self::item`] to fill.
    pub fn blank(&self) -> Item {
        Item::blank(self.blank.clone())
    }

    /// The item of a row; `room` is made that of most rows.
    pub fn item<'i>(&'i self, row: &'i ParsedRow<'_>, room: &'i mut Item) -> &'i Item {
        if let Some(read) = &row.item {
            return &read.item;
        }
        self.values.fill(room, self.values.text(self.sku, row.at), row.at);
        room
    }

    pub fn sku<'i>(&'i self, row: &'i ParsedRow<'_>) -> &'i str {
        match &row.item {
            Some(read) => &read.item.sku,
            None => self.values.text(self.sku, row.at),
        }
    }

    /// Marks what earlier rows have taken, in the order of the rows.
    pub fn mark_seen(&mut self, seen: &mut Seen) -> Result<(), BatchError> {
        for row in &mut self.rows {
            let sku = match &row.item {
                Some(read) => &*read.item.sku,
                None => self.values.text(self.sku, row.at),
            };
            row.again = seen.mark(row.hash, sku, row.places)?;
        }
        Ok(())
    }
}

/// The reader of the rows of a feed with these columns.
pub(super) fn item_reader<'r>(
    release: &'r Release,
    path: &Path,
    columns: &Columns,
) -> Result<ItemReader<'r>, BatchError> {
    let cure = "; name the file's own column under `[feed.items] columns`, or make the attribute `optional`";
    let headers = columns.iter().map(|column| column.header.as_str());
    let mapped = |name: &str| release.items_feed.columns.get(name).map(AsRef::as_ref);
    let name_of = |header: &str| release.items_feed.name_of(header);
    let reader = ItemReader::new(&release.schema, headers, name_of, release.items_feed.currency)
        .map_err(|missing| columns.missing(path, &missing, mapped, cure))?;
    // An empty cell is the empty set; a column that is not there is a misspelled header, and guards would go with it.
    let required = release.schema.iter().filter(|(_, attr)| {
        attr.kind == Kind::Set && !attr.optional && !attr.customer && columns.find(&attr.name).is_none()
    });
    let absent: Vec<String> = required.map(|(_, attr)| attr.name.to_string()).collect();
    if absent.is_empty() { Ok(reader) } else { Err(columns.missing(path, &absent, mapped, cure)) }
}

//! Rows that could not be read: kept, named and counted, never dropped.

use super::BatchError;
use super::cells::{safe_cell, show, show_bytes};
use crate::facts::{BadField, FieldCode};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The feed a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedKind {
    Items,
    Offers,
    Rates,
    History,
}

/// One row with everything that is wrong with it. Values are already escaped and clipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub feed: FeedKind,
    /// The line of a CSV file (the header is line 1), the row of a Parquet file (the first is row 1).
    pub line: u64,
    pub sku: Box<str>,
    pub fields: Vec<BadField>,
    /// How many prices were asked for with this row: one for each place it would have had.
    pub prices: u64,
}

impl FeedKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Offers => "offers",
            Self::Rates => "fx",
            Self::History => "history",
        }
    }
}

impl Quarantined {
    pub(super) fn new(feed: FeedKind, line: u64, sku: &str, fields: Vec<BadField>, prices: u64) -> Self {
        let clipped = fields.into_iter().map(|field| BadField {
            value: show(&field.value).into(),
            message: show(&field.message).into(),
            ..field
        });
        Self { feed, line, sku: show(sku).into(), fields: clipped.collect(), prices }
    }

    /// A row that could not be split; its value is escaped already.
    pub(super) fn broken(feed: FeedKind, row: Broken, prices: u64) -> Self {
        Self { feed, line: row.line, sku: show(&row.sku).into(), fields: vec![row.bad], prices }
    }

    /// The first code: what the row is counted under.
    #[must_use]
    pub fn code(&self) -> Option<FieldCode> {
        self.fields.first().map(|field| field.code)
    }
}

/// A row that could not even be split into cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub line: u64,
    pub sku: Box<str>,
    /// Market and channel, if they could be read.
    pub place: Option<(Box<str>, Box<str>)>,
    pub bad: BadField,
}

impl Broken {
    /// `cell` finds a readable cell by its attribute name: `None` when it cannot be read, empty when there is no such column.
    pub fn new<'a>(
        line: u64,
        cell: impl Fn(&str) -> Option<&'a str>,
        field: &str,
        code: FieldCode,
        value: &[u8],
        message: &str,
    ) -> Self {
        let place = cell("market").zip(cell("channel"));
        Self {
            line,
            sku: cell("sku").unwrap_or("").into(),
            place: place.map(|(market, channel)| (market.into(), channel.into())),
            bad: BadField::new(&show(field), code, &show_bytes(value), message),
        }
    }
}

/// Header of the quarantine file.
const HEADER: [&str; 9] = ["feed", "file", "line", "sku", "field", "code", "value", "message", "prices"];

/// Writes the quarantine file: one line for each bad field. `prices` stands on a row's first line, 0 on its others,
/// so that its sum is the number of prices that could not be made.
pub(super) struct QuarantineWriter<W: Write> {
    path: PathBuf,
    csv: csv::Writer<W>,
}

impl<W: Write> QuarantineWriter<W> {
    pub fn new(path: &Path, inner: W) -> Result<Self, BatchError> {
        let mut csv = csv::Writer::from_writer(inner);
        csv.write_record(HEADER).map_err(|error| BatchError::io(path, error))?;
        let path = path.to_owned();
        Ok(Self { path, csv })
    }

    /// `file` is the one that the row is in.
    pub fn write(&mut self, file: &Path, row: &Quarantined) -> Result<(), BatchError> {
        let file = show(&file.display().to_string());
        for (at, bad) in row.fields.iter().enumerate() {
            let prices = if at == 0 { row.prices } else { 0 };
            let record = [
                row.feed.as_str().into(),
                safe_cell(&file),
                row.line.to_string().into(),
                safe_cell(&row.sku),
                safe_cell(&bad.field),
                bad.code.as_str().into(),
                safe_cell(&bad.value),
                safe_cell(&bad.message),
                prices.to_string().into(),
            ];
            self.csv
                .write_record(record.iter().map(|cell: &std::borrow::Cow<'_, str>| cell.as_bytes()))
                .map_err(|error| BatchError::io(&self.path, error))?;
        }
        Ok(())
    }

    pub fn into_inner(self) -> Result<W, BatchError> {
        self.csv.into_inner().map_err(|error| BatchError::io(&self.path, error.error()))
    }
}

//! A generated feed on its way into a file.

use super::cell::{Cell, Damage, Head, Row};
use crate::batch::sink::PartFile;
use crate::batch::{BatchError, Format};
use crate::facts::Kind;
use arrow_array::builder::{
    Decimal128Builder, Int64Builder, StringBuilder, StringDictionaryBuilder, TimestampMillisecondBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DIGITS: u8 = 18;
const MONEY_SCALE: i8 = 6;
const NUMBER_SCALE: i8 = 9;
const ROW_GROUP_ROWS: usize = 1 << 17;

/// Writes rows aside; [`Sheet::publish`] gives the file its name.
pub struct Sheet {
    path: PathBuf,
    heads: Vec<Head>,
    writer: Writer,
}

enum Writer {
    Csv(PartFile),
    Parquet(Box<ArrowWriter<PartFile>>),
}

impl Sheet {
    pub fn create(path: &Path, heads: Vec<Head>) -> Result<Self, BatchError> {
        let io = |error| BatchError::io(path, error);
        let format = Format::of(path)?;
        let mut file = PartFile::create(path)?;
        let writer = match format {
            Format::Csv => {
                let names: Vec<Cell> = heads.iter().map(|head| Cell::text(&head.header)).collect();
                write_line(&mut file, &Row::from(names)).map_err(io)?;
                Writer::Csv(file)
            }
            Format::Parquet => {
                let empty = batch(&heads, &[])?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(file, empty.schema(), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| BatchError::io(path, error))?))
            }
        };
        Ok(Self { path: path.to_owned(), heads, writer })
    }

    pub fn write(&mut self, rows: &[Row]) -> Result<(), BatchError> {
        match &mut self.writer {
            Writer::Csv(file) => rows
                .iter()
                .try_for_each(|row| write_line(file, row))
                .map_err(|error| BatchError::io(&self.path, error)),
            Writer::Parquet(writer) => {
                writer.write(&batch(&self.heads, rows)?).map_err(|error| BatchError::io(&self.path, error))
            }
        }
    }

    pub fn publish(self) -> Result<(), BatchError> {
        match self.writer {
            Writer::Csv(file) => file.publish(),
            Writer::Parquet(writer) => {
                writer.into_inner().map_err(|error| BatchError::io(&self.path, error))?.publish()
            }
        }
    }
}

fn write_line(file: &mut impl Write, row: &Row) -> io::Result<()> {
    let fields = match row.damage {
        Some(Damage::FieldTooFew) => row.cells.len().saturating_sub(1),
        _ => row.cells.len(),
    };
    for (at, cell) in row.cells.iter().take(fields).enumerate() {
        if 0 < at {
            file.write_all(b",")?;
        }
        let bytes = cell.bytes();
        match row.damage {
            // Neither the first, which tells whose row it is, nor hidden behind another field.
            Some(Damage::OpenQuote) if at == 1 => {
                file.write_all(b"\"")?;
                file.write_all(&bytes)?;
            }
            Some(Damage::TextAfterQuote) if at == 1 => {
                file.write_all(b"\"")?;
                file.write_all(&bytes)?;
                file.write_all(b"\" or so")?;
            }
            _ if bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) => {
                file.write_all(b"\"")?;
                for (part, text) in bytes.split(|byte| *byte == b'"').enumerate() {
                    file.write_all(if part == 0 { b"" } else { b"\"\"" })?;
                    file.write_all(text)?;
                }
                file.write_all(b"\"")?;
            }
            _ => file.write_all(&bytes)?,
        }
    }
    if row.damage == Some(Damage::FieldTooMany) {
        file.write_all(b",extra")?;
    }
    file.write_all(b"\n")
}

/// The rows as typed columns.
fn batch(heads: &[Head], rows: &[Row]) -> Result<RecordBatch, BatchError> {
    let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (at, head) in heads.iter().enumerate() {
        let cells = || rows.iter().map(|row| row.cells.get(at).unwrap_or(&Cell::Missing));
        let array = column(head.kind, cells())?;
        fields.push(Field::new(&head.header, array.data_type().clone(), true));
        arrays.push(array);
        if let Some(name) = &head.currency {
            let mut codes = StringDictionaryBuilder::<Int32Type>::new();
            for cell in cells() {
                match cell {
                    Cell::Money(money) => drop(codes.append(money.currency.code())?),
                    _ => codes.append_null(),
                }
            }
            let codes = codes.finish();
            fields.push(Field::new(name, arrow_array::Array::data_type(&codes).clone(), true));
            arrays.push(Arc::new(codes));
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

fn column<'a>(kind: Kind, cells: impl Iterator<Item = &'a Cell>) -> Result<ArrayRef, BatchError> {
    Ok(match kind {
        Kind::Id => {
            let mut builder = StringBuilder::new();
            cells.for_each(|cell| builder.append_option(text(cell)));
            Arc::new(builder.finish())
        }
        Kind::Text | Kind::Tree | Kind::Set => {
            let mut builder = StringDictionaryBuilder::<Int32Type>::new();
            for cell in cells {
                match text(cell) {
                    Some(text) => drop(builder.append(text)?),
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        Kind::Money => decimals(MONEY_SCALE, cells, |cell| match cell {
            Cell::Money(money) => Some(money.amount.micros()),
            _ => None,
        }),
        Kind::Number | Kind::Percent => decimals(NUMBER_SCALE, cells, |cell| match cell {
            Cell::Number(number) | Cell::Share(number) => Some(number.nanos()),
            _ => None,
        }),
        Kind::Duration => {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| {
                builder.append_option(if let Cell::Seconds(seconds) = cell { Some(*seconds) } else { None });
            });
            Arc::new(builder.finish())
        }
        Kind::Instant => {
            let mut builder = TimestampMillisecondBuilder::new()
                .with_data_type(DataType::Timestamp(arrow_schema::TimeUnit::Millisecond, Some("UTC".into())));
            cells.for_each(|cell| {
                let at = if let Cell::Instant(at) = cell { at.checked_mul(1_000) } else { None };
                builder.append_option(at);
            });
            Arc::new(builder.finish())
        }
    })
}

fn text(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn decimals<'a>(
    scale: i8,
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<i64>,
) -> ArrayRef {
    let mut builder = Decimal128Builder::new().with_data_type(DataType::Decimal128(DIGITS, scale));
    cells.for_each(|cell| builder.append_option(value(cell).map(i128::from)));
    Arc::new(builder.finish())
}

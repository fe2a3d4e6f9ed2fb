//! Blocks of rows from CSV and Parquet files.

use super::columns::Column;
use super::quarantine::Broken;
use super::split::{Fault, Record, Splitter};
use super::values::coded;
use super::{BatchError, Columns};
use crate::facts::{FieldCode, Kind};
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A feed file, open and with its columns understood.
pub struct Source {
    pub path: PathBuf,
    pub columns: Columns,
    block_rows: usize,
    /// The size of the file in bytes.
    pub total: u64,
    input: Input,
}

enum Input {
    Csv { splitter: Splitter<File>, schema: SchemaRef },
    Parquet { reader: ParquetRecordBatchReader, rows: u64, all: u64 },
}

/// Some rows of a feed.
#[derive(Debug)]
pub(super) struct Block {
    pub batch: RecordBatch,
    /// The line (CSV) or row (Parquet) of each row of the batch.
    pub lines: Vec<u64>,
    pub broken: Vec<Broken>,
    /// How much of [`Source::total`] is done after this block.
    pub done: u64,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Source");
        shown.field("path", &self.path).field("columns", &self.columns);
        shown.finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a file and chooses its columns; `meaning` gives a header's name and kind. A Parquet file is known by
    /// its first bytes, anything else is CSV.
    ///
    /// # Errors
    /// A file that cannot be read, or columns that mean the same twice.
    pub fn open(
        path: &Path,
        block_rows: usize,
        meaning: impl Fn(&str) -> Option<(String, Kind)>,
    ) -> Result<Self, BatchError> {
        let kind = std::fs::metadata(path).map_err(|error| BatchError::io(path, error))?;
        if kind.is_dir() {
            return Err(BatchError::io(path, "is a folder: give a file"));
        }
        if !kind.is_file() {
            let why = "is not a regular file, and feeds are read more than once: write it to a file first";
            return Err(BatchError::io(path, why));
        }
        let mut magic = [0_u8; 4];
        let mut file = File::open(path).map_err(|error| BatchError::io(path, error))?;
        let read = file.read(&mut magic).map_err(|error| BatchError::io(path, error))?;
        drop(file);
        match magic.get(..read) {
            Some(b"PAR1") => Self::open_parquet(path, block_rows, meaning),
            Some([0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd]) => {
                Err(BatchError::io(path, "is compressed; unpack it first, or write Parquet"))
            }
            Some([0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
                Err(BatchError::io(path, "is UTF-16; save it as UTF-8"))
            }
            _ => Self::open_csv(path, block_rows, meaning),
        }
    }

    fn open_csv(
        path: &Path,
        block_rows: usize,
        meaning: impl Fn(&str) -> Option<(String, Kind)>,
    ) -> Result<Self, BatchError> {
        let io = |error| BatchError::io(path, error);
        let file = File::open(path).map_err(io)?;
        let total = file.metadata().map_err(io)?.len();
        let mut splitter = Splitter::new(file).map_err(io)?;
        let mut header = Record::default();
        if !splitter.next(&mut header).map_err(io)? {
            return Err(BatchError::columns(path, "is empty: the first line names the columns"));
        }
        let mut bytes = header.iter().flatten().chain(header.cut()).zip(header.iter().flatten().skip(1));
        if bytes.any(|(byte, next)| *byte == b'\r' && *next != b'\n') {
            return Err(BatchError::columns(path, "has lines that end in CR alone: save it with LF or CRLF"));
        }
        let names: Result<Vec<&str>, _> = header.iter().map(std::str::from_utf8).collect();
        let names = match (names, header.fault) {
            (Ok(names), None) => names,
            _ => {
                return Err(BatchError::columns(path, "the first line is not a header in UTF-8 text"));
            }
        };
        let columns = Columns::choose(path, names, meaning)?;
        let fields = columns.iter().map(|column| Field::new(&column.header, DataType::Utf8, false));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { path: path.to_owned(), columns, block_rows, total, input: Input::Csv { splitter, schema } })
    }

    fn open_parquet(
        path: &Path,
        block_rows: usize,
        meaning: impl Fn(&str) -> Option<(String, Kind)>,
    ) -> Result<Self, BatchError> {
        let file = |path: &Path| File::open(path).map_err(|error| BatchError::io(path, error));
        let broken = |error| BatchError::io(path, error);
        let opened = file(path)?;
        let total = opened.metadata().map_err(|error| BatchError::io(path, error))?.len();
        let builder = ParquetRecordBatchReaderBuilder::try_new(opened).map_err(broken)?;
        let headers = builder.schema().fields().iter().map(|field| field.name().as_str());
        let columns = Columns::choose(path, headers, meaning)?;
        readable(path, builder.metadata(), &columns)?;
        let all = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let roots = columns.iter().map(|column| column.at);
        let used = ProjectionMask::roots(builder.parquet_schema(), roots);
        // Texts that repeat stay numbers until each is looked at once.
        let fields = builder.schema().fields().iter().enumerate().map(|(at, field)| {
            let group = builder.metadata().row_groups().first();
            let counted = group.is_some_and(|group| {
                let mut leaves = group
                    .columns()
                    .iter()
                    .filter(|leaf| leaf.column_path().parts() == [field.name().as_str()]);
                leaves.next().is_some_and(|leaf| leaf.dictionary_page_offset().is_some())
            });
            let column = columns.iter().find(|column| counted && column.at == at);
            match column.and_then(|column| coded(column.kind, field.data_type())) {
                Some(kind) => Arc::new(field.as_ref().clone().with_data_type(kind)),
                None => field.clone(),
            }
        });
        let schema = Arc::new(Schema::new_with_metadata(
            fields.collect::<Vec<_>>(),
            builder.schema().metadata().clone(),
        ));
        let options = ArrowReaderOptions::new().with_schema(schema);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(file(path)?, options).map_err(broken)?;
        let reader = builder.with_projection(used).with_batch_size(block_rows).build().map_err(broken)?;
        Ok(Self {
            path: path.to_owned(),
            columns,
            block_rows,
            total,
            input: Input::Parquet { reader, rows: 0, all },
        })
    }

    /// The next rows; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Block>, BatchError> {
        self.next_unless(&AtomicBool::new(false))
    }

    /// The next rows, or [`BatchError::Cancelled`] as soon as the flag is set: a file of open quotes is slow to read, so
    /// every line looks at it.
    pub(super) fn next_unless(&mut self, cancel: &AtomicBool) -> Result<Option<Block>, BatchError> {
        let block = self.read(&|| cancel.load(Ordering::Relaxed));
        if cancel.load(Ordering::Relaxed) { Err(BatchError::Cancelled) } else { block }
    }

    fn read(&mut self, stop: &dyn Fn() -> bool) -> Result<Option<Block>, BatchError> {
        match &mut self.input {
            Input::Csv { splitter, schema } => {
                let block = csv_block(splitter, schema, &self.columns, self.block_rows, stop);
                block.map_err(|error| BatchError::io(&self.path, error))
            }
            Input::Parquet { reader, rows, all } => {
                let Some(batch) = reader.next() else {
                    return Ok(None);
                };
                let batch = batch.map_err(|error| BatchError::io(&self.path, error))?;
                let first = *rows + 1;
                *rows += batch.num_rows() as u64;
                let done = u128::from(self.total) * u128::from(*rows) / u128::from((*all).max(1));
                let done = u64::try_from(done).unwrap_or(self.total);
                Ok(Some(Block { lines: (first..=*rows).collect(), batch, broken: Vec::new(), done }))
            }
        }
    }
}

/// Only what is read needs a compression that is known; the error of the reader would not say what to do.
fn readable(path: &Path, metadata: &ParquetMetaData, columns: &Columns) -> Result<(), BatchError> {
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let root = chunk.column_path().parts().first().map_or("", String::as_str);
            let known = matches!(
                chunk.compression(),
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)
            );
            if !known && columns.iter().any(|column| column.header == root) {
                let name = chunk.compression().to_string();
                let name = name.split('(').next().unwrap_or_default();
                let why = format!(
                    "the column `{root}` is compressed with {name}, which is not read: write the file with zstd or snappy \
                     (pandas and polars: `compression=\"zstd\"`; DuckDB: `COPY … (FORMAT parquet, COMPRESSION zstd)`)"
                );
                return Err(BatchError::io(path, why));
            }
        }
    }
    Ok(())
}

fn csv_block(
    splitter: &mut Splitter<File>,
    schema: &SchemaRef,
    columns: &Columns,
    rows: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Block>, Box<dyn std::error::Error>> {
    let mut builders: Vec<StringBuilder> = columns.iter().map(|_| StringBuilder::new()).collect();
    let (mut lines, mut broken, mut record) = (Vec::new(), Vec::new(), Record::default());
    while lines.len() + broken.len() < rows && !stop() && splitter.next(&mut record)? {
        match check(&record, columns) {
            Ok(()) => {
                lines.push(record.line);
                for (builder, column) in builders.iter_mut().zip(columns.iter()) {
                    builder.append_value(cell(&record, column).unwrap_or(""));
                }
            }
            Err(row) => broken.push(row),
        }
    }
    if lines.is_empty() && broken.is_empty() {
        return Ok(None);
    }
    let arrays = builders.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(lines.len()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays.collect(), &options)?;
    Ok(Some(Block { batch, lines, broken, done: splitter.bytes() }))
}

fn cell<'r>(record: &'r Record, column: &Column) -> Option<&'r str> {
    record.get(column.at).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// A record that can be read cell by cell, or why not.
fn check(record: &Record, columns: &Columns) -> Result<(), Broken> {
    let find = |name: &str| columns.iter().find(|column| column.name == name);
    // With a field too many or too few, a cell may not be what its column says: where the row belongs is then
    // unknown, unless no column says so anyway. The SKU is still the best name for it.
    let shifted = |name: &str| match (name, find(name)) {
        (_, None) => Some(""),
        ("sku", Some(column)) => cell(record, column),
        _ => None,
    };
    let line = record.line;
    match record.fault {
        Some(Fault::Quotes) => {
            let why = "a quoted field is not closed, or text follows its closing quote";
            return Err(Broken::new(line, shifted, "", FieldCode::Quotes, record.cut(), why));
        }
        Some(Fault::TooLong) => {
            let why = "the line is longer than 1 MiB";
            return Err(Broken::new(line, shifted, "", FieldCode::TooLong, record.cut(), why));
        }
        None => {}
    }
    if record.len() != columns.count {
        let (given, wanted) = (record.len(), columns.count);
        let why = format!("the row has {given} fields, the header {wanted}");
        let last = record.len().checked_sub(1).and_then(|at| record.get(at));
        return Err(Broken::new(line, shifted, "", FieldCode::Columns, last.unwrap_or(&[]), &why));
    }
    let wrong = record.iter().position(|field| std::str::from_utf8(field).is_err());
    let Some(at) = wrong else { return Ok(()) };
    let readable = |name: &str| match find(name) {
        None => Some(""),
        Some(column) => cell(record, column),
    };
    let field = columns.iter().find(|column| column.at == at);
    let field = field.map_or_else(|| format!("column {}", at + 1), |column| column.name.clone());
    let value = record.get(at).unwrap_or(&[]);
    let why = "is not UTF-8 text; save the file as UTF-8";
    Err(Broken::new(line, readable, &field, FieldCode::Encoding, value, why))
}

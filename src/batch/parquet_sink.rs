//! Answers as a Parquet file. Its columns are encoded here, from the numbers as they are; the library writes pages and footer.

use super::answered::{Answered, Cells};
use super::coded::CodedColumn;
use super::delta::{CountColumn, TextColumn};
use super::sink::PartFile;
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

/// Rows of a row group: what the writer holds in memory, give or take a block.
pub(super) const ROW_GROUP_ROWS: usize = 1 << 17;

pub(super) struct ParquetSink {
    file: SerializedFileWriter<PartFile>,
    schema: SchemaRef,
    /// The rows that a row group has room for from its start.
    room: usize,
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Texts(TextColumn),
    Words(CodedColumn),
    Counts(CountColumn),
}

impl ParquetSink {
    pub fn new(file: PartFile, schema: SchemaRef, room: usize) -> Result<Self> {
        let properties = WriterProperties::builder().set_offset_index_disabled(true).build();
        let (file, _) =
            ArrowWriter::try_new(file, schema.clone(), Some(properties))?.into_serialized_writer()?;
        let mut sink = Self { file, schema, room, columns: Vec::new(), rows: 0 };
        sink.columns = sink.group();
        Ok(sink)
    }

    /// The columns of the next row group.
    fn group(&self) -> Vec<Column> {
        let columns = self.schema.fields().iter().zip(self.file.schema_descr().columns());
        let column = columns.map(|(field, descr)| match field.data_type() {
            DataType::Utf8 => Column::Texts(TextColumn::new(descr.clone())),
            DataType::Dictionary(..) => Column::Words(CodedColumn::new(descr.clone())),
            _ => Column::Counts(CountColumn::new(descr.clone(), self.room)),
        });
        column.collect()
    }

    /// Adds a block; `go_on` says before each column that is encoded whether there is still somebody who wants it.
    pub fn write(&mut self, block: &Answered, go_on: &dyn Fn() -> bool) -> Result<()> {
        for (column, cells) in self.columns.iter_mut().zip(&block.columns) {
            match (column, cells) {
                (Column::Texts(column), Cells::Texts(texts)) => column.add(texts),
                (Column::Words(column), Cells::Words { keys, texts }) => column.add(keys, texts),
                (Column::Counts(column), Cells::Counts(counts) | Cells::Lines(counts)) => column.add(counts),
                _ => return Err(ParquetError::General("a column is lost".into())),
            }
        }
        self.rows += block.rows();
        if self.rows < ROW_GROUP_ROWS { Ok(()) } else { self.flush(go_on) }
    }

    /// How many rows wait for the end of their row group.
    pub fn held(&self) -> usize {
        self.rows
    }

    /// Ends the row group.
    pub fn flush(&mut self, go_on: &dyn Fn() -> bool) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let next = self.group();
        let mut group = self.file.next_row_group()?;
        for column in std::mem::replace(&mut self.columns, next) {
            if !go_on() {
                return Err(ParquetError::General("nobody wants it any longer".into()));
            }
            let (bytes, close) = match column {
                Column::Texts(column) => column.finish()?,
                Column::Words(column) => column.finish()?,
                Column::Counts(column) => column.finish()?,
            };
            group.append_column(&bytes::Bytes::from(bytes), close)?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self, go_on: &dyn Fn() -> bool) -> Result<PartFile> {
        self.flush(go_on)?;
        self.file.into_inner()
    }
}

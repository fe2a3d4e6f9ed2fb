//! Answers as a Parquet file: numbers and SKUs through the library, texts that repeat through [`CodedColumn`].

use super::coded::CodedColumn;
use super::sink::PartFile;
use super::table::output_schema;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;

/// Rows of a row group: what the writer holds in memory.
const ROW_GROUP_ROWS: usize = 1 << 17;

pub(super) struct ParquetSink {
    file: SerializedFileWriter<PartFile>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Library(Box<ArrowColumnWriter>),
    Coded(CodedColumn),
}

impl ParquetSink {
    pub fn new(file: PartFile) -> Result<Self> {
        // Numbers and SKUs seldom repeat: a dictionary of them costs time and saves no space.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let (file, factory) =
            ArrowWriter::try_new(file, output_schema(), Some(properties))?.into_serialized_writer()?;
        let mut sink = Self { file, factory, columns: Vec::new(), rows: 0 };
        sink.columns = sink.group()?;
        Ok(sink)
    }

    /// The columns of the next row group.
    fn group(&self) -> Result<Vec<Column>> {
        let writers = self.factory.create_column_writers(self.file.flushed_row_groups().len())?;
        let schema = output_schema();
        let columns = writers.into_iter().zip(schema.fields()).zip(self.file.schema_descr().columns());
        let column = columns.map(|((writer, field), descr)| match field.data_type() {
            DataType::Dictionary(..) => Column::Coded(CodedColumn::new(descr.clone())),
            _ => Column::Library(Box::new(writer)),
        });
        Ok(column.collect())
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let room = ROW_GROUP_ROWS - self.rows;
        if room < batch.num_rows() {
            self.write(&batch.slice(0, room))?;
            return self.write(&batch.slice(room, batch.num_rows() - room));
        }
        let fields = batch.schema_ref().fields().iter();
        for ((column, cells), field) in self.columns.iter_mut().zip(batch.columns()).zip(fields) {
            match column {
                Column::Coded(column) => column.add(cells.as_dictionary::<Int32Type>())?,
                Column::Library(writer) => {
                    compute_leaves(field, cells)?.iter().try_for_each(|leaf| writer.write(leaf))?;
                }
            }
        }
        self.rows += batch.num_rows();
        if self.rows == ROW_GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for column in std::mem::take(&mut self.columns) {
            match column {
                Column::Library(writer) => writer.close()?.append_to_row_group(&mut group)?,
                Column::Coded(column) => {
                    let (bytes, close) = column.finish()?;
                    group.append_column(&bytes::Bytes::from(bytes), close)?;
                }
            }
        }
        group.close()?;
        self.rows = 0;
        self.columns = self.group()?;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<PartFile> {
        self.flush()?;
        self.file.into_inner()
    }
}

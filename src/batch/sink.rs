//! Output files, written aside and renamed when they are whole.

use super::answered::Answered;
use super::parquet_sink::ParquetSink;
use super::reprice::CANCEL_ROWS;
use super::table::{MONEY_SCALE, money_text};
use super::{BatchError, cells::safe_cell};
use crate::money::Ratio;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The kind of file a name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Parquet,
}

impl Format {
    /// By the extension, `.csv` or `.parquet`.
    ///
    /// # Errors
    /// Any other.
    pub fn of(path: &Path) -> Result<Self, BatchError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(BatchError::Usage(format!(
                "`{}` must end in `.csv` or `.parquet`: the ending chooses the format",
                path.display()
            ))),
        }
    }
}

/// Makes something beside `path` under a name `….PROCESS.part` that nothing has yet: runs that share an output never share a part,
/// and what a killed run left is nobody's.
pub(super) fn make_part<T>(
    path: &Path,
    make: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), BatchError> {
    const TRIES: u32 = 1_000;
    let process = std::process::id();
    let mut part = beside(path, &format!(".{process}.part"));
    for at in 1..=TRIES {
        match make(&part) {
            Ok(made) => return Ok((part, made)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                part = beside(path, &format!(".{process}-{at}.part"));
            }
            Err(error) => return Err(BatchError::io(&part, error)),
        }
    }
    Err(BatchError::io(
        &part,
        "is there already, like a thousand before it: remove the parts that killed runs left",
    ))
}

/// The path with a longer last name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    // `prices/` is `prices`.
    let plain: PathBuf = path.components().collect();
    let mut longer = plain.into_os_string();
    longer.push(ending);
    longer.into()
}

/// A file under the name `….PROCESS.part`: it takes its name when it is published, and goes when it is dropped before.
pub(super) struct PartFile {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    published: bool,
}

impl PartFile {
    pub fn create(path: &Path) -> Result<Self, BatchError> {
        if path.is_dir() {
            return Err(BatchError::io(
                path,
                "is a folder: give the name of a file, or let `--partition` fill a folder",
            ));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let why = format!("cannot be written: there is no folder `{}`; make it first", folder.display());
            return Err(BatchError::io(path, why));
        }
        let (part, file) = make_part(path, |part| File::create_new(part))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            file: BufWriter::with_capacity(1 << 18, file),
            published: false,
        })
    }

    /// Makes the whole file visible under its name, at once.
    pub fn publish(mut self) -> Result<(), BatchError> {
        let done = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| std::fs::rename(&self.part, &self.path));
        done.map_err(|error| BatchError::io(&self.path, error))?;
        self.published = true;
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.published {
            // Nothing can be done about a file that cannot be removed; its name says what it is.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// Writes answers as CSV or Parquet.
pub(super) struct Sink {
    path: PathBuf,
    schema: SchemaRef,
    writer: Writer,
}

enum Writer {
    Csv(Box<csv::Writer<PartFile>>),
    Parquet(Box<ParquetSink>),
}

impl Sink {
    /// `room` is the number of rows that it soon has to hold.
    pub fn create(path: &Path, schema: SchemaRef, room: usize) -> Result<Self, BatchError> {
        let format = Format::of(path)?;
        let file = PartFile::create(path)?;
        let writer = match format {
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(file);
                let names = schema.fields().iter().map(|field| field.name());
                csv.write_record(names).map_err(|error| BatchError::io(path, error))?;
                Writer::Csv(Box::new(csv))
            }
            Format::Parquet => {
                let sink = ParquetSink::new(file, schema.clone(), room)
                    .map_err(|error| BatchError::io(path, error))?;
                Writer::Parquet(Box::new(sink))
            }
        };
        Ok(Self { path: path.to_owned(), schema, writer })
    }

    /// How many rows are in memory.
    pub fn held(&self) -> usize {
        match &self.writer {
            Writer::Csv(_) => 0,
            Writer::Parquet(writer) => writer.held(),
        }
    }

    /// Writes the rows that are in memory.
    pub fn flush(&mut self, go_on: &dyn Fn() -> Result<(), BatchError>) -> Result<(), BatchError> {
        match &mut self.writer {
            Writer::Csv(_) => Ok(()),
            Writer::Parquet(writer) => {
                let written = writer.flush(&|| go_on().is_ok());
                written.or_else(|error| go_on().and(Err(BatchError::io(&self.path, error))))
            }
        }
    }

    /// Writes a block; `go_on` says between some rows whether there is still somebody who wants it.
    pub fn write(
        &mut self,
        block: Answered,
        go_on: &dyn Fn() -> Result<(), BatchError>,
    ) -> Result<(), BatchError> {
        match &mut self.writer {
            Writer::Csv(csv) => {
                let batch = block.into_batch(&self.schema)?;
                for start in (0..batch.num_rows()).step_by(CANCEL_ROWS) {
                    go_on()?;
                    let part = batch.slice(start, CANCEL_ROWS.min(batch.num_rows() - start));
                    write_csv(csv, &part).map_err(|error| BatchError::io(&self.path, error))?;
                }
                Ok(())
            }
            Writer::Parquet(writer) => {
                go_on()?;
                let written = writer.write(&block, &|| go_on().is_ok());
                written.or_else(|error| go_on().and(Err(BatchError::io(&self.path, error))))
            }
        }
    }

    /// Ends the file; it still has to be published.
    pub fn finish(self, go_on: &dyn Fn() -> Result<(), BatchError>) -> Result<PartFile, BatchError> {
        match self.writer {
            Writer::Csv(csv) => csv.into_inner().map_err(|error| BatchError::io(&self.path, error.error())),
            Writer::Parquet(writer) => {
                let finished = writer.finish(&|| go_on().is_ok());
                finished.or_else(|error| go_on().and(Err(BatchError::io(&self.path, error))))
            }
        }
    }
}

/// Money as plain decimals, ratios as shares, texts safe for spreadsheets.
fn write_csv(csv: &mut csv::Writer<PartFile>, batch: &RecordBatch) -> Result<(), csv::Error> {
    let currencies = batch.column_by_name("currency").map(Texts::new);
    for row in 0..batch.num_rows() {
        let currency = currencies.as_ref().and_then(|currencies| currencies.get(row));
        for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
            let currency = currency.filter(|_| field.name() == "price");
            csv.write_field(cell(column.as_ref(), row, currency).as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

fn cell<'a>(column: &'a dyn Array, row: usize, currency: Option<&str>) -> Cow<'a, str> {
    if column.is_null(row) {
        return Cow::Borrowed("");
    }
    match column.data_type() {
        DataType::Decimal128(_, scale) => {
            let count = i64::try_from(column.as_primitive::<Decimal128Type>().value(row)).unwrap_or_default();
            Cow::Owned(if *scale == MONEY_SCALE {
                money_text(count, currency)
            } else {
                Ratio::from_nanos(count).to_string()
            })
        }
        DataType::Int64 => Cow::Owned(column.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::Utf8 => safe_cell(column.as_string::<i32>().value(row)),
        DataType::Dictionary(..) => Texts(column).get(row).map_or(Cow::Borrowed(""), safe_cell),
        _ => Cow::Borrowed(""),
    }
}

/// A dictionary column of texts.
struct Texts<'a>(&'a dyn Array);

impl<'a> Texts<'a> {
    fn new(column: &'a arrow_array::ArrayRef) -> Self {
        Self(column.as_ref())
    }

    fn get(&self, row: usize) -> Option<&'a str> {
        let dictionary = self.0.as_dictionary_opt::<Int32Type>()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        dictionary.key(row).filter(|key| *key < values.len()).map(|key| values.value(key))
    }
}

//! Results as a table for machines: CSV or Parquet by the ending of the name, written aside and renamed when whole.

use super::error::{EstimateError, Result};
use super::fit::{Coefficient, Fit};
use super::inference::Estimate;
use super::pool::Shrunk;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// A column; what is missing is an empty field in CSV and null in Parquet.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    Text(Vec<Option<String>>),
    Number(Vec<Option<f64>>),
    Count(Vec<Option<i64>>),
}

/// Named columns of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    pub columns: Vec<(&'static str, Cells)>,
}

impl Sheet {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| match cells {
            Cells::Text(v) => v.len(),
            Cells::Number(v) => v.len(),
            Cells::Count(v) => v.len(),
        })
    }

    /// The bytes of the CSV file.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let wrong = |e: csv::Error| EstimateError::new(format!("the table cannot be written: {e}"));
        writer.write_record(self.columns.iter().map(|(name, _)| *name)).map_err(wrong)?;
        for row in 0..self.rows() {
            let field = |(_, cells): &(&str, Cells)| match cells {
                Cells::Text(v) => v.get(row).cloned().flatten().unwrap_or_default(),
                Cells::Number(v) => {
                    v.get(row).copied().flatten().map_or_else(String::new, |v| format!("{v:?}"))
                }
                Cells::Count(v) => v.get(row).copied().flatten().map_or_else(String::new, |v| v.to_string()),
            };
            writer.write_record(self.columns.iter().map(field)).map_err(wrong)?;
        }
        writer.into_inner().map_err(|e| EstimateError::new(format!("the table cannot be written: {e}")))
    }

    /// The bytes of the Parquet file.
    pub fn parquet(&self) -> Result<Vec<u8>> {
        let arrays = self.columns.iter().map(|(name, cells)| {
            let array: ArrayRef = match cells {
                Cells::Text(v) => Arc::new(StringArray::from_iter(v.iter().map(Option::as_deref))),
                Cells::Number(v) => Arc::new(Float64Array::from_iter(v.iter().copied())),
                Cells::Count(v) => Arc::new(Int64Array::from_iter(v.iter().copied())),
            };
            (*name, array, true)
        });
        let wrong =
            |e: &dyn std::fmt::Display| EstimateError::new(format!("the table cannot be written: {e}"));
        let batch = RecordBatch::try_from_iter_with_nullable(arrays).map_err(|e| wrong(&e))?;
        // No creation time and no library version in the file: the same numbers are the same bytes.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("pricer".to_owned())
            .build();
        let mut bytes = Vec::new();
        let mut writer =
            ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).map_err(|e| wrong(&e))?;
        writer.write(&batch).map_err(|e| wrong(&e))?;
        writer.close().map_err(|e| wrong(&e))?;
        Ok(bytes)
    }

    /// Writes the kind of file that the name asks for.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = match ending(path)? {
            Ending::Csv => self.csv()?,
            Ending::Parquet => self.parquet()?,
        };
        write_whole(path, &bytes)
    }
}

/// The kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Csv,
    Parquet,
}

/// The kind of file that a name asks for.
pub fn ending(path: &Path) -> Result<Ending> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => Ok(Ending::Csv),
        Some("parquet") => Ok(Ending::Parquet),
        _ => Err(EstimateError::new(format!("`{}` must end in `.csv` or `.parquet`", path.display()))
            .help("the ending chooses the format")),
    }
}

/// Writes beside the file and renames, so that a reader sees the old file or the new one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let wrong =
        |e: std::io::Error| EstimateError::new(format!("`{}` cannot be written: {e}", path.display()));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    };
    write().map_err(|e| {
        let _ = std::fs::remove_file(&aside);
        wrong(e)
    })
}

/// The place of a fit, its group, itself, and one of its coefficients.
type Row<'a> = (usize, Option<&'a str>, &'a Fit, &'a Coefficient);

/// One row a coefficient; with groups, their name and what pooling made of the price.
pub fn coefficients(fits: &[(Option<&str>, &Fit)], pooled: &[Option<Shrunk>]) -> Sheet {
    let rows: Vec<Row<'_>> = fits
        .iter()
        .enumerate()
        .flat_map(|(i, (group, fit))| fit.coefficients.iter().map(move |c| (i, *group, *fit, c)))
        .collect();
    let number = |of: fn(&Estimate) -> f64| {
        Cells::Number(rows.iter().map(|(.., c)| c.outcome.as_ref().ok().map(of)).collect())
    };
    let text = |of: &dyn Fn(&Row<'_>) -> Option<String>| Cells::Text(rows.iter().map(of).collect());
    let mut columns = Vec::new();
    if fits.iter().any(|(group, _)| group.is_some()) {
        columns.push(("group", text(&|r| r.1.map(str::to_owned))));
    }
    columns.extend([
        ("term", text(&|r| Some(r.3.term.to_string()))),
        ("estimate", number(|e| e.estimate)),
        ("se", number(|e| e.se)),
        ("t", number(|e| e.t)),
        ("p", number(|e| e.p)),
        ("low", number(|e| e.low)),
        ("high", number(|e| e.high)),
        ("n", Cells::Count(rows.iter().map(|r| i64::try_from(r.2.n).ok()).collect())),
        ("reason", text(&|r| r.3.outcome.as_ref().err().cloned())),
        (
            "flags",
            text(&|r| {
                let (codes, _) = super::json::flags(&r.2.flags);
                (!codes.is_empty()).then(|| codes.join(" "))
            }),
        ),
    ]);
    if pooled.iter().any(Option::is_some) {
        let shrunk = |of: fn(&Shrunk) -> f64| {
            Cells::Number(rows.iter().map(|r| pooled.get(r.0)?.as_ref().map(of)).collect())
        };
        columns.extend([
            ("pooled", shrunk(|s| s.pooled.estimate)),
            ("pooled_se", shrunk(|s| s.pooled.se)),
            ("mu", shrunk(|s| s.mu)),
            ("tau2", shrunk(|s| s.tau2)),
        ]);
    }
    Sheet { columns }
}

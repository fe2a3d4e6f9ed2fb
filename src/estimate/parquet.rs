//! Reads a Parquet file into a [`Table`]. Numbers, decimals and booleans become numbers; texts, dates and times become
//! categories, dates and times written as ISO 8601 so that their order as text is their order in time.

use super::data::{Categories, Column, MISSING, Table};
use super::error::{EstimateError, Result};
use arrow_array::cast::AsArray;
use arrow_array::types as of;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

const BATCH_ROWS: usize = 1 << 16;

/// A column as far as it is read.
enum Builder {
    Number(Vec<f64>),
    Text(Coder),
}

/// Texts and their codes.
#[derive(Default)]
struct Coder {
    categories: Categories,
    seen: HashMap<String, u32>,
}

impl Coder {
    fn push(&mut self, text: Option<&str>) {
        let text = text.unwrap_or_default();
        let code = if text.is_empty() {
            MISSING
        } else if let Some(code) = self.seen.get(text) {
            *code
        } else {
            let code = u32::try_from(self.categories.levels.len()).unwrap_or(MISSING);
            self.seen.insert(text.to_owned(), code);
            self.categories.levels.push(text.to_owned());
            code
        };
        self.categories.codes.push(code);
    }
}

/// Reads the whole file.
pub fn read_parquet(path: &Path) -> Result<Table> {
    let wrong = |error: &dyn std::fmt::Display| EstimateError::new(format!("`{}`: {error}", path.display()));
    let file = File::open(path).map_err(|e| wrong(&e))?;
    // The plain types of Parquet: dictionaries of the writer would be one more thing to know.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(|e| wrong(&e))?;
    let schema = builder.schema().clone();
    let mut builders: Vec<Builder> = schema.fields().iter().map(|f| start(f.data_type())).collect();
    for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|e| wrong(&e))? {
        let batch = batch.map_err(|e| wrong(&e))?;
        for ((array, field), builder) in batch.columns().iter().zip(schema.fields()).zip(&mut builders) {
            append(builder, array.as_ref()).map_err(|what| {
                EstimateError::new(format!("`{}`: column `{}` is {what}", path.display(), field.name()))
                    .help("write it as numbers, texts or dates, or leave it out")
            })?;
        }
    }
    let mut table = Table::new();
    for (field, builder) in schema.fields().iter().zip(builders) {
        table.insert(
            field.name(),
            match builder {
                Builder::Number(values) => Column::Number(values),
                Builder::Text(coder) => Column::Text(coder.categories),
            },
        )?;
    }
    Ok(table)
}

fn start(kind: &DataType) -> Builder {
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Binary
        | DataType::LargeBinary => Builder::Text(Coder::default()),
        _ => Builder::Number(Vec::new()),
    }
}

fn append(builder: &mut Builder, array: &dyn Array) -> std::result::Result<(), String> {
    match builder {
        Builder::Number(values) => numbers(values, array),
        Builder::Text(coder) => texts(coder, array),
    }
}

fn numbers(out: &mut Vec<f64>, array: &dyn Array) -> std::result::Result<(), String> {
    fn push<T: ArrowPrimitiveType>(out: &mut Vec<f64>, array: &dyn Array, to: impl Fn(T::Native) -> f64) {
        out.extend(array.as_primitive::<T>().iter().map(|v| v.map_or(f64::NAN, &to)));
    }
    match array.data_type() {
        DataType::Int8 => push::<of::Int8Type>(out, array, f64::from),
        DataType::Int16 => push::<of::Int16Type>(out, array, f64::from),
        DataType::Int32 => push::<of::Int32Type>(out, array, f64::from),
        DataType::Int64 => push::<of::Int64Type>(out, array, |v| v as f64),
        DataType::UInt8 => push::<of::UInt8Type>(out, array, f64::from),
        DataType::UInt16 => push::<of::UInt16Type>(out, array, f64::from),
        DataType::UInt32 => push::<of::UInt32Type>(out, array, f64::from),
        DataType::UInt64 => push::<of::UInt64Type>(out, array, |v| v as f64),
        DataType::Float32 => push::<of::Float32Type>(out, array, f64::from),
        DataType::Float64 => push::<of::Float64Type>(out, array, |v| v),
        DataType::Decimal128(_, scale) => {
            let unit = 10_f64.powi(i32::from(*scale));
            push::<of::Decimal128Type>(out, array, |v| v as f64 / unit);
        }
        DataType::Boolean => {
            out.extend(array.as_boolean().iter().map(|v| v.map_or(f64::NAN, |v| f64::from(u8::from(v)))));
        }
        other => return Err(format!("of a type that is not understood, {other}")),
    }
    // An infinity has no place in a regression; it is a value that is missing.
    out.iter_mut().filter(|v| v.is_infinite()).for_each(|v| *v = f64::NAN);
    Ok(())
}

fn texts(coder: &mut Coder, array: &dyn Array) -> std::result::Result<(), String> {
    let instant = |ticks: i64, unit: TimeUnit| match unit {
        TimeUnit::Second => Timestamp::from_second(ticks),
        TimeUnit::Millisecond => Timestamp::from_millisecond(ticks),
        TimeUnit::Microsecond => Timestamp::from_microsecond(ticks),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(i128::from(ticks)),
    };
    let mut at = |ticks: Option<i64>, unit: TimeUnit, length: usize| {
        let text = ticks.and_then(|t| instant(t, unit).ok()).map(|t| t.to_string());
        coder.push(text.as_deref().and_then(|t| t.get(..length.min(t.len()))));
    };
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(|t| coder.push(t)),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(|t| coder.push(t)),
        DataType::Binary => {
            array
                .as_binary::<i32>()
                .iter()
                .for_each(|t| coder.push(t.and_then(|t| std::str::from_utf8(t).ok())));
        }
        DataType::LargeBinary => {
            array
                .as_binary::<i64>()
                .iter()
                .for_each(|t| coder.push(t.and_then(|t| std::str::from_utf8(t).ok())));
        }
        DataType::Date32 => {
            let days = array.as_primitive::<of::Date32Type>();
            days.iter().for_each(|d| at(d.map(|d| i64::from(d) * 86_400), TimeUnit::Second, 10));
        }
        // To the second, without a zone: `2019-03-01T08:30:00`.
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => {
                array.as_primitive::<of::TimestampSecondType>().iter().for_each(|t| at(t, *unit, 19));
            }
            TimeUnit::Millisecond => {
                array.as_primitive::<of::TimestampMillisecondType>().iter().for_each(|t| at(t, *unit, 19));
            }
            TimeUnit::Microsecond => {
                array.as_primitive::<of::TimestampMicrosecondType>().iter().for_each(|t| at(t, *unit, 19));
            }
            TimeUnit::Nanosecond => {
                array.as_primitive::<of::TimestampNanosecondType>().iter().for_each(|t| at(t, *unit, 19));
            }
        },
        other => return Err(format!("of a type that is not understood, {other}")),
    }
    Ok(())
}

//! Typed columns as the texts the facts room reads, so that a Parquet cell and a CSV cell mean the same.
//!
//! | Arrow | read as |
//! |---|---|
//! | strings, dictionaries of them | themselves |
//! | integers, `decimal` | money, numbers; percents as shares (0.12 is 12 %); durations in whole seconds; ids without decimals |
//! | floats | numbers and percents, to 9 decimals, NaN as missing; never money: binary floats cannot hold cents |
//! | lists of strings | sets |
//! | booleans | `yes`, `no` |
//! | timestamps with a zone | instants |

use super::{BatchError, Column, Columns};
use crate::facts::{BadField, FieldCode, Kind};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, OffsetSizeTrait, RecordBatch, StringArray};
use arrow_schema::{DataType, TimeUnit};
use std::path::Path;

/// The cells of a block as texts; an empty one is missing.
#[derive(Debug)]
pub struct Texts {
    columns: Vec<StringArray>,
    /// Cells that cannot be read at all, sorted by row.
    bad: Vec<(usize, BadField)>,
}

impl Texts {
    /// Reads the columns of `batch`, which are those of `columns` in their order.
    ///
    /// # Errors
    /// A column of a type that cannot hold what it should.
    pub fn new(path: &Path, batch: &RecordBatch, columns: &Columns) -> Result<Self, BatchError> {
        let mut texts = Self { columns: Vec::with_capacity(columns.len()), bad: Vec::new() };
        for (array, column) in batch.columns().iter().zip(columns.iter()) {
            let (read, bad) = read(path, array.as_ref(), column)?;
            texts.columns.push(read);
            let bad = bad
                .into_iter()
                .map(|(row, code, value, why)| (row, BadField::new(&column.name, code, &value, why)));
            texts.bad.extend(bad);
        }
        texts.bad.sort_by_key(|(row, _)| *row);
        Ok(texts)
    }

    /// The cells of a row in the order of the columns.
    pub fn row(&self, row: usize) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(move |column| text(column, row))
    }

    /// One cell; empty when there is no such column.
    #[must_use]
    pub fn cell(&self, column: Option<usize>, row: usize) -> &str {
        column.and_then(|at| self.columns.get(at)).map_or("", |column| text(column, row))
    }

    /// What could not be read in a row.
    pub fn bad(&self, row: usize) -> impl Iterator<Item = &BadField> {
        let start = self.bad.partition_point(|(at, _)| *at < row);
        let rest = self.bad.get(start..).unwrap_or(&[]);
        rest.iter().take_while(move |(at, _)| *at == row).map(|(_, bad)| bad)
    }
}

/// The texts of one column, and the rows whose cells cannot be read at all.
pub(super) fn column(
    path: &Path,
    array: &dyn Array,
    column: &Column,
) -> Result<(StringArray, Vec<usize>), BatchError> {
    let (texts, bad) = read(path, array, column)?;
    Ok((texts, bad.into_iter().map(|(row, ..)| row).collect()))
}

fn read(path: &Path, array: &dyn Array, column: &Column) -> Result<(StringArray, Vec<BadCell>), BatchError> {
    let mut reader = Reader { kind: column.kind, bad: Vec::new() };
    let texts = reader.read(array).ok_or_else(|| {
        let (header, given) = (&column.header, array.data_type());
        BatchError::columns(
            path,
            format!("column `{header}` is of type {given}, {}", wanted(column.kind, given)),
        )
    })?;
    Ok((texts, reader.bad))
}

fn text(column: &StringArray, row: usize) -> &str {
    if row < column.len() && column.is_valid(row) { column.value(row) } else { "" }
}

fn wanted(kind: Kind, given: &DataType) -> &'static str {
    match kind {
        Kind::Money if given.is_floating() => {
            "but binary floats cannot hold cents exactly: write money as decimal128 or text"
        }
        Kind::Money => "but money is decimal128, an integer or text",
        Kind::Number => "but numbers are decimal128, integers, floats or text",
        Kind::Percent => "but percents are shares (0.12) as decimal128 or float, or text such as `12%`",
        Kind::Duration => "but durations are whole seconds as integers, or text such as `8w`",
        Kind::Instant => "but instants are timestamps with a time zone, or RFC 3339 text",
        Kind::Set => "but sets are lists of strings, or text such as `kvi|new`",
        Kind::Id | Kind::Text | Kind::Tree if given.is_temporal() => {
            "but the rulebook says text: write the dates as text (`CAST(… AS VARCHAR)`, `dt.strftime`), or leave the column out"
        }
        Kind::Id | Kind::Text | Kind::Tree => "but ids and texts are strings or integers",
    }
}

type BadCell = (usize, FieldCode, String, &'static str);

struct Reader {
    kind: Kind,
    bad: Vec<BadCell>,
}

impl Reader {
    /// `None` for a type that cannot hold a fact of this kind.
    fn read(&mut self, array: &dyn Array) -> Option<StringArray> {
        let name = matches!(self.kind, Kind::Id | Kind::Text | Kind::Tree);
        match array.data_type() {
            DataType::Utf8 => Some(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Some(array.as_string::<i64>().iter().collect()),
            DataType::Utf8View => Some(array.as_string_view().iter().collect()),
            DataType::Null => Some(StringArray::new_null(array.len())),
            DataType::Dictionary(..) => self.dictionary(array),
            DataType::Boolean if name => {
                let words = array.as_boolean().iter();
                Some(words.map(|cell| cell.map(|yes| if yes { "yes" } else { "no" })).collect())
            }
            DataType::Int8 => self.integers::<Int8Type>(array),
            DataType::Int16 => self.integers::<Int16Type>(array),
            DataType::Int32 => self.integers::<Int32Type>(array),
            DataType::Int64 => self.integers::<Int64Type>(array),
            DataType::UInt8 => self.integers::<UInt8Type>(array),
            DataType::UInt16 => self.integers::<UInt16Type>(array),
            DataType::UInt32 => self.integers::<UInt32Type>(array),
            DataType::UInt64 => self.integers::<UInt64Type>(array),
            DataType::Decimal32(_, scale) => self.decimals::<Decimal32Type>(array, *scale),
            DataType::Decimal64(_, scale) => self.decimals::<Decimal64Type>(array, *scale),
            DataType::Decimal128(_, scale) => self.decimals::<Decimal128Type>(array, *scale),
            DataType::Float32 => self.floats::<Float32Type>(array),
            DataType::Float64 => self.floats::<Float64Type>(array),
            DataType::Timestamp(unit, Some(_)) if self.kind == Kind::Instant => Some(match unit {
                TimeUnit::Second => instants::<TimestampSecondType>(array, 1),
                TimeUnit::Millisecond => instants::<TimestampMillisecondType>(array, 1_000),
                TimeUnit::Microsecond => instants::<TimestampMicrosecondType>(array, 1_000_000),
                TimeUnit::Nanosecond => instants::<TimestampNanosecondType>(array, 1_000_000_000),
            }),
            DataType::List(_) if self.kind == Kind::Set => self.lists::<i32>(array),
            DataType::LargeList(_) if self.kind == Kind::Set => self.lists::<i64>(array),
            _ => None,
        }
    }

    fn dictionary(&mut self, array: &dyn Array) -> Option<StringArray> {
        let dictionary = array.as_any_dictionary();
        if dictionary.values().is_empty() {
            return Some(StringArray::new_null(array.len()));
        }
        // A bad value of the dictionary is reported for the rows that use it, not for its own place.
        let mut inner = Self { kind: self.kind, bad: Vec::new() };
        let values = inner.read(dictionary.values().as_ref())?;
        let keys = dictionary.normalized_keys();
        for (row, key) in keys.iter().enumerate().filter(|(row, _)| array.is_valid(*row)) {
            let bad = inner.bad.iter().filter(|(at, ..)| at == key);
            self.bad.extend(bad.map(|(_, code, value, why)| (row, *code, value.clone(), *why)));
        }
        let cells = keys.iter().enumerate();
        Some(cells.map(|(row, key)| array.is_valid(row).then(|| text(&values, *key))).collect())
    }

    fn integers<T: ArrowPrimitiveType<Native: Into<i128>>>(&self, array: &dyn Array) -> Option<StringArray> {
        let cells = array.as_primitive::<T>().iter();
        cells.map(|cell| optional(cell, |value| number(value.into(), 0, self.kind))).collect()
    }

    fn decimals<T: DecimalType<Native: Into<i128>>>(
        &self,
        array: &dyn Array,
        scale: i8,
    ) -> Option<StringArray> {
        let cells = array.as_primitive::<T>().iter();
        cells.map(|cell| optional(cell, |value| number(value.into(), scale.into(), self.kind))).collect()
    }

    fn floats<T: ArrowPrimitiveType<Native: Into<f64>>>(&mut self, array: &dyn Array) -> Option<StringArray> {
        let shift = match self.kind {
            Kind::Number => 9,
            Kind::Percent => 7,
            _ => return None,
        };
        let suffix = if self.kind == Kind::Percent { "%" } else { "" };
        let mut cells = Vec::with_capacity(array.len());
        for (row, cell) in array.as_primitive::<T>().iter().enumerate() {
            let value: Option<f64> = cell.map(Into::into).filter(|value: &f64| !value.is_nan());
            let nanos = value.map(|value| format!("{value:.9}").replace('.', "").parse::<i128>());
            cells.push(match nanos {
                Some(Ok(nanos)) => Some(fixed(nanos, shift) + suffix),
                Some(Err(_)) => {
                    let value = value.unwrap_or_default().to_string();
                    self.bad.push((row, FieldCode::Number, value, "is not a number that can be kept"));
                    None
                }
                None => None,
            });
        }
        Some(cells.into_iter().collect())
    }

    fn lists<O: OffsetSizeTrait>(&mut self, array: &dyn Array) -> Option<StringArray> {
        let mut cells = Vec::with_capacity(array.len());
        for (row, list) in array.as_list::<O>().iter().enumerate() {
            let Some(list) = list else {
                cells.push(None);
                continue;
            };
            let values = Self { kind: Kind::Text, bad: Vec::new() }.read(list.as_ref())?;
            let tags: Vec<&str> = values.iter().flatten().collect();
            if let Some(tag) = tags.iter().find(|tag| tag.is_empty() || tag.contains('|')) {
                let why = "is no element of a set: it is empty or contains `|`";
                self.bad.push((row, FieldCode::Text, (*tag).to_owned(), why));
            }
            cells.push(Some(tags.join("|")));
        }
        Some(cells.into_iter().collect())
    }
}

/// A missing cell stays missing; a present one may fail.
fn optional<T>(cell: Option<T>, read: impl Fn(T) -> Option<String>) -> Option<Option<String>> {
    match cell {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn instants<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, per_second: i64) -> StringArray {
    let cells = array.as_primitive::<T>().iter();
    cells.map(|cell| cell.map(|value| crate::facts::show_instant(value.div_euclid(per_second)))).collect()
}

/// A count of 10^-`scale` in the grammar of its kind; `None` if numbers cannot hold this kind.
fn number(value: i128, scale: i32, kind: Kind) -> Option<String> {
    match kind {
        Kind::Money | Kind::Number => Some(fixed(value, scale)),
        Kind::Percent => Some(fixed(value, scale - 2) + "%"),
        Kind::Duration => Some(fixed(value, scale) + "s"),
        Kind::Id | Kind::Text | Kind::Tree if scale == 0 => Some(value.to_string()),
        _ => None,
    }
}

/// Plain digits without needless zeros after the point.
fn fixed(value: i128, scale: i32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    if scale <= 0 {
        let zeros = if value == 0 { 0 } else { scale.unsigned_abs() as usize };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let places = scale.unsigned_abs() as usize;
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, decimals) = padded.split_at(padded.len() - places);
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{ListBuilder, StringBuilder, StringDictionaryBuilder};
    use arrow_array::{BooleanArray, Decimal128Array, Float64Array, Int64Array, TimestampMicrosecondArray};

    fn check(kind: Kind, array: &dyn Array, expected: &[&str]) {
        let mut reader = Reader { kind, bad: Vec::new() };
        let read = reader.read(array).unwrap();
        let cells: Vec<&str> = (0..read.len()).map(|row| text(&read, row)).collect();
        assert_eq!(cells, expected);
        assert!(reader.bad.is_empty(), "{:?}", reader.bad);
    }

    #[test]
    fn typed_cells_read_like_texts() {
        let decimals = |scale| {
            Decimal128Array::from(vec![Some(29_800), Some(-5), None, Some(0)])
                .with_precision_and_scale(38, scale)
                .unwrap()
        };
        check(Kind::Money, &decimals(2), &["298", "-0.05", "", "0"]);
        check(Kind::Percent, &decimals(5), &["29.8%", "-0.005%", "", "0%"]);
        check(Kind::Percent, &decimals(1), &["298000%", "-50%", "", "0%"]);
        check(Kind::Number, &decimals(-2), &["2980000", "-500", "", "0"]);
        check(Kind::Id, &Int64Array::from(vec![17, -1]), &["17", "-1"]);
        check(Kind::Duration, &Int64Array::from(vec![60]), &["60s"]);
        check(Kind::Number, &Float64Array::from(vec![-2.5, 0.1 + 0.2, f64::NAN]), &["-2.5", "0.3", ""]);
        check(Kind::Percent, &Float64Array::from(vec![0.12]), &["12%"]);
        check(Kind::Text, &BooleanArray::from(vec![Some(true), Some(false), None]), &["yes", "no", ""]);
        let times = TimestampMicrosecondArray::from(vec![-1, 1_500_000]).with_timezone("UTC");
        check(Kind::Instant, &times, &["1969-12-31T23:59:59Z", "1970-01-01T00:00:01Z"]);
        let mut words = StringDictionaryBuilder::<Int32Type>::new();
        words.append_value("b");
        words.append_null();
        words.append_value("a");
        check(Kind::Tree, &words.finish(), &["b", "", "a"]);
        let mut sets = ListBuilder::new(StringBuilder::new());
        sets.append_value([Some("kvi"), Some("new")]);
        sets.append_value(Vec::<Option<&str>>::new());
        sets.append_null();
        check(Kind::Set, &sets.finish(), &["kvi|new", "", ""]);
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        let floats = Float64Array::from(vec![1.0]);
        for kind in [Kind::Money, Kind::Id, Kind::Duration, Kind::Set, Kind::Instant] {
            assert!(Reader { kind, bad: Vec::new() }.read(&floats).is_none());
        }
        let naive = TimestampMicrosecondArray::from(vec![0]);
        let mut reader = Reader { kind: Kind::Instant, bad: Vec::new() };
        assert!(reader.read(&naive).is_none());
        let day = DataType::Date32;
        assert!(wanted(Kind::Text, &day).contains("as text") && wanted(Kind::Id, &day).contains("as text"));
        let cents = Decimal128Array::from(vec![1]).with_precision_and_scale(9, 2).unwrap();
        assert!(Reader { kind: Kind::Id, bad: Vec::new() }.read(&cents).is_none());
        let mut reader = Reader { kind: Kind::Number, bad: Vec::new() };
        reader.read(&Float64Array::from(vec![f64::INFINITY, 1e300])).unwrap();
        assert_eq!(reader.bad.len(), 2);
    }
}

//! The cells of a block as values, column by column: typed ones without a text in between, texts once for each distinct one.
//!
//! What is not certainly right here makes its row odd: such a row is read from its [`Texts`](super::texts::Texts), which say
//! what is wrong. So CSV and Parquet, the quick way and the strict one, give the same answers and the same quarantine.

use super::texts;
use super::{BatchError, Columns};
use crate::facts::{
    AttrId, CellReader, Item, ItemReader, Kind, Map, Scale, Value, builtin, cover, is_plain, unseen_in_name,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, DictionaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, TimeUnit};
use std::path::Path;

/// How many texts of a column are remembered at once.
const REMEMBERED_MAX: usize = 1 << 12;

/// The columns of a block.
#[derive(Debug)]
pub(super) struct Values {
    /// The attributes that columns give.
    given: Vec<AttrId>,
    /// Their values, row behind row: what a row holds lies together.
    cells: Vec<Value>,
    /// For each column that is read its texts, if it has any.
    texts: Vec<Option<Words>>,
    /// Columns that name other items.
    links: Vec<(AttrId, usize)>,
    /// Rows that have to be read from their texts.
    odd: Vec<bool>,
}

/// A column of texts.
#[derive(Debug)]
pub(super) enum Words {
    Plain(StringArray),
    Coded { keys: DictionaryArray<Int32Type>, values: StringArray },
}

impl Words {
    /// Whether all texts are of visible ASCII characters.
    fn are_plain(&self) -> bool {
        let (Self::Plain(values) | Self::Coded { values, .. }) = self;
        let ends = values.value_offsets();
        let end = |end: Option<&i32>| end.and_then(|end| usize::try_from(*end).ok());
        let bytes = end(ends.first()).zip(end(ends.last()));
        bytes.and_then(|(first, last)| values.value_data().get(first..last)).is_some_and(is_plain)
    }

    /// A cell; empty if it is missing.
    #[inline]
    pub fn get(&self, row: usize) -> &str {
        let (values, at) = match self {
            Self::Plain(values) => (values, Some(row)),
            Self::Coded { keys, values } => (values, key(keys, row)),
        };
        match at {
            Some(at) if at < values.len() && values.nulls().is_none_or(|nulls| nulls.is_valid(at)) => {
                values.value(at)
            }
            _ => "",
        }
    }
}

/// The number of a cell's text; none if it is missing.
#[inline]
fn key(keys: &DictionaryArray<Int32Type>, row: usize) -> Option<usize> {
    let keys = keys.keys();
    if keys.nulls().is_some_and(|nulls| nulls.is_null(row)) {
        return None;
    }
    keys.values().get(row).and_then(|key| usize::try_from(*key).ok())
}

impl Values {
    /// Reads the columns of `batch`, which are those of `columns` in their order.
    ///
    /// # Errors
    /// A column of a type that cannot hold what it should.
    pub fn new(
        reader: &ItemReader<'_>,
        path: &Path,
        batch: &RecordBatch,
        columns: &Columns,
        blank: &[Value],
    ) -> Result<Self, BatchError> {
        let mut values = Self {
            given: Vec::new(),
            cells: Vec::new(),
            texts: Vec::with_capacity(columns.len()),
            links: Vec::new(),
            odd: vec![false; batch.num_rows()],
        };
        for (array, (at, column)) in batch.columns().iter().zip(columns.iter().enumerate()) {
            let counts = reader.cells(at).is_some_and(|cells| counts(array, &cells).is_some());
            let words = if counts { None } else { Some(values.words(path, array, column)?) };
            values.texts.push(words);
        }
        let mut read_columns: Vec<(AttrId, Vec<Value>)> = Vec::with_capacity(columns.len() + 1);
        for (array, at) in batch.columns().iter().zip(0..) {
            let Some(cells) = reader.cells(at) else { continue };
            if cells.links() {
                values.links.push((cells.id, at));
            }
            let beside = cells.beside.and_then(|at| values.texts.get(at)?.as_ref());
            let beside = |row| beside.map_or("", |words| words.get(row));
            let read = match values.texts.get(at) {
                Some(Some(words)) => read_words(words, &cells, beside, &mut values.odd),
                _ => read_counts(array, &cells, beside, &mut values.odd),
            };
            read_columns.push((cells.id, read));
        }
        for id in reader.required() {
            let given: Vec<&[Value]> =
                read_columns.iter().filter(|(known, _)| *known == id).map(|(_, cells)| &**cells).collect();
            if let [cells] = *given {
                for (odd, cell) in values.odd.iter_mut().zip(cells) {
                    *odd |= *cell == Value::Missing;
                }
                continue;
            }
            for (row, odd) in values.odd.iter_mut().enumerate() {
                *odd |= given.iter().all(|cells| cells.get(row).is_none_or(|cell| *cell == Value::Missing));
            }
        }
        values.complete(read_columns, blank);
        Ok(values)
    }

    /// One column for each attribute, with what is known where no cell says it.
    fn complete(&mut self, read: Vec<(AttrId, Vec<Value>)>, blank: &[Value]) {
        let mut columns: Vec<(AttrId, Vec<Value>)> = Vec::with_capacity(read.len() + 1);
        for (id, cells) in read {
            let Some((_, known)) = columns.iter_mut().find(|(known, _)| *known == id) else {
                columns.push((id, cells));
                continue;
            };
            for (slot, cell) in known.iter_mut().zip(cells) {
                match (cell, &*slot) {
                    (Value::Missing, _) => {}
                    // A duration given as such wins over the instant it could be reckoned from.
                    (Value::Until(_) | Value::Since(_), Value::Count(_)) => {}
                    _ => *slot = cell,
                }
            }
        }
        let column = |id| columns.iter().find(|(known, _)| *known == id).map(|(_, cells)| cells);
        if let (Some(stock), Some(per_day)) = (column(builtin::STOCK_UNITS), column(builtin::UNITS_PER_DAY)) {
            let given = column(builtin::STOCK_COVER);
            let given =
                |row: usize| given.and_then(|cells| cells.get(row)).copied().unwrap_or(Value::Missing);
            let cells = stock.iter().zip(per_day).enumerate();
            let cells = cells.map(|(row, (stock, per_day))| cover(given(row), *stock, *per_day)).collect();
            columns.retain(|(id, _)| *id != builtin::STOCK_COVER);
            columns.push((builtin::STOCK_COVER, cells));
        }
        let width = columns.len();
        self.cells = vec![Value::Missing; width * self.odd.len()];
        for (at, (id, cells)) in columns.iter().enumerate() {
            let known = blank.get(usize::from(id.0)).copied().unwrap_or(Value::Missing);
            for (slot, cell) in self.cells.iter_mut().skip(at).step_by(width).zip(cells) {
                *slot = if *cell == Value::Missing { known } else { *cell };
            }
        }
        self.given = columns.into_iter().map(|(id, _)| id).collect();
    }

    /// The texts of a column; rows whose cell cannot be written as one are odd.
    fn words(&mut self, path: &Path, array: &ArrayRef, column: &super::Column) -> Result<Words, BatchError> {
        if let Some(values) = array.as_string_opt::<i32>() {
            return Ok(Words::Plain(values.clone()));
        }
        if let Some(keys) = array.as_dictionary_opt::<Int32Type>()
            && let Some(values) = keys.values().as_string_opt::<i32>()
        {
            return Ok(Words::Coded { keys: keys.clone(), values: values.clone() });
        }
        let (values, bad) = texts::column(path, array.as_ref(), column)?;
        for row in bad {
            self.mark(row);
        }
        Ok(Words::Plain(values))
    }

    fn mark(&mut self, row: usize) {
        if let Some(odd) = self.odd.get_mut(row) {
            *odd = true;
        }
    }

    /// The rows that have to be read from their texts, in order.
    pub fn odd(&self) -> impl Iterator<Item = usize> {
        self.odd.iter().enumerate().filter(|(_, odd)| **odd).map(|(row, _)| row)
    }

    pub fn is_odd(&self, row: usize) -> bool {
        self.odd.get(row).is_none_or(|odd| *odd)
    }

    /// The text of a cell; empty when it is missing, holds a number, or there is no such column.
    pub fn text(&self, column: Option<usize>, row: usize) -> &str {
        let words = column.and_then(|at| self.texts.get(at)?.as_ref());
        words.map_or("", |words| words.get(row))
    }

    /// Makes `item` that of a row that is not odd.
    pub fn fill(&self, item: &mut Item, sku: &str, row: usize) {
        let width = self.given.len();
        let cells = self.cells.get(row * width..(row + 1) * width).unwrap_or(&[]);
        let links = self.links.iter().map(|(id, at)| (*id, self.text(Some(*at), row)));
        item.refill(sku, &self.given, cells, links.filter(|(_, sku)| !sku.is_empty()));
    }
}

/// How the counts or instants of a column are read without texts.
enum Counts {
    Scaled(Scale),
    /// How many of them make a second.
    Instants(i64),
}

fn counts(array: &ArrayRef, cells: &CellReader<'_>) -> Option<Counts> {
    match array.data_type() {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
            cells.scale(*scale).map(Counts::Scaled)
        }
        kind if kind.is_integer() => cells.scale(0).map(Counts::Scaled),
        DataType::Timestamp(unit, Some(_)) => {
            cells.instant(0)?;
            Some(Counts::Instants(match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            }))
        }
        _ => None,
    }
}

fn read_words<'w>(
    words: &'w Words,
    cells: &CellReader<'_>,
    beside: impl Fn(usize) -> &'w str,
    odd: &mut [bool],
) -> Vec<Value> {
    let any = cells.any_text();
    // One look at all bytes of a column; at each text only if some of them are strange.
    let strange = cells.names() && !words.are_plain();
    let plain = |text: &str, row: usize| match any {
        _ if text.is_empty() => Some(Value::Missing),
        _ if strange && unseen_in_name(text).is_some() => None,
        Some(value) if text.len() < 1_024 => Some(value),
        _ => cells.text(text, beside(row)),
    };
    let mut known: Map<&str, Option<Value>> = Map::default();
    match words {
        Words::Coded { keys, values } if cells.repeats() && values.len() <= odd.len() => {
            let text = |at| if values.is_valid(at) { values.value(at) } else { "" };
            let known: Vec<Option<Value>> = (0..values.len()).map(|at| plain(text(at), 0)).collect();
            collect(odd, |row| match key(keys, row) {
                Some(key) => known.get(key).copied().flatten(),
                None => Some(Value::Missing),
            })
        }
        _ if cells.repeats() && any.is_none() => collect(odd, |row| {
            let text = words.get(row);
            if let Some(value) = known.get(text) {
                return *value;
            }
            let value = plain(text, row);
            if known.len() < REMEMBERED_MAX {
                known.insert(text, value);
            }
            value
        }),
        _ => collect(odd, |row| plain(words.get(row), row)),
    }
}

fn collect(odd: &mut [bool], mut each: impl FnMut(usize) -> Option<Value>) -> Vec<Value> {
    let read = odd.iter_mut().enumerate().map(|(row, odd)| {
        each(row).unwrap_or_else(|| {
            *odd = true;
            Value::Missing
        })
    });
    read.collect()
}

fn read_counts<'w>(
    array: &ArrayRef,
    cells: &CellReader<'_>,
    beside: impl Fn(usize) -> &'w str,
    odd: &mut [bool],
) -> Vec<Value> {
    match counts(array, cells) {
        Some(Counts::Scaled(scale)) => {
            let plain = cells.plain(scale);
            macro_rules! scaled {
                ($($kind:ident)*) => {
                    $(if let Some(array) = array.as_primitive_opt::<$kind>() {
                        if let Some(plain) = plain {
                            return primitive(array, odd, |_, count| plain.value(i64::try_from(count).ok()?));
                        }
                        return primitive(array, odd, |row, count| {
                            cells.scaled(i128::from(count), scale, beside(row))
                        });
                    })*
                };
            }
            scaled!(Decimal128Type Decimal64Type Decimal32Type Int64Type Int32Type Int16Type Int8Type);
            scaled!(UInt64Type UInt32Type UInt16Type UInt8Type);
        }
        Some(Counts::Instants(unit)) => {
            macro_rules! instants {
                ($($kind:ident)*) => {
                    $(if let Some(array) = array.as_primitive_opt::<$kind>() {
                        return primitive(array, odd, |_, count| cells.instant(count.div_euclid(unit)));
                    })*
                };
            }
            instants!(TimestampSecondType TimestampMillisecondType TimestampMicrosecondType TimestampNanosecondType);
        }
        None => {}
    }
    odd.fill(true);
    vec![Value::Missing; odd.len()]
}

fn primitive<T: ArrowPrimitiveType>(
    array: &arrow_array::PrimitiveArray<T>,
    odd: &mut [bool],
    read: impl Fn(usize, T::Native) -> Option<Value>,
) -> Vec<Value> {
    let nulls = array.nulls().filter(|nulls| 0 < nulls.null_count());
    let cells = array.values().iter().zip(odd).enumerate().map(|(row, (count, odd))| {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Value::Missing;
        }
        read(row, *count).unwrap_or_else(|| {
            *odd = true;
            Value::Missing
        })
    });
    cells.collect()
}

/// The kind that texts in files are read as, if they repeat: each distinct one is decoded once.
pub(super) fn coded(kind: Kind, given: &DataType) -> Option<DataType> {
    let repeats = matches!(kind, Kind::Text | Kind::Tree | Kind::Set);
    (repeats && *given == DataType::Utf8)
        .then(|| DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))
}

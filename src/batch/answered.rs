//! The answers of a block, column by column: numbers, and the numbers of texts. What becomes a `RecordBatch` or a file.

use super::words::MISSING;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use std::sync::Arc;

/// A number that is not there; none is as low as this.
pub(super) const NONE: i64 = i64::MIN;

/// The columns of a block, in the order of the output's schema.
#[derive(Debug)]
pub(super) struct Answered {
    pub columns: Vec<Cells>,
}

/// One column.
#[derive(Debug)]
pub(super) enum Cells {
    Texts(StringArray),
    /// The numbers of texts, [`MISSING`] for none.
    Words {
        keys: Vec<i32>,
        texts: StringArray,
    },
    /// Counts of 10^-scale, [`NONE`] for none.
    Counts(Vec<i64>),
    Lines(Vec<i64>),
}

impl Answered {
    pub fn rows(&self) -> usize {
        self.columns.iter().find_map(|cells| cells.lines().map(<[i64]>::len)).unwrap_or(0)
    }

    /// Only these rows of these columns.
    pub fn taken(&self, rows: &[usize], columns: &[usize]) -> Self {
        let columns = columns.iter().filter_map(|at| self.columns.get(*at));
        Self { columns: columns.map(|cells| cells.taken(rows)).collect() }
    }

    /// The same as Arrow arrays; `schema` names the columns.
    pub fn into_batch(self, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let fields = schema.fields().iter();
        let columns = self.columns.into_iter().zip(fields).map(|(cells, field)| match cells {
            Cells::Texts(texts) => Ok(Arc::new(texts) as ArrayRef),
            Cells::Words { keys, texts } => words(keys, texts),
            Cells::Counts(counts) => decimals(counts, field.data_type()),
            Cells::Lines(lines) => Ok(Arc::new(Int64Array::from(lines)) as ArrayRef),
        });
        let columns = columns.collect::<Result<_, _>>()?;
        RecordBatch::try_new(schema.clone(), columns)
    }
}

impl Cells {
    fn taken(&self, rows: &[usize]) -> Self {
        match self {
            Self::Texts(texts) => {
                let there = |row: &usize| (*row < texts.len()).then(|| texts.value(*row));
                Self::Texts(StringArray::from_iter_values(rows.iter().map(|row| there(row).unwrap_or(""))))
            }
            Self::Words { keys, texts } => {
                Self::Words { keys: gathered(keys, rows, MISSING), texts: texts.clone() }
            }
            Self::Counts(counts) => Self::Counts(gathered(counts, rows, NONE)),
            Self::Lines(lines) => Self::Lines(gathered(lines, rows, 0)),
        }
    }

    /// The number of a row's text, and the texts.
    pub fn words(&self) -> Option<(&[i32], &StringArray)> {
        match self {
            Self::Words { keys, texts } => Some((keys, texts)),
            _ => None,
        }
    }

    fn lines(&self) -> Option<&[i64]> {
        match self {
            Self::Lines(lines) => Some(lines),
            _ => None,
        }
    }
}

fn gathered<T: Copy>(all: &[T], rows: &[usize], lost: T) -> Vec<T> {
    rows.iter().map(|row| all.get(*row).copied().unwrap_or(lost)).collect()
}

fn words(keys: Vec<i32>, texts: StringArray) -> Result<ArrayRef, ArrowError> {
    let keys = if keys.contains(&MISSING) {
        let nulls = keys.iter().map(|key| *key != MISSING).collect();
        let keys: Vec<i32> = keys.into_iter().map(|key| key.max(0)).collect();
        Int32Array::try_new(keys.into(), Some(nulls))?
    } else {
        Int32Array::from(keys)
    };
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(texts))?))
}

fn decimals(counts: Vec<i64>, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    let nulls = counts.contains(&NONE).then(|| counts.iter().map(|count| *count != NONE).collect());
    let counts = counts.into_iter().map(|count| if count == NONE { 0 } else { i128::from(count) });
    let array = Decimal128Array::try_new(counts.collect::<Vec<_>>().into(), nulls)?;
    Ok(Arc::new(array.with_data_type(kind.clone())))
}

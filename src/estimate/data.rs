//! A table in memory: named columns of numbers or of categories.

use super::error::{EstimateError, Result, nearest};
use std::collections::HashMap;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// A column of categories: one code a row, one text a level, levels in order of first appearance.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Categories {
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
}

impl Categories {
    /// Codes a sequence of texts; an empty text is missing.
    pub fn from_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut out = Self::default();
        for text in texts {
            let code = if text.is_empty() {
                MISSING
            } else if let Some(code) = seen.get(text) {
                *code
            } else {
                let code = u32::try_from(out.levels.len()).unwrap_or(MISSING);
                seen.insert(text.to_owned(), code);
                out.levels.push(text.to_owned());
                code
            };
            out.codes.push(code);
        }
        out
    }

    pub fn level(&self, code: u32) -> Option<&str> {
        self.levels.get(usize::try_from(code).ok()?).map(String::as_str)
    }
}

/// A column. A missing number is NaN, a missing category is [`MISSING`].
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Number(Vec<f64>),
    Text(Categories),
}

impl Column {
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(categories) => categories.codes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Number(v) => Self::Number(rows.iter().filter_map(|r| v.get(*r).copied()).collect()),
            Self::Text(c) => Self::Text(Categories {
                codes: rows.iter().filter_map(|r| c.codes.get(*r).copied()).collect(),
                levels: c.levels.clone(),
            }),
        }
    }
}

/// Columns of one length, with their names.
#[derive(Clone, Debug, Default)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column, or replaces the one of that name.
    pub fn insert(&mut self, name: &str, column: Column) -> Result<()> {
        let replaces = self.names.iter().position(|n| n == name);
        let alone = self.columns.is_empty() || (replaces.is_some() && self.columns.len() == 1);
        if !alone && column.len() != self.rows {
            let message = format!("column `{name}` has {} rows, the table has {}", column.len(), self.rows);
            return Err(EstimateError::new(message));
        }
        self.rows = column.len();
        if let Some(slot) = replaces.and_then(|i| self.columns.get_mut(i)) {
            *slot = column;
        } else {
            self.names.push(name.to_owned());
            self.columns.push(column);
        }
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn find(&self, name: &str) -> Option<&Column> {
        self.columns.get(self.names.iter().position(|n| n == name)?)
    }

    /// The column of that name, or an error that names the nearest one.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.find(name).ok_or_else(|| {
            let error = EstimateError::new(format!("there is no column `{name}`"));
            match nearest(name, self.names.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the columns are {}", self.names.join(", "))),
            }
        })
    }

    pub fn numbers(&self, name: &str) -> Result<&[f64]> {
        match self.column(name)? {
            Column::Number(values) => Ok(values),
            Column::Text(_) => Err(EstimateError::new(format!("column `{name}` holds text, not numbers"))
                .help(format!("use i({name}) for one coefficient a level, or put it behind the bar"))),
        }
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let columns = self.columns.iter().map(|c| c.select(rows)).collect();
        Self { names: self.names.clone(), columns, rows: rows.len() }
    }
}

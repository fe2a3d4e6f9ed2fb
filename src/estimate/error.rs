//! What can go wrong, said so that an analyst can cure it.

use std::fmt;

/// A failure with its cure.
///
/// `at` is a byte offset into the formula or filter, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimateError {
    message: String,
    help: Option<String>,
    at: Option<usize>,
}

/// Every fallible function of this module returns this.
pub type Result<T> = std::result::Result<T, EstimateError>;

impl EstimateError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, at: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn at(mut self, offset: usize) -> Self {
        self.at = Some(offset);
        self
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn cure(&self) -> Option<&str> {
        self.help.as_deref()
    }

    pub fn offset(&self) -> Option<usize> {
        self.at
    }
}

impl fmt::Display for EstimateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(at) = self.at {
            write!(f, " (at character {})", at + 1)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for EstimateError {}

/// The candidate nearest to what was written, if one is near enough to be a slip of the pen.
pub fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(2);
    candidates
        .map(|c| (edits(&written.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(d, c)| *d <= limit && *d < c.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            let best = (diagonal + usize::from(ca != *cb)).min(above + 1).min(left + 1);
            diagonal = above;
            left = best;
            *cell = best;
        }
    }
    row.last().copied().unwrap_or(0)
}

//! Why a whole run fails; a single bad row never does.

use std::fmt;
use std::path::{Path, PathBuf};

/// A run that gives no answer.
#[derive(Debug)]
pub enum BatchError {
    /// A file cannot be read or written.
    Io {
        path: PathBuf,
        why: String,
    },
    /// A feed's columns are not what the rulebook needs.
    Columns {
        path: PathBuf,
        why: String,
    },
    /// `--market` and `--channel` name no place of the rulebook.
    NoPlace(String),
    /// What was asked for makes no sense.
    Usage(String),
    Cancelled,
    /// A mistake of ours, never of the input.
    Internal(String),
}

impl BatchError {
    pub(super) fn io(path: &Path, error: impl fmt::Display) -> Self {
        Self::Io { path: path.to_owned(), why: error.to_string() }
    }

    pub(super) fn columns(path: &Path, why: impl Into<String>) -> Self {
        Self::Columns { path: path.to_owned(), why: why.into() }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, why } | Self::Columns { path, why } => write!(f, "`{}`: {why}", path.display()),
            Self::NoPlace(why) | Self::Usage(why) => f.write_str(why),
            Self::Cancelled => f.write_str("cancelled; nothing was published"),
            Self::Internal(why) => write!(f, "internal error: {why}"),
        }
    }
}

impl std::error::Error for BatchError {}

impl From<arrow_schema::ArrowError> for BatchError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}

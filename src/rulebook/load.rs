//! From files to a release, with every finding on the way.

use super::{AlwaysTest, Diagnostic, Files, Origins, RuleTest, Severity};
use crate::pricing::Release;
use std::sync::Arc;

/// What reading a rulebook gave.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub files: Files,
    /// There is one exactly when no diagnostic is an error.
    pub release: Option<Arc<Release>>,
    /// All findings: errors first, then by file and place.
    pub diagnostics: Vec<Diagnostic>,
    pub origins: Origins,
    pub tests: Vec<RuleTest>,
    pub always: Vec<AlwaysTest>,
    pub stats: Stats,
}

/// What was checked, for the last line of `pricer check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub rules: usize,
    pub table_rows: usize,
    pub adjustments: usize,
    pub guards: usize,
    pub rounds: usize,
    /// Pairs of scopes compared.
    pub pairs: usize,
}

impl Loaded {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}

/// Reads, checks and compiles.
#[must_use]
pub fn load(files: Files) -> Loaded {
    Loaded {
        files,
        ..Loaded::default()
    }
}

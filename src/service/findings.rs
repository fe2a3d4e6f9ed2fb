//! Findings of a rulebook as messages.

use super::proto;
use crate::rulebook::{Diagnostic, Files, Severity};

/// How many findings or failed tests one message tells.
pub const SHOWN_MAX: usize = 1_000;

/// The first findings; `files` are those they are about.
#[must_use]
pub fn all(findings: &[Diagnostic], files: &Files) -> Vec<proto::Diagnostic> {
    findings.iter().take(SHOWN_MAX).map(|finding| one(finding, files)).collect()
}

fn one(finding: &Diagnostic, files: &Files) -> proto::Diagnostic {
    let span = &finding.primary.span;
    let (line, column) = files.line_column(&span.file, span.start);
    proto::Diagnostic {
        code: finding.code.to_owned(),
        severity: match finding.severity {
            Severity::Error => proto::Severity::Error,
            Severity::Warning => proto::Severity::Warning,
            Severity::Note => proto::Severity::Note,
        }
        .into(),
        title: finding.title.clone(),
        file: span.file.to_string(),
        line: line.try_into().unwrap_or(i32::MAX),
        column: column.try_into().unwrap_or(i32::MAX),
        label: finding.primary.text.clone(),
        notes: finding.notes.clone(),
        fixes: finding.fixes.iter().map(|fix| fix.title.clone()).collect(),
    }
}

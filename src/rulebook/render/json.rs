//! Findings for editors, CI and other programs. Additions raise the minor version.

use crate::rulebook::{Applicability, Diagnostic, Files, Severity, Span};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    kind: &'static str,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    severity: &'static str,
    title: &'a str,
    file: &'a str,
    span: Place,
    label: &'a str,
    related: Vec<Related<'a>>,
    notes: &'a [String],
    fixes: Vec<Cure<'a>>,
}

/// Line and column count characters from 1, bytes from 0.
#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    byte: usize,
    end_byte: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    file: &'a str,
    span: Place,
    label: &'a str,
}

#[derive(Serialize)]
struct Cure<'a> {
    applicability: &'static str,
    title: &'a str,
    edits: Vec<Replace<'a>>,
}

#[derive(Serialize)]
struct Replace<'a> {
    file: &'a str,
    start: usize,
    end: usize,
    text: &'a str,
}

/// All findings as one JSON document.
#[must_use]
pub fn json(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let report = Report {
        format_version: "1.0",
        kind: "diagnostics",
        diagnostics: diagnostics.iter().map(|finding| Finding::new(files, finding)).collect(),
    };
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

impl<'a> Finding<'a> {
    fn new(files: &Files, finding: &'a Diagnostic) -> Self {
        let related = finding.related.iter().map(|label| Related {
            file: &label.span.file,
            span: Place::new(files, &label.span),
            label: &label.text,
        });
        let fixes = finding.fixes.iter().map(|fix| Cure {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Maybe => "maybe",
            },
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| Replace {
                    file: &edit.span.file,
                    start: edit.span.start,
                    end: edit.span.end,
                    text: &edit.text,
                })
                .collect(),
        });
        Self {
            code: finding.code,
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            title: &finding.title,
            file: &finding.primary.span.file,
            span: Place::new(files, &finding.primary.span),
            label: &finding.primary.text,
            related: related.collect(),
            notes: &finding.notes,
            fixes: fixes.collect(),
        }
    }
}

impl Place {
    fn new(files: &Files, span: &Span) -> Self {
        let (line, column) = files.line_column(&span.file, span.start);
        Self { line, column, byte: span.start, end_byte: span.end }
    }
}

//! Collects the findings of a run.

use crate::rulebook::{Diagnostic, Severity, Span};
use std::collections::HashSet;

/// All findings so far, each mistake once.
///
/// An entry is read again for each of its overlays, table rows and places, so the same mistake is met many times: one code
/// at one place is one finding.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Span)>,
    subject: Option<String>,
}

impl Findings {
    /// Adds a finding, with the effect on what is being read.
    pub fn push(&mut self, finding: Diagnostic) {
        if !self.seen.insert((finding.code, finding.primary.span.clone())) {
            return;
        }
        self.list.push(match (&self.subject, finding.severity) {
            (Some(subject), Severity::Error) => finding.note(format!(
                "effect: {subject} is not loaded, so nothing in this rulebook can be published"
            )),
            _ => finding,
        });
    }

    /// Adds findings that are told once already; two of them may stand at one place.
    pub fn append(&mut self, findings: Vec<Diagnostic>) {
        self.list.extend(findings);
    }

    /// Names what is being read until the next call: rule `plan`.
    pub fn about(&mut self, subject: impl Into<Option<String>>) {
        self.subject = subject.into();
    }

    /// Forgets findings that only follow from others.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    pub fn count(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where an `over` names nothing.
    pub fn misread(&self) -> impl Iterator<Item = &Span> {
        self.list.iter().filter(|finding| finding.code == "E0216").map(|finding| &finding.primary.span)
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Errors first, then by file and place.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| {
            let key = |finding: &Diagnostic| (finding.severity, finding.primary.span.clone(), finding.code);
            key(a).cmp(&key(b))
        });
        self.list
    }
}

//! Cures applied to the text: comments and layout stay, for an edit replaces bytes and nothing else.

use super::{Applicability, Diagnostic, Edit, Files, Fix, load};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A cure can uncover the next mistake; nobody needs more rounds than this.
const ROUNDS_MAX: usize = 20;

/// What is to be applied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cures<'a> {
    /// Every cure marked safe.
    pub safe: bool,
    /// The n-th cure (from 1) of each finding of a code.
    pub chosen: Option<(&'a str, usize)>,
}

/// The files after the cures.
#[derive(Clone, Debug)]
pub struct Cured {
    pub files: Files,
    pub changes: Vec<Change>,
}

/// One edit as it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub code: &'static str,
    pub title: String,
    pub file: Box<str>,
    /// At the time of the edit.
    pub line: usize,
    pub before: String,
    pub after: String,
}

/// Why nothing was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CureError {
    /// No finding has this code.
    NoFinding(String),
    /// A finding of the code has no n-th cure, or one that only words can give.
    NoCure { code: &'static str, wanted: usize, of: usize },
    /// Two cures change the same text.
    Overlap { file: Box<str>, line: usize, titles: [String; 2] },
    /// A cure would leave a file that is not TOML.
    Breaks { file: Box<str>, title: String },
}

impl fmt::Display for CureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFinding(code) => write!(f, "the rulebook has no finding {code}"),
            Self::NoCure { code, wanted, of } => {
                write!(f, "{code} has no cure {wanted} that can be applied; it offers {of}")
            }
            Self::Overlap { file, line, titles: [first, second] } => write!(
                f,
                "two cures change the same text at {file}:{line}, so none is applied: \"{first}\" and \"{second}\""
            ),
            Self::Breaks { file, title } => {
                write!(f, "\"{title}\" would leave `{file}` unreadable, so nothing is applied")
            }
        }
    }
}

/// Applies the chosen cure, then the safe ones until none is left. A finding that only the safe cures uncover can be chosen too.
///
/// # Errors
/// All or nothing: with an error no change is meant to be kept.
pub fn cure(files: Files, cures: Cures<'_>) -> Result<Cured, CureError> {
    let mut cured = Cured { files, changes: Vec::new() };
    if let Some((code, number)) = cures.chosen {
        let mut findings = load(cured.files.clone()).diagnostics;
        if cures.safe && !findings.iter().any(|finding| finding.code == code) {
            cured.apply_safe()?;
            findings = load(cured.files.clone()).diagnostics;
        }
        let picked = chosen(&findings, code, number)?;
        cured.apply(&findings, &picked)?;
    }
    if cures.safe {
        cured.apply_safe()?;
    }
    Ok(cured)
}

type Picked<'a> = (&'a Diagnostic, &'a Fix);

fn chosen<'a>(findings: &'a [Diagnostic], code: &str, number: usize) -> Result<Vec<Picked<'a>>, CureError> {
    let mut picked = Vec::new();
    for finding in findings.iter().filter(|finding| finding.code == code) {
        let fix = number.checked_sub(1).and_then(|at| finding.fixes.get(at));
        match fix.filter(|fix| !fix.edits.is_empty()) {
            Some(fix) => picked.push((finding, fix)),
            None => {
                let of = finding.fixes.iter().filter(|fix| !fix.edits.is_empty()).count();
                return Err(CureError::NoCure { code: finding.code, wanted: number, of });
            }
        }
    }
    if picked.is_empty() { Err(CureError::NoFinding(code.to_owned())) } else { Ok(picked) }
}

/// Of two safe cures neither is.
fn only_safe(finding: &Diagnostic) -> Option<Picked<'_>> {
    let is_safe = |fix: &&Fix| fix.applicability == Applicability::Safe && !fix.edits.is_empty();
    let mut safe = finding.fixes.iter().filter(is_safe);
    let first = safe.next()?;
    safe.next().is_none().then_some((finding, first))
}

impl Cured {
    fn apply_safe(&mut self) -> Result<(), CureError> {
        for _ in 0..ROUNDS_MAX {
            let findings = load(self.files.clone()).diagnostics;
            let picked: Vec<Picked<'_>> = findings.iter().filter_map(only_safe).collect();
            if picked.is_empty() {
                break;
            }
            self.apply(&findings, &picked)?;
        }
        Ok(())
    }

    fn apply(&mut self, findings: &[Diagnostic], picked: &[Picked<'_>]) -> Result<(), CureError> {
        let mut by_file: BTreeMap<&str, Vec<(&Edit, Picked<'_>)>> = BTreeMap::new();
        for (finding, fix) in picked {
            for edit in &fix.edits {
                let edits = by_file.entry(&edit.span.file).or_default();
                // The same mistake can be met twice, as in two overlays of one rule.
                if !edits.iter().any(|(known, _)| *known == edit) {
                    edits.push((edit, (*finding, *fix)));
                }
            }
        }
        let mut files = self.files.clone();
        let mut changes = Vec::new();
        for (file, mut edits) in by_file {
            edits.sort_by_key(|(edit, _)| (edit.span.start, edit.span.end));
            self.no_overlap(file, &edits)?;
            let text = self.files.get(file).unwrap_or("");
            let (mut out, mut kept) = (String::with_capacity(text.len()), 0);
            for (edit, (finding, fix)) in &edits {
                let parts = (text.get(kept..edit.span.start), text.get(edit.span.start..edit.span.end));
                let (Some(between), Some(before)) = parts else {
                    return Err(CureError::Breaks { file: file.into(), title: fix.title.clone() });
                };
                out.push_str(between);
                out.push_str(&edit.text);
                kept = edit.span.end;
                changes.push(Change {
                    code: finding.code,
                    title: fix.title.clone(),
                    file: file.into(),
                    line: self.files.line_column(file, edit.span.start).0,
                    before: before.to_owned(),
                    after: edit.text.clone(),
                });
            }
            out.push_str(text.get(kept..).unwrap_or(""));
            files.0.insert(file.into(), out.into());
        }
        let unreadable = |findings: &[Diagnostic]| -> BTreeSet<Box<str>> {
            let not_toml = findings.iter().filter(|finding| finding.code == "E0101");
            not_toml.map(|finding| finding.primary.span.file.clone()).collect()
        };
        let before = unreadable(findings);
        let after = unreadable(&load(files.clone()).diagnostics);
        if let Some(file) = after.difference(&before).next() {
            let title = picked.first().map(|(_, fix)| fix.title.clone()).unwrap_or_default();
            return Err(CureError::Breaks { file: file.clone(), title });
        }
        self.files = files;
        self.changes.extend(changes);
        Ok(())
    }

    /// Two insertions at one place overlap too: nobody said which comes first.
    fn no_overlap(&self, file: &str, edits: &[(&Edit, Picked<'_>)]) -> Result<(), CureError> {
        for pair in edits.windows(2) {
            if let [(first, (_, one)), (second, (_, other))] = pair
                && (second.span.start < first.span.end || second.span.start == first.span.start)
            {
                return Err(CureError::Overlap {
                    file: file.into(),
                    line: self.files.line_column(file, second.span.start).0,
                    titles: [one.title.clone(), other.title.clone()],
                });
            }
        }
        Ok(())
    }
}

//! Annotations on a pull request: the workflow commands of GitHub Actions.

use super::source::end_of;
use crate::rulebook::{Diagnostic, Files, Severity};

/// One line for each finding; `root` is the rulebook's folder as the repository knows it.
#[must_use]
pub fn github(files: &Files, diagnostics: &[Diagnostic], root: &str) -> String {
    diagnostics.iter().map(|finding| format!("{}\n", command(files, finding, root))).collect()
}

fn command(files: &Files, finding: &Diagnostic, root: &str) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let span = &finding.primary.span;
    let (line, column) = files.line_column(&span.file, span.start);
    let (end_line, end_column) = end_of(files, span);
    let mut text = vec![finding.title.clone()];
    text.extend(Some(finding.primary.text.clone()).filter(|label| !label.is_empty()));
    text.extend(finding.notes.iter().cloned());
    text.extend(finding.fixes.iter().map(|fix| format!("help: {}", fix.title)));
    format!(
        "::{word} file={},line={line},endLine={end_line},col={column},endColumn={end_column},title={}::{}",
        property(&super::source::path_in(root, &span.file)),
        property(finding.code),
        message(&text.join("\n"))
    )
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

//! SARIF 2.1.0, for code scanning and editors.

use super::source::{end_of, path_in};
use crate::rulebook::{Diagnostic, Edit, Files, Fix, Label, Severity, Span, codes};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All findings as one document; `root` is the rulebook's folder as the repository knows it.
#[must_use]
pub fn sarif(files: &Files, diagnostics: &[Diagnostic], root: &str) -> String {
    let page = Page { files, root };
    let found: Vec<&codes::Entry> = codes::entries()
        .filter(|entry| diagnostics.iter().any(|finding| finding.code == entry.code))
        .collect();
    let rules: Vec<Value> = found.iter().map(|entry| rule(entry)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|finding| page.result(finding)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "pricer", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}")
}

fn rule(entry: &codes::Entry) -> Value {
    json!({
        "id": entry.code,
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.why },
        "help": { "text": entry.cure, "markdown": entry.markdown() },
    })
}

struct Page<'a> {
    files: &'a Files,
    root: &'a str,
}

impl Page<'_> {
    fn result(&self, finding: &Diagnostic) -> Value {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let mut text = vec![finding.title.clone()];
        text.extend(Some(finding.primary.text.clone()).filter(|label| !label.is_empty()));
        text.extend(finding.notes.iter().cloned());
        let related: Vec<Value> = finding.related.iter().map(|label| self.related(label)).collect();
        let cures = finding.fixes.iter().filter(|fix| !fix.edits.is_empty());
        let fixes: Vec<Value> = cures.map(|fix| self.fix(fix)).collect();
        json!({
            "ruleId": finding.code,
            "level": level,
            "message": { "text": text.join("\n") },
            "locations": [{ "physicalLocation": self.location(&finding.primary.span) }],
            "relatedLocations": related,
            "fixes": fixes,
        })
    }

    fn related(&self, label: &Label) -> Value {
        json!({ "physicalLocation": self.location(&label.span), "message": { "text": label.text } })
    }

    fn location(&self, span: &Span) -> Value {
        json!({ "artifactLocation": self.artifact(&span.file), "region": self.region(span) })
    }

    fn artifact(&self, file: &str) -> Value {
        // A URI reference: what is not plain is escaped.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        let escape =
            |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        json!({ "uri": path_in(self.root, file).bytes().map(escape).collect::<String>() })
    }

    fn region(&self, span: &Span) -> Value {
        let (line, column) = self.files.line_column(&span.file, span.start);
        let (end_line, end_column) = end_of(self.files, span);
        json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
    }

    fn fix(&self, fix: &Fix) -> Value {
        let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
        for edit in &fix.edits {
            by_file.entry(&edit.span.file).or_default().push(edit);
        }
        let replacement = |edit: &&Edit| json!({ "deletedRegion": self.region(&edit.span), "insertedContent": { "text": edit.text } });
        let changes: Vec<Value> = by_file
            .iter()
            .map(|(file, edits)| {
                let replacements: Vec<Value> = edits.iter().map(replacement).collect();
                json!({ "artifactLocation": self.artifact(file), "replacements": replacements })
            })
            .collect();
        json!({ "description": { "text": fix.title }, "artifactChanges": changes })
    }
}

//! Whole rulebooks, loaded.

mod ahead;
mod broken;
mod certain;
mod cures;
mod keys;
mod models;

use super::{Diagnostic, Files, Loaded, load};

/// One line for each finding: code, place, the text it underlines, title.
fn shown(loaded: &Loaded) -> String {
    loaded.diagnostics.iter().map(|finding| format!("{}\n", line(loaded, finding))).collect()
}

fn line(loaded: &Loaded, finding: &Diagnostic) -> String {
    let span = &finding.primary.span;
    let (line, column) = loaded.files.line_column(&span.file, span.start);
    format!(
        "{} {}:{line}:{column} `{}` {} ({})",
        finding.code,
        span.file,
        underlined(loaded, finding),
        finding.title,
        finding.primary.text
    )
}

fn underlined<'a>(loaded: &'a Loaded, finding: &Diagnostic) -> &'a str {
    let span = &finding.primary.span;
    loaded.files.get(&span.file).and_then(|text| text.get(span.start..span.end)).unwrap_or("")
}

fn model(name: &str) -> Files {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    Files::read_dir(&root).unwrap()
}

fn load_model(name: &str) -> Loaded {
    let loaded = load(model(name));
    assert!(!loaded.has_errors(), "{}", shown(&loaded));
    loaded
}

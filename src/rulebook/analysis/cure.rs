//! Cures as edits of the text.

use super::Context;
use crate::facts::Kind;
use crate::pricing::Scope;
use crate::rulebook::{Applicability, Edit, Fix, Span};

/// A cure that a person must choose.
pub(super) fn maybe(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
    Fix { title: title.into(), applicability: Applicability::Maybe, edits }
}

/// Adds `name` to the list `key` of an entry: `over = ["kvi-follow"]`.
pub(super) fn add_to_list(
    context: &Context<'_>,
    kind: &'static str,
    label: &str,
    key: &str,
    name: &str,
) -> Vec<Edit> {
    let Some(origin) = context.origins.get(kind, label) else {
        return Vec::new();
    };
    let at = |at: usize, file: &Span| Span { file: file.file.clone(), start: at, end: at };
    if let Some(list) = origin.keys.get(key) {
        let text = context.text(list);
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            return Vec::new();
        };
        let separator = if inner.trim().is_empty() { "" } else { ", " };
        let end = list.start + 1 + inner.trim_end().len();
        return vec![Edit { span: at(end, list), text: format!("{separator}\"{name}\"") }];
    }
    match after_line(context, &origin.header) {
        Some(start) => {
            vec![Edit { span: at(start, &origin.header), text: format!("{key} = [\"{name}\"]\n") }]
        }
        None => Vec::new(),
    }
}

/// Keeps an entry from what `other` asks for: adds `tags = "!kvi"` to its `where`. `None` if no single cell can do it.
pub(super) fn exclude(
    context: &Context<'_>,
    kind: &'static str,
    label: &str,
    own: &Scope,
    other: &Scope,
) -> Option<(String, Vec<Edit>)> {
    let ([mine], [theirs]) = (&*own.boxes, &*other.boxes) else {
        return None;
    };
    let simple = |text: &str| {
        !text.is_empty()
            && !text.contains(['|', '!', '?', '@', '[', ',', '<', '>', '"', '\\'])
            && !text.contains("..")
            && text != "**"
    };
    let usable = theirs.iter().filter(|cond| {
        let words =
            matches!(context.schema.attr(cond.attr).kind, Kind::Set | Kind::Text | Kind::Tree | Kind::Id);
        words && simple(&cond.text) && !mine.iter().any(|known| known.attr == cond.attr)
    });
    let cond = usable.min_by_key(|cond| context.schema.attr(cond.attr).kind != Kind::Set)?;
    let cell = format!("{} = \"!{}\"", context.schema.attr(cond.attr).name, cond.text);
    // The rows of a table have columns, not a `where`.
    let origin = context.origins.get(kind, label).filter(|_| !label.contains('#'))?;
    let edit = |start: usize, text: String| Edit {
        span: Span { file: origin.header.file.clone(), start, end: start },
        text,
    };
    let edits = match origin.keys.get("where") {
        Some(scope) => {
            let inner = context.text(scope).strip_prefix('{')?.strip_suffix('}')?;
            let end = scope.start + 1 + inner.trim_end().len();
            let separator = if inner.trim().is_empty() { " " } else { ", " };
            vec![edit(end, format!("{separator}{cell}"))]
        }
        None => vec![edit(after_line(context, &origin.header)?, format!("where = {{ {cell} }}\n"))],
    };
    Some((cell, edits))
}

/// The byte after the line on which a span ends.
fn after_line(context: &Context<'_>, span: &Span) -> Option<usize> {
    let text = context.files.get(&span.file)?;
    text.get(span.end..)?.find('\n').map(|at| span.end + at + 1)
}

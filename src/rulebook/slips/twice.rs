//! W0205: the same thing twice: in one list, or as `price` and `else`.

use super::{each_text, text_of};
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Keyed, Node, Table, Value};
use crate::rulebook::{Applicability, Diagnostic, Edit};

pub fn find(root: &Table, cx: &mut Context<'_>) {
    let mut found = Vec::new();
    each_text(root, &mut Vec::new(), &mut |path, node| {
        // Formulas, and rivals of a test, are no lists.
        if path.iter().any(|key| ["derive", "rivals", "item"].contains(key)) {
            return;
        }
        let text = text_of(node);
        let (mut start, mut known) = (0, Vec::new());
        for part in text.split('|') {
            let word = part.trim();
            if !word.is_empty() && known.contains(&word) {
                let at = start + part.find(word).unwrap_or(0);
                let before = text.get(..start.saturating_sub(1)).unwrap_or("").trim_end().len();
                let span = node.part(before..start + part.trim_end().len());
                let edit = Edit { span, text: String::new() };
                let span = node.part(at..at + word.len());
                let fix = (edit.span != node.span).then_some(edit);
                found.push(told(word, span, fix));
            }
            known.push(word);
            start += part.len() + 1;
        }
    });
    lists(root, &mut found);
    alternatives(root, &mut found);
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

/// An `else` that says what `price` says has no price when that has none.
fn alternatives(root: &Table, found: &mut Vec<Diagnostic>) {
    let Some(rules) = root.get("rule").and_then(Node::as_table) else { return };
    for (name, keyed) in rules.in_order() {
        let Some(rule) = keyed.node.as_table() else { continue };
        let (Some(price), Some(otherwise)) = (rule.get("price"), rule.get("else")) else { continue };
        let list = match &otherwise.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(otherwise),
        };
        for (at, one) in list.iter().enumerate() {
            let before = std::iter::once(price).chain(list.iter().take(at));
            if let Some(first) = before.into_iter().find(|other| same(one, other)) {
                let title = format!("an `else` of rule `{name}` says again what was tried");
                let label = "it has no price either when this one has none";
                found.push(
                    Diagnostic::warning("W0205", title, one.span.clone(), label)
                        .related(first.span.clone(), "the same way to a price")
                        .fix(Applicability::Maybe, "remove it, or write another way to a price", Vec::new()),
                );
            }
        }
    }
}

/// The same keys and texts, wherever they stand.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Table(one), Value::Table(other)) => {
            let inner =
                |(key, keyed): (&str, &Keyed)| other.get(key).is_some_and(|node| same(&keyed.node, node));
            one.keys().count() == other.keys().count() && one.in_order().into_iter().all(inner)
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Table(_) | Value::List(_), _) | (_, Value::Table(_) | Value::List(_)) => false,
        (one, other) => written(one) == written(other),
    }
}

/// A single value.
fn written(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Text(text) | Value::Number(text) | Value::Date(text) => text.to_string(),
        Value::Table(_) | Value::List(_) => String::new(),
    }
}

/// Lists of texts: `relax = ["calm", "calm"]`.
fn lists(table: &Table, found: &mut Vec<Diagnostic>) {
    for (key, keyed) in table.in_order() {
        match &keyed.node.value {
            Value::Table(inner) => lists(inner, found),
            Value::List(items) if key != "rivals" => list(items, found),
            _ => {}
        }
    }
}

fn list(items: &[Node], found: &mut Vec<Diagnostic>) {
    for (at, item) in items.iter().enumerate() {
        if let Value::Table(inner) = &item.value {
            lists(inner, found);
        }
        let text = text_of(item);
        if !text.is_empty() && items.iter().take(at).any(|other| text_of(other) == text) {
            found.push(told(text, item.span.clone(), None));
        }
    }
}

fn told(word: &str, span: crate::rulebook::Span, edit: Option<Edit>) -> Diagnostic {
    let finding = Diagnostic::warning("W0205", format!("`{word}` is named twice"), span, "the second one")
        .note("it changes nothing, so most likely another name was meant");
    match edit {
        Some(edit) => finding.fix(Applicability::Maybe, "remove the second one, or name another", vec![edit]),
        None => finding.fix(Applicability::Maybe, "remove the second one, or name another", Vec::new()),
    }
}

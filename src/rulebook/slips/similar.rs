//! W0210: a word that is nearly another one: nobody knows that the item facts have it, and the other is everywhere.

use super::FREE_TEXT;
use crate::facts::{Kind, builtin};
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, Value, near_miss, node_text, parse_csv};
use crate::rulebook::{Applicability, Diagnostic, Edit, RuleTest, Span};
use std::collections::BTreeMap;

/// Where a word stands.
pub type Places = BTreeMap<Box<str>, Vec<Span>>;

pub fn find(trees: &BTreeMap<Box<str>, Table>, tests: &[RuleTest], cx: &mut Context<'_>) {
    let closed = [builtin::MARKET, builtin::CHANNEL, builtin::VAT_CLASS, builtin::PRICE_KIND];
    let open: Vec<(Box<str>, Kind)> = cx
        .schema
        .iter()
        .filter(|(id, attr)| {
            matches!(attr.kind, Kind::Text | Kind::Tree) && attr.values.is_none() && !closed.contains(id)
        })
        .map(|(_, attr)| (attr.name.clone(), attr.kind))
        .collect();
    for (attr, kind) in open {
        let places = places(&attr, trees, cx);
        // What the tests' items are called is known to exist.
        let mut known: Vec<&str> = Vec::new();
        for test in tests {
            known.extend(test.item.iter().filter(|(name, _)| *name == attr).map(|(_, text)| &**text));
        }
        let found = match kind {
            Kind::Tree => branches(&places, &known),
            _ => texts(&places, &known),
        };
        found.into_iter().for_each(|finding| cx.out.push(finding));
    }
}

/// Where rules and tables name values of an attribute.
pub fn places(attr: &str, trees: &BTreeMap<Box<str>, Table>, cx: &Context<'_>) -> Places {
    let mut places = Places::new();
    for (path, root) in trees.iter().filter(|(path, _)| !path.starts_with("tests/")) {
        // What a feed calls an attribute is no value of it.
        let no_feed = |key: &str| **path != *"rulebook.toml" || key != "feed";
        for (_, keyed) in root.in_order().into_iter().filter(|(key, _)| no_feed(key)) {
            if let Some(table) = keyed.node.as_table() {
                in_rules(attr, table, &mut places);
            }
        }
    }
    in_tables(attr, cx, &mut places);
    places
}

/// Every value of a key named like the attribute.
fn in_rules(attr: &str, table: &Table, places: &mut Places) {
    for (key, keyed) in table.in_order() {
        match &keyed.node.value {
            Value::Table(inner) => in_rules(attr, inner, places),
            Value::List(items) if key == attr => items.iter().for_each(|item| in_cell(item, places)),
            Value::List(items) => {
                items.iter().filter_map(Node::as_table).for_each(|inner| in_rules(attr, inner, places));
            }
            _ if key == attr && !FREE_TEXT.contains(&key) => in_cell(&keyed.node, places),
            _ => {}
        }
    }
}

fn in_tables(attr: &str, cx: &Context<'_>, places: &mut Places) {
    for (path, text) in cx.files.0.iter().filter(|(path, _)| path.starts_with("tables/")) {
        let table = parse_csv(path, text, &mut crate::rulebook::syntax::Findings::default());
        let Some(column) = table.column(attr) else { continue };
        table.rows.iter().filter_map(|row| row.cells.get(column)).for_each(|cell| in_cell(cell, places));
    }
}

fn in_cell(node: &Node, places: &mut Places) {
    let text = node_text(node);
    let mut start = 0;
    for part in text.split('|') {
        let word = part.trim().trim_start_matches('!').trim();
        let at = start + part.find(word).unwrap_or(0);
        let path = word.strip_suffix("/**").unwrap_or(word);
        if !["", "-", "?", "**"].contains(&word) && !word.starts_with('@') {
            places.entry(path.into()).or_default().push(node.part(at..at + path.len()));
        }
        start += part.len() + 1;
    }
}

fn texts(places: &Places, known: &[&str]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (word, spans) in places.iter().filter(|(word, _)| !known.contains(&&***word)) {
        let others = places.iter().filter(|(other, _)| *other != word);
        let often = others.filter(|(_, other)| spans.len() < other.len()).map(|(other, _)| &**other);
        if let Some(other) = often.chain(known.iter().copied()).find(|other| near_miss(word, other)) {
            found.extend(spans.iter().map(|span| told(word, other, span, other)));
        }
    }
    found
}

/// Of a branch each name is looked at beside the other names below the same parent.
fn branches(places: &Places, known: &[&str]) -> Vec<Diagnostic> {
    let mut names: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let all = places.iter().map(|(path, spans)| (&**path, spans.len()));
    for (path, times) in all.chain(known.iter().map(|path| (*path, 1_000))) {
        for (parent, name) in steps(path) {
            *names.entry((parent, name)).or_default() += times;
        }
    }
    let mut found = Vec::new();
    for (path, spans) in places {
        for (parent, name) in steps(path) {
            let own = names.get(&(parent, name)).copied().unwrap_or(0);
            let better = names.iter().find(|((other, sibling), times)| {
                *other == parent && own < **times && near_miss(name, sibling)
            });
            if let Some(((_, sibling), _)) = better {
                let start = if parent.is_empty() { 0 } else { parent.len() + 1 };
                found.extend(spans.iter().map(|span| {
                    let at = Span {
                        file: span.file.clone(),
                        start: span.start + start,
                        end: span.start + start + name.len(),
                    };
                    let whole =
                        if parent.is_empty() { (*sibling).to_owned() } else { format!("{parent}/{sibling}") };
                    told(path, &whole, &at, sibling)
                }));
            }
        }
    }
    found
}

/// `a/b/c`: (``, a), (a, b), (a/b, c).
fn steps(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut start = 0_usize;
    path.split('/').map(move |name| {
        let parent = path.get(..start.saturating_sub(1)).unwrap_or("").trim_end_matches('/');
        start += name.len() + 1;
        (parent, name)
    })
}

fn told(given: &str, other: &str, span: &Span, text: &str) -> Diagnostic {
    Diagnostic::warning(
        "W0210",
        format!("`{given}` is nearly `{other}`, which stands elsewhere in this rulebook"),
        span.clone(),
        "is this a typing mistake?",
    )
    .note("a value that no item has matches nothing, and nobody sees it")
    .fix(
        Applicability::Maybe,
        format!("did you mean `{text}`?"),
        vec![Edit { span: span.clone(), text: text.to_owned() }],
    )
}

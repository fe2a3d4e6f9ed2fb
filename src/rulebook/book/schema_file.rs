//! `schema.toml`: the only names that rules may use.

use super::Context;
use super::formula::{Parsed, parse_formula};
use crate::facts::{Attr, AttrId, Basis, Formula, Kind, Schema, Symbols};
use crate::rulebook::syntax::{
    Fields, Keyed, Node, Table, boolean, choice, parse_span, push_mistake, text, texts, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

const KINDS: &[(&str, Kind)] = &[
    ("id", Kind::Id),
    ("sku", Kind::Id),
    ("text", Kind::Text),
    ("tree", Kind::Tree),
    ("set", Kind::Set),
    ("money", Kind::Money),
    ("number", Kind::Number),
    ("percent", Kind::Percent),
    ("duration", Kind::Duration),
];

/// A vocabulary that nobody knows by heart is none.
const ATTRS_MAX: usize = 1_000;

/// Names with a meaning of their own in scopes and tables.
const RESERVED: &[&str] = &["any", "why"];

/// Puts the vocabulary into the context: built-in attributes first, then those of the file.
pub fn read_schema(root: &Table, cx: &mut Context<'_>) {
    let mut fields = Fields::new(root, top(), "`schema.toml`");
    let declared = fields.required("attr");
    let table = declared.and_then(Node::as_table);
    if let (Some(node), None) = (declared, table) {
        wrong_type(node, "a table [attr]", &mut cx.out);
    }
    fields.finish(&mut cx.out);
    let mut attrs = Schema::builtins();
    let mut formulas: Vec<(Box<str>, Parsed, Span)> = Vec::new();
    for (name, entry) in table.map(Table::in_order).unwrap_or_default() {
        cx.out.about(format!("attribute `{name}`"));
        let Some((attr, formula)) = read_attr(name, entry, cx) else {
            cx.names.misread_attrs.insert(name.into());
            continue;
        };
        if let Some((parsed, span)) = formula {
            formulas.push((name.into(), parsed, span));
        }
        if let Some(known) = attrs.iter_mut().find(|known| *known.name == *name) {
            *known = builtin_with(known, attr, entry, cx);
        } else if attrs.len() < ATTRS_MAX {
            attrs.push(attr);
        } else {
            let title = format!("more than {ATTRS_MAX} attributes");
            cx.out.push(Diagnostic::error("E0222", title, entry.key.clone(), "this one is too many"));
        }
    }
    cx.schema = Schema::new(attrs);
    derive(formulas, cx);
    cx.out.about(None);
}

/// A built-in attribute keeps its id and type.
fn builtin_with(known: &Attr, attr: Attr, entry: &Keyed, cx: &mut Context<'_>) -> Attr {
    if known.kind != attr.kind {
        let due = KINDS.iter().find(|(_, kind)| *kind == known.kind).map_or("", |(word, _)| *word);
        let span =
            entry.node.as_table().and_then(|table| table.get("type")).map_or(&entry.key, |node| &node.span);
        let title = format!("`{}` is built in and of type `{due}`", known.name);
        cx.out.push(Diagnostic::error("E0707", title, span.clone(), format!("write `{due}`")));
        return known.clone();
    }
    Attr {
        values: attr.values.or_else(|| known.values.clone()),
        optional: attr.optional && *known.name != *"sku",
        ..attr
    }
}

fn read_attr(name: &str, entry: &Keyed, cx: &mut Context<'_>) -> Option<(Attr, Option<(Parsed, Span)>)> {
    if RESERVED.contains(&name) {
        let title = format!("`{name}` cannot be the name of an attribute");
        cx.out.push(Diagnostic::error(
            "E0707",
            title,
            entry.key.clone(),
            "it means something else in scopes and tables",
        ));
        return None;
    }
    let mut fields = Fields::of(&entry.node, &entry.key, format!("attribute `{name}`"), &mut cx.out)?;
    let kind = fields.required("type").and_then(|node| choice(node, KINDS, &mut cx.out));
    let optional = fields.optional("optional").and_then(|node| boolean(node, &mut cx.out));
    let values = fields.optional("values").map(|node| read_values(node, kind, cx));
    let range = fields.optional("range").and_then(|node| read_range(node, kind?, cx));
    let words = [("net", Basis::Net), ("gross", Basis::Gross)];
    let basis = fields.entry("basis").and_then(|(key, node)| {
        if kind.is_some_and(|kind| kind != Kind::Money) {
            misplaced(key, "a basis fits `money` only", cx);
        }
        choice(node, &words, &mut cx.out)
    });
    let customer = fields
        .optional("of")
        .and_then(|node| choice(node, &[("customer", true), ("item", false)], &mut cx.out));
    let formula = fields.optional("derive").and_then(|node| {
        let written = text(node, &mut cx.out)?;
        let quantity = |kind| matches!(kind, Kind::Money | Kind::Number | Kind::Percent | Kind::Duration);
        if kind.is_some_and(|kind| !quantity(kind)) {
            misplaced(&node.span, "a formula gives money, a number, a percent or a duration", cx);
            return None;
        }
        Some((parse_formula(written, node, cx)?, node.span.clone()))
    });
    fields.finish(&mut cx.out);
    let derived = formula.is_some();
    let attr = Attr {
        name: name.into(),
        kind: kind?,
        optional: derived || optional.unwrap_or(false),
        basis: basis.unwrap_or(if name.contains("cost") { Basis::Net } else { Basis::Gross }),
        customer: customer.unwrap_or(false),
        values,
        range,
        derive: None,
        link: false,
        symbols: Symbols::default(),
    };
    Some((attr, formula))
}

fn read_values(node: &Node, kind: Option<Kind>, cx: &mut Context<'_>) -> Vec<Box<str>> {
    if kind.is_some_and(|kind| !matches!(kind, Kind::Id | Kind::Text | Kind::Tree | Kind::Set)) {
        misplaced(&node.span, "a list of values fits `text`, `id`, `tree` and `set` only", cx);
    }
    let mut values: Vec<Box<str>> = Vec::new();
    for (value, node) in texts(node, &mut cx.out) {
        if values.iter().any(|known| **known == *value) {
            let title = format!("`{value}` is listed twice");
            cx.out.push(Diagnostic::error("E0205", title, node.span.clone(), "the second one"));
        }
        values.push(value.into());
    }
    values
}

/// `-8 .. 0`, both ends included.
fn read_range(node: &Node, kind: Kind, cx: &mut Context<'_>) -> Option<(i64, i64)> {
    let written = text(node, &mut cx.out)?;
    if !matches!(kind, Kind::Number | Kind::Percent | Kind::Duration) {
        misplaced(&node.span, "a range fits `number`, `percent` and `duration` only", cx);
        return None;
    }
    let Some((low, high)) = written.split_once("..") else {
        let title = format!("`{written}` is not a range");
        cx.out.push(Diagnostic::error(
            "E0402",
            title,
            node.span.clone(),
            "write both ends, such as `-8 .. 0`",
        ));
        return None;
    };
    match parse_span(low.trim(), high.strip_prefix('=').unwrap_or(high).trim(), kind) {
        Ok((low, high)) if low.value <= high.value => Some((low.value, high.value)),
        Ok(_) => {
            crate::rulebook::syntax::out_of_range(
                node.span.clone(),
                written,
                "a range that runs upwards",
                &mut cx.out,
            );
            None
        }
        Err(mut mistake) => {
            mistake.range = 0..written.len();
            push_mistake(node, mistake, "both ends carry the attribute's unit", &mut cx.out);
            None
        }
    }
}

/// Resolves names in formulas; those that lead back to themselves are E0706.
fn derive(formulas: Vec<(Box<str>, Parsed, Span)>, cx: &mut Context<'_>) {
    let mut attrs: Vec<Attr> = cx.schema.iter().map(|(_, attr)| attr.clone()).collect();
    let mut resolved: Vec<(AttrId, Formula, Span)> = Vec::new();
    for (name, parsed, span) in formulas {
        cx.out.about(format!("attribute `{name}`"));
        if let (Some(id), Some(formula)) = (cx.schema.find(&name), parsed.resolve(cx)) {
            resolved.push((id, formula, span));
        }
    }
    let mut circle: Vec<AttrId> = Vec::new();
    for (id, formula, span) in &resolved {
        if reaches(*id, formula, &resolved, resolved.len()) {
            // A circle is one mistake, told at its first formula.
            let told = circle.iter().any(|other| reaches(*other, formula, &resolved, resolved.len()));
            circle.push(*id);
            if told {
                continue;
            }
            let name = cx.attr_of(*id).name.clone();
            let title = format!("`{name}` is derived from itself");
            cx.out.push(Diagnostic::error("E0706", title, span.clone(), "formulas may not run in a circle"));
        } else if let Some(attr) = attrs.get_mut(usize::from(id.0)) {
            attr.derive = Some(formula.clone());
        }
    }
    cx.schema = Schema::new(attrs);
}

fn reaches(goal: AttrId, from: &Formula, all: &[(AttrId, Formula, Span)], depth: usize) -> bool {
    from.reads(goal)
        || 0 < depth
            && all.iter().any(|(id, formula, _)| from.reads(*id) && reaches(goal, formula, all, depth - 1))
}

fn misplaced(span: &Span, title: &str, cx: &mut Context<'_>) {
    cx.out.push(Diagnostic::error("E0219", title, span.clone(), "does not fit the attribute's type"));
}

fn top() -> Span {
    Span { file: "schema.toml".into(), start: 0, end: 0 }
}

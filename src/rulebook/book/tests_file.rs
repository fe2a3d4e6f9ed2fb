//! `tests/*.toml`: given → expect, and properties of every price.

use super::dates::Instant;
use super::feed::item_columns;
use super::{Context, Manifest, ScopeSpec, Who, read_where};
use crate::facts::Kind;
use crate::rulebook::syntax::{
    Fields, Keyed, Node, Table, Value, list, text, texts, unknown_name, wrong_type,
};
use crate::rulebook::{AlwaysTest, Diagnostic, Expectation, Expected, RuleTest, Span};
use std::collections::BTreeMap;

/// What a test can expect of a price: what `run_tests` compares.
const EXPECT: &[&str] = &[
    "price",
    "currency",
    "status",
    "reason",
    "won",
    "row",
    "because",
    "hit",
    "flags",
    "kind",
    "reference_price",
    "not_used",
    "margin",
    "contribution",
    "full_contribution",
    "break_even",
    "strategy",
    "adjusted",
];

/// What a property can expect of all prices.
const EXPECT_ALWAYS: &[&str] =
    &["priced", "share", "price_index", "margin", "contribution", "full_contribution"];

pub fn read_tests(
    files: &BTreeMap<Box<str>, Table>,
    manifest: &Manifest,
    cx: &mut Context<'_>,
) -> (Vec<RuleTest>, Vec<(AlwaysTest, ScopeSpec)>) {
    let (mut tests, mut always) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for (path, root) in files.iter().filter(|(path, _)| path.starts_with("tests/")) {
        let top = Span { file: path.clone(), start: 0, end: 0 };
        let mut fields = Fields::new(root, top, "a test file");
        for kind in ["test", "always"] {
            let Some(node) = fields.optional(kind) else {
                continue;
            };
            let Some(table) = node.as_table() else {
                wrong_type(node, &format!("tables [{kind}.NAME]"), &mut cx.out);
                continue;
            };
            for (name, keyed) in table.in_order() {
                if let Some(first) = names.insert((kind, name), keyed.node.span.clone()) {
                    let title = format!("{kind} `{name}` is written twice");
                    cx.out.push(
                        Diagnostic::error("E0205", title, keyed.node.span.clone(), "the second one")
                            .related(first, "the first one"),
                    );
                }
                match kind {
                    "test" => tests.extend(read_test(name, keyed, manifest, cx)),
                    _ => always.extend(read_always(name, keyed, cx)),
                }
            }
        }
        fields.finish(&mut cx.out);
    }
    (tests, always)
}

fn read_test(name: &str, keyed: &Keyed, manifest: &Manifest, cx: &mut Context<'_>) -> Option<RuleTest> {
    let mut fields = Fields::of(&keyed.node, &keyed.key, format!("test `{name}`"), &mut cx.out)?;
    let at = fields.required("at").and_then(|node| Instant::read(node, &mut cx.out));
    let market = fields.required("market").and_then(|node| cx.index(node, "market"));
    let channel = fields.required("channel").and_then(|node| cx.index(node, "channel"));
    let segment = fields.optional("segment").and_then(|node| {
        let given = text(node, &mut cx.out)?;
        if !cx.names.segments.iter().any(|known| **known == *given) {
            let known: Vec<&str> = cx.names.segments.iter().map(AsRef::as_ref).collect();
            let finding = unknown_name("E0218", "segment", given, node.part(0..given.len()), known);
            cx.out.push(finding);
        }
        Some(given.into())
    });
    let item = fields.required("item").map(|node| read_item(node, cx));
    let rivals = fields.optional("rivals").map(|node| spanned(node, cx)).unwrap_or_default();
    let history = fields.optional("history").map(|node| spanned(node, cx)).unwrap_or_default();
    let twins = fields.optional("twins").map(|node| spanned(node, cx)).unwrap_or_default();
    let fx = fields
        .entry("feeds")
        .map(|(key, node)| {
            let Some(mut fields) = Fields::of(node, key, "`feeds`", &mut cx.out) else {
                return Vec::new();
            };
            let fx = fields.optional("fx").map(|node| spanned(node, cx)).unwrap_or_default();
            fields.finish(&mut cx.out);
            fx
        })
        .unwrap_or_default();
    let expect = fields.required("expect").map(|node| read_expect(node, EXPECT, cx));
    let tolerance = fields
        .optional("tolerance")
        .and_then(|node| text(node, &mut cx.out).map(|text| (text.into(), node.span.clone())));
    fields.finish(&mut cx.out);
    let market = market.and_then(|at| cx.names.markets.get(at))?.clone();
    let channel = channel.and_then(|at| cx.names.channels.get(at))?.clone();
    let zone = &manifest.markets.iter().find(|known| known.name == market)?.zone;
    Some(RuleTest {
        name: name.into(),
        header: keyed.node.span.clone(),
        at: at?.in_zone(zone, &mut cx.out)?,
        market,
        channel,
        segment,
        item: item?,
        rivals,
        history,
        twins,
        fx,
        expect: expect?,
        tolerance,
    })
}

/// With its scope, which is compiled when all names are known.
fn read_always(name: &str, keyed: &Keyed, cx: &mut Context<'_>) -> Option<(AlwaysTest, ScopeSpec)> {
    let mut fields = Fields::of(&keyed.node, &keyed.key, format!("property `{name}`"), &mut cx.out)?;
    let scope = fields.optional("where").map(|node| {
        let spec = read_where(node, Who::Item, cx);
        (written_scope(node, cx), spec)
    });
    let (scope, spec) = scope.unwrap_or_default();
    let expect = fields.required("expect").map(|node| read_expect(node, EXPECT_ALWAYS, cx));
    fields.finish(&mut cx.out);
    let header = keyed.node.span.clone();
    let test = AlwaysTest { name: name.into(), header, scope, places: Vec::new(), expect: expect? };
    Some((test, spec))
}

/// Attribute and cell, as written; a list of cells gives several.
fn written_scope(node: &Node, cx: &mut Context<'_>) -> Vec<(Box<str>, Box<str>)> {
    let mut scope = Vec::new();
    for (name, keyed) in node.as_table().map(Table::in_order).unwrap_or_default() {
        if name == "any" {
            crate::rulebook::syntax::not_supported(&keyed.key, "`any` in a property", &mut cx.out);
            continue;
        }
        match &keyed.node.value {
            Value::List(items) => {
                scope.extend(items.iter().filter_map(|item| Some((name.into(), plain(item)?))))
            }
            _ => scope.extend(plain(&keyed.node).map(|cell| (name.into(), cell))),
        }
    }
    scope
}

fn read_item(node: &Node, cx: &mut Context<'_>) -> Vec<(Box<str>, Box<str>)> {
    let Some(table) = node.as_table() else {
        wrong_type(node, "a table { sku = \"…\", … }", &mut cx.out);
        return Vec::new();
    };
    let columns = item_columns(cx);
    let mut item = Vec::new();
    for (name, keyed) in table.in_order() {
        if !columns.iter().any(|known| **known == *name) {
            let known: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
            let finding = unknown_name("E0210", "attribute of the schema", name, keyed.key.clone(), known);
            cx.out.push(finding);
            continue;
        }
        let is_set = cx.schema.find(name).is_some_and(|id| cx.attr_of(id).kind == Kind::Set);
        let value = match &keyed.node.value {
            Value::List(items) if is_set => {
                Some(items.iter().filter_map(plain).collect::<Vec<_>>().join("|").into())
            }
            _ => plain(&keyed.node),
        };
        match value {
            Some(value) => item.push((name.into(), value)),
            None => wrong_type(&keyed.node, "the text of a feed's cell", &mut cx.out),
        }
    }
    item
}

fn plain(node: &Node) -> Option<Box<str>> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

fn spanned(node: &Node, cx: &mut Context<'_>) -> Vec<(Box<str>, Span)> {
    // No rivals at all is a case worth testing.
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        return Vec::new();
    }
    texts(node, &mut cx.out).into_iter().map(|(text, node)| (text.into(), node.span.clone())).collect()
}

fn read_expect(node: &Node, allowed: &'static [&'static str], cx: &mut Context<'_>) -> Vec<Expectation> {
    let Some(mut fields) = Fields::of(node, &node.span, "`expect`", &mut cx.out) else {
        return Vec::new();
    };
    let mut expect = Vec::new();
    for key in allowed {
        let Some(node) = fields.optional(key) else {
            continue;
        };
        let value = match &node.value {
            Value::Text(text) => Expected::Text(text.clone()),
            Value::Number(number) => match number.parse() {
                Ok(number) => Expected::Integer(number),
                Err(_) => Expected::Text(number.clone()),
            },
            Value::Bool(flag) => Expected::Flag(*flag),
            Value::List(items) => Expected::List(items.iter().filter_map(plain).collect()),
            Value::Date(_) | Value::Table(_) => {
                wrong_type(node, "a text, number or list", &mut cx.out);
                continue;
            }
        };
        expect.push(Expectation { key: (*key).into(), value, span: node.span.clone() });
    }
    let clean = fields.is_clean();
    fields.finish(&mut cx.out);
    if expect.is_empty() && clean {
        let title = "an empty `expect` tests nothing";
        let label = format!("takes: {}", list(allowed.iter().copied()));
        cx.out.push(Diagnostic::error("E0206", title, node.span.clone(), label));
    }
    expect
}

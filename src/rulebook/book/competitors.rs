//! `[competitors.NAME]` and `[competitors.NAME.MARKET]`: which rivals count, and when.

use super::Context;
use crate::facts::Kind;
use crate::money::Ratio;
use crate::pricing::Delivery;
use crate::rulebook::syntax::{
    Atom, Fields, Node, Table, choice, integer, out_of_range, parse_cell, push_mistake, text, texts,
    unknown_name, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

/// A rival set in one market, or in all that do not have their own.
#[derive(Clone, Debug)]
pub struct SetSpec {
    pub name: Box<str>,
    pub market: Option<Box<str>>,
    pub members: Vec<Box<str>>,
    pub own: Vec<Box<str>>,
    pub matching: Option<Allowed>,
    pub age: Option<Allowed>,
    pub in_stock: Option<bool>,
    pub delivery: Delivery,
    pub at_least: u32,
}

/// Allowed spans, both ends included, and the cell as written.
pub type Allowed = (Vec<(i64, i64)>, Box<str>);

const KEYS: [&str; 3] = ["members", "own", "use"];

pub fn read_competitors(table: &Table, cx: &mut Context<'_>) -> Vec<SetSpec> {
    let mut sets = Vec::new();
    for (name, entry) in table.in_order() {
        cx.names.sets.push(name.into());
        cx.out.about(format!("rival set `{name}`"));
        let Some(inner) = entry.node.as_table() else {
            wrong_type(&entry.node, "a table { … }", &mut cx.out);
            continue;
        };
        let (mut all, mut markets) = (Table::default(), Vec::new());
        for (key, inner) in inner.in_order() {
            let is_market = inner.node.as_table().is_some() && !KEYS.contains(&key);
            if is_market {
                markets.push((key, inner));
            } else {
                all.insert(key, inner.key.clone(), inner.node.clone());
            }
        }
        let title = format!("rival set `{name}`");
        if all.keys().next().is_some() || markets.is_empty() {
            sets.extend(read_set(name, None, &all, entry.node.span.clone(), &title, cx));
        }
        for (market, inner) in markets {
            if cx.names.markets.iter().all(|known| **known != *market) {
                let known: Vec<&str> = cx.names.markets.iter().map(AsRef::as_ref).collect();
                let finding = unknown_name("E0212", "market", market, inner.key.clone(), known);
                cx.out.push(finding);
                continue;
            }
            if let Some(table) = inner.node.as_table() {
                sets.extend(read_set(name, Some(market), table, inner.node.span.clone(), &title, cx));
            }
        }
    }
    cx.out.about(None);
    sets
}

fn read_set(
    name: &str,
    market: Option<&str>,
    table: &Table,
    at: Span,
    title: &str,
    cx: &mut Context<'_>,
) -> Option<SetSpec> {
    let mut fields = Fields::new(table, at, title);
    let members = fields.required("members").map(|node| names(node, cx));
    let own = fields.optional("own").map(|node| names(node, cx)).unwrap_or_default();
    let mut set = SetSpec {
        name: name.into(),
        market: market.map(Into::into),
        members: members.clone().unwrap_or_default(),
        own,
        matching: None,
        age: None,
        in_stock: None,
        delivery: Delivery::Excluded,
        at_least: 1,
    };
    if let Some((key, node)) = fields.entry("use") {
        read_use(node, key, &mut set, cx);
    }
    fields.finish(&mut cx.out);
    members.map(|_| set)
}

/// Texts that name different things.
fn names(node: &Node, cx: &mut Context<'_>) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for (name, node) in texts(node, &mut cx.out) {
        if names.iter().any(|known| **known == *name) {
            let title = format!("`{name}` is named twice");
            cx.out.push(Diagnostic::error("E0205", title, node.span.clone(), "the second one"));
        }
        names.push(name.into());
    }
    names
}

fn read_use(node: &Node, key: &Span, set: &mut SetSpec, cx: &mut Context<'_>) {
    let Some(mut fields) = Fields::of(node, key, "`use`", &mut cx.out) else {
        return;
    };
    set.matching = fields
        .optional("match")
        .and_then(|node| spans(node, Kind::Percent, "the match quality is a percent, such as `>= 90%`", cx));
    if let (Some(node), Some((spans, written))) = (fields.optional("match"), &set.matching) {
        let (none, all) = (Ratio::ZERO.nanos(), Ratio::ONE.nanos());
        let met = spans.iter().any(|(low, high)| *low <= all && none <= *high);
        let spared = spans.iter().all(|(low, high)| none < *low || *high < all);
        if !(met && spared) {
            out_of_range(node.span.clone(), written, "some of 0% to 100%, such as `>= 90%`", &mut cx.out);
        }
    }
    set.age = fields
        .optional("age")
        .and_then(|node| spans(node, Kind::Duration, "an age is a duration, such as `<= 48h`", cx));
    let words = [("yes", true), ("no", false)];
    set.in_stock = fields.optional("in_stock").and_then(|node| choice(node, &words, &mut cx.out));
    let words = [("included", Delivery::Included), ("excluded", Delivery::Excluded)];
    if let Some(delivery) = fields.optional("delivery").and_then(|node| choice(node, &words, &mut cx.out)) {
        set.delivery = delivery;
    }
    if let Some(count) = fields.optional("at_least").and_then(|node| integer(node, 1..=1_000, &mut cx.out)) {
        set.at_least = u32::try_from(count).unwrap_or(1);
    }
    let members = set.members.len();
    if let Some(node) = fields.optional("at_least")
        && 0 < members
        && members < usize::try_from(set.at_least).unwrap_or(usize::MAX)
    {
        let allowed = format!("at most {members}, the number of members");
        out_of_range(node.span.clone(), "at_least", &allowed, &mut cx.out);
    }
    fields.finish(&mut cx.out);
}

/// A cell on a quantity that is no attribute: closed spans, sorted and disjoint.
pub fn spans(node: &Node, kind: Kind, meaning: &str, cx: &mut Context<'_>) -> Option<Allowed> {
    let written = match &node.value {
        crate::rulebook::syntax::Value::Number(number) => number,
        _ => text(node, &mut cx.out)?,
    };
    let cell = match parse_cell(written, kind) {
        Ok(cell) => cell,
        Err(mistakes) => {
            for mistake in mistakes {
                push_mistake(node, mistake, meaning, &mut cx.out);
            }
            return None;
        }
    };
    let mut spans = Vec::new();
    for one in cell.alternatives {
        match one.atom {
            Atom::Within { low, high, .. } if one.not => {
                spans.extend(crate::rulebook::compile::outside(&[(low, high)]))
            }
            Atom::Within { low, high, .. } => spans.push((low, high)),
            Atom::Present => spans.push((i64::MIN, i64::MAX)),
            _ => {
                cx.out.push(Diagnostic::error(
                    "E0207",
                    format!("`{written}` does not name a quantity"),
                    node.part(one.range),
                    meaning,
                ));
                return None;
            }
        }
    }
    Some((crate::rulebook::compile::union(spans), written.into()))
}

//! What a rulebook leaves out although it says it elsewhere: W0406 a VAT class, W0410 the last price band; W0407 an order cost that
//! eats the order.

use super::text_of;
use crate::facts::Kind;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, Value, parse_quantity};
use crate::rulebook::{Applicability, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

pub fn find(trees: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) {
    let mut found = Vec::new();
    if let Some(root) = trees.get("rulebook.toml") {
        vat(root, &mut found);
        order_costs(root, &mut found);
    }
    trees.values().for_each(|root| bands(root, &mut found));
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

fn entries<'a>(root: &'a Table, kind: &str) -> impl Iterator<Item = (&'a str, &'a Table)> {
    let entries = root.get(kind).and_then(Node::as_table).map(Table::in_order).unwrap_or_default();
    entries.into_iter().filter_map(|(name, keyed)| Some((name, keyed.node.as_table()?)))
}

/// An item of a class that its market has no rate for is quarantined.
fn vat(root: &Table, found: &mut Vec<Diagnostic>) {
    let vat = |market: &'_ Table| market.get("vat").cloned();
    let all: Vec<(&str, Node)> =
        entries(root, "market").filter_map(|(name, market)| Some((name, vat(market)?))).collect();
    let classes = |node: &Node| -> BTreeSet<String> {
        node.as_table().map(|table| table.keys().map(str::to_owned).collect()).unwrap_or_default()
    };
    for (name, own) in &all {
        for (other, theirs) in &all {
            if let Some(class) = classes(theirs).difference(&classes(own)).next() {
                let title =
                    format!("market {name} has no VAT rate for the class `{class}`, market {other} has one");
                found.push(
                    Diagnostic::warning(
                        "W0406",
                        title,
                        own.span.clone(),
                        "its items are put in quarantine here",
                    )
                    .related(theirs.span.clone(), "the class is named here")
                    .fix(
                        Applicability::Maybe,
                        format!("add  {class} = \"…%\""),
                        Vec::new(),
                    ),
                );
                break;
            }
        }
    }
}

/// Beyond the last `to` no ending is allowed, so nothing is rounded there.
fn bands(root: &Table, found: &mut Vec<Diagnostic>) {
    for (name, round) in entries(root, "round") {
        let Some(Value::List(bands)) = round.get("bands").map(|node| &node.value) else { continue };
        let Some((last, table)) = bands.last().and_then(|last| Some((last, last.as_table()?))) else {
            continue;
        };
        if let Some(to) = table.get("to") {
            let title = format!("`round.{name}` has no ending for prices from {} on", text_of(to));
            found.push(
                Diagnostic::warning("W0410", title, last.span.clone(), "the last band ends here")
                    .note("such a price is not rounded: it gets the nearest payable amount and a note")
                    .fix(Applicability::Maybe, "add a last band without `to`", Vec::new()),
            );
        }
    }
}

/// One order cost above half of the usual order.
fn order_costs(root: &Table, found: &mut Vec<Diagnostic>) {
    for (name, channel) in entries(root, "channel") {
        let Some(basket) = channel.get("basket").map(text_of) else { continue };
        let amounts = |text: &str| -> Vec<_> {
            let parts = text.split('|').filter_map(|part| parse_quantity(part.trim(), Kind::Money).ok());
            parts.filter_map(|money| Some((money.currency?, money.value))).collect()
        };
        let baskets = amounts(basket);
        let costs = channel.get("costs").and_then(Node::as_table).map(Table::in_order).unwrap_or_default();
        for (cost, keyed) in costs {
            let large = amounts(text_of(&keyed.node)).into_iter().any(|(currency, value)| {
                baskets.iter().any(|(known, whole)| *known == currency && whole / 2 < value)
            });
            if large {
                let title =
                    format!("the cost `{cost}` of channel {name} is more than half of its usual order");
                found.push(
                    Diagnostic::warning(
                        "W0407",
                        title,
                        keyed.node.span.clone(),
                        format!("the basket is {basket}"),
                    )
                    .note("most often a decimal point or a percent sign stands in the wrong place")
                    .fix(
                        Applicability::Maybe,
                        "correct the cost or the basket",
                        Vec::new(),
                    ),
                );
            }
        }
    }
}

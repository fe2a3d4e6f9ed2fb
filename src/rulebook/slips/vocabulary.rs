//! Names that are free to choose and nearly one with a meaning: attributes, costs, feeds.

use crate::facts::Schema;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, near_miss};
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};
use std::collections::BTreeMap;

pub fn find(trees: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) {
    let table =
        |path: &str, key: &str| trees.get(path).and_then(|root| root.get(key)).and_then(Node::as_table);
    let mut found = Vec::new();
    if let Some(attrs) = table("schema.toml", "attr") {
        let built_in = Schema::builtins();
        for (name, keyed) in attrs.in_order() {
            let near =
                built_in.iter().map(|attr| &*attr.name).chain(["inbound", "shelf_life", "on_sale_for"]);
            let is_built_in = built_in.iter().any(|attr| *attr.name == *name);
            let near = near.filter(|known| !attrs.contains(known)).find(|known| near_miss(name, known));
            if let (Some(near), false) = (near, is_built_in) {
                found.push(told("attribute", name, near, &keyed.key));
            }
        }
    }
    for (_, channel) in table("rulebook.toml", "channel").map(Table::in_order).unwrap_or_default() {
        let costs = channel.node.as_table().and_then(|channel| channel.get("costs")).and_then(Node::as_table);
        for (name, keyed) in costs.map(Table::in_order).unwrap_or_default() {
            if near_miss(name, "commission") {
                found.push(told("cost", name, "commission", &keyed.key));
            }
        }
    }
    for (_, market) in table("rulebook.toml", "market").map(Table::in_order).unwrap_or_default() {
        let fx = market.node.as_table().and_then(|market| market.get("fx")).and_then(Node::as_table);
        if let Some(feed) = fx.and_then(|fx| fx.get("feed")) {
            let path = super::text_of(feed);
            let is_feed = path.starts_with("feeds/")
                && [".csv", ".parquet"].iter().any(|ending| path.ends_with(ending));
            if !is_feed {
                let title = format!("`{path}` is not the path of a feed");
                let label = "a CSV or Parquet file in `feeds/`, such as `feeds/fx.csv`";
                found.push(
                    Diagnostic::warning("W0212", title, feed.span.clone(), label)
                        .note("no rate would be found in it, and every price that needs one refused")
                        .fix(Applicability::Maybe, "write the path of the file with the rates", Vec::new()),
                );
            }
        }
    }
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

fn told(what: &str, name: &str, near: &str, at: &Span) -> Diagnostic {
    Diagnostic::warning(
        "W0212",
        format!("the {what} `{name}` is nearly `{near}`, which has a meaning of its own"),
        at.clone(),
        "is this a typing mistake?",
    )
    .fix(
        Applicability::Maybe,
        format!("did you mean `{near}`?"),
        vec![Edit { span: at.clone(), text: near.to_owned() }],
    )
}

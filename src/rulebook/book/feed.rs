//! `[feed.items]`, `[feed.offers]`, `[feed.fx]`: how foreign files name their columns.

use super::Context;
use super::market::read_currency;
use crate::pricing::Feed;
use crate::rulebook::syntax::{Fields, Keyed, text, unknown_name, wrong_type};

/// The feeds of items, offers and rates.
pub fn read_feeds(root: &crate::rulebook::syntax::Table, cx: &mut Context<'_>) -> [Feed; 3] {
    let mut feeds: [Feed; 3] = Default::default();
    let Some(node) = root.get("feed") else { return feeds };
    let Some(mut fields) = Fields::of(node, &node.span, "`[feed]`", &mut cx.out) else {
        return feeds;
    };
    let [items, offers, rates] = &mut feeds;
    for (name, feed) in [("items", items), ("offers", offers), ("fx", rates)] {
        let _ = fields.optional(name);
        let entry = node.as_table().and_then(|table| table.entry(name));
        if let Some(entry) = entry {
            *feed = read_feed(name, entry, cx).unwrap_or_default();
        }
    }
    fields.finish(&mut cx.out);
    feeds
}

const OFFERS: &[&str] = &["sku", "market", "rival", "price", "shipping", "match", "in_stock", "seen_at"];
const RATES: &[&str] = &["base", "quote", "rate", "as_of"];

fn read_feed(name: &str, entry: &Keyed, cx: &mut Context<'_>) -> Option<Feed> {
    let mut fields = Fields::of(&entry.node, &entry.key, format!("feed `{name}`"), &mut cx.out)?;
    let mut feed = Feed::default();
    if let Some(node) = fields.optional("columns") {
        let columns = node.as_table();
        if columns.is_none() {
            wrong_type(node, "a table { attribute = \"Column\" }", &mut cx.out);
        }
        for (attr, column) in columns.map(|table| table.in_order()).unwrap_or_default() {
            let known = columns_of(name, cx);
            if !known.iter().any(|known| **known == *attr) {
                let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                cx.out.push(unknown_name("E0210", "column of this feed", attr, column.key.clone(), known));
            }
            if let Some(header) = text(&column.node, &mut cx.out) {
                feed.columns.insert(attr.into(), header.into());
            }
        }
    }
    feed.currency = fields.optional("currency").and_then(|node| read_currency(node, cx));
    feed.file = fields
        .optional("file")
        .and_then(|node| text(node, &mut cx.out))
        .map(Into::into);
    fields.finish(&mut cx.out);
    Some(feed)
}

/// What a feed can hold: for items the schema, the instants behind durations, and currencies beside money.
fn columns_of(feed: &str, cx: &Context<'_>) -> Vec<Box<str>> {
    match feed {
        "offers" => OFFERS.iter().map(|name| (*name).into()).collect(),
        "fx" => RATES.iter().map(|name| (*name).into()).collect(),
        _ => item_columns(cx),
    }
}

/// The columns of an items file.
pub fn item_columns(cx: &Context<'_>) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for (_, attr) in cx.schema.iter().filter(|(_, attr)| attr.derive.is_none() && !attr.customer) {
        names.push(attr.name.clone());
        if attr.kind == crate::facts::Kind::Money {
            names.push(format!("{}_currency", attr.name).into());
        }
    }
    let instants = [("inbound", "inbound_at"), ("shelf_life", "shelf_life_until"), ("on_sale_for", "on_sale_since")];
    for (duration, instant) in instants {
        if cx.schema.find(duration).is_some() {
            names.push(instant.into());
        }
    }
    names
}

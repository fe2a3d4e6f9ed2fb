//! `[feed.items]`: how a foreign file names its columns.

use super::Context;
use super::market::read_currency;
use crate::pricing::Feed;
use crate::rulebook::syntax::{Fields, Keyed, Table, text, unknown_name, wrong_type};

/// The feed of items. Offers and rates have the columns of semantics 8 and are not mapped yet.
pub fn read_items_feed(root: &Table, cx: &mut Context<'_>) -> Feed {
    let Some(node) = root.get("feed") else {
        return Feed::default();
    };
    let Some(mut fields) = Fields::of(node, &node.span, "`[feed]`", &mut cx.out) else {
        return Feed::default();
    };
    let _ = fields.optional("items");
    for name in ["offers", "fx"] {
        fields.unsupported(name, &mut cx.out);
    }
    fields.finish(&mut cx.out);
    let entry = node.as_table().and_then(|table| table.entry("items"));
    entry.and_then(|entry| read_feed(entry, cx)).unwrap_or_default()
}

fn read_feed(entry: &Keyed, cx: &mut Context<'_>) -> Option<Feed> {
    let mut fields = Fields::of(&entry.node, &entry.key, "feed `items`", &mut cx.out)?;
    let mut feed = Feed::default();
    if let Some(node) = fields.optional("columns") {
        let columns = node.as_table();
        if columns.is_none() {
            wrong_type(node, "a table { attribute = \"Column\" }", &mut cx.out);
        }
        for (attr, column) in columns.map(|table| table.in_order()).unwrap_or_default() {
            let known = item_columns(cx);
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
    feed.file = fields.optional("file").and_then(|node| text(node, &mut cx.out)).map(Into::into);
    fields.finish(&mut cx.out);
    Some(feed)
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
    let instants =
        [("inbound", "inbound_at"), ("shelf_life", "shelf_life_until"), ("on_sale_for", "on_sale_since")];
    for (duration, instant) in instants {
        if cx.schema.find(duration).is_some() {
            names.push(instant.into());
        }
    }
    names
}

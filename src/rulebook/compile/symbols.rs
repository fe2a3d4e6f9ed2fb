//! Numbers for the texts that rules mention.

use crate::facts::{Attr, Kind, Schema, Symbols, builtin};
use crate::rulebook::Diagnostic;
use crate::rulebook::book::Context;

/// The most values of one set that rules can mention: one bit each.
const TAGS_MAX: usize = 64;

/// The schema with a symbol for every text that a rule mentions or a closed list allows.
pub fn with_symbols(cx: &mut Context<'_>) -> Schema {
    let mut attrs: Vec<Attr> = Vec::new();
    for (id, attr) in cx.schema.iter() {
        let mut texts = cx.mentions.get(&id).cloned().unwrap_or_default();
        if attr.kind != Kind::Set {
            texts.extend(attr.values.iter().flatten().map(ToString::to_string));
        }
        let names = match id {
            builtin::VAT_CLASS => cx.names.vat_classes.iter().cloned().collect(),
            builtin::MARKET => cx.names.markets.clone(),
            builtin::CHANNEL => cx.names.channels.clone(),
            _ => Vec::new(),
        };
        texts.extend(names.iter().map(ToString::to_string));
        let symbols = Symbols::new(texts, attr.kind == Kind::Tree);
        attrs.push(Attr { symbols, link: cx.links.contains(&id), ..attr.clone() });
    }
    let crowded =
        attrs.iter().filter(|attr| attr.kind == Kind::Set && TAGS_MAX < attr.symbols.texts().count());
    for attr in crowded {
        let (name, count) = (&attr.name, attr.symbols.texts().count());
        let span = crate::rulebook::Span { file: "schema.toml".into(), start: 0, end: 0 };
        cx.out.push(Diagnostic::error(
            "E0220",
            format!("rules mention {count} values of the set `{name}`"),
            span,
            format!("at most {TAGS_MAX}: make two sets of it, or a text"),
        ));
    }
    Schema::new(attrs)
}

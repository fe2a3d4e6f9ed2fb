//! `rulebook.toml`: markets, channels, rival sets, layers, what nobody believes.

use super::channel::{ChannelSpec, read_channels};
use super::market::{MarketSpec, read_market};
use super::{Context, SetSpec, read_competitors};
use crate::money::Ratio;
use crate::pricing::Plausibility;
use crate::rulebook::syntax::{
    Fields, Node, Sign, Table, choice, closed_percents, out_of_range, percent, text, texts, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

/// The format this engine reads.
pub const EDITION: &str = "2026";

#[derive(Clone, Debug)]
pub struct Manifest {
    pub name: Box<str>,
    pub markets: Vec<MarketSpec>,
    pub channels: Vec<ChannelSpec>,
    pub sets: Vec<SetSpec>,
    pub facts: Plausibility,
    /// The exchange-rate file that the markets name, relative to the rulebook.
    pub rates_file: Option<Box<str>>,
}

/// Reads all but segments and feeds, which need the schema.
pub fn read_manifest(root: &Table, cx: &mut Context<'_>) -> Manifest {
    let top = Span { file: "rulebook.toml".into(), start: 0, end: 0 };
    let mut fields = Fields::new(root, top, "`rulebook.toml`");
    if let Some(node) = fields.required("edition") {
        read_edition(node, cx);
    }
    let name = fields.required("name").and_then(|node| text(node, &mut cx.out)).unwrap_or("");
    let layers = fields.optional("layers").map(|node| texts(node, &mut cx.out));
    read_layers(layers, cx);
    if let Some(node) = fields.optional("price_basis") {
        let basis = choice(node, &[("gross", true), ("net", false)], &mut cx.out);
        if basis == Some(false) {
            crate::rulebook::syntax::not_supported(&node.span, "a net price basis", &mut cx.out);
        }
    }
    let markets = fields.required("market").map(|node| read_markets(node, cx)).unwrap_or_default();
    let channels = match fields.required("channel").map(|node| (node, node.as_table())) {
        Some((_, Some(table))) => {
            cx.names.channels = table.in_order().iter().map(|(name, _)| (*name).into()).collect();
            read_channels(table, cx)
        }
        Some((node, None)) => {
            wrong_type(node, "tables [channel.NAME]", &mut cx.out);
            Vec::new()
        }
        None => Vec::new(),
    };
    let facts = read_facts(fields.optional("facts"), cx);
    let sets = match fields.optional("competitors").map(|node| (node, node.as_table())) {
        Some((_, Some(table))) => read_competitors(table, cx),
        Some((node, None)) => {
            wrong_type(node, "tables [competitors.NAME]", &mut cx.out);
            Vec::new()
        }
        None => Vec::new(),
    };
    let _ = (fields.optional("segment"), fields.optional("feed"));
    for key in ["approve", "experiment", "promo", "stacking", "line"] {
        fields.unsupported(key, &mut cx.out);
    }
    fields.finish(&mut cx.out);
    Manifest { rates_file: rates_file(&markets, cx), name: name.into(), markets, channels, sets, facts }
}

/// One file of rates serves all markets.
fn rates_file(markets: &[MarketSpec], cx: &mut Context<'_>) -> Option<Box<str>> {
    let mut named = markets.iter().filter_map(|market| market.rates_file.as_ref());
    let (first, at) = named.next()?;
    for (_, other) in named.filter(|(path, _)| path != first) {
        let title = "several exchange-rate files are not supported yet";
        let finding = Diagnostic::error("E0901", title, other.clone(), "name one file in all markets");
        cx.out.push(finding.related(at.clone(), "the first one"));
    }
    Some(first.clone())
}

fn read_edition(node: &Node, cx: &mut Context<'_>) {
    let given = text(node, &mut cx.out);
    if let Some(given) = given.filter(|given| *given != EDITION) {
        cx.out.push(Diagnostic::error(
            "E0902",
            format!("edition `{given}` is not known to this engine"),
            node.part(0..given.len()),
            format!("known: `{EDITION}`"),
        ));
    }
}

fn read_layers(layers: Option<Vec<(&str, &Node)>>, cx: &mut Context<'_>) {
    for (name, node) in layers.unwrap_or_default() {
        if cx.names.layers.iter().any(|known| **known == *name) {
            let title = format!("layer `{name}` is named twice");
            cx.out.push(Diagnostic::error("E0205", title, node.span.clone(), "the second one"));
        } else {
            cx.names.layers.push(name.into());
        }
    }
    if cx.names.layers.is_empty() {
        cx.names.layers.push("base".into());
    }
}

fn read_markets(node: &Node, cx: &mut Context<'_>) -> Vec<MarketSpec> {
    let Some(table) = node.as_table() else {
        wrong_type(node, "tables [market.NAME]", &mut cx.out);
        return Vec::new();
    };
    cx.names.markets = table.in_order().iter().map(|(name, _)| (*name).into()).collect();
    let mut markets = Vec::new();
    for (name, entry) in table.in_order() {
        cx.out.about(format!("market `{name}`"));
        markets.extend(read_market(name, entry, cx));
        // Known even when the market itself has mistakes, so that one mistake is not two.
        if let Some(classes) = entry.node.as_table().and_then(|market| market.get("vat")?.as_table()) {
            cx.names.vat_classes.extend(classes.keys().map(Into::into));
        }
    }
    cx.out.about(None);
    markets
}

/// `[facts]`, with its defaults.
pub fn read_facts(node: Option<&Node>, cx: &mut Context<'_>) -> Plausibility {
    let percents =
        |low: i64, high: i64| (Ratio::from_nanos(low * 10_000_000), Ratio::from_nanos(high * 10_000_000));
    let mut facts = Plausibility {
        cost_change: percents(-50, 100),
        rival: percents(40, 250),
        rate_jump: Ratio::from_nanos(100_000_000),
    };
    let Some(node) = node else { return facts };
    let Some(mut fields) = Fields::of(node, &node.span, "`[facts]`", &mut cx.out) else {
        return facts;
    };
    let range = |node: &Node, cx: &mut Context<'_>| closed_percents(node, "a range of percents", &mut cx.out);
    let mut around = |key, usual: Ratio, what: &str, cx: &mut Context<'_>| {
        let node = fields.optional(key)?;
        let (low, high) = range(node, cx)?;
        if usual < low || high < usual {
            out_of_range(node.span.clone(), key, what, &mut cx.out);
        }
        Some((low, high))
    };
    let (same, rival) = ("a range that includes 0%, no change", "a range that includes 100%, our own price");
    if let Some(read) = around("cost_change", Ratio::ZERO, same, cx) {
        facts.cost_change = read;
    }
    if let Some(read) = around("rival", Ratio::ONE, rival, cx) {
        facts.rival = read;
    }
    let jump = fields
        .optional("rate_jump")
        .and_then(|node| percent(node, Sign::None, "a jump is a percent of the last rate", &mut cx.out));
    facts.rate_jump = jump.unwrap_or(facts.rate_jump);
    fields.finish(&mut cx.out);
    facts
}

//! `[market.NAME]`: currency, clock, taxes, what a purchase costs until it lies on the shelf.

use super::Context;
use crate::money::{Currency, Fraction, Ratio};
use crate::pricing::Fx;
use crate::rulebook::syntax::{Fields, Keyed, Node, Sign, duration, out_of_range, percent, text, wrong_type};
use crate::rulebook::{Diagnostic, Span};
use jiff::tz::TimeZone;

#[derive(Clone, Debug)]
pub struct MarketSpec {
    pub name: Box<str>,
    pub currency: Currency,
    pub zone: TimeZone,
    pub vat: Vec<(Box<str>, Ratio)>,
    /// 1 + Σ landed shares.
    pub landed: Fraction,
    pub fx: Fx,
    /// The exchange-rate file, relative to the rulebook.
    pub rates_file: Option<NamedFile>,
}

/// A path and where it is written.
pub type NamedFile = (Box<str>, Span);

pub fn read_market(name: &str, entry: &Keyed, cx: &mut Context<'_>) -> Option<MarketSpec> {
    let mut fields = Fields::of(&entry.node, &entry.key, format!("market `{name}`"), &mut cx.out)?;
    let currency = fields.required("currency").and_then(|node| read_currency(node, cx));
    let zone = fields.required("timezone").and_then(|node| read_zone(node, cx));
    let vat = fields
        .required("vat")
        .map(|node| read_shares(node, "a VAT rate is a percent of the net price", 100, cx));
    let landed =
        fields.optional("landed").map(|node| read_shares(node, "a share of the purchase cost", 300, cx));
    let fx = match fields.entry("fx") {
        Some((key, node)) => read_fx(node, key, cx),
        None => {
            let fx = Fx { max_age: None, buffer: Ratio::ZERO };
            Some((fx, None))
        }
    };
    fields.finish(&mut cx.out);
    let mut factor = Fraction::ONE;
    for (_, share) in landed.unwrap_or_default() {
        factor = factor.add(Fraction::of(share)).unwrap_or(factor);
    }
    let (fx, rates_file) = fx?;
    Some(MarketSpec {
        name: name.into(),
        currency: currency?,
        zone: zone?,
        vat: vat?,
        landed: factor,
        fx,
        rates_file,
    })
}

pub fn read_currency(node: &Node, cx: &mut Context<'_>) -> Option<Currency> {
    let code = text(node, &mut cx.out)?;
    let currency = Currency::from_code(code);
    if currency.is_none() {
        cx.out.push(Diagnostic::error(
            "E0403",
            format!("`{code}` is not an ISO 4217 currency code"),
            node.part(0..code.len()),
            "write three capital letters, such as `EUR`",
        ));
    }
    currency
}

fn read_zone(node: &Node, cx: &mut Context<'_>) -> Option<TimeZone> {
    let name = text(node, &mut cx.out)?;
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        cx.out.push(Diagnostic::error(
            "E0709",
            format!("`{name}` is not a time zone"),
            node.part(0..name.len()),
            "write an IANA name, such as `Europe/Berlin`",
        ));
    }
    zone
}

/// Named shares in the order of the file.
fn read_shares(
    node: &Node,
    meaning: &str,
    percents_max: i64,
    cx: &mut Context<'_>,
) -> Vec<(Box<str>, Ratio)> {
    let Some(table) = node.as_table() else {
        wrong_type(node, "a table { name = \"…%\" }", &mut cx.out);
        return Vec::new();
    };
    let mut shares = Vec::new();
    for (name, entry) in table.in_order() {
        if let Some(share) = percent(&entry.node, Sign::None, meaning, &mut cx.out) {
            if percents_max * (Ratio::SCALE / 100) < share.nanos() {
                let allowed = format!("0% to {percents_max}%");
                out_of_range(entry.node.span.clone(), &share.to_percent_text(7), &allowed, &mut cx.out);
            }
            shares.push((name.into(), share));
        }
    }
    if table.keys().next().is_none() {
        cx.out.push(Diagnostic::error(
            "E0206",
            "an empty table says nothing",
            node.span.clone(),
            "write at least one share",
        ));
    }
    shares
}

fn read_fx(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<(Fx, Option<NamedFile>)> {
    let mut fields = Fields::of(node, key, "`fx`", &mut cx.out)?;
    // What costs are in tells the reader of the rulebook; each cost names its own currency.
    let _ = fields.optional("costs_in").and_then(|node| read_currency(node, cx));
    let feed = fields.optional("feed");
    let feed = feed.and_then(|node| text(node, &mut cx.out).map(|path| (path.into(), node.span.clone())));
    let max_age = fields.optional("max_age").map(|node| duration(node, &mut cx.out));
    let buffer = fields
        .optional("buffer")
        .map(|node| percent(node, Sign::None, "the buffer is a percent of the converted cost", &mut cx.out));
    fields.finish(&mut cx.out);
    let fx = Fx { max_age: max_age.flatten(), buffer: buffer.flatten().unwrap_or(Ratio::ZERO) };
    Some((fx, feed))
}

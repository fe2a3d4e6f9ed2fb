//! What a guard demands, as written.

use super::Context;
use super::strategy::below_one;
use crate::facts::{AttrId, Kind};
use crate::money::{Amount, Currency, Ratio};
use crate::pricing::{CostBasis, Side};
use crate::rulebook::syntax::{
    Amounts, Fields, Node, Sign, Value, choice, closed_percents, duration, integer, money, out_of_range,
    percent, text, unknown_name, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub enum BoundSpec {
    MinMargin(Ratio),
    MinContribution(Amounts),
    MinFullContribution(Amounts),
    MaxMarkup {
        of: CostBasis,
        by: Ratio,
    },
    Price {
        side: Side,
        limit: LimitSpec,
    },
    /// Closed ranges by currency, with the whole value's place.
    Absolute(Vec<(Currency, Amount, Amount)>, Span),
    MaxChange {
        down: Ratio,
        up: Ratio,
        /// Seconds.
        per: Option<i64>,
    },
    MinChange(Ratio),
    Cooldown(i64),
    KeepPrice,
    /// Seconds before the reduction.
    Announce(i64),
}

#[derive(Clone, Debug)]
pub enum LimitSpec {
    Amounts(Amounts),
    Relative { attr: AttrId, share: Ratio },
}

/// The keys that make a bound, in the order in which bounds are listed.
pub fn read_bounds(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Vec<BoundSpec> {
    let mut bounds = Vec::new();
    if let Some(node) = fields.optional("min_margin") {
        let margin = percent(node, Sign::Allowed, "a margin is a percent of the net price", &mut cx.out);
        bounds.extend(margin.and_then(|margin| below_one(node, margin, cx)).map(BoundSpec::MinMargin));
    }
    if let Some(node) = fields.optional("min_contribution") {
        bounds.extend(money(node, &mut cx.out).map(BoundSpec::MinContribution));
    }
    if let Some(node) = fields.optional("min_full_contribution") {
        bounds.extend(money(node, &mut cx.out).map(BoundSpec::MinFullContribution));
    }
    if let Some((key, node)) = fields.entry("max_markup") {
        bounds.extend(read_markup(node, key, cx));
    }
    for (key, side) in [("min_price", Side::Floor), ("max_price", Side::Ceiling)] {
        if let Some(node) = fields.optional(key) {
            bounds.extend(read_limit(node, cx).map(|limit| BoundSpec::Price { side, limit }));
        }
    }
    if let Some(node) = fields.optional("absolute") {
        bounds.extend(read_absolute(node, cx));
    }
    if let Some((key, node)) = fields.entry("max_change") {
        bounds.extend(read_max_change(node, key, cx));
    }
    if let Some(node) = fields.optional("min_change") {
        let change = percent(node, Sign::None, "a change is a percent of the current price", &mut cx.out);
        bounds.extend(change.map(BoundSpec::MinChange));
    }
    if let Some(node) = fields.optional("cooldown") {
        bounds.extend(duration(node, &mut cx.out).map(BoundSpec::Cooldown));
    }
    if let Some((key, node)) = fields.entry("announce") {
        bounds.extend(read_announce(node, key, cx));
    }
    bounds
}

fn read_markup(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<BoundSpec> {
    let mut fields = Fields::of(node, key, "`max_markup`", &mut cx.out)?;
    let words = [("purchase cost", CostBasis::Purchase), ("landed cost", CostBasis::Landed)];
    let of = fields.required("of").and_then(|node| choice(node, &words, &mut cx.out));
    let by = fields.required("by").and_then(|node| {
        percent(node, Sign::Allowed, "a markup is a percent of the cost it names", &mut cx.out)
    });
    fields.finish(&mut cx.out);
    Some(BoundSpec::MaxMarkup { of: of?, by: by? })
}

/// `105% of rrp`, or money.
pub fn read_limit(node: &Node, cx: &mut Context<'_>) -> Option<LimitSpec> {
    let written = match &node.value {
        Value::Text(text) => text,
        _ => return money(node, &mut cx.out).map(LimitSpec::Amounts),
    };
    let Some((share, name)) = written.split_once(" of ") else {
        if written.trim_end().ends_with('%') {
            let title = format!("`{written}` does not say of what");
            let label = "write the attribute, such as `105% of rrp`";
            cx.out.push(Diagnostic::error("E0402", title, node.part(0..written.len()), label));
            return None;
        }
        return money(node, &mut cx.out).map(LimitSpec::Amounts);
    };
    let share_node = Node::text(share.trim(), node.part(0..share.len()), Some(node.part(0..0).start));
    let read = percent(
        &share_node,
        Sign::None,
        "a percent of a money attribute, such as `105% of rrp`",
        &mut cx.out,
    );
    let (name, at) = (name.trim(), written.len() - name.trim_start().len());
    let span = node.part(at..at + name.len());
    let Some(attr) = cx.schema.find(name) else {
        if !cx.names.misread_attrs.contains(name) {
            let known: Vec<&str> = money_names(cx);
            let finding = unknown_name("E0210", "money attribute of the schema", name, span, known);
            cx.out.push(finding);
        }
        return None;
    };
    let known = cx.attr_of(attr);
    if known.kind != Kind::Money || known.customer {
        let title = format!("`{name}` is not money");
        cx.out.push(Diagnostic::error("E0219", title, span, "a price is bounded by money"));
        return None;
    }
    Some(LimitSpec::Relative { attr, share: read? })
}

fn money_names<'a>(cx: &'a Context<'_>) -> Vec<&'a str> {
    let money = cx.schema.iter().filter(|(_, attr)| attr.kind == Kind::Money && !attr.customer);
    money.map(|(_, attr)| &*attr.name).collect()
}

/// `{ EUR = "0.19 .. 6000" }`, both ends included.
fn read_absolute(node: &Node, cx: &mut Context<'_>) -> Option<BoundSpec> {
    let Some(table) = node.as_table() else {
        wrong_type(node, "a table { EUR = \"0.19 .. 6000\" }", &mut cx.out);
        return None;
    };
    let mut ranges = Vec::new();
    let mut whole = true;
    for (code, keyed) in table.in_order() {
        let Some(currency) = Currency::from_code(code) else {
            let title = format!("`{code}` is not an ISO 4217 currency code");
            cx.out.push(Diagnostic::error("E0403", title, keyed.key.clone(), "write three capital letters"));
            whole = false;
            continue;
        };
        match read_amounts(&keyed.node, cx) {
            Some((low, high)) => ranges.push((currency, low, high)),
            None => whole = false,
        }
    }
    (whole && !ranges.is_empty()).then(|| BoundSpec::Absolute(ranges, node.span.clone()))
}

fn read_amounts(node: &Node, cx: &mut Context<'_>) -> Option<(Amount, Amount)> {
    let written = text(node, &mut cx.out)?;
    let wrong = |title: String, cx: &mut Context<'_>| {
        let label = "write both ends without currency, such as `0.19 .. 6000`";
        cx.out.push(Diagnostic::error("E0403", title, node.part(0..written.len()), label));
    };
    let Some((low, high)) = written.split_once("..") else {
        wrong(format!("`{written}` is not a range of amounts"), cx);
        return None;
    };
    let high = high.strip_prefix('=').unwrap_or(high);
    let mut end = |text: &str| {
        let amount = Amount::parse(text.trim());
        if amount.is_err() {
            wrong(format!("`{}` is not an amount", text.trim()), cx);
        }
        amount.ok()
    };
    let (low, high) = (end(low), end(high));
    match (low?, high?) {
        (low, high) if low <= high => Some((low, high)),
        _ => {
            out_of_range(node.span.clone(), written, "a range that runs upwards", &mut cx.out);
            None
        }
    }
}

/// `"6%"`, or `{ by = "6%" | "-10% .. +6%", per = "1d" }`.
fn read_max_change(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<BoundSpec> {
    let mut per = None;
    let by = match node.as_table() {
        None => Some(node),
        Some(_) => {
            let mut fields = Fields::of(node, key, "`max_change`", &mut cx.out)?;
            let by = fields.required("by");
            per = fields.optional("per").and_then(|node| duration(node, &mut cx.out));
            fields.finish(&mut cx.out);
            by
        }
    }?;
    let meaning = "a change is a percent of the current price";
    let is_range = matches!(&by.value, Value::Text(text) if text.contains(".."));
    let (down, up) = if is_range {
        closed_percents(by, meaning, &mut cx.out)?
    } else {
        let up = percent(by, Sign::None, meaning, &mut cx.out)?;
        (Ratio::from_nanos(-up.nanos()), up)
    };
    if Ratio::ZERO < down || up < Ratio::ZERO {
        out_of_range(by.span.clone(), "max_change", "a range that includes 0%", &mut cx.out);
        return None;
    }
    Some(BoundSpec::MaxChange { down, up, per })
}

fn read_announce(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<BoundSpec> {
    let mut fields = Fields::of(node, key, "`announce`", &mut cx.out)?;
    let reference =
        fields.required("reference").and_then(|node| choice(node, &[("lowest", ())], &mut cx.out));
    let days = fields.required("days").and_then(|node| integer(node, 1..=366, &mut cx.out));
    fields.finish(&mut cx.out);
    reference.and(days).map(|days| BoundSpec::Announce(days * 86_400))
}

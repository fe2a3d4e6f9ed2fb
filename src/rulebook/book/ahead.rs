//! `optimise`, `relative` and `fade`, as written.

use super::Context;
use super::competitors::spans;
use super::strategy::{StrategyKind, read_layer};
use crate::facts::{AttrId, Kind};
use crate::money::Ratio;
use crate::pricing::ahead::{Aim, Demand, Need, Needs, certainty};
use crate::rulebook::syntax::{
    Fields, Node, Sign, boolean, choice, duration, out_of_range, percent, text, unknown_name,
};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct OptimiseSpec {
    pub aim: Aim,
    pub demand: Demand,
    pub within: Ratio,
    pub confidence: Ratio,
    pub z: Ratio,
    pub needs: Needs,
    pub adjust: bool,
}

/// 75 %.
const CONFIDENCE: Ratio = Ratio::from_nanos(750_000_000);

pub fn read_optimise(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let aim = fields.required("for").and_then(|node| read_aim(node, cx));
    let within = fields.required("within").and_then(|node| {
        let share = percent(
            node,
            Sign::None,
            "how far a price may move at once, in percent of today's",
            &mut cx.out,
        )?;
        let inside = Ratio::ZERO < share && share < Ratio::ONE;
        if !inside {
            let given = share.to_percent_text(7);
            out_of_range(node.span.clone(), &given, "a percent above 0% and below 100%", &mut cx.out);
        }
        inside.then_some(share)
    });
    let words = [
        ("constant-elasticity", Demand::ConstantElasticity),
        ("linear", Demand::Linear),
        ("exponential", Demand::Exponential),
        ("logit", Demand::Logit),
    ];
    let demand = match fields.optional("demand") {
        Some(node) => choice(node, &words, &mut cx.out),
        None => Some(Demand::ConstantElasticity),
    };
    let confidence = match fields.optional("confidence") {
        Some(node) => read_confidence(node, cx),
        None => Some(CONFIDENCE),
    };
    let needs = fields.entry("needs").map(|(key, node)| read_needs(node, key, cx)).unwrap_or_default();
    let adjust = fields.optional("adjust").and_then(|node| boolean(node, &mut cx.out));
    let (aim, demand, within, confidence) = (aim?, demand?, within?, confidence?);
    let (z, adjust) = (certainty(confidence)?, adjust.unwrap_or(false));
    Some(StrategyKind::Optimise(OptimiseSpec { aim, demand, within, confidence, z, needs, adjust }))
}

/// `profit`, `revenue`, or both with weights that total 100 %.
fn read_aim(node: &Node, cx: &mut Context<'_>) -> Option<Aim> {
    let only = |profit, revenue| Aim { profit, revenue };
    if node.as_table().is_none() {
        let words = [("profit", only(Ratio::ONE, Ratio::ZERO)), ("revenue", only(Ratio::ZERO, Ratio::ONE))];
        return choice(node, &words, &mut cx.out);
    }
    let mut fields = Fields::of(node, &node.span, "`for`", &mut cx.out)?;
    let mut weight = |node: Option<&Node>| {
        let node = node?;
        let share = percent(node, Sign::None, "a weight is a percent; all weights total 100%", &mut cx.out)?;
        if share <= Ratio::ZERO {
            out_of_range(node.span.clone(), "0%", "a weight above 0%", &mut cx.out);
            return None;
        }
        Some(share)
    };
    let (profit, revenue) = (fields.required("profit"), fields.required("revenue"));
    let (profit, revenue) = (weight(profit), weight(revenue));
    fields.finish(&mut cx.out);
    let aim = only(profit?, revenue?);
    let sum = aim.profit.add(aim.revenue).ok()?;
    if sum != Ratio::ONE {
        let title = format!("weights add up to {}", sum.to_percent_text(7));
        let label = "the weights of profit and revenue add up to 100%";
        cx.out.push(Diagnostic::error("E0408", title, node.span.clone(), label));
        return None;
    }
    Some(aim)
}

fn read_confidence(node: &Node, cx: &mut Context<'_>) -> Option<Ratio> {
    let level = percent(node, Sign::None, "how sure the gain must be, in percent", &mut cx.out)?;
    let half = Ratio::from_nanos(Ratio::SCALE / 2);
    if half <= level && level < Ratio::ONE {
        return Some(level);
    }
    out_of_range(node.span.clone(), &level.to_percent_text(7), "from 50% to below 100%", &mut cx.out);
    None
}

fn read_needs(node: &Node, key: &Span, cx: &mut Context<'_>) -> Needs {
    let Some(mut fields) = Fields::of(node, key, "`needs`", &mut cx.out) else {
        return Needs::default();
    };
    let mut need = |node: Option<&Node>, meaning| {
        let (spans, text) = spans(node?, Kind::Number, meaning, cx)?;
        Some(Need { spans: spans.into(), text })
    };
    let sales_weeks = need(fields.optional("sales_weeks"), "weeks are a number, such as `>= 26`");
    let width = "the width of the 95% interval of the elasticity is a number, such as `<= 2.0`";
    let interval = need(fields.optional("ci"), width);
    fields.finish(&mut cx.out);
    Needs { sales_weeks, interval }
}

pub fn read_relative(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let to = fields.required("to").and_then(|node| read_twin(node, cx));
    let by = match fields.optional("by") {
        Some(node) => above_minus_one(node, "how far from the twin's price, in percent", cx),
        None => Some(Ratio::ZERO),
    };
    Some(StrategyKind::Relative { to: to?, by: by? })
}

/// An attribute that holds a SKU.
fn read_twin(node: &Node, cx: &mut Context<'_>) -> Option<AttrId> {
    let name = text(node, &mut cx.out)?;
    let span = node.part(0..name.len());
    let known = |kind| kind == Kind::Id;
    let attr = named(name, span.clone(), "attribute of the type `sku`", known, cx)?;
    if attr == crate::facts::builtin::SKU {
        let label = "name the attribute that holds the SKU of the other item";
        cx.out.push(Diagnostic::error("E0219", "an item is not its own twin", span, label));
        return None;
    }
    cx.links.insert(attr);
    Some(attr)
}

pub fn read_fade(
    fields: &mut Fields<'_>,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Option<StrategyKind> {
    let mut change = |node: Option<&Node>| above_minus_one(node?, "a change of the price, in percent", cx);
    let start = change(fields.required("start"));
    let end = change(fields.required("end"));
    let over = fields.required("over").and_then(|node| {
        let over = duration(node, &mut cx.out)?;
        if over == 0 {
            out_of_range(node.span.clone(), "0s", "a duration above zero", &mut cx.out);
        }
        (0 < over).then_some(over)
    });
    let versus = fields.required("versus").and_then(|node| read_layer(node, "versus", layer, cx));
    let (start, end, over, versus) = (start?, end?, over?, versus?);
    let at = fields.at().clone();
    let known = |kind| kind == Kind::Duration;
    let age = named("on_sale_for", at, "duration of the schema, which `fade` reads,", known, cx)?;
    Some(StrategyKind::Fade { start, end, over, versus, age })
}

/// The attribute of a name and a fitting type (E0210, E0219).
pub fn named(
    name: &str,
    span: Span,
    what: &str,
    fits: impl Fn(Kind) -> bool,
    cx: &mut Context<'_>,
) -> Option<AttrId> {
    let usable = |attr: &crate::facts::Attr| fits(attr.kind) && !attr.customer;
    let Some(attr) = cx.schema.find(name) else {
        if !cx.names.misread_attrs.contains(name) {
            let known = cx.schema.iter().filter(|(_, attr)| usable(attr)).map(|(_, attr)| &*attr.name);
            let known: Vec<&str> = known.collect();
            cx.out.push(unknown_name("E0210", what, name, span, known));
        }
        return None;
    };
    if usable(cx.attr_of(attr)) {
        return Some(attr);
    }
    let title = format!("`{name}` is not an {}", what.trim_start_matches("an "));
    cx.out.push(Diagnostic::error("E0219", title, span, "does not fit"));
    None
}

/// A change above −100 %.
pub fn above_minus_one(node: &Node, meaning: &str, cx: &mut Context<'_>) -> Option<Ratio> {
    let change = percent(node, Sign::Allowed, meaning, &mut cx.out)?;
    if -Ratio::SCALE < change.nanos() {
        return Some(change);
    }
    out_of_range(node.span.clone(), &change.to_percent_text(7), "above -100%", &mut cx.out);
    None
}

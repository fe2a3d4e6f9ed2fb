//! `price` and `else`: one way to a price each.

use super::Context;
use super::ahead::{OptimiseSpec, above_minus_one, read_fade, read_optimise, read_relative};
use super::blend::read_blend;
use super::fixed::{FixedSpec, read_fixed};
use super::markdown::{MarkdownSpec, read_markdown};
use crate::facts::AttrId;
use crate::money::Ratio;
use crate::pricing::Rank;
use crate::rulebook::syntax::{
    Amounts, Fields, Node, Sign, Value, choice, duration, list, money, out_of_range, percent,
};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct StrategySpec {
    pub kind: StrategyKind,
    /// The strategy's own value, for findings of a place.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StrategyKind {
    /// (1 − margin): a share of the net price.
    Margin(Ratio),
    /// A share of the landed cost.
    Markup(Ratio),
    /// Money on top of the landed cost.
    Profit(Amounts),
    /// Indices into the names of rival sets.
    Follow {
        set: usize,
        rank: Rank,
        by: Ratio,
    },
    Index {
        set: usize,
        of: Rank,
        at: Ratio,
    },
    Fixed(FixedSpec),
    Keep {
        max_age: Option<i64>,
    },
    Use {
        layer: usize,
    },
    Blend {
        parts: Vec<(Ratio, StrategySpec)>,
        renormalise: bool,
    },
    Optimise(OptimiseSpec),
    Relative {
        to: AttrId,
        by: Ratio,
    },
    Fade {
        start: Ratio,
        end: Ratio,
        /// Seconds.
        over: i64,
        versus: usize,
        /// `on_sale_for`.
        age: AttrId,
    },
    Markdown(MarkdownSpec),
}

pub const NAMES: [&str; 11] = [
    "cost-plus",
    "follow",
    "index",
    "fixed",
    "keep",
    "use",
    "blend",
    "optimise",
    "relative",
    "fade",
    "markdown",
];
const RANKS: &[(&str, Rank)] = &[
    ("lowest", Rank::Lowest),
    ("second", Rank::Second),
    ("third", Rank::Third),
    ("median", Rank::Median),
    ("mean", Rank::Mean),
    ("highest", Rank::Highest),
];

/// `price = { follow = { … } }` of a rule in the `layer`: exactly one strategy (E0208).
pub fn read_strategy(
    node: &Node,
    key: &Span,
    name: &str,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Option<StrategySpec> {
    let mut fields = Fields::of(node, key, name, &mut cx.out)?;
    let before = cx.out.count();
    let mut found = Vec::new();
    for strategy in NAMES {
        if let Some((key, node)) = fields.entry(strategy) {
            found.push((strategy, key, node));
        }
    }
    fields.finish(&mut cx.out);
    match found.as_slice() {
        [(strategy, key, node)] => read_named(strategy, key, node, layer, cx),
        [] if before < cx.out.count() => None,
        [] => {
            let title = format!("{name} names no strategy");
            let label = format!("write one of {}", list(NAMES));
            cx.out.push(Diagnostic::error("E0208", title, node.span.clone(), label));
            None
        }
        [(first, first_key, _), (second, second_key, _), ..] => {
            let title = format!("{name} names two strategies, `{first}` and `{second}`");
            let label = "one strategy sets a price; `blend` mixes several, and `else` comes after";
            cx.out.push(
                Diagnostic::error("E0208", title, (*second_key).clone(), label)
                    .related((*first_key).clone(), "the other one")
                    .note("an overlay or table row is merged into its rule: it can change numbers, not the strategy"),
            );
            None
        }
    }
}

/// `else`: alternatives in order.
pub fn read_alternatives(
    node: &Node,
    key: &Span,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Vec<StrategySpec> {
    let items: Vec<&Node> = match &node.value {
        Value::List(items) if items.is_empty() => {
            let title = "an empty `else` says nothing";
            let label = "without `else` a rule that has no price holds the current one";
            cx.out.push(Diagnostic::error("E0206", title, node.span.clone(), label));
            Vec::new()
        }
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut read = |node: &&Node| read_strategy(node, key, "`else`", layer, cx);
    items.iter().filter_map(&mut read).collect()
}

/// One strategy by its name.
pub fn read_named(
    name: &str,
    key: &Span,
    node: &Node,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Option<StrategySpec> {
    let kind = match name {
        "cost-plus" => with_fields(name, key, node, cx, read_cost_plus)?,
        "follow" => with_fields(name, key, node, cx, read_follow)?,
        "index" => with_fields(name, key, node, cx, read_index)?,
        "keep" => with_fields(name, key, node, cx, |fields, cx| {
            let max_age = fields.optional("max_age").map(|node| duration(node, &mut cx.out));
            Some(StrategyKind::Keep { max_age: max_age.flatten() })
        })?,
        "fixed" => read_fixed(node, key, cx)?,
        "use" => read_use(node, layer, cx)?,
        "optimise" => with_fields(name, key, node, cx, read_optimise)?,
        "relative" => with_fields(name, key, node, cx, read_relative)?,
        "fade" => with_fields(name, key, node, cx, |fields, cx| read_fade(fields, layer, cx))?,
        "markdown" => with_fields(name, key, node, cx, read_markdown)?,
        _ => read_blend(node, key, layer, cx)?,
    };
    Some(StrategySpec { kind, span: node.span.clone() })
}

fn with_fields(
    name: &str,
    key: &Span,
    node: &Node,
    cx: &mut Context<'_>,
    read: impl FnOnce(&mut Fields<'_>, &mut Context<'_>) -> Option<StrategyKind>,
) -> Option<StrategyKind> {
    let mut fields = Fields::of(node, key, format!("`{name}`"), &mut cx.out)?;
    let kind = read(&mut fields, cx);
    fields.finish(&mut cx.out);
    kind
}

fn read_cost_plus(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let margin = fields.entry("margin");
    let markup = fields.entry("markup");
    let profit = fields.entry("profit");
    let at = fields.at().clone();
    match (margin, markup, profit) {
        (Some((_, node)), None, None) => {
            let margin = percent(node, Sign::Allowed, "a margin is a percent of the net price", &mut cx.out)?;
            below_one(node, margin, cx).map(StrategyKind::Margin)
        }
        (None, Some((_, node)), None) => {
            percent(node, Sign::Allowed, "a markup is a percent of the landed cost", &mut cx.out)
                .map(StrategyKind::Markup)
        }
        (None, None, Some((_, node))) => money(node, &mut cx.out).map(StrategyKind::Profit),
        (None, None, None) => {
            if fields.is_clean() {
                let title = "`cost-plus` needs `margin`, `markup` or `profit`";
                let label = "a margin is a share of the net price, a markup a share of cost, a profit money";
                cx.out.push(Diagnostic::error("E0203", title, at, label));
            }
            None
        }
        _ => {
            let title = "`cost-plus` takes one of `margin`, `markup` and `profit`";
            let label = "a margin is a share of the net price, a markup a share of cost, a profit money";
            cx.out.push(Diagnostic::error("E0208", title, at, label));
            None
        }
    }
}

/// A margin of 100 % or more has no price.
pub fn below_one(node: &Node, margin: Ratio, cx: &mut Context<'_>) -> Option<Ratio> {
    if margin < Ratio::ONE {
        return Some(margin);
    }
    let given = margin.to_percent_text(7);
    out_of_range(
        node.span.clone(),
        &given,
        "a margin below 100%: it is a share of the net price",
        &mut cx.out,
    );
    None
}

fn read_follow(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let set = fields.required("set").and_then(|node| cx.index(node, "rival set"));
    let rank = fields.required("rank").and_then(|node| choice(node, RANKS, &mut cx.out));
    let by = match fields.optional("by") {
        Some(node) => above_minus_one(node, "how far from the rival's price, in percent", cx),
        None => Some(Ratio::ZERO),
    };
    Some(StrategyKind::Follow { set: set?, rank: rank?, by: by? })
}

fn read_index(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let set = fields.required("set").and_then(|node| cx.index(node, "rival set"));
    let of = fields.required("of").and_then(|node| choice(node, RANKS, &mut cx.out));
    let at = fields.required("at").and_then(|node| {
        percent(node, Sign::None, "a percent of the rival's price, such as `108%`", &mut cx.out)
    });
    Some(StrategyKind::Index { set: set?, of: of?, at: at? })
}

fn read_use(node: &Node, layer: Option<usize>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let named = match node.as_table() {
        Some(_) => {
            let mut fields = Fields::of(node, &node.span, "`use`", &mut cx.out)?;
            let named = fields.required("layer");
            fields.finish(&mut cx.out);
            named?
        }
        None => node,
    };
    read_layer(named, "use", layer, cx).map(|layer| StrategyKind::Use { layer })
}

/// A layer before the rule's own (E0305).
pub fn read_layer(named: &Node, key: &str, layer: Option<usize>, cx: &mut Context<'_>) -> Option<usize> {
    let used = cx.index(named, "layer")?;
    if layer.is_some_and(|own| own <= used) {
        let own = layer.and_then(|own| cx.names.layers.get(own)).map_or("", AsRef::as_ref).to_owned();
        let earlier = list(cx.names.layers.iter().take(layer.unwrap_or(0)).map(AsRef::as_ref));
        let title = format!("`{key}` names a layer that is not before the rule's own layer `{own}`");
        let label = match earlier.as_str() {
            "" => "no layer is earlier".to_owned(),
            names => format!("earlier: {names}"),
        };
        cx.out.push(Diagnostic::error("E0305", title, named.span.clone(), label));
        return None;
    }
    Some(used)
}

//! `blend`: a weighted mean of strategies.

use super::strategy::{NAMES, StrategySpec, read_named};
use super::{Context, StrategyKind};
use crate::money::Ratio;
use crate::rulebook::syntax::{Fields, Node, Sign, boolean, out_of_range, percent};
use crate::rulebook::{Diagnostic, Span};

/// Weights that total 100 % (E0408).
pub fn read_blend(
    node: &Node,
    key: &Span,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Option<StrategyKind> {
    let mut fields = Fields::of(node, key, "`blend`", &mut cx.out)?;
    let renormalise = fields.optional("renormalise").and_then(|node| boolean(node, &mut cx.out));
    let mut parts = Vec::new();
    let (mut whole, mut sum) = (true, Ratio::ZERO);
    for name in NAMES.into_iter().filter(|name| *name != "blend") {
        let Some((key, node)) = fields.entry(name) else {
            continue;
        };
        let weighted = read_part(name, key, node, layer, cx);
        whole &= weighted.is_some();
        if let Some((weight, strategy)) = weighted {
            sum = sum.add(weight).unwrap_or(sum);
            parts.push((weight, strategy));
        }
    }
    whole &= fields.is_clean();
    fields.finish(&mut cx.out);
    if !whole {
        return None;
    }
    if sum != Ratio::ONE {
        let title = format!("weights add up to {}", sum.to_percent_text(7));
        cx.out.push(Diagnostic::error(
            "E0408",
            title,
            node.span.clone(),
            "the weights of a blend add up to 100%",
        ));
        return None;
    }
    Some(StrategyKind::Blend { parts, renormalise: renormalise.unwrap_or(false) })
}

/// A part is its strategy with a `weight` beside the other settings.
fn read_part(
    name: &str,
    key: &Span,
    node: &Node,
    layer: Option<usize>,
    cx: &mut Context<'_>,
) -> Option<(Ratio, StrategySpec)> {
    let Some(table) = node.as_table() else {
        let title = format!("a part of a blend needs `weight`, and `{name}` has none");
        let label = match name {
            "use" => "write `use = { weight = \"50%\", layer = \"base\" }`",
            _ => "write `fixed = { weight = \"50%\", value = \"9.99 EUR\" }`",
        };
        cx.out.push(Diagnostic::error("E0203", title, node.span.clone(), label));
        return None;
    };
    let mut rest = table.clone();
    let Some(weight) = rest.remove("weight") else {
        let title = format!("a part of a blend needs `weight`, and `{name}` has none");
        cx.out.push(Diagnostic::error("E0203", title, key.clone(), "add `weight = \"…%\"`"));
        return None;
    };
    let share =
        percent(&weight.node, Sign::None, "a weight is a percent; all weights total 100%", &mut cx.out);
    let share = share.filter(|share| {
        let positive = Ratio::ZERO < *share;
        if !positive {
            out_of_range(weight.node.span.clone(), "0%", "a weight above 0%", &mut cx.out);
        }
        positive
    });
    let rest = Node::table(rest, node.span.clone());
    let strategy = read_named(name, key, &rest, layer, cx);
    Some((share?, strategy?))
}

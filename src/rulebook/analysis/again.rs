//! W0313: a change to a price that starts from today's price, so that each run applies it again.
//!
//! A `fade` over a layer that keeps, optimises or marks down, and adjustments of an `optimise`. A strategy of an `else` is not
//! looked at: it acts only while the first one has no price. A blend with a fixed point is left in peace, too.

use super::Context;
use super::contest::kind_of;
use super::cure::maybe;
use crate::pricing::{AdjustmentVariant, Info, Place, Rule, Strategy};
use crate::rulebook::Diagnostic;
use crate::rulebook::boxes::meet;
use std::collections::BTreeMap;

/// By rule: its info, and what it starts from.
type Found<'a> = BTreeMap<&'a str, (&'a Info, Cause<'a>)>;

#[derive(Clone, Copy)]
enum Cause<'a> {
    /// A fade over this rule, which does that.
    Fade(&'a Info, &'static str),
    /// An optimise that this season or stock rule adjusts.
    Adjusted(&'static str, &'a Info),
}

pub(super) fn findings(context: &Context<'_>, places: &[Place]) -> Vec<Diagnostic> {
    let mut found = Found::new();
    for place in places {
        for rule in &*place.rules {
            let cause = faded(context, place, rule).or_else(|| adjusted(context, place, rule));
            if let Some(cause) = cause {
                found.entry(&rule.info.label).or_insert((&rule.info, cause));
            }
        }
    }
    found.into_values().map(|(info, cause)| finding(context, info, cause)).collect()
}

/// What a strategy makes of today's price, if it starts there.
fn from_today(strategy: &Strategy) -> Option<&'static str> {
    match strategy {
        Strategy::Keep { .. } => Some("keeps today's price"),
        Strategy::Optimise(_) => Some("moves today's price"),
        Strategy::Markdown(_) => Some("never rises above today's price"),
        _ => None,
    }
}

/// A rule below a fade that starts from today's price, for items of both.
fn faded<'a>(context: &Context<'_>, place: &'a Place, rule: &Rule) -> Option<Cause<'a>> {
    let Strategy::Fade(fade) = &rule.strategy else { return None };
    let below = place.rules.iter().filter(|below| below.layer <= fade.versus);
    let mut below = below.filter_map(|below| Some((below, from_today(&below.strategy)?)));
    let (below, does) = below.find(|(below, _)| meet(context.schema, &below.scope, &rule.scope))?;
    Some(Cause::Fade(&below.info, does))
}

/// An adjustment of the same items as an `optimise` with `adjust = true`.
fn adjusted<'a>(context: &Context<'_>, place: &'a Place, rule: &Rule) -> Option<Cause<'a>> {
    let Strategy::Optimise(optimise) = &rule.strategy else { return None };
    let all = place.adjustments.iter().filter(|_| optimise.adjust);
    let mut all = all.flat_map(|own| own.variants.iter().map(move |variant| (kind_of(own.kind), variant)));
    let acts = |variant: &AdjustmentVariant| meet(context.schema, &variant.scope, &rule.scope);
    let (kind, variant) = all.find(|(_, variant)| acts(variant))?;
    Some(Cause::Adjusted(kind, &variant.info))
}

fn finding(context: &Context<'_>, info: &Info, cause: Cause<'_>) -> Diagnostic {
    let name = format!("rule `{}`", info.label);
    let at = context.setting("rule", info, "price");
    let (mut finding, cure) = match cause {
        Cause::Fade(below, does) => (
            Diagnostic::warning(
                "W0313",
                format!("{name} fades a price that starts from its own result"),
                at,
                "is applied again at each run",
            )
            .related(context.setting("rule", below, "price"), format!("`{}` {does}", below.label)),
            "let the fade stand over a layer that starts from cost, rivals or a list, or narrow one of the two",
        ),
        Cause::Adjusted(kind, adjustment) => (
            Diagnostic::warning(
                "W0313",
                format!("{name} adjusts a price that starts from its own result"),
                at,
                "is adjusted again at each run",
            )
            .related(
                context.header(kind, adjustment),
                format!("`{kind}.{}` acts on its items", adjustment.label),
            ),
            "leave out `adjust = true`: the elasticity already says what a change is worth",
        ),
    };
    finding = finding.note("the next run starts from this price, so the change comes on top, until a guard or the best price stops it");
    finding.fixes.push(maybe(cure, Vec::new()));
    finding
}

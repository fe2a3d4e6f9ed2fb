//! Guards that stop every price: W0507 where no move is large and small enough, W0508 where the fact that a bound needs is asked
//! to be missing.

use super::Context;
use super::cure::maybe;
use crate::facts::{AttrId, builtin};
use crate::money::Ratio;
use crate::pricing::{Bound, Cond, Guard, GuardVariant, Limit, Place, Scope, Test, Window};
use crate::rulebook::Diagnostic;
use crate::rulebook::boxes::{contains, meet};
use std::collections::BTreeMap;

pub(super) fn findings(context: &Context<'_>, places: &[Place]) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(&str, &str), Diagnostic> = BTreeMap::new();
    for place in places {
        for (guard, variant) in variants(place) {
            let label = &*variant.info.label;
            if let Some((by, largest)) = largest_move(variant).map(|most| (least_move_of(variant), most))
                && by.is_none()
                && largest == Ratio::ZERO
                && variant.window == Window::ALWAYS
            {
                found.entry((label, label)).or_insert_with(|| stands_still(context, variant));
            }
            for (other, against) in variants(place) {
                if frozen(context, (guard, variant), (other, against)) {
                    let key = (label, &*against.info.label);
                    found.entry(key).or_insert_with(|| freezes(context, variant, against));
                }
            }
            for bound in &variant.bounds {
                if let Some(attr) = needs(bound).filter(|attr| is_missing(&variant.scope, *attr)) {
                    found.entry((label, "")).or_insert_with(|| refuses(context, variant, attr));
                }
            }
        }
    }
    found.into_values().collect()
}

fn variants(place: &Place) -> impl Iterator<Item = (&Guard, &GuardVariant)> {
    place.guards.iter().flat_map(|guard| guard.variants.iter().map(move |variant| (guard, variant)))
}

fn least_move_of(variant: &GuardVariant) -> Option<Ratio> {
    variant.bounds.iter().find_map(|bound| match bound {
        Bound::MinChange(by) => Some(*by),
        _ => None,
    })
}

/// The larger of the moves up and down.
fn largest_move(variant: &GuardVariant) -> Option<Ratio> {
    variant.bounds.iter().find_map(|bound| match bound {
        Bound::MaxChange { down, up, .. } => {
            Some((*up).max(Ratio::from_nanos(down.nanos().saturating_neg())))
        }
        _ => None,
    })
}

/// Whether `least` asks for larger moves than `most` allows, wherever and whenever the narrower of them holds.
fn frozen(context: &Context<'_>, least: (&Guard, &GuardVariant), most: (&Guard, &GuardVariant)) -> bool {
    let (Some(by), Some(largest)) = (least_move_of(least.1), largest_move(most.1)) else {
        return false;
    };
    let open = |inner: &GuardVariant, outer: &GuardVariant| {
        outer.when.is_none()
            && outer.window.from <= inner.window.from
            && inner.window.until <= outer.window.until
    };
    // The variant that acts inside `inner`, if one acts in all of it.
    let acts = |inner: &GuardVariant, guard: &Guard, outer: &GuardVariant| {
        let first = guard.variants.iter().find(|variant| meet(context.schema, &variant.scope, &inner.scope));
        first.is_some_and(|first| std::ptr::eq(first, outer))
            && open(inner, outer)
            && contains(context.schema, &outer.scope, &inner.scope)
    };
    Ratio::ZERO < by && largest <= by && (acts(least.1, most.0, most.1) || acts(most.1, least.0, least.1))
}

fn freezes(context: &Context<'_>, least: &GuardVariant, most: &GuardVariant) -> Diagnostic {
    let (by, largest) = (
        least_move_of(least).unwrap_or(Ratio::ZERO).to_percent_text(7),
        largest_move(most).unwrap_or(Ratio::ZERO).to_percent_text(7),
    );
    let mut finding = Diagnostic::warning(
        "W0507",
        format!("guards `{}` and `{}` let hardly any price move", least.info.label, most.info.label),
        context.setting("guard", &least.info, "min_change"),
        format!("a move of less than {by} is not made"),
    )
    .related(
        context.setting("guard", &most.info, "max_change"),
        format!("a move of more than {largest} is not allowed"),
    )
    .note("the current price stays for ever, unless a guard of a higher class moves it");
    finding.fixes.push(maybe("make `min_change` smaller than `max_change`", Vec::new()));
    finding
}

fn stands_still(context: &Context<'_>, variant: &GuardVariant) -> Diagnostic {
    let mut finding = Diagnostic::warning(
        "W0507",
        format!("guard `{}` lets no price move", variant.info.label),
        context.setting("guard", &variant.info, "max_change"),
        "no move at all is allowed",
    )
    .note("the current price stays for ever, unless a guard of a higher class moves it");
    let cure = "write how far a price may move; to hold prices for some days add `from` and `until`";
    finding.fixes.push(maybe(cure, Vec::new()));
    finding
}

/// The fact without which a bound refuses.
fn needs(bound: &Bound) -> Option<AttrId> {
    match bound {
        Bound::MinMargin { .. }
        | Bound::MinContribution(_)
        | Bound::MinFullContribution(_)
        | Bound::MaxMarkup { .. } => Some(builtin::COST),
        Bound::Price { limit: Limit::Relative { attr, .. }, .. } => Some(*attr),
        _ => None,
    }
}

/// Whether every item of a scope lacks the fact.
fn is_missing(scope: &Scope, attr: AttrId) -> bool {
    let lacks = |cond: &Cond| cond.attr == attr && only_missing(cond);
    !scope.boxes.is_empty() && scope.boxes.iter().all(|conds| conds.iter().any(lacks))
}

/// `?` and nothing else.
fn only_missing(cond: &Cond) -> bool {
    let nothing = match &cond.test {
        Test::Spans(spans) => spans.is_empty(),
        Test::Symbols(bits) => bits.iter().next().is_none(),
        Test::Tags(_) => false,
    };
    cond.or_missing && nothing
}

fn refuses(context: &Context<'_>, variant: &GuardVariant, attr: AttrId) -> Diagnostic {
    let name = &context.schema.attr(attr).name;
    let mut finding = Diagnostic::warning(
        "W0508",
        format!("guard `{}` refuses every item that it holds for", variant.info.label),
        context.setting("guard", &variant.info, "where"),
        format!("only items without `{name}` are inside"),
    )
    .note(format!("its bound needs `{name}`, and a guard without its fact refuses the price"));
    finding.fixes.push(maybe(format!("ask for items that have one: `{name} = \"**\"`"), Vec::new()));
    finding
}

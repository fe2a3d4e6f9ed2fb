//! W0502: a guard that always holds back an adjustment.

use super::Context;
use super::contest::kind_of;
use super::cure::{add_to_list, maybe};
use super::words::whereabouts;
use crate::money::{Amount, Ratio};
use crate::pricing::{AdjustmentVariant, Bound, Change, Guard, GuardVariant, Place};
use crate::rulebook::Diagnostic;
use crate::rulebook::boxes::{contains, meet};
use std::collections::BTreeMap;

/// Kind and label of the adjustment, label of the guard.
type Key<'a> = (&'static str, &'a str, &'a str);

pub(super) fn findings(context: &Context<'_>, places: &[Place]) -> Vec<Diagnostic> {
    let mut undone: BTreeMap<Key<'_>, (Undone<'_>, Vec<&Place>)> = BTreeMap::new();
    for place in places {
        let adjustments = || {
            place
                .adjustments
                .iter()
                .flat_map(|own| own.variants.iter().map(|variant| (kind_of(own.kind), variant)))
        };
        for (kind, adjustment) in adjustments() {
            for (at, guard) in (0_u16..).zip(&place.guards) {
                if adjustment.relax.contains(&at) {
                    continue;
                }
                if let Some(found) = undo(context, place, kind, adjustment, guard) {
                    let key = (kind, &*adjustment.info.label, &*guard.id);
                    undone.entry(key).or_insert_with(|| (found, Vec::new())).1.push(place);
                }
            }
        }
    }
    undone.values().map(|(found, at)| found.finding(context, whereabouts(places, at))).collect()
}

/// An adjustment that a guard never lets through in one move.
struct Undone<'a> {
    kind: &'static str,
    adjustment: &'a AdjustmentVariant,
    adjust: Ratio,
    guard: &'a Guard,
    variant: &'a GuardVariant,
    range: (Ratio, Ratio),
}

/// The variant of `guard` that holds wherever the adjustment does, if the adjustment is beyond what it allows.
fn undo<'a>(
    context: &Context<'_>,
    place: &Place,
    kind: &'static str,
    adjustment: &'a AdjustmentVariant,
    guard: &'a Guard,
) -> Option<Undone<'a>> {
    let variant =
        guard.variants.iter().find(|variant| meet(context.schema, &variant.scope, &adjustment.scope))?;
    let always = variant.when.is_none()
        && variant.window.from <= adjustment.window.from
        && adjustment.window.until <= variant.window.until
        && contains(context.schema, &variant.scope, &adjustment.scope);
    let range = variant.bounds.iter().find_map(|bound| match bound {
        Bound::MaxChange { down, up, .. } => Some((*down, *up)),
        _ => None,
    })?;
    // What changes with the year is not always held back.
    let Change::Always(adjust) = adjustment.adjust else { return None };
    let adjust = match place.limit {
        Some((low, high)) => adjust.clamp(low, high),
        None => adjust,
    };
    (always && (adjust < range.0 || range.1 < adjust)).then_some(Undone {
        kind,
        adjustment,
        adjust,
        guard,
        variant,
        range,
    })
}

impl Undone<'_> {
    fn finding(&self, context: &Context<'_>, places: Option<String>) -> Diagnostic {
        let name = format!("{}.{}", self.kind, self.adjustment.info.label);
        let allowed = if self.adjust < Ratio::ZERO { self.range.0 } else { self.range.1 };
        let of_100 = |ratio: Ratio| {
            let sum = Ratio::ONE.add(ratio).unwrap_or(Ratio::ONE);
            Amount::from_micros(100 * Amount::SCALE)
                .mul(sum, crate::money::Rounding::HalfEven)
                .unwrap_or(Amount::ZERO)
        };
        let finding = Diagnostic::warning(
            "W0502",
            format!("guard `{}` always holds back `{name}`", self.guard.id),
            context.setting(self.kind, &self.adjustment.info, "adjust"),
            format!("asks for {}", self.adjust.to_percent_text(7)),
        )
        .related(
            context.setting("guard", &self.variant.info, "max_change"),
            format!("allows {} at a time", allowed.to_percent_text(7)),
        )
        .note(format!(
            "example: a price of 100.00 should become {}, and becomes {}",
            of_100(self.adjust),
            of_100(allowed)
        ))
        .note("the rest only arrives if the reason for the adjustment lasts for several price changes");
        let finding = match places {
            Some(places) => finding.note(format!("so in {places}")),
            None => finding,
        };
        let title = format!("add  relax = [\"{}\"]  to {name}", self.guard.id);
        let edits = add_to_list(context, self.kind, &self.adjustment.info.label, "relax", &self.guard.id);
        Diagnostic { fixes: vec![maybe(title, edits)], ..finding }
    }
}

//! W0504: a `relax` that names a guard which never applies to what the entry shapes.

use super::Context;
use super::contest::kind_of;
use super::cure::maybe;
use crate::pricing::{Info, Place, Scope};
use crate::rulebook::Diagnostic;
use crate::rulebook::boxes::meet;
use std::collections::BTreeMap;

/// Kind and label of the entry, label of the guard.
type Key<'a> = (&'static str, &'a str, &'a str);

pub(super) fn findings(context: &Context<'_>, places: &[Place]) -> Vec<Diagnostic> {
    let mut met: BTreeMap<Key<'_>, (&Info, bool)> = BTreeMap::new();
    for place in places {
        for (kind, info, scope, relax) in relaxing(place) {
            for guard in relax.iter().filter_map(|at| place.guards.get(usize::from(*at))) {
                let meets = guard.variants.iter().any(|variant| meet(context.schema, &variant.scope, scope));
                let known = met.entry((kind, &info.label, &guard.id)).or_insert((info, false));
                known.1 |= meets;
            }
        }
    }
    let dead = met.iter().filter(|(_, (_, meets))| !meets);
    dead.map(|((kind, label, guard), (info, _))| finding(context, kind, label, guard, info, places)).collect()
}

type Relaxing<'a> = (&'static str, &'a Info, &'a Scope, &'a [u16]);

fn relaxing(place: &Place) -> impl Iterator<Item = Relaxing<'_>> {
    let rules = place.rules.iter().map(|rule| ("rule", &rule.info, &rule.scope, &*rule.relax));
    let adjustments = place.adjustments.iter().flat_map(|own| {
        let kind = kind_of(own.kind);
        own.variants.iter().map(move |variant| (kind, &variant.info, &variant.scope, &*variant.relax))
    });
    rules.chain(adjustments)
}

fn finding(
    context: &Context<'_>,
    kind: &'static str,
    label: &str,
    guard: &str,
    info: &Info,
    places: &[Place],
) -> Diagnostic {
    let name = if kind == "rule" { format!("rule `{label}`") } else { format!("`{kind}.{label}`") };
    let scope = places.iter().flat_map(|place| &place.guards).find(|known| *known.id == *guard);
    let mut finding = Diagnostic::warning(
        "W0504",
        format!("{name} relaxes `{guard}`, which never holds for its items"),
        context.setting(kind, info, "relax"),
        "names a guard of other items",
    );
    if let Some(variant) = scope.and_then(|guard| guard.variants.last()) {
        finding = finding
            .related(context.setting("guard", &variant.info, "where"), format!("`{guard}` holds here"));
    }
    finding.fixes.push(maybe("remove the name, or name the guard that is meant", Vec::new()));
    finding
}

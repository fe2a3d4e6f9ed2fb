//! The rules of one place, winners first.

use super::scopes::{Here, Placed, place_scope};
use super::strategies::Site;
use crate::pricing::{Rule, Strategy, Window};
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::RuleSpec;
use crate::rulebook::precedence::{Entry, order};
use crate::rulebook::syntax::Findings;
use std::collections::BTreeMap;

/// A rule with a scope in this place.
struct Candidate<'a> {
    spec: &'a RuleSpec,
    scope: Placed,
    window: Window,
    price: Strategy,
    otherwise: Vec<Strategy>,
}

/// Compiles the rules that can act in the place. `guards` gives the place of each guard id.
pub fn rules(
    specs: &[RuleSpec],
    site: &Site<'_>,
    zone: &jiff::tz::TimeZone,
    guards: &BTreeMap<&str, u16>,
    contests: &mut Vec<Contest>,
    out: &mut Findings,
) -> Box<[Rule]> {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for spec in specs {
        out.about(format!("rule `{}`", spec.info.label));
        let Some(scope) = place_scope(&spec.scope, site.here, out) else {
            continue;
        };
        let window = spec.window.in_zone(zone, out);
        let price = site.strategy(&spec.price, contests, out);
        let otherwise: Vec<Option<Strategy>> =
            spec.otherwise.iter().map(|spec| site.strategy(spec, contests, out)).collect();
        candidates.extend(price.zip(otherwise.into_iter().collect()).map(|(price, otherwise)| Candidate {
            spec,
            scope,
            window,
            price,
            otherwise,
        }));
    }
    out.about(None);
    let named = |spec: &RuleSpec| -> Vec<usize> {
        let loses = |other: &RuleSpec| spec.over.iter().any(|(id, _)| *id == other.info.id);
        (0..).zip(&candidates).filter(|(_, other)| loses(other.spec)).map(|(at, _)| at).collect()
    };
    let overs: Vec<Vec<usize>> = candidates.iter().map(|candidate| named(candidate.spec)).collect();
    let entries: Vec<Entry<'_>> = candidates
        .iter()
        .zip(&overs)
        .map(|(candidate, over)| {
            let mut over = over.clone();
            if candidate.spec.is_overlay {
                over.extend(parent_of(&candidates, candidate.spec));
            }
            Entry {
                layer: u16::try_from(candidate.spec.layer).unwrap_or(u16::MAX),
                scope: &candidate.scope.whole,
                window: candidate.window,
                over,
            }
        })
        .collect();
    let labels = candidates.iter().map(|candidate| candidate.spec.info.label.clone()).collect();
    let order = fold("rule", labels, &entries, site.here, contests);
    // Where each candidate stands in the order of winning.
    let mut place_of = vec![0_u32; candidates.len()];
    for (place, at) in (0..).zip(&order) {
        if let Some(slot) = place_of.get_mut(*at) {
            *slot = place;
        }
    }
    let places = |over: &[usize]| {
        let mut places: Vec<u32> = over.iter().filter_map(|at| place_of.get(*at).copied()).collect();
        places.sort_unstable();
        places.dedup();
        places.into_boxed_slice()
    };
    order
        .iter()
        .filter_map(|at| Some((candidates.get(*at)?, overs.get(*at)?)))
        .map(|(candidate, over)| Rule {
            info: candidate.spec.info.clone(),
            layer: u16::try_from(candidate.spec.layer).unwrap_or(u16::MAX),
            scope: candidate.scope.here.clone(),
            place_cells: candidate.scope.place_cells(),
            window: candidate.window,
            over: places(over),
            strategy: candidate.price.clone(),
            otherwise: candidate.otherwise.iter().cloned().collect(),
            relax: relaxed(&candidate.spec.relax, guards),
        })
        .collect()
}

/// An overlay is narrower than its parent by definition.
fn parent_of(candidates: &[Candidate<'_>], overlay: &RuleSpec) -> Option<usize> {
    candidates.iter().position(|other| {
        other.spec.info.id == overlay.info.id && !other.spec.is_overlay && other.spec.layer == overlay.layer
    })
}

/// The guards of this place that a `relax` names.
pub fn relaxed(names: &[Box<str>], guards: &BTreeMap<&str, u16>) -> Box<[u16]> {
    let mut found: Vec<u16> = names.iter().filter_map(|name| guards.get(&**name).copied()).collect();
    found.sort_unstable();
    found.dedup();
    found.into()
}

/// Orders entries and keeps what the analysis needs to know about it.
pub fn fold(
    kind: &'static str,
    labels: Vec<Box<str>>,
    entries: &[Entry<'_>],
    here: Here<'_>,
    contests: &mut Vec<Contest>,
) -> Vec<usize> {
    let ordered = order(here.schema, entries);
    let winners = ordered.order.clone();
    contests.push(Contest {
        kind,
        market: here.market.into(),
        channel: here.channel.into(),
        labels,
        ordered,
    });
    winners
}

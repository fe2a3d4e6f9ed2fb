//! Round rules of one place, winners first.

use super::rules::fold;
use super::scopes::{Here, missing_currency, place_scope};
use crate::pricing::{Band, Ending, RoundRule};
use crate::rulebook::Diagnostic;
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::{BandSpec, RoundSpec};
use crate::rulebook::precedence::Entry;
use crate::rulebook::syntax::{Findings, Value, pieces};
use jiff::tz::TimeZone;

pub fn rounds(
    specs: &[RoundSpec],
    here: Here<'_>,
    zone: &TimeZone,
    contests: &mut Vec<Contest>,
    out: &mut Findings,
) -> Box<[RoundRule]> {
    let mut candidates = Vec::new();
    for spec in specs {
        out.about(format!("round rule `{}`", spec.info.label));
        if let Some(scope) = place_scope(&spec.scope, here, out) {
            let bands: Box<[Band]> = spec.bands.iter().filter_map(|band| compiled(band, here, out)).collect();
            candidates.push((spec, scope, spec.window.in_zone(zone, out), bands));
        }
    }
    out.about(None);
    let entries: Vec<Entry<'_>> = candidates
        .iter()
        .map(|(spec, scope, window, _)| {
            let loses = |other: &RoundSpec| {
                spec.over.iter().any(|(id, _)| *id == other.info.id)
                    || spec.is_overlay && !other.is_overlay && other.info.id == spec.info.id
            };
            Entry {
                layer: 0,
                scope: &scope.whole,
                window: *window,
                over: (0..)
                    .zip(&candidates)
                    .filter(|(_, (other, ..))| loses(other))
                    .map(|(at, _)| at)
                    .collect(),
            }
        })
        .collect();
    let labels = candidates.iter().map(|(spec, ..)| spec.info.label.clone()).collect();
    let order = fold("round", labels, &entries, here, contests);
    order
        .into_iter()
        .filter_map(|at| candidates.get(at))
        .map(|(spec, scope, window, bands)| RoundRule {
            info: spec.info.clone(),
            scope: scope.here.clone(),
            window: *window,
            bands: bands.clone(),
            way: spec.way,
        })
        .collect()
}

fn compiled(band: &BandSpec, here: Here<'_>, out: &mut Findings) -> Option<Band> {
    let to = match &band.to {
        None => None,
        Some(amounts) => {
            let Some(amount) = amounts.of(here.currency) else {
                out.push(missing_currency("to", amounts.span.clone(), here));
                return None;
            };
            let unit = here.currency.micros_per_minor();
            if amount.micros() <= 0 || amount.micros() % unit != 0 {
                let title = format!("a band cannot end at {amount} {}", here.currency);
                let label = "write a positive number of whole minor units, such as cents";
                out.push(Diagnostic::error("E0406", title, amounts.span.clone(), label));
                return None;
            }
            Some(amount.micros() / unit)
        }
    };
    let Value::Text(written) = &band.ends.value else {
        return None;
    };
    let mut endings = Vec::new();
    for (piece, range) in pieces(written) {
        match Ending::parse(piece, here.currency) {
            Ok(found) => endings.extend(found),
            Err(why) => {
                let label = "digits after one leading `*`, such as `*.99`, `*4.99` or `*90`";
                out.push(Diagnostic::error("E0410", why, band.ends.part(range), label));
            }
        }
    }
    Some(Band { to, endings: Ending::merged(endings).into(), text: band.text.clone() })
}

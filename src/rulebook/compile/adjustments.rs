//! Seasons and stock rules of one place: one entry for each id, its variants narrowest first.

use super::rules::{fold, relaxed};
use super::scopes::{Here, Placed, place_scope};
use crate::pricing::{Adjustment, AdjustmentKind, AdjustmentVariant, Info, Window};
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::AdjustmentSpec;
use crate::rulebook::precedence::Entry;
use crate::rulebook::syntax::Findings;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub fn adjustments(
    specs: &[AdjustmentSpec],
    here: Here<'_>,
    zone: &TimeZone,
    guards: &BTreeMap<&str, u16>,
    contests: &mut Vec<Contest>,
    out: &mut Findings,
) -> Box<[Adjustment]> {
    let mut by_id: BTreeMap<(&str, bool), Vec<&AdjustmentSpec>> = BTreeMap::new();
    for spec in specs {
        by_id.entry((&spec.info.id, spec.kind == AdjustmentKind::Stock)).or_default().push(spec);
    }
    let mut adjustments = Vec::new();
    for ((_, is_stock), specs) in by_id {
        let (kind, word) = match is_stock {
            true => (AdjustmentKind::Stock, "stock"),
            false => (AdjustmentKind::Season, "season"),
        };
        let mut variants = Vec::new();
        for spec in specs {
            out.about(format!("{word} `{}`", spec.info.label));
            if let Some(scope) = place_scope(&spec.scope, here, out) {
                spec.when.check_clock(zone, out);
                variants.push((spec, scope, spec.window.in_zone(zone, out)));
            }
        }
        out.about(None);
        let keys: Vec<VariantKey<'_>> = variants
            .iter()
            .map(|(spec, scope, window)| (&spec.info, spec.is_overlay, scope, *window))
            .collect();
        let order = narrowest_first(word, &keys, here, contests);
        let ordered = order.into_iter().filter_map(|at| variants.get(at)).map(|(spec, scope, window)| {
            AdjustmentVariant {
                info: spec.info.clone(),
                scope: scope.here.clone(),
                window: *window,
                when: spec.when.when.clone(),
                adjust: spec.adjust.clone(),
                relax: relaxed(&spec.relax, guards),
            }
        });
        let variants: Box<[AdjustmentVariant]> = ordered.collect();
        if !variants.is_empty() {
            adjustments.push(Adjustment { kind, variants });
        }
    }
    adjustments.into()
}

/// Who it is, whether it is an overlay, where and when it holds.
pub type VariantKey<'a> = (&'a Info, bool, &'a Placed, Window);

/// Of several variants of one id the narrowest holds; an overlay is narrower than its parent.
pub fn narrowest_first(
    kind: &'static str,
    variants: &[VariantKey<'_>],
    here: Here<'_>,
    contests: &mut Vec<Contest>,
) -> Vec<usize> {
    // A fitted season has one for each category.
    let parents: Vec<usize> =
        variants.iter().zip(0..).filter(|((_, is_overlay, ..), _)| !is_overlay).map(|(_, at)| at).collect();
    let entries: Vec<Entry<'_>> = variants
        .iter()
        .map(|(_, is_overlay, scope, window)| Entry {
            layer: 0,
            scope: &scope.whole,
            window: *window,
            over: if *is_overlay { parents.clone() } else { Vec::new() },
        })
        .collect();
    let labels = variants.iter().map(|(info, ..)| info.label.clone()).collect();
    fold(kind, labels, &entries, here, contests)
}

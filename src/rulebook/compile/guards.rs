//! Guards of one place, sorted by class and id.

use super::adjustments::{VariantKey, narrowest_first};
use super::scopes::{Here, missing_currency, place_scope};
use super::strategies::{one_plus, per_vat};
use crate::facts::Basis;
use crate::money::{Amount, Fraction};
use crate::pricing::{Bound, Guard, GuardVariant, Limit, Vat};
use crate::rulebook::Diagnostic;
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::{BoundSpec, GuardSpec, LimitSpec};
use crate::rulebook::syntax::{Amounts, Findings};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub fn guards(
    specs: &[GuardSpec],
    here: Here<'_>,
    vat: &[Vat],
    zone: &TimeZone,
    contests: &mut Vec<Contest>,
    out: &mut Findings,
) -> Box<[Guard]> {
    let mut by_id: BTreeMap<&str, Vec<&GuardSpec>> = BTreeMap::new();
    for spec in specs {
        by_id.entry(&spec.info.id).or_default().push(spec);
    }
    let mut guards = Vec::new();
    for (id, specs) in by_id {
        let class = specs.iter().map(|spec| spec.class).min();
        let mut variants = Vec::new();
        for spec in specs {
            out.about(format!("guard `{}`", spec.info.label));
            if let Some(scope) = place_scope(&spec.scope, here, out) {
                let bounds: Box<[Bound]> =
                    spec.bounds.iter().filter_map(|bound| compiled(bound, spec, here, vat, out)).collect();
                variants.push((spec, scope, spec.window.in_zone(zone, out), bounds));
            }
        }
        out.about(None);
        let keys: Vec<VariantKey<'_>> = variants
            .iter()
            .map(|(spec, scope, window, _)| (&spec.info, spec.is_overlay, scope, *window))
            .collect();
        let order = narrowest_first("guard", &keys, here, contests);
        let ordered =
            order.into_iter().filter_map(|at| variants.get(at)).map(|(spec, scope, window, bounds)| {
                GuardVariant {
                    info: spec.info.clone(),
                    class: spec.class,
                    scope: scope.here.clone(),
                    window: *window,
                    may_yield: spec.may_yield,
                    when: spec.when.clone(),
                    bounds: bounds.clone(),
                }
            });
        let variants: Box<[GuardVariant]> = ordered.collect();
        if let Some(class) = class.filter(|_| !variants.is_empty()) {
            guards.push((class, Guard { id: id.into(), variants }));
        }
    }
    guards.sort_by(|(a, left), (b, right)| (a, &left.id).cmp(&(b, &right.id)));
    guards.into_iter().map(|(_, guard)| guard).collect()
}

fn compiled(
    bound: &BoundSpec,
    spec: &GuardSpec,
    here: Here<'_>,
    vat: &[Vat],
    out: &mut Findings,
) -> Option<Bound> {
    let mut amount = |name: &str, amounts: &Amounts| -> Option<Amount> {
        let amount = amounts.of(here.currency);
        if amount.is_none() {
            out.push(missing_currency(name, amounts.span.clone(), here));
        }
        amount
    };
    let factors =
        |factor: &dyn Fn(Fraction) -> Result<Fraction, crate::money::Overflow>| per_vat(vat, factor);
    let found = match bound {
        BoundSpec::MinMargin(margin) => {
            factors(&|one_plus| one_plus.div(Fraction::ONE.sub(Fraction::of(*margin))?))
                .map(|factor| Bound::MinMargin { margin: *margin, factor })
        }
        BoundSpec::MinContribution(amounts) => {
            return amount("min_contribution", amounts).map(Bound::MinContribution);
        }
        BoundSpec::MinFullContribution(amounts) => {
            return amount("min_full_contribution", amounts).map(Bound::MinFullContribution);
        }
        BoundSpec::MaxMarkup { of, by } => factors(&|vat| one_plus(*by)?.mul(vat))
            .map(|factor| Bound::MaxMarkup { of: *of, by: *by, factor }),
        BoundSpec::Price { side, limit: LimitSpec::Amounts(amounts) } => {
            let limit = Limit::Amount(amount("price bound", amounts)?);
            return Some(Bound::Price { side: *side, limit });
        }
        BoundSpec::Price { side, limit: LimitSpec::Relative { attr, share } } => {
            let basis = here.schema.attr(*attr).basis;
            let times = |vat: Fraction| match basis {
                Basis::Net => Fraction::of(*share).mul(vat),
                Basis::Gross => Ok(Fraction::of(*share)),
            };
            factors(&times).map(|factor| Bound::Price {
                side: *side,
                limit: Limit::Relative { attr: *attr, share: *share, basis, factor },
            })
        }
        BoundSpec::Absolute(ranges, span) => {
            let own = ranges.iter().find(|(currency, ..)| *currency == here.currency);
            if own.is_none() {
                out.push(missing_currency("absolute", span.clone(), here));
            }
            return own.map(|(_, low, high)| Bound::Absolute { low: *low, high: *high });
        }
        BoundSpec::MaxChange { down, up, per } => Some(Bound::MaxChange { down: *down, up: *up, per: *per }),
        BoundSpec::MinChange(by) => Some(Bound::MinChange(*by)),
        BoundSpec::Cooldown(seconds) => Some(Bound::Cooldown(*seconds)),
        BoundSpec::KeepPrice => Some(Bound::KeepPrice),
        BoundSpec::Announce(seconds) => Some(Bound::Announce(*seconds)),
    };
    if found.is_none() {
        let title = format!(
            "the percents of guard `{}` have too many decimals to be multiplied exactly",
            spec.info.label
        );
        let span = crate::rulebook::Span { file: spec.info.at.file.clone(), start: 0, end: 0 };
        out.push(Diagnostic::error("E0407", title, span, "use fewer decimals"));
    }
    found
}

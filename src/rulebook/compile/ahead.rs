//! `optimise` and `markdown` of one place: fees and tax become exact shares of the price.

use super::scopes::missing_currency;
use super::strategies::{Site, per_vat, too_fine};
use crate::facts::Basis;
use crate::money::{Fraction, Overflow};
use crate::pricing::ahead::{Factors, Markdown, Optimise, Salvage};
use crate::pricing::{Limit, PerVat, Strategy};
use crate::rulebook::book::{LimitSpec, MarkdownSpec, OptimiseSpec, SalvageSpec, StrategySpec};
use crate::rulebook::syntax::Findings;

impl Site<'_> {
    pub(super) fn optimise(
        &self,
        optimise: &OptimiseSpec,
        spec: &StrategySpec,
        out: &mut Findings,
    ) -> Option<Strategy> {
        let fees = self.fees?;
        let factors = self.vat.iter().map(|vat| {
            let keep = fees.keep(vat.one_plus)?;
            Factors::new(keep, vat.one_plus, optimise.aim)
        });
        let factors: Result<PerVat<Option<Factors>>, Overflow> = factors.collect();
        let Ok(factors) = factors else {
            out.push(too_fine(spec));
            return None;
        };
        let OptimiseSpec { aim, demand, within, confidence, z, needs, adjust } = optimise.clone();
        let rule = Optimise { aim, demand, within, confidence, z, needs, adjust, factors };
        Some(Strategy::Optimise(Box::new(rule)))
    }

    pub(super) fn markdown(
        &self,
        markdown: &MarkdownSpec,
        spec: &StrategySpec,
        out: &mut Findings,
    ) -> Option<Strategy> {
        let fees = self.fees?;
        let keep = self.vat.iter().map(|vat| fees.keep(vat.one_plus));
        let keep: Result<PerVat<Option<Fraction>>, Overflow> =
            keep.map(|keep| keep.map(|keep| keep.is_positive().then_some(keep))).collect();
        let Ok(keep) = keep else {
            out.push(too_fine(spec));
            return None;
        };
        let salvage = match &markdown.salvage {
            None => None,
            Some(salvage) => Some(self.salvage(salvage, spec, out)?),
        };
        let (plan, until) = (markdown.plan.clone(), markdown.until);
        Some(Strategy::Markdown(Box::new(Markdown { plan, until, salvage, keep })))
    }

    /// Net of VAT: a gross attribute is divided by 1 + v.
    fn salvage(&self, salvage: &SalvageSpec, spec: &StrategySpec, out: &mut Findings) -> Option<Salvage> {
        let amount = match &salvage.limit {
            LimitSpec::Amounts(amounts) => {
                let own = amounts.of(self.here.currency);
                if own.is_none() {
                    out.push(missing_currency("salvage", amounts.span.clone(), self.here));
                }
                Limit::Amount(own?)
            }
            LimitSpec::Relative { attr, share } => {
                let basis = self.here.schema.attr(*attr).basis;
                let factor = per_vat(self.vat, |one_plus| match basis {
                    Basis::Net => Ok(Fraction::of(*share)),
                    Basis::Gross => Fraction::of(*share).div(one_plus),
                });
                if factor.is_none() {
                    out.push(too_fine(spec));
                }
                Limit::Relative { attr: *attr, share: *share, basis, factor: factor? }
            }
        };
        Some(Salvage { amount, text: salvage.text.clone() })
    }
}

//! Strategies of one place: names become indices, shares become exact factors.

use super::rules::fold;
use super::scopes::{Here, missing_currency, place_scope};
use crate::money::{Amount, Currency, Fraction, Money, Overflow, Ratio};
use crate::pricing::ahead::{Fade, Relative};
use crate::pricing::{Fees, Fixed, FixedRow, PerVat, PricePart, RivalSet, Strategy, Vat, Window};
use crate::rulebook::Diagnostic;
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::{ChannelSpec, FixedSpec, Names, StrategyKind, StrategySpec};
use crate::rulebook::precedence::Entry;
use crate::rulebook::syntax::{Amounts, Findings};

/// What strategies of one place are compiled with.
pub struct Site<'a> {
    pub here: Here<'a>,
    pub names: &'a Names,
    pub channel: &'a ChannelSpec,
    pub vat: &'a [Vat],
    pub sets: &'a [RivalSet],
    /// None after a finding.
    pub fees: Option<&'a Fees>,
}

/// The place of a set that a market does not have.
const NO_SET: u16 = u16::MAX;

impl Site<'_> {
    /// `None` after a finding.
    pub fn strategy(
        &self,
        spec: &StrategySpec,
        contests: &mut Vec<Contest>,
        out: &mut Findings,
    ) -> Option<Strategy> {
        Some(match &spec.kind {
            StrategyKind::Margin(margin) => self.cost_plus(
                Amount::ZERO,
                Fraction::ONE,
                Fraction::ONE.sub(Fraction::of(*margin)).ok()?,
                format!("margin {}", margin.to_percent_text(7)),
                spec,
                out,
            )?,
            StrategyKind::Markup(markup) => self.cost_plus(
                Amount::ZERO,
                Fraction::ONE.add(Fraction::of(*markup)).ok()?,
                Fraction::ONE,
                format!("markup {}", markup.to_percent_text(7)),
                spec,
                out,
            )?,
            StrategyKind::Profit(amounts) => {
                let Some(add) = amounts.of(self.here.currency) else {
                    out.push(missing_currency("profit", amounts.span.clone(), self.here));
                    return None;
                };
                let text = format!("profit {add} {}", self.here.currency);
                self.cost_plus(add, Fraction::ONE, Fraction::ONE, text, spec, out)?
            }
            StrategyKind::Follow { set, rank, by } => {
                Strategy::Follow { set: self.set(*set, spec, out)?, rank: *rank, by: *by }
            }
            StrategyKind::Index { set, of, at } => {
                Strategy::Index { set: self.set(*set, spec, out)?, of: *of, at: *at }
            }
            StrategyKind::Fixed(fixed) => Strategy::Fixed(self.fixed(fixed, contests, out)),
            StrategyKind::Keep { max_age } => Strategy::Keep { max_age: *max_age },
            StrategyKind::Use { layer } => Strategy::Use { layer: u16::try_from(*layer).ok()? },
            StrategyKind::Blend { parts, renormalise } => {
                let mut compiled = Vec::new();
                for (weight, part) in parts {
                    compiled
                        .push(PricePart { weight: *weight, strategy: self.strategy(part, contests, out)? });
                }
                Strategy::Blend { parts: compiled.into(), renormalise: *renormalise }
            }
            StrategyKind::Optimise(optimise) => self.optimise(optimise, spec, out)?,
            StrategyKind::Relative { to, by } => Strategy::Relative(Relative { to: *to, by: *by }),
            StrategyKind::Fade { start, end, over, versus, age } => Strategy::Fade(Fade {
                start: *start,
                end: *end,
                over: *over,
                versus: u16::try_from(*versus).ok()?,
                age: *age,
            }),
            StrategyKind::Markdown(markdown) => self.markdown(markdown, spec, out)?,
        })
    }

    /// gross = (landed + add) · times · (1 + v) ÷ (keep − s·k·(1 + v))
    fn cost_plus(
        &self,
        add: Amount,
        times: Fraction,
        keep: Fraction,
        text: String,
        spec: &StrategySpec,
        out: &mut Findings,
    ) -> Option<Strategy> {
        let factor = |vat: &Vat| -> Result<Option<Fraction>, Overflow> {
            let carried = Fraction::of(self.channel.pass_on).mul(Fraction::of(self.channel.commission))?;
            let left = keep.sub(carried.mul(vat.one_plus)?)?;
            if !left.is_positive() {
                return Ok(None);
            }
            times.mul(vat.one_plus)?.div(left).map(Some)
        };
        let factors: Result<PerVat<Option<Fraction>>, Overflow> = self.vat.iter().map(factor).collect();
        let Ok(factor) = factors else {
            out.push(too_fine(spec));
            return None;
        };
        Some(Strategy::CostPlus { add, factor, text: text.into() })
    }

    /// The set in this market. Without it the strategy has no price here, which is legal and seldom meant.
    fn set(&self, set: usize, spec: &StrategySpec, out: &mut Findings) -> Option<u16> {
        let name = self.names.sets.get(set)?;
        let found = self.sets.iter().position(|known| known.name == *name);
        if found.is_none() {
            let market = self.here.market;
            let title = format!("rival set `{name}` is not defined for market `{market}`");
            let label = format!(
                "has no price there: add [competitors.{name}.{market}], or limit the rule to other markets"
            );
            out.push(Diagnostic::warning("W0215", title, spec.span.clone(), label));
        }
        Some(found.map_or(Some(NO_SET), |at| u16::try_from(at).ok()).unwrap_or(NO_SET))
    }

    /// The price in the currency of this market, or W0405.
    fn payable(&self, amounts: &Amounts, out: &mut Findings) -> Option<Amount> {
        let own = amounts.of(self.here.currency);
        if own.is_none() {
            let shown = |(amount, currency): &(Amount, Option<Currency>)| match currency {
                Some(currency) => Money::new(*amount, *currency).to_string(),
                None => amount.to_string(),
            };
            let written: Vec<String> = amounts.all.iter().map(shown).collect();
            let title = format!("`{}` is no price in market `{}`", written.join(" | "), self.here.market);
            let label =
                format!("add the price in {}, or limit the scope to other markets", self.here.currency);
            out.push(
                Diagnostic::warning("W0405", title, amounts.span.clone(), label)
                    .note("amounts are never converted: there the alternatives under `else` decide"),
            );
        }
        own
    }

    fn fixed(&self, spec: &FixedSpec, contests: &mut Vec<Contest>, out: &mut Findings) -> Fixed {
        let rows = match spec {
            FixedSpec::Value(amounts) => return Fixed::Value(self.payable(amounts, out)),
            FixedSpec::Table(rows) => rows,
        };
        let placed: Vec<_> =
            rows.iter().filter_map(|row| Some((row, place_scope(&row.scope, self.here, out)?))).collect();
        for (row, _) in &placed {
            let _ = self.payable(&row.amounts, out);
        }
        let entries: Vec<Entry<'_>> = placed
            .iter()
            .map(|(_, scope)| Entry {
                layer: 0,
                scope: &scope.whole,
                window: Window::ALWAYS,
                over: Vec::new(),
            })
            .collect();
        let labels = placed.iter().map(|(row, _)| format!("{}#{}", row.line.file, row.row).into());
        let order = fold("row", labels.collect(), &entries, self.here, contests);
        let rows = order.into_iter().filter_map(|at| placed.get(at)).map(|(row, scope)| FixedRow {
            scope: scope.here.clone(),
            row: row.row,
            price: row.amounts.of(self.here.currency),
        });
        Fixed::Table(rows.collect())
    }
}

pub fn too_fine(spec: &StrategySpec) -> Diagnostic {
    let title = "the percents have too many decimals to be multiplied exactly";
    Diagnostic::error("E0407", title, spec.span.clone(), "use fewer decimals")
}

/// One exact factor for each VAT class, or E0407.
pub fn per_vat(
    vat: &[Vat],
    factor: impl Fn(Fraction) -> Result<Fraction, Overflow>,
) -> Option<PerVat<Fraction>> {
    vat.iter().map(|vat| factor(vat.one_plus).ok()).collect()
}

/// 1 + a share.
pub fn one_plus(share: Ratio) -> Result<Fraction, Overflow> {
    Fraction::ONE.add(Fraction::of(share))
}

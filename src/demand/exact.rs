//! Constant elasticity in whole numbers: the usual `optimise`, without a float or a transcendental function.

use super::cautious::{NoPrice, Step, nearest};
use crate::money::{Amount, Fraction, Overflow, Ratio, Rounding, mul_div};

/// Φ⁻¹(0.9), as in [`super::cautious::TEN_PERCENT`].
const TEN_PERCENT: i128 = 1_281_551_566;
/// One, counted in 10⁻¹⁸: the product of two ratios is exact in this unit.
const UNIT: i128 = 1_000_000_000_000_000_000;
const NANO: i128 = 1_000_000_000;

/// What is optimized, as h(ε) = `cost`·`share`·ε/(1 + ε): the break-even price is `cost`·`share`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// In 10⁻⁶, as numerator and denominator: not reduced, so that making it costs no division.
    cost: (i128, i128),
    share: Fraction,
}

/// ε ± se at Φ⁻¹(confidence) = z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub elasticity: Ratio,
    pub error: Ratio,
    pub z: Ratio,
}

/// The target and how it came about; see [`super::cautious::Advice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactAdvice {
    /// Quantized once, half-even to 10⁻⁶.
    pub target: Amount,
    pub step: Step,
    pub trust_region: bool,
    /// h(ε₋) and h(ε₊); [`Amount::MAX`] stands for "without end".
    pub optima: (Amount, Amount),
}

impl Objective {
    /// Profit a·P − C: `cost` is C, `keep` is a.
    ///
    /// # Errors
    /// [`NoPrice::LosesAlways`] when a ≤ 0, [`NoPrice::NoInteriorOptimum`] when C ≤ 0 or 1/a overflows.
    pub fn profit(cost: Amount, keep: Fraction) -> Result<Self, NoPrice> {
        Self::mix(cost, keep, Fraction::ONE, Ratio::ONE, Ratio::ZERO)
    }

    /// `profit`·profit + `revenue`·net revenue: a′ = w₁a + w₂·`net`, C′ = w₁C, with `net` = 1/(1 + v).
    ///
    /// # Errors
    /// As for profit, and [`NoPrice::Weights`] when `profit` ≤ 0 or `revenue` < 0. Pure revenue has no interior
    /// optimum: see [`revenue_direction`].
    pub fn mix(
        cost: Amount,
        keep: Fraction,
        net: Fraction,
        profit: Ratio,
        revenue: Ratio,
    ) -> Result<Self, NoPrice> {
        if !keep.is_positive() {
            return Err(NoPrice::LosesAlways);
        }
        if cost <= Amount::ZERO {
            return Err(NoPrice::NoInteriorOptimum);
        }
        if profit <= Ratio::ZERO || revenue < Ratio::ZERO {
            return Err(NoPrice::Weights);
        }
        let share = share(keep, net, profit, revenue).map_err(|Overflow| NoPrice::NoInteriorOptimum)?;
        Ok(Self { cost: (cost.micros().into(), 1), share })
    }

    /// For a cost of `num`/`den` · 10⁻⁶ and a [`share`] made when the rules were compiled.
    ///
    /// # Errors
    /// [`NoPrice::NoInteriorOptimum`] when the cost is not above zero.
    pub fn with(cost: (i128, i128), share: Fraction) -> Result<Self, NoPrice> {
        if cost.0 <= 0 || cost.1 <= 0 { Err(NoPrice::NoInteriorOptimum) } else { Ok(Self { cost, share }) }
    }

    /// h(ε), quantized once half-even; `None` for ε ≥ −1 or a price beyond the range of money.
    #[must_use]
    pub fn optimum(&self, elasticity: Ratio) -> Option<Amount> {
        self.at(i128::from(elasticity.nanos()) * NANO).ok().flatten()
    }

    /// h(ε₋) and h(ε₊), with [`Amount::MAX`] for "without end".
    ///
    /// # Errors
    /// [`Overflow`] when the exact factors need more than 127 bits.
    pub fn ends(&self, doubt: Doubt) -> Result<(Amount, Amount), Overflow> {
        let (steep, flat) = doubt.range();
        let end = |elasticity| self.at(elasticity).map(|price| price.unwrap_or(Amount::MAX));
        Ok((end(steep)?, end(flat)?))
    }

    /// h at an elasticity counted in 10⁻¹⁸.
    fn at(&self, elasticity: i128) -> Result<Option<Amount>, Overflow> {
        if -UNIT <= elasticity {
            return Ok(None);
        }
        let (cost, parts) = self.cost;
        let direct = || {
            let num = elasticity.checked_mul(self.share.num())?;
            let den = (elasticity + UNIT).checked_mul(self.share.den())?.checked_mul(parts)?;
            Some((num, den))
        };
        let reduced = || {
            let factor = Fraction::new(elasticity, elasticity + UNIT)?.mul(self.share)?;
            let factor = factor.mul(Fraction::new(1, parts)?)?;
            Ok((factor.num(), factor.den()))
        };
        let (num, den) = direct().map_or_else(reduced, Ok)?;
        // A quotient that does not fit is a price beyond all money.
        Ok(mul_div(cost, num, den, Rounding::HalfEven).ok().map(Amount::from_micros))
    }
}

/// w₁/(w₁a + w₂·net): what turns w₁C into the break-even price. One for each tax class, when rules are compiled.
///
/// # Errors
/// [`Overflow`] when it needs more than 127 bits.
pub fn share(keep: Fraction, net: Fraction, profit: Ratio, revenue: Ratio) -> Result<Fraction, Overflow> {
    let profit = Fraction::of(profit);
    profit.div(profit.mul(keep)?.add(Fraction::of(revenue).mul(net)?)?)
}

impl Doubt {
    /// (ε₋, ε₊) in 10⁻¹⁸, exact.
    fn range(self) -> (i128, i128) {
        let value = i128::from(self.elasticity.nanos()) * NANO;
        let reach = i128::from(self.z.nanos()) * i128::from(self.error.nanos());
        (value - reach, value + reach)
    }

    /// P(ε > −1) > 10 %, or ε ≥ −1 itself.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        let beyond = -UNIT - i128::from(self.elasticity.nanos()) * NANO;
        beyond <= 0 || beyond < TEN_PERCENT * i128::from(self.error.nanos())
    }
}

/// The rule of [`super::cautious::cautious`] for constant elasticity, equal to it to the last 10⁻⁶ of money.
///
/// The region is closed; `low` above `high` has no price inside, so the caller checks that first.
///
/// # Errors
/// [`NoPrice::Current`], [`NoPrice::Confidence`] (z or se below zero), [`NoPrice::NoInteriorOptimum`].
pub fn cautious(
    objective: &Objective,
    doubt: Doubt,
    current: Amount,
    (low, high): (Amount, Amount),
) -> Result<ExactAdvice, NoPrice> {
    if current <= Amount::ZERO {
        return Err(NoPrice::Current);
    }
    if doubt.z < Ratio::ZERO || doubt.error < Ratio::ZERO {
        return Err(NoPrice::Confidence);
    }
    if doubt.is_doubtful() {
        return Err(NoPrice::NoInteriorOptimum);
    }
    let optima = objective.ends(doubt).map_err(|Overflow| NoPrice::Overflow)?;
    Ok(advise(current, optima, (low, high)))
}

/// The lower end if it is above today's price, the upper if below, else today's; then the region.
#[must_use]
pub fn advise(current: Amount, optima: (Amount, Amount), (low, high): (Amount, Amount)) -> ExactAdvice {
    let (wanted, step) = nearest(current, optima);
    ExactAdvice {
        target: wanted.max(low).min(high),
        step,
        trust_region: wanted < low || high < wanted,
        optima,
    }
}

/// Where pure revenue goes: to the lower edge if ε₊ < −1, to the upper if ε₋ > −1, else nowhere.
#[must_use]
pub fn revenue_direction(doubt: Doubt) -> Step {
    let (steep, flat) = doubt.range();
    if flat < -UNIT {
        Step::Lower
    } else if -UNIT < steep {
        Step::Raise
    } else {
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::super::cautious::{Aim, Estimate, Question, cautious as floating};
    use super::super::{Contribution, Elasticity, Form, Region, door};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whole numbers and floats agree to two millionths and thirteen digits.
        #[test]
        fn exact_equals_floating(
            elasticity in -8_000_000_000..-1_000_000_000_i64, error in 0..1_000_000_000_i64, z in 0..3_000_000_000_i64,
            cost in 10_000..5_000_000_000_i64, keep in 200_000_000..1_000_000_000_i64,
            current in 10_000..9_000_000_000_i64, revenue in 0..1_000_000_000_i64,
        ) {
            let (cost, current) = (Amount::from_micros(cost), Amount::from_micros(current));
            let [elasticity, error, z, keep, revenue] = [elasticity, error, z, keep, revenue].map(Ratio::from_nanos);
            let net = Fraction::new(100, 119).unwrap();
            let doubt = Doubt { elasticity, error, z };
            let objective = Objective::mix(cost, Fraction::of(keep), net, Ratio::ONE, revenue).unwrap();
            let edges = (Amount::from_micros(current.micros() / 2), Amount::from_micros(current.micros() * 2));
            let exact = cautious(&objective, doubt, current, edges);
            let float = floating(&Question {
                form: Form::ConstantElasticity,
                estimate: Estimate::try_new(
                    Elasticity::try_new(door::from_ratio(elasticity)).unwrap(), door::from_ratio(error)).unwrap(),
                estimated_at: 1.0,
                current: door::from_amount(current),
                unit: Contribution::try_new(door::from_ratio(keep), door::from_amount(cost)).unwrap(),
                net: 100.0 / 119.0,
                aim: Aim::Mix { profit: 1.0, revenue: door::from_ratio(revenue) },
                z: door::from_ratio(z),
                region: Region::try_new(door::from_amount(edges.0), door::from_amount(edges.1)).unwrap(),
            });
            match (exact, float) {
                (Ok(exact), Ok(float)) => {
                    let ours = door::from_amount(exact.target);
                    // Near −1 the float loses digits of 1 + ε; the exact one does not.
                    let lost = 1e-15 / (door::from_ratio(elasticity) + 1.0).abs().max(1e-9);
                    prop_assert!((ours - float.target).abs() <= 2e-6 + (1e-13 + lost) * ours, "{ours} {float:?}");
                }
                (exact, float) => prop_assert_eq!(exact.map(|_| ()), float.map(|_| ())),
            }
        }
    }

    #[test]
    fn thirds_are_rounded_once() {
        // c = 10, ε = −2.5: 16.666…; S1, ε = −2: 11.2/0.69933… · 2.
        let ratio = |text: &str| Ratio::parse(text).unwrap();
        let plain = Objective::profit(Amount::parse("10").unwrap(), Fraction::ONE).unwrap();
        assert_eq!(plain.optimum(ratio("-2.5")).unwrap().micros(), 16_666_667);
        assert_eq!(plain.optimum(ratio("-1")), None);
        assert_eq!(plain.optimum(ratio("-1.000000001")).unwrap().to_string(), "10000000010.00");
        let keep = Fraction::new(5, 6).unwrap().sub(Fraction::new(134, 1000).unwrap()).unwrap();
        let fees = Objective::profit(Amount::parse("11.2").unwrap(), keep).unwrap();
        assert_eq!(fees.optimum(ratio("-2")).unwrap().micros(), 32_030_505);
        assert_eq!(Objective::profit(Amount::ZERO, Fraction::ONE), Err(NoPrice::NoInteriorOptimum));
        assert_eq!(Objective::profit(Amount::MAX, Fraction::ZERO), Err(NoPrice::LosesAlways));
    }

    #[test]
    fn revenue_needs_to_be_sure() {
        let doubt = |elasticity: &str| Doubt {
            elasticity: Ratio::parse(elasticity).unwrap(),
            error: Ratio::parse("0.2").unwrap(),
            z: Ratio::ONE,
        };
        assert_eq!(revenue_direction(doubt("-1.3")), Step::Lower);
        assert_eq!(revenue_direction(doubt("-0.7")), Step::Raise);
        assert_eq!(revenue_direction(doubt("-1.1")), Step::Stay);
    }
}

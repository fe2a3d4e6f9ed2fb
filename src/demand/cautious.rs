//! The move one can be sure of: `optimise` (semantics 4).
//!
//! An estimated elasticity is a range. The price moves only when the optimum lies on the same side of today's price
//! over the whole range, and then only as far as the nearest of those optima; otherwise it stays. So more doubt
//! never moves a price further. (Expected profit over a normal posterior has no maximum, and plug-in optima rise
//! with uncertainty: hence ranges.)

use super::hull::{NoHull, optima};
use super::{Contribution, Elasticity, Form, InvalidCurve, Region};

/// Φ⁻¹(0.9) to nine places: P(ε > −1) > 10 % exactly when (−1 − ε)/se is below it.
pub const TEN_PERCENT: f64 = 1.281_551_566;

/// An elasticity with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    elasticity: Elasticity,
    error: f64,
}

/// Why a number is not a standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidError {
    NotFinite,
    Negative,
}

/// What to earn most of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    Profit,
    /// Net revenue.
    Revenue,
    /// `profit`·profit + `revenue`·net revenue, weights ≥ 0 and not both 0.
    Mix {
        profit: f64,
        revenue: f64,
    },
}

/// Everything the rule looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    pub form: Form,
    pub estimate: Estimate,
    /// The gross price at which the elasticity was estimated (constant elasticity does not look at it).
    pub estimated_at: f64,
    /// Today's gross price, p₀ > 0.
    pub current: f64,
    /// Unit a and C.
    pub unit: Contribution,
    /// 1/(1 + v): the share of the gross price that is net revenue, in (0, 1].
    pub net: f64,
    pub aim: Aim,
    /// Φ⁻¹(confidence), ≥ 0: 0.674489750 for 75 %.
    pub z: f64,
    /// Trust region and guards, already intersected.
    pub region: Region,
}

/// Where the price should go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// Gross, finite, inside the region.
    pub target: f64,
    pub step: Step,
    /// The region stopped it: flag `TRUST_REGION`.
    pub trust_region: bool,
    /// The least and the greatest optimum the estimate allows; 0 and infinity stand for "without end".
    pub optima: (f64, f64),
}

/// Which way the optimum surely lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Raise,
    Lower,
    /// The range of optima holds today's price: a gain one cannot be sure of moves nothing.
    Stay,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPrice {
    /// a ≤ 0: fees and tax eat every price.
    LosesAlways,
    /// P(ε > −1) > 10 %, or no cost to cover: flag `NO_INTERIOR_OPTIMUM`.
    NoInteriorOptimum,
    /// Today's price is not positive and finite.
    Current,
    /// The form cannot be calibrated: price of estimation or logit share.
    Curve(InvalidCurve),
    /// Weights are negative, not finite or both zero.
    Weights,
    /// z is negative or not finite.
    Confidence,
    /// Exact factors beyond 127 bits.
    Overflow,
}

impl Estimate {
    /// # Errors
    /// The error is negative, infinite or not a number; zero means the elasticity is known.
    pub fn try_new(elasticity: Elasticity, error: f64) -> Result<Self, InvalidError> {
        if !error.is_finite() {
            return Err(InvalidError::NotFinite);
        }
        if error < 0.0 {
            return Err(InvalidError::Negative);
        }
        Ok(Self { elasticity, error })
    }

    /// (ε₋, ε₊) = ε ∓ z·se.
    #[must_use]
    pub fn range(self, z: f64) -> (f64, f64) {
        let (value, reach) = (self.elasticity.value(), z * self.error);
        (value - reach, value + reach)
    }

    /// P(ε > −1) > 10 %, or ε ≥ −1 itself: no interior optimum can be trusted.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        let beyond = -1.0 - self.elasticity.value();
        beyond <= 0.0 || beyond < TEN_PERCENT * self.error
    }

    /// Full width of the 95 % interval, what `needs.ci` compares: 2·1.959963985·se.
    #[must_use]
    pub fn width(self) -> f64 {
        2.0 * 1.959_963_985 * self.error
    }
}

/// The cautious price: h(ε₋) if that is above today's, h(ε₊) if that is below, else today's; then the region.
///
/// For logit demand h is not monotone in ε; there the least and the greatest optimum over [ε₋, ε₊] stand in for
/// h(ε₋) and h(ε₊), so that more doubt still never moves a price further.
///
/// Pure revenue under constant elasticity has no optimum, only a direction: to the region's lower edge if ε₊ < −1,
/// to the upper if ε₋ > −1. It is therefore the one aim that does not ask [`Estimate::is_doubtful`].
///
/// # Errors
/// See [`NoPrice`].
pub fn cautious(question: &Question) -> Result<Advice, NoPrice> {
    let Question { form, estimate, current, unit, net, region, .. } = *question;
    if !(0.0 < current && current.is_finite()) {
        return Err(NoPrice::Current);
    }
    if !(0.0 <= question.z && question.z.is_finite()) {
        return Err(NoPrice::Confidence);
    }
    if unit.keep() <= 0.0 {
        return Err(NoPrice::LosesAlways);
    }
    let (profit, revenue) = question.aim.weights()?;
    let range = estimate.range(question.z);
    let constant = form == Form::ConstantElasticity;
    if profit <= 0.0 && constant {
        return Ok(advise(current, direction(range), region));
    }
    let cost = profit * unit.cost();
    if estimate.is_doubtful() || (constant && cost <= 0.0) {
        return Err(NoPrice::NoInteriorOptimum);
    }
    let unit = Contribution::try_new(profit * unit.keep() + revenue * net, cost)
        .map_err(|_| NoPrice::NoInteriorOptimum)?;
    // Constant elasticity is the same wherever it was estimated.
    let at = if constant { current } else { question.estimated_at };
    Ok(advise(current, ends(form, at, unit, range)?, region))
}

/// The least and the greatest optimum over the elasticities in [`steep`, `flat`], for demand of that form calibrated
/// at the price `at`: 0 and infinity stand for "without end".
///
/// # Errors
/// [`NoPrice::LosesAlways`] and [`NoPrice::Curve`].
pub fn ends(
    form: Form,
    at: f64,
    unit: Contribution,
    (steep, flat): (f64, f64),
) -> Result<(f64, f64), NoPrice> {
    optima(form, at, unit, (steep, flat)).map_err(|error| match error {
        NoHull::LosesAlways => NoPrice::LosesAlways,
        NoHull::Curve(error) => NoPrice::Curve(error),
    })
}

/// Revenue A·P^(1+ε) falls with the price where ε < −1 and rises where ε > −1.
fn direction((steep, flat): (f64, f64)) -> (f64, f64) {
    if flat < -1.0 {
        (0.0, 0.0)
    } else if -1.0 < steep {
        (f64::INFINITY, f64::INFINITY)
    } else {
        (0.0, f64::INFINITY)
    }
}

/// The least move that surely gains: to the nearer end of the optima, if today's price is not among them.
#[inline]
pub(super) fn nearest<T: PartialOrd + Copy>(current: T, (least, greatest): (T, T)) -> (T, Step) {
    if current < least {
        (least, Step::Raise)
    } else if greatest < current {
        (greatest, Step::Lower)
    } else {
        (current, Step::Stay)
    }
}

fn advise(current: f64, optima: (f64, f64), region: Region) -> Advice {
    let (wanted, step) = nearest(current, optima);
    Advice { target: region.clamp(wanted), step, trust_region: region.excludes(wanted), optima }
}

impl Aim {
    /// (weight of profit, weight of net revenue).
    fn weights(self) -> Result<(f64, f64), NoPrice> {
        let (profit, revenue) = match self {
            Self::Profit => (1.0, 0.0),
            Self::Revenue => (0.0, 1.0),
            Self::Mix { profit, revenue } => (profit, revenue),
        };
        let valid = 0.0 <= profit && 0.0 <= revenue && 0.0 < profit + revenue;
        if valid && (profit + revenue).is_finite() { Ok((profit, revenue)) } else { Err(NoPrice::Weights) }
    }
}

impl std::fmt::Display for InvalidError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "the standard error is not a finite number",
            Self::Negative => "the standard error is negative",
        })
    }
}

impl std::error::Error for InvalidError {}

impl std::fmt::Display for NoPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LosesAlways => "fees and tax eat every price",
            Self::NoInteriorOptimum => "demand may be inelastic, so no price is surely best",
            Self::Current => "today's price is not positive",
            Self::Curve(error) => return error.fmt(f),
            Self::Weights => "the weights of profit and revenue are negative or both zero",
            Self::Confidence => "the confidence is below one half or not a number",
            Self::Overflow => "the numbers are too large to be exact",
        })
    }
}

impl std::error::Error for NoPrice {}

#[cfg(test)]
#[path = "cautious_tests.rs"]
mod tests;

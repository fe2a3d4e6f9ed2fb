//! Seasons and stock rules: all that match multiply, inside one limit, quantized once.

use super::{AdjustmentVariant, Place, Refusal, Step, Trace, View};
use crate::money::{Amount, Fraction, Overflow, Ratio, Rounding};
use smallvec::SmallVec;

/// The adjusted target and the guards that the adjustments relax.
#[derive(Clone, Debug)]
pub(super) struct Adjusted<'a> {
    pub target: Amount,
    pub applied: SmallVec<[&'a AdjustmentVariant; 4]>,
}

pub(super) fn apply<'a, T: Trace>(
    target: Amount,
    view: &View<'a>,
    trace: &mut T,
) -> Result<Adjusted<'a>, Refusal> {
    let place: &'a Place = view.world.place;
    let now = &view.world.now;
    let mut adjusted = Adjusted { target, applied: SmallVec::new() };
    let mut factor = Factor::ONE;
    for (adjustment, index) in place.adjustments.iter().zip(0_u16..) {
        let held = adjustment.variants.iter().zip(0_u16..).find(|(variant, _)| view.inside(&variant.scope));
        let Some((variant, at)) = held.filter(|(v, _)| v.window.holds(now.at) && v.when.holds(now)) else {
            continue;
        };
        factor = factor.times(Ratio::ONE.add(variant.adjust.on(now))?)?;
        adjusted.applied.push(variant);
        if T::ON {
            // Where it leaves the range of amounts, the limit may still bring it back: to be shown it is the end of the range.
            let after = factor.apply(target, Rounding::HalfEven).unwrap_or(Amount::MAX);
            trace.step(|| Step::Adjusted { adjustment: index, variant: at, after });
        }
    }
    if adjusted.applied.is_empty() {
        return Ok(adjusted);
    }
    let limited = factor.within(place.limit)?;
    adjusted.target = limited.unwrap_or(factor).apply(target, Rounding::HalfEven)?;
    if limited.is_some() {
        trace.step(|| Step::Limited { after: adjusted.target });
    }
    Ok(adjusted)
}

/// A product of ratios: exact, and brought to lowest terms only where it would not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Factor {
    num: i128,
    /// Above zero.
    den: i128,
}

impl Factor {
    const ONE: Self = Self { num: 1, den: 1 };

    fn times(self, ratio: Ratio) -> Result<Self, Overflow> {
        // Adjustments are whole percents, or nearly: that leaves short numbers, whose division is quick.
        let nanos = ratio.nanos();
        let (num, den) = match (nanos % 10_000_000, nanos % 10_000) {
            (0, _) => (nanos / 10_000_000, 100),
            (_, 0) => (nanos / 10_000, 100_000),
            _ => (nanos, Ratio::SCALE),
        };
        match (self.num.checked_mul(num.into()), self.den.checked_mul(den.into())) {
            (Some(num), Some(den)) => Ok(Self { num, den }),
            _ => {
                let product = Fraction::new(self.num, self.den)?.mul(Fraction::of(ratio))?;
                Ok(Self { num: product.num(), den: product.den() })
            }
        }
    }

    fn apply(self, amount: Amount, rounding: Rounding) -> Result<Amount, Overflow> {
        amount.mul_div(self.num, self.den, rounding)
    }

    /// The end of 1 + limit that the factor lies beyond.
    fn within(self, limit: Option<(Ratio, Ratio)>) -> Result<Option<Self>, Overflow> {
        let Some((low, high)) = limit else {
            return Ok(None);
        };
        let (low, high) = (Self::ONE.times(Ratio::ONE.add(low)?)?, Self::ONE.times(Ratio::ONE.add(high)?)?);
        let below = |a: Self, b: Self| match (a.num.checked_mul(b.den), b.num.checked_mul(a.den)) {
            (Some(left), Some(right)) => Ok(left < right),
            _ => Ok(Fraction::new(a.num, a.den)?.sub(Fraction::new(b.num, b.den)?)?.num() < 0),
        };
        if below(self, low)? {
            Ok(Some(low))
        } else if below(high, self)? {
            Ok(Some(high))
        } else {
            Ok(None)
        }
    }
}

//! Seasons and stock rules: all that match multiply, inside one limit, quantized once.

use super::{AdjustmentVariant, Now, Place, Refusal, Step, Trace, View};
use crate::money::{Amount, Fraction, Overflow, Ratio, Rounding};
use smallvec::SmallVec;

/// The adjusted target and the guards that the adjustments relax.
#[derive(Clone, Debug)]
pub(super) struct Adjusted<'a> {
    pub target: Amount,
    pub applied: SmallVec<[&'a AdjustmentVariant; 4]>,
}

/// What the moment says of the adjustments of a place.
#[derive(Debug)]
pub(super) struct Adjusting {
    /// The index of each adjustment that some item can meet now, with the factors of its variants; none of a closed one.
    open: Box<[(u16, Box<[Option<Result<Factor, Overflow>>]>)]>,
    /// 1 + limit.
    limit: Result<Option<(Factor, Factor)>, Overflow>,
}

impl Adjusting {
    pub(super) fn new(place: &Place, now: &Now) -> Self {
        let factor = |change: Ratio| Ok(Factor::of(Ratio::ONE.add(change)?));
        let of_variant = |variant: &AdjustmentVariant| {
            let open = variant.window.holds(now.at) && variant.when.holds(now);
            open.then(|| factor(variant.adjust.on(now)))
        };
        let open = place.adjustments.iter().zip(0_u16..).filter_map(|(adjustment, index)| {
            let factors: Box<[_]> = adjustment.variants.iter().map(of_variant).collect();
            factors.iter().any(Option::is_some).then_some((index, factors))
        });
        let ends = |(low, high)| Ok((factor(low)?, factor(high)?));
        Self { open: open.collect(), limit: place.limit.map(ends).transpose() }
    }
}

pub(super) fn apply<'a, T: Trace>(
    target: Amount,
    view: &View<'a>,
    trace: &mut T,
) -> Result<Adjusted<'a>, Refusal> {
    let place: &'a Place = view.world.place;
    let adjusting = &view.world.adjusting;
    let mut adjusted = Adjusted { target, applied: SmallVec::new() };
    let mut factor = Factor::ONE;
    for (index, factors) in &adjusting.open {
        let Some(adjustment) = place.adjustments.get(usize::from(*index)) else { continue };
        // The first variant whose scope holds counts, and only if it is open.
        let mut variants = adjustment.variants.iter().zip(factors).zip(0_u16..);
        let held = variants.find(|((variant, _), _)| view.inside(&variant.scope));
        let Some(((variant, Some(change)), at)) = held else { continue };
        factor = factor.times((*change)?)?;
        adjusted.applied.push(variant);
        if T::ON {
            // Where it leaves the range of amounts, the limit may still bring it back: to be shown it is the end of the range.
            let after = factor.apply(target, Rounding::HalfEven).unwrap_or(Amount::MAX);
            trace.step(|| Step::Adjusted { adjustment: *index, variant: at, after });
        }
    }
    if adjusted.applied.is_empty() {
        return Ok(adjusted);
    }
    let limited = factor.within(adjusting.limit?)?;
    adjusted.target = limited.unwrap_or(factor).apply(target, Rounding::HalfEven)?;
    if limited.is_some() {
        trace.step(|| Step::Limited { after: adjusted.target });
    }
    Ok(adjusted)
}

/// A product of ratios: exact, and brought to lowest terms only where it would not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    num: i128,
    /// Above zero.
    den: i128,
}

impl Factor {
    const ONE: Self = Self { num: 1, den: 1 };

    fn of(ratio: Ratio) -> Self {
        // Adjustments are whole percents, or nearly: that leaves short numbers, whose division is quick.
        let nanos = ratio.nanos();
        let (num, den) = match (nanos % 10_000_000, nanos % 10_000) {
            (0, _) => (nanos / 10_000_000, 100),
            (_, 0) => (nanos / 10_000, 100_000),
            _ => (nanos, Ratio::SCALE),
        };
        Self { num: num.into(), den: den.into() }
    }

    fn times(self, other: Self) -> Result<Self, Overflow> {
        match (self.num.checked_mul(other.num), self.den.checked_mul(other.den)) {
            (Some(num), Some(den)) => Ok(Self { num, den }),
            _ => {
                let product = Fraction::new(self.num, self.den)?.mul(Fraction::new(other.num, other.den)?)?;
                Ok(Self { num: product.num(), den: product.den() })
            }
        }
    }

    fn apply(self, amount: Amount, rounding: Rounding) -> Result<Amount, Overflow> {
        amount.mul_div(self.num, self.den, rounding)
    }

    /// The end of 1 + limit that the factor lies beyond.
    fn within(self, limit: Option<(Self, Self)>) -> Result<Option<Self>, Overflow> {
        let Some((low, high)) = limit else {
            return Ok(None);
        };
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

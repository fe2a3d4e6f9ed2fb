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
    let mut factor = Fraction::ONE;
    for (adjustment, index) in place.adjustments.iter().zip(0_u16..) {
        let held = adjustment.variants.iter().zip(0_u16..).find(|(variant, _)| view.inside(&variant.scope));
        let Some((variant, at)) = held.filter(|(v, _)| v.window.holds(now.at) && v.when.holds(now)) else {
            continue;
        };
        let change = Fraction::of(Ratio::ONE.add(variant.adjust.on(now))?);
        factor = match adjusted.applied.is_empty() {
            true => change,
            false => factor.mul(change)?,
        };
        adjusted.applied.push(variant);
        if T::ON {
            let after = factor.apply(target, Rounding::HalfEven)?;
            trace.step(|| Step::Adjusted { adjustment: index, variant: at, after });
        }
    }
    if adjusted.applied.is_empty() {
        return Ok(adjusted);
    }
    let limited = within(factor, place.limit)?;
    adjusted.target = limited.apply(target, Rounding::HalfEven)?;
    if limited != factor {
        trace.step(|| Step::Limited { after: adjusted.target });
    }
    Ok(adjusted)
}

/// The factor inside 1 + limit.
fn within(factor: Fraction, limit: Option<(Ratio, Ratio)>) -> Result<Fraction, Overflow> {
    let Some((low, high)) = limit else {
        return Ok(factor);
    };
    let (low, high) = (Fraction::of(Ratio::ONE.add(low)?), Fraction::of(Ratio::ONE.add(high)?));
    if factor.sub(low)?.num() < 0 {
        Ok(low)
    } else if high.sub(factor)?.num() < 0 {
        Ok(high)
    } else {
        Ok(factor)
    }
}

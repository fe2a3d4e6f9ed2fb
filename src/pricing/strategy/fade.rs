//! `fade`: the price of an earlier layer, and a change to it that runs out over time (decisions 16).

use super::{Input, Manner, Proposed, use_layer};
use crate::money::{Amount, Overflow, Ratio, Rounding, mul_div};
use crate::pricing::ahead::Fade;
use crate::pricing::{NoPrice, Refusal, Step, Trace};

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    rule: Fade,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let age = input.view.count(rule.age).filter(|age| 0 <= *age);
    let Some(age) = age else {
        return Ok(Err(NoPrice::FactMissing("on_sale_for")));
    };
    let faded = match use_layer::propose(input, rule.versus, trace)? {
        Ok(proposed) => proposed,
        Err(why) => return Ok(Err(why)),
    };
    // 1 + s over the common denominator, exactly: s = start + (end − start)·age/over.
    let (age, over) = (i128::from(age.min(rule.over)), i128::from(rule.over));
    let [start, end] = [rule.start, rule.end].map(|ratio| i128::from(ratio.nanos()));
    let factor = (i128::from(Ratio::SCALE) + start) * over + (end - start) * age;
    let scale = over.checked_mul(Ratio::SCALE.into()).ok_or(Overflow)?;
    let target = mul_div(faded.target.micros().into(), factor, scale, Rounding::HalfEven)?;
    let target = Amount::from_micros(target);
    trace.step(|| {
        let by = mul_div(factor - scale, 1, over, Rounding::HalfEven).unwrap_or_default();
        Step::Faded { from: faded.target, by: Ratio::from_nanos(by) }
    });
    let free = Proposed::free(target, faded.reads);
    let Proposed { fallback, flags, clears, .. } = faded;
    Ok(Ok(Proposed { manner: Manner::Free, fallback, flags, clears, ..free }))
}

//! `blend`: the weighted mean of several strategies' targets.

use super::{Input, Proposed, Reads, evaluate};
use crate::money::{Amount, Overflow, Rounding, mul_div};
use crate::pricing::{Flags, NoPrice, PricePart, Refusal, Step, Trace};

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    parts: &[PricePart],
    renormalise: bool,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let (mut sum, mut weights) = (0_i128, 0_i128);
    let mut reads = Reads::default();
    let (mut flags, mut clears, mut fallback) = (Flags::default(), false, false);
    let mut missing = None;
    // All parts are asked, also after one had no price: whoever explains wants to know what each looked at.
    for part in parts {
        match evaluate(input, &part.strategy, trace)? {
            Ok(proposed) => {
                let weight = i128::from(part.weight.nanos());
                let share = weight.checked_mul(proposed.target.micros().into()).ok_or(Overflow)?;
                sum = sum.checked_add(share).ok_or(Overflow)?;
                weights += weight;
                reads = reads.and(proposed.reads);
                flags = flags.and(proposed.flags);
                clears |= proposed.clears;
                fallback |= proposed.fallback;
                trace.step(|| Step::Part {
                    strategy: part.strategy.name(),
                    weight: part.weight,
                    after: proposed.target,
                });
            }
            Err(why) => missing = missing.or(Some(why)),
        }
    }
    match missing {
        Some(why) if !renormalise => return Ok(Err(why)),
        _ if weights == 0 => return Ok(Err(NoPrice::PartMissing)),
        _ => {}
    }
    let target = mul_div(sum, 1, weights, Rounding::HalfEven).map(Amount::from_micros)?;
    Ok(Ok(Proposed { flags, clears, fallback, ..Proposed::free(target, reads) }))
}

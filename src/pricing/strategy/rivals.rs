//! `follow` and `index`: prices that refer to rivals.

use super::{Input, Intent, Proposed, Reads};
use crate::money::{Amount, Overflow, Ratio, Rounding, mul_div};
use crate::pricing::rivals::RankPrice;
use crate::pricing::{NoPrice, Rank, Refusal, Step, Trace, Valid};

/// Rank price × (1 + by), with the intent to stay on that side of the rank price.
pub(super) fn follow<T: Trace>(
    input: &Input<'_>,
    set: u16,
    rank: Rank,
    by: Ratio,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let (price, reads) = match reference(input, set, rank, trace)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let target = price.times(Ratio::ONE.add(by)?)?;
    let unit = i128::from(input.view.world.place.currency.micros_per_minor());
    let minor = |rounding| mul_div(price.sum, 1, price.count * unit, rounding);
    let intent = if by <= Ratio::ZERO {
        Intent::AtMost(minor(Rounding::Down)?)
    } else {
        Intent::AtLeast(minor(Rounding::Up)?)
    };
    Ok(Ok(Proposed { intent, ..Proposed::free(target, reads) }))
}

/// Reference price × at.
pub(super) fn index<T: Trace>(
    input: &Input<'_>,
    set: u16,
    of: Rank,
    at: Ratio,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    match reference(input, set, of, trace)? {
        Ok((price, reads)) => Ok(Ok(Proposed::free(price.times(at)?, reads))),
        Err(why) => Ok(Err(why)),
    }
}

fn reference<T: Trace>(
    input: &Input<'_>,
    set_index: u16,
    rank: Rank,
    trace: &mut T,
) -> Result<Result<(RankPrice, Reads), NoPrice>, Refusal> {
    let none = NoPrice::TooFewRivals { valid: 0, needed: 1 };
    let Some(set) = input.view.world.place.sets.get(usize::from(set_index)) else {
        return Ok(Err(none));
    };
    let valid = Valid::collect(set_index, set, input.row, input.view, input.costs, trace);
    let needed = set.at_least.max(match rank {
        Rank::Second => 2,
        Rank::Third => 3,
        _ => 1,
    });
    let count = valid.count();
    let Some(price) = valid.rank(rank).filter(|_| needed <= count) else {
        return Ok(Err(NoPrice::TooFewRivals { valid: count, needed }));
    };
    let shown = price.times(Ratio::ONE)?;
    trace.step(|| Step::Reference {
        set: set_index,
        price: shown,
        rivals: valid
            .iter()
            .filter_map(|(amount, at)| {
                let offer = input.row.offers.get(at as usize)?;
                let age = offer.seen_at.map(|seen| input.view.world.now.at.saturating_sub(seen));
                Some((offer.rival, amount, age, offer.match_quality))
            })
            .collect(),
    });
    Ok(Ok((price, Reads { competitors: true, fx: false, oldest: valid.oldest() })))
}

impl RankPrice {
    /// The price × ratio, quantized once.
    fn times(self, ratio: Ratio) -> Result<Amount, Overflow> {
        let count = self.count.checked_mul(i128::from(Ratio::SCALE)).ok_or(Overflow)?;
        mul_div(self.sum, ratio.nanos().into(), count, Rounding::HalfEven).map(Amount::from_micros)
    }
}

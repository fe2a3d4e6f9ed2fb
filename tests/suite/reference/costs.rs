//! Costs of the channel and the contribution a·P − C (semantics 3, decisions 3).

use super::CaseInput;
use super::book::{Channel, Market};
use super::facts::Facts;
use super::fx;
use super::num::{self, AMOUNT_PLACES, Q};
use super::price::{Refusal, amount};
use super::text::Monies;

/// Unit contribution of a gross price P is `a·P − c`.
pub struct Unit {
    pub a: Q,
    pub c: Q,
}

/// A channel cost in the market's currency: as named, else at the plain rate, quantised (decisions 2.2).
fn convert(cost: &Monies, case: &CaseInput, market: &Market, at: jiff::Timestamp) -> Result<Q, Refusal> {
    if let Some(named) = cost.of(&market.currency) {
        return Ok(named);
    }
    let Some((currency, value)) = cost.0.iter().next() else {
        return Ok(num::zero());
    };
    let rate = fx::rate(&case.rates, currency, market, at)?;
    amount(num::half_even(&rate.convert(value), AMOUNT_PLACES))
}

/// `a = (1−r)(1/(1+v) − k) − f`, `C = (1−r)·landed + r·(landed·(1−s) + R) + unit costs` (decisions 3).
pub fn unit(
    facts: &Facts,
    channel: &Channel,
    case: &CaseInput,
    market: &Market,
    at: jiff::Timestamp,
) -> Result<Unit, Refusal> {
    let landed = &facts.cost.as_ref().ok_or(Refusal::of("FACT_MISSING"))?.landed;
    let commission = commission(channel);
    let fees = channel.shares.values().fold(num::zero(), |sum, share| sum + share) - &commission;
    let mut c = num::zero();
    let (rate, lost) = match &channel.returns {
        None => (num::zero(), num::zero()),
        Some(returns) => {
            let reverse = convert(&returns.reverse, case, market, at)?;
            (returns.rate.clone(), landed * (num::one() - &returns.salvage) + reverse)
        }
    };
    let kept = num::one() - &rate;
    let a = &kept * (num::one() / (num::one() + &facts.vat) - commission) - fees;
    c += &kept * landed + &rate * lost;
    for cost in &channel.unit_costs {
        c += convert(cost, case, market, at)?;
    }
    Ok(Unit { a, c })
}

pub fn commission(channel: &Channel) -> Q {
    channel.shares.get("commission").cloned().unwrap_or_else(num::zero)
}

/// The sum F of the costs per order.
pub fn per_order(
    channel: &Channel,
    case: &CaseInput,
    market: &Market,
    at: jiff::Timestamp,
) -> Result<Q, Refusal> {
    let mut sum = num::zero();
    for cost in &channel.order_costs {
        sum += convert(cost, case, market, at)?;
    }
    Ok(sum)
}

/// The lowest P, at least 0, with `a·P − c ≥ least`; none if no P satisfies it (decisions 7.5).
pub fn lowest(unit: &Unit, least: &Q) -> Option<Q> {
    let need = &unit.c + least;
    if need <= num::zero() {
        return Some(num::zero());
    }
    (unit.a > num::zero()).then(|| need / &unit.a)
}

/// The same for the full contribution: below the basket `a` also bears F/basket, from it on `c` bears F.
pub fn lowest_full(unit: &Unit, per_order: &Q, basket: Option<Q>, least: &Q) -> Option<Q> {
    let above = Unit { a: unit.a.clone(), c: &unit.c + per_order };
    let Some(basket) = basket.filter(|basket| *basket > num::zero()) else {
        return lowest(&above, least);
    };
    let below = Unit { a: &unit.a - per_order / &basket, c: unit.c.clone() };
    let low_piece = lowest(&below, least).filter(|price| *price < basket);
    let high_piece =
        || lowest(&above, least).map(|price| if price < basket { basket.clone() } else { price });
    low_piece.or_else(high_piece)
}

//! `cost-plus`: landed cost and a margin, a markup, or a profit in money.
//!
//! With m a share of the net price, u a share of cost, f money, v the VAT rate, s the share of the commission k that is
//! passed on: landed ÷ ((1−m)/(1+v) − s·k), landed·(1+u) ÷ (1/(1+v) − s·k), (landed+f) ÷ (1/(1+v) − s·k). All three are
//! `(landed + add) × factor`, with the factor computed when the rulebook is compiled.

use super::{Input, Proposed, Reads};
use crate::money::{Amount, Fraction, Rounding};
use crate::pricing::{NoPrice, Refusal};

pub(super) fn propose(
    input: &Input<'_>,
    add: Amount,
    factor: &[Option<Fraction>],
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let Some(landed) = input.costs.landed else {
        return Ok(Err(NoPrice::CostMissing));
    };
    let Some(factor) = factor.get(input.costs.vat).copied().flatten() else {
        return Ok(Err(NoPrice::FeesTooHigh));
    };
    let target = factor.apply(landed.landed.add(add)?, Rounding::HalfEven)?;
    let rate = input.costs.rate;
    let reads = Reads { competitors: false, fx: rate.is_some(), oldest: rate.map(|rate| rate.as_of) };
    Ok(Ok(Proposed::free(target, reads)))
}

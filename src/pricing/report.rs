//! What a price earns. Reports never refuse: what cannot be known is missing.

use super::cost::Costs;
use super::world::{Charges, Lines, OrderCosts};
use super::{Refusal, View};
use crate::money::{Amount, Fraction, Price, Ratio, Rounding, mul_div};

#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub net: Amount,
    pub vat: Ratio,
    pub margin: Option<Ratio>,
    pub contribution: Option<Amount>,
    pub full_contribution: Option<Amount>,
    pub break_even: Option<Amount>,
}

impl Report {
    pub(super) fn new(view: &View<'_>, costs: &Costs, price: Price) -> Result<Self, Refusal> {
        let gross = price.amount();
        let (vat, one_plus) = view.vat().map_or((Ratio::ZERO, Fraction::ONE), |vat| (vat.rate, vat.one_plus));
        let net = one_plus.unapply(gross, Rounding::HalfEven)?;
        let landed = costs.landed.map(|landed| landed.landed);
        let earned = landed.map(|landed| {
            let quick = view.world.lines.get(costs.vat).and_then(|lines| quick(lines, landed, gross));
            quick.unwrap_or_else(|| {
                let (charges, orders) = (view.world.charges.as_ref().ok(), view.world.orders.as_ref().ok());
                let earned = charges.and_then(|charges| earned(charges, orders, costs.vat, landed, gross));
                earned.unwrap_or_default()
            })
        });
        let (contribution, full_contribution, break_even) = earned.unwrap_or_default();
        Ok(Self {
            net,
            vat,
            margin: landed.and_then(|landed| margin(gross, one_plus, landed)),
            contribution,
            full_contribution,
            break_even,
        })
    }
}

/// (net − landed) ÷ net, quantized once.
fn margin(gross: Amount, one_plus: Fraction, landed: Amount) -> Option<Ratio> {
    let net = i128::from(gross.micros()).checked_mul(one_plus.den())?;
    let left = net.checked_sub(i128::from(landed.micros()).checked_mul(one_plus.num())?)?;
    mul_div(left, Ratio::SCALE.into(), net, Rounding::HalfEven).ok().map(Ratio::from_nanos)
}

type Earned = (Option<Amount>, Option<Amount>, Option<Amount>);

/// The same as [`earned`], if all three are known and fit.
fn quick(lines: &Lines, landed: Amount, gross: Amount) -> Option<Earned> {
    let unit = lines.unit.as_ref()?;
    Some((
        Some(unit.at(gross, landed)?),
        Some(lines.full(gross)?.at(gross, landed)?),
        Some(unit.break_even(landed)?),
    ))
}

/// Unit contribution, full contribution and break-even, each quantized once.
fn earned(
    charges: &Charges,
    orders: Option<&OrderCosts>,
    vat: usize,
    landed: Amount,
    gross: Amount,
) -> Option<Earned> {
    let a = *charges.a.get(vat)?;
    let cost = charges.cost(landed).ok()?;
    let half_even = |value: Fraction| value.to_amount(Rounding::HalfEven).ok();
    let unit = a.mul(Fraction::of_amount(gross)).ok()?.sub(cost).ok()?;
    let full = orders.and_then(|orders| unit.sub(orders.of(gross).ok()?).ok());
    let break_even = if a.is_positive() { cost.div(a).ok().and_then(half_even) } else { None };
    Some((half_even(unit), full.and_then(half_even), break_even))
}

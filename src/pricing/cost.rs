//! The first step: are the facts believable, and what does the item cost?

use super::world::Landed;
use super::{HeldReason, Refusal, RefusalCode, Row, Step, Trace, World};
use crate::facts::{Basis, Rate, Value, builtin};
use crate::money::{Amount, Fraction, Money, Ratio};

/// An item's costs in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    /// Index into `Place::vat`.
    pub vat: usize,
    pub landed: Option<Landed>,
    /// The rate that the cost was converted with.
    pub rate: Option<Rate>,
    /// Cost or rate is implausible: the price is held, and no guard believes the cost.
    pub doubt: Option<HeldReason>,
}

impl Costs {
    /// Before anything is looked at.
    #[inline]
    pub(super) fn unknown() -> Self {
        Self { vat: 0, landed: None, rate: None, doubt: None }
    }
}

/// Semantics 2 and 3: VAT class, conversion, plausibility, landed cost.
pub(super) fn check<T: Trace>(row: &Row<'_>, world: &World<'_>, trace: &mut T) -> Result<Costs, Refusal> {
    let vat = vat_class(row, world)?;
    let Some(cost) = money(row, world.place.cost_from) else {
        return Ok(Costs { vat, landed: None, rate: None, doubt: None });
    };
    let rate = world.rate(cost.currency)?;
    let landed = Landed::new(world, cost, rate)?;
    trace.step(|| Step::Cost {
        cost,
        rate: rate.map(|rate| rate.rate),
        inverse: rate.is_some_and(|rate| rate.inverse),
        purchase: landed.purchase,
    });
    trace.step(|| Step::Landed {
        buffer: if rate.is_some() { world.place.fx.buffer } else { Ratio::ZERO },
        landed: landed.landed,
    });
    let doubt = if !cost_is_plausible(row, world, cost)? {
        Some(HeldReason::CostImplausible)
    } else if !rate_is_plausible(world, rate)? {
        Some(HeldReason::RateImplausible)
    } else {
        None
    };
    Ok(Costs { vat, landed: Some(landed), rate, doubt })
}

fn vat_class(row: &Row<'_>, world: &World<'_>) -> Result<usize, Refusal> {
    let found = match row.item.value(builtin::VAT_CLASS) {
        Value::Symbol(symbol) => world.place.vat.iter().position(|vat| vat.symbol == symbol),
        _ => world.place.vat.iter().position(|vat| &*vat.class == "standard"),
    };
    found.ok_or_else(|| Refusal::fact(RefusalCode::VatClass, "vat_class"))
}

fn money(row: &Row<'_>, attr: crate::facts::AttrId) -> Option<Money> {
    match row.item.value(attr) {
        Value::Money(amount, currency) => Some(Money::new(amount, currency)),
        _ => None,
    }
}

/// cost ÷ previous cost − 1 within the range, in the cost's own currency.
fn cost_is_plausible(row: &Row<'_>, world: &World<'_>, cost: Money) -> Result<bool, Refusal> {
    match money(row, builtin::PREVIOUS_COST) {
        Some(previous) if previous.currency == cost.currency && Amount::ZERO < previous.amount => {
            let (low, high) = world.place.plausibility.cost_change;
            change_within(cost.amount.micros(), previous.amount.micros(), low, high)
        }
        _ => Ok(true),
    }
}

fn rate_is_plausible(world: &World<'_>, rate: Option<Rate>) -> Result<bool, Refusal> {
    match rate.and_then(|rate| Some((rate.rate, rate.last?))) {
        Some((rate, last)) => {
            let jump = world.place.plausibility.rate_jump;
            let fall = Ratio::from_nanos(-jump.nanos());
            change_within(rate.nanos(), last.nanos(), fall, jump)
        }
        None => Ok(true),
    }
}

/// low ≤ new ÷ old − 1 ≤ high, exactly; `old` is positive.
fn change_within(new: i64, old: i64, low: Ratio, high: Ratio) -> Result<bool, Refusal> {
    let change = (i128::from(new) - i128::from(old)) * i128::from(Ratio::SCALE);
    let at = |limit: Ratio| i128::from(old) * i128::from(limit.nanos());
    Ok(at(low) <= change && change <= at(high))
}

/// What a rival's price is compared with: `amount × factor`, exactly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    amount: Amount,
    factor: Fraction,
}

impl Reference {
    /// The current price, else the RRP, else landed gross: the first that is known and above zero.
    pub(super) fn of(view: &super::View<'_>, costs: &Costs) -> Option<Self> {
        let schema = &view.world.release.schema;
        let one_plus = view.vat()?.one_plus;
        let positive = |amount: &Amount| Amount::ZERO < *amount;
        let current =
            || view.money(builtin::CURRENT_PRICE).map(|amount| Self { amount, factor: Fraction::ONE });
        let rrp = || {
            let rrp = schema.find("rrp")?;
            let factor = if schema.attr(rrp).basis == Basis::Net { one_plus } else { Fraction::ONE };
            view.money(rrp).filter(positive).map(|amount| Self { amount, factor })
        };
        let landed = || costs.landed.map(|costs| costs.landed).filter(positive);
        current().or_else(rrp).or_else(|| landed().map(|amount| Self { amount, factor: one_plus }))
    }

    /// low ≤ value ÷ reference ≤ high, exactly.
    pub(super) fn share_within(self, value: Amount, (low, high): (Ratio, Ratio)) -> bool {
        let scale = self.factor.den().saturating_mul(Ratio::SCALE.into());
        let value = i128::from(value.micros()).saturating_mul(scale);
        let reference = i128::from(self.amount.micros()).saturating_mul(self.factor.num());
        let at = |limit: Ratio| reference.saturating_mul(limit.nanos().into());
        at(low) <= value && value <= at(high)
    }
}

//! `optimise`: the move that the elasticity surely rewards, at most so far at once (decisions 15).
//!
//! Constant elasticity is computed in whole numbers. The other forms of demand go through floats, and their ends become
//! amounts at the one door before anything is compared.

use super::{Input, Manner, Proposed, Reads};
use crate::demand::cautious::ends;
use crate::demand::exact::{self, Doubt, ExactAdvice, Objective};
use crate::demand::{Contribution, Elasticity, Form, door};
use crate::facts::builtin;
use crate::money::{Amount, Fraction, Ratio, Rounding, mul_div};
use crate::pricing::ahead::{Demand, Factors, Needs, Optimise};
use crate::pricing::world::Charges;
use crate::pricing::{Flag, Flags, NoPrice, Outlook, Refusal, Step, Trace, View};

/// Width of a 95 % interval in standard errors: 2·1.959963985.
const WIDTH: i128 = 3_919_927_970;

/// What is known of demand and of what a unit leaves.
struct Known {
    current: Amount,
    doubt: Doubt,
    factors: Factors,
    /// C, in 10⁻⁶: numerator and denominator.
    cost: (i128, i128),
}

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    rule: &Optimise,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let known = match known(input, rule)? {
        Ok(known) => known,
        Err(why) => return Ok(Err(why)),
    };
    let ends = match rule.demand {
        Demand::ConstantElasticity => constant(&known, rule)?,
        form => floating(&known, rule, form, input.view)?,
    };
    let ends = match ends {
        Ok(ends) => ends,
        Err(why) => return Ok(Err(why)),
    };
    let region = region(input.view, known.current, rule.within)?;
    if region.1 < region.0 {
        return Ok(Err(NoPrice::EmptyRegion));
    }
    let advice = exact::advise(known.current, ends, region);
    trace.step(|| report(input, rule, &known, &advice, region));
    let rate = input.costs.rate;
    let reads = Reads { competitors: false, fx: rate.is_some(), oldest: rate.map(|rate| rate.as_of) };
    let mut flags = Flags::default();
    if advice.trust_region {
        flags.set(Flag::TrustRegion);
    }
    let manner = if rule.adjust { Manner::Free } else { Manner::Steady };
    Ok(Ok(Proposed { manner, flags, ..Proposed::free(advice.target, reads) }))
}

/// The facts, in the order in which decisions 15.2 asks for them.
fn known(input: &Input<'_>, rule: &Optimise) -> Result<Result<Known, NoPrice>, Refusal> {
    let view = input.view;
    let Some(landed) = input.costs.landed else {
        return Ok(Err(NoPrice::CostMissing));
    };
    let Ok(charges) = view.world.charges.as_ref() else {
        return Ok(Err(NoPrice::FeesUnknown));
    };
    let Some(current) = view.money(builtin::CURRENT_PRICE) else {
        return Ok(Err(NoPrice::NoCurrentPrice));
    };
    let number = |attr| view.count(attr).map(Ratio::from_nanos);
    let Some(elasticity) = number(builtin::ELASTICITY) else {
        return Ok(Err(NoPrice::FactMissing("elasticity")));
    };
    let Some(error) = number(builtin::ELASTICITY_SE).filter(|error| Ratio::ZERO <= *error) else {
        return Ok(Err(NoPrice::FactMissing("elasticity_se")));
    };
    if let Some(why) = needs(&rule.needs, view, error) {
        return Ok(Err(why));
    }
    let Some(factors) = rule.factors.get(input.costs.vat).copied().flatten() else {
        return Ok(Err(NoPrice::FeesTooHigh));
    };
    let cost = charges.cost_parts(landed.landed)?;
    let doubt = Doubt { elasticity, error, z: rule.z };
    if !surely_elastic(rule, doubt, cost) {
        return Ok(Err(NoPrice::NotSurelyElastic { elasticity, error }));
    }
    Ok(Ok(Known { current, doubt, factors, cost }))
}

fn needs(needs: &Needs, view: &View<'_>, error: Ratio) -> Option<NoPrice> {
    if let Some(need) = &needs.sales_weeks
        && !view.count(builtin::SALES_WEEKS).is_some_and(|weeks| need.holds(weeks))
    {
        return Some(NoPrice::NeedFails("sales_weeks"));
    }
    let width = mul_div(error.nanos().into(), WIDTH, Ratio::SCALE.into(), Rounding::HalfEven);
    match &needs.interval {
        Some(need) if !width.is_ok_and(|width| need.holds(width)) => Some(NoPrice::NeedFails("ci")),
        _ => None,
    }
}

/// Decisions 15.3.
fn surely_elastic(rule: &Optimise, doubt: Doubt, cost: (i128, i128)) -> bool {
    let constant = rule.demand == Demand::ConstantElasticity;
    let free = constant && rule.aim.profit == Ratio::ZERO;
    doubt.elasticity < Ratio::ZERO && (free || !(doubt.is_doubtful() || constant && cost.0 <= 0))
}

type Ends = Result<(Amount, Amount), NoPrice>;

/// Whole numbers only.
fn constant(known: &Known, rule: &Optimise) -> Result<Ends, Refusal> {
    if rule.aim.profit == Ratio::ZERO {
        return Ok(Ok(match exact::revenue_direction(known.doubt) {
            crate::demand::cautious::Step::Lower => (Amount::ZERO, Amount::ZERO),
            crate::demand::cautious::Step::Raise => (Amount::MAX, Amount::MAX),
            crate::demand::cautious::Step::Stay => (Amount::ZERO, Amount::MAX),
        }));
    }
    match Objective::with(known.cost, known.factors.share) {
        Ok(objective) => Ok(Ok(objective.ends(known.doubt)?)),
        Err(_) => Ok(Err(NoPrice::CostMissing)),
    }
}

/// Linear, exponential and logit demand, calibrated where the elasticity was estimated.
fn floating(known: &Known, rule: &Optimise, demand: Demand, view: &View<'_>) -> Result<Ends, Refusal> {
    let Some(at) = view.money(builtin::ELASTICITY_PRICE).filter(|price| Amount::ZERO < *price) else {
        return Ok(Err(NoPrice::FactMissing("elasticity_price")));
    };
    let Some(form) = form(demand, view) else {
        return Ok(Err(NoPrice::FactMissing("market_share")));
    };
    let [elasticity, error, z, profit, revenue] =
        [known.doubt.elasticity, known.doubt.error, rule.z, rule.aim.profit, rule.aim.revenue]
            .map(door::from_ratio);
    let (keep, net) = (door::from_fraction(known.factors.keep), door::from_fraction(known.factors.net));
    let reach = z * error;
    let Ok(unit) = Contribution::try_new(profit * keep + revenue * net, profit * cost(known.cost)) else {
        return Ok(Err(NoPrice::FeesTooHigh));
    };
    let range = (elasticity - reach, elasticity + reach);
    match ends(form, door::from_amount(at), unit, range) {
        Ok((low, high)) => Ok(Ok((amount(low), amount(high)))),
        Err(_) => Ok(Err(NoPrice::FactMissing("elasticity_price"))),
    }
}

fn form(demand: Demand, view: &View<'_>) -> Option<Form> {
    Some(match demand {
        Demand::ConstantElasticity => Form::ConstantElasticity,
        Demand::Linear => Form::Linear,
        Demand::Exponential => Form::Exponential,
        Demand::Logit => {
            let share = door::from_ratio(Ratio::from_nanos(view.count(builtin::MARKET_SHARE)?));
            Form::Logit { share: Some(share).filter(|share| 0.0 < *share && *share < 1.0)? }
        }
    })
}

/// C as a float: the exact fraction's terms, divided once.
fn cost((num, den): (i128, i128)) -> f64 {
    let scale = i128::from(Amount::SCALE);
    let exact = den.checked_mul(scale).and_then(|den| Fraction::new(num, den).ok());
    exact.map_or_else(|| num as f64 / den as f64 / scale as f64, door::from_fraction)
}

/// "Without end" is above every amount.
fn amount(value: f64) -> Amount {
    door::to_amount(value).unwrap_or(Amount::MAX)
}

/// p₀·(1 ± within), and not beyond a step from what was observed; low ends quantized up, high ends down.
fn region(view: &View<'_>, current: Amount, within: Ratio) -> Result<(Amount, Amount), Refusal> {
    let mut low = current.mul(Ratio::ONE.sub(within)?, Rounding::Up)?;
    let mut high = current.mul(Ratio::ONE.add(within)?, Rounding::Down)?;
    if let Some(observed) = view.money(builtin::OBSERVED_LOW) {
        low = low.max(observed.mul(Ratio::from_nanos(900_000_000), Rounding::Up)?);
    }
    if let Some(observed) = view.money(builtin::OBSERVED_HIGH) {
        high = high.min(observed.mul(Ratio::from_nanos(1_100_000_000), Rounding::Down)?);
    }
    Ok((low, high))
}

fn report(
    input: &Input<'_>,
    rule: &Optimise,
    known: &Known,
    advice: &ExactAdvice,
    region: (Amount, Amount),
) -> Step {
    Step::Optimised(Box::new(crate::pricing::Optimised {
        elasticity: known.doubt.elasticity,
        error: known.doubt.error,
        confidence: rule.confidence,
        optima: advice.optima,
        region,
        current: known.current,
        after: advice.target,
        trust_region: advice.trust_region,
        outlook: outlook(input.view, rule.demand, known, advice.target),
    }))
}

/// Units, revenue and profit a day at today's and at the proposed price, for whoever explains.
fn outlook(view: &View<'_>, demand: Demand, known: &Known, proposed: Amount) -> Option<Outlook> {
    let units = Ratio::from_nanos(view.count(builtin::UNITS_PER_DAY)?);
    let today = door::from_amount(known.current);
    let at = match demand {
        Demand::ConstantElasticity => today,
        _ => door::from_amount(view.money(builtin::ELASTICITY_PRICE)?),
    };
    let elasticity = Elasticity::try_new(door::from_ratio(known.doubt.elasticity)).ok()?;
    let curve = crate::demand::Curve::through(form(demand, view)?, at, 1.0, elasticity).ok()?;
    let unit = Contribution::try_new(door::from_fraction(known.factors.keep), cost(known.cost)).ok()?;
    let scale = door::from_ratio(units) / curve.quantity(today);
    let net = door::from_fraction(known.factors.net);
    let of = |price: f64| {
        let units = scale * curve.quantity(price);
        (units, units * price * net, units * unit.at(price))
    };
    let (today, proposed) = (of(today), of(door::from_amount(proposed)));
    Some(Outlook {
        units: (today.0, proposed.0),
        revenue: (today.1, proposed.1),
        profit: (today.2, proposed.2),
    })
}

impl Charges {
    /// C for a landed cost as numerator and denominator of 10⁻⁶, exact and not reduced.
    pub(in crate::pricing) fn cost_parts(&self, landed: Amount) -> Result<(i128, i128), Refusal> {
        let overflow = || Refusal::from(crate::money::Overflow);
        let (goods, fixed) = (self.goods(), self.fixed());
        let den = goods.den().checked_mul(fixed.den()).ok_or_else(overflow)?;
        let lost =
            i128::from(landed.micros()).checked_mul(goods.num()).and_then(|x| x.checked_mul(fixed.den()));
        let other = fixed.num().checked_mul(Amount::SCALE.into()).and_then(|x| x.checked_mul(goods.den()));
        let num = lost.zip(other).and_then(|(lost, other)| lost.checked_add(other));
        Ok((num.ok_or_else(overflow)?, den))
    }
}

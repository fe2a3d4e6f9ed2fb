//! `markdown`: goods that must be gone by a day (decisions 17).

use super::{Input, Intent, Manner, Proposed, Reads};
use crate::demand::finite_stock::{Clearance, MOST_UNITS};
use crate::demand::ladder::{Ladder, Path, Rung};
use crate::demand::{Elasticity, door};
use crate::facts::builtin;
use crate::money::{Amount, Fraction, Overflow, Ratio, Rounding, mul_div};
use crate::pricing::ahead::{Markdown, Plan, Until};
use crate::pricing::{Limit, MarkedDown, NoPrice, Now, Refusal, Step, Trace, View};

/// The most that a ladder may take: periods × rungs × (units + 1)².
const MOST_LADDER_STEPS: u64 = 50_000_000;

/// What a unit that is left is worth.
#[derive(Clone, Copy)]
struct Left {
    /// What it brings, net.
    salvage: Amount,
    /// The gross price at which selling is no better than keeping.
    worth: Amount,
    keep: Fraction,
}

/// Demand as the facts give it: so many units a day at a price, with that elasticity there.
struct Sales {
    price: f64,
    per_day: f64,
    elasticity: Elasticity,
    units: u32,
}

type Found<T> = Result<T, NoPrice>;

pub(super) fn propose<T: Trace>(
    input: &Input<'_>,
    rule: &Markdown,
    trace: &mut T,
) -> Result<Found<Proposed>, Refusal> {
    match wanted(input, rule)? {
        Err(why) => Ok(Err(why)),
        Ok((wanted, mut seen)) => {
            let current = input.view.money(builtin::CURRENT_PRICE);
            let floored = seen.worth.map_or(wanted, |worth| wanted.max(worth));
            let target = current.map_or(floored, |current| floored.min(current));
            seen.after = target;
            trace.step(|| Step::MarkedDown(seen));
            let unit = input.view.world.place.currency.micros_per_minor();
            let intent = current.map_or(Intent::Any, |current| Intent::AtMost(current.micros() / unit));
            let rate = input.costs.rate.filter(|_| seen.worth.is_some());
            let reads = Reads { competitors: false, fx: rate.is_some(), oldest: rate.map(|rate| rate.as_of) };
            let free = Proposed::free(target, reads);
            Ok(Ok(Proposed { manner: Manner::Steady, intent, clears: true, ..free }))
        }
    }
}

/// The price of the plan, before it is held above the worth of a unit left and below the current price.
fn wanted(input: &Input<'_>, rule: &Markdown) -> Result<Found<(Amount, MarkedDown)>, Refusal> {
    let view = input.view;
    let days_left = match days_left(view, rule.until) {
        Ok(days) => days,
        Err(why) => return Ok(Err(why)),
    };
    let left = match (&rule.plan, &rule.salvage) {
        (Plan::Curve(_), None) => None,
        _ => match left(input, rule)? {
            Ok(left) => Some(left),
            Err(why) => return Ok(Err(why)),
        },
    };
    let mut seen = MarkedDown {
        days_left,
        base: None,
        off: None,
        row: None,
        worth: left.map(|left| left.worth),
        units: None,
        after: Amount::ZERO,
    };
    let base = view.world.timeline(&view.item.sku).before_clearance();
    seen.base = base;
    let price = match (&rule.plan, left) {
        (Plan::Curve(steps), _) => {
            let Some(step) = steps.iter().find(|step| spans_hold(&step.days, days_left)) else {
                return Ok(Err(NoPrice::NoCurveRow { days: days_left }));
            };
            let Some(base) = base else { return Ok(Err(NoPrice::NoBase)) };
            (seen.off, seen.row) = (Some(step.off), Some(step.row));
            off(base, step.off)?
        }
        (Plan::Ladder { rungs, period }, Some(left)) => {
            let Some(base) = base else { return Ok(Err(NoPrice::NoBase)) };
            let sales = match sales(view, Some(base)) {
                Ok(sales) => sales,
                Err(why) => return Ok(Err(why)),
            };
            seen.units = Some(sales.units);
            match ladder(view, base, rungs, *period, days_left, &sales, left)? {
                Ok((price, rung)) => {
                    seen.off = rungs.get(rung).copied();
                    price
                }
                Err(why) => return Ok(Err(why)),
            }
        }
        (Plan::Stock, Some(left)) => {
            let sales = match sales(view, base) {
                Ok(sales) => sales,
                Err(why) => return Ok(Err(why)),
            };
            seen.units = Some(sales.units);
            match stock(&sales, days_left, left)? {
                Some(price) => price,
                None => return Ok(Err(NoPrice::NotASale)),
            }
        }
        (Plan::Ladder { .. } | Plan::Stock, None) => return Ok(Err(NoPrice::NotASale)),
    };
    Ok(Ok((price, seen)))
}

fn spans_hold(days: &[(i64, i64)], left: i64) -> bool {
    days.iter().any(|(low, high)| *low <= left && left <= *high)
}

/// Whole days from today to the last day, in the market's calendar.
fn days_left(view: &View<'_>, until: Until) -> Found<i64> {
    let now = &view.world.now;
    let last = match until {
        Until::Day(day) => day,
        Until::In(attr) => {
            let wait = view.count(attr).filter(|wait| 0 <= *wait).ok_or(NoPrice::SaleIsOver)?;
            let end = now.at.checked_add(wait).ok_or(NoPrice::NotASale)?;
            Now::new(end, &view.world.place.zone).day()
        }
    };
    let days = i64::from(last) - i64::from(now.day());
    if days < 0 { Err(NoPrice::SaleIsOver) } else { Ok(days) }
}

/// w = (C − landed + S)/a, quantized half-even.
fn left(input: &Input<'_>, rule: &Markdown) -> Result<Found<Left>, Refusal> {
    let (view, vat) = (input.view, input.costs.vat);
    let Some(landed) = input.costs.landed else { return Ok(Err(NoPrice::CostMissing)) };
    let Ok(charges) = view.world.charges.as_ref() else { return Ok(Err(NoPrice::FeesUnknown)) };
    let Some(keep) = rule.keep.get(vat).copied().flatten() else { return Ok(Err(NoPrice::FeesTooHigh)) };
    let salvage = match rule.salvage.as_ref().map(|salvage| &salvage.amount) {
        None => Amount::ZERO,
        Some(Limit::Amount(amount)) => *amount,
        Some(Limit::Relative { attr, factor, .. }) => match view.money(*attr).zip(factor.get(vat).copied()) {
            Some((money, factor)) => factor.apply(money, Rounding::HalfEven)?,
            None => return Ok(Err(NoPrice::FactMissing("salvage"))),
        },
    };
    let (num, den) = charges.cost_parts(landed.landed)?;
    let sunk = i128::from(landed.landed.sub(salvage)?.micros()).checked_mul(den).ok_or(Overflow)?;
    let num = num.checked_sub(sunk).ok_or(Overflow)?;
    let den = den.checked_mul(keep.num()).ok_or(Overflow)?;
    let worth = Amount::from_micros(mul_div(num, keep.den(), den, Rounding::HalfEven)?);
    Ok(Ok(Left { salvage, worth, keep }))
}

/// Demand at the price where the elasticity was estimated, else at the price from before the markdown.
fn sales(view: &View<'_>, base: Option<Amount>) -> Found<Sales> {
    let fact = |attr, name| view.count(attr).ok_or(NoPrice::FactMissing(name));
    let elasticity = fact(builtin::ELASTICITY, "elasticity")?;
    let elasticity = Elasticity::try_new(door::from_ratio(Ratio::from_nanos(elasticity)))
        .map_err(|_| NoPrice::FactMissing("elasticity"))?;
    let per_day = fact(builtin::UNITS_PER_DAY, "units_per_day")?;
    let units = fact(builtin::STOCK_UNITS, "stock_units")? / Ratio::SCALE;
    let units = u32::try_from(units).ok().filter(|units| (1..=MOST_UNITS).contains(units));
    let price = view.money(builtin::ELASTICITY_PRICE).or(base).ok_or(NoPrice::NoBase)?;
    Ok(Sales {
        price: door::from_amount(price),
        per_day: door::from_ratio(Ratio::from_nanos(per_day)),
        elasticity,
        units: units.ok_or(NoPrice::NotASale)?,
    })
}

/// base·(1 + off), quantized half-even.
fn off(base: Amount, off: Ratio) -> Result<Amount, Overflow> {
    base.mul(Ratio::ONE.add(off)?, Rounding::HalfEven)
}

/// Gallego & van Ryzin; today and the last day are days of sale. None where no optimum is a number.
fn stock(sales: &Sales, days_left: i64, left: Left) -> Result<Option<Amount>, Overflow> {
    let days = (days_left + 1) as f64;
    let worth = door::from_amount(left.worth);
    let clearance = Clearance::through(sales.price, sales.per_day, sales.elasticity, days, worth);
    match clearance
        .and_then(|clearance| clearance.with(sales.units))
        .map(|optimum| door::to_amount(optimum.price()))
    {
        Ok(Ok(price)) => Ok(Some(price)),
        Ok(Err(door::NotMoney::TooLarge)) => Err(Overflow),
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// The best start on falling prices, no dearer than the rung that the current price stands on.
fn ladder(
    view: &View<'_>,
    base: Amount,
    rungs: &[Ratio],
    period: u16,
    days_left: i64,
    sales: &Sales,
    left: Left,
) -> Result<Found<(Amount, usize)>, Refusal> {
    let prices: Vec<Amount> = rungs.iter().map(|rung| off(base, *rung)).collect::<Result<_, _>>()?;
    let current = view.money(builtin::CURRENT_PRICE);
    // A price may have been rounded down from its rung: the next one above it is where it stands.
    let above = |price: &Amount| current.is_some_and(|current| current <= *price);
    let ceiling = prices.iter().rposition(above).unwrap_or(0);
    let (days, period) = (days_left + 1, i64::from(period.max(1)));
    let periods = (days + period - 1) / period;
    let cells = (u64::from(sales.units) + 1).pow(2);
    let steps = cells.saturating_mul(periods.unsigned_abs()).saturating_mul(prices.len() as u64);
    if MOST_LADDER_STEPS < steps {
        return Ok(Err(NoPrice::NotASale));
    }
    let alpha = -sales.elasticity.value() / sales.price;
    let mean = |days: i64, price: &Amount| {
        days as f64 * sales.per_day * libm::exp(alpha * (sales.price - door::from_amount(*price)))
    };
    let demand = (0..periods).map(|at| {
        let days = period.min(days - at * period);
        prices.iter().map(|price| mean(days, price)).collect()
    });
    // A unit sold leaves a·P − (C − landed) = a·(P − w) + S.
    let (keep, worth) = (door::from_fraction(left.keep), door::from_amount(left.worth));
    let salvage = door::from_amount(left.salvage);
    let rung = |price: &Amount| {
        let price = door::from_amount(*price);
        Rung { price, gain: keep * (price - worth) + salvage }
    };
    let table = Ladder::try_new(prices.iter().map(rung).collect(), demand.collect(), salvage);
    let start = table.and_then(|table| table.best(Path::NonIncreasing, 0, sales.units, ceiling));
    let found = start.ok().and_then(|start| prices.get(start.rung).map(|price| (*price, start.rung)));
    Ok(found.ok_or(NoPrice::NotASale))
}

//! What demand promises at other prices: the curve behind an `optimise`, for whoever wants to look at it.
//!
//! Floats, and nothing here makes a price.

use super::ahead::{Aim, Demand, Factors, Optimise};
use super::strategy::{cost_of, form_of};
use super::{NoPrice, Place, Refusal, Row, Strategy, View, World};
use crate::demand::{Contribution, Curve, Elasticity, Region, best_within, door, normal};
use crate::facts::builtin;
use crate::money::{Amount, Ratio};

/// Demand of one item in one world, with its doubt.
#[derive(Clone, Debug)]
pub struct Prospect {
    pub demand: Demand,
    pub elasticity: Ratio,
    /// Standard error.
    pub error: Ratio,
    pub current: Amount,
    /// Units a day at the current price; none: everything is in percent of what they are.
    pub units_per_day: Option<Ratio>,
    /// At the estimate, and at the two ends of its interval.
    curves: [Scaled; 3],
    unit: Contribution,
    net: f64,
}

/// A curve that goes through today's price and sales.
#[derive(Clone, Copy, Debug)]
struct Scaled {
    curve: Curve,
    scale: f64,
}

/// What a day brings at one price; the pair is the interval of the contribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    pub price: f64,
    pub units: f64,
    /// Net of VAT.
    pub revenue: f64,
    pub contribution: f64,
    pub interval: (f64, f64),
}

impl Prospect {
    /// The demand of an item: of the given form, else that of the `optimise` of the rule at `winner`, else constant elasticity. The
    /// interval holds with the chance `level`, such as 80 %.
    ///
    /// # Errors
    /// The inner one says which fact is missing.
    pub fn new(
        row: &Row<'_>,
        world: &World<'_>,
        winner: Option<u32>,
        form: Option<Demand>,
        level: Ratio,
    ) -> Result<Result<Self, NoPrice>, Refusal> {
        let costs = super::cost::check(row, world, &mut ())?;
        let purchase = costs.landed.map(|landed| landed.purchase);
        let view = View { item: row.item, world, vat: costs.vat, purchase };
        let demand = form.or_else(|| optimise(world.place, winner).map(|rule| rule.demand));
        let demand = demand.unwrap_or(Demand::ConstantElasticity);
        let Some(landed) = costs.landed else { return Ok(Err(NoPrice::CostMissing)) };
        let Ok(charges) = world.charges.as_ref() else { return Ok(Err(NoPrice::FeesUnknown)) };
        let cost = cost_of(charges.cost_parts(landed.landed)?);
        let one_plus = view.vat().map_or(crate::money::Fraction::ONE, |vat| vat.one_plus);
        let profit = Aim { profit: Ratio::ONE, revenue: Ratio::ZERO };
        let factors = Factors::new(world.place.fees.keep(one_plus)?, one_plus, profit)?;
        let Some(factors) = factors else { return Ok(Err(NoPrice::FeesTooHigh)) };
        Ok(Self::of_facts(&view, demand, &factors, cost, level))
    }

    fn of_facts(
        view: &View<'_>,
        demand: Demand,
        factors: &Factors,
        cost: f64,
        level: Ratio,
    ) -> Result<Self, NoPrice> {
        let number = |attr| view.count(attr).map(Ratio::from_nanos);
        let current = view.money(builtin::CURRENT_PRICE).ok_or(NoPrice::NoCurrentPrice)?;
        let elasticity = number(builtin::ELASTICITY).ok_or(NoPrice::FactMissing("elasticity"))?;
        let error = number(builtin::ELASTICITY_SE).filter(|error| Ratio::ZERO <= *error);
        let error = error.ok_or(NoPrice::FactMissing("elasticity_se"))?;
        let at = match demand {
            Demand::ConstantElasticity => current,
            _ => view.money(builtin::ELASTICITY_PRICE).ok_or(NoPrice::FactMissing("elasticity_price"))?,
        };
        let form = form_of(demand, view).ok_or(NoPrice::FactMissing("market_share"))?;
        let units_per_day = number(builtin::UNITS_PER_DAY);
        let sold = units_per_day.map_or(100.0, door::from_ratio);
        let z = normal::quantile(0.5 + 0.5 * door::from_ratio(level)).unwrap_or(0.0);
        let unusable = || NoPrice::NotSurelyElastic { elasticity, error };
        let curve = |value: f64| -> Option<Scaled> {
            // Demand that does not fall is drawn as demand that hardly does.
            let value = Elasticity::try_new(value.min(-1e-6)).ok()?;
            let curve = Curve::through(form, door::from_amount(at), 1.0, value).ok()?;
            Some(Scaled { curve, scale: sold / curve.quantity(door::from_amount(current)) })
        };
        let (middle, reach) = (door::from_ratio(elasticity), z * door::from_ratio(error));
        let ends = [middle, middle - reach, middle + reach].map(curve);
        let [Some(middle), Some(steep), Some(flat)] = ends else { return Err(unusable()) };
        let keep = door::from_fraction(factors.keep);
        let unit = Contribution::try_new(keep, cost).map_err(|_| NoPrice::FeesTooHigh)?;
        let (curves, net) = ([middle, steep, flat], door::from_fraction(factors.net));
        Ok(Self { demand, elasticity, error, current, units_per_day, curves, unit, net })
    }

    /// What a day brings at `price`, in currency units.
    #[must_use]
    pub fn at(&self, price: f64) -> Day {
        let [middle, others @ ..] = &self.curves;
        let earned = |curve: &Scaled| curve.scale * curve.curve.profit(price, self.unit);
        let ends = others.each_ref().map(earned);
        let contribution = earned(middle);
        let units = middle.scale * middle.curve.quantity(price);
        let low = ends.iter().copied().fold(contribution, f64::min);
        let high = ends.iter().copied().fold(contribution, f64::max);
        Day { price, units, revenue: units * price * self.net, contribution, interval: (low, high) }
    }

    /// The best price between two for the estimate and for both ends of its interval, the lowest first.
    #[must_use]
    pub fn best(&self, low: f64, high: f64) -> Option<(f64, (f64, f64))> {
        let region = Region::try_new(low, high)?;
        let best = self.curves.each_ref().map(|curve| best_within(&curve.curve, self.unit, region).ok());
        let [Some(middle), Some(steep), Some(flat)] = best else { return None };
        Some((middle, (steep.min(flat).min(middle), steep.max(flat).max(middle))))
    }

    /// The gross price that leaves nothing.
    #[must_use]
    pub fn break_even(&self) -> Option<f64> {
        self.unit.break_even()
    }
}

/// The first `optimise` of a rule.
fn optimise(place: &Place, winner: Option<u32>) -> Option<&Optimise> {
    fn find(strategy: &Strategy) -> Option<&Optimise> {
        match strategy {
            Strategy::Optimise(rule) => Some(rule),
            Strategy::Blend { parts, .. } => parts.iter().find_map(|part| find(&part.strategy)),
            _ => None,
        }
    }
    let rule = place.rules.get(winner? as usize)?;
    std::iter::once(&rule.strategy).chain(&rule.otherwise).find_map(find)
}

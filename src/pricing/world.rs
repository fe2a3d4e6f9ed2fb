//! Everything around an item that its price depends on: rules, rates, time.

use super::adjust::Adjusting;
use super::line::Line;
use super::{Now, Place, Refusal, RefusalCode, Release, Twins};
use crate::facts::{Estimates, History, Item, Offer, PriceKind, Rate, Rates, Timeline, builtin};
use crate::money::{Amount, Currency, Fraction, Money, Ratio, Rounding};
use std::ops::Deref;
use std::sync::Arc;

/// One place at one instant, made once for many items. A value, never a global: a process can hold several.
///
/// [`World::new`] makes one without price history, fitted demand and twins; the `with_…` functions give it those.
#[derive(Clone, Debug)]
pub struct World<'a> {
    pub release: &'a Release,
    pub place: &'a Place,
    pub rates: &'a Rates,
    /// What follows from the place, the rates and the instant.
    pub moment: Arc<Moment>,
    /// When the competitors feed of this market was last known to be alive.
    pub rivals_known_at: Option<i64>,
    /// Which prices were in force; none knows nothing.
    pub history: Option<&'a History>,
    /// Fitted demand, in the place of the items' columns.
    pub estimates: Option<&'a Estimates>,
    /// The prices of other items in this place.
    pub twins: Option<&'a Twins>,
}

/// What follows from a place, the known rates and an instant, worked out once. A [`World`] shows all of it as its own.
#[derive(Debug)]
pub struct Moment {
    pub now: Now,
    /// What a unit takes, and what an order takes: each fails alone if a rate is missing.
    pub(super) charges: Result<Charges, Refusal>,
    pub(super) orders: Result<OrderCosts, Refusal>,
    /// What they make of a price, by VAT class; empty where one fails.
    pub(super) lines: Box<[Lines]>,
    pub(super) adjusting: Adjusting,
    /// The symbols of the kinds of prices, in the order of [`PriceKind::ALL`].
    pub(super) price_kinds: [u32; 3],
    /// Landed ÷ purchase cost, of a cost in the market's currency and of a converted one.
    pub(super) landed: [Result<Fraction, Refusal>; 2],
}

impl Deref for World<'_> {
    type Target = Moment;

    fn deref(&self) -> &Moment {
        &self.moment
    }
}

impl Moment {
    /// The moment of `place` at `at` (seconds since 1970).
    #[must_use]
    pub fn new(release: &Release, place: &Place, rates: &Rates, at: i64) -> Self {
        let charges = Charges::new(place, rates, at);
        let orders = OrderCosts::new(place, rates, at);
        let lines = lines(&charges, &orders);
        let kinds = &release.schema.attr(builtin::PRICE_KIND).symbols;
        let price_kinds = PriceKind::ALL.map(|kind| kinds.lookup(kind.as_str()));
        let landed = [Ratio::ZERO, place.fx.buffer].map(|buffer| Landed::factor(place, buffer));
        let now = Now::new(at, &place.zone);
        let adjusting = Adjusting::new(place, &now);
        Self { now, charges, orders, lines, adjusting, price_kinds, landed }
    }
}

/// Contributions in one division each; none where it needs more than 127 bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// Of the unit alone.
    pub unit: Option<Line>,
    /// With the costs of an order: for a price below the usual basket, and for one at or above it.
    pub below: Option<Line>,
    pub above: Option<Line>,
    pub basket: Option<Amount>,
}

/// One item with the offers of its rivals in the world's market, each rival once.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub item: &'a Item,
    pub offers: &'a [Offer],
}

/// Unit contribution = a·P − C, with C = goods·landed + fixed; a for each VAT class.
#[derive(Clone, Debug)]
pub(super) struct Charges {
    pub a: Box<[Fraction]>,
    /// 1 − returns × salvage: the share of landed cost that is lost.
    goods: Fraction,
    /// Unit costs and the cost of returns.
    fixed: Fraction,
}

/// The costs of an order, F, shared by value: F·min(1, P ÷ basket).
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderCosts {
    pub order: Fraction,
    pub basket: Option<Amount>,
    /// F ÷ basket.
    pub share: Option<Fraction>,
}

impl<'a> World<'a> {
    /// The world of `place` at `at` (seconds since 1970).
    #[must_use]
    pub fn new(
        release: &'a Release,
        place: &'a Place,
        rates: &'a Rates,
        at: i64,
        rivals_known_at: Option<i64>,
    ) -> Self {
        let moment = Arc::new(Moment::new(release, place, rates, at));
        Self::at(moment, release, place, rates, rivals_known_at)
    }

    /// The same, when the moment of just this place and these rates is known.
    #[must_use]
    pub fn at(
        moment: Arc<Moment>,
        release: &'a Release,
        place: &'a Place,
        rates: &'a Rates,
        rivals_known_at: Option<i64>,
    ) -> Self {
        let (history, estimates, twins) = (None, None, None);
        Self { release, place, rates, moment, rivals_known_at, history, estimates, twins }
    }

    /// With the prices that were in force.
    #[must_use]
    pub fn with_history(self, history: &'a History) -> Self {
        Self { history: Some(history).filter(|history| !history.is_empty()), ..self }
    }

    /// With fitted demand.
    #[must_use]
    pub fn with_estimates(self, estimates: &'a Estimates) -> Self {
        Self { estimates: Some(estimates).filter(|estimates| !estimates.is_empty()), ..self }
    }

    /// With the prices of twins.
    #[must_use]
    pub fn with_twins(self, twins: &'a Twins) -> Self {
        Self { twins: Some(twins), ..self }
    }

    /// What history knows of an item here and now; empty without history.
    #[must_use]
    pub fn timeline(&self, sku: &str) -> Timeline {
        let Place { market, channel, currency, .. } = self.place;
        let known = |history: &History| history.timeline(sku, market, channel, *currency, self.now.at);
        self.history.map(known).unwrap_or_default()
    }

    /// The rate from `from` to the market's currency; `Ok(None)` when no conversion is needed.
    pub(super) fn rate(&self, from: Currency) -> Result<Option<Rate>, Refusal> {
        rate(self.place, self.rates, self.now.at, from)
    }
}

fn rate(place: &Place, rates: &Rates, at: i64, from: Currency) -> Result<Option<Rate>, Refusal> {
    if from == place.currency {
        return Ok(None);
    }
    let pair = || format!("{from}/{}", place.currency);
    let rate = rates
        .find(from, place.currency, at)
        .ok_or_else(|| Refusal::fact(RefusalCode::ExchangeRateMissing, pair()))?;
    match place.fx.max_age {
        Some(max_age) if max_age < at - rate.as_of => {
            Err(Refusal::fact(RefusalCode::ExchangeRateStale, pair()))
        }
        _ => Ok(Some(rate)),
    }
}

/// A channel's money cost in the market's currency, at the plain rate.
fn convert(place: &Place, rates: &Rates, at: i64, money: &Money) -> Result<Amount, Refusal> {
    match rate(place, rates, at, money.currency)? {
        None => Ok(money.amount),
        Some(rate) => rate.convert(money.amount).map_err(Refusal::from),
    }
}

fn sum(place: &Place, rates: &Rates, at: i64, costs: &[(Box<str>, Money)]) -> Result<Amount, Refusal> {
    let add = |sum: Amount, (_, money): &(Box<str>, Money)| {
        sum.add(convert(place, rates, at, money)?).map_err(Refusal::from)
    };
    costs.iter().try_fold(Amount::ZERO, add)
}

impl Charges {
    fn new(place: &Place, rates: &Rates, at: i64) -> Result<Self, Refusal> {
        let fees = &place.fees;
        let unit = sum(place, rates, at, &fees.per_unit)?;
        let (rate, reverse, salvage) = match &fees.returns {
            Some(returns) => {
                let reverse = convert(place, rates, at, &returns.reverse)?;
                (Fraction::of(returns.rate), reverse, Fraction::of(returns.salvage))
            }
            None => (Fraction::ZERO, Amount::ZERO, Fraction::ZERO),
        };
        let per_vat = place.vat.iter().map(|vat| fees.keep(vat.one_plus));
        Ok(Self {
            a: per_vat.collect::<Result<_, crate::money::Overflow>>()?,
            goods: Fraction::ONE.sub(rate.mul(salvage)?)?,
            fixed: Fraction::of_amount(unit).add(rate.mul(Fraction::of_amount(reverse))?)?,
        })
    }

    pub(super) fn goods(&self) -> Fraction {
        self.goods
    }

    pub(super) fn fixed(&self) -> Fraction {
        self.fixed
    }

    /// C for a landed cost, exactly.
    pub(super) fn cost(&self, landed: Amount) -> Result<Fraction, Refusal> {
        Ok(Fraction::of_amount(landed).mul(self.goods)?.add(self.fixed)?)
    }
}

impl OrderCosts {
    fn new(place: &Place, rates: &Rates, at: i64) -> Result<Self, Refusal> {
        let order = Fraction::of_amount(sum(place, rates, at, &place.fees.per_order)?);
        let basket = place.fees.basket;
        let share = basket.map(|basket| order.div(Fraction::of_amount(basket))).transpose()?;
        Ok(Self { order, basket, share })
    }

    /// F·min(1, P ÷ basket), exactly.
    pub(super) fn of(&self, price: Amount) -> Result<Fraction, Refusal> {
        match (self.basket, self.share) {
            (Some(basket), Some(share)) if price < basket => Ok(share.mul(Fraction::of_amount(price))?),
            _ => Ok(self.order),
        }
    }
}

/// Purchase cost of one item and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Landed {
    pub purchase: Amount,
    pub landed: Amount,
}

impl Landed {
    pub(super) fn new(world: &World<'_>, cost: Money, rate: Option<Rate>) -> Result<Self, Refusal> {
        let purchase = match rate {
            None => cost.amount,
            Some(rate) => rate.convert(cost.amount)?,
        };
        let [plain, converted] = &world.landed;
        let factor = if rate.is_some() { converted } else { plain };
        let factor = *factor.as_ref().map_err(Refusal::clone)?;
        Ok(Self { purchase, landed: factor.apply(purchase, Rounding::HalfEven)? })
    }

    fn factor(place: &Place, buffer: Ratio) -> Result<Fraction, Refusal> {
        Ok(Fraction::ONE.add(Fraction::of(buffer))?.mul(place.landed)?)
    }
}

fn lines(charges: &Result<Charges, Refusal>, orders: &Result<OrderCosts, Refusal>) -> Box<[Lines]> {
    let Ok(charges) = charges else { return Box::default() };
    let line = |a: Result<Fraction, crate::money::Overflow>,
                fixed: Result<Fraction, crate::money::Overflow>| {
        Line::new(a.ok()?, charges.goods, fixed.ok()?)
    };
    let lines = charges.a.iter().map(|a| {
        let unit = line(Ok(*a), Ok(charges.fixed));
        let Ok(orders) = orders else { return Lines { unit, ..Lines::default() } };
        let above = line(Ok(*a), charges.fixed.add(orders.order));
        let below = orders.share.and_then(|share| line(a.sub(share), Ok(charges.fixed)));
        Lines { unit, below, above, basket: orders.basket }
    });
    lines.collect()
}

impl Lines {
    /// That of a price with the costs of its order.
    pub(super) fn full(&self, price: Amount) -> Option<&Line> {
        match self.basket {
            Some(basket) if price < basket => self.below.as_ref(),
            _ => self.above.as_ref(),
        }
    }
}

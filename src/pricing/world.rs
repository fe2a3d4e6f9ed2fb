//! Everything around an item that its price depends on: rules, rates, time.

use super::{Now, Place, Refusal, RefusalCode, Release, Twins};
use crate::facts::{Estimates, History, Item, Offer, Rate, Rates, Timeline};
use crate::money::{Amount, Currency, Fraction, Money, Ratio, Rounding};

/// One place at one instant, made once for many items. A value, never a global: a process can hold several.
///
/// [`World::new`] makes one without price history, fitted demand and twins; the `with_…` functions give it those.
#[derive(Clone, Debug)]
pub struct World<'a> {
    pub release: &'a Release,
    pub place: &'a Place,
    pub rates: &'a Rates,
    pub now: Now,
    /// When the competitors feed of this market was last known to be alive.
    pub rivals_known_at: Option<i64>,
    /// Which prices were in force; none knows nothing.
    pub history: Option<&'a History>,
    /// Fitted demand, in the place of the items' columns.
    pub estimates: Option<&'a Estimates>,
    /// The prices of other items in this place.
    pub twins: Option<&'a Twins>,
    /// What a unit takes, and what an order takes: each fails alone if a rate is missing.
    pub(super) charges: Result<Charges, Refusal>,
    pub(super) orders: Result<OrderCosts, Refusal>,
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
        let now = Now::new(at, &place.zone);
        let charges = Charges::new(place, rates, at);
        let orders = OrderCosts::new(place, rates, at);
        let (history, estimates, twins) = (None, None, None);
        Self { release, place, rates, now, rivals_known_at, history, estimates, twins, charges, orders }
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
    pub(super) fn new(place: &Place, cost: Money, rate: Option<Rate>) -> Result<Self, Refusal> {
        let purchase = match rate {
            None => cost.amount,
            Some(rate) => rate.convert(cost.amount)?,
        };
        let buffer = if rate.is_some() { place.fx.buffer } else { Ratio::ZERO };
        let factor = Fraction::ONE.add(Fraction::of(buffer))?.mul(place.landed)?;
        Ok(Self { purchase, landed: factor.apply(purchase, Rounding::HalfEven)? })
    }
}

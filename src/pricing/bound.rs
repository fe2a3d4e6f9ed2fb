//! What one guard demands of one price, as floors and ceilings.

use super::cost::Costs;
use super::world::{Charges, OrderCosts};
use super::{
    Bound, CostBasis, FeedName, GuardRef, GuardVariant, Limit, Refusal, RefusalCode, Side, StaleFeed, View,
};
use crate::facts::{PriceKind, Timeline, builtin};
use crate::money::{Amount, Fraction, Ratio, Rounding};
use smallvec::SmallVec;

/// One floor or ceiling of one guard. No amount: no price at all satisfies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub guard: GuardRef,
    /// Which of the guard's bounds it comes from.
    pub bound: u8,
    pub side: Side,
    pub at: Option<Amount>,
    pub may_yield: bool,
}

pub(super) type Demands = SmallVec<[Demand; 16]>;

/// A guard's smallest move worth a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeastMove {
    pub guard: GuardRef,
    pub by: Ratio,
}

/// The highest floor and the lowest ceiling of some demands; of equal ones the first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edges {
    pub floor: Option<(Amount, GuardRef)>,
    pub ceiling: Option<(Amount, GuardRef)>,
}

/// What the guards ask of a price.
#[derive(Debug, Default)]
pub(super) struct Asked<'d> {
    /// Of the class that is asked.
    pub edges: Edges,
    /// A demand that no price satisfies.
    pub impossible: bool,
    /// Every demand, for whoever has to look at them one by one.
    pub list: Option<&'d mut Demands>,
    /// Which of the guard's bounds is asked.
    pub bound: u8,
    pub least_move: Option<LeastMove>,
    /// The price that an announced reduction shows.
    pub reference: Option<Amount>,
}

impl Asked<'_> {
    #[inline(always)]
    fn take(&mut self, demand: Demand) {
        let Demand { guard, side, at, .. } = demand;
        match (side, at) {
            (_, None) => self.impossible = true,
            (Side::Floor, Some(at)) => {
                if self.edges.floor.is_none_or(|(known, _)| known < at) {
                    self.edges.floor = Some((at, guard));
                }
            }
            (Side::Ceiling, Some(at)) => {
                if self.edges.ceiling.is_none_or(|(known, _)| at < known) {
                    self.edges.ceiling = Some((at, guard));
                }
            }
        }
        if let Some(list) = &mut self.list {
            list.push(demand);
        }
    }
}

/// One guard that applies, with what it may look at.
pub(super) struct Asking<'a> {
    pub guard: GuardRef,
    pub variant: &'a GuardVariant,
    pub view: &'a View<'a>,
    pub costs: &'a Costs,
}

impl Asking<'_> {
    /// Adds the guard's demands.
    pub(super) fn add_to(&self, asked: &mut Asked<'_>) -> Result<(), Refusal> {
        for (bound, index) in self.variant.bounds.iter().zip(0_u8..) {
            asked.bound = index;
            self.bound(bound, asked)?;
        }
        Ok(())
    }

    /// What is shown beside a held price, which meets no bounds of the lower classes.
    pub(super) fn announce_to(&self, asked: &mut Asked<'_>) -> Result<(), Refusal> {
        let mut announcing = self.variant.bounds.iter().filter(|bound| matches!(bound, Bound::Announce(_)));
        announcing.try_for_each(|bound| self.bound(bound, asked))
    }

    fn bound(&self, bound: &Bound, asked: &mut Asked<'_>) -> Result<(), Refusal> {
        match bound {
            Bound::MinMargin { factor, .. } => self.cost_bound(asked, Side::Floor, |costs| {
                self.per_vat(factor)?.apply(costs.landed, Rounding::Up).map(Some).map_err(Refusal::from)
            }),
            Bound::MinContribution(least) => self.cost_bound(asked, Side::Floor, |costs| {
                let lines = self.view.world.lines.get(self.costs.vat);
                let line = lines.and_then(|lines| lines.unit.as_ref());
                if let Some(at) = line.and_then(|line| line.lowest(costs.landed, *least)) {
                    return Ok(Some(at.max(Amount::ZERO)));
                }
                let charges = self.charges()?;
                unit_floor(charges, self.costs.vat, charges.cost(costs.landed)?, *least)
            }),
            Bound::MinFullContribution(least) => self.cost_bound(asked, Side::Floor, |costs| {
                let (charges, orders) = (self.charges()?, self.orders()?);
                full_floor(charges, orders, self.costs.vat, charges.cost(costs.landed)?, *least)
            }),
            Bound::MaxMarkup { of, factor, .. } => self.cost_bound(asked, Side::Ceiling, |costs| {
                let basis = match of {
                    CostBasis::Purchase => costs.purchase,
                    CostBasis::Landed => costs.landed,
                };
                self.per_vat(factor)?.apply(basis, Rounding::Down).map(Some).map_err(Refusal::from)
            }),
            Bound::Price { side, limit } => self.price_bound(asked, *side, limit),
            Bound::Absolute { low, high } => {
                self.demand(asked, Side::Floor, Some(*low));
                self.demand(asked, Side::Ceiling, Some(*high));
                Ok(())
            }
            Bound::MaxChange { down, up, per } => self.max_change(asked, *down, *up, *per),
            Bound::MinChange(by) => {
                if self.regular_price().is_some() && asked.least_move.is_none_or(|known| known.by < *by) {
                    asked.least_move = Some(LeastMove { guard: self.guard, by: *by });
                }
                Ok(())
            }
            Bound::KeepPrice => {
                let current = self.view.money(builtin::CURRENT_PRICE);
                let current =
                    current.ok_or_else(|| Refusal::guards(RefusalCode::FeedStale, vec![self.guard]))?;
                self.demand(asked, Side::Floor, Some(current));
                self.demand(asked, Side::Ceiling, Some(current));
                Ok(())
            }
            Bound::Cooldown(wait) => {
                let now = self.view.world.now.at;
                let fresh = |current: &Amount| {
                    let since = self.timeline().since(*current);
                    since.is_some_and(|since| now.saturating_sub(since) < *wait)
                };
                if let Some(current) = self.regular_price().filter(fresh) {
                    self.demand(asked, Side::Floor, Some(current));
                    self.demand(asked, Side::Ceiling, Some(current));
                }
                Ok(())
            }
            Bound::Announce(before) => {
                let timeline = self.timeline();
                let start = timeline.reduced_since().unwrap_or(self.view.world.now.at);
                let rows = timeline.between(start.saturating_sub(*before), start);
                let lowest = rows.map(|row| row.price.amount).min();
                asked.reference = [asked.reference, lowest].into_iter().flatten().min();
                Ok(())
            }
        }
    }

    /// All moves within `per` together: from the highest and the lowest regular price of that time. The current price is
    /// never outside (decisions 14.6).
    fn max_change(
        &self,
        asked: &mut Asked<'_>,
        down: Ratio,
        up: Ratio,
        per: Option<i64>,
    ) -> Result<(), Refusal> {
        let Some(current) = self.regular_price() else {
            return Ok(());
        };
        let (down, up) = (Ratio::ONE.add(down)?, Ratio::ONE.add(up)?);
        let mut floor = current.mul(down, Rounding::Up)?;
        let mut ceiling = current.mul(up, Rounding::Down)?;
        if let Some(per) = per.filter(|_| self.view.world.history.is_some()) {
            let now = self.view.world.now.at;
            let timeline = self.timeline();
            let rows = timeline.between(now.saturating_sub(per), now.saturating_add(1));
            for row in rows.filter(|row| row.kind == PriceKind::Regular) {
                floor = floor.max(row.price.amount.mul(down, Rounding::Up)?);
                ceiling = ceiling.min(row.price.amount.mul(up, Rounding::Down)?);
            }
        }
        self.demand(asked, Side::Floor, Some(floor.min(current)));
        self.demand(asked, Side::Ceiling, Some(ceiling.max(current)));
        Ok(())
    }

    fn timeline(&self) -> Timeline {
        self.view.world.timeline(&self.view.item.sku)
    }

    /// A bound that reads a cost: nobody believes it while the cost is in doubt; without a cost it refuses.
    fn cost_bound(
        &self,
        asked: &mut Asked<'_>,
        side: Side,
        at: impl FnOnce(&super::world::Landed) -> Result<Option<Amount>, Refusal>,
    ) -> Result<(), Refusal> {
        if self.costs.doubt.is_some() {
            return Ok(());
        }
        let landed = self.costs.landed.as_ref().ok_or_else(|| self.missing("cost"))?;
        self.demand(asked, side, at(landed)?);
        Ok(())
    }

    fn price_bound(&self, asked: &mut Asked<'_>, side: Side, limit: &Limit) -> Result<(), Refusal> {
        let rounding = match side {
            Side::Floor => Rounding::Up,
            Side::Ceiling => Rounding::Down,
        };
        let at = match limit {
            Limit::Amount(amount) => *amount,
            Limit::Relative { attr, .. } if *attr == builtin::COST && self.costs.doubt.is_some() => {
                return Ok(());
            }
            Limit::Relative { attr, factor, .. } => {
                let name = || self.missing(&self.view.world.release.schema.attr(*attr).name);
                self.per_vat(factor)?.apply(self.view.money(*attr).ok_or_else(name)?, rounding)?
            }
        };
        self.demand(asked, side, Some(at));
        Ok(())
    }

    #[inline(always)]
    fn demand(&self, asked: &mut Asked<'_>, side: Side, at: Option<Amount>) {
        let bound = asked.bound;
        asked.take(Demand { guard: self.guard, bound, side, at, may_yield: self.variant.may_yield });
    }

    #[inline]
    fn per_vat(&self, factors: &[Fraction]) -> Result<Fraction, Refusal> {
        factors.get(self.costs.vat).copied().ok_or_else(|| Refusal::new(RefusalCode::VatClass))
    }

    fn charges(&self) -> Result<&Charges, Refusal> {
        self.view
            .world
            .charges
            .as_ref()
            .map_err(|refusal| Refusal { guards: vec![self.guard], ..refusal.clone() })
    }

    fn orders(&self) -> Result<&OrderCosts, Refusal> {
        self.view
            .world
            .orders
            .as_ref()
            .map_err(|refusal| Refusal { guards: vec![self.guard], ..refusal.clone() })
    }

    fn missing(&self, fact: &str) -> Refusal {
        Refusal { guards: vec![self.guard], ..Refusal::fact(RefusalCode::FactMissing, fact) }
    }

    fn regular_price(&self) -> Option<Amount> {
        regular_price(self.view)
    }
}

/// The current price if it is of the kind that limits on moves compare with.
#[inline]
pub(super) fn regular_price(view: &View<'_>) -> Option<Amount> {
    match view.price_kind() {
        PriceKind::Regular => view.money(builtin::CURRENT_PRICE),
        PriceKind::Promo | PriceKind::Clearance => None,
    }
}

/// Whether a `when = {feed, age}` guard acts on a price that read these feeds.
pub(super) fn acts(stale: &StaleFeed, reads: super::strategy::Reads, view: &View<'_>, costs: &Costs) -> bool {
    let (read, known_at) = match stale.feed {
        FeedName::Competitors => (reads.competitors, view.world.rivals_known_at),
        FeedName::Fx => (reads.fx, costs.rate.map(|rate| rate.as_of)),
    };
    let old = |known: i64| {
        let age = view.world.now.at.saturating_sub(known);
        stale.age.iter().any(|(low, high)| *low <= age && age <= *high)
    };
    read && known_at.is_none_or(old)
}

/// The lowest P ≥ 0 with a·P − C ≥ least.
fn unit_floor(
    charges: &Charges,
    vat: usize,
    cost: Fraction,
    least: Amount,
) -> Result<Option<Amount>, Refusal> {
    let a = *charges.a.get(vat).ok_or_else(|| Refusal::new(RefusalCode::VatClass))?;
    Ok(lowest(a, cost.add(Fraction::of_amount(least))?)?.map(|at| at.max(Amount::ZERO)))
}

/// The lowest P ≥ 0 whose full contribution is at least `least`: below the basket order costs are shared by value.
fn full_floor(
    charges: &Charges,
    orders: &OrderCosts,
    vat: usize,
    cost: Fraction,
    least: Amount,
) -> Result<Option<Amount>, Refusal> {
    let a = *charges.a.get(vat).ok_or_else(|| Refusal::new(RefusalCode::VatClass))?;
    let needed = cost.add(Fraction::of_amount(least))?;
    let whole = needed.add(orders.order)?;
    let (Some(share), Some(basket)) = (orders.share, orders.basket) else {
        return Ok(lowest(a, whole)?.map(|at| at.max(Amount::ZERO)));
    };
    if needed.num() <= 0 {
        return Ok(Some(Amount::ZERO));
    }
    match lowest(a.sub(share)?, needed)? {
        Some(at) if at < basket => Ok(Some(at)),
        _ => Ok(lowest(a, whole)?.map(|at| at.max(basket))),
    }
}

/// The lowest P with a·P ≥ needed, for needed > 0 or a > 0; none if there is none.
fn lowest(a: Fraction, needed: Fraction) -> Result<Option<Amount>, Refusal> {
    if a.is_positive() {
        Ok(Some(needed.div(a)?.to_amount(Rounding::Up)?))
    } else if needed.num() <= 0 {
        Ok(Some(Amount::ZERO))
    } else {
        Ok(None)
    }
}

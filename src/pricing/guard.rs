//! Guards: from legal to comfort, the intervals of each class are intersected; what cannot hold yields or refuses.

use super::bound::{Asked, Asking, Demand, Demands, Edges, LeastMove, acts};
use super::cost::Costs;
use super::strategy::Reads;
use super::{
    Edge, Flag, Flags, Guard, GuardClass, GuardRef, GuardVariant, Hits, Range, Refusal, RefusalCode, Side,
    Step, Trace, View,
};
use crate::money::{Amount, Currency, Rounding, to_minor};
use smallvec::SmallVec;

/// What the guards leave of all prices.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    /// R.
    pub range: Range,
    /// The part of R that legal and safety guards alone make.
    pub hard: Range,
    /// For each class its highest floor and lowest ceiling, those that yielded included.
    pub classes: [Edges; 5],
    pub least_move: Option<LeastMove>,
    /// The price that an announced reduction shows.
    pub reference: Option<Amount>,
    pub hits: Hits,
    pub flags: Flags,
}

/// Semantics 6, decisions 7: what the guards leave, into `guarded`, where nothing is known yet. `relaxed` are guards that the rule
/// and its adjustments remove; `reads` is none for held prices, which meet legal and safety guards alone.
pub(super) fn bound<T: Trace>(
    guarded: &mut Guarded,
    view: &View<'_>,
    costs: &Costs,
    reads: Option<Reads>,
    relaxed: impl Fn(u16) -> bool,
    trace: &mut T,
) -> Result<(), Refusal> {
    // Nearly always all guards hold together. What does not, and what somebody wants explained, is done again thoroughly.
    if !T::ON && quickly(guarded, view, costs, reads, &relaxed).is_some() {
        return Ok(());
    }
    *guarded = Guarded::nothing(view.world.place.currency);
    thoroughly(guarded, view, costs, reads, relaxed, trace)
}

/// Guard by guard in one go; none where a guard cannot be asked, cannot hold, or comes out of the order of classes.
fn quickly(
    guarded: &mut Guarded,
    view: &View<'_>,
    costs: &Costs,
    reads: Option<Reads>,
    relaxed: impl Fn(u16) -> bool,
) -> Option<()> {
    let currency = view.world.place.currency;
    let now = view.world.now.at;
    let mut asked = Asked::default();
    let mut class = GuardClass::Legal;
    for (guard, index) in view.world.place.guards.iter().zip(0_u16..) {
        let Some((variant, at)) = acting(guard, view) else { continue };
        if !variant.window.holds(now) {
            continue;
        }
        if variant.class != GuardClass::Legal && relaxed(index) {
            guarded.flags.set(Flag::NeedsApproval);
            continue;
        }
        if !is_due(variant, reads, view, costs) {
            continue;
        }
        if variant.class != class {
            guarded.close(class, &mut asked, currency)?;
            // Variants of one guard may be of different classes.
            if variant.class < class {
                return None;
            }
            class = variant.class;
        }
        let guard = GuardRef { guard: index, variant: at, class };
        let asking = Asking { guard, variant, view, costs };
        match reads.is_some() || class.is_hard() {
            true => asking.add_to(&mut asked).ok()?,
            false => asking.announce_to(&mut asked).ok()?,
        }
    }
    guarded.close(class, &mut asked, currency)?;
    guarded.least_move = asked.least_move;
    guarded.reference = asked.reference;
    Some(())
}

/// Class by class, each demand by itself.
fn thoroughly<T: Trace>(
    guarded: &mut Guarded,
    view: &View<'_>,
    costs: &Costs,
    reads: Option<Reads>,
    relaxed: impl Fn(u16) -> bool,
    trace: &mut T,
) -> Result<(), Refusal> {
    let currency = view.world.place.currency;
    let mut acting = Acting::new();
    find_acting(&mut acting, view, costs, reads, relaxed, &mut guarded.flags, trace);
    acting.sort_by_key(|(guard, _)| guard.class);
    for of_class in acting.chunk_by(|(one, _), (next, _)| one.class == next.class) {
        let Some(class) = of_class.first().map(|(guard, _)| guard.class) else { continue };
        let mut demands = Demands::new();
        let (least_move, reference) = (guarded.least_move, guarded.reference);
        let mut asked = Asked { list: Some(&mut demands), least_move, reference, ..Asked::default() };
        for (guard, variant) in of_class {
            let asking = Asking { guard: *guard, variant, view, costs };
            match reads.is_some() || class.is_hard() {
                true => asking.add_to(&mut asked)?,
                false => asking.announce_to(&mut asked)?,
            }
        }
        let Asked { edges, impossible, least_move, reference, .. } = asked;
        (guarded.least_move, guarded.reference) = (least_move, reference);
        if let Some(of_class) = guarded.classes.get_mut(class as usize) {
            *of_class = edges;
        }
        report(&demands, trace);
        if impossible || !guarded.narrow(&edges, currency) {
            guarded.intersect(&mut demands, currency, trace)?;
        }
        if class.is_hard() {
            guarded.hard = guarded.range;
        }
    }
    Ok(())
}

type Acting<'a> = SmallVec<[(GuardRef, &'a GuardVariant); 12]>;

/// The guards that apply to this price: scope and dates hold, nothing relaxes them, and their feed is as stale as they say.
fn find_acting<'a, T: Trace>(
    acting: &mut Acting<'a>,
    view: &View<'a>,
    costs: &Costs,
    reads: Option<Reads>,
    relaxed: impl Fn(u16) -> bool,
    flags: &mut Flags,
    trace: &mut T,
) {
    let now = view.world.now.at;
    for (guard, index) in view.world.place.guards.iter().zip(0_u16..) {
        let Some((variant, at)) = self::acting(guard, view).filter(|(variant, _)| variant.window.holds(now))
        else {
            continue;
        };
        let id = GuardRef { guard: index, variant: at, class: variant.class };
        if variant.class != GuardClass::Legal && relaxed(index) {
            flags.set(Flag::NeedsApproval);
            trace.step(|| Step::Relaxed { guard: id });
            continue;
        }
        if is_due(variant, reads, view, costs) {
            acting.push((id, variant));
        }
    }
}

/// The variant whose scope holds.
#[inline]
fn acting<'a>(guard: &'a Guard, view: &View<'_>) -> Option<(&'a GuardVariant, u16)> {
    match &*guard.variants {
        [variant] => view.inside(&variant.scope).then_some((variant, 0)),
        variants => variants.iter().zip(0_u16..).find(|(variant, _)| view.inside(&variant.scope)),
    }
}

/// Whether its feed, if it asks for one, is as stale as it says.
#[inline]
fn is_due(variant: &GuardVariant, reads: Option<Reads>, view: &View<'_>, costs: &Costs) -> bool {
    match &variant.when {
        None => true,
        Some(stale) => reads.is_some_and(|reads| acts(stale, reads, view, costs)),
    }
}

fn report<T: Trace>(demands: &[Demand], trace: &mut T) {
    for demand in demands {
        if let Some(at) = demand.at {
            trace.step(|| Step::Bounded { guard: demand.guard, bound: demand.bound, side: demand.side, at });
        }
    }
}

/// At least one minor unit; no ceiling.
fn everything(currency: Currency) -> Range {
    Range {
        floor: Edge { amount: Amount::from_micros(currency.micros_per_minor()), set_by: None },
        ceiling: Edge { amount: Amount::MAX, set_by: None },
    }
}

/// Whether some payable price lies between the two.
#[inline]
fn payable_between(low: Amount, high: Amount, currency: Currency) -> bool {
    // A minor unit apart there is one in any case.
    let apart = high.micros().checked_sub(low.micros());
    if Amount::ZERO <= low && apart.is_some_and(|apart| currency.micros_per_minor() <= apart) {
        return true;
    }
    let lowest = to_minor(low, currency, Rounding::Up);
    let highest = to_minor(high, currency, Rounding::Down);
    matches!((lowest, highest), (Ok(lowest), Ok(highest)) if lowest.max(1) <= highest)
}

impl Guarded {
    /// Before any guard is asked.
    #[inline]
    pub(super) fn nothing(currency: Currency) -> Self {
        Self {
            range: everything(currency),
            hard: everything(currency),
            classes: [Edges::default(); 5],
            least_move: None,
            reference: None,
            hits: Hits::default(),
            flags: Flags::default(),
        }
    }

    /// Ends a class of which every demand was heard; none if they cannot all hold.
    #[inline]
    fn close(&mut self, class: GuardClass, asked: &mut Asked<'_>, currency: Currency) -> Option<()> {
        if asked.impossible {
            return None;
        }
        if asked.edges.floor.is_some() || asked.edges.ceiling.is_some() {
            *self.classes.get_mut(class as usize)? = asked.edges;
            if !self.narrow(&asked.edges, currency) {
                return None;
            }
            asked.edges = Edges::default();
        }
        if class.is_hard() {
            self.hard = self.range;
        }
        Some(())
    }

    /// Intersects R with one class, if some price then remains: its bounds hold together, so each of them holds alone.
    #[inline]
    fn narrow(&mut self, edges: &Edges, currency: Currency) -> bool {
        let range = &mut self.range;
        let floor = edges.floor.filter(|(at, _)| range.floor.amount < *at);
        let ceiling = edges.ceiling.filter(|(at, _)| *at < range.ceiling.amount);
        let low = floor.map_or(range.floor.amount, |(at, _)| at);
        let high = ceiling.map_or(range.ceiling.amount, |(at, _)| at);
        // What is as it was leaves a price, as it did.
        let fits = (floor.is_none() && ceiling.is_none()) || payable_between(low, high, currency);
        if !fits {
            return false;
        }
        if let Some((amount, guard)) = floor {
            range.floor = Edge { amount, set_by: Some(guard) };
        }
        if let Some((amount, guard)) = ceiling {
            range.ceiling = Edge { amount, set_by: Some(guard) };
        }
        true
    }

    /// Intersects R with one class whose bounds cannot all hold.
    #[cold]
    fn intersect<T: Trace>(
        &mut self,
        demands: &mut Demands,
        currency: Currency,
        trace: &mut T,
    ) -> Result<(), Refusal> {
        // First each bound alone against what higher classes left.
        let range = self.range;
        let mut refused = None;
        demands.retain(|demand| {
            let fits = match (demand.side, demand.at) {
                (_, None) => false,
                (Side::Floor, Some(at)) => {
                    payable_between(at.max(range.floor.amount), range.ceiling.amount, currency)
                }
                (Side::Ceiling, Some(at)) => {
                    payable_between(range.floor.amount, at.min(range.ceiling.amount), currency)
                }
            };
            if !fits && refused.is_none() {
                if demand.guard.class.is_hard() && !demand.may_yield {
                    refused = Some(contradiction(*demand, range));
                } else {
                    self.yields(demand.guard, trace);
                }
            }
            fits
        });
        if let Some(refused) = refused {
            return Err(refused);
        }
        // Then the rest together.
        while let (Some(floor), Some(ceiling)) =
            (tightest(demands, Side::Floor), tightest(demands, Side::Ceiling))
        {
            if payable_between(floor.1, ceiling.1, currency) {
                break;
            }
            let loser = match (floor.0.guard.class.is_hard(), floor.0.may_yield, ceiling.0.may_yield) {
                (false, ..) | (true, _, true) => ceiling.0,
                (true, true, false) => floor.0,
                (true, false, false) => {
                    return Err(Refusal::guards(
                        RefusalCode::GuardsContradict,
                        vec![floor.0.guard, ceiling.0.guard],
                    ));
                }
            };
            demands.retain(|demand| *demand != loser);
            self.yields(loser.guard, trace);
        }
        if let Some((demand, at)) = tightest(demands, Side::Floor)
            && self.range.floor.amount < at
        {
            self.range.floor = Edge { amount: at, set_by: Some(demand.guard) };
        }
        if let Some((demand, at)) = tightest(demands, Side::Ceiling)
            && at < self.range.ceiling.amount
        {
            self.range.ceiling = Edge { amount: at, set_by: Some(demand.guard) };
        }
        Ok(())
    }

    fn yields<T: Trace>(&mut self, guard: GuardRef, trace: &mut T) {
        self.hits.add(guard);
        self.flags.set(Flag::GuardConflict);
        trace.step(|| Step::Yielded { guard });
    }

    /// The target clamped by the classes, comfort first, legal last, and at last into R.
    pub(super) fn clamp<T: Trace>(&mut self, target: Amount, trace: &mut T) -> Amount {
        // Where no guard yielded, R lies inside every class.
        if self.range.floor.amount <= target
            && target <= self.range.ceiling.amount
            && !self.flags.has(Flag::GuardConflict)
        {
            return target;
        }
        let mut price = target;
        for interval in self.classes.into_iter().rev() {
            for (edge, side) in [(interval.ceiling, Side::Ceiling), (interval.floor, Side::Floor)] {
                if let Some((at, guard)) = edge {
                    price = self.pull(price, at, side, Some(guard), trace);
                }
            }
        }
        let Range { floor, ceiling } = self.range;
        price = self.pull(price, ceiling.amount, Side::Ceiling, ceiling.set_by, trace);
        self.pull(price, floor.amount, Side::Floor, floor.set_by, trace)
    }

    /// A price that is not rounded meets R alone: the guard at the edge it had to move to.
    pub(super) fn move_inside<T: Trace>(&mut self, range: Range, from: Amount, to: Amount, trace: &mut T) {
        let edge = if from < to { range.floor } else { range.ceiling };
        if let Some(guard) = edge.set_by {
            self.hits.add(guard);
        }
        trace.step(|| Step::Moved { guard: edge.set_by, after: to });
    }

    fn pull<T: Trace>(
        &mut self,
        price: Amount,
        edge: Amount,
        side: Side,
        guard: Option<GuardRef>,
        trace: &mut T,
    ) -> Amount {
        let moves = match side {
            Side::Floor => price < edge,
            Side::Ceiling => edge < price,
        };
        if !moves {
            return price;
        }
        if let Some(guard) = guard {
            self.hits.add(guard);
        }
        trace.step(|| Step::Moved { guard, after: edge });
        edge
    }
}

/// The highest floor or the lowest ceiling; of equal ones the first.
fn tightest(demands: &[Demand], side: Side) -> Option<(Demand, Amount)> {
    let mut best: Option<(Demand, Amount)> = None;
    for demand in demands.iter().filter(|demand| demand.side == side) {
        let Some(at) = demand.at else { continue };
        let tighter = best.is_none_or(|(_, known)| match side {
            Side::Floor => known < at,
            Side::Ceiling => at < known,
        });
        if tighter {
            best = Some((*demand, at));
        }
    }
    best
}

/// A hard bound that cannot hold, and the guard it meets.
fn contradiction(demand: Demand, range: Range) -> Refusal {
    let met = match demand.side {
        Side::Floor => range.ceiling.set_by,
        Side::Ceiling => range.floor.set_by,
    };
    match (demand.at, met) {
        (None, _) => Refusal::guards(RefusalCode::Infeasible, vec![demand.guard]),
        (Some(_), met) => {
            Refusal::guards(RefusalCode::GuardsContradict, std::iter::once(demand.guard).chain(met).collect())
        }
    }
}

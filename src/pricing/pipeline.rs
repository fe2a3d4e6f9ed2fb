//! `settle(propose(row, world, steer), directive)`: the one pipeline.

use super::adjust::{self, Adjusted};
use super::bound::regular_price;
use super::cost::{self, Costs};
use super::guard::{self, Guarded};
use super::report::Report;
use super::round::{self, Goal, Payable};
use super::strategy::{self, Intent, Link, Manner, Proposed, Reads};
use super::{
    Decision, Flag, HeldReason, Outcome, Range, Refusal, RefusalCode, RoundRule, Row, Status, Step, Trace,
    View, Winner, World,
};
use crate::facts::{PriceKind, builtin};
use crate::money::{Amount, Money, Price, Ratio};
use smallvec::SmallVec;

/// Whole-category aims as they reach one item: it maximizes ((a+da)·P − (C+dc))·q − tilt·P and moves only for a gain above
/// `change_cost`. Today all four are zero: there is no aim yet that sets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steer {
    pub da: Ratio,
    pub dc: Amount,
    pub tilt: Ratio,
    pub change_cost: Amount,
}

/// What linked items agreed on. Prices that are found together (price lines, pack ladders) come between the halves of the
/// pipeline; today none are, so every row keeps its own proposal. A twin is final before its follower proposes: `Twins`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    /// A target that replaces the row's own.
    pub target: Option<Amount>,
}

/// What a row wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The strategy's target, and after adjustments; exact, not payable.
    Price { proposed: Amount, adjusted: Amount },
    /// Nothing new: the current price stays, for a reason.
    Held(HeldReason),
}

/// The first half's result: what the row wants and within which bounds.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    pub target: Target,
    pub winner: Option<Winner>,
    view: View<'a>,
    costs: Costs,
    guarded: Guarded,
    manner: Manner,
    intent: Intent,
    reads: Reads,
    fallback: bool,
    kind: PriceKind,
    link: Option<Link>,
}

/// The price of one item in one world, and why.
pub fn price<T: Trace>(row: &Row<'_>, world: &World<'_>, trace: &mut T) -> Outcome {
    // A proposal is large: it is filled where it lies and never moved.
    let mut proposal = Proposal::new(row, world);
    match proposal.fill(row, trace) {
        Ok(()) => proposal.obey(Directive::default(), trace),
        Err(refusal) => refused(refusal, trace),
    }
}

#[cold]
fn refused<T: Trace>(refusal: Refusal, trace: &mut T) -> Outcome {
    trace.step(|| Step::Refused { code: refusal.code });
    Outcome::Refused(refusal)
}

/// The item as the rules of the world's place see it, to ask why a rule does not apply.
///
/// # Errors
/// When the costs cannot be known: see [`propose`].
pub fn view<'a>(row: &Row<'a>, world: &'a World<'a>) -> Result<View<'a>, Refusal> {
    let costs = cost::check(row, world, &mut ())?;
    let purchase = costs.landed.map(|landed| landed.purchase);
    Ok(View { item: row.item, world, vat: costs.vat, purchase })
}

/// Facts checked → cost → strategy → adjust → ranges.
///
/// # Errors
/// The first reason why there can be no price, in the order of decisions 9.
pub fn propose<'a, T: Trace>(
    row: &Row<'a>,
    world: &'a World<'a>,
    _steer: Steer,
    trace: &mut T,
) -> Result<Proposal<'a>, Refusal> {
    let mut proposal = Proposal::new(row, world);
    proposal.fill(row, trace)?;
    Ok(proposal)
}

/// Bound → round → `Decision`.
///
/// # Errors
/// When no price can be given inside the hard bounds, or none is known to hold.
pub fn settle<T: Trace>(
    mut proposal: Proposal<'_>,
    directive: Directive,
    trace: &mut T,
) -> Result<Decision, Refusal> {
    match proposal.obey(directive, trace) {
        Outcome::Decided(decision) => Ok(decision),
        Outcome::Refused(refusal) => Err(refusal),
    }
}

impl<'a> Proposal<'a> {
    /// Nothing is known yet.
    #[inline]
    fn new(row: &Row<'a>, world: &'a World<'a>) -> Self {
        Self {
            target: Target::Held(HeldReason::NoRule),
            winner: None,
            view: View { item: row.item, world, vat: 0, purchase: None },
            costs: Costs::unknown(),
            guarded: Guarded::nothing(world.place.currency),
            manner: Manner::Kept,
            intent: Intent::Any,
            reads: Reads::default(),
            fallback: false,
            kind: PriceKind::Regular,
            link: None,
        }
    }

    fn fill<T: Trace>(&mut self, row: &Row<'a>, trace: &mut T) -> Result<(), Refusal> {
        let costs = cost::check(row, self.view.world, trace)?;
        self.costs = costs;
        self.view.vat = costs.vat;
        self.view.purchase = costs.landed.map(|landed| landed.purchase);
        let view = self.view;
        let choice = strategy::choose(row, &view, &costs, trace)?;
        self.winner = choice.winner.map(|(winner, _)| winner);
        let winner = self.winner;
        let of_winner = |refusal: Refusal| Refusal { winner, ..refusal };
        let held = match (&choice.winner, &choice.proposed, costs.doubt) {
            (_, _, Some(doubt)) => Some(doubt),
            (None, ..) => Some(HeldReason::NoRule),
            (Some(_), None, _) => Some(HeldReason::NoStrategy),
            (Some(_), Some(_), None) => None,
        };
        let (Some((_, rule)), Some(proposed), None) = (choice.winner, choice.proposed, held) else {
            let reason = held.unwrap_or(HeldReason::NoStrategy);
            if payable_current(&view).is_none() {
                return Err(of_winner(Refusal::new(nothing_to_hold(reason))));
            }
            guard::bound(&mut self.guarded, &view, &costs, None, |_| false, trace).map_err(of_winner)?;
            self.guarded.flags = self.guarded.flags.and(choice.flags);
            self.target = Target::Held(reason);
            self.kind = view.price_kind();
            return Ok(());
        };
        let Proposed { target, manner, intent, reads, fallback, link, .. } = proposed;
        let adjusted = match manner {
            Manner::Free => adjust::apply(target, &view, trace).map_err(of_winner)?,
            Manner::Steady | Manner::Kept | Manner::Fixed => Adjusted { target, applied: SmallVec::new() },
        };
        let relaxes =
            !rule.relax.is_empty() || adjusted.applied.iter().any(|applied| !applied.relax.is_empty());
        let relaxed = |guard: u16| {
            relaxes
                && (rule.relax.contains(&guard)
                    || adjusted.applied.iter().any(|applied| applied.relax.contains(&guard)))
        };
        guard::bound(&mut self.guarded, &view, &costs, Some(reads), relaxed, trace).map_err(of_winner)?;
        self.guarded.flags = self.guarded.flags.and(choice.flags).and(proposed.flags);
        self.target = Target::Price { proposed: target, adjusted: adjusted.target };
        self.kind = match manner {
            Manner::Kept => view.price_kind(),
            _ if proposed.clears => PriceKind::Clearance,
            _ => PriceKind::Regular,
        };
        (self.manner, self.intent, self.reads) = (manner, intent, reads);
        (self.fallback, self.link) = (fallback, link);
        Ok(())
    }

    /// The exact range of allowed prices.
    #[must_use]
    pub fn range(&self) -> Range {
        self.guarded.range
    }

    fn obey<T: Trace>(&mut self, directive: Directive, trace: &mut T) -> Outcome {
        let settled = match self.target {
            Target::Held(reason) => self.hold(reason, trace).map(|price| (Status::Held(reason), price)),
            Target::Price { adjusted, .. } => {
                let price = self.settle(directive.target.unwrap_or(adjusted), trace);
                price.map(|price| (Status::Priced, price))
            }
        };
        let reported = settled.and_then(|(status, price)| {
            trace.step(|| Step::Done { status, price });
            Ok((status, price, Report::new(&self.view, &self.costs, price)?))
        });
        match reported {
            Ok((status, price, report)) => Outcome::Decided(self.decide(status, price, &report)),
            Err(refusal) => refused(Refusal { winner: self.winner, ..refusal }, trace),
        }
    }

    fn settle<T: Trace>(&mut self, target: Amount, trace: &mut T) -> Result<Price, Refusal> {
        let currency = self.view.world.place.currency;
        let allowed = self.guarded.range;
        let range = Payable::between(allowed.floor.amount, allowed.ceiling.amount, currency)?;
        let mut price = match self.manner {
            Manner::Free | Manner::Steady => self.round(target, range, trace)?,
            Manner::Kept | Manner::Fixed => self.unrounded(target, range, trace)?,
        };
        if self.manner != Manner::Fixed {
            price = self.worth_a_label(price, range, trace);
        }
        Ok(price)
    }

    /// Bounded, then the nearest allowed ending inside the range.
    fn round<T: Trace>(&mut self, target: Amount, range: Payable, trace: &mut T) -> Result<Price, Refusal> {
        let currency = self.view.world.place.currency;
        let goal = Goal::new(self.guarded.clamp(target, trace), currency)?;
        let view = self.view;
        let (round, rule) = round_rule(&view).unzip();
        // The best of all payable prices is the best of the range, too, if it lies inside.
        let freely = round::settle(goal, Payable::everything(currency), rule, self.intent);
        let found = match freely {
            Some(found) if range.contains(found.minor) => found,
            _ => round::settle(goal, range, rule, self.intent).ok_or_else(no_price)?,
        };
        if !found.allowed_ending {
            self.guarded.flags.set(Flag::NoEnding);
        }
        self.hit_by_ending(freely.map(|found| found.minor), range);
        let price = Price::from_minor(found.minor, currency).ok_or_else(no_price)?;
        trace.step(|| Step::Rounded { round, after: price });
        Ok(price)
    }

    /// A kept or printed price stays as it is if it can be paid and lies inside the range.
    fn unrounded<T: Trace>(
        &mut self,
        target: Amount,
        range: Payable,
        trace: &mut T,
    ) -> Result<Price, Refusal> {
        let currency = self.view.world.place.currency;
        let minor = round::nearest_payable(Goal::new(target, currency)?, range).ok_or_else(no_price)?;
        let price = Price::from_minor(minor, currency).ok_or_else(no_price)?;
        let Range { floor, ceiling } = self.guarded.range;
        if target < floor.amount || ceiling.amount < target {
            self.guarded.move_inside(self.guarded.range, target, price.amount(), trace);
        } else {
            trace.step(|| Step::Rounded { round: None, after: price });
        }
        Ok(price)
    }

    /// A guard at the edge of the range that kept the ending from where it would have gone.
    fn hit_by_ending(&mut self, freely: Option<i64>, range: Payable) {
        let edge = match freely {
            Some(minor) if minor < range.low => self.guarded.range.floor,
            Some(minor) if range.high < minor => self.guarded.range.ceiling,
            _ => return,
        };
        if let Some(guard) = edge.set_by {
            self.guarded.hits.add(guard);
        }
    }

    /// `min_change`: a smaller move keeps the current price, if that is allowed.
    fn worth_a_label<T: Trace>(&mut self, price: Price, range: Payable, trace: &mut T) -> Price {
        let currency = price.currency();
        let current =
            regular_price(&self.view).and_then(|amount| Price::from_money(Money::new(amount, currency)));
        let (Some(least), Some(current)) = (self.guarded.least_move, current) else {
            return price;
        };
        let unit = i128::from(Ratio::SCALE);
        let moved = i128::from(price.minor().abs_diff(current.minor())) * unit;
        let needed = i128::from(current.minor()) * i128::from(least.by.nanos());
        if price == current || needed <= moved || !range.contains(current.minor()) {
            return price;
        }
        self.guarded.hits.add(least.guard);
        self.guarded.flags.clear(Flag::NoEnding);
        trace.step(|| Step::Kept { guard: least.guard, after: current });
        current
    }

    /// Semantics 6, held: the current price, moved only by legal and safety bounds.
    fn hold<T: Trace>(&mut self, reason: HeldReason, trace: &mut T) -> Result<Price, Refusal> {
        let currency = self.view.world.place.currency;
        let current = payable_current(&self.view).ok_or_else(|| Refusal::new(nothing_to_hold(reason)))?;
        let hard = self.guarded.hard;
        let range = Payable::between(hard.floor.amount, hard.ceiling.amount, currency)?;
        let mut price = current;
        trace.step(|| Step::Held { reason, after: current });
        if !range.contains(current.minor()) {
            self.guarded.flags.set(Flag::Moved);
            let goal = Goal::new(current.amount(), currency)?;
            let minor = round::nearest_payable(goal, range).ok_or_else(no_price)?;
            price = Price::from_minor(minor, currency).ok_or_else(no_price)?;
            self.guarded.move_inside(hard, current.amount(), price.amount(), trace);
        }
        self.guarded.range = hard;
        Ok(price)
    }

    #[inline(always)]
    fn decide(&self, status: Status, price: Price, report: &Report) -> Decision {
        let Guarded { range, hits, mut flags, reference, .. } = self.guarded;
        debug_assert!(range.floor.amount <= price.amount() && price.amount() <= range.ceiling.amount);
        if self.fallback {
            flags.set(Flag::Fallback);
        }
        let broken = |link: Link| match link.below {
            true => link.twin < price.amount(),
            false => price.amount() < link.twin,
        };
        if self.link.is_some_and(broken) {
            flags.set(Flag::LinkBroken);
        }
        let (target, adjusted) = match self.target {
            Target::Price { proposed, adjusted } => (Some(proposed), Some(adjusted)),
            Target::Held(_) => (None, None),
        };
        Decision {
            status,
            price,
            kind: self.kind,
            reference,
            previous: self.view.money(builtin::CURRENT_PRICE),
            winner: self.winner,
            target,
            adjusted,
            range,
            hits,
            flags,
            net: report.net,
            vat: report.vat,
            purchase: self.costs.landed.map(|landed| landed.purchase),
            landed: self.costs.landed.map(|landed| landed.landed),
            margin: report.margin,
            contribution: report.contribution,
            full_contribution: report.full_contribution,
            break_even: report.break_even,
            oldest_input: self.reads.oldest,
        }
    }
}

/// The rounding rule that holds.
fn round_rule<'a>(view: &View<'a>) -> Option<(u16, &'a RoundRule)> {
    let now = view.world.now.at;
    let mut rules = (0_u16..).zip(&view.world.place.rounds);
    rules.find(|(_, rule)| rule.window.holds(now) && view.inside(&rule.scope))
}

/// The current price, if it can be paid as it is.
fn payable_current(view: &View<'_>) -> Option<Price> {
    let amount = view.money(builtin::CURRENT_PRICE)?;
    Price::from_money(Money::new(amount, view.world.place.currency))
}

/// Why there is no price when there is none to hold.
fn nothing_to_hold(reason: HeldReason) -> RefusalCode {
    match reason {
        HeldReason::CostImplausible => RefusalCode::CostImplausible,
        HeldReason::RateImplausible => RefusalCode::RateImplausible,
        HeldReason::NoRule | HeldReason::NoStrategy => RefusalCode::NoPrice,
    }
}

fn no_price() -> Refusal {
    Refusal::new(RefusalCode::NoPrice)
}

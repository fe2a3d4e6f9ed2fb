//! Which rule proposes, and what.

mod blend;
mod cost_plus;
mod fade;
mod fixed;
mod keep;
mod markdown;
mod optimise;
mod relative;
mod rivals;
mod use_layer;

pub(super) use optimise::{cost as cost_of, form as form_of};

use super::cost::Costs;
use super::{Because, Flag, Flags, NoPrice, Refusal, Row, Rule, Step, Strategy, Trace, View, Winner};
use crate::money::Amount;
use smallvec::SmallVec;
use std::cell::Cell;

/// A strategy's target and all that hangs on the strategy that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proposed {
    pub target: Amount,
    pub manner: Manner,
    pub intent: Intent,
    pub reads: Reads,
    /// Another than the rule's own `price` gave it.
    pub fallback: bool,
    /// What the strategies that gave it have to say.
    pub flags: Flags,
    /// A markdown has a part in it.
    pub clears: bool,
    /// On which side of which price it wants to stay.
    pub link: Option<Link>,
}

/// The side of a twin's price that an item keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub twin: Amount,
    pub below: bool,
}

/// What may still happen to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Adjusted and rounded.
    Free,
    /// Rounded, but no season or stock rule acts on it.
    Steady,
    /// A current price that is kept: neither.
    Kept,
    /// A printed price: neither, and no move is too small for it.
    Fixed,
}

/// Which final prices keep what the strategy is for, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    Any,
    AtMost(i64),
    AtLeast(i64),
}

/// Which feeds the target rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub competitors: bool,
    pub fx: bool,
    /// Seconds since 1970 of the oldest input.
    pub oldest: Option<i64>,
}

/// What a strategy may look at.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub row: &'a Row<'a>,
    pub view: &'a View<'a>,
    pub costs: &'a Costs,
    /// What strategies say that had no price in the end.
    said: &'a Cell<Flags>,
}

/// The winner and what it proposes; no target when all its alternatives failed.
pub(super) struct Choice<'a> {
    pub winner: Option<(Winner, &'a Rule)>,
    pub proposed: Option<Proposed>,
    /// Set on the way, whoever gave the price.
    pub flags: Flags,
}

/// Semantics 4: the first rule that holds wins; its alternatives are tried in order.
pub(super) fn choose<'a, T: Trace>(
    row: &Row<'_>,
    view: &View<'a>,
    costs: &Costs,
    trace: &mut T,
) -> Result<Choice<'a>, Refusal> {
    let Some((winner, rule)) = find_winner(view, trace) else {
        return Ok(Choice { winner: None, proposed: None, flags: Flags::default() });
    };
    let said = Cell::new(Flags::default());
    let input = Input { row, view, costs, said: &said };
    if costs.doubt.is_some() {
        // The price is held: nobody asks what a strategy would make of a cost that nobody believes.
        return Ok(Choice { winner: Some((winner, rule)), proposed: None, flags: Flags::default() });
    }
    if T::ON {
        report_runner_up(&input, winner, trace);
    }
    let (proposed, alternative) = alternatives(&input, rule, winner.rule, trace)?;
    Ok(Choice { winner: Some((Winner { alternative, ..winner }, rule)), proposed, flags: said.get() })
}

fn find_winner<'a, T: Trace>(view: &View<'a>, trace: &mut T) -> Option<(Winner, &'a Rule)> {
    let place = view.world.place;
    let now = view.world.now.at;
    let holds = |rule: &Rule| rule.window.holds(now) && view.inside(&rule.scope);
    let (winner, runner_up);
    if T::ON {
        // Whoever explains wants every rule that does not apply, not only those before the runner-up.
        let mut holding: SmallVec<[(u32, &Rule); 2]> = SmallVec::new();
        for (at, rule) in (0_u32..).zip(&place.rules) {
            let why = match rule.window.holds(now) {
                _ if holds(rule) => {
                    holding.push((at, rule));
                    None
                }
                true => view.mismatch(&rule.scope),
                false => Some(super::Mismatch::NotOpen(rule.window)),
            };
            if let Some(why) = why {
                trace.step(|| Step::NotApplied { rule: at, why });
            }
        }
        (winner, runner_up) = (holding.first().copied(), holding.get(1).copied());
    } else {
        [winner, runner_up] = place.rules.first_two(view.item, holds);
    }
    let (at, rule) = winner?;
    let because = match runner_up {
        None => Because::OnlyCandidate,
        Some((_, other)) if other.layer < rule.layer => Because::LaterLayer,
        Some((loser, _)) if rule.over.binary_search(&loser).is_ok() => Because::Over,
        Some(_) => Because::Narrower,
    };
    let runner_up = runner_up.map(|(loser, _)| loser);
    trace.step(|| Step::Won { rule: at, because, runner_up });
    Some((Winner { rule: at, because, runner_up, alternative: 0 }, rule))
}

/// What the runner-up would have said, for whoever explains; it decides nothing, so its failures are silent.
fn report_runner_up<T: Trace>(input: &Input<'_>, winner: Winner, trace: &mut T) {
    let rules = &input.view.world.place.rules;
    let Some(index) = winner.runner_up else { return };
    let Some(rule) = rules.get(index as usize) else {
        return;
    };
    let input = Input { said: &Cell::new(Flags::default()), ..*input };
    if let Ok((Some(proposed), _)) = alternatives(&input, rule, index, &mut ()) {
        trace.step(|| Step::RunnerUp { rule: index, target: proposed.target });
    }
}

/// The rule's `price`, then its `else` in order.
fn alternatives<T: Trace>(
    input: &Input<'_>,
    rule: &Rule,
    index: u32,
    trace: &mut T,
) -> Result<(Option<Proposed>, u8), Refusal> {
    for (strategy, alternative) in std::iter::once(&rule.strategy).chain(&rule.otherwise).zip(0_u8..) {
        match evaluate(input, strategy, trace)? {
            Ok(proposed) => {
                let after = proposed.target;
                let strategy = strategy.name();
                trace.step(|| Step::Strategy { rule: index, alternative, strategy, after });
                let fallback = proposed.fallback || 0 < alternative;
                return Ok((Some(Proposed { fallback, ..proposed }), alternative));
            }
            Err(why) => trace.step(|| Step::NoPrice { rule: index, alternative, why }),
        }
    }
    Ok((None, 0))
}

/// One strategy's target, or why it has none.
fn evaluate<T: Trace>(
    input: &Input<'_>,
    strategy: &Strategy,
    trace: &mut T,
) -> Result<Result<Proposed, NoPrice>, Refusal> {
    let found = match strategy {
        Strategy::CostPlus { add, factor, .. } => cost_plus::propose(input, *add, factor),
        Strategy::Follow { set, rank, by } => rivals::follow(input, *set, *rank, *by, trace),
        Strategy::Index { set, of, at } => rivals::index(input, *set, *of, *at, trace),
        Strategy::Fixed(fixed) => Ok(fixed::propose(input, fixed)),
        Strategy::Keep { max_age } => Ok(keep::propose(input, *max_age)),
        Strategy::Use { layer } => use_layer::propose(input, *layer, trace),
        Strategy::Blend { parts, renormalise } => blend::propose(input, parts, *renormalise, trace),
        Strategy::Optimise(rule) => optimise::propose(input, rule, trace),
        Strategy::Relative(rule) => relative::propose(input, *rule, trace),
        Strategy::Fade(rule) => fade::propose(input, *rule, trace),
        Strategy::Markdown(rule) => markdown::propose(input, rule, trace),
    };
    if let Ok(Err(NoPrice::NotSurelyElastic { .. })) = found {
        let mut flags = input.said.get();
        flags.set(Flag::NoInteriorOptimum);
        input.said.set(flags);
    }
    found
}

impl Proposed {
    fn free(target: Amount, reads: Reads) -> Self {
        let (manner, intent, flags) = (Manner::Free, Intent::Any, Flags::default());
        Self { target, manner, intent, reads, fallback: false, flags, clears: false, link: None }
    }
}

impl Reads {
    pub(super) fn and(self, other: Self) -> Self {
        let oldest = match (self.oldest, other.oldest) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        Self { competitors: self.competitors || other.competitors, fx: self.fx || other.fx, oldest }
    }
}

//! Settling: the payable price nearest to the bounded target, inside the range.

use super::strategy::Intent;
use super::{RoundRule, Way};
use crate::money::{Amount, Currency, Overflow, Rounding, to_minor};

/// Payable prices that are allowed, in minor units, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payable {
    pub low: i64,
    pub high: i64,
}

/// The target as minor units: `below ≤ target ≤ above`, equal when it is payable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    micros: i64,
    unit: i64,
    below: i64,
    above: i64,
}

/// The price found, and whether its ending is one the rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub minor: i64,
    pub allowed_ending: bool,
}

/// Which of two equally near prices is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    Lower,
    Upper,
}

impl Payable {
    /// The payable prices between two amounts; at least one minor unit.
    pub(super) fn between(low: Amount, high: Amount, currency: Currency) -> Result<Self, Overflow> {
        Ok(Self {
            low: to_minor(low, currency, Rounding::Up)?.max(1),
            high: to_minor(high, currency, Rounding::Down)?,
        })
    }

    /// Every payable price.
    pub(super) fn everything(currency: Currency) -> Self {
        Self { low: 1, high: i64::MAX / currency.micros_per_minor() }
    }

    pub(super) fn contains(self, minor: i64) -> bool {
        self.low <= minor && minor <= self.high
    }

    fn and(self, intent: Intent) -> Self {
        match intent {
            Intent::Any => self,
            Intent::AtMost(limit) => Self { high: self.high.min(limit), ..self },
            Intent::AtLeast(limit) => Self { low: self.low.max(limit), ..self },
        }
    }

    fn below(self, to: Option<i64>) -> Self {
        Self { high: to.map_or(self.high, |to| self.high.min(to.saturating_sub(1))), ..self }
    }
}

impl Goal {
    pub(super) fn new(target: Amount, currency: Currency) -> Result<Self, Overflow> {
        Ok(Self {
            micros: target.micros(),
            unit: currency.micros_per_minor(),
            below: to_minor(target, currency, Rounding::Down)?,
            above: to_minor(target, currency, Rounding::Up)?,
        })
    }

    /// Of a payable price: as an amount it fits.
    fn distance(self, minor: i64) -> u64 {
        minor.saturating_mul(self.unit).abs_diff(self.micros)
    }

    /// How far every price of a range is at least.
    fn gap(self, range: Payable) -> u64 {
        if range.high < self.below {
            self.distance(range.high)
        } else if self.above < range.low {
            self.distance(range.low)
        } else {
            0
        }
    }

    /// The nearer of the two.
    fn nearer(self, lower: Option<i64>, upper: Option<i64>, tie: Tie) -> Option<i64> {
        match (lower, upper) {
            (Some(lower), Some(upper)) => match self.distance(lower).cmp(&self.distance(upper)) {
                std::cmp::Ordering::Less => Some(lower),
                std::cmp::Ordering::Greater => Some(upper),
                std::cmp::Ordering::Equal if tie == Tie::Lower => Some(lower.min(upper)),
                std::cmp::Ordering::Equal => Some(lower.max(upper)),
            },
            (lower, upper) => lower.or(upper),
        }
    }
}

/// Semantics 7: allowed endings first, those that keep the intent before others; else the nearest payable price.
pub(super) fn settle(goal: Goal, range: Payable, rule: Option<&RoundRule>, intent: Intent) -> Option<Found> {
    let Some(rule) = rule else {
        return nearest(goal, range, intent, Tie::Upper).map(|minor| Found { minor, allowed_ending: true });
    };
    let allowed = with_ending(goal, range.and(intent), rule).or_else(|| match intent {
        Intent::Any => None,
        _ => with_ending(goal, range, rule),
    });
    match allowed {
        Some(minor) => Some(Found { minor, allowed_ending: true }),
        None => nearest(goal, range, intent, Tie::Lower).map(|minor| Found { minor, allowed_ending: false }),
    }
}

/// The nearest payable price, whatever its ending; those that keep the intent first.
pub(super) fn nearest_payable(goal: Goal, range: Payable) -> Option<i64> {
    nearest(goal, range, Intent::Any, Tie::Lower)
}

fn nearest(goal: Goal, range: Payable, intent: Intent, tie: Tie) -> Option<i64> {
    let inside = |range: Payable| {
        if range.high < range.low {
            return None;
        }
        let lower = Some(goal.below.min(range.high)).filter(|minor| range.low <= *minor);
        let upper = Some(goal.above.max(range.low)).filter(|minor| *minor <= range.high);
        goal.nearer(lower, upper, tie)
    };
    inside(range.and(intent)).or_else(|| inside(range))
}

/// The nearest price in `range` whose ending its band allows, on the side that the rule looks at.
fn with_ending(goal: Goal, range: Payable, rule: &RoundRule) -> Option<i64> {
    if rule.bands.is_empty() {
        return on_side(goal, range, rule.way, Some, Some);
    }
    if let Some(nearest) = in_own_band(goal, range, rule) {
        return Some(nearest);
    }
    // A target beyond every band has no allowed ending; the nearest one far below is not what anybody meant.
    if rule.bands.iter().all(|band| band.to.is_some_and(|to| to <= goal.below)) {
        return None;
    }
    // The goal's own band first: others are looked at only if they may hold something nearer.
    let own = in_bands(goal, range, rule, None, |gap, _| gap == 0);
    in_bands(goal, range, rule, own, |gap, best| {
        gap != 0 && best.is_none_or(|best| gap <= goal.distance(best))
    })
}

/// The nearest ending of the band that the goal lies in, if it is so near that no other band can hold a nearer one.
fn in_own_band(goal: Goal, range: Payable, rule: &RoundRule) -> Option<i64> {
    let mut from = 1;
    for band in &rule.bands {
        let part = Payable { low: range.low.max(from), ..range }.below(band.to);
        if part.low <= goal.below && goal.above <= part.high {
            let mut best = None;
            for ending in &band.endings {
                let found =
                    on_side(goal, part, rule.way, |at| ending.at_or_below(at), |at| ending.at_or_above(at));
                best = goal.nearer(best, found, Tie::Lower);
            }
            // What lies beyond either end is further than the end.
            let edge = goal.distance(part.low).min(goal.distance(part.high));
            return best.filter(|best| goal.distance(*best) <= edge);
        }
        from = band.to?.max(from);
    }
    None
}

/// The nearest ending of `best` and of the bands that `look` asks for, by how far their prices are at least.
fn in_bands(
    goal: Goal,
    range: Payable,
    rule: &RoundRule,
    mut best: Option<i64>,
    look: impl Fn(u64, Option<i64>) -> bool,
) -> Option<i64> {
    let mut from = 1;
    for band in &rule.bands {
        let part = Payable { low: range.low.max(from), ..range }.below(band.to);
        if part.low <= part.high && look(goal.gap(part), best) {
            for ending in &band.endings {
                let found =
                    on_side(goal, part, rule.way, |at| ending.at_or_below(at), |at| ending.at_or_above(at));
                best = goal.nearer(best, found, Tie::Lower);
            }
        }
        match band.to {
            Some(to) => from = to.max(from),
            None => break,
        }
    }
    best
}

/// The best candidate in `range` below or above the goal, as the way allows.
fn on_side(
    goal: Goal,
    range: Payable,
    way: Way,
    at_or_below: impl Fn(i64) -> Option<i64>,
    at_or_above: impl Fn(i64) -> Option<i64>,
) -> Option<i64> {
    if range.high < range.low {
        return None;
    }
    let inside = |minor: &i64| range.contains(*minor);
    let lower = || Some(goal.below.min(range.high)).filter(inside).and_then(&at_or_below).filter(inside);
    let upper = || Some(goal.above.max(range.low)).filter(inside).and_then(&at_or_above).filter(inside);
    match way {
        Way::Down => lower(),
        Way::Up => upper(),
        Way::Nearest => goal.nearer(lower(), upper(), Tie::Lower),
    }
}

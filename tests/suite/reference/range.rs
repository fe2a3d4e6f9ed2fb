//! From bounds to the range R of allowed prices, and the clamp of a target (semantics 6, decisions 7.1–7.3).

use super::guard::{Bound, CLASSES, Class};
use super::num::{self, AMOUNT_PLACES, Q};
use super::price::Refusal;

/// An interval with the guards at its edges. It starts as every payable price that fits (decisions 1.6).
#[derive(Clone, Debug)]
pub struct Range {
    pub low: Q,
    pub low_guard: Option<String>,
    pub high: Option<Q>,
    pub high_guard: Option<String>,
    /// minor digits of the currency
    digits: u32,
}

impl Range {
    pub fn everything(digits: u32) -> Range {
        let low = num::one() / num::power(digits);
        Range { low, low_guard: None, high: Some(num::largest(AMOUNT_PLACES)), high_guard: None, digits }
    }

    #[cfg(test)]
    pub fn between(low: Q, high: Q) -> Range {
        Range { low, high: Some(high), ..Range::everything(2) }
    }

    /// Empty means: no payable price lies inside (decisions 1.7).
    fn is_empty(&self) -> bool {
        self.high.as_ref().is_some_and(|high| num::up(&self.low, self.digits) > *high)
    }

    /// Only a bound that is truly tighter takes the edge: of equal ones the earlier class, then the first name.
    fn with(&self, bound: &Bound) -> Range {
        let mut range = self.clone();
        let Some(edge) = &bound.edge else { return range };
        if bound.floor && *edge > range.low {
            range.low = edge.clone();
            range.low_guard = Some(bound.guard.clone());
        }
        if !bound.floor && range.high.as_ref().is_none_or(|high| edge < high) {
            range.high = Some(edge.clone());
            range.high_guard = Some(bound.guard.clone());
        }
        range
    }

    pub fn contains(&self, price: &Q) -> bool {
        *price >= self.low && self.high.as_ref().is_none_or(|high| price <= high)
    }

    /// The guard at the edge beyond which a price lies.
    pub fn guard_beyond(&self, price: &Q) -> Option<&String> {
        if *price < self.low {
            return self.low_guard.as_ref();
        }
        self.high_guard.as_ref().filter(|_| self.high.as_ref().is_some_and(|high| price > high))
    }
}

/// R, the bounds of every class, and who yielded.
pub struct Bounded {
    pub range: Range,
    pub classes: Vec<Vec<Bound>>,
    pub yielded: Vec<String>,
}

/// Narrows R class by class. `bounds` gives the bounds of a class, sorted by guard name.
pub fn bounded(
    digits: u32,
    classes: &[Class],
    bounds: &dyn Fn(Class) -> Result<Vec<Bound>, Refusal>,
) -> Result<Bounded, Refusal> {
    let mut result = Bounded { range: Range::everything(digits), classes: Vec::new(), yielded: Vec::new() };
    for class in classes {
        let all = bounds(*class)?;
        let mut standing = alone(&result.range, &all, &mut result.yielded)?;
        together(*class, digits, &mut standing, &mut result.yielded)?;
        for bound in &standing {
            result.range = result.range.with(bound);
        }
        result.classes.push(all);
    }
    result.yielded.sort();
    result.yielded.dedup();
    Ok(result)
}

fn hard(class: Class) -> bool {
    class == Class::Legal || class == Class::Safety
}

/// First each bound alone: one that leaves R empty yields, or refuses in the hard classes.
fn alone(range: &Range, all: &[Bound], yielded: &mut Vec<String>) -> Result<Vec<Bound>, Refusal> {
    let mut standing = Vec::new();
    for bound in all {
        if bound.edge.is_some() && !range.with(bound).is_empty() {
            standing.push(bound.clone());
            continue;
        }
        if hard(bound.class) && !bound.yields_if_impossible {
            let met = if bound.floor { &range.high_guard } else { &range.low_guard };
            return Err(match bound.edge {
                None => Refusal::of("INFEASIBLE").by(&bound.guard),
                Some(_) => {
                    let refusal = Refusal::of("GUARDS_CONTRADICT").by(&bound.guard);
                    met.iter().fold(refusal, |refusal, guard| refusal.by(guard))
                }
            });
        }
        yielded.push(bound.guard.clone());
    }
    Ok(standing)
}

/// Then the remaining ones together: the highest floor against the lowest ceiling.
fn together(
    class: Class,
    digits: u32,
    standing: &mut Vec<Bound>,
    yielded: &mut Vec<String>,
) -> Result<(), Refusal> {
    while let (Some(floor), Some(ceiling)) = (tightest(standing, true), tightest(standing, false)) {
        let pair = Range::everything(digits).with(&floor).with(&ceiling);
        if !pair.is_empty() {
            return Ok(());
        }
        let floor_yields = floor.yields_if_impossible && !ceiling.yields_if_impossible;
        if hard(class) && !floor.yields_if_impossible && !ceiling.yields_if_impossible {
            return Err(Refusal::of("GUARDS_CONTRADICT").by(&floor.guard).by(&ceiling.guard));
        }
        // In the lower classes the floor holds and the ceiling yields.
        let loser = if floor_yields { floor } else { ceiling };
        yielded.push(loser.guard.clone());
        standing.retain(|b| !(b.guard == loser.guard && b.floor == loser.floor && b.edge == loser.edge));
    }
    Ok(())
}

/// The highest floor or the lowest ceiling; of equal ones the first by name.
fn tightest(bounds: &[Bound], floor: bool) -> Option<Bound> {
    let mut best: Option<&Bound> = None;
    for bound in bounds.iter().filter(|bound| bound.floor == floor && bound.edge.is_some()) {
        let tighter = match best {
            None => true,
            Some(best) if floor => bound.edge > best.edge,
            Some(best) => bound.edge < best.edge,
        };
        if tighter {
            best = Some(bound);
        }
    }
    best.cloned()
}

/// The target, clamped by each class in turn, comfort first, and last into R. What yielded still pulls.
/// Second: the guards whose edge moved it.
pub fn clamp(bounded: &Bounded, target: &Q) -> (Q, Vec<String>) {
    let (mut price, mut moved) = (target.clone(), Vec::new());
    let mut pull = |edge: Option<(Q, Option<String>)>, floor: bool| {
        if let Some((edge, guard)) = edge
            && (if floor { price < edge } else { price > edge })
        {
            price = edge;
            moved.extend(guard);
        }
    };
    debug_assert_eq!(bounded.classes.len(), CLASSES.len());
    for bounds in bounded.classes.iter().rev() {
        // Ceiling first, then floor, so that the floor holds.
        for floor in [false, true] {
            let bound = tightest(bounds, floor);
            pull(bound.and_then(|bound| Some((bound.edge?, Some(bound.guard)))), floor);
        }
    }
    let range = &bounded.range;
    pull(range.high.clone().map(|high| (high, range.high_guard.clone())), false);
    pull(Some((range.low.clone(), range.low_guard.clone())), true);
    (price, moved)
}

//! Who wins: later layer, `over`, narrower scope (semantics 4), as one total order.
//!
//! Inside a layer each pair whose scopes overlap while both are open is decided by `over` or by containment. These
//! decisions together must have no circle; then the engine may simply take the first rule that holds.

use super::boxes;
use super::candidates::Candidates;
use crate::facts::Schema;
use crate::pricing::{Scope, Window};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One rule, as precedence sees it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub layer: u16,
    pub scope: &'a Scope,
    pub window: Window,
    /// The entries that this one is declared over.
    pub over: Vec<usize>,
}

/// All entries in order, and what stands against an order. Indices are into the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordered {
    /// Winners first. A total order even if there are conflicts.
    pub order: Vec<usize>,
    /// Pairs that overlap with nothing to decide between them.
    pub conflicts: Vec<(usize, usize)>,
    /// Each beats the next, the last beats the first. Neighbors can hold together.
    pub circles: Vec<Vec<usize>>,
    /// Pairs with the same scope.
    pub equal: Vec<(usize, usize)>,
    /// How many pairs were decided.
    pub pairs: usize,
}

/// Puts entries in order, exactly and deterministically.
#[must_use]
pub fn order(schema: &Schema, entries: &[Entry<'_>]) -> Ordered {
    let mut layers: Vec<u16> = entries.iter().map(|entry| entry.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    let mut ordered = Ordered::default();
    for layer in layers.into_iter().rev() {
        let members: Vec<usize> =
            (0..).zip(entries).filter(|(_, entry)| entry.layer == layer).map(|(at, _)| at).collect();
        Layer { schema, entries, members: &members }.decide(&mut ordered);
    }
    ordered.conflicts.sort_unstable();
    ordered.circles.sort();
    ordered.equal.sort_unstable();
    ordered
}

/// The entries of one layer.
struct Layer<'a> {
    schema: &'a Schema,
    entries: &'a [Entry<'a>],
    members: &'a [usize],
}

/// What is decided about a pair that overlaps.
enum Verdict {
    First,
    Second,
    Equal,
    /// Each is declared over the other.
    Both,
    Open,
}

impl Layer<'_> {
    fn decide(&self, ordered: &mut Ordered) {
        let count = self.members.len();
        ordered.pairs += count * count.saturating_sub(1) / 2;
        let mut beats: Vec<Vec<usize>> = vec![Vec::new(); count];
        let scopes: Vec<&Scope> =
            self.members.iter().filter_map(|at| self.entries.get(*at)).map(|entry| entry.scope).collect();
        let mut candidates = Candidates::new(&scopes);
        for (first, left) in self.members.iter().enumerate() {
            for second in candidates.after(first) {
                let Some(right) = self.members.get(second) else {
                    continue;
                };
                let (winner, loser) = match self.verdict(*left, *right) {
                    None => continue,
                    Some(Verdict::First) => (first, second),
                    Some(Verdict::Second) => (second, first),
                    Some(Verdict::Equal) => {
                        ordered.equal.push((*left, *right));
                        continue;
                    }
                    Some(Verdict::Open) => {
                        ordered.conflicts.push((*left, *right));
                        continue;
                    }
                    Some(Verdict::Both) => {
                        ordered.circles.push(vec![*left, *right]);
                        continue;
                    }
                };
                if let Some(list) = beats.get_mut(winner) {
                    list.push(loser);
                }
            }
        }
        for list in &mut beats {
            list.sort_unstable();
        }
        let (order, rest) = sort(&beats);
        let name = |at: usize| self.members.get(at).copied();
        ordered.order.extend(order.into_iter().filter_map(name));
        for circle in circles(&beats, &rest) {
            ordered.circles.push(circle.into_iter().filter_map(name).collect());
        }
    }

    /// `None` if the two can never hold together.
    fn verdict(&self, left: usize, right: usize) -> Option<Verdict> {
        let (a, b) = (self.entries.get(left)?, self.entries.get(right)?);
        if !a.window.meets(b.window) || !boxes::meet(self.schema, a.scope, b.scope) {
            return None;
        }
        Some(match (a.over.contains(&right), b.over.contains(&left)) {
            (true, false) => Verdict::First,
            (false, true) => Verdict::Second,
            (true, true) => Verdict::Both,
            (false, false) => {
                let inside = boxes::contains(self.schema, b.scope, a.scope);
                match (inside, boxes::contains(self.schema, a.scope, b.scope)) {
                    (true, true) => Verdict::Equal,
                    (true, false) => Verdict::First,
                    (false, true) => Verdict::Second,
                    (false, false) => Verdict::Open,
                }
            }
        })
    }
}

/// A topological order, smaller indices first where nothing decides, and the nodes that circles kept from it.
/// Those come too, each as soon as it is the smallest left.
fn sort(beats: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut beaten_by = vec![0_usize; beats.len()];
    for loser in beats.iter().flatten() {
        if let Some(count) = beaten_by.get_mut(*loser) {
            *count += 1;
        }
    }
    let mut done = vec![false; beats.len()];
    let free = (0..).zip(&beaten_by).filter(|(_, count)| **count == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|(at, _)| Reverse(at)).collect();
    let (mut order, mut rest) = (Vec::with_capacity(beats.len()), Vec::new());
    let mut forced = 0..beats.len();
    loop {
        let next = match ready.pop() {
            Some(Reverse(at)) => at,
            None => match forced.find(|at| done.get(*at) == Some(&false)) {
                Some(at) => {
                    rest.push(at);
                    at
                }
                None => break,
            },
        };
        match done.get_mut(next) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        order.push(next);
        for loser in beats.get(next).into_iter().flatten() {
            if let Some(count) = beaten_by.get_mut(*loser) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(Reverse(*loser));
                }
            }
        }
    }
    (order, rest)
}

/// A shortest circle through each of `suspects` that lies on one, each circle once, its smallest member first.
fn circles(beats: &[Vec<usize>], suspects: &[usize]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    for start in suspects.iter().take(CIRCLES_MAX) {
        let Some(mut circle) = circle_through(beats, *start) else {
            continue;
        };
        let smallest = circle.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(at, _)| at);
        circle.rotate_left(smallest);
        if !found.contains(&circle) {
            found.push(circle);
        }
    }
    found.sort();
    found
}

/// More circles than this say nothing new to the author.
const CIRCLES_MAX: usize = 64;

/// Breadth first, so the shortest.
fn circle_through(beats: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut came_from: Vec<Option<usize>> = vec![None; beats.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in beats.get(at)? {
            if *next == start {
                let mut circle = vec![at];
                let mut back = at;
                while back != start {
                    back = came_from.get(back).copied().flatten()?;
                    circle.push(back);
                }
                circle.reverse();
                return Some(circle);
            }
            if let Some(slot @ None) = came_from.get_mut(*next) {
                *slot = Some(at);
                queue.push_back(*next);
            }
        }
    }
    None
}

#[cfg(test)]
#[path = "precedence_tests.rs"]
mod tests;

//! Placeholder for R2's `precedence.rs` with the same signatures: a naive order, so that this room runs.

use crate::facts::Schema;
use crate::pricing::{Cond, Scope, Test, Window};

#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub layer: u16,
    pub scope: &'a Scope,
    pub window: Window,
    pub over: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct Ordered {
    pub order: Vec<usize>,
    pub conflicts: Vec<(usize, usize)>,
    pub circles: Vec<Vec<usize>>,
    pub equal: Vec<(usize, usize)>,
    pub pairs: usize,
}

pub fn order(_schema: &Schema, entries: &[Entry<'_>]) -> Ordered {
    let mut ordered = Ordered::default();
    let beats = |a: usize, b: usize| match (entries.get(a), entries.get(b)) {
        (Some(x), Some(y)) if x.layer != y.layer => x.layer > y.layer,
        (Some(x), Some(y)) => x.over.contains(&b) || !y.over.contains(&a) && inside(x.scope, y.scope) && !inside(y.scope, x.scope),
        _ => false,
    };
    let mut left: Vec<usize> = (0..entries.len()).collect();
    while !left.is_empty() {
        let free = left.iter().position(|a| !left.iter().any(|b| a != b && beats(*b, *a))).unwrap_or(0);
        ordered.order.push(left.remove(free));
    }
    ordered.pairs = entries.len() * entries.len().saturating_sub(1) / 2;
    ordered
}

fn inside(a: &Scope, b: &Scope) -> bool {
    a.boxes.iter().all(|a| b.boxes.iter().any(|b| b.iter().all(|cond| a.iter().any(|known| narrower(known, cond)))))
}

fn narrower(a: &Cond, b: &Cond) -> bool {
    a.attr == b.attr
        && (b.or_missing || !a.or_missing)
        && match (&a.test, &b.test) {
            (Test::Symbols(a), Test::Symbols(b)) => a.iter().all(|symbol| b.contains(symbol)),
            (Test::Tags(a), Test::Tags(b)) => b.iter().all(|clause| a.contains(clause)),
            (Test::Spans(a), Test::Spans(b)) => a.iter().all(|a| b.iter().any(|b| b.0 <= a.0 && a.1 <= b.1)),
            _ => false,
        }
}

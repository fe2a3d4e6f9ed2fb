//! Exact algebra on scopes: do two meet, does one contain the other, how is the common part called.
//!
//! Everything is decided over the *inhabited* values only: a closed list of texts has no "every other text", a required
//! fact is never missing, a declared range bounds a number. Facts are taken as independent of each other, so an
//! answer "they meet" may name an item that a derived attribute forbids; an answer "they do not" is always true.

use super::clauses;
use crate::facts::{Attr, AttrId, Kind, Schema, builtin};
use crate::pricing::{Clause, Cond, Scope, Test};
use std::cmp::{max, min};

/// A box: at most one condition for each attribute.
type Conds = [Cond];

/// A non-empty box inside both scopes, if there is one.
#[must_use]
pub fn overlap(schema: &Schema, a: &Scope, b: &Scope) -> Option<Box<Conds>> {
    overlaps(schema, a, b).next()
}

/// All non-empty common parts of a box of `a` and a box of `b`.
pub fn overlaps<'s>(schema: &'s Schema, a: &'s Scope, b: &'s Scope) -> impl Iterator<Item = Box<Conds>> + 's {
    a.boxes.iter().flat_map(move |left| {
        b.boxes
            .iter()
            .filter(move |right| boxes_meet(schema, left, right))
            .map(move |right| common(schema, left, right))
    })
}

/// Whether an item can be inside both.
#[must_use]
pub fn meet(schema: &Schema, a: &Scope, b: &Scope) -> bool {
    a.boxes.iter().any(|left| b.boxes.iter().any(|right| boxes_meet(schema, left, right)))
}

/// Whether no item can be inside.
#[must_use]
pub fn is_empty(schema: &Schema, scope: &Scope) -> bool {
    !scope.boxes.iter().any(|conds| is_inhabited(schema, conds))
}

/// Whether each box of `inner` lies inside one box of `outer`.
#[must_use]
pub fn contains(schema: &Schema, outer: &Scope, inner: &Scope) -> bool {
    inner.boxes.iter().all(|small| {
        outer.boxes.iter().any(|large| box_contains(schema, large, small)) || !is_inhabited(schema, small)
    })
}

/// A box in the analyst's words: `category electronics/audio/**  and  tags has kvi`.
#[must_use]
pub fn describe(schema: &Schema, conds: &Conds) -> String {
    if conds.is_empty() {
        return "every item".to_owned();
    }
    let one = |cond: &Cond| {
        let attr = schema.attr(cond.attr);
        match &cond.test {
            Test::Tags(list) => format!("{} {}", attr.name, clauses::describe(list, &attr.symbols)),
            Test::Symbols(_) | Test::Spans(_) => format!("{} {}", attr.name, cond.text),
        }
    };
    conds.iter().map(one).collect::<Vec<_>>().join("  and  ")
}

pub(super) fn find(conds: &Conds, attr: AttrId) -> Option<&Cond> {
    conds.iter().find(|cond| cond.attr == attr)
}

/// Conditions on shared attributes come first: that is where two boxes usually part.
fn boxes_meet(schema: &Schema, left: &Conds, right: &Conds) -> bool {
    let shared = |cond: &Cond| find(right, cond.attr).is_none_or(|other| conds_meet(schema, cond, other));
    left.iter().all(shared) && is_inhabited(schema, left) && is_inhabited(schema, right)
}

pub(super) fn is_inhabited(schema: &Schema, conds: &Conds) -> bool {
    conds.iter().all(|cond| conds_meet(schema, cond, cond))
}

fn box_contains(schema: &Schema, outer: &Conds, inner: &Conds) -> bool {
    outer.iter().all(|cond| match find(inner, cond.attr) {
        Some(narrower) => implies(schema.attr(cond.attr), cond.attr, narrower, cond),
        None => holds_always(schema.attr(cond.attr), cond.attr, cond),
    })
}

/// Whether one value can pass both conditions on the same attribute.
pub(super) fn conds_meet(schema: &Schema, a: &Cond, b: &Cond) -> bool {
    let attr = schema.attr(a.attr);
    if a.or_missing && b.or_missing && can_be_missing(attr) {
        return true;
    }
    match (&a.test, &b.test) {
        (Test::Symbols(left), Test::Symbols(right)) => {
            let both = left.words().iter().zip(right.words()).map(|(a, b)| a & b);
            any_inhabited(attr, both)
        }
        (Test::Tags(left), Test::Tags(right)) => clauses::satisfiable(left.iter().chain(right).copied()),
        (Test::Spans(left), Test::Spans(right)) => {
            let (least, most) = universe(attr, a.attr);
            pairs(left, right).any(|(low, high)| max(low, least) <= min(high, most))
        }
        _ => false,
    }
}

/// Whether every value that passes `inner` passes `outer`.
pub(super) fn implies(attr: &Attr, id: AttrId, inner: &Cond, outer: &Cond) -> bool {
    if inner.or_missing && !outer.or_missing && can_be_missing(attr) {
        return false;
    }
    match (&inner.test, &outer.test) {
        (Test::Symbols(small), Test::Symbols(large)) => {
            let large = large.words().iter().copied().chain(std::iter::repeat(0));
            !any_inhabited(attr, small.words().iter().zip(large).map(|(a, b)| a & !b))
        }
        (Test::Tags(small), Test::Tags(large)) => {
            large.iter().all(|clause| clauses::implied(small.iter().copied(), *clause))
        }
        (Test::Spans(small), Test::Spans(large)) => {
            let (least, most) = universe(attr, id);
            small.iter().all(|(low, high)| covered(max(*low, least), min(*high, most), large))
        }
        _ => false,
    }
}

/// Whether every value passes, the missing one included.
pub(super) fn holds_always(attr: &Attr, id: AttrId, cond: &Cond) -> bool {
    if !cond.or_missing && can_be_missing(attr) {
        return false;
    }
    match &cond.test {
        Test::Symbols(bits) => {
            !(0..attr.symbols.len()).any(|symbol| !bits.contains(symbol) && symbol_is_inhabited(attr, symbol))
        }
        Test::Tags(list) => list.iter().all(|clause| clauses::implied(std::iter::empty(), *clause)),
        Test::Spans(spans) => {
            let (least, most) = universe(attr, id);
            covered(least, most, spans)
        }
    }
}

/// Money in another currency and derived values can be missing even where the schema asks for the fact.
fn can_be_missing(attr: &Attr) -> bool {
    match attr.kind {
        Kind::Set => false,
        Kind::Money => true,
        _ => attr.optional || attr.customer || attr.derive.is_some(),
    }
}

fn any_inhabited(attr: &Attr, words: impl Iterator<Item = u64>) -> bool {
    (0_u32..).zip(words).any(|(at, word)| {
        word != 0
            && (attr.values.is_none()
                || (0..64).any(|bit| word >> bit & 1 == 1 && symbol_is_inhabited(attr, at * 64 + bit)))
    })
}

fn symbol_is_inhabited(attr: &Attr, symbol: u32) -> bool {
    match &attr.values {
        Some(values) => values.iter().any(|value| attr.symbols.lookup(value) == symbol),
        None => true,
    }
}

/// The counts an attribute can have. Ranges are checked on facts as they are fed: what is computed from them
/// (durations from instants, the converted cost, derived values) may lie outside.
fn universe(attr: &Attr, id: AttrId) -> (i64, i64) {
    let all = (i64::MIN, i64::MAX);
    if attr.derive.is_some() {
        return all;
    }
    match (attr.kind, attr.range) {
        (Kind::Number | Kind::Percent, Some(range)) => range,
        (Kind::Money, Some((low, high))) if id != builtin::COST => (max(low, 0), high),
        (Kind::Money, _) => (0, i64::MAX),
        _ => all,
    }
}

/// All pairs of spans, cut to their common part; those that do not meet come out empty (low above high).
fn pairs<'s>(left: &'s [(i64, i64)], right: &'s [(i64, i64)]) -> impl Iterator<Item = (i64, i64)> + 's {
    left.iter().flat_map(move |(low, high)| {
        right.iter().map(move |(other_low, other_high)| (max(*low, *other_low), min(*high, *other_high)))
    })
}

/// Whether `low ..= high` lies inside the union of `spans` (sorted, disjoint, perhaps adjacent).
fn covered(low: i64, high: i64, spans: &[(i64, i64)]) -> bool {
    let mut next = low;
    if high < low {
        return true;
    }
    for (from, to) in spans {
        if *to < next {
            continue;
        }
        if next < *from {
            return false;
        }
        if high <= *to {
            return true;
        }
        next = *to + 1;
    }
    false
}

/// The common part of two boxes that meet.
fn common(schema: &Schema, left: &Conds, right: &Conds) -> Box<Conds> {
    let mut both: Vec<Cond> = left
        .iter()
        .map(|cond| match find(right, cond.attr) {
            Some(other) => intersect(schema.attr(cond.attr), cond, other),
            None => cond.clone(),
        })
        .collect();
    both.extend(right.iter().filter(|cond| find(left, cond.attr).is_none()).cloned());
    both.into()
}

fn intersect(attr: &Attr, a: &Cond, b: &Cond) -> Cond {
    if implies(attr, a.attr, a, b) {
        return a.clone();
    }
    if implies(attr, a.attr, b, a) {
        return b.clone();
    }
    let joined = || format!("{} and {}", a.text, b.text);
    let (test, text) = match (&a.test, &b.test) {
        (Test::Symbols(left), Test::Symbols(right)) => {
            let shared: Vec<u32> = left.iter().filter(|symbol| right.contains(*symbol)).collect();
            let names: Option<Vec<String>> = match shared.len() {
                1..=4 => shared.iter().map(|symbol| attr.symbols.example(*symbol)).collect(),
                _ => None,
            };
            let text = names.map_or_else(joined, |names| names.join(" | "));
            let bits = crate::pricing::Bits::new(attr.symbols.len(), shared);
            (Test::Symbols(bits), text)
        }
        (Test::Tags(left), Test::Tags(right)) => {
            let mut list: Vec<Clause> = left.to_vec();
            list.extend(right.iter().filter(|clause| !left.contains(clause)));
            (Test::Tags(list.into()), joined())
        }
        (Test::Spans(left), Test::Spans(right)) => {
            let mut spans: Vec<(i64, i64)> = pairs(left, right).filter(|(low, high)| low <= high).collect();
            spans.sort_unstable();
            (Test::Spans(spans.into()), joined())
        }
        _ => (a.test.clone(), joined()),
    };
    Cond { attr: a.attr, test, or_missing: a.or_missing && b.or_missing, text: text.into() }
}

#[cfg(test)]
#[path = "boxes_tests.rs"]
pub(super) mod tests;

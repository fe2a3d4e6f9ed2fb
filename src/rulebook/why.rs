//! Why one rule wins over another: the decision of `precedence`, taken again for two rules and written down as a proof.

use super::boxes::{conds_meet, contains, describe, find, holds_always, implies, is_inhabited, overlap};
use super::clauses;
use crate::facts::Schema;
use crate::pricing::{Cond, Place, Release, Rule, Scope, Test, Window};

/// Who wins of two rules in one place, and the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No item, or no moment, for which both hold.
    Apart(Apart),
    Wins {
        /// Whether the first of the two wins.
        first: bool,
        by: By,
        /// Items for which both hold, in words.
        both: String,
    },
    /// Nothing decides; a rulebook that loads has no such pair.
    Open,
}

/// Why two rules never meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apart {
    /// Their dates share no instant.
    Dates,
    /// For each pair of boxes the attribute on which they part, with both cells.
    Cells(Vec<(String, String, String)>),
}

/// The word that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    LaterLayer,
    Over,
    /// An overlay is narrower than its parent by what it is.
    Overlay,
    /// Every box of the winner with the box of the loser that it lies in.
    Narrower(Vec<Vec<Inside>>),
}

/// One attribute of a containment: the winner's cell, the loser's cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    pub attr: String,
    pub inner: String,
    pub outer: String,
    /// The cells accept the same values.
    pub same: bool,
}

/// The rules of a place that a name means: a full label, or an id with all its rows and overlays.
#[must_use]
pub fn named<'a>(place: &'a Place, name: &str) -> Vec<&'a Rule> {
    let exact: Vec<&Rule> = place.rules.iter().filter(|rule| *rule.info.label == *name).collect();
    if !exact.is_empty() {
        return exact;
    }
    let mut all: Vec<&Rule> = place.rules.iter().filter(|rule| *rule.info.id == *name).collect();
    all.sort_by_key(|rule| rule.info.row);
    all
}

/// Decides between two rules of a place as `precedence` does.
#[must_use]
pub fn prove(release: &Release, place: &Place, a: &Rule, b: &Rule) -> Proof {
    let schema = &release.schema;
    if !a.window.meets(b.window) {
        return Proof::Apart(Apart::Dates);
    }
    let (left, right) = (whole(a), whole(b));
    let Some(both) = overlap(schema, &left, &right) else {
        return Proof::Apart(Apart::Cells(parted(schema, &left, &right)));
    };
    let wins = |first, by| Proof::Wins { first, by, both: describe(schema, &both) };
    if a.layer != b.layer {
        return wins(b.layer < a.layer, By::LaterLayer);
    }
    let over = |winner: &Rule, loser: &Rule| {
        let named =
            |at: &u32| place.rules.get(*at as usize).is_some_and(|rule| rule.info.label == loser.info.label);
        winner.over.iter().any(named)
    };
    let overlay = |winner: &Rule, loser: &Rule| {
        winner.info.id == loser.info.id
            && winner.info.label.contains(".for.")
            && loser.info.label == loser.info.id
    };
    match (over(a, b) || overlay(a, b), over(b, a) || overlay(b, a)) {
        (true, false) => wins(true, if over(a, b) { By::Over } else { By::Overlay }),
        (false, true) => wins(false, if over(b, a) { By::Over } else { By::Overlay }),
        (true, true) => Proof::Open,
        (false, false) => match (contains(schema, &right, &left), contains(schema, &left, &right)) {
            (true, false) => wins(true, By::Narrower(containment(schema, &left, &right))),
            (false, true) => wins(false, By::Narrower(containment(schema, &right, &left))),
            _ => Proof::Open,
        },
    }
}

/// The dates of a rule in its market's time, `2026-11-23 .. 2026-11-30`; `None` when it is always open.
#[must_use]
pub fn dates(window: Window, zone: &jiff::tz::TimeZone) -> Option<String> {
    let day = |at: i64| {
        let local = zone.to_datetime(jiff::Timestamp::from_second(at).unwrap_or_default());
        let midnight = local.time() == jiff::civil::Time::midnight();
        if midnight { local.date().to_string() } else { format!("{} {}", local.date(), local.time()) }
    };
    match (window.from != i64::MIN, window.until != i64::MAX) {
        (false, false) => None,
        (true, false) => Some(format!("from {}", day(window.from))),
        (false, true) => Some(format!("until {}", day(window.until))),
        (true, true) => Some(format!("from {} until {}", day(window.from), day(window.until))),
    }
}

/// The scope that precedence compares: with the cells on market and channel.
fn whole(rule: &Rule) -> Scope {
    let cells = rule.place_cells.iter().map(AsRef::as_ref).chain(std::iter::repeat(&[][..]));
    let boxes = rule.scope.boxes.iter().zip(cells);
    Scope { boxes: boxes.map(|(conds, place)| place.iter().chain(conds).cloned().collect()).collect() }
}

/// Where each pair of boxes parts.
fn parted(schema: &Schema, left: &Scope, right: &Scope) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (a, b) in left.boxes.iter().flat_map(|a| right.boxes.iter().map(move |b| (a, b))) {
        let shared = a.iter().find_map(|cond| {
            let other = find(b, cond.attr).filter(|other| !conds_meet(schema, cond, other))?;
            Some((schema.attr(cond.attr).name.to_string(), cell(schema, cond), cell(schema, other)))
        });
        // A box that holds for no item at all meets nothing.
        let empty = || {
            let cond = a.iter().chain(b).find(|cond| !is_inhabited(schema, std::slice::from_ref(cond)))?;
            Some((schema.attr(cond.attr).name.to_string(), cell(schema, cond), "anything".to_owned()))
        };
        if let Some(apart) = shared.or_else(empty)
            && !found.contains(&apart)
        {
            found.push(apart);
        }
    }
    found
}

/// Each inhabited box of `inner` beside a box of `outer` around it, attribute by attribute.
fn containment(schema: &Schema, inner: &Scope, outer: &Scope) -> Vec<Vec<Inside>> {
    let inside = |small: &[Cond], cond: &Cond| match find(small, cond.attr) {
        Some(narrower) => implies(schema.attr(cond.attr), cond.attr, narrower, cond),
        None => holds_always(schema.attr(cond.attr), cond.attr, cond),
    };
    let inhabited = inner.boxes.iter().filter(|small| is_inhabited(schema, small));
    inhabited
        .filter_map(|small| {
            let large = outer.boxes.iter().find(|large| large.iter().all(|cond| inside(small, cond)))?;
            Some(side_by_side(schema, small, large))
        })
        .collect()
}

fn side_by_side(schema: &Schema, small: &[Cond], large: &[Cond]) -> Vec<Inside> {
    let only_outer = large.iter().filter(|cond| find(small, cond.attr).is_none());
    small
        .iter()
        .chain(only_outer)
        .map(|cond| {
            let attr = schema.attr(cond.attr);
            let (inner, outer) = (find(small, cond.attr), find(large, cond.attr));
            let shown =
                |cond: Option<&Cond>| cond.map_or_else(|| "any".to_owned(), |cond| cell(schema, cond));
            let same = match (inner, outer) {
                (Some(inner), Some(outer)) => implies(attr, cond.attr, outer, inner),
                (Some(inner), None) => holds_always(attr, cond.attr, inner),
                _ => true,
            };
            Inside { attr: attr.name.to_string(), inner: shown(inner), outer: shown(outer), same }
        })
        .collect()
}

/// A cell without its attribute: `electronics/**`, `lacks kvi`.
fn cell(schema: &Schema, cond: &Cond) -> String {
    match &cond.test {
        Test::Tags(list) => clauses::describe(list, &schema.attr(cond.attr).symbols),
        Test::Symbols(_) | Test::Spans(_) => cond.text.to_string(),
    }
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;

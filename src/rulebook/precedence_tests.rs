//! Orders of small and of large rulebooks.

use super::super::boxes::tests::{scope, small_world};
use super::*;
use crate::facts::{Attr, AttrId, Basis, Kind, Symbols};
use crate::pricing::{Bits, Clause, Cond, Test};
use proptest::prelude::*;

fn conds(list: &[(u16, Test)]) -> Scope {
    let conds = list.iter().map(|(attr, test)| Cond {
        attr: AttrId(*attr),
        test: test.clone(),
        or_missing: false,
        text: "".into(),
    });
    Scope { boxes: [conds.collect()].into() }
}

fn brands(list: &[u32]) -> Test {
    Test::Symbols(Bits::new(3, list.iter().copied()))
}

fn has(tag: u64) -> Test {
    Test::Tags([Clause { with: tag, without: 0 }].into())
}

fn entry<'a>(layer: u16, scope: &'a Scope, over: &[usize]) -> Entry<'a> {
    Entry { layer, scope, window: Window::ALWAYS, over: over.to_vec() }
}

#[test]
fn layers_then_over_then_narrower() {
    let schema = small_world();
    let (all, bose) = (Scope::everything(), conds(&[(0, brands(&[1]))]));
    let both = conds(&[(0, brands(&[1])), (2, has(0b010))]);
    let found = order(
        &schema,
        &[entry(0, &both, &[]), entry(0, &all, &[]), entry(1, &all, &[]), entry(0, &bose, &[])],
    );
    assert_eq!(found.order, [2, 0, 3, 1]);
    assert_eq!((found.conflicts.len(), found.circles.len(), found.pairs), (0, 0, 3));
    let found = order(&schema, &[entry(0, &both, &[]), entry(0, &all, &[0]), entry(0, &bose, &[])]);
    assert_eq!(found.circles, [[0, 2, 1]]);
    let mut sorted = found.order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 1, 2]);
}

#[test]
fn what_nothing_decides_is_a_conflict() {
    let schema = small_world();
    let (bose, kvi) = (conds(&[(0, brands(&[1]))]), conds(&[(2, has(0b010))]));
    let (sennheiser, again) = (conds(&[(0, brands(&[2]))]), bose.clone());
    let found = order(
        &schema,
        &[entry(0, &bose, &[]), entry(0, &kvi, &[]), entry(0, &sennheiser, &[1]), entry(0, &again, &[])],
    );
    assert_eq!(found.conflicts, [(0, 1), (1, 3)]);
    assert_eq!(found.equal, [(0, 3)]);
    let apart = |from, until| Entry { window: Window { from, until }, ..entry(0, &bose, &[]) };
    let found = order(&schema, &[apart(0, 10), apart(10, 20)]);
    assert_eq!((found.equal, found.order), (vec![], vec![0, 1]));
}

#[test]
fn each_over_the_other_is_a_circle() {
    let schema = small_world();
    let (bose, kvi) = (conds(&[(0, brands(&[1]))]), conds(&[(2, has(0b010))]));
    let found = order(&schema, &[entry(0, &bose, &[1]), entry(0, &kvi, &[0])]);
    assert_eq!((found.circles, found.conflicts), (vec![vec![0, 1]], vec![]));
}

proptest! {
    /// The index changes nothing, and every decided pair stands in the order.
    #[test]
    fn agrees_with_comparing_all_pairs(scopes in prop::collection::vec(scope(), 1..12)) {
        let schema = small_world();
        let entries: Vec<_> = scopes.iter().map(|scope| entry(0, scope, &[])).collect();
        let found = order(&schema, &entries);
        let place = |at: usize| found.order.iter().position(|other| *other == at).unwrap();
        let (mut conflicts, mut equal) = (Vec::new(), Vec::new());
        for first in 0..scopes.len() {
            for second in first + 1..scopes.len() {
                let (a, b) = (&scopes[first], &scopes[second]);
                if !boxes::meet(&schema, a, b) {
                    continue;
                }
                match (boxes::contains(&schema, b, a), boxes::contains(&schema, a, b)) {
                    (true, true) => equal.push((first, second)),
                    (true, false) => prop_assert!(place(first) < place(second)),
                    (false, true) => prop_assert!(place(second) < place(first)),
                    (false, false) => conflicts.push((first, second)),
                }
            }
        }
        prop_assert_eq!(&found.conflicts, &conflicts);
        prop_assert_eq!(&found.equal, &equal);
        prop_assert!(found.circles.is_empty());
    }
}

/// A table with one row for each of 5,000 SKUs and a catch-all; and 2,000 rules over brands and tags.
#[test]
fn large_rulebooks_are_ordered_quickly() {
    let skus = Symbols::new((0..5_000).map(|at| format!("{at:05}")), false);
    let universe = skus.len();
    let attr = Attr {
        name: "sku".into(),
        kind: Kind::Id,
        optional: false,
        basis: Basis::Gross,
        customer: false,
        values: None,
        range: None,
        derive: None,
        link: false,
        symbols: skus,
    };
    let schema = Schema::new(vec![attr]);
    let row = |at| conds(&[(0, Test::Symbols(Bits::new(universe, [at])))]);
    let mut rows: Vec<Scope> = (1..universe).map(row).collect();
    rows.push(Scope::everything());
    let entries: Vec<_> = rows.iter().map(|scope| entry(0, scope, &[])).collect();
    let found = order(&schema, &entries);
    assert_eq!(found.pairs, 5_001 * 5_000 / 2);
    assert_eq!(found.order.last(), Some(&5_000));
    assert!(found.conflicts.is_empty() && found.equal.is_empty());
}

/// Nothing to index: every pair is decided by comparing.
#[test]
fn rules_over_sets_are_compared_pair_by_pair() {
    let schema = small_world();
    let scopes: Vec<Scope> = (0..800_i64)
        .map(|at| conds(&[(2, has(1 << (at % 3))), (4, Test::Spans([(at, at + 3)].into()))]))
        .collect();
    let entries: Vec<_> = scopes.iter().map(|scope| entry(0, scope, &[])).collect();
    let found = order(&schema, &entries);
    assert_eq!(found.conflicts.len(), 799 + 798 + 797);
    assert_eq!(found.order, (0..800).collect::<Vec<_>>());
}

//! The algebra against trying every item of a small world.

use super::*;
use crate::facts::{Basis, Symbols, Value};
use crate::pricing::Bits;
use proptest::prelude::*;

const BRAND: AttrId = AttrId(0);
const SIZE: AttrId = AttrId(1);
const TAGS: AttrId = AttrId(2);
const DEMAND: AttrId = AttrId(3);
const COVER: AttrId = AttrId(4);

fn attr(name: &str, kind: Kind, optional: bool, texts: &[&str]) -> Attr {
    Attr {
        name: name.into(),
        kind,
        optional,
        basis: Basis::Gross,
        customer: false,
        values: None,
        range: None,
        derive: None,
        link: false,
        symbols: Symbols::new(texts.iter().map(|text| (*text).to_owned()), false),
    }
}

pub(crate) fn small_world() -> Schema {
    let closed = Attr {
        values: Some(vec!["large".into(), "small".into()]),
        ..attr("size", Kind::Text, false, &["large", "small"])
    };
    let ranged = Attr { range: Some((0, 4)), ..attr("demand", Kind::Number, false, &[]) };
    Schema::new(vec![
        attr("brand", Kind::Text, true, &["Bose", "Sennheiser"]),
        closed,
        attr("tags", Kind::Set, false, &["fresh", "kvi", "new"]),
        ranged,
        attr("cover", Kind::Duration, true, &[]),
    ])
}

type World = [Value; 5];

fn every_item() -> Vec<World> {
    let mut items = Vec::new();
    let brands = [Value::Missing, Value::Symbol(0), Value::Symbol(1), Value::Symbol(2)];
    let covers = (-2..=7).map(Value::Count).chain([Value::Missing]);
    for brand in brands {
        for size in [1, 2] {
            for tags in 0..8 {
                for demand in 0..=4 {
                    for cover in covers.clone() {
                        items.push([
                            brand,
                            Value::Symbol(size),
                            Value::Tags(tags),
                            Value::Count(demand),
                            cover,
                        ]);
                    }
                }
            }
        }
    }
    items
}

fn holds(conds: &Conds, item: &World) -> bool {
    conds.iter().all(|cond| match (&cond.test, item[usize::from(cond.attr.0)]) {
        (Test::Symbols(bits), Value::Symbol(symbol)) => bits.contains(symbol),
        (Test::Tags(list), Value::Tags(tags)) => list.iter().all(|clause| clause.holds(tags)),
        (Test::Spans(spans), Value::Count(count)) => {
            spans.iter().any(|(low, high)| (*low..=*high).contains(&count))
        }
        _ => cond.or_missing,
    })
}

fn inside(scope: &Scope, item: &World) -> bool {
    scope.boxes.iter().any(|conds| holds(conds, item))
}

fn cond(attr: AttrId, test: Test, or_missing: bool) -> Cond {
    Cond { attr, test, or_missing, text: "as written".into() }
}

fn symbols(attr: AttrId) -> impl Strategy<Value = Cond> {
    (prop::collection::vec(0..3_u32, 0..4), any::<bool>())
        .prop_map(move |(list, missing)| cond(attr, Test::Symbols(Bits::new(3, list)), missing))
}

fn tags() -> impl Strategy<Value = Cond> {
    let clause = (0..8_u64, 0..8_u64).prop_map(|(with, without)| Clause { with, without });
    prop::collection::vec(clause, 1..3).prop_map(|list| cond(TAGS, Test::Tags(list.into()), false))
}

fn spans(attr: AttrId) -> impl Strategy<Value = Cond> {
    let edges = prop::sample::subsequence((-1..=6_i64).collect::<Vec<_>>(), 0..=4);
    (edges, any::<bool>(), any::<bool>()).prop_map(move |(edges, open, missing)| {
        let mut spans: Vec<(i64, i64)> =
            edges.chunks(2).map(|pair| (pair[0], pair[pair.len() - 1])).collect();
        if let (true, Some(last)) = (open, spans.last_mut()) {
            last.1 = i64::MAX;
        }
        cond(attr, Test::Spans(spans.into()), missing)
    })
}

fn one_box() -> impl Strategy<Value = Box<Conds>> {
    fn maybe<S: Strategy>(conds: S) -> impl Strategy<Value = Option<S::Value>> {
        prop::option::of(conds)
    }
    let conds = (
        maybe(symbols(BRAND)),
        maybe(symbols(SIZE)),
        maybe(tags()),
        maybe(spans(DEMAND)),
        maybe(spans(COVER)),
    );
    conds.prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().collect())
}

pub(crate) fn scope() -> impl Strategy<Value = Scope> {
    prop::collection::vec(one_box(), 1..3).prop_map(|boxes| Scope { boxes: boxes.into() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn overlap_agrees_with_trying_every_item(a in scope(), b in scope()) {
        let (schema, items) = (small_world(), every_item());
        let by_hand = items.iter().any(|item| inside(&a, item) && inside(&b, item));
        prop_assert_eq!(meet(&schema, &a, &b), by_hand);
        match overlap(&schema, &a, &b) {
            None => prop_assert!(!by_hand),
            Some(witness) => {
                let within: Vec<_> = items.iter().filter(|item| holds(&witness, item)).collect();
                prop_assert!(!within.is_empty());
                prop_assert!(within.iter().all(|item| inside(&a, item) && inside(&b, item)));
            }
        }
        prop_assert_eq!(is_empty(&schema, &a), !items.iter().any(|item| inside(&a, item)));
    }

    #[test]
    fn containment_agrees_with_trying_every_item(outer in scope(), inner in scope()) {
        let (schema, items) = (small_world(), every_item());
        let by_hand = inner.boxes.iter().all(|small| {
            outer.boxes.iter().any(|large| items.iter().all(|item| !holds(small, item) || holds(large, item)))
        });
        prop_assert_eq!(contains(&schema, &outer, &inner), by_hand);
        prop_assert!(contains(&schema, &Scope::everything(), &inner));
        prop_assert!(contains(&schema, &inner, &inner));
    }
}

#[test]
fn a_box_is_described_in_the_analysts_words() {
    let schema = small_world();
    let brands = |list: &[u32], text: &str| Cond {
        text: text.into(),
        ..cond(BRAND, Test::Symbols(Bits::new(3, list.iter().copied())), false)
    };
    let kvi = Test::Tags([Clause { with: 0b010, without: 0 }].into());
    let left = Scope { boxes: [[brands(&[1, 2], "Bose | Sennheiser")].into()].into() };
    let right = Scope { boxes: [[cond(TAGS, kvi, false)].into()].into() };
    let shared = overlap(&schema, &left, &right).unwrap();
    assert_eq!(describe(&schema, &shared), "brand Bose | Sennheiser  and  tags has kvi");
    let not_bose = Scope { boxes: [[brands(&[0, 2], "!Bose")].into()].into() };
    assert_eq!(describe(&schema, &overlap(&schema, &left, &not_bose).unwrap()), "brand Sennheiser");
    assert_eq!(describe(&schema, &[]), "every item");
}

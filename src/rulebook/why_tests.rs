//! The proof says what the order says, for every pair of rules of the models.

use super::*;
use crate::rulebook::{Files, load};
use std::sync::Arc;

fn release(name: &str) -> Arc<Release> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    load(Files::read_dir(&root).unwrap()).release.unwrap()
}

fn proof(release: &Release, [market, channel]: [&str; 2], a: &str, b: &str) -> Proof {
    let place = release.place(market, channel).unwrap();
    prove(release, place, named(place, a)[0], named(place, b)[0])
}

#[test]
fn every_pair_is_decided_as_the_engine_orders_it() {
    for model in ["orda", "iowa"] {
        let release = release(model);
        for place in &release.places {
            for (at, a) in place.rules.iter().enumerate() {
                for b in place.rules.iter().skip(at + 1) {
                    match prove(&release, place, a, b) {
                        Proof::Apart(_) | Proof::Wins { first: true, .. } => {}
                        other => panic!("{} {}: {other:?}", a.info.label, b.info.label),
                    }
                    let back = prove(&release, place, b, a);
                    assert!(matches!(back, Proof::Apart(_) | Proof::Wins { first: false, .. }), "{back:?}");
                }
            }
        }
    }
}

#[test]
fn each_word_has_its_proof() {
    let release = release("orda");
    let (de, kz) = (["DE", "own"], ["KZ", "own"]);
    let by = |place, a, b| match proof(&release, place, a, b) {
        Proof::Wins { first, by, .. } => (first, by),
        other => panic!("{other:?}"),
    };
    assert_eq!(by(de, "plan#4", "kvi-follow"), (false, By::LaterLayer));
    assert_eq!(by(kz, "kvi-follow.for.kz", "kvi-follow"), (true, By::Overlay));
    let inside = |attr: &str, inner: &str, outer: &str, same| Inside {
        attr: attr.into(),
        inner: inner.into(),
        outer: outer.into(),
        same,
    };
    let category = inside("category", "electronics/phones/**", "electronics/**", false);
    assert_eq!(by(de, "plan#3", "plan#4"), (false, By::Narrower(vec![vec![category]])));
    // A row for one market is narrower than the same row for all, though both hold for the same items there.
    let (true, By::Narrower(boxes)) = by(kz, "plan#8", "plan#7") else { panic!("plan#8 is narrower") };
    let same = inside("category", "grocery/staples/**", "grocery/staples/**", true);
    assert_eq!(boxes, [[inside("market", "KZ", "any", false), same]]);
    let apart =
        ("category".to_owned(), "electronics/phones/**".to_owned(), "electronics/audio/**".to_owned());
    assert_eq!(proof(&release, de, "phones", "premium-audio"), Proof::Apart(Apart::Cells(vec![apart])));
}

#[test]
fn over_is_a_reason_of_its_own() {
    let mut files =
        Files::read_dir(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda")).unwrap();
    let rules = files.get("rules/strategy.toml").unwrap().replace(
        "brand = \"Bose | Sennheiser\", tags = \"!kvi\" }",
        "brand = \"Bose | Sennheiser\" }\nover = [\"kvi-follow\"]",
    );
    files.0.insert("rules/strategy.toml".into(), rules.into());
    let release = load(files).release.unwrap();
    for rival in ["kvi-follow", "kvi-follow.for.kz"] {
        let found = proof(&release, ["KZ", "own"], rival, "premium-audio");
        assert!(matches!(found, Proof::Wins { first: false, by: By::Over, .. }), "{rival}: {found:?}");
    }
}

#[test]
fn dates_that_never_meet_part_two_rules() {
    let release = release("orda");
    let place = release.place("DE", "own").unwrap();
    let doorbusters = named(place, "doorbusters")[0];
    assert_eq!(dates(doorbusters.window, &place.zone).as_deref(), Some("from 2026-11-23 until 2026-11-30"));
    let mut later = named(place, "kvi-follow")[0].clone();
    later.window = Window { from: doorbusters.window.until, until: i64::MAX };
    assert_eq!(prove(&release, place, doorbusters, &later), Proof::Apart(Apart::Dates));
}

#[test]
fn a_name_means_the_entry_or_all_its_rows() {
    let release = release("orda");
    let place = release.place("DE", "own").unwrap();
    let labels = |name| named(place, name).iter().map(|rule| rule.info.label.to_string()).collect::<Vec<_>>();
    assert_eq!(labels("plan").len(), 7);
    assert_eq!(labels("plan#4"), ["plan#4"]);
    assert_eq!(labels("kvi-follow"), ["kvi-follow"]);
    assert!(labels("kvi-follow.for.kz").is_empty());
}

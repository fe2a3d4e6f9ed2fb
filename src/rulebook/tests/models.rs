//! The rulebooks of `models/` load as they are meant.

use super::{load_model, model, shown};
use crate::money::{Fraction, Ratio};
use crate::pricing::{Bound, Fixed, Place, Rule, Strategy, Test};
use crate::rulebook::load;

fn rule<'a>(place: &'a Place, label: &str) -> Option<&'a Rule> {
    place.rules.iter().find(|rule| &*rule.info.label == label)
}

#[test]
fn iowa_loads() {
    let loaded = load_model("iowa");
    assert_eq!(shown(&loaded), "");
    let release = loaded.release.unwrap();
    let place = release.place("US-IA", "wholesale").unwrap();
    let Strategy::CostPlus { factor, .. } = &place.rules[0].strategy else {
        panic!("cost-plus");
    };
    assert_eq!(factor[0], Some(Fraction::new(3, 2).unwrap()));
    assert_eq!(release.items_feed.name_of("State Bottle Cost").as_deref(), Some("cost"));
    assert_eq!(
        (release.guard_count, release.hash.len(), loaded.tests.len(), loaded.always.len()),
        (1, 64, 6, 1)
    );
}

#[test]
fn orda_loads() {
    let loaded = load_model("orda");
    assert_eq!(shown(&loaded), "");
    let release = loaded.release.clone().unwrap();
    let places: Vec<String> =
        release.places.iter().map(|place| format!("{}/{}", place.market, place.channel)).collect();
    assert_eq!(places, ["DE/own", "DE/app", "DE/dropship", "KZ/own", "KZ/app", "KZ/kaspi", "KZ/dropship"]);
    assert_eq!(loaded.stats.rules, 8);
    assert_eq!((loaded.stats.table_rows, loaded.stats.guards, loaded.stats.rounds), (8, 9, 2));
    assert_eq!(loaded.tests.len(), 9);
    assert_eq!(loaded.tests[0].at, crate::facts::parse_instant("2026-11-18T10:00:00+01:00").unwrap());
}

#[test]
fn orda_rules_act_where_they_are_meant() {
    let release = load_model("orda").release.unwrap();
    let (de, kz) = (release.place("DE", "own").unwrap(), release.place("KZ", "own").unwrap());
    assert!(rule(de, "plan#8").is_none() && rule(kz, "plan#8").is_some());
    assert!(rule(de, "kvi-follow.for.kz").is_none() && rule(kz, "kvi-follow.for.kz").is_some());
    assert!(rule(kz, "doorbusters").is_none());
    let at =
        |place: &Place, label: &str| place.rules.iter().position(|rule| &*rule.info.label == label).unwrap();
    assert!(at(kz, "plan#8") < at(kz, "plan#7") && at(kz, "plan#7") < at(kz, "plan#2"));
    assert!(at(kz, "kvi-follow.for.kz") < at(kz, "kvi-follow") && at(kz, "kvi-follow") < at(kz, "plan#8"));
    let Strategy::Follow { by, .. } = rule(kz, "kvi-follow.for.kz").unwrap().strategy else {
        panic!("follow");
    };
    assert_eq!(by, Ratio::parse_percent("-0.5").unwrap());
    let doorbusters = rule(de, "doorbusters").unwrap();
    assert_eq!(doorbusters.window.from, crate::facts::parse_instant("2026-11-23T00:00:00+01:00").unwrap());
    let Strategy::Fixed(Fixed::Table(rows)) = &doorbusters.strategy else {
        panic!("fixed");
    };
    assert_eq!(
        rows.iter().map(|row| row.price.unwrap().to_string()).collect::<Vec<_>>(),
        ["349.00", "59.99"]
    );
    assert_eq!(doorbusters.relax.len(), 3);
}

#[test]
fn factors_are_those_of_the_semantics() {
    let release = load_model("orda").release.unwrap();
    let kaspi = release.place("KZ", "kaspi").unwrap();
    let Strategy::CostPlus { factor, text, .. } = &rule(kaspi, "plan#2").unwrap().strategy else {
        panic!("cost-plus");
    };
    // (1 + 16 %) ÷ ((1 − 22 %) − 50 % · 12 % · (1 + 16 %))
    assert_eq!(factor[0], Some(Fraction::new(11_600, 7_104).unwrap()));
    assert_eq!(&**text, "margin 22%");
    let de = release.place("DE", "own").unwrap();
    let classes: Vec<&str> = de.vat.iter().map(|vat| &*vat.class).collect();
    assert_eq!(classes, ["standard", "food"]);
    let guards: Vec<&str> = de.guards.iter().map(|guard| &*guard.id).collect();
    assert_eq!(
        guards,
        ["was-price", "blind", "no-loss", "sane", "rrp", "electronics-margin", "order-costs", "calm"]
    );
    let no_loss = &de.guards[2].variants[0];
    assert!(
        matches!(&no_loss.bounds[0], Bound::MinMargin { factor, .. } if factor[0] == Fraction::new(119, 97).unwrap())
    );
    let rrp = &de.guards[4].variants[0].scope.boxes[0][0];
    assert!(matches!(&rrp.test, Test::Spans(spans) if spans[..] == [(1, i64::MAX)]));
}

#[test]
fn a_release_is_named_by_what_it_says() {
    let first = load(model("orda")).release.unwrap();
    let mut files = model("orda");
    files.0.insert("tests/prices.toml".into(), "".into());
    assert_eq!(load(files.clone()).release.unwrap().hash, first.hash);
    files.0.insert("tables/doorbusters.csv".into(), "sku,set price.fixed\nTEL-A55,348.00 EUR\n".into());
    assert_ne!(load(files).release.unwrap().hash, first.hash);
}

#[test]
fn origins_are_complete() {
    let loaded = load_model("orda");
    let row = loaded.origins.get("rule", "plan#8").unwrap();
    let text = |span: &crate::rulebook::Span| {
        loaded.files.get(&span.file).unwrap().get(span.start..span.end).unwrap().to_owned()
    };
    assert_eq!(text(&row.header), "grocery/staples/**,KZ,14%,the legal cap makes more pointless");
    assert_eq!(text(row.span_of("set price.cost-plus.margin")), "14%");
    let overlay = loaded.origins.get("rule", "kvi-follow.for.kz").unwrap();
    assert_eq!(text(&overlay.header), "[rule.kvi-follow.for.kz]");
    assert_eq!(text(overlay.scope_span()), "{ market = \"KZ\" }");
    assert_eq!(&*overlay.owner, "anna.k");
    assert_eq!(text(loaded.origins.get("guard", "no-loss").unwrap().span_of("min_margin")), "\"3%\"");
}

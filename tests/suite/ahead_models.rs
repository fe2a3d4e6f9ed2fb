//! `models/fresh` and `models/season-end`: their tests pass, and a season plays through as it is meant.

use super::models::{folder, loaded};
use pricer::batch::{Feeds, load_facts};
use pricer::facts::{Applied, History, Item, PriceKind, Rates, parse_instant};
use pricer::money::{Money, Price};
use pricer::pricing::{Decision, Outcome, Row, Status, World, price};
use pricer::rulebook::{load, run_tests};

#[test]
fn the_tests_of_the_models_pass() {
    for (model, count) in [("fresh", 7), ("season-end", 8)] {
        let loaded = loaded(model);
        assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
        let results = run_tests(&loaded.release.unwrap(), &loaded.tests, &Rates::default());
        assert_eq!((results.reports.len(), results.failed()), (count, 0), "{model}: {:#?}", results.reports);
    }
}

/// Dearer tables fail the tests: they look at what the rules say.
#[test]
fn a_changed_table_fails_a_test() {
    for (model, table, from, to) in [
        ("fresh", "tables/last_days.csv", "-30%", "-20%"),
        ("season-end", "tables/broken_sizes.csv", "-70%", "-60%"),
        ("season-end", "rules/price.toml", "\"-50%\", \"-70%\"", "\"-60%\", \"-70%\""),
    ] {
        let mut files = super::models::files(model);
        let text = files.get(table).unwrap().replace(from, to);
        files.0.insert(table.into(), text.into());
        let loaded = load(files);
        let results = run_tests(&loaded.release.unwrap(), &loaded.tests, &Rates::default());
        assert_eq!(results.failed(), 1, "{model} {table}");
    }
}

fn ask(item: &Item, world: &World<'_>) -> Decision {
    match price(&Row { item, offers: &[] }, world, &mut ()) {
        Outcome::Decided(decision) => decision,
        Outcome::Refused(refusal) => panic!("{}: {refusal:?}", item.sku),
    }
}

/// The history with a price from `at` on.
fn and(history: &History, sku: &str, decision: &Decision, at: i64) -> History {
    let price = Money::new(decision.price.amount(), decision.price.currency());
    let mut history = history.clone();
    let announced = decision.kind == PriceKind::Clearance;
    history.add(sku, "FR", "", Applied { price, kind: decision.kind, from: at, to: i64::MAX, announced });
    history
}

/// The four weeks of the sale, each price written into the history as a shop would: no price ever rises, pricing twice a day
/// changes nothing, and the reference stays that of before the sale.
#[test]
fn a_sale_plays_through() {
    let release = loaded("season-end").release.unwrap();
    let [items, history] =
        ["items.csv", "history.csv"].map(|name| folder("season-end").join("feeds").join(name));
    let feeds = Feeds { items: Some(&items), history: Some(&history), ..Feeds::default() };
    let (facts, accounts) = load_facts(&release, feeds).unwrap();
    assert!(accounts.iter().all(|account| account.quarantined.is_empty()), "{accounts:?}");
    let place = release.place("FR", "shop").unwrap();
    let (mut falls, rates) = (0, Rates::default());
    for row in facts.items.iter() {
        let (mut item, mut history) = (row.item(), (*facts.history).clone());
        let (mut last, mut reference): (Option<Price>, _) = (None, None);
        for day in 0..28 {
            let at = parse_instant("2026-06-24T06:00:00Z").unwrap() + day * 86_400;
            let world = World::new(&release, place, &rates, at, None).with_history(&history);
            let decision = ask(&item, &world);
            if decision.kind != PriceKind::Clearance {
                break;
            }
            assert_eq!(decision.status, Status::Priced);
            assert!(
                last.is_none_or(|last| decision.price.minor() <= last.minor()),
                "{} day {day}: {}",
                item.sku,
                decision.price
            );
            falls += u32::from(last.is_some_and(|last| decision.price.minor() < last.minor()));
            reference.get_or_insert(decision.reference);
            assert_eq!(reference, Some(decision.reference), "{} day {day}", item.sku);
            if last != Some(decision.price) {
                history = and(&history, &item.sku, &decision, at);
            }
            last = Some(decision.price);
            item = item.with_current_price(Money::new(decision.price.amount(), decision.price.currency()));
            let evening = World::new(&release, place, &rates, at + 36_000, None).with_history(&history);
            assert_eq!(ask(&item, &evening).price, decision.price, "{} day {day}", item.sku);
        }
    }
    // Nothing is sold in this season, so the ladders go down.
    assert!(40 < falls, "{falls}");
}

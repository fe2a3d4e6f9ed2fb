//! The real Iowa catalog, priced by its statutory rule and compared with what was really charged.

use super::models;
use pricer::batch::load_items;
use pricer::facts::{Rates, parse_instant};
use pricer::money::Amount;
use pricer::pricing::{Outcome, Row, World, price};
use std::collections::BTreeMap;

/// The rows that depart from the rule in the source; `models/iowa/README.md` explains them.
const DEPARTING: [&str; 6] = ["57585", "647", "922378", "927952", "942403", "966187"];

/// What was charged, by item, read without the engine.
fn charged() -> BTreeMap<String, Amount> {
    let mut reader = csv::Reader::from_path(models::folder("iowa").join("feeds/catalog.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (item, retail) = (column("Item Number"), column("State Bottle Retail"));
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| (row[item].to_owned(), Amount::parse(&row[retail]).unwrap())).collect()
}

#[test]
fn all_but_six_prices_are_those_really_charged() {
    let release = models::loaded("iowa").release.unwrap();
    let catalog = models::folder("iowa").join("feeds/catalog.csv");
    let (items, account) = load_items(&catalog, &release).unwrap();
    assert_eq!((account.rows, account.quarantined.len(), items.len()), (6_482, 0, 6_482));
    let place = release.place("US-IA", "wholesale").unwrap();
    let rates = Rates::default();
    let at = parse_instant("2022-11-01T10:00:00-05:00").unwrap();
    let world = World::new(&release, place, &rates, at, None);
    let (mut equal, mut departing) = (0, Vec::new());
    for (sku, charged) in charged() {
        let item = &items.get(&sku, "US-IA", "wholesale").unwrap().item();
        let outcome = price(&Row { item, offers: &[] }, &world, &mut ());
        let Outcome::Decided(decision) = outcome else { panic!("{sku}: {outcome:?}") };
        assert_eq!(decision.previous, Some(charged));
        if decision.price.amount() == charged {
            equal += 1;
        } else {
            println!("{sku:>8}  charged {charged}, by the rule {}", decision.price);
            departing.push(sku);
        }
    }
    departing.sort();
    assert_eq!((equal, departing), (6_476, DEPARTING.map(String::from).to_vec()));
}

//! Strategies that look at rivals, on a real panel: 52 products by month, each with three rivals.
//!
//! The data may not be committed: it is read from `../shared/data` and the tests are skipped, loudly, where it is absent. It names
//! no currency; the numbers are read as Brazilian reais.

use super::fixture::Shop;
use super::models;
use pricer::explain::{Explanation, Subject};
use pricer::facts::{ItemReader, Names, Offer, OfferText, Rates, parse_instant, read_offer, show_instant};
use pricer::money::Amount;
use pricer::pricing::{Outcome, Recorder, Row, Side, Step, World, price};
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "olist_retail_price.csv";

/// A product in a month. Rivals as price and freight.
struct Month {
    product: String,
    at: String,
    own: f64,
    rivals: [(f64, f64); 3],
}

fn panel() -> Option<Vec<Month>> {
    let text = models::shared(FILE)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let months = reader.records().map(|row| {
        let row = row.unwrap();
        let cell = |name: &str| &row[headers.iter().position(|header| header == name).unwrap()];
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        let day: Vec<&str> = cell("month_year").split('-').collect();
        Month {
            product: cell("product_id").to_owned(),
            at: format!("{}-{}-15T12:00:00Z", day[2], day[1]),
            own: number("unit_price"),
            rivals: [1, 2, 3].map(|rival| (number(&format!("comp_{rival}")), number(&format!("fp{rival}")))),
        }
    });
    Some(months.collect())
}

#[test]
fn the_panel_is_the_one_the_economics_describe() {
    let Some(months) = panel() else { return };
    let n = months.len() as f64;
    let mut ratios: Vec<f64> = months
        .iter()
        .map(|month| month.own * 3.0 / month.rivals.iter().map(|rival| rival.0).sum::<f64>())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let cheaper = |month: &Month| month.rivals.iter().filter(|rival| rival.0 < month.own).count();
    let lowest = months.iter().filter(|month| cheaper(month) == 0).count();
    let ranks: usize = months.iter().map(|month| 1 + cheaper(month)).sum();
    let ours = [
        ratios.iter().sum::<f64>() / n,
        f64::midpoint(ratios[(ratios.len() - 1) / 2], ratios[ratios.len() / 2]),
        lowest as f64 / n,
        ranks as f64 / n,
    ];
    let names = ["mean own/mean rival", "median", "share own ≤ lowest", "mean rank"];
    for ((name, ours), reference) in
        names.iter().zip(ours).zip([1.330_210_63, 1.0, 0.423_076_92, 2.091_715_98])
    {
        println!("{name:20} {ours:.8} {reference:.8}");
        assert!((ours - reference).abs() < 1e-8, "{name}: {ours}");
    }
    let products: BTreeSet<&str> = months.iter().map(|month| &*month.product).collect();
    assert_eq!((months.len(), products.len()), (676, 52));
}

const BOOK: &str = r#"
edition = "2026"
name = "olist"
layers = ["base"]
[market.BR]
currency = "BRL"
timezone = "America/Sao_Paulo"
vat = { standard = "0%" }
[channel.shop]
[competitors.panel]
members = ["one", "two", "three"]
use = { match = ">= 90%", age = "<= 7d", in_stock = "yes", delivery = "included" }
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
plan = { type = "text", values = ["lowest", "median", "index"] }
cost = { type = "money", basis = "net", optional = true }
"#;

const RULES: &str = r#"
[rule.lowest]
layer = "base"
owner = "t"
why = "t"
where = { plan = "lowest" }
price = { follow = { set = "panel", rank = "lowest", by = "-1%" } }
else = { keep = {} }
[rule.median]
layer = "base"
owner = "t"
why = "t"
where = { plan = "median" }
price = { follow = { set = "panel", rank = "median", by = "+0%" } }
else = { keep = {} }
[rule.index]
layer = "base"
owner = "t"
why = "t"
where = { plan = "index" }
price = { index = { set = "panel", of = "mean", at = "97%" } }
else = { keep = {} }
[guard.sane]
class = "safety"
absolute = { BRL = "1 .. 5000" }
[guard.calm]
class = "commercial"
max_change = "20%"
"#;

/// At most 6 decimals: what an amount can say.
fn reais(number: f64) -> String {
    format!("{number:.6} BRL")
}

/// What the test itself says of an offer: used, or why not.
fn reason((price, freight): (f64, f64), current: Option<&str>, stock: &str) -> Option<&'static str> {
    let micros = |text: &str| Amount::parse(text.trim_end_matches(" BRL")).unwrap().micros();
    let both = micros(&reais(price)) + micros(&reais(freight));
    match current.map(micros) {
        Some(current) if both * 100 < current * 40 || current * 250 < both * 100 => Some("implausible"),
        _ if stock == "no" => Some("stock"),
        _ => None,
    }
}

/// Rival and reason for all excluded, rivals for all used.
type Seen = (BTreeMap<String, &'static str>, BTreeSet<String>);

fn seen(steps: &[Step], names: &Names) -> Seen {
    let (mut excluded, mut used) = Seen::default();
    for step in steps {
        match step {
            Step::OfferExcluded { rival, why, .. } => {
                excluded.insert(names.name(*rival).to_owned(), why.as_str());
            }
            Step::Reference { rivals, .. } => {
                used.extend(rivals.iter().map(|(rival, ..)| names.name(*rival).to_owned()));
            }
            _ => {}
        }
    }
    (excluded, used)
}

#[test]
fn every_month_is_priced_and_every_exclusion_explained() {
    let Some(months) = panel() else { return };
    let shop = Shop::of(&[("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", RULES)]);
    let place = shop.release.place("BR", "shop").unwrap();
    let headers = ["sku", "plan", "current_price"];
    let reader = ItemReader::new(&shop.release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    let rates = Rates::default();
    for (at, month) in months.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &months[before]);
        let current = before.filter(|before| before.product == month.product).map(|before| reais(before.own));
        let now = parse_instant(&month.at).unwrap();
        let yesterday = show_instant(now - 86_400);
        // Every eleventh month the third rival has sold out.
        let stock = ["yes", "yes", if at % 11 == 0 { "no" } else { "yes" }];
        let mut names = Names::new(&shop.release.rivals);
        let rivals = ["one", "two", "three"];
        let offers: Vec<Offer> = (0..3)
            .map(|rival| {
                let (price, freight) = month.rivals[rival];
                let text = OfferText {
                    rival: rivals[rival],
                    price: &reais(price),
                    shipping: &reais(freight),
                    match_quality: "100%",
                    in_stock: stock[rival],
                    seen_at: &yesterday,
                };
                read_offer(text, None, &mut names).unwrap()
            })
            .collect();
        let world = World::new(&shop.release, place, &rates, now, Some(now - 86_400));
        for plan in ["lowest", "median", "index"] {
            let cells = [&*month.product, plan, current.as_deref().unwrap_or("")];
            let item = reader.read(cells).unwrap().item;
            let mut recorder = Recorder::default();
            let outcome = price(&Row { item: &item, offers: &offers }, &world, &mut recorder);
            let (excluded, used) = seen(&recorder.steps, &names);
            let expected: BTreeMap<String, &str> = (0..3)
                .filter_map(|rival| {
                    let why = reason(month.rivals[rival], current.as_deref(), stock[rival])?;
                    Some((rivals[rival].to_owned(), why))
                })
                .collect();
            assert_eq!(excluded, expected, "{} {}", month.product, month.at);
            if excluded.len() < 3 {
                assert_eq!(used.len() + excluded.len(), 3, "an offer is neither used nor named");
                assert!(used.iter().all(|rival| !excluded.contains_key(rival)));
            }
            let told = Explanation::new(Subject::default(), &world, &outcome, &recorder.steps, &names);
            assert_eq!(told.excluded.len(), excluded.len());
            for offer in &told.excluded {
                assert_eq!(excluded[&offer.rival], offer.reason);
                assert!(!offer.detail.is_empty() && offer.price.ends_with("BRL"), "{offer:?}");
            }
            let Outcome::Decided(decision) = &outcome else {
                assert!(current.is_none() && excluded.len() == 3, "{outcome:?}");
                count(format!("{plan}: refused"));
                continue;
            };
            for step in &recorder.steps {
                if let Step::Bounded { side, at, .. } = step {
                    let inside = match side {
                        Side::Floor => *at <= decision.price.amount(),
                        Side::Ceiling => decision.price.amount() <= *at,
                    };
                    assert!(inside, "{} {}: {} and {side:?} {at}", month.product, month.at, decision.price);
                }
            }
            if let Some(current) = &current {
                let old = Amount::parse(current.trim_end_matches(" BRL")).unwrap().micros();
                let new = decision.price.amount().micros();
                assert!(old * 8 <= new * 10 && new * 10 <= old * 12, "{old} → {new}");
            }
            let how = if decision.flags.has(pricer::pricing::Flag::Fallback) { "kept" } else { "priced" };
            count(format!("{plan}: {how}"));
            if !decision.hits.is_empty() {
                count(format!("{plan}: a guard was hit"));
            }
            excluded.values().for_each(|why| count(format!("{plan}: a rival is {why}")));
        }
    }
    counts.iter().for_each(|(what, count)| println!("{count:>6}  {what}"));
    for plan in ["lowest", "median", "index"] {
        assert!(600 < counts[&format!("{plan}: priced")]);
        assert!(0 < counts[&format!("{plan}: a guard was hit")]);
    }
    assert!(0 < counts["lowest: a rival is implausible"] && 0 < counts["lowest: a rival is stock"]);
}

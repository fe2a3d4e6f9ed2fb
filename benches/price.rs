//! How long one price takes, each strategy alone and a whole catalog. Every iteration checks its answer: a fast wrong price is none.
//!
//! `cargo bench --bench price -- decision/follow` runs the benches whose path-like id contains the text.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that measures the wrong thing must stop"
)]

use criterion::{BenchmarkId, Criterion, Throughput};
use pricer::batch::{Feeds, load_facts};
use pricer::facts::{
    FactSet, Item, ItemReader, Names, Offer, OfferText, Rates, keep_newest, parse_instant, read_offer,
};
use pricer::pricing::{Outcome, Recorder, Release, Row, World, price};
use pricer::rulebook::{Files, load};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

const NOON: &str = "2026-11-18T12:00:00Z";

const BOOK: &str = r#"
edition = "2026"
name = "bench"
layers = ["base", "position"]
[market.M]
currency = "EUR"
timezone = "UTC"
vat = { standard = "19%" }
[channel.own]
costs = { payment = "1.4%", pick = "0.20 EUR/unit" }
[competitors.shops]
members = ["alza", "otto", "kaufl", "mediam"]
use = { match = ">= 90%", age = "<= 48h", in_stock = "yes" }
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
category = { type = "tree" }
tags = { type = "set", values = ["kvi", "fresh"] }
cost = { type = "money", basis = "net" }
stock_cover = { type = "duration", optional = true }
"#;

/// Beside the strategy: a plan below it, an adjustment, four guards and a rounding, as a real item meets them.
const AROUND: &str = r#"
[rule.plan]
layer = "base"
owner = "bench"
why = "bench"
price = { cost-plus = { margin = "20%" } }
[stock.surplus]
where = { stock_cover = "> 8w" }
adjust = "-3%"
[guard.no-loss]
class = "safety"
min_margin = "3%"
min_contribution = "0 EUR"
[guard.sane]
class = "safety"
absolute = { EUR = "0.19 .. 6000" }
[guard.calm]
class = "comfort"
max_change = "6%"
min_change = "0.5%"
[round.eur]
bands = [ { to = "10 EUR", ends = "*.*9" }, { to = "100 EUR", ends = "*.99 | *.49" }, { ends = "*4.99 | *9.99" } ]
way = "nearest"
"#;

/// Name, strategy as written, and the price it gives: adjusted by −3 % (but for fixed and keep), then bounded and rounded.
const STRATEGIES: [(&str, &str, &str); 7] = [
    ("cost-plus", r#"cost-plus = { margin = "19%" }"#, "139.99"),
    ("follow", r#"follow = { set = "shops", rank = "lowest", by = "-1%" }"#, "139.99"),
    ("index", r#"index = { set = "shops", of = "median", at = "104%" }"#, "149.99"),
    ("fixed", r#"fixed = "141.00 EUR""#, "141.00"),
    ("keep", "keep = {}", "145.50"),
    ("use", r#"use = "base""#, "139.99"),
    (
        "blend",
        r#"blend = { follow = { weight = "60%", set = "shops", rank = "median", by = "-2%" }, cost-plus = { weight = "40%", margin = "20%" } }"#,
        "139.99",
    ),
];

struct Shop {
    release: Arc<Release>,
    item: Item,
    offers: Vec<Offer>,
}

impl Shop {
    fn new(strategy: &str) -> Self {
        let rule = format!(
            "{AROUND}[rule.asked]\nlayer = \"position\"\nowner = \"bench\"\nwhy = \"bench\"\nwhere = {{ tags = \"kvi\" }}\nprice = {{ {strategy} }}\n"
        );
        let files = [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", &rule)];
        let loaded = load(Files(files.map(|(path, text)| (path.into(), text.into())).into()));
        let Some(release) = loaded.release else { panic!("{:#?}", loaded.diagnostics) };
        let cells = [
            ("sku", "A"),
            ("category", "audio/speakers"),
            ("tags", "kvi"),
            ("cost", "97.00 EUR"),
            ("stock_cover", "11w"),
            ("current_price", "145.50 EUR"),
        ];
        let headers = cells.iter().map(|(name, _)| *name);
        let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
        let item = reader.read(cells.iter().map(|(_, text)| *text)).unwrap().item;
        let mut names = Names::new(&release.rivals);
        let mut offers = Vec::new();
        let rivals = [
            ("alza", "149.00 EUR"),
            ("otto", "145.00 EUR"),
            ("kaufl", "155.00 EUR"),
            ("mediam", "59.00 EUR"),
        ];
        for (rival, price) in rivals {
            let text = OfferText {
                rival,
                price,
                match_quality: "97%",
                in_stock: if rival == "mediam" { "no" } else { "yes" },
                seen_at: "2026-11-18T09:00:00Z",
                shipping: "",
            };
            keep_newest(&mut offers, read_offer(text, None, &mut names).unwrap());
        }
        Self { release, item, offers }
    }
}

fn paid(outcome: Outcome) -> String {
    match outcome {
        Outcome::Decided(decision) => decision.price.to_string(),
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// One price, listened to and not.
fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decision");
    let at = parse_instant(NOON).unwrap();
    for (name, strategy, expected) in STRATEGIES {
        let shop = Shop::new(strategy);
        let rates = Rates::default();
        let place = shop.release.place("M", "own").unwrap();
        let world = World::new(&shop.release, place, &rates, at, Some(at));
        let row = Row { item: &shop.item, offers: &shop.offers };
        assert_eq!(paid(price(&row, &world, &mut ())), expected, "{name}");
        let Outcome::Decided(wanted) = price(&row, &world, &mut ()) else { panic!("{name}") };
        let check = |outcome: &Outcome| match outcome {
            Outcome::Decided(decision) => assert_eq!(decision.price, wanted.price),
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        };
        group.bench_function(BenchmarkId::new(name, "quiet"), |bencher| {
            bencher.iter(|| check(&price(black_box(&row), &world, &mut ())));
        });
        group.bench_function(BenchmarkId::new(name, "traced"), |bencher| {
            bencher.iter(|| {
                let mut recorder = Recorder::default();
                check(&price(black_box(&row), &world, &mut recorder));
                assert!(!recorder.steps.is_empty());
                recorder
            });
        });
    }
    group.finish();
}

fn orda() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/orda")
}

fn orda_files() -> Files {
    Files::read_dir(&orda()).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// Every item of `models/orda` in every place.
fn pipeline(criterion: &mut Criterion) {
    let release = load(orda_files()).release.unwrap();
    let [items, offers, rates] =
        ["items.csv", "offers.csv", "fx.csv"].map(|name| orda().join("feeds").join(name));
    let feeds = Feeds { items: Some(&items), offers: Some(&offers), rates: Some(&rates), ..Feeds::default() };
    let (facts, _): (FactSet, _) = load_facts(&release, feeds).unwrap();
    let at = parse_instant("2026-11-18T10:00:00+01:00").unwrap();
    let worlds: Vec<World<'_>> = release
        .places
        .iter()
        .map(|place| World::new(&release, place, &facts.rates, at, facts.offers.known_at(&place.market, at)))
        .collect();
    let mut skus: Vec<&str> = facts.items.iter().map(|row| &*row.item.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    let mut rows = Vec::new();
    for (index, world) in worlds.iter().enumerate() {
        for sku in &skus {
            let (market, channel) = (&world.place.market, &world.place.channel);
            if let Some(row) = facts.items.get(sku, market, channel) {
                rows.push((index, Row { item: &row.item, offers: facts.offers.get(sku, market) }));
            }
        }
    }
    // How many are decided, and their prices summed up.
    let run = || {
        let mut sum = (0_u64, 0_i128);
        for (world, row) in &rows {
            if let Outcome::Decided(decision) = price(black_box(row), &worlds[*world], &mut ()) {
                sum = (sum.0 + 1, sum.1 + i128::from(decision.price.minor()));
            }
        }
        sum
    };
    let expected = run();
    assert!(200 < expected.0);
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("orda", |bencher| bencher.iter(|| assert_eq!(run(), expected)));
    group.finish();
}

/// Texts to a release, checks and analyses included.
fn rulebook(criterion: &mut Criterion) {
    let files = orda_files();
    let hash = load(files.clone()).release.unwrap().hash.clone();
    let mut group = criterion.benchmark_group("rulebook/load");
    group.bench_function("orda", |bencher| {
        bencher.iter(|| assert_eq!(load(black_box(files.clone())).release.unwrap().hash, hash));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decisions(&mut criterion);
    pipeline(&mut criterion);
    rulebook(&mut criterion);
    criterion.final_summary();
}

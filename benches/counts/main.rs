//! What one price costs in instructions and allocations, counted by callgrind: `.ci/counts` runs this and compares with
//! `benches/counts.txt`. Alone it only checks its answers.
//!
//! Each measured piece of work runs once unmeasured, so that what is found only once (a page, a hash table's room) does not count.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that measures the wrong thing must stop"
)]

mod by_hand;
#[path = "../shop/mod.rs"]
mod shop;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use pricer::batch::{Job, reprice};
use pricer::facts::{FactSet, Item, ItemReader, Rates, parse_instant};
use pricer::pricing::{Decision, Outcome, Recorder, Release, Row, World, price};
use pricer::rulebook::{Files, load};
use shop::{NOON, Orda, STRATEGIES, Shop, paid, past, read};
use std::hint::black_box;
use std::sync::Arc;

/// Callgrind collects inside this function and nowhere else. (It must not end with a jump into its work, or it would seem to
/// have ended before.)
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

/// When this function ends, callgrind dumps what it collected: of one function it does only one or the other.
#[inline(never)]
fn dumped(work: &mut dyn FnMut()) {
    measured(work);
    black_box(());
}

/// The next dump is called so. Several of one name are told by their median.
fn count(name: &str, mut work: impl FnMut()) {
    work();
    println!("{name}");
    dumped(&mut work);
}

fn decided(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Decided(decision) => decision,
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// Each strategy among a plan, an adjustment, four guards and a rounding.
fn strategies() {
    let at = parse_instant(NOON).unwrap();
    let (history, twins) = past();
    for (name, strategy, expected) in STRATEGIES {
        let shop = Shop::new(strategy);
        let rates = Rates::default();
        let world = World::new(&shop.release, shop.release.place("M", "own").unwrap(), &rates, at, Some(at));
        let world = world.with_history(&history).with_twins(&twins);
        let row = Row { item: &shop.item, offers: &shop.offers };
        assert_eq!(paid(price(&row, &world, &mut ())), expected, "{name}");
        let wanted = decided(price(&row, &world, &mut ())).price;
        let check = |outcome: &Outcome| {
            assert!(matches!(outcome, Outcome::Decided(decision) if decision.price == wanted))
        };
        count(&format!("one/{name}"), || check(&price(black_box(&row), &world, &mut ())));
        // An allocation sometimes tidies up after others: one of three does not.
        for _ in 0..3 {
            count(&format!("one/{name}/traced"), || {
                let mut recorder = Recorder::default();
                check(&price(black_box(&row), &world, &mut recorder));
                black_box(recorder);
            });
        }
    }
}

/// Every item of `models/orda` in every place, by the strategy that gave its price.
fn orda() {
    let orda = Orda::new();
    let worlds = orda.worlds();
    for (world, row) in orda.rows() {
        let world = &worlds[world];
        let name = match price(&row, world, &mut ()) {
            Outcome::Refused(_) => "refused",
            Outcome::Decided(decision) => match decision.winner.filter(|_| decision.target.is_some()) {
                None => "held",
                Some(winner) => {
                    let rule = &world.place.rules[winner.rule as usize];
                    match winner.alternative {
                        0 => rule.strategy.name(),
                        other => rule.otherwise[usize::from(other) - 1].name(),
                    }
                }
            },
        };
        count(&format!("orda/{name}"), || drop(black_box(price(black_box(&row), world, &mut ()))));
    }
}

/// A decision table of so many rows, one for each brand of a category; the item meets one in the middle.
fn table(rows: usize) -> (Arc<Release>, Item) {
    let files = read("benches/peers/rulebook");
    let mut texts: Vec<(String, String)> =
        files.0.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    let margins = (0..rows).map(|row| format!("c{}/**,b{row},{}%,plan\n", row % 50, 10 + row % 40));
    let csv = std::iter::once("category,brand,set price.cost-plus.margin,why\n**,-,25%,plan\n".to_owned())
        .chain(margins);
    let csv: String = csv.collect();
    for (path, text) in &mut texts {
        if path.ends_with("plan.csv") {
            *text = csv.clone();
        }
        if path.ends_with("schema.toml") {
            text.push_str("brand = { type = \"text\", optional = true }\n");
        }
    }
    let loaded = load(Files(texts.into_iter().map(|(path, text)| (path.into(), text.into())).collect()));
    let Some(release) = loaded.release else { panic!("{:#?}", loaded.diagnostics) };
    let row = rows / 2;
    let cells = [
        ("sku", "A".to_owned()),
        ("category", format!("c{}/x", row % 50)),
        ("brand", format!("b{row}")),
        ("cost", "97.00 EUR".to_owned()),
        ("vat_class", "standard".to_owned()),
    ];
    let headers = cells.iter().map(|(name, _)| *name);
    let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
    let item = reader.read(cells.iter().map(|(_, text)| text.as_str())).unwrap().item;
    (release, item)
}

fn tables() {
    for rows in [50, 500, 5_000] {
        let (release, item) = table(rows);
        let rates = Rates::default();
        let world = World::new(&release, &release.places[0], &rates, parse_instant(NOON).unwrap(), None);
        let row = Row { item: &item, offers: &[] };
        let decision = decided(price(&row, &world, &mut ()));
        let winner = &world.place.rules[decision.winner.unwrap().rule as usize];
        assert_eq!(winner.info.row, Some(rows as u32 / 2 + 3), "{rows}");
        count(&format!("table/{rows}"), || drop(black_box(price(black_box(&row), &world, &mut ()))));
    }
}

const ITEMS: usize = 2_000;

/// The rulebook of the peers, written by hand, and by pricer: the same prices of the same items.
fn hand() {
    let release = load(read("benches/peers/rulebook")).release.unwrap();
    let rates = Rates::default();
    let at = parse_instant(NOON).unwrap();
    let world = World::new(&release, &release.places[0], &rates, at, None);
    let headers = by_hand::HEADERS;
    let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
    let facts: Vec<by_hand::Facts> = (0..ITEMS).map(by_hand::facts).collect();
    let items: Vec<Item> = facts
        .iter()
        .map(|facts| {
            reader.read(facts.cells().iter().map(String::as_str)).unwrap_or_else(|bad| panic!("{bad:?}")).item
        })
        .collect();
    let mut kinds = [0; 4];
    for (facts, item) in facts.iter().zip(&items) {
        let decision = decided(price(&Row { item, offers: &[] }, &world, &mut ()));
        let answer = by_hand::price(facts);
        assert_eq!(
            (answer.cents, answer.margin, answer.change),
            (decision.price.minor(), decision.margin.map(|margin| margin.nanos()), change(&decision)),
            "{facts:?}"
        );
        assert_eq!(
            (answer.floor, answer.ceiling),
            (decision.range.floor.amount.micros(), decision.range.ceiling.amount.micros())
        );
        kinds[decision.hits.iter().count().min(3)] += 1;
    }
    assert!(kinds[0] > 50 && kinds[1] > 50, "{kinds:?}");
    count("peers/by hand", || {
        for facts in &facts {
            black_box(by_hand::price(black_box(facts)));
        }
    });
    count("peers/pricer", || {
        for item in &items {
            black_box(price(black_box(&Row { item, offers: &[] }), &world, &mut ()));
        }
    });
    let batch = batch(&facts);
    let no_facts = FactSet::default();
    let job = Job::new(&release, &no_facts, at, None, None).unwrap();
    // One thread: this one, which callgrind follows.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
    count("peers/batch", || {
        let (answers, bad) = pool.install(|| reprice(&job, &batch)).unwrap();
        assert!(answers.num_rows() == ITEMS && bad.is_empty());
    });
}

fn change(decision: &Decision) -> Option<i64> {
    let previous = decision.previous?;
    let change = decision.price.amount().sub(previous).unwrap();
    change.ratio_to(previous, pricer::money::Rounding::HalfEven).map(|change| change.nanos())
}

/// The items as texts, as a CSV file brings them.
fn batch(facts: &[by_hand::Facts]) -> RecordBatch {
    let rows: Vec<[String; by_hand::HEADERS.len()]> = facts.iter().map(by_hand::Facts::cells).collect();
    let columns = by_hand::HEADERS.iter().enumerate().map(|(at, header)| {
        let cells = StringArray::from_iter_values(rows.iter().map(|row| &row[at]));
        (*header, Arc::new(cells) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

fn main() {
    strategies();
    orda();
    tables();
    hand();
}

//! How long one price takes, each strategy alone and a whole catalog. Every iteration checks its answer: a fast wrong price is none.
//!
//! `cargo bench --bench price -- decision/follow` runs the benches whose path-like id contains the text. Instructions, which do
//! not depend on the machine's mood, are counted by `bench counts`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that measures the wrong thing must stop"
)]

mod shop;

use criterion::{BenchmarkId, Criterion, Throughput};
use pricer::facts::{Rates, parse_instant};
use pricer::pricing::{Outcome, Recorder, Row, World, price};
use pricer::rulebook::load;
use shop::{NOON, Orda, STRATEGIES, Shop, paid, past, read};
use std::hint::black_box;

/// One price, listened to and not.
fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decision");
    let at = parse_instant(NOON).unwrap();
    let (history, twins) = past();
    for (name, strategy, expected) in STRATEGIES {
        let shop = Shop::new(strategy);
        let rates = Rates::default();
        let place = shop.release.place("M", "own").unwrap();
        let world = World::new(&shop.release, place, &rates, at, Some(at));
        let world = world.with_history(&history).with_twins(&twins);
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

/// Every item of `models/orda` in every place.
fn pipeline(criterion: &mut Criterion) {
    let orda = Orda::new();
    let (worlds, rows) = (orda.worlds(), orda.rows());
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
    let files = read("models/orda");
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

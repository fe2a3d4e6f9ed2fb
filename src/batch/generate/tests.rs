//! What is made can be priced, and can be made again.

use super::*;
use crate::batch::{Catalog, EarlierFeed, Feeds, Job, Run, Summary, load_facts};
use crate::facts::parse_instant;
use crate::rulebook::{self, Files};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const AT: &str = "2026-11-18T10:00:00+01:00";

struct Works {
    dir: tempfile::TempDir,
    release: Arc<Release>,
}

impl Works {
    fn new(model: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(model);
        let release = rulebook::load(Files::read_dir(&folder).unwrap()).release.unwrap();
        Self { dir: tempfile::tempdir().unwrap(), release }
    }

    fn recipe(&self, feed: MadeFeed, rows: u64) -> Recipe<'_> {
        let at = parse_instant(AT).unwrap();
        Recipe { release: &self.release, feed, rows, seed: 42, at, market: None, bad: Ratio::ZERO }
    }

    fn make(&self, recipe: &Recipe<'_>, name: &str) -> (Made, Vec<u8>) {
        let path = self.dir.path().join(name);
        let made = generate(recipe, &path).unwrap();
        (made, std::fs::read(path).unwrap())
    }

    /// Prices `items` with generated offers and rates, all of them clean.
    fn price(&self, items: &str) -> Summary {
        self.make(&self.recipe(MadeFeed::Offers, 4_000), "offers.csv");
        self.make(&self.recipe(MadeFeed::Rates, 30), "fx.parquet");
        let path = |name: &str| self.dir.path().join(name);
        let (offers, rates) = (path("offers.csv"), path("fx.parquet"));
        let feeds = Feeds { items: None, offers: Some(&offers), rates: Some(&rates), ..Feeds::default() };
        let (facts, earlier): (_, Vec<EarlierFeed>) = load_facts(&self.release, feeds).unwrap();
        let job = Job::new(&self.release, &facts, parse_instant(AT).unwrap(), None, None).unwrap();
        let catalog = Catalog::open(&[path(items)], &self.release).unwrap();
        let run = Run {
            out: &path("out.csv"),
            partition: &[],
            quarantine: &path("bad.csv"),
            threads: Some(2),
            max_bad: Ratio::ONE,
            max_refused: Ratio::ONE,
            cancel: &AtomicBool::new(false),
            progress: &|_| {},
        };
        run.run(&job, &catalog, &earlier).unwrap()
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let shop = Works::new("orda");
    for feed in [MadeFeed::Items, MadeFeed::Offers, MadeFeed::Rates, MadeFeed::Sales] {
        for name in ["a.csv", "a.parquet"] {
            let recipe = shop.recipe(feed, 400);
            let first = shop.make(&recipe, name);
            assert_eq!(shop.make(&recipe, name), first);
            assert_ne!(shop.make(&Recipe { seed: 43, ..recipe }, name).1, first.1);
        }
    }
    let (long, short) = (shop.recipe(MadeFeed::Items, 400), shop.recipe(MadeFeed::Items, 100));
    let (_, short) = shop.make(&short, "a.csv");
    assert!(shop.make(&long, "b.csv").1.starts_with(&short));
}

#[test]
fn made_catalogs_are_priced_whole() {
    for (model, rows, places) in [("orda", 3_000, 7), ("iowa", 1_000, 1)] {
        let shop = Works::new(model);
        let mut tallies = Vec::new();
        for items in ["items.csv", "items.parquet"] {
            shop.make(&shop.recipe(MadeFeed::Items, rows), items);
            let summary = shop.price(items);
            let tally = summary.tally;
            assert_eq!(tally.quarantined, 0, "{model}: {:?}", tally.quarantine_codes);
            assert!(summary.feeds.iter().all(|(_, _, bad)| *bad == 0), "{model}: {:?}", summary.feeds);
            assert!(tally.read <= rows * places && tally.read / 2 < tally.priced, "{model}: {tally:?}");
            tallies.push(tally);
        }
        assert_eq!(tallies[0].digest, tallies[1].digest, "{model}: CSV and Parquet say the same");
        if model == "orda" {
            let rules: Vec<&str> = tallies[0].rules.keys().map(AsRef::as_ref).collect();
            assert!(rules.len() >= 4, "few rules win: {rules:?}");
        }
    }
}

#[test]
fn every_bad_row_is_quarantined_under_its_code() {
    for (model, items, kinds) in
        [("orda", "items.csv", 11), ("iowa", "items.csv", 11), ("orda", "items.parquet", 5)]
    {
        let shop = Works::new(model);
        let recipe = Recipe { bad: Ratio::from_nanos(300_000_000), ..shop.recipe(MadeFeed::Items, 2_000) };
        let (made, _) = shop.make(&recipe, items);
        let bad: u64 = made.bad.values().sum();
        assert!((500..700).contains(&bad) && kinds <= made.bad.len(), "{made:?}");
        let tally = shop.price(items).tally;
        assert_eq!(tally.rows, 2_000, "{model} {items}");
        assert_eq!(tally.priced + tally.held + tally.refused + tally.quarantined, tally.read);
        let mut reader = csv::Reader::from_path(shop.dir.path().join("bad.csv")).unwrap();
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (line, code) = (column("line"), column("code"));
        let (mut lines, mut codes) = (BTreeSet::new(), Counts::new());
        for row in reader.records() {
            let row = row.unwrap();
            assert!(lines.insert(row[line].to_owned()), "{model}: two faults in one row: {row:?}");
            *codes.entry(row[code].into()).or_default() += 1;
        }
        assert_eq!(codes, made.bad, "{model} {items}");
    }
}

#[test]
fn a_market_can_be_chosen() {
    let shop = Works::new("orda");
    let recipe = Recipe { market: Some("KZ"), ..shop.recipe(MadeFeed::Items, 50) };
    let text = String::from_utf8(shop.make(&recipe, "kz.csv").1).unwrap();
    assert!(text.lines().skip(1).all(|line| line.contains(",KZ,")));
    let nowhere = Recipe { market: Some("FR"), ..recipe };
    let error = generate(&nowhere, &shop.dir.path().join("fr.csv")).unwrap_err();
    assert!(matches!(error, BatchError::NoPlace(_)), "{error}");
}

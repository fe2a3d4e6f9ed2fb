//! The models that come with the project, and data that may not.

use super::question::Question;
use pricer::batch::{Feeds, load_facts};
use pricer::facts::{FactSet, Item, parse_instant};
use pricer::pricing::{Place, Release};
use pricer::rulebook::{Files, Loaded, load};
use std::path::PathBuf;
use std::sync::Arc;

/// When the facts of `models/orda` were known.
pub const ORDA_AT: &str = "2026-11-18T10:00:00+01:00";

pub fn folder(model: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models").join(model)
}

pub fn files(model: &str) -> Files {
    Files::read_dir(&folder(model)).unwrap()
}

pub fn loaded(model: &str) -> Loaded {
    let loaded = load(files(model));
    assert!(!loaded.has_errors(), "{:#?}", loaded.diagnostics);
    loaded
}

/// The orda rulebook with all its facts.
pub fn orda() -> (Arc<Release>, FactSet) {
    let release = loaded("orda").release.unwrap();
    let [items, offers, rates, history] = ["items.csv", "offers.csv", "fx.csv", "history.csv"]
        .map(|name| folder("orda").join("feeds").join(name));
    let (items, offers, rates, history) = (Some(&*items), Some(&*offers), Some(&*rates), Some(&*history));
    let feeds = Feeds { items, offers, rates, history, ..Feeds::default() };
    let (facts, accounts) = load_facts(&release, feeds).unwrap();
    assert!(accounts.iter().all(|account| account.quarantined.is_empty()), "{accounts:?}");
    (release, facts)
}

/// Every item of orda in every place that has it, as questions.
pub fn orda_questions<'a>(release: &'a Release, facts: &FactSet) -> Vec<Question<'a>> {
    let mut skus: Vec<&str> = facts.items.by_sku(None).map(|(sku, _)| sku).collect();
    skus.sort_unstable();
    skus.dedup();
    let at = parse_instant(ORDA_AT).unwrap();
    let mut questions = Vec::new();
    for sku in skus {
        for place in &release.places {
            if let Some(row) = facts.items.get(sku, &place.market, &place.channel) {
                let (book, rates) = (facts.offers.clone(), facts.rates.clone());
                let (item, history) = (row.item(), (*facts.history).clone());
                let others = linked(facts, place, &item);
                questions.push(Question { release, place, item, others, history, book, rates, at });
            }
        }
    }
    questions
}

/// The items that an item is linked to, and those they are linked to.
fn linked(facts: &FactSet, place: &Place, item: &Item) -> Vec<Item> {
    let mut found: Vec<Item> = Vec::new();
    let mut open: Vec<String> = item.links().map(str::to_owned).collect();
    while let Some(sku) = open.pop() {
        let item = facts.items.get(&sku, &place.market, &place.channel).map(|row| row.item());
        if let Some(item) = item.filter(|item| !found.iter().any(|known| known.sku == item.sku)) {
            open.extend(item.links().map(str::to_owned));
            found.push(item);
        }
    }
    found
}

/// The text of a file of the workplace's `shared/data`, which may not be committed; none, loudly, where it is absent.
pub fn shared(name: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = root
        .ancestors()
        .skip(1)
        .find_map(|folder| std::fs::read_to_string(folder.join("shared/data").join(name)).ok());
    if found.is_none() {
        eprintln!("SKIPPED: ../shared/data/{name} is missing, so nothing was tested with it");
    }
    found
}

//! What is served, and how fresh it is. Series are as many as the rulebook has markets and the rates have pairs.

use super::Page;
use crate::service::state::Serving;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of currencies that have a series; beyond them nobody looks.
const PAIRS_MAX: usize = 100;

pub fn write(page: &mut Page, serving: &Serving) {
    let facts = &serving.facts;
    let count = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    page.gauge("pricer_items", "Items in the served fact set", count(facts.items.len()));
    page.gauge(
        "pricer_items_with_offers",
        "Items for which rivals' offers are known",
        count(facts.offers.len()),
    );
    let name = "pricer_offers_seen_timestamp_seconds";
    page.family(name, "gauge", "When the newest offer of a market was seen, in seconds since 1970");
    let markets: BTreeSet<&str> = serving.release.places.iter().map(|place| &*place.market).collect();
    for market in markets {
        if let Some(seen) = facts.offers.known_at(market, i64::MAX) {
            page.sample(name, &[("market", market)], seen);
        }
    }
    let name = "pricer_rate_as_of_timestamp_seconds";
    page.family(name, "gauge", "Of when the newest exchange rate of a pair is, in seconds since 1970");
    let mut newest = BTreeMap::new();
    for row in facts.rates.rows() {
        let as_of = newest.entry((row.base.code(), row.quote.code())).or_insert(row.as_of);
        *as_of = row.as_of.max(*as_of);
    }
    for ((base, quote), as_of) in newest.iter().take(PAIRS_MAX) {
        page.sample(name, &[("base", base), ("quote", quote)], as_of);
    }
}

//! The prices of items that others refer to, worked out twin by twin before their followers (decisions 18).
//!
//! A twin's price must be final before its follower proposes: so linked items are not settled together but one after the
//! other, along the way from follower to twin.

use super::{NoPrice, Outcome, Place, Row, Step, Trace, World, price};
use crate::facts::{FactSet, ServedItem};
use crate::money::Price;
use std::collections::{HashMap, HashSet};

/// The final prices of twins in one place.
#[derive(Clone, Debug, Default)]
pub struct Twins {
    /// None: it is known that there is no price.
    prices: HashMap<Box<str>, Option<Price>>,
    circles: HashSet<Box<str>>,
}

impl Twins {
    /// What the twins of an item cost, and the twins of these, from the facts that are served.
    #[must_use]
    pub fn of(row: &Row<'_>, world: &World<'_>, facts: &FactSet) -> Self {
        let mut twins = Self::default();
        let Place { market, channel, .. } = world.place;
        let mut wanted: Vec<String> = row.item.links().map(str::to_owned).collect();
        let mut found: HashMap<String, ServedItem<'_>> = HashMap::new();
        while let Some(sku) = wanted.pop() {
            if sku == row.item.sku || found.contains_key(&sku) {
                continue;
            }
            let Some(served) = facts.item(&sku, market, channel) else { continue };
            wanted.extend(served.item.links().map(str::to_owned));
            found.insert(sku, served);
        }
        let known = |sku: &str| {
            if *sku == *row.item.sku {
                return Some(*row);
            }
            let served = found.get(sku)?;
            Some(Row { item: &served.item, offers: facts.offers.get(sku, market) })
        };
        row.item.links().for_each(|sku| twins.resolve(sku, world, &known));
        twins
    }

    /// Says what a twin costs, if it has a price.
    pub fn put(&mut self, sku: &str, price: Option<Price>) {
        self.prices.insert(sku.into(), price);
    }

    /// What is known of a twin: its price, or why there is none; nothing if nobody has asked yet.
    pub(super) fn get(&self, sku: &str) -> Option<Result<Price, NoPrice>> {
        self.prices.get(sku).map(|price| price.ok_or(NoPrice::TwinWithoutPrice))
    }

    /// Whether the way from this item to its twins comes back to it.
    #[must_use]
    pub fn in_circle(&self, sku: &str) -> bool {
        self.circles.contains(sku)
    }

    /// Works out the price of `sku` and of every twin on its way; `row` gives the facts of an item in the world's place.
    pub fn resolve<'r>(&mut self, sku: &str, world: &World<'_>, row: &impl Fn(&str) -> Option<Row<'r>>) {
        // The way so far: each item waits for the one after it.
        let mut way: Vec<Box<str>> = vec![sku.into()];
        while let Some(at) = way.last().cloned() {
            if self.prices.contains_key(&at) {
                way.pop();
                continue;
            }
            let Some(row) = row(&at) else {
                self.prices.insert(at, None);
                continue;
            };
            let mut asked = Asked::default();
            let outcome = price(&row, &World { twins: Some(self), ..world.clone() }, &mut asked);
            match (asked.0, outcome) {
                (None, Outcome::Decided(decision)) => self.put(&at, Some(decision.price)),
                (None, Outcome::Refused(_)) => self.put(&at, None),
                (Some(next), _) => match way.iter().position(|known| *known == next) {
                    Some(start) => self.circles.extend(way.iter().skip(start).cloned()),
                    None => way.push(next),
                },
            }
        }
    }
}

/// Listens for a twin that nobody has worked out yet.
#[derive(Debug, Default)]
struct Asked(Option<Box<str>>);

impl Trace for Asked {
    const ON: bool = false;

    fn step(&mut self, step: impl FnOnce() -> Step) {
        if self.0.is_none()
            && let Step::TwinAsked { sku } = step()
        {
            self.0 = Some(sku);
        }
    }
}

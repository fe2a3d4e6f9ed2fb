//! Real items in the scopes of two rules, with the price that each alone would give.

use super::{Shared, Witness};
use crate::facts::FactSet;
use crate::pricing::{Outcome, Place, Release, Row, Rule, World, price};

/// Items, offers and rates that are asked for witnesses.
#[derive(Clone, Copy, Debug)]
pub struct Catalog<'a> {
    /// As it is named in findings: `catalog 2026-11-18`.
    pub name: &'a str,
    /// The compiled rulebook, also if it has errors; nothing is published from here.
    pub release: &'a Release,
    pub facts: &'a FactSet,
    pub at: i64,
}

impl Witness for Catalog<'_> {
    fn shared(&self, place: &Place, first: usize, second: usize) -> Shared {
        let mut shared = Shared { catalog: self.name.to_owned(), ..Shared::default() };
        let (Some(first), Some(second)) = (alone(place, first), alone(place, second)) else {
            return shared;
        };
        let known_at = self.facts.offers.known_at(&place.market, self.at);
        let worlds = [&first, &second]
            .map(|place| World::new(self.release, place, &self.facts.rates, self.at, known_at));
        let mut items: Vec<_> = self
            .facts
            .items
            .iter()
            .filter(|row| {
                self.facts
                    .items
                    .get(&row.item.sku, &place.market, &place.channel)
                    .is_some_and(|own| std::ptr::eq(own, *row))
            })
            .collect();
        items.sort_by(|a, b| a.item.sku.cmp(&b.item.sku));
        for row in items {
            let row = Row { item: &row.item, offers: self.facts.offers.get(&row.item.sku, &place.market) };
            let [Some(mine), Some(theirs)] = worlds.each_ref().map(|world| answer(&row, world)) else {
                continue;
            };
            shared.items += 1;
            shared.example.get_or_insert_with(|| (row.item.sku.clone(), [mine, theirs]));
        }
        shared
    }
}

/// The place as if the rule had no competitor; earlier layers stay, for a `use` may ask for them.
fn alone(place: &Place, at: usize) -> Option<Place> {
    let rule = place.rules.get(at)?;
    let earlier = place.rules.iter().filter(|other| other.layer < rule.layer);
    let without_over = |rule: &Rule| Rule { over: [].into(), ..rule.clone() };
    Some(Place { rules: std::iter::once(rule).chain(earlier).map(without_over).collect(), ..place.clone() })
}

/// The price, or why there is none; `None` if the first rule does not hold.
fn answer(row: &Row<'_>, world: &World<'_>) -> Option<String> {
    let outcome = price(row, world, &mut ());
    let winner = match &outcome {
        Outcome::Decided(decision) => decision.winner,
        Outcome::Refused(refusal) => refusal.winner,
    };
    winner.filter(|winner| winner.rule == 0)?;
    let strategy = world.place.rules.first().map_or("", |rule| rule.strategy.name());
    Some(match &outcome {
        Outcome::Decided(decision) => format!("{} {}   ({strategy})", decision.price, world.place.currency),
        Outcome::Refused(refusal) => format!("no price: {}", refusal.code.as_str()),
    })
}

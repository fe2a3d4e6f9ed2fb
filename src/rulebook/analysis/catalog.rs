//! Real items as witnesses: who is in the scopes of two rules, what each alone would ask, where two guards cross.

use super::{Crossed, Shared, Witness};
use crate::explain::refusal_text;
use crate::facts::{FactSet, Item};
use crate::money::{Amount, Currency, Ratio};
use crate::pricing::{
    GuardRef, Outcome, Place, Recorder, Release, Row, Rule, Scope, Side, Step, Strategy, Trace, Twins, World,
    price, view,
};

/// Facts to look for witnesses in.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// As it is named in findings: `catalog items.csv`.
    pub name: String,
    pub facts: FactSet,
    pub at: i64,
}

/// Items, offers and rates that are asked for witnesses.
#[derive(Clone, Copy, Debug)]
pub struct Catalog<'a> {
    /// The compiled rulebook, also if it has errors; nothing is published from here.
    pub release: &'a Release,
    pub evidence: &'a Evidence,
}

impl Witness for Catalog<'_> {
    fn name(&self) -> &str {
        &self.evidence.name
    }

    fn shared(&self, place: &Place, first: usize, second: usize) -> Shared {
        let mut shared = Shared::default();
        let (Some(first), Some(second)) = (alone(place, first), alone(place, second)) else {
            return shared;
        };
        let worlds = [&first, &second].map(|place| self.world(place));
        for own in self.items(place) {
            let row = self.row(&own, place);
            let holds = worlds.iter().all(|world| first_rule_holds(&row, world));
            if !holds {
                continue;
            }
            let prices = || worlds.each_ref().map(|world| answer(&row, world));
            shared.example.get_or_insert_with(|| (own.sku.as_str().into(), prices()));
            shared.items.push(own.sku.as_str().into());
        }
        shared
    }

    fn holds(&self, place: &Place, scope: &Scope) -> bool {
        let world = self.world(place);
        let inside = |own: &Item| view(&self.row(own, place), &world).is_ok_and(|view| view.inside(scope));
        self.items(place).iter().any(inside)
    }

    fn at(&self) -> Option<i64> {
        Some(self.evidence.at)
    }

    fn inside(&self, place: &Place, rule: usize) -> Vec<Box<str>> {
        let Some(rule) = place.rules.get(rule) else {
            return Vec::new();
        };
        let world = self.world(place);
        let holds =
            |own: &Item| view(&self.row(own, place), &world).is_ok_and(|view| view.inside(&rule.scope));
        self.items(place).into_iter().filter(|own| holds(own)).map(|own| own.sku.as_str().into()).collect()
    }

    fn circle(&self, place: &Place) -> Vec<Box<str>> {
        let (world, items) = (self.world(place), self.items(place));
        let row = |sku: &str| {
            let at = items.binary_search_by(|own| (*own.sku).cmp(sku)).ok()?;
            items.get(at).map(|own| self.row(own, place))
        };
        let mut twins = Twins::default();
        let linked = items.iter().filter(|own| own.links().next().is_some());
        linked.clone().for_each(|own| twins.resolve(&own.sku, &world, &row));
        linked.filter(|own| twins.in_circle(&own.sku)).map(|own| own.sku.as_str().into()).collect()
    }

    fn crossed(&self, place: &Place, floor: GuardRef, ceiling: GuardRef) -> Crossed {
        let world = self.world(place);
        let mut crossed = Crossed::default();
        for own in self.items(place) {
            let mut edges = Edges { floor: (floor, None), ceiling: (ceiling, None) };
            price(&self.row(&own, place), &world, &mut edges);
            let (Some(low), Some(high)) = (edges.floor.1, edges.ceiling.1) else {
                continue;
            };
            if high < low {
                crossed.example.get_or_insert_with(|| (own.sku.as_str().into(), low, high));
                crossed.items.push(own.sku.as_str().into());
            }
        }
        crossed
    }
}

impl<'a> Catalog<'a> {
    pub fn world<'b>(&self, place: &'b Place) -> World<'b>
    where
        'a: 'b,
    {
        let known_at = self.evidence.facts.offers.known_at(&place.market, self.evidence.at);
        World::new(self.release, place, &self.evidence.facts.rates, self.evidence.at, known_at)
    }

    pub fn row<'b>(&self, own: &'b Item, place: &Place) -> Row<'b>
    where
        'a: 'b,
    {
        Row { item: own, offers: self.evidence.facts.offers.get(&own.sku, &place.market) }
    }

    /// The items of a place, by SKU.
    pub fn items(&self, place: &Place) -> Vec<Item> {
        let book = &self.evidence.facts.items;
        let own = book.by_sku(None).filter_map(|(sku, _)| book.get(sku, &place.market, &place.channel));
        let mut items: Vec<Item> = own.map(|row| row.item()).collect();
        items.sort_by(|a, b| a.sku.cmp(&b.sku));
        items
    }
}

/// Listens for the bounds of two guards, the tighter one of each.
struct Edges {
    floor: (GuardRef, Option<Amount>),
    ceiling: (GuardRef, Option<Amount>),
}

impl Trace for Edges {
    const ON: bool = true;

    fn step(&mut self, step: impl FnOnce() -> Step) {
        let Step::Bounded { guard, side, at, .. } = step() else {
            return;
        };
        match side {
            Side::Floor if guard == self.floor.0 => self.floor.1 = self.floor.1.max(Some(at)),
            Side::Ceiling if guard == self.ceiling.0 => {
                self.ceiling.1 = Some(self.ceiling.1.map_or(at, |known| known.min(at)));
            }
            _ => {}
        }
    }
}

/// The place as if the rule had no competitor; earlier layers stay, for a `use` may ask for them.
fn alone(place: &Place, at: usize) -> Option<Place> {
    let rule = place.rules.get(at)?;
    let earlier = place.rules.iter().filter(|other| other.layer < rule.layer);
    let without_over = |rule: &Rule| Rule { over: [].into(), ..rule.clone() };
    Some(Place { rules: std::iter::once(rule).chain(earlier).map(without_over).collect(), ..place.clone() })
}

fn first_rule_holds(row: &Row<'_>, world: &World<'_>) -> bool {
    let rule = world.place.rules.first().filter(|rule| rule.window.holds(world.now.at));
    rule.is_some_and(|rule| view(row, world).is_ok_and(|view| view.inside(&rule.scope)))
}

/// What the first rule asks, before adjustments, guards and rounding: that is what the rules differ in.
fn answer(row: &Row<'_>, world: &World<'_>) -> String {
    let mut recorder = Recorder::default();
    let outcome = price(row, world, &mut recorder);
    let asked = recorder.steps.iter().find_map(|step| match step {
        Step::Strategy { rule: 0, alternative, after, .. } => Some((*alternative, *after)),
        _ => None,
    });
    let (Some((alternative, after)), Some(rule)) = (asked, world.place.rules.first()) else {
        return match &outcome {
            Outcome::Refused(refusal) => format!("no price: {}", refusal_text(refusal, world)),
            Outcome::Decided(decision) => format!("{} {}", decision.price, world.place.currency),
        };
    };
    let reference = recorder.steps.iter().rev().find_map(|step| match step {
        Step::Reference { price, .. } => Some(*price),
        _ => None,
    });
    let (prefix, strategy) = match usize::from(alternative).checked_sub(1) {
        None => ("", Some(&rule.strategy)),
        Some(at) => ("else: ", rule.otherwise.get(at)),
    };
    let currency = world.place.currency;
    let why = strategy.map_or_else(String::new, |strategy| words(strategy, reference, world));
    format!("{} {currency}   ({prefix}{why})", shown(after, currency))
}

/// `1% under the lowest rival, 155.00`.
fn words(strategy: &Strategy, reference: Option<Amount>, world: &World<'_>) -> String {
    let rival = |rank: &str| match reference {
        Some(price) => format!("the {rank} rival, {}", shown(price, world.place.currency)),
        None => format!("the {rank} rival"),
    };
    match strategy {
        Strategy::CostPlus { text, .. } => format!("cost-plus {text}"),
        Strategy::Follow { rank, by, .. } => {
            let rival = rival(rank.as_str());
            let size = by.to_percent_text(4);
            match size.strip_prefix('-') {
                Some(size) => format!("{size} under {rival}"),
                None if *by == Ratio::ZERO => rival,
                None => format!("{size} over {rival}"),
            }
        }
        Strategy::Index { of, at, .. } => {
            format!("{} of {}", at.to_percent_text(4), rival(of.as_str()))
        }
        Strategy::Keep { .. } => "the current price stays".to_owned(),
        Strategy::Use { layer } => {
            let layer = world.release.layers.get(usize::from(*layer));
            format!("as layer `{}` says", layer.map_or("", AsRef::as_ref))
        }
        other => other.name().to_owned(),
    }
}

/// To the currency's minor digits, for the eye only.
fn shown(amount: Amount, currency: Currency) -> String {
    let digits = currency.digits();
    format!("{:.width$}", amount.to_decimal().round_dp(digits), width = digits as usize)
}

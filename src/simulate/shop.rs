//! What a shop knows of itself: its rules, its items with their costs, and today's prices. Nothing of demand.

use super::draw::{factor, normal, uniform};
use crate::batch::Dice;
use crate::facts::{Estimate, Estimates, Item, ItemReader, RateRow, Rates, parse_instant};
use crate::money::{Money, Price, Ratio};
use crate::pricing::{Prospect, Release, Row, World};
use crate::rulebook::{Files, load};
use std::sync::Arc;

/// Items of a group of the built-in shop.
const GROUP: usize = 10;
const MONDAY: &str = "2026-01-05T06:00:00Z";

/// A shop, ready to be simulated.
#[derive(Clone, Debug)]
pub struct Shop {
    pub(super) release: Arc<Release>,
    pub(super) place: usize,
    pub(super) rates: Rates,
    /// When the first simulated price is set.
    pub(super) at: i64,
    pub(super) articles: Vec<Article>,
    pub(super) groups: Vec<String>,
    /// Items that cannot be simulated, with the reason.
    pub left_out: Vec<(String, &'static str)>,
}

/// An item and what a unit of it leaves: keep·P − cost.
#[derive(Clone, Debug)]
pub(super) struct Article {
    pub item: Item,
    pub group: usize,
    pub today: Price,
    pub keep: f64,
    pub cost: f64,
    /// Units a week at today's price, where the catalog says so.
    pub weekly: Option<f64>,
}

impl Article {
    /// What a unit leaves at a price.
    pub fn leaves(&self, price: f64) -> f64 {
        self.keep * price - self.cost
    }
}

/// A price in major units.
pub(super) fn major(price: Price) -> f64 {
    crate::demand::door::from_amount(price.amount())
}

impl Shop {
    /// Items of a catalog, each with the name of its group, in one place of a rulebook.
    #[must_use]
    pub fn new(
        release: Arc<Release>,
        place: usize,
        rates: Rates,
        at: i64,
        items: Vec<(Item, String)>,
    ) -> Self {
        let mut shop = Self {
            release,
            place,
            rates,
            at,
            articles: Vec::new(),
            groups: Vec::new(),
            left_out: Vec::new(),
        };
        let release = shop.release.clone();
        let Some(place) = release.places.get(shop.place) else { return shop };
        let mut estimates = Estimates::default();
        items.iter().for_each(|(item, _)| estimates.put(&item.sku, "", any_demand()));
        let rates = shop.rates.clone();
        let world = World::new(&release, place, &rates, at, None).with_estimates(&estimates);
        for (item, group) in items {
            match article(&item, &world) {
                Ok(article) => {
                    let known = shop.groups.iter().position(|name| *name == group);
                    let group = known.unwrap_or_else(|| {
                        shop.groups.push(group);
                        shop.groups.len() - 1
                    });
                    shop.articles.push(Article { item, group, ..article });
                }
                Err(why) => shop.left_out.push((item.sku, why)),
            }
        }
        shop
    }

    /// The built-in shop: costs around 8 EUR, prices by a markup for each group of ten items, as shops do that know no
    /// elasticity. `None` is a mistake in the files that come with the program.
    #[must_use]
    pub fn built_in(items: usize, seed: u64) -> Option<Self> {
        Self::built_in_with(items, seed, "75%")
    }

    /// The same with another `confidence` of its rule.
    pub(super) fn built_in_with(items: usize, seed: u64, confidence: &str) -> Option<Self> {
        let rules = include_str!("built_in/rules.toml");
        let rules = rules.replace("profit\",", &format!("profit\", confidence = \"{confidence}\","));
        let files = [
            ("rulebook.toml", include_str!("built_in/rulebook.toml")),
            ("schema.toml", include_str!("built_in/schema.toml")),
            ("rules/all.toml", &rules),
        ];
        let release = load(Files(files.map(|(path, text)| (path.into(), text.into())).into())).release?;
        let reader = ["sku", "cost", "current_price"];
        let reader = ItemReader::new(&release.schema, reader, |name| Some(name.to_owned()), None).ok()?;
        let item = |number: usize| {
            let group = number / GROUP;
            let markup = 1.5 + 0.6 * uniform(&mut Dice::new(seed, "markup", group as u64));
            let mut dice = Dice::new(seed, "item", number as u64);
            let cost = (800.0 * factor(0.8, normal(&mut dice))).round().max(20.0) / 100.0;
            let price = cost * markup * 1.19 * factor(0.05, normal(&mut dice));
            // Ends in 9 cents.
            let price = ((price * 10.0).round().max(1.0) - 0.1) / 10.0;
            let cells = [format!("A-{number:05}"), format!("{cost:.2} EUR"), format!("{price:.2} EUR")];
            let row = reader.read(cells.iter().map(String::as_str)).ok()?;
            Some((row.item, format!("group {group:03}")))
        };
        let items = (0..items).map(item).collect::<Option<Vec<_>>>()?;
        let at = parse_instant(MONDAY).ok()?;
        Some(Self::new(release.clone(), 0, Rates::default(), at, items))
    }

    /// How many items are simulated.
    #[must_use]
    pub fn items(&self) -> usize {
        self.articles.len()
    }

    /// How many groups they are in.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The exchange rates at a later time: those of today, as fresh as they are today.
    pub(super) fn rates_at(&self, at: i64) -> Rates {
        let later = |row: &RateRow| RateRow { as_of: row.as_of.saturating_add(at - self.at), ..*row };
        Rates::new(self.rates.rows().map(later))
    }
}

/// Demand of an item about which all is known, and that is surely elastic: with it every rule can propose.
pub(super) fn any_demand() -> Estimate {
    let whole = |number: i64| Some(Ratio::from_nanos(number * Ratio::SCALE));
    Estimate { elasticity: whole(-3), error: whole(0), sales_weeks: whole(520), ..Estimate::default() }
}

fn article(item: &Item, world: &World<'_>) -> Result<Article, &'static str> {
    let row = Row { item, offers: &[] };
    let prospect = Prospect::new(
        &row,
        world,
        None,
        Some(crate::pricing::ahead::Demand::ConstantElasticity),
        Ratio::ZERO,
    );
    let prospect = match prospect {
        Ok(Ok(prospect)) => prospect,
        Ok(Err(_)) => return Err("needs a cost and a current price in the market's currency"),
        Err(_) => return Err("its cost is not known in the market's currency"),
    };
    let today = Price::from_money(Money::new(prospect.current, world.place.currency));
    let today = today.ok_or("its current price cannot be paid")?;
    // Two points of a straight line.
    let price = major(today);
    let leaves = |price: f64| {
        let day = prospect.at(price);
        day.contribution / day.units
    };
    let (once, twice) = (leaves(price), leaves(2.0 * price));
    let keep = (twice - once) / price;
    let cost = keep * price - once;
    if !(0.0 < keep && 0.0 < cost && cost.is_finite()) {
        return Err("fees and tax eat every price, or it costs nothing");
    }
    if once <= 0.0 {
        return Err("is sold below cost today");
    }
    let weekly = prospect.units_per_day.map(|units| 7.0 * crate::demand::door::from_ratio(units));
    let weekly = weekly.filter(|weekly| 0.0 < *weekly);
    Ok(Article { item: item.clone(), group: 0, today, keep, cost, weekly })
}

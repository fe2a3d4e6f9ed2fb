//! One world, one seed: the history, then price after price of three players who meet the same weeks.

use super::believed::{Believed, believe};
use super::clairvoyant::{Set, best, ruled};
use super::hidden::{Hidden, RivalPrices, Weather, WorldKind};
use super::past::{past, week_of};
use super::shop::{Article, Shop, any_demand, major};
use super::{PERIOD_WEEKS, Plan};
use crate::estimate::error::{EstimateError, Result};
use crate::facts::{Applied, Estimates, History, Item, PriceKind, Rates};
use crate::money::{Money, Price};
use crate::pricing::{Place, World};

const WEEK: i64 = 604_800;

/// Profit of the three, in the market's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Profit {
    /// Today's prices stay.
    pub incumbent: f64,
    /// Prices by the rules.
    pub rules: f64,
    /// Prices by who knows the true demand.
    pub clairvoyant: f64,
}

impl Profit {
    pub(super) fn add(&mut self, other: Self) {
        self.incumbent += other.incumbent;
        self.rules += other.rules;
        self.clairvoyant += other.clairvoyant;
    }

    /// (π − π of the incumbent) ÷ (π of the clairvoyant − π of the incumbent); none where nothing is to be gained.
    #[must_use]
    pub fn captured(&self) -> Option<f64> {
        let headroom = self.clairvoyant - self.incumbent;
        let some = 1e-9 * self.incumbent.abs() < headroom;
        some.then(|| (self.rules - self.incumbent) / headroom)
    }

    /// Whether the rules earn less than today's prices, beyond the last digits.
    #[must_use]
    pub fn worse_off(&self) -> bool {
        self.rules - self.incumbent < -1e-9 * self.incumbent.abs()
    }
}

/// What came of one world with one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    pub world: WorldKind,
    pub seed: u64,
    /// By group of items.
    pub groups: Vec<Profit>,
    /// By period.
    pub periods: Vec<Profit>,
    /// Estimated minus true elasticity, of each item that the last fit tells.
    pub errors: Vec<f64>,
    pub items: usize,
    /// Prices set by the rules; moves among them; refusals among them.
    pub prices: u64,
    pub moved: u64,
    pub refused: u64,
    /// Prices, of the rules or the clairvoyant, outside the range that the guards allowed: none.
    pub outside: u64,
    /// The largest step of one price, as a share of the price before.
    pub largest_step: f64,
}

/// One who sets prices.
struct Player {
    items: Vec<Item>,
    prices: Vec<Price>,
    history: History,
    rivals: RivalPrices,
}

impl Player {
    fn new(shop: &Shop) -> Self {
        let mut history = History::default();
        for article in &shop.articles {
            history.add(
                &article.item.sku,
                "",
                "",
                applied(article.today, shop.at - PERIOD_WEEKS as i64 * WEEK),
            );
        }
        Self {
            items: shop.articles.iter().map(|article| article.item.clone()).collect(),
            prices: shop.articles.iter().map(|article| article.today).collect(),
            history,
            rivals: vec![0.0; shop.articles.len()],
        }
    }

    /// Sets new prices; answers the largest step.
    fn set(&mut self, shop: &Shop, prices: &[Set], at: i64) -> f64 {
        let mut largest = 0.0_f64;
        let each = shop.articles.iter().zip(&mut self.items).zip(self.prices.iter_mut().zip(prices));
        for ((article, item), (old, Set { price, .. })) in each.filter(|(_, (old, set))| **old != set.price) {
            largest = largest.max((major(*price) / major(*old) - 1.0).abs());
            *item = item.with_current_price(Money::new(price.amount(), price.currency()));
            self.history.add(&article.item.sku, "", "", applied(*price, at));
            *old = *price;
        }
        largest
    }

    /// What a week leaves, by item, counted on mean demand: luck is the same for all and does not count.
    fn week(&mut self, shop: &Shop, hidden: &Hidden, weather: &Weather, week: usize) -> Vec<f64> {
        let prices: Vec<f64> = self.prices.iter().copied().map(major).collect();
        let mut left = vec![0.0; prices.len()];
        for block in hidden.blocks(shop) {
            let own: Vec<f64> = block.iter().filter_map(|item| prices.get(*item).copied()).collect();
            let wanted = hidden.wanted(&block, &own, Some(&self.rivals));
            for ((item, price), wanted) in block.iter().zip(own).zip(wanted) {
                let sold = (wanted * weather.at(*item, week).0).min(hidden.stock(*item));
                if let (Some(slot), Some(article)) = (left.get_mut(*item), shop.articles.get(*item)) {
                    *slot = sold * article.leaves(price);
                }
            }
        }
        hidden.follow(&mut self.rivals, &prices);
        left
    }
}

fn applied(price: Price, from: i64) -> Applied {
    let money = Money::new(price.amount(), price.currency());
    Applied { price: money, kind: PriceKind::Regular, from, to: i64::MAX, announced: false }
}

/// Plays a world once. `heard` is what becomes of a fit before the rules hear of it: nothing, but in tests.
pub(super) fn play(
    shop: &Shop,
    place: &Place,
    plan: &Plan,
    world: WorldKind,
    seed: u64,
    heard: &dyn Fn(Believed, &Hidden) -> Believed,
) -> Result<Played> {
    let hidden = Hidden::new(world, shop, seed);
    let weeks = plan.weeks + plan.periods * PERIOD_WEEKS;
    let weather = Weather::new(world, shop, seed, weeks);
    let mut sales = past(shop, &hidden, &weather, seed, plan.weeks);
    let everything = known(&shop.articles);
    let (mut incumbent, mut rules, mut clairvoyant) =
        (Player::new(shop), Player::new(shop), Player::new(shop));
    let mut out = Played {
        world,
        seed,
        groups: vec![Profit::default(); shop.groups.len()],
        periods: Vec::new(),
        errors: Vec::new(),
        items: shop.articles.len(),
        prices: 0,
        moved: 0,
        refused: 0,
        outside: 0,
        largest_step: 0.0,
    };
    let mut believed = None;
    for period in 0..plan.periods {
        let first = plan.weeks + period * PERIOD_WEEKS;
        let at = shop.at + (period * PERIOD_WEEKS) as i64 * WEEK;
        let rates = shop.rates_at(at);
        let now = heard(believe(shop, place.currency, &sales)?, &hidden);
        let priced = ruled(
            &rules.items,
            &known_world(shop, place, &rates, at, &rules.history, &now.estimates),
            &rules.prices,
        );
        out.prices += priced.len() as u64;
        out.refused += priced.iter().filter(|set| set.refused).count() as u64;
        out.moved += priced.iter().zip(&rules.prices).filter(|(set, old)| set.price != **old).count() as u64;
        let free = known_world(shop, place, &rates, at, &clairvoyant.history, &everything);
        let wished = best(shop, &hidden, &free, &clairvoyant.items, &clairvoyant.prices);
        out.outside += priced.iter().chain(&wished).filter(|set| set.outside).count() as u64;
        let steps = [rules.set(shop, &priced, at), clairvoyant.set(shop, &wished, at)];
        out.largest_step = steps.into_iter().fold(out.largest_step, f64::max);
        let mut earned = Profit::default();
        for week in first..first + PERIOD_WEEKS {
            let prices: Vec<f64> = rules.prices.iter().copied().map(major).collect();
            sales.extend(week_of(shop, &hidden, &weather, seed, week, &prices, &rules.rivals));
            let of = [&mut incumbent, &mut rules, &mut clairvoyant]
                .map(|player| player.week(shop, &hidden, &weather, week));
            earned.add(by_group(shop, &of, &mut out.groups));
        }
        out.periods.push(earned);
        believed = Some(now);
    }
    out.errors = believed.map(|believed: Believed| errors(&believed, &hidden)).unwrap_or_default();
    if out.periods.is_empty() {
        return Err(EstimateError::new("no price is set").help("ask for one period or more"));
    }
    Ok(out)
}

fn known_world<'a>(
    shop: &'a Shop,
    place: &'a Place,
    rates: &'a Rates,
    at: i64,
    history: &'a History,
    estimates: &'a Estimates,
) -> World<'a> {
    World::new(&shop.release, place, rates, at, None).with_history(history).with_estimates(estimates)
}

/// Who knows everything needs no estimate; the rules still want one to propose from.
fn known(articles: &[Article]) -> Estimates {
    let mut estimates = Estimates::default();
    articles.iter().for_each(|article| estimates.put(&article.item.sku, "", any_demand()));
    estimates
}

fn by_group(shop: &Shop, of: &[Vec<f64>; 3], groups: &mut [Profit]) -> Profit {
    let [incumbent, rules, clairvoyant] = of;
    let mut all = Profit::default();
    for (((article, incumbent), rules), clairvoyant) in
        shop.articles.iter().zip(incumbent).zip(rules).zip(clairvoyant)
    {
        let profit = Profit { incumbent: *incumbent, rules: *rules, clairvoyant: *clairvoyant };
        all.add(profit);
        if let Some(group) = groups.get_mut(article.group) {
            group.add(profit);
        }
    }
    all
}

fn errors(believed: &Believed, hidden: &Hidden) -> Vec<f64> {
    let each = believed.elasticities.iter().enumerate();
    each.filter_map(|(item, found)| Some((*found)? - hidden.elasticity(item))).collect()
}

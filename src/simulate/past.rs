//! The weeks before the rules take over: prices are tried, and sales are written down.

use super::draw::{normal, poisson};
use super::hidden::{Hidden, Weather, WorldKind};
use super::shop::{Shop, major};
use crate::batch::Dice;
use crate::demand::door;
use crate::money::{Price, Rounding};

/// What a till and a shelf know of an item's week. The fit sees these, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sold {
    pub item: usize,
    pub week: usize,
    pub units: f64,
    pub price: f64,
    /// The shelf was empty before the week was over.
    pub sold_out: bool,
}

/// Deviation of tried prices around the list price (logarithms); a price stays for two to six weeks.
const TRIED: f64 = 0.08;
/// How much of a lasting luck in demand the shop of the endogenous world put on its prices.
const ANSWERED: f64 = 0.1;

/// The history of a shop, by week and then by item.
pub(super) fn past(shop: &Shop, hidden: &Hidden, weather: &Weather, seed: u64, weeks: usize) -> Vec<Sold> {
    let paths: Vec<Vec<f64>> =
        (0..shop.articles.len()).map(|item| path(shop, hidden, weather, seed, item, weeks)).collect();
    let mut rivals = vec![0.0; shop.articles.len()];
    let mut records = Vec::with_capacity(weeks * paths.len());
    for week in 0..weeks {
        let prices: Vec<f64> = paths.iter().map(|path| path.get(week).copied().unwrap_or(f64::NAN)).collect();
        records.extend(week_of(shop, hidden, weather, seed, week, &prices, &rivals));
        hidden.follow(&mut rivals, &prices);
    }
    records
}

/// The prices of one item, week by week.
fn path(shop: &Shop, hidden: &Hidden, weather: &Weather, seed: u64, item: usize, weeks: usize) -> Vec<f64> {
    let Some(article) = shop.articles.get(item) else { return Vec::new() };
    let mut dice = Dice::new(seed, "tried", item as u64);
    let (mut tried, mut stays) = (0.0, 0);
    let of_week = |week: usize| {
        if stays == 0 {
            tried = (TRIED * normal(&mut dice)).clamp(-3.0 * TRIED, 3.0 * TRIED);
            stays = dice.between(2, 6);
        }
        stays -= 1;
        let luck = if hidden.kind == WorldKind::Endogenous { weather.at(item, week).1 } else { 0.0 };
        payable(article.today, libm::exp(tried + ANSWERED * luck))
    };
    (0..weeks).map(of_week).collect()
}

/// The payable price nearest to so many times a price.
fn payable(today: Price, times: f64) -> f64 {
    let unit = today.currency().micros_per_minor();
    let minor = door::to_amount(major(today) * times).and_then(|amount| {
        amount.mul_div(1, unit.into(), Rounding::HalfEven).map_err(|_| door::NotMoney::TooLarge)
    });
    let price = minor.ok().and_then(|minor| Price::from_minor(minor.micros().max(1), today.currency()));
    price.map_or_else(|| major(today), major)
}

/// What the till sees of one week at these prices.
pub(super) fn week_of(
    shop: &Shop,
    hidden: &Hidden,
    weather: &Weather,
    seed: u64,
    week: usize,
    prices: &[f64],
    rivals: &Vec<f64>,
) -> Vec<Sold> {
    let mut records = Vec::with_capacity(prices.len());
    for block in hidden.blocks(shop) {
        let own: Vec<f64> = block.iter().filter_map(|item| prices.get(*item).copied()).collect();
        let wanted = hidden.wanted(&block, &own, Some(rivals));
        for ((item, price), wanted) in block.iter().zip(own).zip(wanted) {
            let mut dice = Dice::new(seed, "buyers", (week as u64) << 32 | *item as u64);
            let (factor, _) = weather.at(*item, week);
            let (wanted, stock) = (poisson(wanted * factor, &mut dice), hidden.stock(*item));
            let sold_out = stock <= wanted;
            records.push(Sold { item: *item, week, units: wanted.min(stock), price, sold_out });
        }
    }
    records.sort_by_key(|sold| sold.item);
    records
}

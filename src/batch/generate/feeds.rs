//! Offers, exchange rates and sales of the articles that [`super::items`] lists.

use super::cell::{Cell, Head, Row};
use super::dice::{Dice, ONE, scaled};
use super::shop::{Article, Market, Shop, mul_div, noisy, odd, per_euro};
use crate::facts::Kind;
use crate::money::Ratio;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Weeks of sales of an article in a market.
const WEEKS: u64 = 104;

pub fn offer_heads() -> Vec<Head> {
    let columns = [
        ("sku", Kind::Id),
        ("market", Kind::Text),
        ("rival", Kind::Text),
        ("price", Kind::Money),
        ("shipping", Kind::Money),
        ("match", Kind::Percent),
        ("in_stock", Kind::Text),
        ("seen_at", Kind::Instant),
    ];
    let mut heads = columns.map(|(name, kind)| Head::new(name, kind));
    for head in heads.iter_mut().filter(|head| head.header == "price") {
        head.currency = Some("currency".into());
    }
    heads.into()
}

/// One offer of each rival for every article; a fifth of them is usable by no rule that asks much.
pub fn offer(shop: &Shop<'_>, row: u64) -> Row {
    let Some((number, market, rival)) = offered(shop, row) else { return Row::from(Vec::new()) };
    let article = shop.article(number);
    let mut dice = shop.dice("offer", row);
    let usual = noisy(shop.shelf_price(&article, market), 90, &mut dice);
    // A price per dozen, or of a spare part: nobody should believe it.
    let price = match dice.below(1_000) {
        0..10 => usual.saturating_mul(12),
        10..20 => usual / 9,
        _ => usual,
    };
    let shipping = match dice.below(10) {
        0..6 => Cell::money(0, market.currency),
        6..9 => Cell::money(
            odd(shop.convert(4_000_000, market.currency), market.currency, &mut dice),
            market.currency,
        ),
        _ => Cell::Missing,
    };
    let matched = if dice.per_mille(100) { dice.between(550, 899) } else { dice.between(900, 1_000) };
    let age = if dice.per_mille(120) { dice.between(2 * DAY, 20 * DAY) } else { dice.between(HOUR / 2, DAY) };
    let price = odd(price, market.currency, &mut dice);
    Row::from(vec![
        Cell::Text(shop.sku(number)),
        Cell::text(&market.name),
        Cell::text(rival),
        Cell::money(price, market.currency),
        shipping,
        Cell::Share(Ratio::from_nanos(matched * 1_000_000)),
        Cell::yes(!dice.per_mille(80)),
        Cell::Instant(shop.at - age),
    ])
}

/// The article, market and rival of an offer: all rivals of a market, then the next market, then the next article.
fn offered<'s>(shop: &'s Shop<'_>, row: u64) -> Option<(u64, &'s Market, &'s String)> {
    let all = shop.markets.iter().map(|market| market.rivals.len() as u64).sum::<u64>().max(1);
    let mut rest = usize::try_from(row % all).ok()?;
    for market in &shop.markets {
        match market.rivals.get(rest) {
            Some(rival) => return Some((row / all, market, rival)),
            None => rest -= market.rivals.len(),
        }
    }
    None
}

pub fn rate_heads() -> Vec<Head> {
    let columns =
        [("base", Kind::Text), ("quote", Kind::Text), ("rate", Kind::Number), ("as_of", Kind::Instant)];
    columns.map(|(name, kind)| Head::new(name, kind)).into()
}

/// A rate a day for each currency of the rulebook, the newest last and two hours old.
pub fn rate(shop: &Shop<'_>, row: u64, rows: u64) -> Row {
    let mut quotes: Vec<_> = shop.release.places.iter().map(|place| place.currency).collect();
    quotes.sort();
    quotes.dedup();
    quotes.retain(|quote| *quote != shop.home);
    if quotes.is_empty() {
        quotes.extend(crate::money::Currency::from_code(if shop.home.code() == "EUR" {
            "USD"
        } else {
            "EUR"
        }));
    }
    let count = quotes.len().max(1) as u64;
    let days = i64::try_from((rows - 1 - row.min(rows - 1)) / count).unwrap_or(0);
    let quote = usize::try_from(row % count).ok().and_then(|at| quotes.get(at)).copied().unwrap_or(shop.home);
    // Ratios in thousandths of a euro, so the scale of the answer is exact.
    let usual = mul_div(Ratio::SCALE, per_euro(quote), per_euro(shop.home));
    let rate = noisy(usual, 4, &mut shop.dice("rate", row)) / 10_000 * 10_000;
    Row::from(vec![
        Cell::text(shop.home.code()),
        Cell::text(quote.code()),
        Cell::Number(Ratio::from_nanos(rate.max(10_000))),
        Cell::Instant(shop.at - 2 * HOUR - days.saturating_mul(DAY)),
    ])
}

pub fn sales_heads() -> Vec<Head> {
    let columns = [
        ("sku", Kind::Id),
        ("market", Kind::Text),
        ("week", Kind::Text),
        ("price", Kind::Money),
        ("units", Kind::Number),
        ("promo", Kind::Text),
        ("stock_out", Kind::Text),
    ];
    let mut heads = columns.map(|(name, kind)| Head::new(name, kind));
    for head in heads.iter_mut().filter(|head| head.header == "price") {
        head.currency = Some("currency".into());
    }
    heads.into()
}

/// A week of an article in a market: units ~ Poisson(weekly velocity · (price / usual price)^elasticity · promo),
/// cut off where the shelf ran empty. The elasticity is the article's own, which `gen items` of the same seed states.
pub fn sale(shop: &Shop<'_>, row: u64) -> Row {
    let (number, market) = shop.of_row(row / WEEKS);
    let Some(market) = market else { return Row::from(Vec::new()) };
    let article = shop.article(number);
    let mut dice = shop.dice("sale", row);
    let promo = dice.per_mille(80);
    let change = price_change(shop, row, promo);
    let price = scaled(shop.shelf_price(&article, market), change);
    let minor = market.currency.micros_per_minor();
    let demand = poisson(demand(&article, change, promo), &mut dice);
    let empty = dice.per_mille(30);
    let units = if empty { mul_div(demand, dice.between(0, 900), 1_000) } else { demand };
    let ago = i64::try_from(WEEKS - row % WEEKS).unwrap_or(0);
    // 1970-01-05 was a Monday.
    let monday = (shop.at - 4 * DAY).div_euclid(7 * DAY) * 7 * DAY + 4 * DAY - ago * 7 * DAY;
    let week = crate::facts::show_instant(monday);
    Row::from(vec![
        Cell::Text(shop.sku(number)),
        Cell::text(&market.name),
        Cell::text(week.split('T').next().unwrap_or("")),
        Cell::money((price / minor).max(1) * minor, market.currency),
        Cell::count(units),
        Cell::yes(promo),
        Cell::yes(empty),
    ])
}

/// The exponent of two by which the week's price differs from the usual one: it stays for a quarter.
fn price_change(shop: &Shop<'_>, row: u64, promo: bool) -> i64 {
    let quarter = shop.dice("quarter", row / 13).between(-ONE / 5, ONE / 5);
    // A fifth to a third off.
    if promo { quarter - shop.dice("promo", row).between(ONE / 3, ONE * 3 / 5) } else { quarter }
}

/// Expected units of a week in thousandths.
fn demand(article: &Article, change: i64, promo: bool) -> i64 {
    let weekly = article.velocity / 1_000_000 * 7;
    let moved = scaled(weekly, mul_div(article.elasticity, change, Ratio::SCALE));
    // A promotion sells by being one: × 1.4 beyond its price.
    (if promo { mul_div(moved, 14, 10) } else { moved }).min(1_000_000_000_000)
}

/// A Poisson draw with a mean in thousandths: exact by multiplication for small means, normal for large ones.
fn poisson(mean: i64, dice: &mut Dice) -> i64 {
    const LOG2_E: i64 = 94_548; // 1.442695 × 2^16
    if 20_000 < mean {
        let root = i64::try_from((i128::from(mean) * 1_000).unsigned_abs().isqrt()).unwrap_or(0);
        return ((mean + mul_div(root, dice.normal(), ONE) + 500) / 1_000).max(0);
    }
    let limit = scaled(1 << 40, -mul_div(mean, LOG2_E, 1_000));
    let mut product = 1_i64 << 40;
    for units in 0..1_000 {
        let draw = i64::try_from(dice.next() >> 24).unwrap_or(0);
        product = i64::try_from((i128::from(product) * i128::from(draw)) >> 40).unwrap_or(0);
        if product <= limit {
            return units;
        }
    }
    1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_their_mean_and_spread() {
        for mean in [300, 2_500, 15_000, 90_000] {
            let mut dice = Dice::new(5, "poisson", 0);
            let draws: Vec<i64> = (0..20_000).map(|_| poisson(mean, &mut dice)).collect();
            let average = draws.iter().sum::<i64>() * 1_000 / 20_000;
            let spread =
                draws.iter().map(|units| (units * 1_000 - mean).pow(2) / 1_000).sum::<i64>() / 20_000;
            assert!(
                (average - mean).abs() < mean / 40 && (spread - mean).abs() < mean / 10,
                "{mean} {average} {spread}"
            );
        }
    }

    #[test]
    fn demand_falls_as_the_elasticity_says() {
        let article =
            Article { number: 0, cost: 1, velocity: 1_000_000_000, elasticity: -2_000_000_000, margin: 0 };
        assert_eq!(demand(&article, 0, false), 7_000);
        assert_eq!(demand(&article, ONE, false), 1_750);
        assert_eq!(demand(&article, -ONE, false), 28_000);
    }
}

//! Items: every column of the rulebook's schema, some of them empty.

use super::cell::{Cell, Head, Row};
use super::dice::Dice;
use super::shop::{Article, Market, Shop, mul_div, noisy, odd, words};
use crate::facts::{Attr, AttrId, Basis, Kind, builtin};
use crate::money::Ratio;

const DAY: i64 = 86_400;

/// How a column gets its cells.
#[derive(Clone, Debug)]
struct Plan {
    id: AttrId,
    /// Feeds give instants for these durations.
    instant: Option<Instant>,
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Instant {
    Until,
    Since,
}

/// The columns of the items feed of a rulebook.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    shop: &'a Shop<'a>,
    plans: Vec<Plan>,
}

impl<'a> Items<'a> {
    pub fn new(shop: &'a Shop<'a>) -> Self {
        let left_out = [builtin::CHANNEL, builtin::SEGMENT, builtin::PRICE_INDEX, builtin::STOCK_COVER];
        let given = |(id, attr): &(AttrId, &Attr)| {
            !attr.customer && attr.derive.is_none() && (!attr.optional || !left_out.contains(id))
        };
        let plan = |(id, attr): (AttrId, &Attr)| {
            let instant = match (&*attr.name, attr.kind) {
                ("inbound" | "shelf_life", Kind::Duration) => Some(Instant::Until),
                ("on_sale_for", Kind::Duration) => Some(Instant::Since),
                _ => None,
            };
            Plan { id, instant, words: words(attr) }
        };
        Self { shop, plans: shop.schema().iter().filter(given).map(plan).collect() }
    }

    /// The columns, under the names that the rulebook gives them.
    pub fn heads(&self) -> Vec<Head> {
        let mapped = |name: &str| {
            let columns = &self.shop.release.items_feed.columns;
            columns.get(name).map_or_else(|| name.to_owned(), ToString::to_string)
        };
        let head = |plan: &Plan| {
            let attr = self.shop.schema().attr(plan.id);
            match (plan.instant, &*attr.name) {
                (Some(_), "inbound") => Head::new(&mapped("inbound_at"), Kind::Instant),
                (Some(_), "shelf_life") => Head::new(&mapped("shelf_life_until"), Kind::Instant),
                (Some(_), _) => Head::new(&mapped("on_sale_since"), Kind::Instant),
                (None, name) => {
                    let currency = (attr.kind == Kind::Money).then(|| mapped(&format!("{name}_currency")));
                    Head { header: mapped(name), kind: attr.kind, currency }
                }
            }
        };
        self.plans.iter().map(head).collect()
    }

    /// The place of an attribute among the columns.
    pub fn column(&self, id: AttrId) -> Option<usize> {
        self.plans.iter().position(|plan| plan.id == id)
    }

    /// The attribute of a column that is given as such, not as an instant.
    pub fn attr(&self, column: usize) -> Option<(AttrId, &Attr)> {
        let plan = self.plans.get(column).filter(|plan| plan.instant.is_none())?;
        Some((plan.id, self.shop.schema().attr(plan.id)))
    }

    /// A good row.
    pub fn row(&self, row: u64) -> Row {
        let (number, market) = self.shop.of_row(row);
        let Some(market) = market else { return Row::from(Vec::new()) };
        let article = self.shop.article(number);
        let price = self.shop.shelf_price(&article, market);
        let cells = self.plans.iter().map(|plan| {
            let attr = self.shop.schema().attr(plan.id);
            // Words belong to the article, numbers to its row.
            let own = matches!(attr.kind, Kind::Id | Kind::Text | Kind::Tree | Kind::Set);
            let mut dice = self.shop.dice(&attr.name, if own { number } else { row });
            self.cell(plan, attr, &article, market, price, &mut dice)
        });
        Row::from(cells.collect::<Vec<_>>())
    }

    fn cell(
        &self,
        plan: &Plan,
        attr: &Attr,
        article: &Article,
        market: &Market,
        price: i64,
        dice: &mut Dice,
    ) -> Cell {
        let shop = self.shop;
        let known = |share| !attr.optional || share == 1_000 || Dice::clone(dice).per_mille(share);
        let missing = !known(match plan.id {
            builtin::SKU | builtin::NAME | builtin::MARKET | builtin::VAT_CLASS => 1_000,
            builtin::CURRENT_PRICE => 960,
            builtin::STOCK_UNITS | builtin::UNITS_PER_DAY => 950,
            builtin::PREVIOUS_COST => 300,
            builtin::ELASTICITY | builtin::ELASTICITY_SE | builtin::SALES_WEEKS => 900,
            _ => 700,
        });
        if missing {
            return Cell::Missing;
        }
        dice.next();
        match plan.id {
            builtin::SKU => return Cell::Text(shop.sku(article.number)),
            builtin::NAME => return Cell::Text(name(article.number, dice)),
            builtin::MARKET => return Cell::text(&market.name),
            builtin::VAT_CLASS => {
                return shop
                    .vat(article.number, market)
                    .map_or(Cell::Missing, |(class, _)| Cell::text(class));
            }
            builtin::CURRENT_PRICE | builtin::ELASTICITY_PRICE => return Cell::money(price, market.currency),
            builtin::PRICE_KIND => {
                let kind = ["regular", "promo", "clearance"];
                return Cell::text(*dice.pick_skewed(&kind).unwrap_or(&"regular"));
            }
            builtin::UNITS_PER_DAY => {
                return Cell::Number(Ratio::from_nanos(article.velocity / 100_000 * 100_000));
            }
            builtin::STOCK_UNITS => {
                let days = dice.between(0, 120);
                return Cell::count(mul_div(article.velocity, days, Ratio::SCALE) + dice.between(0, 8));
            }
            builtin::SALES_WEEKS => return Cell::count(dice.between(4, 156)),
            builtin::ELASTICITY => return self.number(attr, article.elasticity),
            builtin::ELASTICITY_SE => return self.number(attr, dice.between(100, 1_500) * 1_000_000),
            builtin::OBSERVED_LOW => return self.price(price * 4 / 5, market, dice),
            builtin::OBSERVED_HIGH => return self.price(price * 6 / 5, market, dice),
            _ => {}
        }
        match (attr.kind, plan.instant) {
            // Another article, an earlier one where there is one.
            (Kind::Id, _) => match article.number {
                0 => Cell::Text(shop.sku(1)),
                number => Cell::Text(shop.sku(dice.below(number))),
            },
            (Kind::Text | Kind::Tree, _) => dice.pick_skewed(&plan.words).map_or(Cell::Missing, Cell::text),
            (Kind::Set, _) => set(&plan.words, dice),
            (Kind::Money, _) if attr.basis == Basis::Net => self.cost(plan.id, article, market, dice),
            (Kind::Money, _) => self.price(mul_div(price, dice.between(1_000, 1_350), 1_000), market, dice),
            (Kind::Number, _) => {
                let whole = [1, 2, 4, 8, 16, 64, 128, 256, 512].map(|count| count * Ratio::SCALE);
                self.number(attr, *dice.pick(&whole).unwrap_or(&Ratio::SCALE))
            }
            (Kind::Percent, _) => match self.number(attr, dice.between(0, 400) * 1_000_000) {
                Cell::Number(share) => Cell::Share(share),
                other => other,
            },
            (Kind::Duration, Some(Instant::Until)) => {
                Cell::Instant(shop.at - shop.at.rem_euclid(DAY) + dice.between(1, 60) * DAY)
            }
            (Kind::Duration, Some(Instant::Since)) => {
                Cell::Instant(shop.at - shop.at.rem_euclid(DAY) - dice.between(1, 900) * DAY)
            }
            (Kind::Duration, None) => {
                let (low, high) = attr.range.unwrap_or((0, 60 * 7 * DAY));
                Cell::Seconds((dice.between(0, 60 * 7) * DAY).clamp(low, high))
            }
            (Kind::Instant, _) => Cell::Instant(shop.at - dice.between(0, 30) * DAY),
        }
    }

    /// A number inside the range that the schema allows.
    fn number(&self, attr: &Attr, nanos: i64) -> Cell {
        let (low, high) = attr.range.unwrap_or((i64::MIN, i64::MAX));
        Cell::Number(Ratio::from_nanos(nanos.clamp(low, high)))
    }

    fn price(&self, micros: i64, market: &Market, dice: &mut Dice) -> Cell {
        Cell::money(odd(micros, market.currency, dice), market.currency)
    }

    /// Costs are in the home currency, or (an article in five) in that of the market.
    fn cost(&self, id: AttrId, article: &Article, market: &Market, dice: &mut Dice) -> Cell {
        let local = self.shop.dice("local", article.number).per_mille(200);
        let currency = if local { market.currency } else { self.shop.home };
        let usual = self.shop.convert(article.cost, currency);
        let cost = match id {
            builtin::COST => usual,
            // Now and then a misplaced point, which plausibility holds against the price.
            builtin::PREVIOUS_COST if dice.per_mille(5) => usual * 10,
            _ => noisy(usual, 40, dice),
        };
        let minor = currency.micros_per_minor();
        Cell::money((cost / minor).max(1) * minor, currency)
    }
}

fn name(article: u64, dice: &mut Dice) -> String {
    let noun = dice.pick_skewed(&[
        "Coffee",
        "Pasta",
        "Lamp",
        "Cable",
        "Phone",
        "Monitor 27\"",
        "Tea, black",
        "Socks",
    ]);
    let brand = dice.pick(&["Aurora", "Müller", "Қазына", "Nordic", "Plain"]);
    format!("{} {} {article}", noun.unwrap_or(&""), brand.unwrap_or(&""))
}

/// Most items carry no tag, some one, few two.
fn set(words: &[String], dice: &mut Dice) -> Cell {
    let count = [0, 0, 0, 1, 1, 2].get(usize::try_from(dice.below(6)).unwrap_or(0)).copied().unwrap_or(0);
    let mut chosen: Vec<&String> = (0..count).filter_map(|_| dice.pick_skewed(words)).collect();
    chosen.sort();
    chosen.dedup();
    let joined: Vec<&str> = chosen.into_iter().map(String::as_str).collect();
    if joined.is_empty() { Cell::Missing } else { Cell::text(joined.join("|")) }
}

//! The hidden side: how demand really answers. Only the game master and the clairvoyant look here.

use super::draw::{factor, normal, uniform};
use super::shop::{Article, Shop, major};
use crate::batch::Dice;
use crate::demand::normal::quantile;

/// How demand answers to prices, and what the sales data hide of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorldKind {
    /// q = λ·(P/P₀)^ε, as `fit` and `optimise` believe.
    Constant,
    /// Items of a group share their customers (multinomial logit).
    Logit,
    /// The shop used to raise prices when demand was high.
    Endogenous,
    /// Weeks that sell out say how much there was, not how much was wanted.
    StockOuts,
    /// A rival follows our price within weeks.
    Rivals,
}

impl WorldKind {
    pub const ALL: [Self; 5] = [Self::Constant, Self::Logit, Self::Endogenous, Self::StockOuts, Self::Rivals];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Logit => "logit",
            Self::Endogenous => "endogenous",
            Self::StockOuts => "stock-outs",
            Self::Rivals => "rivals",
        }
    }

    /// What is wrong about it, in a few words.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Constant => "demand is as the fit believes",
            Self::Logit => "items of a group take customers from each other",
            Self::Endogenous => "past prices rose when demand was high",
            Self::StockOuts => "weeks that sold out are missing",
            Self::Rivals => "a rival follows our prices within weeks",
        }
    }
}

/// Today's price is wrong by this much (deviations of its logarithm): the whole group alike, and each item by itself.
const WRONG: (f64, f64) = (0.10, 0.12);
/// Elasticities at today's price stay between these.
const STEEP: f64 = -6.0;
const FLAT: f64 = -1.4;
/// Weekly noise of demand, beside the chance of single sales.
pub(super) const NOISE: f64 = 0.2;
/// The share of visitors of a group who buy something at today's prices.
const BUYERS: f64 = 0.5;
/// Deliveries cover so much of a usual week.
const DELIVERED: f64 = 1.15;
/// A rival that undercuts by one percent takes so many percent of our sales; it follows so much of our moves, and so
/// much of what is missing each week.
const CROSS: f64 = 0.8;
const FOLLOWS: f64 = 0.6;
const EACH_WEEK: f64 = 0.25;

/// Demand of one item.
#[derive(Clone, Copy, Debug)]
struct Truth {
    /// Units of a usual week at today's price.
    level: f64,
    today: f64,
    /// At today's price, rivals and neighbours as they are.
    elasticity: f64,
}

/// A world for one seed.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    pub kind: WorldKind,
    truths: Vec<Truth>,
}

/// What rivals ask, as the logarithm of their price over today's.
pub(super) type RivalPrices = Vec<f64>;

impl Hidden {
    /// The best price of an item lies off today's by chance; the elasticity that makes it best follows.
    pub fn new(kind: WorldKind, shop: &Shop, seed: u64) -> Self {
        let truth = |(number, article): (usize, &Article)| {
            let group = normal(&mut Dice::new(seed, "group-wrong", article.group as u64));
            let mut dice = Dice::new(seed, "item-wrong", number as u64);
            let today = major(article.today);
            let best = today * libm::exp(WRONG.0 * group + WRONG.1 * normal(&mut dice));
            let margin = best - article.cost / article.keep;
            let elasticity = if 0.0 < margin { (-best / margin).clamp(STEEP, FLAT) } else { STEEP };
            let level = article.weekly.unwrap_or_else(|| 25.0 * factor(0.7, normal(&mut dice)));
            Truth { level, today, elasticity }
        };
        Self { kind, truths: shop.articles.iter().enumerate().map(truth).collect() }
    }

    fn truth(&self, item: usize) -> Truth {
        self.truths.get(item).copied().unwrap_or(Truth { level: 0.0, today: 1.0, elasticity: STEEP })
    }

    /// The elasticity that counts for a price that stays.
    pub fn elasticity(&self, item: usize) -> f64 {
        self.truth(item).elasticity
    }

    /// Items whose demand hangs together.
    pub fn blocks(&self, shop: &Shop) -> Vec<Vec<usize>> {
        if self.kind != WorldKind::Logit {
            return (0..shop.articles.len()).map(|item| vec![item]).collect();
        }
        let mut blocks = vec![Vec::new(); shop.groups.len()];
        for (item, article) in shop.articles.iter().enumerate() {
            if let Some(block) = blocks.get_mut(article.group) {
                block.push(item);
            }
        }
        blocks
    }

    /// Units wanted in a usual week by a block at its prices. Without rivals' prices: when they have followed.
    pub fn wanted(&self, block: &[usize], prices: &[f64], rivals: Option<&RivalPrices>) -> Vec<f64> {
        let moved = || {
            block.iter().zip(prices).map(|(item, price)| (*item, libm::log(price / self.truth(*item).today)))
        };
        match self.kind {
            WorldKind::Logit => self.shared(block, prices),
            WorldKind::Rivals => {
                let one = |(item, moved): (usize, f64)| {
                    let truth = self.truth(item);
                    let rival =
                        rivals.and_then(|rivals| rivals.get(item)).copied().unwrap_or(FOLLOWS * moved);
                    // So that ε is what remains when the rival has followed.
                    let own = truth.elasticity - CROSS * FOLLOWS;
                    truth.level * libm::exp(own * moved + CROSS * rival)
                };
                moved().map(one).collect()
            }
            _ => moved()
                .map(|(item, moved)| {
                    let truth = self.truth(item);
                    truth.level * libm::exp(truth.elasticity * moved)
                })
                .collect(),
        }
    }

    /// Multinomial logit: shares at today's prices are as the levels say, slopes as the elasticities.
    fn shared(&self, block: &[usize], prices: &[f64]) -> Vec<f64> {
        let all: f64 = block.iter().map(|item| self.truth(*item).level).sum();
        let weight = |(item, price): (&usize, &f64)| {
            let truth = self.truth(*item);
            let share = BUYERS * truth.level / all;
            let beta = -truth.elasticity / (truth.today * (1.0 - share));
            share / (1.0 - BUYERS) * libm::exp(-beta * (price - truth.today))
        };
        let weights: Vec<f64> = block.iter().zip(prices).map(weight).collect();
        let total = 1.0 + weights.iter().sum::<f64>();
        weights.iter().map(|weight| all / BUYERS * weight / total).collect()
    }

    /// What a week's delivery holds; sales end there.
    pub fn stock(&self, item: usize) -> f64 {
        match self.kind {
            WorldKind::StockOuts => (DELIVERED * self.truth(item).level).ceil(),
            _ => f64::INFINITY,
        }
    }

    /// Expected sales of a usual week, given what is wanted on average: stock may end them.
    pub fn sold(&self, item: usize, wanted: f64) -> f64 {
        let stock = self.stock(item);
        if stock == f64::INFINITY {
            return wanted;
        }
        // The mean over the noise of a week, by 40 equally likely values.
        let values = (0..40).filter_map(|step| quantile((f64::from(step) + 0.5) / 40.0));
        values.map(|z| (wanted * factor(NOISE, z)).min(stock)).sum::<f64>() / 40.0
    }

    /// The rivals a week later.
    pub fn follow(&self, rivals: &mut RivalPrices, prices: &[f64]) {
        if self.kind == WorldKind::Rivals {
            for (item, (rival, price)) in rivals.iter_mut().zip(prices).enumerate() {
                let aim = FOLLOWS * libm::log(price / self.truth(item).today);
                *rival += EACH_WEEK * (aim - *rival);
            }
        }
    }
}

/// Demand of every week over its usual value, beyond prices: season and weather of the group, luck of the item.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// By item, then week: the factor, and its lasting part as a logarithm.
    weeks: Vec<Vec<(f64, f64)>>,
}

impl Weather {
    pub fn new(kind: WorldKind, shop: &Shop, seed: u64, weeks: usize) -> Self {
        // In the endogenous world the luck of an item lasts, so that a shop can answer to it.
        let lasts: f64 = if kind == WorldKind::Endogenous { 0.8 } else { 0.0 };
        let common = |group: usize| -> Vec<f64> {
            let mut dice = Dice::new(seed, "weather", group as u64);
            let phase = uniform(&mut dice);
            let of_week = |week: usize| {
                let season = libm::sin(core::f64::consts::TAU * (week as f64 / 52.18 + phase));
                0.2 * season + 0.05 * normal(&mut dice)
            };
            (0..weeks).map(of_week).collect()
        };
        let groups: Vec<Vec<f64>> = (0..shop.groups.len()).map(common).collect();
        let of_item = |(number, article): (usize, &Article)| {
            let mut dice = Dice::new(seed, "luck", number as u64);
            let mut luck = normal(&mut dice);
            let common = groups.get(article.group).map_or(&[][..], Vec::as_slice);
            let of_week = |common: &f64| {
                luck = lasts * luck + libm::sqrt(1.0 - lasts * lasts) * normal(&mut dice);
                (libm::exp(*common) * factor(NOISE, luck), NOISE * luck)
            };
            common.iter().map(of_week).collect()
        };
        Self { weeks: shop.articles.iter().enumerate().map(of_item).collect() }
    }

    pub fn at(&self, item: usize, week: usize) -> (f64, f64) {
        self.weeks.get(item).and_then(|weeks| weeks.get(week)).copied().unwrap_or((1.0, 0.0))
    }
}

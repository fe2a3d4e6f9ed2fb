//! The shop that a rulebook seems to be written for: its markets, rivals and words, and the articles it sells.

use super::dice::{Dice, ONE, scaled};
use crate::batch::BatchError;
use crate::facts::{Attr, Names, Schema, builtin};
use crate::money::{Currency, Ratio};
use crate::pricing::Release;

/// A market with what its rows need.
#[derive(Clone, Debug)]
pub struct Market {
    pub name: String,
    pub currency: Currency,
    /// VAT classes with their rates.
    pub vat: Vec<(String, Ratio)>,
    /// The members of its sets of rivals; invented ones if it has none.
    pub rivals: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Shop<'a> {
    pub release: &'a Release,
    pub seed: u64,
    pub at: i64,
    pub markets: Vec<Market>,
    /// The currency that suppliers are paid in: that of the rulebook's first market.
    pub home: Currency,
    /// SKUs that rules mention: the first articles.
    skus: Vec<String>,
}

/// What is true of an article in every market; a function of the seed and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Article {
    pub number: u64,
    /// In 10⁻⁶ of the home currency.
    pub cost: i64,
    /// 10⁻⁹ units per day: Zipf over the catalog, few sell most.
    pub velocity: i64,
    /// The true elasticity, 10⁻⁹: −6.5 to −1.3.
    pub elasticity: i64,
    /// Of the net price, in tenths of a percent.
    pub margin: i64,
}

/// Units of a currency for one euro, in thousandths, roughly as of 2026: prices should look like prices.
const PER_EURO: &[(&str, i64)] = &[
    ("EUR", 1_000),
    ("USD", 1_150),
    ("GBP", 870),
    ("CHF", 930),
    ("PLN", 4_250),
    ("CZK", 24_300),
    ("SEK", 11_000),
    ("NOK", 11_700),
    ("DKK", 7_460),
    ("HUF", 385_000),
    ("RON", 5_090),
    ("BGN", 1_956),
    ("TRY", 48_500),
    ("KZT", 600_000),
    ("UZS", 13_900_000),
    ("RUB", 93_000),
    ("UAH", 48_500),
    ("GEL", 3_120),
    ("JPY", 176_000),
    ("CNY", 8_200),
    ("KRW", 1_650_000),
    ("INR", 102_000),
    ("IDR", 19_100_000),
    ("VND", 30_300_000),
    ("KWD", 352),
    ("AED", 4_220),
    ("BRL", 6_200),
    ("MXN", 21_400),
    ("CAD", 1_610),
    ("AUD", 1_770),
];

pub fn per_euro(currency: Currency) -> i64 {
    let code = currency.code();
    PER_EURO.iter().find(|(known, _)| *known == code).map_or(1_000, |(_, rate)| *rate)
}

/// Products of what is known to be small enough, but must not overflow for any input.
pub fn mul_div(value: i64, by: i64, over: i64) -> i64 {
    let exact = i128::from(value) * i128::from(by) / i128::from(over.max(1));
    i64::try_from(exact).unwrap_or(i64::MAX)
}

impl<'a> Shop<'a> {
    /// # Errors
    /// A market that the rulebook does not have.
    pub fn new(release: &'a Release, seed: u64, at: i64, market: Option<&str>) -> Result<Self, BatchError> {
        let names = Names::new(&release.rivals);
        let mut markets: Vec<Market> = Vec::new();
        for place in release.places.iter().filter(|place| market.is_none_or(|name| *place.market == *name)) {
            let members = place.sets.iter().flat_map(|set| &set.members);
            let rivals: Vec<String> = members.map(|rival| names.name(*rival).to_owned()).collect();
            match markets.iter_mut().find(|known| *known.name == *place.market) {
                Some(known) => known.rivals.extend(rivals),
                None => markets.push(Market {
                    name: place.market.to_string(),
                    currency: place.currency,
                    vat: place.vat.iter().map(|vat| (vat.class.to_string(), vat.rate)).collect(),
                    rivals,
                }),
            }
        }
        for market in &mut markets {
            market.rivals.sort();
            market.rivals.dedup();
            if market.rivals.is_empty() {
                market.rivals = (1..=4).map(|rival| format!("rival-{rival}")).collect();
            }
        }
        let Some(home) = release.places.first().filter(|_| !markets.is_empty()) else {
            let why = format!("the rulebook has no market `{}`", market.unwrap_or("*"));
            return Err(BatchError::NoPlace(why));
        };
        let skus = release.schema.attr(builtin::SKU).symbols.texts().map(str::to_owned).collect();
        Ok(Self { release, seed, at, markets, home: home.currency, skus })
    }

    pub fn schema(&self) -> &'a Schema {
        &self.release.schema
    }

    pub fn dice(&self, purpose: &str, row: u64) -> Dice {
        Dice::new(self.seed, purpose, row)
    }

    /// The article and market of a row of items: every article in every market, one after the other.
    pub fn of_row(&self, row: u64) -> (u64, Option<&Market>) {
        let count = self.markets.len().max(1) as u64;
        let market = usize::try_from(row % count).ok().and_then(|at| self.markets.get(at));
        (row / count, market)
    }

    pub fn sku(&self, article: u64) -> String {
        let mentioned = usize::try_from(article).ok().and_then(|at| self.skus.get(at));
        mentioned.cloned().unwrap_or_else(|| format!("G{article:08}"))
    }

    pub fn article(&self, number: u64) -> Article {
        let mut dice = self.dice("article", number);
        // Log-normal, half of it below 18 EUR, a tenth above 75 EUR.
        let euros = scaled(18_000_000, dice.normal() * 8 / 5).clamp(250_000, 3_000_000_000);
        let cost = mul_div(euros, per_euro(self.home), 1_000);
        let minor = self.home.micros_per_minor();
        // 0.02 units a day, divided by a uniform share: rank times sales is constant.
        let share = i64::try_from(dice.below(1 << 20)).unwrap_or(0) + 1;
        Article {
            number,
            cost: (cost / minor).max(1) * minor,
            velocity: mul_div(20_000_000, 1 << 20, share).min(400_000_000_000),
            elasticity: -dice.between(1_300, 6_500) * 1_000_000,
            margin: dice.between(60, 420),
        }
    }

    /// An amount of the home currency in a market's, at the rate that `fx` gives without its noise.
    pub fn convert(&self, micros: i64, to: Currency) -> i64 {
        mul_div(micros, per_euro(to), per_euro(self.home))
    }

    /// The class of the article and its share of VAT in a market.
    pub fn vat<'m>(&self, article: u64, market: &'m Market) -> Option<&'m (String, Ratio)> {
        self.dice("vat", article).pick_skewed(&market.vat)
    }

    /// What the article usually costs in a market: cost-plus with a margin of its own and an odd ending.
    pub fn shelf_price(&self, article: &Article, market: &Market) -> i64 {
        let net = mul_div(self.convert(article.cost, market.currency), 1_000, 1_000 - article.margin);
        let rate = self.vat(article.number, market).map_or(0, |(_, rate)| rate.nanos());
        let gross = mul_div(net, Ratio::SCALE + rate, Ratio::SCALE);
        let mut dice = self.dice(&market.name, article.number);
        let gross = scaled(gross, dice.normal() / 30);
        odd(gross, market.currency, &mut dice)
    }
}

/// The nearest price of the kind that shops write on shelves; never zero.
pub fn odd(micros: i64, currency: Currency, dice: &mut Dice) -> i64 {
    const WHOLE: i64 = 1_000_000;
    let (major, minor) = (micros / WHOLE, currency.micros_per_minor());
    let price = match (per_euro(currency), minor) {
        (20_000.., _) if 1_000 <= major => (major / 100 * 100 + 90) * WHOLE,
        (20_000.., _) | (_, WHOLE) => (major / 10 * 10 + dice.pick(&[0, 5, 9]).unwrap_or(&9)) * WHOLE,
        _ => {
            let any = dice.between(1, 99);
            let cents = dice.pick(&[99, 99, 99, 99, 49, 49, 95, 0]).copied().unwrap_or(any);
            let cents = if dice.per_mille(150) { any } else { cents };
            major * WHOLE + cents * WHOLE / 100
        }
    };
    price.max(minor)
}

/// The texts of an attribute: those the schema allows, else those that the rules mention and some of nobody's.
pub fn words(attr: &Attr) -> Vec<String> {
    if let Some(values) = &attr.values {
        return values.iter().map(ToString::to_string).collect();
    }
    let mut words: Vec<String> = attr.symbols.texts().map(str::to_owned).collect();
    let branch = if attr.kind == crate::facts::Kind::Tree { "/" } else { "-" };
    if branch == "/" {
        let below: Vec<String> =
            words.iter().flat_map(|path| [1, 2, 3].map(|at| format!("{path}/more-{at}"))).collect();
        words.extend(below);
    }
    words.extend((1..=24).map(|at| format!("{}{branch}{at}", attr.name)));
    words
}

/// About how much a draw of one standard deviation of `share` (in 1/1,000 of a doubling) moves a value.
pub fn noisy(value: i64, share: i64, dice: &mut Dice) -> i64 {
    scaled(value, (dice.normal() * share / 1_000).clamp(-8 * ONE, 8 * ONE))
}

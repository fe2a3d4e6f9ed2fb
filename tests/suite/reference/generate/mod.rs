//! Random but valid rulebooks and cases at the edges on purpose.
//!
//! Valid by construction: in each layer every overlapping pair of rules is ordered by nested scopes or by
//! `over`; guards that exclude each other do so only through facts, never for every item of a scope.

mod adjust;
mod ahead;
mod book;
mod cases;
mod dice;
mod guards;
mod past;
mod rules;

use super::{CaseInput, Files};
pub use dice::Dice;

/// A market with its currency.
#[derive(Clone, Debug)]
pub struct Place {
    pub market: &'static str,
    pub currency: &'static str,
    pub zone: &'static str,
    pub digits: u32,
    /// units of the currency for one euro, in 10^-9
    pub per_euro: i128,
}

const PLACES: [Place; 5] = [
    Place { market: "DE", currency: "EUR", zone: "Europe/Berlin", digits: 2, per_euro: 1_000_000_000 },
    Place { market: "KZ", currency: "KZT", zone: "Asia/Almaty", digits: 2, per_euro: 598_200_000_000 },
    Place { market: "US", currency: "USD", zone: "America/New_York", digits: 2, per_euro: 1_100_000_000 },
    Place { market: "JP", currency: "JPY", zone: "Asia/Tokyo", digits: 0, per_euro: 162_500_000_000 },
    Place { market: "KW", currency: "KWD", zone: "Asia/Kuwait", digits: 3, per_euro: 333_000_000 },
];

impl Place {
    /// One minor unit in millionths.
    pub fn minor(&self) -> i128 {
        10i128.pow(6 - self.digits)
    }

    /// So many euro cents in this currency, in millionths and whole minor units, at least one.
    pub fn amount(&self, euro_cents: i64) -> i128 {
        let micros = i128::from(euro_cents) * 10_000 * self.per_euro / 1_000_000_000;
        (micros / self.minor()).max(1) * self.minor()
    }
}

/// What rulebooks and cases make use of.
#[derive(Clone, Copy, Debug)]
pub struct Switches {
    pub optimise: bool,
    pub markdown: bool,
    pub fade: bool,
    pub relative: bool,
    pub history: bool,
}

pub const ALL: Switches =
    Switches { optimise: true, markdown: true, fade: true, relative: true, history: true };

/// What the cases need to know of the rulebook.
pub struct World {
    pub places: [Place; 2],
    pub seed: u64,
    /// columns the schema calls optional in this rulebook
    pub optional: Vec<&'static str>,
    pub cases: usize,
    pub on: Switches,
}

impl World {
    /// An amount in both currencies: `"20 EUR | 9000 KZT"`.
    pub fn both(&self, euro_cents: i64) -> String {
        let one = |place: &Place| dice::money(place.amount(euro_cents), place.currency);
        format!("{} | {}", one(&self.places[0]), one(&self.places[1]))
    }

    /// A range of amounts in both currencies: `"1 .. 100 EUR | 162 .. 16250 JPY"`.
    pub fn span(&self, low: i64, high: i64) -> String {
        let one = |p: &Place| {
            format!("{} .. {}", dice::decimal(p.amount(low), 6), dice::money(p.amount(high), p.currency))
        };
        format!("{} | {}", one(&self.places[0]), one(&self.places[1]))
    }

    /// The article number of a case.
    pub fn sku(&self, case: usize) -> String {
        format!("S{}-{case:03}", self.seed)
    }
}

pub const CATEGORIES: [&str; 10] = [
    "tech",
    "tech/phones",
    "tech/phones/android",
    "tech/audio",
    "tech/audio/headphones",
    "food",
    "food/staples",
    "food/staples/oil",
    "food/fresh",
    "toys",
];
pub const BRANDS: [&str; 4] = ["Bose", "Sennheiser", "Haus", "Noname"];
pub const TAGS: [&str; 12] = [
    "kvi",
    "new",
    "fresh",
    "szpt",
    "own-brand",
    "eol",
    "steady",
    "flat",
    "tuned",
    "ends",
    "rising",
    "paired",
];

/// The rulebook and cases of a seed; the same on every machine.
pub fn generate(seed: u64) -> (Files, Vec<CaseInput>) {
    generate_with(seed, ALL)
}

pub fn generate_with(seed: u64, on: Switches) -> (Files, Vec<CaseInput>) {
    let mut dice = Dice::new(seed);
    let first = dice.below(PLACES.len());
    let second = (first + 1 + dice.below(PLACES.len() - 1)) % PLACES.len();
    let mut world = World {
        places: [PLACES[first].clone(), PLACES[second].clone()],
        seed,
        optional: Vec::new(),
        cases: 40,
        on,
    };
    let mut files = Files::default();
    book::write(&mut dice, &mut world, &mut files);
    rules::write(&mut dice, &world, &mut files);
    let cases = (0..world.cases).map(|number| cases::case(&mut dice, &world, number)).collect();
    (files, cases)
}

//! Texts that repeat in the output, as numbers: those that a rulebook can give once for a run, others as they are met.

use super::answered::Cells;
use crate::facts::{Map, PriceKind};
use crate::pricing::{HeldReason, RefusalCode, World};
use arrow_array::StringArray;
use std::hash::Hash;
use xxhash_rust::xxh3::xxh3_64;

/// The number of no text at all.
pub(super) const MISSING: i32 = -1;

/// Texts and what the digest makes of each.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    texts: StringArray,
    hashes: Vec<u64>,
}

/// The texts that the answers of a job can hold.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub markets: Dictionary,
    pub channels: Dictionary,
    pub currencies: Dictionary,
    pub releases: Dictionary,
    pub statuses: Dictionary,
    /// Held reasons, then refusal codes.
    pub reasons: Dictionary,
    pub because: Dictionary,
    pub kinds: Dictionary,
    pub rules: Dictionary,
    /// The names of the rules, as the tally counts them.
    pub rule_names: Vec<Box<str>>,
    pub reason_names: Vec<&'static str>,
    pub places: Vec<PlaceWords>,
}

/// The numbers of what a place gives.
#[derive(Clone, Debug)]
pub(super) struct PlaceWords {
    pub market: i32,
    pub channel: i32,
    pub currency: i32,
    /// For each rule of the place.
    pub rules: Vec<i32>,
    /// What the digest makes of market, channel and currency.
    pub hash: u64,
}

pub(super) const PRICED: i32 = 0;
pub(super) const HELD: i32 = 1;
pub(super) const REFUSED: i32 = 2;

const HELD_REASONS: [HeldReason; 4] =
    [HeldReason::CostImplausible, HeldReason::RateImplausible, HeldReason::NoRule, HeldReason::NoStrategy];
const REFUSALS: [RefusalCode; 11] = [
    RefusalCode::VatClass,
    RefusalCode::ExchangeRateMissing,
    RefusalCode::ExchangeRateStale,
    RefusalCode::FactMissing,
    RefusalCode::GuardsContradict,
    RefusalCode::Infeasible,
    RefusalCode::FeedStale,
    RefusalCode::CostImplausible,
    RefusalCode::RateImplausible,
    RefusalCode::NoPrice,
    RefusalCode::AmountOverflow,
];

pub(super) fn held(reason: HeldReason) -> i32 {
    reason as i32
}

pub(super) fn refused(code: RefusalCode) -> i32 {
    HELD_REASONS.len() as i32 + code as i32
}

impl Words {
    pub fn new(release: &str, worlds: &[World<'_>]) -> Self {
        let (mut markets, mut channels) = (Growing::default(), Growing::default());
        let (mut currencies, mut rules) = (Growing::default(), Growing::default());
        let places = worlds.iter().map(|world| {
            let place = world.place;
            let currency = place.currency.code();
            let name = [&*place.market, &*place.channel, &currency].join("\u{1f}");
            PlaceWords {
                market: markets.of(&place.market),
                channel: channels.of(&place.channel),
                currency: currencies.of(&currency),
                rules: place.rules.iter().map(|rule| rules.of(&rule.info.id)).collect(),
                hash: xxh3_64(name.as_bytes()),
            }
        });
        let places = places.collect();
        let held = HELD_REASONS.iter().map(|reason| reason.as_str());
        let reason_names: Vec<&'static str> = held.chain(REFUSALS.iter().map(|code| code.as_str())).collect();
        Self {
            places,
            markets: markets.finish(),
            channels: channels.finish(),
            currencies: currencies.finish(),
            releases: Dictionary::new([release]),
            statuses: Dictionary::new(["priced", "held", "refused"]),
            reasons: Dictionary::new(reason_names.iter().copied()),
            because: Dictionary::new(["only candidate", "later layer", "over", "narrower"]),
            kinds: Dictionary::new(PriceKind::ALL.map(PriceKind::as_str)),
            rule_names: rules.texts.clone(),
            rules: rules.finish(),
            reason_names,
        }
    }
}

impl Dictionary {
    fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        let hashes = texts.iter().map(|text| xxh3_64(text.as_bytes())).collect();
        Self { texts: StringArray::from(texts), hashes }
    }

    /// What the digest makes of a text; 0 for none.
    pub fn hash(&self, key: i32) -> u64 {
        usize::try_from(key).ok().and_then(|at| self.hashes.get(at)).copied().unwrap_or(0)
    }

    /// The column of these numbers.
    pub fn column(&self, keys: Vec<i32>) -> Cells {
        Cells::Words { keys, texts: self.texts.clone() }
    }
}

/// Texts numbered as they are met, each known by a key that is quicker to compare.
#[derive(Clone, Debug)]
pub(super) struct Growing<K = Box<str>> {
    known: Map<K, i32>,
    texts: Vec<Box<str>>,
    hashes: Vec<u64>,
}

impl<K> Default for Growing<K> {
    fn default() -> Self {
        Self { known: Map::default(), texts: Vec::new(), hashes: Vec::new() }
    }
}

impl Growing {
    pub fn of(&mut self, text: &str) -> i32 {
        match self.known.get(text) {
            Some(key) => *key,
            None => self.add(text.into(), text.to_owned()),
        }
    }
}

impl<K: Eq + Hash> Growing<K> {
    pub fn get(&self, key: &K) -> Option<i32> {
        self.known.get(key).copied()
    }

    pub fn add(&mut self, key: K, text: String) -> i32 {
        let number = i32::try_from(self.texts.len()).unwrap_or(i32::MAX);
        self.hashes.push(xxh3_64(text.as_bytes()));
        self.texts.push(text.into());
        self.known.insert(key, number);
        number
    }

    pub fn hash(&self, key: i32) -> u64 {
        usize::try_from(key).ok().and_then(|at| self.hashes.get(at)).copied().unwrap_or(0)
    }

    /// Keys and numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&K, i32)> {
        self.known.iter().map(|(key, number)| (key, *number))
    }

    fn finish(self) -> Dictionary {
        Dictionary::new(self.texts.iter().map(AsRef::as_ref))
    }

    pub fn column(&self, keys: Vec<i32>) -> Cells {
        let texts = self.texts.iter().map(|text| Some(&**text)).collect::<StringArray>();
        Cells::Words { keys, texts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_the_numbers_of_their_names() {
        let words = Words::new("r", &[]);
        for reason in HELD_REASONS {
            assert_eq!(words.reason_names[held(reason) as usize], reason.as_str());
        }
        for code in REFUSALS {
            assert_eq!(words.reason_names[refused(code) as usize], code.as_str());
        }
    }

    #[test]
    fn because_and_kinds_have_the_numbers_of_their_names() {
        use crate::pricing::Because::{LaterLayer, Narrower, OnlyCandidate, Over};
        let words = Words::new("r", &[]);
        for because in [OnlyCandidate, LaterLayer, Over, Narrower] {
            assert_eq!(words.because.hash(because as i32), xxh3_64(because.as_str().as_bytes()));
        }
        for kind in PriceKind::ALL {
            assert_eq!(words.kinds.hash(kind as i32), xxh3_64(kind.as_str().as_bytes()));
        }
    }
}

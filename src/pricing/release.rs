//! A checked rulebook, immutable and named by its content.

use super::{Place, Scope};
use crate::facts::{Schema, Symbols};
use crate::money::Currency;
use std::collections::HashMap;

/// Everything a price depends on besides facts and time.
#[derive(Clone, Debug)]
pub struct Release {
    /// SHA-256 of the rules, tables, fitted models and engine edition, in hexadecimal.
    pub hash: Box<str>,
    pub name: Box<str>,
    pub edition: Box<str>,
    pub schema: Schema,
    /// The later layer wins.
    pub layers: Box<[Box<str>]>,
    /// Every rival that a rule or set mentions; their symbols are the first rival ids.
    pub rivals: Symbols,
    /// Every market in which every channel sells, in the order of the rulebook.
    pub places: Box<[Place]>,
    pub segments: Box<[Segment]>,
    pub items_feed: Feed,
    /// The exchange-rate file that the markets name, relative to the rulebook.
    pub rates_file: Option<Box<str>>,
    /// SHA-256 of the fitted elasticities that belong to it, in hexadecimal.
    pub elasticities: Option<Box<str>>,
    /// How many guards the rulebook has: it may not fall without a lock.
    pub guard_count: usize,
}

/// A named group of customers.
#[derive(Clone, Debug)]
pub struct Segment {
    pub name: Box<str>,
    /// One scope for each market of the release: money cells are in its currency.
    pub scopes: Box<[(Box<str>, Scope)]>,
}

/// How a feed's columns are named.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// Attribute name to column header.
    pub columns: HashMap<Box<str>, Box<str>>,
    /// What a bare number is an amount of.
    pub currency: Option<Currency>,
    /// The feed's file relative to the rulebook, if `[feed.X] file` names one.
    pub file: Option<Box<str>>,
}

impl Release {
    /// The first digits of the hash: what people say and answers show.
    #[must_use]
    pub fn id(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }

    #[must_use]
    pub fn place(&self, market: &str, channel: &str) -> Option<&Place> {
        self.places.iter().find(|place| &*place.market == market && &*place.channel == channel)
    }
}

impl Feed {
    /// The attribute a header stands for: its mapped name, else (unless another header is mapped to that name) itself.
    #[must_use]
    pub fn name_of(&self, header: &str) -> Option<String> {
        let mapped = self.columns.iter().find(|(_, column)| &***column == header);
        match mapped {
            Some((name, _)) => Some(name.to_string()),
            None if self.columns.contains_key(header) => None,
            None => Some(header.to_owned()),
        }
    }
}

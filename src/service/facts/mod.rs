//! `FactService`: facts that change while quotes run.
//!
//! [`Uploads`] keeps every uploaded row as it came and decides which one is in force; `read` turns rows into facts,
//! against the vocabulary of the release in force, and again when another release comes.

mod read;
mod serve;
mod show;
mod unread;
mod uploads;

pub use serve::FactService;
pub(super) use serve::is_id;
pub use show::Shown;
pub use unread::Unread;
pub use uploads::{Outcome, Uploads};

use super::convert::Invalid;
use super::proto;
use prost::Message as _;

/// How many rows one message may hold.
pub const ROWS_MAX: usize = 1_000;
/// As in feeds.
const TEXT_BYTES_MAX: usize = 4_096;

/// What a row is about: the newest row of a key counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    kind: Kind,
    /// The SKU, or a rate's base.
    name: Box<str>,
    /// Or a rate's quote.
    market: Box<str>,
    /// A channel, a rival, or a rate's instant.
    detail: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Item,
    Offer,
    Stock,
    Rate,
}

/// One row of an upload.
#[derive(Clone, Debug)]
pub enum Change {
    Item(proto::ItemUpsert),
    Offer(proto::OfferUpsert),
    Stock(proto::StockUpdate),
    Rate(proto::ExchangeRate),
}

/// The place of a row in its source's order, and when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub sequence: i64,
    pub known_at: Option<i64>,
    pub valid_from: Option<i64>,
}

impl Change {
    fn key(&self) -> Key {
        let key = |kind, name: &str, market: &str, detail: &str| Key {
            kind,
            name: name.into(),
            market: market.into(),
            detail: detail.into(),
        };
        match self {
            Self::Item(row) => key(Kind::Item, self.name(), &row.market, &row.channel),
            Self::Offer(row) => {
                let rival = row.offer.as_ref().map_or("", |offer| &offer.rival);
                key(Kind::Offer, &row.sku, &row.market, rival)
            }
            Self::Stock(row) => key(Kind::Stock, &row.sku, &row.market, &row.channel),
            Self::Rate(row) => {
                let as_of = row.as_of.map_or(0, |as_of| as_of.seconds);
                key(Kind::Rate, &row.base, &row.quote, &as_of.to_string())
            }
        }
    }

    /// The SKU; empty for a rate.
    fn name(&self) -> &str {
        match self {
            Self::Item(row) => row.item_facts.as_ref().map_or("", |facts| &facts.sku),
            Self::Offer(row) => &row.sku,
            Self::Stock(row) => &row.sku,
            Self::Rate(_) => "",
        }
    }

    /// As it is kept.
    fn encode(&self) -> Box<[u8]> {
        match self {
            Self::Item(row) => row.encode_to_vec(),
            Self::Offer(row) => row.encode_to_vec(),
            Self::Stock(row) => row.encode_to_vec(),
            Self::Rate(row) => row.encode_to_vec(),
        }
        .into()
    }

    /// What [`Self::encode`] kept.
    fn decode(kind: Kind, bytes: &[u8]) -> Option<Self> {
        match kind {
            Kind::Item => proto::ItemUpsert::decode(bytes).map(Self::Item),
            Kind::Offer => proto::OfferUpsert::decode(bytes).map(Self::Offer),
            Kind::Stock => proto::StockUpdate::decode(bytes).map(Self::Stock),
            Kind::Rate => proto::ExchangeRate::decode(bytes).map(Self::Rate),
        }
        .ok()
    }

    fn stamp(&self, bad: &mut Vec<Invalid>) -> Option<Stamp> {
        let stamp = match self {
            Self::Item(row) => row.stamp.as_ref(),
            Self::Offer(row) => row.stamp.as_ref(),
            Self::Stock(row) => row.stamp.as_ref(),
            Self::Rate(row) => row.stamp.as_ref(),
        };
        let Some(stamp) = stamp else {
            bad.push(Invalid::new("stamp", "is missing: a row has at least a `sequence`"));
            return None;
        };
        if stamp.sequence < 1 {
            bad.push(Invalid::new("stamp.sequence", format!("is {}, below 1", stamp.sequence)));
        }
        let mut instant = |field: &str, at: &Option<prost_types::Timestamp>| {
            let at = at.as_ref().map(super::convert::read_instant)?;
            at.map_err(|why| bad.push(Invalid::new(format!("stamp.{field}"), why))).ok()
        };
        let known_at = instant("known_at", &stamp.known_at);
        let valid_from = instant("valid_from", &stamp.valid_from);
        if valid_from.is_some() && matches!(self, Self::Rate(_)) {
            bad.push(Invalid::new("stamp.valid_from", "is not for rates, which hold from their `as_of`"));
        }
        Some(Stamp { sequence: stamp.sequence, known_at, valid_from })
    }
}

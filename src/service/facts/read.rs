//! Rows of uploads as facts.

use super::{Change, Stamp, TEXT_BYTES_MAX};
use crate::facts::{FactSet, ItemRow, Names, Offer, RateRow, StockRow};
use crate::money::{Currency, Ratio};
use crate::pricing::Release;
use crate::service::convert::{self, Invalid};
use crate::service::proto;

/// A row as it changes a [`FactSet`].
#[derive(Clone, Debug)]
pub enum Fact {
    Item(ItemRow),
    NoItem { sku: Box<str>, market: Box<str>, channel: Box<str> },
    Offer { sku: Box<str>, market: Box<str>, offer: Offer },
    NoOffer { sku: Box<str>, market: Box<str>, rival: Box<str> },
    Stock { sku: Box<str>, row: StockRow },
    NoStock { sku: Box<str>, market: Box<str>, channel: Box<str> },
    Rate(RateRow),
}

/// Reads a row against a release; the names of new rivals are added to `names`.
///
/// # Errors
/// Every violation at once.
pub fn read(change: &Change, release: &Release, names: &mut Names) -> Result<(Stamp, Fact), Vec<Invalid>> {
    let mut bad = Vec::new();
    let stamp = change.stamp(&mut bad);
    let fact = match change {
        Change::Item(row) => read_item(row, stamp, release, &mut bad),
        Change::Offer(row) => read_offer(row, release, names, &mut bad),
        Change::Stock(row) => read_stock(row, stamp, release, &mut bad),
        Change::Rate(row) => read_rate(row, &mut bad),
    };
    match (stamp, fact) {
        (Some(stamp), Some(fact)) if bad.is_empty() => Ok((stamp, fact)),
        _ => Err(bad),
    }
}

impl Fact {
    pub fn put(self, facts: &mut FactSet) {
        match self {
            Self::Item(row) => facts.items.put(&row),
            Self::NoItem { sku, market, channel } => facts.items.remove(&sku, &market, &channel),
            // The market was looked at when the row was read.
            Self::Offer { sku, market, offer } => drop(facts.offers.put(&sku, &market, offer)),
            Self::NoOffer { sku, market, rival } => {
                if let Some(rival) = facts.offers.names.find(&rival) {
                    facts.offers.remove(&sku, &market, rival);
                }
            }
            Self::Stock { sku, row } => facts.stock.put(&sku, row),
            Self::NoStock { sku, market, channel } => facts.stock.remove(&sku, &market, &channel),
            Self::Rate(row) => facts.rates.insert(row),
        }
    }
}

fn text(field: &str, text: &str, bad: &mut Vec<Invalid>) {
    if text.is_empty() {
        bad.push(Invalid::new(field, "is missing"));
    } else if TEXT_BYTES_MAX < text.len() {
        bad.push(Invalid::new(field, format!("is longer than {TEXT_BYTES_MAX} bytes")));
    } else if let Some(why) = crate::facts::unseen_in_name(text) {
        bad.push(Invalid::new(field, why));
    }
}

/// A market and a channel of the rulebook that belong together, each or both empty for all.
fn place(market: &str, channel: &str, release: &Release, bad: &mut Vec<Invalid>) {
    let places = || release.places.iter();
    let before = bad.len();
    if !market.is_empty() && !places().any(|place| *place.market == *market) {
        bad.push(Invalid::new("market", format!("is {market:?}, which is not a market of the rulebook")));
    }
    if !channel.is_empty() && !places().any(|place| *place.channel == *channel) {
        bad.push(Invalid::new("channel", format!("is {channel:?}, which is not a channel of the rulebook")));
    }
    let both = !market.is_empty() && !channel.is_empty() && bad.len() == before;
    if both && release.place(market, channel).is_none() {
        bad.push(Invalid::new(
            "channel",
            format!("is {channel:?}, which does not sell in market {market:?}"),
        ));
    }
}

fn read_item(
    row: &proto::ItemUpsert,
    stamp: Option<Stamp>,
    release: &Release,
    bad: &mut Vec<Invalid>,
) -> Option<Fact> {
    let Some(facts) = &row.item_facts else {
        bad.push(Invalid::new("item_facts", "is missing"));
        return None;
    };
    place(&row.market, &row.channel, release, bad);
    let (market, channel) = (row.market.as_str().into(), row.channel.as_str().into());
    if row.remove {
        text("item_facts.sku", &facts.sku, bad);
        return Some(Fact::NoItem { sku: facts.sku.as_str().into(), market, channel });
    }
    if !facts.offers.is_empty() {
        bad.push(Invalid::new("item_facts.offers", "are uploaded with UpsertOffers"));
    }
    let item = convert::read_facts(facts, release, bad)?;
    Some(Fact::Item(ItemRow { item, market, channel, known_at: stamp?.known_at }))
}

fn read_offer(
    row: &proto::OfferUpsert,
    release: &Release,
    names: &mut Names,
    bad: &mut Vec<Invalid>,
) -> Option<Fact> {
    text("sku", &row.sku, bad);
    place(&row.market, "", release, bad);
    let Some(offer) = &row.offer else {
        bad.push(Invalid::new("offer", "is missing"));
        return None;
    };
    let (sku, market) = (row.sku.as_str().into(), row.market.as_str().into());
    if row.remove {
        text("offer.rival", &offer.rival, bad);
        return Some(Fact::NoOffer { sku, market, rival: offer.rival.as_str().into() });
    }
    let offer = convert::read_offer(offer, "offer", names, bad)?;
    Some(Fact::Offer { sku, market, offer })
}

fn read_stock(
    row: &proto::StockUpdate,
    stamp: Option<Stamp>,
    release: &Release,
    bad: &mut Vec<Invalid>,
) -> Option<Fact> {
    text("sku", &row.sku, bad);
    place(&row.market, &row.channel, release, bad);
    let (sku, market, channel) =
        (row.sku.as_str().into(), row.market.as_str().into(), row.channel.as_str().into());
    if row.remove {
        return Some(Fact::NoStock { sku, market, channel });
    }
    let mut count = |field: &str, text: &Option<String>| match text.as_deref().map(Ratio::parse)? {
        Ok(count) if Ratio::ZERO <= count => Some(count.nanos()),
        Ok(count) => {
            bad.push(Invalid::new(field, format!("is {count}, below zero")));
            None
        }
        Err(error) => {
            bad.push(Invalid::new(field, format!("is {error}")));
            None
        }
    };
    let units = count("stock_units", &row.stock_units);
    let per_day = count("units_per_day", &row.units_per_day);
    if row.stock_units.is_none() && row.units_per_day.is_none() {
        bad.push(Invalid::new("stock_units", "is missing, and so is `units_per_day`"));
    }
    Some(Fact::Stock { sku, row: StockRow { market, channel, units, per_day, known_at: stamp?.known_at } })
}

fn read_rate(row: &proto::ExchangeRate, bad: &mut Vec<Invalid>) -> Option<Fact> {
    let mut currency = |field: &str, code: &str| {
        Currency::from_code(code).or_else(|| {
            bad.push(Invalid::new(
                field,
                format!("is {code:?}, which is not an ISO 4217 code such as `EUR`"),
            ));
            None
        })
    };
    let (base, quote) = (currency("base", &row.base), currency("quote", &row.quote));
    if base.is_some() && base == quote {
        bad.push(Invalid::new("quote", "is the same currency as `base`"));
    }
    let rate = match Ratio::parse(&row.rate) {
        Ok(rate) if Ratio::ZERO < rate => Some(rate),
        Ok(_) => {
            bad.push(Invalid::new("rate", "must be above zero"));
            None
        }
        Err(error) => {
            bad.push(Invalid::new("rate", format!("is {error}")));
            None
        }
    };
    let as_of = match row.as_of.as_ref().map(convert::read_instant) {
        Some(Ok(as_of)) => Some(as_of),
        Some(Err(why)) => {
            bad.push(Invalid::new("as_of", why));
            None
        }
        None => {
            bad.push(Invalid::new("as_of", "is missing"));
            None
        }
    };
    Some(Fact::Rate(RateRow { base: base?, quote: quote?, rate: rate?, as_of: as_of? }))
}

//! Facts by SKU: what a run or a server knows at one moment.

use super::Map;
use super::item::{BadField, FieldCode};
use super::{Estimates, History, ItemRow, Names, Offer, Rates};
use crate::money::Currency;

/// Items, offers and rates that belong together, what prices were, and how demand answers to them.
#[derive(Clone, Debug, Default)]
pub struct FactSet {
    pub items: ItemBook,
    pub offers: OfferBook,
    pub rates: Rates,
    pub history: History,
    /// Fitted demand; without an estimate the item's own columns count.
    pub estimates: Estimates,
}

/// Items by SKU; a SKU may have rows for single markets or channels.
#[derive(Clone, Debug, Default)]
pub struct ItemBook {
    rows: Map<Box<str>, Vec<ItemRow>>,
    count: usize,
}

/// Offers by SKU and market.
#[derive(Clone, Debug, Default)]
pub struct OfferBook {
    markets: Vec<(Box<str>, Currency)>,
    offers: Map<Box<str>, Vec<(u16, Vec<Offer>)>>,
    newest: Vec<Option<i64>>,
    pub names: Names,
}

impl ItemBook {
    /// Adds or replaces the row of the same SKU, market and channel.
    pub fn put(&mut self, row: ItemRow) {
        let rows = self.rows.entry(row.item.sku.as_str().into()).or_default();
        match rows.iter_mut().find(|known| known.market == row.market && known.channel == row.channel) {
            Some(known) => *known = row,
            None => {
                rows.push(row);
                self.count += 1;
            }
        }
    }

    /// The row for a place: that of the market and channel, else of the market, of the channel, of everywhere.
    #[must_use]
    pub fn get(&self, sku: &str, market: &str, channel: &str) -> Option<&ItemRow> {
        let rows = self.rows.get(sku)?;
        let find = |market: &str, channel: &str| {
            rows.iter().find(|row| *row.market == *market && *row.channel == *channel)
        };
        find(market, channel)
            .or_else(|| find(market, ""))
            .or_else(|| find("", channel))
            .or_else(|| find("", ""))
    }

    #[must_use]
    pub fn has(&self, sku: &str) -> bool {
        self.rows.contains_key(sku)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All rows, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &ItemRow> {
        self.rows.values().flatten()
    }
}

impl OfferBook {
    /// For these markets, with their currencies.
    #[must_use]
    pub fn new(markets: Vec<(Box<str>, Currency)>, names: Names) -> Self {
        let newest = vec![None; markets.len()];
        Self { markets, offers: Map::default(), newest, names }
    }

    /// Adds an offer; an empty market is every market with the offer's currency. Of two offers of one rival in one
    /// market the newer `seen_at` counts, of two equal ones the later.
    ///
    /// # Errors
    /// A market that the rulebook does not have.
    pub fn add(&mut self, sku: &str, market: &str, offer: Offer) -> Result<(), BadField> {
        let known = self.markets.iter().any(|(name, _)| **name == *market);
        if !market.is_empty() && !known {
            return Err(BadField::new(
                "market",
                FieldCode::UnknownPlace,
                market,
                "is not a market of the rulebook",
            ));
        }
        let chosen = self.markets.iter().zip(0_u16..).filter(|((name, currency), _)| match market {
            "" => *currency == offer.price.currency,
            _ => **name == *market,
        });
        for (_, at) in chosen {
            let lists = match self.offers.get_mut(sku) {
                Some(lists) => lists,
                None => self.offers.entry(sku.into()).or_default(),
            };
            let index = lists.iter().position(|(place, _)| *place == at).unwrap_or_else(|| {
                lists.push((at, Vec::new()));
                lists.len() - 1
            });
            if let Some((_, list)) = lists.get_mut(index) {
                keep_newest(list, offer);
            }
            if let Some(newest) = self.newest.get_mut(usize::from(at)) {
                *newest = (*newest).max(offer.seen_at);
            }
        }
        Ok(())
    }

    /// The offers for an item in a market.
    #[must_use]
    pub fn get(&self, sku: &str, market: &str) -> &[Offer] {
        let at = self.markets.iter().position(|(name, _)| **name == *market);
        let lists = self.offers.get(sku).map_or(&[][..], Vec::as_slice);
        lists
            .iter()
            .find(|(place, _)| Some(usize::from(*place)) == at)
            .map_or(&[], |(_, list)| list.as_slice())
    }

    /// When the feed was last known to be alive in a market: the newest `seen_at` not after `at`.
    #[must_use]
    pub fn known_at(&self, market: &str, at: i64) -> Option<i64> {
        let place = self.markets.iter().position(|(name, _)| **name == *market)?;
        match self.newest.get(place).copied().flatten() {
            Some(newest) if newest <= at => Some(newest),
            None => None,
            Some(_) => {
                let lists =
                    self.offers.values().flatten().filter(|(market, _)| usize::from(*market) == place);
                lists
                    .flat_map(|(_, list)| list)
                    .filter_map(|offer| offer.seen_at)
                    .filter(|seen| *seen <= at)
                    .max()
            }
        }
    }
}

/// Adds `offer`, or lets it replace the same rival's older one.
pub fn keep_newest(list: &mut Vec<Offer>, offer: Offer) {
    match list.iter_mut().find(|known| known.rival == offer.rival) {
        Some(known) if known.seen_at <= offer.seen_at => *known = offer,
        Some(_) => {}
        None => list.push(offer),
    }
}

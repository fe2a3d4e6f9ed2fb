//! Facts by SKU: what a run or a server knows at one moment.

use super::item::{BadField, FieldCode};
use super::packed::{Head, Rows};
use super::seen::Seen;
use super::trie::{Keyed as _, Trie};
use super::{
    Estimates, History, Item, ItemRow, KeptRow, KeptRows, Names, Offer, Rates, RivalId, Shelf, StockBook,
};
use crate::money::Currency;
use std::sync::Arc;

/// Items, offers, stock and rates that belong together, what prices were, and how demand answers to them. Copies share what
/// they have in common: a server changes its own while quotes hold theirs.
#[derive(Clone, Debug, Default)]
pub struct FactSet {
    pub items: ItemBook,
    pub offers: OfferBook,
    pub stock: StockBook,
    pub rates: Rates,
    pub history: Arc<History>,
    /// Fitted demand; without an estimate the item's own columns count.
    pub estimates: Arc<Estimates>,
}

/// Items by SKU; a SKU may have rows for single markets or channels.
#[derive(Clone, Debug, Default)]
pub struct ItemBook {
    rows: Trie<Rows>,
    count: usize,
}

/// Offers by SKU and market.
#[derive(Clone, Debug, Default)]
pub struct OfferBook {
    markets: Arc<[(Box<str>, Currency)]>,
    offers: Shelf<Vec<(u16, Vec<Offer>)>>,
    /// For each market.
    seen: Vec<Seen>,
    pub names: Names,
}

/// An item as a place sees it.
#[derive(Clone, Debug)]
pub struct ServedItem<'a> {
    pub row: KeptRow<'a>,
    /// The row's, with the stock that was reported.
    pub item: Item,
    /// When the older of the two was known, as far as they say.
    pub known_at: Option<i64>,
}

impl FactSet {
    /// The item that is priced in a place.
    #[must_use]
    pub fn item(&self, sku: &str, market: &str, channel: &str) -> Option<ServedItem<'_>> {
        let row = self.items.get(sku, market, channel)?;
        let (mut item, mut known_at) = (row.item(), row.known_at);
        if let Some(stock) = self.stock.get(sku, market, channel) {
            item.report_stock(stock);
            known_at = [known_at, stock.known_at].into_iter().flatten().min();
        }
        Some(ServedItem { row, item, known_at })
    }
}

/// The row for a place: that of the market and channel, else of the market, of the channel, of everywhere.
pub(super) fn for_place<T>(
    rows: impl Iterator<Item = T>,
    market: &str,
    channel: &str,
    place: impl Fn(&T) -> (&str, &str),
) -> Option<T> {
    let fits = |own: &str, asked: &str| own.is_empty() || own == asked;
    let here = rows.filter(|row| {
        let (own_market, own_channel) = place(row);
        fits(own_market, market) && fits(own_channel, channel)
    });
    here.max_by_key(|row| {
        let (market, channel) = place(row);
        (!market.is_empty(), !channel.is_empty())
    })
}

impl ItemBook {
    /// Adds or replaces the row of the same SKU, market and channel.
    pub fn put(&mut self, row: &ItemRow) {
        let ItemRow { item, market, channel, known_at } = row;
        let head = Head { market, channel, known_at: *known_at };
        let mut is_new = false;
        let rows = self.rows.entry(&item.sku, || {
            is_new = true;
            Rows::new(item, head)
        });
        if !is_new {
            is_new = !rows.iter().any(|known| (known.market, known.channel) == (market, channel));
            *rows = rows.with(item, head);
        }
        self.count += usize::from(is_new);
    }

    /// Adds a row unless there is one of the same SKU, market and channel: whether it did.
    pub fn add(&mut self, item: &Item, market: &str, channel: &str) -> bool {
        let head = Head { market, channel, known_at: None };
        let mut is_new = false;
        let rows = self.rows.entry(&item.sku, || {
            is_new = true;
            Rows::new(item, head)
        });
        if !is_new && !rows.iter().any(|known| (known.market, known.channel) == (market, channel)) {
            is_new = true;
            *rows = rows.with(item, head);
        }
        self.count += usize::from(is_new);
        is_new
    }

    /// Takes away the row of exactly this SKU, market and channel.
    pub fn remove(&mut self, sku: &str, market: &str, channel: &str) {
        let Some(rows) = self.rows.get(sku) else { return };
        if !rows.iter().any(|row| (row.market, row.channel) == (market, channel)) {
            return;
        }
        self.count -= 1;
        match rows.without(market, channel) {
            None => self.rows.remove(sku),
            Some(rest) => *self.rows.entry(sku, || rest.clone()) = rest.clone(),
        }
    }

    /// The row for a place: that of the market and channel, else of the market, of the channel, of everywhere.
    #[must_use]
    pub fn get(&self, sku: &str, market: &str, channel: &str) -> Option<KeptRow<'_>> {
        for_place(self.rows.get(sku)?.iter(), market, channel, |row| (row.market, row.channel))
    }

    #[must_use]
    pub fn has(&self, sku: &str) -> bool {
        self.rows.get(sku).is_some()
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
    pub fn iter(&self) -> impl Iterator<Item = KeptRow<'_>> {
        self.rows.iter().flat_map(Rows::iter)
    }

    /// All SKUs with their rows, in an order that is this set's own; or those after `sku` in it.
    pub fn by_sku(&self, after: Option<&str>) -> impl Iterator<Item = (&str, KeptRows<'_>)> {
        let rows = match after {
            None => self.rows.iter(),
            Some(sku) => self.rows.after(sku),
        };
        rows.map(|rows| (rows.key(), rows.iter()))
    }
}

impl OfferBook {
    /// For these markets, with their currencies.
    #[must_use]
    pub fn new(markets: Vec<(Box<str>, Currency)>, names: Names) -> Self {
        let seen = vec![Seen::default(); markets.len()];
        Self { markets: markets.into(), offers: Shelf::default(), seen, names }
    }

    /// Adds an offer; an empty market is every market with the offer's currency. Of two offers of one rival in one
    /// market the newer `seen_at` counts, of two equal ones the later.
    ///
    /// # Errors
    /// A market that the rulebook does not have.
    pub fn add(&mut self, sku: &str, market: &str, offer: Offer) -> Result<(), BadField> {
        self.place(sku, market, offer, keep_newest)
    }

    /// As [`Self::add`], whichever was seen later.
    ///
    /// # Errors
    /// A market that the rulebook does not have.
    pub fn put(&mut self, sku: &str, market: &str, offer: Offer) -> Result<(), BadField> {
        self.place(sku, market, offer, |list, offer| {
            list.retain(|known| known.rival != offer.rival);
            list.push(offer);
        })
    }

    /// Whether offers can be for this market; an empty one is every market.
    ///
    /// # Errors
    /// A market that the rulebook does not have.
    pub fn check_market(&self, market: &str) -> Result<(), BadField> {
        if market.is_empty() || self.markets.iter().any(|(name, _)| **name == *market) {
            return Ok(());
        }
        Err(BadField::new("market", FieldCode::UnknownPlace, market, "is not a market of the rulebook"))
    }

    fn place(
        &mut self,
        sku: &str,
        market: &str,
        offer: Offer,
        put: impl Fn(&mut Vec<Offer>, Offer),
    ) -> Result<(), BadField> {
        self.check_market(market)?;
        let markets = self.markets.clone();
        let chosen = markets.iter().zip(0_u16..).filter(|((name, currency), _)| match market {
            "" => *currency == offer.price.currency,
            _ => **name == *market,
        });
        for (_, at) in chosen {
            self.change(sku, at, offer.rival, |list| put(list, offer));
        }
        Ok(())
    }

    /// Takes away a rival's offer; an empty market is every market.
    pub fn remove(&mut self, sku: &str, market: &str, rival: RivalId) {
        if self.offers.get(sku).is_none() {
            return;
        }
        let markets = self.markets.clone();
        for ((name, _), at) in markets.iter().zip(0_u16..) {
            if market.is_empty() || **name == *market {
                self.change(sku, at, rival, |list| list.retain(|offer| offer.rival != rival));
            }
        }
        if self.offers.get(sku).is_some_and(Vec::is_empty) {
            self.offers.remove(sku);
        }
    }

    /// Changes what a rival asks for an item in a market, and keeps account of when offers were seen.
    fn change(&mut self, sku: &str, market: u16, rival: RivalId, change: impl FnOnce(&mut Vec<Offer>)) {
        let lists = self.offers.entry(sku);
        let index = lists.iter().position(|(place, _)| *place == market).unwrap_or_else(|| {
            lists.push((market, Vec::new()));
            lists.len() - 1
        });
        let Some((_, list)) = lists.get_mut(index) else { return };
        let seen_at =
            |list: &[Offer]| list.iter().find(|offer| offer.rival == rival).and_then(|offer| offer.seen_at);
        let before = seen_at(list);
        change(list);
        let after = seen_at(list);
        if list.is_empty() {
            lists.swap_remove(index);
        }
        if let Some(seen) = self.seen.get_mut(usize::from(market)).filter(|_| before != after) {
            after.into_iter().for_each(|at| seen.add(at));
            before.into_iter().for_each(|at| seen.remove(at));
        }
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

    /// How many items have offers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offers.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offers.is_empty()
    }

    /// When the feed was last known to be alive in a market: the newest `seen_at` not after `at`.
    #[must_use]
    pub fn known_at(&self, market: &str, at: i64) -> Option<i64> {
        let place = self.markets.iter().position(|(name, _)| **name == *market)?;
        self.seen.get(place)?.newest(at)
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

//! One generated case, read as the engine reads it and ready to be asked as often as a test likes.

use super::reference::CaseInput;
use pricer::facts::{
    AppliedText, History, Item, ItemReader, Names, OfferBook, OfferText, RateText, Rates, parse_instant,
    read_applied, read_offer, read_rate,
};
use pricer::money::{Currency, Money, Price};
use pricer::pricing::{Outcome, Place, Recorder, Release, Row, Step, Twins, World, price};

pub struct Question<'a> {
    pub release: &'a Release,
    pub place: &'a Place,
    pub item: Item,
    /// Other items of the facts that can be read.
    pub others: Vec<Item>,
    pub history: History,
    pub book: OfferBook,
    pub rates: Rates,
    pub at: i64,
}

impl<'a> Question<'a> {
    /// None for an item that cannot be read.
    pub fn new(release: &'a Release, case: &CaseInput) -> Option<Self> {
        let place = release.place(&case.market, &case.channel).unwrap();
        let item = read(release, case)?;
        let mut markets: Vec<(Box<str>, Currency)> = Vec::new();
        for place in &release.places {
            if !markets.iter().any(|(name, _)| *name == place.market) {
                markets.push((place.market.clone(), place.currency));
            }
        }
        let mut book = OfferBook::new(markets, Names::new(&release.rivals));
        let mut history = History::default();
        for case in case.others.iter().chain([case]) {
            let sku = case.sku();
            for offer in &case.offers {
                let text = OfferText {
                    rival: &offer.rival,
                    price: &offer.price,
                    shipping: &offer.shipping,
                    match_quality: &offer.match_,
                    in_stock: &offer.in_stock,
                    seen_at: &offer.seen_at,
                };
                let read = read_offer(text, None, &mut book.names)
                    .unwrap_or_else(|bad| panic!("{offer:?}: {bad:?}"));
                book.add(sku, &offer.market, read).unwrap();
            }
            for row in &case.history {
                let text = AppliedText {
                    price: &row.price,
                    kind: &row.kind,
                    from: &row.from,
                    to: &row.to,
                    announced: &row.announced,
                };
                // A row in quarantine is no row.
                if let Ok(applied) = read_applied(text, None) {
                    history.add(sku, &row.market, &row.channel, applied);
                }
            }
        }
        let others = case.others.iter().filter_map(|other| read(release, other)).collect();
        let rates = Rates::new(case.rates.iter().map(|rate| {
            let text =
                RateText { base: &rate.base, quote: &rate.quote, rate: &rate.rate, as_of: &rate.as_of };
            read_rate(text).unwrap()
        }));
        let at = parse_instant(&case.at).unwrap();
        Some(Self { release, place, item, others, history, book, rates, at })
    }

    pub fn world(&self, at: i64) -> World<'_> {
        let known_at = self.book.known_at(&self.place.market, at);
        World::new(self.release, self.place, &self.rates, at, known_at).with_history(&self.history)
    }

    /// The answer with its steps; listening to them changes nothing.
    pub fn ask(&self) -> (Outcome, Vec<Step>) {
        self.ask_in(&self.item, &self.world(self.at))
    }

    pub fn ask_in(&self, item: &Item, world: &World<'_>) -> (Outcome, Vec<Step>) {
        let row = Row { item, offers: self.book.get(&item.sku, &self.place.market) };
        let mut twins = Twins::default();
        let row_of = |sku: &str| {
            let item = self.others.iter().chain([item]).find(|item| &*item.sku == sku)?;
            Some(Row { item, offers: self.book.get(sku, &self.place.market) })
        };
        item.links().for_each(|sku| twins.resolve(sku, world, &row_of));
        let world = &world.clone().with_twins(&twins);
        let mut recorder = Recorder::default();
        let outcome = price(&row, world, &mut recorder);
        assert_eq!(outcome, price(&row, world, &mut ()), "explained and unexplained differ");
        (outcome, recorder.steps)
    }
}

/// The item, if it can be read.
fn read(release: &Release, case: &CaseInput) -> Option<Item> {
    let headers = case.item.keys().map(String::as_str);
    let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).ok()?;
    Some(reader.read(case.item.values().map(String::as_str)).ok()?.item)
}

/// The item as it is after this price was put on the shelf.
pub fn repriced(item: &Item, price: Price) -> Item {
    item.with_current_price(Money::new(price.amount(), price.currency()))
}

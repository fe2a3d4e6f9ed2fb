//! One generated case, read as the engine reads it and ready to be asked as often as a test likes.

use super::reference::CaseInput;
use pricer::facts::{
    History, Item, ItemReader, Names, OfferBook, OfferText, RateText, Rates, parse_instant, read_offer,
    read_rate,
};
use pricer::money::{Currency, Money, Price};
use pricer::pricing::{Outcome, Place, Recorder, Release, Row, Step, Twins, World, price};

pub struct Question<'a> {
    pub release: &'a Release,
    pub place: &'a Place,
    pub item: Item,
    pub book: OfferBook,
    pub rates: Rates,
    pub history: History,
    pub twins: Twins,
    pub at: i64,
}

impl<'a> Question<'a> {
    /// None for an item that cannot be read.
    pub fn new(release: &'a Release, case: &CaseInput) -> Option<Self> {
        let place = release.place(&case.market, &case.channel).unwrap();
        let headers = case.item.keys().map(String::as_str);
        let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).ok()?;
        let item = reader.read(case.item.values().map(String::as_str)).ok()?.item;
        let mut markets: Vec<(Box<str>, Currency)> = Vec::new();
        for place in &release.places {
            if !markets.iter().any(|(name, _)| *name == place.market) {
                markets.push((place.market.clone(), place.currency));
            }
        }
        let mut book = OfferBook::new(markets, Names::new(&release.rivals));
        for offer in &case.offers {
            let text = OfferText {
                rival: &offer.rival,
                price: &offer.price,
                shipping: &offer.shipping,
                match_quality: &offer.match_,
                in_stock: &offer.in_stock,
                seen_at: &offer.seen_at,
            };
            let read =
                read_offer(text, None, &mut book.names).unwrap_or_else(|bad| panic!("{offer:?}: {bad:?}"));
            book.add(&item.sku, &offer.market, read).unwrap();
        }
        let rates = Rates::new(case.rates.iter().map(|rate| {
            let text =
                RateText { base: &rate.base, quote: &rate.quote, rate: &rate.rate, as_of: &rate.as_of };
            read_rate(text).unwrap()
        }));
        let (history, twins) = (History::default(), Twins::default());
        let at = parse_instant(&case.at).unwrap();
        Some(Self { release, place, item, book, rates, history, twins, at })
    }

    pub fn world(&self, at: i64) -> World<'_> {
        let known_at = self.book.known_at(&self.place.market, at);
        World::new(self.release, self.place, &self.rates, at, known_at)
            .with_history(&self.history)
            .with_twins(&self.twins)
    }

    /// The answer with its steps; listening to them changes nothing.
    pub fn ask(&self) -> (Outcome, Vec<Step>) {
        self.ask_in(&self.item, &self.world(self.at))
    }

    pub fn ask_in(&self, item: &Item, world: &World<'_>) -> (Outcome, Vec<Step>) {
        let row = Row { item, offers: self.book.get(&item.sku, &self.place.market) };
        let mut recorder = Recorder::default();
        let outcome = price(&row, world, &mut recorder);
        assert_eq!(outcome, price(&row, world, &mut ()), "explained and unexplained differ");
        (outcome, recorder.steps)
    }
}

/// The item as it is after this price was put on the shelf.
pub fn repriced(item: &Item, price: Price) -> Item {
    item.with_current_price(Money::new(price.amount(), price.currency()))
}

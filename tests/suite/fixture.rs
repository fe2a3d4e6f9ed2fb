//! A rulebook from texts, an item from cells, a price: what a test needs to say.

use pricer::facts::{
    AppliedText, History, Item, ItemReader, Names, Offer, OfferText, RateText, Rates, keep_newest,
    parse_instant, read_applied, read_offer, read_rate,
};
use pricer::money::Amount;
use pricer::pricing::{Decision, Outcome, Place, Recorder, Refusal, Release, Row, Twins, World, price};
use pricer::rulebook::{Files, load};
use std::sync::Arc;

pub const NOON: &str = "2026-11-18T12:00:00Z";

/// One market `M` in euros with 19 % VAT and one channel `own` without costs.
pub const BOOK: &str = r#"
edition = "2026"
name = "fixture"
layers = ["base", "position", "override"]
[market.M]
currency = "EUR"
timezone = "UTC"
vat = { standard = "19%" }
[channel.own]
[competitors.shops]
members = ["alza", "otto", "kaufl"]
use = { age = "<= 48h" }
"#;

pub const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
category = { type = "tree", optional = true }
tags = { type = "set", values = ["kvi", "fresh", "sale"] }
cost = { type = "money", basis = "net", optional = true }
rrp = { type = "money", optional = true }
shelf_life = { type = "duration", optional = true }
stock_cover = { type = "duration", optional = true }
"#;

/// A loaded rulebook.
pub struct Shop {
    pub release: Arc<Release>,
}

/// One question.
#[derive(Clone)]
pub struct Case<'a> {
    pub market: &'a str,
    pub channel: &'a str,
    pub at: &'a str,
    pub item: Vec<(&'a str, String)>,
    /// `name price match age_in_hours`
    pub offers: Vec<(&'a str, &'a str, &'a str, i64)>,
    pub rates: Vec<RateText<'a>>,
    /// `price kind`, in force since and until so many days ago.
    pub history: Vec<(&'a str, &'a str, i64, Option<i64>)>,
    /// Twins and what they cost.
    pub twins: Vec<(&'a str, &'a str)>,
}

impl Shop {
    /// The fixture's market and schema with these rules.
    pub fn new(rules: &str) -> Self {
        Self::of(&[("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)])
    }

    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = Files(files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect());
        let loaded = load(files);
        let Some(release) = loaded.release.clone() else { panic!("{:#?}", loaded.diagnostics) };
        Self { release }
    }

    pub fn place(&self, case: &Case<'_>) -> &Place {
        self.release.place(case.market, case.channel).unwrap()
    }

    pub fn item(&self, case: &Case<'_>) -> Item {
        let headers = case.item.iter().map(|(name, _)| *name);
        let reader =
            ItemReader::new(&self.release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
        reader.read(case.item.iter().map(|(_, text)| text.as_str())).unwrap().item
    }

    /// Prices and records; the steps are checked to re-add to the price.
    pub fn ask(&self, case: &Case<'_>) -> (Outcome, Recorder) {
        let item = self.item(case);
        self.ask_item(case, &item)
    }

    pub fn ask_item(&self, case: &Case<'_>, item: &Item) -> (Outcome, Recorder) {
        let at = parse_instant(case.at).unwrap();
        let mut names = Names::new(&self.release.rivals);
        let mut offers: Vec<Offer> = Vec::new();
        for (rival, price, quality, hours) in &case.offers {
            let seen = pricer::facts::show_instant(at - hours * 3_600);
            let text = OfferText {
                rival,
                price,
                shipping: "0.00 EUR",
                match_quality: quality,
                in_stock: "yes",
                seen_at: &seen,
            };
            keep_newest(&mut offers, read_offer(text, None, &mut names).unwrap());
        }
        let rates = Rates::new(case.rates.iter().map(|rate| read_rate(*rate).unwrap()));
        let known_at = offers.iter().filter_map(|offer| offer.seen_at).filter(|seen| *seen <= at).max();
        let world = World::new(&self.release, self.place(case), &rates, at, known_at);
        let history = case.history(at);
        let mut twins = Twins::default();
        for (sku, price) in &case.twins {
            let minor = Amount::parse(price).unwrap().micros() / 10_000;
            let euro = pricer::money::Currency::from_code("EUR").unwrap();
            twins.put(sku, pricer::money::Price::from_minor(minor, euro));
        }
        let world = world.with_history(&history).with_twins(&twins);
        let row = Row { item, offers: &offers };
        let mut recorder = Recorder::default();
        let traced = price(&row, &world, &mut recorder);
        assert_eq!(traced, price(&row, &world, &mut ()), "explained and unexplained prices are the same");
        (traced, recorder)
    }

    pub fn decide(&self, case: &Case<'_>) -> Decision {
        match self.ask(case).0 {
            Outcome::Decided(decision) => decision,
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub fn refuse(&self, case: &Case<'_>) -> Refusal {
        match self.ask(case).0 {
            Outcome::Refused(refusal) => refusal,
            Outcome::Decided(decision) => panic!("{decision:?}"),
        }
    }

    /// The ids of the guards that were hit.
    pub fn hits(&self, case: &Case<'_>, decision: &Decision) -> Vec<String> {
        decision
            .hits
            .iter()
            .map(|hit| self.place(case).guards[usize::from(hit.guard)].id.to_string())
            .collect()
    }
}

impl<'a> Case<'a> {
    pub fn new(item: &[(&'a str, &str)]) -> Self {
        let mut item: Vec<(&str, String)> =
            item.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        if !item.iter().any(|(name, _)| *name == "sku") {
            item.push(("sku", "A".to_owned()));
        }
        Self {
            market: "M",
            channel: "own",
            at: NOON,
            item,
            offers: Vec::new(),
            rates: Vec::new(),
            history: Vec::new(),
            twins: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'a str, text: &str) -> Self {
        self.item.retain(|(known, _)| *known != name);
        self.item.push((name, text.to_owned()));
        self
    }

    /// A price that was in force since so many days ago, until so many days ago.
    pub fn was(mut self, price: &'a str, kind: &'a str, since: i64, until: Option<i64>) -> Self {
        self.history.push((price, kind, since, until));
        self
    }

    pub fn twin(mut self, sku: &'a str, price: &'a str) -> Self {
        self.twins.push((sku, price));
        self
    }

    fn history(&self, at: i64) -> History {
        let mut history = History::default();
        let sku = self.item.iter().find(|(name, _)| *name == "sku").unwrap();
        for (price, kind, since, until) in &self.history {
            let day = |days: i64| pricer::facts::show_instant(at - days * 86_400);
            let (kind, announced) = kind.strip_suffix(" announced").map_or((*kind, ""), |kind| (kind, "yes"));
            let (from, to) = (day(*since), until.map(day).unwrap_or_default());
            let text = AppliedText { price, kind, from: &from, to: &to, announced };
            history.add(&sku.1, "", "", read_applied(text, None).unwrap());
        }
        history
    }

    pub fn offer(mut self, rival: &'a str, price: &'a str, hours: i64) -> Self {
        self.offers.push((rival, price, "99%", hours));
        self
    }
}

pub fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

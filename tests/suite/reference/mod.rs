//! The slow reference pricer: what a rulebook means, computed with exact rationals and written from
//! `docs/reference/semantics.md` and `decisions.md` alone. It shares nothing with the engine but inputs and
//! outputs. It supports every strategy, the price history and fitted seasons, without fitted elasticities; it assumes that the
//! rulebook passes check. Demand forms and finite stock are floats where the decisions say so.

mod adjust;
mod book;
mod cell;
mod costs;
mod derive;
mod doc;
mod ending;
mod entry;
mod facts;
mod float;
mod fx;
mod guard;
mod history;
mod ladder;
mod markdown;
mod normal;
mod num;
mod offers;
mod optimise;
mod price;
mod propose;
mod range;
mod schema;
mod scope;
mod season;
mod settle;
mod strategy;
mod text;
mod twin;
mod winner;

pub mod generate;

use entry::{Entry, Source};
use std::collections::BTreeMap;
use toml::Table;

pub use generate::generate;
pub use price::{price_with_target, price_with_trail};

/// Rulebook path → text.
#[derive(Clone, Debug, Default)]
pub struct Files(pub BTreeMap<String, String>);

/// A rulebook as the reference reads it.
pub struct Rulebook {
    pub(crate) book: book::Book,
    pub(crate) schema: schema::Schema,
    /// market → currency
    pub(crate) currencies: scope::Markets,
    pub(crate) rules: Vec<Entry<strategy::Rule>>,
    pub(crate) guards: Vec<Entry<guard::Guard>>,
    pub(crate) seasons: Vec<Entry<adjust::Adjustment>>,
    pub(crate) stocks: Vec<Entry<adjust::Adjustment>>,
    pub(crate) rounds: Vec<Entry<settle::Round>>,
    /// of all adjustments together (decisions 6)
    pub(crate) limit: Option<(num::Q, num::Q)>,
}

/// One item in one market and channel at one moment; all values as CSV cells.
#[derive(Clone, Debug, Default)]
pub struct CaseInput {
    pub item: BTreeMap<String, String>,
    pub offers: Vec<OfferText>,
    pub rates: Vec<RateText>,
    /// of this item
    pub history: Vec<HistoryText>,
    /// other items of the same facts, that may be twins: `item`, `offers` and `history` of each
    pub others: Vec<CaseInput>,
    pub market: String,
    pub channel: String,
    pub at: String,
}

#[derive(Clone, Debug, Default)]
pub struct OfferText {
    pub market: String,
    pub rival: String,
    pub price: String,
    pub shipping: String,
    pub match_: String,
    pub in_stock: String,
    pub seen_at: String,
}

/// A row of the price history, without the SKU.
#[derive(Clone, Debug, Default)]
pub struct HistoryText {
    pub market: String,
    pub channel: String,
    pub price: String,
    pub kind: String,
    pub from: String,
    pub to: String,
    pub announced: String,
}

#[derive(Clone, Debug, Default)]
pub struct RateText {
    pub base: String,
    pub quote: String,
    pub rate: String,
    pub as_of: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Quarantined { reasons: Vec<String> },
    Refused { code: String, guards: Vec<String> },
    Held(Held),
    Priced(Priced),
}

/// The current price, kept because nothing better is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    pub reason: String,
    pub price: String,
    pub rule: Option<String>,
    pub hit: Vec<String>,
    pub flags: Vec<String>,
    pub kind: String,
    pub reference: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Priced {
    /// with the currency's digits
    pub price: String,
    pub currency: String,
    /// the rule as written; of a table row the table's rule
    pub rule: String,
    /// of the table rule, as Excel counts
    pub row: Option<u32>,
    pub because: String,
    pub fallback: bool,
    /// guards, sorted
    pub hit: Vec<String>,
    /// sorted
    pub flags: Vec<String>,
    /// for the history that is written from it: regular, promo or clearance
    pub kind: String,
    /// the lowest price of the days before, if one is to be announced
    pub reference: Option<String>,
    /// rivals that were looked at and not used, with the reason
    pub excluded: Vec<(String, String)>,
    /// the strategy's target and the one after all adjustments, 6 decimals
    pub target: String,
    pub adjusted: String,
    /// (net − landed) / net, 9 decimals half-even; none without a cost
    pub margin: Option<String>,
    /// unit contribution, 6 decimals half-even; none without a cost or a rate it needs
    pub contribution: Option<String>,
}

impl Rulebook {
    pub fn parse(files: &Files) -> Result<Rulebook, String> {
        let file = |path: &str| files.0.get(path).ok_or(format!("no file `{path}`"));
        let book = book::parse(file("rulebook.toml")?)?;
        let schema = schema::parse(file("schema.toml")?)?;
        let holidays = files
            .0
            .get("tables/holidays.csv")
            .map(|text| adjust::holidays(text))
            .transpose()?
            .unwrap_or_default();
        let source = Source { schema: &schema, files: &files.0 };
        let (mut rules, mut guards, mut seasons, mut stocks, mut rounds) =
            (vec![], vec![], vec![], vec![], vec![]);
        let mut limit = None;
        for (path, text) in
            files.0.iter().filter(|(path, _)| path.starts_with("rules/") && path.ends_with(".toml"))
        {
            let document: Table = text.parse().map_err(|e| format!("{path}: {e}"))?;
            rules.extend(source.entries(&document, "rule", &|t| strategy::rule(&source, &book.layers, t))?);
            guards.extend(source.entries(&document, "guard", &guard::parse)?);
            seasons.extend(source.entries(&document, "season", &|t| adjust::parse(&source, &holidays, t))?);
            stocks.extend(source.entries(&document, "stock", &|t| adjust::parse(&source, &holidays, t))?);
            rounds.extend(source.entries(&document, "round", &settle::parse)?);
            if let Some(words) = doc::text(&document, "limit")? {
                limit =
                    Some(text::closed(words, text::percent).ok_or(format!("{path}: `limit` is no range"))?);
            }
        }
        guards.sort_by(|a: &Entry<guard::Guard>, b| a.id.cmp(&b.id));
        let currencies =
            book.markets.iter().map(|(name, market)| (name.clone(), market.currency.clone())).collect();
        Ok(Rulebook { book, schema, currencies, rules, guards, seasons, stocks, rounds, limit })
    }
}

pub fn price(rulebook: &Rulebook, case: &CaseInput) -> Answer {
    price_with_trail(rulebook, case).0
}

//! Whole feeds in memory: what the service, the tests and the offers of a run need.

use super::fitted::load_estimates;
use super::load_items::load_items;
use super::reach::Reach;
use super::run::BLOCK_ROWS;
use super::source::{Block, Source};
use super::texts::Texts;
use super::{BatchError, EarlierFeed, FeedKind, Quarantined};
use crate::facts::{
    AppliedText, BadField, FactSet, FieldCode, History, Kind, Names, OfferBook, OfferText, RateText, Rates,
    read_applied, read_offer, read_rate, unseen_in_name,
};
use crate::money::Currency;
use crate::pricing::Release;
use std::path::Path;

/// The longest text of an offer or a rate.
const FIELD_BYTES_MAX: usize = 4_096;

const OFFER_COLUMNS: [&str; 9] =
    ["sku", "market", "rival", "price", "shipping", "currency", "match", "in_stock", "seen_at"];
const RATE_COLUMNS: [&str; 4] = ["base", "quote", "rate", "as_of"];
const HISTORY_COLUMNS: [&str; 9] =
    ["sku", "market", "channel", "price", "currency", "kind", "from", "to", "announced"];

/// Feed files; what is not given stays empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Feeds<'a> {
    pub items: Option<&'a Path>,
    pub offers: Option<&'a Path>,
    pub rates: Option<&'a Path>,
    pub history: Option<&'a Path>,
    /// The elasticities that were fitted: the file that the release is named by.
    pub fitted: Option<&'a Path>,
}

/// Loads all feeds, with the account of each.
///
/// # Errors
/// A file that cannot be read or lacks columns; bad rows are in the account.
pub fn load_facts(release: &Release, feeds: Feeds<'_>) -> Result<(FactSet, Vec<EarlierFeed>), BatchError> {
    let mut facts = FactSet { offers: empty_offers(release), ..FactSet::default() };
    let mut accounts = Vec::new();
    if let Some(path) = feeds.rates {
        let (rates, account) = load_rates(path)?;
        facts.rates = rates;
        accounts.push(account);
    }
    if let Some(path) = feeds.offers {
        let (offers, account) = load_offers(path, release)?;
        facts.offers = offers;
        accounts.push(account);
    }
    if let Some(path) = feeds.history {
        let (history, account) = load_history(path, release)?;
        facts.history = history.into();
        accounts.push(account);
    }
    if let Some(path) = feeds.fitted {
        facts.estimates = load_estimates(path, release)?.into();
    }
    if let Some(path) = feeds.items {
        let (items, account) = load_items(path, release)?;
        facts.items = items;
        accounts.push(account);
    }
    Ok((facts, accounts))
}

/// Loads offers: `sku, market, rival, price, shipping, match, in_stock, seen_at`; a bare price takes the row's
/// `currency`.
///
/// # Errors
/// A file that cannot be read or lacks columns.
pub fn load_offers(path: &Path, release: &Release) -> Result<(OfferBook, EarlierFeed), BatchError> {
    let source = Source::open(path, BLOCK_ROWS, |header| {
        let kind = match header {
            "sku" => Kind::Id,
            "market" | "rival" | "in_stock" | "currency" => Kind::Text,
            "price" | "shipping" => Kind::Money,
            "match" => Kind::Percent,
            "seen_at" => Kind::Instant,
            _ => return None,
        };
        Some((header.to_owned(), kind))
    })?;
    source.columns.need(path, &["sku", "rival", "price"])?;
    let columns = source.columns.clone();
    let mut book = empty_offers(release);
    let account = load(FeedKind::Offers, source, |texts, row| {
        let cell = |name: &str| texts.cell(columns.find(name), row);
        let sku = cell("sku");
        let mut bad: Vec<BadField> = texts.bad(row).cloned().collect();
        if sku.is_empty() {
            bad.push(BadField::new("sku", FieldCode::Missing, "", "is missing and not optional"));
        }
        let currency = row_currency(cell("currency"), &mut bad);
        let offer = OfferText {
            rival: cell("rival"),
            price: cell("price"),
            shipping: cell("shipping"),
            match_quality: cell("match"),
            in_stock: cell("in_stock"),
            seen_at: cell("seen_at"),
        };
        match read_offer(offer, currency, &mut book.names) {
            Err(others) => bad.extend(others),
            Ok(offer) if bad.is_empty() => bad.extend(book.add(sku, cell("market"), offer).err()),
            Ok(_) => {}
        }
        if bad.is_empty() { Ok(()) } else { Err((sku.into(), bad)) }
    })?;
    Ok((book, account))
}

/// Loads exchange rates: `base, quote, rate, as_of`.
///
/// # Errors
/// A file that cannot be read or lacks columns.
pub fn load_rates(path: &Path) -> Result<(Rates, EarlierFeed), BatchError> {
    let source = Source::open(path, BLOCK_ROWS, |header| {
        let kind = match header {
            "base" | "quote" => Kind::Text,
            "rate" => Kind::Number,
            "as_of" => Kind::Instant,
            _ => return None,
        };
        Some((header.to_owned(), kind))
    })?;
    source.columns.need(path, &RATE_COLUMNS)?;
    let columns = source.columns.clone();
    let mut rows = Vec::new();
    let account = load(FeedKind::Rates, source, |texts, row| {
        let cell = |name: &str| texts.cell(columns.find(name), row);
        let rate =
            RateText { base: cell("base"), quote: cell("quote"), rate: cell("rate"), as_of: cell("as_of") };
        let mut bad: Vec<BadField> = texts.bad(row).cloned().collect();
        match read_rate(rate) {
            Err(others) => bad.extend(others),
            Ok(read) if bad.is_empty() => rows.push(read),
            Ok(_) => {}
        }
        if bad.is_empty() { Ok(()) } else { Err(("".into(), bad)) }
    })?;
    Ok((Rates::new(rows), account))
}

/// Loads price history: `sku, market, channel, price, kind, from, to, announced`; a bare price takes the row's
/// `currency`.
///
/// # Errors
/// A file that cannot be read or lacks columns.
pub fn load_history(path: &Path, release: &Release) -> Result<(History, EarlierFeed), BatchError> {
    let source = Source::open(path, BLOCK_ROWS, |header| {
        let kind = match header {
            "sku" => Kind::Id,
            "market" | "channel" | "kind" | "announced" | "currency" => Kind::Text,
            "price" => Kind::Money,
            "from" | "to" => Kind::Instant,
            _ => return None,
        };
        Some((header.to_owned(), kind))
    })?;
    source.columns.need(path, &["sku", "price", "from"])?;
    let reach = Reach::new(release, None, None)?;
    let columns = source.columns.clone();
    let mut history = History::default();
    let account = load(FeedKind::History, source, |texts, row| {
        let cell = |name: &str| texts.cell(columns.find(name), row);
        let (sku, market, channel) = (cell("sku"), cell("market"), cell("channel"));
        let mut bad: Vec<BadField> = texts.bad(row).cloned().collect();
        if sku.is_empty() {
            bad.push(BadField::new("sku", FieldCode::Missing, "", "is missing and not optional"));
        }
        if reach.find(market, channel).is_none() {
            let value = format!("{market}/{channel}");
            bad.push(BadField::new("market", FieldCode::UnknownPlace, &value, "is no place of the rulebook"));
        }
        let currency = row_currency(cell("currency"), &mut bad);
        let text = AppliedText {
            price: cell("price"),
            kind: cell("kind"),
            from: cell("from"),
            to: cell("to"),
            announced: cell("announced"),
        };
        match read_applied(text, currency) {
            Err(others) => bad.extend(others),
            Ok(applied) if bad.is_empty() => history.add(sku, market, channel, applied),
            Ok(_) => {}
        }
        if bad.is_empty() { Ok(()) } else { Err((sku.into(), bad)) }
    })?;
    Ok((history, account))
}

/// The column `currency` of a row.
fn row_currency(code: &str, bad: &mut Vec<BadField>) -> Option<Currency> {
    if code.is_empty() {
        return None;
    }
    Currency::from_code(code).or_else(|| {
        bad.push(BadField::new("currency", FieldCode::Currency, code, "is not an ISO 4217 currency code"));
        None
    })
}

fn empty_offers(release: &Release) -> OfferBook {
    let mut markets: Vec<(Box<str>, Currency)> = Vec::new();
    for place in &release.places {
        if !markets.iter().any(|(name, _)| *name == place.market) {
            markets.push((place.market.clone(), place.currency));
        }
    }
    OfferBook::new(markets, Names::new(&release.rivals))
}

/// Feeds every row to `take`, which gives back the SKU and bad fields of a row it cannot use.
fn load(
    feed: FeedKind,
    mut source: Source,
    mut take: impl FnMut(&Texts, usize) -> Result<(), (Box<str>, Vec<BadField>)>,
) -> Result<EarlierFeed, BatchError> {
    let known: Vec<String> = match feed {
        FeedKind::Items => Vec::new(),
        FeedKind::Offers => OFFER_COLUMNS.map(str::to_owned).to_vec(),
        FeedKind::Rates => RATE_COLUMNS.map(str::to_owned).to_vec(),
        FeedKind::History => HISTORY_COLUMNS.map(str::to_owned).to_vec(),
    };
    let ignored = source.columns.ignored(&known);
    let mut account =
        EarlierFeed { feed, path: source.path.clone(), rows: 0, quarantined: Vec::new(), ignored };
    while let Some(Block { batch, lines, broken, .. }) = source.next()? {
        account.rows += (lines.len() + broken.len()) as u64;
        let first = account.quarantined.len();
        let texts = Texts::new(&source.path, &batch, &source.columns)?;
        for (row, line) in lines.iter().enumerate() {
            let long =
                source.columns.iter().zip(texts.row(row)).find(|(_, text)| FIELD_BYTES_MAX < text.len());
            let done = match long {
                Some((column, text)) => {
                    let why = format!("is {} bytes long, at most {FIELD_BYTES_MAX} are read", text.len());
                    let bad = BadField::new(&column.name, FieldCode::TooLong, text, &why);
                    Err((texts.cell(source.columns.find("sku"), row).into(), vec![bad]))
                }
                None => {
                    let sku = texts.cell(source.columns.find("sku"), row);
                    match unseen_in_name(sku) {
                        Some(why) => {
                            Err((sku.into(), vec![BadField::new("sku", FieldCode::Text, sku, &why)]))
                        }
                        None => take(&texts, row),
                    }
                }
            };
            if let Err((sku, bad)) = done {
                account.quarantined.push(Quarantined::new(feed, *line, &sku, bad, 0));
            }
        }
        let broken = broken.into_iter();
        account
            .quarantined
            .extend(broken.map(|row| Quarantined::new(feed, row.line, &row.sku, vec![row.bad], 0)));
        if let Some(new) = account.quarantined.get_mut(first..) {
            new.sort_by_key(|row| row.line);
        }
    }
    Ok(account)
}

//! `QuotePriceRequest` as the engine's own values.
//!
//! Inline facts become one row of the items feed, as texts, and are read by the reader of that feed: an inline item is
//! the same item as its row in a file.

use super::{Invalid, read_instant, read_money};
use crate::facts::{Item, ItemReader, Names, Offer, builtin, keep_newest};
use crate::money::{Amount, Money, Ratio};
use crate::pricing::Release;
use crate::service::proto::{self, quote_price_request};
use std::collections::BTreeMap;

/// Bounds the time of one quote; a real item has a few dozen rivals.
const OFFERS_MAX: usize = 1_000;
/// As in feeds.
const TEXT_BYTES_MAX: usize = 4_096;

/// What is asked, well-formed; whether the places and names in it exist is not decided here.
#[derive(Debug)]
pub struct Quote {
    pub item: Asked,
    pub market: String,
    pub channel: String,
    pub segment: Option<String>,
    /// Seconds since 1970; none: now.
    pub at: Option<i64>,
    pub release: Option<String>,
    pub detail: Detail,
    pub wants_token: bool,
}

#[derive(Debug)]
pub enum Asked {
    Known(String),
    Inline(Inline),
}

/// An item with its offers as the caller gave them.
#[derive(Debug)]
pub struct Inline {
    pub item: Item,
    /// The facts as they were given, for explanations.
    pub facts: BTreeMap<String, String>,
    pub offers: Vec<Offer>,
    pub names: Names,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    None,
    Steps,
    Text,
}

/// Reads a request against the vocabulary of a release.
///
/// # Errors
/// Every violation at once.
pub fn read_quote(request: proto::QuotePriceRequest, release: &Release) -> Result<Quote, Vec<Invalid>> {
    let mut bad = Vec::new();
    for (field, text) in [("market", &request.market), ("channel", &request.channel)] {
        if text.is_empty() {
            bad.push(Invalid::new(field, "is missing"));
        }
    }
    if request.quantity.is_some_and(|quantity| quantity != 1) {
        bad.push(Invalid::new("quantity", "is not 1: prices for several pieces are not supported"));
    }
    let at = request
        .at_time
        .as_ref()
        .and_then(|at| read_instant(at).map_err(|why| bad.push(Invalid::new("at_time", why))).ok());
    let detail = match proto::ExplanationDetail::try_from(request.explanation_detail) {
        Ok(proto::ExplanationDetail::Unspecified | proto::ExplanationDetail::None) => Detail::None,
        Ok(proto::ExplanationDetail::Steps) => Detail::Steps,
        Ok(proto::ExplanationDetail::Text) => Detail::Text,
        Err(_) => {
            let why = format!("is {}, which is not one of its values", request.explanation_detail);
            bad.push(Invalid::new("explanation_detail", why));
            Detail::None
        }
    };
    if request.want_quote_token {
        if request.at_time.is_some() {
            bad.push(Invalid::new("want_quote_token", "is for quotes of this moment, without `at_time`"));
        }
        if let Some(quote_price_request::Item::ItemFacts(_)) = &request.item {
            let why = "is for items of the served fact set, not for `item_facts`";
            bad.push(Invalid::new("want_quote_token", why));
        }
    }
    let item = match request.item {
        None => {
            bad.push(Invalid::new("item", "is missing: give `sku` of a known item, or `item_facts`"));
            None
        }
        Some(quote_price_request::Item::Sku(sku)) if sku.is_empty() => {
            bad.push(Invalid::new("sku", "is missing"));
            None
        }
        Some(quote_price_request::Item::Sku(sku)) => Some(Asked::Known(sku)),
        Some(quote_price_request::Item::ItemFacts(facts)) => {
            read_inline(&facts, release, &mut bad).map(Asked::Inline)
        }
    };
    match item {
        Some(item) if bad.is_empty() => Ok(Quote {
            item,
            market: request.market,
            channel: request.channel,
            segment: Some(request.customer_segment).filter(|segment| !segment.is_empty()),
            at,
            release: request.release,
            detail,
            wants_token: request.want_quote_token,
        }),
        _ => Err(bad),
    }
}

/// One fact as a cell of the items feed: its column, its text, and where the request gives it.
struct Cell {
    column: String,
    text: String,
    path: String,
}

/// An item of a request or upload, without its offers.
pub fn read_facts(facts: &proto::ItemFacts, release: &Release, bad: &mut Vec<Invalid>) -> Option<Item> {
    let cells = cells(facts, release, bad);
    read_item(cells, release, bad)
}

/// An item of a request with its offers.
pub fn read_inline(facts: &proto::ItemFacts, release: &Release, bad: &mut Vec<Invalid>) -> Option<Inline> {
    let cells = cells(facts, release, bad);
    let given = cells.iter();
    let texts = given.map(|cell| (cell.column.clone(), cell.text.clone())).collect();
    let item = read_item(cells, release, bad);
    let mut names = Names::new(&release.rivals);
    let mut offers = Vec::new();
    if OFFERS_MAX < facts.offers.len() {
        bad.push(Invalid::new(
            "item_facts.offers",
            format!("has {} offers, at most {OFFERS_MAX} are read", facts.offers.len()),
        ));
    }
    for (at, offer) in facts.offers.iter().take(OFFERS_MAX).enumerate() {
        if let Some(offer) = read_offer(offer, &format!("item_facts.offers[{at}]"), &mut names, bad) {
            keep_newest(&mut offers, offer);
        }
    }
    item.map(|item| Inline { item, facts: texts, offers, names })
}

/// All facts of the item as cells.
fn cells(facts: &proto::ItemFacts, release: &Release, bad: &mut Vec<Invalid>) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut field = |column: &str, text: String| {
        cells.push(Cell { column: column.to_owned(), text, path: format!("item_facts.{column}") });
    };
    field("sku", facts.sku.clone());
    let amounts = [("cost", &facts.cost), ("current_price", &facts.current_price), ("rrp", &facts.rrp)];
    for (column, money) in amounts {
        match money.as_ref().map(read_money) {
            Some(Ok(money)) => field(column, money.to_string()),
            Some(Err(why)) => bad.push(Invalid::new(format!("item_facts.{column}"), why)),
            None => {}
        }
    }
    let numbers = [
        ("stock_units", &facts.stock_units),
        ("units_per_day", &facts.units_per_day),
        ("elasticity", &facts.elasticity),
    ];
    for (column, text) in numbers {
        if let Some(text) = text {
            field(column, text.clone());
        }
    }
    for (name, text) in &facts.attributes {
        cells.push(Cell { column: name.clone(), text: text.clone(), path: attribute_path(name) });
    }
    let mut known: Vec<Cell> = Vec::new();
    for cell in cells {
        let twice = known.iter().find(|other| other.column == cell.column);
        if let Some(other) = twice {
            bad.push(Invalid::new(cell.path, format!("is also given by `{}`", other.path)));
        } else if let Some(why) = refused(&cell, release) {
            bad.push(Invalid::new(cell.path, why));
        } else {
            known.push(cell);
        }
    }
    known
}

fn attribute_path(name: &str) -> String {
    format!("item_facts.attributes[{name:?}]")
}

/// Why a cell's name cannot be a fact of an item.
fn refused(cell: &Cell, release: &Release) -> Option<String> {
    let schema = &release.schema;
    let name = cell.column.as_str();
    let from_instant = match name {
        "inbound_at" => schema.find("inbound"),
        "shelf_life_until" => schema.find("shelf_life"),
        "on_sale_since" => schema.find("on_sale_for"),
        _ => None,
    };
    let Some(id) = schema.find(name).or(from_instant) else {
        return Some("is not an attribute of the rulebook's schema".to_owned());
    };
    let attr = schema.attr(id);
    if [builtin::MARKET, builtin::CHANNEL, builtin::SEGMENT].contains(&id) {
        Some("is a field of the request, not a fact of the item".to_owned())
    } else if attr.customer {
        Some("is a fact of customers, not of items".to_owned())
    } else if attr.derive.is_some() {
        Some("is derived from other facts and cannot be given".to_owned())
    } else {
        None
    }
}

fn read_item(mut cells: Vec<Cell>, release: &Release, bad: &mut Vec<Invalid>) -> Option<Item> {
    let schema = &release.schema;
    let currency = release.items_feed.currency;
    let reader = |cells: &[Cell]| {
        let columns: Vec<&str> = cells.iter().map(|cell| cell.column.as_str()).collect();
        ItemReader::new(schema, columns, |column| Some(column.to_owned()), currency)
    };
    let reader = match reader(&cells) {
        Ok(reader) => reader,
        Err(absent) => {
            // As empty cells, so that they are reported together with what else is wrong. One that was given and
            // could not be read has been reported.
            let is_reported = |name: &str| bad.iter().any(|invalid| invalid.field == path_of(name));
            let absent: Vec<String> = absent.into_iter().filter(|name| !is_reported(name)).collect();
            cells.extend(absent.into_iter().map(|name| Cell {
                path: path_of(&name),
                column: name,
                text: String::new(),
            }));
            match reader(&cells) {
                Ok(reader) => reader,
                Err(_) => return None,
            }
        }
    };
    match reader.read(cells.iter().map(|cell| cell.text.as_str())) {
        Ok(row) => Some(row.item),
        Err(fields) => {
            bad.extend(fields.into_iter().map(|field| {
                let cell = cells.iter().find(|cell| *cell.column == *field.field);
                let path = cell.map_or_else(|| attribute_path(&field.field), |cell| cell.path.clone());
                Invalid::new(path, field.message)
            }));
            None
        }
    }
}

/// Where a request gives the attribute `name`.
fn path_of(name: &str) -> String {
    match name {
        "sku" | "cost" | "current_price" | "rrp" | "stock_units" | "units_per_day" | "elasticity" => {
            format!("item_facts.{name}")
        }
        _ => attribute_path(name),
    }
}

/// An offer of a request or upload, whose fields are reported below `path`.
pub fn read_offer(
    offer: &proto::Offer,
    path: &str,
    names: &mut Names,
    bad: &mut Vec<Invalid>,
) -> Option<Offer> {
    let before = bad.len();
    let mut wrong = |field: &str, why: String| bad.push(Invalid::new(format!("{path}.{field}"), why));
    if offer.rival.is_empty() {
        wrong("rival", "is missing".to_owned());
    } else if TEXT_BYTES_MAX < offer.rival.len() {
        wrong("rival", format!("is longer than {TEXT_BYTES_MAX} bytes"));
    }
    let price = match offer.price.as_ref().map(read_money) {
        Some(Ok(price)) if Amount::ZERO < price.amount => Some(price),
        Some(Ok(_)) => {
            wrong("price", "must be above zero".to_owned());
            None
        }
        Some(Err(why)) => {
            wrong("price", why);
            None
        }
        None => {
            wrong("price", "is missing".to_owned());
            None
        }
    };
    let shipping = match offer.shipping.as_ref().map(read_money) {
        Some(Ok(shipping)) => match shipping_of(shipping, price) {
            Ok(shipping) => Some(shipping),
            Err(why) => {
                wrong("shipping", why);
                None
            }
        },
        Some(Err(why)) => {
            wrong("shipping", why);
            None
        }
        None => None,
    };
    let match_quality = match offer.r#match.as_deref().map(Ratio::parse) {
        Some(Ok(share)) if (Ratio::ZERO..=Ratio::ONE).contains(&share) => Some(share),
        Some(Ok(share)) => {
            wrong("match", format!("is {share}, outside 0 to 1"));
            None
        }
        Some(Err(error)) => {
            wrong("match", format!("is {error}: write a share such as `0.97`"));
            None
        }
        None => None,
    };
    let seen_at = match offer.seen_at.as_ref().map(read_instant) {
        Some(Ok(seen_at)) => Some(seen_at),
        Some(Err(why)) => {
            wrong("seen_at", why);
            None
        }
        None => None,
    };
    price.filter(|_| bad.len() == before).map(|price| Offer {
        rival: names.id(&offer.rival),
        price,
        shipping,
        match_quality,
        in_stock: offer.in_stock,
        seen_at,
    })
}

fn shipping_of(shipping: Money, price: Option<Money>) -> Result<Amount, String> {
    match price {
        Some(price) if price.currency != shipping.currency => {
            Err(format!("is in {}, not in the price's currency {}", shipping.currency, price.currency))
        }
        _ if shipping.amount < Amount::ZERO => Err("is below zero".to_owned()),
        _ => Ok(shipping.amount),
    }
}

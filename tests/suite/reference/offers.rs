//! Rivals: which offers are valid, and which are excluded why (semantics 2, decisions 2.6 and 2.7).

use super::book::RivalSet;
use super::cell::Value;
use super::facts::Facts;
use super::num::{self, Q};
use super::text;
use super::{CaseInput, OfferText, Rulebook};
use std::collections::BTreeMap;

/// Prices of the valid rivals in rising order, and the excluded ones with the reason.
pub struct Survey {
    pub prices: Vec<Q>,
    pub excluded: Vec<(String, String)>,
}

/// Offers of this market: its own, and those of no market in its currency (semantics 8).
fn of_market<'a>(case: &'a CaseInput, currency: &str) -> Vec<&'a OfferText> {
    let here = |offer: &&OfferText| {
        offer.market == case.market
            || (offer.market.is_empty() && text::money(&offer.price).is_some_and(|(_, of)| of == currency))
    };
    case.offers.iter().filter(here).collect()
}

fn seen(offer: &OfferText) -> Option<jiff::Timestamp> {
    text::instant(&offer.seen_at)
}

/// Of several offers of one rival the newest: of equal ones the later row; without `seen_at` it is older than any.
fn newest_of_each<'a>(case: &'a CaseInput, currency: &str) -> BTreeMap<&'a str, &'a OfferText> {
    let mut newest: BTreeMap<&str, &OfferText> = BTreeMap::new();
    for offer in of_market(case, currency) {
        let newer = newest.get(offer.rival.as_str()).is_none_or(|other| seen(other) <= seen(offer));
        if newer {
            newest.insert(&offer.rival, offer);
        }
    }
    newest
}

/// `known_at` of the feed: the newest `seen_at` not after `at` among those offers, valid or not.
pub fn known_at(case: &CaseInput, currency: &str, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
    // one of each rival and item of the facts
    let twins = case.others.iter().map(|other| CaseInput { market: case.market.clone(), ..other.clone() });
    let items: Vec<CaseInput> = twins.chain([case.clone()]).collect();
    let newest = items.iter().flat_map(|item| newest_of_each(item, currency).into_values());
    newest.filter_map(seen).filter(|seen| *seen <= at).max()
}

pub fn survey(
    book: &Rulebook,
    case: &CaseInput,
    facts: &Facts,
    set: &RivalSet,
    at: jiff::Timestamp,
) -> Survey {
    let currency = &book.book.markets[&case.market].currency;
    let mut newest = newest_of_each(case, currency);
    newest.retain(|rival, _| set.members.iter().any(|member| member == rival));
    let mut survey = Survey { prices: Vec::new(), excluded: Vec::new() };
    for (rival, offer) in newest {
        match judge(book, facts, set, offer, currency, at) {
            Ok(price) => survey.prices.push(price),
            Err(reason) => survey.excluded.push((rival.to_string(), reason.to_string())),
        }
    }
    survey.prices.sort();
    survey
}

/// The price on the basis `use` asks for, or the first reason of decisions 2.6.
fn judge(
    book: &Rulebook,
    facts: &Facts,
    set: &RivalSet,
    offer: &OfferText,
    currency: &str,
    at: jiff::Timestamp,
) -> Result<Q, &'static str> {
    if set.own.contains(&offer.rival) {
        return Err("own");
    }
    let (mut price, of) = text::money(&offer.price).ok_or("currency")?;
    if of != currency {
        return Err("currency");
    }
    let seen = seen(offer);
    if seen.is_some_and(|seen| seen > at) {
        return Err("future");
    }
    if set.delivery_included {
        let (shipping, of) = text::money(&offer.shipping).ok_or("shipping")?;
        if of != currency {
            return Err("shipping");
        }
        price += shipping;
        if !num::fits(&price, num::AMOUNT_PLACES) {
            return Err("shipping");
        }
    }
    if let Some(base) = believed(book, facts) {
        let (low, high) = &book.book.plausible.rival;
        let share = &price / base;
        if share < *low || share > *high {
            return Err("implausible");
        }
    }
    let quantity = |value: Option<Q>| value.map(Value::Quantity);
    if let Some(cell) = &set.matched
        && !cell.holds(quantity(text::percent(&offer.match_)).as_ref(), currency)
    {
        return Err("match");
    }
    if let Some(cell) = &set.age
        && !cell.holds(quantity(seen.map(|seen| text::seconds_between(seen, at))).as_ref(), currency)
    {
        return Err("stale");
    }
    let stock = Some(Value::Text(offer.in_stock.clone())).filter(|_| !offer.in_stock.is_empty());
    if let Some(cell) = &set.in_stock
        && !cell.holds(stock.as_ref(), currency)
    {
        return Err("stock");
    }
    Ok(price)
}

/// What a rival's price is held against: the current price, else the RRP, else landed gross. A base of zero
/// allows no comparison and is passed over.
fn believed(book: &Rulebook, facts: &Facts) -> Option<Q> {
    let gross = num::one() + &facts.vat;
    let rrp = || {
        let net = book.schema.get("rrp").is_some_and(|attribute| attribute.net);
        facts.quantity("rrp").map(|rrp| if net { rrp * &gross } else { rrp })
    };
    let landed = || facts.cost.as_ref().map(|cost| &cost.landed * &gross);
    let positive = |base: &Q| *base > num::zero();
    facts.current().filter(positive).or_else(|| rrp().filter(positive)).or_else(|| landed().filter(positive))
}

/// The exact price at a rank; none if there are fewer valid rivals (decisions 5.2).
pub fn rank(prices: &[Q], rank: Rank) -> Option<Q> {
    let count = prices.len();
    match rank {
        Rank::Lowest => prices.first().cloned(),
        Rank::Second => prices.get(1).cloned(),
        Rank::Third => prices.get(2).cloned(),
        Rank::Highest => prices.last().cloned(),
        Rank::Mean if count > 0 => {
            Some(prices.iter().fold(num::zero(), |sum, p| sum + p) / num::q(count as i64))
        }
        Rank::Median if count > 0 => Some((&prices[(count - 1) / 2] + &prices[count / 2]) / num::q(2)),
        Rank::Mean | Rank::Median => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rank {
    Lowest,
    Second,
    Third,
    Median,
    Mean,
    Highest,
}

impl Rank {
    pub fn parse(word: &str) -> Result<Rank, String> {
        Ok(match word {
            "lowest" => Rank::Lowest,
            "second" => Rank::Second,
            "third" => Rank::Third,
            "median" => Rank::Median,
            "mean" => Rank::Mean,
            "highest" => Rank::Highest,
            _ => return Err(format!("no rank `{word}`")),
        })
    }
}

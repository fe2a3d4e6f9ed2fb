//! Guards as written, and the bounds each gives for one item (semantics 6, decisions 7.5 and 7.6).

use super::cell::{Cell, Kind, Value};
use super::costs;
use super::doc;
use super::num::{self, AMOUNT_PLACES, Q};
use super::price::{Ask, Refusal, amount};
use super::text::{self, Monies};
use std::collections::BTreeMap;
use toml::Table;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Legal,
    Safety,
    Contract,
    Commercial,
    Comfort,
}

pub const CLASSES: [Class; 5] =
    [Class::Legal, Class::Safety, Class::Contract, Class::Commercial, Class::Comfort];

#[derive(Clone, Debug)]
pub struct Guard {
    pub class: Class,
    pub kinds: Vec<Bounding>,
    /// smallest move worth a new label (decisions 7.7)
    pub min_change: Option<Q>,
    /// announces the lowest price of so many days
    pub announce: Option<i64>,
    /// acts only on prices whose strategy read this feed
    pub when: Option<(String, Option<Cell>)>,
    pub yields_if_impossible: bool,
}

#[derive(Clone, Debug)]
pub enum Bounding {
    MinMargin(Q),
    MinContribution(Monies),
    MinFullContribution(Monies),
    MaxMarkup { landed: bool, by: Q },
    MaxPrice(Level),
    MinPrice(Level),
    Absolute(BTreeMap<String, (Q, Q)>),
    MaxChange { down: Q, up: Q, per: Option<Q> },
    Cooldown(Q),
    KeepPrice,
}

/// Money, or a share of a money attribute.
#[derive(Clone, Debug)]
pub enum Level {
    Money(Monies),
    Share(Q, String),
}

/// One floor or ceiling of one guard; `edge` is none if no price satisfies it.
#[derive(Clone, Debug)]
pub struct Bound {
    pub guard: String,
    pub class: Class,
    pub floor: bool,
    pub edge: Option<Q>,
    pub yields_if_impossible: bool,
}

pub fn parse(table: &Table) -> Result<Guard, String> {
    let class = match doc::needed(table, "class")? {
        "legal" => Class::Legal,
        "safety" => Class::Safety,
        "contract" => Class::Contract,
        "commercial" => Class::Commercial,
        "comfort" => Class::Comfort,
        other => return Err(format!("no class `{other}`")),
    };
    let mut kinds = Vec::new();
    kinds.extend(doc::percent(table, "min_margin")?.map(Bounding::MinMargin));
    kinds.extend(doc::monies(table, "min_contribution")?.map(Bounding::MinContribution));
    kinds.extend(doc::monies(table, "min_full_contribution")?.map(Bounding::MinFullContribution));
    if let Some(inner) = doc::table(table, "max_markup")? {
        let landed = match doc::needed(inner, "of")? {
            "purchase cost" => false,
            "landed cost" => true,
            other => return Err(format!("max_markup: no cost `{other}`")),
        };
        kinds.push(Bounding::MaxMarkup {
            landed,
            by: doc::percent(inner, "by")?.ok_or("max_markup needs `by`")?,
        });
    }
    kinds.extend(doc::text(table, "max_price")?.map(level).transpose()?.map(Bounding::MaxPrice));
    kinds.extend(doc::text(table, "min_price")?.map(level).transpose()?.map(Bounding::MinPrice));
    if let Some(inner) = doc::table(table, "absolute")? {
        let mut ranges = BTreeMap::new();
        for currency in inner.keys() {
            let words = doc::needed(inner, currency)?;
            ranges.insert(
                currency.clone(),
                text::closed(words, text::amount).ok_or(format!("`{words}` is no range"))?,
            );
        }
        kinds.push(Bounding::Absolute(ranges));
    }
    match table.get("max_change") {
        None => {}
        Some(toml::Value::String(by)) => kinds.push(change(by, None)?),
        Some(toml::Value::Table(inner)) => {
            kinds.push(change(doc::needed(inner, "by")?, doc::duration(inner, "per")?)?);
        }
        Some(other) => return Err(format!("max_change: `{other}` cannot be read")),
    }
    if doc::text(table, "action")? == Some("keep price") {
        kinds.push(Bounding::KeepPrice);
    }
    kinds.extend(doc::duration(table, "cooldown")?.map(Bounding::Cooldown));
    let announce = match doc::table(table, "announce")? {
        None => None,
        Some(inner) => Some(doc::count(inner, "days")?.ok_or("announce needs `days`")? as i64),
    };
    let none = |path: &str| Err(format!("no list `{path}`"));
    let when = match doc::table(table, "when")? {
        None => None,
        Some(inner) => {
            let age = doc::text(inner, "age")?.map(|t| Cell::parse(Kind::Duration, t, &none)).transpose()?;
            Some((doc::needed(inner, "feed")?.to_string(), age))
        }
    };
    Ok(Guard {
        class,
        kinds,
        min_change: doc::percent(table, "min_change")?,
        announce,
        when,
        yields_if_impossible: class == Class::Safety && doc::text(table, "if_impossible")? == Some("yield"),
    })
}

/// `6%`, or `-10% .. +6%`.
fn change(words: &str, per: Option<Q>) -> Result<Bounding, String> {
    if let Some(by) = text::percent(words) {
        return Ok(Bounding::MaxChange { down: -by.clone(), up: by, per });
    }
    let (down, up) =
        text::closed(words, text::percent).ok_or(format!("max_change: `{words}` cannot be read"))?;
    Ok(Bounding::MaxChange { down, up, per })
}

/// `6000 EUR | 3000000 KZT`, or `105% of rrp`.
pub fn level(words: &str) -> Result<Level, String> {
    match words.split_once(" of ") {
        Some((share, attribute)) => {
            let share = text::percent(share).ok_or(format!("`{words}`: `{share}` is not a percent"))?;
            Ok(Level::Share(share, attribute.trim().into()))
        }
        None => Ok(Level::Money(Monies::parse(words)?)),
    }
}

impl Guard {
    /// A `when = {feed, age}` guard acts only on prices whose strategy read that feed; an unknown age is not a
    /// young one (decisions 2.7).
    pub fn acts(&self, ask: &Ask, feeds: &std::collections::BTreeSet<&str>) -> bool {
        let Some((feed, age)) = &self.when else {
            return true;
        };
        let known_at = match feed.as_str() {
            "competitors" => super::offers::known_at(ask.case, &ask.market.currency, ask.at),
            _ => ask.facts.cost.as_ref().and_then(|cost| cost.rate.as_ref()).map(|rate| rate.as_of),
        };
        let old = match (known_at, age) {
            (Some(known_at), Some(age)) => age
                .holds(Some(&Value::Quantity(text::seconds_between(known_at, ask.at))), &ask.market.currency),
            _ => true,
        };
        feeds.contains(feed.as_str()) && old
    }

    /// All bounds of this guard, floors first, or the refusal of a fact it needs.
    pub fn bounds(&self, id: &str, ask: &Ask) -> Result<Vec<Bound>, Refusal> {
        let mut bounds = Vec::new();
        for kind in &self.kinds {
            if ask.facts.suspicion.is_some() && kind.reads_cost() {
                continue; // a floor from a fact nobody believes is no safety (decisions 2.5)
            }
            let (floor, ceiling) = kind.edges(ask).map_err(|refusal| refusal.by(id))?;
            for (floor, edge) in [(true, floor), (false, ceiling)] {
                if let Some(edge) = edge {
                    let (guard, class) = (id.to_string(), self.class);
                    bounds.push(Bound {
                        guard,
                        class,
                        floor,
                        edge,
                        yields_if_impossible: self.yields_if_impossible,
                    });
                }
            }
        }
        bounds.sort_by_key(|bound| !bound.floor);
        Ok(bounds)
    }
}

/// Floor and ceiling: not given, or given but impossible, or an edge.
type Edges = (Option<Option<Q>>, Option<Option<Q>>);

impl Bounding {
    fn reads_cost(&self) -> bool {
        match self {
            Bounding::MinMargin(_)
            | Bounding::MinContribution(_)
            | Bounding::MinFullContribution(_)
            | Bounding::MaxMarkup { .. } => true,
            Bounding::MaxPrice(Level::Share(_, of)) | Bounding::MinPrice(Level::Share(_, of)) => of == "cost",
            _ => false,
        }
    }

    fn edges(&self, ask: &Ask) -> Result<Edges, Refusal> {
        let missing = || Refusal::of("FACT_MISSING");
        let gross = num::one() + &ask.facts.vat;
        let currency = &ask.market.currency;
        let floor = |edge: Option<Q>| -> Result<Edges, Refusal> {
            Ok((Some(edge.map(|edge| amount(num::up(&edge, AMOUNT_PLACES))).transpose()?), None))
        };
        let ceiling = |edge: Q| -> Result<Edges, Refusal> {
            Ok((None, Some(Some(amount(num::down(&edge, AMOUNT_PLACES))?))))
        };
        let cost = || ask.facts.cost.as_ref().ok_or_else(missing);
        match self {
            Bounding::MinMargin(margin) => floor(Some(&cost()?.landed * gross / (num::one() - margin))),
            Bounding::MinContribution(least) => {
                let least = least.of(currency).ok_or_else(missing)?;
                let unit = costs::unit(&ask.facts, ask.channel, ask.case, ask.market, ask.at)?;
                floor(costs::lowest(&unit, &least))
            }
            Bounding::MinFullContribution(least) => {
                let least = least.of(currency).ok_or_else(missing)?;
                let unit = costs::unit(&ask.facts, ask.channel, ask.case, ask.market, ask.at)?;
                let per_order = costs::per_order(ask.channel, ask.case, ask.market, ask.at)?;
                let basket = ask.channel.basket.as_ref().and_then(|basket| basket.of(currency));
                floor(costs::lowest_full(&unit, &per_order, basket, &least))
            }
            Bounding::MaxMarkup { landed, by } => {
                let cost = cost()?;
                let base = if *landed { &cost.landed } else { &cost.purchase };
                ceiling(base * (num::one() + by) * gross)
            }
            Bounding::MaxPrice(level) => ceiling(level.value(ask)?),
            Bounding::MinPrice(level) => floor(Some(level.value(ask)?)),
            Bounding::Absolute(ranges) => match ranges.get(currency) {
                Some((low, high)) => Ok((Some(Some(low.clone())), Some(Some(high.clone())))),
                None => Ok((None, None)),
            },
            Bounding::MaxChange { down, up, per } => match ask.facts.regular() {
                None => Ok((None, None)),
                Some(current) => max_change(ask, &current, down, up, per.as_ref()),
            },
            Bounding::Cooldown(time) => {
                let current = ask.facts.regular();
                let since = current.as_ref().and_then(|current| ask.history.since(current, ask.at));
                let cold = since.is_some_and(|since| text::seconds_between(since, ask.at) < *time);
                let edge = current.filter(|_| cold).map(Some);
                Ok((edge.clone(), edge))
            }
            Bounding::KeepPrice => {
                let current = ask.facts.current().ok_or(Refusal::of("FEED_STALE"))?;
                Ok((Some(Some(current.clone())), Some(Some(current))))
            }
        }
    }
}

/// Decisions 14.6: no further from any regular price within `per`, but never away from the current one.
fn max_change(ask: &Ask, current: &Q, down: &Q, up: &Q, per: Option<&Q>) -> Result<Edges, Refusal> {
    let mut prices = vec![current.clone()];
    prices.extend(per.into_iter().flat_map(|per| ask.history.regular_within(per, ask.at)));
    let (mut floor, mut ceiling) = (None, None);
    for price in prices {
        let low = amount(num::up(&(&price * (num::one() + down)), AMOUNT_PLACES))?;
        let high = amount(num::down(&(&price * (num::one() + up)), AMOUNT_PLACES))?;
        floor = floor.max(Some(low));
        ceiling = Some(ceiling.map_or(high.clone(), |least: Q| least.min(high)));
    }
    Ok((Some(floor.map(|f| f.min(current.clone()))), Some(ceiling.map(|c| c.max(current.clone())))))
}

impl Level {
    fn value(&self, ask: &Ask) -> Result<Q, Refusal> {
        let missing = || Refusal::of("FACT_MISSING");
        match self {
            Level::Money(value) => value.of(&ask.market.currency).ok_or_else(missing),
            Level::Share(share, attribute) => {
                let base = ask.facts.quantity(attribute).ok_or_else(missing)?;
                let net = ask.book.schema.get(attribute).is_some_and(|attribute| attribute.net);
                let gross = if net { base * (num::one() + &ask.facts.vat) } else { base };
                Ok(gross * share)
            }
        }
    }
}

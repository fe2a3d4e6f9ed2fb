//! `rulebook.toml`: markets, channels, plausibility, rival sets.

use super::cell::{Cell, Kind};
use super::doc;
use super::num::{self, Q};
use super::text::{self, Monies};
use std::collections::BTreeMap;
use toml::Table;

#[derive(Clone, Debug)]
pub struct Market {
    pub currency: String,
    pub zone: jiff::tz::TimeZone,
    pub vat: BTreeMap<String, Q>,
    /// Freight, duty and the like, added up.
    pub landed_shares: Q,
    pub max_age: Option<Q>,
    pub buffer: Q,
}

#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// Shares of gross by name; `commission` is one of them (semantics 3).
    pub shares: BTreeMap<String, Q>,
    pub unit_costs: Vec<Monies>,
    pub order_costs: Vec<Monies>,
    pub basket: Option<Monies>,
    pub pass_on: Q,
    pub from_supplier: bool,
    pub returns: Option<Returns>,
    /// `only = { market = … }`
    pub only: Option<Cell>,
}

#[derive(Clone, Debug)]
pub struct Returns {
    pub rate: Q,
    pub reverse: Monies,
    pub salvage: Q,
}

/// What nobody believes (semantics 2, plausibility). All ranges are closed.
#[derive(Clone, Debug)]
pub struct Plausible {
    pub cost_change: (Q, Q),
    pub rival: (Q, Q),
    pub rate_jump: Q,
}

/// One rival set in one market.
#[derive(Clone, Debug)]
pub struct RivalSet {
    pub members: Vec<String>,
    pub own: Vec<String>,
    pub matched: Option<Cell>,
    pub age: Option<Cell>,
    pub in_stock: Option<Cell>,
    pub delivery_included: bool,
    pub at_least: usize,
}

pub struct Book {
    pub layers: Vec<String>,
    pub markets: BTreeMap<String, Market>,
    pub channels: BTreeMap<String, Channel>,
    pub plausible: Plausible,
    /// by set name, then market
    pub rivals: BTreeMap<String, BTreeMap<String, RivalSet>>,
}

pub fn parse(text: &str) -> Result<Book, String> {
    let document: Table = text.parse().map_err(|e| format!("rulebook.toml: {e}"))?;
    if doc::text(&document, "price_basis")?.is_some_and(|basis| basis != "gross") {
        return Err("only price_basis = \"gross\" is supported".into());
    }
    let mut markets = BTreeMap::new();
    for (name, table) in doc::tables(&document, "market")? {
        markets.insert(name.clone(), market(table)?);
    }
    let channel_tables: BTreeMap<&String, &Table> = doc::tables(&document, "channel")?.into_iter().collect();
    let mut channels = BTreeMap::new();
    for name in channel_tables.keys() {
        channels.insert((*name).clone(), channel(&whole_channel(name, &channel_tables)?)?);
    }
    let mut rivals: BTreeMap<String, BTreeMap<String, RivalSet>> = BTreeMap::new();
    for (name, by_market) in doc::tables(&document, "competitors")? {
        for (market, table) in by_market {
            let table = table.as_table().ok_or(format!("`competitors.{name}.{market}` must be a table"))?;
            rivals.entry(name.clone()).or_default().insert(market.clone(), rival_set(table)?);
        }
    }
    let facts = doc::table(&document, "facts")?.cloned().unwrap_or_default();
    Ok(Book {
        layers: doc::texts(&document, "layers")?,
        markets,
        channels,
        plausible: plausible(&facts)?,
        rivals,
    })
}

fn market(table: &Table) -> Result<Market, String> {
    let zone = jiff::tz::TimeZone::get(doc::needed(table, "timezone")?).map_err(|e| e.to_string())?;
    let shares = |key: &str| -> Result<BTreeMap<String, Q>, String> {
        let Some(shares) = doc::table(table, key)? else {
            return Ok(BTreeMap::new());
        };
        shares
            .keys()
            .map(|name| Ok((name.clone(), doc::percent(shares, name)?.unwrap_or_else(num::zero))))
            .collect()
    };
    let fx = doc::table(table, "fx")?.cloned().unwrap_or_default();
    Ok(Market {
        currency: doc::needed(table, "currency")?.into(),
        zone,
        vat: shares("vat")?,
        landed_shares: shares("landed")?.into_values().fold(num::zero(), |sum, share| sum + share),
        max_age: doc::duration(&fx, "max_age")?,
        buffer: doc::percent(&fx, "buffer")?.unwrap_or_else(num::zero),
    })
}

/// `like` inherits the whole channel; what stands beside it is merged over it.
fn whole_channel(name: &String, all: &BTreeMap<&String, &Table>) -> Result<Table, String> {
    let own = all.get(name).ok_or(format!("no channel `{name}`"))?;
    let Some(like) = doc::text(own, "like")? else {
        return Ok((*own).clone());
    };
    let mut whole = whole_channel(&like.to_string(), all)?;
    whole.remove("like");
    doc::merge(&mut whole, own);
    Ok(whole)
}

fn channel(table: &Table) -> Result<Channel, String> {
    let mut channel = Channel {
        basket: doc::monies(table, "basket")?,
        pass_on: doc::percent(table, "pass_on")?.unwrap_or_else(num::zero),
        from_supplier: doc::text(table, "cost_from")? == Some("supplier"),
        ..Channel::default()
    };
    if let Some(costs) = doc::table(table, "costs")? {
        for name in costs.keys() {
            let cost = doc::needed(costs, name)?;
            if let Some(share) = text::percent(cost) {
                channel.shares.insert(name.clone(), share);
            } else if cost.contains("/unit") {
                channel.unit_costs.push(Monies::parse(&cost.replace("/unit", ""))?);
            } else {
                channel.order_costs.push(Monies::parse(cost)?);
            }
        }
    }
    if let Some(returns) = doc::table(table, "returns")? {
        channel.returns = Some(Returns {
            rate: doc::percent(returns, "rate")?.unwrap_or_else(num::zero),
            reverse: doc::monies(returns, "reverse")?.unwrap_or_default(),
            salvage: doc::percent(returns, "salvage")?.unwrap_or_else(num::zero),
        });
    }
    if let Some(only) = doc::table(table, "only")? {
        let none = |path: &str| Err(format!("no list `{path}`"));
        channel.only = doc::text(only, "market")?.map(|t| Cell::parse(Kind::Text, t, &none)).transpose()?;
    }
    Ok(channel)
}

fn rival_set(table: &Table) -> Result<RivalSet, String> {
    let none = |path: &str| Err(format!("no list `{path}`"));
    let terms = doc::table(table, "use")?.cloned().unwrap_or_default();
    let cell =
        |key: &str, kind: Kind| doc::text(&terms, key)?.map(|t| Cell::parse(kind, t, &none)).transpose();
    Ok(RivalSet {
        members: doc::texts(table, "members")?,
        own: doc::texts(table, "own")?,
        matched: cell("match", Kind::Percent)?,
        age: cell("age", Kind::Duration)?,
        in_stock: cell("in_stock", Kind::Text)?,
        delivery_included: doc::text(&terms, "delivery")? == Some("included"),
        at_least: doc::count(&terms, "at_least")?.unwrap_or(1),
    })
}

fn plausible(table: &Table) -> Result<Plausible, String> {
    let range = |key: &str, default: &str| -> Result<(Q, Q), String> {
        let words = doc::text(table, key)?.unwrap_or(default);
        text::closed(words, text::percent).ok_or(format!("`{key}`: `{words}` is no range of percents"))
    };
    Ok(Plausible {
        cost_change: range("cost_change", "-50% ..= +100%")?,
        rival: range("rival", "40% ..= 250%")?,
        rate_jump: doc::percent(table, "rate_jump")?.unwrap_or_else(|| num::percent(10)),
    })
}

//! `markdown` (decisions 17): down a curve, a ladder, or by the finite-stock optimum until a last day.

use super::cell::{Cell, Kind, Value};
use super::doc;
use super::entry::Source;
use super::float::{self, Selling};
use super::guard::{Level, level};
use super::ladder::{self, Ladder};
use super::num::{self, AMOUNT_PLACES, Q};
use super::optimise;
use super::price::{Ask, Refusal, Stop, amount};
use super::propose::{Intent, Proposal};
use super::text;
use jiff::civil::Date;
use toml::{Table, Value as Toml};

#[derive(Clone, Debug)]
pub struct Markdown {
    last_day: LastDay,
    salvage: Option<Level>,
    way: Way,
}

#[derive(Clone, Debug)]
enum LastDay {
    Date(Date),
    /// a duration attribute from now on
    After(String),
}

#[derive(Clone, Debug)]
enum Way {
    /// `days_left` cells and what is taken off, below zero
    Curve(Vec<(Option<Cell>, Q)>),
    Ladder {
        off: Vec<Q>,
        period: i64,
    },
    FiniteStock,
}

pub fn parse(source: &Source, table: &Table) -> Result<Markdown, String> {
    let last_day = match table.get("sell_out_by").ok_or("markdown needs `sell_out_by`")? {
        Toml::Datetime(date) => date.to_string(),
        Toml::String(words) => words.clone(),
        other => return Err(format!("sell_out_by: `{other}`?")),
    };
    let last_day = last_day.parse().map(LastDay::Date).unwrap_or(LastDay::After(last_day));
    let off = |words: &str| text::percent(words).ok_or(format!("`{words}` is not a percent"));
    let way = if let Some(path) = doc::text(table, "curve")? {
        let csv = text::csv(source.file(path)?);
        let column = |name: &str| csv.column(name).ok_or(format!("`{path}` has no column `{name}`"));
        let (days, set) = (column("days_left")?, column("set off")?);
        let none = |path: &str| Err(format!("no list `{path}`"));
        let mut rows = Vec::new();
        for (_, row) in &csv.rows {
            let cell = match row[days].trim() {
                "-" => None,
                words => Some(Cell::parse(Kind::Duration, words, &none)?),
            };
            rows.push((cell, off(&row[set])?));
        }
        Way::Curve(rows)
    } else if table.contains_key("ladder") {
        let off = doc::texts(table, "ladder")?.iter().map(|t| off(t)).collect::<Result<_, _>>()?;
        let period = doc::duration(table, "period")?.unwrap_or_else(|| num::q(7 * 86_400));
        Way::Ladder { off, period: small(&(period / num::q(86_400))) }
    } else {
        Way::FiniteStock
    };
    Ok(Markdown { last_day, salvage: doc::text(table, "salvage")?.map(level).transpose()?, way })
}

/// A whole number that is known to be small.
fn small(whole: &Q) -> i64 {
    i64::try_from(whole.to_integer()).expect("a small number")
}

pub fn target(ask: &mut Ask, rule: &Markdown) -> Result<Option<Proposal>, Stop> {
    let Some(days_left) = days_left(ask, &rule.last_day) else {
        ask.trail.push("markdown over".into());
        return Ok(None);
    };
    let asks_cost = rule.salvage.is_some() || !matches!(rule.way, Way::Curve(_));
    let worth = if asks_cost { Some(worth(ask, rule)?) } else { None };
    let worth = match worth {
        Some(None) => return Ok(None),
        Some(worth) => worth,
        None => None,
    };
    let Some(wanted) = wanted(ask, rule, days_left, worth.as_ref())? else {
        return Ok(None);
    };
    let current = ask.facts.current();
    let mut target = wanted;
    if let Some(worth) = &worth {
        target = target.max(quantised(worth.price.clone())?);
    }
    if let Some(current) = &current {
        target = target.min(current.clone());
    }
    let converted = asks_cost && ask.facts.cost.as_ref().is_some_and(|cost| cost.rate.is_some());
    let mut proposal = Proposal::plain(target, "markdown", if converted { &["fx"] } else { &[] });
    proposal.intent = current.map(Intent::AtMost);
    proposal.adjusts = false;
    proposal.clearance = true;
    Ok(Some(proposal))
}

fn quantised(exact: Q) -> Result<Q, Refusal> {
    amount(num::half_even(&exact, AMOUNT_PLACES))
}

/// Whole days from today to the last day in the market's calendar; none if it is over or unknown.
fn days_left(ask: &Ask, last: &LastDay) -> Option<i64> {
    let zone = &ask.market.zone;
    let today = ask.at.to_zoned(zone.clone()).date();
    let last = match last {
        LastDay::Date(date) => *date,
        LastDay::After(attribute) => {
            let seconds = ask.facts.quantity(attribute).filter(|left| *left >= num::zero())?;
            let seconds = i64::try_from(seconds.floor().to_integer()).ok()?;
            let end = ask.at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
            end.to_zoned(zone.clone()).date()
        }
    };
    let days = i64::from(today.until(last).ok()?.get_days());
    (days >= 0).then_some(days)
}

/// What a unit that is left over is worth as a gross price, with what it stands on (decisions 17.3).
pub struct Worth {
    pub price: Q,
    /// net proceeds of a unit sold at P are a·P − C + landed
    pub a: Q,
    pub less: Q,
    pub salvage: Q,
}

fn worth(ask: &Ask, rule: &Markdown) -> Result<Option<Worth>, Stop> {
    let Some(cost) = &ask.facts.cost else {
        return Ok(None);
    };
    let Some(unit) = optimise::unit(ask)?.filter(|unit| unit.a > num::zero()) else {
        return Ok(None);
    };
    let salvage = match &rule.salvage {
        None => num::zero(),
        Some(Level::Money(value)) => match value.of(&ask.market.currency) {
            None => return Ok(None),
            Some(value) => value,
        },
        Some(Level::Share(share, attribute)) => {
            let Some(base) = ask.facts.quantity(attribute) else {
                return Ok(None);
            };
            let net = ask.book.schema.get(attribute).is_some_and(|attribute| attribute.net);
            let base = if net { base } else { base / (num::one() + &ask.facts.vat) };
            quantised(base * share)?
        }
    };
    let less = unit.c - &cost.landed;
    let price = (&less + &salvage) / &unit.a;
    Ok(Some(Worth { price, a: unit.a, less, salvage }))
}

fn wanted(ask: &mut Ask, rule: &Markdown, days: i64, worth: Option<&Worth>) -> Result<Option<Q>, Stop> {
    let base = ask.history.base(ask.at);
    match &rule.way {
        Way::Curve(rows) => {
            ask.trail.push("markdown curve".into());
            let left = Value::Quantity(num::q(days * 86_400));
            let row = rows.iter().find(|(cell, _)| cell.as_ref().is_none_or(|c| c.holds(Some(&left), "")));
            let (Some((_, off)), Some(base)) = (row, base) else {
                return Ok(None);
            };
            Ok(Some(quantised(base * (num::one() + off))?))
        }
        Way::FiniteStock => {
            ask.trail.push("markdown finite stock".into());
            let (Some((selling, units)), Some(worth)) = (selling(ask, base.as_ref()), worth) else {
                return Ok(None);
            };
            let best = selling.best(units, (days + 1) as f64, float::of_fraction(&worth.price));
            let Some(exact) = best.filter(|price| price.is_finite()).and_then(Q::from_float) else {
                return Ok(None);
            };
            ask.trail.push("float".into());
            Ok(Some(quantised(exact)?))
        }
        Way::Ladder { off, period } => {
            ask.trail.push("markdown ladder".into());
            let (Some((selling, units)), Some(worth), Some(base)) =
                (selling(ask, base.as_ref()), worth, base)
            else {
                return Ok(None);
            };
            let steps = off.iter().map(|off| quantised(&base * (num::one() + off)));
            let steps: Vec<Q> = steps.collect::<Result<_, _>>()?;
            let first = standing(&steps, ask.facts.current().as_ref());
            let periods = ladder::periods(days + 1, *period);
            let size = periods.len() as u128 * steps.len() as u128 * u128::from(units + 1).pow(2);
            if size > 50_000_000 {
                ask.trail.push("ladder too large".into());
                return Ok(None);
            }
            let price = |step: &Q| float::of_amount(step);
            let ladder = Ladder {
                gains: steps
                    .iter()
                    .map(|step| float::of_fraction(&(&worth.a * step - &worth.less)))
                    .collect(),
                means: periods
                    .iter()
                    .map(|days| steps.iter().map(|step| selling.mean(*days as f64, price(step))).collect())
                    .collect(),
                salvage: float::of_amount(&worth.salvage),
                units: units as usize,
            };
            let best = ladder.best(first);
            ask.trail.push(format!("step {} of {}", best.step, if first == 0 { "all" } else { "the rest" }));
            for also in best.as_good {
                ask.trail.push(format!("also {}", num::show(&steps[also], AMOUNT_PLACES)));
            }
            Ok(Some(steps[best.step].clone()))
        }
    }
}

/// The cheapest step that is not below the current price; without one the first.
fn standing(steps: &[Q], current: Option<&Q>) -> usize {
    let current = current.into_iter();
    current.filter_map(|current| steps.iter().rposition(|step| step >= current)).next().unwrap_or(0)
}

/// What is known of the demand, and the units in stock (decisions 17.5).
fn selling(ask: &Ask, base: Option<&Q>) -> Option<(Selling, u64)> {
    let at_price = ask.facts.quantity("elasticity_price").or_else(|| base.cloned())?;
    let elasticity = ask.facts.quantity("elasticity").filter(|value| *value < num::zero())?;
    let daily = ask.facts.quantity("units_per_day").filter(|value| *value >= num::zero())?;
    let units = ask.facts.quantity("stock_units")?.floor();
    if units < num::one() || units > num::q(1_000_000) || at_price <= num::zero() {
        return None;
    }
    let selling = Selling {
        elasticity: float::of_ratio(&elasticity),
        daily: float::of_ratio(&daily),
        at_price: float::of_amount(&at_price),
    };
    Some((selling, small(&units) as u64))
}

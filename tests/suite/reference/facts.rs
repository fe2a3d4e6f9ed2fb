//! The facts of one item in one market and channel, checked (semantics 2, decisions 1.4, 1.5, 2).

use super::book::{Channel, Market};
use super::cell::{Kind, Value};
use super::fx::{self, Rate};
use super::num::{self, AMOUNT_PLACES, Q, RATIO_PLACES};
use super::price::{Refusal, Stop, amount};
use super::schema::{Attribute, Schema};
use super::text;
use super::{CaseInput, Rulebook};
use std::collections::{BTreeMap, BTreeSet};

pub struct Facts {
    /// Present attributes by name; money in the market's currency.
    pub values: BTreeMap<String, Value>,
    pub vat: Q,
    pub cost: Option<Cost>,
    /// `COST_IMPLAUSIBLE` or `RATE_IMPLAUSIBLE`
    pub suspicion: Option<&'static str>,
}

#[derive(Clone)]
pub struct Cost {
    pub purchase: Q,
    pub landed: Q,
    /// the rate, if the cost was converted
    pub rate: Option<Rate>,
}

impl Facts {
    pub fn quantity(&self, name: &str) -> Option<Q> {
        match self.values.get(name)? {
            Value::Quantity(quantity) => Some(quantity.clone()),
            _ => None,
        }
    }

    pub fn current(&self) -> Option<Q> {
        self.quantity("current_price")
    }

    /// The current price if its kind is regular (semantics 6).
    pub fn regular(&self) -> Option<Q> {
        let regular = self.values.get("price_kind") == Some(&Value::Text("regular".into()));
        self.current().filter(|_| regular)
    }
}

/// Text of a column; empty is missing (semantics 8).
fn column<'a>(case: &'a CaseInput, name: &str) -> Option<&'a str> {
    case.item.get(name).map(String::as_str).filter(|text| !text.is_empty())
}

/// Money as written, in whatever currency: `298.00 EUR`, or `298.00` with a column `<name>_currency`.
fn money(case: &CaseInput, name: &str) -> Option<(Q, String)> {
    let words = column(case, name)?;
    text::money(words)
        .or_else(|| Some((text::amount(words)?, column(case, &format!("{name}_currency"))?.to_string())))
}

/// Reads the row or says why it is quarantined or refused.
pub fn check(
    book: &Rulebook,
    case: &CaseInput,
    market: &Market,
    channel: &Channel,
    at: jiff::Timestamp,
) -> Result<Facts, Stop> {
    let (values, vat) = row(book, case, market, at).map_err(Stop::Quarantined)?;
    let mut facts = Facts { values, vat, cost: None, suspicion: None };
    let source = if channel.from_supplier { "supplier_cost" } else { "cost" };
    // `cost` in a cell or a formula is the purchase cost of this channel.
    facts.values.remove("cost");
    if let Some((cost, currency)) = money(case, source) {
        let priced = land(&cost, &currency, case, market, at)?;
        facts.suspicion = suspicion(book, case, &cost, &currency, priced.rate.as_ref());
        facts.values.insert("cost".into(), Value::Quantity(priced.purchase.clone()));
        facts.cost = Some(priced);
    }
    derive(&book.schema, &mut facts);
    Ok(facts)
}

/// All attributes that are columns, or every reason to quarantine the row.
fn row(
    book: &Rulebook,
    case: &CaseInput,
    market: &Market,
    at: jiff::Timestamp,
) -> Result<(BTreeMap<String, Value>, Q), Vec<String>> {
    let mut reasons = BTreeSet::new();
    let mut values = BTreeMap::new();
    for (name, attribute) in &book.schema {
        if attribute.formula.is_some() {
            continue;
        }
        match read(name, attribute, case, market, at) {
            Ok(Some(value)) => drop(values.insert(name.clone(), value)),
            Ok(None) => {}
            Err(reason) => drop(reasons.insert(reason.to_string())),
        }
    }
    values.insert("market".into(), Value::Text(case.market.clone()));
    values.insert("channel".into(), Value::Text(case.channel.clone()));
    values.entry("vat_class".into()).or_insert(Value::Text("standard".into()));
    values.entry("price_kind".into()).or_insert(Value::Text("regular".into()));
    if book.schema.contains_key("stock_cover")
        && !values.contains_key("stock_cover")
        && let Some(cover) = stock_cover(case)
    {
        values.insert("stock_cover".into(), cover);
    }
    for (name, attribute) in &book.schema {
        let given = values.contains_key(name) || column(case, name).is_some();
        if attribute.formula.is_none() && !attribute.optional && !given {
            reasons.insert("FACT_MISSING".into());
        }
    }
    let class = match &values["vat_class"] {
        Value::Text(class) => class.clone(),
        _ => String::new(),
    };
    match market.vat.get(&class) {
        Some(vat) if reasons.is_empty() => Ok((values, vat.clone())),
        Some(_) => Err(reasons.into_iter().collect()),
        None => {
            reasons.insert("VAT_CLASS".into());
            Err(reasons.into_iter().collect())
        }
    }
}

/// One attribute: its value, missing, or the reason why the row is quarantined.
fn read(
    name: &str,
    attribute: &Attribute,
    case: &CaseInput,
    market: &Market,
    at: jiff::Timestamp,
) -> Result<Option<Value>, &'static str> {
    let malformed = "INVALID_FIELD";
    let value = match attribute.kind {
        Kind::Set => {
            // An empty set column is the empty set, not missing.
            let words = column(case, name).unwrap_or_default();
            let set: BTreeSet<String> =
                words.split('|').filter(|w| !w.is_empty()).map(str::to_string).collect();
            if set.iter().any(|word| !attribute.values.is_empty() && !attribute.values.contains(word)) {
                return Err(malformed);
            }
            return Ok(Some(Value::Set(set)));
        }
        Kind::Duration => match (column(case, name), distance(name, case, at)) {
            // A duration column is accepted as it stands.
            (Some(words), _) => Value::Quantity(text::duration(words).ok_or(malformed)?),
            (None, Some(distance)) => Value::Quantity(distance.ok_or(malformed)?),
            (None, None) => return Ok(None),
        },
        kind => {
            let Some(words) = column(case, name) else {
                return Ok(None);
            };
            match kind {
                Kind::Money => {
                    let (amount, currency) = money(case, name).ok_or(malformed)?;
                    let prices = ["current_price", "elasticity_price", "observed_low", "observed_high"];
                    if amount < num::zero() || (prices.contains(&name) && amount == num::zero()) {
                        return Err("OUT_OF_RANGE");
                    }
                    if currency != market.currency {
                        return Ok(None); // missing in this market, never converted (decisions 2.1)
                    }
                    Value::Quantity(amount)
                }
                Kind::Percent => Value::Quantity(text::percent(words).ok_or(malformed)?),
                Kind::Number => Value::Quantity(num::parse(words).ok_or(malformed)?.0),
                _ => {
                    if !attribute.values.is_empty() && !attribute.values.iter().any(|value| value == words) {
                        return Err(malformed);
                    }
                    Value::Text(words.into())
                }
            }
        }
    };
    let kinds = ["regular", "promo", "clearance"];
    if name == "price_kind" && !kinds.iter().any(|kind| value == Value::Text((*kind).into())) {
        return Err(malformed);
    }
    if name == "units_per_day" && value_below_zero(&value) {
        return Err("OUT_OF_RANGE");
    }
    if attribute.range.as_ref().is_some_and(|range| !range.holds(Some(&value), &market.currency)) {
        return Err("OUT_OF_RANGE");
    }
    Ok(Some(value))
}

fn value_below_zero(value: &Value) -> bool {
    matches!(value, Value::Quantity(quantity) if *quantity < num::zero())
}

/// The distance of an instant column to `at`; the inner `None` is an unreadable instant.
fn distance(name: &str, case: &CaseInput, at: jiff::Timestamp) -> Option<Option<Q>> {
    let column_of = |column_name| column(case, column_name).map(text::instant);
    match name {
        "inbound" => column_of("inbound_at").map(|moment| Some(text::seconds_between(at, moment?))),
        "shelf_life" => column_of("shelf_life_until").map(|moment| Some(text::seconds_between(at, moment?))),
        "on_sale_for" => column_of("on_sale_since").map(|moment| Some(text::seconds_between(moment?, at))),
        _ => None,
    }
}

/// stock_units / units_per_day in whole seconds, half-even; endless without sales (decisions 1.4).
fn stock_cover(case: &CaseInput) -> Option<Value> {
    let number = |name| num::parse(column(case, name)?).map(|(value, _)| value);
    let (units, daily) = (number("stock_units")?, number("units_per_day")?);
    if daily > num::zero() {
        return Some(Value::Quantity(num::half_even(&(units * num::q(86_400) / daily), 0)));
    }
    Some(if units > num::zero() { Value::Endless } else { Value::Quantity(num::zero()) })
}

/// Purchase and landed cost in the market's currency (decisions 2.2).
fn land(
    cost: &Q,
    currency: &str,
    case: &CaseInput,
    market: &Market,
    at: jiff::Timestamp,
) -> Result<Cost, Refusal> {
    let rate =
        if currency == market.currency { None } else { Some(fx::rate(&case.rates, currency, market, at)?) };
    let plain = rate.as_ref().map_or_else(|| cost.clone(), |rate| rate.convert(cost));
    let purchase = amount(num::half_even(&plain, AMOUNT_PLACES))?;
    let buffer = if rate.is_some() { market.buffer.clone() } else { num::zero() };
    let landed = &purchase * (num::one() + buffer) * (num::one() + &market.landed_shares);
    Ok(Cost { purchase, landed: amount(num::half_even(&landed, AMOUNT_PLACES))?, rate })
}

/// What nobody believes; the cost is looked at first (decisions 2.5, 7.10).
fn suspicion(
    book: &Rulebook,
    case: &CaseInput,
    cost: &Q,
    currency: &str,
    rate: Option<&Rate>,
) -> Option<&'static str> {
    let plausible = &book.book.plausible;
    if let Some((previous, of)) = money(case, "previous_cost")
        && of == currency
        && previous > num::zero()
    {
        let change = cost / previous - num::one();
        if change < plausible.cost_change.0 || change > plausible.cost_change.1 {
            return Some("COST_IMPLAUSIBLE");
        }
    }
    let jump = rate.and_then(|rate| rate.jump.as_ref());
    jump.is_some_and(|jump| *jump > plausible.rate_jump).then_some("RATE_IMPLAUSIBLE")
}

/// Derived attributes, exact and quantised once (decisions 1.5).
fn derive(schema: &Schema, facts: &mut Facts) {
    let mut derived = BTreeMap::new();
    for name in schema.keys() {
        if let Some(value) = derived_value(schema, facts, name) {
            derived.insert(name.clone(), Value::Quantity(value));
        }
    }
    facts.values.extend(derived);
}

fn derived_value(schema: &Schema, facts: &Facts, name: &str) -> Option<Q> {
    let attribute = schema.get(name)?;
    let formula = attribute.formula.as_ref()?;
    let exact = formula.value(&facts.vat, &mut |operand| match schema.get(operand)?.formula {
        Some(_) => derived_value(schema, facts, operand),
        None => facts.quantity(operand),
    })?;
    let places = if attribute.kind == Kind::Money { AMOUNT_PLACES } else { RATIO_PLACES };
    let value = num::half_even(&exact, places);
    num::fits(&value, places).then_some(value)
}

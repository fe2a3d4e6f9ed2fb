//! Fitted demand by item: the one place where estimated elasticities enter pricing.
//!
//! An estimate stands in for all six columns of the items feed that speak of demand (decisions 15.10); what it lacks is
//! missing. Items without one keep their columns.

use super::Map;
use super::{AttrId, Value, builtin};
use crate::money::{Money, Ratio};
use std::collections::BTreeMap;

/// What a fit says about one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    pub elasticity: Option<Ratio>,
    /// Standard error of the elasticity.
    pub error: Option<Ratio>,
    /// The gross price around which it was estimated.
    pub price: Option<Money>,
    pub sales_weeks: Option<Ratio>,
    /// The lowest and the highest price that the fit has seen.
    pub observed_low: Option<Money>,
    pub observed_high: Option<Money>,
}

/// Estimates by SKU, for one market or (empty) for all.
#[derive(Clone, Debug, Default)]
pub struct Estimates {
    rows: Map<Box<str>, Vec<(Box<str>, Estimate)>>,
}

impl Estimates {
    /// Adds or replaces the estimate of an item in a market; an empty market is every market.
    pub fn put(&mut self, sku: &str, market: &str, estimate: Estimate) {
        let rows = self.rows.entry(sku.into()).or_default();
        match rows.iter_mut().find(|(known, _)| **known == *market) {
            Some((_, known)) => *known = estimate,
            None => rows.push((market.into(), estimate)),
        }
    }

    /// The estimate of the market, else that of all.
    #[must_use]
    pub fn get(&self, sku: &str, market: &str) -> Option<&Estimate> {
        let rows = self.rows.get(sku)?;
        let find = |market: &str| rows.iter().find(|(known, _)| **known == *market);
        find(market).or_else(|| find("")).map(|(_, estimate)| estimate)
    }

    /// Puts what an estimate says in the place of the item's own columns, for explanations.
    pub fn tell(&self, sku: &str, market: &str, facts: &mut BTreeMap<String, String>) {
        let Some(estimate) = self.get(sku, market) else { return };
        let number = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
        let money = |money: Option<Money>| money.map(|money| money.to_string());
        for (name, text) in [
            ("elasticity", number(estimate.elasticity)),
            ("elasticity_se", number(estimate.error)),
            ("elasticity_price", money(estimate.price)),
            ("sales_weeks", number(estimate.sales_weeks)),
            ("observed_low", money(estimate.observed_low)),
            ("observed_high", money(estimate.observed_high)),
        ] {
            match text {
                Some(text) => facts.insert(name.to_owned(), text),
                None => facts.remove(name),
            };
        }
    }

    /// How many estimates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// Whether an attribute is one that estimates give.
    #[must_use]
    pub fn give(attr: AttrId) -> bool {
        (builtin::ELASTICITY..=builtin::OBSERVED_HIGH).contains(&attr)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Estimate {
    /// The value of an attribute that estimates [`give`](Estimates::give).
    #[must_use]
    pub fn value(&self, attr: AttrId) -> Value {
        let number = |ratio: Option<Ratio>| ratio.map(|ratio| Value::Count(ratio.nanos()));
        let money = |money: Option<Money>| money.map(|money| Value::Money(money.amount, money.currency));
        let found = match attr {
            builtin::ELASTICITY => number(self.elasticity),
            builtin::ELASTICITY_SE => number(self.error),
            builtin::ELASTICITY_PRICE => money(self.price),
            builtin::SALES_WEEKS => number(self.sales_weeks),
            builtin::OBSERVED_LOW => money(self.observed_low),
            builtin::OBSERVED_HIGH => money(self.observed_high),
            _ => None,
        };
        found.unwrap_or(Value::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_wins_over_everywhere_and_an_estimate_is_whole() {
        let of = |text: &str| Estimate { elasticity: Ratio::parse(text).ok(), ..Estimate::default() };
        let mut estimates = Estimates::default();
        estimates.put("A", "", of("-2"));
        estimates.put("A", "DE", of("-3"));
        estimates.put("A", "DE", of("-4"));
        let get = |market| estimates.get("A", market).map(|estimate| estimate.value(builtin::ELASTICITY));
        assert_eq!(get("DE"), Some(Value::Count(-4_000_000_000)));
        assert_eq!(get("KZ"), Some(Value::Count(-2_000_000_000)));
        assert_eq!(estimates.get("B", "DE"), None);
        assert_eq!(of("-2").value(builtin::ELASTICITY_SE), Value::Missing);
        let mut facts = BTreeMap::from([("elasticity", "-9"), ("sales_weeks", "7"), ("brand", "x")])
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        estimates.tell("A", "DE", &mut facts);
        let told: Vec<(&str, &str)> = facts.iter().map(|(name, text)| (&**name, &**text)).collect();
        assert_eq!(told, [("brand", "x"), ("elasticity", "-4")]);
        assert_eq!(estimates.len(), 2);
        assert!(Estimates::give(builtin::SALES_WEEKS) && !Estimates::give(builtin::UNITS_PER_DAY));
    }
}

//! Names and numbers as people write them.

use crate::facts::{AttrId, Kind, Names, RivalId, Schema, show_duration};
use crate::money::{Amount, Currency, Ratio};
use crate::pricing::{Bound, CostBasis, GuardRef, GuardVariant, Info, Limit, Place, Side, World};
use std::collections::BTreeMap;

/// What words are looked up in.
pub(super) struct Words<'a> {
    pub world: &'a World<'a>,
    pub names: &'a Names,
    pub facts: &'a BTreeMap<String, String>,
}

/// An amount to the currency's minor digits, for the eye only: `375.52`.
pub(super) fn shown(amount: Amount, currency: Currency) -> String {
    format!("{:.width$}", amount.to_decimal().round_dp(currency.digits()), width = currency.digits() as usize)
}

/// An amount with all digits it has, and at least the currency's: `0.005`, `5.00`.
pub(super) fn in_full(amount: Amount, currency: Currency) -> String {
    let exact = amount.to_decimal().normalize();
    let places = exact.scale().max(currency.digits()) as usize;
    format!("{exact:.places$}")
}

/// `−11.55`, `+1.79`.
pub(super) fn signed(amount: Amount, currency: Currency) -> String {
    let text = shown(amount, currency);
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => format!("+{text}"),
    }
}

/// `−3%`, `+4.5%`.
pub(super) fn signed_percent(ratio: Ratio) -> String {
    signed_percent_to(ratio, 4)
}

/// `−4.8%`: one decimal, for the eye only.
pub(super) fn signed_percent_1(ratio: Ratio) -> String {
    signed_percent_to(ratio, 1)
}

fn signed_percent_to(ratio: Ratio, places: u32) -> String {
    let text = ratio.to_percent_text(places);
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => format!("+{text}"),
    }
}

impl<'a> Words<'a> {
    pub fn place(&self) -> &'a Place {
        self.world.place
    }

    pub fn currency(&self) -> Currency {
        self.world.place.currency
    }

    pub fn shown(&self, amount: Amount) -> String {
        shown(amount, self.currency())
    }

    pub fn rule(&self, index: u32) -> Option<&'a Info> {
        self.place().rules.get(index as usize).map(|rule| &rule.info)
    }

    pub fn rule_label(&self, index: u32) -> String {
        self.rule(index).map(|info| info.label.to_string()).unwrap_or_default()
    }

    pub fn layer(&self, index: u32) -> String {
        let layer = self.place().rules.get(index as usize).map(|rule| usize::from(rule.layer));
        let name = layer.and_then(|layer| self.world.release.layers.get(layer));
        name.map(ToString::to_string).unwrap_or_default()
    }

    pub fn set(&self, index: u16) -> String {
        self.place().sets.get(usize::from(index)).map(|set| set.name.to_string()).unwrap_or_default()
    }

    pub fn rival(&self, id: RivalId) -> &'a str {
        self.names.name(id)
    }

    pub fn variant(&self, guard: GuardRef) -> Option<&'a GuardVariant> {
        self.place().guards.get(usize::from(guard.guard))?.variants.get(usize::from(guard.variant))
    }

    pub fn attr(&self, attr: AttrId) -> &'a str {
        &self.world.release.schema.attr(attr).name
    }

    pub fn fact(&self, attr: AttrId) -> Option<String> {
        let text = self.facts.get(self.attr(attr)).filter(|text| !text.is_empty())?;
        Some(match self.world.release.schema.attr(attr).kind {
            Kind::Set => text.split('|').collect::<Vec<_>>().join(", "),
            _ => text.clone(),
        })
    }

    /// What a guard demands: `5% of the net price at least`.
    pub fn demands(&self, variant: &GuardVariant) -> String {
        let texts: Vec<String> = variant.bounds.iter().map(|bound| self.demand(bound)).collect();
        texts.join("; ")
    }

    /// What one bound demands.
    pub fn demand(&self, bound: &Bound) -> String {
        guard_demand(bound, self.currency(), &self.world.release.schema)
    }
}

/// What a bound demands in a place with this currency: `at most 105% of rrp`.
#[must_use]
pub fn guard_demand(bound: &Bound, currency: Currency, schema: &Schema) -> String {
    let money = |amount: &Amount| format!("{} {}", in_full(*amount, currency), currency);
    let percent = |ratio: &Ratio| ratio.to_percent_text(4);
    match bound {
        Bound::MinMargin { margin, .. } => {
            format!("a margin of {} of the net price at least", percent(margin))
        }
        Bound::MinContribution(least) => format!("a unit contribution of {} at least", money(least)),
        Bound::MinFullContribution(least) => format!("a full contribution of {} at least", money(least)),
        Bound::MaxMarkup { of, by, .. } => {
            let basis = match of {
                CostBasis::Purchase => "purchase cost",
                CostBasis::Landed => "landed cost",
            };
            format!("at most {} on {basis}", percent(by))
        }
        Bound::Price { side, limit } => {
            let side = match side {
                Side::Floor => "at least",
                Side::Ceiling => "at most",
            };
            match limit {
                Limit::Amount(amount) => format!("{side} {}", money(amount)),
                Limit::Relative { attr, share, .. } => {
                    format!("{side} {} of {}", percent(share), schema.attr(*attr).name)
                }
            }
        }
        Bound::Absolute { low, high } => format!("between {} and {}", money(low), money(high)),
        Bound::MaxChange { down, up, per } => {
            let within = per.map(|per| format!(" within {}", show_duration(per))).unwrap_or_default();
            format!("no move beyond {} .. {}{within}", signed_percent(*down), signed_percent(*up))
        }
        Bound::MinChange(by) => format!("no move smaller than {}", percent(by)),
        Bound::Cooldown(seconds) => format!("no move within {} of the last", show_duration(*seconds)),
        Bound::KeepPrice => "keep the price while the feed is stale".to_owned(),
        Bound::Announce(before) => {
            format!("announced reductions show the lowest price of the {} before", show_duration(*before))
        }
    }
}

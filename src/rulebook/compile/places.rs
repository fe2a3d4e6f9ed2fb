//! Every market in which every channel sells.

use super::adjustments::adjustments;
use super::fees::fees;
use super::guards::guards;
use super::rounds::rounds;
use super::rules::rules;
use super::scopes::{Here, market_holds};
use super::strategies::Site;
use crate::facts::{RivalId, Schema, Symbols, builtin};
use crate::money::{Fraction, Ratio};
use crate::pricing::{Place, RivalSet, Vat};
use crate::rulebook::analysis::Contest;
use crate::rulebook::book::{
    AdjustmentSpec, ChannelSpec, GuardSpec, Manifest, MarketSpec, Names, RoundSpec, RuleSpec, SetSpec,
};
use crate::rulebook::syntax::Findings;
use std::collections::BTreeMap;

/// A rulebook as read.
pub struct Book {
    pub manifest: Manifest,
    pub rules: Vec<RuleSpec>,
    pub adjustments: Vec<AdjustmentSpec>,
    pub limit: Option<(Ratio, Ratio)>,
    pub guards: Vec<GuardSpec>,
    pub rounds: Vec<RoundSpec>,
}

/// The places, and what the analysis of conflicts starts from.
#[derive(Debug, Default)]
pub struct Compiled {
    pub places: Vec<Place>,
    pub rivals: Symbols,
    pub contests: Vec<Contest>,
}

pub fn compile(book: &Book, names: &Names, schema: &Schema, out: &mut Findings) -> Compiled {
    let sets = &book.manifest.sets;
    let mentioned = sets.iter().flat_map(|set| set.members.iter().chain(&set.own)).map(ToString::to_string);
    let mut compiled = Compiled { rivals: Symbols::new(mentioned, false), ..Compiled::default() };
    for market in &book.manifest.markets {
        for channel in &book.manifest.channels {
            let here =
                Here { schema, market: &market.name, channel: &channel.name, currency: market.currency };
            let sells = channel.only.as_ref().is_none_or(|cell| market_holds(cell, here, out));
            if sells {
                let place = place(book, market, channel, names, here, &mut compiled, out);
                compiled.places.extend(place);
            }
        }
    }
    compiled
}

fn place(
    book: &Book,
    market: &MarketSpec,
    channel: &ChannelSpec,
    names: &Names,
    here: Here<'_>,
    compiled: &mut Compiled,
    out: &mut Findings,
) -> Option<Place> {
    let vat = vat(market, here.schema);
    let sets = rival_sets(&book.manifest.sets, names, &market.name, &compiled.rivals);
    out.about(format!("channel `{}`", channel.name));
    let fees = fees(channel, here, out);
    out.about(None);
    let contests = &mut compiled.contests;
    let guards = guards(&book.guards, here, &vat, &market.zone, contests, out);
    let guard_at: BTreeMap<&str, u16> = guards.iter().zip(0..).map(|(guard, at)| (&*guard.id, at)).collect();
    let site = Site { here, names, channel, vat: &vat, sets: &sets, fees: fees.as_ref() };
    let rules = rules(&book.rules, &site, &market.zone, &guard_at, contests, out);
    let adjustments = adjustments(&book.adjustments, here, &market.zone, &guard_at, contests, out);
    let rounds = rounds(&book.rounds, here, &market.zone, contests, out);
    Some(Place {
        market: market.name.clone(),
        channel: channel.name.clone(),
        currency: market.currency,
        zone: market.zone.clone(),
        vat,
        landed: market.landed,
        fx: market.fx,
        cost_from: channel.cost_from,
        fees: fees?,
        plausibility: book.manifest.facts,
        sets,
        rules: rules.into(),
        adjustments,
        limit: book.limit,
        guards,
        rounds,
    })
}

fn vat(market: &MarketSpec, schema: &Schema) -> Box<[Vat]> {
    let symbols = &schema.attr(builtin::VAT_CLASS).symbols;
    let class = |(name, rate): &(Box<str>, Ratio)| Vat {
        class: name.clone(),
        symbol: symbols.lookup(name),
        rate: *rate,
        one_plus: Fraction::ONE.add(Fraction::of(*rate)).unwrap_or(Fraction::ONE),
    };
    market.vat.iter().map(class).collect()
}

/// The sets that a market has, in the order of their names in the rulebook.
fn rival_sets(sets: &[SetSpec], names: &Names, market: &str, rivals: &Symbols) -> Box<[RivalSet]> {
    let ids = |names: &[Box<str>]| -> Box<[RivalId]> {
        let mut ids: Vec<RivalId> = names.iter().map(|name| RivalId(rivals.lookup(name))).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into()
    };
    let chosen = |name: &str| {
        let named = || sets.iter().filter(|set| *set.name == *name);
        let own = named().find(|set| set.market.as_deref() == Some(market));
        own.or_else(|| named().find(|set| set.market.is_none()))
    };
    let set = |set: &SetSpec| {
        let (matching, matching_text) = set.matching.clone().unzip();
        let (age, age_text) = set.age.clone().unzip();
        RivalSet {
            name: set.name.clone(),
            members: ids(&set.members),
            own: ids(&set.own),
            matching: matching.map(Into::into),
            age: age.map(Into::into),
            in_stock: set.in_stock,
            delivery: set.delivery,
            at_least: set.at_least,
            matching_text: matching_text.unwrap_or_default(),
            age_text: age_text.unwrap_or_default(),
        }
    };
    names.sets.iter().filter_map(|name| chosen(name)).map(set).collect()
}

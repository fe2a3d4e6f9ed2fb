//! What a strategy proposes (semantics 4, decisions 5).

use super::costs;
use super::markdown;
use super::num::{self, AMOUNT_PLACES, Q};
use super::offers;
use super::optimise;
use super::price::{Ask, Refusal, Stop, amount};
use super::strategy::{Aim, Rule, Strategy};
use super::text;
use super::twin;
use super::winner::{self, Candidate, Won};
use std::collections::BTreeSet;

/// A gross target, and what hangs on the strategy that gave it (decisions 5.6).
#[derive(Clone, Debug)]
pub struct Proposal {
    pub target: Q,
    pub strategy: &'static str,
    pub intent: Option<Intent>,
    pub feeds: BTreeSet<&'static str>,
    /// an `else` alternative gave the price
    pub fallback: bool,
    /// seasons and stock rules apply (semantics 5)
    pub adjusts: bool,
    /// an `optimise` wanted a price outside its region
    pub trust_region: bool,
    /// a `markdown` gave it, or a part of it
    pub clearance: bool,
    /// `relative` itself gave it
    pub link: Option<Link>,
}

/// What `link-broken` looks at (decisions 18.4).
#[derive(Clone, Debug)]
pub struct Link {
    pub twin: Q,
    /// by ≤ 0: not above the twin
    pub below: bool,
}

impl Proposal {
    pub fn plain(target: Q, strategy: &'static str, feeds: &[&'static str]) -> Proposal {
        Proposal {
            target,
            strategy,
            intent: None,
            feeds: feeds.iter().copied().collect(),
            fallback: false,
            adjusts: strategy != "fixed" && strategy != "keep",
            trust_region: false,
            clearance: false,
            link: None,
        }
    }

    /// fixed and keep are not rounded (semantics 7).
    pub fn stands_as_it_is(&self) -> bool {
        self.strategy == "fixed" || self.strategy == "keep"
    }
}

/// What the final price is compared with: the exact rank price of `follow`.
#[derive(Clone, Debug)]
pub enum Intent {
    AtMost(Q),
    AtLeast(Q),
}

/// The winner among the rules of layers up to `latest`.
pub fn winner<'a>(ask: &Ask<'a>, latest: usize) -> Result<Option<Won<'a, Rule>>, Stop> {
    let setting = ask.setting();
    let candidates = ask
        .book
        .rules
        .iter()
        .filter(|entry| entry.body.layer <= latest && entry.holds(&setting))
        .map(|entry| Candidate { entry, layer: entry.body.layer })
        .collect();
    winner::winner(candidates, &ask.book.currencies).map_err(Stop::Broken)
}

/// The rule's own price, then its alternatives in order.
pub fn propose(ask: &mut Ask, rule: &Rule) -> Result<Option<Proposal>, Stop> {
    if let Some(proposal) = target(ask, &rule.price)? {
        return Ok(Some(proposal));
    }
    for alternative in &rule.otherwise {
        if let Some(proposal) = target(ask, alternative)? {
            return Ok(Some(Proposal { fallback: true, ..proposal }));
        }
    }
    Ok(None)
}

fn quantised(exact: &Q) -> Result<Q, Refusal> {
    amount(num::half_even(exact, AMOUNT_PLACES))
}

fn target(ask: &mut Ask, strategy: &Strategy) -> Result<Option<Proposal>, Stop> {
    let plain = Proposal::plain;
    Ok(match strategy {
        Strategy::CostPlus(aim) => {
            let Some(exact) = cost_plus(ask, aim) else {
                return Ok(None);
            };
            let converted = ask.facts.cost.as_ref().is_some_and(|cost| cost.rate.is_some());
            Some(plain(quantised(&exact)?, "cost-plus", if converted { &["fx"] } else { &[] }))
        }
        Strategy::Follow { set, rank, by } => {
            let Some(reference) = reference(ask, set, *rank) else {
                return Ok(None);
            };
            let target = quantised(&(&reference * (num::one() + by)))?;
            let intent =
                if *by <= num::zero() { Intent::AtMost(reference) } else { Intent::AtLeast(reference) };
            Some(Proposal { intent: Some(intent), ..plain(target, "follow", &["competitors"]) })
        }
        Strategy::Index { set, of, at } => match reference(ask, set, *of) {
            None => None,
            Some(reference) => Some(plain(quantised(&(reference * at))?, "index", &["competitors"])),
        },
        Strategy::Fixed(value) => value.of(&ask.market.currency).map(|value| plain(value, "fixed", &[])),
        Strategy::FixedTable(rows) => {
            let setting = ask.setting();
            let holding = rows.iter().filter(|row| row.holds(&setting));
            let candidates = holding.map(|entry| Candidate { entry, layer: 0 }).collect();
            let row = winner::winner(candidates, &ask.book.currencies).map_err(Stop::Broken)?;
            row.and_then(|row| row.entry.body.of(&ask.market.currency))
                .map(|value| plain(value, "fixed", &[]))
        }
        Strategy::Keep { max_age } => {
            let young = |current: &Q| {
                let since = ask.history.since(current, ask.at);
                let age = since.map(|since| text::seconds_between(since, ask.at));
                age.is_none_or(|age| max_age.as_ref().is_none_or(|most| age <= *most))
            };
            let (current, kept) = (ask.facts.current(), ask.facts.current().filter(young));
            if current.is_some() && kept.is_none() {
                ask.trail.push("keep too old".into());
            }
            kept.map(|current| plain(current, "keep", &[]))
        }
        Strategy::Use(layer) => {
            let used = used(ask, layer)?;
            ask.trail.extend(used.is_some().then(|| "strategy use".into()));
            used
        }
        Strategy::Optimise(rule) => optimise::target(ask, rule)?,
        Strategy::Markdown(rule) => markdown::target(ask, rule)?,
        Strategy::Relative { to, by } => twin::target(ask, to, by)?,
        Strategy::Fade { start, end, over, versus } => {
            let Some(age) = ask.facts.quantity("on_sale_for").filter(|age| *age >= num::zero()) else {
                return Ok(None);
            };
            let Some(used) = used(ask, versus)? else {
                return Ok(None);
            };
            let x = (age / over).min(num::one());
            ask.trail.push(if x == num::one() { "faded".into() } else { "fading".into() });
            let target = quantised(&(&used.target * (num::one() + start + (end - start) * x)))?;
            Some(Proposal { target, strategy: "fade", intent: None, adjusts: true, link: None, ..used })
        }
        Strategy::Blend { parts, renormalise } => blend(ask, parts, *renormalise)?,
    })
}

/// What the winner of a layer or an earlier one proposes, its `else` included.
fn used(ask: &mut Ask, layer: &str) -> Result<Option<Proposal>, Stop> {
    let latest = ask.book.book.layers.iter().position(|name| name == layer).expect("checked when parsed");
    match winner(ask, latest)? {
        None => Ok(None),
        Some(won) => propose(ask, &won.entry.body),
    }
}

/// The three formulas of semantics 4; none if there is no cost or the denominator is not positive.
fn cost_plus(ask: &Ask, aim: &Aim) -> Option<Q> {
    let landed = &ask.facts.cost.as_ref()?.landed;
    let net_share = num::one() / (num::one() + &ask.facts.vat);
    let passed_on = &ask.channel.pass_on * costs::commission(ask.channel);
    let (above, below) = match aim {
        Aim::Margin(margin) => (landed.clone(), (num::one() - margin) * net_share - passed_on),
        Aim::Markup(markup) => (landed * (num::one() + markup), net_share - passed_on),
        Aim::Profit(profit) => (landed + profit.of(&ask.market.currency)?, net_share - passed_on),
    };
    (below > num::zero()).then(|| above / below)
}

/// The exact rank price of a rival set in this market, if enough rivals are valid.
fn reference(ask: &mut Ask, set: &str, rank: offers::Rank) -> Option<Q> {
    let rivals = ask.book.book.rivals.get(set)?.get(&ask.case.market)?;
    let survey = offers::survey(ask.book, ask.case, &ask.facts, rivals, ask.at);
    ask.excluded.extend(survey.excluded);
    ask.trail.push(format!("rank {rank:?}"));
    if survey.prices.len() < rivals.at_least {
        return None;
    }
    offers::rank(&survey.prices, rank)
}

/// Weighted mean of the parts' targets; each part and the result are quantised (decisions 5.1).
fn blend(ask: &mut Ask, parts: &[(Q, Strategy)], renormalise: bool) -> Result<Option<Proposal>, Stop> {
    let (mut sum, mut weights) = (num::zero(), num::zero());
    let mut blended = Proposal::plain(num::zero(), "blend", &[]);
    let mut complete = true;
    for (weight, part) in parts {
        match target(ask, part)? {
            None => complete = false,
            Some(proposal) => {
                sum += weight * proposal.target;
                weights += weight;
                ask.trail.push(format!("part {}", proposal.strategy));
                blended.feeds.extend(proposal.feeds);
                blended.fallback |= proposal.fallback;
                blended.trust_region |= proposal.trust_region;
                blended.clearance |= proposal.clearance;
            }
        }
    }
    if weights == num::zero() || !(complete || renormalise) {
        return Ok(None);
    }
    blended.target = quantised(&(sum / weights))?;
    Ok(Some(blended))
}

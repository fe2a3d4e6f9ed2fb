//! The pipeline for one item, market and channel, in the order of semantics 1 and decisions 9.

use super::adjust;
use super::book::{Channel, Market};
use super::cell::Value;
use super::costs;
use super::entry::{Entry, Setting};
use super::facts::{self, Facts};
use super::guard::{Bound, CLASSES, Class, Guard};
use super::history::{self, History};
use super::num::{self, AMOUNT_PLACES, Q, RATIO_PLACES};
use super::propose::{self, Proposal};
use super::range::{self, Bounded, Range};
use super::settle::{self, Round, Settled};
use super::strategy::Rule;
use super::text;
use super::twin::Way;
use super::winner::{self, Candidate, Won};
use super::{Answer, CaseInput, Held, Priced, Rulebook};
use std::collections::BTreeSet;

/// A refusal: its code and the guards it names.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub guards: Vec<String>,
}

impl Refusal {
    pub fn of(code: &'static str) -> Refusal {
        Refusal { code, guards: Vec::new() }
    }

    /// Names a guard, once; an overflow names none.
    pub fn by(mut self, guard: &str) -> Refusal {
        if self.code != "AMOUNT_OVERFLOW" && !self.guards.iter().any(|named| named == guard) {
            self.guards.push(guard.into());
        }
        self
    }
}

/// Why a case ends before it has a price.
pub enum Stop {
    Quarantined(Vec<String>),
    Refused(Refusal),
    /// The rulebook is not one that passes check.
    Broken(String),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// A quantised amount, if it fits (decisions 1.1).
pub fn amount(value: Q) -> Result<Q, Refusal> {
    if num::fits(&value, AMOUNT_PLACES) { Ok(value) } else { Err(Refusal::of("AMOUNT_OVERFLOW")) }
}

/// One question with its checked facts.
pub struct Ask<'a> {
    pub book: &'a Rulebook,
    pub case: &'a CaseInput,
    pub market: &'a Market,
    pub channel: &'a Channel,
    pub facts: Facts,
    pub history: History,
    pub way: &'a Way,
    pub at: jiff::Timestamp,
    /// what stays, whoever gives the price (decisions 15.8)
    pub flags: BTreeSet<&'static str>,
    /// the target, where the caller knows its last digits better (decisions 15.5)
    forced: Option<Q>,
    /// rivals that were looked at and not used
    pub excluded: BTreeSet<(String, String)>,
    /// what happened, for coverage
    pub trail: Vec<String>,
}

impl<'a> Ask<'a> {
    pub fn setting(&self) -> Setting<'_> {
        Setting {
            values: &self.facts.values,
            currency: &self.market.currency,
            zone: &self.market.zone,
            at: self.at,
        }
    }

    /// The entries of a section that hold, one per id.
    fn active<Body>(&self, entries: &'a [Entry<Body>]) -> Result<Vec<&'a Entry<Body>>, Stop> {
        let setting = self.setting();
        let holding = entries.iter().filter(|entry| entry.holds(&setting)).collect();
        winner::one_per_id(holding, &self.book.currencies).map_err(Stop::Broken)
    }

    fn show(&self, price: &Q) -> String {
        num::show(price, text::minor_digits(&self.market.currency))
    }
}

/// The answer, and words on what was reached on the way (for coverage).
pub fn price_with_trail(book: &Rulebook, case: &CaseInput) -> (Answer, Vec<String>) {
    let mut trail = Vec::new();
    let answer = answered(run(book, case, &Way::default(), None, &mut trail));
    (answer.unwrap_or_else(|stop| broken(&stop)), trail)
}

/// The answer with this target instead of the strategy's own.
pub fn price_with_target(book: &Rulebook, case: &CaseInput, target: &str) -> Answer {
    let (forced, _) = num::parse(target).expect("an amount");
    let answer = answered(run(book, case, &Way::default(), Some(forced), &mut Vec::new()));
    answer.unwrap_or_else(|stop| broken(&stop))
}

/// The answer for a twin.
pub fn on_the_way(book: &Rulebook, case: &CaseInput, way: &Way) -> Result<Answer, Stop> {
    answered(run(book, case, way, None, &mut Vec::new()))
}

fn answered(outcome: Result<Answer, Stop>) -> Result<Answer, Stop> {
    match outcome {
        Err(Stop::Quarantined(reasons)) => Ok(Answer::Quarantined { reasons }),
        Err(Stop::Refused(Refusal { code, mut guards })) => {
            guards.sort();
            Ok(Answer::Refused { code: code.into(), guards })
        }
        other => other,
    }
}

fn broken(stop: &Stop) -> ! {
    match stop {
        Stop::Broken(why) => panic!("not a rulebook that passes check: {why}"),
        Stop::Quarantined(_) | Stop::Refused(_) => panic!("every other end is an answer"),
    }
}

fn run(
    book: &Rulebook,
    case: &CaseInput,
    way: &Way,
    forced: Option<Q>,
    trail: &mut Vec<String>,
) -> Result<Answer, Stop> {
    let broken = |what: &str| Stop::Broken(what.to_string());
    let market = book.book.markets.get(&case.market).ok_or_else(|| broken("an unknown market"))?;
    let channel = book.book.channels.get(&case.channel).ok_or_else(|| broken("an unknown channel"))?;
    let at = text::instant(&case.at).ok_or_else(|| broken("`at` is no instant"))?;
    let here = Value::Text(case.market.clone());
    if channel.only.as_ref().is_some_and(|only| !only.holds(Some(&here), "")) {
        return Err(broken("a channel that does not sell in this market"));
    }
    let facts = facts::check(book, case, market, channel, at)?;
    let history = History::of(case, &market.currency, at);
    let mut ask = Ask {
        book,
        case,
        market,
        channel,
        facts,
        history,
        way,
        at,
        flags: BTreeSet::new(),
        forced,
        excluded: BTreeSet::new(),
        trail: Vec::new(),
    };
    way.enter(case.sku());
    let answer = answer(&mut ask);
    way.leave();
    trail.append(&mut ask.trail);
    answer
}

fn answer(ask: &mut Ask) -> Result<Answer, Stop> {
    let won = propose::winner(ask, ask.book.book.layers.len())?;
    if let Some(reason) = ask.facts.suspicion {
        return held(ask, won.as_ref(), reason, reason);
    }
    let Some(won) = won else {
        return held(ask, None, "NO_RULE", "NO_PRICE");
    };
    match propose::propose(ask, &won.entry.body)? {
        None => held(ask, Some(&won), "NO_STRATEGY", "NO_PRICE"),
        Some(proposal) => {
            let target = ask.forced.take().unwrap_or_else(|| proposal.target.clone());
            priced(ask, &won, Proposal { target, ..proposal })
        }
    }
}

/// The reference price of the guards that announce one: the lowest of theirs (decisions 14.7).
fn announced(ask: &mut Ask, guards: &[&Entry<Guard>]) -> Option<String> {
    let days = guards.iter().filter_map(|entry| entry.body.announce);
    let lowest = days.filter_map(|days| ask.history.reference(days, ask.at)).min()?;
    ask.trail.push("announced".into());
    Some(num::show(&lowest, AMOUNT_PLACES))
}

/// The bounds of the guards that act, class by class, sorted by name.
fn bounded(
    ask: &Ask,
    guards: &[&Entry<Guard>],
    feeds: &BTreeSet<&str>,
    classes: &[Class],
) -> Result<Bounded, Stop> {
    let bounds = |class: Class| -> Result<Vec<Bound>, Refusal> {
        let mut all = Vec::new();
        for entry in guards.iter().filter(|entry| entry.body.class == class && entry.body.acts(ask, feeds)) {
            all.extend(entry.body.bounds(&entry.parent, ask)?);
        }
        Ok(all)
    };
    Ok(range::bounded(text::minor_digits(&ask.market.currency), classes, &bounds)?)
}

/// Held (decisions 7.9): the current price, moved only by legal and safety guards.
fn held(ask: &mut Ask, won: Option<&Won<Rule>>, reason: &str, code: &'static str) -> Result<Answer, Stop> {
    let currency = &ask.market.currency;
    let payable = |price: &Q| settle::is_payable(price, currency);
    let current = ask.facts.current().filter(payable).ok_or(Refusal::of(code))?;
    let guards = ask.active(&ask.book.guards)?;
    let hard = bounded(ask, &guards, &BTreeSet::new(), &CLASSES[..2])?;
    let mut hit: BTreeSet<String> = hard.yielded.iter().cloned().collect();
    let moved = !hard.range.contains(&current);
    hit.extend(hard.range.guard_beyond(&current).cloned());
    let price = if moved { settle::nearest_inside(&hard.range, &current, currency) } else { current };
    let mut flags = ask.flags.clone();
    if moved {
        flags.insert("moved");
    }
    if !hard.yielded.is_empty() {
        flags.insert("guard-conflict");
    }
    Ok(Answer::Held(Held {
        reason: reason.into(),
        price: ask.show(&price),
        rule: won.map(|won| won.entry.parent.clone()),
        hit: hit.into_iter().collect(),
        flags: flags.into_iter().map(String::from).collect(),
        kind: history::kind_of(&ask.facts.values),
        reference: announced(ask, &guards),
    }))
}

fn priced(ask: &mut Ask, won: &Won<Rule>, proposal: Proposal) -> Result<Answer, Stop> {
    let mut flags = ask.flags.clone();
    if proposal.fallback {
        flags.insert("fallback");
    }
    if proposal.trust_region {
        flags.insert("trust-region");
    }
    ask.trail.push(format!("strategy {}", proposal.strategy));

    // adjust
    let adjustments = if proposal.adjusts { adjustments(ask)? } else { Vec::new() };
    let plain: Vec<&adjust::Adjustment> = adjustments.iter().map(|entry| &entry.body).collect();
    let (changes, fitted): (Vec<Q>, Vec<_>) = plain.iter().map(|entry| entry.change(&ask.setting())).unzip();
    ask.trail.extend(fitted.into_iter().flatten());
    let adjusted = match adjust::factor(&changes, ask.book.limit.as_ref()) {
        None => proposal.target.clone(),
        Some(factor) => amount(num::half_even(&(&proposal.target * factor), AMOUNT_PLACES))?,
    };
    let adjusting = if plain.is_empty() { "adjusted no" } else { "adjusted yes" };
    ask.trail.push(adjusting.into());

    // bound
    let relaxed: BTreeSet<&String> =
        won.entry.body.relax.iter().chain(plain.iter().flat_map(|entry| &entry.relax)).collect();
    let (removed, guards): (Vec<_>, Vec<_>) =
        ask.active(&ask.book.guards)?.into_iter().partition(|entry| relaxed.contains(&entry.parent));
    if !removed.is_empty() {
        flags.insert("needs-approval");
    }
    let bounded = bounded(ask, &guards, &proposal.feeds, &CLASSES)?;
    let mut hit: BTreeSet<String> = bounded.yielded.iter().cloned().collect();
    if !hit.is_empty() {
        flags.insert("guard-conflict");
    }

    // settle
    let settled = if proposal.stands_as_it_is() {
        stand(ask, &bounded.range, &adjusted, &mut hit)
    } else {
        round(ask, &bounded, &adjusted, &proposal, &mut hit)?
    };
    let mut price = settled.price.clone();
    match stay(ask, &guards, &bounded.range, &proposal, &price) {
        Some((current, guard)) => {
            price = current;
            hit.insert(guard);
            ask.trail.push("min_change kept".into());
        }
        None if settled.no_ending => drop(flags.insert("no-ending")),
        None => {}
    }
    let price = amount(price)?;
    if let Some(link) = &proposal.link
        && (if link.below { price > link.twin } else { price < link.twin })
    {
        flags.insert("link-broken");
    }
    let kind = match proposal.strategy {
        _ if proposal.clearance => "clearance".into(),
        "keep" => history::kind_of(&ask.facts.values),
        _ => "regular".into(),
    };
    let reference = announced(ask, &guards);
    for entry in guards.iter().filter(|entry| hit.contains(&entry.parent)) {
        let how = if bounded.yielded.contains(&entry.parent) { "yielded" } else { "hit" };
        ask.trail.push(format!("class {:?} {how}", entry.body.class));
    }

    let net = &price / (num::one() + &ask.facts.vat);
    let margin =
        ask.facts.cost.as_ref().map(|cost| num::half_even(&((&net - &cost.landed) / &net), RATIO_PLACES));
    let unit = costs::unit(&ask.facts, ask.channel, ask.case, ask.market, ask.at).ok();
    let contribution = unit.map(|unit| num::half_even(&(unit.a * &price - unit.c), AMOUNT_PLACES));
    Ok(Answer::Priced(Priced {
        price: ask.show(&price),
        currency: ask.market.currency.clone(),
        rule: won.entry.parent.clone(),
        row: won.entry.row,
        because: won.because.into(),
        fallback: proposal.fallback,
        hit: hit.into_iter().collect(),
        flags: flags.into_iter().map(String::from).collect(),
        kind,
        reference,
        excluded: ask.excluded.iter().cloned().collect(),
        target: num::show(&proposal.target, AMOUNT_PLACES),
        adjusted: num::show(&adjusted, AMOUNT_PLACES),
        margin: margin.map(|margin| num::show(&margin, RATIO_PLACES)),
        contribution: contribution.map(|value| num::show(&value, AMOUNT_PLACES)),
    }))
}

/// The seasons and stock rules that match here and now.
fn adjustments<'a>(ask: &Ask<'a>) -> Result<Vec<&'a Entry<adjust::Adjustment>>, Stop> {
    let local = ask.at.to_zoned(ask.market.zone.clone()).datetime();
    let setting = ask.setting();
    // A fitted season is one for each category of its file: of the others it is silent.
    let concerning =
        ask.book.seasons.iter().filter(|entry| entry.holds(&setting) && entry.body.concerns(&setting));
    let mut all = winner::one_per_id(concerning.collect(), &ask.book.currencies).map_err(Stop::Broken)?;
    all.extend(ask.active(&ask.book.stocks)?);
    all.retain(|entry| entry.body.when.holds(local));
    Ok(all)
}

/// fixed and keep: the price itself if it is payable and lies in R, else the nearest payable one inside.
fn stand(ask: &Ask, range: &Range, price: &Q, hit: &mut BTreeSet<String>) -> Settled {
    hit.extend(range.guard_beyond(price).cloned());
    let stands = range.contains(price) && settle::is_payable(price, &ask.market.currency);
    let price =
        if stands { price.clone() } else { settle::nearest_inside(range, price, &ask.market.currency) };
    Settled { price, no_ending: false }
}

/// Everything else is clamped and rounded.
fn round(
    ask: &mut Ask,
    bounded: &Bounded,
    target: &Q,
    proposal: &Proposal,
    hit: &mut BTreeSet<String>,
) -> Result<Settled, Stop> {
    let currency = &ask.market.currency;
    let (target, moved) = range::clamp(bounded, target);
    hit.extend(moved); // decisions 7.4 (a)
    let setting = ask.setting();
    let holding = ask.book.rounds.iter().filter(|entry| entry.holds(&setting));
    let candidates = holding.map(|entry| Candidate { entry, layer: 0 }).collect();
    let won = winner::winner(candidates, &ask.book.currencies).map_err(Stop::Broken)?;
    let rule: Option<&Round> = won.map(|won| &won.entry.body);
    let settle = |range: &Range| {
        settle::settle(range, &target, rule, proposal.intent.as_ref(), currency).map_err(Stop::Broken)
    };
    let free = settle(&Range::everything(text::minor_digits(currency)))?;
    hit.extend(bounded.range.guard_beyond(&free.price).cloned()); // decisions 7.4 (b)
    let settled = settle(&bounded.range)?;
    ask.trail.push(rule.map_or("way none".into(), |rule| format!("way {:?}", rule.way)));
    Ok(settled)
}

/// `min_change` (decisions 7.7): a smaller move keeps the current price; the guard named is the largest.
fn stay(
    ask: &Ask,
    guards: &[&Entry<Guard>],
    range: &Range,
    proposal: &Proposal,
    price: &Q,
) -> Option<(Q, String)> {
    let current = ask.facts.regular().filter(|_| proposal.strategy != "fixed")?;
    let acting = guards.iter().filter(|entry| entry.body.acts(ask, &proposal.feeds));
    let asking =
        acting.filter_map(|entry| Some((entry.body.min_change.clone()?, entry.body.class, &entry.parent)));
    let (by, _, guard) = asking.reduce(|best, next| {
        let larger = next.0 > best.0 || (next.0 == best.0 && (next.1, next.2) < (best.1, best.2));
        if larger { next } else { best }
    })?;
    let small = num::abs(&(price - &current)) < by * &current;
    let stands = settle::is_payable(&current, &ask.market.currency) && range.contains(&current);
    (small && stands && *price != current).then(|| (current, guard.clone()))
}

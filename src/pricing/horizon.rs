//! Until when an answer holds: the next moment at which time alone can change it.
//!
//! Rules, seasons, guards and roundings open and close; offers, rates and feeds grow too old or become known; durations run
//! on. Everything of the place counts, whether or not it concerns the item: the moment is never too late, at worst early.
//! Where a price moves with the clock itself, or with what prices were, it is looked at again after a minute.

use super::{Bound, Fixed, Now, Place, Row, Rule, Scope, Strategy, Test, When, Window, World};
use crate::facts::{AttrId, Value};
use crate::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// How long what moves with the clock is taken to hold, in seconds.
const MOVING: i64 = 60;

/// What time can change in one place; made once for a release.
#[derive(Clone, Debug, Default)]
pub struct Horizon {
    /// Sorted.
    edges: Box<[i64]>,
    whens: Box<[When]>,
    /// The durations that cells ask for, and the values at which a cell begins or ceases to hold.
    durations: Box<[(AttrId, Box<[i64]>)]>,
    /// The same for the ages of offers and of feeds.
    offer_ages: Box<[i64]>,
    feed_ages: Box<[i64]>,
    /// In which channel costs are written.
    currencies: Box<[Currency]>,
    /// Of each rule, whether it moves prices with the clock, or follows another item.
    moving: Box<[bool]>,
    /// A rule or guard asks how long a price has been in force.
    remembers: bool,
}

#[derive(Default)]
struct Found {
    edges: BTreeSet<i64>,
    whens: Vec<When>,
    spans: BTreeMap<AttrId, BTreeSet<i64>>,
    remembers: bool,
}

impl Found {
    fn window(&mut self, window: Window) {
        self.edges.extend([window.from, window.until]);
    }

    fn scope(&mut self, scope: &Scope) {
        for cond in scope.boxes.iter().flatten() {
            if let Test::Spans(spans) = &cond.test {
                edges_of(spans, self.spans.entry(cond.attr).or_default());
            }
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.window(rule.window);
        self.scope(&rule.scope);
        std::iter::once(&rule.strategy).chain(&rule.otherwise).for_each(|strategy| self.strategy(strategy));
    }

    fn strategy(&mut self, strategy: &Strategy) {
        match strategy {
            Strategy::Fixed(Fixed::Table(rows)) => rows.iter().for_each(|row| self.scope(&row.scope)),
            Strategy::Blend { parts, .. } => parts.iter().for_each(|part| self.strategy(&part.strategy)),
            Strategy::Keep { max_age: Some(_) } => self.remembers = true,
            _ => {}
        }
    }
}

/// Which rules have a price that moves with the clock; one that uses another layer may use one that does.
fn moving(place: &Place) -> Box<[bool]> {
    fn moves(strategy: &Strategy, used: bool) -> bool {
        match strategy {
            Strategy::Fade(_) | Strategy::Markdown(_) | Strategy::Relative(_) => true,
            Strategy::Use { .. } => used,
            Strategy::Blend { parts, .. } => parts.iter().any(|part| moves(&part.strategy, used)),
            _ => false,
        }
    }
    let any = |rule: &Rule, used| {
        std::iter::once(&rule.strategy).chain(&rule.otherwise).any(|strategy| moves(strategy, used))
    };
    let used = place.rules.iter().any(|rule| any(rule, false));
    place.rules.iter().map(|rule| any(rule, used)).collect()
}

/// The first value inside each span and the first beyond it.
fn edges_of(spans: &[(i64, i64)], edges: &mut BTreeSet<i64>) {
    edges.extend(spans.iter().flat_map(|(low, high)| [*low, high.saturating_add(1)]));
}

impl Horizon {
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let mut found = Found::default();
        place.rules.iter().for_each(|rule| found.rule(rule));
        for variant in place.adjustments.iter().flat_map(|adjustment| &adjustment.variants) {
            found.window(variant.window);
            found.scope(&variant.scope);
            for when in std::iter::once(variant.when.clone()).chain(variant.adjust.turns()) {
                if when != When::default() && !found.whens.contains(&when) {
                    found.whens.push(when);
                }
            }
        }
        let mut feed_ages = BTreeSet::new();
        for variant in place.guards.iter().flat_map(|guard| &guard.variants) {
            found.window(variant.window);
            found.scope(&variant.scope);
            variant.when.iter().for_each(|stale| edges_of(&stale.age, &mut feed_ages));
            let remembers = |bound: &Bound| {
                matches!(
                    bound,
                    Bound::MaxChange { per: Some(_), .. } | Bound::Cooldown(_) | Bound::Announce(_)
                )
            };
            found.remembers |= variant.bounds.iter().any(remembers);
        }
        for round in &place.rounds {
            found.window(round.window);
            found.scope(&round.scope);
        }
        let mut offer_ages = BTreeSet::new();
        place.sets.iter().flat_map(|set| &set.age).for_each(|ages| edges_of(ages, &mut offer_ages));
        let fees = &place.fees;
        let money = fees.per_unit.iter().chain(&fees.per_order).map(|(_, money)| money.currency);
        let currencies: BTreeSet<Currency> =
            money.chain(fees.returns.map(|returns| returns.reverse.currency)).collect();
        let durations = found.spans.into_iter();
        Self {
            moving: moving(place),
            remembers: found.remembers,
            edges: found.edges.into_iter().collect(),
            whens: found.whens.into(),
            durations: durations.map(|(attr, edges)| (attr, edges.into_iter().collect())).collect(),
            offer_ages: offer_ages.into_iter().collect(),
            feed_ages: feed_ages.into_iter().collect(),
            currencies: currencies.into_iter().filter(|currency| *currency != place.currency).collect(),
        }
    }

    /// Whether the moment is exact for a price that the rule `winner` set: it does not move with the clock itself.
    #[must_use]
    pub fn is_exact(&self, world: &World<'_>, winner: Option<u32>) -> bool {
        let moves = winner.and_then(|rule| self.moving.get(usize::try_from(rule).ok()?));
        !moves.copied().unwrap_or(false) && (!self.remembers || world.history.is_none())
    }

    /// The first moment after the world's at which the answer for `row`, which the rule `winner` gave, may change, at most
    /// `most` seconds later.
    #[must_use]
    pub fn until(&self, row: &Row<'_>, world: &World<'_>, winner: Option<u32>, most: i64) -> i64 {
        let now = world.now.at;
        let mut first = First { now, at: now.saturating_add(most.max(1)) };
        if !self.is_exact(world, winner) {
            first.consider(now.saturating_add(MOVING));
        }
        if let Some(edge) = self.edges.get(self.edges.partition_point(|edge| *edge <= now)) {
            first.consider(*edge);
        }
        for (attr, edges) in &self.durations {
            match row.item.value(*attr) {
                // Falling: a span is left below its low end, and entered at its high end.
                Value::Until(end) => {
                    edges.iter().for_each(|edge| first.consider(end.saturating_sub(*edge).saturating_add(1)))
                }
                Value::Since(start) => {
                    edges.iter().for_each(|edge| first.consider(start.saturating_add(*edge)));
                }
                // A formula over a duration runs on with it.
                _ if world.release.schema.attr(*attr).derive.is_some() => {
                    first.consider(now.saturating_add(MOVING));
                }
                _ => {}
            }
        }
        for seen in row.offers.iter().filter_map(|offer| offer.seen_at) {
            first.consider(seen);
            self.offer_ages.iter().for_each(|age| first.consider(seen.saturating_add(*age)));
        }
        if let Some(known_at) = world.rivals_known_at {
            self.feed_ages.iter().for_each(|age| first.consider(known_at.saturating_add(*age)));
        }
        let cost = match row.item.value(world.place.cost_from) {
            Value::Money(_, currency) if currency != world.place.currency => Some(currency),
            _ => None,
        };
        for currency in self.currencies.iter().copied().chain(cost) {
            self.rate(currency, world, &mut first);
        }
        for when in &self.whens {
            next_change(when, world, &mut first);
        }
        first.at
    }

    fn rate(&self, from: Currency, world: &World<'_>, first: &mut First) {
        let (place, now) = (world.place, world.now.at);
        first.consider(world.rates.next(from, place.currency, now).unwrap_or(i64::MAX));
        if let Some(rate) = world.rates.find(from, place.currency, now) {
            let too_old = place.fx.max_age.map(|age| age.saturating_add(1));
            too_old
                .iter()
                .chain(&self.feed_ages)
                .for_each(|age| first.consider(rate.as_of.saturating_add(*age)));
        }
    }
}

/// The earliest moment after now.
struct First {
    now: i64,
    at: i64,
}

impl First {
    fn consider(&mut self, at: i64) {
        if self.now < at && at < self.at {
            self.at = at;
        }
    }
}

/// The first change of a recurring condition before what is known already. It changes only at midnight, at its own times,
/// and when the clock itself is changed.
fn next_change(when: &When, world: &World<'_>, first: &mut First) {
    let zone = &world.place.zone;
    let Ok(now) = jiff::Timestamp::from_second(world.now.at) else { return };
    let Ok(end) = jiff::Timestamp::from_second(first.at) else { return };
    let (today, last) = (zone.to_datetime(now).date(), zone.to_datetime(end).date());
    let mut moments = BTreeSet::new();
    moments.extend(zone.following(now).next().map(|transition| transition.timestamp().as_second()));
    let mut day = today;
    // Days are few: an answer holds for minutes or hours.
    for _ in 0..=8 {
        let seconds = when.times.iter().flat_map(|range| [range.from, range.until]).chain([0]);
        for second in seconds {
            let time =
                jiff::civil::Time::midnight() + jiff::SignedDuration::from_secs(i64::from(second % 86_400));
            let moment = zone.to_zoned(day.to_datetime(time));
            moments.extend(moment.map(|moment| moment.timestamp().as_second()).ok());
        }
        match day.tomorrow() {
            Ok(tomorrow) if day < last => day = tomorrow,
            _ => break,
        }
    }
    let holds = when.holds(&world.now);
    let changes = |at: &i64| world.now.at < *at && when.holds(&Now::new(*at, zone)) != holds;
    if let Some(at) = moments.into_iter().find(changes) {
        first.consider(at);
    }
}

//! The answer to one request from one release and fact set.

use super::Clock;
use super::convert::{self, Asked, Detail, Quote};
use super::proto;
use super::state::{LastMoment, Serving};
use super::status::{Condition, Failure};
use super::token::Keys;
use crate::explain::{Explanation, Subject};
use crate::facts::{Item, Names, Offer, ServedItem, Value, builtin};
use crate::pricing::{self, Horizon, Moment, Outcome, Place, Recorder, Release, Row, Twins, World};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What answers need besides the release and the facts.
#[derive(Clone, Debug)]
pub struct Desk {
    pub clock: Clock,
    pub keys: Arc<Keys>,
    /// How long a recommended price is to be used at most, in seconds.
    pub validity: i64,
}

/// Keeps a panic, which would be our bug, to the one request that met it.
///
/// # Errors
/// As `answer`.
pub fn contained<T>(answer: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| {
        tracing::error!("a quote panicked");
        Err(Failure::new(Condition::Internal, "the quote failed for a reason of our own; please report it"))
    })
}

/// The answer to one request from one release and fact set.
///
/// # Errors
/// The first condition of the status table that holds.
pub fn quote(
    serving: &Serving,
    request: proto::QuotePriceRequest,
    desk: &Desk,
) -> Result<proto::Decision, Failure> {
    let quote = convert::read_quote(request, &serving.release).map_err(Failure::invalid)?;
    at_counter(serving, &quote, desk, |counter, priced, _| counter.price(priced))
}

/// What a request is about, for `look`: the row and its world, the item as it is served, or the facts that were given.
///
/// # Errors
/// As [`quote`], and as `look`.
pub fn with_item<T>(
    serving: &Serving,
    request: proto::QuotePriceRequest,
    desk: &Desk,
    look: impl FnOnce(
        &Row<'_>,
        &World<'_>,
        Option<&ServedItem<'_>>,
        Option<&BTreeMap<String, String>>,
    ) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let quote = convert::read_quote(request, &serving.release).map_err(Failure::invalid)?;
    at_counter(serving, &quote, desk, |counter, priced, served| {
        let row = Row { item: priced.item, offers: priced.offers };
        let world = counter.world(priced);
        let twins = Twins::of(&row, &world, &serving.facts);
        look(&row, &world.with_twins(&twins), served, priced.facts)
    })
}

/// Finds the place and the item of a request.
fn at_counter<T>(
    serving: &Serving,
    quote: &Quote,
    desk: &Desk,
    then: impl FnOnce(&Counter<'_>, &Priced<'_>, Option<&ServedItem<'_>>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let facts = &serving.facts;
    let (place, horizon, last) = find_place(quote, serving)?;
    let at = quote.at.unwrap_or_else(|| desk.clock.now());
    let counter = Counter { serving, place, horizon, last, at, desk, quote };
    match &quote.item {
        Asked::Known(sku) => {
            let served = facts.item(sku, &place.market, &place.channel);
            let served = served.ok_or_else(|| item_not_found(sku, serving, place))?;
            let priced = Priced {
                item: &served.item,
                facts: None,
                offers: facts.offers.get(sku, &place.market),
                names: &facts.offers.names,
                rivals_known_at: facts.offers.known_at(&place.market, at),
                known_at: served.known_at,
            };
            then(&counter, &priced, Some(&served))
        }
        Asked::Inline(inline) => {
            let seen = inline.offers.iter().filter_map(|offer| offer.seen_at);
            let priced = Priced {
                item: &inline.item,
                facts: Some(&inline.facts),
                offers: &inline.offers,
                names: &inline.names,
                rivals_known_at: seen.filter(|seen| *seen <= at).max(),
                known_at: None,
            };
            then(&counter, &priced, None)
        }
    }
}

/// Where a quote is for. Its segment must exist too, although no rule can ask for it yet.
fn find_place<'a>(
    quote: &Quote,
    serving: &'a Serving,
) -> Result<(&'a Place, &'a Horizon, &'a LastMoment), Failure> {
    let release: &Release = &serving.release;
    if let Some(wanted) = &quote.release
        && **wanted != *release.hash
        && **wanted != *release.id()
    {
        let message = format!("release {wanted:?} is not served: `{}` is", release.id());
        return Err(Failure::new(Condition::ReleaseNotFound, message).with("served", &*release.hash));
    }
    let places = || release.places.iter().zip(serving.horizons.iter()).zip(serving.moments.iter());
    let markets = || release.places.iter().map(|place| &*place.market);
    let (market, channel) = (quote.market.as_str(), quote.channel.as_str());
    if !markets().any(|known| known == market) {
        let message = format!("market {market:?} is not in the rulebook, which has {}", list(markets()));
        return Err(Failure::new(Condition::MarketNotFound, message).with("market", market));
    }
    let mut same = places().filter(|((place, _), _)| &*place.market == market && &*place.channel == channel);
    let ((place, horizon), last) = same.next().ok_or_else(|| {
        let here = release.places.iter().filter(|place| &*place.market == market);
        let known = list(here.map(|place| &*place.channel));
        let message = format!("channel {channel:?} does not sell in market `{market}`, where {known} does");
        Failure::new(Condition::ChannelNotFound, message).with("market", market).with("channel", channel)
    })?;
    match &quote.segment {
        Some(segment) if !release.segments.iter().any(|known| *known.name == **segment) => {
            let known = list(release.segments.iter().map(|segment| &*segment.name));
            let message = format!("segment {segment:?} is not in the rulebook, which has {known}");
            Err(Failure::new(Condition::SegmentNotFound, message).with("customer_segment", segment))
        }
        _ => Ok((place, horizon, last)),
    }
}

fn item_not_found(sku: &str, serving: &Serving, place: &Place) -> Failure {
    let Place { market, channel, .. } = place;
    let message = if serving.facts.items.has(sku) {
        format!("item {sku:?} is known, but not in market `{market}`, channel `{channel}`")
    } else {
        format!("item {sku:?} has no row; {} rows of items are known", serving.facts.items.len())
    };
    Failure::new(Condition::ItemNotFound, message)
        .with("sku", sku)
        .with("market", &**market)
        .with("channel", &**channel)
}

/// `a`, `b`, each once.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<String> = Vec::new();
    for name in names {
        let name = format!("`{name}`");
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

/// One item with all that its price depends on besides the release, the place and the time.
struct Priced<'a> {
    item: &'a Item,
    /// What is known of it as text, for explanations.
    facts: Option<&'a BTreeMap<String, String>>,
    offers: &'a [Offer],
    names: &'a Names,
    rivals_known_at: Option<i64>,
    /// When the item's own facts were known, if their source said so.
    known_at: Option<i64>,
}

/// Where and when a request is answered.
struct Counter<'a> {
    serving: &'a Serving,
    place: &'a Place,
    horizon: &'a Horizon,
    last: &'a LastMoment,
    at: i64,
    desk: &'a Desk,
    quote: &'a Quote,
}

impl<'a> Counter<'a> {
    fn moment(&self) -> Arc<Moment> {
        let Self { serving, place, at, .. } = *self;
        self.last.at(at, || Moment::new(&serving.release, place, &serving.facts.rates, at))
    }

    fn world(&self, priced: &Priced<'_>) -> World<'a> {
        let Self { serving, place, .. } = *self;
        let facts = &serving.facts;
        let world = World::at(self.moment(), &serving.release, place, &facts.rates, priced.rivals_known_at)
            .with_history(&facts.history);
        // Whoever gives an item with its elasticity means that one.
        match priced.facts.is_some() && priced.item.value(builtin::ELASTICITY) != Value::Missing {
            true => world,
            false => world.with_estimates(&facts.estimates),
        }
    }

    fn price(&self, priced: &Priced<'_>) -> Result<proto::Decision, Failure> {
        let Self { serving, place, at, .. } = *self;
        let world = self.world(priced);
        let row = Row { item: priced.item, offers: priced.offers };
        let twins = Twins::of(&row, &world, &serving.facts);
        let world = world.with_twins(&twins);
        let detail = self.quote.detail;
        let mut recorder = Recorder::default();
        let outcome = match detail {
            Detail::None => pricing::price(&row, &world, &mut ()),
            Detail::Steps | Detail::Text => pricing::price(&row, &world, &mut recorder),
        };
        let sku = &priced.item.sku;
        let mut answer = match &outcome {
            Outcome::Refused(refusal) => return Err(Failure::refused(refusal, &world, sku)),
            Outcome::Decided(decision) => convert::decision(decision, &world, sku),
        };
        let oldest = [answer.oldest_input_time.map(|oldest| oldest.seconds), priced.known_at];
        let oldest = oldest.into_iter().flatten().min();
        answer.oldest_input_time = oldest.map(convert::write_instant);
        answer.oldest_input_age = oldest
            .map(|oldest| prost_types::Duration { seconds: at.saturating_sub(oldest).max(0), nanos: 0 });
        let winner = match &outcome {
            Outcome::Decided(decision) => decision.winner.map(|winner| winner.rule),
            Outcome::Refused(_) => None,
        };
        let until = self.horizon.until(&row, &world, winner, self.desk.validity);
        answer.valid_until = Some(convert::write_instant(until));
        answer.fact_set = (*serving.fact_set).to_owned();
        if detail != Detail::None {
            let subject = Subject { sku: sku.to_string(), facts: priced.facts.cloned().unwrap_or_default() };
            let explanation = Explanation::new(subject, &world, &outcome, &recorder.steps, priced.names);
            let lines = explanation.lines.iter();
            answer.steps = lines.map(|line| convert::step(line, place.currency)).collect();
            if detail == Detail::Text {
                answer.explanation = explanation.text();
            }
        }
        if self.quote.wants_token {
            answer.quote_token = self.promise(&answer)?;
        }
        Ok(answer)
    }

    /// The token of an answer.
    fn promise(&self, answer: &proto::Decision) -> Result<String, Failure> {
        let claims = proto::QuoteClaims {
            sku: answer.sku.clone(),
            market: answer.market.clone(),
            channel: answer.channel.clone(),
            customer_segment: self.quote.segment.clone().unwrap_or_default(),
            quantity: 1,
            gross: answer.price.as_ref().and_then(|price| price.gross.clone()),
            basis: answer.basis,
            release: answer.release.clone(),
            fact_set: answer.fact_set.clone(),
            quoted_at: answer.at_time,
            valid_until: answer.valid_until,
        };
        self.desk.keys.sign(&claims).ok_or_else(|| {
            let why = "is not possible: the names of the item and its place are too long for a token";
            Failure::invalid(vec![convert::Invalid::new("want_quote_token", why)])
        })
    }
}

//! `PricingService`: what the rules recommend now.

use super::Clock;
use super::access::Caller;
use super::convert::{self, Asked, Detail, Quote};
use super::metrics::Metrics;
use super::proto::{self, pricing_service_server};
use super::secrecy::{may_explain, veil, veil_failure};
use super::state::{Serving, State};
use super::status::{Condition, Failure};
use crate::explain::{Explanation, Subject};
use crate::facts::{FactSet, Item, Names, Offer};
use crate::pricing::{self, Outcome, Place, Recorder, Release, Row, Twins, World};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

/// A quote takes microseconds, so it runs where the request arrives.
#[derive(Debug)]
pub struct PricingService {
    pub state: Arc<State>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
}

#[tonic::async_trait]
impl pricing_service_server::PricingService for PricingService {
    async fn quote_price(
        &self,
        request: Request<proto::QuotePriceRequest>,
    ) -> Result<Response<proto::QuotePriceResponse>, Status> {
        let started = Instant::now();
        let sees_costs = request.extensions().get::<Caller>().is_some_and(Caller::sees_costs);
        let request = request.into_inner();
        let allowed = if sees_costs { Ok(()) } else { may_explain(request.explanation_detail) };
        let answer = match self.state.pin() {
            Some(serving) => allowed.and_then(|()| contained(|| quote(&serving, request, self.clock))),
            None => Err(Failure::new(Condition::NotReady, "no release is loaded yet")),
        };
        let answer = match sees_costs {
            true => answer,
            false => answer.map_err(veil_failure).map(|mut decision| {
                veil(&mut decision);
                decision
            }),
        };
        self.metrics.quoted(&answer, started.elapsed());
        let decision = Some(answer?);
        Ok(Response::new(proto::QuotePriceResponse { decision }))
    }
}

/// Keeps a panic, which would be our bug, to the one request that met it.
fn contained<T>(answer: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
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
    clock: Clock,
) -> Result<proto::Decision, Failure> {
    let Serving { release, facts, .. } = serving;
    let quote = convert::read_quote(request, release).map_err(Failure::invalid)?;
    let place = find_place(&quote, release)?;
    let at = quote.at.unwrap_or_else(|| clock.now());
    match &quote.item {
        Asked::Known(sku) => {
            let row = facts.items.get(sku, &place.market, &place.channel);
            let priced = Priced {
                item: &row.ok_or_else(|| item_not_found(sku, serving, place))?.item,
                facts: None,
                offers: facts.offers.get(sku, &place.market),
                names: &facts.offers.names,
                rivals_known_at: facts.offers.known_at(&place.market, at),
            };
            price(&priced, serving, place, at, quote.detail)
        }
        Asked::Inline(inline) => {
            let seen = inline.offers.iter().filter_map(|offer| offer.seen_at);
            let priced = Priced {
                item: &inline.item,
                facts: Some(&inline.facts),
                offers: &inline.offers,
                names: &inline.names,
                rivals_known_at: seen.filter(|seen| *seen <= at).max(),
            };
            price(&priced, serving, place, at, quote.detail)
        }
    }
}

/// Where a quote is for. Its segment must exist too, although no rule can ask for it yet.
fn find_place<'a>(quote: &Quote, release: &'a Release) -> Result<&'a Place, Failure> {
    if let Some(wanted) = &quote.release
        && **wanted != *release.hash
        && **wanted != *release.id()
    {
        let message = format!("release {wanted:?} is not served: `{}` is", release.id());
        return Err(Failure::new(Condition::ReleaseNotFound, message).with("served", &*release.hash));
    }
    let markets = || release.places.iter().map(|place| &*place.market);
    let (market, channel) = (quote.market.as_str(), quote.channel.as_str());
    if !markets().any(|known| known == market) {
        let message = format!("market {market:?} is not in the rulebook, which has {}", list(markets()));
        return Err(Failure::new(Condition::MarketNotFound, message).with("market", market));
    }
    let place = release.place(market, channel).ok_or_else(|| {
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
        _ => Ok(place),
    }
}

fn item_not_found(sku: &str, serving: &Serving, place: &Place) -> Failure {
    let Place { market, channel, .. } = place;
    let message = if serving.facts.items.has(sku) {
        format!("item {sku:?} is known, but not in market `{market}`, channel `{channel}`")
    } else {
        format!("item {sku:?} is not among the {} known items", serving.facts.items.len())
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
}

/// What the item's twins cost now, from the facts served.
fn twins(row: &Row<'_>, world: &World<'_>, facts: &FactSet) -> Twins {
    let Place { market, channel, .. } = world.place;
    let known = |sku: &str| {
        if *sku == *row.item.sku {
            return Some(*row);
        }
        let item = &facts.items.get(sku, market, channel)?.item;
        Some(Row { item, offers: facts.offers.get(sku, market) })
    };
    let mut twins = Twins::default();
    row.item.links().for_each(|sku| twins.resolve(sku, world, &known));
    twins
}

fn price(
    priced: &Priced<'_>,
    serving: &Serving,
    place: &Place,
    at: i64,
    detail: Detail,
) -> Result<proto::Decision, Failure> {
    let rates = &serving.facts.rates;
    let world = World::new(&serving.release, place, rates, at, priced.rivals_known_at);
    let world = world.with_history(&serving.facts.history).with_estimates(&serving.facts.estimates);
    let row = Row { item: priced.item, offers: priced.offers };
    let twins = twins(&row, &world, &serving.facts);
    let world = world.with_twins(&twins);
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
    if detail != Detail::None {
        let subject = Subject { sku: sku.to_string(), facts: priced.facts.cloned().unwrap_or_default() };
        let explanation = Explanation::new(subject, &world, &outcome, &recorder.steps, priced.names);
        let lines = explanation.lines.iter();
        answer.steps = lines.map(|line| convert::step(line, place.currency)).collect();
        if detail == Detail::Text {
            answer.explanation = explanation.text();
        }
    }
    Ok(answer)
}

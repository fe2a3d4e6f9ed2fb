//! `RepricingService`: everything priced at once, beside quotes.

use super::Clock;
use super::convert::{self, Invalid};
use super::facts::is_id;
use super::jobs::{Input, Job, Jobs};
use super::pricing::sees_costs;
use super::proto::{self, RepricingState, repricing_service_server};
use super::state::{Serving, State};
use super::status::{Condition, Failure};
use crate::facts::{FactSet, Item, ItemBook, ItemRow, Names, OfferBook, StockBook, builtin};
use crate::pricing::{Place, Release};
use prost::Message as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

/// How many items one request may describe.
const ITEMS_MAX: usize = 10_000;
const ID_BYTES_MAX: usize = 64;
/// Between two looks at a job.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Clone, Debug)]
pub struct RepricingService {
    state: Arc<State>,
    clock: Clock,
    jobs: Arc<Jobs>,
}

impl RepricingService {
    #[must_use]
    pub fn new(state: Arc<State>, clock: Clock, jobs: Arc<Jobs>) -> Self {
        Self { state, clock, jobs }
    }

    fn find(&self, id: &str) -> Result<Arc<Job>, Failure> {
        self.jobs.find(id).ok_or_else(|| {
            let message =
                format!("there is no job {id:?}: jobs live in memory, and the oldest that ended are dropped");
            Failure::new(Condition::JobNotFound, message).with("repricing_id", id)
        })
    }

    fn start(&self, request: &proto::StartRepricingRequest) -> Result<proto::Repricing, Failure> {
        let serving = self.state.pin().ok_or_else(Failure::not_ready)?;
        let proto::StartRepricingRequest { request_id, market, channel, at_time, items } = request;
        let mut bad = Vec::new();
        if !is_id(request_id) || ID_BYTES_MAX < request_id.len() {
            bad.push(Invalid::new(
                "request_id",
                "is not 1 to 64 of `a-z 0-9 _ . -`: it makes the request safe to repeat",
            ));
        }
        let at = at_time.as_ref().map(convert::read_instant).transpose();
        let at = at.map_err(|why| bad.push(Invalid::new("at_time", why))).unwrap_or_default();
        if !bad.is_empty() {
            return Err(Failure::invalid(bad));
        }
        if ITEMS_MAX < items.len() {
            return Err(Failure::batch_too_large("items", items.len(), ITEMS_MAX));
        }
        find_places(market, channel, &serving.release)?;
        let input = match items.is_empty() {
            true => Input::Served,
            false => given(items, &serving),
        };
        let places = (market.as_str().into(), channel.as_str().into());
        let (state, clock) = (self.state.clone(), self.clock);
        self.jobs.start(request_id, request.encode_to_vec(), input, places, at, state, clock)
    }
}

/// Whether the places that are asked for exist.
fn find_places(market: &str, channel: &str, release: &Release) -> Result<(), Failure> {
    let places = || release.places.iter();
    if !market.is_empty() && !places().any(|place| *place.market == *market) {
        let message = format!("market {market:?} is not in the rulebook");
        return Err(Failure::new(Condition::MarketNotFound, message).with("market", market));
    }
    let is_wanted = |place: &Place| {
        (market.is_empty() || *place.market == *market) && (channel.is_empty() || *place.channel == *channel)
    };
    if !places().any(is_wanted) {
        let message = format!("channel {channel:?} sells nowhere where it is asked for");
        return Err(Failure::new(Condition::ChannelNotFound, message)
            .with("market", market)
            .with("channel", channel));
    }
    Ok(())
}

/// The items of a request as a fact set of their own.
fn given(items: &[proto::ItemFacts], serving: &Arc<Serving>) -> Input {
    let release = &serving.release;
    let mut book = ItemBook::default();
    let mut markets = Vec::new();
    for place in &release.places {
        if !markets.iter().any(|(name, _)| *name == place.market) {
            markets.push((place.market.clone(), place.currency));
        }
    }
    let mut offers = OfferBook::new(markets, Names::new(&release.rivals));
    let mut rejected = Vec::new();
    for (at, facts) in items.iter().enumerate() {
        let mut bad = Vec::new();
        let read = convert::read_facts(facts, release, &mut bad);
        let read_offers = facts.offers.iter().enumerate().filter_map(|(number, offer)| {
            convert::read_offer(offer, &format!("item_facts.offers[{number}]"), &mut offers.names, &mut bad)
        });
        let read_offers: Vec<_> = read_offers.collect();
        if book.has(&facts.sku) {
            bad.push(Invalid::new("item_facts.sku", "is that of an earlier item"));
        }
        match read.filter(|_| bad.is_empty()) {
            Some(item) => {
                for offer in read_offers {
                    // An offer is for every market with its currency, which no market can refuse.
                    drop(offers.add(&item.sku, "", offer));
                }
                book.put(&ItemRow { item, market: "".into(), channel: "".into(), known_at: None });
            }
            None => {
                for invalid in &mut bad {
                    invalid.field = invalid.field.replacen("item_facts", &format!("items[{at}]"), 1);
                }
                rejected.push((facts.sku.clone(), Failure::invalid(bad).into()));
            }
        }
    }
    let facts = FactSet { items: book, offers, stock: StockBook::default(), ..serving.facts.clone() };
    let given = Serving { facts, ..(**serving).clone() };
    Input::Given { serving: Arc::new(given), rejected }
}

type Looks = Pin<Box<dyn Stream<Item = Result<proto::WatchRepricingResponse, Status>> + Send>>;
type Rows = Pin<Box<dyn Stream<Item = Result<proto::ReadRepricingResponse, Status>> + Send>>;

#[tonic::async_trait]
impl repricing_service_server::RepricingService for RepricingService {
    async fn start_repricing(
        &self,
        request: Request<proto::StartRepricingRequest>,
    ) -> Result<Response<proto::StartRepricingResponse>, Status> {
        let repricing = Some(self.start(&request.into_inner())?);
        Ok(Response::new(proto::StartRepricingResponse { repricing }))
    }

    async fn get_repricing(
        &self,
        request: Request<proto::GetRepricingRequest>,
    ) -> Result<Response<proto::GetRepricingResponse>, Status> {
        let repricing = Some(self.find(&request.into_inner().repricing_id)?.look());
        Ok(Response::new(proto::GetRepricingResponse { repricing }))
    }

    type WatchRepricingStream = Looks;

    async fn watch_repricing(
        &self,
        request: Request<proto::WatchRepricingRequest>,
    ) -> Result<Response<Looks>, Status> {
        let job = self.find(&request.into_inner().repricing_id)?;
        let open = Some((job.watch(), self.state.clone(), true));
        let looks = futures_util::stream::unfold(open, async |open| {
            let (mut watch, state, is_first) = open?;
            if !is_first {
                let next = async {
                    tokio::time::sleep(LOOK).await;
                    watch.changed().await
                };
                tokio::select! {
                    changed = next => changed.ok()?,
                    () = state.drained() => {
                        let message = "the service is ending, and its jobs with it";
                        return Some((Err(Failure::new(Condition::Draining, message).into()), None));
                    }
                }
            }
            let repricing = watch.borrow_and_update().clone();
            let is_over = is_over(repricing.state());
            let look = proto::WatchRepricingResponse { repricing: Some(repricing) };
            Some((Ok(look), (!is_over).then_some((watch, state, false))))
        });
        Ok(Response::new(Box::pin(looks)))
    }

    async fn cancel_repricing(
        &self,
        request: Request<proto::CancelRepricingRequest>,
    ) -> Result<Response<proto::CancelRepricingResponse>, Status> {
        let job = self.find(&request.into_inner().repricing_id)?;
        job.cancel();
        Ok(Response::new(proto::CancelRepricingResponse { repricing: Some(job.look()) }))
    }

    type ReadRepricingStream = Rows;

    /// The next chunk is made when the last one was taken.
    async fn read_repricing(
        &self,
        request: Request<proto::ReadRepricingRequest>,
    ) -> Result<Response<Rows>, Status> {
        let sees_costs = sees_costs(&request);
        let job = self.find(&request.into_inner().repricing_id)?;
        let Some(results) = job.results() else {
            let state = job.look().state().as_str_name();
            let message = format!("the job has no rows: it is {state}");
            return Err(Failure::new(Condition::JobNotDone, message).with("state", state).into());
        };
        let open = Some((results, super::jobs::Cursor::default(), sees_costs));
        let chunks = futures_util::stream::unfold(open, async |open| {
            let (results, mut cursor, sees_costs) = open?;
            let rows = results.read(&mut cursor, sees_costs);
            let chunk = proto::ReadRepricingResponse { rows };
            (!chunk.rows.is_empty()).then(|| (Ok(chunk), Some((results, cursor, sees_costs))))
        });
        Ok(Response::new(Box::pin(chunks)))
    }
}

/// The job will not change any more.
#[must_use]
pub fn is_over(state: RepricingState) -> bool {
    matches!(state, RepricingState::Done | RepricingState::Cancelled | RepricingState::Failed)
}

/// The current price of an item, if it is known in the currency of a place.
#[must_use]
pub fn current_price(item: &Item, place: &Place) -> Option<proto::Money> {
    match item.value(builtin::CURRENT_PRICE) {
        crate::facts::Value::Money(amount, currency) if currency == place.currency => {
            Some(convert::write_money(amount, currency))
        }
        _ => None,
    }
}

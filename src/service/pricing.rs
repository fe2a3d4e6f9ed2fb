//! `PricingService`: what the rules recommend now.

use super::access::Caller;
use super::answer::{Desk, contained, quote};
use super::convert::Invalid;
use super::gate::{Deadline, too_late};
use super::metrics::Metrics;
use super::proto::{self, pricing_service_server};
use super::secrecy::{may_explain, veil, veil_failure};
use super::state::{Serving, State};
use super::status::{Condition, Failure};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

/// How many quotes one message may hold.
const BATCH_MAX: usize = 1_000;
/// How many quotes run before others get their turn, and a call that nobody waits for any more ends: well below a
/// millisecond of work.
const TURN: usize = 32;

/// A quote takes microseconds, so it runs where the request arrives.
#[derive(Clone, Debug)]
pub struct PricingService {
    pub state: Arc<State>,
    pub metrics: Arc<Metrics>,
    pub desk: Desk,
}

impl PricingService {
    /// One quote, without what the caller may not see.
    fn quote(
        &self,
        serving: &Serving,
        request: proto::QuotePriceRequest,
        asker: Asker,
    ) -> Result<proto::Decision, Failure> {
        let started = Instant::now();
        let allowed = match asker.sees_costs {
            _ if asker.has_left(started) => Err(too_late()),
            true => Ok(()),
            false => may_explain(request.explanation_detail),
        };
        let answer = allowed.and_then(|()| contained(|| quote(serving, request, &self.desk)));
        let answer = match asker.sees_costs {
            true => answer,
            false => answer.map_err(veil_failure).map(|mut decision| {
                veil(&mut decision);
                decision
            }),
        };
        let ended = Instant::now();
        self.metrics.quoted(&answer, ended.duration_since(started));
        if answer.is_ok() && asker.has_left(ended) {
            self.metrics.rows_after_deadline.increment(1);
        }
        answer
    }

    /// All quotes of a message, from one release and fact set.
    async fn batch(
        &self,
        requests: Vec<proto::QuotePriceRequest>,
        asker: Asker,
    ) -> Result<(Arc<Serving>, Vec<proto::QuoteResult>), Failure> {
        let serving = self.state.pin().ok_or_else(Failure::not_ready)?;
        if BATCH_MAX < requests.len() {
            return Err(Failure::batch_too_large("requests", requests.len(), BATCH_MAX));
        }
        let mut results = Vec::with_capacity(requests.len());
        for (at, request) in requests.into_iter().enumerate() {
            if at % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            match self.quote(&serving, request, asker) {
                Err(failure) if failure.condition == Condition::DeadlineExceeded => return Err(failure),
                answer => results.push(result(answer)),
            }
        }
        Ok((serving, results))
    }

    /// The answer to the next chunk of a stream; none at its end.
    async fn chunk(
        &self,
        messages: &mut Streaming<proto::StreamQuotePricesRequest>,
        asker: Asker,
    ) -> Result<Option<proto::StreamQuotePricesResponse>, Status> {
        let message = tokio::select! {
            biased;
            message = messages.message() => message?,
            () = self.state.drained() => {
                let message = "the service is ending: go on with the next chunk elsewhere";
                return Err(Failure::new(Condition::Draining, message).into());
            }
        };
        let Some(message) = message else { return Ok(None) };
        let (serving, results) = self.batch(message.requests, asker).await?;
        Ok(Some(proto::StreamQuotePricesResponse {
            results,
            release: serving.release.hash.to_string(),
            fact_set: serving.fact_set.to_string(),
        }))
    }
}

/// Who asks, as far as answers depend on it.
#[derive(Clone, Copy, Debug)]
struct Asker {
    sees_costs: bool,
    deadline: Option<Deadline>,
}

impl Asker {
    fn of<T>(request: &Request<T>) -> Self {
        let deadline = request.extensions().get::<Deadline>().copied();
        Self { sees_costs: sees_costs(request), deadline }
    }

    /// Whether nobody waits for the answer any more.
    fn has_left(self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline.0 <= now)
    }
}

/// Whether the caller is shown cost, margin and floor.
pub fn sees_costs<T>(request: &Request<T>) -> bool {
    request.extensions().get::<Caller>().is_some_and(Caller::sees_costs)
}

/// One outcome among many, written at once.
#[must_use]
pub fn result(answer: Result<proto::Decision, Failure>) -> proto::QuoteResult {
    use proto::quote_result::Outcome;
    let outcome = match answer {
        Ok(decision) => Outcome::Decision(decision),
        Err(failure) => Outcome::Error(failure.into()),
    };
    proto::QuoteResult::written(&outcome)
}

type Chunks = Pin<Box<dyn Stream<Item = Result<proto::StreamQuotePricesResponse, Status>> + Send>>;

#[tonic::async_trait]
impl pricing_service_server::PricingService for PricingService {
    async fn quote_price(
        &self,
        request: Request<proto::QuotePriceRequest>,
    ) -> Result<Response<proto::QuotePriceResponse>, Status> {
        let Some(serving) = self.state.pin() else {
            self.metrics.quoted(&Err(Failure::not_ready()), Duration::ZERO);
            return Err(Failure::not_ready().into());
        };
        let asker = Asker::of(&request);
        let decision = Some(self.quote(&serving, request.into_inner(), asker)?);
        Ok(Response::new(proto::QuotePriceResponse { decision }))
    }

    async fn batch_quote_prices(
        &self,
        request: Request<proto::BatchQuotePricesRequest>,
    ) -> Result<Response<proto::BatchQuotePricesResponse>, Status> {
        let asker = Asker::of(&request);
        let (serving, results) = self.batch(request.into_inner().requests, asker).await?;
        Ok(Response::new(proto::BatchQuotePricesResponse {
            results,
            release: serving.release.hash.to_string(),
            fact_set: serving.fact_set.to_string(),
        }))
    }

    type StreamQuotePricesStream = Chunks;

    /// The next chunk is read when the answer to the last one was taken: at most one is in hand.
    async fn stream_quote_prices(
        &self,
        request: Request<Streaming<proto::StreamQuotePricesRequest>>,
    ) -> Result<Response<Chunks>, Status> {
        let asker = Asker::of(&request);
        let open = Some((self.clone(), request.into_inner(), asker));
        let chunks = futures_util::stream::unfold(open, async |open| {
            let (service, mut messages, asker) = open?;
            match service.chunk(&mut messages, asker).await {
                Ok(chunk) => Some((Ok(chunk?), Some((service, messages, asker)))),
                Err(status) => Some((Err(status), None)),
            }
        });
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn verify_quote(
        &self,
        request: Request<proto::VerifyQuoteRequest>,
    ) -> Result<Response<proto::VerifyQuoteResponse>, Status> {
        let request = request.into_inner();
        if request.quote_token.is_empty() {
            return Err(Failure::invalid(vec![Invalid::new("quote_token", "is missing")]).into());
        }
        let claims = self.desk.keys.verify(&request, self.desk.clock.now())?;
        Ok(Response::new(proto::VerifyQuoteResponse { claims: Some(claims) }))
    }
}

//! The methods of `FactService`.

use super::show::{Shown, offers, page_token, read_page_token};
use super::{Change, Outcome, ROWS_MAX};
use crate::facts::ServedItem;
use crate::service::Clock;
use crate::service::convert::Invalid;
use crate::service::metrics::Metrics;
use crate::service::proto::{self, fact_service_server};
use crate::service::state::State;
use crate::service::status::{Condition, Failure};
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

/// How many rejected rows an answer names.
const ERRORS_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;
const SOURCE_BYTES_MAX: usize = 64;
/// How many rows a stream that replaces may hold: they are kept until it ends.
const REPLACE_MAX: usize = 5_000_000;

#[derive(Clone, Debug)]
pub struct FactService {
    pub state: Arc<State>,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
}

/// One stream of rows.
struct Upload<'a> {
    service: &'a FactService,
    source: Option<Arc<str>>,
    summary: proto::UploadSummary,
    /// The rows of a stream that replaces.
    replacing: Option<Vec<Change>>,
}

/// What became of the rows of a message, and the fact set after it; none without a release.
type Applied = Option<(Vec<Outcome>, Arc<str>)>;

/// Runs what may wait for another writer on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| {
        Failure::new(Condition::Internal, "the request failed for a reason of our own; please report it")
    })
}

impl Upload<'_> {
    /// Applies the rows of one message.
    async fn take(
        &mut self,
        source: &str,
        field: &'static str,
        changes: impl ExactSizeIterator<Item = Change>,
    ) -> Result<(), Failure> {
        if ROWS_MAX < changes.len() {
            return Err(Failure::batch_too_large(field, changes.len(), ROWS_MAX));
        }
        let source = self.source(source)?;
        if self.service.state.is_draining() {
            return Err(Failure::new(
                Condition::Draining,
                "the service is ending: repeat the upload elsewhere",
            ));
        }
        if let Some(rows) = &mut self.replacing {
            if REPLACE_MAX < rows.len() + changes.len() {
                return Err(Failure::batch_too_large(field, rows.len() + changes.len(), REPLACE_MAX));
            }
            rows.extend(changes);
            return Ok(());
        }
        let changes: Vec<Change> = changes.collect();
        let (state, now) = (self.service.state.clone(), self.service.clock.now());
        let applied = blocking(move || {
            let outcomes = state.change(|uploads, serving| {
                let outcomes = uploads.apply(&source, &changes, serving, now);
                (outcomes.contains(&Outcome::Applied), outcomes)
            });
            (changes, outcomes)
        });
        self.tally(applied.await?)
    }

    /// Who the rows are from: said once, then kept.
    fn source(&mut self, source: &str) -> Result<Arc<str>, Failure> {
        let is_known = self.source.as_ref().is_some_and(|known| source.is_empty() || **known == *source);
        if let Some(known) = self.source.as_ref().filter(|_| is_known) {
            return Ok(known.clone());
        }
        let invalid = |why: &str| Err(Failure::invalid(vec![Invalid::new("source", why)]));
        if self.source.is_some() {
            return invalid("is not that of the first message");
        }
        if !is_id(source) || SOURCE_BYTES_MAX < source.len() {
            return invalid("is not 1 to 64 of `a-z 0-9 _ . -`: who says so, such as `erp`");
        }
        let source: Arc<str> = source.into();
        self.source = Some(source.clone());
        Ok(source)
    }

    fn tally(&mut self, (changes, applied): (Vec<Change>, Applied)) -> Result<(), Failure> {
        let (outcomes, fact_set) = applied.ok_or_else(Failure::not_ready)?;
        let summary = &mut self.summary;
        summary.fact_set = fact_set.to_string();
        for (change, outcome) in changes.iter().zip(outcomes) {
            let row = summary.received;
            summary.received += 1;
            self.service.metrics.uploaded.increment(outcome.as_str(), 1);
            match outcome {
                Outcome::Applied => summary.applied += 1,
                Outcome::Waiting => summary.waiting += 1,
                Outcome::Superseded => summary.superseded += 1,
                Outcome::Rejected(bad) => {
                    summary.rejected += 1;
                    if summary.errors.len() < ERRORS_MAX {
                        let sku = change.name().to_owned();
                        let error = Some(Failure::invalid(bad).into());
                        summary.errors.push(proto::RowError { row, sku, error });
                    }
                }
                Outcome::Full => {
                    let message = "no more rows fit into memory; what came before this one is in force";
                    return Err(Failure::new(Condition::FactsFull, message).with("row", row.to_string()));
                }
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<proto::UploadSummary, Failure> {
        if let (Some(changes), Some(source)) = (self.replacing.take(), self.source.clone()) {
            if changes.is_empty() {
                let why = "are missing: an empty catalog replaces nothing";
                return Err(Failure::invalid(vec![Invalid::new("items", why)]));
            }
            let (state, now) = (self.service.state.clone(), self.service.clock.now());
            let applied = blocking(move || {
                let outcomes = state.change(|uploads, serving| {
                    let outcomes = uploads.replace_items(&source, &changes, serving, now);
                    (!outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_))), outcomes)
                });
                (changes, outcomes)
            });
            let applied = applied.await?;
            self.tally(applied)?;
        }
        if self.summary.fact_set.is_empty() {
            let serving = self.service.state.pin().ok_or_else(Failure::not_ready)?;
            self.summary.fact_set = serving.fact_set.to_string();
        }
        Ok(self.summary)
    }
}

/// `[a-z0-9_.-]+`
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

impl FactService {
    fn upload(&self) -> Upload<'_> {
        let summary = proto::UploadSummary::default();
        Upload { service: self, source: None, summary, replacing: None }
    }

    fn get(&self, request: &proto::GetItemRequest) -> Result<proto::GetItemResponse, Failure> {
        let proto::GetItemRequest { sku, market, channel } = request;
        let serving = self.state.pin().ok_or_else(Failure::not_ready)?;
        if sku.is_empty() {
            return Err(Failure::invalid(vec![Invalid::new("sku", "is missing")]));
        }
        let served = serving.facts.item(sku, market, channel).ok_or_else(|| {
            Failure::new(Condition::ItemNotFound, format!("item {sku:?} has no row for this place"))
                .with("sku", sku)
                .with("market", market)
                .with("channel", channel)
        })?;
        let shown = Shown { uploaded: self.state.uploaded(served.row), served: &served };
        let mut item = shown.record(&serving);
        item.offers = offers(&serving, sku, market);
        Ok(proto::GetItemResponse { item: Some(item), fact_set: serving.fact_set.to_string() })
    }

    fn list(&self, request: &proto::ListItemsRequest) -> Result<proto::ListItemsResponse, Failure> {
        let serving = self.state.pin().ok_or_else(Failure::not_ready)?;
        let mut bad = Vec::new();
        let size = match usize::try_from(request.page_size) {
            Ok(0) => PAGE_DEFAULT,
            Ok(size) if size <= ROWS_MAX => size,
            _ => {
                let why = format!("is {}, outside 1 to {ROWS_MAX}", request.page_size);
                bad.push(Invalid::new("page_size", why));
                0
            }
        };
        let after = (!request.page_token.is_empty()).then(|| read_page_token(&request.page_token));
        if let Some(None) = after {
            bad.push(Invalid::new("page_token", "is none of ours"));
        }
        if !bad.is_empty() {
            return Err(Failure::invalid(bad));
        }
        let (after, book) = (after.flatten(), &serving.facts.items);
        let mut skus = book.by_sku(after.as_deref()).peekable();
        let (mut items, mut last) = (Vec::new(), "");
        while let Some((sku, rows)) =
            skus.next_if(|(_, rows)| items.is_empty() || items.len() + rows.count() <= size)
        {
            for row in rows {
                let stock = serving.facts.item(sku, row.market, row.channel).map(|served| served.item);
                let item = stock.unwrap_or_else(|| row.item());
                let served = ServedItem { row, item, known_at: row.known_at };
                items.push(Shown { uploaded: self.state.uploaded(row), served: &served }.record(&serving));
            }
            last = sku;
        }
        Ok(proto::ListItemsResponse {
            next_page_token: if skus.peek().is_some() { page_token(last) } else { String::new() },
            items,
            total_size: i64::try_from(book.len()).unwrap_or(i64::MAX),
            fact_set: serving.fact_set.to_string(),
        })
    }
}

#[tonic::async_trait]
impl fact_service_server::FactService for FactService {
    async fn upsert_items(
        &self,
        request: Request<Streaming<proto::UpsertItemsRequest>>,
    ) -> Result<Response<proto::UpsertItemsResponse>, Status> {
        let (mut messages, mut upload) = (request.into_inner(), self.upload());
        while let Some(message) = messages.message().await? {
            if upload.source.is_none() && message.replace {
                upload.replacing = Some(Vec::new());
            }
            upload.take(&message.source, "items", message.items.into_iter().map(Change::Item)).await?;
        }
        let summary = Some(upload.finish().await?);
        Ok(Response::new(proto::UpsertItemsResponse { summary }))
    }

    async fn upsert_offers(
        &self,
        request: Request<Streaming<proto::UpsertOffersRequest>>,
    ) -> Result<Response<proto::UpsertOffersResponse>, Status> {
        let (mut messages, mut upload) = (request.into_inner(), self.upload());
        while let Some(message) = messages.message().await? {
            upload.take(&message.source, "offers", message.offers.into_iter().map(Change::Offer)).await?;
        }
        let summary = Some(upload.finish().await?);
        Ok(Response::new(proto::UpsertOffersResponse { summary }))
    }

    async fn update_stock(
        &self,
        request: Request<Streaming<proto::UpdateStockRequest>>,
    ) -> Result<Response<proto::UpdateStockResponse>, Status> {
        let (mut messages, mut upload) = (request.into_inner(), self.upload());
        while let Some(message) = messages.message().await? {
            upload.take(&message.source, "updates", message.updates.into_iter().map(Change::Stock)).await?;
        }
        let summary = Some(upload.finish().await?);
        Ok(Response::new(proto::UpdateStockResponse { summary }))
    }

    async fn set_exchange_rates(
        &self,
        request: Request<Streaming<proto::SetExchangeRatesRequest>>,
    ) -> Result<Response<proto::SetExchangeRatesResponse>, Status> {
        let (mut messages, mut upload) = (request.into_inner(), self.upload());
        while let Some(message) = messages.message().await? {
            upload.take(&message.source, "rates", message.rates.into_iter().map(Change::Rate)).await?;
        }
        let summary = Some(upload.finish().await?);
        Ok(Response::new(proto::SetExchangeRatesResponse { summary }))
    }

    async fn get_item(
        &self,
        request: Request<proto::GetItemRequest>,
    ) -> Result<Response<proto::GetItemResponse>, Status> {
        let (service, request) = (self.clone(), request.into_inner());
        Ok(Response::new(blocking(move || service.get(&request)).await??))
    }

    async fn list_items(
        &self,
        request: Request<proto::ListItemsRequest>,
    ) -> Result<Response<proto::ListItemsResponse>, Status> {
        let (service, request) = (self.clone(), request.into_inner());
        Ok(Response::new(blocking(move || service.list(&request)).await??))
    }
}

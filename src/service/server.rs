//! tonic with every limit set, and an end that comes.

use super::accept::accept;
use super::deadline::Deadlines;
use super::facts::FactService;
use super::metrics::Metrics;
use super::pricing::PricingService;
use super::proto;
use super::proto::fact_service_server::FactServiceServer;
use super::proto::pricing_service_server::PricingServiceServer;
use super::proto::repricing_service_server::RepricingServiceServer;
use super::proto::rulebook_service_server::RulebookServiceServer;
use super::repricing::RepricingService;
use super::rulebook::RulebookService;
use super::status::{Condition, Failure};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::codegen::http::Response;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// What is served.
#[derive(Debug)]
pub struct Services {
    pub pricing: PricingService,
    pub facts: FactService,
    pub rulebook: RulebookService,
    pub repricing: RepricingService,
}

/// The names under which health is reported.
const NAMES: [&str; 5] = [
    "",
    proto::pricing_service_server::SERVICE_NAME,
    proto::fact_service_server::SERVICE_NAME,
    proto::rulebook_service_server::SERVICE_NAME,
    proto::repricing_service_server::SERVICE_NAME,
];

/// Nothing is inherited: tonic leaves several limits off (`None` overrides even the defaults of the layers below it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connections: usize,
    /// A connection that says nothing for so long is closed.
    pub first_byte: Duration,
    pub streams_per_connection: u32,
    /// Streams that the server itself had to reset before a connection is closed (CVE-2025-8671); off by default in tonic.
    pub local_resets: usize,
    /// Streams that the client reset before they were accepted (CVE-2023-44487).
    pub pending_resets: usize,
    pub header_bytes: u32,
    pub frame_bytes: u32,
    pub request_bytes: usize,
    pub response_bytes: usize,
    /// From the request's headers to the answer's, for calls with one request and one answer.
    pub request: Duration,
    /// The same for a batch and for a check of a rulebook.
    pub batch: Duration,
    pub keepalive: Duration,
    pub keepalive_answer: Duration,
    pub connection_age: Duration,
    pub connection_age_grace: Duration,
    /// How long calls may take to end when the service is told to.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            first_byte: Duration::from_secs(10),
            streams_per_connection: 100,
            local_resets: 1_024,
            pending_resets: 20,
            header_bytes: 16 << 10,
            frame_bytes: 64 << 10,
            request_bytes: 4 << 20,
            response_bytes: 16 << 20,
            request: Duration::from_secs(2),
            batch: Duration::from_secs(60),
            keepalive: Duration::from_secs(60),
            keepalive_answer: Duration::from_secs(20),
            connection_age: Duration::from_secs(3_600),
            connection_age_grace: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// How long a call of a method may take; none for streams, which end by themselves, by their client or by the drain.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<Duration> {
        match path.rsplit('/').next().unwrap_or_default() {
            "BatchQuotePrices" | "CheckRulebook" => Some(self.batch),
            "StreamQuotePrices"
            | "UpsertItems"
            | "UpsertOffers"
            | "UpdateStock"
            | "SetExchangeRates"
            | "WatchRepricing"
            | "ReadRepricing"
            | "Watch"
            | "ServerReflectionInfo" => None,
            _ => Some(self.request),
        }
    }
}

/// The life of the service as its parts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Serving,
    /// New connections are refused, calls end.
    Draining,
    /// What is still open is cut.
    Closed,
}

/// After connections are cut, their tasks end at once; this is for a machine that is busy.
const CLOSE: Duration = Duration::from_secs(1);

/// Answers on `listener` until `end` comes, then drains. Connections that outlive `limits.drain` are cut.
///
/// # Errors
/// What tonic or the descriptor says, as text.
pub async fn run(
    listener: TcpListener,
    services: Services,
    health: HealthReporter,
    limits: Limits,
    metrics: Arc<Metrics>,
    end: impl Future<Output = ()>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let is_local = listener.local_addr()?.ip().is_loopback();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTOR)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    macro_rules! limited {
        ($server:ident, $service:expr) => {
            $server::new($service)
                .max_decoding_message_size(limits.request_bytes)
                .max_encoding_message_size(limits.response_bytes)
        };
    }
    let (phase, watching) = watch::channel(Phase::Serving);
    let incoming = accept(listener, &limits, metrics, watching.clone());
    let mut draining = watching.clone();
    let served = tokio::spawn(
        builder(&limits)
            .layer(tower::util::MapResponseLayer::new(name_too_large))
            .layer(Deadlines(move |path: &str| limits.of(path)))
            .add_service(HealthServer::new(HealthService::from_health_reporter(health.clone())))
            .add_optional_service(is_local.then_some(reflection))
            .add_service(limited!(PricingServiceServer, services.pricing))
            .add_service(limited!(FactServiceServer, services.facts))
            .add_service(limited!(RulebookServiceServer, services.rulebook))
            .add_service(limited!(RepricingServiceServer, services.repricing))
            .serve_with_incoming_shutdown(incoming, async move {
                let _ = draining.wait_for(|phase| *phase != Phase::Serving).await;
            }),
    );
    end.await;
    set_health(&health, ServingStatus::NotServing).await;
    let _ = phase.send(Phase::Draining);
    let mut served = served;
    if let Ok(ended) = tokio::time::timeout(limits.drain, &mut served).await {
        return Ok(ended??);
    }
    tracing::warn!("connections outlived the drain of {:?} and are cut", limits.drain);
    let _ = phase.send(Phase::Closed);
    match tokio::time::timeout(CLOSE, served).await {
        Ok(ended) => Ok(ended??),
        Err(_) => Ok(()),
    }
}

/// Health of the whole and of each service; reflection and health itself have none.
pub async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        health.set_service_status(name, status).await;
    }
}

/// tonic calls a message over the limit OUT_OF_RANGE, without details; ours all have details.
fn name_too_large(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::OutOfRange && status.details().is_empty() => {
            Status::from(Failure::new(Condition::MessageTooLarge, status.message())).into_http()
        }
        _ => response,
    }
}

fn builder(limits: &Limits) -> Server {
    Server::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .concurrency_limit_per_connection(
            usize::try_from(limits.streams_per_connection).unwrap_or(usize::MAX),
        )
        .http2_max_local_error_reset_streams(Some(limits.local_resets))
        .http2_max_pending_accept_reset_streams(Some(limits.pending_resets))
        .http2_max_header_list_size(limits.header_bytes)
        .max_frame_size(limits.frame_bytes)
        .http2_keepalive_interval(Some(limits.keepalive))
        .http2_keepalive_timeout(Some(limits.keepalive_answer))
        .max_connection_age(limits.connection_age)
        .max_connection_age_grace(limits.connection_age_grace)
}

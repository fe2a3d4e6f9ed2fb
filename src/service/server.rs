//! The services behind their gate, from the first connection to an end that comes.

use super::accept::Door;
use super::credentials::Credentials;
use super::elasticity::ElasticityService;
use super::facts::FactService;
use super::gate::{Lanes, LogRequests, Logger, Shared};
use super::limits::Limits;
use super::metrics::Metrics;
use super::pricing::PricingService;
use super::proto;
use super::proto::elasticity_service_server::ElasticityServiceServer;
use super::proto::fact_service_server::FactServiceServer;
use super::proto::pricing_service_server::PricingServiceServer;
use super::proto::repricing_service_server::RepricingServiceServer;
use super::proto::rulebook_service_server::RulebookServiceServer;
use super::repricing::RepricingService;
use super::rulebook::RulebookService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
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
    pub elasticity: ElasticityService,
}

/// The names under which health is reported.
const NAMES: [&str; 6] = [
    "",
    proto::pricing_service_server::SERVICE_NAME,
    proto::fact_service_server::SERVICE_NAME,
    proto::rulebook_service_server::SERVICE_NAME,
    proto::repricing_service_server::SERVICE_NAME,
    proto::elasticity_service_server::SERVICE_NAME,
];

/// The life of the service as its parts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Serving,
    /// New connections are refused, calls end.
    Draining,
    /// Streams that are still open end with UNAVAILABLE.
    Ending,
    /// What is still open is cut.
    Closed,
}

/// For streams to be told that they end, before connections are cut.
const TELL: Duration = Duration::from_millis(300);
/// After connections are cut, their tasks end at once; this is for a machine that is busy.
const CLOSE: Duration = Duration::from_millis(500);

/// What is served, and with what.
pub struct Server {
    pub services: Services,
    pub health: HealthReporter,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub credentials: Option<Arc<Credentials>>,
    pub log_requests: LogRequests,
}

impl Server {
    /// Answers on `listener` until `end` comes, then drains. Connections that outlive `limits.drain` are cut.
    ///
    /// # Errors
    /// What the descriptor or the listener says.
    pub async fn run(
        self,
        listener: TcpListener,
        end: impl Future<Output = ()>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Self { services, health, limits, metrics, credentials, log_requests } = self;
        let is_local = listener.local_addr()?.ip().is_loopback();
        let (phase, watching) = watch::channel(Phase::Serving);
        let shared = Arc::new(Shared {
            limits,
            lanes: Lanes::new(&limits),
            metrics,
            credentials: credentials.clone().filter(|credentials| credentials.has_principals()),
            logger: Logger::new(log_requests),
            phase: watching,
        });
        let routes = routes(services, &health, &limits, is_local)?;
        let door = Arc::new(Door::new(shared, routes, credentials));
        let permits = door.permits.clone();
        let opened = tokio::spawn(door.open(listener));
        end.await;
        set_health(&health, ServingStatus::NotServing).await;
        let _ = phase.send(Phase::Draining);
        // The listener closes before the wait begins: who comes now is refused, not left hanging.
        opened.await?;
        if all_closed(&permits, limits, limits.drain).await {
            return Ok(());
        }
        tracing::warn!("calls outlived the drain of {:?} and are ended", limits.drain);
        let _ = phase.send(Phase::Ending);
        if all_closed(&permits, limits, TELL).await {
            return Ok(());
        }
        let _ = phase.send(Phase::Closed);
        all_closed(&permits, limits, CLOSE).await;
        Ok(())
    }
}

/// Whether every connection has given back its permit in time.
async fn all_closed(permits: &tokio::sync::Semaphore, limits: Limits, wait: Duration) -> bool {
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    tokio::time::timeout(wait, permits.acquire_many(all)).await.is_ok()
}

fn routes(
    services: Services,
    health: &HealthReporter,
    limits: &Limits,
    is_local: bool,
) -> Result<Routes, tonic_reflection::server::Error> {
    macro_rules! limited {
        ($server:ident, $service:expr) => {
            $server::new($service)
                .max_decoding_message_size(limits.request_bytes)
                .max_encoding_message_size(limits.response_bytes)
        };
    }
    let mut routes = Routes::builder();
    routes.add_service(HealthServer::new(HealthService::from_health_reporter(health.clone())));
    routes.add_service(limited!(PricingServiceServer, services.pricing));
    routes.add_service(limited!(FactServiceServer, services.facts));
    routes.add_service(limited!(RulebookServiceServer, services.rulebook));
    routes.add_service(limited!(RepricingServiceServer, services.repricing));
    routes.add_service(limited!(ElasticityServiceServer, services.elasticity));
    if is_local {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTOR)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        routes.add_service(reflection);
    }
    Ok(routes.routes().prepare())
}

/// Health of the whole and of each service; reflection and health itself have none.
pub async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        health.set_service_status(name, status).await;
    }
}

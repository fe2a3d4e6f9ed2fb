//! Quotes over gRPC.
//!
//! [`serve`] is the map: a listener, a rulebook that is followed, facts that change, and an end. A request is converted
//! ([`convert`]), priced from one pinned release and fact set ([`answer`]), and answered, or refused by the one table of
//! [`status`]. Generated types ([`proto`]) come no further inward than this room.

mod accept;
pub mod access;
pub mod answer;
pub mod client;
mod codec;
pub mod config;
mod connection;
pub mod convert;
pub mod credentials;
pub mod elasticity;
pub mod facts;
pub mod feeds;
mod findings;
mod folder;
pub mod gate;
mod jobs;
mod limits;
pub mod load;
pub mod lock;
pub mod method;
pub mod metrics;
pub mod pricing;
pub mod proto;
mod releases;
mod reload;
pub mod repricing;
pub mod result;
pub mod rulebook;
mod secrecy;
mod server;
mod source;
pub mod state;
pub mod status;
pub mod tls;
pub mod token;

pub use credentials::CredentialFiles;
pub use folder::Folder;
pub use gate::LogRequests;
pub use limits::Limits;
pub use lock::Lock;
pub use metrics::Metrics;
pub use reload::{Rejected, Timing};
pub use source::Source;

use self::answer::Desk;
use self::credentials::Credentials;
use self::elasticity::ElasticityService;
use self::facts::FactService;
use self::jobs::Jobs;
use self::pricing::PricingService;
use self::reload::Watcher;
use self::repricing::RepricingService;
use self::rulebook::RulebookService;
use self::server::{Server, Services};
use self::state::{Serving, State};
use self::token::Keys;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    pub limits: Limits,
    pub timing: Timing,
    pub credentials: CredentialFiles,
    pub log_requests: LogRequests,
    /// What "now" is for requests without a time, for replays; else the clock.
    pub at: Option<i64>,
    /// How long a recommended price is to be used at most.
    pub validity: Duration,
    /// The keys of quote tokens, followed while the service runs; without a file, one key that ends with the process.
    pub quote_keys: Option<PathBuf>,
    /// The threads of jobs that price everything; 0 is half the cores.
    pub job_threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timing: Timing::default(),
            credentials: CredentialFiles::default(),
            log_requests: LogRequests::default(),
            at: None,
            validity: Duration::from_secs(15 * 60),
            quote_keys: None,
            job_threads: 0,
        }
    }
}

/// How often rows whose time has come are looked for.
const ADVANCE: Duration = Duration::from_millis(200);

/// Where to serve. Ports are bound by the caller, who can then say which they are.
#[derive(Debug)]
pub struct Listeners {
    pub grpc: TcpListener,
    pub metrics: Option<TcpListener>,
}

/// Why the service ended other than by being told to.
#[derive(Debug)]
pub enum ServeError {
    /// Without TLS and authentication nobody but this machine may ask.
    NotLoopback(SocketAddr),
    /// Files of credentials that cannot be used.
    Credentials(Vec<String>),
    /// The first release cannot be served.
    Rejected(Rejected),
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// Serves `source` until `end` comes: answers health at once, quotes as soon as the first release is loaded (`ready`),
/// and from then on follows the rulebook folder.
///
/// # Errors
/// A listener that others can reach, a first release that cannot be served, or a failing server.
pub async fn serve<S: Source>(
    config: Config,
    source: Arc<S>,
    listeners: Listeners,
    ready: impl FnOnce(&Serving),
    end: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let metrics_address = listeners.metrics.as_ref().map(TcpListener::local_addr).transpose();
    let metrics_address = metrics_address.map_err(ServeError::failed)?;
    may_listen(&config, listeners.grpc.local_addr().map_err(ServeError::failed)?, metrics_address)?;
    let metrics = Arc::new(Metrics::default());
    let credentials = match config.credentials == CredentialFiles::default() {
        true => None,
        false => {
            Some(Arc::new(Credentials::load(config.credentials.clone()).map_err(ServeError::Credentials)?))
        }
    };
    let state = Arc::new(State::new(config.limits.uploaded_rows));
    let page =
        listeners.metrics.map(|listener| metrics::page::serve(listener, metrics.clone(), state.clone()));
    let watched = credentials.clone().map(|credentials| tokio::spawn(credentials.follow(metrics.clone())));
    let health = HealthReporter::new();
    server::set_health(&health, ServingStatus::NotServing).await;
    let clock = Clock { fixed: config.at };
    let keys = Arc::new(match &config.quote_keys {
        Some(path) => token::read(path).map_err(|why| ServeError::Credentials(vec![why]))?,
        None => Keys::random().map_err(ServeError::failed)?,
    });
    let validity = i64::try_from(config.validity.as_secs()).unwrap_or(i64::MAX);
    let desk = Desk { clock, keys: keys.clone(), validity };
    let jobs = Jobs::new(config.job_threads, metrics.clone());
    let jobs = Arc::new(jobs.map_err(|why| ServeError::Failed(why.into()))?);
    let services = Services {
        pricing: PricingService { state: state.clone(), metrics: metrics.clone(), desk: desk.clone() },
        facts: FactService { state: state.clone(), clock, metrics: metrics.clone() },
        rulebook: RulebookService::new(state.clone(), desk),
        repricing: RepricingService::new(state.clone(), clock, jobs),
        elasticity: ElasticityService::new().map_err(ServeError::failed)?,
    };
    let drained = state.clone();
    let advanced = advance(state.clone(), clock);
    let followed = async {
        let loading = source.clone();
        let first = tokio::task::spawn_blocking(move || reload::load(&*loading)).await;
        let first = first.map_err(ServeError::failed)?.map_err(ServeError::Rejected)?;
        let watcher = Watcher::new(source, first, state.clone(), metrics.clone(), config.timing).await;
        if let Some(serving) = state.pin() {
            server::set_health(&health, ServingStatus::Serving).await;
            ready(&serving);
        }
        watcher.run().await;
        Ok(())
    };
    let mut rejected = None;
    let ended = async {
        tokio::select! {
            () = end => {}
            () = advanced => {}
            () = token::follow(config.quote_keys, keys) => {}
            Err(error) = followed => rejected = Some(error),
        }
    };
    let ended = async {
        ended.await;
        drained.drain();
    };
    let server = Server {
        services,
        health: health.clone(),
        limits: config.limits,
        metrics: metrics.clone(),
        credentials,
        log_requests: config.log_requests,
    };
    let served = server.run(listeners.grpc, ended).await;
    for task in [page, watched].into_iter().flatten() {
        task.abort();
    }
    match rejected {
        Some(error) => Err(error),
        None => served.map_err(ServeError::Failed),
    }
}

/// Puts uploaded rows into force when their time comes; never returns.
async fn advance(state: Arc<State>, clock: Clock) {
    loop {
        tokio::time::sleep(ADVANCE).await;
        let (state, now) = (state.clone(), clock.now());
        // It may wait for a release that is being laid over.
        drop(tokio::task::spawn_blocking(move || state.advance(now)).await);
    }
}

/// Others may be let in only when they are known and nobody can listen in; to the metrics nobody is.
///
/// # Errors
/// An address that others can reach.
pub fn may_listen(config: &Config, grpc: SocketAddr, metrics: Option<SocketAddr>) -> Result<(), ServeError> {
    let is_safe = config.credentials.tls.is_some() && config.credentials.principals.is_some();
    let grpc = Some(grpc).filter(|_| !is_safe);
    match grpc.into_iter().chain(metrics).find(|address| !address.ip().is_loopback()) {
        Some(address) => Err(ServeError::NotLoopback(address)),
        None => Ok(()),
    }
}

/// What "now" is: the one place of the service that reads the clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub fixed: Option<i64>,
}

impl Clock {
    /// Seconds since 1970.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "an edge: read once per request, then an argument")]
    pub fn now(self) -> i64 {
        self.fixed.unwrap_or_else(|| jiff::Timestamp::now().as_second())
    }
}

impl ServeError {
    fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => write!(
                f,
                "{address} can be reached from other machines: listen on a loopback address such as 127.0.0.1:{}, or \
                 set `tls.certificate`, `tls.key` and `auth.principals` (metrics have no TLS and stay on loopback)",
                address.port()
            ),
            Self::Credentials(problems) => write!(f, "{}", problems.join("\n")),
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Failed(error) => write!(f, "the service failed: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}

#[cfg(test)]
mod tests;

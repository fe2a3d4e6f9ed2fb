//! Quotes over gRPC.
//!
//! [`serve`] is the map: a listener, a rulebook that is followed, facts that change, and an end. A request is converted
//! ([`convert`]), priced from one pinned release and fact set ([`answer`]), and answered, or refused by the one table of
//! [`status`]. Generated types ([`proto`]) come no further inward than this room.

mod accept;
pub mod answer;
pub mod client;
mod codec;
pub mod convert;
mod deadline;
pub mod facts;
mod findings;
mod folder;
mod jobs;
pub mod lock;
mod metrics;
mod metrics_page;
pub mod pricing;
pub mod proto;
mod releases;
mod reload;
pub mod repricing;
pub mod rulebook;
mod server;
mod source;
pub mod state;
pub mod status;
pub mod token;

pub use folder::Folder;
pub use lock::Lock;
pub use metrics::Metrics;
pub use reload::{Rejected, Timing};
pub use server::Limits;
pub use source::Source;

use self::answer::Desk;
use self::facts::FactService;
use self::jobs::Jobs;
use self::pricing::PricingService;
use self::reload::Watcher;
use self::repricing::RepricingService;
use self::rulebook::RulebookService;
use self::server::Services;
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
    /// What "now" is for requests without a time, for replays; else the clock.
    pub at: Option<i64>,
    /// How long a recommended price is to be used at most.
    pub validity: Duration,
    /// The keys of quote tokens, followed while the service runs; without a file, one key that ends with the process.
    pub quote_keys: Option<PathBuf>,
    /// The threads of jobs that price everything.
    pub job_threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            limits: Limits::default(),
            timing: Timing::default(),
            at: None,
            validity: Duration::from_secs(15 * 60),
            quote_keys: None,
            job_threads: cores.div_ceil(2),
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
    for listener in [Some(&listeners.grpc), listeners.metrics.as_ref()].into_iter().flatten() {
        let address = listener.local_addr().map_err(ServeError::failed)?;
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
    }
    let metrics = Arc::new(Metrics::new().map_err(ServeError::failed)?);
    let page = listeners.metrics.map(|listener| metrics_page::serve(listener, metrics.handle()));
    let state = Arc::new(State::default());
    let health = HealthReporter::new();
    server::set_health(&health, ServingStatus::NotServing).await;
    let clock = Clock { fixed: config.at };
    let keys = Arc::new(match &config.quote_keys {
        Some(path) => token::read(path).map_err(|why| ServeError::Failed(why.into()))?,
        None => Keys::random().map_err(ServeError::failed)?,
    });
    let validity = i64::try_from(config.validity.as_secs()).unwrap_or(i64::MAX);
    let desk = Desk { clock, keys: keys.clone(), validity };
    let jobs = Arc::new(Jobs::new(config.job_threads).map_err(|why| ServeError::Failed(why.into()))?);
    let services = Services {
        pricing: PricingService { state: state.clone(), metrics: metrics.clone(), desk: desk.clone() },
        facts: FactService { state: state.clone(), clock },
        rulebook: RulebookService::new(state.clone(), desk),
        repricing: RepricingService::new(state.clone(), clock, jobs),
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
            () = metrics_page::upkeep(metrics.handle()) => {}
            () = advanced => {}
            () = token::follow(config.quote_keys, keys) => {}
            Err(error) = followed => rejected = Some(error),
        }
    };
    let ended = async {
        ended.await;
        drained.drain();
    };
    let served =
        server::run(listeners.grpc, services, health.clone(), config.limits, metrics.clone(), ended).await;
    if let Some(page) = page {
        page.abort();
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
                "{address} can be reached from other machines, and the service has no TLS and no authentication yet: \
                 listen on a loopback address such as 127.0.0.1:{}",
                address.port()
            ),
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Failed(error) => write!(f, "the service failed: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}

#[cfg(test)]
mod tests;

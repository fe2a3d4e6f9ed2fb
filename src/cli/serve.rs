//! `pricer serve`: quotes over gRPC until Ctrl-C or SIGTERM.

use crate::facts::{parse_duration, parse_instant};
use crate::service::state::Serving;
use crate::service::{Config, Folder, Listeners, ServeError, serve};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

/// Serves quotes over gRPC and follows the rulebook folder.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The rulebook folder. A change is served when it is whole and passes check and tests.
    #[arg(long, value_name = "DIR")]
    pub rulebook: PathBuf,
    /// Items, CSV or Parquet. Without it only items described in the request are priced.
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// Offers of rivals, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub offers: Option<PathBuf>,
    /// Exchange rates, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub fx: Option<PathBuf>,
    /// Where to listen; a loopback address, because there is no TLS and no authentication yet.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// Where Prometheus finds `/metrics`; `off` for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464", value_parser = parse_metrics)]
    pub metrics: MetricsAddress,
    /// The keys of quote tokens, a line each: an id and a secret of 64 hexadecimal digits. The first signs, all verify; the file
    /// is followed. Without it tokens end with the process.
    #[arg(long, value_name = "FILE")]
    pub quote_keys: Option<PathBuf>,
    /// How long a recommended price and its token hold at most, such as `15m`.
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = parse_validity)]
    pub quote_validity: i64,
    /// Answer as if it were this moment, such as `2026-11-18T10:00:00+01:00`: for trying out feeds of another day.
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    pub at: Option<i64>,
}

/// `off` or an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsAddress(pub Option<SocketAddr>);

/// How long threads that read may take to end; what is still open then ends with the process.
const LINGER: Duration = Duration::from_millis(200);

/// Runs the command: 0 told to end, 1 failed, 2 an address that is refused.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let served = runtime.block_on(bind_and_serve(args));
    // A thread that is stuck in a folder or feed must not keep the process.
    runtime.shutdown_timeout(LINGER);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let ServeError::Rejected(_) = error {
                eprintln!(
                    "  help: `pricer check {0}` and `pricer test {0}` say more",
                    args.rulebook.display()
                );
            }
            match error {
                ServeError::NotLoopback(_) => ExitCode::from(2),
                ServeError::Rejected(_) | ServeError::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

async fn bind_and_serve(args: &Args) -> Result<(), ServeError> {
    // Refused before it is bound: not even for a moment is anybody else let in.
    for address in [Some(args.listen), args.metrics.0].into_iter().flatten() {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
    }
    let listeners = Listeners {
        grpc: bind(args.listen, "--listen").await?,
        metrics: match args.metrics.0 {
            Some(address) => Some(bind(address, "--metrics").await?),
            None => None,
        },
    };
    let addresses = (
        listeners.grpc.local_addr().ok(),
        listeners.metrics.as_ref().and_then(|metrics| metrics.local_addr().ok()),
    );
    let folder = Folder {
        rulebook: args.rulebook.clone(),
        items: args.items.clone(),
        offers: args.offers.clone(),
        rates: args.fx.clone(),
    };
    let config = Config {
        at: args.at,
        validity: Duration::from_secs(u64::try_from(args.quote_validity).unwrap_or(0)),
        quote_keys: args.quote_keys.clone(),
        ..Config::default()
    };
    let ready = |serving: &Serving| print!("{}", greeting(serving, args, addresses));
    serve(config, Arc::new(folder), listeners, ready, told_to_end()).await
}

async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|error| {
        let text =
            format!("cannot listen on {address}: {error}; choose another with `{option} 127.0.0.1:PORT`");
        ServeError::Failed(text.into())
    })
}

/// What is served, where, and what to try.
fn greeting(
    serving: &Serving,
    args: &Args,
    (grpc, metrics): (Option<SocketAddr>, Option<SocketAddr>),
) -> String {
    let release = &serving.release;
    let grpc = grpc.unwrap_or(args.listen);
    let place = release.places.first();
    let (market, channel) = place.map_or(("M", "C"), |place| (&*place.market, &*place.channel));
    let sku = serving.facts.items.iter().map(|row| &*row.item.sku).min().unwrap_or("SKU");
    let mut lines = vec![
        format!("serving   {} from {}", release.name, args.rulebook.display()),
        format!("release   {}   {} guards", release.id(), release.guard_count),
        format!(
            "items     {}, offers for {}; uploaded facts live in memory: they end with this process",
            serving.facts.items.len(),
            serving.facts.offers.len()
        ),
        match &args.quote_keys {
            Some(path) => format!("tokens    signed with the keys of {}", path.display()),
            None => {
                "tokens    signed with a key of this process alone; `--quote-keys FILE` for more".to_owned()
            }
        },
        format!(
            "listening grpc://{grpc}   PricingService, FactService, RulebookService, RepricingService, health, reflection"
        ),
    ];
    if let Some(metrics) = metrics {
        lines.push(format!("metrics   http://{metrics}/metrics"));
    }
    let addr = match grpc.port() {
        50_051 => String::new(),
        _ => format!(" --addr http://{grpc}"),
    };
    lines.push(format!("try       pricer quote '{sku}' --market {market} --channel {channel}{addr}"));
    lines.push("Changes of the rulebook are served when they are whole. Ctrl-C ends.".to_owned());
    lines.join("\n") + "\n"
}

/// Ctrl-C or SIGTERM. If neither can be waited for, the service runs until it is killed.
async fn told_to_end() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => drop(terminated.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("draining");
}

/// JSON lines. The layers below log headers when they are chatty, so they never are.
fn log_to_stderr() {
    let targets = Targets::new().with_default(LevelFilter::INFO).with_targets(
        ["h2", "hyper", "hyper_util", "tonic", "tower", "axum"].map(|name| (name, LevelFilter::WARN)),
    );
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(targets).with(lines);
    // Another one may be there already when this runs inside a larger program, such as `pricer demo`.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn parse_validity(text: &str) -> Result<i64, String> {
    match parse_duration(text)? {
        validity @ 1..=86_400 => Ok(validity),
        _ => Err("a price holds for 1s to 1d".to_owned()),
    }
}

fn parse_metrics(text: &str) -> Result<MetricsAddress, String> {
    match text {
        "off" => Ok(MetricsAddress(None)),
        _ => text
            .parse()
            .map(|address| MetricsAddress(Some(address)))
            .map_err(|_| format!("`{text}` is neither `off` nor an address such as 127.0.0.1:9464")),
    }
}

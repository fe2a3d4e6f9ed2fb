//! `pricer serve`: quotes over gRPC until Ctrl-C or SIGTERM.

use crate::facts::parse_instant;
use crate::service::config::problem::{Problem, lines};
use crate::service::config::{Draft, Effect, Settings};
use crate::service::credentials::Credentials;
use crate::service::state::Serving;
use crate::service::token::read as quote_keys;
use crate::service::{Config, Listeners, ServeError, serve};
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
#[command(
    after_help = "Every option of the file has a variable too, such as PRICER_LIMITS_QUOTES. The command line \
                        comes before the environment, the environment before the file. See docs/reference/serve.md."
)]
pub struct Args {
    /// Settings, such as `pricer.toml`.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the settings that would be in force, or all that is wrong with them, and end.
    #[arg(long)]
    pub check_config: bool,
    /// The rulebook folder. A change is served when it is whole and passes check and tests.
    #[arg(long, value_name = "DIR")]
    pub rulebook: Option<PathBuf>,
    /// Items, CSV or Parquet. Without it only items described in the request are priced.
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// Offers of rivals, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub offers: Option<PathBuf>,
    /// Exchange rates, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub fx: Option<PathBuf>,
    /// The prices that were in force, CSV or Parquet: `sku, market, channel, price, kind, from, to, announced`.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Where to listen. Any address but a loopback one needs TLS and principals in the settings. [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Where Prometheus finds `/metrics`; `off` for nowhere. [default: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<String>,
    /// The keys of quote tokens, a line each: an id and a secret of 64 hexadecimal digits. The first signs, all verify; the file
    /// is followed. Without it tokens end with the process.
    #[arg(long, value_name = "FILE")]
    pub quote_keys: Option<PathBuf>,
    /// How long a recommended price and its token hold at most, such as `15m`. [default: 15m]
    #[arg(long, value_name = "DURATION")]
    pub quote_validity: Option<String>,
    /// Threads of jobs that price everything; they give way to quotes. [default: half the cores]
    #[arg(long, value_name = "THREADS")]
    pub job_threads: Option<String>,
    /// Answer as if it were this moment, such as `2026-11-18T10:00:00+01:00`: for trying out feeds of another day.
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    pub at: Option<i64>,
}

/// How long threads that read may take to end; what is still open then ends with the process.
const LINGER: Duration = Duration::from_millis(200);

/// Runs the command: 0 told to end, 1 failed, 2 settings that are wrong.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let (mut settings, effect) = match settings(args) {
        Ok(settings) => settings,
        Err(problems) => {
            eprintln!("error: the settings cannot be used\n{}", lines(&problems));
            return ExitCode::from(2);
        }
    };
    if args.check_config {
        return check(&settings, &effect);
    }
    log_to_stderr();
    tracing::info!(settings = effect.given(&settings), "starting");
    fit_descriptors(&mut settings);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let served = runtime.block_on(bind_and_serve(args, &settings));
    // A thread that is stuck in a folder or feed must not keep the process.
    runtime.shutdown_timeout(LINGER);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let ServeError::Rejected(_) = error {
                let rulebook = settings.rulebook.unwrap_or_default();
                eprintln!("  help: `pricer check {0}` and `pricer test {0}` say more", rulebook.display());
            }
            match error {
                ServeError::NotLoopback(_) | ServeError::Credentials(_) => ExitCode::from(2),
                ServeError::Rejected(_) | ServeError::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// The file, then the environment, then the command line.
fn settings(args: &Args) -> Result<(Settings, Effect), Vec<Problem>> {
    let mut draft = Draft::default();
    if let Some(path) = &args.config {
        draft.file(path);
    }
    let variables = std::env::vars_os();
    let texts =
        variables.filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    draft.environment(texts);
    let paths = [
        ("rulebook", "--rulebook", &args.rulebook),
        ("items", "--items", &args.items),
        ("offers", "--offers", &args.offers),
        ("fx", "--fx", &args.fx),
        ("history", "--history", &args.history),
        ("quotes.keys", "--quote-keys", &args.quote_keys),
    ];
    for (key, option, path) in paths {
        if let Some(path) = path {
            draft.set(key, &path.to_string_lossy(), option);
        }
    }
    let texts = [
        ("listen", "--listen", &args.listen),
        ("metrics", "--metrics", &args.metrics),
        ("quotes.validity", "--quote-validity", &args.quote_validity),
        ("jobs.threads", "--job-threads", &args.job_threads),
    ];
    for (key, option, text) in texts {
        if let Some(text) = text {
            draft.set(key, text, option);
        }
    }
    draft.finish()
}

/// `--check-config`: also the files of credentials and of quote keys are read.
fn check(settings: &Settings, effect: &Effect) -> ExitCode {
    let mut problems = Credentials::load(settings.config().credentials).err().unwrap_or_default();
    problems.extend(settings.quote_keys.as_deref().and_then(|path| quote_keys(path).err()));
    if problems.is_empty() {
        print!("{}", effect.toml(settings));
        ExitCode::SUCCESS
    } else {
        eprintln!("error: the settings cannot be used\n{}", problems.join("\n"));
        ExitCode::from(2)
    }
}

/// Files and the like that are no connections.
const DESCRIPTORS_KEPT: usize = 64;

/// More connections than file descriptors would be accepted and then fail.
fn fit_descriptors(settings: &mut Settings) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let allowed = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    let Some(allowed) = allowed else { return };
    let fitting = allowed.saturating_sub(DESCRIPTORS_KEPT).max(allowed / 2).max(1);
    if fitting < settings.limits.connections {
        tracing::warn!(
            descriptors = allowed,
            connections = fitting,
            "fewer connections than configured: raise the limit of open files (`ulimit -n`, `LimitNOFILE`)"
        );
        settings.limits.connections = fitting;
    }
}

async fn bind_and_serve(args: &Args, settings: &Settings) -> Result<(), ServeError> {
    let listeners = Listeners {
        grpc: bind(settings.listen, "--listen").await?,
        metrics: match settings.metrics {
            Some(address) => Some(bind(address, "--metrics").await?),
            None => None,
        },
    };
    let addresses = (
        listeners.grpc.local_addr().unwrap_or(settings.listen),
        listeners.metrics.as_ref().and_then(|metrics| metrics.local_addr().ok()),
    );
    let config = Config { at: args.at, ..settings.config() };
    let ready = |serving: &Serving| print!("{}", greeting(serving, settings, addresses));
    serve(config, Arc::new(settings.folder()), listeners, ready, told_to_end()).await
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
    settings: &Settings,
    (grpc, metrics): (SocketAddr, Option<SocketAddr>),
) -> String {
    let release = &serving.release;
    let rulebook = settings.rulebook.clone().unwrap_or_default();
    let scheme = if settings.certificate.is_some() { "grpcs" } else { "grpc" };
    let place = release.places.first();
    let (market, channel) = place.map_or(("M", "C"), |place| (&*place.market, &*place.channel));
    let sku = serving.facts.items.by_sku(None).map(|(sku, _)| sku).min().unwrap_or("SKU");
    let mut lines = vec![
        format!("serving   {} from {}", release.name, rulebook.display()),
        format!("release   {}   {} guards", release.id(), release.guard_count),
        format!(
            "items     {}, offers for {}; uploaded facts live in memory: they end with this process",
            serving.facts.items.len(),
            serving.facts.offers.len()
        ),
        match &settings.quote_keys {
            Some(path) => format!("tokens    signed with the keys of {}", path.display()),
            None => {
                "tokens    signed with a key of this process alone; `--quote-keys FILE` for others".to_owned()
            }
        },
        format!(
            "listening {scheme}://{grpc}   PricingService, FactService, RulebookService, RepricingService, health, reflection"
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
        ["h2", "hyper", "hyper_util", "tonic", "tower", "axum", "rustls", "tokio_rustls"]
            .map(|name| (name, LevelFilter::WARN)),
    );
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(targets).with(lines);
    // Another one may be there already when this runs inside a larger program, such as `pricer demo`.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

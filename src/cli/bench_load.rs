//! `pricer bench-load`: how much a running service answers, and how soon.

use super::dial::{DialArgs, why};
use super::output::Format;
use crate::service::client::Dial;
use crate::service::load::latency::Latencies;
use crate::service::load::{Outcome, Plan, run as run_load};
use crate::service::proto::QuotePriceRequest;
use crate::service::proto::quote_price_request::Item;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;

/// Measures a running service: sends quotes at a fixed rate, and tells goodput and latencies.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Open loop: a call is sent when it is due, whether or not earlier ones are answered, and its \
                        latency counts from then. Goodput counts answers with a price in time; gRPC failures are no \
                        goodput. If `late` is not far below the latencies, the generator is what is measured: \
                        lower the rate, or run it on another machine."
)]
pub struct Args {
    /// The items to ask for, in turn.
    #[arg(required = true)]
    pub skus: Vec<String>,
    /// A market of the rulebook, such as `DE`.
    #[arg(long)]
    pub market: String,
    /// A channel that sells in that market, such as `own`.
    #[arg(long)]
    pub channel: String,
    /// Calls a second.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// Seconds to measure.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Seconds before that, which are not counted.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub warm_up: u64,
    /// Connections to spread the calls over.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Milliseconds after which an answer is no good.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub deadline: u64,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub dial: DialArgs,
}

/// Runs the command: 0 measured, 1 no connection or no answer at all, 2 wrong usage.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let (dial, runtime) = match args.dial.ready(Builder::new_multi_thread()) {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    let plan = plan(args, dial);
    let outcome = match run_load(&plan, runtime.handle()) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("error: {}", why(&error));
            return ExitCode::from(if error.is_usage() { 2 } else { 1 });
        }
    };
    match args.format {
        Format::Human => print!("{}", text(&outcome, &plan)),
        Format::Json => println!("{:#}", json(&outcome, &plan)),
    }
    runtime.shutdown_background();
    if outcome.answered.count() == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn plan(args: &Args, dial: Dial) -> Plan {
    let request = |sku: &String| QuotePriceRequest {
        item: Some(Item::Sku(sku.clone())),
        market: args.market.clone(),
        channel: args.channel.clone(),
        ..QuotePriceRequest::default()
    };
    Plan {
        dial,
        requests: args.skus.iter().map(request).collect(),
        rate: args.rate,
        duration: Duration::from_secs(args.seconds),
        warm_up: Duration::from_secs(args.warm_up),
        connections: usize::try_from(args.connections).unwrap_or(1),
        deadline: Duration::from_millis(args.deadline),
    }
}

const QUANTILES: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn text(outcome: &Outcome, plan: &Plan) -> String {
    let line = |latencies: &Latencies| {
        let quantiles = QUANTILES.map(|(name, at)| format!("{name} {:.3}", millis(latencies.quantile(at))));
        format!("{} max {:.3} ms", quantiles.join("  "), millis(latencies.max()))
    };
    let (rate, seconds) = (plan.rate, plan.duration.as_secs());
    let codes =
        outcome.codes.iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join("   ");
    let mut text = format!(
        "rate       {rate}/s for {seconds} s over {} connections\nsent       {}   not sent {}\ncodes      {codes}\n\
         goodput    {:.1}/s\nanswered   {}\n",
        plan.connections,
        outcome.sent,
        outcome.not_sent,
        outcome.goodput(plan),
        line(&outcome.answered),
    );
    if outcome.refused.count() != 0 {
        text += &format!("refused    {}\n", line(&outcome.refused));
    }
    text + &format!("late       {}\n", line(&outcome.late))
}

fn json(outcome: &Outcome, plan: &Plan) -> serde_json::Value {
    let latencies = |latencies: &Latencies| {
        let mut all = serde_json::Map::new();
        for (name, at) in QUANTILES {
            all.insert(name.to_owned(), millis(latencies.quantile(at)).into());
        }
        all.insert("max".to_owned(), millis(latencies.max()).into());
        all.insert("count".to_owned(), latencies.count().into());
        serde_json::Value::from(all)
    };
    serde_json::json!({
        "format_version": 1,
        "rate": plan.rate,
        "seconds": plan.duration.as_secs(),
        "connections": plan.connections,
        "sent": outcome.sent,
        "not_sent": outcome.not_sent,
        "codes": outcome.codes,
        "goodput": outcome.goodput(plan),
        "answered_ms": latencies(&outcome.answered),
        "refused_ms": latencies(&outcome.refused),
        "late_ms": latencies(&outcome.late),
    })
}

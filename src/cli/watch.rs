//! `pricer watch`: prices of a running service, whenever they change.

use super::dial::{DialArgs, why};
use super::output::Format;
use super::quote::{fail, print};
use crate::facts::{parse_duration, show_instant};
use crate::service::Clock;
use crate::service::client::Dial;
use crate::service::proto::quote_result::Outcome;
use crate::service::proto::{QuotePriceRequest, QuoteResult, quote_price_request::Item};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;

/// Asks a running service again and again, and prints a line whenever a price, its rule or its reason changes.
///
/// A service that does not answer is waited for. Where tokens are needed, it takes one of a `batcher` or a role above. Ctrl-C
/// ends. Exit codes: 0 ended, 1 the service lets nobody in with this token, 2 a request that names what is unknown.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The items, at most 1,000.
    #[arg(required = true, value_name = "SKU")]
    pub skus: Vec<String>,
    /// A market of the rulebook, such as `DE`.
    #[arg(long)]
    pub market: String,
    /// A channel that sells in that market, such as `own`.
    #[arg(long)]
    pub channel: String,
    /// A customer segment of the rulebook.
    #[arg(long)]
    pub segment: Option<String>,
    /// How long to wait between two looks, such as `5s`.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_every)]
    pub every: i64,
    /// End after so many lines.
    #[arg(long, value_name = "LINES")]
    pub count: Option<usize>,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub dial: DialArgs,
}

fn parse_every(text: &str) -> Result<i64, String> {
    match parse_duration(text)? {
        every @ 1.. => Ok(every),
        _ => Err("the least is one second".to_owned()),
    }
}

#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let (dial, runtime) = match args.dial.ready(Builder::new_current_thread()) {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    runtime.block_on(async {
        tokio::select! {
            code = watch(args, &dial) => code,
            Ok(()) = tokio::signal::ctrl_c() => ExitCode::SUCCESS,
        }
    })
}

async fn watch(args: &Args, dial: &Dial) -> ExitCode {
    let requests: Vec<QuotePriceRequest> = args.skus.iter().map(|sku| request(args, sku)).collect();
    let every = Duration::from_secs(u64::try_from(args.every).unwrap_or(1));
    let mut seen: Vec<Option<String>> = vec![None; requests.len()];
    let (mut lines, mut is_away, mut channel) = (0, false, None);
    loop {
        let answer = async {
            let open = match &channel {
                Some(open) => open,
                None => channel.insert(dial.connect().await?),
            };
            dial.ask_batch(open, requests.clone()).await
        };
        match answer.await {
            Ok(answer) => {
                is_away = false;
                for ((asked, result), seen) in requests.iter().zip(&answer.results).zip(&mut seen) {
                    let now = told(result);
                    if seen.as_ref() == Some(&now) {
                        continue;
                    }
                    *seen = Some(now);
                    if show(args, asked, result).is_err() {
                        return ExitCode::SUCCESS;
                    }
                    lines += 1;
                    if args.count == Some(lines) {
                        return ExitCode::SUCCESS;
                    }
                }
                // A market or channel that the rulebook does not have will not come by waiting.
                if !answer.results.is_empty() && answer.results.iter().all(is_misasked) {
                    return ExitCode::from(2);
                }
            }
            Err(error) if error.is_usage() || error.is_denied() => return fail(&error, args.format),
            Err(error) => {
                channel = None;
                if !is_away {
                    eprintln!("the service does not answer and is waited for: {}", why(&error));
                }
                is_away = true;
            }
        }
        tokio::time::sleep(every).await;
    }
}

fn request(args: &Args, sku: &str) -> QuotePriceRequest {
    QuotePriceRequest {
        item: Some(Item::Sku(sku.to_owned())),
        market: args.market.clone(),
        channel: args.channel.clone(),
        customer_segment: args.segment.clone().unwrap_or_default(),
        ..QuotePriceRequest::default()
    }
}

/// Whether the request itself is wrong, whatever the item.
fn is_misasked(result: &QuoteResult) -> bool {
    let Some(Outcome::Error(error)) = &result.outcome else { return false };
    matches!(&*error.reason, "INVALID_FIELD" | "MARKET_NOT_FOUND" | "CHANNEL_NOT_FOUND" | "SEGMENT_NOT_FOUND")
}

/// What counts as a change: not the moment, the release or the facts alone.
fn told(result: &QuoteResult) -> String {
    match &result.outcome {
        Some(Outcome::Decision(decision)) => {
            let gross = decision.price.as_ref().and_then(|price| price.gross.clone());
            let rule = decision.winner.as_ref().map(|winner| (&winner.rule, winner.row));
            format!("{gross:?} {} {rule:?} {:?}", decision.held_reason, decision.flags)
        }
        Some(Outcome::Error(error)) => error.reason.clone(),
        None => String::new(),
    }
}

fn show(args: &Args, asked: &QuotePriceRequest, result: &QuoteResult) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Human => {
            let now = show_instant(Clock { fixed: None }.now());
            writeln!(out, "{now}  {}", print::result_line(asked, result))?;
        }
        Format::Json => writeln!(out, "{}", print::result_json(asked, result))?,
    }
    out.flush()
}

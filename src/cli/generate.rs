//! `pricer gen`: feeds that fit a rulebook, for benchmarks and for a first try.

use super::opened::{now, open};
use crate::batch::{BatchError, Made, MadeFeed, Recipe, generate};
use crate::facts::{parse_instant, parse_percent};
use crate::money::Ratio;
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes a feed of any size that fits a rulebook: the same bytes for the same seed and time.
///
/// Offers and sales are of the articles that `gen items` lists under the same seed. Exit codes: 0 made, 1 failed, 2 wrong usage.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to make.
    #[arg(value_enum)]
    feed: Feed,
    /// The rulebook's folder.
    #[arg(long, value_name = "DIR")]
    rulebook: PathBuf,
    /// How many rows.
    #[arg(long, value_name = "N")]
    rows: u64,
    /// Another seed makes another shop.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// `.csv` or `.parquet`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only this market [default: every item in all].
    #[arg(long)]
    market: Option<String>,
    /// The time of the feed, such as `2026-11-18T10:00:00+01:00` [default: now]. The same bytes need the same time.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    at: Option<i64>,
    /// The share of items with a fault, to see the quarantine at work.
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    bad: Ratio,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Feed {
    /// Items with costs, prices, stock and all attributes of the schema; a row for each market in turn.
    Items,
    /// An offer of each rival of the rulebook for each item.
    Offers,
    /// Exchange rates, one a day for each currency of the rulebook.
    Fx,
    /// Weekly sales of each item, with the elasticity that `gen items` states.
    Sales,
}

fn share(text: &str) -> Result<Ratio, String> {
    let share = parse_percent(text)?;
    let inside = (Ratio::ZERO..=Ratio::ONE).contains(&share);
    if inside { Ok(share) } else { Err(format!("`{text}` is not between 0% and 100%")) }
}

/// Runs the command.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let Some(release) = open(&args.rulebook) else {
        return ExitCode::FAILURE;
    };
    let recipe = Recipe {
        release: &release,
        feed: match args.feed {
            Feed::Items => MadeFeed::Items,
            Feed::Offers => MadeFeed::Offers,
            Feed::Fx => MadeFeed::Rates,
            Feed::Sales => MadeFeed::Sales,
        },
        rows: args.rows,
        seed: args.seed,
        at: args.at.unwrap_or_else(now),
        market: args.market.as_deref(),
        bad: args.bad,
    };
    match generate(&recipe, &args.out) {
        Ok(made) => {
            println!("{}", account(&made, args));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            match error {
                BatchError::Usage(_) | BatchError::NoPlace(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn account(made: &Made, args: &Args) -> String {
    let mut text = format!("{} rows written to {}.", made.rows, args.out.display());
    let bad: u64 = made.bad.values().sum();
    if 0 < bad {
        let codes: Vec<String> = made.bad.iter().map(|(code, count)| format!("{code} {count}")).collect();
        text.push_str(&format!(" {bad} of them are bad: {}.", codes.join(", ")));
    }
    text
}

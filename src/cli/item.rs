//! One item of a catalog in one place: what `explain` and `curve` look at.

use super::opened::{now, open, own_fitted, own_rates};
use crate::batch::{BatchError, Feeds, find_item, load_facts};
use crate::facts::{FactSet, Item, Names, parse_instant};
use crate::pricing::{Release, Row, Twins, World};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments that say which item, where, when, and with which facts.
#[derive(Clone, Debug, clap::Args)]
pub struct ItemArgs {
    /// The item.
    pub sku: String,
    /// The rulebook folder.
    #[arg(long, value_name = "DIR")]
    pub rulebook: PathBuf,
    /// The catalog, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// Rivals' offers, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    pub offers: Option<PathBuf>,
    /// Exchange rates [default: the feed that the rulebook's markets name].
    #[arg(long, value_name = "FILE")]
    pub fx: Option<PathBuf>,
    /// The prices that were in force, CSV or Parquet: `sku, market, channel, price, kind, from, to, announced`.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// A market of the rulebook.
    #[arg(long)]
    pub market: String,
    /// A channel that sells in that market.
    #[arg(long)]
    pub channel: String,
    /// The moment, such as `2026-11-18T10:00:00+01:00` [default: now].
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub at: Option<i64>,
}

/// Attribute and text as the feed gave it.
pub(super) type Facts = BTreeMap<String, String>;

/// The item with all that its price depends on.
pub(super) struct Asked<'a> {
    pub row: Row<'a>,
    pub world: &'a World<'a>,
    pub facts: Facts,
    /// Of rivals.
    pub names: &'a Names,
}

pub(super) enum Problem {
    Usage(String),
    Feed(BatchError),
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        Self::Feed(error)
    }
}

/// Finds the item and hands it to `then`, whose exit code it gives: 1 after a bad feed or row, 2 for an unknown item or place.
pub(super) fn with_item(args: &ItemArgs, then: impl FnOnce(&Asked<'_>) -> Result<u8, Problem>) -> ExitCode {
    match find(args, then) {
        Ok(code) => ExitCode::from(code),
        Err(Problem::Usage(text)) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
        Err(Problem::Feed(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn find(args: &ItemArgs, then: impl FnOnce(&Asked<'_>) -> Result<u8, Problem>) -> Result<u8, Problem> {
    let Some(release) = open(&args.rulebook) else {
        return Ok(1);
    };
    let place = release.place(&args.market, &args.channel).ok_or_else(|| {
        let known: Vec<String> =
            release.places.iter().map(|place| format!("{}/{}", place.market, place.channel)).collect();
        Problem::Usage(format!(
            "`{}/{}` is no market and channel of the rulebook; it has {}",
            args.market,
            args.channel,
            known.join(", ")
        ))
    })?;
    let found = find_item(&args.items, &release, &args.sku, &args.market, &args.channel)?.ok_or_else(|| {
        let (sku, file) = (&args.sku, args.items.display());
        Problem::Usage(format!(
            "`{sku}` is not in `{file}` for market {} and channel {}; ids are text, so `17` is not `0017`",
            args.market, args.channel
        ))
    })?;
    let (row, mut facts) = match found {
        Ok(found) => found,
        Err(bad) => {
            for field in &bad {
                eprintln!("error: {}: {} {}", field.code.as_str(), field.field, field.message);
            }
            return Ok(1);
        }
    };
    let own = own_rates(&args.rulebook, &release);
    let (rates, history) = (args.fx.as_deref().or(own.as_deref()), args.history.as_deref());
    let (offers, fitted) = (args.offers.as_deref(), own_fitted(&args.rulebook, &release));
    let given = Feeds { items: None, offers, rates, history, fitted: fitted.as_deref() };
    let (feeds, accounts) = load_facts(&release, given)?;
    for row in accounts.iter().flat_map(|account| &account.quarantined) {
        for field in row.fields.iter().filter(|_| *row.sku == *args.sku || row.sku.is_empty()) {
            let (feed, line, name) = (row.feed.as_str(), row.line, &field.field);
            eprintln!("warning: {feed} row {line} is left out: `{name}` {}", field.message);
        }
    }
    feeds.estimates.tell(&args.sku, &args.market, &mut facts);
    let at = args.at.unwrap_or_else(now);
    let known_at = feeds.offers.known_at(&args.market, at);
    let world = World::new(&release, place, &feeds.rates, at, known_at)
        .with_history(&feeds.history)
        .with_estimates(&feeds.estimates);
    let twins = twins(args, &release, &row.item, &world, &feeds)?;
    let world = world.with_twins(&twins);
    let offers = feeds.offers.get(&args.sku, &args.market);
    let row = Row { item: &row.item, offers };
    then(&Asked { row, world: &world, facts, names: &feeds.offers.names })
}

/// What the item's twins cost, and theirs, as far as the way goes.
fn twins(
    args: &ItemArgs,
    release: &Release,
    item: &Item,
    world: &World<'_>,
    feeds: &FactSet,
) -> Result<Twins, BatchError> {
    let mut known: BTreeMap<String, Option<Item>> = BTreeMap::from([(args.sku.clone(), Some(item.clone()))]);
    let mut open: Vec<String> = item.links().map(str::to_owned).collect();
    while let Some(sku) = open.pop() {
        if known.contains_key(&sku) {
            continue;
        }
        let found = find_item(&args.items, release, &sku, &args.market, &args.channel)?;
        let item = found.and_then(Result::ok).map(|(row, _)| row.item);
        open.extend(item.iter().flat_map(|item| item.links().map(str::to_owned)));
        known.insert(sku, item);
    }
    let row = |sku: &str| {
        let item = known.get(sku)?.as_ref()?;
        Some(Row { item, offers: feeds.offers.get(sku, &args.market) })
    };
    let mut twins = Twins::default();
    // A follower's own price is not asked for by anybody; its twins' are.
    item.links().for_each(|sku| twins.resolve(sku, world, &row));
    Ok(twins)
}

//! `pricer simulate`: what rules would earn in a world whose demand nobody tells them.

use super::opened::{now, open, own_rates};
use super::output::Format;
use crate::batch::{Feeds, load_facts};
use crate::estimate::data::Column;
use crate::estimate::read::read_table;
use crate::facts::{Item, parse_instant};
use crate::pricing::Release;
use crate::simulate::{Plan, Shop, WorldKind, json, simulate, svg, text};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Plays a shop in worlds with hidden demand: how much of what could be earned do fitted elasticities and rules earn?
///
/// A history of weeks is made under today's prices with some variation; elasticities are fitted from it as `pricer fit` does; the
/// rules price every item through the engine, with all guards and endings; the world answers with sales; and so on, every four
/// weeks. Beside the rules play the incumbent, who keeps today's prices, and the clairvoyant, who knows the true demand and is
/// bound by the same guards. Headroom captured = (rules − incumbent) ÷ (clairvoyant − incumbent), in profit. Without --rulebook a
/// built-in shop plays: one `optimise` rule, 10 % at a time, no sale at a loss.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Worlds:
  constant     demand is as the fit believes: constant elasticity, prices tried by chance
  logit        items of a group take customers from each other; each is priced alone
  endogenous   past prices rose when demand was high, which no column tells
  stock-outs   deliveries cover 1.15 usual weeks; weeks that sold out are left out of the fit
  rivals       a rival follows our prices within weeks, so the first answer of demand is too strong

Examples:
  pricer simulate --world constant --seeds 1
  pricer simulate --svg captured.svg --format json
  pricer simulate --rulebook models/fresh --catalog models/fresh/feeds/items.csv --world constant

The same seed gives the same answer, on any number of threads. Exit codes: 0 done, 1 failed, 2 wrong usage.")]
pub struct Args {
    /// Price with this rulebook; --catalog names its items. Rules that ask for rivals or twins have none here.
    #[arg(long, value_name = "DIR", requires = "catalog")]
    rulebook: Option<PathBuf>,
    /// Items with costs and current prices, CSV or Parquet; their `category` groups them.
    #[arg(long, value_name = "FILE", requires = "rulebook")]
    catalog: Option<PathBuf>,
    /// A market of the rulebook [default: its first].
    #[arg(long, requires = "rulebook")]
    market: Option<String>,
    /// A channel that sells in that market [default: its first].
    #[arg(long, requires = "rulebook")]
    channel: Option<String>,
    /// When the first price is set, such as `2026-11-18T10:00:00+01:00` [default: now, with a rulebook].
    #[arg(long, value_name = "TIME", value_parser = parse_instant, requires = "rulebook")]
    at: Option<i64>,
    /// How demand answers: constant, logit, endogenous, stock-outs, rivals, or all.
    #[arg(long, default_value = "all", value_parser = worlds)]
    world: Worlds,
    /// How many items: of the built-in shop, or the first of the catalog.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    items: u32,
    /// Weeks of history before the rules take over.
    #[arg(long, value_name = "N", default_value_t = 104, value_parser = clap::value_parser!(u16).range(4..=1040))]
    weeks: u16,
    /// How often the rules set prices, every four weeks.
    #[arg(long, value_name = "N", default_value_t = 13, value_parser = clap::value_parser!(u16).range(1..=260))]
    periods: u16,
    /// How many seeds are played; each is another hidden demand.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Also writes the picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Debug)]
struct Worlds(Vec<WorldKind>);

fn worlds(text: &str) -> Result<Worlds, String> {
    if text == "all" {
        return Ok(Worlds(WorldKind::ALL.to_vec()));
    }
    let known = || WorldKind::ALL.map(WorldKind::as_str).join(", ");
    let found = WorldKind::ALL.into_iter().find(|world| world.as_str() == text);
    found.map(|world| Worlds(vec![world])).ok_or_else(|| format!("is not one of {}, all", known()))
}

/// Runs the command: 0 done, 1 failed, 2 an unknown place.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match play(args) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn play(args: &Args) -> Result<ExitCode, String> {
    let items = usize::try_from(args.items).unwrap_or(usize::MAX);
    let shop = match (&args.rulebook, &args.catalog) {
        (Some(rulebook), Some(catalog)) => match own_shop(args, rulebook, catalog, items)? {
            Ok(shop) => shop,
            Err(code) => return Ok(code),
        },
        _ => Shop::built_in(items, args.seed).ok_or("the built-in rulebook is broken")?,
    };
    let plan = Plan {
        worlds: args.world.0.clone(),
        weeks: args.weeks.into(),
        periods: args.periods.into(),
        seeds: args.seeds,
        seed: args.seed,
    };
    let bar = progress(plan.worlds.len() as u64 * plan.seeds);
    let report = simulate(&shop, &plan, &|| bar.inc(1)).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    if let Some(path) = &args.svg {
        std::fs::write(path, svg(&report))
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    let said = match args.format {
        Format::Human => text(&report),
        Format::Json => format!("{:#}\n", json(&report, &shop.left_out)),
    };
    // A reader who has gone away is no error.
    let _ = std::io::stdout().write_all(said.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// The shop of a rulebook and a catalog; the inner error was printed.
fn own_shop(
    args: &Args,
    rulebook: &Path,
    catalog: &Path,
    most: usize,
) -> Result<Result<Shop, ExitCode>, String> {
    let Some(release) = open(rulebook) else { return Ok(Err(ExitCode::FAILURE)) };
    let fits = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    let place = release
        .places
        .iter()
        .position(|place| fits(&args.market, &place.market) && fits(&args.channel, &place.channel));
    let Some((index, place)) = place.and_then(|index| Some((index, release.places.get(index)?))) else {
        let known = release.places.iter().map(|place| format!("{}/{}", place.market, place.channel));
        eprintln!("error: no such place; places are {}", known.collect::<Vec<_>>().join(", "));
        return Ok(Err(ExitCode::from(2)));
    };
    let rates = own_rates(rulebook, &release);
    let feeds = Feeds { items: Some(catalog), rates: rates.as_deref(), ..Feeds::default() };
    let (facts, _) = load_facts(&release, feeds).map_err(|error| error.to_string())?;
    let groups = groups(&release, catalog)?;
    let skus: BTreeSet<&str> = facts.items.by_sku(None).map(|(sku, _)| sku).collect();
    let of = |sku: &&str| facts.items.get(sku, &place.market, &place.channel).map(|row| row.item());
    let group = |item: &Item| groups.get(&item.sku).cloned().unwrap_or_else(|| "all".to_owned());
    let rows = skus.iter().filter_map(of).map(|item| (group(&item), item)).map(|(group, item)| (item, group));
    let items = rows.take(most).collect();
    Ok(Ok(Shop::new(release.clone(), index, facts.rates, args.at.unwrap_or_else(now), items)))
}

/// The category of each SKU, where the catalog has one.
fn groups(release: &Release, catalog: &Path) -> Result<BTreeMap<String, String>, String> {
    let table = read_table(catalog).map_err(|error| error.to_string())?;
    let column = |name: &str| {
        let header = release.items_feed.columns.get(name).map_or(name, |header| header);
        match table.find(header)? {
            Column::Text(texts) => {
                Some(texts.codes.iter().map(|code| texts.level(*code).unwrap_or("").to_owned()).collect())
            }
            Column::Number(numbers) => Some(numbers.iter().map(f64::to_string).collect()),
        }
    };
    let (skus, groups): (Option<Vec<String>>, Option<Vec<String>>) = (column("sku"), column("category"));
    Ok(skus.unwrap_or_default().into_iter().zip(groups.unwrap_or_default()).collect())
}

fn progress(games: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} worlds and seeds, {eta} left");
    let bar = ProgressBar::new(games).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.tick();
    bar
}

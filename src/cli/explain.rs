//! `pricer explain`: the price waterfall of one item, or why a rule does not apply to it.

use super::opened::{now, open, own_rates};
use super::output::Format;
use crate::batch::{BatchError, Feeds, find_item, load_facts};
use crate::explain::{self, Condition, Explanation, Subject, Verdict};
use crate::facts::{FactSet, Item, parse_instant};
use crate::pricing::{Place, Recorder, Release, Row, Rule, Twins, World, price, view};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Shows why an item costs what it costs: each step of the waterfall, what was not used, what did not apply.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
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
    /// Says why this rule does not set the price: each of its conditions with ✓ or ✗.
    #[arg(long, value_name = "RULE")]
    pub why_not: Option<String>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What the item's twins cost, and theirs, as far as the way goes.
fn twins(
    args: &Args,
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

/// Runs the command: 0 a price or a held price, 1 none, 2 an unknown item, place or rule.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match explain(args) {
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

enum Problem {
    Usage(String),
    Feed(BatchError),
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        Self::Feed(error)
    }
}

fn explain(args: &Args) -> Result<u8, Problem> {
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
    let (row, facts) = match found {
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
    let (feeds, accounts) =
        load_facts(&release, Feeds { items: None, offers: args.offers.as_deref(), rates, history })?;
    for row in accounts.iter().flat_map(|account| &account.quarantined) {
        for field in row.fields.iter().filter(|_| *row.sku == *args.sku || row.sku.is_empty()) {
            let (feed, line, name) = (row.feed.as_str(), row.line, &field.field);
            eprintln!("warning: {feed} row {line} is left out: `{name}` {}", field.message);
        }
    }
    let at = args.at.unwrap_or_else(now);
    let known_at = feeds.offers.known_at(&args.market, at);
    let world = World::new(&release, place, &feeds.rates, at, known_at)
        .with_history(&feeds.history)
        .with_estimates(&feeds.estimates);
    let twins = twins(args, &release, &row.item, &world, &feeds)?;
    let world = world.with_twins(&twins);
    let offers = feeds.offers.get(&args.sku, &args.market);
    let priced = Row { item: &row.item, offers };
    if let Some(name) = &args.why_not {
        return why_not(name, &priced, &world, &facts, args.format);
    }
    let mut recorder = Recorder::default();
    let outcome = price(&priced, &world, &mut recorder);
    let subject = Subject { sku: args.sku.clone(), facts };
    let explanation = Explanation::new(subject, &world, &outcome, &recorder.steps, &feeds.offers.names);
    match args.format {
        Format::Human => print!("{}", explanation.text()),
        Format::Json => println!("{:#}", explanation.json()),
    }
    Ok(u8::from(explanation.decision().is_none()))
}

type Facts = BTreeMap<String, String>;

/// Every condition of a rule, with ✓ or ✗ and what the item has.
fn why_not(
    name: &str,
    row: &Row<'_>,
    world: &World<'_>,
    facts: &Facts,
    format: Format,
) -> Result<u8, Problem> {
    let place: &Place = world.place;
    let is_named = |rule: &Rule| *rule.info.label == *name || *rule.info.id == *name;
    if !place.rules.iter().any(is_named) {
        let labels: Vec<&str> = place.rules.iter().map(|rule| &*rule.info.label).collect();
        return Err(Problem::Usage(format!(
            "`{name}` is no rule in market {} and channel {}; there are {}",
            place.market,
            place.channel,
            labels.join(", ")
        )));
    }
    let view = view(row, world).map_err(|refusal| {
        let why = explain::refusal_text(&refusal, world);
        Problem::Usage(format!("no rule is asked: {why}"))
    })?;
    let verdicts = explain::why_not(name, &view, facts);
    match format {
        Format::Human => verdicts.iter().for_each(print_verdict),
        Format::Json => {
            let rules: Vec<_> = verdicts.iter().map(verdict_json).collect();
            println!("{:#}", json!({ "format_version": "1.0", "kind": "why-not", "rules": rules }));
        }
    }
    Ok(0)
}

fn print_verdict(verdict: &Verdict<'_>) {
    let info = &verdict.rule.info;
    println!("{} ({}:{})", info.label, info.at.file, info.at.line);
    println!("  {} dates {}", mark(verdict.open), if verdict.open { "are open" } else { "are not open" });
    for (at, conditions) in verdict.boxes.iter().enumerate() {
        if 0 < at {
            println!("  or");
        }
        for Condition { attribute: name, wants, has, holds } in conditions {
            println!("  {} {name} wants {wants}, has {}", mark(*holds), has.as_deref().unwrap_or("nothing"));
        }
    }
    match verdict.beaten_by {
        Some(winner) => println!("  it holds, but {winner} wins over it"),
        None if verdict.holds => println!("  it holds, and it sets the price"),
        None => {}
    }
}

fn verdict_json(verdict: &Verdict<'_>) -> serde_json::Value {
    let info = &verdict.rule.info;
    let boxes = verdict.boxes.iter().map(|conditions| {
        let all = conditions.iter().map(|Condition { attribute, wants, has, holds }| {
            json!({ "attr": attribute, "wants": wants, "has": has, "holds": holds })
        });
        all.collect::<Vec<_>>()
    });
    json!({
        "rule": info.label,
        "file": info.at.file,
        "line": info.at.line,
        "open": verdict.open,
        "boxes": boxes.collect::<Vec<_>>(),
        "holds": verdict.holds,
        "beaten_by": verdict.beaten_by,
    })
}

fn mark(holds: bool) -> char {
    if holds { '✓' } else { '✗' }
}

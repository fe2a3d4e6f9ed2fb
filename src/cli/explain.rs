//! `pricer explain`: the price waterfall of one item, or why a rule does not apply to it.

use super::opened::{now, open, own_rates};
use crate::batch::{BatchError, Feeds, find_item, load_facts};
use crate::explain::{Explanation, Subject};
use crate::facts::parse_instant;
use crate::pricing::{Place, Recorder, Row, Rule, View, World, price, view};
use clap::ValueEnum;
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
    #[arg(long, value_enum, default_value_t = Output::Human)]
    pub format: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Human,
    Json,
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
    let rates = args.fx.as_deref().or(own.as_deref());
    let (feeds, _) = load_facts(&release, Feeds { items: None, offers: args.offers.as_deref(), rates })?;
    let at = args.at.unwrap_or_else(now);
    let known_at = feeds.offers.known_at(&args.market, at);
    let world = World::new(&release, place, &feeds.rates, at, known_at);
    let offers = feeds.offers.get(&args.sku, &args.market);
    let priced = Row { item: &row.item, offers };
    if let Some(name) = &args.why_not {
        return why_not(name, &priced, &world, &facts);
    }
    let mut recorder = Recorder::default();
    let outcome = price(&priced, &world, &mut recorder);
    let subject = Subject { sku: args.sku.clone(), facts };
    let explanation = Explanation::new(subject, &world, &outcome, &recorder.steps, &feeds.offers.names);
    match args.format {
        Output::Human => print!("{}", explanation.text()),
        Output::Json => println!("{:#}", explanation.json()),
    }
    Ok(u8::from(explanation.decision().is_none()))
}

type Facts = std::collections::BTreeMap<String, String>;

/// Every condition of a rule, with ✓ or ✗ and what the item has.
fn why_not(name: &str, row: &Row<'_>, world: &World<'_>, facts: &Facts) -> Result<u8, Problem> {
    let place: &Place = world.place;
    let named: Vec<&Rule> =
        place.rules.iter().filter(|rule| *rule.info.label == *name || *rule.info.id == *name).collect();
    if named.is_empty() {
        let labels: Vec<&str> = place.rules.iter().map(|rule| &*rule.info.label).collect();
        return Err(Problem::Usage(format!(
            "`{name}` is no rule in market {} and channel {}; there are {}",
            place.market,
            place.channel,
            labels.join(", ")
        )));
    }
    let view = match view(row, world) {
        Ok(view) => view,
        Err(refusal) => {
            println!("no rule is asked: {}", crate::explain::refusal_text(&refusal, world));
            return Ok(1);
        }
    };
    for rule in named {
        println!("{} ({}:{})", rule.info.label, rule.info.at.file, rule.info.at.line);
        let open = rule.window.holds(world.now.at);
        println!("  {} dates {}", mark(open), if open { "are open" } else { "are not open" });
        for (at, conds) in rule.scope.boxes.iter().enumerate() {
            if 0 < at {
                println!("  or");
            }
            for cond in conds {
                println!("  {} {}", mark(view.holds(cond)), condition(cond, &view, facts));
            }
        }
        let holds = open && view.inside(&rule.scope);
        let winner =
            place.rules.iter().find(|rule| rule.window.holds(world.now.at) && view.inside(&rule.scope));
        match winner {
            Some(winner) if holds && winner.info.label != rule.info.label => {
                println!("  it holds, but {} wins over it", winner.info.label);
            }
            Some(_) if holds => println!("  it holds, and it sets the price"),
            _ => {}
        }
    }
    Ok(0)
}

fn mark(holds: bool) -> char {
    if holds { '✓' } else { '✗' }
}

fn condition(cond: &crate::pricing::Cond, view: &View<'_>, facts: &Facts) -> String {
    let name = &*view.world.release.schema.attr(cond.attr).name;
    let has = match facts.get(name).filter(|text| !text.is_empty()) {
        Some(text) => text.replace('|', ", "),
        None => "nothing".to_owned(),
    };
    format!("{name} wants {}, has {has}", cond.text)
}

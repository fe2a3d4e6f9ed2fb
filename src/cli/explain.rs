//! `pricer explain`: the price waterfall of one item, or why a rule does not apply to it.

use super::item::{Asked, Facts, ItemArgs, Problem, with_item};
use super::output::Format;
use crate::explain::{self, Condition, Explanation, Subject, Verdict};
use crate::pricing::{Place, Recorder, Row, Rule, World, price, view};
use serde_json::json;
use std::process::ExitCode;

/// Shows why an item costs what it costs: each step of the waterfall, what was not used, what did not apply.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    item: ItemArgs,
    /// Says why this rule does not set the price: each of its conditions with ✓ or ✗.
    #[arg(long, value_name = "RULE")]
    why_not: Option<String>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Runs the command: 0 a price or a held price, 1 none, 2 an unknown item, place or rule.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    with_item(&args.item, |asked| answer(args, asked))
}

fn answer(args: &Args, asked: &Asked<'_>) -> Result<u8, Problem> {
    let Asked { row, world, facts, names } = asked;
    if let Some(name) = &args.why_not {
        return why_not(name, row, world, facts, args.format);
    }
    let mut recorder = Recorder::default();
    let outcome = price(row, world, &mut recorder);
    let subject = Subject { sku: args.item.sku.clone(), facts: facts.clone() };
    let explanation = Explanation::new(subject, world, &outcome, &recorder.steps, names);
    match args.format {
        Format::Human => print!("{}", explanation.text()),
        Format::Json => println!("{:#}", explanation.json()),
    }
    Ok(u8::from(explanation.decision().is_none()))
}

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

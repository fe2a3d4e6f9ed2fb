//! Pricing again and again, with each result as the next current price, comes to an end and stays there.

use super::differential::compile;
use super::models;
use super::properties::{decided, rulebooks};
use super::question::{Question, repriced};
use super::reference::{CaseInput, Files, generate};
use pricer::facts::{Item, RivalId, Value, builtin};
use pricer::money::Price;
use pricer::pricing::{Decision, NoPrice, Outcome, Step};
use std::collections::{BTreeMap, BTreeSet};

const ROUNDS: usize = 150;

/// The rulebook without conditions on the current price: what a run changes itself must not decide what holds.
fn without_conditions_on_the_price(files: &Files) -> Files {
    let strip = |line: &str| match line.split_once("current_price = \"") {
        Some((before, rest)) => {
            let after = rest.split_once('"').unwrap().1;
            let after = if before.ends_with("{ ") { after.trim_start_matches(", ") } else { after };
            format!("{}{after}\n", before.trim_end_matches(", "))
        }
        None => format!("{line}\n"),
    };
    let files =
        files.0.iter().map(|(path, text)| (path.clone(), text.lines().map(strip).collect::<String>()));
    let files = Files(files.collect());
    assert!(files.0.values().all(|text| !text.contains("current_price") && !text.contains("price_index")));
    files
}

/// What turns on the current price (decisions 11): which offers do not count, and whether an `optimise` found no
/// price between the ones that were observed and today's.
fn turning(steps: &[Step]) -> (BTreeSet<(u16, RivalId)>, bool) {
    let excluded = |step: &Step| match step {
        Step::OfferExcluded { set, rival, .. } => Some((*set, *rival)),
        _ => None,
    };
    let empty = |step: &Step| matches!(step, Step::NoPrice { why: NoPrice::EmptyRegion, .. });
    (steps.iter().filter_map(excluded).collect(), steps.iter().any(empty))
}

#[derive(Debug)]
enum End {
    /// The last price, and after how many rounds.
    Still(Item, usize),
    Refused,
    /// What counts changed on the way.
    OtherFacts,
    /// It moves on because a fade, or an adjustment of an `optimise`, is laid over today's price each time (decisions 11).
    LaidOver,
    Moving(Vec<String>),
}

/// Prices `rounds` times, at the instants in turn.
fn run(question: &Question<'_>, instants: &[i64], rounds: usize) -> End {
    let worlds: Vec<_> = instants.iter().map(|at| question.world(*at)).collect();
    let mut item = question.item.clone();
    let mut path: Vec<String> = Vec::new();
    let (mut counting, mut still, mut laid_over) = (None, 0, false);
    for round in 0..rounds * worlds.len() {
        let (outcome, steps) = question.ask_in(&item, &worlds[round % worlds.len()]);
        let Some(decision) = decided(&outcome) else { return End::Refused };
        if counting.get_or_insert_with(|| turning(&steps)) != &turning(&steps) {
            return End::OtherFacts;
        }
        laid_over |= lies_over_the_price(&steps);
        item = repriced(&item, decision.price);
        let price = decision.price.to_string();
        still = if path.last() == Some(&price) { still + 1 } else { 0 };
        path.push(price);
        if still == worlds.len() {
            return End::Still(item, round + 1 - still);
        }
    }
    if laid_over { End::LaidOver } else { End::Moving(path) }
}

fn lies_over_the_price(steps: &[Step]) -> bool {
    let any = |wanted: fn(&Step) -> bool| steps.iter().any(wanted);
    let adjusted = |step: &Step| matches!(step, Step::Adjusted { .. });
    any(|step| matches!(step, Step::Faded { .. }))
        || any(|step| matches!(step, Step::Optimised(_))) && any(adjusted)
}

/// Questions of every n-th rulebook, each from its own current price, one far below and one far above.
fn questions(every: usize, mut ask: impl FnMut(u64, &Question<'_>, &CaseInput)) {
    for seed in (0..rulebooks()).step_by(every) {
        let (files, cases) = generate(seed);
        let release = compile(&without_conditions_on_the_price(&files));
        for case in &cases {
            let Some(mut question) = Question::new(&release, case) else { continue };
            ask(seed, &question, case);
            let current = question.item.value(builtin::CURRENT_PRICE);
            let Value::Money(amount, currency) = current else { continue };
            for percent in [60, 170] {
                let minor = amount.micros() / currency.micros_per_minor() / 100 * percent;
                if let Some(price) = Price::from_minor(minor, currency) {
                    question.item = repriced(&question.item, price);
                    ask(seed, &question, case);
                }
            }
        }
    }
}

#[test]
fn repeated_pricing_converges_and_stands_still() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut rounds_of = BTreeMap::<usize, u64>::new();
    let mut moving = Vec::new();
    questions(1, |seed, question, case| {
        let kind = match run(question, &[question.at], ROUNDS) {
            End::Still(item, rounds) => {
                *rounds_of.entry(rounds).or_default() += 1;
                let (outcome, _) = question.ask_in(&item, &question.world(question.at));
                let again = decided(&outcome).unwrap().price;
                assert_eq!(repriced(&item, again), item, "it does not stand still");
                "still"
            }
            End::Refused => "refused",
            End::OtherFacts => "other facts",
            End::LaidOver => "laid over",
            End::Moving(path) => {
                moving.push(format!("seed {seed} {path:?}\n{case:?}"));
                "moving"
            }
        };
        *counts.entry(kind).or_default() += 1;
    });
    println!("{counts:?}, by the number of rounds {rounds_of:?}");
    assert!(moving.is_empty(), "{} move on, such as\n{}", moving.len(), moving[0]);
    // So that something is tried.
    assert!(2 * rulebooks() < rounds_of.range(2..).map(|(_, count)| count).sum::<u64>());
}

/// What an answer says of everything but the current price's own way.
fn facts_of(outcome: &Outcome) -> Option<Decision> {
    decided(outcome).cloned().map(|decision| Decision { oldest_input: None, ..decision })
}

#[test]
fn one_run_a_day_or_twenty_four_end_at_the_same_price() {
    let (mut compared, mut moved) = (0, 0);
    questions(3, |seed, question, case| {
        let hours: Vec<i64> = (0..24).map(|hour| question.at + hour * 3_600).collect();
        let first = facts_of(&question.ask().0);
        let constant = |at: &i64| facts_of(&question.ask_in(&question.item, &question.world(*at)).0) == first;
        if first.is_none() || !hours.iter().all(constant) {
            return; // a window opened or a fact grew old: the price may differ by the hour
        }
        let (daily, hourly) = (run(question, &hours[..1], ROUNDS), run(question, &hours, ROUNDS));
        if let (End::Still(daily, rounds), End::Still(hourly, _)) = (&daily, &hourly) {
            assert_eq!(daily, hourly, "seed {seed} {case:?}");
            compared += 1;
            moved += u64::from(1 < *rounds);
        }
    });
    println!("{compared} compared, {moved} of them took more than one run");
    assert!(100 < compared && 0 < moved);
}

#[test]
fn the_prices_of_orda_come_to_an_end() {
    let (release, facts) = models::orda();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for question in models::orda_questions(&release, &facts) {
        let kind = match run(&question, &[question.at], ROUNDS) {
            End::Still(..) => "still",
            End::Refused => "refused",
            End::OtherFacts => "other facts",
            End::LaidOver => "laid over",
            End::Moving(path) => panic!("{} {path:?}", question.item.sku),
        };
        *counts.entry(kind).or_default() += 1;
    }
    println!("{counts:?}");
    assert!(counts.get("still").is_some_and(|count| 200 < *count));
}

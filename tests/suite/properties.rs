//! What must hold for every price, whatever the rulebook: on generated cases and on the feeds of `models/orda`.

use super::differential::{cases, compile};
use super::models;
use super::question::Question;
use super::reference::{Files, generate};
use pricer::explain::{Explanation, Stage, Subject};
use pricer::money::Amount;
use pricer::pricing::{Decision, Flag, GuardClass, GuardRef, Outcome, Side, Status, Step};
use std::collections::{BTreeMap, BTreeSet};

/// How many rulebooks of 40 cases each.
pub fn rulebooks() -> u64 {
    cases().min(2_000).div_ceil(40)
}

pub fn decided(outcome: &Outcome) -> Option<&Decision> {
    match outcome {
        Outcome::Decided(decision) => Some(decision),
        Outcome::Refused(_) => None,
    }
}

/// The rulebook without any `relax`.
fn strict(files: &Files) -> Files {
    let keep = |text: &str| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("relax"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    Files(files.0.iter().map(|(path, text)| (path.clone(), keep(text))).collect())
}

/// The bounds that legal and safety guards set, as the steps tell them.
fn hard_bounds(steps: &[Step]) -> impl Iterator<Item = (GuardRef, Side, Amount)> {
    steps.iter().filter_map(|step| match step {
        Step::Bounded { guard, side, at, .. } if guard.class <= GuardClass::Safety => {
            Some((*guard, *side, *at))
        }
        _ => None,
    })
}

fn keeps(price: Amount, side: Side, at: Amount) -> bool {
    match side {
        Side::Floor => at <= price,
        Side::Ceiling => price <= at,
    }
}

#[derive(Default)]
struct Counts {
    priced: u64,
    held: u64,
    relaxed: u64,
    yielded: u64,
    bounds: u64,
}

/// `strict_steps` are those of the same question to the rulebook without `relax`.
fn inside_hard_bounds(
    question: &Question<'_>,
    outcome: &Outcome,
    steps: &[Step],
    strict_steps: &[Step],
    counts: &mut Counts,
) {
    let Some(decision) = decided(outcome) else { return };
    let guards: Vec<GuardRef> = steps
        .iter()
        .filter_map(|step| if let Step::Relaxed { guard } = step { Some(*guard) } else { None })
        .collect();
    let yields = |guard: GuardRef| {
        let variant = &question.place.guards[usize::from(guard.guard)].variants[usize::from(guard.variant)];
        let said = steps.iter().any(|step| matches!(step, Step::Yielded { guard: who } if *who == guard));
        said && variant.may_yield && guard.class == GuardClass::Safety
    };
    for (guard, side, at) in hard_bounds(strict_steps).chain(hard_bounds(steps)) {
        counts.bounds += 1;
        if keeps(decision.price.amount(), side, at) {
            continue;
        }
        let relaxed = guards.contains(&guard)
            && guard.class != GuardClass::Legal
            && decision.flags.has(Flag::NeedsApproval);
        counts.relaxed += u64::from(relaxed);
        counts.yielded += u64::from(!relaxed);
        assert!(
            relaxed || yields(guard),
            "{} in {}: {} is outside {side:?} {at} of {guard:?}\n{steps:#?}",
            question.item.sku,
            question.place.market,
            decision.price
        );
    }
    match decision.status {
        Status::Priced => counts.priced += 1,
        Status::Held(_) => counts.held += 1,
    }
}

fn payable(question: &Question<'_>, outcome: &Outcome) {
    let Some(decision) = decided(outcome) else { return };
    let (price, currency) = (decision.price, question.place.currency);
    assert_eq!(price.currency(), currency);
    let micros = price.amount().micros();
    assert!(0 < micros && micros % currency.micros_per_minor() == 0, "{price}");
    assert_eq!(micros / currency.micros_per_minor(), price.minor());
}

/// The gross lines of the explanation sum up to the price, as values and as the JSON says them.
fn re_adds(question: &Question<'_>, outcome: &Outcome, steps: &[Step]) {
    let Some(decision) = decided(outcome) else { return };
    let world = question.world(question.at);
    let subject = Subject { sku: question.item.sku.to_string(), facts: Default::default() };
    let explained = Explanation::new(subject, &world, outcome, steps, &question.book.names);
    let price = i128::from(decision.price.amount().micros());
    let gross = explained.lines.iter().filter(|line| line.stage != Stage::Cost);
    let sum: i128 = gross.map(|line| i128::from(line.delta.micros())).sum();
    assert_eq!(sum, price, "{:#?}", explained.lines);
    assert_eq!(explained.lines.last().map(|line| line.after), Some(decision.price.amount()));
    let json = explained.json();
    let micros = |text: &serde_json::Value| Amount::parse(text.as_str().unwrap()).unwrap().micros();
    let gross = json["steps"].as_array().unwrap().iter().filter(|step| step["basis"] == "gross");
    let (sum, last) = gross
        .fold((0, 0), |(sum, _), step| (sum + i128::from(micros(&step["delta"])), micros(&step["after"])));
    assert_eq!((sum, i128::from(last)), (price, price), "{json:#}");
    assert_eq!(i128::from(micros(&json["price"]["amount"])), price);
    assert_eq!(json["flags"].as_array().unwrap().len(), decision.flags.iter().count());
}

#[test]
fn generated_prices_are_payable_bounded_and_explained() {
    let mut counts = Counts::default();
    for seed in 0..rulebooks() {
        let (files, cases) = generate(seed);
        let (release, strict) = (compile(&files), compile(&strict(&files)));
        for case in &cases {
            let Some(question) = Question::new(&release, case) else { continue };
            let (outcome, steps) = question.ask();
            let (_, strict_steps) = Question::new(&strict, case).unwrap().ask();
            inside_hard_bounds(&question, &outcome, &steps, &strict_steps, &mut counts);
            payable(&question, &outcome);
            re_adds(&question, &outcome, &steps);
        }
    }
    let Counts { priced, held, relaxed, yielded, bounds } = counts;
    println!("{priced} priced, {held} held, {bounds} hard bounds, {relaxed} relaxed, {yielded} yielded");
    assert!(0 < held && 0 < relaxed && 0 < yielded && priced < bounds);
}

#[test]
fn the_prices_of_orda_are_payable_bounded_and_explained() {
    let (release, facts) = models::orda();
    let mut counts = Counts::default();
    let (mut winners, mut refused) = (BTreeSet::new(), BTreeMap::<String, u64>::new());
    for question in models::orda_questions(&release, &facts) {
        let (outcome, steps) = question.ask();
        inside_hard_bounds(&question, &outcome, &steps, &[], &mut counts);
        payable(&question, &outcome);
        re_adds(&question, &outcome, &steps);
        if let Outcome::Refused(refusal) = &outcome {
            let fact = refusal.fact.as_deref().unwrap_or("");
            let key = format!(
                "{}/{} {} {fact}",
                question.place.market,
                question.place.channel,
                refusal.code.as_str()
            );
            *refused.entry(key).or_default() += 1;
        }
        let winner = decided(&outcome).and_then(|decision| decision.winner);
        winners.extend(winner.map(|winner| question.place.rules[winner.rule as usize].info.id.clone()));
    }
    println!("{} priced, {} held, rules {winners:?}, refused {refused:?}", counts.priced, counts.held);
    assert!(200 < counts.priced && 3 <= winners.len());
}

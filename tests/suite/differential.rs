//! Engine = slow reference, on generated rulebooks, items and contexts.
//!
//! The reference is written from the specification alone and shares nothing with the engine but the texts that go in.
//! `PRICER_CASES` sets the number of cases; a long run is `.ci/long`.

use super::question::Question;
use super::reference::{
    Answer, CaseInput, Files, Held, Priced, Rulebook, generate, price_with_target, price_with_trail,
};
use pricer::facts::Names;
use pricer::pricing::{Flag, GuardRef, Outcome, Place, Release, Status, Step};
use pricer::rulebook::{Severity, load};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How many cases to try.
pub fn cases() -> u64 {
    std::env::var("PRICER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000)
}

/// The release of generated files; the generator writes valid rulebooks only.
pub fn compile(files: &Files) -> std::sync::Arc<Release> {
    let files = files.0.iter().map(|(path, text)| (path.as_str().into(), text.as_str().into())).collect();
    let loaded = load(pricer::rulebook::Files(files));
    let errors: Vec<_> =
        loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    match loaded.release.clone() {
        Some(release) => release,
        None => panic!(
            "{}",
            pricer::rulebook::render::human(
                &loaded.files,
                &errors.into_iter().cloned().collect::<Vec<_>>(),
                pricer::rulebook::render::Colour::Plain
            )
        ),
    }
}

/// The engine's answer in the reference's terms.
pub fn engine(release: &Release, case: &CaseInput) -> Answer {
    let Some(question) = Question::new(release, case) else {
        return Answer::Quarantined { reasons: Vec::new() };
    };
    let (outcome, steps) = question.ask();
    answer(&outcome, &steps, question.place, &question.book.names)
}

fn names_of(place: &Place, guards: impl Iterator<Item = GuardRef>) -> Vec<String> {
    let names: BTreeSet<String> =
        guards.map(|guard| place.guards[usize::from(guard.guard)].id.to_string()).collect();
    names.into_iter().collect()
}

/// An outcome in the reference's terms.
pub fn answer(outcome: &Outcome, steps: &[Step], place: &Place, names: &Names) -> Answer {
    let decision = match outcome {
        Outcome::Refused(refusal) if refusal.code.as_str() == "VAT_CLASS" => {
            return Answer::Quarantined { reasons: Vec::new() };
        }
        Outcome::Refused(refusal) => {
            let guards = names_of(place, refusal.guards.iter().copied());
            return Answer::Refused { code: refusal.code.as_str().to_owned(), guards };
        }
        Outcome::Decided(decision) => decision,
    };
    let hit = names_of(place, decision.hits.iter());
    let winner = decision.winner.map(|winner| (winner, &place.rules[winner.rule as usize].info));
    let rule = winner.map(|(_, info)| info.id.to_string());
    let mut flags: Vec<String> = decision.flags.iter().map(|flag| flag.as_str().to_owned()).collect();
    flags.sort();
    let six = |amount: pricer::money::Amount| format!("{:.6}", amount.to_decimal());
    let (kind, reference) = (decision.kind.as_str().to_owned(), decision.reference.map(six));
    if let Status::Held(reason) = decision.status {
        let (reason, price) = (reason.as_str().to_owned(), decision.price.to_string());
        return Answer::Held(Held { reason, price, rule, hit, flags, kind, reference });
    }
    let (winner, info) = winner.unwrap();
    let excluded: BTreeSet<(String, String)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::OfferExcluded { rival, why, .. } => {
                Some((names.name(*rival).to_owned(), why.as_str().to_owned()))
            }
            _ => None,
        })
        .collect();
    Answer::Priced(Priced {
        price: decision.price.to_string(),
        currency: decision.price.currency().code(),
        rule: info.id.to_string(),
        row: info.row,
        because: winner.because.as_str().to_owned(),
        fallback: decision.flags.has(Flag::Fallback),
        hit,
        flags,
        kind,
        reference,
        excluded: excluded.into_iter().collect(),
        target: six(decision.target.unwrap()),
        adjusted: six(decision.adjusted.unwrap()),
        margin: decision.margin.map(|margin| format!("{:.9}", margin.to_decimal())),
        contribution: decision.contribution.map(six),
    })
}

/// The reference's answer, with what is not compared left out.
fn comparable(answer: Answer) -> Answer {
    match answer {
        Answer::Quarantined { .. } => Answer::Quarantined { reasons: Vec::new() },
        Answer::Priced(mut priced) => {
            let excluded: BTreeSet<(String, String)> = priced.excluded.into_iter().collect();
            priced.excluded = excluded.into_iter().collect();
            // A margin beyond ±9.2·10⁹ does not fit a ratio and is missing.
            let fits = |margin: &String| {
                margin.replace('.', "").parse::<i128>().is_ok_and(|nanos| i64::try_from(nanos).is_ok())
            };
            priced.margin = priced.margin.filter(fits);
            Answer::Priced(priced)
        }
        other => other,
    }
}

/// Where a target is a float, the engine's is taken if it agrees to 2·10⁻⁶ and twelve digits (decisions 15.5)
/// or is a step of a ladder that is as good: the rest must follow from it to the last digit.
pub fn same(rulebook: &Rulebook, case: &CaseInput, fast: &Answer) -> Result<Answer, Box<Answer>> {
    let (slow, trail) = price_with_trail(rulebook, case);
    let slow = comparable(slow);
    if *fast == slow {
        return Ok(slow);
    }
    if let (Answer::Priced(fast), Answer::Priced(ours)) = (fast, &slow) {
        let near = |ours: &str| {
            let (a, b): (f64, f64) = (fast.target.parse().unwrap(), ours.parse().unwrap());
            (a - b).abs() <= (b.abs() * 1e-12).max(2.000_001e-6)
        };
        let is_float = trail.iter().any(|word| word.starts_with("float"));
        let as_good = trail.iter().filter_map(|word| word.strip_prefix("also "));
        if is_float && near(&ours.target) || as_good.into_iter().any(near) {
            let again = comparable(price_with_target(rulebook, case, &fast.target));
            return if again == Answer::Priced(fast.clone()) { Ok(again) } else { Err(Box::new(again)) };
        }
    }
    Err(Box::new(slow))
}

/// What the cases of some rulebooks came to.
#[derive(Default)]
struct Judged {
    kinds: BTreeMap<String, u64>,
    differing: Vec<String>,
}

impl Judged {
    /// Every case of the rulebook that a seed generates.
    fn of(seed: u64) -> Self {
        let mut judged = Self::default();
        let (files, cases) = generate(seed);
        let rulebook = Rulebook::parse(&files).unwrap();
        let release = compile(&files);
        for (number, case) in cases.iter().enumerate() {
            let fast = engine(&release, case);
            let slow = same(&rulebook, case, &fast);
            let kind = match slow.as_ref().unwrap_or_else(|slow| slow.as_ref()) {
                Answer::Quarantined { .. } => "quarantined".to_owned(),
                Answer::Refused { code, .. } => format!("refused {code}"),
                Answer::Held(held) => format!("held {}", held.reason),
                Answer::Priced(_) => "priced".to_owned(),
            };
            *judged.kinds.entry(kind).or_default() += 1;
            if let Err(slow) = slow {
                let (_, trail) = price_with_trail(&rulebook, case);
                judged.differing.push(format!(
                    "seed {seed} case {number}\n  engine    {fast:?}\n  reference {slow:?}\n  trail {trail:?}"
                ));
            }
        }
        judged
    }

    /// A panic is a finding like another: a long run names its seed and goes on.
    fn surely(seed: u64) -> Self {
        std::panic::catch_unwind(|| Self::of(seed))
            .unwrap_or_else(|_| Self { differing: vec![format!("seed {seed} panicked")], ..Self::default() })
    }

    fn and(mut self, other: Self) -> Self {
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.differing.extend(other.differing);
        self
    }
}

#[test]
fn engine_equals_reference() {
    let seeds = cases().div_ceil(40);
    let judged = (0..seeds).into_par_iter().map(Judged::surely).reduce(Judged::default, Judged::and);
    for (kind, count) in &judged.kinds {
        println!("{count:>9}  {kind}");
    }
    println!("{:>9}  cases", judged.kinds.values().sum::<u64>());
    assert!(
        judged.differing.is_empty(),
        "{} differ, the first:\n{}",
        judged.differing.len(),
        judged.differing.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}

//! Analysts' tests, run through the one pipeline: given facts → expected price.

mod always;
mod coverage;
mod expect;
mod given;
mod wanted;
mod waterfall;

pub use always::{AlwaysReport, AlwaysVerdict, Counted, run_always};
pub use coverage::{Coverage, Exercised};
pub use waterfall::Line;

use super::{Diagnostic, RuleTest, Span};
use crate::facts::Rates;
use crate::money::Currency;
use crate::pricing::{Outcome, Recorder, Release, Row, World, price};

/// What all tests gave.
#[derive(Clone, Debug, Default)]
pub struct Results {
    pub reports: Vec<Report>,
    pub coverage: Coverage,
}

/// What one test gave.
#[derive(Clone, Debug)]
pub struct Report {
    pub name: Box<str>,
    pub header: Span,
    /// The price, or why there is none, in short.
    pub answer: String,
    pub verdict: Verdict,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    Passed,
    Failed(Failure),
    /// The test cannot be run as it is written.
    Broken(Vec<Diagnostic>),
}

/// What differs, and how the price came about.
#[derive(Clone, Debug)]
pub struct Failure {
    pub mismatches: Vec<Mismatch>,
    pub steps: Vec<Line>,
    /// Of the amounts of `steps`.
    pub currency: Currency,
    /// The first of `steps` that differs from what is expected, as far as the expectations tell.
    pub first: Option<usize>,
}

/// One expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub key: Box<str>,
    pub expected: String,
    pub got: String,
    pub span: Span,
}

impl Results {
    #[must_use]
    pub fn failed(&self) -> usize {
        self.reports.iter().filter(|report| report.failed()).count()
    }
}

impl Report {
    #[must_use]
    pub fn failed(&self) -> bool {
        !matches!(self.verdict, Verdict::Passed)
    }
}

/// Runs tests in order. A test that gives its own rates uses them; all others come from `rates`.
#[must_use]
pub fn run_tests(release: &Release, tests: &[RuleTest], rates: &Rates) -> Results {
    let mut exercised = Exercised::default();
    let reports = tests.iter().map(|test| run_one(release, test, rates, &mut exercised)).collect();
    Results { reports, coverage: exercised.coverage(release) }
}

fn run_one(release: &Release, test: &RuleTest, rates: &Rates, exercised: &mut Exercised) -> Report {
    let report =
        |answer, verdict| Report { name: test.name.clone(), header: test.header.clone(), answer, verdict };
    let given = given::read(release, test, rates);
    let expected = expect::read(test);
    let (given, expected) = match (given, expected) {
        (Ok(given), Ok(expected)) => (given, expected),
        (given, expected) => {
            let bad = given.err().into_iter().chain(expected.err()).flatten().collect();
            return report(String::new(), Verdict::Broken(bad));
        }
    };
    let world = World::new(release, given.place, &given.rates, test.at, given.known_at)
        .with_history(&given.history)
        .with_twins(&given.twins);
    let row = Row { item: &given.item, offers: &given.offers };
    let mut trace = Recorder::default();
    let outcome = price(&row, &world, &mut trace);
    exercised.add(given.place, &outcome);
    let answer =
        expect::Answer { place: given.place, outcome: &outcome, steps: &trace.steps, names: &given.names };
    let mismatches = expected.mismatches(&answer);
    let short = answer.in_short();
    if mismatches.is_empty() {
        return report(short, Verdict::Passed);
    }
    let steps = waterfall::lines(given.place, &trace.steps);
    let first = waterfall::first_difference(&steps, &mismatches, expected.price());
    let failure = Failure { mismatches, steps, currency: given.place.currency, first };
    report(short, Verdict::Failed(failure))
}

/// The guards that a decision or refusal names.
fn guards_of(outcome: &Outcome) -> Vec<crate::pricing::GuardRef> {
    match outcome {
        Outcome::Decided(decision) => decision.hits.iter().collect(),
        Outcome::Refused(refusal) => refusal.guards.clone(),
    }
}

#[cfg(test)]
mod tests;

//! Why a price is what it is, in words: rendered from the trace of the evaluation, never recomputed.
//!
//! [`Explanation`] holds the waterfall and its reasons as plain texts and amounts; [`Explanation::text`] prints it for people,
//! [`Explanation::json`] for machines. The differences of the waterfall's lines re-add to the price.

mod ahead;
mod chart;
mod did_not_apply;
mod json;
mod reasons;
mod text;
mod waterfall;
mod why_not;
mod words;

pub use chart::Chart;
pub use reasons::foreign_price;
pub use waterfall::{Line, Stage};
pub use why_not::{Condition, Verdict, why_not};
pub use words::guard_demand;

use crate::facts::Names;
use crate::money::{Amount, Price};
use crate::pricing::{Decision, Outcome, Refusal, SourceAt, Step, World};
use std::collections::BTreeMap;

/// Who is explained: what the caller knows of the item beyond what pricing reads.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub sku: String,
    /// Attribute and text as the feed gave it.
    pub facts: BTreeMap<String, String>,
}

/// One answer with its reasons.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    pub subject: Subject,
    pub world: &'a World<'a>,
    pub outcome: &'a Outcome,
    pub lines: Vec<Line>,
    /// The winner, why it won and what the runner-up would have said.
    pub winner: Option<WinnerText>,
    /// Alternatives of the winner that had no price.
    pub no_price: Vec<String>,
    /// Offers that do not count: rival, price, reason.
    pub excluded: Vec<ExcludedText>,
    /// Rules that do not apply: label and the first condition that fails.
    pub not_applied: Vec<NotApplied>,
    pub guards_hit: Vec<String>,
    /// What demand says: estimate, interval, optimum at both ends, and what a day brings.
    pub demand: Vec<String>,
    pub notes: Vec<String>,
}

/// The winning rule in words.
#[derive(Clone, Debug)]
pub struct WinnerText {
    pub label: String,
    pub id: String,
    pub row: Option<u32>,
    pub layer: String,
    pub because: &'static str,
    pub at: SourceAt,
    pub owner: String,
    pub why: String,
    pub runner_up: Option<(String, Option<Amount>)>,
    /// `None`: the rule's own price; else which `else`.
    pub alternative: Option<u8>,
}

#[derive(Clone, Debug)]
pub struct ExcludedText {
    pub rival: String,
    pub price: String,
    pub reason: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug)]
pub struct NotApplied {
    pub rule: String,
    /// Attribute, cell and what the item has, if a condition failed.
    pub cell: Option<(String, String, Option<String>)>,
    pub text: String,
}

impl<'a> Explanation<'a> {
    /// Puts the steps that a `Recorder` collected into words. `names` are the rivals' names of the offers priced with.
    #[must_use]
    pub fn new(
        subject: Subject,
        world: &'a World<'a>,
        outcome: &'a Outcome,
        steps: &[Step],
        names: &Names,
    ) -> Self {
        let reader = words::Words { world, names, facts: &subject.facts };
        let lines = waterfall::lines(steps, &reader);
        let winner = reasons::winner(steps, outcome, &reader);
        let no_price = reasons::no_price(steps, &reader);
        let excluded = reasons::excluded(steps, &reader);
        let not_applied = reasons::not_applied(steps, &reader);
        let guards_hit = reasons::guards_hit(outcome, &reader);
        let demand = ahead::demand(steps, &reader);
        let notes = reasons::notes(steps, outcome, &reader);
        Self {
            subject,
            world,
            outcome,
            lines,
            winner,
            no_price,
            excluded,
            not_applied,
            guards_hit,
            demand,
            notes,
        }
    }

    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match self.outcome {
            Outcome::Decided(decision) => Some(decision),
            Outcome::Refused(_) => None,
        }
    }

    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.outcome {
            Outcome::Decided(_) => None,
            Outcome::Refused(refusal) => Some(refusal),
        }
    }

    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.decision().map(|decision| decision.price)
    }
}

/// A refusal in one sentence, for people: what is missing or contradicts, and what to do.
#[must_use]
pub fn refusal_text(refusal: &Refusal, world: &World<'_>) -> String {
    reasons::refusal(refusal, world)
}

//! Which rules, table rows and guards the tests exercise: a test that nobody wrote is a risk that nobody sees.

use crate::pricing::{Outcome, Place, Release};
use std::collections::BTreeSet;

/// What was exercised so far.
#[derive(Clone, Debug, Default)]
pub struct Exercised {
    labels: BTreeSet<Box<str>>,
    guards: BTreeSet<Box<str>>,
}

/// For each kind how many of all, and which never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub rules: Share,
    pub rows: Share,
    pub guards: Share,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub exercised: usize,
    pub never: Vec<Box<str>>,
}

impl Exercised {
    /// The winner and the guards that were hit.
    pub(super) fn add(&mut self, place: &Place, outcome: &Outcome) {
        let winner = match outcome {
            Outcome::Decided(decision) => decision.winner,
            Outcome::Refused(refusal) => refusal.winner,
        };
        let rule = winner.and_then(|winner| place.rules.get(usize::try_from(winner.rule).ok()?));
        self.labels.extend(rule.map(|rule| rule.info.label.clone()));
        let guards = super::guards_of(outcome).into_iter();
        let ids = guards.filter_map(|hit| place.guards.get(usize::from(hit.guard)));
        self.guards.extend(ids.map(|guard| guard.id.clone()));
    }

    pub(super) fn coverage(&self, release: &Release) -> Coverage {
        let rules = || release.places.iter().flat_map(|place| &place.rules);
        let labels = |rows: bool| {
            rules().filter(move |rule| rule.info.row.is_some() == rows).map(|rule| &rule.info.label)
        };
        let guards = release.places.iter().flat_map(|place| &place.guards).map(|guard| &guard.id);
        Coverage {
            rules: Share::new(labels(false), &self.labels),
            rows: Share::new(labels(true), &self.labels),
            guards: Share::new(guards, &self.guards),
        }
    }
}

impl Share {
    fn new<'a>(all: impl Iterator<Item = &'a Box<str>>, seen: &BTreeSet<Box<str>>) -> Self {
        let all: BTreeSet<&Box<str>> = all.collect();
        let (exercised, never): (Vec<&Box<str>>, Vec<&Box<str>>) =
            all.into_iter().partition(|label| seen.contains(*label));
        Self { exercised: exercised.len(), never: never.into_iter().cloned().collect() }
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.exercised + self.never.len()
    }
}

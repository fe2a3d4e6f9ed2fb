//! `rulebook.lock`: the content that somebody meant to release.
//!
//! ```toml
//! release = "3f9c…"        # the full hash, as `pricer check --lock` prints it
//! guards  = 12             # how many guards it has, for the reader
//! engine  = "0.1.0"
//! ```
//!
//! A folder that matches its lock is whole, whatever it looks like. This is also how a rulebook loses a guard, a rule or a
//! row on purpose: without a lock none of its [`Counts`] may fall.

use crate::pricing::{Fixed, Release, Strategy};
use crate::rulebook::{Files, Loaded};
use toml::de::{DeTable, DeValue};

/// The file's name in the rulebook folder.
pub const NAME: &str = "rulebook.lock";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub release: String,
    pub guards: usize,
    pub engine: String,
}

impl Lock {
    /// The lock among `files`; a broken one locks nothing.
    #[must_use]
    pub fn of(files: &Files) -> Option<Self> {
        let table = DeTable::parse(files.get(NAME)?).ok()?.into_inner();
        let text = |key| match table.get(key)?.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        let guards = match table.get("guards")?.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok()?,
            _ => return None,
        };
        let lock = Self { release: text("release")?, guards, engine: text("engine")? };
        (table.len() == 3).then_some(lock)
    }

    /// The lock that admits a release.
    #[must_use]
    pub fn for_release(release: &Release) -> Self {
        Self {
            release: release.hash.to_string(),
            guards: release.guard_count,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The hash stands for the whole content; the other two are for people and cannot contradict it.
    #[must_use]
    pub fn admits(&self, release: &Release) -> bool {
        self.release == *release.hash
    }
}

impl std::fmt::Display for Lock {
    /// The text of the file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { release, guards, engine } = self;
        writeln!(f, "release = \"{release}\"\nguards = {guards}\nengine = \"{engine}\"")
    }
}

/// How much a rulebook says. A file cut at a line's end is often valid TOML that says less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub guards: usize,
    /// The bounds of all guards, counted in each market and channel.
    pub bounds: usize,
    /// Overlays included, table rows not.
    pub rules: usize,
    /// Of rules in each market and channel, too, where a table holds their prices.
    pub table_rows: usize,
    pub adjustments: usize,
    pub rounds: usize,
    pub segments: usize,
    /// Pairs of a market and a channel.
    pub places: usize,
    pub tests: usize,
    /// Files of fitted elasticities: one or none.
    pub fitted: usize,
}

impl Counts {
    #[must_use]
    pub fn of(loaded: &Loaded, release: &Release) -> Self {
        let kind = |kind: &str| loaded.origins.0.keys().filter(|(of, _)| *of == kind).count();
        let guards = release.places.iter().flat_map(|place| &place.guards);
        let variants = guards.flat_map(|guard| &guard.variants);
        let rules = release.places.iter().flat_map(|place| &place.rules);
        let strategies = rules.flat_map(|rule| std::iter::once(&rule.strategy).chain(&rule.otherwise));
        Self {
            guards: release.guard_count,
            bounds: variants.map(|variant| variant.bounds.len()).sum(),
            rules: kind("rule").saturating_sub(loaded.stats.table_rows),
            table_rows: loaded.stats.table_rows + strategies.map(fixed_rows).sum::<usize>(),
            adjustments: kind("season") + kind("stock"),
            rounds: kind("round"),
            segments: release.segments.len(),
            places: release.places.len(),
            tests: loaded.tests.len() + loaded.always.len(),
            fitted: usize::from(release.elasticities.is_some()),
        }
    }

    /// What fell since `then`, such as `2 of 3 rules`.
    #[must_use]
    pub fn fell(&self, then: &Self) -> Vec<String> {
        let pairs = [
            ("guard", self.guards, then.guards),
            ("guard bound", self.bounds, then.bounds),
            ("rule", self.rules, then.rules),
            ("table row", self.table_rows, then.table_rows),
            ("adjustment", self.adjustments, then.adjustments),
            ("rounding rule", self.rounds, then.rounds),
            ("segment", self.segments, then.segments),
            ("place of sale", self.places, then.places),
            ("test", self.tests, then.tests),
            ("file of fitted elasticities", self.fitted, then.fitted),
        ];
        let fallen = pairs.into_iter().filter(|(_, now, then)| now < then);
        let named = fallen.map(|(noun, now, then)| match (noun, then) {
            (_, 1) => format!("{now} of 1 {noun}"),
            ("place of sale", _) => format!("{now} of {then} places of sale"),
            _ => format!("{now} of {then} {noun}s"),
        });
        named.collect()
    }
}

fn fixed_rows(strategy: &Strategy) -> usize {
    match strategy {
        Strategy::Fixed(Fixed::Table(rows)) => rows.len(),
        Strategy::Blend { parts, .. } => parts.iter().map(|part| fixed_rows(&part.strategy)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_is_written() {
        let lock = Lock { release: "ab12".to_owned(), guards: 3, engine: "0.1.0".to_owned() };
        let files = |text: String| Files([(NAME.into(), text.into())].into());
        assert_eq!(Lock::of(&files(lock.to_string())), Some(lock.clone()));
        assert_eq!(Lock::of(&files(format!("{lock}gards = 2"))), None);
        assert_eq!(Lock::of(&Files::default()), None);
    }

    #[test]
    fn what_fell_is_named() {
        let then = Counts { guards: 2, rules: 3, places: 2, tests: 1, ..Counts::default() };
        assert!(then.fell(&then).is_empty());
        let now = Counts { guards: 3, rules: 2, ..Counts::default() };
        assert_eq!(now.fell(&then), ["2 of 3 rules", "0 of 2 places of sale", "0 of 1 test"]);
    }
}

//! `rulebook.lock`: the content that somebody meant to release.
//!
//! ```toml
//! release = "3f9c…"        # the full hash, as `pricer check --lock` prints it
//! guards  = 12             # how many guards it has, for the reader
//! engine  = "0.1.0"
//! ```
//!
//! A folder that matches its lock is whole, whatever it looks like. This is also how a rulebook loses a guard on purpose.

use crate::pricing::Release;
use crate::rulebook::Files;
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
}

//! What the service answers from.

use super::lock::Counts;
use crate::facts::FactSet;
use crate::pricing::Release;
use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// One release with the facts read against its vocabulary. They belong together: facts are numbered by the texts that the
/// rules mention, so a new release needs its facts read anew.
#[derive(Debug)]
pub struct Serving {
    pub release: Arc<Release>,
    pub facts: FactSet,
    /// What may not fall without a lock.
    pub counts: Counts,
}

/// The pair in force; none until the first is loaded. A call takes it once and keeps it to its end.
#[derive(Debug, Default)]
pub struct State(ArcSwapOption<Serving>);

impl State {
    #[must_use]
    pub fn pin(&self) -> Option<Arc<Serving>> {
        self.0.load_full()
    }

    pub fn swap(&self, serving: Arc<Serving>) {
        self.0.store(Some(serving));
    }
}

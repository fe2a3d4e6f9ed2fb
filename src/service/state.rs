//! What the service answers from.
//!
//! Readers take the pair in force and keep it to their end. Writers, which are new releases and uploads, wait for each
//! other, never for readers, and readers never for them: copies of a fact set share what they have in common.

use super::facts::{Change, Unread, Uploads};
use super::lock::Counts;
use super::releases::Releases;
use crate::facts::{FactSet, KeptRow};
use crate::pricing::{Horizon, Moment, Release};
use arc_swap::ArcSwapOption;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// One release with the facts read against its vocabulary. They belong together: facts are numbered by the texts that the
/// rules mention, so a new release needs its facts read anew.
#[derive(Clone, Debug)]
pub struct Serving {
    pub release: Arc<Release>,
    /// One for each place of the release.
    pub horizons: Arc<[Horizon]>,
    /// Likewise.
    pub moments: Moments,
    pub facts: FactSet,
    /// The name of the facts: another after every change, and in every process.
    pub fact_set: Arc<str>,
    /// What may not fall without a lock.
    pub counts: Counts,
}

impl Serving {
    #[must_use]
    pub fn new(release: Arc<Release>, facts: FactSet, counts: Counts) -> Self {
        let horizons = release.places.iter().map(Horizon::new).collect();
        let moments = Moments::new(release.places.len());
        Self { release, horizons, moments, facts, fact_set: "".into(), counts }
    }
}

/// The last moment of a place: the quotes of one second share it.
#[derive(Debug, Default)]
pub struct LastMoment(ArcSwapOption<Moment>);

impl LastMoment {
    /// The moment at `at`, which `make` works out unless it was the last.
    pub fn at(&self, at: i64, make: impl FnOnce() -> Moment) -> Arc<Moment> {
        if let Some(last) = self.0.load().as_ref().filter(|last| last.now.at == at) {
            return last.clone();
        }
        let moment = Arc::new(make());
        self.0.store(Some(moment.clone()));
        moment
    }
}

/// One for each place of one release with one fact set.
#[derive(Debug)]
pub struct Moments(Box<[LastMoment]>);

impl Moments {
    fn new(places: usize) -> Self {
        Self((0..places).map(|_| LastMoment::default()).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &LastMoment> {
        self.0.iter()
    }
}

impl Clone for Moments {
    /// Empty: a copy is made to become another fact set, perhaps with other rates.
    fn clone(&self) -> Self {
        Self::new(self.0.len())
    }
}

/// The pair in force; none until the first is loaded. A call takes it once and keeps it to its end.
#[derive(Debug)]
pub struct State {
    serving: ArcSwapOption<Serving>,
    uploads: Mutex<Uploads>,
    pub releases: Mutex<Releases>,
    draining: watch::Sender<bool>,
    /// Sets this process apart from others in the names of fact sets.
    process: u32,
}

impl State {
    /// Nothing is served yet; room for so many uploaded keys.
    #[must_use]
    pub fn new(keys_max: usize) -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        Self {
            serving: ArcSwapOption::default(),
            uploads: Mutex::new(Uploads::new(keys_max)),
            releases: Mutex::default(),
            draining: watch::Sender::new(false),
            process: u32::try_from(random >> 32).unwrap_or(0),
        }
    }
}

/// A panic elsewhere, which was contained, leaves the data as it was between two changes or with one row less.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    #[must_use]
    pub fn pin(&self) -> Option<Arc<Serving>> {
        self.serving.load_full()
    }

    /// Serves a release with the feeds it came with, and everything that was uploaded. May take seconds.
    ///
    /// # Errors
    /// It cannot read rows that the release in force serves, and that is not meant (`may_lose`).
    pub fn swap(&self, mut serving: Serving, may_lose: bool) -> Result<Arc<Serving>, Unread> {
        let mut uploads = locked(&self.uploads);
        let in_force = self.pin();
        let in_force = in_force.as_ref().map(|serving| &*serving.release);
        let unread = uploads.lay_over(&mut serving.facts, &serving.release, in_force);
        if 0 < unread.newly && !may_lose {
            return Err(unread);
        }
        if 0 < unread.lost {
            tracing::warn!(
                rows = unread.lost,
                "uploaded rows cannot be read with this release and are not served"
            );
        }
        let serving = self.publish(&mut uploads, serving);
        drop(uploads);
        Ok(serving)
    }

    /// Changes the facts in force, at once for all readers: `change` says whether it did.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut Uploads, &mut Serving) -> (bool, T),
    ) -> Option<(T, Arc<str>)> {
        let mut uploads = locked(&self.uploads);
        let serving = self.serving.load_full()?;
        let mut next = (*serving).clone();
        let (is_changed, told) = change(&mut uploads, &mut next);
        let fact_set = match is_changed {
            true => self.publish(&mut uploads, next).fact_set.clone(),
            false => serving.fact_set.clone(),
        };
        Some((told, fact_set))
    }

    /// Source, number and content of the upload that an item row is from; none if it is from a file.
    #[must_use]
    pub fn uploaded(&self, row: KeptRow<'_>) -> Option<(String, i64, Change)> {
        let uploads = locked(&self.uploads);
        let (source, sequence, change) = uploads.item(row.sku, row.market, row.channel)?;
        Some((source.to_owned(), sequence, change))
    }

    /// Rows whose time has come.
    pub fn advance(&self, now: i64) {
        if locked(&self.uploads).is_due(now) {
            self.change(|uploads, serving| (uploads.advance(serving, now), ()));
        }
    }

    fn publish(&self, uploads: &mut Uploads, mut serving: Serving) -> Arc<Serving> {
        serving.fact_set = format!("{}-{}", self.process(), uploads.next_revision()).into();
        let serving = Arc::new(serving);
        self.serving.store(Some(serving.clone()));
        serving
    }

    /// What sets this process apart from others.
    #[must_use]
    pub fn process(&self) -> String {
        format!("{:08x}", self.process)
    }

    /// From now on streams end after the answer they are at.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    pub async fn drained(&self) {
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }
}

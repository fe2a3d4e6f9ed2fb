//! The first pass of a run whose rules follow items to their twins: who is a twin, and what it costs in each place.
//!
//! A twin is priced before its followers, wherever its row stands. So the files are read once for the names of twins and
//! once for their rows; the run itself then only looks them up.

use super::rows::Parsed;
use super::{BatchError, Catalog, Job};
use crate::facts::Item;
use crate::pricing::{Row, Twins};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

/// The prices of twins, one set for each place of a job.
#[derive(Clone, Debug, Default)]
pub struct TwinPrices(pub(super) Vec<Twins>);

/// The rows of twins.
#[derive(Debug, Default)]
struct TwinRows {
    items: Vec<Item>,
    /// For each place: the first row of a SKU.
    places: Vec<HashMap<Box<str>, usize>>,
}

impl TwinPrices {
    /// Works out the prices of all twins in a catalog; nothing to do where no rule follows a twin.
    ///
    /// # Errors
    /// A file that cannot be read, or [`BatchError::Cancelled`].
    pub fn of_catalog(job: &Job<'_>, catalog: &Catalog<'_>, cancel: &AtomicBool) -> Result<Self, BatchError> {
        if !job.follows_twins() {
            return Ok(Self::default());
        }
        let mut wanted = HashSet::new();
        catalog.each_block(cancel, |path, columns, block| {
            names(&job.parse(path, columns, block, cancel)?, &mut wanted);
            Ok(())
        })?;
        let mut rows = TwinRows::new(job);
        if !wanted.is_empty() {
            catalog.each_block(cancel, |path, columns, block| {
                rows.keep(&job.parse(path, columns, block, cancel)?, &wanted);
                Ok(())
            })?;
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        Ok(Self(rows.prices(job, wanted)))
    }

    /// The same for the rows of some blocks.
    pub(super) fn of_blocks(job: &Job<'_>, blocks: &[Parsed<'_>]) -> Self {
        let (mut wanted, mut rows) = (HashSet::new(), TwinRows::new(job));
        blocks.iter().for_each(|block| names(block, &mut wanted));
        blocks.iter().for_each(|block| rows.keep(block, &wanted));
        Self(rows.prices(job, wanted))
    }
}

fn names(parsed: &Parsed<'_>, wanted: &mut HashSet<Box<str>>) {
    let mut item = parsed.blank();
    for row in &parsed.rows {
        for sku in parsed.item(row, &mut item).links() {
            if !wanted.contains(sku) {
                wanted.insert(sku.into());
            }
        }
    }
}

impl TwinRows {
    fn new(job: &Job<'_>) -> Self {
        Self { items: Vec::new(), places: vec![HashMap::new(); job.worlds.len()] }
    }

    fn keep(&mut self, parsed: &Parsed<'_>, wanted: &HashSet<Box<str>>) {
        let mut item = parsed.blank();
        for row in parsed.rows.iter().filter(|row| wanted.contains(parsed.sku(row))) {
            for place in row.places {
                if let Some(known) = self.places.get_mut(usize::from(*place)) {
                    known.entry(parsed.sku(row).into()).or_insert(self.items.len());
                }
            }
            self.items.push(parsed.item(row, &mut item).clone());
        }
    }

    fn prices(&self, job: &Job<'_>, wanted: HashSet<Box<str>>) -> Vec<Twins> {
        let mut wanted: Vec<Box<str>> = wanted.into_iter().collect();
        wanted.sort_unstable();
        let places = job.worlds.par_iter().zip(&self.places);
        let priced = places.map(|(world, known)| {
            let row = |sku: &str| {
                let item = self.items.get(*known.get(sku)?)?;
                Some(Row { item, offers: job.facts.offers.get(sku, &world.place.market) })
            };
            let mut twins = Twins::default();
            wanted.iter().for_each(|sku| twins.resolve(sku, world, &row));
            twins
        });
        priced.collect()
    }
}

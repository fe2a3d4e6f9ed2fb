//! The first pass of a run whose rules follow items to their twins: who is a twin, and what it costs in each place.
//!
//! A twin is priced before its followers, wherever its row stands. So the files are read once for the names of twins and
//! once for their rows; the run itself then only looks them up.

use super::rows::{Parsed, ParsedRow};
use super::{BatchError, Catalog, Job};
use crate::facts::ItemRow;
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
    rows: Vec<ItemRow>,
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
                rows.keep(job.parse(path, columns, block, cancel)?.rows.into_iter(), &wanted);
                Ok(())
            })?;
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        Ok(Self(rows.prices(job, wanted)))
    }

    /// The same for the rows of one block.
    pub(super) fn of_block(job: &Job<'_>, parsed: &Parsed<'_>) -> Self {
        let (mut wanted, mut rows) = (HashSet::new(), TwinRows::new(job));
        names(parsed, &mut wanted);
        for row in &parsed.rows {
            rows.keep_one(row.row.clone(), row.places, &wanted);
        }
        Self(rows.prices(job, wanted))
    }
}

fn names(parsed: &Parsed<'_>, wanted: &mut HashSet<Box<str>>) {
    for sku in parsed.rows.iter().flat_map(|row| row.row.item.links()) {
        if !wanted.contains(sku) {
            wanted.insert(sku.into());
        }
    }
}

impl TwinRows {
    fn new(job: &Job<'_>) -> Self {
        Self { rows: Vec::new(), places: vec![HashMap::new(); job.worlds.len()] }
    }

    fn keep<'p>(&mut self, rows: impl Iterator<Item = ParsedRow<'p>>, wanted: &HashSet<Box<str>>) {
        rows.for_each(|row| self.keep_one(row.row, row.places, wanted));
    }

    fn keep_one(&mut self, row: ItemRow, places: &[u16], wanted: &HashSet<Box<str>>) {
        if !wanted.contains(&row.item.sku) {
            return;
        }
        for place in places {
            if let Some(known) = self.places.get_mut(usize::from(*place)) {
                known.entry(row.item.sku.clone()).or_insert(self.rows.len());
            }
        }
        self.rows.push(row);
    }

    fn prices(&self, job: &Job<'_>, wanted: HashSet<Box<str>>) -> Vec<Twins> {
        let mut wanted: Vec<Box<str>> = wanted.into_iter().collect();
        wanted.sort_unstable();
        let places = job.worlds.par_iter().zip(&self.places);
        let priced = places.map(|(world, known)| {
            let row = |sku: &str| {
                let item = &self.rows.get(*known.get(sku)?)?.item;
                Some(Row { item, offers: job.facts.offers.get(sku, &world.place.market) })
            };
            let mut twins = Twins::default();
            wanted.iter().for_each(|sku| twins.resolve(sku, world, &row));
            twins
        });
        priced.collect()
    }
}

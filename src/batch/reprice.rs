//! One block of items, priced in every place: `RecordBatch` in, `RecordBatch` and quarantine out.

use super::columns::item_meaning;
use super::reach::Reach;
use super::rows::{Parsed, ParsedRow, item_reader};
use super::seen::Seen;
use super::source::Block;
use super::summary::Tally;
use super::table::{Table, fits};
use super::twins::TwinPrices;
use super::{BatchError, Columns, FeedKind, Quarantined};
use crate::facts::{BadField, FactSet, FieldCode};
use crate::pricing::{self, Outcome, Refusal, RefusalCode, Release, Row, World};
use arrow_array::RecordBatch;
use rayon::prelude::*;
use std::hash::RandomState;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many rows are read or priced between two looks at the cancel flag.
pub(super) const CANCEL_ROWS: usize = 1_024;

/// What all rows of a run share: the rules, the world around the items, the places asked for.
#[derive(Debug)]
pub struct Job<'a> {
    pub release: &'a Release,
    pub facts: &'a FactSet,
    pub at: i64,
    pub(super) reach: Reach,
    /// One for each place of the run.
    pub(super) worlds: Vec<World<'a>>,
    /// The key of SKU hashes: which one changes no answer.
    pub(super) keys: RandomState,
    /// Rows whose pricing was begun.
    #[cfg(test)]
    pub(super) begun: std::sync::atomic::AtomicUsize,
}

impl<'a> Job<'a> {
    /// A run at `at` (seconds since 1970) with the offers and rates of `facts`, for one market and channel or for all.
    ///
    /// # Errors
    /// [`BatchError::NoPlace`].
    pub fn new(
        release: &'a Release,
        facts: &'a FactSet,
        at: i64,
        market: Option<&str>,
        channel: Option<&str>,
    ) -> Result<Self, BatchError> {
        let reach = Reach::new(release, market, channel)?;
        let places = reach.places().filter_map(|at| release.places.get(at));
        let worlds = places
            .map(|place| {
                let known_at = facts.offers.known_at(&place.market, at);
                World::new(release, place, &facts.rates, at, known_at)
                    .with_history(&facts.history)
                    .with_estimates(&facts.estimates)
            })
            .collect();
        Ok(Self {
            release,
            facts,
            at,
            reach,
            worlds,
            keys: RandomState::new(),
            #[cfg(test)]
            begun: Default::default(),
        })
    }

    /// The same, with the prices of twins.
    #[must_use]
    pub fn with_twins(mut self, twins: &'a TwinPrices) -> Self {
        for (world, twins) in self.worlds.iter_mut().zip(&twins.0) {
            *world = world.clone().with_twins(twins);
        }
        self
    }

    /// The same job once more.
    fn again(&self) -> Job<'_> {
        Job {
            release: self.release,
            facts: self.facts,
            at: self.at,
            reach: self.reach.clone(),
            worlds: self.worlds.clone(),
            keys: self.keys.clone(),
            #[cfg(test)]
            begun: Default::default(),
        }
    }

    /// Whether a rule follows items to their twins.
    #[must_use]
    pub fn follows_twins(&self) -> bool {
        self.release.schema.iter().any(|(_, attr)| attr.link)
    }

    /// The columns of an items feed that the rulebook reads.
    ///
    /// # Errors
    /// Columns that are missing or mean the same twice.
    pub fn columns<'h>(
        &self,
        path: &Path,
        headers: impl IntoIterator<Item = &'h str>,
    ) -> Result<Columns, BatchError> {
        let columns = Columns::choose(path, headers, |header| item_meaning(self.release, header))?;
        item_reader(self.release, path, &columns)?;
        Ok(columns)
    }
}

/// Prices the items of a batch, in rayon's current pool.
///
/// The columns are those of the items feed, under the names of the file or of the rulebook. Each row gives one
/// outcome for each place it applies to, in the order of the rows and then of the places; a row that cannot be
/// read, or whose SKU and place an earlier row has, is in the second list instead. Rows are numbered from 1.
///
/// A pure function of its arguments: the same job and batch give the same answers on any number of threads.
///
/// # Errors
/// A batch without the columns that the rulebook needs, or with types that cannot hold them.
pub fn reprice(job: &Job<'_>, batch: &RecordBatch) -> Result<(RecordBatch, Vec<Quarantined>), BatchError> {
    let path = Path::new("batch");
    let schema = batch.schema();
    let columns = job.columns(path, schema.fields().iter().map(|field| field.name().as_str()))?;
    let used: Vec<usize> = columns.iter().map(|column| column.at).collect();
    let block = Block {
        batch: batch.project(&used)?,
        lines: (1..=batch.num_rows() as u64).collect(),
        broken: Vec::new(),
        done: 0,
    };
    let never = AtomicBool::new(false);
    let mut parsed = job.parse(path, &columns, block, &never)?;
    parsed.mark_seen(&mut Seen::default())?;
    let answers = if job.follows_twins() {
        // Twins that stand in the batch; those of a catalog come from `TwinPrices::of_catalog`.
        let twins = TwinPrices::of_block(job, &parsed);
        job.again().with_twins(&twins).price(parsed, &never)?
    } else {
        job.price(parsed, &never)?
    };
    Ok((answers.batch, answers.quarantined))
}

/// The answers of a block.
#[derive(Debug)]
pub(super) struct Answers {
    pub batch: RecordBatch,
    /// By line.
    pub quarantined: Vec<Quarantined>,
    pub tally: Tally,
}

impl<'a> Job<'a> {
    /// Prices what was read; the cancel flag is looked at every 1,024 rows or sooner.
    pub(super) fn price(&self, mut parsed: Parsed<'_>, cancel: &AtomicBool) -> Result<Answers, BatchError> {
        if cancel.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        let chunks = parsed.rows.par_chunks(CANCEL_ROWS);
        let priced: Vec<Vec<(u16, Outcome)>> = chunks
            .map(|rows| {
                if cancel.load(Ordering::Relaxed) {
                    return Err(BatchError::Cancelled);
                }
                #[cfg(test)]
                self.begun.fetch_add(rows.len(), Ordering::SeqCst);
                Ok(rows.iter().flat_map(|row| self.outcomes(row)).collect())
            })
            .collect::<Result<_, _>>()?;
        let mut outcomes = priced.into_iter().flatten();
        let mut table = Table::new(self, parsed.rows.len());
        let mut tally = Tally::new(parsed.count, parsed.elsewhere);
        let mut quarantined = std::mem::take(&mut parsed.quarantined);
        for (at, row) in parsed.rows.iter().enumerate() {
            if at % CANCEL_ROWS == 0 && cancel.load(Ordering::Relaxed) {
                return Err(BatchError::Cancelled);
            }
            let mut vat = Vec::new();
            for (place, outcome) in outcomes.by_ref().take(row.places.len() - row.again.len()) {
                match outcome {
                    Outcome::Refused(refusal) if refusal.code == RefusalCode::VatClass => vat.push(place),
                    outcome => table.push(row.line, &row.row.item, place, &outcome, &mut tally)?,
                }
            }
            quarantined.extend(self.taken(row));
            quarantined.extend(self.untaxed(row, &vat));
        }
        quarantined.sort_by_key(|row| row.line);
        for row in &quarantined {
            tally.quarantine(row);
        }
        Ok(Answers { batch: table.finish()?, quarantined, tally })
    }

    /// The outcomes of a row in the places that are its own, in order.
    fn outcomes<'r>(&'r self, row: &'r ParsedRow<'_>) -> impl Iterator<Item = (u16, Outcome)> + 'r {
        let item = &row.row.item;
        let own = row.places.iter().filter(|place| !row.again.contains(place));
        own.filter_map(move |place| {
            let world = self.worlds.get(usize::from(*place))?;
            let offers = self.facts.offers.get(&item.sku, &world.place.market);
            let outcome = pricing::price(&Row { item, offers }, world, &mut ());
            let outcome = match outcome {
                Outcome::Decided(decision) if !fits(&decision) => {
                    Outcome::Refused(Refusal::from(crate::money::Overflow))
                }
                outcome => outcome,
            };
            Some((*place, outcome))
        })
    }

    /// A row whose places an earlier row has taken.
    fn taken(&self, row: &ParsedRow<'_>) -> Option<Quarantined> {
        let names: Vec<String> = row.again.iter().filter_map(|place| self.place_name(*place)).collect();
        if names.is_empty() {
            return None;
        }
        let sku = &row.row.item.sku;
        let why = format!("an earlier row gives this item in {}", names.join(", "));
        let bad = BadField::new("sku", FieldCode::Duplicate, sku, &why);
        Some(Quarantined::new(FeedKind::Items, row.line, sku, vec![bad], row.again.len() as u64))
    }

    /// A row of a VAT class that the market does not have.
    fn untaxed(&self, row: &ParsedRow<'_>, places: &[u16]) -> Option<Quarantined> {
        let names: Vec<String> = places.iter().filter_map(|place| self.place_name(*place)).collect();
        if names.is_empty() {
            return None;
        }
        let class = match &*row.vat_class {
            "" => "standard",
            class => class,
        };
        let why = format!("has no rate in {}", names.join(", "));
        let bad = BadField::new("vat_class", FieldCode::VatClass, class, &why);
        Some(Quarantined::new(FeedKind::Items, row.line, &row.row.item.sku, vec![bad], names.len() as u64))
    }

    fn place_name(&self, place: u16) -> Option<String> {
        let place = self.worlds.get(usize::from(place))?.place;
        Some(format!("{}/{}", place.market, place.channel))
    }
}

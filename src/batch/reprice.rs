//! One block of items, priced in every place: `RecordBatch` in, `RecordBatch` and quarantine out.

use super::answered::Answered;
use super::columns::item_meaning;
use super::reach::Reach;
use super::rows::{Parsed, ParsedRow, item_reader};
use super::run::BLOCK_ROWS;
use super::seen::Seen;
use super::source::Block;
use super::summary::Tally;
use super::table::{Table, fits, output_schema};
use super::twins::TwinPrices;
use super::words::Words;
use super::{BatchError, Columns, FeedKind, Quarantined};
use crate::facts::{BadField, FactSet, FieldCode};
use crate::pricing::{self, Outcome, Refusal, RefusalCode, Release, Row, World};
use arrow_array::RecordBatch;
use foldhash::quality::RandomState;
use rayon::prelude::*;
use smallvec::SmallVec;
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
    /// What its answers can say.
    pub(super) words: Words,
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
        let worlds: Vec<World<'a>> = places
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
            words: Words::new(release.id(), &worlds),
            worlds,
            keys: RandomState::default(),
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
    fn again<'b>(&self) -> Job<'b>
    where
        'a: 'b,
    {
        Job {
            release: self.release,
            facts: self.facts,
            at: self.at,
            reach: self.reach.clone(),
            words: self.words.clone(),
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
    let batch = batch.project(&used)?;
    let never = AtomicBool::new(false);
    let starts: Vec<usize> = (0..batch.num_rows().max(1)).step_by(BLOCK_ROWS).collect();
    let parse = |start: usize| {
        let part = batch.slice(start, BLOCK_ROWS.min(batch.num_rows() - start));
        let lines = (start as u64 + 1..).take(part.num_rows()).collect();
        job.parse(path, &columns, Block { batch: part, lines, broken: Vec::new(), done: 0 }, &never)
    };
    let mut parts: Vec<Parsed<'_>> = starts.into_par_iter().map(parse).collect::<Result<_, _>>()?;
    let mut seen = Seen::default();
    parts.iter_mut().try_for_each(|part| part.mark_seen(&mut seen))?;
    let price = |job: &Job<'_>, parts: Vec<Parsed<'_>>| {
        let answers = parts.into_par_iter().map(|part| job.price(part, &never));
        answers.collect::<Result<Vec<Answers>, _>>()
    };
    let answers = if job.follows_twins() {
        // Twins that stand in the batch; those of a catalog come from `TwinPrices::of_catalog`.
        let twins = TwinPrices::of_blocks(job, &parts);
        price(&job.again().with_twins(&twins), parts)?
    } else {
        price(job, parts)?
    };
    let quarantined = answers.iter().flat_map(|part| part.quarantined.iter().cloned()).collect();
    let schema = output_schema();
    let batches: Vec<RecordBatch> =
        answers.into_iter().map(|part| part.answered.into_batch(&schema)).collect::<Result<_, _>>()?;
    Ok((arrow_select::concat::concat_batches(&schema, &batches)?, quarantined))
}

/// The answers of a block.
#[derive(Debug)]
pub(super) struct Answers {
    pub answered: Answered,
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
        let mut table = Table::new(self, parsed.rows.len(), Tally::new(parsed.count, parsed.elsewhere));
        let mut quarantined = std::mem::take(&mut parsed.quarantined);
        let mut room = parsed.blank();
        let lost = || BatchError::Internal("a place is lost".into());
        for (at, row) in parsed.rows.iter().enumerate() {
            let is_due = at % CANCEL_ROWS == 0;
            if is_due && cancel.load(Ordering::Relaxed) {
                return Err(BatchError::Cancelled);
            }
            #[cfg(test)]
            if is_due {
                self.begun.fetch_add(CANCEL_ROWS.min(parsed.rows.len() - at), Ordering::SeqCst);
            }
            let item = parsed.item(row, &mut room);
            let mut untaxed: SmallVec<[u16; 4]> = SmallVec::new();
            for place in row.places.iter().filter(|place| row.again.is_empty() || !row.again.contains(place))
            {
                let world = self.worlds.get(usize::from(*place)).ok_or_else(lost)?;
                let offers = self.facts.offers.get(&item.sku, &world.place.market);
                match &pricing::price(&Row { item, offers }, world, &mut ()) {
                    Outcome::Refused(refusal) if refusal.code == RefusalCode::VatClass => {
                        untaxed.push(*place)
                    }
                    Outcome::Decided(decision) if !fits(decision) => {
                        let refusal = Refusal::from(crate::money::Overflow);
                        table.push(row.line, item, *place, &Outcome::Refused(refusal))?;
                    }
                    outcome => table.push(row.line, item, *place, outcome)?,
                }
            }
            if !row.again.is_empty() {
                quarantined.push(self.taken(row, &item.sku));
            }
            if !untaxed.is_empty() {
                let class = parsed.values.text(parsed.vat_class, row.at);
                quarantined.push(self.untaxed(row.line, &item.sku, class, &untaxed));
            }
        }
        quarantined.sort_by_key(|row| row.line);
        let (answered, mut tally) = table.finish();
        for row in &quarantined {
            tally.quarantine(row);
        }
        Ok(Answers { answered, quarantined, tally })
    }

    /// A row whose places an earlier row has taken.
    fn taken(&self, row: &ParsedRow<'_>, sku: &str) -> Quarantined {
        let names: Vec<String> = row.again.iter().filter_map(|place| self.place_name(*place)).collect();
        let why = format!("an earlier row gives this item in {}", names.join(", "));
        let bad = BadField::new("sku", FieldCode::Duplicate, sku, &why);
        Quarantined::new(FeedKind::Items, row.line, sku, vec![bad], row.again.len() as u64)
    }

    /// A row of a VAT class that the market does not have.
    fn untaxed(&self, line: u64, sku: &str, class: &str, places: &[u16]) -> Quarantined {
        let names: Vec<String> = places.iter().filter_map(|place| self.place_name(*place)).collect();
        let class = if class.is_empty() { "standard" } else { class };
        let why = format!("has no rate in {}", names.join(", "));
        let bad = BadField::new("vat_class", FieldCode::VatClass, class, &why);
        Quarantined::new(FeedKind::Items, line, sku, vec![bad], names.len() as u64)
    }

    fn place_name(&self, place: u16) -> Option<String> {
        let place = self.worlds.get(usize::from(place))?.place;
        Some(format!("{}/{}", place.market, place.channel))
    }
}

//! Whole fact sets in memory, priced on threads of their own.

use super::Digest;
use crate::facts::FactSet;
use crate::pricing::{self, HeldReason, Outcome, Place, Refusal, Release, Row, Status, Twins, World};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// SKUs that are priced between two looks at the cancel flag.
const CHUNK: usize = 1_024;
/// How much the threads of a [`Pool`] give way to others, on the scale of `nice`.
const NICE: i32 = 10;

/// Threads for work that can wait: where cores are few, the system lets others go first.
#[derive(Debug)]
pub struct Pool(rayon::ThreadPool);

impl Pool {
    /// With so many threads; 0 is half the cores.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(threads: usize) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if threads == 0 { cores.div_ceil(2) } else { threads };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|at| format!("sweep-{at}"))
            // On Linux this is the calling thread alone. Where it is refused, the threads are as good as any.
            .start_handler(|_| {
                let _ = rustix::process::setpriority_process(None, NICE);
            });
        pool.build().map(Self).map_err(|error| error.to_string())
    }
}

/// What to price: all items of a fact set in some places, at one moment.
#[derive(Debug)]
pub struct Sweep<'a> {
    release: &'a Release,
    facts: &'a FactSet,
    worlds: Vec<(u16, World<'a>)>,
}

/// One item in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// Index into `Release::places`.
    pub place: u16,
    pub brief: Brief,
}

/// What of an outcome is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Brief {
    /// The price in minor units, the rule by its index, and why it is held if it is.
    Price {
        minor: i64,
        rule: Option<u32>,
        held: Option<HeldReason>,
    },
    Refused(Box<Refusal>),
}

/// The answers of a sweep, SKU by SKU in the order of [`crate::facts::ItemBook::by_sku`].
#[derive(Debug, Default)]
pub struct Swathe {
    pub rows: Vec<Swept>,
    /// How many rows each SKU has.
    pub counts: Vec<u16>,
    pub tally: SweepTally,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepTally {
    pub items: u64,
    pub priced: u64,
    pub held: u64,
    pub refused: u64,
    pub digest: Digest,
}

impl<'a> Sweep<'a> {
    /// `wanted` chooses among the places of the release.
    #[must_use]
    pub fn new(release: &'a Release, facts: &'a FactSet, at: i64, wanted: impl Fn(&Place) -> bool) -> Self {
        let places = (0_u16..).zip(&release.places).filter(|(_, place)| wanted(place));
        let worlds = places.map(|(index, place)| {
            let known_at = facts.offers.known_at(&place.market, at);
            let world = World::new(release, place, &facts.rates, at, known_at);
            (index, world.with_history(&facts.history).with_estimates(&facts.estimates))
        });
        Self { release, facts, worlds: worlds.collect() }
    }

    /// Prices everything, or nothing if it is cancelled. `progress` hears of each chunk, from one thread.
    #[must_use]
    pub fn run(&self, pool: &Pool, cancel: &AtomicBool, progress: impl Fn(&SweepTally)) -> Option<Swathe> {
        let mut swathe = Swathe::default();
        let mut skus = self.facts.items.by_sku(None).map(|(sku, _)| sku);
        loop {
            let chunk: Vec<&str> = skus.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Some(swathe);
            }
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let found: Vec<(Vec<Swept>, SweepTally)> =
                pool.0.install(|| chunk.par_iter().map(|sku| self.item(sku)).collect());
            for (rows, tally) in found {
                swathe.counts.push(u16::try_from(rows.len()).unwrap_or(u16::MAX));
                swathe.rows.extend(rows);
                swathe.tally.merge(&tally);
            }
            progress(&swathe.tally);
        }
    }

    /// One item in all places in which it is known.
    fn item(&self, sku: &str) -> (Vec<Swept>, SweepTally) {
        let mut tally = SweepTally { items: 1, ..SweepTally::default() };
        let mut rows = Vec::with_capacity(self.worlds.len());
        for (index, world) in &self.worlds {
            let Place { market, channel, .. } = world.place;
            let Some(served) = self.facts.item(sku, market, channel) else { continue };
            let row = Row { item: &served.item, offers: self.facts.offers.get(sku, market) };
            let twins;
            let priced = match served.item.links().next() {
                None => pricing::price(&row, world, &mut ()),
                Some(_) => {
                    twins = Twins::of(&row, world, self.facts);
                    pricing::price(&row, &world.clone().with_twins(&twins), &mut ())
                }
            };
            let brief = match priced {
                Outcome::Refused(refusal) => Brief::Refused(Box::new(refusal)),
                Outcome::Decided(decision) => Brief::Price {
                    minor: decision.price.minor(),
                    rule: decision.winner.map(|winner| winner.rule),
                    held: match decision.status {
                        Status::Held(reason) => Some(reason),
                        Status::Priced => None,
                    },
                },
            };
            tally.add(sku, &self.release.hash, world.place, &brief);
            rows.push(Swept { place: *index, brief });
        }
        (rows, tally)
    }
}

impl SweepTally {
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.priced + self.held + self.refused
    }

    fn add(&mut self, sku: &str, release: &str, place: &Place, brief: &Brief) {
        let said = match brief {
            Brief::Price { minor, held: None, .. } => {
                self.priced += 1;
                format!("priced {minor}")
            }
            Brief::Price { minor, held: Some(reason), .. } => {
                self.held += 1;
                format!("held {minor} {}", reason.as_str())
            }
            Brief::Refused(refusal) => {
                self.refused += 1;
                format!("refused {}", refusal.code.as_str())
            }
        };
        let Place { market, channel, .. } = place;
        self.digest.add(format!("{release}\0{market}\0{channel}\0{sku}\0{said}").as_bytes());
    }

    fn merge(&mut self, other: &Self) {
        self.items += other.items;
        self.priced += other.priced;
        self.held += other.held;
        self.refused += other.refused;
        self.digest.merge(other.digest);
    }
}

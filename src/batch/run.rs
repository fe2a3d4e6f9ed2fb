//! The streaming driver: blocks are read ahead, priced side by side, and written in order.
//!
//! ```text
//! reader thread ──► up to `threads` blocks ──► read, mark, price on rayon ──► writer thread ──► `.part`, then renamed
//! ```
//!
//! Memory is bounded by a few blocks for each thread, the writer's row group, and the SKUs seen.

use super::catalog::{Catalog, Found, Origin};
use super::parted::{Output, PartBy, Written};
use super::quarantine::QuarantineWriter;
use super::reprice::Answers;
use super::seen::Seen;
use super::sink::PartFile;
use super::summary::Tally;
use super::{BatchError, FeedKind, Ignored, Job, Quarantined};
use crate::money::Ratio;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Rows of a block: large enough to share out, small enough to hold many.
pub const BLOCK_ROWS: usize = 8_192;
/// Blocks that wait before the pricing and after it.
const AHEAD: usize = 2;

/// Where a run writes and how.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// A file, `.csv` or `.parquet`; the name of a folder if the answers are parted.
    pub out: &'a Path,
    /// What the answers are parted by, into folders; empty for one file.
    pub partition: &'a [PartBy],
    pub quarantine: &'a Path,
    /// None: one for each core.
    pub threads: Option<usize>,
    /// The largest share of a feed's prices or rows that may be bad.
    pub max_bad: Ratio,
    /// The largest share of prices that may be refused. A run that decides none is not published in any case.
    pub max_refused: Ratio,
    pub cancel: &'a AtomicBool,
    /// Hears of each block; called from one thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub rows: u64,
    /// Of [`Catalog::total`].
    pub done: u64,
}

/// A feed read before the items, for the account of the run.
#[derive(Clone, Debug)]
pub struct EarlierFeed {
    pub feed: FeedKind,
    pub path: PathBuf,
    pub rows: u64,
    pub quarantined: Vec<Quarantined>,
    /// Columns that are not read.
    pub ignored: Vec<Ignored>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// Some rows are in quarantine; everything else is published.
    Partial,
    /// Too many rows are bad: only the quarantine file is published.
    TooMany,
    /// Too many prices are refused, or none is decided: only the quarantine file is published.
    TooManyRefused,
}

impl Verdict {
    /// Whether the answers take the place of the last ones.
    #[must_use]
    pub fn publishes(self) -> bool {
        matches!(self, Self::Clean | Self::Partial)
    }
}

/// The account of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    pub release: Box<str>,
    pub at: i64,
    pub tally: Tally,
    /// How many files of items were read, and what lies in their folders and was not.
    pub files: usize,
    pub passed_over: Vec<PathBuf>,
    /// Rows and bad rows of the other feeds.
    pub feeds: Vec<(FeedKind, u64, u64)>,
    /// Columns of the items and of the other feeds that are not read.
    pub ignored: Vec<(FeedKind, Ignored)>,
    pub max_bad: Ratio,
    pub max_refused: Ratio,
    pub verdict: Verdict,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("out", &self.out).finish_non_exhaustive()
    }
}

impl Run<'_> {
    /// Prices all items of the catalog in all places of the job.
    ///
    /// # Errors
    /// A file that cannot be read or written, or [`BatchError::Cancelled`]; then nothing is published.
    pub fn run(
        &self,
        job: &Job<'_>,
        catalog: &Catalog<'_>,
        earlier: &[EarlierFeed],
    ) -> Result<Summary, BatchError> {
        let output = Output::create(self.out, self.partition)?;
        let mut quarantine = QuarantineWriter::new(self.quarantine, PartFile::create(self.quarantine)?)?;
        for feed in earlier {
            feed.quarantined.iter().try_for_each(|row| quarantine.write(&feed.path, row))?;
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads.unwrap_or(0))
            .build()
            .map_err(|error| BatchError::Internal(error.to_string()))?;
        let (tally, written) = std::thread::scope(|scope| {
            let (blocks, to_price) = sync_channel(AHEAD);
            scope.spawn(move || catalog.read_ahead(&blocks, self.cancel));
            let (answers, to_write) = sync_channel(AHEAD);
            let writer = scope.spawn(move || write(&to_write, output, quarantine, self.cancel));
            let tally = pool.install(|| self.price_all(job, to_price, answers));
            let written =
                writer.join().unwrap_or_else(|_| Err(BatchError::Internal("the writer stopped".into())));
            (tally, written)
        });
        // A failed writer ends the pricing too, and knows why.
        let (out, quarantine) = match (tally.is_err(), written) {
            (_, Err(error)) => return Err(error),
            (_, Ok(files)) => files,
        };
        let summary = self.summary(job, catalog, tally?, earlier);
        if self.cancel.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        if summary.tally.read == 0 {
            let why = "would be empty, for the catalog has no rows; what is there stays as it is";
            return Err(BatchError::io(self.out, why));
        }
        if summary.verdict.publishes() {
            out.publish()?;
        }
        quarantine.publish()?;
        Ok(summary)
    }

    /// Prices wave after wave of blocks: as many at once as are ready, at most one for each thread.
    fn price_all(
        &self,
        job: &Job<'_>,
        blocks: Receiver<Result<Found, BatchError>>,
        answers: SyncSender<(Arc<Origin>, Answers)>,
    ) -> Result<Tally, BatchError> {
        let (mut seen, mut tally) = (Seen::default(), Tally::default());
        while let Ok(first) = blocks.recv() {
            let mut wave = vec![first?];
            while wave.len() < rayon::current_num_threads()
                && let Ok(next) = blocks.try_recv()
            {
                wave.push(next?);
            }
            if self.cancel.load(Ordering::Relaxed) {
                return Err(BatchError::Cancelled);
            }
            let done = wave.last().map_or(0, |(_, block)| block.done);
            let parse = |(origin, block): Found| {
                let parsed = job.parse(&origin.path, &origin.columns, block, self.cancel)?;
                Ok((origin, parsed))
            };
            let mut parsed: Vec<_> = wave.into_par_iter().map(parse).collect::<Result<_, BatchError>>()?;
            for (_, block) in &mut parsed {
                if self.cancel.load(Ordering::Relaxed) {
                    return Err(BatchError::Cancelled);
                }
                block.mark_seen(&mut seen)?;
            }
            let priced = parsed
                .into_par_iter()
                .map(|(origin, block)| Ok((origin, job.price(block, self.cancel)?)))
                .collect::<Result<Vec<_>, BatchError>>()?;
            for block in priced {
                tally.merge(&block.1.tally);
                if answers.send(block).is_err() {
                    return Err(BatchError::Internal("the writer stopped".into()));
                }
            }
            (self.progress)(Progress { rows: tally.rows, done });
        }
        Ok(tally)
    }

    fn summary(
        &self,
        job: &Job<'_>,
        catalog: &Catalog<'_>,
        tally: Tally,
        earlier: &[EarlierFeed],
    ) -> Summary {
        let ignored = |feed, list: &[Ignored]| list.iter().map(|one| (feed, one.clone())).collect::<Vec<_>>();
        let mut not_read = ignored(FeedKind::Items, &catalog.ignored);
        not_read.extend(earlier.iter().flat_map(|feed| ignored(feed.feed, &feed.ignored)));
        let feeds: Vec<(FeedKind, u64, u64)> =
            earlier.iter().map(|feed| (feed.feed, feed.rows, feed.quarantined.len() as u64)).collect();
        let mut shares = feeds.iter().map(|(_, rows, bad)| (*bad, *rows)).collect::<Vec<_>>();
        shares.push((tally.quarantined, tally.read));
        let verdict = if shares.iter().any(|(bad, all)| too_many(*bad, *all, self.max_bad)) {
            Verdict::TooMany
        } else if tally.priced + tally.held == 0 || too_many(tally.refused, tally.read, self.max_refused) {
            Verdict::TooManyRefused
        } else if shares.iter().any(|(bad, _)| 0 < *bad) {
            Verdict::Partial
        } else {
            Verdict::Clean
        };
        Summary {
            release: job.release.id().into(),
            at: job.at,
            tally,
            files: catalog.files(),
            passed_over: catalog.passed_over.clone(),
            feeds,
            ignored: not_read,
            max_bad: self.max_bad,
            max_refused: self.max_refused,
            verdict,
        }
    }
}

/// bad ÷ all > `limit`, exactly.
fn too_many(bad: u64, all: u64, limit: Ratio) -> bool {
    i128::from(limit.nanos()) * i128::from(all) < i128::from(bad) * i128::from(Ratio::SCALE)
}

/// Writes block after block, and looks at the cancel flag between their rows.
fn write(
    answers: &Receiver<(Arc<Origin>, Answers)>,
    mut output: Output,
    mut quarantine: QuarantineWriter<PartFile>,
    cancel: &AtomicBool,
) -> Result<(Written, PartFile), BatchError> {
    let go_on = || if cancel.load(Ordering::Relaxed) { Err(BatchError::Cancelled) } else { Ok(()) };
    while let Ok((origin, block)) = answers.recv() {
        output.write(block.answered, &go_on)?;
        for row in &block.quarantined {
            go_on()?;
            quarantine.write(&origin.path, row)?;
        }
    }
    go_on()?;
    Ok((output.finish(&go_on)?, quarantine.into_inner()?))
}

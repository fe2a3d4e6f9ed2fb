//! Whole catalogs: read (CSV, Parquet) → price → write, with a quarantine for bad rows.
//!
//! [`reprice`] is the pure function, Arrow in and Arrow out, for programs that bring their own rows; [`Run`]
//! streams files through the same code with bounded memory. Every row of the items feed gives exactly one outcome
//! for each place it applies to, or is quarantined with a code: `priced + held + refused + quarantined = read`.
//!
//! Same release, facts and time give the same answers on any number of threads, in any order of rows, in blocks of
//! any size. This room reads no clock.

mod answered;
mod catalog;
mod cells;
mod chunk;
mod coded;
mod columns;
mod delta;
mod digest;
mod error;
mod find;
mod fitted;
mod generate;
mod load;
mod load_items;
mod parquet_sink;
mod parted;
mod quarantine;
mod reach;
mod report;
mod reprice;
mod rows;
mod run;
mod seen;
mod sink;
mod source;
mod split;
mod summary;
mod sweep;
mod table;
mod texts;
mod twins;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, FeedFiles, feed_files};
pub use columns::{Column, Columns, Ignored, item_meaning};
pub use digest::Digest;
pub use error::BatchError;
pub use find::{FoundItem, find_item};
pub use fitted::load_estimates;
pub use generate::{Dice, Made, MadeFeed, Recipe, generate};
pub use load::{Feeds, load_facts, load_history, load_offers, load_rates};
pub use load_items::load_items;
pub use parted::PartBy;
pub use quarantine::{FeedKind, Quarantined};
pub use reprice::{Job, reprice};
pub use run::{BLOCK_ROWS, EarlierFeed, Progress, Run, Summary, Verdict};
pub use sink::Format;
pub use source::Source;
pub use summary::{CHANGE_BINS, Counts, Tally};
pub use sweep::{Brief, Pool, Swathe, Sweep, SweepTally, Swept};
pub use table::output_schema;
pub use twins::TwinPrices;

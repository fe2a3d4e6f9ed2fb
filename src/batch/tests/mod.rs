//! Whole runs over small files.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bad_rows;
mod files;
mod outputs;
mod same;
mod shop;

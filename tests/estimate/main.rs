//! The public targets D0–D9 of elasticity estimation: ours, the reference, the difference, printed with `--nocapture`.
//!
//! The data may not be committed: it is read from `../shared/data`, and what is absent is skipped, loudly. The large
//! panels need an optimized build: `cargo test --release --test estimate`, which `.ci/long` runs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and shows how long it took"
)]
#![cfg_attr(debug_assertions, expect(dead_code, reason = "what the large panels alone use"))]

mod common;
mod d0_cigarettes;
#[cfg(not(debug_assertions))]
mod d1_orange_juice;
#[cfg(not(debug_assertions))]
mod d5_catalogs;
#[cfg(not(debug_assertions))]
mod d8_cereal;
mod d9_season;
mod degenerate;
#[cfg(not(debug_assertions))]
mod end_to_end;
mod files;
mod fitting;
mod lean;
mod monte_carlo;
#[cfg(not(debug_assertions))]
mod out_of_time;
mod random;

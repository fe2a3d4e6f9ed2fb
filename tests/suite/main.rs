//! Everything that is tested from outside the library, in one binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, waits by the clock and compares what it wrote itself"
)]
#![expect(elided_lifetimes_in_paths, reason = "the reference is plain code to read")]

mod ahead;
mod ahead_commands;
mod ahead_models;
mod ahead_properties;
mod cut;
mod demand;
mod differential;
mod economics;
mod findings;
mod fitted;
mod fixture;
mod horizon;
mod house;
mod interrupted;
mod iowa;
mod million;
mod models;
mod olist;
mod operate;
mod orda;
mod properties;
mod protos;
mod question;
mod reference;
mod reference_ahead;
mod reference_by_hand;
mod reference_coverage;
mod reference_example;
mod reference_history;
mod reference_times_and_cells;
mod reload;
mod repeated;
mod ruin;
mod serve;
mod shuffled;
mod simulate;

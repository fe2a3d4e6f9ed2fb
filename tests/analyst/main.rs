//! What becomes of an analyst's mistakes: mutants of a rulebook, a corpus of slips, hostile files.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking, and slices what it wrote itself"
)]

mod boundaries;
mod corpus;
mod golden;
mod mentioned;
mod mutants;
mod mutate;
mod watch;

/// The folder of the project.
fn root() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

//! From what the files say to what the pipeline reads: one compiled place for each market and channel.

mod adjustments;
mod ahead;
mod always;
mod fees;
mod guards;
mod hash;
mod nowhere;
mod places;
mod rounds;
mod rules;
mod scopes;
mod segments;
mod spans;
mod strategies;
mod symbols;

pub use always::placed;
pub use hash::release_hash;
pub use nowhere::nowhere;
pub use places::{Book, Compiled, compile};
pub use segments::segments;
pub use spans::{common, outside, union};
pub use symbols::with_symbols;

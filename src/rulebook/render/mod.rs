//! Diagnostics for eyes and for programs. The findings stay plain data; how they look is decided here alone.

mod github;
mod human;
mod json;
mod sarif;
mod source;

pub use github::github;
pub use human::{Colour, human};
pub use json::json;
pub use sarif::sarif;

#[cfg(test)]
mod tests;

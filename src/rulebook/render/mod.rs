//! Diagnostics for eyes and for programs. The findings stay plain data; how they look is decided here alone.

mod human;
mod json;
mod source;

pub use human::{Colour, human};
pub use json::json;

#[cfg(test)]
mod tests;

//! An open dynamic pricing engine.

pub mod cli;
pub mod facts;
pub mod money;
pub mod pricing;
pub mod rulebook;

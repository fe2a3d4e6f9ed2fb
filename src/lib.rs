//! An open dynamic pricing engine.

pub mod batch;
pub mod facts;
pub mod money;
pub mod pricing;
pub mod rulebook;

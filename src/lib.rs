//! An open dynamic pricing engine: what should an item cost, exactly, and why?

pub mod batch;
pub mod cli;
pub mod demand;
pub mod estimate;
pub mod explain;
pub mod facts;
pub mod money;
pub mod pricing;
pub mod rulebook;
pub mod service;
pub mod simulate;

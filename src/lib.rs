//! An open dynamic pricing engine.

pub mod facts;
pub mod money;
pub mod pricing;
pub mod rulebook;
pub mod service;

//! Elasticities that can be trusted: regressions on sales history, and what may be concluded from them.

pub mod absorb;
pub mod by;
pub mod covariance;
pub mod data;
pub mod dense;
pub mod design;
pub mod error;
pub mod evaluate;
pub mod fit;
pub mod formula;
pub mod grouping;
pub mod hygiene;
pub mod inference;
pub mod instruments;
pub mod json;
pub mod least_squares;
pub mod logit;
pub mod order;
pub mod pool;
pub mod pooled;
pub mod ppml;
pub mod read;
pub mod season;
mod separation;
pub mod spec;
pub mod text;
pub mod weak;

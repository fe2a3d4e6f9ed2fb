//! Demand, and the prices that look ahead: curves, their optimum, the cautious move, goods that must be gone.
//!
//! Prices are gross, in major units of one currency; quantities are units per whatever period the caller counts in.
//! Every fee regime reaches this room as two numbers, [`Contribution`]: what a unit leaves is a·P − C.
//!
//! Numbers are `f64`, and every function beyond the four operations and the square root comes from the pure-Rust
//! `libm`, so a result is the same on every machine. What leaves for a price goes through one [`door`]: finite, in
//! range, quantized once. The usual case, constant elasticity, needs no float at all: [`exact`].
//!
//! This room knows no file, clock, thread or serialization.

pub mod cautious;
mod contribution;
mod curve;
pub mod door;
pub mod exact;
pub mod finite_stock;
mod hull;
pub mod ladder;
mod lambert;
pub mod normal;
mod optimum;
mod poisson;
pub mod portfolio;
mod region;

pub use contribution::{Contribution, InvalidContribution};
pub use curve::{Curve, Elasticity, Form, InvalidCurve, InvalidElasticity};
pub use lambert::log_lambert_w;
pub use optimum::{NoOptimum, best_within, optimum};
pub use region::Region;

//! The pipeline.

use super::{Decision, Outcome, Refusal, RefusalCode, Row, Trace, World};

/// Whole-category aims as four numbers; zero today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steer;
#[derive(Clone, Debug)]
pub struct Target;
#[derive(Clone, Debug)]
pub struct Proposal;
#[derive(Clone, Debug, Default)]
pub struct Directive;

pub fn propose<T: Trace>(
    _row: &Row<'_>,
    _world: &World<'_>,
    _steer: Steer,
    _trace: &mut T,
) -> Result<Proposal, Refusal> {
    Err(Refusal::new(RefusalCode::NoPrice))
}

pub fn settle<T: Trace>(
    _proposal: Proposal,
    _directive: Directive,
    _trace: &mut T,
) -> Result<Decision, Refusal> {
    Err(Refusal::new(RefusalCode::NoPrice))
}

/// The price of one item in one world, and why.
pub fn price<T: Trace>(row: &Row<'_>, world: &World<'_>, trace: &mut T) -> Outcome {
    let _ = (row, world, trace);
    Outcome::Refused(Refusal::new(RefusalCode::NoPrice))
}

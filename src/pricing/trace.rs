//! The steps of one evaluation, for explanations.

use super::{Because, Excluded, GuardRef, HeldReason, RefusalCode, Side, Status};
use crate::facts::RivalId;
use crate::money::{Amount, Money, Price, Ratio};

/// Where the pipeline reports its steps. `()` listens to nothing and costs nothing.
pub trait Trace {
    /// Whether anybody listens; work that only serves an explanation is done behind it.
    const ON: bool;

    fn step(&mut self, step: impl FnOnce() -> Step);
}

/// One step. Indices are into the lists of the place. Amounts are exact; those of the waterfall are running totals, so that
/// the differences re-add to the price.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Cost {
        cost: Money,
        rate: Option<Ratio>,
        inverse: bool,
        purchase: Amount,
    },
    Landed {
        buffer: Ratio,
        landed: Amount,
    },
    /// A rule that holds, and why it beats `runner_up`.
    Won {
        rule: u32,
        because: Because,
        runner_up: Option<u32>,
    },
    /// What the runner-up would have proposed.
    RunnerUp {
        rule: u32,
        target: Amount,
    },
    /// A rule whose scope or dates do not hold.
    NotApplied {
        rule: u32,
        why: super::Mismatch,
    },
    /// An offer that does not count. `RivalId` names it.
    OfferExcluded {
        set: u16,
        rival: RivalId,
        price: Money,
        why: Excluded,
        age: Option<i64>,
        match_quality: Option<Ratio>,
    },
    /// What a strategy read: the price it refers to and the rivals that gave it.
    Reference {
        set: u16,
        price: Amount,
        rivals: Vec<(RivalId, Amount, Option<i64>, Option<Ratio>)>,
    },
    /// One alternative of the rule had no price.
    NoPrice {
        rule: u32,
        alternative: u8,
        why: NoPrice,
    },
    /// A part of a blend.
    Part {
        strategy: &'static str,
        weight: Ratio,
        after: Amount,
    },
    /// The target: the first amount of the waterfall in gross.
    Strategy {
        rule: u32,
        alternative: u8,
        strategy: &'static str,
        after: Amount,
    },
    Adjusted {
        adjustment: u16,
        variant: u16,
        after: Amount,
    },
    /// The clamp on all adjustments together.
    Limited {
        after: Amount,
    },
    /// Every bound that a guard set.
    Bounded {
        guard: GuardRef,
        /// Index into the guard's bounds.
        bound: u8,
        side: Side,
        at: Amount,
    },
    Relaxed {
        guard: GuardRef,
    },
    Yielded {
        guard: GuardRef,
    },
    /// A guard that moved the price.
    Moved {
        guard: Option<GuardRef>,
        after: Amount,
    },
    /// The payable price; `round` is none without a rounding rule.
    Rounded {
        round: Option<u16>,
        after: Price,
    },
    /// Too small a move: the current price stays.
    Kept {
        guard: GuardRef,
        after: Price,
    },
    Held {
        reason: HeldReason,
        after: Price,
    },
    Done {
        status: Status,
        price: Price,
    },
    Refused {
        code: RefusalCode,
    },
}

/// Why a strategy had no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPrice {
    CostMissing,
    /// The fees and the margin leave nothing of the price.
    FeesTooHigh,
    TooFewRivals {
        valid: u32,
        needed: u32,
    },
    NoCurrentPrice,
    NoFixedPrice,
    NoLayerRule,
    PartMissing,
}

/// Collects all steps.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    pub steps: Vec<Step>,
}

impl Trace for () {
    const ON: bool = false;

    #[inline(always)]
    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

impl Trace for Recorder {
    const ON: bool = true;

    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.steps.push(step());
    }
}

impl std::fmt::Display for NoPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CostMissing => f.write_str("the cost is not known"),
            Self::FeesTooHigh => f.write_str("margin and fees together leave nothing of the price"),
            Self::TooFewRivals { valid, needed } => {
                write!(f, "{valid} valid rivals, at least {needed} are needed")
            }
            Self::NoCurrentPrice => f.write_str("there is no current price to keep"),
            Self::NoFixedPrice => f.write_str("no fixed price is written for this item and currency"),
            Self::NoLayerRule => f.write_str("no rule of that layer or earlier has a price"),
            Self::PartMissing => f.write_str("a part of the blend has no price"),
        }
    }
}

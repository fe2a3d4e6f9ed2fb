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
    /// What an `optimise` looked at.
    Optimised(Box<Optimised>),
    /// What a `markdown` looked at.
    MarkedDown(MarkedDown),
    /// The price that a `fade` fades from, and the change now.
    Faded {
        from: Amount,
        by: Ratio,
    },
    /// The twin's price.
    Twin {
        sku: Box<str>,
        price: Amount,
    },
    /// A twin whose price nobody has worked out yet.
    TwinAsked {
        sku: Box<str>,
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

/// The evidence of an `optimise`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimised {
    pub elasticity: Ratio,
    /// Standard error.
    pub error: Ratio,
    pub confidence: Ratio,
    /// The optimum at both ends of the interval; zero and `Amount::MAX` stand for "without end".
    pub optima: (Amount, Amount),
    /// Trust region.
    pub region: (Amount, Amount),
    pub current: Amount,
    pub after: Amount,
    pub trust_region: bool,
    pub outlook: Option<Outlook>,
}

/// What a day brings at today's and at the proposed price, if the elasticity is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    pub units: (f64, f64),
    /// Net of VAT.
    pub revenue: (f64, f64),
    /// Unit contribution.
    pub profit: (f64, f64),
}

/// The evidence of a `markdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedDown {
    pub days_left: i64,
    /// The price from before the markdown.
    pub base: Option<Amount>,
    /// The change to it, and the row of a curve.
    pub off: Option<Ratio>,
    pub row: Option<u32>,
    /// The gross price at which selling is no better than keeping.
    pub worth: Option<Amount>,
    pub units: Option<u32>,
    pub after: Amount,
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
    /// A fact of the item that the strategy needs.
    FactMissing(&'static str),
    /// A channel cost has no exchange rate.
    FeesUnknown,
    /// A condition of `needs` does not hold.
    NeedFails(&'static str),
    NotSurelyElastic {
        elasticity: Ratio,
        error: Ratio,
    },
    /// Today's price is further from what was observed than it may move.
    EmptyRegion,
    /// The current price is in force for longer than `max_age`; both in seconds.
    TooOld {
        age: i64,
        max_age: i64,
    },
    /// Not known what the item cost before the markdown.
    NoBase,
    SaleIsOver,
    /// No row of the curve for so many days.
    NoCurveRow {
        days: i64,
    },
    /// Stock, demand or both are beyond what can be computed.
    NotASale,
    NoTwin,
    /// The twin has no price in this place.
    TwinWithoutPrice,
    /// The way from twin to twin comes back.
    TwinCircle,
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
            Self::FactMissing(fact) => write!(f, "the item has no usable `{fact}`"),
            Self::FeesUnknown => f.write_str("a cost of the channel has no exchange rate"),
            Self::NeedFails(need) => write!(f, "the estimate does not meet `needs.{need}`"),
            Self::NotSurelyElastic { elasticity, error } => {
                write!(
                    f,
                    "demand may not be elastic (elasticity {elasticity} ± {error}), so no price is surely best"
                )
            }
            Self::EmptyRegion => {
                f.write_str("the current price is further from what was observed than it may move")
            }
            Self::TooOld { age, max_age } => {
                let show = crate::facts::show_duration;
                write!(
                    f,
                    "the current price is in force for {}, wanted at most {}",
                    show(*age),
                    show(*max_age)
                )
            }
            Self::NoBase => {
                f.write_str("the price history does not say what the item cost before the markdown")
            }
            Self::SaleIsOver => f.write_str("the sale is over"),
            Self::NoCurveRow { days } => write!(f, "the curve has no row for {days} days left"),
            Self::NotASale => f.write_str("stock or demand is beyond what can be computed"),
            Self::NoTwin => f.write_str("the item names no twin"),
            Self::TwinWithoutPrice => f.write_str("the twin has no price here"),
            Self::TwinCircle => f.write_str("the way from twin to twin comes back to the item"),
        }
    }
}

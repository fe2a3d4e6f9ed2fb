//! What the engine answers.

use super::GuardClass;
use crate::facts::PriceKind;
use crate::money::{Amount, Price, Ratio};

/// The answer for one item in one place.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a price costs no allocation; refusals are few")]
pub enum Outcome {
    Decided(Decision),
    Refused(Refusal),
}

/// A price and why. All indices are into the lists of the place it was made in.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub status: Status,
    pub price: Price,
    /// What kind of price it is, for the history that is written from it.
    pub kind: PriceKind,
    /// The lowest price before the reduction, where a guard asks to announce it and history knows it.
    pub reference: Option<Amount>,
    /// The current price, if known in the market's currency.
    pub previous: Option<Amount>,
    pub winner: Option<Winner>,
    /// The strategy's target, and the target after all adjustments; none when held.
    pub target: Option<Amount>,
    pub adjusted: Option<Amount>,
    pub range: Range,
    pub hits: Hits,
    pub flags: Flags,
    pub net: Amount,
    pub vat: Ratio,
    pub purchase: Option<Amount>,
    pub landed: Option<Amount>,
    /// (net − landed) ÷ net.
    pub margin: Option<Ratio>,
    pub contribution: Option<Amount>,
    pub full_contribution: Option<Amount>,
    /// The gross price of zero unit contribution.
    pub break_even: Option<Amount>,
    /// Seconds since 1970 of the oldest offer or rate the price rests on.
    pub oldest_input: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Priced,
    Held(HeldReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldReason {
    CostImplausible,
    RateImplausible,
    NoRule,
    NoStrategy,
}

/// The rule that set the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Index into `Place::rules`.
    pub rule: u32,
    pub because: Because,
    /// The rule that would win without it.
    pub runner_up: Option<u32>,
    /// 0: the rule's own `price`; n: the n-th `else`.
    pub alternative: u8,
}

/// Why the winner won, in the four words of semantics 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    OnlyCandidate,
    LaterLayer,
    Over,
    Narrower,
}

/// The allowed prices and who set each end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub floor: Edge,
    pub ceiling: Edge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub amount: Amount,
    /// `None`: the edge of what can be paid at all.
    pub set_by: Option<GuardRef>,
}

/// A guard: its index in `Place::guards` and the variant that held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuardRef {
    pub guard: u16,
    pub variant: u16,
    pub class: GuardClass,
}

/// Guards that moved the price, bounded its ending, or yielded: each once, sorted. Beyond 16 the rest is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hits {
    count: u8,
    guards: [Option<GuardRef>; Hits::MAX],
}

/// Facts about a decision that a person or a program should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Flags(u16);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Another than the rule's own `price` gave the target.
    Fallback,
    /// A `relax` removed a guard that would have applied.
    NeedsApproval,
    /// No allowed ending inside the range: the nearest payable price was taken.
    NoEnding,
    /// A guard of a lower class gave way.
    GuardConflict,
    /// A held price had to move to stay inside legal and safety bounds.
    Moved,
    /// The best price lies beyond the trust region of an `optimise`.
    TrustRegion,
    /// An `optimise` had no price, for demand may not be elastic.
    NoInteriorOptimum,
    /// The price is on the wrong side of its twin's.
    LinkBroken,
}

/// No price, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: RefusalCode,
    /// The guards that contradict each other or lack a fact, if the code is about guards.
    pub guards: Vec<GuardRef>,
    /// The name of the missing fact, of the currency pair.
    pub fact: Option<Box<str>>,
    pub winner: Option<Winner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalCode {
    VatClass,
    ExchangeRateMissing,
    ExchangeRateStale,
    FactMissing,
    GuardsContradict,
    Infeasible,
    FeedStale,
    CostImplausible,
    RateImplausible,
    NoPrice,
    AmountOverflow,
}

impl Hits {
    pub const MAX: usize = 16;

    pub(super) fn add(&mut self, guard: GuardRef) {
        if self.iter().any(|known| known == guard) {
            return;
        }
        if let Some(slot) = self.guards.get_mut(usize::from(self.count)) {
            *slot = Some(guard);
            self.count += 1;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = GuardRef> + Clone + '_ {
        self.guards.iter().take(self.count.into()).flatten().copied()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Flags {
    pub(super) fn set(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u16;
    }

    pub(super) fn clear(&mut self, flag: Flag) {
        self.0 &= !(1 << flag as u16);
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn has(self, flag: Flag) -> bool {
        self.0 >> flag as u16 & 1 == 1
    }

    /// One bit for each flag, in the order of [`Flag::ALL`].
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The set flags in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }
}

impl Flag {
    pub const ALL: [Self; 8] = [
        Self::Fallback,
        Self::NeedsApproval,
        Self::NoEnding,
        Self::GuardConflict,
        Self::Moved,
        Self::TrustRegion,
        Self::NoInteriorOptimum,
        Self::LinkBroken,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::NeedsApproval => "needs-approval",
            Self::NoEnding => "no-ending",
            Self::GuardConflict => "guard-conflict",
            Self::Moved => "moved",
            Self::TrustRegion => "trust-region",
            Self::NoInteriorOptimum => "no-interior-optimum",
            Self::LinkBroken => "link-broken",
        }
    }
}

impl Because {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnlyCandidate => "only candidate",
            Self::LaterLayer => "later layer",
            Self::Over => "over",
            Self::Narrower => "narrower",
        }
    }
}

impl HeldReason {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CostImplausible => "COST_IMPLAUSIBLE",
            Self::RateImplausible => "RATE_IMPLAUSIBLE",
            Self::NoRule => "NO_RULE",
            Self::NoStrategy => "NO_STRATEGY",
        }
    }
}

impl RefusalCode {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VatClass => "VAT_CLASS",
            Self::ExchangeRateMissing => "EXCHANGE_RATE_MISSING",
            Self::ExchangeRateStale => "EXCHANGE_RATE_STALE",
            Self::FactMissing => "FACT_MISSING",
            Self::GuardsContradict => "GUARDS_CONTRADICT",
            Self::Infeasible => "INFEASIBLE",
            Self::FeedStale => "FEED_STALE",
            Self::CostImplausible => "COST_IMPLAUSIBLE",
            Self::RateImplausible => "RATE_IMPLAUSIBLE",
            Self::NoPrice => "NO_PRICE",
            Self::AmountOverflow => "AMOUNT_OVERFLOW",
        }
    }
}

impl Refusal {
    pub(super) fn new(code: RefusalCode) -> Self {
        Self { code, guards: Vec::new(), fact: None, winner: None }
    }

    pub(super) fn fact(code: RefusalCode, fact: impl Into<Box<str>>) -> Self {
        Self { fact: Some(fact.into()), ..Self::new(code) }
    }

    pub(super) fn guards(code: RefusalCode, guards: Vec<GuardRef>) -> Self {
        Self { guards, ..Self::new(code) }
    }
}

impl From<crate::money::Overflow> for Refusal {
    fn from(_: crate::money::Overflow) -> Self {
        Self::new(RefusalCode::AmountOverflow)
    }
}

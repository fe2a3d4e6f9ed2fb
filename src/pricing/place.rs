//! A rulebook compiled for one place: one market and one channel.
//!
//! Everything that depends only on rules, market, channel and VAT class is computed once here, so that pricing an item
//! only reads. Lists come in the order in which they are tried.

use super::ahead::{Fade, Markdown, Optimise, Relative};
use super::{Band, Change, Cond, Indexed, Scope, When, Window};
use crate::facts::{AttrId, Basis, RivalId};
use crate::money::{Amount, Currency, Fraction, Money, Overflow, Ratio};

/// One value for each VAT class of the place, in the order of [`Place::vat`].
pub type PerVat<T> = Box<[T]>;

/// A market and channel with the rules that can act there.
#[derive(Clone, Debug)]
pub struct Place {
    pub market: Box<str>,
    pub channel: Box<str>,
    pub currency: Currency,
    pub zone: jiff::tz::TimeZone,
    /// The classes of the market; an item without a class is of the class `standard`.
    pub vat: Box<[Vat]>,
    /// 1 + Σ landed shares (freight, duty, …).
    pub landed: Fraction,
    pub fx: Fx,
    /// The fact that is the item's cost in this channel: `cost` or `supplier_cost`.
    pub cost_from: AttrId,
    pub fees: Fees,
    pub plausibility: Plausibility,
    pub sets: Box<[RivalSet]>,
    /// Every rule, overlay and table row with a price, winners first: the first that holds wins.
    pub rules: Indexed<Rule>,
    /// One entry for each id, sorted by id.
    pub adjustments: Box<[Adjustment]>,
    /// The clamp on all adjustments together, as shares: −30 % .. +10 %.
    pub limit: Option<(Ratio, Ratio)>,
    /// One entry for each id, sorted by class, then id.
    pub guards: Box<[Guard]>,
    /// Winners first.
    pub rounds: Box<[RoundRule]>,
}

/// A VAT class.
#[derive(Clone, Debug)]
pub struct Vat {
    pub class: Box<str>,
    /// The symbol of `vat_class` that names it.
    pub symbol: u32,
    pub rate: Ratio,
    pub one_plus: Fraction,
}

/// Conversion of costs.
#[derive(Clone, Copy, Debug)]
pub struct Fx {
    /// Seconds; a rate older than this is stale.
    pub max_age: Option<i64>,
    pub buffer: Ratio,
}

/// What the channel takes.
#[derive(Clone, Debug)]
pub struct Fees {
    /// Share of gross, the cost named `commission`.
    pub commission: Ratio,
    /// Sum of all other shares of gross.
    pub shares: Ratio,
    /// Money per unit and per order, by name, in the currency as written (one per entry, chosen for the market if several are given).
    pub per_unit: Box<[(Box<str>, Money)]>,
    pub per_order: Box<[(Box<str>, Money)]>,
    /// The usual order's gross value in the market's currency.
    pub basket: Option<Amount>,
    pub returns: Option<Returns>,
}

/// Expected returns (decisions 3).
#[derive(Clone, Copy, Debug)]
pub struct Returns {
    pub rate: Ratio,
    pub reverse: Money,
    pub salvage: Ratio,
}

/// What nobody believes: closed ranges.
#[derive(Clone, Copy, Debug)]
pub struct Plausibility {
    /// Of cost ÷ previous cost − 1.
    pub cost_change: (Ratio, Ratio),
    /// Of rival ÷ reference.
    pub rival: (Ratio, Ratio),
    /// Of |rate ÷ last − 1|.
    pub rate_jump: Ratio,
}

/// Which rivals count and when.
#[derive(Clone, Debug)]
pub struct RivalSet {
    pub name: Box<str>,
    /// Sorted.
    pub members: Box<[RivalId]>,
    /// Our own shops, never rivals. Sorted.
    pub own: Box<[RivalId]>,
    /// Allowed spans of the match quality (10⁻⁹) and the age (seconds); none asks for nothing.
    pub matching: Option<Box<[(i64, i64)]>>,
    pub age: Option<Box<[(i64, i64)]>>,
    pub in_stock: Option<bool>,
    pub delivery: Delivery,
    pub at_least: u32,
    /// As written, for explanations.
    pub matching_text: Box<str>,
    pub age_text: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Included,
    Excluded,
}

/// Who wrote a thing and where.
#[derive(Clone, Debug, Default)]
pub struct Info {
    /// What tests and answers call it: an overlay or table row goes by its parent's id.
    pub id: Box<str>,
    /// The full name: `kvi-follow.for.kz`, `plan#8`.
    pub label: Box<str>,
    /// The table row as a spreadsheet counts (the header is row 1).
    pub row: Option<u32>,
    pub owner: Box<str>,
    pub why: Box<str>,
    pub at: SourceAt,
}

/// A place in a rule file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceAt {
    pub file: Box<str>,
    pub line: u32,
}

/// One way to a price.
#[derive(Clone, Debug)]
pub struct Rule {
    pub info: Info,
    /// Index into `Release::layers`.
    pub layer: u16,
    pub scope: Scope,
    /// For each box of `scope` its cells on market and channel: decided here, but a rule for one market is narrower.
    pub place_cells: Box<[Box<[Cond]>]>,
    pub window: Window,
    /// Indices into [`Place::rules`] of the rules that this one's `over` names, sorted.
    pub over: Box<[u32]>,
    pub strategy: Strategy,
    /// `else`, in order.
    pub otherwise: Box<[Strategy]>,
    /// Indices into [`Place::guards`].
    pub relax: Box<[u16]>,
}

/// How a target is found.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// `(landed + add) × factor`; `None` for a VAT class where the fees eat the price.
    CostPlus {
        add: Amount,
        factor: PerVat<Option<Fraction>>,
        text: Box<str>,
    },
    Follow {
        set: u16,
        rank: Rank,
        by: Ratio,
    },
    Index {
        set: u16,
        of: Rank,
        at: Ratio,
    },
    Fixed(Fixed),
    /// `max_age` in seconds needs history.
    Keep {
        max_age: Option<i64>,
    },
    /// The winner among rules of this layer or earlier.
    Use {
        layer: u16,
    },
    Blend {
        parts: Box<[PricePart]>,
        renormalise: bool,
    },
    Optimise(Box<Optimise>),
    Relative(Relative),
    Fade(Fade),
    Markdown(Box<Markdown>),
}

/// A weighted part of a blend.
#[derive(Clone, Debug)]
pub struct PricePart {
    pub weight: Ratio,
    pub strategy: Strategy,
}

#[derive(Clone, Debug)]
pub enum Fixed {
    /// `None`: no value in the market's currency.
    Value(Option<Amount>),
    /// Winners first.
    Table(Indexed<FixedRow>),
}

#[derive(Clone, Debug)]
pub struct FixedRow {
    pub scope: Scope,
    pub row: u32,
    pub price: Option<Amount>,
}

/// Which of the valid rivals' prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    Lowest,
    Second,
    Third,
    Median,
    Mean,
    Highest,
}

/// A season or stock rule: variants narrowest first, the first whose scope holds counts.
#[derive(Clone, Debug)]
pub struct Adjustment {
    pub kind: AdjustmentKind,
    pub variants: Box<[AdjustmentVariant]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentKind {
    Season,
    Stock,
}

#[derive(Clone, Debug)]
pub struct AdjustmentVariant {
    pub info: Info,
    pub scope: Scope,
    pub window: Window,
    pub when: When,
    pub adjust: Change,
    pub relax: Box<[u16]>,
}

/// Classes in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardClass {
    Legal,
    Safety,
    Contract,
    Commercial,
    Comfort,
}

/// A guard: variants narrowest first, the first whose scope holds counts.
#[derive(Clone, Debug)]
pub struct Guard {
    pub id: Box<str>,
    pub variants: Box<[GuardVariant]>,
}

#[derive(Clone, Debug)]
pub struct GuardVariant {
    pub info: Info,
    pub class: GuardClass,
    pub scope: Scope,
    pub window: Window,
    /// `if_impossible = "yield"`.
    pub may_yield: bool,
    /// Acts only on prices whose strategy read this feed at such an age.
    pub when: Option<StaleFeed>,
    pub bounds: Box<[Bound]>,
}

#[derive(Clone, Debug)]
pub struct StaleFeed {
    pub feed: FeedName,
    /// Ages in seconds at which the guard acts.
    pub age: Box<[(i64, i64)]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedName {
    Competitors,
    Fx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostBasis {
    Purchase,
    Landed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Floor,
    Ceiling,
}

/// What a guard demands.
#[derive(Clone, Debug)]
pub enum Bound {
    /// gross ≥ landed × factor, factor = (1 + v) ÷ (1 − margin).
    MinMargin {
        margin: Ratio,
        factor: PerVat<Fraction>,
    },
    /// unit contribution ≥ amount.
    MinContribution(Amount),
    /// full contribution ≥ amount.
    MinFullContribution(Amount),
    /// gross ≤ cost × factor, factor = (1 + by)(1 + v).
    MaxMarkup {
        of: CostBasis,
        by: Ratio,
        factor: PerVat<Fraction>,
    },
    /// `min_price` or `max_price`.
    Price {
        side: Side,
        limit: Limit,
    },
    /// Both ends are allowed.
    Absolute {
        low: Amount,
        high: Amount,
    },
    /// current × (1 + down) .. current × (1 + up); down is negative or zero. With `per` (seconds) all moves within
    /// that time together.
    MaxChange {
        down: Ratio,
        up: Ratio,
        per: Option<i64>,
    },
    MinChange(Ratio),
    /// Seconds since the last change; without history it bounds nothing.
    Cooldown(i64),
    KeepPrice,
    /// Bounds nothing: it attaches the lowest price of so many seconds before a reduction.
    Announce(i64),
}

#[derive(Clone, Debug)]
pub enum Limit {
    Amount(Amount),
    /// attribute × factor: the share, times 1 + v for a net attribute.
    Relative {
        attr: AttrId,
        share: Ratio,
        basis: Basis,
        factor: PerVat<Fraction>,
    },
}

/// A rounding rule. Without bands every payable price is allowed.
#[derive(Clone, Debug)]
pub struct RoundRule {
    pub info: Info,
    pub scope: Scope,
    pub window: Window,
    pub bands: Box<[Band]>,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Nearest,
    Down,
    Up,
}

impl Fees {
    /// a = (1−r)(1/(1+v) − k) − f: the share of the gross price that stays (decisions 3).
    ///
    /// # Errors
    /// [`Overflow`] when it needs more than 127 bits.
    pub fn keep(&self, one_plus: Fraction) -> Result<Fraction, Overflow> {
        let returned = self.returns.as_ref().map_or(Ratio::ZERO, |returns| returns.rate);
        let kept = Fraction::ONE.sub(Fraction::of(returned))?;
        let net = Fraction::ONE.div(one_plus)?;
        kept.mul(net.sub(Fraction::of(self.commission))?)?.sub(Fraction::of(self.shares))
    }
}

impl GuardClass {
    pub const ALL: [Self; 5] = [Self::Legal, Self::Safety, Self::Contract, Self::Commercial, Self::Comfort];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Safety => "safety",
            Self::Contract => "contract",
            Self::Commercial => "commercial",
            Self::Comfort => "comfort",
        }
    }

    /// Bounds of a hard class that cannot hold refuse the price.
    #[must_use]
    pub fn is_hard(self) -> bool {
        self <= Self::Safety
    }
}

impl Rank {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Second => "second",
            Self::Third => "third",
            Self::Median => "median",
            Self::Mean => "mean",
            Self::Highest => "highest",
        }
    }
}

impl Strategy {
    /// The word analysts know it by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CostPlus { .. } => "cost-plus",
            Self::Follow { .. } => "follow",
            Self::Index { .. } => "index",
            Self::Fixed(_) => "fixed",
            Self::Keep { .. } => "keep",
            Self::Use { .. } => "use",
            Self::Blend { .. } => "blend",
            Self::Optimise(_) => "optimise",
            Self::Relative(_) => "relative",
            Self::Fade(_) => "fade",
            Self::Markdown(_) => "markdown",
        }
    }
}

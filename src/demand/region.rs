//! An interval of prices to stay in.

/// Prices from `low` to `high`, both included: 0 < low ≤ high, finite, gross.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    low: f64,
    high: f64,
}

impl Region {
    /// `None` unless 0 < low ≤ high and both are finite.
    #[must_use]
    pub fn try_new(low: f64, high: f64) -> Option<Self> {
        (0.0 < low && low <= high && high.is_finite()).then_some(Self { low, high })
    }

    /// `price`·(1 ± `within`), `within` in [0, 1).
    #[must_use]
    pub fn around(price: f64, within: f64) -> Option<Self> {
        Self::try_new(price * (1.0 - within), price * (1.0 + within))
    }

    /// One step beyond what was observed: [0.9·`lowest`, 1.1·`highest`] (semantics 4).
    #[must_use]
    pub fn observed(lowest: f64, highest: f64) -> Option<Self> {
        Self::try_new(lowest * 0.9, highest * 1.1)
    }

    /// What both allow; `None` when that is nothing.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        Self::try_new(self.low.max(other.low), self.high.min(other.high))
    }

    #[must_use]
    pub const fn low(self) -> f64 {
        self.low
    }

    #[must_use]
    pub const fn high(self) -> f64 {
        self.high
    }

    /// The nearest price inside; infinities go to an edge, not-a-number to the lower one.
    #[must_use]
    pub fn clamp(self, price: f64) -> f64 {
        price.max(self.low).min(self.high)
    }

    /// Is the price strictly outside?
    #[must_use]
    pub fn excludes(self, price: f64) -> bool {
        price < self.low || self.high < price
    }
}

//! What a sold unit leaves: a·P − C.

/// What one unit sold at the gross price P leaves, `keep`·P − `cost` (ECONOMICS 0: a and C).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    keep: f64,
    cost: f64,
}

/// Why two numbers are not a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidContribution {
    /// The kept share is infinite or not a number.
    KeepNotFinite,
    /// The cost is infinite or not a number.
    CostNotFinite,
}

impl Contribution {
    /// `keep` is the share of the gross price that stays after tax and proportional fees, usually in (0, 1]; `cost`
    /// is everything paid per unit, in currency. A share of zero or less is a contribution too: one that loses at
    /// every price.
    ///
    /// # Errors
    /// Either number is infinite or not a number.
    pub fn try_new(keep: f64, cost: f64) -> Result<Self, InvalidContribution> {
        if !keep.is_finite() {
            return Err(InvalidContribution::KeepNotFinite);
        }
        if !cost.is_finite() {
            return Err(InvalidContribution::CostNotFinite);
        }
        Ok(Self { keep, cost })
    }

    /// The share of the gross price that stays: a.
    #[must_use]
    pub const fn keep(self) -> f64 {
        self.keep
    }

    /// What is paid per unit, in currency: C.
    #[must_use]
    pub const fn cost(self) -> f64 {
        self.cost
    }

    /// What a unit sold at `price` leaves, in currency.
    #[must_use]
    pub fn at(self, price: f64) -> f64 {
        self.keep * price - self.cost
    }

    /// C/a, the gross price that leaves nothing; `None` when every price loses (a ≤ 0) or it is too large.
    #[must_use]
    pub fn break_even(self) -> Option<f64> {
        let price = self.cost / self.keep;
        (0.0 < self.keep && price.is_finite()).then_some(price)
    }
}

impl std::fmt::Display for InvalidContribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::KeepNotFinite => "the share of the price that stays is not a finite number",
            Self::CostNotFinite => "the cost per unit is not a finite number",
        })
    }
}

impl std::error::Error for InvalidContribution {}

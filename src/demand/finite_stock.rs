//! Stock that must be gone by a date: Gallego & van Ryzin, *Optimal dynamic pricing of inventories with stochastic
//! demand over finite horizons*, Management Science 40(8), 1994.
//!
//! Customers come as a Poisson process of rate λ(P) = λ₀·e^(−αP). A unit that is left is worth w, as a gross price:
//! (C + salvage)/a when a sale leaves a·P − C and a unit left over brings `salvage`. Values below are gross too and
//! count what is earned beyond w a unit: in contribution, a times them.

use super::Elasticity;
use super::poisson::{expected_sales, log_growth};

/// More units than this are refused: the sums have one term a unit.
pub const MOST_UNITS: u32 = 1_000_000;

/// A sale with an end: demand that remains and what a unit left over is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clearance {
    alpha: f64,
    worth: f64,
    /// ln of λ₀·e^(−αw)·t: customers to come at the price w.
    log_comers: f64,
}

/// Why numbers are not such a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidClearance {
    /// α is not positive and finite.
    Sensitivity,
    /// Demand is negative or not finite.
    Demand,
    /// The time left is negative or not finite.
    Time,
    /// The worth of a unit left is not finite.
    Worth,
    /// Today's price is not positive and finite.
    Price,
    /// More than [`MOST_UNITS`].
    Units,
}

/// A stock in such a sale, 1 to [`MOST_UNITS`] units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stock {
    clearance: Clearance,
    units: u32,
}

impl Clearance {
    /// λ(P) = `rate`·e^(−`alpha`·P) customers a unit of time, `time` left, `worth` of a unit left over (0 for none).
    ///
    /// # Errors
    /// See [`InvalidClearance`]. A rate or time of zero is a sale nobody comes to.
    pub fn try_new(alpha: f64, rate: f64, time: f64, worth: f64) -> Result<Self, InvalidClearance> {
        if !(0.0 <= rate && rate.is_finite()) {
            return Err(InvalidClearance::Demand);
        }
        Self::of_log(alpha, libm::log(rate), time, worth)
    }

    /// Demand that sells `units_per_day` at `price` with that elasticity there: α = −ε/p₀ (semantics 4).
    ///
    /// # Errors
    /// See [`InvalidClearance`].
    pub fn through(
        price: f64,
        units_per_day: f64,
        elasticity: Elasticity,
        days: f64,
        worth: f64,
    ) -> Result<Self, InvalidClearance> {
        if !(0.0 < price && price.is_finite()) {
            return Err(InvalidClearance::Price);
        }
        if !(0.0 <= units_per_day && units_per_day.is_finite()) {
            return Err(InvalidClearance::Demand);
        }
        Self::of_log(-elasticity.value() / price, libm::log(units_per_day) - elasticity.value(), days, worth)
    }

    fn of_log(alpha: f64, log_rate: f64, time: f64, worth: f64) -> Result<Self, InvalidClearance> {
        if !(0.0 < alpha && alpha.is_finite()) {
            return Err(InvalidClearance::Sensitivity);
        }
        if !(0.0 <= time && time.is_finite()) {
            return Err(InvalidClearance::Time);
        }
        if !worth.is_finite() {
            return Err(InvalidClearance::Worth);
        }
        let log_comers = log_rate + libm::log(time) - alpha * worth;
        // More customers than a number can count would make every price infinite.
        if log_comers < 700.0 { Ok(Self { alpha, worth, log_comers }) } else { Err(InvalidClearance::Demand) }
    }

    /// The same sale with `units` in stock.
    ///
    /// # Errors
    /// [`InvalidClearance::Units`] for none or more than [`MOST_UNITS`].
    pub fn with(self, units: u32) -> Result<Stock, InvalidClearance> {
        if units == 0 || MOST_UNITS < units {
            return Err(InvalidClearance::Units);
        }
        Ok(Stock { clearance: self, units })
    }

    /// λ°t: the customers to come at the price that earns most per unit of time, w + 1/α.
    fn best_mean(self) -> f64 {
        libm::exp(self.log_comers - 1.0)
    }
}

impl Stock {
    /// J(n, t) = α⁻¹·ln Σ_{i=0}^n (λ°t)ⁱ/i!: what the stock is expected to earn beyond w a unit, priced best at every
    /// moment. Summed from ratios, so a thousand units overflow nothing.
    #[must_use]
    pub fn value(self) -> f64 {
        let sum: f64 = log_growth(self.clearance.best_mean(), self.units).sum();
        sum / self.clearance.alpha
    }

    /// p*(n, t) = w + 1/α + J(n, t) − J(n−1, t): the price now. Falls with stock, rises with time left.
    #[must_use]
    pub fn price(self) -> f64 {
        let last = log_growth(self.clearance.best_mean(), self.units).last().unwrap_or(0.0);
        self.clearance.worth + (1.0 + last) / self.clearance.alpha
    }

    /// The best single price kept to the end of a sale without chance: w + max(1/α, ln(comers/n)/α). Asymptotically
    /// optimal.
    #[must_use]
    pub fn fixed_price(self) -> f64 {
        self.clearance.worth + self.fixed_margin()
    }

    /// J^D = m·min(n, λ₀te^(−α(w+m))) at that price's margin m over w: no policy earns more on average.
    #[must_use]
    pub fn deterministic_bound(self) -> f64 {
        self.fixed_margin() * self.fixed_mean().min(f64::from(self.units))
    }

    /// J^FP: what that single price earns on average, chance included.
    #[must_use]
    pub fn fixed_price_value(self) -> f64 {
        self.fixed_margin() * expected_sales(self.fixed_mean(), self.units)
    }

    fn fixed_margin(self) -> f64 {
        let sells_out = self.clearance.log_comers - libm::log(f64::from(self.units));
        sells_out.max(1.0) / self.clearance.alpha
    }

    fn fixed_mean(self) -> f64 {
        libm::exp(self.clearance.log_comers - self.clearance.alpha * self.fixed_margin())
    }
}

impl std::fmt::Display for InvalidClearance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sensitivity => "the price sensitivity is not positive",
            Self::Demand => "the sales rate is negative or too large",
            Self::Time => "the time left is negative or not a number",
            Self::Worth => "what a unit left over is worth is not a number",
            Self::Price => "today's price is not positive",
            Self::Units => "the stock is not between 1 and 1,000,000 units",
        })
    }
}

impl std::error::Error for InvalidClearance {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Falls with stock, rises with time, never below w + 1/α; J^FP ≤ J ≤ J^D, and J^FP is not far below.
        #[test]
        fn theory_holds(alpha in 0.01..5.0_f64, mean in 0.01..400.0_f64, units in 1..300_u32, worth in -5.0..50.0_f64) {
            let rate = |factor: f64| factor * mean * libm::exp(1.0 + alpha * worth);
            let stock = |factor: f64, units| Clearance::try_new(alpha, rate(factor), 1.0, worth).unwrap().with(units).unwrap();
            let now = stock(1.0, units);
            let close = 1.0 + 1e-10;
            prop_assert!(stock(1.0, units + 1).price() <= now.price() + 1e-12);
            prop_assert!(now.price() <= stock(1.1, units).price() + 1e-12);
            prop_assert!(worth + 1.0 / alpha <= now.price() + 1e-9);
            prop_assert!(now.value() <= now.deterministic_bound() * close);
            prop_assert!(now.fixed_price_value() <= now.value() * close);
            let least = 1.0 - 0.5 / libm::sqrt(f64::from(units).min(mean));
            prop_assert!(least * now.value() <= now.fixed_price_value() * close);
        }
    }

    #[test]
    fn salvage_shifts_the_price() {
        // λ₀ chosen so that as many come at w = 10 as at w = 0 with rate 10e.
        let free = Clearance::try_new(1.0, 10.0 * libm::exp(1.0), 1.0, 0.0).unwrap().with(5).unwrap();
        let worth = Clearance::try_new(1.0, 10.0 * libm::exp(11.0), 1.0, 10.0).unwrap().with(5).unwrap();
        assert!((worth.price() - free.price() - 10.0).abs() < 1e-12);
        assert!((worth.value() - free.value()).abs() < 1e-12);
    }

    #[test]
    fn the_ends_and_refusals() {
        // Without time or customers the last price is w + 1/α.
        let over = Clearance::try_new(0.5, 3.0, 0.0, 1.0).unwrap().with(4).unwrap();
        assert!((over.price() - 3.0).abs() < 1e-15 && over.value() <= 0.0);
        assert!(over.fixed_price_value() <= 0.0 && over.deterministic_bound() <= 0.0);
        let elasticity = Elasticity::try_new(-3.0).unwrap();
        let today = Clearance::through(60.0, 2.0, elasticity, 30.0, 0.0).unwrap();
        // α = 0.05 and 2e³ a day at zero: selling 60 units at 60 takes just those 30 days.
        assert!((today.with(60).unwrap().fixed_price() - 60.0).abs() < 1e-9);
        let refused = |alpha, rate, time, worth| Clearance::try_new(alpha, rate, time, worth).unwrap_err();
        assert_eq!(refused(0.0, 1.0, 1.0, 0.0), InvalidClearance::Sensitivity);
        assert_eq!(refused(1.0, -1.0, 1.0, 0.0), InvalidClearance::Demand);
        assert_eq!(refused(1.0, 1.0, f64::NAN, 0.0), InvalidClearance::Time);
        assert_eq!(refused(1.0, 1.0, 1.0, f64::INFINITY), InvalidClearance::Worth);
        assert_eq!(refused(1.0, 1.0, 1.0, -1000.0), InvalidClearance::Demand);
        assert_eq!(today.with(0), Err(InvalidClearance::Units));
    }
}

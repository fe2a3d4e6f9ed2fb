//! Prices that depend on each other: shares of a market, rivals, linear systems, categories (ECONOMICS 4).
//!
//! Proportional fees are alike for all products here, so costs are given as C/a, in gross prices, and profits are
//! to be multiplied by a.

pub mod capacity;
pub mod category;
pub mod linear;
pub mod mnl;
pub mod nested;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No product.
    Empty,
    /// A number is not finite, or a slope, scale or weight not positive.
    Number,
    /// Lists or rows of different lengths.
    Shape,
    /// Demand does not fall in some direction (B + Bᵀ not positive definite), or rises with the price (ε ≥ −1): profit has
    /// no maximum.
    Unbounded,
    /// Nest parameter outside (0, 1]: no one's choices look like that.
    NestParameter,
    /// Sensitivities within a nest differ so much (max β/min β > 1/(1 − μ)) that several price vectors may be optimal.
    Ambiguous,
    /// The aim cannot be reached.
    Infeasible,
    /// The iteration did not settle.
    NotConverged,
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no product",
            Self::Number => "a parameter is out of range",
            Self::Shape => "lists of different lengths",
            Self::Unbounded => "profit has no maximum",
            Self::NestParameter => "a nest parameter lies outside (0, 1]",
            Self::Ambiguous => "sensitivities within a nest differ too much for a single best answer",
            Self::Infeasible => "the aim cannot be reached",
            Self::NotConverged => "the iteration did not settle",
        })
    }
}

impl std::error::Error for NoAnswer {}

/// The x in [`low`, `high`] where a falling function crosses zero, to the last digit that bisection can tell.
fn falling_root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || high <= middle {
            break;
        }
        if 0.0 < function(middle) { low = middle } else { high = middle }
    }
    low + 0.5 * (high - low)
}

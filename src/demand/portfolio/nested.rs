//! Nested logit: within a nest products are closer to each other than to the rest.

use super::mnl::Outcome;
use super::{NoAnswer, falling_root};

/// One product: utility `appeal` − `beta`·price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    pub appeal: f64,
    pub beta: f64,
    /// C/a, gross.
    pub cost: f64,
}

/// Products with a nest parameter μ in (0, 1]: utilities are divided by it within; 1 is plain logit.
#[derive(Clone, Debug, PartialEq)]
pub struct Nest {
    pub products: Vec<Product>,
    pub mu: f64,
}

/// A nest at an adjusted markup.
struct State {
    prices: Vec<f64>,
    /// Shares within the nest.
    within: Vec<f64>,
    /// ln of the nest's weight.
    weight: f64,
}

/// The best prices of one owner, products in the order of the nests.
///
/// Within a nest pᵢ − cᵢ − μ/βᵢ is one number θ, and θ = R + (1 − μ)·Σ sᵢ|nest/βᵢ with R the optimal profit per
/// visitor (Li & Huh, M&SOM 2011; Gallego & Wang, OR 2014), which leaves one unknown.
///
/// # Errors
/// [`NoAnswer::NestParameter`] for μ outside (0, 1]; [`NoAnswer::Ambiguous`] where sensitivities differ too much for
/// a single solution (Gallego & Wang's condition max β/min β ≤ 1/(1 − μ) fails).
pub fn monopoly(nests: &[Nest]) -> Result<Outcome, NoAnswer> {
    nests.iter().try_for_each(Nest::check)?;
    let profit = |guess: f64| -> f64 { outcome(nests, guess).profit };
    let mut high = 1.0;
    while high < profit(high) {
        high *= 2.0;
        if !f64::is_finite(high) {
            return Err(NoAnswer::NotConverged);
        }
    }
    if nests.is_empty() {
        return Err(NoAnswer::Empty);
    }
    Ok(outcome(nests, falling_root(0.0, high, |guess| profit(guess) - guess)))
}

/// Every nest at the markup that `guess` of R calls for.
fn outcome(nests: &[Nest], guess: f64) -> Outcome {
    let states: Vec<State> = nests.iter().map(|nest| nest.at(nest.markup(guess))).collect();
    let most = states.iter().map(|state| state.weight).fold(0.0, f64::max);
    let total = libm::exp(-most) + states.iter().map(|state| libm::exp(state.weight - most)).sum::<f64>();
    let mut all = Outcome { prices: Vec::new(), shares: Vec::new(), profit: 0.0 };
    for (nest, state) in nests.iter().zip(states) {
        let chance = libm::exp(state.weight - most) / total;
        for ((product, price), within) in nest.products.iter().zip(state.prices).zip(state.within) {
            all.profit += (price - product.cost) * chance * within;
            all.prices.push(price);
            all.shares.push(chance * within);
        }
    }
    all
}

impl Nest {
    fn check(&self) -> Result<(), NoAnswer> {
        if self.products.is_empty() {
            return Err(NoAnswer::Empty);
        }
        if !(0.0 < self.mu && self.mu <= 1.0) {
            return Err(NoAnswer::NestParameter);
        }
        let valid = |product: &Product| {
            product.appeal.is_finite()
                && product.cost.is_finite()
                && 0.0 < product.beta
                && product.beta.is_finite()
        };
        if !self.products.iter().all(valid) {
            return Err(NoAnswer::Number);
        }
        let (least, most) = self.betas();
        if least < most * (1.0 - self.mu) { Err(NoAnswer::Ambiguous) } else { Ok(()) }
    }

    fn betas(&self) -> (f64, f64) {
        let betas = || self.products.iter().map(|product| product.beta);
        (betas().fold(f64::INFINITY, f64::min), betas().fold(0.0, f64::max))
    }

    fn at(&self, markup: f64) -> State {
        let prices: Vec<f64> =
            self.products.iter().map(|product| product.cost + self.mu / product.beta + markup).collect();
        let utilities: Vec<f64> = self
            .products
            .iter()
            .zip(&prices)
            .map(|(product, price)| (product.appeal - product.beta * price) / self.mu)
            .collect();
        let most = utilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = utilities.iter().map(|utility| libm::exp(utility - most)).sum();
        let within = utilities.iter().map(|utility| libm::exp(utility - most) / total).collect();
        State { prices, within, weight: self.mu * (most + libm::log(total)) }
    }

    /// The θ with θ = `profit` + (1 − μ)·Σ sᵢ|nest/βᵢ.
    fn markup(&self, profit: f64) -> f64 {
        let spread = 1.0 - self.mu;
        let (least, most) = self.betas();
        let rest = |markup: f64| {
            let state = self.at(markup);
            let mean: f64 =
                self.products.iter().zip(&state.within).map(|(product, share)| share / product.beta).sum();
            profit + spread * mean - markup
        };
        falling_root(profit + spread / most, profit + spread / least, rest)
    }
}

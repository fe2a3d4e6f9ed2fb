//! Whole categories under one aim: each product is priced alone, at one common shadow price λ.

use super::super::Elasticity;
use super::{NoAnswer, falling_root};

/// Constant elasticity, q = `scale`·P^ε, ε < −1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elastic {
    /// C/a, gross, above zero.
    pub cost: f64,
    pub elasticity: Elasticity,
    pub scale: f64,
}

/// Linear demand, q = `intercept` − `slope`·P.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Straight {
    pub cost: f64,
    pub intercept: f64,
    pub slope: f64,
    /// The price the index compares with, p⁰.
    pub base: f64,
    /// Weight in the index.
    pub weight: f64,
}

/// Prices at a shadow price.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub prices: Vec<f64>,
    /// What one more unit of the aim costs in profit; 0 where the aim does not bind.
    pub lambda: f64,
    pub profit: f64,
    /// The revenue, or the index, at these prices.
    pub aim: f64,
}

/// The most profit with a gross revenue of at least `floor`: p(λ) = c/(1 + λ)·ε/(1 + ε), λ by bisection.
///
/// # Errors
/// [`NoAnswer::Unbounded`] for ε ≥ −1, [`NoAnswer::Number`], [`NoAnswer::Infeasible`] for a floor beyond any number.
pub fn revenue_floor(products: &[Elastic], floor: f64) -> Result<Plan, NoAnswer> {
    if products.is_empty() {
        return Err(NoAnswer::Empty);
    }
    let valid = |number: f64| 0.0 < number && number.is_finite();
    if !products.iter().all(|product| valid(product.cost) && valid(product.scale)) || !floor.is_finite() {
        return Err(NoAnswer::Number);
    }
    if products.iter().any(|product| -1.0 <= product.elasticity.value()) {
        return Err(NoAnswer::Unbounded);
    }
    let at = |lambda: f64| {
        let mut plan = Plan { prices: Vec::new(), lambda, profit: 0.0, aim: 0.0 };
        for product in products {
            let elasticity = product.elasticity.value();
            let price = product.cost / (1.0 + lambda) * (elasticity / (1.0 + elasticity));
            let quantity = product.scale * libm::exp(elasticity * libm::log(price));
            plan.aim += price * quantity;
            plan.profit += (price - product.cost) * quantity;
            plan.prices.push(price);
        }
        plan
    };
    let free = at(0.0);
    if floor <= free.aim {
        return Ok(free);
    }
    let mut high = 1.0;
    while at(high).aim < floor {
        high *= 2.0;
        if !f64::is_finite(high) {
            return Err(NoAnswer::Infeasible);
        }
    }
    Ok(at(falling_root(0.0, high, |lambda| floor - at(lambda).aim)))
}

/// The most profit with a price index Σ w·p/p⁰ of at most `ceiling`: p = ½(α/β + c) − λw/(2βp⁰), λ in closed form.
///
/// # Errors
/// [`NoAnswer::Number`]; [`NoAnswer::Infeasible`] when a price would have to be negative or a product would not sell.
pub fn price_index(products: &[Straight], ceiling: f64) -> Result<Plan, NoAnswer> {
    if products.is_empty() {
        return Err(NoAnswer::Empty);
    }
    let positive = |number: f64| 0.0 < number && number.is_finite();
    let valid = |product: &Straight| {
        [product.intercept, product.slope, product.base, product.weight].into_iter().all(positive)
            && product.cost.is_finite()
    };
    if !products.iter().all(valid) || !ceiling.is_finite() {
        return Err(NoAnswer::Number);
    }
    let free = |product: &Straight| 0.5 * (product.intercept / product.slope + product.cost);
    let pull = |product: &Straight| product.weight / (2.0 * product.slope * product.base);
    let index: f64 = products.iter().map(|product| product.weight * free(product) / product.base).sum();
    let per_lambda: f64 = products.iter().map(|product| product.weight * pull(product) / product.base).sum();
    let lambda = ((index - ceiling) / per_lambda).max(0.0);
    let mut plan = Plan { prices: Vec::new(), lambda, profit: 0.0, aim: 0.0 };
    for product in products {
        let price = free(product) - lambda * pull(product);
        let quantity = product.intercept - product.slope * price;
        if price <= 0.0 || quantity < 0.0 {
            return Err(NoAnswer::Infeasible);
        }
        plan.profit += (price - product.cost) * quantity;
        plan.aim += product.weight * price / product.base;
        plan.prices.push(price);
    }
    Ok(plan)
}

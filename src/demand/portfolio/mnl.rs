//! Multinomial logit: products share their customers with each other and with buying nothing.

use super::super::log_lambert_w;
use super::NoAnswer;

/// One product: customers weigh it with e^(`appeal` − β·price).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    pub appeal: f64,
    /// C/a, gross.
    pub cost: f64,
}

/// Products with one price sensitivity β; buying nothing weighs 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Mnl {
    products: Vec<Product>,
    beta: f64,
}

/// Prices with what comes of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub prices: Vec<f64>,
    /// Chance that a visitor buys each.
    pub shares: Vec<f64>,
    /// Per visitor, to be multiplied by a.
    pub profit: f64,
}

impl Mnl {
    /// # Errors
    /// No product, a number that is not finite, or β ≤ 0.
    pub fn try_new(products: Vec<Product>, beta: f64) -> Result<Self, NoAnswer> {
        if products.is_empty() {
            return Err(NoAnswer::Empty);
        }
        let finite = |product: &Product| product.appeal.is_finite() && product.cost.is_finite();
        let valid = products.iter().all(finite) && 0.0 < beta && beta.is_finite();
        if !valid {
            return Err(NoAnswer::Number);
        }
        Ok(Self { products, beta })
    }

    /// The shares at `prices`, one per product. Scaled by the largest weight, so nothing overflows.
    #[must_use]
    pub fn shares(&self, prices: &[f64]) -> Vec<f64> {
        let utilities: Vec<f64> = self
            .products
            .iter()
            .zip(prices)
            .map(|(product, price)| product.appeal - self.beta * price)
            .collect();
        let most = utilities.iter().copied().fold(0.0, f64::max);
        let weights: Vec<f64> = utilities.iter().map(|utility| libm::exp(utility - most)).collect();
        let total = libm::exp(-most) + weights.iter().sum::<f64>();
        weights.iter().map(|weight| weight / total).collect()
    }

    /// The best prices of one owner: the same absolute markup (1 + W(Σe^(uᵢ − βcᵢ − 1)))/β on every cost, profit W/β
    /// (Hanson & Martin 1996; Gallego & Stefanescu 2011).
    #[must_use]
    pub fn monopoly(&self) -> Outcome {
        let logs = || self.products.iter().map(|product| product.appeal - self.beta * product.cost - 1.0);
        let most = logs().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs().map(|log| libm::exp(log - most)).sum();
        let markup = (1.0 + log_lambert_w(most + libm::log(sum))) / self.beta;
        self.outcome(self.products.iter().map(|product| product.cost + markup).collect())
    }

    /// Bertrand–Nash prices: `owners[i]` owns product i, and nobody gains by moving alone. The fixed point
    /// pᵢ = cᵢ + 1/β + Σ_{j of the same owner} sⱼ(pⱼ − cⱼ) (the ζ-markup equation of Morrow & Skerlos, OR 2011).
    ///
    /// # Errors
    /// [`NoAnswer::Shape`], [`NoAnswer::NotConverged`].
    pub fn nash(&self, owners: &[usize]) -> Result<Outcome, NoAnswer> {
        if owners.len() != self.products.len() {
            return Err(NoAnswer::Shape);
        }
        let mut prices: Vec<f64> =
            self.products.iter().map(|product| product.cost + 1.0 / self.beta).collect();
        for _ in 0..10_000 {
            let shares = self.shares(&prices);
            let earned = |owner: usize| -> f64 {
                let products = self.products.iter().zip(&prices).zip(&shares).zip(owners);
                let own = products.filter(|(_, other)| **other == owner);
                own.map(|(((product, price), share), _)| share * (price - product.cost)).sum()
            };
            let next: Vec<f64> = self
                .products
                .iter()
                .zip(owners)
                .map(|(product, owner)| product.cost + 1.0 / self.beta + earned(*owner))
                .collect();
            let moved = next.iter().zip(&prices).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
            let size = next.iter().map(|price| price.abs()).fold(1.0 / self.beta, f64::max);
            prices = next;
            if moved <= 1e-14 * size {
                return Ok(self.outcome(prices));
            }
        }
        Err(NoAnswer::NotConverged)
    }

    /// ∂ln qᵢ/∂ln pⱼ: −βpᵢ(1 − sᵢ) on the diagonal, βpⱼsⱼ off it (independence of irrelevant alternatives).
    #[must_use]
    pub fn elasticities(&self, prices: &[f64]) -> Vec<Vec<f64>> {
        let shares = self.shares(prices);
        let row = |own: usize| {
            let columns = prices.iter().zip(&shares).enumerate();
            columns
                .map(|(other, (price, share))| {
                    self.beta * price * (share - f64::from(u8::from(own == other)))
                })
                .collect()
        };
        (0..self.products.len()).map(row).collect()
    }

    fn outcome(&self, prices: Vec<f64>) -> Outcome {
        let shares = self.shares(&prices);
        let margins = self.products.iter().zip(&prices).map(|(product, price)| price - product.cost);
        let profit = margins.zip(&shares).map(|(margin, share)| margin * share).sum();
        Outcome { prices, shares, profit }
    }
}

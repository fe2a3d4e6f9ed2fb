//! Chance for worlds: the dice of [`crate::batch::Dice`], as floats.

use crate::batch::Dice;

/// A mean above this is drawn from the normal approximation.
const LARGE: f64 = 400.0;

/// Strictly between 0 and 1.
pub(super) fn uniform(dice: &mut Dice) -> f64 {
    ((dice.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// Standard normal, up to six deviations.
pub(super) fn normal(dice: &mut Dice) -> f64 {
    dice.normal() as f64 / 65_536.0
}

/// e^(σz − σ²/2): a factor with a mean of one.
pub(super) fn factor(spread: f64, z: f64) -> f64 {
    libm::exp(spread * z - 0.5 * spread * spread)
}

/// How many come when `mean` are expected (Poisson).
pub(super) fn poisson(mean: f64, dice: &mut Dice) -> f64 {
    let (chance, z) = (uniform(dice), normal(dice));
    if mean <= 0.0 {
        return 0.0;
    }
    if LARGE < mean {
        return (mean + libm::sqrt(mean) * z).round().max(0.0);
    }
    let (mut count, mut term) = (0.0, libm::exp(-mean));
    let mut below = term;
    while below < chance && count < 10.0 * LARGE {
        count += 1.0;
        term *= mean / count;
        below += term;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_mean_and_the_variance_that_are_asked_for() {
        for mean in [0.3, 7.0, 120.0, 5_000.0] {
            let draws: Vec<f64> =
                (0..20_000).map(|row| poisson(mean, &mut Dice::new(3, "test", row))).collect();
            let average = draws.iter().sum::<f64>() / 2e4;
            let spread = draws.iter().map(|draw| (draw - average).powi(2)).sum::<f64>() / 2e4;
            assert!((average / mean - 1.0).abs() < 0.03, "{mean}: {average}");
            assert!((spread / mean - 1.0).abs() < 0.05, "{mean}: {spread}");
        }
        assert!(poisson(0.0, &mut Dice::new(1, "test", 1)) < 1.0);
    }
}

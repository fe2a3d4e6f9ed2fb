//! Poisson demand against a stock, without a factorial, an overflow or a cut tail.

/// ln(S_i/S_{i−1}) for i = 1, 2, …, `units`, where S_n = Σ_{i≤n} meanⁱ/i!.
///
/// With d = i/mean·S_{i−1}/(mean^{i−1}/(i−1)!) the ratio is 1 + 1/d and d follows from the previous one: every step
/// adds positive numbers of ordinary size. `mean` ≥ 0; infinite steps mean a ratio of 1.
pub(super) fn log_growth(mean: f64, units: u32) -> impl Iterator<Item = f64> {
    let mut scaled = 1.0;
    (1..=units).map(move |count| {
        let before = scaled * f64::from(count) / mean;
        scaled = 1.0 + before;
        libm::log1p(1.0 / before)
    })
}

/// E[min(N, `units`)] for N ~ Poisson(`mean`): Σ_{k=1}^{units} P(N ≥ k), the whole tail counted.
pub(super) fn expected_sales(mean: f64, units: u32) -> f64 {
    if mean <= 0.0 || units == 0 {
        return 0.0;
    }
    let mut log_below = -mean;
    let mut sold = -libm::expm1(log_below);
    for growth in log_growth(mean, units - 1) {
        log_below += growth;
        // Past the mean the rest of the tail is below the last digit of the sum.
        if -1e-17 < log_below {
            break;
        }
        sold -= libm::expm1(log_below);
    }
    sold
}

/// P(N = k) for k = 0 … `units` − 1, then P(N ≥ `units`).
pub(super) fn truncated(mean: f64, units: u32) -> Vec<f64> {
    if mean <= 0.0 {
        // Nobody comes.
        let mut none = vec![0.0; units as usize + 1];
        if let Some(first) = none.first_mut() {
            *first = 1.0;
        }
        return none;
    }
    let mut chances = Vec::with_capacity(units as usize + 1);
    let (log_mean, mut log_chance) = (libm::log(mean), -mean);
    for count in 0..units {
        chances.push(libm::exp(log_chance));
        log_chance += log_mean - libm::log(f64::from(count + 1));
    }
    // P(N ≤ units − 1) by the stable sum, so that the tail is right where it is tiny, too.
    let log_below = log_growth(mean, units.saturating_sub(1)).fold(-mean, |sum, growth| sum + growth);
    let tail = if units == 0 { 1.0 } else { -libm::expm1(log_below.min(0.0)) };
    chances.push(tail);
    chances
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// All chances add to one, and the mean of the truncated counts is the expected sale.
        #[test]
        fn chances_add_up(mean in 0.0..300.0_f64, units in 0..400_u32) {
            let chances = truncated(mean, units);
            let total: f64 = chances.iter().sum();
            let sales: f64 = chances.iter().enumerate().map(|(count, chance)| count as f64 * chance).sum();
            prop_assert!((total - 1.0).abs() < 1e-11, "{total}");
            prop_assert!((sales - expected_sales(mean, units)).abs() < 1e-9 * (1.0 + sales));
        }
    }

    #[test]
    fn the_far_ends() {
        assert!((expected_sales(1e-9, 5) - 1e-9).abs() < 1e-17);
        assert!((expected_sales(5_000.0, 7) - 7.0).abs() < 1e-9);
        assert!((expected_sales(5_000.0, 100_000) - 5_000.0).abs() < 1e-7);
        assert!(log_growth(0.0, 3).all(|growth| growth <= 0.0));
    }
}

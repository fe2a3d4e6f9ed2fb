//! Logit demand from market shares.
//!
//! `ln s_j − ln s_0` is linear in price and characteristics, so that the regression commands of this module
//! estimate it, instruments and fixed effects included. What follows from the price coefficient is here.

use crate::estimate::error::{EstimateError, Result};
use crate::estimate::grouping::Grouping;

/// `ln s_j − ln s_0`, with the outside share of each market. A share of zero or a missing one has none.
pub fn log_odds(shares: &[f64], markets: &Grouping) -> Result<Vec<f64>> {
    let known = |s: f64| if s.is_finite() { s } else { 0.0 };
    if let Some(bad) = shares.iter().find(|s| **s < 0.0 || **s >= 1.0) {
        return Err(EstimateError::new(format!("{bad} is not a market share"))
            .help("shares lie between 0 and 1; those of a market add up to less than 1"));
    }
    let inside = totals(&shares.iter().copied().map(known).collect::<Vec<_>>(), markets);
    if let Some(bad) = inside.iter().find(|s| **s >= 1.0) {
        return Err(EstimateError::new(format!("the shares of a market add up to {bad:.4}"))
            .help("count those who bought nothing: shares of the whole market add up to less than 1"));
    }
    Ok(shares.iter().zip(inside).map(|(s, inside)| s.ln() - (1.0 - inside).ln()).collect())
}

/// For each row, the sum of the values of its group.
fn totals(values: &[f64], groups: &Grouping) -> Vec<f64> {
    let mut sums = vec![0.0; groups.levels];
    let place = |code: &u32| usize::try_from(*code).unwrap_or(usize::MAX);
    for (value, code) in values.iter().zip(&groups.codes) {
        if let Some(sum) = sums.get_mut(place(code)) {
            *sum += value;
        }
    }
    groups.codes.iter().map(|code| sums.get(place(code)).copied().unwrap_or(0.0)).collect()
}

/// Own-price elasticities `α p (1 − s)`.
pub fn own_elasticities(alpha: f64, prices: &[f64], shares: &[f64]) -> Vec<f64> {
    prices.iter().zip(shares).map(|(p, s)| alpha * p * (1.0 - s)).collect()
}

/// Marginal costs, if prices are the Bertrand equilibrium of firms that own several products each.
///
/// Under logit every product of a firm carries the same markup `1 / (−α (1 − S_f))`.
pub fn bertrand_costs(
    alpha: f64,
    prices: &[f64],
    shares: &[f64],
    markets: &Grouping,
    firms: &Grouping,
) -> Result<Vec<f64>> {
    if alpha.is_nan() || alpha >= 0.0 {
        return Err(EstimateError::new(format!("a price coefficient of {alpha} is not a demand curve")));
    }
    let firm_shares = totals(shares, &markets.cross(firms));
    Ok(prices.iter().zip(firm_shares).map(|(p, s)| p + 1.0 / (alpha * (1.0 - s))).collect())
}

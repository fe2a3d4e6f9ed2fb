//! The classical decomposition, as `decompose()` of R does it: ratio to the centred moving average.
#![expect(clippy::indexing_slicing, reason = "windows lie within the series, phases below the period")]

use super::normalised;
use crate::estimate::error::{EstimateError, Result};

/// A series taken apart. The trend is unknown for half a period at both ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Classical {
    /// One index a phase, averaging one; the first belongs to the first observation.
    pub indices: Vec<f64>,
    pub trend: Vec<Option<f64>>,
}

/// Multiplicative indices. The series needs two whole periods of positive values.
pub fn multiplicative(y: &[f64], period: usize) -> Result<Classical> {
    if period < 2 || y.len() < 2 * period {
        let message = format!("{} observations do not hold two periods of {period}", y.len());
        return Err(EstimateError::new(message).help("pool the items of a category"));
    }
    if let Some(bad) = y.iter().find(|v| !v.is_finite() || **v <= 0.0) {
        return Err(EstimateError::new(format!(
            "a multiplicative season needs positive values, found {bad}"
        ))
        .help("pool items, or use a coarser period"));
    }
    let half = period / 2;
    let trend: Vec<Option<f64>> = (0..y.len())
        .map(|t| {
            if t < half || t + half >= y.len() {
                return None;
            }
            let window = &y[t - half..=t + half];
            let mut sum: f64 = window.iter().sum();
            if period.is_multiple_of(2) {
                sum -= 0.5 * (window[0] + window[window.len() - 1]);
            }
            Some(sum / period as f64)
        })
        .collect();
    let (mut sums, mut counts) = (vec![0.0; period], vec![0.0; period]);
    for (t, trend) in trend.iter().enumerate() {
        if let Some(trend) = trend {
            sums[t % period] += y[t] / trend;
            counts[t % period] += 1.0;
        }
    }
    let means: Vec<f64> = sums.iter().zip(&counts).map(|(s, c)| if *c > 0.0 { s / c } else { 1.0 }).collect();
    Ok(Classical { indices: normalised(&means), trend })
}

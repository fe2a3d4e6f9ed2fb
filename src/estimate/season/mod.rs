//! Seasonality: how sales move with the calendar when nothing else does.

pub mod classical;
pub mod fourier;
pub mod holiday;
mod loess;
pub mod stl;
pub mod study;

/// Indices of a group with `n` cycles of history, drawn towards none: `index^(n / (n + k))`.
///
/// With `k` cycles of history an index keeps half of its logarithm.
pub fn shrink_indices(indices: &[f64], n: f64, k: f64) -> Vec<f64> {
    let share = if n + k > 0.0 { (n / (n + k)).clamp(0.0, 1.0) } else { 0.0 };
    normalised(&indices.iter().map(|i| i.powf(share)).collect::<Vec<_>>())
}

/// Indices that average one.
pub fn normalised(indices: &[f64]) -> Vec<f64> {
    let mean = indices.iter().sum::<f64>() / indices.len().max(1) as f64;
    match mean > 0.0 {
        true => indices.iter().map(|i| i / mean).collect(),
        false => vec![1.0; indices.len()],
    }
}

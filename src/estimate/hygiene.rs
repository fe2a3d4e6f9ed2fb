//! What to know about a group before its elasticity is believed.

use super::design::{Design, Dropped};
use super::fit::Flag;
use super::spec::{Family, Spec};

/// Below these, a flag is raised.
const PERIODS_MIN: usize = 20;
const PRICE_SPREAD_MIN: f64 = 0.02;
const PRICES_MIN: usize = 3;
/// Above this share of rows lost to zeros, least squares on logarithms misleads.
const ZEROS_MAX: f64 = 0.05;

/// Looks at the response, at the regressors that read a price, and at what was dropped.
pub fn inspect(spec: &Spec, design: &Design) -> Vec<Flag> {
    let columns = design.endogenous.iter().chain(&design.exogenous).map(|x| (&*x.name, x.values.as_slice()));
    inspect_columns(spec, design.n(), columns, &design.dropped)
}

/// The same for columns that are not a design of their own.
pub fn inspect_columns<'a>(
    spec: &Spec,
    n: usize,
    columns: impl Iterator<Item = (&'a str, &'a [f64])>,
    dropped: &[Dropped],
) -> Vec<Flag> {
    let mut flags = Vec::new();
    if n < PERIODS_MIN {
        flags.push(Flag::new("FEW_ROWS", format!("{n} rows are few")));
    }
    for (name, values) in columns.filter(|(name, _)| is_price(name)) {
        let spread = spread(values);
        if spread > 0.0 && spread < PRICE_SPREAD_MIN {
            flags.push(Flag::new("LITTLE_PRICE_VARIATION", format!("`{name}` varies by {spread:.4} only")));
        }
        let prices = distinct_up_to(values, PRICES_MIN);
        if (2..PRICES_MIN).contains(&prices) {
            flags.push(Flag::new("FEW_PRICES", format!("`{name}` takes {prices} values")));
        }
    }
    let zeros: usize = dropped.iter().filter(|d| d.reason.contains("logarithm")).map(|d| d.count).sum();
    if spec.family == Family::Gaussian && zeros as f64 > ZEROS_MAX * (n + zeros) as f64 {
        let text = format!("{zeros} of {} rows have no logarithm; --family poisson keeps them", n + zeros);
        flags.push(Flag::new("ZEROS", text));
    }
    flags
}

/// The main effect of the logarithm of a price.
pub fn is_price(name: &str) -> bool {
    name.starts_with("log(") && !name.contains(':')
}

fn spread(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}

fn distinct_up_to(values: &[f64], limit: usize) -> usize {
    let mut seen: Vec<f64> = Vec::with_capacity(limit);
    for value in values {
        if !seen.iter().any(|s| (s - value).abs() < 1e-9) {
            seen.push(*value);
            if seen.len() == limit {
                break;
            }
        }
    }
    seen.len()
}

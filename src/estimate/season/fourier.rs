//! A season as a few waves on a trend.

use crate::estimate::error::{EstimateError, Result};
use crate::estimate::least_squares::solve;

/// The weeks of a year, on average.
pub const WEEKS: f64 = 365.25 / 7.0;

/// Waves fitted by least squares: `constant + slope t + Σ sin_k sin(2πkt/period) + cos_k cos(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fourier {
    pub period: f64,
    pub constant: f64,
    pub slope: f64,
    pub slope_se: f64,
    /// Sine and cosine of each harmonic.
    pub waves: Vec<(f64, f64)>,
    pub sigma: f64,
    pub r2: f64,
}

/// Fits `harmonics` waves to values at times `t`.
pub fn fourier(t: &[f64], y: &[f64], period: f64, harmonics: usize) -> Result<Fourier> {
    let n = y.len();
    let mut columns = vec![vec![1.0; n], t.to_vec()];
    for k in 1..=harmonics {
        let angle = |t: &f64| std::f64::consts::TAU * k as f64 * t / period;
        columns.push(t.iter().map(|t| angle(t).sin()).collect());
        columns.push(t.iter().map(|t| angle(t).cos()).collect());
    }
    let p = columns.len();
    let solved = solve(columns, y, &vec![0.0; p]);
    if solved.qr.kept.len() < p || n <= p {
        return Err(EstimateError::new(format!(
            "{n} observations cannot tell {harmonics} waves of period {period}"
        ))
        .help("ask for fewer waves, or more history"));
    }
    let beta = |i: usize| solved.beta.get(i).copied().unwrap_or(0.0);
    let rss = solved.rss();
    let sigma2 = rss / (n - p) as f64;
    let total = crate::estimate::fit::centered(y, None);
    Ok(Fourier {
        period,
        constant: beta(0),
        slope: beta(1),
        slope_se: (sigma2 * solved.bread().at(1, 1)).sqrt(),
        waves: (0..harmonics).map(|k| (beta(2 + 2 * k), beta(3 + 2 * k))).collect(),
        sigma: sigma2.sqrt(),
        r2: if total > 0.0 { 1.0 - rss / total } else { 0.0 },
    })
}

impl Fourier {
    /// The season alone at a time, without constant and trend.
    pub fn at(&self, t: f64) -> f64 {
        let angle = |k: usize| std::f64::consts::TAU * (k + 1) as f64 * t / self.period;
        self.waves.iter().enumerate().map(|(k, (s, c))| s * angle(k).sin() + c * angle(k).cos()).sum()
    }
}

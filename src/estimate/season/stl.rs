//! STL (Cleveland, Cleveland, McRae and Terpenning 1990), with the defaults of `stl()` in R.
#![expect(clippy::indexing_slicing, reason = "sub-series and moving averages have the lengths computed here")]

use super::loess::Loess;
use crate::estimate::error::{EstimateError, Result};

/// A series taken apart; the parts add up to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stl {
    pub seasonal: Vec<f64>,
    pub trend: Vec<f64>,
    pub remainder: Vec<f64>,
}

/// How fast the season may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeasonWindow {
    Periodic,
    Cycles(usize),
}

struct Setup {
    period: usize,
    seasonal: Loess,
    trend: Loess,
    low: Loess,
    inner: usize,
    outer: usize,
}

/// Decomposes a series; give logarithms for a season that multiplies.
pub fn stl(y: &[f64], period: usize, window: SeasonWindow, robust: bool) -> Result<Stl> {
    let n = y.len();
    if period < 2 || n <= 2 * period {
        let message = format!("{n} observations do not hold two periods of {period}");
        return Err(EstimateError::new(message).help("pool the items of a category"));
    }
    if y.iter().any(|v| !v.is_finite()) {
        return Err(EstimateError::new("the series has gaps")
            .help("fill them, or drop zeros before taking logarithms"));
    }
    let loess = |window: usize, degree| Loess { window, degree, jump: window.div_ceil(10) };
    let seasonal = match window {
        SeasonWindow::Periodic => loess(10 * n + 1, 0),
        SeasonWindow::Cycles(cycles) => Loess { window: odd(cycles.max(3)), ..loess(cycles.max(3), 0) },
    };
    let span = match window {
        SeasonWindow::Periodic => 10 * n + 1,
        SeasonWindow::Cycles(cycles) => cycles.max(3),
    };
    let trend = odd((1.5 * period as f64 / (1.0 - 1.5 / span as f64)).ceil() as usize);
    let setup = Setup {
        period,
        seasonal,
        trend: loess(trend, 1),
        low: loess(odd(period), 1),
        inner: if robust { 1 } else { 2 },
        outer: if robust { 15 } else { 0 },
    };
    let mut out = setup.run(y);
    if window == SeasonWindow::Periodic {
        let mut means = vec![(0.0, 0.0); period];
        for (t, s) in out.seasonal.iter().enumerate() {
            means[t % period].0 += s;
            means[t % period].1 += 1.0;
        }
        out.seasonal = (0..n).map(|t| means[t % period].0 / means[t % period].1).collect();
    }
    out.remainder = (0..n).map(|t| y[t] - out.seasonal[t] - out.trend[t]).collect();
    Ok(out)
}

fn odd(n: usize) -> usize {
    n + usize::from(n.is_multiple_of(2))
}

impl Setup {
    fn run(&self, y: &[f64]) -> Stl {
        let n = y.len();
        let mut trend = vec![0.0; n];
        let mut seasonal = vec![0.0; n];
        let mut weights: Option<Vec<f64>> = None;
        for round in 0..=self.outer {
            for _ in 0..self.inner {
                let detrended: Vec<f64> = y.iter().zip(&trend).map(|(a, b)| a - b).collect();
                let cycles = self.cycles(&detrended, weights.as_deref());
                let averaged = average(&average(&average(&cycles, self.period), self.period), 3);
                let low = self.low.smooth(&averaged, None);
                seasonal = (0..n).map(|t| cycles[self.period + t] - low[t]).collect();
                let adjusted: Vec<f64> = y.iter().zip(&seasonal).map(|(a, b)| a - b).collect();
                trend = self.trend.smooth(&adjusted, weights.as_deref());
            }
            if round < self.outer {
                weights = Some(robustness(y, &trend, &seasonal));
            }
        }
        Stl { seasonal, trend, remainder: Vec::new() }
    }

    /// Smooths each phase over the cycles, and carries it one cycle beyond both ends.
    fn cycles(&self, y: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let (n, period) = (y.len(), self.period);
        let mut out = vec![0.0; n + 2 * period];
        for phase in 0..period {
            let own: Vec<f64> = y.iter().skip(phase).step_by(period).copied().collect();
            let k = own.len();
            let robust: Option<Vec<f64>> =
                weights.map(|w| w.iter().skip(phase).step_by(period).copied().collect());
            let robust = robust.as_deref();
            let smooth = self.seasonal.smooth(&own, robust);
            let window = self.seasonal.window;
            let before = self.seasonal.at(&own, 0.0, 1, window.min(k), robust).unwrap_or(smooth[0]);
            let left = (k + 1).saturating_sub(window).max(1);
            let after = self.seasonal.at(&own, (k + 1) as f64, left, k, robust).unwrap_or(smooth[k - 1]);
            let all = std::iter::once(before).chain(smooth).chain([after]);
            all.enumerate().for_each(|(m, value)| out[m * period + phase] = value);
        }
        out
    }
}

fn average(y: &[f64], length: usize) -> Vec<f64> {
    y.windows(length).map(|w| w.iter().sum::<f64>() / length as f64).collect()
}

/// Bisquare weights: what lies far from the fit counts little.
fn robustness(y: &[f64], trend: &[f64], seasonal: &[f64]) -> Vec<f64> {
    let gaps: Vec<f64> = (0..y.len()).map(|t| (y[t] - trend[t] - seasonal[t]).abs()).collect();
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let scale = 3.0 * (sorted[n / 2] + sorted[n - n / 2 - 1]);
    let weight = |r: f64| {
        if r <= 0.001 * scale {
            1.0
        } else if r <= 0.999 * scale {
            (1.0 - (r / scale).powi(2)).powi(2)
        } else {
            0.0
        }
    };
    gaps.into_iter().map(weight).collect()
}

//! Local regression on equally spaced points, as in the STL of Cleveland et al. (1990).
#![expect(clippy::indexing_slicing, reason = "window bounds are kept within the series, as in the original")]

/// How one smoother works: window, degree of the local line, and the points skipped between fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loess {
    pub window: usize,
    pub degree: u8,
    pub jump: usize,
}

impl Loess {
    /// The value at `x` (points count from one) from the points `left..=right`.
    pub fn at(&self, y: &[f64], x: f64, left: usize, right: usize, robust: Option<&[f64]>) -> Option<f64> {
        let n = y.len();
        let mut reach = (x - left as f64).max(right as f64 - x);
        if self.window > n {
            reach += ((self.window - n) / 2) as f64;
        }
        let mut weights = Vec::with_capacity(right + 1 - left);
        for j in left..=right {
            let distance = (j as f64 - x).abs();
            let mut weight = 0.0;
            if distance <= 0.999 * reach {
                weight =
                    if distance <= 0.001 * reach { 1.0 } else { (1.0 - (distance / reach).powi(3)).powi(3) };
                if let Some(robust) = robust {
                    weight *= robust[j - 1];
                }
            }
            weights.push(weight);
        }
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        weights.iter_mut().for_each(|w| *w /= total);
        if reach > 0.0 && self.degree > 0 {
            let point = |i: usize| (left + i) as f64;
            let mean: f64 = weights.iter().enumerate().map(|(i, w)| w * point(i)).sum();
            let spread: f64 = weights.iter().enumerate().map(|(i, w)| w * (point(i) - mean).powi(2)).sum();
            if spread.sqrt() > 0.001 * (n as f64 - 1.0) {
                let slope = (x - mean) / spread;
                for (i, w) in weights.iter_mut().enumerate() {
                    *w *= slope * (point(i) - mean) + 1.0;
                }
            }
        }
        Some(weights.iter().zip(&y[left - 1..right]).map(|(w, v)| w * v).sum())
    }

    /// The whole series, fitted at every `jump`-th point and drawn straight between.
    pub fn smooth(&self, y: &[f64], robust: Option<&[f64]>) -> Vec<f64> {
        let n = y.len();
        if n < 2 {
            return y.to_vec();
        }
        let jump = self.jump.clamp(1, n - 1);
        let fit = |i: usize| {
            let (left, right) = self.bounds(i, n);
            self.at(y, i as f64, left, right, robust).unwrap_or(y[i - 1])
        };
        let mut out = vec![0.0; n];
        let mut knots: Vec<usize> = (1..=n).step_by(jump).collect();
        if knots.last() != Some(&n) {
            knots.push(n);
        }
        knots.iter().for_each(|i| out[i - 1] = fit(*i));
        for pair in knots.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let slope = (out[b - 1] - out[a - 1]) / (b - a) as f64;
            for j in a + 1..b {
                out[j - 1] = out[a - 1] + slope * (j - a) as f64;
            }
        }
        out
    }

    fn bounds(&self, i: usize, n: usize) -> (usize, usize) {
        let window = self.window;
        if window >= n {
            return (1, n);
        }
        let half = window.div_ceil(2);
        if i < half {
            (1, window)
        } else if i > n - half {
            (n - window + 1, n)
        } else {
            (i - half + 1, window + i - half)
        }
    }
}

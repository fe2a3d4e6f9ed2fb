//! Standard errors, in the conventions of fixest.
//!
//! * iid: `s² (X'X)^-1`, `s² = RSS / (N − k)`, with `k` all slopes and all absorbed effects.
//! * hetero (HC1): times `N / (N − k)`, the same `k`.
//! * cluster (CRV1): times `G/(G−1) · (N−1)/(N−k)`, with `k` the slopes and the levels of those effects that
//!   are *not* nested in a cluster (one, for the constant, where all are).
//! * two-way: `V1 + V2 − V12`, each with the smaller `G`. A variance that comes out negative gives way to the larger
//!   one-way one.
//! * iid errors of a count: `(N−1)/(N−k) (X'WX)^-1`.
//! * HAC: Bartlett weights `1 − l/(L+1)`, no small-sample factor, as in statsmodels and linearmodels.
#![expect(
    clippy::indexing_slicing,
    reason = "codes are below `levels`, rows below the length of every column"
)]

use super::dense::Matrix;
use super::design::Design;
use super::error::{EstimateError, Result};
use super::grouping::{Grouping, absorbed_rank};
use super::least_squares::Solved;
use super::order::sequences;
use super::spec::Vcov;

/// The covariance of the coefficients, and what goes with it.
#[derive(Clone, Debug)]
pub struct Covariance {
    pub matrix: Matrix,
    /// Degrees of freedom of the t distribution.
    pub freedom: f64,
    pub convention: String,
    /// The smaller number of clusters, where there are clusters.
    pub clusters: Option<usize>,
    /// A variance of the two-way formula came out negative and was replaced by the larger one-way one.
    pub repaired: bool,
}

/// What the formulas need besides the design.
#[derive(Clone, Debug)]
pub struct Fitted<'a> {
    /// Orthonormal columns of the kept regressors, weights in.
    pub basis: &'a [&'a [f64]],
    pub residuals: &'a [f64],
    pub r_inverse: &'a Matrix,
    /// Slopes and all absorbed effects.
    pub k_full: usize,
    /// `s²` for iid errors.
    pub sigma2: f64,
}

impl<'a> Fitted<'a> {
    /// Of a regression solved; `basis` is its own.
    pub(super) fn of(solved: &'a Solved, basis: &'a [&'a [f64]], k_full: usize, sigma2: f64) -> Self {
        Self { basis, residuals: &solved.residuals, r_inverse: &solved.qr.r_inverse, k_full, sigma2 }
    }
}

/// The covariance of the coefficients.
pub fn covariance(kind: &Vcov, fitted: &Fitted<'_>, design: &Design) -> Result<Covariance> {
    let n = design.n() as f64;
    let k = fitted.k_full as f64;
    let freedom = n - k;
    let text = convention(kind, design.n(), fitted.k_full);
    let sandwich = |meat: &Matrix| fitted.r_inverse.times(meat).times(&fitted.r_inverse.transposed());
    let plain = |meat: Matrix, convention: String| Covariance {
        matrix: sandwich(&meat),
        freedom,
        convention,
        clusters: None,
        repaired: false,
    };
    Ok(match kind {
        Vcov::Iid => {
            let mut identity = Matrix::zeros(fitted.basis.len(), fitted.basis.len());
            (0..fitted.basis.len()).for_each(|i| *identity.at_mut(i, i) = fitted.sigma2);
            plain(identity, text)
        }
        Vcov::HeteroRaw => plain(hetero(fitted), text),
        Vcov::Hetero => plain(hetero(fitted).scaled(n / (n - k)), text),
        Vcov::Cluster(_) => clustered(fitted, design)?,
        Vcov::Hac { lags, .. } => plain(hac(fitted, design, *lags), text),
    })
}

/// How errors that need no clusters are reckoned.
pub fn convention(kind: &Vcov, n: usize, k: usize) -> String {
    match kind {
        Vcov::Iid => format!("iid, N-k = {}", n as i64 - k as i64),
        Vcov::HeteroRaw => "HC0".to_owned(),
        Vcov::Hetero => format!("HC1, N/(N-k) with k = {k}"),
        Vcov::Hac { lags, .. } => format!("HAC, Bartlett, {lags} lags, no small-sample factor"),
        Vcov::Cluster(_) => "CRV1".to_owned(),
    }
}

/// The `k` of CRV1: slopes, and the effects that no cluster contains; where clusters contain them all, one
/// for the constant.
pub fn k_clustered(slopes: usize, effects: &[Grouping], clusters: &[Grouping]) -> usize {
    let free: Vec<&Grouping> = effects.iter().filter(|e| !clusters.iter().any(|c| e.nested_in(c))).collect();
    let levels: usize = free.iter().map(|e| e.levels).sum();
    let constant = usize::from(!effects.is_empty());
    slopes + (levels - free.len().saturating_sub(1)).max(constant)
}

fn clustered(fitted: &Fitted<'_>, design: &Design) -> Result<Covariance> {
    let n = design.n() as f64;
    let k = k_clustered(fitted.basis.len(), &design.effects, &design.clusters);
    let g = design.clusters.iter().map(|c| c.levels).min().unwrap_or(0);
    if g < 2 {
        return Err(EstimateError::new(format!("clustered errors need at least two clusters, there is {g}"))
            .help("use --vcov hetero"));
    }
    let factor = g as f64 / (g as f64 - 1.0) * (n - 1.0) / (n - k as f64);
    let variance =
        |meat: Matrix| fitted.r_inverse.times(&meat).times(&fitted.r_inverse.transposed()).scaled(factor);
    let mut repaired = false;
    let matrix = match design.clusters.as_slice() {
        [first, second] => {
            let (a, b) = (variance(sums(fitted, first)), variance(sums(fitted, second)));
            let both = variance(sums(fitted, &first.cross(second)));
            let mut matrix = a.clone().plus(&b, 1.0).plus(&both, -1.0);
            for i in 0..matrix.rows {
                let larger = a.at(i, i).max(b.at(i, i));
                // Rounding alone may leave a crumb of a variance that is zero.
                if matrix.at(i, i) <= 1e-12 * larger {
                    repaired = true;
                    *matrix.at_mut(i, i) = larger;
                }
            }
            matrix
        }
        [one, ..] => variance(sums(fitted, one)),
        [] => return Err(EstimateError::new("no cluster is named").help("write --vcov cluster:store")),
    };
    Ok(Covariance {
        matrix,
        freedom: g as f64 - 1.0,
        convention: format!("CRV1, G/(G-1) * (N-1)/(N-k) with G = {g}, k = {k}"),
        clusters: Some(g),
        repaired,
    })
}

fn hetero(fitted: &Fitted<'_>) -> Matrix {
    let p = fitted.basis.len();
    let mut meat = Matrix::zeros(p, p);
    for i in 0..p {
        for j in 0..=i {
            let columns = fitted.basis[i].iter().zip(fitted.basis[j]).zip(fitted.residuals);
            *meat.at_mut(i, j) = columns.map(|((a, b), u)| a * b * u * u).sum();
        }
    }
    mirrored(meat)
}

fn mirrored(mut m: Matrix) -> Matrix {
    for i in 0..m.rows {
        for j in 0..i {
            *m.at_mut(j, i) = m.at(i, j);
        }
    }
    m
}

/// The sum over clusters of the outer product of the summed scores.
pub fn sums(fitted: &Fitted<'_>, clusters: &Grouping) -> Matrix {
    let p = fitted.basis.len();
    let mut scores = vec![0.0; clusters.levels * p];
    for (i, column) in fitted.basis.iter().enumerate() {
        for ((value, u), code) in column.iter().zip(fitted.residuals).zip(&clusters.codes) {
            scores[*code as usize * p + i] += value * u;
        }
    }
    let mut meat = Matrix::zeros(p, p);
    for score in scores.chunks_exact(p.max(1)) {
        for i in 0..p {
            for j in 0..p {
                *meat.at_mut(i, j) += score[i] * score[j];
            }
        }
    }
    meat
}

fn hac(fitted: &Fitted<'_>, design: &Design, lags: usize) -> Matrix {
    let p = fitted.basis.len();
    let mut meat = Matrix::zeros(p, p);
    for rows in sequences(design.n(), design.panel.as_ref(), design.time.as_deref()) {
        for lag in 0..=lags.min(rows.len().saturating_sub(1)) {
            let weight = 1.0 - lag as f64 / (lags as f64 + 1.0);
            for i in 0..p {
                for j in 0..p {
                    let (a, b) = (fitted.basis[i], fitted.basis[j]);
                    let pairs = rows.iter().zip(&rows[lag..]);
                    let sum: f64 =
                        pairs.map(|(s, t)| a[*t] * fitted.residuals[*t] * b[*s] * fitted.residuals[*s]).sum();
                    *meat.at_mut(i, j) += weight * sum;
                    if lag > 0 {
                        *meat.at_mut(j, i) += weight * sum;
                    }
                }
            }
        }
    }
    meat
}

/// The variance of the scores as the robust test of overidentification weighs them, no factors.
pub fn score_variance(kind: &Vcov, fitted: &Fitted<'_>, design: &Design) -> Matrix {
    match (kind, design.clusters.as_slice()) {
        (Vcov::Cluster(_), [one]) => sums(fitted, one),
        (Vcov::Hac { lags, .. }, _) => hac(fitted, design, *lags),
        _ => hetero(fitted),
    }
}

/// The parameters of a fit with these effects and slopes.
pub fn k_full(slopes: usize, effects: &[Grouping]) -> usize {
    slopes + absorbed_rank(effects)
}

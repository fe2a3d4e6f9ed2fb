//! Many small regressions without fixed effects, one a group: the same numbers as the full path, without its allocations.
//!
//! Columns are centered on each group's means, so that the normal equations lose no more digits than their columns are
//! collinear; a group where that is more than a few is left to the full path, which judges it by QR.
#![expect(
    clippy::indexing_slicing,
    reason = "every buffer is made for `width` columns of `rows` entries, and spans lie within the columns"
)]

use super::dense::{Matrix, dot, take_off};
use super::inference::Judge;
use super::spec::Vcov;

/// A pivot below this share of its column goes to the full path.
const PIVOT_MIN: f64 = 1e-7;
/// So does a residual sum of squares below this share of the whole: an exact fit is judged there.
const EXACT: f64 = 1e-20;

/// The regression of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct LeanFit {
    /// The intercept first, where there is one.
    pub beta: Vec<f64>,
    pub covariance: Matrix,
    pub rss: f64,
    /// About the mean.
    pub total: f64,
}

/// What all groups share: whether there is an intercept, and how errors are judged.
#[derive(Clone, Debug)]
pub struct LeanPlan {
    pub intercept: bool,
    pub vcov: Vcov,
}

impl LeanPlan {
    /// Whether these errors are known here.
    pub fn knows(vcov: &Vcov) -> bool {
        matches!(vcov, Vcov::Iid | Vcov::Hetero | Vcov::HeteroRaw)
    }
}

/// Buffers that live as long as a thread works.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    columns: Vec<Vec<f64>>,
    scores: Vec<Vec<f64>>,
    y: Vec<f64>,
    means: Vec<f64>,
}

/// Regresses `y` on the columns in one span; nothing where the full path should judge.
pub fn fit_span(plan: &LeanPlan, y: &[f64], columns: &[&[f64]], scratch: &mut Scratch) -> Option<LeanFit> {
    let (n, p) = (y.len(), columns.len());
    let shift = usize::from(plan.intercept);
    let k = p + shift;
    if n <= k {
        return None;
    }
    scratch.columns.resize_with(p, Vec::new);
    scratch.means.clear();
    let mean = |column: &[f64]| if plan.intercept { sum(column) / n as f64 } else { 0.0 };
    for (own, column) in scratch.columns.iter_mut().zip(columns) {
        let m = mean(column);
        scratch.means.push(m);
        own.clear();
        own.extend(column.iter().map(|v| v - m));
    }
    let y_mean = mean(y);
    scratch.y.clear();
    scratch.y.extend(y.iter().map(|v| v - y_mean));
    let mut gram = Matrix::zeros(p, p);
    let mut cross = vec![0.0; p];
    for (i, cross) in cross.iter_mut().enumerate() {
        for j in 0..=i {
            *gram.at_mut(i, j) = dot(&scratch.columns[i], &scratch.columns[j]);
        }
        *cross = dot(&scratch.columns[i], &scratch.y);
        // What rounding leaves of a constant is no variation.
        let noise = 1e-12 * scratch.means[i] * scratch.means[i] * n as f64;
        if gram.at(i, i) <= noise {
            return None;
        }
    }
    let y_square = dot(&scratch.y, &scratch.y);
    let inverse = invert(gram)?;
    let slopes: Vec<f64> = (0..p).map(|i| (0..p).map(|j| inverse.at(i, j) * cross[j]).sum()).collect();
    for (column, slope) in scratch.columns.iter().zip(&slopes) {
        take_off(&mut scratch.y, column, *slope);
    }
    let rss = dot(&scratch.y, &scratch.y);
    let total = if plan.intercept { y_square } else { centered(y) };
    if rss.is_nan() || rss <= EXACT * total || total <= 0.0 {
        return None;
    }
    let mut beta = Vec::with_capacity(k);
    if plan.intercept {
        beta.push(y_mean - slopes.iter().zip(&scratch.means).map(|(b, m)| b * m).sum::<f64>());
    }
    beta.extend(&slopes);
    let freedom = (n - k) as f64;
    let covariance = match &plan.vcov {
        Vcov::Iid => plain(&inverse, &scratch.means, n, plan.intercept).scaled(rss / freedom),
        other => {
            let factor = if matches!(other, Vcov::Hetero) { n as f64 / freedom } else { 1.0 };
            robust(&inverse, scratch, n, plan.intercept).scaled(factor)
        }
    };
    Some(LeanFit { beta, covariance, rss, total })
}

fn sum(values: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    let rest: f64 = rest.iter().sum();
    for chunk in chunks {
        for k in 0..8 {
            sums[k] += chunk[k];
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

fn centered(values: &[f64]) -> f64 {
    let mean = sum(values) / values.len() as f64;
    values.iter().map(|v| (v - mean) * (v - mean)).sum()
}

/// The inverse of a matrix of which the lower half is given; nothing where a pivot is small.
fn invert(mut l: Matrix) -> Option<Matrix> {
    let n = l.rows;
    for j in 0..n {
        let whole = l.at(j, j);
        for i in j..n {
            let mut value = l.at(i, j);
            for k in 0..j {
                value -= l.at(i, k) * l.at(j, k);
            }
            if i > j {
                *l.at_mut(i, j) = value / l.at(j, j);
            } else if value.is_nan() || value <= PIVOT_MIN * whole {
                return None;
            } else {
                *l.at_mut(j, j) = value.sqrt();
            }
        }
    }
    // The inverse of the triangle, then its square.
    let mut half = Matrix::zeros(n, n);
    for j in 0..n {
        *half.at_mut(j, j) = 1.0 / l.at(j, j);
        for i in j + 1..n {
            let value: f64 = (j..i).map(|k| l.at(i, k) * half.at(k, j)).sum();
            *half.at_mut(i, j) = -value / l.at(i, i);
        }
    }
    let mut out = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..n {
            *out.at_mut(i, j) = (i.max(j)..n).map(|k| half.at(k, i) * half.at(k, j)).sum();
        }
    }
    Some(out)
}

/// `(X'X)^-1` with the intercept back in.
fn plain(inverse: &Matrix, means: &[f64], n: usize, intercept: bool) -> Matrix {
    if !intercept {
        return inverse.clone();
    }
    let p = inverse.rows;
    let mut out = Matrix::zeros(p + 1, p + 1);
    let mut corner = 1.0 / n as f64;
    for i in 0..p {
        let edge: f64 = (0..p).map(|j| inverse.at(i, j) * means[j]).sum();
        corner += edge * means[i];
        *out.at_mut(0, i + 1) = -edge;
        *out.at_mut(i + 1, 0) = -edge;
        for j in 0..p {
            *out.at_mut(i + 1, j + 1) = inverse.at(i, j);
        }
    }
    *out.at_mut(0, 0) = corner;
    out
}

/// The sandwich: each row's pull on each coefficient, times its residual, squared and summed.
fn robust(inverse: &Matrix, scratch: &mut Scratch, n: usize, intercept: bool) -> Matrix {
    let p = inverse.rows;
    let shift = usize::from(intercept);
    let Scratch { columns, scores, y, means } = scratch;
    scores.resize_with(p + shift, Vec::new);
    for i in 0..p {
        let own = &mut scores[i + shift];
        own.clear();
        own.resize(n, 0.0);
        for (j, column) in columns.iter().enumerate().take(p) {
            take_off(own, column, -inverse.at(i, j));
        }
    }
    if intercept {
        let mut own = std::mem::take(&mut scores[0]);
        own.clear();
        own.resize(n, 1.0 / n as f64);
        for i in 0..p {
            take_off(&mut own, &scores[i + 1], means[i]);
        }
        scores[0] = own;
    }
    for own in scores.iter_mut().take(p + shift) {
        own.iter_mut().zip(y.iter()).for_each(|(v, u)| *v *= u);
    }
    let mut out = Matrix::zeros(p + shift, p + shift);
    for i in 0..p + shift {
        for j in 0..=i {
            let value = dot(&scores[i], &scores[j]);
            *out.at_mut(i, j) = value;
            *out.at_mut(j, i) = value;
        }
    }
    out
}

/// The judge of a group, kept from one group to the next: most have the same number of rows.
#[derive(Clone, Debug)]
pub struct Judges {
    level: f64,
    last: Option<(usize, Judge)>,
}

impl Judges {
    pub fn new(level: f64) -> Self {
        Self { level, last: None }
    }

    pub fn of(&mut self, freedom: usize) -> Judge {
        match &self.last {
            Some((known, judge)) if *known == freedom => *judge,
            _ => {
                let judge = Judge::new(freedom as f64, self.level);
                self.last = Some((freedom, judge));
                judge
            }
        }
    }
}

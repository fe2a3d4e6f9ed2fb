//! Least squares on columns that are ready: effects absorbed, weights multiplied in.
#![expect(clippy::indexing_slicing, reason = "`kept` holds indices of `columns`, all of one length")]

use super::dense::{Matrix, Orthogonal, dot, orthogonalise, take_off};

/// A regression solved.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The orthonormal columns, at the places in `qr.kept`.
    pub q: Vec<Vec<f64>>,
    pub qr: Orthogonal,
    /// One a kept column.
    pub beta: Vec<f64>,
    pub residuals: Vec<f64>,
}

impl Solved {
    pub fn basis(&self) -> Vec<&[f64]> {
        self.qr.kept.iter().map(|j| self.q[*j].as_slice()).collect()
    }

    pub fn rss(&self) -> f64 {
        dot(&self.residuals, &self.residuals)
    }

    /// `(X'X)^-1`.
    pub fn bread(&self) -> Matrix {
        self.qr.r_inverse.times(&self.qr.r_inverse.transposed())
    }
}

/// Regresses `y` on the columns.
pub fn solve(columns: Vec<Vec<f64>>, y: &[f64], floors: &[f64]) -> Solved {
    let mut q = columns;
    let qr = orthogonalise(&mut q, floors);
    let mut residuals = y.to_vec();
    let mut projections = vec![0.0; qr.kept.len()];
    // Twice, so that the residuals are orthogonal to the last digit.
    for _ in 0..2 {
        for (k, j) in qr.kept.iter().enumerate() {
            let part = dot(&q[*j], &residuals);
            take_off(&mut residuals, &q[*j], part);
            projections[k] += part;
        }
    }
    let beta = back(&qr.r_inverse, &projections);
    Solved { q, qr, beta, residuals }
}

/// `R^-1 c`.
pub fn back(r_inverse: &Matrix, c: &[f64]) -> Vec<f64> {
    (0..r_inverse.rows).map(|i| (i..r_inverse.cols).map(|j| r_inverse.at(i, j) * c[j]).sum()).collect()
}

//! Linear algebra for a handful of regressors: small matrices, and the QR of long columns.
#![expect(
    clippy::indexing_slicing,
    reason = "indices run below `rows`, `cols` or the common length of the columns"
)]

/// A small matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub cols: usize,
    pub data: Vec<f64>,
}

impl Matrix {
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![0.0; rows * cols] }
    }

    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.cols + j]
    }

    pub fn at_mut(&mut self, i: usize, j: usize) -> &mut f64 {
        &mut self.data[i * self.cols + j]
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut out = Self::zeros(self.rows, other.cols);
        for i in 0..self.rows {
            for k in 0..self.cols {
                let a = self.at(i, k);
                for j in 0..other.cols {
                    *out.at_mut(i, j) += a * other.at(k, j);
                }
            }
        }
        out
    }

    pub fn transposed(&self) -> Self {
        let mut out = Self::zeros(self.cols, self.rows);
        for i in 0..self.rows {
            for j in 0..self.cols {
                *out.at_mut(j, i) = self.at(i, j);
            }
        }
        out
    }

    pub fn scaled(mut self, factor: f64) -> Self {
        self.data.iter_mut().for_each(|v| *v *= factor);
        self
    }

    pub fn plus(mut self, other: &Self, factor: f64) -> Self {
        self.data.iter_mut().zip(&other.data).for_each(|(a, b)| *a += factor * b);
        self
    }

    /// The inverse of a symmetric positive definite matrix, if it is one.
    pub fn inverse_spd(&self) -> Option<Self> {
        let n = self.rows;
        let mut l = Self::zeros(n, n);
        for j in 0..n {
            for i in j..n {
                let sum: f64 = self.at(i, j) - (0..j).map(|k| l.at(i, k) * l.at(j, k)).sum::<f64>();
                if i == j {
                    if sum.is_nan() || sum <= 1e-14 * self.at(j, j).abs() {
                        return None;
                    }
                    *l.at_mut(j, j) = sum.sqrt();
                } else {
                    *l.at_mut(i, j) = sum / l.at(j, j);
                }
            }
        }
        let r_inverse = upper_inverse(&l.transposed());
        Some(r_inverse.times(&r_inverse.transposed()))
    }
}

/// The inverse of an upper triangular matrix whose diagonal is not zero.
pub fn upper_inverse(r: &Matrix) -> Matrix {
    let n = r.rows;
    let mut out = Matrix::zeros(n, n);
    for j in 0..n {
        *out.at_mut(j, j) = 1.0 / r.at(j, j);
        for i in (0..j).rev() {
            let sum: f64 = (i + 1..=j).map(|k| r.at(i, k) * out.at(k, j)).sum();
            *out.at_mut(i, j) = -sum / r.at(i, i);
        }
    }
    out
}

/// The product of two columns, with eight running sums so that it is both fast and accurate.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// `to -= factor * what`.
pub fn take_off(to: &mut [f64], what: &[f64], factor: f64) {
    to.iter_mut().zip(what).for_each(|(t, w)| *t -= factor * w);
}

/// A column that others explain wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundant {
    pub column: usize,
    /// The earlier columns that explain it; none when it does not vary at all.
    pub explained_by: Vec<usize>,
}

/// Columns made orthonormal in place, with the triangle that leads back.
#[derive(Clone, Debug)]
pub struct Orthogonal {
    /// Columns that remain; the orthonormal ones stand at these places.
    pub kept: Vec<usize>,
    pub redundant: Vec<Redundant>,
    /// `R^-1` of the kept columns.
    pub r_inverse: Matrix,
}

/// A column counts as explained when less than this share of its length is left.
const SHARE_MIN: f64 = 1e-9;

/// Gram–Schmidt, done twice where once would lose digits.
///
/// `lengths` are those of the columns before fixed effects were taken out, so that the crumbs left by
/// rounding are not mistaken for variation. A column with less than its entry of `floors` left is dropped.
pub fn orthogonalise(columns: &mut [Vec<f64>], floors: &[f64]) -> Orthogonal {
    let mut kept: Vec<usize> = Vec::new();
    let mut redundant = Vec::new();
    let mut lengths = Vec::new();
    let mut triangle: Vec<Vec<f64>> = Vec::new();
    for j in 0..columns.len() {
        let (done, rest) = columns.split_at_mut(j);
        let column = &mut rest[0];
        let whole = dot(column, column).sqrt();
        let floor = floors.get(j).copied().unwrap_or(0.0).max(f64::MIN_POSITIVE);
        if whole.is_nan() || whole <= floor {
            redundant.push(Redundant { column: j, explained_by: Vec::new() });
            continue;
        }
        let mut r = vec![0.0; kept.len()];
        let mut left = whole;
        for _ in 0..2 {
            for (k, q) in kept.iter().enumerate() {
                let part = dot(&done[*q], column);
                take_off(column, &done[*q], part);
                r[k] += part;
            }
            let now = dot(column, column).sqrt();
            let stable = now > 0.1 * left;
            left = now;
            if stable {
                break;
            }
        }
        if left <= (SHARE_MIN * whole).max(floor) {
            let explained_by = explainers(&triangle, &r, &lengths, whole);
            let explained_by = explained_by.into_iter().map(|k| kept[k]).collect();
            redundant.push(Redundant { column: j, explained_by });
            continue;
        }
        column.iter_mut().for_each(|v| *v /= left);
        r.push(left);
        triangle.push(r);
        lengths.push(whole);
        kept.push(j);
    }
    let n = kept.len();
    let mut upper = Matrix::zeros(n, n);
    for (j, column) in triangle.iter().enumerate() {
        for (i, value) in column.iter().enumerate() {
            *upper.at_mut(i, j) = *value;
        }
    }
    Orthogonal { kept, redundant, r_inverse: upper_inverse(&upper) }
}

/// Which of the kept columns carry weight in the combination that equals a redundant one.
fn explainers(triangle: &[Vec<f64>], r: &[f64], lengths: &[f64], whole: f64) -> Vec<usize> {
    let n = r.len();
    let mut share = r.to_vec();
    for i in (0..n).rev() {
        share[i] /= triangle[i][i];
        for k in 0..i {
            share[k] -= triangle[i][k] * share[i];
        }
    }
    (0..n).filter(|i| (share[*i] * lengths[*i]).abs() > 1e-6 * whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redundant_columns_name_what_explains_them() {
        let x: Vec<f64> = (0..50).map(|i| f64::from(i) * 0.37 % 1.0).collect();
        let y: Vec<f64> = (0..50).map(|i| f64::from(i * i) * 0.11 % 1.0).collect();
        let sum: Vec<f64> = x.iter().map(|a| 3.0 * a + 1.0).collect();
        let mut columns = vec![vec![1.0; 50], x, y, sum, vec![0.0; 50]];
        let qr = orthogonalise(&mut columns, &[0.0; 5]);
        assert_eq!(qr.kept, vec![0, 1, 2]);
        assert_eq!(qr.redundant[0], Redundant { column: 3, explained_by: vec![0, 1] });
        assert!(qr.redundant[1].explained_by.is_empty());
    }
}

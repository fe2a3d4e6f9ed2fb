//! Takes fixed effects out of columns.
//!
//! The effect with most levels is projected out exactly. What the other effects then still explain is
//! solved for by conjugate gradients, which is alternating projection with the best acceleration there
//! is: each step costs the same as one sweep. Four columns travel together, so that each code is read
//! once for four of them.
#![expect(
    clippy::indexing_slicing,
    reason = "codes are below `levels`, rows below `order.len()`, by construction"
)]

use super::error::{EstimateError, Result};
use super::grouping::Grouping;
use rayon::prelude::*;

/// Columns that are worked on together.
const LANES: usize = 4;
type Lane = [f64; LANES];

/// The largest change that one more sweep could make, relative to the spread of the column.
const TOLERANCE: f64 = 1e-10;
const ITERATIONS_MAX: usize = 10_000;

/// Fixed effects, laid out for speed: rows sorted by the largest effect.
#[derive(Debug)]
pub struct Absorber {
    /// Row of the sample at each sorted place; empty when already sorted.
    order: Vec<u32>,
    rows: usize,
    /// Where each level of the largest effect begins, and the end.
    starts: Vec<u32>,
    /// The codes of the other effects, sorted likewise, each shifted to its own range of unknowns.
    codes: Vec<Vec<u32>>,
    unknowns: usize,
    weights: Vec<f64>,
    main_inverse: Vec<f64>,
    inverse: Vec<f64>,
    tolerance: f64,
}

impl Absorber {
    /// Prepares the effects. With none there is nothing to absorb, and [`Absorber::residuals`] is the identity.
    pub fn new(effects: &[Grouping], weights: Option<&[f64]>) -> Self {
        let rows = effects.first().map_or(0, |e| e.codes.len());
        let main = effects.iter().enumerate().max_by_key(|(i, e)| (e.levels, usize::MAX - i)).map(|(i, _)| i);
        let mut out = Self {
            order: Vec::new(),
            rows,
            starts: vec![0],
            codes: Vec::new(),
            unknowns: 0,
            weights: Vec::new(),
            main_inverse: Vec::new(),
            inverse: Vec::new(),
            tolerance: TOLERANCE,
        };
        let Some(main) = main else { return out };
        let first = &effects[main];
        let mut end = 0_u32;
        for count in first.counts() {
            end += count as u32;
            out.starts.push(end);
        }
        if !first.codes.is_sorted() {
            let mut next: Vec<u32> = out.starts.clone();
            out.order = vec![0; rows];
            for (row, code) in first.codes.iter().enumerate() {
                let place = &mut next[*code as usize];
                out.order[*place as usize] = row as u32;
                *place += 1;
            }
        }
        for (_, effect) in effects.iter().enumerate().filter(|(i, _)| *i != main) {
            let shift = out.unknowns as u32;
            out.codes.push((0..rows).map(|i| effect.codes[out.row(i)] + shift).collect());
            out.unknowns += effect.levels;
        }
        out.reweigh(weights);
        out
    }

    fn row(&self, place: usize) -> usize {
        self.order.get(place).map_or(place, |r| *r as usize)
    }

    /// Changes the weights, for iteratively reweighted fits.
    pub fn reweigh(&mut self, weights: Option<&[f64]>) {
        self.weights = weights.map_or_else(Vec::new, |w| (0..self.rows).map(|i| w[self.row(i)]).collect());
        let weight = |i: usize| self.weights.get(i).copied().unwrap_or(1.0);
        let span = |w: &[u32]| (w[0] as usize..w[1] as usize).map(weight).sum::<f64>();
        let main: Vec<f64> = self.starts.windows(2).map(|w| invert(span(w))).collect();
        let mut sums = vec![0.0; self.unknowns];
        for codes in &self.codes {
            for (i, code) in codes.iter().enumerate() {
                sums[*code as usize] += weight(i);
            }
        }
        self.main_inverse = main;
        self.inverse = sums.into_iter().map(invert).collect();
    }

    /// Asks for less than full precision, for steps that are not the last.
    pub fn set_tolerance(&mut self, tolerance: Option<f64>) {
        self.tolerance = tolerance.unwrap_or(TOLERANCE);
    }

    /// Replaces each column by what the fixed effects leave of it.
    pub fn residuals(&self, columns: &mut [&mut Vec<f64>]) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        columns.par_chunks_mut(LANES).try_for_each(|block| self.block(block))
    }

    fn block(&self, columns: &mut [&mut Vec<f64>]) -> Result<()> {
        let mut lanes = vec![[0.0; LANES]; self.rows];
        for (j, column) in columns.iter().enumerate() {
            match self.order.is_empty() {
                true => lanes.iter_mut().zip(column.iter()).for_each(|(lane, v)| lane[j] = *v),
                false => {
                    lanes.iter_mut().zip(&self.order).for_each(|(lane, r)| lane[j] = column[*r as usize])
                }
            }
        }
        let raw = square_root_mean(&lanes);
        self.center(&mut lanes);
        if self.unknowns > 0 {
            let within = square_root_mean(&lanes);
            let mut tolerance = [0.0; LANES];
            for j in 0..LANES {
                tolerance[j] = self.tolerance * within[j].max(1e-5 * raw[j]);
            }
            let solution = match self.weights.is_empty() {
                true => self.solve::<false>(&lanes, &tolerance)?,
                false => self.solve::<true>(&lanes, &tolerance)?,
            };
            for codes in &self.codes {
                for (lane, code) in lanes.iter_mut().zip(codes) {
                    subtract(lane, &solution[*code as usize]);
                }
            }
            self.center(&mut lanes);
        }
        for (j, column) in columns.iter_mut().enumerate() {
            match self.order.is_empty() {
                true => column.iter_mut().zip(&lanes).for_each(|(v, lane)| *v = lane[j]),
                false => lanes.iter().zip(&self.order).for_each(|(lane, r)| column[*r as usize] = lane[j]),
            }
        }
        Ok(())
    }

    /// Subtracts the mean of each level of the main effect.
    fn center(&self, lanes: &mut [Lane]) {
        for (span, inverse) in self.starts.windows(2).zip(&self.main_inverse) {
            let (from, to) = (span[0] as usize, span[1] as usize);
            let lanes = &mut lanes[from..to];
            let mut sum = [0.0; LANES];
            match self.weights.get(from..to) {
                Some(weights) => {
                    for (lane, weight) in lanes.iter().zip(weights) {
                        add_scaled(&mut sum, lane, *weight);
                    }
                }
                None => lanes.iter().for_each(|lane| add(&mut sum, lane)),
            }
            let mean = sum.map(|s| s * inverse);
            lanes.iter_mut().for_each(|lane| subtract(lane, &mean));
        }
    }

    /// Solves for the coefficients of the other effects, given columns already free of the main one.
    fn solve<const WEIGHTED: bool>(&self, lanes: &[Lane], tolerance: &Lane) -> Result<Vec<Lane>> {
        let mut residual = vec![[0.0; LANES]; self.unknowns];
        for codes in &self.codes {
            for (i, (lane, code)) in lanes.iter().zip(codes).enumerate() {
                let weight = if WEIGHTED { self.weights[i] } else { 1.0 };
                add_scaled(&mut residual[*code as usize], lane, weight);
            }
        }
        let mut solution = vec![[0.0; LANES]; self.unknowns];
        let mut direction = vec![[0.0; LANES]; self.unknowns];
        let mut image = direction.clone();
        let mut fits = vec![[0.0; LANES]; self.longest_span()];
        let mut before = [0.0; LANES];
        for iteration in 0..ITERATIONS_MAX {
            super::alone::go_on()?;
            // One preconditioned residual is the change that a plain sweep would make.
            let (mut change, mut energy) = ([0.0_f64; LANES], [0.0; LANES]);
            for (r, inverse) in residual.iter().zip(&self.inverse) {
                for j in 0..LANES {
                    let z = r[j] * inverse;
                    change[j] = change[j].max(z.abs());
                    energy[j] += r[j] * z;
                }
            }
            if (0..LANES).all(|j| change[j] <= tolerance[j]) {
                return Ok(solution);
            }
            let active: [bool; LANES] = std::array::from_fn(|j| change[j] > tolerance[j]);
            let beta: Lane = std::array::from_fn(|j| match iteration > 0 && before[j] > 0.0 && active[j] {
                true => energy[j] / before[j],
                false => 0.0,
            });
            before = energy;
            for ((d, r), inverse) in direction.iter_mut().zip(&residual).zip(&self.inverse) {
                for j in 0..LANES {
                    d[j] = r[j] * inverse + beta[j] * d[j];
                }
            }
            self.apply::<WEIGHTED>(&direction, &mut image, &mut fits);
            let mut curvature = [0.0; LANES];
            for (d, a) in direction.iter().zip(&image) {
                for j in 0..LANES {
                    curvature[j] += d[j] * a[j];
                }
            }
            let step: Lane = std::array::from_fn(|j| match active[j] && curvature[j] > 0.0 {
                true => energy[j] / curvature[j],
                false => 0.0,
            });
            for k in 0..self.unknowns {
                for j in 0..LANES {
                    solution[k][j] += step[j] * direction[k][j];
                    residual[k][j] -= step[j] * image[k][j];
                }
            }
        }
        Err(EstimateError::new(format!("the fixed effects did not converge in {ITERATIONS_MAX} sweeps"))
            .help("two of them are nearly the same; leave one out"))
    }

    fn longest_span(&self) -> usize {
        self.starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0)
    }

    /// The image of coefficients: spread over the rows, freed of the main effect, summed by level again.
    fn apply<const WEIGHTED: bool>(&self, direction: &[Lane], image: &mut [Lane], fits: &mut [Lane]) {
        image.fill([0.0; LANES]);
        for (span, inverse) in self.starts.windows(2).zip(&self.main_inverse) {
            let (from, to) = (span[0] as usize, span[1] as usize);
            let fits = &mut fits[..to - from];
            fits.fill([0.0; LANES]);
            for codes in &self.codes {
                for (fit, code) in fits.iter_mut().zip(&codes[from..to]) {
                    add(fit, &direction[*code as usize]);
                }
            }
            let mut mean = [0.0; LANES];
            for (i, fit) in fits.iter().enumerate() {
                add_scaled(&mut mean, fit, if WEIGHTED { self.weights[from + i] } else { 1.0 });
            }
            let mean = mean.map(|m| m * inverse);
            for (i, fit) in fits.iter_mut().enumerate() {
                subtract(fit, &mean);
                if WEIGHTED {
                    *fit = fit.map(|f| f * self.weights[from + i]);
                }
            }
            for codes in &self.codes {
                for (fit, code) in fits.iter().zip(&codes[from..to]) {
                    add(&mut image[*code as usize], fit);
                }
            }
        }
    }
}

fn invert(sum: f64) -> f64 {
    if sum > 0.0 { 1.0 / sum } else { 0.0 }
}

// Plain loops: without optimization across the parts of a crate, a `zip` of four numbers costs a call.
#[inline]
fn add(to: &mut Lane, what: &Lane) {
    for j in 0..LANES {
        to[j] += what[j];
    }
}

#[inline]
fn subtract(from: &mut Lane, what: &Lane) {
    for j in 0..LANES {
        from[j] -= what[j];
    }
}

#[inline]
fn add_scaled(to: &mut Lane, what: &Lane, scale: f64) {
    for j in 0..LANES {
        to[j] += scale * what[j];
    }
}

fn square_root_mean(lanes: &[Lane]) -> Lane {
    let mut sums = [0.0; LANES];
    for lane in lanes {
        for j in 0..LANES {
            sums[j] += lane[j] * lane[j];
        }
    }
    sums.map(|s| (s / lanes.len().max(1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_effects_explain_is_gone_and_the_rest_stays() {
        // y = a_i + b_t + c_s exactly: nothing is left. Rows unsorted, weights uneven.
        let n = 600;
        let code = |f: &dyn Fn(usize) -> usize, levels| Grouping {
            codes: (0..n).map(|r| f(r) as u32).collect(),
            levels,
        };
        let effects =
            [code(&|r| (r * 7) % 40, 40), code(&|r| (r * r + 3) % 13, 13), code(&|r| (r / 3) % 5, 5)];
        let effects = effects.map(|g| g.select(&(0..n).collect::<Vec<_>>()));
        let weights: Vec<f64> = (0..n).map(|r| 1.0 + (r % 3) as f64).collect();
        let mut y: Vec<f64> = (0..n)
            .map(|r| {
                f64::from(effects[0].codes[r]) * 0.3
                    + f64::from(effects[1].codes[r]).sin()
                    + f64::from(effects[2].codes[r])
            })
            .collect();
        Absorber::new(&effects, Some(&weights)).residuals(&mut [&mut y]).unwrap();
        assert!(y.iter().all(|v| v.abs() < 1e-8));
        let mut x: Vec<f64> = (0..n).map(|r| ((r * r) as f64 * 0.7).sin()).collect();
        Absorber::new(&effects, Some(&weights)).residuals(&mut [&mut x]).unwrap();
        for effect in &effects {
            let mut sums = vec![0.0; effect.levels];
            for r in 0..n {
                sums[effect.codes[r] as usize] += weights[r] * x[r];
            }
            assert!(sums.iter().all(|s: &f64| s.abs() < 1e-7), "{sums:?}");
        }
    }
}

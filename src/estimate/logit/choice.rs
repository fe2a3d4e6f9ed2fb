//! Multinomial logit of single choices: which of the alternatives on offer was taken.
//!
//! One row an alternative; rows of one occasion form a set. Newton's method on a concave likelihood.
#![expect(clippy::indexing_slicing, reason = "columns share one length; codes are below `levels`")]

use crate::estimate::absorb::Absorber;
use crate::estimate::dense::{Matrix, orthogonalise};
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::grouping::Grouping;

/// The coefficients and their covariance.
#[derive(Clone, Debug)]
pub struct ChoiceFit {
    /// Nothing where the data cannot tell.
    pub beta: Vec<Option<f64>>,
    /// Of the identified coefficients, in their order.
    pub covariance: Matrix,
    pub log_likelihood: f64,
    /// With all coefficients zero.
    pub log_likelihood_null: f64,
    /// The probability of each row.
    pub probabilities: Vec<f64>,
    pub sets: usize,
}

const ITERATIONS_MAX: usize = 100;

/// Fits columns (price, one indicator an alternative but one, …) to the number of times each row was chosen.
pub fn choice_logit(columns: &[Vec<f64>], chosen: &[f64], sets: &Grouping) -> Result<ChoiceFit> {
    if chosen.iter().any(|c| !c.is_finite() || *c < 0.0) {
        return Err(EstimateError::new("choices are counts, zero or more"));
    }
    let kept = identified(columns, sets)?;
    let members = sets.members();
    let p = kept.len();
    let mut beta = vec![0.0; p];
    let start = Step::at(&beta, columns, &kept, chosen, &members);
    let mut now = start.clone();
    for _ in 0..ITERATIONS_MAX {
        let Some(inverse) = now.information.inverse_spd() else {
            return Err(EstimateError::new(
                "the choices are predicted perfectly; the likelihood has no maximum",
            ));
        };
        let gradient = Matrix { rows: p, cols: 1, data: now.gradient.clone() };
        let step = inverse.times(&gradient);
        let gain: f64 = step.data.iter().zip(&now.gradient).map(|(s, g)| s * g).sum();
        let mut factor = 1.0;
        let next = loop {
            let trial: Vec<f64> = beta.iter().zip(&step.data).map(|(b, s)| b + factor * s).collect();
            let tried = Step::at(&trial, columns, &kept, chosen, &members);
            if tried.log_likelihood >= now.log_likelihood - 1e-10 * now.log_likelihood.abs() || factor < 1e-6
            {
                beta = trial;
                break tried;
            }
            factor *= 0.5;
        };
        now = next;
        if gain < 1e-16 * (1.0 + now.log_likelihood.abs()) {
            let mut out = vec![None; columns.len()];
            kept.iter().zip(&beta).for_each(|(j, b)| out[*j] = Some(*b));
            return Ok(ChoiceFit {
                beta: out,
                covariance: inverse,
                log_likelihood: now.log_likelihood,
                log_likelihood_null: start.log_likelihood,
                probabilities: now.probabilities,
                sets: members.len(),
            });
        }
    }
    Err(EstimateError::new("the choice model did not converge")
        .help("an alternative may never have been chosen"))
}

/// Columns that vary within sets, and are not combinations of others there.
pub(super) fn identified(columns: &[Vec<f64>], sets: &Grouping) -> Result<Vec<usize>> {
    let floors: Vec<f64> = columns.iter().map(|c| crate::estimate::fit::floor(c, None, true)).collect();
    let mut within = columns.to_vec();
    Absorber::new(std::slice::from_ref(sets), None).residuals(&mut within.iter_mut().collect::<Vec<_>>())?;
    Ok(orthogonalise(&mut within, &floors).kept)
}

#[derive(Clone)]
struct Step {
    log_likelihood: f64,
    gradient: Vec<f64>,
    information: Matrix,
    probabilities: Vec<f64>,
}

impl Step {
    fn at(
        beta: &[f64],
        columns: &[Vec<f64>],
        kept: &[usize],
        chosen: &[f64],
        members: &[Vec<usize>],
    ) -> Self {
        let p = kept.len();
        let mut out = Self {
            log_likelihood: 0.0,
            gradient: vec![0.0; p],
            information: Matrix::zeros(p, p),
            probabilities: vec![0.0; chosen.len()],
        };
        let mut mean = vec![0.0; p];
        for rows in members {
            let utility: Vec<f64> =
                rows.iter().map(|r| kept.iter().zip(beta).map(|(j, b)| b * columns[*j][*r]).sum()).collect();
            let top = utility.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = utility.iter().map(|u| (u - top).exp()).sum();
            let times: f64 = rows.iter().map(|r| chosen[*r]).sum();
            mean.fill(0.0);
            for (r, u) in rows.iter().zip(&utility) {
                let probability = (u - top).exp() / total;
                out.probabilities[*r] = probability;
                out.log_likelihood += chosen[*r] * (u - top - total.ln());
                for (k, j) in kept.iter().enumerate() {
                    mean[k] += probability * columns[*j][*r];
                }
            }
            for r in rows {
                let probability = out.probabilities[*r];
                for (a, i) in kept.iter().enumerate() {
                    let deviation = columns[*i][*r] - mean[a];
                    out.gradient[a] += chosen[*r] * deviation;
                    for (b, j) in kept.iter().enumerate().take(a + 1) {
                        *out.information.at_mut(a, b) +=
                            times * probability * deviation * (columns[*j][*r] - mean[b]);
                    }
                }
            }
        }
        for a in 0..p {
            for b in 0..a {
                *out.information.at_mut(b, a) = out.information.at(a, b);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intercepts_make_predicted_shares_those_observed() {
        // Two alternatives and the choice of neither; choices drawn as exact shares of a known model.
        let (alpha, quality) = (-1.5_f64, [0.0, 0.8, 0.3]);
        let mut columns = vec![Vec::new(), Vec::new(), Vec::new()];
        let (mut chosen, mut codes) = (Vec::new(), Vec::new());
        for set in 0..40_u32 {
            let prices = [0.0, 1.0 + f64::from(set % 7) * 0.2, 1.3 + f64::from(set % 5) * 0.3];
            let utility: Vec<f64> = (0..3).map(|j| (alpha * prices[j] + quality[j]).exp()).collect();
            for j in 0..3 {
                columns[0].push(prices[j]);
                columns[1].push(f64::from(u8::from(j == 1)));
                columns[2].push(f64::from(u8::from(j == 2)));
                chosen.push(utility[j] / utility.iter().sum::<f64>());
                codes.push(set);
            }
        }
        let fit = choice_logit(&columns, &chosen, &Grouping { codes, levels: 40 }).unwrap();
        for (ours, truth) in fit.beta.iter().zip([alpha, 0.8, 0.3]) {
            assert!((ours.unwrap() - truth).abs() < 1e-8, "{:?}", fit.beta);
        }
        let constant = vec![1.0; chosen.len()];
        let codes = Grouping { codes: (0..120).map(|i| i / 3).collect(), levels: 40 };
        let with_constant = [columns[0].clone(), constant];
        assert!(choice_logit(&with_constant, &chosen, &codes).unwrap().beta[1].is_none());
    }
}

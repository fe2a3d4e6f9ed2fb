//! Multinomial logit as a regression of this module: its terms, errors, flags and tables.
#![expect(clippy::indexing_slicing, reason = "columns share one length; codes are below `levels`")]

use super::choice::choice_logit;
use crate::estimate::covariance::k_full;
use crate::estimate::design::{Design, no_set};
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::fit::{Fit, Summary, conclude, enough};
use crate::estimate::least_squares::solve;
use crate::estimate::spec::{Spec, Vcov};

/// Fits choices. The choice set plays the part of an absorbed effect: what does not vary within it is not identified.
pub(in crate::estimate) fn choice(spec: &Spec, mut design: Design) -> Result<Fit> {
    if !design.effects.is_empty() || !design.endogenous.is_empty() {
        return Err(EstimateError::new("a choice model has neither fixed effects nor instruments")
            .help("write intercepts as indicators, `chosen ~ price + i(brand)`; the set is named by --set"));
    }
    if design.weights.is_some() {
        return Err(EstimateError::new("a choice model takes no weights")
            .help("the response may count how often an alternative was chosen"));
    }
    let sets = design.sets.clone().ok_or_else(|| no_set("choice", "occasion"))?;
    if let Some(bad) = design.y.iter().find(|y| **y < 0.0) {
        return Err(EstimateError::new(format!(
            "the response holds {bad}; choices are counts, zero or more"
        )));
    }
    design.exogenous.retain(|x| &*x.name != "(Intercept)");
    let mut chosen = vec![0.0; sets.levels];
    sets.codes.iter().zip(&design.y).for_each(|(code, y)| chosen[*code as usize] += y);
    let decided: Vec<usize> = (0..design.n()).filter(|r| chosen[sets.codes[*r] as usize] > 0.0).collect();
    design.keep(&decided, "in a set without a choice");
    enough(&design)?;
    let sets = design.sets.clone().unwrap_or_default();
    let columns: Vec<Vec<f64>> = design.exogenous.iter().map(|x| x.values.clone()).collect();
    let found = choice_logit(&columns, &design.y, &sets)?;
    // The likelihood's curvature is that of a weighted regression about the means of each set.
    let mut times = vec![0.0; sets.levels];
    sets.codes.iter().zip(&design.y).for_each(|(code, y)| times[*code as usize] += y);
    let weight: Vec<f64> =
        found.probabilities.iter().zip(&sets.codes).map(|(p, code)| times[*code as usize] * p).collect();
    let mut ready = columns.clone();
    for column in &mut ready {
        let mut means = vec![0.0; sets.levels];
        for ((value, p), code) in column.iter().zip(&found.probabilities).zip(&sets.codes) {
            means[*code as usize] += p * value;
        }
        for ((value, w), code) in column.iter_mut().zip(&weight).zip(&sets.codes) {
            *value = (*value - means[*code as usize]) * w.sqrt();
        }
    }
    let floors: Vec<f64> =
        columns.iter().map(|c| crate::estimate::fit::floor(c, Some(&weight), true)).collect();
    let residual: Vec<f64> =
        design.y.iter().zip(&weight).map(|(y, w)| (y - w) / w.sqrt().max(1e-150)).collect();
    let mut solved = solve(ready, &residual, &floors);
    solved.residuals = residual;
    solved.beta = solved.qr.kept.iter().map(|j| found.beta[*j].unwrap_or(f64::NAN)).collect();
    design.effects = vec![sets.clone()];
    let mut spec = spec.clone();
    if matches!(spec.vcov, Vcov::Hetero | Vcov::HeteroRaw) {
        // One observation is one set.
        design.clusters = vec![sets];
        spec.vcov = Vcov::Cluster(spec.set.clone().into_iter().collect());
    }
    let plain: Vec<f64> = design.y.iter().zip(&weight).map(|(y, w)| y - w).collect();
    let summary = Summary {
        r2: 1.0 - found.log_likelihood / found.log_likelihood_null.min(-f64::MIN_POSITIVE),
        r2_within: None,
        sigma: 1.0,
        sigma2: 1.0,
        exact: false,
        k: k_full(solved.qr.kept.len(), &design.effects),
    };
    conclude(&spec, &design, &solved, &plain, None, &summary, Vec::new())
}

//! Poisson pseudo maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006; Correia,
//! Guimarães and Zylkin 2020): iteratively reweighted least squares, effects taken out at each step.

use super::absorb::Absorber;
use super::design::{Design, Regressor};
use super::error::{EstimateError, Result};
use super::fit::{Fit, Flag, Summary, conclude, enough, floor};
use super::grouping::without_singletons;
use super::least_squares::{Solved, solve};
use super::separation::{Separated, separated, zero_groups};
use super::spec::Spec;

const ITERATIONS_MAX: usize = 200;
/// Relative change of the deviance at which the fit is done. Convergence is quadratic, so the
/// coefficients are then right to about its square root times their standard error.
const DONE: f64 = 1e-12;
/// From here on effects are taken out to full precision.
const NEARLY_DONE: f64 = 1e-5;
/// A fitted mean this small, relative to the average, hints at a row that is predicted perfectly.
const SUSPECT: f64 = 1e-6;

pub(super) fn poisson(spec: &Spec, mut design: Design) -> Result<Fit> {
    if !design.endogenous.is_empty() {
        return Err(EstimateError::new("instruments and the poisson family do not go together")
            .help("use --family gaussian, or leave the third part out"));
    }
    if let Some(bad) = design.y.iter().find(|y| **y < 0.0) {
        return Err(EstimateError::new(format!(
            "the response holds {bad}; a poisson response is not negative"
        )));
    }
    let mut flags = Vec::new();
    trim(&mut design);
    enough_sales(&design)?;
    let mut state = iterate(&design)?;
    if state.suspect {
        match separated(&design)? {
            Separated::Rows(rows) if rows.is_empty() => {}
            Separated::Rows(rows) => {
                let mut gone = rows.iter().copied().peekable();
                let keep: Vec<usize> = (0..design.n()).filter(|r| gone.next_if_eq(r).is_none()).collect();
                design.keep(&keep, "separated: the regressors predict zero exactly");
                flags.push(Flag::new(
                    "SEPARATED",
                    format!("{} rows of zero are predicted perfectly", rows.len()),
                ));
                trim(&mut design);
                enough_sales(&design)?;
                state = iterate(&design)?;
            }
            Separated::Unknown => {
                flags.push(Flag::new(
                    "SEPARATION_UNKNOWN",
                    "whether zeros are predicted perfectly stayed open",
                ));
            }
        }
    }
    if !state.converged {
        flags.push(Flag::new(
            "NOT_CONVERGED",
            format!("the deviance still moved after {ITERATIONS_MAX} steps"),
        ));
    }
    let weights = design.weights.as_deref();
    let weight = |i: usize| weights.and_then(|w| w.get(i)).copied().unwrap_or(1.0);
    let (mut pearson, mut mean, mut total) = (0.0, 0.0, 0.0);
    for (i, (y, mu)) in design.y.iter().zip(&state.mu).enumerate() {
        pearson += weight(i) * (y - mu) * (y - mu) / mu;
        mean += weight(i) * y;
        total += weight(i);
    }
    let null = deviance(&design.y, &vec![mean / total; design.n()], weights);
    let k = super::covariance::k_full(state.solved.qr.kept.len(), &design.effects);
    let freedom = (design.n() as f64 - k as f64).max(1.0);
    let summary = Summary {
        r2: if null > 0.0 { 1.0 - state.deviance / null } else { 0.0 },
        r2_within: None,
        sigma: (pearson / freedom).sqrt(),
        sigma2: (design.n() as f64 - 1.0) / freedom,
        exact: false,
        k,
    };
    let residuals: Vec<f64> = design.y.iter().zip(&state.mu).map(|(y, mu)| y - mu).collect();
    conclude(spec, &design, &state.solved, &residuals, None, &summary, flags)
}

/// Leaves out groups without a sale and levels of one row, until neither is left.
fn trim(design: &mut Design) {
    loop {
        let before = design.n();
        let rows = zero_groups(design);
        design.keep(&rows, "in a fixed effect without any sale");
        let rows = without_singletons(&design.effects, design.n());
        design.keep(&rows, "alone in a level of a fixed effect");
        if design.n() == before {
            return;
        }
    }
}

fn enough_sales(design: &Design) -> Result<()> {
    enough(design)?;
    if design.y.iter().all(|y| *y == 0.0) {
        return Err(EstimateError::new("the response is zero in every row"));
    }
    Ok(())
}

struct State {
    solved: Solved,
    mu: Vec<f64>,
    deviance: f64,
    converged: bool,
    suspect: bool,
}

fn iterate(design: &Design) -> Result<State> {
    let n = design.n();
    let y = &design.y;
    let prior = design.weights.as_deref();
    let has_effects = !design.effects.is_empty();
    let mean = y.iter().sum::<f64>() / n as f64;
    let mut mu: Vec<f64> = y.iter().map(|y| f64::midpoint(*y, mean)).collect();
    let mut eta: Vec<f64> = mu.iter().map(|m| m.ln()).collect();
    let mut absorber = Absorber::new(&design.effects, None);
    let mut old = f64::INFINITY;
    let mut change = 1.0;
    let mut weights = vec![0.0; n];
    let mut iteration = 0;
    // What effects leave of a column is the same if some of them is taken off beforehand: each step goes on from what the last
    // one left, and has little to do. The response moves, so that only its change is added.
    let mut left: Vec<Vec<f64>> = design.exogenous.iter().map(|x: &Regressor| x.values.clone()).collect();
    let mut left_of_z = vec![0.0; n];
    let mut last_z = vec![0.0; n];
    loop {
        super::alone::go_on()?;
        iteration += 1;
        for (i, (w, m)) in weights.iter_mut().zip(&mu).enumerate() {
            *w = m * prior.and_then(|p| p.get(i)).copied().unwrap_or(1.0);
        }
        let working: Vec<f64> = eta.iter().zip(y).zip(&mu).map(|((e, y), m)| e + (y - m) / m).collect();
        for ((left, z), last) in left_of_z.iter_mut().zip(&working).zip(&last_z) {
            *left += z - last;
        }
        last_z.clone_from(&working);
        let floors: Vec<f64> =
            design.exogenous.iter().map(|x| floor(&x.values, Some(&weights), has_effects)).collect();
        if has_effects {
            absorber.reweigh(Some(&weights));
            absorber.set_tolerance(if change < NEARLY_DONE { None } else { Some(1e-6) });
            let mut all: Vec<&mut Vec<f64>> = vec![&mut left_of_z];
            all.extend(left.iter_mut());
            absorber.residuals(&mut all)?;
        }
        let (mut z, mut columns) = (left_of_z.clone(), left.clone());
        let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        for column in std::iter::once(&mut z).chain(&mut columns) {
            column.iter_mut().zip(&roots).for_each(|(v, r)| *v *= r);
        }
        let solved = solve(columns, &z, &floors);
        let fitted = working.iter().zip(&solved.residuals).zip(&roots).map(|((z, u), r)| z - u / r);
        let mut next: Vec<f64> = fitted.collect();
        let mut next_mu = means(&next);
        let mut deviance_now = deviance(y, &next_mu, prior);
        // A step that overshoots is halved.
        for _ in 0..20 {
            if deviance_now.is_finite() && deviance_now <= old * (1.0 + 1e-9) + 1e-9 {
                break;
            }
            next.iter_mut().zip(&eta).for_each(|(n, e)| *n = f64::midpoint(*n, *e));
            next_mu = means(&next);
            deviance_now = deviance(y, &next_mu, prior);
        }
        if !deviance_now.is_finite() {
            return Err(
                EstimateError::new("the poisson fit diverged").help("scale the regressors, or drop outliers")
            );
        }
        let precise = !has_effects || change < NEARLY_DONE;
        change = if old.is_finite() { (old - deviance_now).abs() / (0.1 + deviance_now.abs()) } else { 1.0 };
        (eta, mu, old) = (next, next_mu, deviance_now);
        let converged = change < DONE && precise;
        if converged || iteration == ITERATIONS_MAX {
            let suspect = y.iter().zip(&mu).any(|(y, m)| *y == 0.0 && *m < SUSPECT * mean);
            // The scores are those of the last weights; the change since then is below rounding.
            return Ok(State { solved, mu, deviance: deviance_now, converged, suspect });
        }
    }
}

fn means(eta: &[f64]) -> Vec<f64> {
    eta.iter().map(|e| e.clamp(-300.0, 300.0).exp()).collect()
}

fn deviance(y: &[f64], mu: &[f64], weights: Option<&[f64]>) -> f64 {
    let one = |y: f64, m: f64| if y > 0.0 { y * (y / m).ln() - (y - m) } else { m };
    let terms = y.iter().zip(mu).enumerate();
    2.0 * terms
        .map(|(i, (y, m))| weights.and_then(|w| w.get(i)).copied().unwrap_or(1.0) * one(*y, *m))
        .sum::<f64>()
}

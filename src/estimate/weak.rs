//! What still holds when instruments are weak: limited-information maximum likelihood, and the set of values that
//! the Anderson–Rubin test does not reject.

use super::covariance::{Fitted, covariance, k_clustered};
use super::dense::{Matrix, dot, take_off};
use super::design::Design;
use super::fit::Ready;
use super::inference::{f_quantile, f_tail};
use super::instruments::{Excluded, GmmEstimate, Stages, Test, block, quadratic};
use super::least_squares::solve;
use super::spec::{Spec, Vcov};

/// The Anderson–Rubin test, which holds however weak the instruments are.
#[derive(Clone, Debug, PartialEq)]
pub struct AndersonRubin {
    /// Of a coefficient of zero.
    pub test: Test,
    /// The values that are not rejected, as intervals; a missing end is infinite. Empty if all are rejected.
    pub set: Vec<(Option<f64>, Option<f64>)>,
}

/// The k-class estimate of each endogenous term, with its error in the convention of the regression.
pub(super) fn liml(
    ready: &Ready,
    stages: &Stages,
    spec: &Spec,
    design: &Design,
    k: usize,
) -> Option<Vec<GmmEstimate>> {
    let m = ready.endogenous.len();
    if !stages.second.qr.redundant.is_empty() {
        return None;
    }
    let columns: Vec<&Vec<f64>> = std::iter::once(&ready.y).chain(&ready.endogenous).collect();
    let floors = ready.floors.get(m..)?;
    let z: Vec<Vec<f64>> = ready.exogenous.iter().chain(&ready.instruments).cloned().collect();
    // Free of the exogenous columns, and free of the instruments too.
    let outer: Vec<Vec<f64>> =
        columns.iter().map(|c| solve(ready.exogenous.clone(), c, floors).residuals).collect();
    let mut inner = vec![solve(z, &ready.y, floors).residuals];
    inner.extend(stages.first.iter().map(|s| s.residuals.clone()));
    let kappa = smallest_ratio(&gram(&outer), &gram(&inner))?;
    let (y, x) = outer.split_first()?;
    let (w, v) = inner.split_first()?;
    let mut a = Matrix::zeros(m, m);
    let mut c = Matrix::zeros(m, 1);
    for (i, (xi, vi)) in x.iter().zip(v).enumerate() {
        *c.at_mut(i, 0) = dot(xi, y) - kappa * dot(vi, w);
        for (j, (xj, vj)) in x.iter().zip(v).enumerate() {
            *a.at_mut(i, j) = dot(xi, xj) - kappa * dot(vi, vj);
        }
    }
    let inverse = a.inverse_spd()?;
    let beta = inverse.times(&c);
    let mut residuals = y.clone();
    x.iter().zip(&beta.data).for_each(|(x, b)| take_off(&mut residuals, x, *b));
    let mut scores: Vec<Vec<f64>> = x.to_vec();
    // The middle of the sandwich is that of 2SLS, as in linearmodels.
    scores.iter_mut().zip(v).for_each(|(x, v)| take_off(x, v, 1.0));
    let n = design.n() as f64;
    let sigma2 = dot(&residuals, &residuals) / (n - k as f64);
    let basis: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    let fitted = Fitted { basis: &basis, residuals: &residuals, r_inverse: &inverse, k_full: k, sigma2 };
    let variance = match &spec.vcov {
        Vcov::Iid => inverse.clone().scaled(sigma2),
        other => covariance(other, &fitted, design).ok()?.matrix,
    };
    // The cluster factor counts the exogenous slopes, which are not among the scores.
    let slopes = |count| k_clustered(count, &design.effects, &design.clusters) as f64;
    let factor = match &spec.vcov {
        Vcov::Cluster(_) => (n - slopes(m)) / (n - slopes(stages.second.qr.kept.len())),
        _ => 1.0,
    };
    let one = |(i, (term, estimate)): (usize, (&super::design::Regressor, &f64))| {
        let se = (variance.at(i, i) * factor).max(0.0).sqrt();
        let term = term.name.to_string();
        (estimate.is_finite() && se.is_finite()).then_some(GmmEstimate { term, estimate: *estimate, se })
    };
    design.endogenous.iter().zip(&beta.data).enumerate().map(one).collect()
}

fn gram(columns: &[Vec<f64>]) -> Matrix {
    let mut out = Matrix::zeros(columns.len(), columns.len());
    for (i, a) in columns.iter().enumerate() {
        for (j, b) in columns.iter().enumerate() {
            *out.at_mut(i, j) = dot(a, b);
        }
    }
    out
}

/// The smallest root of `det(A − κB) = 0`, both symmetric and `B` positive definite: inverse iteration by bisection
/// on whether `A − κB` is still positive definite. It lies at one or above.
fn smallest_ratio(a: &Matrix, b: &Matrix) -> Option<f64> {
    let definite = |kappa: f64| a.clone().plus(b, -kappa).inverse_spd().is_some();
    b.inverse_spd()?;
    let (mut low, mut high) = (0.5, 2.0);
    while definite(high) {
        (low, high) = (high, high * 2.0);
        if high > 1e12 {
            return None;
        }
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if definite(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low.max(1.0))
}

/// Where the set is looked for: angles, so that all numbers fit on a finite scale.
const STEPS: u32 = 4_000;

/// The test and its set for one endogenous term.
pub(super) fn anderson_rubin(
    ready: &Ready,
    stages: &Stages,
    spec: &Spec,
    design: &Design,
) -> Option<AndersonRubin> {
    let ([x], [stage]) = (ready.endogenous.as_slice(), stages.first.as_slice()) else { return None };
    let excluded = Excluded::of(stage, ready, design)?;
    let Excluded { k, freedom, .. } = excluded;
    let l = excluded.places.len();
    let z: Vec<Vec<f64>> = ready.exogenous.iter().chain(&ready.instruments).cloned().collect();
    let w = solve(z, &ready.y, ready.floors.get(1..)?).residuals;
    let basis = stage.basis();
    let mut identity = Matrix::zeros(basis.len(), basis.len());
    (0..basis.len()).for_each(|i| *identity.at_mut(i, i) = 1.0);
    // The variance of the reduced form is quadratic in the value tested: three points give all.
    let variance = |residuals: &[f64]| {
        let sigma2 = dot(residuals, residuals) / freedom;
        let fitted = Fitted { basis: &basis, residuals, r_inverse: &identity, k_full: k, sigma2 };
        let found = covariance(&spec.vcov, &fitted, design).ok()?;
        (!found.repaired).then(|| (block(&found.matrix, &excluded.places), found.freedom))
    };
    let (of_y, df) = variance(&w)?;
    let (of_x, _) = variance(&stage.residuals)?;
    let mut both = w.clone();
    take_off(&mut both, &stage.residuals, 1.0);
    let (of_both, _) = variance(&both)?;
    let cross = of_y.clone().plus(&of_x, 1.0).plus(&of_both, -1.0);
    let (pi_y, pi_x) = (excluded.onto(&basis, &ready.y), excluded.onto(&basis, x));
    let statistic = |direction: (f64, f64)| {
        // The value tested is `b / a`, so that infinity is the direction (0, 1).
        let (a, b) = direction;
        let delta = pi_y.clone().scaled(a).plus(&pi_x, -b);
        let v = of_y.clone().scaled(a * a).plus(&cross, -a * b).plus(&of_x, b * b);
        Some(quadratic(&delta, &v.inverse_spd()?) / l as f64)
    };
    let critical = f_quantile(spec.level, l as f64, df);
    let gap = |theta: f64| statistic((theta.cos(), theta.sin())).map(|f| f - critical);
    let at_zero = statistic((1.0, 0.0))?;
    let test = Test { statistic: at_zero, df: l, p: f_tail(at_zero, l as f64, df) };
    // Angles about the estimate, on the scale of its error, would miss nothing that these steps see.
    let scale = dot(&ready.y, &ready.y).sqrt() / dot(x, x).sqrt().max(f64::MIN_POSITIVE);
    let angle = |i: u32| std::f64::consts::PI * (f64::from(i) / f64::from(STEPS) - 0.5);
    let scaled = |theta: f64| (scale * theta.tan()).atan();
    let mut set = Vec::new();
    let mut open: Option<Option<f64>> = None;
    let mut before = angle(0);
    for i in 0..=STEPS {
        let here = angle(i);
        let inside = gap(scaled(here))? <= 0.0;
        let edge = |from: f64, to: f64, rising: bool| {
            let (mut a, mut b) = (from, to);
            for _ in 0..80 {
                let middle = f64::midpoint(a, b);
                if gap(scaled(middle)).is_some_and(|g| (g <= 0.0) == rising) {
                    b = middle;
                } else {
                    a = middle;
                }
            }
            scaled(f64::midpoint(a, b)).tan()
        };
        match (inside, open) {
            (true, None) => open = Some((i > 0).then(|| edge(before, here, true))),
            (false, Some(low)) => {
                set.push((low, Some(edge(before, here, false))));
                open = None;
            }
            _ => {}
        }
        before = here;
    }
    if let Some(low) = open {
        set.push((low, None));
    }
    Some(AndersonRubin { test, set })
}

//! Two-stage least squares and the tests that belong to it.

use super::covariance::{Fitted, covariance, score_variance};
use super::dense::{Matrix, dot};
use super::design::Design;
use super::fit::{Flag, Ready};
use super::inference::{chi2_tail, f_tail};
use super::least_squares::{Solved, solve};
use super::spec::{Spec, Vcov};
use super::weak::{AndersonRubin, anderson_rubin, liml};

/// How strong the instruments of one endogenous term are.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstStage {
    pub term: String,
    /// The classical F of the excluded instruments.
    pub f: f64,
    pub df1: usize,
    pub df2: f64,
    pub p: f64,
    /// The same test with robust errors.
    pub f_robust: f64,
    /// Montiel Olea and Pflueger's effective F.
    pub f_effective: f64,
}

/// A test of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    pub statistic: f64,
    pub df: usize,
    pub p: f64,
}

/// What can be said about the instruments.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics {
    pub first: Vec<FirstStage>,
    /// Whether least squares would do.
    pub wu_hausman: Option<Test>,
    /// Overidentification: classical, and robust after two-step GMM.
    pub sargan: Option<Test>,
    /// The classical test as Basmann and as Stock and Watson write it, `m F`.
    pub basmann: Option<Test>,
    pub j: Option<Test>,
    /// Efficient two-step GMM, moments centred as PyBLP does: each regressor's estimate and error.
    pub gmm: Vec<GmmEstimate>,
    /// What least squares says of the endogenous terms, and limited-information maximum likelihood.
    pub ols: Vec<GmmEstimate>,
    pub liml: Vec<GmmEstimate>,
    /// With one endogenous term.
    pub anderson_rubin: Option<AndersonRubin>,
}

/// A coefficient by another method than 2SLS.
#[derive(Clone, Debug, PartialEq)]
pub struct GmmEstimate {
    pub term: String,
    pub estimate: f64,
    pub se: f64,
}

/// Below this F instruments are weak (Staiger and Stock).
const WEAK_BELOW: f64 = 10.0;
/// Below this F a nominal 5 % t-test is wider than 5 % (Lee, McCrary, Moreira and Porter 2022).
const T_TEST_BELOW: f64 = 104.7;

impl Diagnostics {
    pub(super) fn flags(&self) -> Vec<Flag> {
        let mut flags = Vec::new();
        for stage in &self.first {
            let f = stage.f_effective;
            if f < WEAK_BELOW {
                let text = format!("effective first-stage F of `{}` is {f:.1}, below 10", stage.term);
                flags.push(Flag::new("WEAK_INSTRUMENT", text));
            } else if f < T_TEST_BELOW {
                let text = format!("effective first-stage F of `{}` is {f:.1}, below 104.7", stage.term);
                flags.push(Flag::new(
                    "T_TEST_OPTIMISTIC",
                    format!("{text}: 5 % intervals are somewhat too narrow"),
                ));
            }
        }
        if let Some(j) = self.j.filter(|j| j.p < 0.05) {
            let text = format!("overidentification rejected (J {:.2}, p {:.3})", j.statistic, j.p);
            flags.push(Flag::new("INSTRUMENTS_DISAGREE", text));
        }
        flags
    }
}

/// Both stages, solved.
pub(super) struct Stages {
    /// One a endogenous column: regressed on exogenous columns, then instruments.
    pub first: Vec<Solved>,
    /// Residuals are those of the true columns.
    pub second: Solved,
}

pub(super) fn two_stages(ready: &Ready) -> Stages {
    let m = ready.endogenous.len();
    let p = ready.exogenous.len();
    let z: Vec<Vec<f64>> = ready.exogenous.iter().chain(&ready.instruments).cloned().collect();
    let z_floors = ready.floors.get(m..).unwrap_or_default();
    let first: Vec<Solved> = ready.endogenous.iter().map(|x| solve(z.clone(), x, z_floors)).collect();
    let hats = ready.endogenous.iter().zip(&first);
    let hats = hats.map(|(x, stage)| x.iter().zip(&stage.residuals).map(|(x, v)| x - v).collect());
    let columns: Vec<Vec<f64>> = hats.chain(ready.exogenous.iter().cloned()).collect();
    let floors = ready.floors.get(..m + p).unwrap_or_default();
    let mut second = solve(columns, &ready.y, floors);
    let truth: Vec<&Vec<f64>> = ready.endogenous.iter().chain(&ready.exogenous).collect();
    second.residuals.clone_from(&ready.y);
    for (j, beta) in second.qr.kept.iter().zip(&second.beta) {
        if let Some(x) = truth.get(*j) {
            super::dense::take_off(&mut second.residuals, x, *beta);
        }
    }
    Stages { first, second }
}

pub(super) fn diagnose(
    ready: &Ready,
    stages: &Stages,
    spec: &Spec,
    design: &Design,
    k: usize,
) -> Diagnostics {
    let first = stages
        .first
        .iter()
        .zip(&design.endogenous)
        .zip(&ready.endogenous)
        .filter_map(|((stage, x), values)| first_stage(stage, &x.name, values, ready, spec, design))
        .collect();
    let excluded = stages.first.first().and_then(|s| Excluded::of(s, ready, design));
    let degrees = excluded.map_or(0, |e| e.places.len()).saturating_sub(ready.endogenous.len());
    Diagnostics {
        first,
        wu_hausman: wu_hausman(ready, stages, design, k),
        sargan: sargan(stages, design, degrees).map(|(sargan, _)| sargan),
        basmann: sargan(stages, design, degrees).map(|(_, basmann)| basmann),
        j: two_step_gmm(ready, stages, spec, design, degrees),
        gmm: efficient(ready, stages, spec, design, degrees).unwrap_or_default(),
        ols: least_squares(ready, spec, design, k).unwrap_or_default(),
        liml: liml(ready, stages, spec, design, k).unwrap_or_default(),
        anderson_rubin: anderson_rubin(ready, stages, spec, design),
    }
}

/// The instruments that the exogenous columns leave something of.
pub(super) struct Excluded {
    /// Where they stand in the basis of a first stage.
    pub places: Vec<usize>,
    /// The parameters of that stage, and the rows beyond them.
    pub k: usize,
    pub freedom: f64,
}

impl Excluded {
    /// Nothing where no instrument, or no row, is left to test with.
    pub fn of(stage: &Solved, ready: &Ready, design: &Design) -> Option<Self> {
        let p = ready.exogenous.len();
        let kept = stage.qr.kept.iter().enumerate();
        let places: Vec<usize> = kept.filter(|(_, j)| **j >= p).map(|(place, _)| place).collect();
        let k = super::covariance::k_full(stage.qr.kept.len(), &design.effects);
        let freedom = design.n() as f64 - k as f64;
        (!places.is_empty() && freedom > 0.0).then_some(Self { places, k, freedom })
    }

    /// A column's parts along them.
    pub fn onto(&self, basis: &[&[f64]], column: &[f64]) -> Matrix {
        let data = self.places.iter().filter_map(|i| basis.get(*i)).map(|q| dot(q, column)).collect();
        Matrix { rows: self.places.len(), cols: 1, data }
    }
}

fn first_stage(
    stage: &Solved,
    name: &str,
    values: &[f64],
    ready: &Ready,
    spec: &Spec,
    design: &Design,
) -> Option<FirstStage> {
    let excluded = Excluded::of(stage, ready, design)?;
    let Excluded { k, freedom, .. } = excluded;
    let l = excluded.places.len();
    let rss = stage.rss();
    // The instruments come last, so their part of the explained variation is that of the last columns.
    let basis = stage.basis();
    let onto = excluded.onto(&basis, values);
    let explained = dot(&onto.data, &onto.data);
    let f = explained / l as f64 / (rss / freedom);
    let fitted = Fitted::of(stage, &basis, k, rss / freedom);
    let robust = if spec.vcov == Vcov::Iid { &Vcov::Hetero } else { &spec.vcov };
    let v = block(&covariance(robust, &fitted, design).ok()?.matrix, &excluded.places);
    let gram = block(&stage.bread(), &excluded.places).inverse_spd()?;
    let pi = Matrix {
        rows: l,
        cols: 1,
        data: excluded.places.iter().filter_map(|i| stage.beta.get(*i).copied()).collect(),
    };
    let wald = v.inverse_spd().map(|w| quadratic(&pi, &w));
    let noise = v.times(&gram);
    let trace: f64 = (0..l).map(|i| noise.at(i, i)).sum();
    let p_value = f_tail(f, l as f64, freedom);
    Some(FirstStage {
        term: name.to_owned(),
        f: finite(f),
        df1: l,
        df2: freedom,
        p: p_value,
        f_robust: finite(wald.unwrap_or(0.0) / l as f64),
        f_effective: finite(quadratic(&pi, &gram) / trace),
    })
}

fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, f64::MAX) }
}

pub(super) fn block(m: &Matrix, which: &[usize]) -> Matrix {
    let data = which.iter().flat_map(|i| which.iter().map(|j| m.at(*i, *j))).collect();
    Matrix { rows: which.len(), cols: which.len(), data }
}

pub(super) fn quadratic(x: &Matrix, m: &Matrix) -> f64 {
    x.transposed().times(m).times(x).data.first().copied().unwrap_or(0.0)
}

/// Adds the first-stage residuals to the regression and asks whether they matter.
fn wu_hausman(ready: &Ready, stages: &Stages, design: &Design, k: usize) -> Option<Test> {
    let m = ready.endogenous.len();
    let plain: Vec<Vec<f64>> = ready.endogenous.iter().chain(&ready.exogenous).cloned().collect();
    let floors = ready.floors.get(..plain.len())?;
    let short = solve(plain.clone(), &ready.y, floors);
    let extended: Vec<Vec<f64>> =
        plain.into_iter().chain(stages.first.iter().map(|s| s.residuals.clone())).collect();
    let long = solve(extended, &ready.y, floors);
    let freedom = design.n() as f64 - k as f64 - m as f64;
    if freedom <= 0.0 {
        return None;
    }
    let statistic = (short.rss() - long.rss()) / m as f64 / (long.rss() / freedom);
    Some(Test { statistic: finite(statistic), df: m, p: f_tail(statistic, m as f64, freedom) })
}

/// The endogenous terms as if they were not.
fn least_squares(ready: &Ready, spec: &Spec, design: &Design, k: usize) -> Option<Vec<GmmEstimate>> {
    let columns: Vec<Vec<f64>> = ready.endogenous.iter().chain(&ready.exogenous).cloned().collect();
    let solved =
        solve(columns, &ready.y, ready.floors.get(..ready.endogenous.len() + ready.exogenous.len())?);
    let sigma2 = solved.rss() / (design.n() as f64 - k as f64).max(1.0);
    let basis = solved.basis();
    let fitted = Fitted::of(&solved, &basis, k, sigma2);
    let matrix = covariance(&spec.vcov, &fitted, design).ok()?.matrix;
    let one = |(j, x): (usize, &super::design::Regressor)| {
        let place = solved.qr.kept.iter().position(|k| *k == j)?;
        let (estimate, se) = (*solved.beta.get(place)?, matrix.at(place, place).max(0.0).sqrt());
        (estimate.is_finite() && se.is_finite()).then(|| GmmEstimate {
            term: x.name.to_string(),
            estimate,
            se,
        })
    };
    Some(design.endogenous.iter().enumerate().filter_map(one).collect())
}

fn sargan(stages: &Stages, design: &Design, degrees: usize) -> Option<(Test, Test)> {
    let u = &stages.second.residuals;
    if degrees == 0 {
        return None;
    }
    let first = stages.first.first()?;
    let explained: f64 = first.basis().iter().map(|q| dot(q, u).powi(2)).sum();
    let n = design.n() as f64;
    let k = super::covariance::k_full(first.qr.kept.len(), &design.effects) as f64;
    let test = |statistic: f64| Test { statistic, df: degrees, p: chi2_tail(statistic, degrees as f64) };
    let share = explained / dot(u, u);
    Some((test(finite(n * share)), test(finite((n - k) * share / (1.0 - share)))))
}

/// The moment conditions of a fit, in an orthonormal basis of the instruments.
struct Moments<'a> {
    basis: Vec<&'a [f64]>,
    /// Instruments times regressors, and times the response.
    a: Matrix,
    c: Matrix,
    columns: Vec<&'a Vec<f64>>,
    r_inverse: &'a Matrix,
}

impl<'a> Moments<'a> {
    fn new(ready: &'a Ready, stages: &'a Stages) -> Option<Self> {
        let first = stages.first.first()?;
        let basis = first.basis();
        let truth: Vec<&Vec<f64>> = ready.endogenous.iter().chain(&ready.exogenous).collect();
        let columns: Vec<&Vec<f64>> =
            stages.second.qr.kept.iter().filter_map(|j| truth.get(*j).copied()).collect();
        let mut a = Matrix::zeros(basis.len(), columns.len());
        for (i, q) in basis.iter().enumerate() {
            for (j, x) in columns.iter().enumerate() {
                *a.at_mut(i, j) = dot(q, x);
            }
        }
        let c = Matrix { rows: basis.len(), cols: 1, data: basis.iter().map(|q| dot(q, &ready.y)).collect() };
        Some(Self { basis, a, c, columns, r_inverse: &first.qr.r_inverse })
    }

    /// The variance of the moments at some residuals, about their mean if `center`.
    fn variance(&self, residuals: &[f64], spec: &Spec, design: &Design, center: bool) -> Matrix {
        let fitted =
            Fitted { basis: &self.basis, residuals, r_inverse: self.r_inverse, k_full: 0, sigma2: 0.0 };
        let variance = score_variance(&spec.vcov, &fitted, design);
        if !center {
            return variance;
        }
        let data = self.basis.iter().map(|q| dot(q, residuals)).collect();
        let mean = Matrix { rows: self.basis.len(), cols: 1, data };
        variance.plus(&mean.times(&mean.transposed()), -1.0 / design.n() as f64)
    }

    /// The minimiser, and the bread `(A'WA)^-1`.
    fn minimise(&self, weight: &Matrix) -> Option<(Matrix, Matrix)> {
        let left = self.a.transposed().times(weight);
        let bread = left.times(&self.a).inverse_spd()?;
        Some((bread.times(&left.times(&self.c)), bread))
    }
}

/// Hansen's J: the criterion of efficient two-step GMM at its minimum.
fn two_step_gmm(
    ready: &Ready,
    stages: &Stages,
    spec: &Spec,
    design: &Design,
    degrees: usize,
) -> Option<Test> {
    if degrees == 0 || spec.vcov == Vcov::Iid {
        return None;
    }
    let moments = Moments::new(ready, stages)?;
    let weight = moments.variance(&stages.second.residuals, spec, design, false).inverse_spd()?;
    let (b, _) = moments.minimise(&weight)?;
    let gap = moments.c.plus(&moments.a.times(&b), -1.0);
    let statistic = finite(quadratic(&gap, &weight));
    Some(Test { statistic, df: degrees, p: chi2_tail(statistic, degrees as f64) })
}

fn efficient(
    ready: &Ready,
    stages: &Stages,
    spec: &Spec,
    design: &Design,
    degrees: usize,
) -> Option<Vec<GmmEstimate>> {
    if degrees == 0 || spec.vcov == Vcov::Iid {
        return None;
    }
    let moments = Moments::new(ready, stages)?;
    let weight = moments.variance(&stages.second.residuals, spec, design, true).inverse_spd()?;
    let (b, bread) = moments.minimise(&weight)?;
    let mut residuals = ready.y.clone();
    for (x, beta) in moments.columns.iter().zip(&b.data) {
        super::dense::take_off(&mut residuals, x, *beta);
    }
    let left = bread.times(&moments.a.transposed()).times(&weight);
    let variance = left.times(&moments.variance(&residuals, spec, design, true)).times(&left.transposed());
    let names: Vec<&str> = design.endogenous.iter().chain(&design.exogenous).map(|x| &*x.name).collect();
    let kept = stages.second.qr.kept.iter().zip(&b.data).enumerate();
    let one = |(i, (j, estimate)): (usize, (&usize, &f64))| {
        let se = variance.at(i, i).max(0.0).sqrt();
        let term = names.get(*j).copied().unwrap_or_default().to_owned();
        (estimate.is_finite() && se.is_finite()).then_some(GmmEstimate { term, estimate: *estimate, se })
    };
    kept.map(one).collect()
}

//! One regression, from a design to a verdict.

use super::absorb::Absorber;
use super::alone::go_on;
use super::covariance::{Covariance, Fitted, covariance, k_full};
use super::data::Table;
use super::dense::{dot, take_off, upper_inverse};
use super::design::{Design, Dropped, Regressor};
use super::error::{EstimateError, Result};
use super::grouping::{Grouping, without_singletons};
use super::inference::{Estimate, Judge};
use super::instruments::{Diagnostics, diagnose, two_stages};
use super::least_squares::{Solved, solve};
use super::logit::regression::choice;
use super::ppml::poisson;
use super::spec::{Family, Spec, Vcov};
use std::sync::Arc;

/// A coefficient, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficient {
    pub term: Arc<str>,
    pub outcome: std::result::Result<Estimate, String>,
}

/// Something the reader must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    pub code: &'static str,
    pub text: String,
}

impl Flag {
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// A regression, estimated.
#[derive(Clone, Debug)]
pub struct Fit {
    pub coefficients: Vec<Coefficient>,
    pub n: usize,
    pub dropped: Vec<Dropped>,
    pub convention: String,
    pub freedom: f64,
    pub clusters: Option<usize>,
    /// Slopes, and slopes with absorbed effects.
    pub slopes: usize,
    pub k: usize,
    /// R² (of the deviance, for Poisson), and what of it lies within the effects.
    pub r2: f64,
    pub r2_within: Option<f64>,
    /// The residual standard deviation (the dispersion, for Poisson).
    pub sigma: f64,
    pub instruments: Option<Diagnostics>,
    pub flags: Vec<Flag>,
    /// Row of the table and residual, for every row used.
    pub residuals: Vec<(usize, f64)>,
    /// The covariance of the identified coefficients, in their order.
    pub covariance: super::dense::Matrix,
}

impl Fit {
    pub fn term(&self, name: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|c| &*c.term == name)
    }

    /// The estimate of a term that is identified.
    pub fn estimate(&self, name: &str) -> Option<Estimate> {
        self.term(name)?.outcome.as_ref().ok().copied()
    }
}

/// Fits a specification to a table.
pub fn fit_table(spec: &Spec, table: &Table) -> Result<Fit> {
    fit(spec, Design::build(spec, table)?)
}

/// Fits a design that is built.
pub fn fit(spec: &Spec, mut design: Design) -> Result<Fit> {
    go_on()?;
    if !design.effects.is_empty() {
        let rows = without_singletons(&design.effects, design.n());
        design.keep(&rows, "alone in a level of a fixed effect");
    }
    match spec.family {
        Family::Gaussian | Family::Shares => gaussian(spec, design),
        Family::Choice => choice(spec, design),
        Family::Poisson => poisson(spec, design),
    }
}

/// The columns made ready, in the order endogenous, exogenous, instruments.
pub(super) struct Ready {
    pub y: Vec<f64>,
    pub endogenous: Vec<Vec<f64>>,
    pub exogenous: Vec<Vec<f64>>,
    pub instruments: Vec<Vec<f64>>,
    /// How long a column must be to count as varying, regressors first, then instruments.
    pub floors: Vec<f64>,
    pub total: f64,
    pub within: f64,
}

fn gaussian(spec: &Spec, design: Design) -> Result<Fit> {
    enough(&design)?;
    let ready = ready(&design)?;
    let m = design.endogenous.len();
    let (solved, diagnostics) = if m == 0 {
        (solve(ready.exogenous, &ready.y, &ready.floors), None)
    } else {
        let stages = two_stages(&ready);
        let k = k_full(stages.second.qr.kept.len(), &design.effects);
        let diagnostics = diagnose(&ready, &stages, spec, &design, k);
        (stages.second, Some(diagnostics))
    };
    let n = design.n();
    let k = k_full(solved.qr.kept.len(), &design.effects);
    let rss = solved.rss();
    let sigma2 = rss / (n as f64 - k as f64).max(1.0);
    let summary = Summary {
        r2: share(rss, ready.total),
        r2_within: (!design.effects.is_empty()).then(|| share(rss, ready.within)),
        sigma: sigma2.sqrt(),
        sigma2,
        exact: rss <= 1e-24 * ready.total,
        k,
    };
    let weights = design.weights.clone();
    let plain = |i: usize, u: f64| u / weights.as_ref().and_then(|w| w.get(i)).map_or(1.0, |w| w.sqrt());
    let residuals: Vec<f64> = solved.residuals.iter().enumerate().map(|(i, u)| plain(i, *u)).collect();
    conclude(spec, &design, &solved, &residuals, diagnostics, &summary, Vec::new())
}

/// Too few rows is said before anything is computed.
pub(in crate::estimate) fn enough(design: &Design) -> Result<()> {
    if design.n() > 0 {
        return Ok(());
    }
    let reasons: Vec<String> = design.dropped.iter().map(|d| format!("{} {}", d.count, d.reason)).collect();
    Err(EstimateError::new("no rows are left").help(format!("left out: {}", reasons.join(", "))))
}

fn share(rss: f64, total: f64) -> f64 {
    if total > 0.0 { (1.0 - rss / total).clamp(-1e6, 1.0) } else { 0.0 }
}

fn ready(design: &Design) -> Result<Ready> {
    let copy = |all: &[Regressor]| all.iter().map(|x| x.values.clone()).collect::<Vec<_>>();
    let mut out = Ready {
        y: design.y.clone(),
        endogenous: copy(&design.endogenous),
        exogenous: copy(&design.exogenous),
        instruments: copy(&design.instruments),
        floors: Vec::new(),
        total: 0.0,
        within: 0.0,
    };
    let weights = design.weights.as_deref();
    let has_effects = !design.effects.is_empty();
    let columns = out.endogenous.iter().chain(&out.exogenous).chain(&out.instruments);
    out.floors = columns.map(|c| floor(c, weights, has_effects)).collect();
    out.total = centered(&out.y, weights);
    if has_effects {
        let Ready { y, endogenous, exogenous, instruments, .. } = &mut out;
        let mut all: Vec<&mut Vec<f64>> = vec![y];
        all.extend(endogenous.iter_mut().chain(exogenous).chain(instruments));
        Absorber::new(&design.effects, weights).residuals(&mut all)?;
    }
    if let Some(weights) = weights {
        let Ready { y, endogenous, exogenous, instruments, .. } = &mut out;
        for column in std::iter::once(y).chain(endogenous).chain(exogenous).chain(instruments) {
            column.iter_mut().zip(weights).for_each(|(v, w)| *v *= w.sqrt());
        }
    }
    out.within = if has_effects { dot(&out.y, &out.y) } else { out.total };
    Ok(out)
}

/// The sum of squares about the mean.
pub(in crate::estimate) fn centered(column: &[f64], weights: Option<&[f64]>) -> f64 {
    let weight = |i: usize| weights.and_then(|w| w.get(i)).copied().unwrap_or(1.0);
    let (mut sum, mut total) = (0.0, 0.0);
    for (i, v) in column.iter().enumerate() {
        sum += weight(i) * v;
        total += weight(i);
    }
    let mean = sum / total.max(f64::MIN_POSITIVE);
    column.iter().enumerate().map(|(i, v)| weight(i) * (v - mean) * (v - mean)).sum()
}

/// What rounding may leave of a column that the effects explain wholly.
pub(in crate::estimate) fn floor(column: &[f64], weights: Option<&[f64]>, has_effects: bool) -> f64 {
    if !has_effects {
        return 0.0;
    }
    let raw = dot(column, column).sqrt();
    (1e-7 * centered(column, weights).sqrt()).max(1e-12 * raw)
}

/// The figures that describe a fit as a whole.
pub(in crate::estimate) struct Summary {
    pub r2: f64,
    pub r2_within: Option<f64>,
    pub sigma: f64,
    pub sigma2: f64,
    pub exact: bool,
    /// Slopes and absorbed effects.
    pub k: usize,
}

pub(in crate::estimate) fn conclude(
    spec: &Spec,
    design: &Design,
    solved: &Solved,
    residuals: &[f64],
    instruments: Option<Diagnostics>,
    summary: &Summary,
    mut flags: Vec<Flag>,
) -> Result<Fit> {
    let n = design.n();
    let slopes = solved.qr.kept.len();
    let k = summary.k;
    let names: Vec<&Arc<str>> = design.endogenous.iter().chain(&design.exogenous).map(|x| &x.name).collect();
    let mut reasons = why_not(solved, &names, spec);
    let basis = solved.basis();
    let fitted = Fitted::of(solved, &basis, k, summary.sigma2);
    if n <= k {
        let reason = format!("{n} rows cannot identify {k} parameters");
        reasons.iter_mut().for_each(|r| *r = Some(reason.clone()));
        flags.push(Flag::new("EXACT_FIT", format!("{n} rows for {k} parameters: any data fit exactly")));
    }
    let cov = if n > k {
        covariance(&spec.vcov, &fitted, design)?
    } else {
        let matrix = super::dense::Matrix::zeros(slopes, slopes);
        Covariance { matrix, freedom: 1.0, convention: "none".to_owned(), clusters: None, repaired: false }
    };
    let judge = Judge::new(cov.freedom, spec.level);
    let mut blind = if n > k { without_error(&cov.matrix, solved, n) } else { Vec::new() };
    if let (true, [one]) = (n > k, design.clusters.as_slice()) {
        blind.extend(in_one_cluster(solved, one, names.first().is_some_and(|n| &***n == "(Intercept)")));
    }
    let mut coefficients = Vec::with_capacity(names.len());
    for (j, (name, reason)) in names.iter().zip(reasons).enumerate() {
        let place = solved.qr.kept.iter().position(|k| *k == j);
        let outcome = match (reason, place) {
            (Some(reason), _) => Err(reason),
            (None, Some(_)) if !summary.exact && blind.contains(&j) => Err(blind_reason(name, &spec.vcov)),
            (None, Some(place)) => {
                let estimate = solved.beta.get(place).copied().unwrap_or(f64::NAN);
                judge
                    .judge(estimate, cov.matrix.at(place, place))
                    .ok_or_else(|| "the numbers overflow".to_owned())
            }
            (None, None) => Err(format!("`{name}` is redundant")),
        };
        if let Err(reason) = &outcome {
            flags.push(Flag::new("UNIDENTIFIED", reason.clone()));
        }
        coefficients.push(Coefficient { term: Arc::clone(name), outcome });
    }
    flags.dedup();
    if cov.repaired {
        flags.push(Flag::new(
            "TWOWAY_NEGATIVE",
            "a two-way variance was negative; the larger one-way one is used",
        ));
    }
    if let Some(g) = cov.clusters.filter(|g| *g < 20) {
        flags.push(Flag::new("FEW_CLUSTERS", format!("{g} clusters are few; intervals may be too narrow")));
    }
    if summary.exact && n > k {
        flags.push(Flag::new(
            "EXACT_FIT",
            "the regressors explain the response exactly; standard errors mean nothing",
        ));
    }
    if let Some(diagnostics) = &instruments {
        flags.extend(diagnostics.flags());
    }
    Ok(Fit {
        coefficients,
        n,
        dropped: design.dropped.clone(),
        convention: cov.convention,
        freedom: cov.freedom,
        clusters: cov.clusters,
        slopes,
        k,
        r2: summary.r2,
        r2_within: summary.r2_within,
        sigma: summary.sigma,
        instruments,
        flags,
        residuals: design.rows.iter().copied().zip(residuals.iter().copied()).collect(),
        covariance: cov.matrix,
    })
}

/// A robust variance this small beside the plain one is no variance: the residuals that it sums are zero by construction.
const BLIND: f64 = 1e-14;

/// The regressors that a single cluster, or a single row, identifies. Least squares makes its score zero there, and with it
/// the robust error.
fn without_error(matrix: &super::dense::Matrix, solved: &Solved, n: usize) -> Vec<usize> {
    let bread = solved.bread();
    let sigma2 = solved.rss() / n as f64;
    let blind = |place: &usize| matrix.at(*place, *place) <= BLIND * sigma2 * bread.at(*place, *place);
    solved.qr.kept.iter().enumerate().filter(|(place, _)| blind(place)).map(|(_, j)| *j).collect()
}

/// The regressors that vary, within the effects, in one cluster only.
fn in_one_cluster(solved: &Solved, clusters: &Grouping, intercept: bool) -> Vec<usize> {
    let basis = solved.basis();
    let triangle = upper_inverse(&solved.qr.r_inverse);
    let mut out = Vec::new();
    let mut column = Vec::new();
    for (place, j) in solved.qr.kept.iter().enumerate().skip(usize::from(intercept)) {
        // The column as it was before it was made orthogonal to the others, but for the intercept.
        column.clear();
        column.resize(clusters.codes.len(), 0.0);
        for (k, q) in basis.iter().enumerate().take(place + 1).skip(usize::from(intercept)) {
            take_off(&mut column, q, -triangle.at(k, place));
        }
        let mut squares = vec![0.0; clusters.levels];
        for (value, code) in column.iter().zip(&clusters.codes) {
            if let Some(slot) = usize::try_from(*code).ok().and_then(|c| squares.get_mut(c)) {
                *slot += value * value;
            }
        }
        let (total, most) = squares.iter().fold((0.0, 0.0_f64), |(sum, most), s| (sum + s, most.max(*s)));
        if total - most <= BLIND * total {
            out.push(*j);
        }
    }
    out
}

fn blind_reason(name: &str, vcov: &Vcov) -> String {
    match vcov.clusters() {
        [] => format!("a single row tells `{name}`, and leaves no error to judge it by"),
        clusters => {
            let names = clusters.iter().map(super::formula::Effect::text).collect::<Vec<_>>().join(" or ");
            format!("a single {names} tells `{name}`, and errors between clusters cannot be judged by one")
        }
    }
}

/// For each regressor, the reason why the data cannot tell its coefficient.
fn why_not(solved: &Solved, names: &[&Arc<str>], spec: &Spec) -> Vec<Option<String>> {
    let mut out: Vec<Option<String>> = vec![None; names.len()];
    let name = |j: usize| names.get(j).map_or("", |n| n);
    let effects = &spec.formula.effects;
    let within = effects.iter().map(super::formula::Effect::text).collect::<Vec<_>>().join(" + ");
    for redundant in &solved.qr.redundant {
        let j = redundant.column;
        let others: Vec<usize> =
            redundant.explained_by.iter().copied().filter(|o| name(*o) != "(Intercept)").collect();
        if others.is_empty() {
            let within = if within.is_empty() { String::new() } else { format!(" within {within}") };
            if let Some(slot) = out.get_mut(j) {
                *slot = Some(format!("`{}` does not vary{within}", name(j)));
            }
            continue;
        }
        let list = others.iter().map(|o| format!("`{}`", name(*o))).collect::<Vec<_>>().join(", ");
        let reason = format!("`{}` cannot be told apart from {list}", name(j));
        for member in others.iter().chain([&j]) {
            if let Some(slot) = out.get_mut(*member) {
                slot.get_or_insert_with(|| reason.clone());
            }
        }
    }
    out
}

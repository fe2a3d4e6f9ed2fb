//! `ElasticityService`: regressions on small panels that come with the request.
//!
//! One at a time, on one thread, within limits that keep it to seconds: quotes go on beside it.

use super::answer::contained;
use super::convert::Invalid;
use super::gate::Deadline;
use super::proto::{self, elasticity_service_server, panel_column};
use super::status::{Condition, Failure};
use crate::estimate::alone::Alone;
use crate::estimate::by::{GroupFit, fit_by};
use crate::estimate::data::{Categories, Column, Table};
use crate::estimate::design::width;
use crate::estimate::error::EstimateError;
use crate::estimate::fit::{Coefficient, Fit, fit_table};
use crate::estimate::formula::{Effect, parse_condition};
use crate::estimate::grouping::Grouping;
use crate::estimate::instruments::Test;
use crate::estimate::pool::{Method, Shrunk};
use crate::estimate::pooled::{pool_term, pooled_name};
use crate::estimate::spec::{Family, Spec, Vcov};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

const COLUMNS_MAX: usize = 64;
const ROWS_MAX: usize = 20_000;
const NAME_CHARS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 2_000;
const GROUPS_MAX: usize = 1_000;
const REGRESSORS_MAX: usize = 200;
const NUMBERS_MAX: usize = 1_000_000;

/// The service.
#[derive(Clone, Debug)]
pub struct ElasticityService {
    /// One regression at a time.
    turns: Arc<Semaphore>,
    thread: Arc<Alone>,
}

impl ElasticityService {
    /// # Errors
    /// The thread cannot be made.
    pub fn new() -> Result<Self, impl std::error::Error + Send + Sync + 'static> {
        Alone::new().map(|thread| Self { turns: Arc::new(Semaphore::new(1)), thread: Arc::new(thread) })
    }
}

/// Says when nobody waits for an estimate any more.
#[derive(Debug, Default)]
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A request that is understood.
struct Asked {
    table: Table,
    spec: Spec,
    by: Option<Effect>,
    pooling: Option<Method>,
    within: Option<Effect>,
}

impl Asked {
    fn answer(&self) -> Result<proto::EstimateElasticityResponse, Failure> {
        let unanswered = |error: EstimateError| Failure::invalid(vec![said("formula", &error)]);
        let Some(by) = &self.by else {
            let fit = fit_table(&self.spec, &self.table).map_err(unanswered)?;
            return Ok(proto::EstimateElasticityResponse { regressions: vec![regression("", &fit)] });
        };
        let fits = fit_by(&self.spec, &self.table, by).map_err(unanswered)?;
        let (term, pooled) = match self.pooling {
            None => (String::new(), vec![None; fits.len()]),
            Some(method) => {
                let term = pooled_name(&self.spec).map_err(unanswered)?;
                let pooled = pool_term(&fits, &term, self.within.as_ref(), &self.table, method);
                (term, pooled.map_err(|error| Failure::invalid(vec![said("within", &error)]))?)
            }
        };
        let one = |(group, pooled): (&GroupFit, Option<Shrunk>)| {
            let regression = match &group.result {
                Ok(fit) => regression(&group.group, fit),
                Err(error) => proto::Regression {
                    group: group.group.clone(),
                    failure: error.to_string(),
                    ..proto::Regression::default()
                },
            };
            let pooled = pooled.map(|shrunk| proto::PooledEstimate {
                term: term.clone(),
                estimate: shrunk.pooled.estimate,
                standard_error: shrunk.pooled.se,
                mean: shrunk.mu,
                variance: shrunk.tau2,
            });
            proto::Regression { pooled, ..regression }
        };
        Ok(proto::EstimateElasticityResponse { regressions: fits.iter().zip(pooled).map(one).collect() })
    }
}

/// What an estimation says, as the end of a sentence about a field.
fn said(field: &str, error: &EstimateError) -> Invalid {
    Invalid::new(field, format!("cannot be estimated: {error}"))
}

/// Reads a request whole: every violation is collected.
fn read(request: proto::EstimateElasticityRequest) -> Result<Asked, Failure> {
    let mut bad = Vec::new();
    if COLUMNS_MAX < request.columns.len() {
        return Err(Failure::batch_too_large("columns", request.columns.len(), COLUMNS_MAX));
    }
    let mut table = Table::new();
    if request.columns.is_empty() {
        bad.push(Invalid::new("columns", "is empty: a panel has columns"));
    }
    for (at, column) in request.columns.into_iter().enumerate() {
        let field = |part: &str| format!("columns[{at}].{part}");
        let name = column.name;
        if name.is_empty() || NAME_CHARS_MAX < name.chars().count() {
            bad.push(Invalid::new(field("name"), format!("has not 1 to {NAME_CHARS_MAX} characters")));
            continue;
        }
        if table.find(&name).is_some() {
            bad.push(Invalid::new(field("name"), format!("is {name:?}, as an earlier column is")));
            continue;
        }
        let (part, column) = match column.values {
            Some(panel_column::Values::Numbers(numbers)) => {
                if let Some(row) = numbers.values.iter().position(|value| value.is_infinite()) {
                    let why = "is infinite; NaN says that a number is missing";
                    bad.push(Invalid::new(field(&format!("numbers.values[{row}]")), why));
                    continue;
                }
                ("numbers", Column::Number(numbers.values))
            }
            Some(panel_column::Values::Texts(texts)) => {
                let texts = texts.values.iter().map(String::as_str);
                ("texts", Column::Text(Categories::from_texts(texts)))
            }
            None => {
                bad.push(Invalid::new(field("values"), "is missing: `numbers` or `texts`"));
                continue;
            }
        };
        if ROWS_MAX < column.len() {
            return Err(Failure::batch_too_large("columns", column.len(), ROWS_MAX));
        }
        if column.is_empty() {
            bad.push(Invalid::new(field(part), "has no rows"));
        } else if !table.names().is_empty() && column.len() != table.rows() {
            let why = format!("has {} rows, an earlier column {}", column.len(), table.rows());
            bad.push(Invalid::new(field(part), why));
        } else if let Err(error) = table.insert(&name, column) {
            bad.push(Invalid::new(field(part), error.to_string()));
        }
    }
    let mut short = |field: &str, text: &str| {
        let is_short = text.chars().count() <= TEXT_CHARS_MAX;
        if !is_short {
            bad.push(Invalid::new(field, format!("has more than {TEXT_CHARS_MAX} characters")));
        }
        is_short && !text.is_empty()
    };
    let given = [
        ("vcov", &request.vcov),
        ("weights", &request.weights),
        ("filter", &request.filter),
        ("by", &request.by),
        ("within", &request.within),
    ]
    .map(|(field, text)| short(field, text));
    let has_formula = short("formula", &request.formula);
    let mut spec = match has_formula {
        true => Spec::new(&request.formula).map_err(|error| bad.push(wrong("formula", &error))).ok(),
        false => {
            if request.formula.is_empty() {
                let why = "is missing: write what is estimated, such as `log(units) ~ log(price)`";
                bad.push(Invalid::new("formula", why));
            }
            None
        }
    };
    let [has_vcov, has_weights, has_filter, has_by, has_within] = given;
    let mut note = |field: &str, error: EstimateError| bad.push(wrong(field, &error));
    if has_vcov {
        match Vcov::parse(&request.vcov) {
            Ok(vcov) => spec.iter_mut().for_each(|spec| spec.vcov = vcov.clone()),
            Err(error) => note("vcov", error),
        }
    }
    if has_weights {
        match parse_condition(&request.weights) {
            Ok(weights) => spec.iter_mut().for_each(|spec| spec.weights = Some(weights.clone())),
            Err(error) => note("weights", error),
        }
    }
    if has_filter {
        match parse_condition(&request.filter) {
            Ok(filter) => spec.iter_mut().for_each(|spec| spec.filter = Some(filter.clone())),
            Err(error) => note("filter", error),
        }
    }
    match proto::EstimationFamily::try_from(request.family) {
        Ok(proto::EstimationFamily::Poisson) => {
            spec.iter_mut().for_each(|spec| spec.family = Family::Poisson);
        }
        Ok(_) => {}
        Err(_) => bad.push(Invalid::new("family", format!("is {}, which is no family", request.family))),
    }
    let pooling = match proto::PoolingMethod::try_from(request.pooling) {
        Ok(proto::PoolingMethod::Unspecified) => None,
        Ok(proto::PoolingMethod::DersimonianLaird) => Some(Method::DerSimonianLaird),
        Ok(proto::PoolingMethod::Reml) => Some(Method::Reml),
        Ok(proto::PoolingMethod::Adjusted) => Some(Method::Adjusted),
        Err(_) => {
            bad.push(Invalid::new("pooling", format!("is {}, which is no method", request.pooling)));
            None
        }
    };
    if pooling.is_some() && !has_by {
        bad.push(Invalid::new("pooling", "needs `by`: there is nothing to draw towards"));
    }
    if has_within && pooling.is_none() {
        bad.push(Invalid::new("within", "needs `pooling`"));
    }
    let effect =
        |text: &str| Effect { columns: text.split('^').map(|name| name.trim().to_owned()).collect() };
    let by = has_by.then(|| effect(&request.by));
    let within = has_within.then(|| effect(&request.within));
    for (field, effect) in [("by", &by), ("within", &within)] {
        match effect.as_ref().map(|effect| Grouping::of(effect, &table)) {
            Some(Err(error)) => bad.push(wrong(field, &error)),
            Some(Ok(groups)) if GROUPS_MAX < groups.levels => {
                let why = format!("has {} values, at most {GROUPS_MAX} are read", groups.levels);
                bad.push(Invalid::new(field, why));
            }
            _ => {}
        }
    }
    if let Some(spec) = spec.as_ref().filter(|_| bad.is_empty()) {
        match width(spec, &table) {
            Err(error) => bad.push(wrong("formula", &error)),
            Ok(width) if REGRESSORS_MAX < width || NUMBERS_MAX / table.rows().max(1) < width => {
                let why = format!(
                    "makes {width} regressors of {} rows: at most {REGRESSORS_MAX} regressors and {NUMBERS_MAX} numbers; absorb effects behind `|`",
                    table.rows()
                );
                bad.push(Invalid::new("formula", why));
            }
            Ok(_) => {}
        }
    }
    match spec {
        Some(spec) if bad.is_empty() => Ok(Asked { table, spec, by, pooling, within }),
        _ => Err(Failure::invalid(bad)),
    }
}

fn wrong(field: &str, error: &EstimateError) -> Invalid {
    Invalid::new(field, format!("is not understood: {error}"))
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

fn regression(group: &str, fit: &Fit) -> proto::Regression {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let test = |test: Option<Test>| {
        test.filter(|test| test.statistic.is_finite() && test.p.is_finite()).map(|test| {
            proto::TestStatistic {
                value: test.statistic,
                degrees_of_freedom: count(test.df),
                p_value: test.p,
            }
        })
    };
    let instruments = fit.instruments.as_ref();
    let stages = instruments.into_iter().flat_map(|found| &found.first);
    proto::Regression {
        group: group.to_owned(),
        coefficients: fit.coefficients.iter().map(coefficient).collect(),
        rows: count(fit.n),
        dropped: fit
            .dropped
            .iter()
            .map(|dropped| proto::DroppedRows { reason: dropped.reason.clone(), rows: count(dropped.count) })
            .collect(),
        vcov_convention: fit.convention.clone(),
        degrees_of_freedom: finite(fit.freedom).unwrap_or_default(),
        r2: finite(fit.r2),
        r2_within: fit.r2_within.and_then(finite),
        first_stages: stages
            .map(|stage| proto::FirstStage {
                term: stage.term.clone(),
                f: finite(stage.f).unwrap_or_default(),
                f_robust: finite(stage.f_robust).unwrap_or_default(),
                f_effective: finite(stage.f_effective).unwrap_or_default(),
            })
            .collect(),
        wu_hausman: test(instruments.and_then(|found| found.wu_hausman)),
        sargan: test(instruments.and_then(|found| found.sargan)),
        hansen_j: test(instruments.and_then(|found| found.j)),
        notes: fit
            .flags
            .iter()
            .map(|flag| proto::EstimationNote { code: flag.code.to_owned(), text: flag.text.clone() })
            .collect(),
        pooled: None,
        failure: String::new(),
    }
}

fn coefficient(coefficient: &Coefficient) -> proto::Coefficient {
    let term = coefficient.term.to_string();
    match &coefficient.outcome {
        Ok(found) => proto::Coefficient {
            term,
            estimate: finite(found.estimate),
            standard_error: finite(found.se),
            t_value: finite(found.t),
            p_value: finite(found.p),
            low: finite(found.low),
            high: finite(found.high),
            unidentified_reason: String::new(),
        },
        Err(reason) => {
            proto::Coefficient { term, unidentified_reason: reason.clone(), ..proto::Coefficient::default() }
        }
    }
}

#[tonic::async_trait]
impl elasticity_service_server::ElasticityService for ElasticityService {
    async fn estimate_elasticity(
        &self,
        request: Request<proto::EstimateElasticityRequest>,
    ) -> Result<Response<proto::EstimateElasticityResponse>, Status> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let Ok(turn) = self.turns.clone().try_acquire_owned() else {
            return Err(Failure::new(Condition::Overloaded, "another panel is being estimated").into());
        };
        let (thread, request) = (self.thread.clone(), request.into_inner());
        // Set when the call ends, by an answer, its deadline or a client that goes.
        let gone = Gone::default();
        let unwanted = gone.0.clone();
        let estimated = tokio::task::spawn_blocking(move || {
            let answer = contained(|| {
                let asked = read(request)?;
                // What nobody waits for any more is not estimated.
                match deadline.is_some_and(Deadline::has_passed) {
                    true => Err(Failure::new(Condition::DeadlineExceeded, "the deadline passed")),
                    false => thread.run(&unwanted, || asked.answer()),
                }
            });
            drop(turn);
            answer
        });
        let failed = |_| {
            Failure::new(
                Condition::Internal,
                "the estimation failed for a reason of our own; please report it",
            )
        };
        Ok(Response::new(estimated.await.map_err(failed)??))
    }
}

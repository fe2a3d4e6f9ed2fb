//! From a formula and a table to the columns of a regression.

use super::data::{Categories, Column, Table};
use super::error::{EstimateError, Result};
use super::evaluate::{columns, holds, numbers};
use super::formula::{Effect, Expr, Factor, FactorKind, Formula, Slope, Term};
use super::grouping::Grouping;
use super::logit::berry::log_odds;
use super::spec::{Family, Spec};
use std::sync::Arc;

/// Above this many levels an indicator should be a fixed effect.
const LEVELS_MAX: usize = 1_000;

/// A column of the regression and its name.
#[derive(Clone, Debug)]
pub struct Regressor {
    pub name: Arc<str>,
    pub values: Vec<f64>,
}

/// Rows that were left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub reason: String,
    pub count: usize,
}

/// Everything a regression reads, rows with missing values already left out.
#[derive(Clone, Debug, Default)]
pub struct Design {
    pub y: Vec<f64>,
    /// Exogenous regressors, the intercept included.
    pub exogenous: Vec<Regressor>,
    pub endogenous: Vec<Regressor>,
    pub instruments: Vec<Regressor>,
    pub effects: Vec<Grouping>,
    pub clusters: Vec<Grouping>,
    pub weights: Option<Vec<f64>>,
    /// For HAC errors: the panel and the time of each row.
    pub panel: Option<Grouping>,
    pub time: Option<Vec<f64>>,
    /// Choice sets, or markets.
    pub sets: Option<Grouping>,
    /// The row of the table behind each row here.
    pub rows: Vec<usize>,
    pub dropped: Vec<Dropped>,
    /// Rows of the table that were left out, with the place of the reason in `dropped`.
    pub lost: Vec<(usize, usize)>,
}

impl Design {
    pub fn n(&self) -> usize {
        self.y.len()
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let pick = |v: &Vec<f64>| rows.iter().filter_map(|r| v.get(*r).copied()).collect::<Vec<f64>>();
        let pick_all = |all: &[Regressor]| {
            all.iter().map(|x| Regressor { name: Arc::clone(&x.name), values: pick(&x.values) }).collect()
        };
        Self {
            y: pick(&self.y),
            exogenous: pick_all(&self.exogenous),
            endogenous: pick_all(&self.endogenous),
            instruments: pick_all(&self.instruments),
            effects: self.effects.iter().map(|g| g.select(rows)).collect(),
            clusters: self.clusters.iter().map(|g| g.select(rows)).collect(),
            weights: self.weights.as_ref().map(pick),
            panel: self.panel.as_ref().map(|g| g.select(rows)),
            time: self.time.as_ref().map(pick),
            sets: self.sets.as_ref().map(|g| g.select(rows)),
            rows: rows.iter().filter_map(|r| self.rows.get(*r).copied()).collect(),
            dropped: self.dropped.clone(),
            lost: Vec::new(),
        }
    }

    /// Leaves out rows and says why.
    pub fn keep(&mut self, rows: &[usize], reason: &str) {
        let count = self.n() - rows.len();
        if count > 0 {
            *self = self.select(rows);
            self.dropped.push(Dropped { reason: reason.to_owned(), count });
        }
    }

    /// Builds the columns that a specification asks for.
    pub fn build(spec: &Spec, table: &Table) -> Result<Self> {
        let mut sieve = Sieve::new(spec.filter.as_ref(), table)?;
        let formula = &spec.formula;
        let mut design = Self { y: value(&formula.response, table)?, ..Self::default() };
        if let Some(set) = &spec.set {
            let sets = Grouping::of(set, table)?;
            sieve.sift_codes(&set.text(), &sets);
            design.sets = Some(sets);
        }
        if spec.family == Family::Shares {
            let markets = design.sets.as_ref().ok_or_else(|| no_set("shares", "market"))?;
            design.y = log_odds(&design.y, markets)?;
        }
        sieve.sift(&formula.response.text, &design.y, &read(&formula.response), table);
        if formula.intercept && formula.effects.is_empty() {
            let ones = vec![1.0; table.rows()];
            design.exogenous.push(Regressor { name: Arc::from("(Intercept)"), values: ones });
        }
        let columns = |terms: &[Term], sieve: &mut Sieve| -> Result<Vec<Regressor>> {
            let mut out = Vec::new();
            for term in terms {
                out.extend(expand(term, formula, table, sieve)?);
            }
            Ok(out)
        };
        design.endogenous = columns(&formula.endogenous, &mut sieve)?;
        design.exogenous.extend(columns(&formula.terms, &mut sieve)?);
        design.instruments = columns(&formula.instruments, &mut sieve)?;
        let groups = |effects: &[Effect], sieve: &mut Sieve| -> Result<Vec<Grouping>> {
            let grouped = effects.iter().map(|e| Grouping::of(e, table)).collect::<Result<Vec<_>>>()?;
            for (effect, grouping) in effects.iter().zip(&grouped) {
                sieve.sift_codes(&effect.text(), grouping);
            }
            Ok(grouped)
        };
        design.effects = groups(&formula.effects, &mut sieve)?;
        // A cluster is often one of the effects, whose rows are sifted already.
        for cluster in spec.vcov.clusters() {
            let known = formula.effects.iter().position(|effect| effect == cluster);
            match known.and_then(|at| design.effects.get(at)) {
                Some(same) => design.clusters.push(same.clone()),
                None => design.clusters.extend(groups(std::slice::from_ref(cluster), &mut sieve)?),
            }
        }
        let (time, panel) = spec.vcov.ordering();
        if let Some(panel) = panel {
            design.panel = groups(std::slice::from_ref(panel), &mut sieve)?.pop();
        }
        if let Some(time) = time {
            let values = super::order::time(table.column(time)?);
            sieve.sift(time, &values, &[time.to_owned()], table);
            design.time = Some(values);
        }
        if let Some(weights) = &spec.weights {
            let mut values = numbers(weights, table)?;
            values.iter_mut().filter(|w| **w <= 0.0).for_each(|w| *w = f64::NAN);
            sieve.sift("weights", &values, &[], table);
            design.weights = Some(values);
        }
        design.rows = (0..table.rows()).collect();
        let rows = sieve.rows();
        if rows.len() < table.rows() {
            design = design.select(&rows);
        }
        design.dropped = sieve.dropped;
        design.lost = sieve.lost;
        Ok(design)
    }
}

/// How many columns a formula makes of a table at most, before any of them is made.
pub fn width(spec: &Spec, table: &Table) -> Result<usize> {
    let formula = &spec.formula;
    let levels = |factor: &Factor| -> Result<usize> {
        let column = match &factor.kind {
            FactorKind::Levels { column, .. } => column,
            FactorKind::Value(Expr::Column(name)) if matches!(table.find(name), Some(Column::Text(_))) => {
                name
            }
            FactorKind::Value(_) => return Ok(1),
        };
        Ok(sorted_levels(column, table)?.0.levels.len())
    };
    let terms = formula.endogenous.iter().chain(&formula.terms).chain(&formula.instruments);
    terms.into_iter().try_fold(1_usize, |sum, term| {
        let columns = term
            .factors
            .iter()
            .try_fold(1_usize, |product, factor| Ok(product.saturating_mul(levels(factor)?)))?;
        Ok(sum.saturating_add(columns))
    })
}

/// What a family lacks without sets.
pub(super) fn no_set(family: &str, set: &str) -> EstimateError {
    EstimateError::new(format!("the family {family} needs to know the {set} of each row"))
        .help(format!("name the column: --set {set}"))
}

/// Decides which rows stay, and counts why the others do not. The first reason counts.
struct Sieve {
    keep: Vec<bool>,
    dropped: Vec<Dropped>,
    lost: Vec<(usize, usize)>,
}

impl Sieve {
    fn new(filter: Option<&Expr>, table: &Table) -> Result<Self> {
        let mut out = Self { keep: vec![true; table.rows()], dropped: Vec::new(), lost: Vec::new() };
        if let Some(filter) = filter {
            let holds = holds(filter, table)?;
            out.drop("left out by the filter", |row| !holds.get(row).copied().unwrap_or(false));
        }
        Ok(out)
    }

    fn drop(&mut self, reason: &str, gone: impl Fn(usize) -> bool) {
        let before = self.lost.len();
        for (row, keep) in self.keep.iter_mut().enumerate() {
            if *keep && gone(row) {
                *keep = false;
                self.lost.push((row, self.dropped.len()));
            }
        }
        let count = self.lost.len() - before;
        if count > 0 {
            self.dropped.push(Dropped { reason: reason.to_owned(), count });
        }
    }

    fn sift(&mut self, text: &str, values: &[f64], read: &[String], table: &Table) {
        if values.iter().all(|v| v.is_finite()) {
            return;
        }
        for name in read {
            if let Some(Column::Number(source)) = table.find(name) {
                let missing = |row: usize| source.get(row).is_some_and(|v| v.is_nan());
                self.drop(&format!("`{name}` is missing"), missing);
            }
        }
        let reason = if text == "weights" {
            "the weight is not positive".to_owned()
        } else if text.starts_with("log(") {
            format!("`{text}` is the logarithm of zero or less")
        } else {
            format!("`{text}` is not a finite number")
        };
        self.drop(&reason, |row| !values.get(row).is_some_and(|v| v.is_finite()));
    }

    fn sift_codes(&mut self, name: &str, grouping: &Grouping) {
        let missing = |row: usize| grouping.codes.get(row).is_none_or(|c| *c == super::data::MISSING);
        self.drop(&format!("`{name}` is missing"), missing);
    }

    fn rows(&self) -> Vec<usize> {
        self.keep.iter().enumerate().filter(|(_, k)| **k).map(|(i, _)| i).collect()
    }
}

fn read(factor: &Factor) -> Vec<String> {
    let mut names = Vec::new();
    match &factor.kind {
        FactorKind::Value(expr) => columns(expr, &mut names),
        FactorKind::Levels { column, slope, .. } => {
            names.push(column.clone());
            if let Some(slope) = slope {
                columns(&slope.expr, &mut names);
            }
        }
    }
    names
}

fn value(factor: &Factor, table: &Table) -> Result<Vec<f64>> {
    match &factor.kind {
        FactorKind::Value(expr) => numbers(expr, table),
        FactorKind::Levels { .. } => Err(EstimateError::new(format!("`{}` is not one number", factor.text))),
    }
}

/// The columns of a term: the product over its factors of each one's columns.
fn expand(term: &Term, formula: &Formula, table: &Table, sieve: &mut Sieve) -> Result<Vec<Regressor>> {
    let mut out: Vec<(String, Vec<f64>)> = Vec::new();
    for (place, factor) in term.factors.iter().enumerate() {
        let own = factor_columns(place, factor, term, formula, table, sieve)?;
        out = match out.is_empty() {
            true => own,
            false => {
                let pair = |(a, x): &(String, Vec<f64>), (b, y): &(String, Vec<f64>)| {
                    (format!("{a}:{b}"), x.iter().zip(y).map(|(x, y)| x * y).collect())
                };
                own.iter().flat_map(|right| out.iter().map(move |left| pair(left, right))).collect()
            }
        };
    }
    Ok(out.into_iter().map(|(name, values)| Regressor { name: Arc::from(name), values }).collect())
}

fn factor_columns(
    place: usize,
    factor: &Factor,
    term: &Term,
    formula: &Formula,
    table: &Table,
    sieve: &mut Sieve,
) -> Result<Vec<(String, Vec<f64>)>> {
    let (column, prefix, reference, slope) = match &factor.kind {
        FactorKind::Levels { column, reference, slope } => {
            (column, format!("{column}::"), reference.as_deref(), slope.as_ref())
        }
        FactorKind::Value(Expr::Column(name)) if matches!(table.find(name), Some(Column::Text(_))) => {
            (name, name.clone(), None, None)
        }
        FactorKind::Value(expr) => {
            let values = numbers(expr, table)?;
            sieve.sift(&factor.text, &values, &read(factor), table);
            return Ok(vec![(factor.text.clone(), values)]);
        }
    };
    let (codes, order) = sorted_levels(column, table)?;
    sieve.sift_codes(column, &Grouping { codes: codes.codes.clone(), levels: codes.levels.len() });
    let slope_values = match slope {
        Some(slope) => {
            let values = numbers(&slope.expr, table)?;
            let mut names = Vec::new();
            columns(&slope.expr, &mut names);
            sieve.sift(&slope.text, &values, &names, table);
            Some((slope.text.as_str(), values))
        }
        None => None,
    };
    let left_out = match reference {
        Some(level) => Some(
            order
                .iter()
                .copied()
                .find(|o| codes.level(*o) == Some(level))
                .ok_or_else(|| EstimateError::new(format!("column `{column}` has no level `{level}`")))?,
        ),
        // As R does: all levels, unless the formula also holds the term without this factor.
        None if spanned(place, term, slope, formula) => order.first().copied(),
        None => None,
    };
    let mut out = Vec::new();
    for code in order.iter().filter(|o| Some(**o) != left_out) {
        let level = codes.level(*code).unwrap_or_default();
        let indicator = codes.codes.iter().map(|c| f64::from(u8::from(c == code)));
        out.push(match &slope_values {
            None => (format!("{prefix}{level}"), indicator.collect()),
            Some((name, values)) => {
                let product = indicator.zip(values).map(|(i, v)| if i > 0.0 { *v } else { 0.0 }).collect();
                (format!("{prefix}{level}:{name}"), product)
            }
        });
    }
    Ok(out)
}

/// Whether the sum of this factor's columns is already in the formula.
fn spanned(place: usize, term: &Term, slope: Option<&Slope>, formula: &Formula) -> bool {
    let mut others: Vec<Factor> = term.factors.clone();
    if place < others.len() {
        others.remove(place);
    }
    if let Some(slope) = slope {
        others.push(Factor { kind: FactorKind::Value(slope.expr.clone()), text: String::new() });
    }
    if others.is_empty() {
        return formula.intercept || !formula.effects.is_empty();
    }
    let rest = Term { factors: others };
    formula.regressors().any(|t| t.same(&rest))
}

/// The categories of a column with their codes in the order of the levels.
fn sorted_levels(name: &str, table: &Table) -> Result<(Categories, Vec<u32>)> {
    let categories = match table.column(name)? {
        Column::Text(categories) => categories.clone(),
        Column::Number(values) => {
            let grouping = Grouping::of(&Effect { columns: vec![name.to_owned()] }, table)?;
            let mut levels = vec![String::new(); grouping.levels];
            for (code, value) in grouping.codes.iter().zip(values) {
                if let Some(level) = usize::try_from(*code).ok().and_then(|c| levels.get_mut(c))
                    && level.is_empty()
                {
                    *level = value.to_string();
                }
            }
            Categories { codes: grouping.codes, levels }
        }
    };
    if categories.levels.len() > LEVELS_MAX {
        let message =
            format!("column `{name}` has {} levels, too many for indicators", categories.levels.len());
        return Err(EstimateError::new(message).help(format!("absorb it: `| {name}`")));
    }
    let mut order: Vec<u32> = (0..u32::try_from(categories.levels.len()).unwrap_or(0)).collect();
    let numeric = |code: &u32| categories.level(*code).and_then(|l| l.parse::<f64>().ok());
    if order.iter().all(|c| numeric(c).is_some()) {
        order.sort_by(|a, b| numeric(a).unwrap_or(0.0).total_cmp(&numeric(b).unwrap_or(0.0)));
    } else {
        order.sort_by(|a, b| categories.level(*a).cmp(&categories.level(*b)));
    }
    Ok((categories, order))
}

//! One regression for each group, all groups at once.

use super::covariance::convention;
use super::data::{Column, Table};
use super::design::{Design, Dropped};
use super::error::{EstimateError, Result};
use super::fit::{Coefficient, Fit, fit};
use super::formula::Effect;
use super::grouping::Grouping;
use super::hygiene::{inspect, inspect_columns};
use super::lean::{Judges, LeanPlan, Scratch, fit_span};
use super::spec::{Family, Spec};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The regression of one group.
#[derive(Clone, Debug)]
pub struct GroupFit {
    pub group: String,
    /// A row of the table that belongs to the group.
    pub sample_row: usize,
    pub result: Result<Fit>,
}

/// Fits each group by itself. Groups come in the order of the table, whatever the number of threads.
pub fn fit_by(spec: &Spec, table: &Table, by: &Effect) -> Result<Vec<GroupFit>> {
    let groups = Grouping::of(by, table)?;
    let mut design = Design::build(spec, table)?;
    let code = |row: &usize| groups.codes.get(*row).and_then(|c| usize::try_from(*c).ok());
    // What each group lost, by reason.
    let mut lost: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); groups.levels];
    for (row, reason) in &design.lost {
        if let Some(counts) = code(row).and_then(|c| lost.get_mut(c)) {
            *counts.entry(*reason).or_default() += 1;
        }
    }
    let reasons = std::mem::take(&mut design.dropped);
    let mut first = vec![usize::MAX; groups.levels];
    for row in (0..table.rows()).rev() {
        if let Some(slot) = code(&row).and_then(|c| first.get_mut(c)) {
            *slot = row;
        }
    }
    // Rows group by group: a counting sort of the places.
    let mut starts = vec![0_usize; groups.levels + 1];
    let own: Vec<usize> = design.rows.iter().map(|row| code(row).unwrap_or(groups.levels)).collect();
    for code in &own {
        if let Some(slot) = starts.get_mut(code + 1) {
            *slot += 1;
        }
    }
    let mut sum = 0;
    starts.iter_mut().for_each(|s| {
        sum += *s;
        *s = sum;
    });
    let mut next = starts.clone();
    let mut order = vec![0_usize; sum];
    for (place, code) in own.iter().enumerate() {
        if let (Some(at), true) = (next.get_mut(*code), *code < groups.levels) {
            if let Some(slot) = order.get_mut(*at) {
                *slot = place;
            }
            *at += 1;
        }
    }
    let lean = Lean::prepare(spec, &design, &order);
    let span = |group: usize| {
        let at = |i: usize| starts.get(i).copied().unwrap_or(order.len());
        order.get(at(group)..at(group + 1)).unwrap_or_default()
    };
    let one = |group: usize, scratch: &mut (Scratch, Judges)| {
        let rows = span(group);
        let dropped = lost.get(group).into_iter().flatten().filter_map(|(reason, count)| {
            reasons.get(*reason).map(|r| Dropped { reason: r.reason.clone(), count: *count })
        });
        let dropped: Vec<Dropped> = dropped.collect();
        let begin = starts.get(group).copied().unwrap_or(0);
        let quick = lean.as_ref().and_then(|l| l.fit(spec, begin..begin + rows.len(), &dropped, scratch));
        let result = match quick {
            Some(fit) => Ok(fit),
            None => full(spec, &design, rows, dropped),
        };
        let row = first.get(group).copied().unwrap_or(0);
        GroupFit { group: label(by, table, row), sample_row: row, result }
    };
    let scratch = || (Scratch::default(), Judges::new(spec.level));
    Ok((0..groups.levels).into_par_iter().with_min_len(64).map_init(scratch, |s, g| one(g, s)).collect())
}

/// The regression of a group by the path of all others.
fn full(spec: &Spec, design: &Design, rows: &[usize], dropped: Vec<Dropped>) -> Result<Fit> {
    let mut sample = design.select(rows);
    sample.dropped = dropped;
    let flags = inspect(spec, &sample);
    if sample.n() == 0 {
        return Err(EstimateError::new("no rows are left"));
    }
    fit(spec, sample).map(|mut fit| {
        fit.flags.extend(flags);
        fit
    })
}

/// Columns laid out group by group, for specifications that need nothing else.
struct Lean {
    plan: LeanPlan,
    names: Vec<Arc<str>>,
    y: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

impl Lean {
    fn prepare(spec: &Spec, design: &Design, order: &[usize]) -> Option<Self> {
        let simple = spec.family == Family::Gaussian
            && LeanPlan::knows(&spec.vcov)
            && design.weights.is_none()
            && design.effects.is_empty()
            && design.endogenous.is_empty();
        if !simple {
            return None;
        }
        let intercept = design.exogenous.first().is_some_and(|x| &*x.name == "(Intercept)");
        let sorted = order.len() == design.n() && order.is_sorted();
        let pick = |v: &Vec<f64>| match sorted {
            true => v.clone(),
            false => order.iter().filter_map(|r| v.get(*r).copied()).collect::<Vec<f64>>(),
        };
        Some(Self {
            plan: LeanPlan { intercept, vcov: spec.vcov.clone() },
            names: design.exogenous.iter().map(|x| Arc::clone(&x.name)).collect(),
            y: pick(&design.y),
            columns: design.exogenous.iter().skip(usize::from(intercept)).map(|x| pick(&x.values)).collect(),
        })
    }

    fn fit(
        &self,
        spec: &Spec,
        span: std::ops::Range<usize>,
        dropped: &[Dropped],
        (scratch, judges): &mut (Scratch, Judges),
    ) -> Option<Fit> {
        let y = self.y.get(span.clone())?;
        let columns: Vec<&[f64]> = self.columns.iter().filter_map(|c| c.get(span.clone())).collect();
        let found = fit_span(&self.plan, y, &columns, scratch)?;
        let (n, k) = (y.len(), self.names.len());
        let judge = judges.of(n - k);
        let coefficients = self.names.iter().zip(&found.beta).enumerate().map(|(i, (name, beta))| {
            let outcome = judge.judge(*beta, found.covariance.at(i, i)).filter(|e| e.se > 0.0)?;
            Some(Coefficient { term: Arc::clone(name), outcome: Ok(outcome) })
        });
        let named = self.names.iter().skip(usize::from(self.plan.intercept)).map(|n| &**n);
        Some(Fit {
            coefficients: coefficients.collect::<Option<_>>()?,
            n,
            dropped: dropped.to_vec(),
            convention: convention(&spec.vcov, n, k),
            freedom: (n - k) as f64,
            clusters: None,
            slopes: k,
            k,
            r2: 1.0 - found.rss / found.total,
            r2_within: None,
            sigma: (found.rss / (n - k) as f64).sqrt(),
            instruments: None,
            flags: inspect_columns(spec, n, named.zip(columns.iter().copied()), dropped),
            residuals: Vec::new(),
            covariance: found.covariance,
        })
    }
}

/// The group of a row, as text.
pub fn label(by: &Effect, table: &Table, row: usize) -> String {
    let part = |name: &String| match table.find(name) {
        Some(Column::Number(values)) => values.get(row).map_or_else(String::new, f64::to_string),
        Some(Column::Text(categories)) => {
            categories.codes.get(row).and_then(|c| categories.level(*c)).unwrap_or_default().to_owned()
        }
        None => String::new(),
    };
    by.columns.iter().map(part).collect::<Vec<_>>().join("^")
}

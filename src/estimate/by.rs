//! One regression for each group, all groups at once.

use super::data::{Column, Table};
use super::design::{Design, Dropped};
use super::error::{EstimateError, Result};
use super::fit::{Fit, fit};
use super::formula::Effect;
use super::grouping::Grouping;
use super::hygiene::inspect;
use super::spec::Spec;
use rayon::prelude::*;
use std::collections::BTreeMap;

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
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.levels];
    for (place, row) in design.rows.iter().enumerate() {
        if let Some(member) = code(row).and_then(|c| members.get_mut(c)) {
            member.push(place);
        }
    }
    let mut first = vec![usize::MAX; groups.levels];
    for row in (0..table.rows()).rev() {
        if let Some(slot) = code(&row).and_then(|c| first.get_mut(c)) {
            *slot = row;
        }
    }
    let one = |((rows, lost), row): ((&Vec<usize>, &BTreeMap<usize, usize>), &usize)| {
        let mut sample = design.select(rows);
        let dropped = lost.iter().filter_map(|(reason, count)| {
            reasons.get(*reason).map(|r| Dropped { reason: r.reason.clone(), count: *count })
        });
        sample.dropped = dropped.collect();
        let flags = inspect(spec, &sample);
        let result =
            if sample.n() == 0 { Err(EstimateError::new("no rows are left")) } else { fit(spec, sample) };
        let result = result.map(|mut fit| {
            fit.flags.extend(flags);
            fit
        });
        GroupFit { group: label(by, table, *row), sample_row: *row, result }
    };
    Ok(members.par_iter().zip(&lost).zip(&first).map(one).collect())
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

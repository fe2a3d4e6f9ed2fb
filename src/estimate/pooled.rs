//! Pools one term over the groups of `--by`.

use super::by::{GroupFit, label};
use super::data::Table;
use super::error::{EstimateError, Result};
use super::formula::{Effect, Term};
use super::hygiene::is_price;
use super::pool::{Measured, Method, Shrunk, pool_within};
use super::spec::Spec;
use std::collections::HashMap;

/// The term that is pooled: the first price of the formula, a logarithm, else its first term.
pub fn pooled_name(spec: &Spec) -> Result<String> {
    let mut terms = spec.formula.regressors().map(Term::text);
    let first = terms.next();
    let price = first.clone().into_iter().chain(terms).find(|term| is_price(term));
    price.or(first).ok_or_else(|| EstimateError::new("the formula has no term to pool"))
}

/// For each group, its estimate of `term` shrunk towards its category, and the category towards all.
pub fn pool_term(
    fits: &[GroupFit],
    term: &str,
    within: Option<&Effect>,
    table: &Table,
    method: Method,
) -> Result<Vec<Option<Shrunk>>> {
    let estimates: Vec<Option<Measured>> = fits
        .iter()
        .map(|g| g.result.as_ref().ok()?.estimate(term))
        .map(|e| e.map(|e| Measured { estimate: e.estimate, se: e.se }))
        .collect();
    if estimates.iter().all(Option::is_none) {
        return Err(EstimateError::new(format!("no group identifies `{term}`; there is nothing to pool")));
    }
    let Some(within) = within else { return Ok(pool_within(&estimates, None, method)) };
    for column in &within.columns {
        table.column(column)?;
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    let categories: Vec<usize> = fits
        .iter()
        .map(|g| {
            let next = seen.len();
            *seen.entry(label(within, table, g.sample_row)).or_insert(next)
        })
        .collect();
    Ok(pool_within(&estimates, Some(&categories), method))
}

//! The seasons of the groups of a table: one index a phase, pooled over the groups and shrunk towards what they share.

use super::classical::multiplicative;
use super::fourier::fourier;
use super::normalised;
use super::stl::{SeasonWindow, stl};
use crate::estimate::by::label;
use crate::estimate::data::Table;
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::formula::Effect;
use crate::estimate::grouping::Grouping;
use crate::estimate::order::time;
use std::collections::BTreeMap;

/// How a season is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// Ratio to the centered moving average.
    #[default]
    Indices,
    Stl,
    Fourier,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    pub method: Method,
    /// Observations in a cycle.
    pub period: usize,
    pub harmonics: usize,
    /// Of STL: cycles that a season is smoothed over; periodic if absent.
    pub window: Option<usize>,
    pub robust: bool,
    /// With this many cycles of history an index keeps half of its logarithm.
    pub half: f64,
}

/// A series: sums of a value by time, of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub group: String,
    /// The places among all times, ascending, and the values.
    pub at: Vec<usize>,
    pub values: Vec<f64>,
}

/// The season of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    pub group: String,
    pub cycles: f64,
    /// One index a phase, averaging one; phase 0 belongs to the first time of the table.
    pub outcome: std::result::Result<Vec<f64>, String>,
    /// The same drawn towards what all groups share, or towards none where there is one group.
    pub shrunk: Vec<f64>,
}

/// Sums a column by group and time. A time without a row is missing, not zero.
pub fn series(
    table: &Table,
    value: &str,
    when: Option<&str>,
    by: Option<&Effect>,
) -> Result<(Vec<Series>, Vec<String>)> {
    let values = table.numbers(value)?;
    let times = when
        .map_or_else(|| Ok((0..table.rows()).map(|r| r as f64).collect()), |w| table.column(w).map(time))?;
    let mut sorted: Vec<f64> = times.iter().copied().filter(|t| !t.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let groups = by.map(|b| Grouping::of(b, table)).transpose()?;
    let mut names = vec![String::new(); sorted.len()];
    let mut sums: BTreeMap<u32, (String, BTreeMap<usize, f64>)> = BTreeMap::new();
    for (row, (value, t)) in values.iter().zip(&times).enumerate() {
        let Ok(place) = sorted.binary_search_by(|s| s.total_cmp(t)) else { continue };
        if let (Some(slot), Some(when)) = (names.get_mut(place).filter(|s| s.is_empty()), when) {
            *slot = label(&Effect { columns: vec![when.to_owned()] }, table, row);
        }
        let code = groups.as_ref().and_then(|g| g.codes.get(row).copied()).unwrap_or(0);
        if value.is_nan() || code == crate::estimate::data::MISSING {
            continue;
        }
        let name = || by.map_or_else(|| "all".to_owned(), |b| label(b, table, row));
        *sums.entry(code).or_insert_with(|| (name(), BTreeMap::new())).1.entry(place).or_default() += value;
    }
    let one = |(group, sums): (String, BTreeMap<usize, f64>)| {
        let (at, values) = sums.into_iter().unzip();
        Series { group, at, values }
    };
    let mut out: Vec<Series> = sums.into_values().map(one).collect();
    out.sort_by(|a, b| a.group.cmp(&b.group));
    Ok((out, names))
}

/// Finds the season of each series.
pub fn seasons(study: &Study, series: &[Series]) -> Result<Vec<Season>> {
    if study.period < 2 {
        return Err(EstimateError::new(format!("a cycle of {} has no season", study.period))
            .help("12 for months, 52 for weeks, 7 for days"));
    }
    let mut out: Vec<Season> = series
        .iter()
        .map(|s| Season {
            group: s.group.clone(),
            cycles: s.values.len() as f64 / study.period as f64,
            outcome: indices(study, s).map_err(|e| e.to_string()),
            shrunk: Vec::new(),
        })
        .collect();
    // What the groups share: the mean of their logarithms, each as often as it has cycles.
    let known = || out.iter().filter_map(|s| Some((s.outcome.as_ref().ok()?, s.cycles)));
    let total: f64 = known().map(|(_, c)| c).sum();
    let several = known().count() > 1;
    let shared = |phase: usize| match several {
        true => known().map(|(i, c)| c * i.get(phase).map_or(0.0, |v| v.ln())).sum::<f64>() / total,
        false => 0.0,
    };
    let shared: Vec<f64> = (0..study.period).map(shared).collect();
    for season in &mut out {
        let share = match &season.outcome {
            Ok(_) => season.cycles / (season.cycles + study.half),
            Err(_) => 0.0,
        };
        let own =
            |phase: usize| season.outcome.as_ref().ok().and_then(|i| i.get(phase)).map_or(0.0, |v| v.ln());
        let drawn = |(phase, all): (usize, &f64)| (share * own(phase) + (1.0 - share) * all).exp();
        season.shrunk = normalised(&shared.iter().enumerate().map(drawn).collect::<Vec<_>>());
    }
    Ok(out)
}

fn indices(study: &Study, series: &Series) -> Result<Vec<f64>> {
    let start = series.at.first().copied().unwrap_or(0);
    let whole = series.at.iter().enumerate().all(|(i, at)| *at == start + i);
    if let (false, Method::Indices | Method::Stl) = (whole, study.method) {
        return Err(EstimateError::new("the series has gaps").help("--method fourier allows them"));
    }
    let logs = || -> Result<Vec<f64>> {
        match series.values.iter().find(|v| **v <= 0.0) {
            Some(bad) => Err(EstimateError::new(format!(
                "a season that multiplies needs positive values, found {bad}"
            ))
            .help("use a coarser period, or pool")),
            None => Ok(series.values.iter().map(|v| v.ln()).collect()),
        }
    };
    // By phase of the table, whenever the series begins.
    let mut sums = vec![(0.0, 0.0_f64); study.period];
    let mut add = |at: usize, value: f64| {
        if let Some((sum, count)) = sums.get_mut(at % study.period) {
            *sum += value;
            *count += 1.0;
        }
    };
    match study.method {
        Method::Indices => {
            let found = multiplicative(&series.values, study.period)?;
            found.indices.iter().enumerate().for_each(|(i, v)| add(start + i, *v));
        }
        Method::Stl => {
            let window = study.window.map_or(SeasonWindow::Periodic, SeasonWindow::Cycles);
            let found = stl(&logs()?, study.period, window, study.robust)?;
            found.seasonal.iter().zip(&series.at).for_each(|(s, at)| add(*at, s.exp()));
        }
        Method::Fourier => {
            let t: Vec<f64> = series.at.iter().map(|a| *a as f64).collect();
            let found = fourier(&t, &logs()?, study.period as f64, study.harmonics)?;
            (0..study.period).for_each(|phase| add(phase, found.at(phase as f64).exp()));
        }
    }
    Ok(normalised(&sums.iter().map(|(s, n)| s / n.max(1.0)).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_begin_at_different_times_share_phases() {
        let truth = |t: usize| [1.3, 0.8, 0.9, 1.0][t % 4];
        let mut table = Table::new();
        let (mut group, mut t, mut y) = (Vec::new(), Vec::new(), Vec::new());
        for (g, start) in [(0.0, 0_usize), (1.0, 3)] {
            for at in start..30 {
                group.push(g);
                t.push(at as f64);
                y.push(100.0 * truth(at) * (1.0 + 0.01 * at as f64));
            }
        }
        for (name, values) in [("g", group), ("t", t), ("y", y)] {
            table.insert(name, crate::estimate::data::Column::Number(values)).unwrap();
        }
        let by = Effect { columns: vec!["g".to_owned()] };
        let (found, _) = series(&table, "y", Some("t"), Some(&by)).unwrap();
        for method in [Method::Indices, Method::Stl, Method::Fourier] {
            let study = Study { method, period: 4, harmonics: 1, window: None, robust: false, half: 1.0 };
            for season in seasons(&study, &found).unwrap() {
                let own = season.outcome.unwrap();
                // One wave of four points cannot hold their alternation, two would.
                let slack = if method == Method::Fourier { 0.12 } else { 0.02 };
                for (phase, index) in own.iter().enumerate() {
                    assert!((index - truth(phase)).abs() < slack, "{method:?} {own:?}");
                }
                assert!((season.shrunk.iter().sum::<f64>() - 4.0).abs() < 1e-12);
            }
        }
    }
}

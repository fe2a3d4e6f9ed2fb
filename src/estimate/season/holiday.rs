//! What holidays do to sales: one multiplier each, beside trend and season, with days before and after.

use crate::estimate::data::{Column, Table};
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::fit::{Coefficient, fit_table};
use crate::estimate::spec::Spec;
use jiff::civil::Date;

/// One occurrence of a named holiday, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    pub name: String,
    pub first: Date,
    pub last: Date,
}

/// Reads `calendar,holiday,first,last` and keeps the holidays of one calendar.
pub fn read_holidays(text: &str, calendar: &str) -> Result<Vec<Holiday>> {
    let mut out = Vec::new();
    for line in text.lines().skip(1).filter(|l| !l.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let [of, name, first, last] = cells.as_slice() else {
            return Err(
                EstimateError::new(format!("`{line}` is no holiday")).help("calendar,holiday,first,last")
            );
        };
        if *of == calendar {
            let day = |text: &str| {
                text.parse::<Date>()
                    .map_err(|_| EstimateError::new(format!("`{text}` is no date in `{line}`")))
            };
            out.push(Holiday { name: (*name).to_owned(), first: day(first)?, last: day(last)? });
        }
    }
    if out.is_empty() {
        return Err(EstimateError::new(format!("there is no calendar `{calendar}`"))
            .help("use the name of a country, such as DE or US, or a file of your own with that calendar"));
    }
    Ok(out)
}

/// The effect of each holiday on the logarithm of a series. `days` are the first days of the periods, ascending.
///
/// A period counts by the share of the holiday's window that it holds. Holidays of fewer than two of the years
/// are left out: one occurrence is an anecdote.
pub fn holiday_effects(
    days: &[Date],
    values: &[f64],
    holidays: &[Holiday],
    lead: i32,
    lag: i32,
    harmonics: usize,
) -> Result<Vec<Coefficient>> {
    let number = |d: &Date| d.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    let starts: Vec<i64> = days.iter().map(number).collect();
    let step = starts.windows(2).filter_map(|w| Some(w.get(1)? - w.first()?)).min().unwrap_or(1).max(1);
    let mut table = Table::new();
    let positive = |v: &f64| if *v > 0.0 { v.ln() } else { f64::NAN };
    table.insert("y", Column::Number(values.iter().map(positive).collect()))?;
    table.insert("trend", Column::Number(starts.iter().map(|s| *s as f64 / 365.25).collect()))?;
    let mut formula = "y ~ trend".to_owned();
    for k in 1..=harmonics {
        for (wave, of) in [("sin", f64::sin as fn(f64) -> f64), ("cos", f64::cos)] {
            let name = format!("{wave}{k}");
            let angle = |s: &i64| of(std::f64::consts::TAU * k as f64 * *s as f64 / 365.25);
            table.insert(&name, Column::Number(starts.iter().map(angle).collect()))?;
            formula.push_str(&format!(" + {name}"));
        }
    }
    let mut names: Vec<&str> = holidays.iter().map(|h| h.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut kept = Vec::new();
    for name in names {
        let mut column = vec![0.0; days.len()];
        let mut seen = 0;
        for holiday in holidays.iter().filter(|h| h.name == name) {
            let (from, to) =
                (number(&holiday.first) - i64::from(lead), number(&holiday.last) + i64::from(lag));
            let mut hit = false;
            for (cell, start) in column.iter_mut().zip(&starts) {
                let overlap = (to + 1).min(start + step) - from.max(*start);
                if overlap > 0 {
                    *cell += overlap as f64 / (to + 1 - from) as f64;
                    hit = true;
                }
            }
            seen += usize::from(hit);
        }
        if seen >= 2 {
            table.insert(name, Column::Number(column))?;
            formula.push_str(&format!(" + `{name}`"));
            kept.push(name);
        }
    }
    if kept.is_empty() {
        return Err(EstimateError::new("no holiday falls into the series twice").help("give more years"));
    }
    let fit = fit_table(&Spec::new(&formula)?.vcov("hac:4,trend")?, &table)?;
    Ok(fit.coefficients.into_iter().filter(|c| kept.contains(&&*c.term)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movable_feast_is_found_and_a_quiet_one_is_not() {
        let text = "calendar,holiday,first,last\nX,feast,2021-04-04,2021-04-04\nX,feast,2022-04-17,2022-04-17\n\
                    X,feast,2023-04-09,2023-04-09\nX,quiet,2021-09-01,2021-09-01\nX,quiet,2022-09-20,2022-09-20\nY,other,2021-01-01,2021-01-01\n";
        let holidays = read_holidays(text, "X").unwrap();
        assert!(holidays.len() == 5 && read_holidays(text, "Z").is_err());
        let first: Date = "2021-01-04".parse().unwrap();
        let days: Vec<Date> = (0..150).map(|w| first + jiff::Span::new().days(7 * w)).collect();
        let values: Vec<f64> = days
            .iter()
            .enumerate()
            .map(|(i, d)| {
                let feast = holidays
                    .iter()
                    .any(|h| h.name == "feast" && *d <= h.first && h.first < *d + jiff::Span::new().days(7));
                100.0 * if feast { 1.5 } else { 1.0 } * (1.0 + 0.01 * f64::sin(i as f64 * 2.3))
            })
            .collect();
        let found = holiday_effects(&days, &values, &holidays, 0, 0, 2).unwrap();
        let effect = |name: &str| found.iter().find(|c| &*c.term == name).unwrap().outcome.clone().unwrap();
        assert!((effect("feast").estimate - 1.5_f64.ln()).abs() < 0.02, "{found:?}");
        assert!(effect("quiet").estimate.abs() < 0.02);
    }
}

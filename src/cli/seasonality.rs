//! `pricer seasonality`: how sales move with the calendar.

use super::output::Format;
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::fit::Coefficient;
use crate::estimate::formula::Effect;
use crate::estimate::read::read_table;
use crate::estimate::season::holiday::{holiday_effects, read_holidays};
use crate::estimate::season::study::{Method, Season, Series, Study, seasons, series};
use crate::estimate::sheet::{Cells, Sheet, ending};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

const BUILT_IN: &str = include_str!("../rulebook/holidays.csv");

/// How sales move with the calendar: one index a phase of the cycle, averaging one, and the effect of holidays.
///
/// Values are summed by time (and group); a time without a row is missing, not zero. With groups, each index is drawn
/// towards what the groups share, the more the shorter its history.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The table: CSV with a header, or Parquet.
    pub data: PathBuf,
    /// The column whose season is asked for.
    #[arg(long, default_value = "units")]
    pub value: String,
    /// The column of the time: a number, `2019-03`, or a date [default: the order of the rows].
    #[arg(long)]
    pub time: Option<String>,
    /// Observations in a cycle: 12 for months, 52 for weeks, 7 for days.
    #[arg(long, default_value_t = 12)]
    pub period: usize,
    /// One season for each value of this column, such as `category`.
    #[arg(long)]
    pub by: Option<String>,
    /// `indices` (ratio to the moving average), `stl`, or `fourier`.
    #[arg(long, value_enum, default_value_t = How::Indices)]
    pub method: How,
    /// Waves of `fourier`.
    #[arg(long, default_value_t = 3)]
    pub harmonics: usize,
    /// Cycles over which `stl` smooths a season [default: the same in all].
    #[arg(long)]
    pub window: Option<usize>,
    /// Let `stl` disregard outliers.
    #[arg(long)]
    pub robust: bool,
    /// Cycles of history with which an index keeps half of its own logarithm.
    #[arg(long, default_value_t = 1.0)]
    pub half: f64,
    /// Effects of the holidays of a calendar, such as `DE`; the time must be dates.
    #[arg(long, value_name = "CALENDAR", requires = "time")]
    pub holidays: Option<String>,
    /// A table of holidays of your own: calendar, holiday, first, last.
    #[arg(long, value_name = "F.csv", requires = "holidays")]
    pub holiday_table: Option<PathBuf>,
    /// Days before and after a holiday that belong to it.
    #[arg(long, default_value_t = 0)]
    pub lead: i32,
    #[arg(long, default_value_t = 0)]
    pub lag: i32,
    /// Also write the indices to this file, `.csv` or `.parquet`.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Also write them as a season file for `fitted = { file = "fitted/NAME.csv", … }` of a rulebook: the category, the month
    /// or week of the year, the shrunk index. The time must be months or dates, the period 12 or 52.
    #[arg(long, value_name = "F.csv", requires = "time")]
    pub season_file: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// The methods by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    Indices,
    Stl,
    Fourier,
}

/// Runs the command: 0 an answer, 1 none.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match seasonality(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn seasonality(args: &Args) -> Result<()> {
    args.out.as_deref().map(ending).transpose()?;
    let table = read_table(&args.data)?;
    let by =
        args.by.as_deref().map(|b| Effect { columns: b.split('^').map(|c| c.trim().to_owned()).collect() });
    let (all, times) = series(&table, &args.value, args.time.as_deref(), by.as_ref())?;
    let study = Study {
        method: match args.method {
            How::Indices => Method::Indices,
            How::Stl => Method::Stl,
            How::Fourier => Method::Fourier,
        },
        period: args.period,
        harmonics: args.harmonics,
        window: args.window,
        robust: args.robust,
        half: args.half.max(0.0),
    };
    let found = seasons(&study, &all)?;
    if found.iter().all(|s| s.outcome.is_err()) {
        let reason =
            found.iter().find_map(|s| s.outcome.clone().err()).unwrap_or_else(|| "no values".to_owned());
        return Err(EstimateError::new(format!("no season can be told: {reason}")));
    }
    let effects = match &args.holidays {
        Some(calendar) => {
            all.iter().map(|s| holiday(args, calendar, s, &times)).collect::<Result<Vec<_>>>()?
        }
        None => vec![Vec::new(); all.len()],
    };
    if let Some(out) = &args.out {
        sheet(&found).write(out)?;
    }
    if let Some(path) = &args.season_file {
        season_file(&found, args.period, times.first().map_or("", String::as_str))?.write(path)?;
    }
    match args.format {
        Format::Json => {
            let one = |(s, e): (&Season, &Vec<Coefficient>)| object(s, e, args);
            println!("{:#}", Value::Array(found.iter().zip(&effects).map(one).collect()));
        }
        Format::Human => found.iter().zip(&effects).for_each(|(s, e)| print_season(s, e)),
    }
    Ok(())
}

fn holiday(args: &Args, calendar: &str, series: &Series, times: &[String]) -> Result<Vec<Coefficient>> {
    let own = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|e| EstimateError::new(format!("`{}`: {e}", path.display())))
    };
    let text = args.holiday_table.as_ref().map(own).transpose()?;
    let holidays = read_holidays(text.as_deref().unwrap_or(BUILT_IN), calendar)?;
    let date = |at: &usize| {
        let text = times.get(*at).map_or("", String::as_str);
        text.get(..10).and_then(|t| t.parse::<Date>().ok()).ok_or_else(|| {
            EstimateError::new(format!("`{text}` is no date"))
                .help("holidays need the first day of each period, 2019-03-04")
        })
    };
    let days = series.at.iter().map(date).collect::<Result<Vec<_>>>()?;
    holiday_effects(&days, &series.values, &holidays, args.lead, args.lag, args.harmonics)
}

fn print_season(season: &Season, effects: &[Coefficient]) {
    println!("== {} ({:.1} cycles)", season.group, season.cycles);
    let own = match &season.outcome {
        Ok(own) => own.as_slice(),
        Err(reason) => {
            println!("UNIDENTIFIED: {reason}; the index below is that of all groups");
            &[]
        }
    };
    println!("{:>5}{:>10}{:>10}", "phase", "index", "shrunk");
    for (phase, shrunk) in season.shrunk.iter().enumerate() {
        let own = own.get(phase).map_or_else(String::new, |v| format!("{v:.4}"));
        let bar = "#".repeat((shrunk * 20.0).round().clamp(0.0, 80.0) as usize);
        println!("{:>5}{own:>10}{shrunk:>10.4}  {bar}", phase + 1);
    }
    for effect in effects {
        match &effect.outcome {
            Ok(e) => println!(
                "holiday {}: x{:.3} [{:.3}, {:.3}]",
                effect.term,
                e.estimate.exp(),
                e.low.exp(),
                e.high.exp()
            ),
            Err(reason) => println!("holiday {}: UNIDENTIFIED: {reason}", effect.term),
        }
    }
}

fn object(season: &Season, effects: &[Coefficient], args: &Args) -> Value {
    let effect = |c: &Coefficient| {
        let e = c.outcome.as_ref().ok();
        json!({
            "holiday": &*c.term, "effect": e.map(|e| e.estimate), "se": e.map(|e| e.se), "multiplier": e.map(|e| e.estimate.exp()),
            "low": e.map(|e| e.low.exp()), "high": e.map(|e| e.high.exp()), "reason": c.outcome.as_ref().err(),
        })
    };
    json!({
        "format_version": 1,
        "group": season.group,
        "period": args.period,
        "cycles": season.cycles,
        "indices": season.outcome.as_ref().ok(),
        "shrunk": season.shrunk,
        "reason": season.outcome.as_ref().err(),
        "holidays": effects.iter().map(effect).collect::<Vec<_>>(),
    })
}

fn sheet(found: &[Season]) -> Sheet {
    let rows: Vec<(&Season, usize)> =
        found.iter().flat_map(|s| (0..s.shrunk.len()).map(move |p| (s, p))).collect();
    Sheet {
        columns: vec![
            ("group", Cells::Text(rows.iter().map(|(s, _)| Some(s.group.clone())).collect())),
            ("phase", Cells::Count(rows.iter().map(|(_, p)| i64::try_from(p + 1).ok()).collect())),
            (
                "index",
                Cells::Number(rows.iter().map(|(s, p)| s.outcome.as_ref().ok()?.get(*p).copied()).collect()),
            ),
            ("shrunk", Cells::Number(rows.iter().map(|(s, p)| s.shrunk.get(*p).copied()).collect())),
            ("cycles", Cells::Number(rows.iter().map(|(s, _)| Some(s.cycles)).collect())),
        ],
    }
}

/// The seasons by month or week of the year: the first phase is that of the first time.
fn season_file(found: &[Season], period: usize, first: &str) -> Result<Sheet> {
    let whole = if first.len() == 7 { format!("{first}-01") } else { first.chars().take(10).collect() };
    let name = match period {
        12 => "month",
        52 => "week",
        _ => {
            let message = format!("a season file has months or weeks, not {period} parts of a year");
            return Err(EstimateError::new(message).help("--period 12 for months, --period 52 for weeks"));
        }
    };
    let date: Date = whole.parse().map_err(|_| {
        EstimateError::new(format!("`{first}` does not say where in the year it is"))
            .help("--time names a column of months, `2019-03`, or of dates, `2019-03-04`")
    })?;
    let start = match period {
        12 => usize::try_from(date.month() - 1),
        _ => usize::try_from((date.day_of_year() - 1) / 7),
    };
    let start = start.unwrap_or(0).min(period - 1);
    let mut rows: Vec<(&str, i64, f64, f64)> = Vec::new();
    for season in found {
        let part = |phase: usize| i64::try_from((start + phase) % period + 1).unwrap_or(0);
        let of = |(phase, index): (usize, &f64)| (season.group.as_str(), part(phase), *index, season.cycles);
        rows.extend(season.shrunk.iter().enumerate().map(of));
    }
    rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let round = |v: f64| Some((v * 1e6).round() / 1e6);
    Ok(Sheet {
        columns: vec![
            ("category", Cells::Text(rows.iter().map(|r| Some(r.0.to_owned())).collect())),
            (name, Cells::Count(rows.iter().map(|r| Some(r.1)).collect())),
            ("index", Cells::Number(rows.iter().map(|r| round(r.2)).collect())),
            ("years", Cells::Number(rows.iter().map(|r| round(r.3)).collect())),
        ],
    })
}

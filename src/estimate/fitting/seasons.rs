//! Seasons of categories: what is left of the period effects when the trend is gone, drawn towards none.

use super::common::PeriodEffects;
use super::panel::{Calendar, Panel};
use crate::estimate::season::fourier::fourier;
use crate::estimate::sheet::{Cells, Sheet};

/// Waves a year: three are a shape with a summer, a Christmas and what lies between.
const HARMONICS: usize = 3;
/// With this many years of history an index keeps half of its logarithm.
const HALF_AT_YEARS: f64 = 1.0;
/// Less than this many years tell no season.
const YEARS_MIN: f64 = 2.0;

/// The season of one cell of categories.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// Sine and cosine of each wave, already shrunk.
    waves: Vec<(f64, f64)>,
    pub years: f64,
    /// What the waves explain of the period effects without trend.
    pub r2: f64,
}

/// The seasons of a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seasons {
    cell: Vec<usize>,
    pub cells: Vec<Option<Season>>,
}

impl Seasons {
    /// Fits waves to the effects of each cell.
    pub fn estimate(panel: &Panel, common: &PeriodEffects) -> Self {
        let year = panel.calendar.year();
        let time: Vec<Option<f64>> = (0..panel.periods.len()).map(|p| years(&panel.calendar, p)).collect();
        let cells = common.effects.iter().map(|effects| {
            let known: (Vec<f64>, Vec<f64>) =
                effects.iter().zip(&time).filter_map(|(e, t)| Some(((*t)?, (*e)?))).unzip();
            let (first, last) = (known.0.first()?, known.0.last()?);
            let span = last - first + 1.0 / year;
            if span < YEARS_MIN - 1e-6 {
                return None;
            }
            let found = fourier(&known.0, &known.1, 1.0, HARMONICS).ok()?;
            let share = span / (span + HALF_AT_YEARS);
            let waves = found.waves.iter().map(|(s, c)| (s * share, c * share)).collect();
            Some(Season { waves, years: span, r2: found.r2 })
        });
        Self { cells: cells.collect(), cell: common.cell.clone() }
    }

    fn of(&self, category: usize) -> Option<&Season> {
        self.cells.get(*self.cell.get(category)?)?.as_ref()
    }

    /// The logarithm of the index at a phase of the year; zero where no season is known.
    pub fn log_index(&self, category: usize, phase: f64) -> f64 {
        self.of(category).map_or(0.0, |s| s.at(phase))
    }

    /// `fitted/seasons.csv`: an index for each twelfth or fifty-second of the year, by category.
    pub fn sheet(&self, panel: &Panel) -> Sheet {
        let slots = if panel.calendar.weeks() > 2.0 { 12 } else { 52 };
        let mut rows: Vec<(String, i64, f64, f64)> = Vec::new();
        let mut order: Vec<usize> = (0..panel.categories.len()).collect();
        order.sort_by_key(|c| panel.categories.get(*c));
        for category in order {
            let Some(season) = self.of(category) else { continue };
            let raw: Vec<f64> =
                (0..slots).map(|s| season.at((f64::from(s) + 0.5) / f64::from(slots)).exp()).collect();
            for (slot, index) in crate::estimate::season::normalised(&raw).into_iter().enumerate() {
                let name = panel.categories.get(category).cloned().unwrap_or_default();
                rows.push((name, slot as i64 + 1, index, season.years));
            }
        }
        let round = |v: f64| (v * 1e6).round() / 1e6;
        Sheet {
            columns: vec![
                ("category", Cells::Text(rows.iter().map(|r| Some(r.0.clone())).collect())),
                (
                    if slots == 12 { "month" } else { "week" },
                    Cells::Count(rows.iter().map(|r| Some(r.1)).collect()),
                ),
                ("index", Cells::Number(rows.iter().map(|r| Some(round(r.2))).collect())),
                ("years", Cells::Number(rows.iter().map(|r| Some(round(r.3))).collect())),
            ],
        }
    }
}

impl Season {
    fn at(&self, phase: f64) -> f64 {
        let angle = |k: usize| std::f64::consts::TAU * (k + 1) as f64 * phase;
        self.waves.iter().enumerate().map(|(k, (s, c))| s * angle(k).sin() + c * angle(k).cos()).sum()
    }
}

/// A period as a number of years, its fraction the phase.
fn years(calendar: &Calendar, period: usize) -> Option<f64> {
    let whole = match calendar {
        Calendar::Months(months) => f64::from(months.get(period)?.0),
        Calendar::Days(days) => f64::from(days.get(period)?.year()),
        Calendar::Numbers(numbers) => (numbers.get(period)? / calendar.year()).floor(),
    };
    Some(whole + calendar.phase(period)?)
}

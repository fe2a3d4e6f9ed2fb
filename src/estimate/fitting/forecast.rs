//! Does the fit forecast better than doing nothing clever? Judged on periods it has not seen, where prices changed.
//!
//! The forecast is the item's recent level, freed of prices, promotions and season, times what the price, the promotion
//! and the season of the new period do to it. The naive forecast is what was sold last, or, from a fixed origin, in the
//! same period of the year before.

use super::FittedPanel;
use super::panel::Panel;
use super::seasons::Seasons;

/// A price that moved by less than this (in logarithms) did not change.
const CHANGED: f64 = 0.01;
/// How fast the level follows: tried on the past, the best is taken.
const FOLLOW: [f64; 5] = [0.05, 0.1, 0.2, 0.35, 0.5];
/// How much the level counts beside the naive forecast moved by price and promotion: tried likewise.
const LEAN: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// The band comes from the errors of the last of so many parts of the past. Chosen on half of the orange juice stores, judged on
/// the others: `tests/estimate/out_of_time.rs`.
const CALIBRATED: usize = 2;
/// Fewer cases than this judge nothing.
const CASES_MIN: usize = 30;
/// An item's own errors count as this many of the typical item's.
const PRIOR_ERRORS: f64 = 8.0;

/// From where forecasts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Each period from the one before it.
    Rolling,
    /// All periods from the last one that was fitted.
    Fixed,
}

/// How forecasts of price-change periods came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    pub cases: usize,
    /// The sum of absolute errors over the sum of units.
    pub model: f64,
    pub naive: f64,
    /// The share of cases inside the P10–P90 band.
    pub inside: f64,
    pub sold: f64,
    pub predicted: f64,
    /// At the prices that were charged.
    pub sold_revenue: f64,
    pub predicted_revenue: f64,
}

impl Accuracy {
    pub fn beats_naive(&self) -> bool {
        self.model < self.naive
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    item: usize,
    period: usize,
    units: f64,
    price: f64,
    /// In logarithms.
    actual: f64,
    model: f64,
    naive: f64,
    /// The naive forecast, moved by price and promotion.
    moved: f64,
    changed: bool,
}

/// Forecasts the periods from `from` on, with a fit that has seen only those before.
pub fn evaluate(
    panel: &Panel,
    fit: &FittedPanel,
    seasons: &Seasons,
    from: usize,
    origin: Origin,
) -> Option<Accuracy> {
    evaluate_with(panel, fit, seasons, from, origin, CALIBRATED)
}

/// As [`evaluate`]: the band, and how much the level counts, come from the errors that the same method makes on the last
/// `1/calibrated` of the past, widened for what an item's own coefficients have already fitted there.
pub fn evaluate_with(
    panel: &Panel,
    fit: &FittedPanel,
    seasons: &Seasons,
    from: usize,
    origin: Origin,
    calibrated: usize,
) -> Option<Accuracy> {
    let first = panel.sales.iter().map(|s| s.period).min()?;
    let calibrate = from - (from.checked_sub(first)? / calibrated.max(1)).max(1);
    let past = |(follow, lean): (f64, f64)| {
        let mut cases = walk(panel, fit, seasons, follow, origin, calibrate, from);
        cases.iter_mut().for_each(|c| c.model = lean * c.model + (1.0 - lean) * c.moved);
        cases
    };
    let loss =
        |cases: &[Case]| cases.iter().filter(|c| c.changed).map(|c| (c.actual - c.model).abs()).sum::<f64>();
    let tried = FOLLOW.iter().flat_map(|f| LEAN.iter().map(move |l| (*f, *l)));
    let (_, best) = tried.map(|t| (loss(&past(t)), t)).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let known = past(best);
    let scales = scales(&known, panel.items.len());
    let scale = |c: &Case| scales.get(c.item).copied().unwrap_or(1.0);
    let mut errors: Vec<f64> =
        known.iter().filter(|c| c.changed).map(|c| (c.actual - c.model) / scale(c)).collect();
    errors.sort_by(f64::total_cmp);
    let quantile = |share: f64| errors.get(((errors.len() as f64 - 1.0) * share).round() as usize).copied();
    let (low, high) = (quantile(0.1)?, quantile(0.9)?);
    let mut all = walk(panel, fit, seasons, best.0, origin, from, panel.periods.len());
    all.iter_mut().for_each(|c| c.model = best.1 * c.model + (1.0 - best.1) * c.moved);
    let cases: Vec<&Case> = all.iter().filter(|c| c.changed).collect();
    if cases.len() < CASES_MIN || errors.len() < CASES_MIN {
        return None;
    }
    // The median of a skewed quantity lies below its mean: sums are corrected by what it missed before.
    let changed = || known.iter().filter(|c| c.changed);
    let lift = changed().map(|c| c.units).sum::<f64>() / changed().map(|c| c.model.exp()).sum::<f64>();
    let sum = |of: &dyn Fn(&Case) -> f64| cases.iter().map(|c| of(c)).sum::<f64>();
    let sold = sum(&|c| c.units);
    let within = |c: &Case| {
        let error = c.actual - c.model;
        let width = scale(c) * widened(fit.items.get(c.item).map_or(0, |i| i.n));
        f64::from(u8::from(low * width <= error && error <= high * width))
    };
    Some(Accuracy {
        cases: cases.len(),
        model: sum(&|c| (c.units - c.model.exp()).abs()) / sold,
        naive: sum(&|c| (c.units - c.naive.exp()).abs()) / sold,
        inside: sum(&within) / cases.len() as f64,
        sold,
        predicted: lift * sum(&|c| c.model.exp()),
        sold_revenue: sum(&|c| c.units * c.price),
        predicted_revenue: lift * sum(&|c| c.model.exp() * c.price),
    })
}

/// Errors of `k` coefficients on their own `n` rows are too small by `1 − k/n` in variance, and those on new rows larger
/// than the noise by `1 + k/n`.
fn widened(n: usize) -> f64 {
    const COEFFICIENTS: f64 = 4.0;
    let n = (n as f64).max(2.0 * COEFFICIENTS);
    ((n + COEFFICIENTS) / (n - COEFFICIENTS)).sqrt()
}

/// The typical error of each item, its own drawn towards that of all.
fn scales(cases: &[Case], items: usize) -> Vec<f64> {
    let typical = cases.iter().map(|c| (c.actual - c.model).abs()).sum::<f64>() / cases.len().max(1) as f64;
    let mut sums = vec![(typical * PRIOR_ERRORS, PRIOR_ERRORS); items];
    for case in cases {
        if let Some((sum, count)) = sums.get_mut(case.item) {
            *sum += (case.actual - case.model).abs();
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(sum, count)| (sum / count).max(1e-6)).collect()
}

/// All forecasts of the periods in `from..until`.
fn walk(
    panel: &Panel,
    fit: &FittedPanel,
    seasons: &Seasons,
    follow: f64,
    origin: Origin,
    from: usize,
    until: usize,
) -> Vec<Case> {
    let mut out = Vec::new();
    let year = panel.calendar.year().round() as usize;
    for (index, item) in panel.items.iter().enumerate() {
        let Some(elasticity) = fit.usable(index) else { continue };
        let promo = fit.promos.get(index).copied().unwrap_or(0.0);
        let mut level: Option<f64> = None;
        // What was sold last, at what price and with which pull; and the same of each period.
        let mut last: Option<(f64, f64, f64)> = None;
        let mut history: Vec<(usize, (f64, f64, f64))> = Vec::new();
        for sale in panel.of(index).iter().take_while(|s| s.period < until) {
            let phase = panel.calendar.phase(sale.period).unwrap_or(0.0);
            let price = sale.price.ln();
            let pull =
                elasticity.estimate * price + promo * sale.promo + seasons.log_index(item.category, phase);
            // Half a unit stands for none.
            let actual = sale.units.max(0.5).ln();
            let reference = match origin {
                Origin::Rolling => last,
                Origin::Fixed => history
                    .iter()
                    .find(|(period, _)| period + year == sale.period)
                    .map(|(_, known)| *known)
                    .or(last),
            };
            if let (true, Some(level), Some((naive, before, pulled))) =
                (sale.period >= from, level, reference)
            {
                out.push(Case {
                    item: index,
                    period: sale.period,
                    units: sale.units,
                    price: sale.price,
                    actual,
                    model: level + pull,
                    naive,
                    moved: naive + pull - pulled,
                    changed: (price - before).abs() > CHANGED,
                });
            }
            if origin == Origin::Rolling || sale.period < from {
                let free = actual - pull;
                level = Some(level.map_or(free, |l| l + follow * (free - l)));
                last = Some((actual, price, pull));
                history.push((sale.period, (actual, price, pull)));
            }
        }
    }
    out.sort_by_key(|c| (c.period, c.item));
    out
}

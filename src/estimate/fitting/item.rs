//! The elasticity of one item, from its own history.

use super::common::{PeriodEffects, ZEROS_MAX};
use super::panel::{Item, Panel, Sale};
use crate::estimate::design::{Design, Regressor};
use crate::estimate::fit::{Flag, fit};
use crate::estimate::pool::Measured;
use crate::estimate::spec::{Family, Spec, Vcov};
use std::sync::Arc;

/// With fewer periods an item's own estimate is not believed.
pub const PERIODS_MIN: usize = 20;
/// A price that moves by less than this, as a standard deviation of its logarithm, has not moved.
const SPREAD_MIN: f64 = 0.02;
/// Above this correlation between price and promotion, one stands for the other.
const COLLINEAR: f64 = 0.9;
/// Rows this many robust deviations off are reported.
const OUTLIER: f64 = 5.0;

/// What is known of one item.
#[derive(Clone, Debug, Default)]
pub struct ItemFit {
    pub own: Option<Measured>,
    /// Why there is no estimate, in few words that can be counted.
    pub reason: Option<&'static str>,
    /// What a promotion adds to the logarithm, by its own history alone.
    pub promo: Option<Measured>,
    /// The residual standard deviation of the logarithm.
    pub sigma: f64,
    pub n: usize,
    pub periods: usize,
    pub low: f64,
    pub high: f64,
    /// The geometric mean: where the elasticity was estimated.
    pub mean_price: f64,
    pub method: &'static str,
    pub flags: Vec<&'static str>,
}

/// Estimates one item's elasticity, free of what its category does in the same periods.
pub fn fit_item(panel: &Panel, index: usize, common: &PeriodEffects, spec: &Spec) -> ItemFit {
    let sales = panel.of(index);
    let Some(item) = panel.items.get(index) else { return ItemFit::default() };
    let mut out = describe(item, sales, panel.unit_value);
    let zeros = sales.iter().filter(|s| s.units == 0.0).count();
    let counts = zeros as f64 > ZEROS_MAX * sales.len() as f64;
    if counts {
        out.flags.push("ZEROS");
    }
    out.method = if counts { "PPML" } else { "OLS" };
    let used: Vec<&Sale> = sales.iter().filter(|s| counts || s.units > 0.0).collect();
    out.n = used.len();
    out.periods = distinct(&used);
    let logs: Vec<f64> = used.iter().map(|s| s.price.ln()).collect();
    let spread = deviation(&logs);
    out.reason = match () {
        () if out.periods < PERIODS_MIN => Some("too few periods"),
        () if spread < 1e-9 => Some("no price variation"),
        () if spread < SPREAD_MIN => Some("little price variation"),
        () => None,
    };
    if out.reason.is_some() {
        out.flags.push("UNIDENTIFIED");
        return out;
    }
    let promo: Vec<f64> = used.iter().map(|s| s.promo).collect();
    let has_promo = deviation(&promo) > 0.0;
    if has_promo && correlation(&logs, &promo).abs() > COLLINEAR {
        out.flags.push("PROMO_COLLINEAR");
    }
    let effect: Vec<f64> = used.iter().map(|s| common.at(item.category, s.period)).collect();
    let mut design = Design { rows: (0..used.len()).collect(), ..Design::default() };
    // A count with an exposure is the count divided by it, weighted by it.
    design.y = match counts {
        true => used.iter().zip(&effect).map(|(s, e)| s.units / e.exp()).collect(),
        false => used.iter().zip(&effect).map(|(s, e)| s.units.ln() - e).collect(),
    };
    design.weights = counts.then(|| effect.iter().map(|e| e.exp()).collect());
    let mut push = |name: &str, values| design.exogenous.push(Regressor { name: Arc::from(name), values });
    push("(Intercept)", vec![1.0; used.len()]);
    push("price", logs);
    if has_promo {
        push("promo", promo);
    }
    let half = panel.periods.len() as f64 / 2.0;
    push("trend", used.iter().map(|s| (s.period as f64 - half) / half.max(1.0)).collect());
    design.time = Some(used.iter().map(|s| s.period as f64).collect());
    let lags = (4.0 * (used.len() as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize;
    let mut spec = spec.clone();
    spec.family = if counts { Family::Poisson } else { Family::Gaussian };
    // Errors that assume no correlation, and those that allow for it but are themselves noisy: the larger counts.
    spec.vcov = Vcov::Iid;
    let plain = fit(&spec, design.clone()).ok();
    let plain = |term: &str| plain.as_ref().and_then(|f| f.estimate(term)).map_or(0.0, |e| e.se);
    spec.vcov = Vcov::Hac { lags, time: None, panel: None };
    match fit(&spec, design) {
        Ok(fit) => {
            // A promotion of one period has a robust error of nearly nothing: its residual is zero.
            let promo = fit.estimate("promo").filter(|_| plain("promo") > 0.0);
            out.promo = promo.map(|e| Measured { estimate: e.estimate, se: e.se.max(plain("promo")) });
            let logs: Vec<f64> = match counts {
                true => Vec::new(),
                false => fit.residuals.iter().map(|(_, r)| *r).collect(),
            };
            out.sigma = if counts { fit.sigma } else { deviation(&logs) };
            if outliers(&logs) > 0 {
                out.flags.push("OUTLIERS");
            }
            match fit.term("price").map(|c| &c.outcome) {
                Some(Ok(e)) if e.se > 0.0 && !fit.flags.iter().any(|f: &Flag| f.code == "EXACT_FIT") => {
                    // HAC errors carry no small-sample factor; histories are short enough to need one.
                    let factor = fit.n as f64 / (fit.n as f64 - fit.k as f64).max(1.0);
                    out.own = Some(Measured {
                        estimate: e.estimate,
                        se: (e.se * factor.sqrt()).max(plain("price")),
                    });
                }
                _ => out.reason = Some("price and promotion move together"),
            }
        }
        Err(_) => out.reason = Some("nothing was sold"),
    }
    if out.reason.is_some() {
        out.flags.push("UNIDENTIFIED");
    }
    out
}

fn describe(item: &Item, sales: &[Sale], unit_value: bool) -> ItemFit {
    let prices = || sales.iter().map(|s| s.price);
    let mut flags = Vec::new();
    if item.stock_outs > 0 {
        flags.push("STOCK_OUTS");
    }
    if unit_value {
        flags.push("UNIT_VALUE");
    }
    let count = sales.len().max(1) as f64;
    ItemFit {
        low: prices().fold(f64::INFINITY, f64::min),
        high: prices().fold(0.0, f64::max),
        mean_price: (prices().map(f64::ln).sum::<f64>() / count).exp(),
        flags,
        ..ItemFit::default()
    }
}

fn distinct(sales: &[&Sale]) -> usize {
    let mut periods: Vec<usize> = sales.iter().map(|s| s.period).collect();
    periods.dedup();
    periods.len()
}

pub(super) fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let cross: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let scale = deviation(a) * deviation(b) * (n - 1.0);
    if scale > 0.0 { cross / scale } else { 0.0 }
}

/// How many lie far from the middle, by the median deviation.
fn outliers(residuals: &[f64]) -> usize {
    let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let scale = 1.4826 * sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
    sizes.iter().filter(|s| scale > 0.0 && **s > OUTLIER * scale).count()
}

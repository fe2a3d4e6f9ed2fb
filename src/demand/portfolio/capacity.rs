//! How much to keep for those who pay more: Littlewood's rule and the EMSR heuristics (Talluri & van Ryzin 2004,
//! ch. 2; Belobaba 1989).

use super::super::normal::quantile;
use super::NoAnswer;

/// A price with its demand, normal with `mean` and `deviation`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    pub price: f64,
    pub mean: f64,
    pub deviation: f64,
}

/// Units to protect for `dear` against a buyer at `cheap`: μ + σ·Φ⁻¹(1 − cheap/dear), Littlewood 1972.
///
/// # Errors
/// [`NoAnswer::Number`] unless 0 < cheap < dear, finite, and the deviation is not negative.
pub fn littlewood(dear: Class, cheap: f64) -> Result<f64, NoAnswer> {
    let valid = 0.0 < cheap && dear.mean.is_finite() && 0.0 <= dear.deviation && dear.deviation.is_finite();
    let z = quantile(1.0 - cheap / dear.price).filter(|_| valid).ok_or(NoAnswer::Number)?;
    Ok(dear.mean + dear.deviation * z)
}

/// Protection levels for all classes but the cheapest, dearest first: each dearer class protected alone, then added.
///
/// # Errors
/// [`NoAnswer::Number`] unless prices fall strictly and are positive.
pub fn emsr_a(classes: &[Class]) -> Result<Vec<f64>, NoAnswer> {
    protect(classes, |dearer, next| dearer.iter().map(|class| littlewood(*class, next)).sum())
}

/// Protection levels with all dearer classes taken as one, at their mean price weighted by demand.
///
/// # Errors
/// [`NoAnswer::Number`] unless prices fall strictly and are positive.
pub fn emsr_b(classes: &[Class]) -> Result<Vec<f64>, NoAnswer> {
    protect(classes, |dearer, next| {
        let mean: f64 = dearer.iter().map(|class| class.mean).sum();
        let revenue: f64 = dearer.iter().map(|class| class.price * class.mean).sum();
        let variance: f64 = dearer.iter().map(|class| class.deviation * class.deviation).sum();
        littlewood(Class { price: revenue / mean, mean, deviation: variance.sqrt() }, next)
    })
}

fn protect(
    classes: &[Class],
    level: impl Fn(&[Class], f64) -> Result<f64, NoAnswer>,
) -> Result<Vec<f64>, NoAnswer> {
    let splits = (1..classes.len()).filter_map(|count| classes.split_at_checked(count));
    splits.filter_map(|(dearer, rest)| rest.first().map(|next| level(dearer, next.price))).collect()
}

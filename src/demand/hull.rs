//! Between which prices the optimum lies when the elasticity lies between two values.

use super::optimum::stationary;
use super::{Contribution, Curve, Elasticity, Form, InvalidCurve, NoOptimum, log_lambert_w};

/// Why there are no such prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHull {
    LosesAlways,
    Curve(InvalidCurve),
}

/// The least and the greatest optimum over elasticities in [`steep`, `flat`], demand calibrated at price `at`.
/// 0 stands for "as low as allowed", infinity for "as high as allowed".
///
/// The optimum rises with ε (flatter demand, dearer price), so these are its values at the two ends, but for one
/// case: logit demand with a fixed share s at a price above break-even c′ becomes a step at `at` as it steepens, and
/// its optimum climbs back towards `at`. With β the slope, dp*/dβ = 0 where W·(ln W − 1 − ln(s/(1−s))) = 1; with
/// v = W₀(e^(−1−ln(s/(1−s)))) that is β = (1+v)²/(v(`at` − c′)), and the price there is c′ + (`at` − c′)/(1+v).
pub(super) fn optima(
    form: Form,
    at: f64,
    unit: Contribution,
    (steep, flat): (f64, f64),
) -> Result<(f64, f64), NoHull> {
    let ends = (extended(form, at, unit, steep)?, extended(form, at, unit, flat)?);
    let dip = turning_point(form, at, unit)
        .filter(|(elasticity, _)| steep < *elasticity && *elasticity < flat)
        .map_or(f64::INFINITY, |(_, price)| price);
    Ok((ends.0.min(ends.1).min(dip), ends.0.max(ends.1)))
}

/// The optimum as an extended number: elasticities of zero and more rise without end.
fn extended(form: Form, at: f64, unit: Contribution, elasticity: f64) -> Result<f64, NoHull> {
    let Ok(elasticity) = Elasticity::try_new(elasticity) else { return Ok(f64::INFINITY) };
    let curve = match Curve::through(form, at, 1.0, elasticity) {
        Ok(curve) => curve,
        // So flat that its slope is no number any more.
        Err(InvalidCurve::Parameter) => return Ok(f64::INFINITY),
        Err(error) => return Err(NoHull::Curve(error)),
    };
    match stationary(&curve, unit) {
        Ok(price) => Ok(price),
        Err(NoOptimum::LosesAlways) => Err(NoHull::LosesAlways),
        Err(NoOptimum::Falling) => Ok(0.0),
        Err(NoOptimum::Rising | NoOptimum::NeverSells | NoOptimum::NotFinite) => Ok(f64::INFINITY),
    }
}

/// The elasticity at which the optimum of logit demand is least, and that least optimum.
fn turning_point(form: Form, at: f64, unit: Contribution) -> Option<(f64, f64)> {
    let Form::Logit { share } = form else { return None };
    let even = unit.break_even()?;
    let above = at - even;
    if above <= 0.0 {
        return None;
    }
    let v = log_lambert_w(-1.0 - libm::log(share / (1.0 - share)));
    let beta = (1.0 + v) * (1.0 + v) / (v * above);
    Some((-beta * at * (1.0 - share), even + above / (1.0 + v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No elasticity in the interval has an optimum outside the hull.
        #[test]
        fn the_hull_holds_every_optimum(
            which in 0..4_usize, share in 0.02..0.98_f64, at in 1.0..100.0_f64, cost in 0.1..100.0_f64,
            steep in -12.0..-0.1_f64, width in 0.0..8.0_f64, part in 0.0..1.0_f64,
        ) {
            let form = [Form::ConstantElasticity, Form::Linear, Form::Exponential, Form::Logit { share }][which];
            let unit = Contribution::try_new(0.8, cost).unwrap();
            let (low, high) = optima(form, at, unit, (steep, steep + width)).unwrap();
            let inside = extended(form, at, unit, steep + part * width).unwrap();
            prop_assert!(low <= inside * (1.0 + 1e-12) && inside <= high * (1.0 + 1e-12), "{low} {inside} {high}");
        }

        /// But for logit, flatter demand means a dearer optimum.
        #[test]
        fn flatter_is_dearer(
            which in 0..3_usize, at in 1.0..100.0_f64, cost in 0.1..100.0_f64,
            steep in -12.0..-1.1_f64, step in 0.01..1.0_f64,
        ) {
            let form = [Form::ConstantElasticity, Form::Linear, Form::Exponential][which];
            let unit = Contribution::try_new(0.8, cost).unwrap();
            let of = |elasticity| extended(form, at, unit, elasticity).unwrap();
            prop_assert!(of(steep) < of(steep + step));
        }
    }
}

//! The price that earns most on one curve, in closed form.

use super::curve::Shape;
use super::{Contribution, Curve, Region, log_lambert_w};

/// Why no price earns most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoOptimum {
    /// a ≤ 0: fees and tax eat every price.
    LosesAlways,
    /// ε ≥ −1 under constant elasticity: profit rises with the price everywhere. The model's failure, not advice.
    Rising,
    /// There is no cost to cover, so profit falls with the price everywhere.
    Falling,
    /// Linear demand is gone before a price breaks even.
    NeverSells,
    /// The optimum is too large for a number.
    NotFinite,
}

/// The interior price that maximizes (a·P − C)·q(P), from (P − C/a)/P = −1/ε(P) (Lerner; Phillips, *Pricing and
/// Revenue Optimization*; Talluri & van Ryzin 2004, ch. 7). Positive and finite.
///
/// | demand | p* |
/// |---|---|
/// | constant elasticity | (C/a)·ε/(1 + ε) |
/// | linear | ½(α/β + C/a) |
/// | exponential | C/a + 1/β |
/// | logit | C/a + (1 + W(e^(u − βC/a − 1)))/β |
///
/// # Errors
/// See [`NoOptimum`]. Constant elasticity has an optimum only for ε < −1 and C > 0.
pub fn optimum(curve: &Curve, unit: Contribution) -> Result<f64, NoOptimum> {
    let price = stationary(curve, unit)?;
    match (curve.shape, unit.break_even()) {
        (Shape::Linear { intercept, slope }, Some(even)) if intercept / slope <= even => {
            Err(NoOptimum::NeverSells)
        }
        _ => Ok(price),
    }
}

/// The closed forms alone: for linear demand that never breaks even, a price between choke and break-even.
pub(super) fn stationary(curve: &Curve, unit: Contribution) -> Result<f64, NoOptimum> {
    if unit.keep() <= 0.0 {
        return Err(NoOptimum::LosesAlways);
    }
    let even = unit.break_even().ok_or(NoOptimum::NotFinite)?;
    let price = match curve.shape {
        Shape::Power { elasticity, .. } if -1.0 <= elasticity => return Err(NoOptimum::Rising),
        Shape::Power { elasticity, .. } => even * (elasticity / (1.0 + elasticity)),
        Shape::Linear { intercept, slope } => 0.5 * (intercept / slope + even),
        Shape::Exponential { beta, .. } => even + 1.0 / beta,
        Shape::Logit { appeal, beta, .. } => even + (1.0 + log_lambert_w(appeal - beta * even - 1.0)) / beta,
    };
    match price {
        _ if !price.is_finite() => Err(NoOptimum::NotFinite),
        _ if price <= 0.0 => Err(NoOptimum::Falling),
        _ => Ok(price),
    }
}

/// The best price inside `region`: profit has one peak, so that is the optimum clamped, or the edge it rises to.
///
/// # Errors
/// [`NoOptimum::LosesAlways`], and [`NoOptimum::NeverSells`] when even the region's break-even finds no buyer.
pub fn best_within(curve: &Curve, unit: Contribution, region: Region) -> Result<f64, NoOptimum> {
    match optimum(curve, unit) {
        Ok(price) => Ok(region.clamp(price)),
        Err(NoOptimum::Rising | NoOptimum::NotFinite) => Ok(region.high()),
        Err(NoOptimum::Falling) => Ok(region.low()),
        Err(other) => Err(other),
    }
}

impl std::fmt::Display for NoOptimum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LosesAlways => "fees and tax eat every price",
            Self::Rising => "profit rises with the price everywhere: the elasticity is −1 or above",
            Self::Falling => "profit falls with the price everywhere: there is no cost to cover",
            Self::NeverSells => "demand is gone before a price breaks even",
            Self::NotFinite => "the best price is too large to be a number",
        })
    }
}

impl std::error::Error for NoOptimum {}

#[cfg(test)]
mod tests {
    use super::super::curve::tests::forms;
    use super::super::{Elasticity, Form};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Nobody earns more a little to either side, or far away; and the optimum rises with the cost.
        #[test]
        fn neighbors_earn_less(
            form in forms(), keep in 0.2..1.0_f64, cost in 0.5..500.0_f64, price in 1.0..1e3_f64,
            value in -6.0..-1.05_f64, factor in 0.2..5.0_f64,
        ) {
            let curve = Curve::through(form, price, 10.0, Elasticity::try_new(value).unwrap()).unwrap();
            let unit = Contribution::try_new(keep, cost).unwrap();
            if let Ok(best) = optimum(&curve, unit) {
                let most = curve.profit(best, unit);
                for other in [best * 0.999, best * 1.001, best * factor, price] {
                    prop_assert!(curve.profit(other, unit) <= most * (1.0 + 1e-12), "{best} {other}");
                }
                let dearer = Contribution::try_new(keep, cost * 1.1).unwrap();
                if let Ok(next) = optimum(&curve, dearer) {
                    prop_assert!(best < next);
                }
            } else {
                prop_assert_eq!(form, Form::Linear);
            }
        }

        /// |ε| ≤ 1 has no interior price under constant elasticity.
        #[test]
        fn inelastic_demand_has_no_optimum(value in -1.0..-1e-6_f64, cost in 0.01..1e3_f64) {
            let curve = Curve::constant_elasticity(1.0, Elasticity::try_new(value).unwrap()).unwrap();
            let unit = Contribution::try_new(0.8, cost).unwrap();
            prop_assert_eq!(optimum(&curve, unit), Err(NoOptimum::Rising));
        }
    }

    #[test]
    fn edge_cases_have_names() {
        let curve = |value| Curve::constant_elasticity(1.0, Elasticity::try_new(value).unwrap()).unwrap();
        let unit = |keep, cost| Contribution::try_new(keep, cost).unwrap();
        let linear = Curve::linear(100.0, 10.0).unwrap();
        assert_eq!(optimum(&curve(-1.0), unit(1.0, 1.0)), Err(NoOptimum::Rising));
        assert_eq!(optimum(&curve(-2.0), unit(1.0, 0.0)), Err(NoOptimum::Falling));
        assert_eq!(optimum(&curve(-2.0), unit(0.0, 1.0)), Err(NoOptimum::LosesAlways));
        assert_eq!(optimum(&curve(-2.0), unit(1e-300, 1e300)), Err(NoOptimum::NotFinite));
        assert_eq!(optimum(&linear, unit(1.0, 10.0)), Err(NoOptimum::NeverSells));
        let region = Region::try_new(1.0, 2.0).unwrap();
        assert_eq!(best_within(&curve(-0.5), unit(1.0, 1.0), region), Ok(2.0));
        assert_eq!(best_within(&curve(-2.0), unit(1.0, -1.0), region), Ok(1.0));
    }
}

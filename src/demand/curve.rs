//! Four forms of demand, each calibrated at a price, a quantity and an elasticity.

/// ε = d ln q / d ln P: finite and below zero.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Elasticity(f64);

/// Why a number is not an elasticity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidElasticity {
    NotFinite,
    /// Zero or more: a dearer item would sell no less.
    NotNegative,
}

/// The shape of demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// q = A·P^ε.
    ConstantElasticity,
    /// q = α − βP, nothing beyond the choke price α/β.
    Linear,
    /// q = A·e^(−βP).
    Exponential,
    /// q = M/(1 + e^(βP − u)). Three parameters, so the calibration needs one more fact: which `share` of its
    /// market M the item sells at the price of calibration, in (0, 1). Towards 0 it becomes `Exponential`.
    Logit { share: f64 },
}

/// A demand curve: units in a period as a function of the gross price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    pub(super) shape: Shape,
}

/// The parameters of a curve; `Power` and `Exponential` are kept at their anchor, where nothing overflows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Power { price: f64, quantity: f64, elasticity: f64 },
    Linear { intercept: f64, slope: f64 },
    Exponential { price: f64, quantity: f64, beta: f64 },
    Logit { market: f64, appeal: f64, beta: f64 },
}

/// Why numbers are not a demand curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidCurve {
    /// The price of calibration is not positive and finite.
    Price,
    /// The quantity is not positive and finite.
    Quantity,
    /// The logit share is not strictly between 0 and 1.
    Share,
    /// A slope is not positive and finite, or a level not finite.
    Parameter,
}

impl Elasticity {
    /// # Errors
    /// The number is infinite or not a number, or not below zero.
    pub fn try_new(value: f64) -> Result<Self, InvalidElasticity> {
        if !value.is_finite() {
            return Err(InvalidElasticity::NotFinite);
        }
        if 0.0 <= value {
            return Err(InvalidElasticity::NotNegative);
        }
        Ok(Self(value))
    }

    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl Curve {
    /// The curve of that form that sells `quantity` at `price` with that `elasticity` there.
    ///
    /// # Errors
    /// A price, quantity or share outside its range, or parameters that overflow.
    pub fn through(
        form: Form,
        price: f64,
        quantity: f64,
        elasticity: Elasticity,
    ) -> Result<Self, InvalidCurve> {
        let elasticity = elasticity.value();
        positive(price, InvalidCurve::Price)?;
        positive(quantity, InvalidCurve::Quantity)?;
        match form {
            Form::ConstantElasticity => Ok(Self { shape: Shape::Power { price, quantity, elasticity } }),
            Form::Linear => Self::linear(quantity * (1.0 - elasticity), -elasticity * quantity / price),
            Form::Exponential => {
                let beta = -elasticity / price;
                positive(beta, InvalidCurve::Parameter)?;
                Ok(Self { shape: Shape::Exponential { price, quantity, beta } })
            }
            Form::Logit { share } => {
                if !(0.0 < share && share < 1.0) {
                    return Err(InvalidCurve::Share);
                }
                let steep = -elasticity / (1.0 - share);
                Self::logit(quantity / share, steep + libm::log(share / (1.0 - share)), steep / price)
            }
        }
    }

    /// q = `scale`·P^ε.
    ///
    /// # Errors
    /// The scale is not positive and finite.
    pub fn constant_elasticity(scale: f64, elasticity: Elasticity) -> Result<Self, InvalidCurve> {
        Self::through(Form::ConstantElasticity, 1.0, scale, elasticity)
    }

    /// q = `intercept` − `slope`·P, never below zero.
    ///
    /// # Errors
    /// Either number is not positive and finite.
    pub fn linear(intercept: f64, slope: f64) -> Result<Self, InvalidCurve> {
        positive(intercept, InvalidCurve::Parameter)?;
        positive(slope, InvalidCurve::Parameter)?;
        Ok(Self { shape: Shape::Linear { intercept, slope } })
    }

    /// q = `scale`·e^(−`beta`·P).
    ///
    /// # Errors
    /// Either number is not positive and finite.
    pub fn exponential(scale: f64, beta: f64) -> Result<Self, InvalidCurve> {
        positive(scale, InvalidCurve::Quantity)?;
        positive(beta, InvalidCurve::Parameter)?;
        Ok(Self { shape: Shape::Exponential { price: 0.0, quantity: scale, beta } })
    }

    /// q = `market`/(1 + e^(`beta`·P − `appeal`)).
    ///
    /// # Errors
    /// Market or beta not positive and finite, appeal not finite.
    pub fn logit(market: f64, appeal: f64, beta: f64) -> Result<Self, InvalidCurve> {
        positive(market, InvalidCurve::Quantity)?;
        positive(beta, InvalidCurve::Parameter)?;
        if !appeal.is_finite() {
            return Err(InvalidCurve::Parameter);
        }
        Ok(Self { shape: Shape::Logit { market, appeal, beta } })
    }

    /// Units sold in a period at `price` > 0. Never negative, never not-a-number; towards a price of zero constant
    /// elasticity grows without bound.
    #[must_use]
    pub fn quantity(&self, price: f64) -> f64 {
        let price_paid = price.max(f64::MIN_POSITIVE);
        match self.shape {
            Shape::Power { price, quantity, elasticity } => {
                quantity * libm::exp(elasticity * libm::log(price_paid / price))
            }
            Shape::Linear { intercept, slope } => (intercept - slope * price_paid).max(0.0),
            Shape::Exponential { price, quantity, beta } => {
                quantity * libm::exp(-beta * (price_paid - price))
            }
            Shape::Logit { market, appeal, beta } => market / (1.0 + libm::exp(beta * price_paid - appeal)),
        }
    }

    /// ε(P) = q′P/q, below zero; `None` where a linear curve sells nothing.
    #[must_use]
    pub fn elasticity_at(&self, price: f64) -> Option<f64> {
        match self.shape {
            Shape::Power { elasticity, .. } => Some(elasticity),
            Shape::Linear { intercept, slope } => {
                let left = intercept - slope * price;
                (0.0 < left).then(|| -slope * price / left)
            }
            Shape::Exponential { beta, .. } => Some(-beta * price),
            Shape::Logit { appeal, beta, .. } => {
                Some(-beta * price / (1.0 + libm::exp(appeal - beta * price)))
            }
        }
    }

    /// Gross revenue in a period, P·q: what customers pay.
    #[must_use]
    pub fn revenue(&self, price: f64) -> f64 {
        price * self.quantity(price)
    }

    /// (a·P − C)·q, in currency per period.
    #[must_use]
    pub fn profit(&self, price: f64, unit: super::Contribution) -> f64 {
        unit.at(price) * self.quantity(price)
    }
}

fn positive(value: f64, otherwise: InvalidCurve) -> Result<(), InvalidCurve> {
    if 0.0 < value && value.is_finite() { Ok(()) } else { Err(otherwise) }
}

impl std::fmt::Display for InvalidElasticity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "the elasticity is not a finite number",
            Self::NotNegative => "the elasticity is not below zero: a dearer item would sell no less",
        })
    }
}

impl std::error::Error for InvalidElasticity {}

impl std::fmt::Display for InvalidCurve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Price => "the price where demand was estimated is not positive",
            Self::Quantity => "the quantity that demand starts from is not positive",
            Self::Share => "the logit share is not between 0 and 1",
            Self::Parameter => "a parameter of demand is out of range",
        })
    }
}

impl std::error::Error for InvalidCurve {}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::demand) fn forms() -> impl Strategy<Value = Form> {
        prop_oneof![
            Just(Form::ConstantElasticity),
            Just(Form::Linear),
            Just(Form::Exponential),
            (0.01..0.99_f64).prop_map(|share| Form::Logit { share })
        ]
    }

    proptest! {
        /// A calibrated curve goes through its point with its slope, and falls.
        #[test]
        fn calibration_is_kept(form in forms(), price in 0.1..1e4_f64, quantity in 0.1..1e4_f64, value in -8.0..-0.1_f64) {
            let curve = Curve::through(form, price, quantity, Elasticity::try_new(value).unwrap()).unwrap();
            let near = |ours: f64, wanted: f64| (ours - wanted).abs() <= 1e-11 * wanted.abs();
            prop_assert!(near(curve.quantity(price), quantity));
            prop_assert!(near(curve.elasticity_at(price).unwrap(), value));
            prop_assert!(curve.quantity(price * 1.01) < curve.quantity(price));
            prop_assert!(0.0 <= curve.quantity(price * 100.0));
        }
    }

    #[test]
    fn bad_numbers_have_their_own_words() {
        assert_eq!(Elasticity::try_new(f64::NAN), Err(InvalidElasticity::NotFinite));
        assert_eq!(Elasticity::try_new(0.0), Err(InvalidElasticity::NotNegative));
        let elasticity = Elasticity::try_new(-2.0).unwrap();
        let through = |form, price, quantity| Curve::through(form, price, quantity, elasticity);
        assert_eq!(through(Form::Linear, 0.0, 1.0), Err(InvalidCurve::Price));
        assert_eq!(through(Form::Linear, 1.0, f64::INFINITY), Err(InvalidCurve::Quantity));
        assert_eq!(through(Form::Logit { share: 1.0 }, 1.0, 1.0), Err(InvalidCurve::Share));
        assert_eq!(Curve::linear(1.0, -1.0), Err(InvalidCurve::Parameter));
        assert!(through(Form::ConstantElasticity, 1.0, 1.0).unwrap().quantity(f64::NAN) > 0.0);
    }
}

//! The few numbers that are floats: demand forms (decisions 15.5) and demand until a last day (decisions 17.5).

use super::num::{self, AMOUNT_PLACES, Q, RATIO_PLACES};

/// A whole number as the nearest float.
fn whole(value: &Q) -> f64 {
    value.to_integer().to_string().parse().expect("digits are a number")
}

/// An amount is micros ÷ 10⁶, one division.
pub fn of_amount(value: &Q) -> f64 {
    whole(&(value * num::power(AMOUNT_PLACES))) / 1e6
}

/// A ratio is nanos ÷ 10⁹, one division.
pub fn of_ratio(value: &Q) -> f64 {
    whole(&(value * num::power(RATIO_PLACES))) / 1e9
}

/// A fraction in lowest terms is num ÷ den, one division.
pub fn of_fraction(value: &Q) -> f64 {
    whole(&Q::from_integer(value.numer().clone())) / whole(&Q::from_integer(value.denom().clone()))
}

/// A finite float as an amount, half-even; none if it is no number or too large.
pub fn amount(value: f64) -> Option<Q> {
    let exact = num::half_even(&Q::from_float(value)?, AMOUNT_PLACES);
    num::fits(&exact, AMOUNT_PLACES).then_some(exact)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Linear,
    Exponential,
    Logit,
}

/// What the forms stand on.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    pub form: Form,
    /// `elasticity_price`
    pub e: f64,
    /// `market_share`; only logit looks at it
    pub share: f64,
    /// C′/a′
    pub c: f64,
}

impl Demand {
    /// The optimum for an elasticity; none is "without end".
    fn optimum(&self, x: f64) -> Option<Q> {
        if x >= 0.0 {
            return None;
        }
        let Demand { e, c, .. } = *self;
        ended(match self.form {
            Form::Linear => 0.5 * ((1.0 * (1.0 - x)) / (((-x) * 1.0) / e) + c),
            Form::Exponential => c + 1.0 / (-x / e),
            Form::Logit => {
                let t = -x / (1.0 - self.share);
                let u = t + self.odds();
                let beta = t / e;
                let y = u - beta * c - 1.0;
                c + (1.0 + product_log(y)) / beta
            }
        })
    }

    fn odds(&self) -> f64 {
        libm::log(self.share / (1.0 - self.share))
    }

    /// Lowest and highest optimum over [low, high]; none is above every amount.
    pub fn ends(&self, low: f64, high: f64) -> (Option<Q>, Option<Q>) {
        let mut values = vec![self.optimum(low), self.optimum(high)];
        let d = self.e - self.c;
        if self.form == Form::Logit && d > 0.0 {
            let v = product_log(-1.0 - self.odds());
            let beta = (1.0 + v) * (1.0 + v) / (v * d);
            let reached = -beta * self.e * (1.0 - self.share);
            if low < reached && reached < high {
                values.push(ended(self.c + d / (1.0 + v)));
            }
        }
        let lowest = values.iter().flatten().min().cloned();
        let highest = if values.contains(&None) { None } else { values.into_iter().flatten().max() };
        (lowest, highest)
    }
}

/// A value that is not finite is without end, one ≤ 0 is 0; one too large is without end.
fn ended(value: f64) -> Option<Q> {
    if value <= 0.0 { Some(num::zero()) } else { amount(value) }
}

/// w > 0 with w + ln w = y, by halving: slow, and sure to the last bits.
fn product_log(y: f64) -> f64 {
    // For a very low y, w is e^y.
    if y < -40.0 {
        return libm::exp(y);
    }
    let (mut low, mut high) = (libm::exp(-41.0), if y > 1.0 { y } else { 1.0 });
    while let middle = low + (high - low) / 2.0
        && low < middle
        && middle < high
    {
        if middle + libm::log(middle) < y { low = middle } else { high = middle }
    }
    // The nearer of two neighbours.
    if (low + libm::log(low) - y).abs() < (high + libm::log(high) - y).abs() { low } else { high }
}

/// Demand until the last day: λ units a day at the price p_c, e^(−α(P − p_c)) of it at P.
#[derive(Clone, Copy, Debug)]
pub struct Selling {
    pub elasticity: f64,
    pub daily: f64,
    /// the price p_c where both were measured
    pub at_price: f64,
}

impl Selling {
    pub fn alpha(&self) -> f64 {
        -self.elasticity / self.at_price
    }

    /// Expected demand of so many days at a price.
    pub fn mean(&self, days: f64, price: f64) -> f64 {
        days * self.daily * libm::exp(self.alpha() * (self.at_price - price))
    }

    /// The best price for n units over t days, with w the worth of a unit left (ECONOMICS 5).
    pub fn best(&self, units: u64, days: f64, worth: f64) -> Option<f64> {
        let alpha = self.alpha();
        if self.daily == 0.0 {
            return Some(worth + 1.0 / alpha);
        }
        let log = libm::log(self.daily) - self.elasticity + libm::log(days) - alpha * worth - 1.0;
        let l = libm::exp(log);
        if !l.is_finite() {
            return None;
        }
        // b = Σ of the terms before the last of Σ Lⁱ/i!, measured by the last one.
        let mut b = 0.0;
        for i in 1..=units {
            b = (1.0 + b) * i as f64 / l;
        }
        Some(worth + (1.0 + libm::log(1.0 + 1.0 / b)) / alpha)
    }
}

#[test]
fn gallego_and_van_ryzin() {
    for (l, n, price) in [
        (1.0, 1, 1.69314718056),
        (5.0, 1, 2.79175946923),
        (5.0, 5, 1.3352878881),
        (10.0, 2, 2.71297859137),
        (10.0, 5, 1.83000335554),
        (10.0, 10, 1.24153965569),
        (20.0, 10, 1.7721106695),
        (20.0, 20, 1.17303516298),
        (150.0, 200, 1.00001503877),
    ] {
        // α = 1 and λ° = λ/e with λ at p_c = 1: L is λ·t.
        let selling = Selling { elasticity: -1.0, daily: l, at_price: 1.0 };
        let best = selling.best(n, 1.0, 0.0).unwrap();
        assert!((best - price).abs() < 1e-9, "{l} {n}: {best}, not {price}");
    }
}

#[test]
fn product_log_of_economics() {
    for (y, w) in [
        (0.0, 0.567_143_290_41),
        (1.0, 1.0),
        (700.0, 693.458_308_879),
        (-23.025_850_929_940_457, 9.999_999_999e-11),
        (-50.0, 1.928_749_847_963_917_8e-22),
    ] {
        let ours = product_log(y);
        assert!((ours / w - 1.0).abs() < 1e-10, "{y}: {ours}, not {w}");
    }
}

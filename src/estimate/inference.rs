//! From an estimate and its error to t, p and an interval.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};

/// An estimate with everything that is said about it. All numbers are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub estimate: f64,
    pub se: f64,
    pub t: f64,
    pub p: f64,
    pub low: f64,
    pub high: f64,
}

/// Turns estimates into intervals at one level, with one t distribution.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    freedom: f64,
    quantile: f64,
}

impl Judge {
    pub fn new(freedom: f64, level: f64) -> Self {
        let freedom = freedom.max(1.0);
        Self { freedom, quantile: t_quantile(0.5 + level / 2.0, freedom) }
    }

    pub fn judge(&self, estimate: f64, variance: f64) -> Option<Estimate> {
        let se = variance.max(0.0).sqrt();
        if !estimate.is_finite() || !se.is_finite() {
            return None;
        }
        // An exact fit has no error: then t is as large as a number can be.
        let t = if se > 0.0 { estimate / se } else { f64::MAX.copysign(estimate) };
        let t = t.clamp(-f64::MAX, f64::MAX);
        let p = t_tail(t, self.freedom);
        let margin = self.quantile * se;
        Some(Estimate { estimate, se, t, p, low: estimate - margin, high: estimate + margin })
    }
}

/// From here on the series about the normal is exact to nine digits, and far faster than the general routine.
const SERIES_FROM: f64 = 60.0;

pub fn t_quantile(probability: f64, freedom: f64) -> f64 {
    if freedom < SERIES_FROM {
        return StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(probability));
    }
    // Fisher and Cornish 1960.
    let z = Normal::standard().inverse_cdf(probability);
    let (z2, v) = (z * z, freedom);
    let first = z * (z2 + 1.0) / 4.0;
    let second = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    let fourth = z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0;
    z + (first + (second + (third + fourth / v) / v) / v) / v
}

/// Above this many degrees of freedom t is the normal.
const NORMAL_FROM: f64 = 1e7;

/// The value of the normal below which this share lies.
pub fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// The two-sided p value.
pub fn t_tail(t: f64, freedom: f64) -> f64 {
    let tail = match freedom < NORMAL_FROM {
        true => StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |d| 2.0 * d.cdf(-t.abs())),
        false => 2.0 * Normal::standard().cdf(-t.abs()),
    };
    if tail.is_finite() { tail.clamp(0.0, 1.0) } else { 0.0 }
}

/// The upper tail of F.
pub fn f_tail(f: f64, df1: f64, df2: f64) -> f64 {
    let tail = FisherSnedecor::new(df1, df2.max(1.0)).map_or(1.0, |d| d.sf(f.max(0.0)));
    if tail.is_finite() { tail } else { 1.0 }
}

/// The value of F below which this share lies.
pub fn f_quantile(share: f64, df1: f64, df2: f64) -> f64 {
    FisherSnedecor::new(df1, df2.max(1.0)).map_or(f64::NAN, |d| d.inverse_cdf(share))
}

/// The upper tail of chi squared.
pub fn chi2_tail(x: f64, df: f64) -> f64 {
    let tail = ChiSquared::new(df).map_or(1.0, |d| d.sf(x.max(0.0)));
    if tail.is_finite() { tail } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        assert!((t_quantile(0.975, 62.0) - 1.998_971_517).abs() < 2e-9);
        assert!((t_quantile(0.975, 79_726.0) - 1.959_993_745).abs() < 1e-8);
        assert!((t_quantile(0.975, 1e9) - 1.959_963_985).abs() < 1e-6);
        assert!((chi2_tail(4.93198, 1.0) - 0.0264).abs() < 1e-4);
        let exact = Judge::new(10.0, 0.95).judge(2.0, 0.0).unwrap();
        assert!(exact.t.is_finite() && exact.p == 0.0);
    }
}

//! The normal quantile: from a confidence to the z that a rule works with.

use crate::money::Ratio;

/// Φ⁻¹(`chance`) for a chance strictly between 0 and 1; `None` otherwise. By bisection on `erfc`, for compiling rules
/// and not for every price.
#[must_use]
pub fn quantile(chance: f64) -> Option<f64> {
    if !(0.0 < chance && chance < 1.0) {
        return None;
    }
    // The smaller tail keeps its digits.
    let tail = chance.min(1.0 - chance);
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if tail < 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(if chance < 0.5 { -low } else { low })
}

/// z for a confidence in [0.5, 1), to nine places half-even: 0.674489750 for 75 %.
#[must_use]
pub fn confidence(level: Ratio) -> Option<Ratio> {
    let nanos = level.nanos();
    if nanos < Ratio::SCALE / 2 {
        return None;
    }
    // From the tail, which is exact: near 100 % the level itself has lost its digits in a float.
    let tail = Ratio::from_nanos(Ratio::SCALE.checked_sub(nanos)?);
    let z = -quantile(super::door::from_ratio(tail))?;
    // z < 6.4 for every confidence a ratio can hold, far inside an `i64`.
    Some(Ratio::from_nanos(libm::rint(z * Ratio::SCALE as f64) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        for (chance, z) in [
            (0.75, 0.674_489_750_196_081_7),
            (0.9, 1.281_551_565_544_600_4),
            (0.975, 1.959_963_984_540_054),
            (0.1, -1.281_551_565_544_600_4),
            (1e-10, -6.361_340_902_404_056),
        ] {
            assert!((quantile(chance).unwrap() - z).abs() < 1e-13, "{chance}");
        }
        assert!(quantile(0.5).unwrap().abs() < 1e-15);
        assert_eq!((quantile(0.0), quantile(1.0), quantile(f64::NAN)), (None, None, None));
        let of = |text: &str| confidence(Ratio::parse(text).unwrap()).map(|z| z.to_string());
        assert_eq!(of("0.75").as_deref(), Some("0.67448975"));
        assert_eq!(of("0.9").as_deref(), Some("1.281551566"));
        assert_eq!(of("0.5").as_deref(), Some("0"));
        assert_eq!(of("0.999999999").as_deref(), Some("5.997807015"));
        assert_eq!((of("0.49"), of("1")), (None, None));
    }
}

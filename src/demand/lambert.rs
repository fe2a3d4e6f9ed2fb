//! Lambert's W in the log domain.

/// The w > 0 with w + ln w = `x`, that is W₀(eˣ), for every finite `x`; relative error about 10⁻¹⁶.
///
/// W itself is asked for e^(u − βC/a − 1), which overflows where the answer is an ordinary number; its logarithm
/// does not. `x` = −∞ gives 0, +∞ and not-a-number give themselves.
///
/// Iteration of Fritsch, Shafer & Crowley, *Algorithm 443*, CACM 16 (1973): fourth order, so three steps suffice.
#[must_use]
pub fn log_lambert_w(x: f64) -> f64 {
    if x < -40.0 {
        // w = eˣ·(1 − eˣ + …): the second term is below the last digit.
        return libm::exp(x);
    }
    if !x.is_finite() {
        return x;
    }
    if 1e17 < x {
        // The logarithm of the logarithm is below the last digit.
        return x - libm::log(x);
    }
    let mut w = if x < -1.0 {
        libm::exp(x)
    } else if x < 2.0 {
        0.567 + 0.4 * (x + 0.2).max(-0.8)
    } else {
        x - libm::log(x)
    };
    for _ in 0..4 {
        let rest = x - w - libm::log(w);
        let next = 1.0 + w;
        let slope = next * (next + 2.0 / 3.0 * rest);
        w *= 1.0 + rest / next * (slope - rest / 2.0) / (slope - rest);
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Putting the answer back gives the question.
        #[test]
        fn it_solves_its_equation(x in -700.0..700.0_f64) {
            let w = log_lambert_w(x);
            prop_assert!(0.0 < w);
            prop_assert!((w + libm::log(w) - x).abs() <= 4e-16 * x.abs().max(1.0), "{x}: {w}");
        }

        #[test]
        fn it_grows(x in -700.0..700.0_f64, step in 1e-3..10.0_f64) {
            prop_assert!(log_lambert_w(x) < log_lambert_w(x + step));
        }
    }

    #[test]
    fn huge_arguments_stay_finite() {
        assert!(log_lambert_w(1e300).is_finite());
        assert!(log_lambert_w(f64::NAN).is_nan());
        assert!(log_lambert_w(f64::NEG_INFINITY) <= 0.0);
    }
}

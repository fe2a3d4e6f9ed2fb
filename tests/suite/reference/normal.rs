//! The quantile z = Φ⁻¹(confidence), rounded half-even to 9 places (decisions 15.1), without any float.
//!
//! Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …), with φ(x) = exp(−x²/2)/√(2π); everything to 40 places.

use super::num::{self, Q, RATIO_PLACES};
use std::cell::RefCell;
use std::collections::BTreeMap;

const PLACES: u32 = 40;

fn short(value: Q) -> Q {
    num::half_even(&value, PLACES)
}

/// Σ of terms until they are nothing any more.
fn series(first: Q, next: impl Fn(&Q, i64) -> Q) -> Q {
    let least = num::one() / num::power(PLACES);
    let (mut sum, mut term, mut number) = (num::zero(), first, 1);
    while num::abs(&term) > least {
        sum += &term;
        term = short(next(&term, number));
        number += 1;
    }
    sum
}

fn root(value: &Q) -> Q {
    let mut guess = num::one();
    for _ in 0..12 {
        guess = short((&guess + value / &guess) / num::q(2));
    }
    guess
}

/// π by Machin: 16 arctan(1/5) − 4 arctan(1/239).
fn pi() -> Q {
    let arctan = |inverse: i64| {
        let square = num::q(inverse * inverse);
        let mut sum = num::zero();
        let (mut power, mut odd, mut sign) = (num::one() / num::q(inverse), 1, 1);
        while power > num::one() / num::power(PLACES + 2) {
            sum += &power / num::q(odd) * num::q(sign);
            (power, odd, sign) = (power / &square, odd + 2, -sign);
        }
        sum
    };
    short(num::q(16) * arctan(5) - num::q(4) * arctan(239))
}

/// Φ(x) for x ≥ 0.
fn share_below(x: &Q, root_of_two_pi: &Q) -> Q {
    let square = x * x;
    let half = &square / num::q(2);
    let growth = series(num::one(), |term, number| term * &half / num::q(number));
    let sum = series(x.clone(), |term, number| term * &square / num::q(2 * number + 1));
    num::one() / num::q(2) + sum / (growth * root_of_two_pi)
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<Q, Q>> = const { RefCell::new(BTreeMap::new()) };
}

/// For a confidence in [½, 1).
pub fn quantile(confidence: &Q) -> Q {
    if let Some(known) = KNOWN.with_borrow(|known| known.get(confidence).cloned()) {
        return known;
    }
    let scale = root(&(num::q(2) * pi()));
    let unit = num::one() / num::power(RATIO_PLACES);
    // The largest multiple of 10⁻⁹ whose lower half-way point still lies below the quantile.
    let (mut low, mut high) = (0i64, 9_000_000_000i64);
    while low < high {
        let middle = (low + high + 1) / 2;
        let half_way = (num::q(middle) - num::one() / num::q(2)) * &unit;
        if share_below(&half_way, &scale) < *confidence {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let z = num::q(low) * unit;
    KNOWN.with_borrow_mut(|known| known.insert(confidence.clone(), z.clone()));
    z
}

#[test]
fn quantiles_of_the_decisions() {
    for (confidence, z) in [
        ("50%", "0"),
        ("75%", "0.674489750"),
        ("80%", "0.841621234"),
        ("90%", "1.281551566"),
        ("95%", "1.644853627"),
        ("97.5%", "1.959963985"),
        ("99.9999999%", "5.997807015"),
    ] {
        let confidence = super::text::percent(confidence).unwrap();
        assert_eq!(quantile(&confidence), num::parse(z).unwrap().0, "{confidence}");
    }
}

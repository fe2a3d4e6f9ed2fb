//! Regressions by group take a shorter path where they can: the numbers are those of the long one.

use super::common::*;
use super::random::Random;
use pricer::estimate::by::fit_by;
use pricer::estimate::data::Table;
use pricer::estimate::fit::fit_table;
use pricer::estimate::formula::{Effect, parse_condition};
use pricer::estimate::spec::Spec;

#[test]
fn groups_are_what_each_alone_would_be() {
    let mut random = Random::new(4);
    let mut table = Table::new();
    let n = 900;
    // Groups of uneven size, rows mixed; group 7 has a constant price, group 8 three rows, group 9 an exact fit.
    let group: Vec<f64> = (0..n)
        .map(|i| {
            if i < 3 {
                8.0
            } else {
                (random.uniform() * 8.0).floor() + f64::from(u8::from(i % 90 == 5)) * 2.0
            }
        })
        .collect();
    let price: Vec<f64> = group
        .iter()
        .map(|g| if *g > 6.5 && *g < 7.5 { 2.0 } else { 1000.0 * (1.0 + 0.1 * random.normal()) })
        .collect();
    let promo: Vec<f64> = (0..n).map(|_| f64::from(u8::from(random.uniform() < 0.3))).collect();
    let noise: Vec<f64> = group.iter().map(|g| if *g > 8.5 { 0.0 } else { random.normal() }).collect();
    put(&mut table, "y", (0..n).map(|i| 5.0 - 0.01 * price[i] + promo[i] + noise[i]).collect());
    put(&mut table, "price", price);
    put(&mut table, "promo", promo);
    put(&mut table, "g", group);
    let by = Effect { columns: vec!["g".to_owned()] };
    for formula in
        ["y ~ log(price) + promo", "y ~ 0 + price + promo", "y ~ 1", "y ~ price + promo + I(2*promo)"]
    {
        for vcov in ["iid", "hetero", "HC0"] {
            let spec = Spec::new(formula).unwrap().vcov(vcov).unwrap();
            let groups = fit_by(&spec, &table, &by).unwrap();
            assert!(groups.len() >= 8);
            for g in &groups {
                let mut alone = spec.clone();
                alone.filter = Some(parse_condition(&format!("g == {}", g.group)).unwrap());
                let (ours, alone) = (g.result.as_ref().unwrap(), fit_table(&alone, &table).unwrap());
                assert_eq!((ours.n, ours.k, &ours.convention), (alone.n, alone.k, &alone.convention));
                assert!(
                    (ours.r2 - alone.r2).abs() < 1e-9
                        && (ours.sigma - alone.sigma).abs() < 1e-9 * (1.0 + alone.sigma)
                );
                for (a, b) in ours.coefficients.iter().zip(&alone.coefficients) {
                    assert_eq!(a.term, b.term);
                    match (&a.outcome, &b.outcome) {
                        (Ok(a), Ok(b)) => {
                            let close = |x: f64, y: f64| (x - y).abs() <= 1e-8 * (1e-3 + y.abs());
                            assert!(
                                close(a.estimate, b.estimate) && close(a.se, b.se) && close(a.low, b.low),
                                "{formula} {vcov} {} {a:?} {b:?}",
                                g.group
                            );
                        }
                        (a, b) => assert_eq!(a.as_ref().err(), b.as_ref().err()),
                    }
                }
                let codes = |fit: &pricer::estimate::fit::Fit| {
                    fit.flags
                        .iter()
                        .map(|f| f.code)
                        .filter(|c| !["FEW_ROWS", "LITTLE_PRICE_VARIATION", "FEW_PRICES"].contains(c))
                        .collect::<Vec<_>>()
                };
                assert_eq!(codes(ours), codes(&alone), "{formula} {vcov} {}", g.group);
            }
        }
    }
}

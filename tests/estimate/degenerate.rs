//! Data that cannot answer, or hardly: the reason is given, never a number that means nothing.

use super::common::*;
use pricer::estimate::data::{Categories, Column, Table};
use pricer::estimate::fit::Fit;
use pricer::estimate::json;
use pricer::estimate::spec::{Family, Spec};

/// Numbers that look random and are the same everywhere.
fn noise(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n).map(|_| (0..12).map(|_| next()).sum::<f64>() - 6.0).collect()
}

fn panel(n: usize) -> Table {
    let mut table = Table::new();
    put(&mut table, "g", (0..n).map(|i| (i / 10) as f64).collect());
    put(&mut table, "x", noise(1, n));
    put(&mut table, "y", noise(2, n));
    table
}

fn flagged(fit: &Fit, code: &str) -> bool {
    fit.flags.iter().any(|f| f.code == code)
}

fn reason(fit: &Fit, term: &str) -> String {
    fit.term(term).unwrap().outcome.clone().unwrap_err()
}

/// No machine reader may meet a number that is none.
fn finite(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(n) => n.as_f64().is_some_and(f64::is_finite),
        serde_json::Value::Array(all) => all.iter().all(finite),
        serde_json::Value::Object(all) => all.values().all(finite),
        _ => true,
    }
}

#[test]
fn a_single_cluster_identifies_nothing() {
    let mut table = panel(60);
    let x: Vec<f64> =
        noise(3, 60).into_iter().enumerate().map(|(i, v)| if i / 10 == 2 { v } else { 1.0 }).collect();
    put(&mut table, "lone", x);
    let clustered = fit(&table, "y ~ lone + x | g", "cluster:g");
    assert!(reason(&clustered, "lone").contains("a single g tells `lone`"), "{clustered:?}");
    assert!(clustered.estimate("x").is_some() && flagged(&clustered, "UNIDENTIFIED"));
    assert!(fit(&table, "y ~ lone + x | g", "hetero").estimate("lone").is_some());
}

#[test]
fn rows_that_fit_exactly_are_flagged() {
    let few = fit(&panel(3), "y ~ x + I(x^2)", "hetero");
    assert!(flagged(&few, "EXACT_FIT") && few.coefficients.iter().all(|c| c.outcome.is_err()), "{few:?}");
    let mut table = panel(40);
    let x = table.numbers("x").unwrap().to_vec();
    put(&mut table, "line", x.iter().map(|v| 3.0 - 2.0 * v).collect());
    let exact = fit(&table, "line ~ x", "hetero");
    assert!(flagged(&exact, "EXACT_FIT") && (coefficient(&exact, "x") + 2.0).abs() < 1e-12);
    assert!(finite(&json::fit(&exact, &Spec::new("line ~ x").unwrap())));
}

#[test]
fn a_promotion_of_one_depth_is_the_price() {
    let mut table = panel(40);
    let promo: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
    put(&mut table, "lp", promo.iter().map(|p| 1.2 - 0.3 * p).collect());
    put(&mut table, "promo", promo);
    let both = fit(&table, "y ~ lp + promo + x | g", "hetero");
    assert!(reason(&both, "lp").contains("cannot be told apart from"), "{both:?}");
    assert!(both.estimate("x").is_some());
}

#[test]
fn weak_instruments_widen_the_set_and_liml_is_2sls_where_it_must_be() {
    let n = 200;
    let mut table = Table::new();
    let (z, u, v) = (noise(11, n), noise(12, n), noise(13, n));
    for strength in [0.05, 1.0] {
        let x: Vec<f64> = (0..n).map(|i| strength * z[i] + u[i] + v[i]).collect();
        put(&mut table, "y", (0..n).map(|i| 2.0 * u[i] - 1.5 * x[i]).collect());
        put(&mut table, "x", x);
        put(&mut table, "z", z.clone());
        let fit = fit(&table, "y ~ 1 | x ~ z", "iid");
        let estimate = coefficient(&fit, "x");
        let d = fit.instruments.clone().unwrap();
        assert!((d.liml[0].estimate - estimate).abs() < 1e-9 * estimate.abs(), "{d:?}");
        let set = d.anderson_rubin.unwrap().set;
        let inside = |b: f64| set.iter().any(|(l, h)| l.is_none_or(|l| l <= b) && h.is_none_or(|h| b <= h));
        assert!(inside(estimate) && inside(-1.5), "{set:?}");
        let bounded = set.iter().all(|(l, h)| l.is_some() && h.is_some());
        assert_eq!(bounded, strength > 0.5, "{set:?}");
        assert_eq!(flagged(&fit, "WEAK_INSTRUMENT"), strength < 0.5);
    }
}

#[test]
fn choices_and_shares_go_by_formula() {
    // Shares of a known logit, as counts of choices: the truth comes back exactly.
    let (sets, names) = (30, ["a", "b", "none"]);
    let (mut chosen, mut price, mut codes, mut set) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for s in 0..sets {
        let prices = [1.0 + 0.1 * f64::from(s % 7), 1.5 - 0.07 * f64::from(s % 5), 0.0];
        let weight: Vec<f64> =
            [0.4, 0.9, 0.0].iter().zip(prices).map(|(q, p)| f64::exp(q - 1.8 * p)).collect();
        for (j, p) in prices.iter().enumerate() {
            chosen.push(100.0 * weight[j] / weight.iter().sum::<f64>());
            price.push(*p);
            codes.push(names[j]);
            set.push(f64::from(s));
        }
    }
    let mut table = Table::new();
    table.insert("alternative", Column::Text(Categories::from_texts(codes.into_iter()))).unwrap();
    put(&mut table, "chosen", chosen.clone());
    put(&mut table, "price", price);
    put(&mut table, "trip", set);
    let mut spec = Spec::new("chosen ~ price + i(alternative, ref = none)").unwrap().vcov("iid").unwrap();
    spec.family = Family::Choice;
    assert!(pricer::estimate::fit::fit_table(&spec, &table).unwrap_err().to_string().contains("--set"));
    spec.set = Some(pricer::estimate::formula::Effect { columns: vec!["trip".to_owned()] });
    let fit = pricer::estimate::fit::fit_table(&spec, &table).unwrap();
    for (term, truth) in [("price", -1.8), ("alternative::a", 0.4), ("alternative::b", 0.9)] {
        assert!((coefficient(&fit, term) - truth).abs() < 1e-7 && se(&fit, term) > 0.0, "{fit:?}");
    }
    put(&mut table, "share", chosen.iter().map(|c| c / 100.0).collect());
    let mut spec = Spec::new("share ~ price + i(alternative)").unwrap();
    spec.family = Family::Shares;
    spec.set = Some(pricer::estimate::formula::Effect { columns: vec!["trip".to_owned()] });
    assert!(pricer::estimate::fit::fit_table(&spec, &table).unwrap_err().to_string().contains("add up to"));
    let inside: Vec<usize> = (0..table.rows()).filter(|r| r % 3 < 2).collect();
    let fit = pricer::estimate::fit::fit_table(&spec, &table.select(&inside)).unwrap();
    assert!((coefficient(&fit, "price") + 1.8).abs() < 1e-9, "{fit:?}");
}

#[test]
fn sums_in_parentheses_are_written_out() {
    let mut table = panel(60);
    put(&mut table, "w", noise(5, 60));
    let long = fit(&table, "y ~ x + w + g + x:g + w:g", "hetero");
    let short = fit(&table, "y ~ (x + w)*g", "hetero");
    let square = fit(&table, "y ~ (x + w + g)^2 ", "hetero");
    for term in ["x", "w", "g", "x:g", "w:g"] {
        assert!((coefficient(&long, term) - coefficient(&short, term)).abs() < 1e-9);
    }
    assert!(square.estimate("x:w").is_some() && square.coefficients.len() == 7);
}

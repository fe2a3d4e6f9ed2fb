use super::common::*;
use pricer::estimate::formula::Effect;
use pricer::estimate::grouping::Grouping;
use pricer::estimate::logit::berry::{bertrand_costs, log_odds, own_elasticities};

fn mean(v: &[f64]) -> f64 {
    v.iter().sum::<f64>() / v.len() as f64
}

fn median(v: &[f64]) -> f64 {
    let mut v = v.to_vec();
    v.sort_by(f64::total_cmp);
    (v[(v.len() - 1) / 2] + v[v.len() / 2]) / 2.0
}

#[test]
fn d8_logit_of_shares() {
    let Some(mut table) = load("nevo_products.csv") else { return };
    let group = |name: &str| Grouping::of(&Effect { columns: vec![name.to_owned()] }, &table).unwrap();
    let (markets, firms) = (group("market_ids"), group("firm_ids"));
    let shares = table.numbers("shares").unwrap().to_vec();
    let prices = table.numbers("prices").unwrap().to_vec();
    put(&mut table, "delta", log_odds(&shares, &markets).unwrap());
    let instruments = (0..20).map(|i| format!("demand_instruments{i}")).collect::<Vec<_>>().join(" + ");
    let iv = fit(&table, &format!("delta ~ 1 | product_ids | prices ~ {instruments}"), "HC0");
    println!("one step: {} ({})", coefficient(&iv, "prices"), se(&iv, "prices"));
    // PyBLP takes two GMM steps unless told otherwise; the printed figures are those of the second.
    let gmm = &iv.instruments.as_ref().unwrap().gmm[0];
    let alpha = gmm.estimate;
    let mut bench = Bench::default();
    bench.check("D8 price (two-step)", alpha, -30.04710289, CLOSED);
    bench.check("D8 robust se", gmm.se, 1.00858874, ERROR);
    let own = own_elasticities(alpha, &prices, &shares);
    bench.check("D8 own mean", mean(&own), -3.70636940, CLOSED);
    bench.check("D8 own median", median(&own), -3.64837064, CLOSED);
    bench.check("D8 own min", own.iter().copied().fold(f64::INFINITY, f64::min), -6.62306394, CLOSED);
    bench.check("D8 own max", own.iter().copied().fold(f64::NEG_INFINITY, f64::max), -1.33184912, CLOSED);
    for (i, e) in [-2.13913777, -3.40394092, -3.92626419, -3.89386415, -4.56856245].iter().enumerate() {
        bench.check(&format!("D8 own {}", i + 1), own[i], *e, CLOSED);
    }
    let costs = bertrand_costs(alpha, &prices, &shares, &markets, &firms).unwrap();
    bench.check("D8 costs mean", mean(&costs), 0.08632260, CLOSED);
    bench.check("D8 costs negative", costs.iter().filter(|c| **c < 0.0).count() as f64, 1.0, 0.0);
    let markups: Vec<f64> = prices.iter().zip(&costs).map(|(p, c)| (p - c) / p).collect();
    bench.check("D8 markup mean", mean(&markups), 0.33332178, CLOSED);
    bench.check("D8 markup median", median(&markups), 0.31551993, CLOSED);
    let ols = fit(&table, "delta ~ prices | product_ids", "HC0");
    bench.check("D8 OLS price", coefficient(&ols, "prices"), -28.94991338, CLOSED);
    bench.check("D8 OLS se", se(&ols, "prices"), 0.97727749, ERROR);
    bench.done();
}

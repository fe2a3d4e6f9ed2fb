use super::common::*;
use pricer::estimate::data::Table;
use std::collections::HashMap;

/// The 63 stores, with own price, cost and the mean price of the same brand and week in other stores.
fn panel() -> Option<Table> {
    let mut table = load("oj_yx_dev_63stores.csv")?;
    let brand = table.numbers("brand").unwrap().to_vec();
    let prices: Vec<Vec<f64>> =
        (1..=11).map(|b| table.numbers(&format!("price{b}")).unwrap().to_vec()).collect();
    let own: Vec<f64> = brand.iter().enumerate().map(|(r, b)| prices[*b as usize - 1][r]).collect();
    let profit = table.numbers("profit").unwrap();
    let cost: Vec<f64> = own.iter().zip(profit).map(|(p, m)| p * (1.0 - m / 100.0)).collect();
    let week = table.numbers("week").unwrap();
    let mut sums: HashMap<(u64, u64), (f64, f64)> = HashMap::new();
    for r in 0..own.len() {
        let cell = sums.entry((brand[r] as u64, week[r] as u64)).or_default();
        cell.0 += own[r].ln();
        cell.1 += 1.0;
    }
    let haus: Vec<f64> = (0..own.len())
        .map(|r| {
            let (sum, n) = sums[&(brand[r] as u64, week[r] as u64)];
            (sum - own[r].ln()) / (n - 1.0)
        })
        .collect();
    put(&mut table, "own", own);
    put(&mut table, "cost", cost);
    put(&mut table, "lhaus", haus);
    Some(table)
}

const FE: &str = "brand^store + week";

#[test]
fn d1_least_squares() {
    let Some(table) = panel() else { return };
    let mut bench = Bench::default();
    let formula = format!("logmove ~ log(own) + deal + feat | {FE}");
    for (vcov, reference) in [
        ("iid", 0.01489871),
        ("hetero", 0.02173984),
        ("cluster:store", 0.05413657),
        ("twoway:store,week", 0.12550777),
    ] {
        let fit = fit(&table, &formula, vcov);
        println!("{}", fit.convention);
        bench.check("D1 own", coefficient(&fit, "log(own)"), -3.28583137, ABSORBED);
        bench.check(&format!("D1 se {vcov}"), se(&fit, "log(own)"), reference, ERROR);
        bench.check("D1 deal", coefficient(&fit, "deal"), -0.01626540, ABSORBED);
        bench.check("D1 feat", coefficient(&fit, "feat"), 0.74034064, ABSORBED);
    }
    bench.done();
}

#[test]
fn d2_instruments() {
    let Some(table) = panel() else { return };
    let mut bench = Bench::default();
    for (z, b, s) in [("log(cost)", -3.26263450, 0.17084394), ("lhaus", -3.55009633, 0.05821278)] {
        let fit = fit(&table, &format!("logmove ~ deal + feat | {FE} | log(own) ~ {z}"), "cluster:store");
        println!("{:?} {:?}", fit.instruments, fit.dropped);
        bench.check(&format!("D2 {z}"), coefficient(&fit, "log(own)"), b, ABSORBED);
        bench.check(&format!("D2 {z} se"), se(&fit, "log(own)"), s, ERROR);
    }
    bench.done();
}

#[test]
fn d3_poisson() {
    let Some(mut table) = panel() else { return };
    let move_: Vec<f64> = table.numbers("logmove").unwrap().iter().map(|v| v.exp()).collect();
    put(&mut table, "move", move_);
    let mut bench = Bench::default();
    let fit = fit_poisson(&table, &format!("move ~ log(own) + deal + feat | {FE}"), "cluster:store");
    bench.check("D3 own", coefficient(&fit, "log(own)"), -3.24654608, ABSORBED);
    bench.check("D3 se", se(&fit, "log(own)"), 0.06269995, ERROR);
    bench.check("D3 deal", coefficient(&fit, "deal"), 0.02048885, ABSORBED);
    bench.check("D3 feat", coefficient(&fit, "feat"), 0.90743996, ABSORBED);
    bench.done();
}

#[test]
fn d4_cross_prices() {
    let Some(table) = panel() else { return };
    let own = [
        -2.76265176,
        -1.82044170,
        -3.37610567,
        -3.85019091,
        -2.93155592,
        -2.43124087,
        -3.65973563,
        -2.65965274,
        -4.09615759,
        -2.85182640,
        -0.96713287,
    ];
    let errors = [
        0.06448897, 0.06752309, 0.09067828, 0.06412988, 0.07183624, 0.08417781, 0.09021431, 0.09439294,
        0.21662362, 0.05089865, 0.08246123,
    ];
    let prices = (1..=11).map(|b| format!("log(price{b})")).collect::<Vec<_>>().join(" + ");
    let formula = format!("logmove ~ {prices} + deal + feat | store");
    let brand = table.numbers("brand").unwrap();
    let mut bench = Bench::default();
    for b in 1..=11_usize {
        let rows: Vec<usize> = (0..table.rows()).filter(|r| brand[*r] as usize == b).collect();
        let fit = fit(&table.select(&rows), &formula, "cluster:store");
        let term = format!("log(price{b})");
        bench.check(&format!("D4 brand {b}"), coefficient(&fit, &term), own[b - 1], ABSORBED);
        bench.check(&format!("D4 brand {b} se"), se(&fit, &term), errors[b - 1], ERROR);
    }
    bench.done();
}

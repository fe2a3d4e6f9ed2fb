//! Simulated panels whose truth is known: intervals of 95 % hold it in 93 to 97 % of cases, and errors vanish with N.
//!
//! `PRICER_CASES` asks for more replications; `.ci/long` does.

use super::common::*;
use super::random::Random;
use pricer::estimate::data::Table;
use pricer::estimate::fit::fit_table;
use pricer::estimate::spec::Spec;

const TRUTH: f64 = -1.7;

fn replications() -> u64 {
    let asked = std::env::var("PRICER_CASES").ok().and_then(|c| c.parse::<u64>().ok());
    asked.map_or(400, |cases| (cases / 200).clamp(400, 10_000))
}

struct Shape {
    items: usize,
    periods: usize,
    /// How far periods differ.
    seasons: f64,
    /// Errors of an item share this much.
    shared: f64,
    endogenous: f64,
    counts: bool,
}

/// One panel: item and period effects, a price that follows the item effect, and errors as the shape says.
fn panel(seed: u64, shape: &Shape) -> Table {
    let mut random = Random::new(seed);
    let items: Vec<f64> = (0..shape.items).map(|_| random.normal()).collect();
    let periods: Vec<f64> = (0..shape.periods).map(|_| shape.seasons * random.normal()).collect();
    let mut columns: [Vec<f64>; 5] = Default::default();
    for (i, item) in items.iter().enumerate() {
        let (drift, taste) = (random.normal(), random.normal());
        for (t, period) in periods.iter().enumerate() {
            let cost = random.normal();
            // Both price and error drift within an item, so that iid errors would be too small.
            let way = (t as f64 / shape.periods as f64 - 0.5) * 3.0;
            let error = 0.5 * random.normal() + shape.shared * drift * way;
            let price = 0.2 * item
                + 0.4 * cost
                + 0.2 * random.normal()
                + shape.shared * taste * way
                + shape.endogenous * error;
            let eta = TRUTH * price + item + period;
            let y = match shape.counts {
                true => {
                    let mean = (1.0 + 0.5 * eta + 0.3 * random.normal() - 0.045).exp();
                    random.poisson(mean)
                }
                false => eta + error,
            };
            for (column, value) in columns.iter_mut().zip([i as f64, t as f64, y, price, cost]) {
                column.push(value);
            }
        }
    }
    let mut table = Table::new();
    for (name, values) in ["item", "period", "y", "price", "cost"].into_iter().zip(columns) {
        put(&mut table, name, values);
    }
    table
}

fn coverage(what: &str, formula: &str, vcov: &str, shape: &Shape) {
    let replications = replications();
    let mut spec = Spec::new(formula).unwrap().vcov(vcov).unwrap();
    if shape.counts {
        spec = spec.poisson();
    }
    let truth = if shape.counts { 0.5 * TRUTH } else { TRUTH };
    let (mut inside, mut sum, mut squares) = (0_u64, 0.0, 0.0);
    for seed in 0..replications {
        let fit = fit_table(&spec, &panel(seed + 1, shape)).unwrap();
        let e = fit.estimate("price").unwrap();
        inside += u64::from(e.low <= truth && truth <= e.high);
        sum += e.estimate - truth;
        squares += (e.estimate - truth).powi(2);
    }
    let n = replications as f64;
    let (share, bias, rmse) = (inside as f64 / n, sum / n, (squares / n).sqrt());
    println!("{what:<24} {replications} panels: coverage {share:.4}, bias {bias:+.5}, rmse {rmse:.5}");
    assert!((0.93..=0.97).contains(&share), "{what}: {share}");
    // Four Monte Carlo errors; 2SLS and Poisson have a bias of the order 1/N besides.
    assert!(bias.abs() < 4.0 * rmse / n.sqrt() + 0.01 * rmse + 0.002, "{what}: {bias}");
}

const PLAIN: Shape =
    Shape { items: 30, periods: 8, seasons: 0.5, shared: 0.0, endogenous: 0.0, counts: false };

#[test]
fn intervals_of_fixed_effects_hold_the_truth() {
    coverage("two fixed effects", "y ~ price | item + period", "hetero", &PLAIN);
    coverage("two fixed effects, iid", "y ~ price | item + period", "iid", &PLAIN);
}

#[test]
fn clustered_intervals_hold_the_truth_where_errors_drift() {
    let shape = Shape { items: 60, periods: 6, shared: 0.4, ..PLAIN };
    coverage("clustered", "y ~ price | item + period", "cluster:item", &shape);
}

#[test]
fn intervals_of_instruments_hold_the_truth() {
    let shape = Shape { items: 60, seasons: 0.0, endogenous: 0.6, ..PLAIN };
    coverage("2SLS", "y ~ 1 | item | price ~ cost", "hetero", &shape);
}

#[test]
fn intervals_of_counts_hold_the_truth() {
    let shape = Shape { items: 40, periods: 8, seasons: 0.0, counts: true, ..PLAIN };
    coverage("PPML", "y ~ price | item", "hetero", &shape);
}

#[test]
fn errors_vanish_with_more_data() {
    let spec = Spec::new("y ~ 1 | item | price ~ cost").unwrap();
    let rmse = |items: usize| {
        let shape = Shape { items, seasons: 0.0, endogenous: 0.6, ..PLAIN };
        let one = |seed: u64| {
            let fit = fit_table(&spec, &panel(seed, &shape)).unwrap();
            (coefficient(&fit, "price") - TRUTH).powi(2)
        };
        ((1..=60).map(one).sum::<f64>() / 60.0).sqrt()
    };
    let (small, large) = (rmse(30), rmse(480));
    println!("rmse at 240 rows {small:.4}, at 3,840 rows {large:.4}, ratio {:.2}, theory 4", small / large);
    assert!((3.0..5.2).contains(&(small / large)), "{small} {large}");
}

//! Does on demand, one line of standard input a task, what `benches/peers/estimate.py` has the peers do with the same files,
//! and answers with the numbers found: the script compares them, and reads from outside how much CPU each took.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench that measures the wrong thing must stop"
)]

use pricer::estimate::by::fit_by;
use pricer::estimate::data::{Column, Table};
use pricer::estimate::fit::fit_table;
use pricer::estimate::formula::Effect;
use pricer::estimate::lean::{LeanPlan, Scratch, fit_span};
use pricer::estimate::read::read_table;
use pricer::estimate::spec::{Spec, Vcov};
use std::io::{BufRead, Write};
use std::path::Path;

const WEEKS: usize = 104;

fn numbers(table: &Table, name: &str) -> Vec<f64> {
    table.numbers(name).unwrap().to_vec()
}

fn put(table: &mut Table, name: &str, values: impl Iterator<Item = f64>) {
    table.insert(name, Column::Number(values.collect())).unwrap();
}

/// Orange juice with the own price of each brand, and what moved.
fn oranges(folder: &Path) -> Table {
    let mut table = read_table(&folder.join("oj_yx_dev_63stores.csv")).unwrap();
    let prices: Vec<Vec<f64>> = (1..=11).map(|b| numbers(&table, &format!("price{b}"))).collect();
    let brand = numbers(&table, "brand");
    put(&mut table, "own", brand.iter().enumerate().map(|(row, b)| prices[*b as usize - 1][row]));
    let moved = numbers(&table, "logmove");
    put(&mut table, "move", moved.iter().map(|m| m.exp()));
    table
}

/// The synthetic panel, sorted, with the columns of the regressions.
fn synthetic(folder: &Path) -> Table {
    let raw = read_table(&folder.join("synth_10k_sku_x_104w.parquet")).unwrap();
    let (sku, week) = (numbers(&raw, "sku"), numbers(&raw, "week"));
    let mut order: Vec<usize> = (0..raw.rows()).collect();
    order.sort_by(|a, b| (sku[*a], week[*a]).partial_cmp(&(sku[*b], week[*b])).unwrap());
    let mut table = raw.select(&order);
    let angle: Vec<f64> = numbers(&table, "week").iter().map(|w| std::f64::consts::TAU * w / 52.0).collect();
    let (units, price) = (numbers(&table, "units"), numbers(&table, "price"));
    put(&mut table, "y", units.iter().map(|u| u.ln_1p()));
    put(&mut table, "lp", price.iter().map(|p| p.ln()));
    put(&mut table, "sin", angle.iter().map(|a| a.sin()));
    put(&mut table, "cos", angle.iter().map(|a| a.cos()));
    table
}

/// So many rows of the panel: a part of it, or several copies as other SKUs.
fn scaled(panel: &Table, rows: usize) -> Table {
    let mut out = Table::new();
    let of = |i: usize| i % panel.rows();
    for name in ["week", "y", "lp", "promo"] {
        let values = numbers(panel, name);
        put(&mut out, name, (0..rows).map(|i| values[of(i)]));
    }
    let sku = numbers(panel, "sku");
    put(&mut out, "sku", (0..rows).map(|i| sku[of(i)] + 1e5 * (i / panel.rows()) as f64));
    out
}

fn spec(formula: &str, vcov: &str) -> Spec {
    Spec::new(formula).unwrap().vcov(vcov).unwrap()
}

fn of_term(spec: &Spec, table: &Table, term: &str) -> (f64, f64) {
    let e = fit_table(spec, table).unwrap().estimate(term).unwrap();
    (e.estimate, e.se)
}

/// The mean estimate and error of the price over SKUs, from columns in memory.
fn in_memory(y: &[f64], columns: &[Vec<f64>; 4]) -> (f64, f64) {
    let plan = LeanPlan { intercept: true, vcov: Vcov::Iid };
    let (mut scratch, mut b, mut se) = (Scratch::default(), 0.0, 0.0);
    for at in (0..y.len()).step_by(WEEKS) {
        let own: [&[f64]; 4] = std::array::from_fn(|i| &columns[i][at..at + WEEKS]);
        let fit = fit_span(&plan, &y[at..at + WEEKS], &own, &mut scratch).unwrap();
        b += fit.beta[1];
        se += fit.covariance.at(1, 1).sqrt();
    }
    let skus = (y.len() / WEEKS) as f64;
    (b / skus, se / skus)
}

fn by_sku(spec: &Spec, table: &Table, by: &Effect) -> (f64, f64) {
    let fits = fit_by(spec, table, by).unwrap();
    let n = fits.len() as f64;
    let all = fits.iter().map(|g| g.result.as_ref().unwrap().estimate("lp").unwrap());
    let (b, se) = all.fold((0.0, 0.0), |(b, se), e| (b + e.estimate, se + e.se));
    (b / n, se / n)
}

/// Answers until standard input ends.
pub fn answer(folder: &Path) {
    let (juice, panel) = (oranges(folder), synthetic(folder));
    let formula = |y: &str| format!("{y} ~ log(own) + deal + feat | brand^store + week");
    let ols = spec(&formula("logmove"), "cluster:store");
    let ppml = spec(&formula("move"), "cluster:store").poisson();
    let pooled = spec("y ~ lp + promo | sku + week", "cluster:sku");
    let each = spec("y ~ lp + promo + sin + cos", "iid");
    let by = Effect { columns: vec!["sku".to_owned()] };
    let y = numbers(&panel, "y");
    let columns = ["lp", "promo", "sin", "cos"].map(|name| numbers(&panel, name));
    let mut other: Option<Table> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (estimate, se) = match line.as_str() {
            "juice" => of_term(&ols, &juice, "log(own)"),
            "juice ppml" => of_term(&ppml, &juice, "log(own)"),
            "skus in memory" => in_memory(&y, &columns),
            "skus" => by_sku(&each, &panel, &by),
            "panel" => of_term(&pooled, &panel, "lp"),
            rows => {
                let rows: usize = rows.parse().unwrap();
                // Made at the first call, which is not counted.
                if other.as_ref().is_none_or(|t| t.rows() != rows) {
                    other = Some(scaled(&panel, rows));
                }
                of_term(&pooled, other.as_ref().unwrap(), "lp")
            }
        };
        println!("{estimate:.17e} {se:.17e}");
        std::io::stdout().flush().unwrap();
    }
}

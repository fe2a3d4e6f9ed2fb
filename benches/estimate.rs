//! How long regressions take. Every bench asserts its answer: a fast wrong estimate is none.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench estimate` is one core; `benches/peers/estimate` compares with pyfixest and numpy,
//! for which this program answers questions (`PRICER_BENCH_DATA`). The orange juice panel is read from `../shared/data`, and its benches are left out, loudly, where it is absent.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench that measures the wrong thing must stop"
)]

#[path = "peers/answer.rs"]
mod answer;

use criterion::{Criterion, Throughput};
use pricer::estimate::by::fit_by;
use pricer::estimate::data::{Column, Table};
use pricer::estimate::fit::fit_table;
use pricer::estimate::formula::Effect;
use pricer::estimate::lean::{LeanPlan, Scratch, fit_span};
use pricer::estimate::read::read_table;
use pricer::estimate::spec::{Spec, Vcov};
use std::hint::black_box;
use std::path::{Path, PathBuf};

const WEEKS: usize = 104;
const SKUS: usize = 10_000;

fn shared(name: &str) -> Option<PathBuf> {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = folders.find_map(|f| Some(f.join("shared/data").join(name)).filter(|p| p.is_file()));
    if found.is_none() {
        println!("SKIPPED: ../shared/data/{name} is missing");
    }
    found
}

/// A panel of known elasticity: 10,000 SKUs of 104 weeks, or fewer.
fn panel(rows: usize) -> Table {
    let mut state = 20_260_101_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut columns: [Vec<f64>; 6] = Default::default();
    for row in 0..rows {
        let (sku, week) = (row / WEEKS, row % WEEKS);
        let angle = std::f64::consts::TAU * week as f64 / 52.0;
        let promo = f64::from(u8::from(uniform() < 0.1));
        let price = (0.3 * (uniform() - 0.5) - 0.2 * promo).exp();
        let noise = uniform() + uniform() + uniform() - 1.5;
        let y = 3.0 + 0.001 * sku as f64 - 1.9 * price.ln() + 0.25 * promo + 0.2 * angle.sin() + 0.5 * noise;
        for (column, v) in columns.iter_mut().zip([sku as f64, week as f64, y, price, promo, angle]) {
            column.push(v);
        }
    }
    let mut table = Table::new();
    for (name, values) in ["sku", "week", "y", "price", "promo", "angle"].into_iter().zip(columns) {
        table.insert(name, Column::Number(values)).unwrap();
    }
    table
}

fn near(what: f64, truth: f64, slack: f64) {
    assert!((what - truth).abs() < slack, "{what} is not {truth}");
}

fn by_group(c: &mut Criterion, table: &Table) {
    let mut group = c.benchmark_group("estimate/by_sku");
    group.throughput(Throughput::Elements(table.rows() as u64)).sample_size(10);
    // Data in memory, one core: what numpy's batched normal equations do.
    let get = |name: &str| table.numbers(name).unwrap();
    let log: Vec<f64> = get("price").iter().map(|p| p.ln()).collect();
    let sin: Vec<f64> = get("angle").iter().map(|a| a.sin()).collect();
    let cos: Vec<f64> = get("angle").iter().map(|a| a.cos()).collect();
    let columns = [log.as_slice(), get("promo"), &sin, &cos];
    for vcov in ["iid", "hetero"] {
        let plan = LeanPlan { intercept: true, vcov: Vcov::parse(vcov).unwrap() };
        group.bench_function(format!("core/{vcov}"), |b| {
            b.iter(|| {
                let mut scratch = Scratch::default();
                let mut sum = 0.0;
                for at in (0..table.rows()).step_by(WEEKS) {
                    let span = at..at + WEEKS;
                    let own = columns.map(|c| &c[span.clone()]);
                    let fit = fit_span(&plan, &get("y")[span.clone()], &own, &mut scratch).unwrap();
                    assert!(fit.covariance.at(1, 1) > 0.0);
                    sum += fit.beta[1];
                }
                near(sum / (table.rows() / WEEKS) as f64, -1.9, 0.02);
            });
        });
    }
    let spec = Spec::new("y ~ log(price) + promo + sin(angle) + cos(angle)").unwrap().vcov("iid").unwrap();
    let by = Effect { columns: vec!["sku".to_owned()] };
    group.bench_function("command", |b| {
        b.iter(|| {
            let fits = fit_by(&spec, black_box(table), &by).unwrap();
            let sum: f64 = fits
                .iter()
                .map(|g| g.result.as_ref().unwrap().estimate("log(price)").unwrap().estimate)
                .sum();
            near(sum / fits.len() as f64, -1.9, 0.02);
        });
    });
    group.finish();
}

fn pooled(c: &mut Criterion, table: &Table) {
    let mut group = c.benchmark_group("estimate/sku_week_crv1");
    group.sample_size(10);
    let spec = Spec::new("y ~ log(price) + promo | sku + week").unwrap().vcov("cluster:sku").unwrap();
    let mut sizes = vec![SKUS / 100 * WEEKS, SKUS / 10 * WEEKS, SKUS * WEEKS];
    // Ten million rows need 2 GiB: only where asked for.
    if std::env::var_os("PRICER_BENCH_LARGE").is_some() {
        sizes.push(SKUS * 10 * WEEKS);
    }
    for rows in sizes {
        let own = match rows <= table.rows() {
            true => table.select(&(0..rows).collect::<Vec<_>>()),
            false => panel(rows),
        };
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(format!("{rows}"), |b| {
            b.iter(|| {
                near(fit_table(&spec, &own).unwrap().estimate("log(price)").unwrap().estimate, -1.9, 0.05)
            });
        });
    }
    group.finish();
}

fn orange_juice(c: &mut Criterion) {
    let Some(path) = shared("oj_yx_dev_63stores.csv") else { return };
    let mut table = read_table(&path).unwrap();
    let brand = table.numbers("brand").unwrap().to_vec();
    let prices: Vec<Vec<f64>> =
        (1..=11).map(|b| table.numbers(&format!("price{b}")).unwrap().to_vec()).collect();
    let own = brand.iter().enumerate().map(|(row, b)| prices[*b as usize - 1][row]).collect();
    let moved = table.numbers("logmove").unwrap().iter().map(|m| m.exp()).collect();
    table.insert("own", Column::Number(own)).unwrap();
    table.insert("move", Column::Number(moved)).unwrap();
    let mut group = c.benchmark_group("estimate/orange_juice");
    group.sample_size(10).throughput(Throughput::Elements(table.rows() as u64));
    let spec = |y: &str| {
        Spec::new(&format!("{y} ~ log(own) + deal + feat | brand^store + week"))
            .unwrap()
            .vcov("cluster:store")
            .unwrap()
    };
    for (name, spec, truth) in
        [("ols", spec("logmove"), -3.285_831_37), ("ppml", spec("move").poisson(), -3.246_546_08)]
    {
        group.bench_function(name, |b| {
            b.iter(|| {
                near(fit_table(&spec, &table).unwrap().estimate("log(own)").unwrap().estimate, truth, 1e-5)
            });
        });
    }
    group.finish();
}

fn main() {
    if let Some(folder) = std::env::var_os("PRICER_BENCH_DATA") {
        return answer::answer(Path::new(&folder));
    }
    let mut c = Criterion::default().configure_from_args();
    orange_juice(&mut c);
    let table = panel(SKUS * WEEKS);
    by_group(&mut c, &table);
    pooled(&mut c, &table);
    c.final_summary();
}

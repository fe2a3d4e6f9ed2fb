//! What the targets share: reading, comparing, printing.

use pricer::estimate::data::{Column, Table};
use pricer::estimate::fit::{Fit, fit_table};
use pricer::estimate::read::read_csv;
use pricer::estimate::spec::Spec;
use std::time::Instant;

/// Reads a file of the shared data, or says that the test is skipped.
pub fn load(name: &str) -> Option<Table> {
    // Beside the project, or beside any folder it lies in.
    let mut folders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found =
        folders.find_map(|folder| Some(folder.join("shared/data").join(name)).filter(|path| path.is_file()));
    let Some(path) = found else {
        println!("SKIPPED: ../shared/data/{name} is missing");
        return None;
    };
    Some(read_csv(&path).unwrap())
}

/// Collects comparisons, prints them, and fails at the end if one is off.
#[derive(Default)]
pub struct Bench {
    lines: Vec<String>,
    wrong: usize,
}

pub const CLOSED: f64 = 1e-6;
pub const ABSORBED: f64 = 1e-4;
pub const ERROR: f64 = 1e-3;

impl Bench {
    pub fn check(&mut self, what: &str, ours: f64, reference: f64, tolerance: f64) {
        let off = (ours - reference).abs() / reference.abs().max(1e-12);
        let ok = off <= tolerance;
        self.wrong += usize::from(!ok);
        let mark = if ok { "ok" } else { "WRONG" };
        self.lines.push(format!(
            "{what:<44} {ours:>18.10} {reference:>18.10} {off:>10.2e} {tolerance:>7.0e} {mark}"
        ));
    }

    pub fn done(self) {
        println!("{:<44} {:>18} {:>18} {:>10} {:>7}", "target", "ours", "reference", "rel.diff", "tol");
        self.lines.iter().for_each(|l| println!("{l}"));
        assert_eq!(self.wrong, 0, "{} targets are off\n{}", self.wrong, self.lines.join("\n"));
    }
}

pub fn fit(table: &Table, formula: &str, vcov: &str) -> Fit {
    let spec = Spec::new(formula).unwrap().vcov(vcov).unwrap();
    timed(formula, || fit_table(&spec, table).unwrap())
}

pub fn fit_poisson(table: &Table, formula: &str, vcov: &str) -> Fit {
    let spec = Spec::new(formula).unwrap().vcov(vcov).unwrap().poisson();
    timed(formula, || fit_table(&spec, table).unwrap())
}

pub fn timed<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = f();
    println!("{:>9.1} ms  {what}", start.elapsed().as_secs_f64() * 1e3);
    out
}

pub fn coefficient(fit: &Fit, term: &str) -> f64 {
    fit.estimate(term).unwrap_or_else(|| panic!("{term}: {:?}", fit.coefficients)).estimate
}

pub fn se(fit: &Fit, term: &str) -> f64 {
    fit.estimate(term).unwrap().se
}

pub fn put(table: &mut Table, name: &str, values: Vec<f64>) {
    table.insert(name, Column::Number(values)).unwrap();
}

//! Work that keeps to one thread, whatever it would take by itself, and ends when nobody waits for it any more.

use super::error::{EstimateError, Result};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A thread of its own.
#[derive(Debug)]
pub struct Alone(rayon::ThreadPool);

thread_local! {
    /// Says that nobody waits for what this thread works on; work on other threads is always wanted.
    static UNWANTED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

impl Alone {
    /// # Errors
    /// The thread cannot be made.
    pub fn new() -> std::result::Result<Self, rayon::ThreadPoolBuildError> {
        rayon::ThreadPoolBuilder::new().num_threads(1).build().map(Self)
    }

    /// Runs `work` there and waits. Once `unwanted` is set its regressions fail at their next step.
    pub fn run<T: Send>(&self, unwanted: &Arc<AtomicBool>, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(|| {
            UNWANTED.set(Some(unwanted.clone()));
            work()
        })
    }
}

/// Whether to go on: asked before each regression and between the steps of those that take many.
pub(super) fn go_on() -> Result<()> {
    let is_unwanted =
        |flag: &Option<Arc<AtomicBool>>| flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed));
    match UNWANTED.with_borrow(is_unwanted) {
        true => Err(EstimateError::new("nobody waits for the answer any more")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::absorb::Absorber;
    use crate::estimate::data::{Categories, Column, Table};
    use crate::estimate::fit::fit_table;
    use crate::estimate::formula::Effect;
    use crate::estimate::grouping::Grouping;
    use crate::estimate::spec::Spec;

    fn panel() -> Table {
        let mut table = Table::new();
        let column =
            |step: usize, of: usize| (0..60).map(|row| format!("{}", row / step % of)).collect::<Vec<_>>();
        for (name, texts) in [("shop", column(1, 6)), ("week", column(4, 7))] {
            let texts = Categories::from_texts(texts.iter().map(String::as_str));
            table.insert(name, Column::Text(texts)).unwrap();
        }
        let number = |factor: usize| (0..60).map(|row: usize| (row * factor % 17 + 1) as f64).collect();
        table.insert("units", Column::Number(number(5))).unwrap();
        table.insert("price", Column::Number(number(7))).unwrap();
        table
    }

    #[test]
    fn what_nobody_waits_for_ends() {
        let (alone, table) = (Alone::new().unwrap(), panel());
        let spec = Spec::new("log(units) ~ log(price) | shop + week").unwrap();
        let effects: Vec<Grouping> = ["shop", "week"]
            .map(|name| Grouping::of(&Effect { columns: vec![name.to_owned()] }, &table).unwrap())
            .into();
        let absorb = || {
            let mut column: Vec<f64> = (0..60_u32).map(|row| f64::from(row * row % 23)).collect();
            Absorber::new(&effects, None).residuals(&mut [&mut column]).is_ok()
        };
        let (wanted, unwanted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
        for (flag, ends) in [(&wanted, false), (&unwanted, true), (&wanted, false)] {
            let fitted = alone.run(flag, || fit_table(&spec, &table));
            assert_eq!(fitted.is_err(), ends, "{:?}", fitted.err());
            assert_eq!(alone.run(flag, absorb), !ends, "in the middle of a regression");
        }
        assert!(fit_table(&spec, &table).is_ok(), "other threads are not asked");
    }
}

//! What all items of a category have in common in a period: season, holidays, the weather.

use super::panel::{Panel, Sale};
use crate::estimate::data::{Categories, Column, Table};
use crate::estimate::error::Result;
use crate::estimate::fit::fit_table;
use crate::estimate::spec::Spec;

/// A category needs this many items to tell its own periods; smaller ones are taken together.
const ITEMS_MIN: usize = 10;
/// Above this share of zeros, least squares on logarithms loses too much.
pub(super) const ZEROS_MAX: f64 = 0.05;

/// The logarithm of what a period does to the sales of a category, about a mean of zero.
#[derive(Clone, Debug, Default)]
pub struct PeriodEffects {
    /// The cell of each category.
    pub cell: Vec<usize>,
    /// One row a cell, one column a period; nothing where nothing was sold.
    pub effects: Vec<Vec<Option<f64>>>,
    /// The price elasticity that all items have in common, from the same regression.
    pub common: Option<f64>,
}

impl PeriodEffects {
    pub fn at(&self, category: usize, period: usize) -> f64 {
        let effect =
            self.cell.get(category).and_then(|c| self.effects.get(*c)?.get(period).copied().flatten());
        effect.unwrap_or(0.0)
    }

    /// Estimates them with item effects, a common elasticity and the promotion, so that a price cut of the whole
    /// category is not mistaken for a season.
    pub fn estimate(panel: &Panel) -> Result<Self> {
        let mut size = vec![0_usize; panel.categories.len()];
        for item in &panel.items {
            if let Some(size) = size.get_mut(item.category) {
                *size += 1;
            }
        }
        let mut cell = vec![0; size.len()];
        let mut own = 0;
        for (cell, size) in cell.iter_mut().zip(&size) {
            if *size >= ITEMS_MIN {
                own += 1;
                *cell = own;
            }
        }
        let cells = own + 1;
        let small: usize = size.iter().filter(|s| **s < ITEMS_MIN).sum();
        let mut out = Self { effects: vec![vec![None; panel.periods.len()]; cells], cell, common: None };
        // Too few items altogether: one item's own shocks would pass for the season.
        let told = |s: &&Sale| {
            let c = panel.items.get(s.item).and_then(|i| out.cell.get(i.category)).copied().unwrap_or(0);
            c > 0 || small >= ITEMS_MIN
        };
        let sales: Vec<&Sale> = panel.sales.iter().filter(told).collect();
        if sales.is_empty() {
            return Ok(out);
        }
        let zeros = sales.iter().filter(|s| s.units == 0.0).count();
        let counts = zeros as f64 > ZEROS_MAX * sales.len() as f64;
        let cell_of =
            |s: &Sale| panel.items.get(s.item).map_or(0, |i| out.cell.get(i.category).copied().unwrap_or(0));
        let mut table = Table::new();
        let number = |of: &dyn Fn(&Sale) -> f64| Column::Number(sales.iter().map(|s| of(s)).collect());
        let code = |of: &dyn Fn(&Sale) -> usize, levels: usize| {
            Column::Text(Categories {
                codes: sales.iter().map(|s| of(s) as u32).collect(),
                levels: (0..levels).map(|l| l.to_string()).collect(),
            })
        };
        table.insert("units", number(&|s| s.units))?;
        table.insert("price", number(&|s| s.price))?;
        table.insert("promo", number(&|s| s.promo))?;
        table.insert("item", code(&|s| s.item, panel.items.len()))?;
        let periods = panel.periods.len();
        table.insert("cell", code(&|s| cell_of(s) * periods + s.period, cells * periods))?;
        let response = if counts { "units" } else { "log(units)" };
        let mut spec = Spec::new(&format!("{response} ~ log(price) + promo | item + cell"))?.vcov("iid")?;
        if counts {
            spec = spec.poisson();
        }
        let Ok(fit) = fit_table(&spec, &table) else { return Ok(out) };
        let slope = |term: &str| fit.estimate(term).map_or(0.0, |e| e.estimate);
        let (price, promo) = (slope("log(price)"), slope("promo"));
        out.common = fit.estimate("log(price)").map(|e| e.estimate);
        // What remains is the item's effect plus the period's; sweeps take them apart.
        let mut parts: Vec<(usize, usize, usize, f64)> = Vec::with_capacity(fit.residuals.len());
        for (row, residual) in &fit.residuals {
            let Some(s) = sales.get(*row) else { continue };
            let level = if counts { (s.units - residual).max(1e-12).ln() } else { s.units.ln() - residual };
            parts.push((s.item, cell_of(s), s.period, level - price * s.price.ln() - promo * s.promo));
        }
        let mut items = vec![0.0; panel.items.len()];
        let mut effects = vec![vec![0.0; periods]; cells];
        for _ in 0..500 {
            let mut change = 0.0_f64;
            let (mut sum, mut count) = (vec![0.0; items.len()], vec![0.0_f64; items.len()]);
            for (item, cell, period, level) in &parts {
                let e = effects.get(*cell).and_then(|e| e.get(*period)).copied().unwrap_or(0.0);
                if let (Some(s), Some(n)) = (sum.get_mut(*item), count.get_mut(*item)) {
                    *s += level - e;
                    *n += 1.0;
                }
            }
            for ((item, s), n) in items.iter_mut().zip(&sum).zip(&count) {
                *item = s / n.max(1.0);
            }
            let mut sums = vec![vec![(0.0, 0.0_f64); periods]; cells];
            for (item, cell, period, level) in &parts {
                if let Some((s, n)) = sums.get_mut(*cell).and_then(|c| c.get_mut(*period)) {
                    *s += level - items.get(*item).copied().unwrap_or(0.0);
                    *n += 1.0;
                }
            }
            for (row, sums) in effects.iter_mut().zip(&sums) {
                for (effect, (s, n)) in row.iter_mut().zip(sums) {
                    let next = s / n.max(1.0);
                    change = change.max((next - *effect).abs());
                    *effect = next;
                }
            }
            if change < 1e-9 {
                break;
            }
        }
        let mut sold = vec![vec![false; periods]; cells];
        for (_, cell, period, _) in &parts {
            if let Some(slot) = sold.get_mut(*cell).and_then(|s| s.get_mut(*period)) {
                *slot = true;
            }
        }
        for ((out, row), sold) in out.effects.iter_mut().zip(&effects).zip(&sold) {
            let known: Vec<f64> = row.iter().zip(sold).filter(|(_, s)| **s).map(|(e, _)| *e).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            for ((out, effect), sold) in out.iter_mut().zip(row).zip(sold) {
                *out = sold.then_some(effect - mean);
            }
        }
        Ok(out)
    }
}

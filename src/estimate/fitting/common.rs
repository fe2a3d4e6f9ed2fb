//! What all items of a category have in common in a period: season, holidays, the weather.

use super::panel::{Panel, Sale};
use crate::estimate::data::{Categories, Column, Table};
use crate::estimate::error::Result;
use crate::estimate::fit::{Fit, fit_table};
use crate::estimate::spec::Spec;

/// A category needs this many items to tell its own periods; smaller ones are taken together.
const ITEMS_MIN: usize = 10;
/// Beyond this ratio of errors, with and without periods, a promotion cannot be told from the periods.
const APART: f64 = 3.0;
/// Above this share of zeros, least squares on logarithms loses too much.
pub(super) const ZEROS_MAX: f64 = 0.05;

/// The logarithm of what a period does to the sales of a category, about a mean of zero.
#[derive(Clone, Debug, Default)]
pub struct PeriodEffects {
    /// The cell of each category.
    pub cell: Vec<usize>,
    /// One row a cell, one column a period; nothing where nothing was sold.
    pub effects: Vec<Vec<Option<f64>>>,
    /// The price elasticity of the cells on average, from the same regressions.
    pub common: Option<f64>,
}

impl PeriodEffects {
    pub fn at(&self, category: usize, period: usize) -> f64 {
        let effect =
            self.cell.get(category).and_then(|c| self.effects.get(*c)?.get(period).copied().flatten());
        effect.unwrap_or(0.0)
    }

    /// Estimates them with item effects, an elasticity of the cell and the promotion, so that a price cut of the whole
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
        let cell_of =
            |s: &Sale| panel.items.get(s.item).map_or(0, |i| out.cell.get(i.category).copied().unwrap_or(0));
        let mut parts: Vec<Part> = Vec::with_capacity(sales.len());
        let mut slopes = Vec::new();
        // Each cell has its own elasticity: with a common one, what a cheap season does to the others would be left in.
        for cell in 0..cells {
            let own: Vec<&Sale> = sales.iter().copied().filter(|s| cell_of(s) == cell).collect();
            if let Some(slope) = levels(panel, &own, cell, &mut parts)? {
                slopes.push((slope, own.len() as f64));
            }
        }
        let rows: f64 = slopes.iter().map(|(_, n)| n).sum();
        out.common = (rows > 0.0).then(|| slopes.iter().map(|(s, n)| s * n / rows).sum());
        let periods = panel.periods.len();
        // What remains is the item's effect plus the period's; sweeps take them apart.
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

/// The item, the cell and the period of a row, and the logarithm of its sales freed of price and promotion.
type Part = (usize, usize, usize, f64);

/// Regresses one cell with item and period effects; gives its elasticity.
fn levels(panel: &Panel, sales: &[&Sale], cell: usize, parts: &mut Vec<Part>) -> Result<Option<f64>> {
    if sales.is_empty() {
        return Ok(None);
    }
    let zeros = sales.iter().filter(|s| s.units == 0.0).count();
    let counts = zeros as f64 > ZEROS_MAX * sales.len() as f64;
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
    table.insert("period", code(&|s| s.period, panel.periods.len()))?;
    let response = if counts { "units" } else { "log(units)" };
    let run = |terms: &str, table: &Table| -> Result<Option<Fit>> {
        let spec = Spec::new(&format!("{response} ~ {terms}"))?.vcov("iid")?;
        Ok(fit_table(&if counts { spec.poisson() } else { spec }, table).ok())
    };
    // A cell that cannot be fitted has no effects to take out.
    let Some(mut fit) = run("log(price) + promo | item + period", &table)? else { return Ok(None) };
    let own = fit.estimate("promo");
    let mut promo = own.map_or(0.0, |e| e.estimate);
    // A promotion of all items at once is nearly the period itself, and what it does would be anybody's guess: then it is
    // what it does from period to period, taken out beforehand.
    let alone = match own {
        Some(_) => run("log(price) + promo | item", &table)?.and_then(|f| f.estimate("promo")),
        None => None,
    };
    let blurred = alone.zip(own).filter(|(alone, own)| own.se > APART * alone.se);
    if let Some((alone, _)) = blurred {
        promo = alone.estimate;
        table.insert("units", number(&|s| s.units / (promo * s.promo).exp()))?;
        let Some(again) = run("log(price) | item + period", &table)? else { return Ok(None) };
        fit = again;
    }
    let price = fit.estimate("log(price)").map(|e| e.estimate);
    for (row, residual) in &fit.residuals {
        let Some(s) = sales.get(*row) else { continue };
        let moved = promo * s.promo;
        let (units, left) = if blurred.is_some() { (s.units / moved.exp(), 0.0) } else { (s.units, moved) };
        let level = if counts { (units - residual).max(1e-12).ln() } else { units.ln() - residual };
        parts.push((s.item, cell, s.period, level - price.unwrap_or(0.0) * s.price.ln() - left));
    }
    Ok(price)
}

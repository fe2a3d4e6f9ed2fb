//! From a shop's sales history to elasticities and seasons that pricing can use: the safe default, in one step.
//!
//! Periods of a category are taken out with item effects, an elasticity of the category and the promotion (`common`); each item's
//! own elasticity follows from what is left (`item`), PPML where zeros matter, with errors that allow for correlation
//! over time; and each is drawn towards its category, as far as its error asks for (`pool`).

mod common;
pub mod forecast;
mod forest;
mod item;
pub mod observed;
pub mod panel;
pub mod report;
pub mod seasons;
pub mod table;

pub use common::PeriodEffects;
pub use forest::{forest_svg, forest_text};
pub use item::{ItemFit, PERIODS_MIN};

use super::error::{EstimateError, Result};
use super::pool::{Measured, Method, Pooled, Shrunk, pool, pool_within};
use super::spec::Spec;
use panel::Panel;
use rayon::prelude::*;

/// All items of a panel, fitted.
#[derive(Clone, Debug)]
pub struct FittedPanel {
    pub items: Vec<ItemFit>,
    /// Nothing where the item's own history does not identify it.
    pub shrunk: Vec<Option<Shrunk>>,
    /// The mean of each category, where one of its items is identified.
    pub categories: Vec<Option<Pooled>>,
    pub common: PeriodEffects,
    /// What a promotion adds to the logarithm of each item's sales, drawn towards its category: an item that was promoted twice
    /// says little by itself.
    pub promos: Vec<f64>,
}

/// Fits a panel. The answer is the same on any number of threads.
pub fn fit_panel(panel: &Panel, method: Method) -> Result<FittedPanel> {
    if panel.sales.is_empty() {
        return Err(EstimateError::new("no sales are left to fit")
            .help("each row needs an item, a period, units and a price; rows of stock-outs do not count"));
    }
    let common = PeriodEffects::estimate(panel)?;
    let spec = Spec::new("y ~ price")?;
    let items: Vec<ItemFit> = (0..panel.items.len())
        .into_par_iter()
        .map(|index| item::fit_item(panel, index, &common, &spec))
        .collect();
    let own: Vec<Option<Measured>> = items.iter().map(|i| i.own).collect();
    let codes: Vec<usize> = panel.items.iter().map(|i| i.category).collect();
    let shrunk = pool_within(&own, Some(&codes), method);
    let shrunk = shrunk.into_iter().zip(&own).map(|(s, own)| s.filter(|_| own.is_some())).collect();
    let promos: Vec<Option<Measured>> = items.iter().map(|i| i.promo).collect();
    let promos = pool_within(&promos, Some(&codes), method);
    let promos = promos.into_iter().map(|s| s.map_or(0.0, |s| s.pooled.estimate)).collect();
    let members = |category: usize| -> Vec<Measured> {
        own.iter().zip(&codes).filter(|(_, c)| **c == category).filter_map(|(o, _)| *o).collect()
    };
    let categories = (0..panel.categories.len()).map(|c| pool(&members(c), method)).collect();
    Ok(FittedPanel { items, shrunk, categories, common, promos })
}

impl FittedPanel {
    /// The elasticity that pricing uses.
    pub fn usable(&self, item: usize) -> Option<Measured> {
        self.shrunk.get(item).copied().flatten().map(|s| s.pooled)
    }
}

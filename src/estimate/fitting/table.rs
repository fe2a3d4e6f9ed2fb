//! `fitted/elasticities.parquet`: what pricing reads, and what the next fit compares itself with.

use super::FittedPanel;
use super::panel::Panel;
use crate::estimate::data::{Column, Table};
use crate::estimate::pool::Measured;
use crate::estimate::sheet::{Cells, Sheet};
use std::collections::BTreeMap;

/// Where a fit comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    pub fitted_at: &'a str,
    pub data_hash: &'a str,
    /// What prices are in, where the markets do not tell.
    pub currency: Option<&'a str>,
}

/// The file, one row an item and market, in the order of their names.
pub fn elasticities(panel: &Panel, fit: &FittedPanel, origin: Origin<'_>) -> Sheet {
    let mut order: Vec<usize> = (0..panel.items.len()).collect();
    order.sort_by_key(|i| panel.items.get(*i).map(|item| (&item.sku, &item.market)));
    let item = |i: &usize| panel.items.get(*i);
    let found = |i: &usize| fit.items.get(*i);
    let text = |of: &dyn Fn(&usize) -> Option<String>| Cells::Text(order.iter().map(of).collect());
    let number = |of: &dyn Fn(&usize) -> Option<f64>| {
        Cells::Number(order.iter().map(|i| of(i).filter(|v| v.is_finite())).collect())
    };
    let count = |of: &dyn Fn(&usize) -> Option<f64>| {
        Cells::Count(order.iter().map(|i| of(i).map(|v| v.round() as i64)).collect())
    };
    let weeks = panel.calendar.weeks();
    let sold = |i: &usize| found(i).filter(|f| f.n > 0);
    Sheet {
        columns: vec![
            ("sku", text(&|i| item(i).map(|x| x.sku.clone()))),
            ("market", text(&|i| item(i)?.market.clone())),
            ("category", text(&|i| panel.categories.get(item(i)?.category).cloned())),
            ("estimate", number(&|i| Some(found(i)?.own?.estimate))),
            ("se", number(&|i| Some(found(i)?.own?.se))),
            ("shrunk_estimate", number(&|i| Some(fit.usable(*i)?.estimate))),
            ("shrunk_se", number(&|i| Some(fit.usable(*i)?.se))),
            ("weeks", count(&|i| Some(found(i)?.periods as f64 * weeks))),
            ("n", count(&|i| Some(found(i)?.n as f64))),
            ("method", text(&|i| Some(format!("{}, EB", found(i).filter(|f| f.own.is_some())?.method)))),
            ("flags", text(&|i| Some(found(i)?.flags.join(" ")).filter(|f| !f.is_empty()))),
            ("reason", text(&|i| found(i)?.reason.map(str::to_owned))),
            ("elasticity_price", number(&|i| Some(sold(i)?.mean_price))),
            ("observed_low", number(&|i| Some(sold(i)?.low))),
            ("observed_high", number(&|i| Some(sold(i)?.high))),
            ("currency", text(&|_| origin.currency.map(str::to_owned))),
            ("fitted_at", text(&|_| Some(origin.fitted_at.to_owned()))),
            ("data_hash", text(&|_| Some(origin.data_hash.to_owned()))),
        ],
    }
}

/// An elasticity that moved since the last fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub name: String,
    pub before: f64,
    pub now: Measured,
}

/// The largest changes since the last fit, measured by the error of today; `None` if that file holds no fit.
pub fn changes(panel: &Panel, fit: &FittedPanel, last: &Table) -> Option<Vec<Change>> {
    let texts = |name: &str| -> Option<Vec<String>> {
        Some(match last.find(name)? {
            Column::Number(values) => values.iter().map(f64::to_string).collect(),
            Column::Text(c) => c.codes.iter().map(|c2| c.level(*c2).unwrap_or_default().to_owned()).collect(),
        })
    };
    let skus = texts("sku")?;
    let markets = texts("market").unwrap_or_default();
    let estimates = last.numbers("shrunk_estimate").ok()?;
    let known: BTreeMap<(String, String), f64> = skus
        .into_iter()
        .zip(estimates)
        .enumerate()
        .map(|(i, (sku, e))| ((sku, markets.get(i).cloned().unwrap_or_default()), *e))
        .filter(|(_, e)| e.is_finite())
        .collect();
    let one = |(i, item): (usize, &super::panel::Item)| {
        let now = fit.usable(i)?;
        let market = item.market.clone().unwrap_or_default();
        let before = *known.get(&(item.sku.clone(), market))?;
        Some(Change { name: name(item), before, now })
    };
    let mut out: Vec<Change> = panel.items.iter().enumerate().filter_map(one).collect();
    let size = |c: &Change| (c.now.estimate - c.before).abs() / c.now.se.max(1e-9);
    out.retain(|c| size(c) > 1e-6);
    out.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.name.cmp(&b.name)));
    Some(out)
}

/// The SKU, with its market where there are markets.
pub fn name(item: &super::panel::Item) -> String {
    match &item.market {
        Some(market) => format!("{} {market}", item.sku),
        None => item.sku.clone(),
    }
}

//! What was seen behind each elasticity: how much was sold at which price, for pictures.

use super::FittedPanel;
use super::panel::{Panel, Sale};
use crate::estimate::data::{Column, Table};
use crate::estimate::sheet::{Cells, Sheet};

/// Points of an item: its prices, or with more of them so many groups of neighbors.
const POINTS_MAX: usize = 12;

/// A price and what was sold at it in a period, freed of what the period did to the category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub price: f64,
    pub units: f64,
    pub periods: usize,
}

/// The points of the items that are usable, in the order of their names.
pub fn observed(panel: &Panel, fit: &FittedPanel) -> Sheet {
    let mut order: Vec<usize> = (0..panel.items.len()).filter(|item| fit.usable(*item).is_some()).collect();
    order.sort_by_key(|item| panel.items.get(*item).map(|item| (&item.sku, &item.market)));
    let mut rows = Vec::new();
    for item in order {
        let Some(named) = panel.items.get(item) else { continue };
        rows.extend(points(panel, fit, item).into_iter().map(|point| (named, point)));
    }
    let round = |value: f64| Some((value * 1e6).round() / 1e6);
    Sheet {
        columns: vec![
            ("sku", Cells::Text(rows.iter().map(|(item, _)| Some(item.sku.clone())).collect())),
            ("market", Cells::Text(rows.iter().map(|(item, _)| item.market.clone()).collect())),
            ("price", Cells::Number(rows.iter().map(|(_, point)| round(point.price)).collect())),
            ("units", Cells::Number(rows.iter().map(|(_, point)| round(point.units)).collect())),
            (
                "periods",
                Cells::Count(rows.iter().map(|(_, point)| i64::try_from(point.periods).ok()).collect()),
            ),
        ],
    }
}

fn points(panel: &Panel, fit: &FittedPanel, item: usize) -> Vec<Point> {
    let mut sales: Vec<&Sale> = panel.of(item).iter().collect();
    sales.sort_by(|a, b| a.price.total_cmp(&b.price).then(a.period.cmp(&b.period)));
    let mut groups: Vec<Vec<&Sale>> = Vec::new();
    for sale in sales {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.price.total_cmp(&sale.price).is_eq()) => {
                group.push(sale)
            }
            _ => groups.push(vec![sale]),
        }
    }
    let category = panel.items.get(item).map_or(0, |item| item.category);
    let size = groups.len().div_ceil(POINTS_MAX).max(1);
    let merged = groups.chunks(size).map(|chunk| {
        let all: Vec<&Sale> = chunk.iter().flatten().copied().collect();
        let count = all.len() as f64;
        let free = |sale: &Sale| sale.units / fit.common.at(category, sale.period).exp();
        Point {
            price: (all.iter().map(|sale| sale.price.ln()).sum::<f64>() / count).exp(),
            units: all.iter().map(|sale| free(sale)).sum::<f64>() / count,
            periods: all.len(),
        }
    });
    merged.collect()
}

/// The points of one item in a table that [`observed`] wrote: those of the market, else those of all.
pub fn read_observed(table: &Table, sku: &str, market: &str) -> Vec<Point> {
    let text = |name: &str, row: usize| match table.find(name) {
        Some(Column::Text(texts)) => texts.codes.get(row).and_then(|code| texts.level(*code)).unwrap_or(""),
        _ => "",
    };
    let numbers = |name: &str| table.numbers(name).unwrap_or_default();
    let (prices, units, periods) = (numbers("price"), numbers("units"), numbers("periods"));
    let of = |market: &str| -> Vec<Point> {
        let rows = (0..table.rows()).filter(|row| text("sku", *row) == sku && text("market", *row) == market);
        let point = |row: usize| {
            let (price, units) = (*prices.get(row)?, *units.get(row)?);
            let periods = periods.get(row).map_or(0, |count| count.max(0.0) as usize);
            (price > 0.0 && units > 0.0).then_some(Point { price, units, periods })
        };
        rows.filter_map(point).collect()
    };
    let here = of(market);
    if here.is_empty() { of("") } else { here }
}

//! What a shop believes of demand: its sales through the code of `pricer fit`, in the form that pricing reads.

use super::past::Sold;
use super::shop::Shop;
use crate::demand::door;
use crate::estimate::data::{Categories, Column, Table};
use crate::estimate::error::Result;
use crate::estimate::fitting::fit_panel;
use crate::estimate::fitting::panel::{Columns, Panel};
use crate::estimate::pool::Method;
use crate::facts::{Estimate, Estimates};
use crate::money::{Currency, Money, Ratio};

/// Estimates for pricing, and as numbers by item (none where the fit gives none).
#[derive(Clone, Debug)]
pub(super) struct Believed {
    pub estimates: Estimates,
    pub elasticities: Vec<Option<f64>>,
}

/// Fits the sales, as `pricer fit` does with its defaults.
pub(super) fn believe(shop: &Shop, currency: Currency, sales: &[Sold]) -> Result<Believed> {
    let panel = Panel::new(&table(shop, sales)?, &Columns::default())?;
    let found = fit_panel(&panel, Method::Adjusted)?;
    let mut estimates = Estimates::default();
    let mut elasticities = vec![None; shop.articles.len()];
    // The panel names its items by the numbers of ours.
    for (at, (named, own)) in panel.items.iter().zip(&found.items).enumerate() {
        let number: Option<usize> = named.sku.parse().ok();
        let Some((number, article)) = number.and_then(|number| Some((number, shop.articles.get(number)?)))
        else {
            continue;
        };
        let usable = found.usable(at);
        let money = |value: f64| Some(Money::new(door::to_amount(value).ok()?, currency));
        let estimate = Estimate {
            elasticity: usable.and_then(|usable| ratio(usable.estimate)),
            error: usable.and_then(|usable| ratio(usable.se)),
            price: money(own.mean_price),
            sales_weeks: ratio((own.periods as f64 * panel.calendar.weeks()).round()),
            observed_low: money(own.low),
            observed_high: money(own.high),
        };
        estimates.put(&article.item.sku, "", estimate);
        if let Some(slot) = elasticities.get_mut(number) {
            *slot = usable.map(|usable| usable.estimate);
        }
    }
    Ok(Believed { estimates, elasticities })
}

fn ratio(value: f64) -> Option<Ratio> {
    Ratio::parse(&format!("{value:.9}")).ok()
}

/// The sales as a file would give them: one row an item and week.
fn table(shop: &Shop, sales: &[Sold]) -> Result<Table> {
    let mut table = Table::new();
    let number = |of: &dyn Fn(&Sold) -> f64| Column::Number(sales.iter().map(of).collect());
    let code = |of: &dyn Fn(&Sold) -> usize, levels: Vec<String>| {
        let codes = sales.iter().map(|sold| u32::try_from(of(sold)).unwrap_or(u32::MAX)).collect();
        Column::Text(Categories { codes, levels })
    };
    let group = |sold: &Sold| shop.articles.get(sold.item).map_or(usize::MAX, |article| article.group);
    table
        .insert("sku", code(&|sold| sold.item, (0..shop.articles.len()).map(|n| n.to_string()).collect()))?;
    table.insert("week", number(&|sold| sold.week as f64))?;
    table.insert("units", number(&|sold| sold.units))?;
    table.insert("price", number(&|sold| sold.price))?;
    table.insert("stock_out", number(&|sold| f64::from(u8::from(sold.sold_out))))?;
    table.insert("category", code(&group, shop.groups.clone()))?;
    Ok(table)
}

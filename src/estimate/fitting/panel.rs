//! Sales history as it is delivered, understood: whose sales, when, how many, at what price, and what disturbs them.

use crate::estimate::by::label;
use crate::estimate::data::{Column, MISSING, Table};
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::formula::Effect;
use crate::estimate::grouping::Grouping;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Which column holds what; names that are not given are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, String>);

/// What a column can be, and the names under which it is looked for.
const ROLES: [(&str, &[&str]); 9] = [
    ("sku", &["sku", "item", "StockCode"]),
    ("market", &["market"]),
    ("period", &["week", "month", "period", "date"]),
    ("units", &["units", "quantity", "bottles"]),
    ("price", &["price", "list_price", "median_line_price", "median_unit_price", "median_price"]),
    ("promo", &["promo", "deal"]),
    ("stock_out", &["stock_out"]),
    ("category", &["category"]),
    ("revenue", &["revenue", "sale_dollars"]),
];

impl Columns {
    /// Reads `units=bottles,price=median_unit_price`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut out = Self::default();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let known = part.split_once('=').and_then(|(role, name)| {
                ROLES.iter().find(|(r, _)| *r == role.trim()).map(|(r, _)| (*r, name.trim().to_owned()))
            });
            let (role, name) = known.ok_or_else(|| {
                let roles = ROLES.iter().map(|(r, _)| *r).collect::<Vec<_>>().join(", ");
                EstimateError::new(format!("`{part}` names no column"))
                    .help(format!("write ROLE=COLUMN; the roles are {roles}"))
            })?;
            out.0.insert(role, name);
        }
        Ok(out)
    }

    /// The column of a role: the one named, which must be there, or the first usual name that is.
    fn find(&self, role: &str, table: &Table) -> Result<Option<String>> {
        if let Some(name) = self.0.get(role) {
            return table.column(name).map(|_| Some(name.clone()));
        }
        let usual = ROLES.iter().find(|(r, _)| *r == role).map_or(&[][..], |(_, names)| names);
        Ok(usual.iter().find(|n| table.find(n).is_some()).map(|n| (*n).to_owned()))
    }

    fn need(&self, role: &str, table: &Table) -> Result<String> {
        self.find(role, table)?.ok_or_else(|| {
            EstimateError::new(format!("the sales have no column for the {role}")).help(format!(
                "name it: --columns {role}=COLUMN; the columns are {}",
                table.names().join(", ")
            ))
        })
    }
}

/// Where periods stand in the year.
#[derive(Clone, Debug, PartialEq)]
pub enum Calendar {
    Months(Vec<(i16, i8)>),
    Days(Vec<Date>),
    /// Numbers of weeks, without a date.
    Numbers(Vec<f64>),
}

impl Calendar {
    /// Weeks that a period lasts.
    pub fn weeks(&self) -> f64 {
        match self {
            Self::Months(_) => 365.25 / 12.0 / 7.0,
            Self::Days(days) if by_month(days) => 365.25 / 12.0 / 7.0,
            Self::Days(_) | Self::Numbers(_) => 1.0,
        }
    }

    /// Periods in a year.
    pub fn year(&self) -> f64 {
        365.25 / 7.0 / self.weeks()
    }

    /// How far into its year a period stands, from 0 to 1.
    pub fn phase(&self, period: usize) -> Option<f64> {
        Some(match self {
            Self::Months(months) => (f64::from(months.get(period)?.1) - 0.5) / 12.0,
            Self::Days(days) => (f64::from(days.get(period)?.day_of_year()) - 0.5 + 3.5) / 365.25,
            Self::Numbers(numbers) => (numbers.get(period)? / self.year()).rem_euclid(1.0),
        })
    }
}

fn by_month(days: &[Date]) -> bool {
    days.len() > 1 && days.iter().all(|d| d.day() == 1)
}

/// One item in one market.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub sku: String,
    pub market: Option<String>,
    pub category: usize,
    /// Over all its rows.
    pub revenue: f64,
    pub stock_outs: usize,
    pub without_price: usize,
}

/// A row that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sale {
    pub item: usize,
    pub period: usize,
    pub units: f64,
    pub price: f64,
    pub promo: f64,
}

/// The sales of a shop, in the order of item and period.
#[derive(Clone, Debug)]
pub struct Panel {
    pub items: Vec<Item>,
    pub categories: Vec<String>,
    pub periods: Vec<String>,
    pub calendar: Calendar,
    pub sales: Vec<Sale>,
    /// Where the sales of each item begin, and the end.
    pub starts: Vec<usize>,
    /// The price is revenue per unit: it moves with the size of baskets.
    pub unit_value: bool,
    pub has_promo: bool,
}

impl Panel {
    /// Understands a table.
    pub fn new(table: &Table, columns: &Columns) -> Result<Self> {
        let sku = columns.need("sku", table)?;
        let period = columns.need("period", table)?;
        let units = columns.need("units", table)?;
        let market = columns.find("market", table)?;
        let promo = columns.find("promo", table)?;
        let stock_out = columns.find("stock_out", table)?;
        let category = columns.find("category", table)?;
        let revenue = columns.find("revenue", table)?;
        let price = columns.find("price", table)?;
        let units = table.numbers(&units)?;
        let takings = revenue.as_deref().map(|r| table.numbers(r)).transpose()?;
        let (price, unit_value) = match (price, takings) {
            (Some(name), takings) => {
                let price = table.numbers(&name)?.to_vec();
                let derived = takings.is_some_and(|t| is_unit_value(&price, t, units));
                (price, derived)
            }
            (None, Some(t)) => (t.iter().zip(units).map(|(t, u)| t / u).collect(), true),
            (None, None) => {
                return Err(columns
                    .need("price", table)
                    .err()
                    .unwrap_or_else(|| EstimateError::new("no price")));
            }
        };
        let promo_values = promo.as_deref().map(|p| yes(table.column(p)?, p)).transpose()?;
        let out = stock_out.as_deref().map(|p| yes(table.column(p)?, p)).transpose()?;
        let (calendar, labels, ranks) = periods(table.column(&period)?, &period)?;
        let mut names = vec![sku.clone()];
        names.extend(market.clone());
        let groups = Grouping::of(&Effect { columns: names }, table)?;
        let one = |column: &Option<String>, row: usize| {
            column.as_ref().map(|c| label(&Effect { columns: vec![c.clone()] }, table, row))
        };
        let mut panel = Self {
            items: Vec::with_capacity(groups.levels),
            categories: Vec::new(),
            periods: labels,
            calendar,
            sales: Vec::with_capacity(table.rows()),
            starts: Vec::new(),
            unit_value,
            has_promo: promo_values.is_some(),
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for row in 0..table.rows() {
            let at = |values: Option<&[f64]>| values.and_then(|v| v.get(row)).copied();
            let Some(item) = groups.codes.get(row).filter(|c| **c != MISSING).map(|c| *c as usize) else {
                continue;
            };
            if item == panel.items.len() {
                let name = one(&category, row).unwrap_or_else(|| "all".to_owned());
                let next = seen.len();
                let code = *seen.entry(name.clone()).or_insert(next);
                if code == panel.categories.len() {
                    panel.categories.push(name);
                }
                panel.items.push(Item {
                    sku: label(&Effect { columns: vec![sku.clone()] }, table, row),
                    market: one(&market, row),
                    category: code,
                    revenue: 0.0,
                    stock_outs: 0,
                    without_price: 0,
                });
            }
            let (Some(known), Some(period)) = (panel.items.get_mut(item), ranks.get(row).copied().flatten())
            else {
                continue;
            };
            let (units, price) = (at(Some(units)).unwrap_or(f64::NAN), at(Some(&price)).unwrap_or(f64::NAN));
            if units.is_nan() || units < 0.0 {
                continue;
            }
            if price.is_nan() || price <= 0.0 {
                known.without_price += 1;
                continue;
            }
            known.revenue += units * price;
            // What was sold out says how much there was, not how much was wanted.
            if at(out.as_deref()).is_some_and(|o| o > 0.0) {
                known.stock_outs += 1;
                continue;
            }
            let promo = at(promo_values.as_deref()).filter(|p| p.is_finite()).unwrap_or(0.0);
            panel.sales.push(Sale { item, period, units, price, promo });
        }
        panel.sales.sort_by_key(|s| (s.item, s.period));
        panel.index();
        Ok(panel)
    }

    /// Takes the category of each SKU from a catalog; SKUs that it does not hold are of the category `other`.
    pub fn categorize(&mut self, catalog: &Table, columns: &Columns) -> Result<()> {
        let column = |role| columns.need(role, catalog).map(|name| Effect { columns: vec![name] });
        let (sku, category) = (column("sku")?, column("category")?);
        let of = |row: usize| (label(&sku, catalog, row), label(&category, catalog, row));
        let known: BTreeMap<String, String> = (0..catalog.rows()).map(of).collect();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        self.categories.clear();
        for item in &mut self.items {
            let name = known.get(&item.sku).filter(|c| !c.is_empty()).map_or("other", String::as_str);
            let next = seen.len();
            item.category = *seen.entry(name.to_owned()).or_insert(next);
            if item.category == self.categories.len() {
                self.categories.push(name.to_owned());
            }
        }
        Ok(())
    }

    fn index(&mut self) {
        let sales = &self.sales;
        self.starts = (0..=self.items.len()).map(|i| sales.partition_point(|s| s.item < i)).collect();
    }

    /// The sales of one item, in order.
    pub fn of(&self, item: usize) -> &[Sale] {
        let at = |i: usize| self.starts.get(i).copied().unwrap_or(self.sales.len());
        self.sales.get(at(item)..at(item + 1)).unwrap_or_default()
    }

    /// The same without the sales from a period on.
    pub fn before(&self, period: usize) -> Self {
        let mut out = self.clone();
        out.sales.retain(|s| s.period < period);
        out.index();
        out
    }
}

/// Whether the price is the takings divided by the units, in nearly all rows where that can be told.
fn is_unit_value(price: &[f64], takings: &[f64], units: &[f64]) -> bool {
    let told = price.iter().zip(takings).zip(units).filter(|((p, t), u)| **p > 0.0 && **t > 0.0 && **u > 1.0);
    let (mut same, mut all) = (0_usize, 0_usize);
    for ((p, t), u) in told {
        all += 1;
        same += usize::from((p - t / u).abs() <= 1e-6 * p);
    }
    // A list price that nobody leaves is the unit value too: then its digits are few.
    let odd =
        price.iter().filter(|p| p.is_finite() && ((*p * 1000.0).round() - *p * 1000.0).abs() > 1e-6).count();
    all > 0 && same * 100 >= all * 95 && odd * 10 > price.len()
}

/// One where a mark is set, zero where not, NaN where it is missing.
fn yes(column: &Column, name: &str) -> Result<Vec<f64>> {
    let Column::Text(categories) = column else {
        return match column {
            Column::Number(values) => Ok(values.clone()),
            Column::Text(_) => Ok(Vec::new()),
        };
    };
    let meaning = |level: &String| match level.to_ascii_lowercase().as_str() {
        "yes" | "true" | "y" => Ok(1.0),
        "no" | "false" | "n" => Ok(0.0),
        other => Err(EstimateError::new(format!("`{other}` in column `{name}` is neither yes nor no"))),
    };
    let levels = categories.levels.iter().map(meaning).collect::<Result<Vec<f64>>>()?;
    Ok(categories.codes.iter().map(|c| levels.get(*c as usize).copied().unwrap_or(f64::NAN)).collect())
}

type Periods = (Calendar, Vec<String>, Vec<Option<usize>>);

/// The periods in order, and the place of each row among them.
fn periods(column: &Column, name: &str) -> Result<Periods> {
    match column {
        Column::Number(values) => {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            let place = |v: &f64| sorted.binary_search_by(|s| s.total_cmp(v)).ok();
            let ranks = values.iter().map(place).collect();
            Ok((Calendar::Numbers(sorted.clone()), sorted.iter().map(f64::to_string).collect(), ranks))
        }
        Column::Text(categories) => {
            let mut order: Vec<usize> = (0..categories.levels.len()).collect();
            order.sort_by_key(|i| categories.levels.get(*i));
            let labels: Vec<String> =
                order.iter().filter_map(|i| categories.levels.get(*i).cloned()).collect();
            let mut rank = vec![None; labels.len()];
            for (place, code) in order.iter().enumerate() {
                if let Some(slot) = rank.get_mut(*code) {
                    *slot = Some(place);
                }
            }
            let ranks = categories.codes.iter().map(|c| rank.get(*c as usize).copied().flatten()).collect();
            Ok((calendar(&labels, name)?, labels, ranks))
        }
    }
}

fn calendar(labels: &[String], name: &str) -> Result<Calendar> {
    let month = |text: &String| {
        let (year, month) = text.split_once('-')?;
        let month: i8 = month.parse().ok().filter(|m| (1..=12).contains(m))?;
        Some((year.parse::<i16>().ok()?, month))
    };
    if let Some(months) = labels.iter().map(month).collect::<Option<Vec<_>>>() {
        return Ok(Calendar::Months(months));
    }
    let day = |text: &String| text.get(..10)?.parse::<Date>().ok();
    if let Some(days) = labels.iter().map(day).collect::<Option<Vec<_>>>() {
        return Ok(Calendar::Days(days));
    }
    Err(EstimateError::new(format!("column `{name}` holds no periods")).help(
        "a period is a number of weeks, a month `2019-03`, or the first day of a week or month `2019-03-04`",
    ))
}

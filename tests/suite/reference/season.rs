//! Fitted seasons (decisions 21.6): an index for each month or week and category, from a file of the rulebook.

use super::cell::{Kind, Value};
use super::doc;
use super::entry::{Setting, Source};
use super::num::{self, Q, RATIO_PLACES};
use super::text;
use jiff::civil::Date;
use std::collections::BTreeMap;
use toml::Table;

#[derive(Clone, Debug)]
pub struct Fitted {
    /// the attribute that says of which category an item is, and whether it is a tree
    by: String,
    is_tree: bool,
    strength: Q,
    cap: Q,
    weekly: bool,
    /// category → month or week → index
    indices: BTreeMap<String, BTreeMap<usize, Q>>,
}

impl Fitted {
    pub fn parse(source: &Source, table: &Table) -> Result<Fitted, String> {
        let by = doc::text(table, "by")?.unwrap_or("category").to_string();
        let kind = source.schema.get(&by).ok_or(format!("no attribute `{by}`"))?.kind;
        let path = doc::text(table, "file")?.unwrap_or("fitted/seasons.csv");
        let csv = text::csv(source.file(path)?);
        let column = |name: &str| csv.column(name).ok_or(format!("`{path}` has no column `{name}`"));
        let weekly = csv.column("week").is_some();
        let (category, part, index) =
            (column("category")?, column(if weekly { "week" } else { "month" })?, column("index")?);
        let mut indices: BTreeMap<String, BTreeMap<usize, Q>> = BTreeMap::new();
        for (number, row) in &csv.rows {
            let wrong = || format!("`{path}`, row {number}");
            let part = row[part].parse().map_err(|_| wrong())?;
            let (index, _) = num::parse(&row[index]).ok_or_else(wrong)?;
            indices.entry(row[category].clone()).or_default().insert(part, index);
        }
        Ok(Fitted {
            by,
            is_tree: kind == Kind::Tree,
            strength: doc::percent(table, "strength")?.unwrap_or_else(num::one),
            cap: doc::percent(table, "cap")?.ok_or("`cap` is missing")?,
            weekly,
            indices,
        })
    }

    /// The narrowest category of the file that the item is of; a single `all` is every item's.
    pub fn category(&self, values: &BTreeMap<String, Value>) -> Option<&str> {
        if self.indices.len() == 1
            && let Some((all, _)) = self.indices.get_key_value("all")
        {
            return Some(all);
        }
        let Some(Value::Text(own)) = values.get(&self.by) else {
            return None;
        };
        let mut place = own.as_str();
        loop {
            if let Some((category, _)) = self.indices.get_key_value(place) {
                return Some(category);
            }
            place = place.rsplit_once('/').filter(|_| self.is_tree)?.0;
        }
    }

    /// strength · (index − 1), half-even, inside ±cap; and in words whether the cap held.
    pub fn change(&self, setting: &Setting) -> (Q, String) {
        let day = setting.at.to_zoned(setting.zone.clone()).date();
        let part = if self.weekly { week(day) } else { day.month() as usize };
        let category = self.category(setting.values).expect("only asked of items of a category");
        let free =
            num::half_even(&(&self.strength * (&self.indices[category][&part] - num::one())), RATIO_PLACES);
        let change = free.clone().min(self.cap.clone()).max(-self.cap.clone());
        let capped = if change == free { "free" } else { "capped" };
        (change, format!("season by {} {capped}", if self.weekly { "week" } else { "month" }))
    }
}

/// Week k is the days 7k − 6 to 7k of a leap year, the 52nd to its end: 29 February counts every year.
fn week(day: Date) -> usize {
    let months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before: usize = months.iter().take(day.month() as usize - 1).sum();
    ((before + day.day() as usize - 1) / 7 + 1).min(52)
}

#[test]
fn weeks_count_the_leap_day_every_year() {
    let of = |text: &str| week(text.parse().unwrap());
    for (day, expected) in [
        ("2026-01-07", 1),
        ("2026-01-08", 2),
        ("2026-02-25", 8),
        ("2026-02-26", 9),
        ("2024-02-29", 9),
        ("2026-03-03", 9),
        ("2026-03-04", 10),
        ("2026-12-22", 51),
        ("2026-12-23", 52),
        ("2026-12-31", 52),
    ] {
        assert_eq!(of(day), expected, "{day}");
    }
}

//! Named holidays: the built-in calendars and a rulebook's own table.

use super::Context;
use crate::pricing::{DayRange, day_number};
use crate::rulebook::Diagnostic;
use crate::rulebook::syntax::{Csv, node_text, parse_csv};
use std::collections::BTreeMap;

/// Days of each holiday by `calendar:holiday`.
#[derive(Clone, Debug, Default)]
pub struct Holidays {
    days: BTreeMap<String, Vec<DayRange>>,
}

const BUILT_IN: &str = include_str!("../holidays.csv");
const OWN: &str = "tables/holidays.csv";
const COLUMNS: [&str; 4] = ["calendar", "holiday", "first", "last"];

impl Holidays {
    /// The built-in days; a holiday that the rulebook's own table names has the days of that table only.
    pub fn read(cx: &mut Context<'_>) -> Self {
        let mut own = Self::default();
        if let Some(text) = cx.files.get(OWN) {
            let csv = parse_csv(OWN, text, &mut cx.out);
            own.add_all(&csv, cx);
        }
        let mut days: BTreeMap<String, Vec<DayRange>> = BTreeMap::new();
        for line in BUILT_IN.lines().skip(1) {
            let mut cells = line.split(',');
            if let (Some(calendar), Some(holiday), Some(first), Some(last)) =
                (cells.next(), cells.next(), cells.next(), cells.next())
                && let (Some(first), Some(last)) = (day(first), day(last))
            {
                days.entry(format!("{calendar}:{holiday}")).or_default().push(DayRange { first, last });
            }
        }
        days.extend(own.days);
        Self { days }
    }

    pub fn get(&self, name: &str) -> Option<&[DayRange]> {
        self.days.get(name).map(Vec::as_slice)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.days.keys().map(String::as_str)
    }

    fn add_all(&mut self, csv: &Csv, cx: &mut Context<'_>) {
        let columns = COLUMNS.map(|name| csv.column(name));
        let [Some(calendar), Some(holiday), Some(first), Some(last)] = columns else {
            if let Some(header) = csv.header.first() {
                let title = format!("`{OWN}` lacks a column");
                let label = format!("the columns are {}", crate::rulebook::syntax::list(COLUMNS));
                cx.out.push(Diagnostic::error("E0605", title, header.span.clone(), label));
            }
            return;
        };
        for row in &csv.rows {
            let cell = |column: usize| row.cells.get(column).map_or("", node_text);
            match (day(cell(first)), day(cell(last))) {
                (Some(from), Some(to)) if from <= to => {
                    let name = format!("{}:{}", cell(calendar), cell(holiday));
                    self.days.entry(name).or_default().push(DayRange { first: from, last: to });
                }
                _ => {
                    let title = format!("row {} does not name two dates in order", row.number);
                    cx.out.push(Diagnostic::error(
                        "E0606",
                        title,
                        row.line.clone(),
                        "write dates as 2026-03-21",
                    ));
                }
            }
        }
    }
}

fn day(text: &str) -> Option<i32> {
    text.parse::<jiff::civil::Date>().ok().map(day_number)
}

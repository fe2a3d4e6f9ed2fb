//! W0708: a row of `tables/holidays.csv` that does not fit its neighbors, or that nothing uses.

use super::{each_text, text_of};
use crate::pricing::day_number;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, node_text, parse_csv};
use crate::rulebook::{Applicability, Diagnostic};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const OWN: &str = "tables/holidays.csv";
/// Nobody is on holiday longer.
const DAYS_MAX: i32 = 31;

struct Row {
    at: [Node; 4],
    first: Date,
    last: Date,
}

pub fn find(trees: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) {
    let Some(text) = cx.files.get(OWN) else { return };
    let table = parse_csv(OWN, text, &mut crate::rulebook::syntax::Findings::default());
    let columns = ["calendar", "holiday", "first", "last"].map(|name| table.column(name));
    let mut named: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in &table.rows {
        let cell = |at: usize| row.cells.get(columns.get(at).copied().flatten()?).cloned();
        let (Some(calendar), Some(holiday), Some(first), Some(last)) = (cell(0), cell(1), cell(2), cell(3))
        else {
            return;
        };
        let (Ok(from), Ok(to)) = (node_text(&first).parse(), node_text(&last).parse()) else { return };
        let name = format!("{}:{}", node_text(&calendar), node_text(&holiday));
        named.entry(name).or_default().push(Row {
            at: [calendar, holiday, first, last],
            first: from,
            last: to,
        });
    }
    let used = used(trees);
    let mut found = Vec::new();
    for (name, rows) in &named {
        if !used.contains(name.as_str()) {
            let near =
                named.iter().find(|(other, more)| used.contains(other.as_str()) && rows.len() < more.len());
            let label = match near {
                Some((other, _)) => format!("did you mean `{other}`, as in the other rows?"),
                None => "no season names it".to_owned(),
            };
            let title = format!("no season uses the holiday `{name}`");
            found.extend(rows.iter().map(|row| told(&title, &row.at[1], &label)));
        }
        rows.iter().for_each(|row| found.extend(odd(row, rows)));
    }
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

/// The holidays that seasons name.
fn used(trees: &BTreeMap<Box<str>, Table>) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for root in trees.values() {
        each_text(root, &mut Vec::new(), &mut |path, node| {
            if path.last() == Some(&"holiday") {
                used.extend(text_of(node).split('|').map(|name| name.trim().trim_start_matches('!').trim()));
            }
        });
    }
    used
}

/// What all other rows of a holiday have in common and this one has not.
fn odd(row: &Row, rows: &[Row]) -> Option<Diagnostic> {
    let length = |row: &Row| day_number(row.last) - day_number(row.first) + 1;
    if DAYS_MAX < length(row) {
        let title = format!("a holiday of {} days", length(row));
        return Some(told(&title, &row.at[3], "`last` is the last day itself: is the month or year right?"));
    }
    let others = || rows.iter().filter(|other| !std::ptr::eq(*other, row));
    if let Some(twin) = others().find(|other| other.first <= row.last && row.first <= other.last) {
        let title = format!("the days {} .. {} are in two rows", row.first, row.last);
        return (twin.first <= row.first).then(|| told(&title, &row.at[2], "is the year right?"));
    }
    if others().count() < 3 {
        return None;
    }
    let all = |same: &dyn Fn(&Row) -> bool| others().all(same);
    let other = others().next()?;
    let day = |row: &Row| (row.first.month(), row.first.day());
    if all(&|one| day(one) == day(other)) && day(row) != day(other) {
        let title =
            format!("in {} the holiday begins on another day than in every other year", row.first.year());
        let label = format!("in the other rows it is {:02}-{:02}", day(other).0, day(other).1);
        return Some(told(&title, &row.at[2], &label));
    }
    if all(&|one| length(one) == length(other)) && length(row) != length(other) {
        let title = format!("in {} the holiday has {} days", row.first.year(), length(row));
        return Some(told(&title, &row.at[3], &format!("in every other row it has {}", length(other))));
    }
    gap(row, rows)
}

/// A year without the holiday between two that have it.
fn gap(row: &Row, rows: &[Row]) -> Option<Diagnostic> {
    let year = row.first.year();
    let has = |year: i16| rows.iter().any(|row| row.first.year() == year);
    let later = rows.iter().any(|row| year + 1 < row.first.year());
    (later && !has(year + 1)).then(|| {
        told(
            &format!("the holiday has no row for {}", year + 1),
            &row.at[2],
            "the next row is of a later year",
        )
    })
}

fn told(title: &str, at: &Node, label: &str) -> Diagnostic {
    Diagnostic::warning("W0708", title, at.span.clone(), label)
        .note("a season that names the holiday would be open on other days than meant")
        .fix(Applicability::Maybe, "correct the row", Vec::new())
}

//! The rules that did not apply, in few lines: a decision table may have thousands of rows.

use super::NotApplied;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one table that fail for the same reason are told together from this many on.
const MANY: usize = 10;

/// A line for each rule; for many rows of a table that fail by the same attribute, one for all of them. JSON has them all.
pub(super) fn lines(rules: &[NotApplied]) -> Vec<String> {
    let mut rows: BTreeMap<Kind<'_>, usize> = BTreeMap::new();
    for kind in rules.iter().filter_map(kind) {
        *rows.entry(kind).or_default() += 1;
    }
    let mut told = BTreeSet::new();
    let mut lines = Vec::new();
    for rule in rules {
        let many = kind(rule).and_then(|kind| Some((kind, *rows.get(&kind)?)));
        match many.filter(|(_, count)| MANY <= *count) {
            None => lines.push(format!("{}: {}", rule.rule, rule.text)),
            Some((kind, count)) if told.insert(kind) => {
                lines.push(format!("{}: {count} rows: {}", kind.0, together(rule)));
            }
            Some(_) => {}
        }
    }
    lines
}

/// The table of a row, and the attribute by which it fails; without one the reason itself.
type Kind<'a> = (&'a str, &'a str);

fn kind(rule: &NotApplied) -> Option<Kind<'_>> {
    let (table, _row) = rule.rule.split_once('#')?;
    Some((table, rule.cell.as_ref().map_or(rule.text.as_str(), |(attribute, ..)| attribute.as_str())))
}

fn together(rule: &NotApplied) -> String {
    match &rule.cell {
        Some((attribute, _, Some(has))) => format!("{attribute} is {has} (they want others)"),
        Some((attribute, _, None)) => format!("{attribute} is missing, or none that the rulebook names"),
        None => rule.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize, wants: &str) -> NotApplied {
        NotApplied {
            rule: format!("plan#{number}"),
            cell: Some(("vendor".to_owned(), wants.to_owned(), Some("acme".to_owned()))),
            text: format!("vendor is acme (rule wants {wants})"),
        }
    }

    #[test]
    fn few_rows_are_told_one_by_one() {
        let rules: Vec<NotApplied> = (4..9).map(|number| row(number, &format!("v{number}"))).collect();
        let told = lines(&rules);
        assert_eq!(told.len(), 5);
        assert_eq!(told[0], "plan#4: vendor is acme (rule wants v4)");
    }

    #[test]
    fn thousands_are_told_together_and_the_others_stay() {
        let mut rules: Vec<NotApplied> =
            (0..5_000).map(|number| row(number, &format!("v{number}"))).collect();
        let other = NotApplied { rule: "phones".to_owned(), cell: None, text: "not at this time".to_owned() };
        rules.insert(17, other);
        assert_eq!(
            lines(&rules),
            ["plan: 5000 rows: vendor is acme (they want others)", "phones: not at this time"]
        );
    }
}

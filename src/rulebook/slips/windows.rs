//! W0709: a window so long that a year is wrong, or that a relaxed guard is none any more.

use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, Value};
use crate::rulebook::{Applicability, Diagnostic};
use jiff::civil::Date;

const YEAR_DAYS: i32 = 366;
/// A season of a rule that may break guards.
const RELAXED_DAYS: i32 = 100;

pub fn find(root: &Table, cx: &mut Context<'_>) {
    let mut nights = Vec::new();
    super::each_text(root, &mut Vec::new(), &mut |path, node| {
        let spans = super::text_of(node).split('|').filter(|_| matches!(path, [.., "when", "time"]));
        nights.extend(spans.filter_map(|span| night(span, node)));
    });
    nights.into_iter().for_each(|finding| cx.out.push(finding));
    for kind in ["rule", "guard", "season", "stock"] {
        for (name, keyed) in root.get(kind).and_then(Node::as_table).map(Table::in_order).unwrap_or_default()
        {
            let Some(entry) = keyed.node.as_table() else { continue };
            let (Some(from), Some(until)) = (entry.get("from"), entry.get("until")) else { continue };
            let (Some(first), Some(last)) = (day(from), day(until)) else { continue };
            let days = last.since(first).map_or(0, |span| span.get_days());
            let relaxes = entry.contains("relax");
            let most = if relaxes { RELAXED_DAYS } else { YEAR_DAYS };
            if days <= most {
                continue;
            }
            let title = format!("`{name}` is open for {days} days");
            let label = if relaxes { "and relaxes guards all that time" } else { "is the year right?" };
            cx.out.push(
                Diagnostic::warning("W0709", title, until.span.clone(), label)
                    .related(from.span.clone(), "from here")
                    .note("most often the year is wrong, or day and month are exchanged")
                    .fix(
                        Applicability::Maybe,
                        "correct the date; what holds for ever needs no dates",
                        Vec::new(),
                    ),
            );
        }
    }
}

fn day(node: &Node) -> Option<Date> {
    match &node.value {
        Value::Date(text) => text.get(..10)?.parse().ok(),
        _ => None,
    }
}

/// Past midnight is a night; most of a day past midnight is two ends exchanged.
fn night(span: &str, node: &Node) -> Option<Diagnostic> {
    let (start, end) = span.split_once("..")?;
    let minutes = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        Some(60 * hours.parse::<i32>().ok()? + minutes.parse::<i32>().ok()?)
    };
    let (start, end) = (minutes(start)?, minutes(end)?);
    let length = end - start + 24 * 60;
    (end < start && 12 * 60 < length).then(|| {
        let title = format!("`{}` goes on past midnight, for {} hours", span.trim(), length / 60);
        Diagnostic::warning("W0709", title, node.span.clone(), "are the two ends exchanged?").fix(
            Applicability::Maybe,
            "write the earlier time first",
            Vec::new(),
        )
    })
}

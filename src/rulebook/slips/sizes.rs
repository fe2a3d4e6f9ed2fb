//! W0407: a number of a size that hardly anybody means, most often a lost or a misplaced decimal point.

use super::{each_text, text_of};
use crate::facts::Kind;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, Value, node_text, parse_quantity};
use crate::rulebook::{Applicability, Diagnostic};

/// What is usual for a key: a percent in 10⁻⁹, a duration in seconds, both ends included. A percent of zero is always said on purpose.
struct Usual {
    /// The keys that lead to it, the last ones; `*` is any name.
    path: &'static [&'static str],
    kind: Kind,
    low: i64,
    high: i64,
    what: &'static str,
}

const PERCENT: i64 = 10_000_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

const fn percent(path: &'static [&'static str], low: i64, high: i64, what: &'static str) -> Usual {
    Usual { path, kind: Kind::Percent, low: low * PERCENT / 100, high: high * PERCENT / 100, what }
}

const fn time(path: &'static [&'static str], low: i64, high: i64, what: &'static str) -> Usual {
    Usual { path, kind: Kind::Duration, low, high, what }
}

/// Bounds in hundredths of a percent. Wide: a warning that is wrong twice is read by nobody.
const USUAL: &[Usual] = &[
    percent(&["cost-plus", "margin"], 100, 7_500, "a margin from 1% to 75% of the net price"),
    percent(&["cost-plus", "markup"], 200, 40_000, "a markup from 2% to 400% of cost"),
    percent(&["min_margin"], 50, 6_000, "a smallest margin from 0.5% to 60%"),
    percent(&["max_markup", "by"], 200, 50_000, "a largest markup from 2% to 500%"),
    percent(&["index", "at"], 5_000, 20_000, "a position from 50% to 200% of the rivals"),
    percent(&["follow", "by"], -3_000, 3_000, "a distance of at most 30%"),
    percent(&["adjust"], -6_000, 6_000, "an adjustment of at most 60%"),
    percent(&["max_change"], 25, 5_000, "a largest move from 0.25% to 50%"),
    percent(&["max_change", "by"], 25, 5_000, "a largest move from 0.25% to 50%"),
    percent(&["min_change"], 1, 1_000, "a smallest move of at most 10%"),
    percent(&["vat", "*"], 100, 3_000, "a VAT rate from 1% to 30%"),
    percent(&["landed", "*"], 5, 10_000, "landed costs from 0.05% to 100% of the purchase cost"),
    percent(&["fx", "buffer"], 5, 2_000, "a buffer from 0.05% to 20%"),
    percent(&["facts", "rate_jump"], 50, 5_000, "a jump of rates from 0.5% to 50%"),
    percent(&["costs", "*"], 5, 5_000, "a cost from 0.05% to 50% of the price"),
    percent(&["pass_on"], 500, 10_000, "a share from 5% to 100%"),
    percent(&["use", "match"], 5_000, 10_000, "a match from 50% to 100%"),
    percent(&["weight"], 100, 10_000, "a weight from 1% to 100%"),
    time(&["use", "age"], HOUR / 4, 30 * DAY, "offers that are 15 minutes to 30 days old"),
    time(&["fx", "max_age"], HOUR, 31 * DAY, "rates that are an hour to a month old"),
    time(&["keep", "max_age"], HOUR, 200 * DAY, "a price kept for an hour to 200 days"),
    time(&["cooldown"], HOUR / 4, 60 * DAY, "a pause from 15 minutes to 60 days"),
    time(&["max_change", "per"], HOUR, 60 * DAY, "a period from an hour to 60 days"),
];

pub fn find(root: &Table, cx: &mut Context<'_>) {
    let mut found = Vec::new();
    each_text(root, &mut Vec::new(), &mut |path, node| {
        found.extend(usual(path).and_then(|usual| look(usual, node)));
        found.extend(relative(path, node));
    });
    vat_order(root, &mut found);
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

/// Columns such as `set price.cost-plus.margin`.
pub fn find_in_tables(cx: &mut Context<'_>) {
    let paths: Vec<Box<str>> = cx.files.0.keys().filter(|path| path.ends_with(".csv")).cloned().collect();
    for path in paths.iter().filter(|path| path.starts_with("tables/")) {
        let mut ignored = crate::rulebook::syntax::Findings::default();
        let table = crate::rulebook::syntax::parse_csv(path, cx.files.get(path).unwrap_or(""), &mut ignored);
        for (at, header) in table.header.iter().enumerate() {
            let keys: Vec<&str> = node_text(header).trim_start_matches("set ").split('.').collect();
            let Some(usual) = usual(&keys) else { continue };
            let cells = table.rows.iter().filter_map(|row| row.cells.get(at));
            let found: Vec<Diagnostic> = cells.filter_map(|cell| look(usual, cell)).collect();
            found.into_iter().for_each(|finding| cx.out.push(finding));
        }
    }
}

fn usual(path: &[&str]) -> Option<&'static Usual> {
    USUAL.iter().find(|usual| {
        let last = path.len().checked_sub(usual.path.len()).and_then(|skip| path.get(skip..));
        last.is_some_and(|last| last.iter().zip(usual.path).all(|(key, known)| *known == "*" || key == known))
    })
}

fn look(usual: &Usual, node: &Node) -> Option<Diagnostic> {
    let text = text_of(node);
    let number = text.trim_start_matches(['<', '>', '=', '+', ' ']);
    let quantity = parse_quantity(number, usual.kind).ok()?;
    // A duration of zero switches nothing off: it holds for no moment.
    let said_zero = quantity.value == 0 && usual.kind != Kind::Duration;
    let usual_size = said_zero || (usual.low..=usual.high).contains(&quantity.value);
    (!usual_size).then(|| {
        let title = format!("`{text}` is an unusual size");
        Diagnostic::warning("W0407", title, node.span.clone(), format!("usual is {}", usual.what))
            .note("most often a decimal point or a percent sign stands in the wrong place")
            .fix(
                Applicability::Maybe,
                "correct the number; if it is meant, nothing else is needed",
                Vec::new(),
            )
    })
}

/// `max_price = "90% of cost"` sells at a loss, `min_price = "105% of rrp"` never below what nobody pays.
fn relative(path: &[&str], node: &Node) -> Option<Diagnostic> {
    let (share, fact) = text_of(node).split_once("% of ")?;
    let share: f64 = share.trim().parse().ok()?;
    let why = match (*path.last()?, fact.trim()) {
        ("max_price", "cost") if share <= 100.0 => "a ceiling at or below cost sells at a loss",
        ("min_price", "rrp") if 100.0 <= share => {
            "a floor at or above the recommended price: was a ceiling meant?"
        }
        ("max_price", "rrp") if !(50.0..=150.0).contains(&share) => {
            "usual is a ceiling from 50% to 150% of it"
        }
        ("min_price", "cost") if !(50.0..=300.0).contains(&share) => {
            "usual is a floor from 50% to 300% of it"
        }
        _ => return None,
    };
    let title = format!("`{}` is an unusual bound", text_of(node));
    Some(Diagnostic::warning("W0407", title, node.span.clone(), why).fix(
        Applicability::Maybe,
        "correct the number or take the other bound",
        Vec::new(),
    ))
}

/// A reduced rate above the standard one.
fn vat_order(root: &Table, found: &mut Vec<Diagnostic>) {
    let Some(markets) = root.get("market").and_then(Node::as_table) else { return };
    for (name, market) in markets.in_order() {
        let Some(vat) = market.node.as_table().and_then(|market| market.get("vat")).and_then(Node::as_table)
        else {
            continue;
        };
        let rate = |node: &Node| match &node.value {
            Value::Text(text) => parse_quantity(text, Kind::Percent).ok().map(|rate| rate.value),
            _ => None,
        };
        let Some(standard) = vat.get("standard").and_then(rate) else { continue };
        for (class, keyed) in vat.in_order() {
            if rate(&keyed.node).is_some_and(|rate| standard < rate) {
                let title = format!("the rate `{class}` of market {name} is above the standard rate");
                found.push(
                    Diagnostic::warning("W0407", title, keyed.node.span.clone(), "usual are reduced rates")
                        .fix(Applicability::Maybe, "most often two rates are exchanged", Vec::new()),
                );
            }
        }
    }
}

//! What history knows.

use super::*;

fn history(rows: &[(&str, &str, &str)]) -> Timeline {
    let mut history = History::default();
    for (price, kind, span) in rows {
        let (from, rest) = span.split_once(' ').unwrap_or((span, ""));
        let (to, announced) = match rest.split_once(' ') {
            Some((to, word)) => (to, word),
            None => (rest, ""),
        };
        let day =
            |text: &str| if text.is_empty() { String::new() } else { format!("2026-11-{text}T00:00:00Z") };
        let (from, to) = (day(from), day(to));
        let text = AppliedText { price, kind, from: &from, to: &to, announced };
        history.add("A", "DE", "", read_applied(text, None).unwrap());
    }
    let eur = Currency::from_code("EUR").unwrap();
    history.timeline("A", "DE", "own", eur, parse_instant("2026-11-20T00:00:00Z").unwrap())
}

fn amount(text: &str) -> Option<Amount> {
    Some(Amount::parse(text).unwrap())
}

fn day(day: u32) -> Option<i64> {
    parse_instant(&format!("2026-11-{day:02}T00:00:00Z")).ok()
}

#[test]
fn rows_are_cut_sorted_and_replaced() {
    let line = history(&[
        ("10.00 EUR", "", "05"),
        ("8.00 EUR", "promo", "01 18"),
        ("7.00 EUR", "", "21"),
        ("9.00 EUR", "", "10"),
        ("9.50 EUR", "", "10"),
        ("1.00 USD", "", "15"),
    ]);
    let shown: Vec<(String, i64)> =
        line.rows.iter().map(|row| (row.price.amount.to_string(), row.to)).collect();
    let day = |at| day(at).unwrap();
    assert_eq!(shown, [("8.00".into(), day(5)), ("10.00".into(), day(10)), ("9.50".into(), i64::MAX)]);
    assert_eq!(line.in_force().map(|row| row.price.amount), amount("9.50"));
    assert_eq!(line.since(Amount::parse("9.50").unwrap()), Some(day(10)));
    assert_eq!(line.since(Amount::parse("9").unwrap()), None);
    let open = |from, to| line.between(from, to).count();
    assert_eq!((open(day(4), day(5)), open(day(4), day(6)), open(day(11), i64::MAX)), (1, 2, 1));
}

#[test]
fn a_gap_ends_a_price() {
    let line = history(&[("10.00 EUR", "", "01 15")]);
    assert_eq!((line.in_force(), line.before_clearance(), line.since(Amount::MAX)), (None, None, None));
    let equal =
        history(&[("10.00 EUR", "", "01 05"), ("10.00 EUR", "", "05"), ("10.00 EUR", "promo", "08 09")]);
    assert_eq!(equal.in_force(), None);
}

#[test]
fn a_markdown_counts_from_before_it() {
    let line = history(&[
        ("12.00 EUR", "", "01"),
        ("10.00 EUR", "", "03"),
        ("9.00 EUR", "clearance", "10"),
        ("8.00 EUR", "clearance", "15"),
    ]);
    assert_eq!(line.before_clearance(), amount("10"));
    assert_eq!(history(&[("9.00 EUR", "clearance", "10")]).before_clearance(), None);
    assert_eq!(history(&[("9.00 EUR", "promo", "10")]).before_clearance(), amount("9"));
    let twice = history(&[
        ("10.00 EUR", "clearance", "01"),
        ("11.00 EUR", "", "05 06"),
        ("9.00 EUR", "clearance", "10"),
    ]);
    assert_eq!(twice.before_clearance(), amount("11"));
}

#[test]
fn equal_prices_are_one_and_reductions_chain() {
    let line = history(&[
        ("12.00 EUR", "", "01"),
        ("10.00 EUR", "", "03 12 yes"),
        ("10.00 EUR", "", "12 14 yes"),
        ("9.00 EUR", "promo", "14 30 yes"),
    ]);
    assert_eq!(line.reduced_since(), day(3));
    assert_eq!(line.since(Amount::parse("9").unwrap()), day(14));
    let flat = history(&[("10.00 EUR", "", "03 12"), ("10.00 EUR", "", "12")]);
    assert_eq!((flat.since(Amount::parse("10").unwrap()), flat.reduced_since()), (day(3), None));
}

#[test]
fn every_bad_field_is_told() {
    let text = AppliedText { price: "0 EUR", kind: "sale", from: "now", to: "", announced: "ja" };
    assert_eq!(read_applied(text, None).unwrap_err().len(), 4);
    let text = AppliedText { price: "", kind: "", from: "", to: "", announced: "" };
    assert_eq!(read_applied(text, None).unwrap_err().len(), 2);
    let same = "2026-11-01T00:00:00Z";
    let text = AppliedText { price: "1", kind: "", from: same, to: same, announced: "no" };
    let bad = read_applied(text, Currency::from_code("EUR")).unwrap_err();
    assert_eq!((bad.len(), bad[0].code), (1, FieldCode::OutOfRange));
}

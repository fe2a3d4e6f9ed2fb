//! What the price history bounds, keeps and announces, by hand. Each case is asked of the reference and of the engine.

use super::differential::{compile, engine, same};
use super::reference::{Answer, CaseInput, Files, HistoryText, Rulebook};

const BOOK: &str = r#"
edition = "2026"
name = "history"
layers = ["base"]
[market.M]
currency = "EUR"
timezone = "UTC"
vat = { standard = "0%" }
[channel.own]
"#;
const SCHEMA: &str =
    "[attr]\nsku = { type = \"id\" }\ncost = { type = \"money\", basis = \"net\", optional = true }\n";
const AT: &str = "2026-11-18T12:00:00Z";
const DAY: i64 = 86_400;

/// Cost 10: 20 is wanted.
const TWENTY: &str = "[rule.r]\nlayer = \"base\"\nprice = { cost-plus = { markup = \"100%\" } }\n";

/// Rows as `price kind`, since and until so many seconds ago.
type Rows<'a> = &'a [(&'a str, i64, Option<i64>)];

fn ask(rules: &str, current: &str, rows: Rows) -> Answer {
    let mut files = Files::default();
    for (path, text) in [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)] {
        files.0.insert(path.into(), text.into());
    }
    let mut case =
        CaseInput { market: "M".into(), channel: "own".into(), at: AT.into(), ..CaseInput::default() };
    for (name, value) in [("sku", "X"), ("cost", "10.00 EUR"), ("current_price", current)] {
        case.item.insert(name.into(), value.into());
    }
    let at: jiff::Timestamp = AT.parse().unwrap();
    let before = |seconds: i64| (at - jiff::SignedDuration::from_secs(seconds)).to_string();
    for (words, since, until) in rows {
        let mut words = words.split(' ');
        case.history.push(HistoryText {
            price: format!("{} EUR", words.next().unwrap()),
            kind: words.next().unwrap_or_default().into(),
            announced: words.next().map_or("", |_| "yes").into(),
            from: before(*since),
            to: until.map(before).unwrap_or_default(),
            ..HistoryText::default()
        });
    }
    let rulebook = Rulebook::parse(&files).unwrap();
    let fast = engine(&compile(&files), &case);
    match same(&rulebook, &case, &fast) {
        Ok(slow) => slow,
        Err(slow) => panic!("{case:?}\nengine    {fast:?}\nreference {slow:?}"),
    }
}

fn price(answer: Answer) -> String {
    match answer {
        Answer::Priced(priced) => priced.price,
        Answer::Held(held) => format!("held {}", held.price),
        other => panic!("no price: {other:?}"),
    }
}

fn guard(class: &str, bound: &str) -> String {
    format!("{TWENTY}[guard.g]\nclass = \"{class}\"\nwhy = \"t\"\n{bound}\n")
}

/// 6 % within a day: 18 yesterday at noon is out of the window, a second later it is in.
#[test]
fn moves_within_a_day_stay_inside_together() {
    let rules = guard("comfort", "max_change = { by = \"6%\", per = \"1d\" }");
    assert_eq!(price(ask(&rules, "18.50 EUR", &[])), "19.61");
    // 18 was in force until yesterday noon: `to` is not after the window's start.
    let rows = |until| [("18.00", 10 * DAY, Some(until)), ("18.50", until, None)];
    assert_eq!(price(ask(&rules, "18.50 EUR", &rows(DAY))), "19.61");
    assert_eq!(price(ask(&rules, "18.50 EUR", &rows(DAY - 1))), "19.08"); // 18 · 1.06
    // A promotion does not count, and what somebody moved by hand is not pulled back.
    assert_eq!(
        price(ask(&rules, "18.50 EUR", &[("18.00 promo", 10 * DAY, Some(5)), ("18.50", 5, None)])),
        "19.61"
    );
    assert_eq!(price(ask(&rules, "19.50 EUR", &[("18.00", 10 * DAY, Some(5)), ("19.50", 5, None)])), "19.50");
    // Down: 30 in the morning, 28.50 now: not below 28.20.
    assert_eq!(price(ask(&rules, "28.50 EUR", &[("30.00", DAY, Some(60)), ("28.50", 60, None)])), "28.20");
    // The row of another price in force does not change what the current price is.
    assert_eq!(price(ask(&rules, "18.50 EUR", &[("18.60", DAY, None)])), "19.61");
}

/// 18 hours of rest, to the second; known only if history has exactly this price in force.
#[test]
fn a_price_that_just_changed_rests() {
    let rules = guard("comfort", "cooldown = \"18h\"");
    let hours = 18 * 3_600;
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.00", hours - 1, None)])), "19.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.00", hours, None)])), "20.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.01", 5, None)])), "20.00");
    // The same price and kind again, without a gap, is no change; another kind or a gap is.
    let again = |first: &'static str, end| [(first, DAY, Some(end)), ("19.00", 60, None)];
    assert_eq!(price(ask(&rules, "19.00 EUR", &again("19.00", 60))), "20.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &again("19.00", 61))), "19.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &again("19.00 promo", 60))), "19.00");
    // An end that was announced for later changes nothing, one that has passed does.
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.00", 60, Some(-60))])), "19.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.00", 60, Some(0))])), "20.00");
    // Two rows of one moment: the later in the file counts.
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("19.00", 60, None), ("18.00", 60, None)])), "20.00");
    assert_eq!(price(ask(&rules, "19.00 EUR", &[("18.00", 60, None), ("19.00", 60, None)])), "19.00");
}

#[test]
fn a_price_is_kept_for_its_time() {
    let rules = "[rule.r]\nlayer = \"base\"\nprice = { keep = { max_age = \"7d\" } }\nelse = { cost-plus = { markup = \"100%\" } }\n";
    assert_eq!(price(ask(rules, "19.00 EUR", &[("19.00", 7 * DAY, None)])), "19.00");
    assert_eq!(price(ask(rules, "19.00 EUR", &[("19.00", 7 * DAY + 1, None)])), "20.00");
    assert_eq!(price(ask(rules, "19.00 EUR", &[("18.00", 9 * DAY, None)])), "19.00"); // it is not known since when
}

/// The lowest of the thirty days before the reduction: the interval open at the window's start is in, one that ended
/// there is not; the reduction itself never is.
#[test]
fn reference_price_of_thirty_days() {
    let rules = guard("legal", "announce = { reference = \"lowest\", days = 30 }");
    let reference = |rows: Rows| match ask(&rules, "15.00 EUR", rows) {
        Answer::Priced(priced) => priced.reference.unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reference(&[]), "");
    let rows = |end| [("14.00", 60 * DAY, Some(end)), ("22.00", end, Some(5)), ("15.00 promo x", 5, None)];
    assert_eq!(reference(&rows(30 * DAY + 5)), "22.000000");
    assert_eq!(reference(&rows(30 * DAY + 4)), "14.000000");
    // An announced chain starts where its first row starts, whatever its prices.
    let chain = [
        ("22.00", 50 * DAY, Some(9 * DAY)),
        ("16.00 promo x", 9 * DAY, Some(DAY)),
        ("15.00 clearance x", DAY, None),
    ];
    assert_eq!(reference(&chain), "22.000000");
    let broken = [
        ("22.00", 50 * DAY, Some(9 * DAY)),
        ("16.00 promo x", 9 * DAY, Some(DAY + 1)),
        ("15.00 promo x", DAY, None),
    ];
    assert_eq!(reference(&broken), "16.000000");
    // Not announced: up to now.
    assert_eq!(reference(&[("22.00", 50 * DAY, None), ("15.00 promo", DAY, None)]), "15.000000");
    // It starts this very moment: nothing of its own is before.
    assert_eq!(reference(&[("22.00", 50 * DAY, None), ("15.00 promo x", 0, None)]), "22.000000");
    assert_eq!(reference(&[("15.00 promo x", 0, None)]), "");
}

#[test]
fn held_prices_announce_too() {
    for class in ["legal", "commercial"] {
        let rules = guard(class, "announce = { reference = \"lowest\", days = 30 }");
        // Nothing is known of the demand: no price.
        let rules = rules
            .replace("cost-plus = { markup = \"100%\" }", "optimise = { for = \"profit\", within = \"8%\" }");
        match ask(&rules, "15.00 EUR", &[("14.00", DAY, None)]) {
            Answer::Held(held) => assert_eq!(held.reference.as_deref(), Some("14.000000"), "{class}"),
            other => panic!("{other:?}"),
        }
    }
}

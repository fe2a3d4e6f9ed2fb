//! Seasons, cells, precedence and dates by hand.

use super::reference::{Answer, CaseInput, Files, Priced, Rulebook, price};

const BOOK: &str = r#"
edition = "2026"
name = "hand"
layers = ["base", "top"]
price_basis = "gross"
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat = { standard = "0%" }
[market.JP]
currency = "JPY"
timezone = "Asia/Tokyo"
vat = { standard = "10%" }
[channel.own]
"#;
const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
category = { type = "tree", optional = true }
brand = { type = "text", optional = true }
tags = { type = "set", values = ["a", "b", "c"] }
cost = { type = "money", basis = "net", optional = true }
weight = { type = "number", optional = true }
stock_cover = { type = "duration", optional = true }
"#;

/// Cost 100.00, cost-plus margin 0 %, VAT 0 %: the price is 100.00 before adjustments.
const PLAIN: &str = "[rule.plain]\nlayer = \"base\"\nprice = { cost-plus = { margin = \"0%\" } }\n";

fn book(rules: &str) -> Rulebook {
    let mut files = Files::default();
    for (path, text) in [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)] {
        files.0.insert(path.into(), text.into());
    }
    files.0.insert(
        "tables/holidays.csv".into(),
        "calendar,holiday,first,last\nDE,fest,2026-12-24,2026-12-26\n".into(),
    );
    files.0.insert("tables/list.csv".into(), "sku,brand\nX,Haus\nZ,Hof\n".into());
    Rulebook::parse(&files).unwrap()
}

fn case(at: &str, columns: &[(&str, &str)]) -> CaseInput {
    let mut case =
        CaseInput { market: "DE".into(), channel: "own".into(), at: at.into(), ..CaseInput::default() };
    for (name, value) in [("sku", "X"), ("cost", "100.00 EUR"), ("tags", "")].iter().chain(columns) {
        case.item.insert(name.to_string(), value.to_string());
    }
    case
}

fn priced(rules: &str, case: &CaseInput) -> Priced {
    match price(&book(rules), case) {
        Answer::Priced(priced) => priced,
        other => panic!("not priced: {other:?}"),
    }
}

/// Whether `+1%` of a season was applied at each local moment.
fn season(when: &str, moments: &[(&str, bool)]) {
    let rules = format!("{PLAIN}[season.s]\nwhen = {{ {when} }}\nadjust = \"+1%\"\n");
    for (at, expected) in moments {
        let price = priced(&rules, &case(at, &[])).price;
        assert_eq!(price == "101.00", *expected, "{when} at {at}: {price}");
    }
}

#[test]
fn windows_are_half_open_and_belong_to_their_start_day() {
    // 2026-11-20 is a Friday.
    season(
        "weekday = \"fri | sat\", time = \"17:00 .. 21:00\"",
        &[
            ("2026-11-20T16:59:59+01:00", false),
            ("2026-11-20T17:00:00+01:00", true),
            ("2026-11-20T20:59:59+01:00", true),
            ("2026-11-20T21:00:00+01:00", false),
            ("2026-11-22T18:00:00+01:00", false),
            ("2026-11-20T16:30:00Z", true),
        ],
    );
    season(
        "weekday = \"fri\", time = \"22:00 .. 06:00\"",
        &[
            ("2026-11-20T05:00:00+01:00", false),
            ("2026-11-20T22:00:00+01:00", true),
            ("2026-11-21T05:59:59+01:00", true),
            ("2026-11-21T06:00:00+01:00", false),
            ("2026-11-21T23:00:00+01:00", false),
        ],
    );
    season(
        "day_of_month = \"5 .. 8 | 20\"",
        &[
            ("2026-11-05T00:00:00+01:00", true),
            ("2026-11-08T23:59:59+01:00", true),
            ("2026-11-09T00:00:00+01:00", false),
            ("2026-11-20T12:00:00+01:00", true),
        ],
    );
    season(
        "holiday = \"DE:fest\", days = \"-7 .. +2\"",
        &[
            ("2026-12-16T23:59:59+01:00", false),
            ("2026-12-17T00:00:00+01:00", true),
            ("2026-12-28T23:59:59+01:00", true),
            ("2026-12-29T00:00:00+01:00", false),
        ],
    );
    // The hour that exists twice in the night of 2026-10-25, and the one that does not exist in March.
    season(
        "time = \"03:00 .. 04:00\"",
        &[
            ("2026-10-25T00:30:00Z", false),
            ("2026-10-25T01:59:59Z", false),
            ("2026-10-25T02:00:00Z", true),
            ("2026-03-29T01:00:00Z", true),
        ],
    );
}

#[test]
fn dates_are_half_open_in_market_time() {
    let rules =
        format!("{PLAIN}[season.s]\nfrom = 2026-11-23\nuntil = 2026-11-30T12:00:00\nadjust = \"+1%\"\n");
    for (at, expected) in [
        ("2026-11-22T22:59:59Z", "100.00"),
        ("2026-11-22T23:00:00Z", "101.00"),
        ("2026-11-30T10:59:59Z", "101.00"),
        ("2026-11-30T11:00:00Z", "100.00"),
    ] {
        assert_eq!(priced(&rules, &case(at, &[])).price, expected, "{at}");
    }
}

/// Which cells hold: a stock rule of +1 % with this `where`.
#[test]
fn cells() {
    for (cell, columns, expected) in [
        ("category = \"a/b/**\"", [("category", "a/b")], true),
        ("category = \"a/b/**\"", [("category", "a/b/c/d")], true),
        ("category = \"a/b/**\"", [("category", "a/bc")], false),
        ("category = \"a/b\"", [("category", "a/b/c")], false),
        ("category = \"**\"", [("category", "")], false),
        ("category = \"!a/**\"", [("category", "")], false),
        ("category = \"!a/** | ?\"", [("category", "")], true),
        ("brand = \"Bose | Haus\"", [("brand", "Haus")], true),
        ("brand = \"Bose | Haus\"", [("brand", "haus")], false),
        ("brand = \"@tables/list.csv\"", [("brand", "Hof")], true),
        ("brand = \"!@tables/list.csv\"", [("brand", "Bose")], true),
        ("sku = \"@tables/list.csv\"", [("brand", "Hof")], true),
        ("tags = [\"a\", \"!b\"]", [("tags", "a|c")], true),
        ("tags = [\"a\", \"!b\"]", [("tags", "a|b")], false),
        ("tags = \"a | !b\"", [("tags", "")], true),
        ("tags = \"a | !b\"", [("tags", "b|c")], false),
        ("tags = \"?\"", [("tags", "")], false),
        ("weight = \"1 .. 2\"", [("weight", "2")], false),
        ("weight = \"1 ..= 2\"", [("weight", "2")], true),
        ("weight = \"!> 2\"", [("weight", "2")], true),
        ("weight = \"? | > 3\"", [("weight", "")], true),
        ("cost = \"50 .. 100 EUR | 10 JPY\"", [("weight", "")], false),
        ("cost = \">= 100 EUR | >= 5 JPY\"", [("weight", "")], true),
        ("cost = \"> 0 JPY\"", [("weight", "")], true),
        ("cost = \"> 50 JPY\"", [("weight", "")], false),
        ("stock_cover = \"> 8w\"", [("stock_cover", "8w")], false),
        ("stock_cover = \"7d ..= 8w\"", [("stock_cover", "8w")], true),
        ("any = [ { brand = \"Bose\" }, { weight = \"> 1\" } ], tags = \"!a\"", [("weight", "2")], true),
        ("any = [ { brand = \"Bose\" }, { weight = \"> 1\" } ]", [("brand", "Haus")], false),
    ] {
        let rules = format!("{PLAIN}[stock.s]\nwhere = {{ {cell} }}\nadjust = \"+1%\"\n");
        let answer = priced(&rules, &case("2026-11-20T12:00:00Z", &columns));
        assert_eq!(answer.price == "101.00", expected, "{cell} on {columns:?}");
    }
}

/// 56 units at 1 a day are exactly 8 weeks; stock without sales is endless, no stock and no sales is nothing.
#[test]
fn stock_cover() {
    let rules = format!(
        "{PLAIN}[stock.s]\nwhere = {{ stock_cover = \"> 8w\" }}\nadjust = \"+1%\"\n[stock.t]\nwhere = {{ stock_cover = \"< 1s\" }}\nadjust = \"+2%\"\n"
    );
    for (units, daily, expected) in [
        ("56", "1", "100.00"),
        ("57", "1", "101.00"),
        ("5", "0", "101.00"),
        ("0", "0", "102.00"),
        ("", "1", "100.00"),
    ] {
        let answer = priced(
            &rules,
            &case("2026-11-20T12:00:00Z", &[("stock_units", units), ("units_per_day", daily)]),
        );
        assert_eq!(answer.price, expected, "{units} at {daily}");
    }
    let bad = case("2026-11-20T12:00:00Z", &[("units_per_day", "-1")]);
    assert_eq!(price(&book(&rules), &bad), Answer::Quarantined { reasons: vec!["OUT_OF_RANGE".into()] });
}

/// 1.1 × 1.1 = 1.21 is clamped to 1.15; the limit's own end is reached exactly.
#[test]
fn adjustments_multiply_inside_the_limit() {
    let rules = format!(
        "limit = \"-30% .. +15%\"\n{PLAIN}[stock.s]\nadjust = \"+10%\"\n[season.s]\nadjust = \"+10%\"\n"
    );
    assert_eq!(priced(&rules, &case("2026-11-20T12:00:00Z", &[])).price, "115.00");
}

/// `over` beats narrower; an overlay beats its parent; a later layer beats all.
#[test]
fn who_wins() {
    let rule = |name: &str, layer: &str, rest: &str, price: &str| {
        format!("[rule.{name}]\nlayer = \"{layer}\"\n{rest}price = {{ fixed = \"{price} EUR\" }}\n")
    };
    let at = "2026-11-20T12:00:00Z";
    let wide = rule("wide", "base", "over = [\"narrow\"]\n", "1");
    let narrow = rule("narrow", "base", "where = { tags = \"a\" }\n", "2");
    let item = case(at, &[("tags", "a|b")]);
    let won = |rules: &str| {
        let answer = priced(rules, &item);
        (answer.price, answer.rule, answer.because)
    };
    let as_won =
        |price: &str, rule: &str, because: &str| (price.to_string(), rule.to_string(), because.to_string());
    assert_eq!(won(&(wide.clone() + &narrow)), as_won("1.00", "wide", "over"));
    assert_eq!(
        won(&(wide.replace("over = [\"narrow\"]\n", "") + &narrow)),
        as_won("2.00", "narrow", "narrower")
    );
    assert_eq!(won(&narrow), as_won("2.00", "narrow", "only candidate"));
    let overlay =
        format!("{narrow}[rule.narrow.for.b]\nwhere = {{ tags = \"b\" }}\nprice.fixed = \"3 EUR\"\n");
    assert_eq!(won(&overlay), as_won("3.00", "narrow", "narrower"));
    // Naming the parent covers the overlay.
    assert_eq!(won(&(wide.clone() + &overlay)), as_won("1.00", "wide", "over"));
    let top = rule("top", "top", "", "4");
    assert_eq!(won(&(wide + &overlay + &top)), as_won("4.00", "top", "later layer"));
}

/// 100 EUR × 162.5 = 16250 JPY net, × 1.1 = 17875, whole yen; `*80` below a band of 20000: 17880.
#[test]
fn yen_have_no_minor_digits() {
    let rules = format!("{PLAIN}[round.r]\nbands = [ {{ to = \"20000 JPY | 5 EUR\", ends = \"*80\" }} ]\n");
    let mut item = case("2026-11-20T12:00:00Z", &[]);
    item.market = "JP".into();
    item.rates.push(super::reference::RateText {
        base: "EUR".into(),
        quote: "JPY".into(),
        rate: "162.5".into(),
        as_of: "2026-01-01T00:00:00Z".into(),
    });
    let answer = priced(&rules, &item);
    assert_eq!((answer.price.as_str(), answer.target.as_str()), ("17880", "17875.000000"));
    // Beyond every `to` there is no allowed ending: the nearest yen and a note, whatever the way.
    item.item.insert("cost".into(), "200.00 EUR".into());
    for way in ["", "way = \"up\"\n"] {
        let answer = priced(&format!("{rules}{way}"), &item);
        assert_eq!((answer.price.as_str(), answer.flags), ("35750", vec!["no-ending".to_string()]));
    }
}

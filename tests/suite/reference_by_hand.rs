//! Cases computed by hand; the arithmetic stands beside each.

use super::reference::{Answer, CaseInput, Files, Held, OfferText, Priced, RateText, Rulebook, price};

const BOOK: &str = r#"
edition = "2026"
name = "hand"
layers = ["base", "position", "override"]
price_basis = "gross"
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat = { standard = "19%", food = "7%" }
landed = { freight = "0%" }
[market.KZ]
currency = "KZT"
timezone = "Asia/Almaty"
vat = { standard = "16%", food = "16%" }
landed = { freight = "1.5%" }
fx = { costs_in = "EUR", feed = "feeds/fx.csv", max_age = "24h", buffer = "2.5%" }
[channel.own]
costs = { payment = "1.4%", cpa = "1.90 EUR", bag = "0.05 EUR/unit" }
basket = "45 EUR | 22000 KZT"
[channel.back]
costs = { commission = "10%", payment = "2%", bag = "0.10 EUR/unit" }
returns = { rate = "8%", reverse = "3.50 EUR", salvage = "60%" }
[competitors.national.DE]
members = ["a", "b", "c"]
own = ["c"]
use = { at_least = 1 }
"#;
const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
category = { type = "tree" }
tags = { type = "set", values = ["fresh", "new", "end"] }
cost = { type = "money", basis = "net", optional = true }
rrp = { type = "money", optional = true }
shelf_life = { type = "duration", optional = true }
stock_cover = { type = "duration", optional = true }
"#;

fn book(rules: &str) -> Rulebook {
    let mut files = Files::default();
    for (path, text) in [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)] {
        files.0.insert(path.into(), text.into());
    }
    files.0.insert("tables/leaflet.csv".into(), "sku,set price.fixed\nX,100.00 EUR\nY,49.99 EUR\n".into());
    files.0.insert(
        "tables/plan.csv".into(),
        "category,market,set price.cost-plus.margin\n**,-,20%\nfood/**,-,23%\nfood/oil/**,KZ,14%\n".into(),
    );
    Rulebook::parse(&files).unwrap()
}

fn item(columns: &[(&str, &str)]) -> CaseInput {
    let mut case = CaseInput {
        market: "DE".into(),
        channel: "own".into(),
        at: "2026-11-24T10:00:00+01:00".into(),
        ..CaseInput::default()
    };
    for (name, value) in [("sku", "X"), ("category", "food/pasta"), ("tags", "")].iter().chain(columns) {
        case.item.insert(name.to_string(), value.to_string());
    }
    case
}

fn rivals(mut case: CaseInput, prices: &[(&str, &str)]) -> CaseInput {
    case.offers = prices
        .iter()
        .map(|(rival, price)| OfferText {
            market: "DE".into(),
            rival: rival.to_string(),
            price: price.to_string(),
            ..OfferText::default()
        })
        .collect();
    case
}

fn priced(rules: &str, case: &CaseInput) -> Priced {
    match price(&book(rules), case) {
        Answer::Priced(priced) => priced,
        other => panic!("not priced: {other:?}"),
    }
}

const KEEP: &str = "[rule.k]\nlayer = \"base\"\nprice = { keep = {} }\n";
const FOLLOW: &str = "[rule.f]\nlayer = \"base\"\nprice = { follow = { set = \"national\", rank = \"lowest\", by = \"0%\" } }\n";

fn cost_plus(markup: &str) -> String {
    format!("[rule.c]\nlayer = \"base\"\nprice = {{ cost-plus = {{ markup = \"{markup}\" }} }}\n")
}

fn guard(name: &str, class: &str, what: &str) -> String {
    format!("[guard.{name}]\nclass = \"{class}\"\n{what}\n")
}

fn rounded(ends: &str) -> String {
    format!("[round.r]\nbands = [ {{ ends = \"{ends}\" }} ]\n")
}

/// A printed price of 100 is not multiplied by the surplus rule's 0.97.
#[test]
fn leaflet_is_untouched_by_surplus() {
    let rules = "[rule.d]\nlayer = \"base\"\nwhere = { market = \"DE\" }\nprice = { fixed = { table = \"tables/leaflet.csv\" } }\n\
                 [stock.surplus]\nwhere = { stock_cover = \"> 8w\" }\nadjust = \"-3%\"\n";
    let answer = priced(rules, &item(&[("stock_cover", "11w")]));
    assert_eq!((answer.price.as_str(), answer.adjusted.as_str(), answer.row), ("100.00", "100.000000", None));
    assert!(answer.hit.is_empty());
}

/// keep 97.13 in surplus stays 97.13, odd ending and all, however often it is priced.
#[test]
fn kept_price_does_not_sink() {
    let rules = format!(
        "{KEEP}[stock.surplus]\nwhere = {{ stock_cover = \"> 8w\" }}\nadjust = \"-3%\"\n{}",
        rounded("*.99")
    );
    let answer = priced(&rules, &item(&[("stock_cover", "11w"), ("current_price", "97.13 EUR")]));
    assert_eq!(answer.price, "97.13");
}

/// 2980 for 298: +900 %, far outside −50 … +100 %; the price is held, and no floor is made from it.
#[test]
fn mistyped_cost_is_held() {
    let rules = cost_plus("30%") + &guard("no-loss", "safety", "min_margin = \"3%\"");
    let case =
        item(&[("cost", "2980.00 EUR"), ("previous_cost", "298.00 EUR"), ("current_price", "399.00 EUR")]);
    let held = Answer::Held(Held {
        reason: "COST_IMPLAUSIBLE".into(),
        price: "399.00".into(),
        rule: Some("c".into()),
        kind: "regular".into(),
        ..Held::default()
    });
    assert_eq!(price(&book(&rules), &case), held);
    // Exactly +100 % is still believed (closed ends): 596 × 1.3 × 1.19 = 922.012.
    let case =
        item(&[("cost", "596.00 EUR"), ("previous_cost", "298.00 EUR"), ("current_price", "399.00 EUR")]);
    assert_eq!(priced(&rules, &case).price, "922.01");
    // Without a current price the fact's own code refuses.
    let case = item(&[("cost", "2980.00 EUR"), ("previous_cost", "298.00 EUR")]);
    assert_eq!(
        price(&book(&rules), &case),
        Answer::Refused { code: "COST_IMPLAUSIBLE".into(), guards: vec![] }
    );
}

/// Pasta at 0.99, cost 0.60, VAT 7 %. Unit: a = 1/1.07 − 0.014 = 0.920579…, C = 0.65: floor 0.706077.
/// Full: a also loses 1.90/45 = 0.0422…: 0.878357…, floor 0.65/0.878357 = 0.740018. A 1.90 per packet would
/// have asked for (0.65 + 1.90)/0.920579 = 2.77.
#[test]
fn order_cost_does_not_lift_pasta() {
    let rules = format!("{KEEP}{}", guard("unit", "safety", "min_contribution = \"0 EUR\""))
        + &guard("full", "commercial", "min_full_contribution = \"0 EUR\"");
    let at = |price: &str| item(&[("cost", "0.60 EUR"), ("vat_class", "food"), ("current_price", price)]);
    let answer = priced(&rules, &at("0.99 EUR"));
    assert_eq!((answer.price.as_str(), answer.hit.len()), ("0.99", 0));
    // 0.99 × 0.920579… − 0.65 = 0.261373…
    assert_eq!(answer.contribution.as_deref(), Some("0.261374"));
    // Just below the full floor 0.740018: the next cent up.
    let answer = priced(&rules, &at("0.74 EUR"));
    assert_eq!((answer.price.as_str(), answer.hit), ("0.75", vec!["full".to_string()]));
}

/// Last day: 10.00 × 0.7 = 7.00. A comfort guard of 6 % would stop it at 9.40, but the rule relaxes it.
#[test]
fn last_day_markdown_survives_comfort() {
    let rules = |relax: &str| {
        format!(
            "{FOLLOW}{}[stock.last-day]\nwhere = {{ tags = \"fresh\", shelf_life = \"<= 1d\" }}\nadjust = \"-30%\"\n{relax}\n",
            guard("calm", "comfort", "max_change = { by = \"6%\", per = \"1d\" }")
        )
    };
    // `shelf_life_until` is exactly one day after `at`: `<= 1d` holds.
    let columns =
        [("tags", "fresh"), ("shelf_life_until", "2026-11-25T09:00:00Z"), ("current_price", "10.00 EUR")];
    let case = rivals(item(&columns), &[("a", "10.00 EUR")]);
    let answer = priced(&rules("relax = [\"calm\"]"), &case);
    assert_eq!((answer.price.as_str(), answer.flags), ("7.00", vec!["needs-approval".to_string()]));
    let answer = priced(&rules(""), &case);
    assert_eq!((answer.price.as_str(), answer.hit), ("9.40", vec!["calm".to_string()]));
}

/// Lowest rival 389.00: the nearest *9.99 is 389.99, but that is above the rival; 379.99 keeps the intent.
#[test]
fn follow_lowest_never_ends_above() {
    let case = rivals(item(&[("current_price", "399.00 EUR")]), &[("a", "389.00 EUR"), ("b", "391.00 EUR")]);
    let answer = priced(&(FOLLOW.to_string() + &rounded("*9.99")), &case);
    assert_eq!(answer.price, "379.99");
    // Up side only: no candidate keeps the intent, so all on that side count: 389.99.
    let answer = priced(&format!("{FOLLOW}{}way = \"up\"\n", rounded("*9.99")), &case);
    assert_eq!(answer.price, "389.99");
}

/// 39.90 is 10 % of 399.00, below 40 %; 159.60 is exactly 40 % and counts; `c` is our own shop.
#[test]
fn implausible_rival_is_excluded() {
    let current = item(&[("current_price", "399.00 EUR")]);
    let case = rivals(current.clone(), &[("a", "39.90 EUR"), ("b", "395.00 EUR"), ("c", "100.00 EUR")]);
    let answer = priced(FOLLOW, &case);
    assert_eq!(answer.price, "395.00");
    assert_eq!(answer.excluded, [("a".into(), "implausible".into()), ("c".into(), "own".into())]);
    let answer = priced(FOLLOW, &rivals(current, &[("a", "159.60 EUR")]));
    assert_eq!(answer.price, "159.60");
}

/// 189 EUR × 598.20 = 113059.8; × 1.025 × 1.015 = 117624.589425 exactly.
/// Margin 14 %: × 1.16 / 0.86 = 158656.422945…; no round rule, half up: 158656.42.
#[test]
fn landed_cost_with_buffer() {
    let rules = "[rule.plan]\nlayer = \"base\"\ntable = \"tables/plan.csv\"\n";
    let mut case = item(&[("cost", "189.00 EUR"), ("category", "food/oil/olive")]);
    case.market = "KZ".into();
    let rate = |as_of: &str| RateText {
        base: "EUR".into(),
        quote: "KZT".into(),
        rate: "598.20".into(),
        as_of: as_of.into(),
    };
    case.rates = vec![rate("2026-11-23T09:00:00Z")]; // exactly 24 h old: not too old
    let answer = priced(rules, &case);
    assert_eq!(
        (answer.target.as_str(), answer.price.as_str(), answer.row),
        ("158656.422945", "158656.42", Some(4))
    );
    assert_eq!(answer.because, "narrower");
    case.rates = vec![rate("2026-11-23T08:59:59Z")];
    assert_eq!(
        price(&book(rules), &case),
        Answer::Refused { code: "EXCHANGE_RATE_STALE".into(), guards: vec![] }
    );
    case.rates = vec![rate("2026-11-24T09:00:01Z")]; // not known yet
    assert_eq!(
        price(&book(rules), &case),
        Answer::Refused { code: "EXCHANGE_RATE_MISSING".into(), guards: vec![] }
    );
    // The inverse pair: 189 / 0.002 = 94500; landed 94500 × 1.040375 = 98315.4375; × 1.16/0.86 = 132611.520…
    case.rates = vec![RateText {
        base: "KZT".into(),
        quote: "EUR".into(),
        rate: "0.002".into(),
        as_of: "2026-11-24T08:00:00Z".into(),
    }];
    assert_eq!(priced(rules, &case).price, "132611.52");
}

/// VAT 19 %, commission 10 %, payment 2 %, returns 8 %, reverse 3.50, salvage 60 %, cost 10.00, bag 0.10.
/// a = 0.92 (1/1.19 − 0.1) − 0.02 = 0.661109243697…
/// C = 0.92 × 10 + 0.08 (10 × 0.4 + 3.50) + 0.10 = 9.9; floor 9.9 / a = 14.974832…, so 14.98.
#[test]
fn break_even_with_returns() {
    let rules = format!("{KEEP}{}", guard("no-loss", "safety", "min_contribution = \"0 EUR\""));
    let mut case = item(&[("cost", "10.00 EUR"), ("current_price", "12.00 EUR")]);
    case.channel = "back".into();
    let answer = priced(&rules, &case);
    assert_eq!((answer.price.as_str(), answer.hit), ("14.98", vec!["no-loss".to_string()]));
    // 14.98 × 0.661109243697 − 9.9 = 0.003416…
    assert_eq!(answer.contribution.as_deref(), Some("0.003416"));
}

/// Legal ceiling 10 × 1.15 × 1.19 = 13.685, commercial floor 10 × 1.19 / 0.8 = 14.875: the floor yields but still
/// pulls to the legal edge, 13.685, and the price is the cent below. Within safety the pair is a refusal.
#[test]
fn lower_class_yields_and_pulls() {
    let cap = guard("cap", "legal", "max_markup = { of = \"purchase cost\", by = \"15%\" }");
    let floor = |class: &str| guard("margin", class, "min_margin = \"20%\"");
    let case = item(&[("cost", "10.00 EUR"), ("current_price", "9.00 EUR")]);
    let answer = priced(&(cost_plus("0%") + &cap + &floor("commercial")), &case);
    assert_eq!(answer.price, "13.68");
    assert_eq!(
        (answer.hit, answer.flags),
        (vec!["cap".to_string(), "margin".into()], vec!["guard-conflict".to_string()])
    );
    let refused =
        Answer::Refused { code: "GUARDS_CONTRADICT".into(), guards: vec!["cap".into(), "margin".into()] };
    assert_eq!(price(&book(&(cost_plus("0%") + &cap + &floor("safety"))), &case), refused);
}

/// 10.00 → 10.04 is 0.4 %, less than 0.5 %: the label stays. 10.05 is exactly 0.5 %: it moves.
#[test]
fn a_cent_is_not_worth_a_label() {
    let rules = FOLLOW.to_string() + &guard("calm", "comfort", "min_change = \"0.5%\"");
    let at = |rival: &str| priced(&rules, &rivals(item(&[("current_price", "10.00 EUR")]), &[("a", rival)]));
    assert_eq!((at("10.04 EUR").price.as_str(), at("10.04 EUR").hit), ("10.00", vec!["calm".to_string()]));
    assert_eq!(at("10.05 EUR").price, "10.05");
}

/// Nobody has a price: the current one is held; outside the safety range it is moved to the nearest cent inside.
#[test]
fn held_moves_only_for_safety() {
    let rules = format!(
        "{FOLLOW}{}{}",
        guard("sane", "safety", "absolute = { EUR = \"5 .. 6.005\", KZT = \"1 .. 9\" }"),
        guard("calm", "commercial", "max_price = \"5.50 EUR | 5 KZT\"")
    );
    let at = |current: &str| price(&book(&rules), &item(&[("current_price", current)]));
    let held = |price: &str, flags: &[&str], hit: &[&str]| {
        Answer::Held(Held {
            reason: "NO_STRATEGY".into(),
            price: price.into(),
            rule: Some("f".into()),
            hit: hit.iter().map(|s| s.to_string()).collect(),
            flags: flags.iter().map(|s| s.to_string()).collect(),
            kind: "regular".into(),
            reference: None,
        })
    };
    assert_eq!(at("5.77 EUR"), held("5.77", &[], &[]));
    assert_eq!(at("7.77 EUR"), held("6.00", &["moved"], &["sane"]));
    assert_eq!(at("4.99 EUR"), held("5.00", &["moved"], &["sane"]));
    assert_eq!(at("100 KZT"), Answer::Refused { code: "NO_PRICE".into(), guards: vec![] });
}

/// Half of a millionth goes to the even one: the mean of 10.000001 and 10.000002 is 10.0000015 → 10.000002;
/// half a cent goes up without a round rule: 10.005 → 10.01, unless the intent (at most 10.005) says 10.00.
#[test]
fn halves() {
    let mean = FOLLOW.replace("lowest", "mean");
    let case =
        rivals(item(&[("current_price", "10.00 EUR")]), &[("a", "10.000001 EUR"), ("b", "10.000002 EUR")]);
    assert_eq!(priced(&mean, &case).target, "10.000002");
    let half = rivals(item(&[("current_price", "10.00 EUR")]), &[("a", "10.005 EUR")]);
    assert_eq!(priced(FOLLOW, &half).price, "10.00");
    let index = "[rule.i]\nlayer = \"base\"\nprice = { index = { set = \"national\", of = \"lowest\", at = \"100%\" } }\n";
    assert_eq!(priced(index, &half).price, "10.01");
}

//! Cases that ruined shops, or would.

use super::fixture::{Case, Shop, amount};
use pricer::facts::RateText;
use pricer::pricing::{Excluded, Flag, HeldReason, RefusalCode, Status, Step};

fn text(decision: &pricer::pricing::Decision) -> String {
    decision.price.to_string()
}

/// Every item at landed cost plus 20 % margin.
const PLAN: &str = r#"
[rule.plan]
layer = "base"
owner = "t"
why = "t"
price = { cost-plus = { margin = "20%" } }
"#;

fn shop(rules: &str) -> Shop {
    Shop::new(&format!("{PLAN}{rules}"))
}

#[test]
fn a_leaflet_price_is_printed_whatever_the_stock() {
    let shop = shop(
        r#"
        [rule.leaflet]
        layer = "override"
        owner = "t"
        why = "printed"
        where = { sku = "TV" }
        price = { fixed = "349.00 EUR" }
        [stock.surplus]
        where = { stock_cover = "> 8w" }
        adjust = "-3%"
        [round.eur]
        bands = [ { ends = "*4.99 | *9.99" } ]
        way = "nearest"
        "#,
    );
    let case = Case::new(&[
        ("sku", "TV"),
        ("cost", "100.00 EUR"),
        ("stock_cover", "20w"),
        ("current_price", "399.00 EUR"),
    ]);
    assert_eq!(text(&shop.decide(&case)), "349.00");
}

#[test]
fn a_kept_price_does_not_sink_day_by_day() {
    let shop = shop(
        r#"
        [rule.quiet]
        layer = "position"
        owner = "t"
        why = "t"
        where = { tags = "kvi" }
        price = { keep = {} }
        [stock.surplus]
        where = { stock_cover = "> 8w" }
        adjust = "-3%"
        "#,
    );
    let case = Case::new(&[
        ("tags", "kvi"),
        ("cost", "50.00 EUR"),
        ("stock_cover", "20w"),
        ("current_price", "100.00 EUR"),
    ]);
    let mut item = shop.item(&case);
    for _day in 0..30 {
        let (outcome, _) = shop.ask_item(&case, &item);
        let pricer::pricing::Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
        assert_eq!(text(&decision), "100.00");
        item = item.with_current_price(pricer::money::Money::new(
            decision.price.amount(),
            decision.price.currency(),
        ));
    }
}

#[test]
fn a_cost_with_a_slipped_digit_holds_the_price() {
    let shop = shop("[guard.no-loss]\nclass = \"safety\"\nmin_margin = \"3%\"\n");
    let case = Case::new(&[
        ("cost", "2980.00 EUR"),
        ("previous_cost", "298.00 EUR"),
        ("current_price", "449.00 EUR"),
    ]);
    let decision = shop.decide(&case);
    assert_eq!(
        (decision.status, text(&decision).as_str()),
        (Status::Held(HeldReason::CostImplausible), "449.00")
    );
    let unknown = Case::new(&[("cost", "2980.00 EUR"), ("previous_cost", "298.00 EUR")]);
    assert_eq!(shop.refuse(&unknown).code, RefusalCode::CostImplausible);
    // Exactly +100 % is still believed: the range is closed.
    let doubled = Case::new(&[
        ("cost", "596.00 EUR"),
        ("previous_cost", "298.00 EUR"),
        ("current_price", "449.00 EUR"),
    ]);
    assert_eq!(shop.decide(&doubled).status, Status::Priced);
}

#[test]
fn order_costs_are_not_charged_to_a_packet_of_pasta() {
    let book = super::fixture::BOOK.replace(
        "[channel.own]",
        "[channel.own]\ncosts = { cpa = \"1.90 EUR\", pick = \"1.20 EUR\", payment = \"1.4%\" }\nbasket = \"45 EUR\"",
    );
    let rules = format!(
        "{PLAN}{}",
        r#"
        [guard.no-loss]
        class = "safety"
        min_contribution = "0 EUR"
        [round.eur]
        bands = [ { ends = "*.*9" } ]
        way = "nearest"
        "#
    );
    let shop = Shop::of(&[
        ("rulebook.toml", &book),
        ("schema.toml", super::fixture::SCHEMA),
        ("rules/a.toml", &rules),
    ]);
    // 0.66 × 1.19 ÷ 0.8 = 0.98175: the nearest ending is 0.99, not 4.39.
    let decision = shop.decide(&Case::new(&[("cost", "0.66 EUR"), ("current_price", "0.99 EUR")]));
    assert_eq!(text(&decision), "0.99");
    // The full contribution does carry its share of the order: 3.10 × 0.99 ÷ 45 = 0.0682.
    let unit = decision.contribution.unwrap();
    let full = decision.full_contribution.unwrap();
    assert_eq!(unit.sub(full).unwrap(), amount("0.0682"));
}

#[test]
fn a_last_day_markdown_is_not_eaten_by_a_comfort_guard() {
    let rules = |relax: &str| {
        format!(
            r#"
            [stock.last-day]
            where = {{ tags = "fresh", shelf_life = "<= 1d" }}
            adjust = "-30%"
            {relax}
            [guard.calm]
            class = "comfort"
            max_change = {{ by = "6%", per = "1d" }}
            "#
        )
    };
    let case = Case::new(&[
        ("tags", "fresh"),
        ("shelf_life", "20h"),
        ("cost", "1.00 EUR"),
        ("current_price", "1.49 EUR"),
    ]);
    // 1.00 × 1.19 ÷ 0.8 × 0.7 = 1.04125.
    let decision = shop(&rules("relax = [\"calm\"]")).decide(&case);
    assert_eq!(text(&decision), "1.04");
    assert!(decision.flags.has(Flag::NeedsApproval));
    let strict = shop(&rules(""));
    let held_back = strict.decide(&case);
    assert_eq!(text(&held_back), "1.41");
    assert_eq!(strict.hits(&case, &held_back), ["calm"]);
}

#[test]
fn following_the_lowest_never_ends_above_it() {
    let follow = |by: &str| {
        shop(&format!(
            r#"
            [rule.kvi]
            layer = "position"
            owner = "t"
            why = "t"
            where = {{ tags = "kvi" }}
            price = {{ follow = {{ set = "shops", rank = "lowest", by = "{by}" }} }}
            [round.eur]
            bands = [ {{ ends = "*4.99 | *9.99" }} ]
            way = "nearest"
            [guard.no-loss]
            class = "safety"
            min_margin = "3%"
            "#
        ))
    };
    let case = Case::new(&[("tags", "kvi"), ("cost", "50.00 EUR"), ("current_price", "105.00 EUR")]);
    // Lowest 103.50: nearest ending is 104.99, above it; 99.99 keeps the intent.
    let case = case.offer("alza", "103.50 EUR", 3).offer("otto", "120.00 EUR", 3);
    assert_eq!(text(&follow("0%").decide(&case)), "99.99");
    assert_eq!(text(&follow("-1%").decide(&case)), "99.99");
    // By more than zero: not below.
    assert_eq!(text(&follow("+1%").decide(&case)), "104.99");
    // Unless a guard stands above the rival: 90 × 1.19 ÷ 0.97 = 110.42.
    let dear = case.with("cost", "90.00 EUR");
    assert_eq!(text(&follow("0%").decide(&dear)), "114.99");
}

#[test]
fn a_rival_nobody_believes_is_excluded_and_named() {
    let shop = shop(
        r#"
        [rule.kvi]
        layer = "position"
        owner = "t"
        why = "t"
        where = { tags = "kvi" }
        price = { follow = { set = "shops", rank = "lowest", by = "0%" } }
        else = { use = "base" }
        "#,
    );
    let case = Case::new(&[("tags", "kvi"), ("cost", "250.00 EUR"), ("current_price", "399.00 EUR")]);
    let (_, trace) = shop.ask(&case.clone().offer("alza", "39.90 EUR", 1).offer("otto", "389.00 EUR", 1));
    let excluded = |step: &Step| matches!(step, Step::OfferExcluded { why: Excluded::Implausible, .. });
    assert!(trace.steps.iter().any(excluded));
    let decision = shop.decide(&case.clone().offer("alza", "39.90 EUR", 1).offer("otto", "389.00 EUR", 1));
    assert_eq!(text(&decision), "389.00");
    // Exactly 40 % is believed.
    assert_eq!(text(&shop.decide(&case.clone().offer("alza", "159.60 EUR", 1))), "159.60");
    // Alone it leaves no rival: the margin plan answers, flagged.
    let alone = shop.decide(&case.offer("alza", "39.90 EUR", 1));
    assert!(alone.flags.has(Flag::Fallback));
    assert_eq!(text(&alone), "371.88");
}

#[test]
fn a_late_rival_feed_does_not_freeze_groceries() {
    let shop = shop(
        r#"
        [rule.kvi]
        layer = "position"
        owner = "t"
        why = "t"
        where = { tags = "kvi" }
        price = { follow = { set = "shops", rank = "lowest", by = "0%" } }
        else = { use = "base" }
        [guard.blind]
        class = "safety"
        when = { feed = "competitors", age = "> 24h" }
        action = "keep price"
        "#,
    );
    let pasta =
        Case::new(&[("cost", "1.00 EUR"), ("current_price", "1.30 EUR")]).offer("alza", "1.20 EUR", 40);
    assert_eq!(text(&shop.decide(&pasta)), "1.49");
    let phone = Case::new(&[("tags", "kvi"), ("cost", "1.00 EUR"), ("current_price", "1.30 EUR")])
        .offer("alza", "1.20 EUR", 40);
    let kept = shop.decide(&phone);
    assert_eq!(text(&kept), "1.30");
    assert_eq!(shop.hits(&phone, &kept), ["blind"]);
}

#[test]
fn a_blank_cost_or_minimum_is_never_zero() {
    let shop = shop("[guard.no-loss]\nclass = \"safety\"\nmin_margin = \"3%\"\n");
    let refusal = shop.refuse(&Case::new(&[("current_price", "9.99 EUR")]));
    assert_eq!((refusal.code, refusal.fact.as_deref()), (RefusalCode::FactMissing, Some("cost")));
    let floor = Shop::new(&format!("{PLAN}[guard.map]\nclass = \"contract\"\nmin_price = \"100% of rrp\"\n"));
    let refusal = floor.refuse(&Case::new(&[("cost", "5.00 EUR"), ("current_price", "9.99 EUR")]));
    assert_eq!((refusal.code, refusal.fact.as_deref()), (RefusalCode::FactMissing, Some("rrp")));
}

#[test]
fn a_currency_without_a_rate_is_refused() {
    let book = super::fixture::BOOK
        .replace("vat = ", "fx = { costs_in = \"USD\", max_age = \"24h\", buffer = \"2%\" }\nvat = ");
    let shop = Shop::of(&[
        ("rulebook.toml", &book),
        ("schema.toml", super::fixture::SCHEMA),
        ("rules/a.toml", PLAN),
    ]);
    let case = Case::new(&[("cost", "10.00 USD"), ("current_price", "20.00 EUR")]);
    assert_eq!(shop.refuse(&case).code, RefusalCode::ExchangeRateMissing);
    let rate = |as_of| RateText { base: "USD", quote: "EUR", rate: "0.9", as_of };
    let stale = Case { rates: vec![rate("2026-11-17T11:59:59Z")], ..case.clone() };
    assert_eq!(shop.refuse(&stale).code, RefusalCode::ExchangeRateStale);
    // 10 × 0.9 = 9; × 1.02 = 9.18; × 1.19 ÷ 0.8 = 13.65525.
    let fresh = Case { rates: vec![rate("2026-11-17T12:00:00Z")], ..case.clone() };
    assert_eq!(text(&shop.decide(&fresh)), "13.66");
    let jump = Case {
        rates: vec![rate("2026-11-17T12:00:00Z"), RateText { rate: "1.2", ..rate("2026-11-18T12:00:00Z") }],
        ..case
    };
    assert_eq!(shop.decide(&jump).status, Status::Held(HeldReason::RateImplausible));
}

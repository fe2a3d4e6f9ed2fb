//! The numbers of the economics the engine stands on, as far as this part of it uses them.
//!
//! `a`, `C` and break-even are of the unit: what the document calls F and CPA is written as a cost per unit.

use super::fixture::{Case, SCHEMA, Shop, amount};
use pricer::facts::RateText;
use pricer::money::{Amount, Ratio};
use pricer::pricing::{Decision, Flag, RefusalCode};

/// What was compared, to be printed and then judged.
#[derive(Default)]
struct Table(Vec<(String, f64, f64, f64)>);

impl Table {
    fn row(&mut self, what: &str, ours: f64, reference: f64, tolerance: f64) {
        self.0.push((what.to_owned(), ours, reference, tolerance));
    }

    fn judge(self) {
        println!("{:44} {:>18} {:>18} {:>12}", "", "ours", "reference", "difference");
        for (what, ours, reference, _) in &self.0 {
            println!("{what:44} {ours:>18.10} {reference:>18.10} {:>12.2e}", ours - reference);
        }
        for (what, ours, reference, tolerance) in self.0 {
            assert!((ours - reference).abs() <= tolerance, "{what}: {ours} is not {reference} ± {tolerance}");
        }
    }
}

fn of(amount: Amount) -> f64 {
    amount.micros() as f64 / 1e6
}

fn share(ratio: Ratio) -> f64 {
    ratio.nanos() as f64 / 1e9
}

/// One micro and half of one: what is quantized once.
const MICRO: f64 = 1e-6;
const HALF: f64 = 5.000_001e-7;

/// A market in euros with this VAT and channel; `price` is the strategy, `more` are guards.
fn shop(vat: &str, channel: &str, price: &str, more: &str) -> Shop {
    let book = format!(
        r#"
        edition = "2026"
        name = "economics"
        layers = ["base"]
        [market.M]
        currency = "EUR"
        timezone = "UTC"
        vat = {{ standard = "{vat}" }}
        [channel.own]
        {channel}
        [competitors.shops]
        members = ["alza", "otto", "kaufl", "mediam"]
        "#
    );
    rules(&book, price, more)
}

fn rules(book: &str, price: &str, more: &str) -> Shop {
    let rules =
        format!("[rule.r]\nlayer = \"base\"\nowner = \"t\"\nwhy = \"t\"\nprice = {{ {price} }}\n{more}\n");
    Shop::of(&[("rulebook.toml", book), ("schema.toml", SCHEMA), ("rules/all.toml", &rules)])
}

fn cost(text: &str) -> Case<'static> {
    Case::new(&[("cost", text)])
}

const S1: &str = r#"costs = { commission = "12%", payment = "1.4%", pick = "1.20 EUR/unit" }"#;
const S2: &str = r#"
costs = { commission = "12%", payment = "1.4%", pick = "1.20 EUR/unit", cpa = "2.00 EUR/unit" }
returns = { rate = "8%", reverse = "3.50 EUR", salvage = "60%" }
"#;

#[test]
fn break_even_a_and_c() {
    let mut table = Table::default();
    for (name, vat, channel, [a, c, break_even]) in [
        ("S0", "0%", "", [1.0, 10.0, 10.0]),
        ("S1", "20%", S1, [0.699_333_333_333, 11.2, 16.015_252_621_5]),
        ("S2", "20%", S2, [0.642_266_666_667, 13.0, 20.240_813_784_5]),
    ] {
        let at = |price: &str| {
            shop(vat, channel, &format!("fixed = \"{price} EUR\""), "").decide(&cost("10.00 EUR"))
        };
        let (low, high) = (at("100"), at("1000100"));
        let earned = |decision: &Decision| of(decision.contribution.unwrap());
        let slope = (earned(&high) - earned(&low)) / 1e6;
        table.row(&format!("{name} a"), slope, a, 2e-12);
        table.row(&format!("{name} C"), 100.0 * slope - earned(&low), c, MICRO);
        table.row(&format!("{name} break-even C/a"), of(low.break_even.unwrap()), break_even, HALF);
        // The floor of no loss is the first payable price above it.
        let guard = "[guard.no-loss]\nclass = \"safety\"\nmin_contribution = \"0 EUR\"";
        let floor = shop(vat, channel, "fixed = \"0.01 EUR\"", guard).decide(&cost("10.00 EUR"));
        table.row(&format!("{name} floor of no loss"), of(floor.range.floor.amount), break_even, MICRO);
        table.row(
            &format!("{name} paid"),
            of(floor.price.amount()),
            (break_even * 100.0).ceil() / 100.0,
            1e-9,
        );
        assert!(Amount::ZERO <= floor.contribution.unwrap());
    }
    table.judge();
}

#[test]
fn margin_and_markup() {
    let mut table = Table::default();
    let case = cost("60.00 EUR");
    for (name, strategy) in
        [("m = 40 %", "margin = \"40%\""), ("u = 66.6666667 %", "markup = \"66.6666667%\"")]
    {
        let decision = shop("0%", "", &format!("cost-plus = {{ {strategy} }}"), "").decide(&case);
        let price = of(decision.price.amount());
        let (margin, markup) = (share(decision.margin.unwrap()), price / 60.0 - 1.0);
        table.row(&format!("{name}: price at c = 60"), price, 100.0, 1e-9);
        table.row(&format!("{name}: m"), margin, 0.4, 1e-9);
        table.row(&format!("{name}: u"), markup, 0.666_666_666_667, 1e-9);
        table.row(&format!("{name}: u = m/(1 − m)"), markup, margin / (1.0 - margin), 1e-9);
    }
    // P = C/(a − m/(1+v)) with all fees passed on: S1, where F stands in the cost and f in the commission.
    let fees = "costs = { commission = \"13.4%\" }\npass_on = \"100%\"";
    let aim = |margin: &str| shop("20%", fees, &format!("cost-plus = {{ margin = \"{margin}\" }}"), "");
    let decision = aim("35%").decide(&cost("11.20 EUR"));
    table.row("S1, m = 35 % after fees", of(decision.target.unwrap()), 27.473_426_001_6, HALF);
    let (earned, net) = (of(decision.contribution.unwrap()), of(decision.net));
    table.row("its contribution ÷ net", earned / net, 0.35, 5e-4);
    // The ceiling of m is a(1+v) = 0.8392.
    assert!(aim("83.9%").decide(&cost("11.20 EUR")).target.is_some());
    assert_eq!(aim("83.92%").refuse(&cost("11.20 EUR")).code, RefusalCode::NoPrice);
    assert_eq!(aim("84%").refuse(&cost("11.20 EUR")).code, RefusalCode::NoPrice);
    // The usual bug would be c·(1 + m).
    assert_ne!(
        shop("0%", "", "cost-plus = { margin = \"40%\" }", "").decide(&case).price.to_string(),
        "84.00"
    );
    table.judge();
}

#[test]
fn landed_cost() {
    // (8 + 0.9 + 0.1)·1.065 + 0.35 at 1.0850, as shares of the 8: 11.25 %, 1.25 %, 6.5 % of 1.125, 4.375 %.
    let book = r#"
        edition = "2026"
        name = "economics"
        layers = ["base"]
        [market.M]
        currency = "EUR"
        timezone = "UTC"
        vat = { standard = "19%" }
        landed = { freight = "11.25%", insurance = "1.25%", duty = "7.3125%", inbound = "4.375%" }
        fx = { costs_in = "USD" }
        [channel.own]
        "#;
    let rate = RateText { base: "EUR", quote: "USD", rate: "1.0850", as_of: "2026-11-18T08:00:00Z" };
    let case = Case { rates: vec![rate], ..cost("8.00 USD") };
    let decision = rules(book, "cost-plus = { markup = \"0%\" }", "").decide(&case);
    let mut table = Table::default();
    table.row("purchase", of(decision.purchase.unwrap()), 8.0 / 1.085, HALF);
    table.row("landed", of(decision.landed.unwrap()), 9.156_682_027_65, 2.0 * MICRO);
    table.judge();
}

#[test]
fn where_every_price_loses_money() {
    // a = 1/1.2 − 0.9 < 0.
    let channel = "costs = { commission = \"90%\" }";
    let guard = "[guard.no-loss]\nclass = \"safety\"\nmin_contribution = \"0 EUR\"";
    let with = |more: &str| shop("20%", channel, "cost-plus = { margin = \"20%\" }", more);
    let refusal = with(guard).refuse(&cost("10.00 EUR"));
    assert_eq!((refusal.code, refusal.guards.len()), (RefusalCode::Infeasible, 1));
    let decision = with("").decide(&cost("10.00 EUR"));
    assert_eq!(decision.break_even, None);
    assert!(decision.contribution.unwrap() < Amount::ZERO);
    // a = 0 exactly: 1/1.25 − 0.8.
    let zero = shop("25%", "costs = { commission = \"80%\" }", "cost-plus = { margin = \"20%\" }", guard);
    assert_eq!(zero.refuse(&cost("10.00 EUR")).code, RefusalCode::Infeasible);
    // A lower class gives way instead.
    let soft = with(&guard.replace("safety", "commercial")).decide(&cost("10.00 EUR"));
    assert!(soft.flags.has(Flag::GuardConflict));
}

#[test]
fn the_full_contribution_floor_on_both_sides_of_the_basket() {
    // a = 1/1.19 − 1.4 %; F = 3.10 shared by value below a basket of 45, in full from there.
    let channel =
        "costs = { payment = \"1.4%\", cpa = \"1.90 EUR\", pick = \"1.20 EUR\" }\nbasket = \"45 EUR\"";
    let guard = "[guard.full]\nclass = \"safety\"\nmin_full_contribution = \"0 EUR\"";
    let shop = shop("19%", channel, "fixed = \"0.01 EUR\"", guard);
    let (a, order, basket) = (1.0 / 1.19 - 0.014, 3.10, 45.0);
    let mut table = Table::default();
    for text in ["0.66", "10.00", "30.00", "34.00", "34.08", "34.20", "50.00", "300.00"] {
        let c: f64 = text.parse().unwrap();
        let below = c / (a - order / basket);
        let reference = if below < basket { below } else { (c + order) / a };
        let decision = shop.decide(&cost(&format!("{text} EUR")));
        let floor = of(decision.range.floor.amount);
        table.row(&format!("floor at c = {text}"), floor, reference, MICRO);
        assert!(reference - 1e-9 <= floor, "a floor is rounded up");
        // What is paid covers everything, one cent less does not.
        let full = of(decision.full_contribution.unwrap());
        assert!((0.0..0.01).contains(&full), "{full}");
    }
    table.judge();
}

#[test]
fn ranks_means_and_medians() {
    let even: &[(&str, f64)] = &[("alza", 90.0), ("otto", 100.0), ("kaufl", 103.0), ("mediam", 120.01)];
    let mut table = Table::default();
    for offers in [&even[1..], even, &even[..2], &even[..1]] {
        let mut case = cost("50.00 EUR");
        let texts: Vec<String> = offers.iter().map(|(_, price)| format!("{price:.2} EUR")).collect();
        for ((name, _), text) in offers.iter().zip(&texts).rev() {
            case = case.offer(name, text, 1);
        }
        let (n, prices) = (offers.len(), offers.iter().map(|(_, price)| *price).collect::<Vec<_>>());
        let ranks = [
            ("lowest", Some(prices[0])),
            ("second", prices.get(1).copied()),
            ("third", prices.get(2).copied()),
            ("highest", prices.last().copied()),
            ("median", Some(f64::midpoint(prices[(n - 1) / 2], prices[n / 2]))),
            ("mean", Some(prices.iter().sum::<f64>() / n as f64)),
        ];
        for (rank, reference) in ranks {
            for (strategy, times) in [("follow", 0.99), ("index", 1.08)] {
                let rule = match strategy {
                    "follow" => format!("follow = {{ set = \"shops\", rank = \"{rank}\", by = \"-1%\" }}"),
                    _ => format!("index = {{ set = \"shops\", of = \"{rank}\", at = \"108%\" }}"),
                };
                let shop = shop("19%", "", &rule, "");
                let what = format!("{strategy} {rank} of {n}");
                match reference {
                    Some(price) => {
                        table.row(&what, of(shop.decide(&case).target.unwrap()), price * times, HALF);
                    }
                    None => assert_eq!(shop.refuse(&case).code, RefusalCode::NoPrice, "{what}"),
                }
            }
        }
    }
    table.judge();
}

#[test]
fn a_rival_below_the_floor_is_not_followed_below_it() {
    // p = max(floor, e₍₁₎·(1 − 1 %)), floors of break-even, margin and money.
    let mut table = Table::default();
    for (guard, floor) in [
        ("min_contribution = \"0 EUR\"", 16.015_252_621_5),
        ("min_margin = \"30%\"", 10.0 * 1.2 / 0.7),
        ("min_price = \"18.00 EUR\"", 18.0),
    ] {
        let guard = format!("[guard.floor]\nclass = \"safety\"\n{guard}");
        let rule = "follow = { set = \"shops\", rank = \"lowest\", by = \"-1%\" }";
        let shop = shop("20%", S1, rule, &guard);
        for rival in ["9.00", "15.99", "16.02", "17.10", "18.00", "18.30", "25.00"] {
            let text = format!("{rival} EUR");
            let case = cost("10.00 EUR").offer("alza", &text, 1).offer("otto", "30.00 EUR", 1);
            let decision = shop.decide(&case);
            let price = of(decision.price.amount());
            let target = rival.parse::<f64>().unwrap() * 0.99;
            assert!(floor <= price, "{price} is below {floor}");
            let cents = |price: f64| (price * 100.0 - 1e-7).ceil() / 100.0;
            let reference = if target < floor { cents(floor) } else { target };
            table.row(&format!("rival {rival}, floor {floor:.4}"), price, reference, 0.005_000_1);
            let hit = if target < floor { vec!["floor".to_owned()] } else { Vec::new() };
            assert_eq!(shop.hits(&case, &decision), hit);
            assert_eq!(decision.target, Some(amount(&format!("{target:.4}"))));
        }
    }
    table.judge();
}

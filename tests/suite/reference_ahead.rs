//! optimise, markdown, fade and relative by hand, and the numbers of ECONOMICS 1 and 5 that a whole rulebook can
//! show. Each case is asked of the reference and of the engine.

use super::differential::{compile, engine, same};
use super::reference::{Answer, CaseInput, Files, Held, HistoryText, Priced, Rulebook};

/// VAT and channel of the scenarios S0, S1 and S2; what ECONOMICS calls F and CPA is a cost per unit here.
const S0: (&str, &str) = ("0%", "");
const S1: (&str, &str) =
    ("20%", "costs = { commission = \"12%\", payment = \"1.4%\", pick = \"1.20 EUR/unit\" }");
const S2: (&str, &str) = (
    "20%",
    "costs = { commission = \"12%\", payment = \"1.4%\", pick = \"1.20 EUR/unit\", cpa = \"2.00 EUR/unit\" }\n\
     returns = { rate = \"8%\", reverse = \"3.50 EUR\", salvage = \"60%\" }",
);

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
tags = { type = "set", values = ["a", "b"] }
cost = { type = "money", basis = "net", optional = true }
shelf_life = { type = "duration", optional = true }
on_sale_for = { type = "duration", optional = true }
twin = { type = "sku", optional = true }
"#;

/// A Wednesday, 11 o'clock in Berlin.
const AT: &str = "2026-11-18T10:00:00Z";

fn files((vat, channel): (&str, &str), rules: &str) -> Files {
    let book = format!(
        "edition = \"2026\"\nname = \"ahead\"\nlayers = [\"base\", \"top\"]\n[market.M]\ncurrency = \"EUR\"\n\
         timezone = \"Europe/Berlin\"\nvat = {{ standard = \"{vat}\" }}\n[channel.own]\n{channel}\n"
    );
    let mut files = Files::default();
    for (path, text) in [
        ("rulebook.toml", book.as_str()),
        ("schema.toml", SCHEMA),
        ("rules/all.toml", rules),
        ("tables/curve.csv", "days_left,set off\n>= 7d,-10%\n0d ..= 5d,-50%\n"),
    ] {
        files.0.insert(path.into(), text.into());
    }
    files
}

fn rule(price: &str) -> String {
    format!("[rule.r]\nlayer = \"base\"\nowner = \"t\"\nwhy = \"t\"\nprice = {{ {price} }}\n")
}

fn item(columns: &[(&str, &str)]) -> CaseInput {
    let mut case =
        CaseInput { market: "M".into(), channel: "own".into(), at: AT.into(), ..CaseInput::default() };
    for (name, value) in [("sku", "X"), ("cost", "10.00 EUR")].iter().chain(columns) {
        case.item.insert((*name).into(), (*value).into());
    }
    case
}

/// `price kind hours_ago`, until the next one; `announced` may follow.
fn with_history(mut case: CaseInput, rows: &[&str]) -> CaseInput {
    let at: jiff::Timestamp = AT.parse().unwrap();
    for row in rows {
        let words: Vec<&str> = row.split(' ').collect();
        case.history.push(HistoryText {
            price: format!("{} EUR", words[0]),
            kind: words[1].into(),
            from: (at - jiff::SignedDuration::from_hours(words[2].parse().unwrap())).to_string(),
            announced: words.get(3).map_or("", |_| "yes").into(),
            ..HistoryText::default()
        });
    }
    case
}

/// The answer of both.
fn ask(scenario: (&str, &str), rules: &str, case: &CaseInput) -> Answer {
    let files = files(scenario, rules);
    let rulebook = Rulebook::parse(&files).unwrap();
    let fast = engine(&compile(&files), case);
    match same(&rulebook, case, &fast) {
        Ok(slow) => slow,
        Err(slow) => panic!("{case:?}\nengine    {fast:?}\nreference {slow:?}"),
    }
}

fn priced(scenario: (&str, &str), rules: &str, case: &CaseInput) -> Priced {
    match ask(scenario, rules, case) {
        Answer::Priced(priced) => priced,
        other => panic!("not priced: {other:?}"),
    }
}

fn held(scenario: (&str, &str), rules: &str, case: &CaseInput) -> Held {
    match ask(scenario, rules, case) {
        Answer::Held(held) => held,
        other => panic!("not held: {other:?}"),
    }
}

/// Prints and judges a row of published numbers.
fn published(what: &str, ours: &str, number: f64) {
    let ours: f64 = ours.parse().unwrap();
    println!("{what:52} {ours:>16.6} {number:>18.10} {:>10.1e}", ours - number);
    assert!((ours - number).abs() <= 1e-6, "{what}: {ours}, not {number}");
}

/// ECONOMICS 1: the optima of four demand forms in three scenarios.
#[test]
fn optima_of_economics() {
    let scenarios = [("S0", S0), ("S1", S1), ("S2", S2)];
    // the form, elasticity and where it was measured, the share there; optima in the three scenarios
    let rows = [
        ("constant-elasticity", "-1.2", "", "", [60.0, 96.0915157293, 121.444882707]),
        ("constant-elasticity", "-2", "", "", [20.0, 32.0305052431, 40.481627569]),
        ("constant-elasticity", "-2.5", "", "", [16.6666666667, 26.6920877026, 33.7346896409]),
        ("constant-elasticity", "-4", "", "", [13.3333333333, 21.3536701621, 26.9877517127]),
        // 1000 − 20P at 30: −20·30/400; 1000·e^(−0.08P) at 25: −2; u = 3, β = 0.15 at 20: half buy, −0.15·20·0.5
        ("linear", "-1.5", "30 EUR", "", [30.0, 33.0076263108, 35.1204068923]),
        ("exponential", "-2", "25 EUR", "", [22.5, 28.5152526215, 32.7408137845]),
        ("logit", "-1.5", "20 EUR", "50%", [21.7749907211, 25.5720716829, 28.7120363646]),
    ];
    for (form, elasticity, at_price, share, optima) in rows {
        let rules =
            rule(&format!("optimise = {{ for = \"profit\", within = \"99.9%\", demand = \"{form}\" }}"));
        for ((name, scenario), optimum) in scenarios.iter().zip(optima) {
            for from in [0.6, 2.5] {
                let current = format!("{:.2} EUR", optimum * from);
                let case = item(&[
                    ("current_price", &current),
                    ("elasticity", elasticity),
                    ("elasticity_se", "0"),
                    ("elasticity_price", at_price),
                    ("market_share", share),
                ]);
                let answer = priced(*scenario, &rules, &case);
                published(&format!("{name} {form} {elasticity} from {current}"), &answer.target, optimum);
                assert!(answer.flags.is_empty(), "{:?}", answer.flags);
            }
        }
    }
}

/// ECONOMICS 5, Gallego & van Ryzin: α = 1, no worth of what is left, one day; L is then the demand of the day.
#[test]
fn finite_stock_of_economics() {
    let rules = rule("markdown = { sell_out_by = 2026-11-18 }");
    for (demand, stock, price) in [
        ("1", "1", 1.69314718056),
        ("5", "1", 2.79175946923),
        ("5", "5", 1.3352878881),
        ("10", "2", 2.71297859137),
        ("10", "5", 1.83000335554),
        ("10", "10", 1.24153965569),
        ("20", "10", 1.7721106695),
        ("20", "20", 1.17303516298),
        ("150", "200", 1.00001503877),
    ] {
        let case = item(&[
            ("cost", "0 EUR"),
            ("current_price", "5.00 EUR"),
            ("elasticity", "-1"),
            ("elasticity_price", "1 EUR"),
            ("units_per_day", demand),
            ("stock_units", stock),
        ]);
        let answer = priced(S0, &rules, &case);
        published(&format!("L {demand}, n {stock}"), &answer.target, price);
        assert_eq!(answer.kind, "clearance");
    }
}

/// ECONOMICS 5, the last week of the weekly problem: ten left, 16·e^(−0.05·p) expected, salvage 2: the best is 20.
/// With ε = −1 at 20 that is α = 0.05 and 16·e⁻¹ ÷ 7 a day.
#[test]
fn last_week_of_the_weekly_ladder() {
    let rules = rule(
        "markdown = { sell_out_by = 2026-11-24, salvage = \"2 EUR\", ladder = [\"0%\", \"-20%\", \"-40%\", \"-60%\", \"-80%\"] }",
    );
    let case = |current: &str| {
        let case = item(&[
            ("current_price", current),
            ("elasticity", "-1"),
            ("elasticity_price", "20 EUR"),
            ("units_per_day", "0.840867295"),
            ("stock_units", "10"),
        ]);
        with_history(case, &["50.00 regular 100"])
    };
    assert_eq!(priced(S0, &rules, &case("50.00 EUR")).price, "20.00");
    assert_eq!(priced(S0, &rules, &case("10.00 EUR")).price, "10.00"); // it never rises
    // 15 stands between 20 and 10: 20 is still the best, and it never rises.
    assert_eq!(priced(S0, &rules, &case("15.00 EUR")).price, "15.00");
}

fn elastic(current: &str, elasticity: &str, se: &str) -> CaseInput {
    item(&[("current_price", current), ("elasticity", elasticity), ("elasticity_se", se)])
}

/// C/a = 10 and ε = −2 known exactly: the optimum is 20.
#[test]
fn todays_price_at_an_end_of_the_interval() {
    let rules = rule("optimise = { for = \"profit\", within = \"8%\" }");
    for (current, price, flags) in [
        ("20.00 EUR", "20.00", &[][..]),
        ("19.99 EUR", "20.00", &[]),
        ("20.01 EUR", "20.00", &[]),
        ("18.00 EUR", "19.44", &["trust-region"]),
        ("25.00 EUR", "23.00", &["trust-region"]),
    ] {
        let answer = priced(S0, &rules, &elastic(current, "-2", "0"));
        assert_eq!(
            (answer.price.as_str(), answer.flags),
            (price, flags.iter().map(|f| f.to_string()).collect())
        );
    }
    // se = 0.5 at 97.5 %: ε from −2.979981993 to −1.020018008 (z·se = 0.9799819925): 15.0505… to 509.55….
    let rules = rule("optimise = { for = \"profit\", within = \"8%\", confidence = \"97.5%\" }");
    assert_eq!(priced(S0, &rules, &elastic("15.10 EUR", "-2", "0.5")).price, "15.10");
    assert_eq!(priced(S0, &rules, &elastic("15.00 EUR", "-2", "0.5")).target, "15.050551");
    assert_eq!(priced(S0, &rules, &elastic("500.00 EUR", "-2", "0.5")).price, "500.00");
}

/// P(ε > −1) of ten percent is still sure; a cost of zero has its optimum at the bottom.
#[test]
fn sure_by_a_hair() {
    let rules = rule("optimise = { for = \"profit\", within = \"8%\" }");
    assert_eq!(priced(S0, &rules, &elastic("14.00 EUR", "-2.281551566", "1")).flags, Vec::<String>::new());
    let no = ["no-interior-optimum".to_string()];
    assert_eq!(held(S0, &rules, &elastic("14.00 EUR", "-2.281551565", "1")).flags, no);
    assert_eq!(held(S0, &rules, &elastic("14.00 EUR", "-1", "0")).flags, no);
    assert_eq!(held(S0, &rules, &elastic("14.00 EUR", "0", "0")).flags, no);
    let mut free = elastic("14.00 EUR", "-2", "0");
    free.item.insert("cost".into(), "0 EUR".into());
    assert_eq!(held(S0, &rules, &free).flags, no);
    // Whoever gives the price then, the flag stays.
    let otherwise = format!("{rules}else = {{ cost-plus = {{ markup = \"50%\" }} }}\n");
    let answer = priced(S0, &otherwise, &elastic("14.00 EUR", "-1", "0"));
    assert_eq!((answer.price.as_str(), answer.flags), ("15.00", vec!["fallback".into(), no[0].clone()]));
}

/// Pure revenue has a direction only if the whole interval lies on one side of −1.
#[test]
fn revenue_goes_to_the_edge_only_when_sure() {
    let rules = rule("optimise = { for = \"revenue\", within = \"10%\" }");
    for (elasticity, price) in [
        ("-1.67448975", "20.00"), // ε₊ is −1
        ("-1.674489751", "18.00"),
        ("-0.32551025", "20.00"), // ε₋ is −1
        ("-0.325510249", "22.00"),
    ] {
        let answer = priced(S0, &rules, &elastic("20.00 EUR", elasticity, "1"));
        assert_eq!(answer.price, price, "{elasticity}");
        assert_eq!(answer.flags.is_empty(), price == "20.00");
    }
}

/// A steeper logit is not always cheaper: over ε = −5 ± 1.35 at 30 with a share of 10 % the optimum falls from 20.40
/// to 19.519263 (at −5.41) and rises to 19.65. So 19.60 stays and 19.50 goes up to the least of them.
#[test]
fn logit_has_its_least_optimum_inside() {
    let rules = rule("optimise = { for = \"profit\", within = \"8%\", demand = \"logit\" }");
    let case = |current: &str| {
        let mut case = elastic(current, "-5", "2");
        case.item.insert("elasticity_price".into(), "30 EUR".into());
        case.item.insert("market_share".into(), "10%".into());
        case
    };
    assert_eq!(priced(S0, &rules, &case("19.60 EUR")).price, "19.60");
    published("least logit optimum", &priced(S0, &rules, &case("19.50 EUR")).target, 19.519_262_954_8);
    published("greatest", &priced(S0, &rules, &case("20.45 EUR")).target, 20.403_276_194_0);
}

/// What was observed moves even today's price; a region that is empty has no price.
#[test]
fn regions() {
    let rules = rule("optimise = { for = \"profit\", within = \"10%\" }");
    let seen = |low: &str, high: &str| {
        let mut case = elastic("20.00 EUR", "-2", "0");
        case.item.insert("observed_low".into(), low.into());
        case.item.insert("observed_high".into(), high.into());
        case
    };
    assert_eq!(priced(S0, &rules, &seen("", "")).price, "20.00");
    assert_eq!(priced(S0, &rules, &seen("24.00 EUR", "")).price, "21.60");
    assert_eq!(priced(S0, &rules, &seen("24.444444 EUR", "")).target, "22.000000"); // 21.9999996, up
    assert_eq!(held(S0, &rules, &seen("24.444445 EUR", "")).price, "20.00"); // 22.0000005 > 22
    assert_eq!(priced(S0, &rules, &seen("", "17.00 EUR")).price, "18.70");
    assert_eq!(held(S0, &rules, &seen("", "16.00 EUR")).price, "20.00");
}

/// −50 % in the last days, −10 % before; no row for the sixth day. Base is the last price before the clearance.
#[test]
fn a_curve_until_the_last_day() {
    let rules =
        |last: &str| rule(&format!("markdown = {{ sell_out_by = {last}, curve = \"tables/curve.csv\" }}"));
    let case = with_history(
        item(&[("current_price", "18.00 EUR")]),
        &["25.00 regular 900", "20.00 promo 300", "19.00 clearance 100", "18.00 clearance 50"],
    );
    let at = |last: &str| ask(S0, &rules(last), &case);
    let price = |answer: Answer| match answer {
        Answer::Priced(priced) => priced.price,
        Answer::Held(held) => format!("held {}", held.price),
        other => panic!("{other:?}"),
    };
    assert_eq!(price(at("2026-11-17")), "held 18.00");
    assert_eq!(price(at("2026-11-18")), "10.00");
    assert_eq!(price(at("2026-11-23")), "10.00");
    assert_eq!(price(at("2026-11-24")), "held 18.00");
    assert_eq!(price(at("2026-11-25")), "18.00");
    // 13 hours from 11 o'clock is midnight: the next day is the last one, as is every moment of it.
    let mut fresh = case.clone();
    for (left, price_then) in
        [("0s", "10.00"), ("46799s", "10.00"), ("132h", "10.00"), ("133h", "held 18.00")]
    {
        fresh.item.insert("shelf_life".into(), left.into());
        assert_eq!(price(ask(S0, &rules("\"shelf_life\""), &fresh)), price_then, "{left}");
    }
    // Without history before the chain there is no base.
    let gone = with_history(item(&[("current_price", "18.00 EUR")]), &["18.00 clearance 50"]);
    assert_eq!(price(ask(S0, &rules("2026-11-18"), &gone)), "held 18.00");
    // A unit left brings 8: nobody sells below w = 8 (C is landed, a is 1).
    let floor = rules("2026-11-18").replace("curve =", "salvage = \"110% of cost\", curve =");
    assert_eq!(price(ask(S0, &floor, &case)), "11.00");
}

/// Equal values (nobody buys) take the dearer rung; a mean of 1,400 buyers is no problem with 1,500 in stock.
#[test]
fn ladders_at_their_limits() {
    let rules = |last: &str| {
        rule(&format!("markdown = {{ sell_out_by = {last}, ladder = [\"0%\", \"-50%\"], period = \"7d\" }}"))
    };
    let case = |daily: &str, stock: &str| {
        let case = item(&[
            ("cost", "0 EUR"),
            ("current_price", "20.00 EUR"),
            ("elasticity", "-2"),
            ("elasticity_price", "20 EUR"),
            ("units_per_day", daily),
            ("stock_units", stock),
        ]);
        with_history(case, &["20.00 regular 100"])
    };
    assert_eq!(priced(S0, &rules("2026-11-24"), &case("0", "5")).price, "20.00");
    // 200 a day at 20, e times as many at 10: 1,400 · 20 against 1,500 · 10.
    assert_eq!(priced(S0, &rules("2026-11-24"), &case("200", "1500")).price, "20.00");
    // 3.5 at 20 or 9.5 at 10 of a hundred.
    assert_eq!(priced(S0, &rules("2026-11-24"), &case("0.5", "100")).price, "10.00");
    // Four periods, two rungs: 2,500² · 8 is the limit.
    assert_eq!(held(S0, &rules("2026-12-15"), &case("0.5", "2500")).price, "20.00");
}

/// −12 % on the first day, 0 % after eight weeks; half-way −6 %.
#[test]
fn a_fade_is_linear_and_ends() {
    let rules = "[rule.b]\nlayer = \"base\"\nprice = { cost-plus = { markup = \"100%\" } }\n\
                 [rule.t]\nlayer = \"top\"\nprice = { fade = { start = \"-12%\", end = \"0%\", over = \"8w\", versus = \"base\" } }\n";
    for (age, target) in [
        ("0s", "17.600000"),
        ("4w", "18.800000"),
        ("4838399s", "20.000000"), // −0.0000005 of 20 is half a millionth from 20: to the even one
        ("8w", "20.000000"),
        ("9w", "20.000000"),
    ] {
        assert_eq!(priced(S0, rules, &item(&[("on_sale_for", age)])).target, target, "{age}");
    }
    assert_eq!(
        held(S0, rules, &item(&[("on_sale_for", "-1s"), ("current_price", "7.77 EUR")])).price,
        "7.77"
    );
}

fn twins(case: CaseInput, others: &[&[(&str, &str)]]) -> CaseInput {
    CaseInput { others: others.iter().map(|columns| item(columns)).collect(), ..case }
}

const PAIRED: &str = "[rule.b]\nlayer = \"base\"\nprice = { cost-plus = { markup = \"100%\" } }\n\
                      [rule.t]\nlayer = \"top\"\nwhere = { tags = \"a\" }\nprice = { relative = { to = \"twin\", by = \"-15%\" } }\n";

/// X is 15 % under Y, which is 15 % under Z at 20.
#[test]
fn twins_one_after_the_other() {
    let chain = |z: &[(&str, &str)]| {
        let own = item(&[("tags", "a"), ("twin", "Y"), ("current_price", "9.99 EUR")]);
        twins(own, &[&[("sku", "Y"), ("tags", "a"), ("twin", "Z"), ("current_price", "12.00 EUR")], z])
    };
    assert_eq!(priced(S0, PAIRED, &chain(&[("sku", "Z")])).target, "14.450000");
    // Z is refused (no price, nothing to hold): Y is held at 12, X is under it.
    assert_eq!(priced(S0, PAIRED, &chain(&[("sku", "Z"), ("cost", "")])).target, "10.200000");
    // Z is in quarantine, or nobody.
    assert_eq!(priced(S0, PAIRED, &chain(&[("sku", "Z"), ("cost", "-1 EUR")])).target, "10.200000");
    assert_eq!(priced(S0, PAIRED, &chain(&[("sku", "V")])).target, "10.200000");
}

/// Y and Z name each other: both keep their prices; X, which is not on the circle, is under Y all the same.
#[test]
fn a_circle_of_twins() {
    let own = item(&[("tags", "a"), ("twin", "Y"), ("current_price", "9.99 EUR")]);
    let others: [&[(&str, &str)]; 2] = [
        &[("sku", "Y"), ("tags", "a"), ("twin", "Z"), ("current_price", "12.00 EUR")],
        &[("sku", "Z"), ("tags", "a"), ("twin", "Y"), ("current_price", "8.00 EUR")],
    ];
    assert_eq!(priced(S0, PAIRED, &twins(own.clone(), &others)).target, "10.200000");
    let mut closed = own;
    closed.item.insert("twin".into(), "X".into());
    assert_eq!(held(S0, PAIRED, &closed).price, "9.99");
    // The one with an alternative has its price, and the other still none from `relative`.
    let otherwise = format!("{PAIRED}else = {{ use = \"base\" }}\n");
    let mut back = twins(closed, &others);
    back.item.insert("twin".into(), "Z".into());
    back.others[1].item.insert("twin".into(), "X".into());
    assert_eq!(priced(S0, &otherwise, &back).target, "20.000000");
}

/// A floor of 19 lifts the follower over 17, but not over its twin; one of 21 breaks the link, and says so.
#[test]
fn a_link_that_breaks_is_named() {
    let case = twins(item(&[("tags", "a"), ("twin", "Y")]), &[&[("sku", "Y")]]);
    let floor = |euro: &str| {
        format!(
            "{PAIRED}[guard.g]\nclass = \"safety\"\nwhere = {{ tags = \"a\" }}\nmin_price = \"{euro} EUR\"\n"
        )
    };
    let answer = priced(S0, &floor("19.00"), &case);
    assert_eq!((answer.price.as_str(), answer.flags), ("19.00", vec![]));
    let answer = priced(S0, &floor("21.00"), &case);
    assert_eq!((answer.price.as_str(), answer.flags), ("21.00", vec!["link-broken".to_string()]));
}

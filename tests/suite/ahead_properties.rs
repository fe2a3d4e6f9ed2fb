//! What must hold for the strategies that look ahead, through the whole pipeline, rounding included.

use super::ahead::{SCHEMA, rule};
use super::fixture::{BOOK, Case, Shop, amount};
use pricer::explain::{Explanation, Stage, Subject};
use pricer::money::Amount;
use pricer::pricing::{Decision, Flag, Outcome, Recorder, Status, Step};
use proptest::prelude::*;
use std::sync::LazyLock;

const FORMS: [&str; 4] = ["constant-elasticity", "linear", "exponential", "logit"];
const ENDINGS: &str =
    "[round.nine]\nbands = [ { to = \"10 EUR\", ends = \"*.*9\" }, { ends = \"*.49 | *.99\" } ]\n";

fn shop(rules: &str) -> Shop {
    let curve = ("tables/curve.csv", "days_left,set off\n> 14d,0%\n7d ..= 14d,-20%\n< 7d,-50%\n");
    Shop::of(&[("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules), curve])
}

/// One shop a form of demand.
fn optimising(settings: &str) -> Vec<Shop> {
    let of = |form: &&str| {
        let price = format!("optimise = {{ for = \"profit\", demand = \"{form}\", {settings} }}");
        shop(&(rule(&price) + ENDINGS))
    };
    FORMS.iter().map(of).collect()
}

static WIDE: LazyLock<Vec<Shop>> = LazyLock::new(|| optimising("within = \"90%\""));
static STEPS: LazyLock<Vec<Shop>> = LazyLock::new(|| optimising("within = \"8%\""));
static SALES: LazyLock<Vec<Shop>> = LazyLock::new(|| {
    let plans = [
        "curve = \"tables/curve.csv\"",
        "curve = \"tables/curve.csv\", salvage = \"40% of cost\"",
        "ladder = [\"0%\", \"-20%\", \"-50%\", \"-75%\"], period = \"3d\"",
        "salvage = \"20% of cost\"",
    ];
    let of =
        |plan: &&str| shop(&(rule(&format!("markdown = {{ sell_out_by = 2026-11-30, {plan} }}")) + ENDINGS));
    plans.iter().map(of).collect()
});
static TWINS: LazyLock<Vec<Shop>> = LazyLock::new(|| {
    let of = |by: &&str| {
        let guard = "[guard.least]\nclass = \"commercial\"\nmin_margin = \"5%\"\n[guard.calm]\nclass = \"comfort\"\nmin_change = \"3%\"\n";
        shop(&(rule(&format!("relative = {{ to = \"twin\", by = \"{by}\" }}")) + ENDINGS + guard))
    };
    ["-15%", "0%", "+12%"].iter().map(of).collect()
});

fn cents(cents: i64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}

fn thousandths(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", number.abs() / 1_000, number.abs() % 1_000)
}

fn demand(cost: i64, current: i64, at: i64, elasticity: i64, error: i64) -> Case<'static> {
    Case::new(&[])
        .with("cost", &cents(cost))
        .with("current_price", &cents(current))
        .with("elasticity", &thousandths(elasticity))
        .with("elasticity_se", &thousandths(error))
        .with("elasticity_price", &cents(at))
        .with("market_share", "20%")
        .with("units_per_day", "3")
        .with("stock_units", "25")
}

fn decided(outcome: &Outcome) -> &Decision {
    match outcome {
        Outcome::Decided(decision) => decision,
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// The gross lines of the explanation add up to the price.
fn adds_up(shop: &Shop, case: &Case<'_>, outcome: &Outcome, steps: &Recorder) {
    use pricer::facts::{Names, Rates, parse_instant};
    let (rates, at) = (Rates::default(), parse_instant(case.at).unwrap());
    let world = pricer::pricing::World::new(&shop.release, shop.place(case), &rates, at, None);
    let names = Names::new(&shop.release.rivals);
    let explained = Explanation::new(Subject::default(), &world, outcome, &steps.steps, &names);
    let gross = explained.lines.iter().filter(|line| line.stage != Stage::Cost);
    let sum: i64 = gross.map(|line| line.delta.micros()).sum();
    assert_eq!(sum, decided(outcome).price.amount().micros(), "{}", explained.text());
}

fn away(decision: &Decision, current: i64) -> u64 {
    decision.target.unwrap().micros().abs_diff(current * 10_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// More uncertainty never moves a target further from where the price is.
    #[test]
    fn doubt_never_moves_a_price_further(
        form in 0..4_usize, cost in 50..5_000_i64, current in 100..9_000_i64, at in 100..9_000_i64,
        elasticity in -7_000..-1_001_i64, error in 0..1_500_i64, more in 0..1_500_i64,
    ) {
        let shop = &WIDE[form];
        let ask = |error| shop.ask(&demand(cost, current, at, elasticity, error)).0;
        let (sure, doubting) = (ask(error), ask(error + more));
        if decided(&doubting).status == Status::Priced {
            prop_assert_eq!(decided(&sure).status, Status::Priced);
            prop_assert!(away(decided(&doubting), current) <= away(decided(&sure), current));
        }
    }

    /// Demand that is not elastic never yields an interior price: the current one is held, and the answer says why.
    #[test]
    fn inelastic_demand_moves_nothing(
        form in 0..4_usize, cost in 50..5_000_i64, current in 100..9_000_i64, elasticity in -1_000..500_i64, error in 0..1_500_i64,
    ) {
        let decision = WIDE[form].decide(&demand(cost, current, current, elasticity, error));
        prop_assert!(decision.status != Status::Priced && decision.flags.has(Flag::NoInteriorOptimum));
        prop_assert_eq!(decision.price.amount().micros(), current * 10_000);
    }

    /// Priced again and again with its result as the current price, an item comes to rest; its explanations add up.
    #[test]
    fn repeated_pricing_arrives(
        form in 0..4_usize, cost in 300..3_000_i64, current in 400..6_000_i64, at in 400..6_000_i64,
        elasticity in -6_000..-1_300_i64, error in 0..200_i64,
    ) {
        let shop = &STEPS[form];
        let (mut price, mut arrived) = (current, false);
        for _ in 0..80 {
            let case = demand(cost, price, at, elasticity, error);
            let (outcome, steps) = shop.ask(&case);
            adds_up(shop, &case, &outcome, &steps);
            let next = decided(&outcome).price.minor();
            if next == price {
                arrived = true;
                break;
            }
            price = next;
        }
        prop_assert!(arrived, "still moving at {price}");
    }

    /// A markdown never rises: not when it starts, not when it is priced again, whatever stock and demand are.
    #[test]
    fn a_markdown_never_rises(
        plan in 0..4_usize, cost in 50..3_000_i64, base in 200..6_000_i64, now in 20..=100_i64, elasticity in -5_000..-300_i64,
        stock in 1..120_i64, rate in 0..9_000_i64, days in 0..12_i64,
    ) {
        let (shop, current) = (&SALES[plan], (base * now / 100).max(50));
        let at = format!("2026-11-{:02}T09:00:00Z", 18 + days);
        let (before, during) = (cents(base), cents(current));
        let at_price = |price: i64| {
            let case = demand(cost, price, base, elasticity, 0).with("price_kind", "clearance");
            Case { at: &at, ..case.with("stock_units", &stock.to_string()).with("units_per_day", &thousandths(rate)) }
        };
        let case = at_price(current).was(&before, "", 90, Some(3)).was(&during, "clearance", 3, None);
        let (outcome, steps) = shop.ask(&case);
        let decision = decided(&outcome);
        adds_up(shop, &case, &outcome, &steps);
        prop_assert!(decision.price.minor() <= current, "{} from {current}", decision.price);
        if decision.status == Status::Priced {
            let new = cents(decision.price.minor());
            let again = at_price(decision.price.minor()).was(&before, "", 90, Some(3)).was(&new, "clearance", 3, None);
            prop_assert_eq!(shop.decide(&again).price, decision.price);
        }
    }

    /// A twin's link holds after rounding, or the answer names it.
    #[test]
    fn a_link_holds_or_is_named(
        by in 0..3_usize, cost in 5..3_000_i64, twin in 30..6_000_i64, current in 30..6_000_i64,
    ) {
        let shop = &TWINS[by];
        let price = thousandths(twin * 10);
        let price = &price[..price.len() - 1];
        let case = Case::new(&[("twin", "B")]).with("cost", &cents(cost)).with("current_price", &cents(current));
        let case = case.twin("B", price);
        let (outcome, steps) = shop.ask(&case);
        adds_up(shop, &case, &outcome, &steps);
        let decision = decided(&outcome);
        let holds = if by == 2 { twin <= decision.price.minor() } else { decision.price.minor() <= twin };
        prop_assert!(holds != decision.flags.has(Flag::LinkBroken), "{} beside {twin}", decision.price);
        if !holds {
            let named = |step: &Step| matches!(step, Step::Moved { .. } | Step::Kept { .. });
            prop_assert!(decision.hits.iter().count() > 0 || steps.steps.iter().any(named) || by < 2);
        }
    }
}

#[test]
fn amounts_read_as_they_are_written() {
    assert_eq!((cents(1_205), thousandths(-1_050)), ("12.05 EUR".into(), "-1.050".into()));
    assert_eq!(amount("12.05"), Amount::parse("12.050").unwrap());
}

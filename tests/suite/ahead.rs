//! Strategies that look ahead, through the whole pipeline, with prices worked out by hand.

use super::fixture::{BOOK, Case, Shop, amount};
use pricer::facts::PriceKind;
use pricer::pricing::{Flag, HeldReason, NoPrice, Recorder, Status, Step};

pub const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
cost = { type = "money", basis = "net", optional = true }
on_sale_for = { type = "duration", optional = true }
shelf_life = { type = "duration", optional = true }
twin = { type = "sku", optional = true }
"#;

fn shop(rules: &str) -> Shop {
    with_tables(rules, &[])
}

fn with_tables(rules: &str, tables: &[(&str, &str)]) -> Shop {
    let files = [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)];
    Shop::of(&[&files[..], tables].concat())
}

/// One rule in the layer `position` over a base of cost plus 20 % margin.
pub fn rule(price: &str) -> String {
    format!(
        "[rule.base]\nlayer = \"base\"\nprice = {{ cost-plus = {{ margin = \"20%\" }} }}\n\
         [rule.x]\nlayer = \"position\"\nover = []\nprice = {{ {price} }}\n"
    )
    .replace("over = []\n", "")
}

fn no_price(recorder: &Recorder) -> Vec<NoPrice> {
    let why = |step: &Step| match step {
        Step::NoPrice { why, .. } => Some(*why),
        _ => None,
    };
    recorder.steps.iter().filter_map(why).collect()
}

/// ε = −2, known exactly, unless a test says otherwise.
fn demand<'a>(cost: &str, current: &str) -> Case<'a> {
    Case::new(&[])
        .with("cost", cost)
        .with("current_price", current)
        .with("elasticity", "-2")
        .with("elasticity_se", "0")
}

mod optimise {
    use super::*;

    fn optimise(settings: &str) -> Shop {
        shop(&rule(&format!("optimise = {{ {settings} }}")))
    }

    #[test]
    fn profit_goes_to_the_lerner_price() {
        // C/a = 10·1.19 = 11.90; h(−2) = 23.80.
        let shop = optimise("for = \"profit\", within = \"50%\"");
        let decision = shop.decide(&demand("10.00 EUR", "20.00 EUR"));
        assert_eq!((decision.price.to_string(), decision.target), ("23.80".into(), Some(amount("23.8"))));
        assert_eq!(decision.flags.iter().count(), 0);
        let down = shop.decide(&demand("10.00 EUR", "30.00 EUR"));
        assert_eq!(down.price.to_string(), "23.80");
    }

    #[test]
    fn the_trust_region_ends_a_move_and_is_named() {
        let shop = optimise("for = \"profit\", within = \"8%\"");
        let far = demand("10.00 EUR", "20.00 EUR");
        let decision = shop.decide(&far);
        assert_eq!(decision.price.to_string(), "21.60");
        assert!(decision.flags.has(Flag::TrustRegion));
        // 19 × 1.1 = 20.90 was nearly seen; 15 × 1.1 = 16.50 is below today's price: it comes back.
        let seen = shop.decide(&far.clone().with("observed_high", "19.00 EUR"));
        assert_eq!(seen.price.to_string(), "20.90");
        let back = shop.decide(&far.clone().with("observed_high", "17.00 EUR"));
        assert_eq!(back.price.to_string(), "18.70");
        let (_, trace) = shop.ask(&far.with("observed_high", "10.00 EUR"));
        assert_eq!(no_price(&trace), [NoPrice::EmptyRegion]);
    }

    #[test]
    fn doubt_makes_a_dead_zone() {
        // z = 0.67448975; se 0.3: ε₋ = −2.202…, ε₊ = −1.797…: h from 21.79… to 26.81….
        let shop = optimise("for = \"profit\", within = \"50%\"");
        let doubtful = |current| demand("10.00 EUR", current).with("elasticity_se", "0.3");
        assert_eq!(shop.decide(&doubtful("22.00 EUR")).price.to_string(), "22.00");
        assert_eq!(shop.decide(&doubtful("20.00 EUR")).price.to_string(), "21.80");
        assert_eq!(shop.decide(&doubtful("28.00 EUR")).price.to_string(), "26.82");
        let surer = optimise("for = \"profit\", within = \"50%\", confidence = \"50%\"");
        assert_eq!(surer.decide(&doubtful("22.00 EUR")).price.to_string(), "23.80");
    }

    #[test]
    fn demand_that_may_be_inelastic_has_no_price() {
        let shop = optimise("for = \"profit\", within = \"8%\"");
        for (elasticity, error) in [("-1", "0"), ("-0.5", "0"), ("0.2", "0"), ("-2", "0.79")] {
            let case = demand("10.00 EUR", "20.00 EUR");
            let (_, trace) =
                shop.ask(&case.clone().with("elasticity", elasticity).with("elasticity_se", error));
            assert!(matches!(no_price(&trace)[..], [NoPrice::NotSurelyElastic { .. }]), "{elasticity}");
            let held = shop.decide(&case.with("elasticity", elasticity).with("elasticity_se", error));
            assert_eq!(held.status, Status::Held(HeldReason::NoStrategy));
            assert!(held.flags.has(Flag::NoInteriorOptimum));
        }
        let sure = shop.decide(&demand("10.00 EUR", "20.00 EUR").with("elasticity_se", "0.78"));
        assert!(!sure.flags.has(Flag::NoInteriorOptimum));
    }

    #[test]
    fn the_flag_stays_when_another_gives_the_price() {
        let rules = rule("optimise = { for = \"profit\", within = \"8%\" }") + "else = { use = \"base\" }\n";
        let decision = shop(&rules).decide(&demand("10.00 EUR", "20.00 EUR").with("elasticity", "-0.9"));
        // 10·1.19/0.8 = 14.875, to the nearer cent, half up.
        assert_eq!(decision.price.to_string(), "14.88");
        assert!(decision.flags.has(Flag::Fallback) && decision.flags.has(Flag::NoInteriorOptimum));
    }

    #[test]
    fn needs_and_missing_facts_are_named() {
        let shop = optimise(
            "for = \"profit\", within = \"8%\", needs = { sales_weeks = \">= 26\", ci = \"<= 2.0\" }",
        );
        let why = |case: Case<'_>| no_price(&shop.ask(&case).1);
        let whole =
            || demand("10.00 EUR", "20.00 EUR").with("sales_weeks", "26").with("elasticity_se", "0.5");
        assert_eq!(why(whole()), []);
        assert_eq!(why(whole().with("sales_weeks", "25")), [NoPrice::NeedFails("sales_weeks")]);
        assert_eq!(why(demand("10.00 EUR", "20.00 EUR")), [NoPrice::NeedFails("sales_weeks")]);
        // 3.91992797 × 0.51 = 1.99…, × 0.511 = 2.003….
        assert_eq!(why(whole().with("elasticity_se", "0.51")), []);
        assert_eq!(why(whole().with("elasticity_se", "0.511")), [NoPrice::NeedFails("ci")]);
        assert_eq!(why(whole().with("elasticity", "")), [NoPrice::FactMissing("elasticity")]);
        assert_eq!(why(whole().with("elasticity_se", "")), [NoPrice::FactMissing("elasticity_se")]);
        assert_eq!(why(whole().with("cost", "")), [NoPrice::CostMissing]);
        assert_eq!(why(whole().with("current_price", "")), [NoPrice::NoCurrentPrice]);
    }

    #[test]
    fn revenue_has_a_direction_and_a_mix_an_optimum() {
        let shop = optimise("for = \"revenue\", within = \"10%\"");
        let price = |elasticity: &str, error: &str| {
            let case = demand("10.00 EUR", "20.00 EUR").with("elasticity", elasticity);
            shop.decide(&case.with("elasticity_se", error)).price.to_string()
        };
        assert_eq!(price("-1.5", "0.2"), "18.00");
        assert_eq!(price("-0.5", "0.2"), "22.00");
        assert_eq!(price("-1.1", "0.3"), "20.00");
        // a′ = (0.7 + 0.3)/1.19, C′ = 7: h(−2) = 2·7·1.19 = 16.66.
        let mix = optimise("for = { profit = \"70%\", revenue = \"30%\" }, within = \"50%\"");
        assert_eq!(mix.decide(&demand("10.00 EUR", "20.00 EUR")).price.to_string(), "16.66");
    }

    #[test]
    fn other_demands_start_where_the_elasticity_was_seen() {
        // At 20, ε = −2: linear chokes at 30, so ½(30 + 11.90) = 20.95; exponential 1/β = 10, so 21.90.
        let price = |form: &str, case: &Case<'_>| {
            let shop = optimise(&format!("for = \"profit\", within = \"50%\", demand = \"{form}\""));
            shop.decide(case).price.to_string()
        };
        let case = demand("10.00 EUR", "18.00 EUR").with("elasticity_price", "20.00 EUR");
        assert_eq!(price("linear", &case), "20.95");
        assert_eq!(price("exponential", &case), "21.90");
        // Towards a share of zero logit is exponential.
        assert_eq!(price("logit", &case.clone().with("market_share", "0.0001%")), "21.90");
        assert_eq!(price("linear", &case.clone().with("current_price", "25.00 EUR")), "20.95");
        let shop = optimise("for = \"profit\", within = \"50%\", demand = \"logit\"");
        let (_, trace) = shop.ask(&case);
        assert_eq!(no_price(&trace), [NoPrice::FactMissing("market_share")]);
    }

    #[test]
    fn seasons_act_on_it_only_when_asked() {
        let stock = "[stock.s]\nwhere = { stock_units = \"> 5\" }\nadjust = \"-10%\"\n";
        let price = |settings: &str| {
            let rules =
                rule(&format!("optimise = {{ for = \"profit\", within = \"50%\"{settings} }}")) + stock;
            let case = demand("10.00 EUR", "20.00 EUR").with("stock_units", "9");
            shop(&rules).decide(&case).price.to_string()
        };
        assert_eq!(price(""), "23.80");
        assert_eq!(price(", adjust = true"), "21.42");
    }

    #[test]
    fn a_blend_mixes_it_and_guards_bound_the_blend() {
        let rules = rule(
            "blend = { optimise = { weight = \"40%\", for = \"profit\", within = \"8%\" }, \
             cost-plus = { weight = \"60%\", margin = \"20%\" } }",
        );
        // 0.4·21.60 + 0.6·14.875 = 17.565, half up.
        let decision = shop(&rules).decide(&demand("10.00 EUR", "20.00 EUR"));
        assert_eq!(decision.price.to_string(), "17.57");
        assert!(decision.flags.has(Flag::TrustRegion));
    }

    #[test]
    fn the_evidence_is_in_the_trace() {
        let shop = optimise("for = \"profit\", within = \"8%\"");
        let case = demand("10.00 EUR", "20.00 EUR").with("elasticity_se", "0.3").with("units_per_day", "5");
        let (_, trace) = shop.ask(&case);
        let Some(Step::Optimised(seen)) = trace.steps.iter().find(|step| matches!(step, Step::Optimised(_)))
        else {
            panic!("{trace:#?}")
        };
        assert_eq!(seen.region, (amount("18.4"), amount("21.6")));
        assert!(seen.optima.0 < amount("21.8") && amount("26.8") < seen.optima.1);
        let outlook = seen.outlook.unwrap();
        let near = |ours: f64, wanted: f64| assert!((ours - wanted).abs() < 1e-6, "{ours} {wanted}");
        near(outlook.units.0, 5.0);
        near(outlook.units.1, 5.0 / 1.08_f64.powi(2));
        near(outlook.revenue.0, 100.0 / 1.19);
        near(outlook.profit.0, 5.0 * (20.0 / 1.19 - 10.0));
    }

    #[test]
    fn fitted_models_stand_in_for_the_columns() {
        use pricer::facts::{Estimate, Estimates, Rates, parse_instant};
        use pricer::money::Ratio;
        use pricer::pricing::{Outcome, Row, World, price};
        let shop = optimise("for = \"profit\", within = \"50%\"");
        let case = demand("10.00 EUR", "20.00 EUR").with("elasticity", "-5");
        let mut fitted = Estimates::default();
        let ratio = |text: &str| Some(Ratio::parse(text).unwrap());
        let estimate = Estimate { elasticity: ratio("-2"), error: ratio("0"), ..Estimate::default() };
        fitted.put("A", "", estimate);
        let (item, rates) = (shop.item(&case), Rates::default());
        let at = parse_instant(case.at).unwrap();
        let world = World::new(&shop.release, shop.place(&case), &rates, at, None).with_estimates(&fitted);
        let outcome = price(&Row { item: &item, offers: &[] }, &world, &mut ());
        assert!(matches!(outcome, Outcome::Decided(decision) if decision.price.to_string() == "23.80"));
    }
}

mod history {
    use super::*;

    const KEEP: &str = "[rule.x]\nlayer = \"base\"\nprice = { keep = { max_age = \"7d\" } }\n";

    #[test]
    fn a_price_is_kept_as_long_as_it_says() {
        let shop = shop(KEEP);
        let case = || Case::new(&[("current_price", "10.00 EUR")]);
        let kept = |case: &Case<'_>| shop.decide(case).status == Status::Priced;
        assert!(kept(&case()));
        assert!(kept(&case().was("10.00 EUR", "", 7, None)));
        assert!(!kept(&case().was("10.00 EUR", "", 8, None)));
        assert!(!kept(&case().was("10.00 EUR", "", 8, None).was("10.00 EUR", "", 2, None)));
        assert!(kept(&case().was("10.00 EUR", "", 8, None).was("9.00 EUR", "", 2, None)));
        assert!(kept(&case().was("10.00 EUR", "", 80, Some(3))));
    }

    #[test]
    fn a_cooldown_waits() {
        let rules = "[rule.x]\nlayer = \"base\"\nprice = { cost-plus = { margin = \"20%\" } }\n\
                     [guard.calm]\nclass = \"comfort\"\ncooldown = \"3d\"\n";
        let shop = shop(rules);
        let case = || Case::new(&[("cost", "10.00 EUR"), ("current_price", "14.00 EUR")]);
        let price = |case: &Case<'_>| shop.decide(case).price.to_string();
        assert_eq!(price(&case()), "14.88");
        assert_eq!(price(&case().was("14.00 EUR", "", 2, None)), "14.00");
        assert_eq!(shop.hits(&case(), &shop.decide(&case().was("14.00 EUR", "", 2, None))), ["calm"]);
        assert_eq!(price(&case().was("14.00 EUR", "", 3, None)), "14.88");
        assert_eq!(price(&case().was("14.50 EUR", "", 2, None)), "14.88");
        let promo = case().with("price_kind", "promo").was("14.00 EUR", "promo", 2, None);
        assert_eq!(price(&promo), "14.88");
    }

    #[test]
    fn moves_within_a_time_add_up() {
        let rules = "[rule.x]\nlayer = \"base\"\nprice = { cost-plus = { margin = \"20%\" } }\n\
                     [guard.calm]\nclass = \"comfort\"\nmax_change = { by = \"5%\", per = \"7d\" }\n";
        let shop = shop(rules);
        let case = || Case::new(&[("cost", "10.00 EUR"), ("current_price", "14.00 EUR")]);
        let price = |case: &Case<'_>| shop.decide(case).price.to_string();
        assert_eq!(price(&case()), "14.70");
        // 13.50 was in force five days ago: at most 14.17.
        assert_eq!(price(&case().was("13.50 EUR", "", 20, None).was("14.00 EUR", "", 5, None)), "14.17");
        assert_eq!(price(&case().was("13.50 EUR", "", 20, None).was("14.00 EUR", "", 7, None)), "14.70");
        assert_eq!(price(&case().was("13.50 EUR", "promo", 20, None).was("14.00 EUR", "", 5, None)), "14.70");
        // Somebody moved it further by hand: it may stay, and go no further.
        let hand = case().was("10.00 EUR", "", 20, None).was("14.00 EUR", "", 1, None);
        assert_eq!(price(&hand), "14.00");
        assert!(!shop.decide(&hand).flags.has(Flag::GuardConflict));
    }

    #[test]
    fn an_announced_reduction_shows_the_lowest_price_before_it() {
        let rules = format!(
            "{KEEP}[guard.was]\nclass = \"legal\"\nannounce = {{ reference = \"lowest\", days = 30 }}\n"
        );
        let shop = shop(&rules);
        let case = || Case::new(&[("current_price", "10.00 EUR")]);
        let reference = |case: &Case<'_>| shop.decide(case).reference.map(|price| price.to_string());
        assert_eq!(reference(&case()), None);
        let steady = case().was("9.00 EUR", "", 90, None).was("12.00 EUR", "", 20, None);
        // The price already open at the window's start counts.
        assert_eq!(reference(&steady), Some("9.00".into()));
        assert_eq!(reference(&steady.clone().was("10.00 EUR", "", 5, None)), Some("9.00".into()));
        // Reduced twelve days ago: what happened since does not count, what happened before does.
        let reduced = case()
            .was("9.00 EUR", "", 90, Some(45))
            .was("12.00 EUR", "", 44, None)
            .was("11.00 EUR", "promo", 30, Some(28))
            .was("12.00 EUR", "", 28, None)
            .was("10.50 EUR", "promo announced", 12, None)
            .was("10.00 EUR", "clearance announced", 6, None);
        assert_eq!(reference(&reduced), Some("11.00".into()));
    }
}

mod fade {
    use super::*;

    #[test]
    fn a_penetration_price_fades_out() {
        let rules = rule("fade = { start = \"-12%\", end = \"0%\", over = \"8w\", versus = \"base\" }");
        let shop = shop(&rules);
        let price = |age: &str| {
            let case = Case::new(&[("cost", "10.00 EUR"), ("on_sale_for", age)]);
            shop.decide(&case).target.map(|target| target.to_string())
        };
        // The base says 14.875.
        assert_eq!(price("0d"), Some("13.09".into()));
        assert_eq!(price("4w"), Some("13.9825".into()));
        assert_eq!(price("8w"), Some("14.875".into()));
        assert_eq!(price("80w"), Some("14.875".into()));
        let (_, trace) = shop.ask(&Case::new(&[("cost", "10.00 EUR"), ("current_price", "9.00 EUR")]));
        assert_eq!(no_price(&trace), [NoPrice::FactMissing("on_sale_for")]);
    }
}

mod markdown {
    use super::*;

    const CURVE: (&str, &str) =
        ("tables/curve.csv", "days_left,set off\n> 14d,0%\n7d ..= 14d,-20%\n< 7d,-50%\n");

    fn curve(more: &str) -> Shop {
        let price = format!("markdown = {{ curve = \"tables/curve.csv\", sell_out_by = 2026-11-30{more} }}");
        with_tables(&rule(&price), &[CURVE])
    }

    #[test]
    fn a_curve_counts_from_before_the_markdown() {
        // On 18 November twelve days are left.
        let shop = curve("");
        let case = || Case::new(&[("current_price", "10.00 EUR")]);
        let first = shop.decide(&case().was("10.00 EUR", "", 90, None));
        assert_eq!((first.price.to_string(), first.kind), ("8.00".into(), PriceKind::Clearance));
        let next = case().with("current_price", "8.00 EUR").with("price_kind", "clearance");
        let next = next.was("10.00 EUR", "", 90, None).was("8.00 EUR", "clearance", 1, None);
        assert_eq!(shop.decide(&next).price.to_string(), "8.00");
        let late = Case { at: "2026-11-25T12:00:00Z", ..next };
        assert_eq!(shop.decide(&late).price.to_string(), "5.00");
        let over = Case { at: "2026-12-01T12:00:00Z", ..late };
        assert_eq!(no_price(&shop.ask(&over).1), [NoPrice::SaleIsOver]);
        // The current price is never the base.
        assert_eq!(no_price(&shop.ask(&case()).1), [NoPrice::NoBase]);
    }

    #[test]
    fn a_markdown_never_rises_unless_a_guard_lifts_it() {
        let lower = Case::new(&[("current_price", "7.00 EUR")]).was("10.00 EUR", "", 90, None);
        assert_eq!(curve("").decide(&lower).price.to_string(), "7.00");
        let price = "markdown = { curve = \"tables/curve.csv\", sell_out_by = 2026-11-30 }";
        let guarded = rule(price) + "[guard.least]\nclass = \"safety\"\nmin_price = \"9 EUR\"\n";
        let shop = with_tables(&guarded, &[CURVE]);
        let lifted = shop.decide(&lower);
        assert_eq!(
            (lifted.price.to_string(), shop.hits(&lower, &lifted)),
            ("9.00".into(), vec!["least".into()])
        );
        let round = rule(price) + "[round.nine]\nbands = [ { ends = \"*.99\" } ]\n";
        let case = Case::new(&[("current_price", "7.90 EUR")]).was("10.00 EUR", "", 90, None);
        assert_eq!(with_tables(&round, &[CURVE]).decide(&case).price.to_string(), "6.99");
    }

    #[test]
    fn a_unit_left_over_is_worth_something() {
        // 90 % of 10.00 are 9.00 net: selling is as good at 9.00·1.19 = 10.71.
        let shop = curve(", salvage = \"90% of cost\"");
        let case = Case::new(&[("cost", "10.00 EUR"), ("current_price", "12.00 EUR")]);
        assert_eq!(shop.decide(&case.clone().was("12.00 EUR", "", 90, None)).price.to_string(), "10.71");
        let (_, trace) = shop.ask(&case.with("cost", "").was("12.00 EUR", "", 90, None));
        assert_eq!(no_price(&trace), [NoPrice::CostMissing]);
    }

    fn stock<'a>(units: &str) -> Case<'a> {
        // e a day come at 20 with ε = −1: α = 1/20, λ₀ = e·e = e², λ° = e.
        Case::new(&[("cost", "10.00 EUR"), ("current_price", "200.00 EUR")])
            .with("elasticity", "-1")
            .with("elasticity_price", "20.00 EUR")
            .with("units_per_day", "1")
            .with("stock_units", units)
    }

    #[test]
    fn stock_and_time_give_the_price_of_gallego_and_van_ryzin() {
        // α = 1/20; λ°t = e^(ln 1 + 1 + ln 5 − 1) = 5 with five days of sale (18th to 22nd) and nothing to salvage:
        // p* = 20·2.79175946923 for one unit and 20·1.3352878881 for five (ECONOMICS 5).
        let shop = shop(&rule("markdown = { sell_out_by = 2026-11-22 }"));
        let target = |units: &str| shop.decide(&stock(units)).target.unwrap().to_string();
        assert_eq!(target("1"), "55.835189");
        assert_eq!(target("5.9"), "26.705758");
        let (_, trace) = shop.ask(&stock("0.5"));
        assert_eq!(no_price(&trace), [NoPrice::NotASale]);
        let (_, trace) = shop.ask(&stock("5").with("elasticity", ""));
        assert_eq!(no_price(&trace), [NoPrice::FactMissing("elasticity")]);
    }

    #[test]
    fn a_ladder_takes_the_best_rung_at_or_below_today() {
        let rules = rule(
            "markdown = { sell_out_by = 2026-11-22, ladder = [\"0%\", \"-50%\", \"-75%\"], period = \"1d\" }",
        );
        let shop = shop(&rules);
        let price = |units: &str, current: &str| {
            let case = stock(units).with("current_price", current).was("40.00 EUR", "", 90, None);
            shop.decide(&case).price.to_string()
        };
        // Few units wait for whoever pays more; many have to go.
        assert_eq!(price("1", "40.00 EUR"), "40.00");
        assert_eq!(price("5", "40.00 EUR"), "40.00");
        assert_eq!(price("6", "40.00 EUR"), "20.00");
        assert_eq!(price("60", "40.00 EUR"), "20.00");
        assert_eq!(price("1", "20.00 EUR"), "20.00");
        // Between rungs, the nearest one is where it stands.
        assert_eq!(price("1", "38.00 EUR"), "38.00");
        assert_eq!(price("1", "8.00 EUR"), "8.00");
    }

    #[test]
    fn the_last_day_can_be_a_fact() {
        let price = "markdown = { curve = \"tables/curve.csv\", sell_out_by = \"shelf_life\" }";
        let shop = with_tables(&rule(price), &[CURVE]);
        let case = || Case::new(&[("current_price", "10.00 EUR")]).was("10.00 EUR", "", 9, None);
        // Noon plus 6.5 days is the night to the seventh day.
        assert_eq!(shop.decide(&case().with("shelf_life", "156h")).price.to_string(), "8.00");
        assert_eq!(shop.decide(&case().with("shelf_life", "155h")).price.to_string(), "5.00");
        assert_eq!(no_price(&shop.ask(&case()).1), [NoPrice::SaleIsOver]);
    }
}

mod relative {
    use super::*;

    #[test]
    fn a_twin_leads() {
        let shop = shop(&rule("relative = { to = \"twin\", by = \"-15%\" }"));
        let case = || Case::new(&[("cost", "1.00 EUR"), ("twin", "B"), ("current_price", "2.00 EUR")]);
        assert_eq!(shop.decide(&case().twin("B", "3.49")).target.unwrap().to_string(), "2.9665");
        let why = |case: Case<'_>| no_price(&shop.ask(&case).1);
        assert_eq!(why(case().with("twin", "")), [NoPrice::NoTwin]);
        assert_eq!(why(case()), [NoPrice::TwinWithoutPrice]);
    }

    #[test]
    fn the_link_holds_after_rounding_or_is_named() {
        let base = rule("relative = { to = \"twin\" }");
        let round = format!("{base}[round.nine]\nbands = [ {{ ends = \"*.99\" }} ]\n");
        let case = Case::new(&[("cost", "1.00 EUR"), ("twin", "B")]).twin("B", "3.89");
        // 3.99 is nearer, and above the twin.
        assert_eq!(shop(&round).decide(&case).price.to_string(), "2.99");
        let guard = format!("{base}[guard.least]\nclass = \"safety\"\nmin_price = \"5 EUR\"\n");
        let decision = shop(&guard).decide(&case);
        assert_eq!(decision.price.to_string(), "5.00");
        assert!(decision.flags.has(Flag::LinkBroken));
        let up = rule("relative = { to = \"twin\", by = \"+1%\" }")
            + "[round.nine]\nbands = [ { ends = \"*.99\" } ]\n";
        let above = shop(&up).decide(&case);
        assert_eq!(above.price.to_string(), "3.99");
        assert!(!above.flags.has(Flag::LinkBroken));
    }
}

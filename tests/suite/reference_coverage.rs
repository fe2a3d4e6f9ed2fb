//! Counts what the generated cases reach: every strategy, guard, class, way, rank, refusal and reason.

use super::reference::generate::{ALL, generate_with};
use super::reference::{Answer, Rulebook, price_with_trail};
use std::collections::BTreeMap;

/// Each seed is a rulebook with 40 cases.
fn seeds() -> u64 {
    super::differential::cases().div_ceil(40)
}

#[test]
fn generated_cases_reach_everything() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..seeds() {
        let (files, cases) = generate_with(seed, ALL);
        let book = Rulebook::parse(&files).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let second = files.0["rulebook.toml"].split("[market.").nth(2).unwrap()[..2].to_string();
        for case in &cases {
            let (answer, trail) = price_with_trail(&book, case);
            let market = if case.market == second { "second" } else { "first" };
            let mut count = |what: String| *counts.entry(what).or_default() += 1;
            for word in trail {
                let apart = ["strategy", "markdown", "float"].iter().any(|start| word.starts_with(start));
                let word = if word.starts_with("also") { "a step as good".into() } else { word };
                count(if apart { format!("{word}, {market} market") } else { word });
            }
            let hit = match &answer {
                Answer::Quarantined { reasons } => {
                    count("answer quarantined".into());
                    reasons.iter().for_each(|reason| count(format!("quarantined {reason}")));
                    vec![]
                }
                Answer::Refused { code, guards } => {
                    count("answer refused".into());
                    count(format!("refused {code}{}", if guards.is_empty() { "" } else { " by a guard" }));
                    vec![]
                }
                Answer::Held(held) => {
                    count("answer held".into());
                    let moved = if held.flags.contains(&"moved".into()) { ", moved" } else { "" };
                    count(format!("held {}{moved}", held.reason));
                    held.flags.iter().for_each(|flag| count(format!("held flag {flag}")));
                    held.hit.clone()
                }
                Answer::Priced(priced) => {
                    count("answer priced".into());
                    count(format!("won {}", priced.rule));
                    count(format!("because {}", priced.because));
                    count(format!("kind {}", priced.kind));
                    priced.flags.iter().for_each(|flag| count(format!("flag {flag}")));
                    priced.excluded.iter().for_each(|(_, reason)| count(format!("excluded {reason}")));
                    count(format!("currency {}", priced.currency));
                    priced.hit.clone()
                }
            };
            for guard in hit {
                count(format!("hit {}", guard.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit())));
            }
        }
    }
    println!("{} seeds", seeds());
    for (what, count) in &counts {
        println!("{count:>8}  {what}");
    }
    if seeds() < 2_000 {
        return;
    }
    let at_least = |what: &str, least: usize| {
        let count = counts.get(what).copied().unwrap_or(0);
        assert!(count >= least, "{what}: only {count}, not {least}");
    };
    let strategies = ["cost-plus", "follow", "index", "fixed", "keep", "blend", "use"];
    let ahead = ["optimise", "markdown", "fade", "relative"];
    for market in ["first", "second"] {
        for strategy in strategies.iter().chain(&ahead) {
            at_least(&format!("strategy {strategy}, {market} market"), 400);
        }
        for way in ["curve", "finite stock", "ladder"] {
            at_least(&format!("markdown {way}, {market} market"), 1_000);
        }
        for form in ["Linear", "Exponential", "Logit"] {
            at_least(&format!("float {form}, {market} market"), 200);
        }
    }
    let guards = [
        "min-margin",
        "min-contribution",
        "min-full-contribution",
        "max-markup",
        "max-price-rrp",
        "max-price-money",
        "max-price-list",
        "min-price-money",
        "min-price-cost",
        "absolute",
        "max-change",
        "min-change",
        "cooldown",
        "blind-rivals",
        "blind-fx",
    ];
    for guard in guards {
        at_least(&format!("hit {guard}"), 20);
    }
    for class in ["Legal", "Safety", "Contract", "Commercial", "Comfort"] {
        at_least(&format!("class {class} hit"), 100);
        if class != "Legal" {
            at_least(&format!("class {class} yielded"), 100);
        }
    }
    for rank in ["Lowest", "Second", "Third", "Median", "Mean", "Highest"] {
        at_least(&format!("rank {rank}"), 1_000);
    }
    for (kind, words) in [
        ("way", &["Nearest", "Down", "Up", "none"][..]),
        ("because", &["only candidate", "later layer", "narrower", "over"]),
        ("flag", &["fallback", "guard-conflict", "needs-approval", "no-ending"]),
        ("flag", &["trust-region", "no-interior-optimum", "link-broken"]),
        ("held flag", &["no-interior-optimum", "guard-conflict"]),
        ("optimise", &["lower end", "upper end", "stay"]),
        ("twin", &["priced", "held", "refused", "quarantined", "unknown", "on a circle"]),
        ("on", &["a circle"]),
        ("part", &["optimise", "markdown", "fade", "relative", "follow", "index", "cost-plus"]),
        ("season", &["by month free", "by month capped", "by week free", "by week capped"]),
        ("kind", &["regular", "promo", "clearance"]),
        ("excluded", &["own", "currency", "future", "shipping", "implausible", "match", "stale", "stock"]),
        ("held", &["NO_STRATEGY", "COST_IMPLAUSIBLE", "RATE_IMPLAUSIBLE", "NO_STRATEGY, moved"]),
        ("quarantined", &["FACT_MISSING", "OUT_OF_RANGE", "VAT_CLASS"]),
        ("currency", &["EUR", "USD", "KZT", "JPY", "KWD"]),
    ] {
        for word in words {
            at_least(&format!("{kind} {word}"), 100);
        }
    }
    // Rare by nature: most ladders start at their first step, and most items have a rule.
    for (what, least) in [
        ("held NO_RULE", 50),
        ("step 0 of all", 500),
        ("step 1 of all", 50),
        ("step 2 of all", 40),
        ("step 3 of all", 25),
        ("step 1 of the rest", 15),
        ("step 2 of the rest", 10),
    ] {
        at_least(what, least);
    }
    for what in
        ["announced", "faded", "fading", "keep too old", "region empty", "markdown over, first market"]
    {
        at_least(what, 100);
    }
    for what in ["optimise today is the lower end", "optimise today is the upper end", "ladder too large"] {
        at_least(what, 5);
    }
    for code in [
        "EXCHANGE_RATE_MISSING",
        "EXCHANGE_RATE_STALE",
        "EXCHANGE_RATE_MISSING by a guard",
        "EXCHANGE_RATE_STALE by a guard",
        "AMOUNT_OVERFLOW",
        "COST_IMPLAUSIBLE",
        "RATE_IMPLAUSIBLE",
        "NO_PRICE",
        "FACT_MISSING by a guard",
        "FEED_STALE by a guard",
        "GUARDS_CONTRADICT by a guard",
        "INFEASIBLE by a guard",
    ] {
        at_least(&format!("refused {code}"), 20);
    }
}

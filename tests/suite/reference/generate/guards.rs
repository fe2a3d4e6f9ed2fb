//! `rules/guards.toml`. The name of a guard begins with its kind, so that coverage can count by name.

use super::World;
use super::dice::Dice;

/// Every kind a generated guard can have, in words that begin its name.
pub const KINDS: [&str; 16] = [
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
    "announce",
    "blind-rivals",
    "blind-fx",
];

/// The text, and the names that may be relaxed (no legal ones).
pub fn write(dice: &mut Dice, world: &World) -> (String, Vec<String>) {
    let (mut text, mut relaxable) = (String::new(), Vec::new());
    for kind in KINDS {
        for number in 0..if dice.chance(45) { 1 + dice.below(2) } else { 0 } {
            let name = format!("{kind}-{}", number + 1);
            let class = class(dice, kind);
            if class != "legal" {
                relaxable.push(name.clone());
            }
            text += &format!("\n[guard.{name}]\nclass = \"{class}\"\nwhy = \"generated\"\n");
            if class == "safety" && dice.chance(40) {
                text += "if_impossible = \"yield\"\n";
            }
            let scope = scope(dice, world, kind);
            if !scope.is_empty() {
                text += &format!("where = {{ {scope} }}\n");
            }
            if dice.chance(8) {
                text += "from = 2026-11-21\nuntil = 2026-11-25\n";
            }
            text += &body(dice, world, kind);
            text += &overlay(dice, world, kind, &name, &scope);
        }
    }
    (text, relaxable)
}

fn class(dice: &mut Dice, kind: &str) -> &'static str {
    match kind {
        "announce" => dice.pick(&["legal", "legal", "legal", "commercial"]),
        "max-change" | "min-change" | "cooldown" => {
            dice.pick(&["comfort", "comfort", "comfort", "commercial", "safety"])
        }
        "blind-rivals" | "blind-fx" => dice.pick(&["safety", "safety", "comfort", "contract", "legal"]),
        _ => dice.pick(&[
            "legal",
            "safety",
            "safety",
            "contract",
            "contract",
            "commercial",
            "commercial",
            "comfort",
        ]),
    }
}

fn scope(dice: &mut Dice, world: &World, kind: &str) -> String {
    let mut scope = match kind {
        // Without the condition an item without RRP is refused (FACT_MISSING).
        "max-price-rrp" if dice.chance(80) => vec!["rrp = \"> 0 EUR\"".to_string()],
        "max-price-list" if dice.chance(85) => vec!["list_net = \"**\"".to_string()],
        "min-margin" | "min-contribution" | "min-full-contribution" | "max-markup" | "min-price-cost"
            if dice.chance(70) =>
        {
            vec!["cost = \">= 0 EUR\"".to_string()]
        }
        _ => Vec::new(),
    };
    let more = match dice.below(17) {
        0 => format!("market = \"{}\"", world.places[dice.below(2)].market),
        1 => "category = \"tech/**\"".into(),
        2 => "category = \"!food/**\"".into(),
        3 => "tags = \"!eol\"".into(),
        4 => "tags = [\"!szpt\", \"!fresh | kvi\"]".into(),
        5 => "margin_at_rrp = \"> 20% | ?\"".into(),
        6 => "any = [ { category = \"tech/**\" }, { brand = \"Haus | ?\" } ]".into(),
        7 => "channel = \"own | app\"".into(),
        8 => "sku = \"!@tables/leaflet.csv\"".into(),
        9 => "price_kind = \"regular | promo\"".into(),
        11 => "headroom = \">= 0 EUR | ?\"".into(),
        12 => format!("current_price = \"> {}\"", world.both(1_000).replace("| ", "| > ")),
        13 => format!("current_price = \"? | {}\"", world.span(100, 10_000)),
        10 => "daily_share = \"< 0.5 | ?\"".into(),
        _ => String::new(),
    };
    if !more.is_empty() {
        scope.push(more);
    }
    scope.join(", ")
}

fn body(dice: &mut Dice, world: &World, kind: &str) -> String {
    let percent =
        |dice: &mut Dice, list: &[&str]| dice.pick(&list.iter().map(|s| s.to_string()).collect::<Vec<_>>());
    match kind {
        "min-margin" => format!("min_margin = \"{}\"\n", percent(dice, &["3%", "5%", "0%", "-10%", "12%"])),
        "min-contribution" => {
            let least = dice.pick(&["0 EUR".to_string(), world.both(50), world.both(300)]);
            format!("min_contribution = \"{least}\"\n")
        }
        "min-full-contribution" => {
            let least = dice.pick(&["0 EUR".to_string(), world.both(20), world.both(400)]);
            format!("min_full_contribution = \"{least}\"\n")
        }
        "max-markup" => {
            let of = dice.pick(&["purchase cost", "landed cost"]);
            format!("max_markup = {{ of = \"{of}\", by = \"{}\" }}\n", percent(dice, &["40%", "50%", "100%"]))
        }
        "max-price-rrp" => {
            format!("max_price = \"{} of rrp\"\n", percent(dice, &["105%", "100%", "97%", "110.5%"]))
        }
        "max-price-list" => format!("max_price = \"{} of list_net\"\n", percent(dice, &["100%", "103%"])),
        "max-price-money" => {
            format!("max_price = \"{}\"\n", world.both(dice.pick(&[10_000, 39_900, 100_000])))
        }
        "min-price-money" => format!("min_price = \"{}\"\n", world.both(dice.pick(&[99, 500, 1_000]))),
        "min-price-cost" => format!("min_price = \"{} of cost\"\n", percent(dice, &["100%", "105%", "125%"])),
        "absolute" => {
            let range = |place: &super::Place| {
                let (low, high) = (place.amount(19), place.amount(600_000));
                format!(
                    "{} = \"{} .. {}\"",
                    place.currency,
                    super::dice::decimal(low, 6),
                    super::dice::decimal(high, 6)
                )
            };
            format!("absolute = {{ {}, {} }}\n", range(&world.places[0]), range(&world.places[1]))
        }
        "max-change" => {
            let change = dice.pick(&[
                "\"6%\"",
                "{ by = \"6%\", per = \"1d\" }",
                "{ by = \"6%\", per = \"7d\" }",
                "{ by = \"-10% .. +3%\", per = \"30d\" }",
                "{ by = \"-20% .. +0%\", per = \"2d\" }",
                "{ by = \"-10% .. +6%\" }",
                "{ by = \"-3% .. +0%\" }",
                "\"15%\"",
            ]);
            format!("max_change = {change}\n")
        }
        "min-change" => format!("min_change = \"{}\"\n", percent(dice, &["0.5%", "1%", "3%"])),
        "cooldown" => format!("cooldown = \"{}\"\n", percent(dice, &["18h", "1d", "7d", "1s"])),
        "announce" => {
            format!("announce = {{ reference = \"lowest\", days = {} }}\n", dice.pick(&[30, 30, 7, 1]))
        }
        "blind-rivals" => format!(
            "when = {{ feed = \"competitors\", age = \"{}\" }}\naction = \"keep price\"\n",
            percent(dice, &["> 48h", "> 24h", ">= 2h"])
        ),
        _ => {
            let age = percent(dice, &["> 12h", ">= 1h"]);
            let action = dice.pick(&["action = \"keep price\"", "min_margin = \"8%\""]);
            format!("when = {{ feed = \"fx\", age = \"{age}\" }}\n{action}\n")
        }
    }
}

/// An overlay for the second market changes one number. In a guard of another market it would hold for nothing, an error.
fn overlay(dice: &mut Dice, world: &World, kind: &str, name: &str, scope: &str) -> String {
    let change = match kind {
        "min-margin" => "min_margin = \"7%\"",
        "max-markup" => "max_markup.by = \"60%\"",
        "max-price-rrp" => "max_price = \"101% of rrp\"",
        "max-change" => "max_change = \"10%\"",
        _ => return String::new(),
    };
    let market = format!("market = \"{}\"", world.places[1].market);
    if !dice.chance(25) || (scope.contains("market = ") && !scope.contains(&market)) {
        return String::new();
    }
    format!("[guard.{name}.for.two]\nwhere = {{ {market} }}\n{change}\n")
}

//! Rules of strategies that look ahead, at other prices or at the price history.

use super::super::Files;
use super::dice::Dice;
use super::rules::{blend_with, head, otherwise};
use super::{Switches, World};

pub fn write(dice: &mut Dice, world: &World, files: &mut Files) {
    if world.on.markdown {
        let curves = [
            "days_left,set off\n> 42d,0%\n28d ..= 42d,-10%\n14d .. 28d,-25%\n< 7d,-60%\n",
            "days_left,set off,why\n< 1d,-70%,last day\n1d ..= 3d,-33.33333%,\n> 3d,-5%,\n",
        ];
        for (number, curve) in curves.iter().enumerate() {
            files.0.insert(format!("tables/curve-{}.csv", number + 1), (*curve).into());
        }
    }
    let rules = rules(dice, world, files);
    files.0.insert("rules/ahead.toml".into(), rules);
}

/// One of the strategies that are switched on; `lower` is an earlier layer, if there is one.
pub fn any(dice: &mut Dice, world: &World, lower: &str) -> Option<String> {
    let Switches { optimise: o, markdown: m, fade: f, relative: r, .. } = world.on;
    let ways = [(o, 0), (o, 0), (m, 1), (f && !lower.is_empty(), 2), (r, 3)];
    let ways: Vec<i32> = ways.into_iter().filter(|(on, _)| *on).map(|(_, way)| way).collect();
    if ways.is_empty() {
        return None;
    }
    Some(match dice.pick(&ways) {
        0 => optimise(dice),
        1 => markdown(dice, world),
        2 => fade(dice, lower),
        _ => relative(dice),
    })
}

fn optimise(dice: &mut Dice) -> String {
    if dice.chance(12) {
        // With ε = −2 at twice today's price the optimum is today's price.
        return "optimise = { for = \"revenue\", within = \"8%\", demand = \"exponential\" }".into();
    }
    let mut terms = vec![
        format!(
            "for = {}",
            dice.pick(&[
                "\"profit\"",
                "\"profit\"",
                "\"profit\"",
                "\"revenue\"",
                "{ profit = \"70%\", revenue = \"30%\" }",
                "{ profit = \"0.0000001%\", revenue = \"99.9999999%\" }",
            ])
        ),
        format!("within = \"{}\"", dice.pick(&["8%", "8%", "5%", "20%", "50%", "99.9999999%", "0.0000001%"])),
    ];
    if dice.chance(60) {
        let far = "99.9999999%";
        let confidence = dice.pick(&["75%", "50%", "80%", "90%", "97.5%", far, "60.5%"]);
        terms.push(format!("confidence = \"{confidence}\""));
    }
    if dice.chance(65) {
        let forms = ["constant-elasticity", "linear", "exponential", "logit"];
        terms.push(format!("demand = \"{}\"", dice.pick(&forms)));
    }
    let weeks = dice.pick(&["", "", "", "", "sales_weeks = \">= 26\"", "sales_weeks = \"> 26\""]);
    let width =
        dice.pick(&["", "", "", "", "ci = \"<= 2.0\"", "ci = \"< 3.91992797\"", "ci = \"<= 3.91992797\""]);
    let needs: Vec<&str> = [weeks, width].into_iter().filter(|need| !need.is_empty()).collect();
    if !needs.is_empty() {
        terms.push(format!("needs = {{ {} }}", needs.join(", ")));
    }
    if dice.chance(30) {
        terms.push("adjust = true".into());
    }
    format!("optimise = {{ {} }}", terms.join(", "))
}

fn markdown(dice: &mut Dice, world: &World) -> String {
    let last = dice.pick(&[
        "\"shelf_life\"",
        "\"shelf_life\"",
        "\"inbound\"",
        "2026-11-24",
        "2026-12-05",
        "2026-12-05",
        "2026-12-31",
        "2027-01-31",
    ]);
    let mut terms = vec![format!("sell_out_by = {last}")];
    match dice.below(6) {
        0 => terms.push("curve = \"tables/curve-1.csv\"".into()),
        1 => terms.push("curve = \"tables/curve-2.csv\"".into()),
        2 => terms.push("ladder = [\"0%\", \"-20%\", \"-40%\", \"-60%\"]".into()),
        3 => {
            let period = dice.pick(&["3d", "3d", "7d", "2w", "1d"]);
            terms.push(format!("ladder = [\"-5%\", \"-33.33333%\", \"-99%\"], period = \"{period}\""));
        }
        _ => {}
    }
    if dice.chance(60) {
        let salvage = dice.pick(&[
            "30% of cost".to_string(),
            "110% of cost".to_string(),
            "50% of list_net".to_string(),
            "12.34567% of rrp".to_string(),
            "0 EUR".to_string(),
            world.both(200),
        ]);
        terms.push(format!("salvage = \"{salvage}\""));
    }
    format!("markdown = {{ {} }}", terms.join(", "))
}

fn fade(dice: &mut Dice, lower: &str) -> String {
    let (start, end) = dice.pick(&[
        ("-12%", "0%"),
        ("+8%", "-8%"),
        ("0%", "-33.33333%"),
        ("-99.9%", "+100%"),
        ("+5%", "+5%"),
    ]);
    let over = dice.pick(&["8w", "8w", "8w", "1s", "12w", "100d"]);
    format!("fade = {{ start = \"{start}\", end = \"{end}\", over = \"{over}\", versus = \"{lower}\" }}")
}

fn relative(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => "relative = { to = \"twin\" }".into(),
        n => {
            let by = ["", "-15%", "-15%", "-5%", "+10%", "0%", "+0.12345%", "-99.9%"][n];
            format!("relative = {{ to = \"twin\", by = \"{by}\" }}")
        }
    }
}

/// Layer `tune`: each rule is over those before it.
fn rules(dice: &mut Dice, world: &World, files: &mut Files) -> String {
    let mut text = String::new();
    let mut before: Vec<&str> = Vec::new();
    let two = world.places[1].market;
    let lower = dice.pick(&["position", "base"]);
    let rules = [
        ("tuned", world.on.optimise),
        ("ends", world.on.markdown),
        ("rising", world.on.fade),
        ("paired", world.on.relative),
    ];
    for (name, on) in rules {
        if !on {
            continue;
        }
        text += &head(name, "tune");
        if !before.is_empty() {
            let names: Vec<String> = before.iter().map(|name| format!("\"{name}\"")).collect();
            text += &format!("over = [{}]\n", names.join(", "));
        }
        before.push(name);
        text += &format!("where = {{ tags = \"{name}\" }}\n");
        let price = match name {
            "tuned" => optimise(dice),
            "ends" => markdown(dice, world),
            "rising" => fade(dice, lower),
            _ => relative(dice),
        };
        let plain = !dice.chance(20);
        let price = if plain { price } else { blend_with(dice, world, Some(price)) };
        text += &format!("price = {{ {price} }}\n{}", otherwise(dice, world, lower));
        match name {
            _ if !plain => {}
            "tuned" if dice.chance(25) => {
                text += "table = \"tables/tuning.csv\"\n";
                files.0.insert(
                    "tables/tuning.csv".into(),
                    "category,set price.optimise.within,set price.optimise.confidence\n**,12%,\ntech/**,6%,85%\ntech/phones/**,,50%\n"
                        .into(),
                );
            }
            "tuned" if dice.chance(30) => {
                text += &format!(
                    "[rule.tuned.for.two]\nwhere = {{ market = \"{two}\" }}\nprice.optimise.within = \"4%\"\n"
                );
            }
            "paired" if dice.chance(30) => {
                text += &format!(
                    "[rule.paired.for.two]\nwhere = {{ market = \"{two}\" }}\nprice.relative.by = \"-1%\"\n"
                );
            }
            _ => {}
        }
    }
    text
}

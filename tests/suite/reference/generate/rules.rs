//! `rules/*.toml` and `tables/*.csv`: strategies, adjustments, rounding; the guards are next door.

use super::super::Files;
use super::dice::{Dice, money};
use super::{CATEGORIES, Place, World, adjust, ahead, guards};

pub fn write(dice: &mut Dice, world: &World, files: &mut Files) {
    let (guard_text, guard_names) = guards::write(dice, world);
    files.0.insert("rules/guards.toml".into(), guard_text);
    files.0.insert("tables/plan.csv".into(), plan(dice, world));
    files.0.insert("tables/leaflet.csv".into(), leaflet(dice, world));
    files.0.insert("tables/shelf.csv".into(), shelf(dice, world));
    files.0.insert(
        "tables/holidays.csv".into(),
        "calendar,holiday,first,last\nX,fest,2026-03-20,2026-03-23\nX,fest,2026-11-24,2026-11-25\n".into(),
    );
    ahead::write(dice, world, files);
    files.0.insert("rules/strategy.toml".into(), strategies(dice, world, &guard_names));
    let mut adjusting = adjust::adjustments(dice, world, &guard_names);
    adjusting += &adjust::fitted(dice, world, &guard_names, files);
    files.0.insert("rules/adjust.toml".into(), adjusting);
    files.0.insert("rules/shelf.toml".into(), rounds(dice, world));
}

pub fn head(name: &str, layer: &str) -> String {
    format!("\n[rule.{name}]\nlayer = \"{layer}\"\nowner = \"gen\"\nwhy = \"generated\"\n")
}

fn cost_plus(dice: &mut Dice, world: &World) -> String {
    match dice.below(3) {
        0 => format!(
            "cost-plus = {{ margin = \"{}\" }}",
            dice.pick(&["0%", "9%", "22%", "37.5%", "60%", "86%"])
        ),
        1 => format!(
            "cost-plus = {{ markup = \"{}\" }}",
            dice.pick(&["0%", "15%", "30%", "100%", "12.34567%"])
        ),
        _ => format!("cost-plus = {{ profit = \"{}\" }}", world.both(dice.pick(&[1, 99, 500, 2_000]))),
    }
}

fn rank(dice: &mut Dice) -> &'static str {
    dice.pick(&["lowest", "second", "third", "median", "mean", "highest"])
}

fn set(dice: &mut Dice) -> &'static str {
    dice.pick(&["national", "national", "local"])
}

fn by(dice: &mut Dice) -> &'static str {
    dice.pick(&["-1%", "-0.5%", "+0.5%", "-2%", "+3%", "-50%", "-0.12345%", "+0%", "+0%"])
}

fn follow(dice: &mut Dice) -> String {
    format!("follow = {{ set = \"{}\", rank = \"{}\", by = \"{}\" }}", set(dice), rank(dice), by(dice))
}

fn index(dice: &mut Dice) -> String {
    let at = dice.pick(&["108%", "100%", "100%", "92.5%", "150%"]);
    format!("index = {{ set = \"{}\", of = \"{}\", at = \"{at}\" }}", set(dice), rank(dice))
}

/// Two or three parts with weights that total 100 %.
fn blend(dice: &mut Dice, world: &World, lower: &str) -> String {
    let part = if dice.chance(65) { ahead::any(dice, world, lower) } else { None };
    blend_with(dice, world, part)
}

pub fn blend_with(dice: &mut Dice, world: &World, part: Option<String>) -> String {
    let weigh =
        |part: String, weight: &str| part.replacen("= { ", &format!("= {{ weight = \"{weight}\", "), 1);
    let (parts, weights): (usize, [&str; 3]) = dice.pick(&[
        (2, ["60%", "40%", ""]),
        (2, ["33.3%", "66.7%", ""]),
        (3, ["50%", "25%", "25%"]),
        (1, ["100%", "", ""]),
    ]);
    let mut all = [follow(dice), cost_plus(dice, world), index(dice)];
    if let Some(part) = part {
        let place = dice.below(3);
        all[place] = part;
    }
    let from = dice.below(3);
    let mut text: Vec<String> = (0..parts).map(|i| weigh(all[(from + i) % 3].clone(), weights[i])).collect();
    if dice.chance(50) {
        text.push("renormalise = true".into());
    }
    format!("blend = {{ {} }}", text.join(", "))
}

/// `else`, with an empty line if there is none.
pub fn otherwise(dice: &mut Dice, world: &World, lower: &str) -> String {
    let mut list = Vec::new();
    for _ in 0..dice.below(3) {
        if dice.chance(25)
            && let Some(strategy) = ahead::any(dice, world, lower)
        {
            list.push(format!("{{ {strategy} }}"));
            continue;
        }
        list.push(match dice.below(5) {
            0 => format!("{{ {} }}", cost_plus(dice, world)),
            1 => "{ keep = { max_age = \"7d\" } }".into(),
            2 => format!("{{ {} }}", index(dice)),
            _ if lower.is_empty() => format!("{{ {} }}", follow(dice)),
            _ => format!("{{ use = \"{lower}\" }}"),
        });
    }
    match list.as_slice() {
        [] => String::new(),
        [one] => format!("else = {one}\n"),
        several => format!("else = [ {} ]\n", several.join(", ")),
    }
}

fn any_strategy(dice: &mut Dice, world: &World, lower: &str) -> String {
    if dice.chance(35)
        && let Some(strategy) = ahead::any(dice, world, lower)
    {
        return strategy;
    }
    match dice.below(6) {
        0 => cost_plus(dice, world),
        1 => follow(dice),
        2..=4 => index(dice),
        _ => blend(dice, world, lower),
    }
}

/// The rules. Comments say what orders each overlapping pair.
fn strategies(dice: &mut Dice, world: &World, guards: &[String]) -> String {
    let (one, two) = (world.places[0].market, world.places[1].market);
    let mut text = head("plan", "base") + "table = \"tables/plan.csv\"\n"; // rows: nested branches
    if dice.chance(50) {
        text += &otherwise(dice, world, "");
    }
    text += &head("brands", "base"); // over plan
    text += "where = { tags = \"own-brand\" }\nover = [\"plan\"]\n";
    text += &format!("price = {{ {} }}\n{}", any_strategy(dice, world, ""), otherwise(dice, world, ""));

    text += &head("kvi", "position"); // the other rules of this layer say `!kvi`
    text += &format!(
        "where = {{ tags = \"kvi\" }}\nprice = {{ {} }}\n{}",
        follow(dice),
        otherwise(dice, world, "base")
    );
    if dice.chance(50) {
        text += &format!(
            "[rule.kvi.for.two]\nwhere = {{ market = \"{two}\" }}\nprice.follow.by = \"{}\"\n",
            by(dice)
        );
        if dice.chance(50) {
            // narrower than the overlay `two`
            text += &format!(
                "[rule.kvi.for.app]\nwhere = {{ market = \"{two}\", channel = \"app\" }}\nprice.follow.rank = \"{}\"\n",
                rank(dice)
            );
        }
    }
    text += &head("phones", "position");
    text += &format!(
        "where = {{ category = \"tech/phones/**\", tags = \"!kvi\" }}\nprice = {{ {} }}\n{}",
        blend(dice, world, "base"),
        otherwise(dice, world, "base")
    );
    text += &head("audio", "position"); // another branch than phones
    text +=
        "where = { category = \"tech/audio/**\", brand = \"Bose | Sennheiser | Haus\", tags = \"!kvi\" }\n";
    text += &format!("price = {{ {} }}\n{}", index(dice), otherwise(dice, world, "base"));
    if dice.chance(60) {
        text += &head("android", "position"); // narrower than phones
        text += "where = { category = \"tech/phones/android/**\", tags = [\"!kvi\", \"!fresh\"] }\n";
        text += &format!(
            "price = {{ {} }}\n{}",
            any_strategy(dice, world, "base"),
            otherwise(dice, world, "base")
        );
    }
    if dice.chance(60) {
        text += &head("steady", "position"); // over all it meets
        text += "where = { tags = [\"steady\", \"!kvi\"] }\nover = [\"phones\", \"audio\", \"bulk\"";
        text += if text.contains("[rule.android]") { ", \"android\"]\n" } else { "]\n" };
        text += &format!("price = {{ keep = {{ max_age = \"7d\" }} }}\n{}", otherwise(dice, world, "base"));
    } else {
        text += &head("steady", "position");
        text += "where = { category = \"food/fresh/**\", tags = [\"steady\", \"!kvi\", \"!eol\"] }\nover = [\"bulk\"]\n";
        text += &format!("price = {{ use = \"base\" }}\n{}", otherwise(dice, world, "base"));
    }
    text += &head("bulk", "position"); // meets only `steady`
    text += "where = { tags = \"!kvi\", any = [ { category = \"food/**\", rating = \"< 2.5\" }, { category = \"toys\", return_rate = \">= 10%\" } ] }\n";
    text +=
        &format!("price = {{ {} }}\n{}", any_strategy(dice, world, "base"), otherwise(dice, world, "base"));

    text += &head("launch", "lifecycle");
    text += &format!(
        "where = {{ tags = \"new\", on_sale_for = \"< 8w\" }}\nprice = {{ use = \"{}\" }}\n",
        dice.pick(&["base", "position", "tune"])
    );
    text += &otherwise(dice, world, "base");
    text += &head("clear", "lifecycle"); // over launch
    text += "where = { tags = \"eol\", stock_cover = \"> 12w\" }\nover = [\"launch\"]\n";
    text += &format!(
        "price = {{ {} }}\n{}",
        any_strategy(dice, world, "tune"),
        otherwise(dice, world, "position")
    );

    text += &head("leaflet", "override");
    text += &format!(
        "where = {{ market = \"{one}\", sku = \"@tables/leaflet.csv\" }}\nfrom = 2026-11-23\nuntil = 2026-11-30\n"
    );
    text += "price = { fixed = { table = \"tables/leaflet.csv\" } }\n";
    text += &relax(dice, guards, 60);
    text += &head("flat", "override"); // over leaflet
    text += "where = { tags = \"flat\" }\nover = [\"leaflet\"]\n";
    if dice.chance(50) {
        let cents = dice.pick(&[199, 1_000, 4_999]);
        let both = world.both(cents);
        let value =
            if dice.chance(70) { both.as_str() } else { both.split(" | ").next().unwrap_or_default() };
        text += &format!("price = {{ fixed = \"{value}\" }}\n");
    } else {
        text += "price = { fixed = { table = \"tables/shelf.csv\" } }\n";
    }
    text += &otherwise(dice, world, "position");
    text
}

/// `relax` of rules stands beside an `until` (RULEBOOK 2.5); never a legal guard.
pub fn relax(dice: &mut Dice, guards: &[String], percent: usize) -> String {
    if guards.is_empty() || !dice.chance(percent) {
        return String::new();
    }
    let mut names: Vec<String> = (0..1 + dice.below(2)).map(|_| dice.pick(guards)).collect();
    names.sort();
    names.dedup();
    format!("relax = [{}]\n", names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

/// Nested branches; a market's own row only where no deeper branch has a row.
fn plan(dice: &mut Dice, world: &World) -> String {
    let aim = dice.below(3);
    let column = ["margin", "markup", "profit"][aim];
    let value = |dice: &mut Dice| match aim {
        0 => dice.pick(&["22%", "9%", "14%", "38%", "5.5%", "90%"]).to_string(),
        1 => dice.pick(&["22%", "9%", "50%", "0%", "7.77777%"]).to_string(),
        _ => world.both(dice.pick(&[10, 150, 1_000])),
    };
    let mut text = format!("category,market,set price.cost-plus.{column},why\n");
    if dice.chance(85) {
        text += &format!("**,-,{},default\n", value(dice));
    }
    let chosen: Vec<&str> = CATEGORIES.into_iter().filter(|_| dice.chance(40)).collect();
    for category in &chosen {
        text += &format!("{category}/**,-,{},\n", value(dice));
        let deeper = chosen.iter().any(|other| other.starts_with(&format!("{category}/")));
        if !deeper && dice.chance(50) {
            text += &format!("{category}/**,{},{},\n", world.places[1].market, value(dice));
        }
    }
    if !text.contains("**") {
        text += &format!("toys,-,{},\n", value(dice));
    }
    text
}

/// Printed prices of the first market, by article.
fn leaflet(dice: &mut Dice, world: &World) -> String {
    let mut text = String::from("sku,set price.fixed\n");
    for number in (0..world.cases).filter(|number| number % 5 == 0) {
        let cents = dice.pick(&[99, 1_000, 4_999, 34_900]);
        let value = if dice.chance(85) {
            money(world.places[0].amount(cents), world.places[0].currency)
        } else {
            money(world.places[1].amount(cents), world.places[1].currency)
        };
        text += &format!("{},{value}\n", world.sku(number));
    }
    text
}

/// Fixed prices by branch: the narrower row wins; no row for `toys`.
fn shelf(dice: &mut Dice, world: &World) -> String {
    let mut text = String::from("category,set price.fixed\n");
    for (category, cents) in [("tech/**", 9_900), ("tech/phones/**", 39_900), ("food/**", 99)] {
        text += &format!("{category},{}\n", world.both(cents + dice.between(0, 5)));
    }
    text
}

fn rounds(dice: &mut Dice, world: &World) -> String {
    let mut text = String::new();
    for place in &world.places {
        if dice.chance(20) {
            continue;
        }
        text += &format!(
            "\n[round.{}]\nwhere = {{ market = \"{}\" }}\n",
            place.market.to_lowercase(),
            place.market
        );
        if dice.chance(90) {
            text += &format!("bands = [ {} ]\n", bands(dice, place));
        }
        text += dice.pick(&["", "way = \"nearest\"\n", "way = \"down\"\n", "way = \"up\"\n"]);
        if dice.chance(40) {
            let name = place.market.to_lowercase();
            text += &format!(
                "[round.{name}.for.szpt]\nwhere = {{ tags = \"szpt\" }}\nway = \"{}\"\n",
                dice.pick(&["down", "up"])
            );
        }
    }
    text
}

fn bands(dice: &mut Dice, place: &Place) -> String {
    let ends = |dice: &mut Dice| match place.digits {
        0 => dice.pick(&["*0 | *5", "*90", "*8", "*980", "*", "*4 | *6"]),
        3 => dice.pick(&["*.990 | *.490", "*.500", "*4.750 | *9.750", "*.250 | *.750", "*"]),
        _ => dice.pick(&["*.*9", "*.99 | *.49", "*4.99 | *9.99", "*.95", "*90", "*", "*.25 | *.75"]),
    };
    let to = |cents: i64| money(place.amount(cents), place.currency);
    let mut list = Vec::new();
    if dice.chance(70) {
        list.push(format!("{{ to = \"{}\", ends = \"{}\" }}", to(1_000), ends(dice)));
    }
    if dice.chance(70) {
        list.push(format!("{{ to = \"{}\", ends = \"{}\" }}", to(10_000), ends(dice)));
    }
    if list.is_empty() || dice.chance(80) {
        list.push(format!("{{ ends = \"{}\" }}", ends(dice)));
    }
    list.join(", ")
}

//! `rulebook.toml` and `schema.toml`.

use super::super::Files;
use super::dice::Dice;
use super::{TAGS, World};

pub fn write(dice: &mut Dice, world: &mut World, files: &mut Files) {
    files.0.insert("schema.toml".into(), schema(dice, world));
    files.0.insert("rulebook.toml".into(), rulebook(dice, world));
}

fn rulebook(dice: &mut Dice, world: &World) -> String {
    let mut text = String::from(
        "edition = \"2026\"\nname = \"generated\"\nlayers = [\"base\", \"position\", \"tune\", \"lifecycle\", \"override\"]\nprice_basis = \"gross\"\n",
    );
    for place in &world.places {
        let standard = dice.pick(&["19%", "16%", "10%", "5%", "0%", "8.1%", "25%"]);
        let food = match dice.below(5) {
            0 => String::new(), // an item of this class is quarantined here
            _ => format!(", food = \"{}\"", dice.pick(&["7%", "0%", "5.5%", "12%"])),
        };
        text += &format!(
            "\n[market.{}]\ncurrency = \"{}\"\ntimezone = \"{}\"\n",
            place.market, place.currency, place.zone
        );
        text += &format!("vat = {{ standard = \"{standard}\"{food} }}\n");
        let duty = dice.pick(&["", ", duty = \"2.5%\"", ", duty = \"0.1%\""]);
        text += &format!("landed = {{ freight = \"{}\"{duty} }}\n", dice.pick(&["0%", "0.6%", "1.5%", "2%"]));
        let max_age = dice.pick(&["", ", max_age = \"24h\"", ", max_age = \"24h\"", ", max_age = \"36h\""]);
        let buffer = dice.pick(&["", ", buffer = \"2.5%\"", ", buffer = \"0.5%\""]);
        text += &format!("fx = {{ costs_in = \"EUR\", feed = \"feeds/fx.csv\"{max_age}{buffer} }}\n");
    }
    text += &channels(dice, world);
    if dice.chance(60) {
        text += "\n[facts]\n";
        text += dice.pick(&["", "cost_change = \"-50% ..= +100%\"\n", "cost_change = \"-10% ..= +25%\"\n"]);
        text += dice.pick(&["", "rival = \"40% ..= 250%\"\n", "rival = \"50% ..= 200%\"\n"]);
        text += dice.pick(&["", "rate_jump = \"10%\"\n", "rate_jump = \"2%\"\n"]);
    }
    for place in &world.places {
        for set in ["national", "local"] {
            if set == "local" && place.market == world.places[1].market && dice.chance(25) {
                continue; // no such set in this market: never a price
            }
            text += &format!("\n[competitors.{set}.{}]\n", place.market);
            let members =
                dice.pick(&["\"alza\", \"mediam\", \"otto\", \"kaufl\"", "\"alza\", \"mediam\", \"otto\""]);
            text += &format!("members = [{members}]\n");
            text += dice.pick(&["", "", "own = [\"otto\"]\n"]);
            let conditions = [
                dice.pick(&["", "match = \">= 90%\"", "match = \"90% ..= 100%\""]),
                dice.pick(&["", "age = \"<= 48h\"", "age = \"< 48h\""]),
                dice.pick(&["", "in_stock = \"yes\""]),
                dice.pick(&["", "delivery = \"included\"", "delivery = \"excluded\""]),
                dice.pick(&["", "at_least = 1", "at_least = 2"]),
            ];
            let given: Vec<&str> = conditions.into_iter().filter(|condition| !condition.is_empty()).collect();
            if !given.is_empty() {
                text += &format!("use = {{ {} }}\n", given.join(", "));
            }
        }
    }
    text
}

fn channels(dice: &mut Dice, world: &World) -> String {
    let mut text = String::from("\n[channel.own]\n");
    let pick = dice.pick(&["", ", pick = \"1.20 EUR\""]);
    let bag = dice.pick(&["", ", bag = \"0.05 EUR/unit\""]);
    text += &format!(
        "costs = {{ payment = \"{}\", cpa = \"1.90 EUR\"{pick}{bag} }}\n",
        dice.pick(&["1.4%", "2%"])
    );
    if dice.chance(80) {
        text += &format!("basket = \"{}\"\n", world.both(4_500));
    }
    text += &format!("\n[channel.app]\nlike = \"own\"\ncosts = {{ cpa = \"{}\" }}\n", world.both(60));
    text += &format!("\n[channel.bazaar]\nonly = {{ market = \"{}\" }}\n", world.places[1].market);
    text += &format!(
        "costs = {{ commission = \"{}\" }}\n",
        dice.pick(&["12%", "15%", "8.5%", "12%", "8.5%", "90%"])
    );
    text += &format!("pass_on = \"{}\"\n", dice.pick(&["50%", "0%", "100%"]));
    text += "\n[channel.dropship]\ncost_from = \"supplier\"\n";
    text += "\n[channel.post]\ncosts = { commission = \"5%\", payment = \"1%\", ";
    text += &format!("label = \"{}\", box = \"0.10 EUR/unit\" }}\n", world.both(250));
    text += &format!(
        "returns = {{ rate = \"8%\", reverse = \"{}\", salvage = \"60%\" }}\n",
        dice.pick(&["3.50 EUR", "0 EUR"])
    );
    text
}

fn schema(dice: &mut Dice, world: &mut World) -> String {
    let mut text = String::from("[attr]\nsku = { type = \"id\" }\ncategory = { type = \"tree\" }\n");
    let tags = TAGS.map(|tag| format!("\"{tag}\"")).join(", ");
    text += &format!("tags = {{ type = \"set\", values = [{tags}] }}\n");
    text += "vat_class = { type = \"text\", values = [\"standard\", \"food\"], optional = true }\n";
    for (name, kind) in [("brand", "{ type = \"text\""), ("cost", "{ type = \"money\", basis = \"net\"")] {
        let optional = dice.chance(70);
        if optional {
            world.optional.push(name);
        }
        text += &format!("{name} = {kind}{} }}\n", if optional { ", optional = true" } else { "" });
    }
    text += "rrp = { type = \"money\", optional = true }\n";
    text += "list_net = { type = \"money\", basis = \"net\", optional = true }\n";
    text += "rating = { type = \"number\", optional = true }\n";
    text += "return_rate = { type = \"percent\", optional = true }\n";
    if world.on.relative {
        text += "twin = { type = \"sku\", optional = true }\n";
    }
    for name in ["stock_cover", "inbound", "shelf_life", "on_sale_for"] {
        text += &format!("{name} = {{ type = \"duration\", optional = true }}\n");
    }
    text += "margin_at_rrp = { type = \"percent\", derive = \"(net(rrp) - cost) / net(rrp)\" }\n";
    text += "headroom = { type = \"money\", derive = \"rrp - gross(cost) × 1.1\" }\n";
    text += "daily_share = { type = \"number\", derive = \"units_per_day / (stock_units + 1)\" }\n";
    text
}

//! Seasons, fitted ones too, and stock rules.

use super::super::Files;
use super::dice::{Dice, decimal};
use super::rules::relax;
use super::{BRANDS, CATEGORIES, World};

pub fn adjustments(dice: &mut Dice, world: &World, guards: &[String]) -> String {
    let mut text = String::new();
    if dice.chance(70) {
        text += &format!("limit = \"{}\"\n", dice.pick(&["-30% .. +10%", "-5% .. +5%", "-20% .. +3%"]));
    }
    let two = world.places[1].market;
    let mut entry = |dice: &mut Dice, percent: usize, body: String| {
        if dice.chance(percent) {
            text += &format!("\n{body}\n");
            text += &relax(dice, guards, 25);
        }
    };
    entry(
        dice,
        50,
        format!(
            "[season.payday]\nwhere = {{ market = \"{two}\", tags = \"!szpt\" }}\nwhen = {{ day_of_month = \"5 .. 8 | 20 .. 23\" }}\nadjust = \"+1.5%\""
        ),
    );
    entry(dice, 50, "[season.dinner]\nwhere = { category = \"food/**\" }\nwhen = { weekday = \"fri | sat\", time = \"17:00 .. 21:00\" }\nadjust = \"+3%\"".into());
    entry(
        dice,
        50,
        "[season.night]\nwhen = { weekday = \"sat .. sun\", time = \"22:00 .. 06:00\" }\nadjust = \"-2.5%\""
            .into(),
    );
    entry(dice, 50, "[season.fest]\nwhere = { tags = \"!kvi | steady\" }\nwhen = { holiday = \"X:fest\", days = \"-1 .. +2\" }\nadjust = \"+4%\"".into());
    entry(
        dice,
        30,
        "[season.dated]\nfrom = 2026-11-20\nuntil = 2026-11-24T12:00:00\nadjust = \"-0.33333%\"".into(),
    );
    entry(
        dice,
        60,
        "[stock.surplus]\nwhere = { stock_cover = \"> 8w\", tags = \"!fresh\" }\nadjust = \"-3%\"".into(),
    );
    entry(dice, 50, "[stock.deficit]\nwhere = { stock_cover = \"< 1w\", inbound = \"> 2w | ?\", tags = \"!kvi\" }\nadjust = \"+4%\"".into());
    entry(
        dice,
        60,
        "[stock.last-day]\nwhere = { tags = \"fresh\", shelf_life = \"0s ..= 1d\" }\nadjust = \"-30%\""
            .into(),
    );
    if text.contains("[stock.surplus]") && dice.chance(40) {
        text += &format!("\n[stock.surplus.for.two]\nwhere = {{ market = \"{two}\" }}\nadjust = \"-12%\"\n");
    }
    text
}

/// Seasons from files like those of `pricer fit`: at most one with an overlay, and one by brand.
pub fn fitted(dice: &mut Dice, world: &World, guards: &[String], files: &mut Files) -> String {
    let mut text = String::new();
    if dice.chance(60) {
        let everything = dice.chance(20);
        let categories: Vec<&str> = match everything {
            true => vec!["all"],
            false => CATEGORIES.into_iter().filter(|_| dice.chance(45)).collect(),
        };
        let categories = if categories.is_empty() { vec!["food"] } else { categories };
        files.0.insert("fitted/seasons.csv".into(), indices(dice, &categories));
        let place =
            dice.pick(&["", "where = { tags = \"!szpt\" }\n", "when = { weekday = \"fri .. sun\" }\n"]);
        text += &format!(
            "\n[season.wave]\n{place}fitted = {{ {} }}\n",
            terms(dice, &["", "file = \"fitted/seasons.csv\""])
        );
        text += &relax(dice, guards, 25);
        if dice.chance(50) {
            files.0.insert("fitted/two.csv".into(), indices(dice, &["food/staples", "tech"]));
            let own = dice.pick(&["strength = \"12.5%\"", "cap = \"0.5%\"", "file = \"fitted/two.csv\""]);
            let two = world.places[1].market;
            text +=
                &format!("[season.wave.for.two]\nwhere = {{ market = \"{two}\" }}\nfitted = {{ {own} }}\n");
        }
    }
    if dice.chance(30) {
        files.0.insert("fitted/brands.csv".into(), indices(dice, &BRANDS[..2]));
        text += &format!(
            "\n[season.brands]\nfitted = {{ {} }}\n",
            terms(dice, &["by = \"brand\", file = \"fitted/brands.csv\""])
        );
    }
    text
}

fn terms(dice: &mut Dice, first: &[&str]) -> String {
    let cap = dice.pick(&["cap = \"10%\"", "cap = \"3.33333%\"", "cap = \"100%\""]);
    let terms = [dice.pick(first), dice.pick(&["", "strength = \"50%\"", "strength = \"33.3333333%\""]), cap];
    terms.into_iter().filter(|term| !term.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A year of each category, in months or weeks.
fn indices(dice: &mut Dice, categories: &[&str]) -> String {
    let (part, count) = dice.pick(&[("month", 12), ("week", 52)]);
    let mut text = format!("category,{part},index,years\n");
    for category in categories {
        for number in 1..=count {
            let nanos = match dice.below(4) {
                0 => dice.pick(&[1_000_000_000, 900_000_000, 1_100_000_000, 1_000_000_001, 50_000_000]),
                _ => dice.between(700_000_000, 1_400_000_000),
            };
            text += &format!("{category},{number},{},3\n", decimal(nanos.into(), 9));
        }
    }
    text
}

//! `rules/*.toml`.

use super::parts::*;
use super::strategies::{Whole, alternatives, price};
use serde_json::{Value, json};

pub fn schema() -> Value {
    table(
        "Rules, adjustments, guards and rounding. File names carry no meaning.",
        [
            may("limit", percents("All adjustments together stay inside; once in all rule files.")),
            may("rule", named("For these items this way to a price: [rule.NAME].", rule())),
            may("season", named("Changes at some times: [season.NAME].", entry(season, true))),
            may("stock", named("Changes for some stock: [stock.NAME].", entry(|_| adjustment(true), true))),
            may("guard", named("What no price may leave: [guard.NAME].", entry(|_| guard(), true))),
            may("round", named("Which prices look right: [round.NAME].", entry(|_| round(), true))),
        ],
    )
}

/// What every entry may say.
fn common() -> Vec<Key> {
    vec![
        may("owner", text("Who answers for it.")),
        may("why", text("Why it is there: shown wherever it acts.")),
        may("where", scope("The items it is about: all cells hold.")),
        may("from", date("Open from here on, in the market's time.")),
        may("until", date("Closed from here on: the end is exclusive.")),
    ]
}

/// An entry with its overlays, which say the same keys but need none except `where`.
fn entry(keys: impl Fn(bool) -> Vec<Key>, required: bool) -> Value {
    let all = |whole: bool| common().into_iter().chain(keys(whole));
    let bare = all(false).map(|(name, _, value)| (name, name == "where", value));
    let overlay = table("The parent with a difference, for a part of its scope.", bare);
    let whole = all(true).map(|(name, must, value)| (name, must && required, value));
    table("An entry.", whole.chain([may("for", named("Overlays: [KIND.NAME.for.OTHER].", overlay))]))
}

/// A rule has a whole price, unless its table's rows complete it.
fn rule() -> Value {
    let keys = |whole: bool| {
        let mut keys = vec![
            may("layer", text("A layer of rulebook.toml; needed as soon as there are several.")),
            may("price", price(Whole::Difference)),
            may("else", alternatives()),
            may("over", texts("Rules of the same layer that this one wins over.")),
            may("relax", texts("Guards that this rule gives up; needs `until`, and never a legal guard.")),
        ];
        if whole {
            keys.push(may("table", text("A table of rows, each a rule: tables/NAME.csv.")));
        }
        keys
    };
    let mut rule = entry(keys, true);
    if let Value::Object(map) = &mut rule {
        map.insert("if".to_owned(), json!({ "not": { "required": ["table"] } }));
        map.insert(
            "then".to_owned(),
            json!({ "required": ["price"], "properties": { "price": price(Whole::Yes) } }),
        );
    }
    rule
}

fn adjustment(needed: bool) -> Vec<Key> {
    vec![
        ("adjust", needed, signed("A percent that says up or down.")),
        may("relax", texts("Guards that give way to it.")),
    ]
}

fn season(_: bool) -> Vec<Key> {
    let when = table(
        "When it holds; all that is written must hold.",
        [
            may("weekday", text("`fri | sat`, or a span `mon .. fri`.")),
            may("time", text("`17:00 .. 21:00`, by the market's clock; the end is exclusive.")),
            may("day_of_month", text("`5 .. 8 | 20 .. 23`, both ends included.")),
            may("holiday", text("`KZ:nauryz`, of tables/holidays.csv.")),
            may("days", text("Around the holiday: `-7 .. +2`.")),
            may("dates", text("Dates or days of the year.")),
        ],
    );
    let fitted = table(
        "Indices that were fitted to sales, instead of `adjust`.",
        [
            may(
                "file",
                text(
                    "A season file: `fitted/seasons.csv`, which `pricer fit` writes, or another of that folder.",
                ),
            ),
            may("by", text("The attribute that holds the category of an item: `category`.")),
            may("strength", percent("How much of index − 1 counts: `100%`.")),
            need("cap", percent("How far it moves a price at most, up and down.")),
        ],
    );
    let mut keys = adjustment(false);
    keys.push(may("when", when));
    keys.push(may("fitted", fitted));
    keys
}

fn guard() -> Vec<Key> {
    let classes = ["legal", "safety", "contract", "commercial", "comfort"];
    let bases = ["purchase cost", "landed cost"];
    let change_by = json!({
        "description": "A percent up and down, or a range from down to up.",
        "anyOf": [percent("Up and down."), percents("Down and up.")],
    });
    vec![
        need("class", words("Who gives way when guards cannot all hold: the later class.", &classes)),
        may("min_margin", change("A share of the net price at least.")),
        may("min_contribution", money("What is left of a unit after commission, payment and unit costs.")),
        may("min_full_contribution", money("The same after a share of the order's costs.")),
        may(
            "max_markup",
            table(
                "At most so much on cost.",
                [need("of", words("On which cost.", &bases)), need("by", change("A percent of it."))],
            ),
        ),
        may("min_price", limit("Money, or a percent of a money attribute.")),
        may("max_price", limit("Money, or a percent of a money attribute.")),
        may("absolute", named("By currency, both ends included.", amounts("Without currency."))),
        may(
            "max_change",
            json!({
                "description": "How far a price may move from the current one.",
                "anyOf": [
                    percent("Up and down."),
                    table("With its time.", [
                        need("by", change_by),
                        may("per", duration("In this time.")),
                    ]),
                ],
            }),
        ),
        may("min_change", percent("A smaller move is not worth a new label.")),
        may("cooldown", duration("No move within this time of the last.")),
        may(
            "announce",
            table(
                "An announced reduction shows the reference price.",
                [
                    need("reference", words("Which one.", &["lowest"])),
                    need("days", count("Of so many days.", 1, 366)),
                ],
            ),
        ),
        may(
            "when",
            table(
                "Acts only on prices that read this feed at such an age.",
                [
                    need("feed", words("The feed.", &["competitors", "fx"])),
                    need("age", about("Such as `> 48h`.", cell())),
                ],
            ),
        ),
        may("action", words("What to do then.", &["keep price"])),
        may(
            "if_impossible",
            words("What a legal or safety guard does when it cannot hold.", &["yield", "refuse"]),
        ),
    ]
}

fn round() -> Vec<Key> {
    let band = table(
        "Endings for prices below `to`.",
        [
            may("to", money("Prices below it are in this band; the last band takes the rest.")),
            need("ends", text("`*` is any digits: `*.99 | *.49`, `*4.99`, `*90`.")),
        ],
    );
    vec![
        may(
            "bands",
            json!({ "description": "By the height of the price.", "type": "array", "minItems": 1, "items": band }),
        ),
        may("way", words("Which of the allowed prices.", &["nearest", "down", "up"])),
        may("over", texts("Round rules that this one wins over.")),
    ]
}

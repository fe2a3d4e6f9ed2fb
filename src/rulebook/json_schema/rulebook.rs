//! `rulebook.toml`.

use super::parts::*;
use serde_json::{Value, json};

pub fn schema() -> Value {
    table(
        "Markets, channels, rival sets, layers: where we sell, and what that costs.",
        [
            need("edition", words("Format edition: an old rulebook never changes its meaning.", &["2026"])),
            need("name", text("What this rulebook is called.")),
            may("layers", texts("Layers of rules; the later layer sets the price.")),
            may("price_basis", words("Money is the shelf price including VAT.", &["gross"])),
            need("market", named("Where we sell: [market.DE].", market())),
            need("channel", named("Through what we sell: [channel.own].", channel())),
            may("facts", facts()),
            may("competitors", named("Rival sets: [competitors.national].", competitors())),
            may("segment", named("Groups of customers: [segment.loyal].", segment())),
            may("feed", table("How files of facts name things.", [may("items", items_feed())])),
        ],
    )
}

fn market() -> Value {
    table(
        "A market: its currency, clock and taxes.",
        [
            need("currency", currency("ISO 4217 code of the prices.")),
            need("timezone", text("IANA time zone, such as Europe/Berlin: dates and times are local.")),
            need(
                "vat",
                named("VAT by class; an item without class is `standard`.", percent("Of the net price.")),
            ),
            may(
                "landed",
                named("What a purchase costs until it lies on the shelf.", percent("Of the purchase cost.")),
            ),
            may(
                "fx",
                table(
                    "How costs in another currency are converted.",
                    [
                        may("costs_in", currency("What most costs are in; tells the reader.")),
                        may("feed", text("The exchange-rate file, relative to the rulebook.")),
                        may("max_age", duration("A rate older than this is stale: the price is held.")),
                        may("buffer", percent("On top of the converted cost.")),
                    ],
                ),
            ),
        ],
    )
}

fn channel() -> Value {
    let amount = r"-?\d{1,15}(\.\d{1,9})? [A-Z]{3}(/unit)?";
    let cost = json!({
        "description": "A share of the gross price (`1.4%`), money per order (`1.90 EUR`) or per unit (`0.05 EUR/unit`).",
        "type": "string",
        "pattern": format!(r"^\s*(\d{{1,15}}(\.\d{{1,9}})?%|{amount}(\s*\|\s*{amount})*)\s*$"),
        "examples": ["1.4%", "1.90 EUR", "0.05 EUR/unit"],
    });
    table(
        "A channel: what selling through it takes.",
        [
            may("like", text("Another channel: everything not written here is as there.")),
            may("costs", named("Costs by name; `commission` is a share.", cost.clone())),
            may("basket", money("The usual order's value: per-order costs are spread over it.")),
            may("only", table("The markets it sells in.", [need("market", cell())])),
            may("pass_on", percent("The share of the commission that cost-plus prices carry.")),
            may("cost_from", words("Whose cost counts.", &["own", "supplier"])),
            may(
                "returns",
                table(
                    "What returns cost.",
                    [
                        need("rate", percent("Of units that come back.")),
                        need("reverse", about("What bringing one back costs.", cost)),
                        need("salvage", percent("Of the landed cost that a returned unit is worth.")),
                    ],
                ),
            ),
        ],
    )
}

fn facts() -> Value {
    table(
        "What nobody believes must not set a price: outside these ranges the price is held.",
        [
            may("cost_change", percents("Of the cost against the previous cost.")),
            may("rival", percents("Of a rival's price against ours.")),
            may("rate_jump", percent("Of an exchange rate against the one before.")),
        ],
    )
}

/// Settings for all markets, or one table for each market.
fn competitors() -> Value {
    let of = |keys: Value| {
        let mut set = table(
            "Which rivals count, and when.",
            [
                may("members", texts("The rivals' names, as in the offers feed.")),
                may("own", texts("Our own shops among them: never rivals.")),
                may("use", use_table()),
            ],
        );
        if let Value::Object(map) = &mut set {
            map.insert("additionalProperties".to_owned(), keys);
        }
        set
    };
    of(of(json!(false)))
}

fn use_table() -> Value {
    table(
        "Which offers of these rivals count.",
        [
            may("match", about("Match quality, such as `>= 90%`.", cell())),
            may("age", about("Age of the observation, such as `<= 48h`.", cell())),
            may("in_stock", words("Whether the rival has it.", &["yes", "no"])),
            may(
                "delivery",
                words("Whether delivery is part of the compared price.", &["included", "excluded"]),
            ),
            may("at_least", count("Fewer valid rivals than this are no market.", 1, 1_000)),
        ],
    )
}

fn segment() -> Value {
    table("A group of customers.", [need("where", scope("Cells on attributes with `of = \"customer\"`."))])
}

fn items_feed() -> Value {
    table(
        "The catalog.",
        [
            may("columns", named("Attribute to column header, where they differ.", text("The header."))),
            may("currency", currency("What a number without currency is an amount of.")),
            may("file", text("The file, relative to the rulebook.")),
        ],
    )
}

//! `tests/*.toml`.

use super::parts::*;
use serde_json::{Value, json};

pub fn schema() -> Value {
    table(
        "Tests of single prices, and properties of all prices.",
        [
            may("test", named("Given these facts, expect this: [test.NAME].", test())),
            may("always", named("What holds for every price of a catalog: [always.NAME].", always())),
        ],
    )
}

fn test() -> Value {
    let fact = json!({
        "description": "A fact as a feed's cell holds it; a set may be a list.",
        "anyOf": [{ "type": "string" }, { "type": "number" }, { "type": "array", "items": { "type": "string" } }],
    });
    table(
        "One price.",
        [
            need("at", date("The moment, in the market's time.")),
            need("market", text("A market of rulebook.toml.")),
            need("channel", text("A channel that sells there.")),
            may("segment", text("A segment of rulebook.toml.")),
            need("item", named("The item's facts, by attribute.", fact)),
            may("rivals", texts_or_none("`name price currency match age`: \"alza 399.00 EUR 99% 6h\".")),
            may(
                "history",
                texts_or_none("\"399.00 EUR regular 60d\": in force since then; perhaps until another age."),
            ),
            may("twins", texts_or_none("\"NB-PASTA-500 1.49 EUR\": what a twin costs.")),
            may(
                "feeds",
                table(
                    "Other facts.",
                    [may("fx", texts_or_none("\"598.20 KZT/EUR\": one EUR is 598.20 KZT."))],
                ),
            ),
            need("expect", expect()),
            may("tolerance", text("How far an expected amount may be off.")),
        ],
    )
}

fn expect() -> Value {
    let number = |about: &str| json!({ "description": about, "type": ["string", "number"] });
    let mut expect = table(
        "A part of the answer is enough.",
        [
            may("price", number("\"379.99 EUR\", or a comparison \"> 300 EUR\".")),
            may("currency", text("The price's currency.")),
            may("status", text("`priced`, `held` or `refused`.")),
            may("reason", text("Why it is held or refused.")),
            may("won", text("The rule that set the price.")),
            may(
                "row",
                json!({ "description": "The row of its table, as a spreadsheet counts.", "type": "integer", "minimum": 2 }),
            ),
            may("because", text("Which word decided.")),
            may("hit", texts_or_none("Guards that moved the price.")),
            may("flags", texts_or_none("What the price is marked with.")),
            may("not_used", texts_or_none("Offers that did not count: \"otto: stale\".")),
            may("kind", text("`regular`, `promo` or `clearance`.")),
            may("reference_price", number("What an announced reduction shows.")),
            may("margin", number("Such as \"6.1%\".")),
            may("contribution", number("Of a unit, such as \"> 10 EUR\".")),
            may("full_contribution", number("With a share of the order's costs.")),
            may("break_even", number("The price at which a unit earns nothing.")),
            may("strategy", number("The price after the strategy.")),
            may("adjusted", number("The price after all adjustments.")),
        ],
    );
    if let Value::Object(map) = &mut expect {
        map.insert("minProperties".to_owned(), json!(1));
    }
    expect
}

fn always() -> Value {
    let number = |about: &str| json!({ "description": about, "type": ["string", "number"] });
    let expect = table(
        "What holds.",
        [
            may("priced", number("The share of items with a price: \"100%\".")),
            may("share", number("For how many of the items the rest holds: \">= 95%\".")),
            may("price_index", number("Our price against the rivals'.")),
            may("margin", number("Of the net price.")),
            may("contribution", number("Of a unit.")),
            may("full_contribution", number("With a share of the order's costs.")),
        ],
    );
    table("A property.", [may("where", scope("For these items only.")), need("expect", expect)])
}

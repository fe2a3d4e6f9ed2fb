//! `price` and `else`: the ways to a price.

use super::parts::*;
use serde_json::{Value, json};

const RANKS: &[&str] = &["lowest", "second", "third", "median", "mean", "highest"];

/// A complete strategy, or the difference that an overlay or table rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    Yes,
    Difference,
}

/// `price = { … }`: exactly one strategy, or a part of one.
pub fn price(whole: Whole) -> Value {
    let mut price = table("One way to a price.", all(whole, false).into_iter().chain([blend(whole)]));
    if let (Whole::Yes, Value::Object(map)) = (whole, &mut price) {
        map.insert("minProperties".to_owned(), json!(1));
        map.insert("maxProperties".to_owned(), json!(1));
    }
    price
}

/// `else`: one strategy, or several in order.
pub fn alternatives() -> Value {
    let one = price(Whole::Yes);
    json!({
        "description": "What to do when the strategy has no price, in order; without it the current price is held.",
        "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }],
    })
}

fn all(whole: Whole, weighted: bool) -> Vec<Key> {
    let key = |name: &'static str, value: Value| match whole {
        Whole::Yes => need(name, value),
        Whole::Difference => may(name, value),
    };
    let part = |about: &str, keys: Vec<Key>| {
        let weight = key("weight", percent("Its share; all weights total 100%."));
        table(about, keys.into_iter().chain(weighted.then_some(weight)))
    };
    let set = || text("A rival set of rulebook.toml.");
    let cost_plus = part(
        "The landed cost and something on top: one of margin, markup, profit.",
        vec![
            may("margin", change("A share of the net price: 22% margin is 28.2% markup.")),
            may("markup", change("A share of the landed cost.")),
            may("profit", money("Money on top of the landed cost.")),
        ],
    );
    let follow = part(
        "So far from a rival's price.",
        vec![
            key("set", set()),
            key("rank", words("Which of the valid rivals' prices.", RANKS)),
            may("by", change("How far from it: -1% is just under.")),
        ],
    );
    let index = part(
        "A percent of the rivals' price.",
        vec![
            key("set", set()),
            key("of", words("Which of the valid rivals' prices.", RANKS)),
            key("at", percent("108% is eight percent above.")),
        ],
    );
    let printed = || money("A price that can be paid; it is neither adjusted nor rounded.");
    let fixed = part(
        "A printed price.",
        vec![may("value", printed()), may("table", text("A table with the column `set price.fixed`."))],
    );
    let fixed = match weighted {
        true => fixed,
        false => {
            json!({ "description": "A printed price, alone or from a table.", "anyOf": [printed(), fixed] })
        }
    };
    let keep = part("The current price.", vec![may("max_age", duration("Not older than this."))]);
    let layer = || text("An earlier layer: what its winner would say.");
    let use_layer = part("The price of an earlier layer.", vec![key("layer", layer())]);
    let use_layer = match weighted {
        true => use_layer,
        false => json!({ "description": "The price of an earlier layer.", "anyOf": [layer(), use_layer] }),
    };
    let [optimise, relative, fade, markdown] = ahead(&part, &key);
    vec![
        may("optimise", optimise),
        may("relative", relative),
        may("fade", fade),
        may("markdown", markdown),
        may("cost-plus", cost_plus),
        may("follow", follow),
        may("index", index),
        may("fixed", fixed),
        may("keep", keep),
        may("use", use_layer),
    ]
}

/// The strategies that look ahead or at other prices.
fn ahead(part: &impl Fn(&str, Vec<Key>) -> Value, key: &impl Fn(&'static str, Value) -> Key) -> [Value; 4] {
    let interval = about("The full width of the elasticity's 95% interval, such as `<= 2.0`.", cell());
    let needs = table(
        "What an estimate must show; otherwise `else` decides.",
        vec![may("sales_weeks", cell()), may("ci", interval)],
    );
    let weight = |name| need(name, percent("Both together are 100%."));
    let mix = table("Weights of profit and of net revenue.", vec![weight("profit"), weight("revenue")]);
    let one = words("The one aim.", &["profit", "revenue"]);
    let aim = json!({ "description": "What to earn most of.", "anyOf": [one, mix] });
    let forms = crate::pricing::ahead::Demand::ALL.map(|form| form.as_str());
    let optimise = part(
        "The price that demand surely rewards.",
        vec![
            key("for", aim),
            key("within", percent("The most that the price moves at once.")),
            may("confidence", percent("How sure the gain must be; 75% if nothing is said.")),
            may("demand", words("The form of demand.", &forms)),
            may("needs", needs),
            may("adjust", flag("Whether seasons and stock rules act on it.")),
        ],
    );
    let relative = part(
        "So far from another item's price.",
        vec![
            key("to", text("The attribute that holds the twin's SKU.")),
            may("by", change("How far from it: -15% is below.")),
        ],
    );
    let fade = part(
        "An earlier layer's price and a change to it that runs out.",
        vec![
            key("start", change("The change on the first day of sale.")),
            key("end", change("The change from `over` on.")),
            key("over", duration("How long it takes.")),
            key("versus", text("An earlier layer: what its winner would say.")),
        ],
    );
    let by_name = text("A duration attribute: its end is the last day.");
    let last_day = json!({ "description": "The last day of the sale.", "anyOf": [date("A date."), by_name] });
    let rungs = json!({
        "description": "Changes to the price from before, each further down.",
        "type": "array",
        "minItems": 2,
        "maxItems": 20,
        "items": change("0% or below."),
    });
    let markdown = part(
        "Goods that must be gone by a day.",
        vec![
            key("sell_out_by", last_day),
            may("curve", text("A table with the columns `days_left` and `set off`.")),
            may("ladder", rungs),
            may("period", duration("How long a rung stays at least.")),
            may("salvage", limit("What a unit left over brings, net: `30% of cost` or money.")),
        ],
    );
    [optimise, relative, fade, markdown]
}

fn blend(whole: Whole) -> Key {
    let renormalise =
        may("renormalise", flag("Whether parts without a price leave their weight to the others."));
    may("blend", table("A weighted mean of strategies.", all(whole, true).into_iter().chain([renormalise])))
}

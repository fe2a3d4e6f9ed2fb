//! `schema.toml`.

use super::parts::*;
use serde_json::Value;

pub fn schema() -> Value {
    let kinds = ["id", "sku", "text", "tree", "set", "money", "number", "percent", "duration"];
    let attr = table(
        "A fact that rules may use.",
        [
            need("type", words("What it is: decides its cells and its unit.", &kinds)),
            may(
                "optional",
                flag(
                    "Whether an item may lack it; a row without a fact that is not optional is quarantined.",
                ),
            ),
            may("values", texts("The only allowed texts: a typo is an error.")),
            may("range", text("The allowed range, both ends included, such as `-8 .. 0`.")),
            may("basis", words("Whether money includes VAT.", &["net", "gross"])),
            may(
                "of",
                words("Whose fact it is; a customer's fact is for segments only.", &["item", "customer"]),
            ),
            may("derive", text("A formula of other facts, such as `(net(rrp) - cost) / net(rrp)`.")),
        ],
    );
    table(
        "The vocabulary: the only names that rules may use.",
        [need("attr", named("Attributes by name.", attr))],
    )
}

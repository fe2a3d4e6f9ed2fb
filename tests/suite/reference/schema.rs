//! The vocabulary: attributes of `schema.toml` and the built-in names (semantics 2).

use super::cell::{Cell, Kind};
use super::derive::Formula;
use super::doc;
use std::collections::BTreeMap;
use toml::Table;

#[derive(Clone, Debug)]
pub struct Attribute {
    pub kind: Kind,
    pub optional: bool,
    /// Money without VAT (`basis = "net"`).
    pub net: bool,
    pub values: Vec<String>,
    pub range: Option<Cell>,
    pub formula: Option<Formula>,
}

pub type Schema = BTreeMap<String, Attribute>;

fn built_in() -> Schema {
    let of = |kind, optional, net| Attribute {
        kind,
        optional,
        net,
        values: Vec::new(),
        range: None,
        formula: None,
    };
    let mut schema = Schema::new();
    for name in ["name", "market", "channel", "segment", "vat_class", "price_kind"] {
        schema.insert(name.into(), of(Kind::Text, true, false));
    }
    schema.insert("sku".into(), of(Kind::Text, false, false));
    // A row without cost is quarantined unless the schema calls it optional (decisions 2.4).
    schema.insert("cost".into(), of(Kind::Money, false, true));
    for name in ["supplier_cost", "previous_cost"] {
        schema.insert(name.into(), of(Kind::Money, true, true));
    }
    for name in ["current_price", "elasticity_price", "observed_low", "observed_high"] {
        schema.insert(name.into(), of(Kind::Money, true, false));
    }
    for name in ["stock_units", "units_per_day", "elasticity", "elasticity_se", "sales_weeks"] {
        schema.insert(name.into(), of(Kind::Number, true, false));
    }
    schema.insert("market_share".into(), of(Kind::Percent, true, false));
    schema.insert("stock_cover".into(), of(Kind::Duration, true, false));
    schema
}

pub fn parse(text: &str) -> Result<Schema, String> {
    let document: Table = text.parse().map_err(|e| format!("schema.toml: {e}"))?;
    let mut schema = built_in();
    for (name, table) in doc::tables(&document, "attr")? {
        if doc::text(table, "of")? == Some("customer") {
            continue; // segments only
        }
        let kind = match doc::needed(table, "type")? {
            "id" | "sku" | "text" => Kind::Text,
            "tree" => Kind::Tree,
            "set" => Kind::Set,
            "money" => Kind::Money,
            "percent" => Kind::Percent,
            "number" => Kind::Number,
            "duration" => Kind::Duration,
            other => return Err(format!("`{name}`: no type `{other}`")),
        };
        let no_list = |path: &str| Err(format!("`@{path}` is no range"));
        let range = doc::text(table, "range")?.map(|t| Cell::parse(kind, t, &no_list)).transpose()?;
        let attribute = Attribute {
            kind,
            optional: doc::flag(table, "optional")?,
            net: doc::text(table, "basis")? == Some("net"),
            values: doc::texts(table, "values")?,
            range,
            formula: doc::text(table, "derive")?.map(Formula::parse).transpose()?,
        };
        schema.insert(name.clone(), attribute);
    }
    Ok(schema)
}

//! What schemas are made of: tables that know their keys, and texts with a unit.

use serde_json::{Map, Value, json};

const NUMBER: &str = r"-?\d{1,15}(\.\d{1,9})?";

/// A key of a table: its name, whether it must be there, what may stand there.
pub type Key = (&'static str, bool, Value);

pub fn need(name: &'static str, value: Value) -> Key {
    (name, true, value)
}

pub fn may(name: &'static str, value: Value) -> Key {
    (name, false, value)
}

/// A table with these keys and no others.
pub fn table(about: &str, keys: impl IntoIterator<Item = Key>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, must, value) in keys {
        if must {
            required.push(json!(name));
        }
        properties.insert(name.to_owned(), value);
    }
    json!({
        "description": about,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A table whose keys are names that the analyst chooses.
pub fn named(about: &str, value: Value) -> Value {
    json!({ "description": about, "type": "object", "additionalProperties": value })
}

/// The same value with words of its own.
pub fn about(about: &str, mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.insert("description".to_owned(), json!(about));
    }
    value
}

pub fn text(about: &str) -> Value {
    json!({ "description": about, "type": "string", "pattern": r"\S" })
}

pub fn words(about: &str, all: &[&str]) -> Value {
    json!({ "description": about, "enum": all })
}

pub fn flag(about: &str) -> Value {
    json!({ "description": about, "type": "boolean" })
}

pub fn count(about: &str, low: i64, high: i64) -> Value {
    json!({ "description": about, "type": "integer", "minimum": low, "maximum": high })
}

/// A text or a list of texts that is not empty.
pub fn texts(about: &str) -> Value {
    let one = json!({ "type": "string", "pattern": r"\S" });
    json!({ "description": about, "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

/// Like `texts`, and the list may be empty.
pub fn texts_or_none(about: &str) -> Value {
    let one = json!({ "type": "string", "pattern": r"\S" });
    json!({ "description": about, "anyOf": [one, { "type": "array", "items": one }] })
}

fn pattern(about: &str, pattern: String, examples: &[&str]) -> Value {
    json!({ "description": about, "type": "string", "pattern": pattern, "examples": examples })
}

/// `22%`: never below zero, no sign.
pub fn percent(about: &str) -> Value {
    pattern(about, r"^\d{1,15}(\.\d{1,9})?%$".to_owned(), &["22%", "1.5%"])
}

/// `-1%`, `+1%`, `1%`.
pub fn change(about: &str) -> Value {
    pattern(about, r"^[+-]?\d{1,15}(\.\d{1,9})?%$".to_owned(), &["-1%", "+2.5%"])
}

/// `+3%`: says up or down.
pub fn signed(about: &str) -> Value {
    pattern(about, r"^([+-]\d{1,15}(\.\d{1,9})?|0+(\.0+)?)%$".to_owned(), &["+3%", "-30%"])
}

/// `-30% .. +10%`
pub fn percents(about: &str) -> Value {
    let end = r"[+-]?\d{1,15}(\.\d{1,9})?";
    pattern(about, format!(r"^{end}%?\s*\.\.=?\s*{end}%$"), &["-30% .. +10%"])
}

fn amount() -> String {
    format!(r"(0+(\.0+)?|{NUMBER} [A-Z]{{3}})")
}

/// `20 EUR | 9000 KZT`
pub fn money(about: &str) -> Value {
    let one = amount();
    pattern(about, format!(r"^\s*{one}(\s*\|\s*{one})*\s*$"), &["20 EUR", "20 EUR | 9000 KZT"])
}

/// `105% of rrp`, or money.
pub fn limit(about: &str) -> Value {
    let one = amount();
    let share = r"\d{1,15}(\.\d{1,9})?% of \S+";
    pattern(about, format!(r"^\s*({share}|{one}(\s*\|\s*{one})*)\s*$"), &["105% of rrp", "9.99 EUR"])
}

/// `0.19 .. 6000`, without currency.
pub fn amounts(about: &str) -> Value {
    pattern(about, format!(r"^\s*{NUMBER}\s*\.\.=?\s*{NUMBER}\s*$"), &["0.19 .. 6000"])
}

/// `18h`
pub fn duration(about: &str) -> Value {
    pattern(about, r"^\d{1,15}(\.\d{1,9})?[smhdw]$".to_owned(), &["18h", "7d", "8w"])
}

/// `EUR`
pub fn currency(about: &str) -> Value {
    pattern(about, "^[A-Z]{3}$".to_owned(), &["EUR"])
}

/// A date without quotes; editors see it as a text.
pub fn date(about: &str) -> Value {
    let time = r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?)?";
    pattern(about, format!(r"^\d{{4}}-\d{{2}}-\d{{2}}{time}$"), &["2026-11-23", "2026-11-23T08:00:00"])
}

/// One cell, or a list of cells that all hold.
pub fn cell() -> Value {
    let one = json!({ "anyOf": [{ "type": "string", "pattern": r"\S" }, { "type": "number" }] });
    json!({
        "description": "A cell: `Bose | Sennheiser` any of, `!kvi` not, `electronics/**` a branch, `> 8w` a comparison, \
            `10 .. 20 EUR` from and below, `10 ..= 20 EUR` both ends, `@tables/x.csv` a list file, `?` missing, \
            `**` any present value. A list of cells asks for all of them.",
        "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }],
        "examples": ["electronics/phones/**", "Bose | Sennheiser", "!kvi", "> 8w", "10 .. 20 EUR"],
    })
}

/// A conjunction of cells on attributes of `schema.toml`.
pub fn scope(about: &str) -> Value {
    let cells = json!({ "type": "object", "additionalProperties": cell() });
    json!({
        "description": about,
        "type": "object",
        "properties": { "any": { "description": "One of these holds.", "type": "array", "minItems": 1, "items": cells } },
        "additionalProperties": cell(),
    })
}

//! The schemas know the keys that the readers know, no more and no fewer.

use super::*;
use std::collections::BTreeSet;

/// The readers' sources without their tests.
fn readers() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rulebook/book");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let text = |path| std::fs::read_to_string(path).unwrap();
    paths.iter().map(text).map(|text| text.split("mod tests {").next().unwrap().to_owned()).collect()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// Keys that are asked for by name, and those of the lists that readers walk through.
fn asked() -> BTreeSet<String> {
    let source = readers();
    let mut keys = BTreeSet::new();
    for call in ["optional(\"", "required(\"", "entry(\"", "around(\""] {
        keys.extend(source.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    for list in ["pub const NAMES", "pub const KINDS", "const EXPECT:", "const EXPECT_ALWAYS:"] {
        let rest = source.split(list).nth(1).unwrap_or_else(|| panic!("no {list}"));
        keys.extend(quoted(rest.split("];").next().unwrap()).map(str::to_owned));
    }
    // Written as text in their readers.
    keys.extend(["any", "owner", "why", "min_price", "max_price", "test", "always"].map(str::to_owned));
    keys.extend(["where", "for", "table", "weight", "layer"].map(str::to_owned));
    keys
}

fn properties(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(keys)) = map.get("properties") {
                found.extend(keys.keys().cloned());
            }
            map.values().for_each(|value| properties(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| properties(value, found)),
        _ => {}
    }
}

fn described() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    SchemaOf::ALL.into_iter().for_each(|of| properties(&json_schema(of), &mut found));
    found
}

#[test]
fn every_key_that_is_read_is_described() {
    // The sections of later editions are refused by the readers.
    let missing: Vec<String> = asked().difference(&described()).cloned().collect();
    assert!(missing.is_empty(), "the readers ask for {missing:?}, and no schema describes it");
}

#[test]
fn every_key_that_is_described_is_read() {
    let unread: Vec<String> = described().difference(&asked()).cloned().collect();
    assert!(unread.is_empty(), "a schema describes {unread:?}, and no reader asks for it");
}

#[test]
fn words_are_those_of_the_readers() {
    fn enums(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::Array(words)) = map.get("enum") {
                    found.extend(words.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                map.values().for_each(|value| enums(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| enums(value, found)),
            _ => {}
        }
    }
    let mut words = BTreeSet::new();
    SchemaOf::ALL.into_iter().for_each(|of| enums(&json_schema(of), &mut words));
    let source = readers();
    for word in words {
        assert!(source.contains(&format!("\"{word}\"")), "no reader knows the word `{word}`");
    }
}

#[test]
fn tables_are_closed() {
    for of in SchemaOf::ALL {
        let schema = json_schema(of);
        assert_eq!(schema["additionalProperties"], json!(false), "{}", of.name());
        assert!(schema["$schema"].as_str().unwrap().contains("2020-12"));
    }
}

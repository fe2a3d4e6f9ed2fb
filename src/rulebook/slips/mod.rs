//! What is written right and hardly meant: warnings about slips that no grammar can see.
//!
//! Each works on the files as written and knows nothing of prices. They are asked only when there is no error, for what rests
//! on a mistake is not worth a finding; [`letters`] alone comes before everything, for it explains errors.

mod amounts;
mod complete;
pub mod currency;
mod days;
mod direction;
pub mod letters;
mod similar;
mod sizes;
pub mod today;
mod twice;
mod vocabulary;
mod windows;

use super::RuleTest;
use super::book::Context;
use super::syntax::{Node, Table, Value};
use std::collections::BTreeMap;

/// All slips of a rulebook without errors.
pub fn find(trees: &BTreeMap<Box<str>, Table>, tests: &[RuleTest], cx: &mut Context<'_>) {
    for (path, root) in trees {
        twice::find(root, cx);
        if !path.starts_with("tests/") {
            sizes::find(root, cx);
            direction::find(root, cx);
            windows::find(root, cx);
        }
    }
    sizes::find_in_tables(cx);
    amounts::find(trees, cx);
    similar::find(trees, tests, cx);
    vocabulary::find(trees, cx);
    complete::find(trees, cx);
    days::find(trees, cx);
}

/// Texts for people only.
const FREE_TEXT: [&str; 3] = ["why", "owner", "name"];

/// Calls `look` with each text or number and the keys that lead to it; entries of a list have the key of the list.
fn each_text<'a>(table: &'a Table, path: &mut Vec<&'a str>, look: &mut dyn FnMut(&[&'a str], &'a Node)) {
    for (key, keyed) in table.in_order() {
        path.push(key);
        if !FREE_TEXT.contains(&key) {
            each_value(&keyed.node, path, look);
        }
        path.pop();
    }
}

fn each_value<'a>(node: &'a Node, path: &mut Vec<&'a str>, look: &mut dyn FnMut(&[&'a str], &'a Node)) {
    match &node.value {
        Value::Table(table) => each_text(table, path, look),
        Value::List(items) => items.iter().for_each(|item| each_value(item, path, look)),
        Value::Text(_) | Value::Number(_) => look(path, node),
        Value::Bool(_) | Value::Date(_) => {}
    }
}

/// The text of a value.
fn text_of(node: &Node) -> &str {
    match &node.value {
        Value::Text(text) | Value::Number(text) => text,
        _ => "",
    }
}

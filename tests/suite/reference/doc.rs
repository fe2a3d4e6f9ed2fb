//! Reading TOML tables: small helpers with the errors in words.

use super::num::Q;
use super::text::{self, Monies};
use toml::{Table, Value};

pub fn text<'a>(table: &'a Table, key: &str) -> Result<Option<&'a str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{key}` must be text, not {other}")),
    }
}

pub fn needed<'a>(table: &'a Table, key: &str) -> Result<&'a str, String> {
    text(table, key)?.ok_or(format!("`{key}` is missing"))
}

pub fn table<'a>(table: &'a Table, key: &str) -> Result<Option<&'a Table>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::Table(inner)) => Ok(Some(inner)),
        Some(other) => Err(format!("`{key}` must be a table, not {other}")),
    }
}

/// The named tables of a section, as pairs.
pub fn tables<'a>(parent: &'a Table, key: &str) -> Result<Vec<(&'a String, &'a Table)>, String> {
    let Some(section) = table(parent, key)? else {
        return Ok(Vec::new());
    };
    section
        .iter()
        .map(|(name, value)| {
            value.as_table().map(|t| (name, t)).ok_or(format!("`{key}.{name}` must be a table"))
        })
        .collect()
}

pub fn texts(table: &Table, key: &str) -> Result<Vec<String>, String> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    let list = value.as_array().ok_or(format!("`{key}` must be a list"))?;
    list.iter().map(|v| v.as_str().map(str::to_string).ok_or(format!("`{key}` must hold texts"))).collect()
}

pub fn percent(table: &Table, key: &str) -> Result<Option<Q>, String> {
    text(table, key)?.map(|t| text::percent(t).ok_or(format!("`{key}`: `{t}` is not a percent"))).transpose()
}

pub fn duration(table: &Table, key: &str) -> Result<Option<Q>, String> {
    text(table, key)?
        .map(|t| text::duration(t).ok_or(format!("`{key}`: `{t}` is not a duration")))
        .transpose()
}

pub fn monies(table: &Table, key: &str) -> Result<Option<Monies>, String> {
    text(table, key)?.map(Monies::parse).transpose()
}

pub fn flag(table: &Table, key: &str) -> Result<bool, String> {
    table.get(key).map_or(Ok(false), |v| v.as_bool().ok_or(format!("`{key}` must be true or false")))
}

/// Whole number, at least zero.
pub fn count(table: &Table, key: &str) -> Result<Option<usize>, String> {
    let Some(value) = table.get(key) else {
        return Ok(None);
    };
    let whole = value.as_integer().and_then(|n| usize::try_from(n).ok());
    whole.map(Some).ok_or(format!("`{key}` must be a whole number"))
}

/// Deep merge: tables into tables, anything else replaces (semantics 4.3).
pub fn merge(base: &mut Table, with: &Table) {
    for (key, value) in with {
        match (base.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

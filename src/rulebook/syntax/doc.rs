//! TOML as a tree that knows where each key and value was written.

use super::Findings;
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Span,
    /// Where a text starts inside its quotes, if it stands in the file letter by letter.
    content: Option<usize>,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Text(Box<str>),
    /// As written: `20`, `0.20`.
    Number(Box<str>),
    Bool(bool),
    /// As a standard date or time: `2026-11-23`, `2026-11-23T08:00:00+01:00`.
    Date(Box<str>),
    List(Vec<Node>),
    Table(Table),
}

/// Keys with their values.
#[derive(Clone, Debug, Default)]
pub struct Table {
    entries: BTreeMap<Box<str>, Keyed>,
}

/// A value with the place of its key.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub key: Span,
    pub node: Node,
}

impl Node {
    /// A text that does not come from TOML: a cell of a table.
    pub fn text(text: &str, span: Span, content: Option<usize>) -> Self {
        Self { span, content, value: Value::Text(text.into()) }
    }

    pub fn table(table: Table, span: Span) -> Self {
        Self { span, content: None, value: Value::Table(table) }
    }

    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The bytes of a part of the text, else the whole value.
    pub fn part(&self, range: Range<usize>) -> Span {
        match self.content {
            Some(start) => {
                Span { file: self.span.file.clone(), start: start + range.start, end: start + range.end }
            }
            None => self.span.clone(),
        }
    }

    /// What it is, with its article.
    pub fn what(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a yes/no value",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.node)
    }

    pub fn entry(&self, key: &str) -> Option<&Keyed> {
        self.entries.get(key)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    pub fn insert(&mut self, key: &str, at: Span, node: Node) -> Option<Keyed> {
        self.entries.insert(key.into(), Keyed { key: at, node })
    }

    pub fn remove(&mut self, key: &str) -> Option<Keyed> {
        self.entries.remove(key)
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(AsRef::as_ref)
    }

    /// Each key with the place of its value.
    pub fn spans(&self) -> BTreeMap<Box<str>, Span> {
        self.entries.iter().map(|(key, entry)| (key.clone(), entry.node.span.clone())).collect()
    }

    /// In the order of the files.
    pub fn in_order(&self) -> Vec<(&str, &Keyed)> {
        let mut all: Vec<(&str, &Keyed)> = self.entries.iter().map(|(key, entry)| (&**key, entry)).collect();
        all.sort_by(|a, b| a.1.key.cmp(&b.1.key));
        all
    }

    /// `self` with everything that `over` says: tables merge key by key, anything else is replaced.
    pub fn merged(&self, over: &Self) -> Self {
        let mut merged = self.clone();
        for (key, entry) in &over.entries {
            let deeper = match (merged.entries.get(key), &entry.node.value) {
                (Some(known), Value::Table(above)) => known.node.as_table().map(|below| below.merged(above)),
                _ => None,
            };
            let entry = match (deeper, merged.entries.get(key)) {
                (Some(table), Some(known)) => {
                    Keyed { key: known.key.clone(), node: Node::table(table, known.node.span.clone()) }
                }
                _ => entry.clone(),
            };
            merged.entries.insert(key.clone(), entry);
        }
        merged
    }

    /// Puts `node` at a path of keys, each with its place, making tables on the way.
    pub fn set_path(&mut self, path: &[(&str, Span)], node: Node) {
        match path {
            [] => {}
            [(key, at)] => {
                self.insert(key, at.clone(), node);
            }
            [(key, at), rest @ ..] => {
                let known = self.remove(key).map(|entry| entry.node);
                let mut inner = known.and_then(|node| node.as_table().cloned()).unwrap_or_default();
                inner.set_path(rest, node);
                self.insert(key, at.clone(), Node::table(inner, at.clone()));
            }
        }
    }
}

/// Reads a TOML file; what could be read is returned even after mistakes, each of which is E0101 or E0205.
pub fn parse_toml(file: &str, text: &str, out: &mut Findings) -> Table {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let at =
            Span { file: file.into(), start: range.start.min(text.len()), end: range.end.min(text.len()) };
        let message = error.message().replace('\n', ", ");
        let given = text.get(at.start..at.end).unwrap_or("");
        out.push(if message.starts_with("duplicate key") {
            Diagnostic::error(
                "E0205",
                format!("`{given}` is written twice"),
                at,
                "the second one: the first stands above",
            )
            .note("one name stands for one thing, so the two cannot be merged silently")
        } else {
            not_toml(text, at, message)
        });
    }
    convert_table(file, text, root.get_ref())
}

/// E0101; for a text without quotes with the cure.
fn not_toml(source: &str, at: Span, message: String) -> Diagnostic {
    let no_quotes = message.starts_with("string values must be quoted");
    let rest = source.get(at.start..).unwrap_or("");
    let bare = rest.split([',', ']', '}', '#', '\n', '"', '=']).next().unwrap_or("").trim_end();
    let span = Span { end: at.start + bare.len(), ..at.clone() };
    let finding = Diagnostic::error("E0101", "this is not TOML", at, message)
        .note("texts stand in quotes, lists in [ ], tables in { }, one `key = value` a line");
    // Whether the text itself is right is seen as soon as the file can be read.
    let closed = !rest.get(bare.len()..).unwrap_or("").trim_start_matches(' ').starts_with(['"', '=']);
    if no_quotes && closed && !bare.is_empty() {
        let edits = vec![Edit { span, text: format!("\"{bare}\"") }];
        finding.fix(Applicability::Safe, format!("write \"{bare}\""), edits)
    } else {
        finding
    }
}

fn convert_table(file: &str, text: &str, table: &DeTable<'_>) -> Table {
    let mut converted = Table::default();
    for (key, value) in table.iter() {
        let at = span(file, key.span());
        let node = convert(file, text, value.span(), value.get_ref());
        converted.insert(key.get_ref(), at, node);
    }
    converted
}

fn convert(file: &str, source: &str, range: Range<usize>, value: &DeValue<'_>) -> Node {
    let written = source.get(range.clone()).unwrap_or("");
    let mut content = None;
    let value = match value {
        DeValue::String(string) => {
            content = [3, 1].into_iter().find_map(|quotes| {
                let inner = written.get(quotes..written.len().checked_sub(quotes)?)?;
                (inner == &**string).then_some(range.start + quotes)
            });
            Value::Text((&**string).into())
        }
        DeValue::Integer(_) | DeValue::Float(_) => Value::Number(written.into()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string().into()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| convert(file, source, item.span(), item.get_ref())).collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(file, source, table)),
    };
    Node { span: span(file, range), content, value }
}

fn span(file: &str, range: Range<usize>) -> Span {
    Span { file: file.into(), start: range.start, end: range.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Table, Vec<Diagnostic>) {
        let mut out = Findings::default();
        let table = parse_toml("a.toml", text, &mut out);
        (table, out.into_sorted())
    }

    #[test]
    fn every_syntax_mistake_is_found_at_once() {
        let (_, findings) = parse("a = 1\nb = \nc = 2\n[x\nd = 3\na = 4\n");
        assert!(2 <= findings.len(), "{findings:?}");
        let (_, findings) = parse("[rule.a]\n[rule.a]\n");
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["E0205"]);
    }

    #[test]
    fn texts_know_their_parts() {
        let source = "a = \"x | yy\"\nb = \"\\u0041\"";
        let (table, _) = parse(source);
        let part = table.get("a").unwrap().part(4..6);
        assert_eq!(source.get(part.start..part.end).unwrap(), "yy");
        let whole = table.get("b").unwrap().part(0..1);
        assert_eq!(source.get(whole.start..whole.end).unwrap(), "\"\\u0041\"");
    }

    #[test]
    fn overlays_merge_deeply() {
        let (base, _) = parse("price = { follow = { set = \"n\", by = \"-1%\" } }\nlist = [1, 2]");
        let (over, _) = parse("price.follow.by = \"-2%\"\nlist = [3]");
        let merged = base.merged(&over);
        let follow = merged.get("price").unwrap().as_table().unwrap().get("follow").unwrap();
        let follow = follow.as_table().unwrap();
        assert!(matches!(&follow.get("by").unwrap().value, Value::Text(by) if &**by == "-2%"));
        assert!(matches!(&follow.get("set").unwrap().value, Value::Text(set) if &**set == "n"));
        assert!(matches!(&merged.get("list").unwrap().value, Value::List(list) if list.len() == 1));
    }
}

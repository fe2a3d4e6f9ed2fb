//! Table rules: each row is its rule with a scope and some settings of its own.

use super::scope::{Who, read_where};
use super::{Context, Entry};
use crate::rulebook::syntax::{Csv, Node, Row, Table, node_text};
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};
use std::collections::BTreeMap;

/// What a column of a rule's table is.
enum Column<'a> {
    Cell(&'a str),
    Set(Vec<(&'a str, Span)>),
    Why,
    Unknown,
}

/// What a column can set.
const SETTINGS: [&str; 7] = ["price", "else", "layer", "over", "relax", "from", "until"];

/// The rows of a rule's `table`.
pub fn read_rows(parent: &Entry, node: &Node, cx: &mut Context<'_>) -> Vec<Entry> {
    let Some(csv) = cx.table(node) else {
        return Vec::new();
    };
    let columns: Vec<Column<'_>> = csv.header.iter().map(|node| column(node, cx)).collect();
    if columns.iter().any(Column::is_unknown) {
        // Every row would lack what the column sets.
        return Vec::new();
    }
    let priced = parent.body.contains("price") || columns.iter().any(|column| column.sets("price"));
    if let Some(first) = csv.header.first().filter(|_| !priced) {
        let title = format!("`{}` sets no price", csv.path);
        let label = "a column such as `set price.cost-plus.margin` says what the rows differ in";
        cx.out.push(Diagnostic::error("E0605", title, first.span.clone(), label));
        return Vec::new();
    }
    if csv.rows.is_empty() && !csv.damaged {
        let title = format!("`{}` has no rows", csv.path);
        cx.out.push(Diagnostic::error(
            "E0206",
            title,
            node.span.clone(),
            "a rule with an empty table does nothing",
        ));
    }
    csv.rows.iter().map(|row| read_row(parent, &csv, row, &columns, cx)).collect()
}

impl Column<'_> {
    fn sets(&self, key: &str) -> bool {
        matches!(self, Self::Set(path) if path.first().is_some_and(|(first, _)| *first == key))
    }

    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

fn column<'a>(node: &'a Node, cx: &mut Context<'_>) -> Column<'a> {
    let name = node_text(node);
    if let Some(path) = name.strip_prefix("set ") {
        let mut at = name.len() - path.len();
        let keys = path.split('.').map(|key| {
            let start = at;
            at += key.len() + 1;
            (key.trim(), node.part(start..start + key.len()))
        });
        return Column::Set(keys.collect());
    }
    let first = name.split('.').next().unwrap_or(name);
    if cx.schema.find(name).is_none() && SETTINGS.contains(&first) {
        let title = format!("`{name}` is a setting, not an attribute");
        let text = format!("set {name}");
        let edits = vec![Edit { span: node.span.clone(), text: text.clone() }];
        let finding = Diagnostic::error(
            "E0605",
            title,
            node.span.clone(),
            "a column that sets something begins with `set `",
        );
        cx.out.push(finding.fix(Applicability::Safe, format!("write `{text}`"), edits));
        return Column::Unknown;
    }
    match name {
        "why" => Column::Why,
        _ if cx.attr(name, &node.span).is_some() => Column::Cell(name),
        _ => Column::Unknown,
    }
}

fn read_row(parent: &Entry, csv: &Csv, row: &Row, columns: &[Column<'_>], cx: &mut Context<'_>) -> Entry {
    let label: Box<str> = format!("{}#{}", parent.id, row.number).into();
    cx.out.about(format!("rule `{label}`"));
    let is_cell =
        |name: &str| columns.iter().any(|column| matches!(column, Column::Cell(known) if *known == name));
    let conditions = conditions(csv, row, is_cell, cx);
    let mut own = Table::default();
    let mut keys = BTreeMap::new();
    for ((header, node), column) in csv.header.iter().zip(&row.cells).zip(columns) {
        keys.insert(node_text(header).into(), node.span.clone());
        match column {
            // An empty cell says nothing: what the rule says holds.
            _ if node_text(node).is_empty() => {}
            Column::Set(path) => own.set_path(path, node.clone()),
            Column::Why => {
                own.insert("why", header.span.clone(), node.clone());
            }
            Column::Cell(_) | Column::Unknown => {}
        }
    }
    let mut scope = parent.scope.clone();
    scope.and(read_where(&Node::table(conditions, row.line.clone()), Who::Item, cx));
    Entry {
        label,
        row: Some(row.number),
        header: row.line.clone(),
        body: parent.body.merged(&own),
        scope,
        keys,
        ..parent.clone()
    }
}

/// The cells of a row that are conditions, as a `where`; `-` does not matter, and an empty one is E0606.
pub fn conditions(csv: &Csv, row: &Row, is_cell: impl Fn(&str) -> bool, cx: &mut Context<'_>) -> Table {
    let mut conditions = Table::default();
    for (header, node) in csv.header.iter().zip(&row.cells) {
        let (name, written) = (node_text(header), node_text(node));
        if !is_cell(name) || written == "-" {
            continue;
        }
        if written.is_empty() {
            let title = format!("row {} has no `{name}`", row.number);
            let label = "write `-` where it does not matter, `?` for a missing value";
            cx.out.push(Diagnostic::error("E0606", title, row.line.clone(), label));
        } else {
            conditions.insert(name, header.span.clone(), node.clone());
        }
    }
    conditions
}

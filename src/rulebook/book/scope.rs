//! `where`: which items a thing is about, as cells on known attributes.

use super::Context;
use crate::facts::{AttrId, Kind, builtin};
use crate::money::Currency;
use crate::rulebook::syntax::{
    Atom, Node, Table, Value, list, node_text, not_supported, offer, parse_cell, push_mistake,
    straight_branch, text, unknown_name, wrong_type,
};
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};

/// A conjunction of cells and of unions (`any`) of conjunctions.
#[derive(Clone, Debug, Default)]
pub struct ScopeSpec {
    pub cells: Vec<AttrCell>,
    pub unions: Vec<Vec<Vec<AttrCell>>>,
}

/// A cell on an attribute.
#[derive(Clone, Debug)]
pub struct AttrCell {
    pub attr: AttrId,
    /// One of them holds.
    pub picks: Vec<Pick>,
    /// As written.
    pub text: Box<str>,
    pub span: Span,
}

/// An alternative of a cell with its list file read.
#[derive(Clone, Debug)]
pub enum Pick {
    Missing,
    Present,
    /// Texts, each with whether its whole branch is meant.
    Texts {
        not: bool,
        texts: Vec<(Box<str>, bool)>,
    },
    /// Both ends included.
    Within {
        not: bool,
        low: i64,
        high: i64,
        currency: Option<Currency>,
        zero: bool,
    },
}

/// Whose facts a scope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Item,
    Customer,
}

impl ScopeSpec {
    /// Both hold.
    pub fn and(&mut self, other: Self) {
        self.cells.extend(other.cells);
        self.unions.extend(other.unions);
    }
}

/// Reads a `where`.
pub fn read_where(node: &Node, who: Who, cx: &mut Context<'_>) -> ScopeSpec {
    let mut scope = ScopeSpec::default();
    let Some(table) = node.as_table() else {
        wrong_type(node, "a table { attribute = \"cell\" }", &mut cx.out);
        return scope;
    };
    for (name, entry) in table.in_order() {
        if name == "any" {
            scope.unions.extend(read_any(&entry.node, who, cx));
        } else {
            scope.cells.extend(read_attr(name, &entry.key, &entry.node, who, cx));
        }
    }
    scope
}

fn read_any(node: &Node, who: Who, cx: &mut Context<'_>) -> Option<Vec<Vec<AttrCell>>> {
    let Value::List(items) = &node.value else {
        wrong_type(node, "a list of tables [ { … }, { … } ]", &mut cx.out);
        return None;
    };
    if items.is_empty() {
        cx.out.push(Diagnostic::error(
            "E0206",
            "an empty `any` says neither all nor none",
            node.span.clone(),
            "name something or remove the key",
        ));
        return None;
    }
    let read = |item: &Node, cx: &mut Context<'_>| match item.as_table() {
        Some(table) => read_cells(table, who, cx),
        None => {
            wrong_type(item, "a table { attribute = \"cell\" }", &mut cx.out);
            Vec::new()
        }
    };
    Some(items.iter().map(|item| read(item, cx)).collect())
}

fn read_cells(table: &Table, who: Who, cx: &mut Context<'_>) -> Vec<AttrCell> {
    let mut cells = Vec::new();
    for (name, entry) in table.in_order() {
        cells.extend(read_attr(name, &entry.key, &entry.node, who, cx));
    }
    cells
}

/// All cells on one attribute: a list asks for all of them.
fn read_attr(name: &str, key: &Span, node: &Node, who: Who, cx: &mut Context<'_>) -> Vec<AttrCell> {
    let Some(attr) = cx.attr(name, key).filter(|attr| allowed(*attr, key, who, cx)) else {
        return Vec::new();
    };
    match &node.value {
        Value::List(items) if items.is_empty() => {
            cx.out.push(Diagnostic::error(
                "E0206",
                "an empty list says neither all nor none",
                node.span.clone(),
                "name something or remove the key",
            ));
            Vec::new()
        }
        Value::List(items) => items.iter().filter_map(|item| read_cell(attr, item, cx)).collect(),
        _ => read_cell(attr, node, cx).into_iter().collect(),
    }
}

fn allowed(attr: AttrId, key: &Span, who: Who, cx: &mut Context<'_>) -> bool {
    let known = cx.attr_of(attr);
    if attr == builtin::SEGMENT {
        cx.out.push(
            Diagnostic::error(
                "E0703",
                "a scope on `segment` is not supported yet",
                key.clone(),
                "prices by customer segment come with promotions",
            )
            .note("a shelf price is the same for everybody"),
        );
        return false;
    }
    if attr == builtin::PRICE_INDEX {
        not_supported(key, "a scope on `price_index`", &mut cx.out);
        return false;
    }
    match (who, known.customer) {
        (Who::Item, true) => {
            let title = format!("`{}` is a fact of the customer, not of the item", known.name);
            let label = "customers are described in [segment.…] only";
            cx.out.push(Diagnostic::error("E0703", title, key.clone(), label));
            false
        }
        (Who::Customer, false) => {
            let title = format!("`{}` is a fact of the item, not of the customer", known.name);
            let label = "a segment is about attributes with `of = \"customer\"`";
            cx.out.push(Diagnostic::error("E0703", title, key.clone(), label));
            false
        }
        _ => true,
    }
}

/// One cell, with every text in it known.
pub fn read_cell(attr: AttrId, node: &Node, cx: &mut Context<'_>) -> Option<AttrCell> {
    let (name, kind) = (cx.attr_of(attr).name.clone(), cx.attr_of(attr).kind);
    let written = match &node.value {
        Value::Number(number)
            if matches!(kind, Kind::Number | Kind::Percent | Kind::Money | Kind::Duration) =>
        {
            number
        }
        _ => text(node, &mut cx.out)?,
    };
    let cell = match parse_cell(written, kind) {
        Ok(cell) => cell,
        Err(mistakes) => {
            for mistake in mistakes {
                let meaning = format!("`{name}` is {}", meaning(kind));
                push_mistake(node, mistake, &meaning, &mut cx.out);
            }
            return None;
        }
    };
    let mut picks = Vec::new();
    for one in cell.alternatives {
        // The text alone, without `!`, `@` and `/**`, so that a cure replaces what is wrong.
        let end = one.range.end;
        let exact = |length: usize, after: usize| node.part(end - after - length..end - after);
        picks.push(match one.atom {
            Atom::Missing => Pick::Missing,
            Atom::Present => Pick::Present,
            Atom::Text { text, branch } => {
                let span = exact(text.len(), if branch { "/**".len() } else { 0 });
                check_meant(attr, &text, one.not, &span, cx);
                check_text(attr, &text, branch, &span, cx);
                cx.mention(attr, &text);
                Pick::Texts { not: one.not, texts: vec![(text, branch)] }
            }
            Atom::List(path) => {
                Pick::Texts { not: one.not, texts: read_list(attr, &path, &exact(path.len(), 0), cx)? }
            }
            Atom::Within { low, high, currency, zero } => {
                let written = written.get(one.range.clone()).unwrap_or("");
                if low == high && low != 0 && !written.contains(['<', '>', '.']) && is_continuous(attr, cx) {
                    let span = node.part(one.range.clone());
                    warn_exact(&name, written, &span, matches!(node.value, Value::Text(_)), cx);
                }
                Pick::Within { not: one.not, low, high, currency, zero }
            }
        });
    }
    Some(AttrCell { attr, picks, text: written.into(), span: node.span.clone() })
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Money => "money: an amount, a blank and the currency, such as `20 EUR`",
        Kind::Percent => "a percent, such as `90%`",
        Kind::Duration => "a duration, such as `18h`, `7d` or `8w`",
        _ => "a number",
    }
}

/// What changes by itself or is calculated, so that it is hardly ever exactly what somebody writes.
fn is_continuous(attr: AttrId, cx: &Context<'_>) -> bool {
    let known = cx.attr_of(attr);
    let moves = [builtin::UNITS_PER_DAY, builtin::ELASTICITY, builtin::ELASTICITY_SE];
    matches!(known.kind, Kind::Duration) || known.derive.is_some() || moves.contains(&attr)
}

fn warn_exact(name: &str, written: &str, span: &Span, in_quotes: bool, cx: &mut Context<'_>) {
    let title = format!("`{name}` is almost never exactly `{written}`");
    let mut finding = Diagnostic::warning("W0211", title, span.clone(), "this holds for hardly any item");
    for sign in [">", "<"].into_iter().filter(|_| !written.starts_with('!') && in_quotes) {
        let text = format!("{sign} {written}");
        finding = finding.fix(
            Applicability::Maybe,
            format!("did you mean `{text}`?"),
            vec![Edit { span: span.clone(), text }],
        );
    }
    cx.out.push(finding);
}

/// Texts that are written as something else is: a table without `@` (E0204), several values in one (W0207).
fn check_meant(attr: AttrId, given: &str, not: bool, span: &Span, cx: &mut Context<'_>) {
    let tables = cx.files.0.keys().filter(|path| path.starts_with("tables/"));
    let table =
        tables.into_iter().find(|path| ***path == *given || path.strip_prefix("tables/") == Some(given));
    if let Some(path) = table {
        let text = format!("@{path}");
        let finding = Diagnostic::error(
            "E0204",
            format!("`{given}` is a table of this rulebook, not a value"),
            span.clone(),
            "a list of values in a file is named with `@`",
        );
        let edits = vec![Edit { span: span.clone(), text: text.clone() }];
        cx.out.push(finding.fix(Applicability::Safe, format!("write `{text}`"), edits));
        return;
    }
    let known = cx.attr_of(attr);
    let closed =
        known.values.is_some() || [builtin::MARKET, builtin::CHANNEL, builtin::VAT_CLASS].contains(&attr);
    let parts: Vec<&str> = given
        .split(',')
        .flat_map(|part| part.split(" or "))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let elsewhere =
        || cx.files.0.iter().any(|(path, text)| path.starts_with("tests/") && text.contains(given));
    if closed || parts.len() < 2 || elsewhere() {
        return;
    }
    let title = format!("`{given}` is one value of `{}`", known.name);
    let label = "several values have `|` between them; if this is one value, a test with such an item ends the warning";
    let mut finding = Diagnostic::warning("W0207", title, span.clone(), label);
    if !not {
        let text = parts.join(" | ");
        let edits = vec![Edit { span: span.clone(), text: text.clone() }];
        finding = finding.fix(Applicability::Maybe, format!("did you mean `{text}`?"), edits);
    }
    cx.out.push(finding);
}

/// Names of markets, channels and closed lists must exist.
fn check_text(attr: AttrId, given: &str, branch: bool, span: &Span, cx: &mut Context<'_>) {
    let names = |code, what, known: &[Box<str>]| {
        let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
        (!known.contains(&given)).then(|| unknown_name(code, what, given, span.clone(), known))
    };
    let finding = match attr {
        builtin::MARKET => names("E0212", "market", &cx.names.markets),
        builtin::CHANNEL => names("E0213", "channel", &cx.names.channels),
        _ => {
            let known = cx.attr_of(attr);
            let classes: Vec<Box<str>> = cx.names.vat_classes.iter().cloned().collect();
            let values = match &known.values {
                Some(values) => values,
                None if attr == builtin::VAT_CLASS => &classes,
                None => return,
            };
            let below =
                |value: &str| branch && value.strip_prefix(given).is_some_and(|rest| rest.starts_with('/'));
            let found = values.iter().any(|value| **value == *given || below(value));
            (!found).then(|| unknown_value(&known.name, given, span, values))
        }
    };
    if let Some(finding) = finding {
        cx.out.push(finding);
    }
}

fn unknown_value(name: &str, given: &str, span: &Span, values: &[Box<str>]) -> Diagnostic {
    let known = || values.iter().map(AsRef::as_ref);
    let title = format!("`{given}` is not a value of `{name}`");
    let finding = Diagnostic::error("E0211", title, span.clone(), format!("allowed: {}", list(known())));
    offer(finding, given, span, known(), known()).0
}

/// The values of the list file's column that is named like the attribute.
fn read_list(attr: AttrId, path: &str, span: &Span, cx: &mut Context<'_>) -> Option<Vec<(Box<str>, bool)>> {
    let (name, kind) = (cx.attr_of(attr).name.clone(), cx.attr_of(attr).kind);
    if !matches!(kind, Kind::Id | Kind::Text | Kind::Tree | Kind::Set) {
        let title = format!("a list file names texts, and `{name}` is {}", meaning(kind));
        cx.out.push(Diagnostic::error("E0219", title, span.clone(), "write the spans in the cell"));
        return None;
    }
    let table = cx.table_at(path, span.clone())?;
    let Some(column) = table.column(&name) else {
        let columns: Vec<&str> = table.header.iter().map(node_text).collect();
        let title = format!("`{path}` has no column `{name}`");
        let label =
            format!("a list file has a column named like the attribute; its columns: {}", list(columns));
        cx.out.push(Diagnostic::error("E0605", title, span.clone(), label));
        return None;
    };
    if table.rows.is_empty() && !table.damaged {
        let title = format!("`{path}` has no rows");
        let label = "an empty list says neither all nor none";
        cx.out.push(Diagnostic::error("E0206", title, span.clone(), label));
        return None;
    }
    let mut texts = Vec::new();
    for row in &table.rows {
        let Some(node) = row.cells.get(column) else {
            continue;
        };
        let value = node_text(node);
        if value.is_empty() {
            let title = format!("row {} has no `{name}`", row.number);
            cx.out.push(Diagnostic::error(
                "E0606",
                title,
                row.line.clone(),
                "fill the cell or delete the row",
            ));
            continue;
        }
        if kind == Kind::Tree
            && value != "**"
            && let Some(cure) = straight_branch(value)
        {
            let title = format!("`{value}` is not a branch");
            cx.out.push(Diagnostic::error("E0209", title, node.span.clone(), format!("write `{cure}`")));
            continue;
        }
        let (value, branch) = match value.strip_suffix("/**") {
            Some(path) if kind == Kind::Tree => (path, true),
            _ => (value, false),
        };
        check_text(attr, value, branch, &node.span, cx);
        cx.mention(attr, value);
        texts.push((value.into(), branch));
    }
    Some(texts)
}

//! `fixed`: a price as it is printed, alone or in a table.

use super::rows::conditions;
use super::scope::{ScopeSpec, Who, read_where};
use super::{Context, StrategyKind};
use crate::money::{Money, Price};
use crate::rulebook::syntax::{Amounts, Fields, Node, list, money, node_text};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub enum FixedSpec {
    Value(Amounts),
    Table(Vec<FixedRowSpec>),
}

#[derive(Clone, Debug)]
pub struct FixedRowSpec {
    pub scope: ScopeSpec,
    pub row: u32,
    pub line: Span,
    pub amounts: Amounts,
}

/// `fixed = "349.00 EUR"`, or a table's rows.
pub fn read_fixed(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<StrategyKind> {
    if node.as_table().is_none() {
        return read_price(node, cx).map(|amounts| StrategyKind::Fixed(FixedSpec::Value(amounts)));
    }
    let mut fields = Fields::of(node, key, "`fixed`", &mut cx.out)?;
    let (table, value) = (fields.optional("table"), fields.optional("value"));
    let clean = fields.is_clean();
    fields.finish(&mut cx.out);
    match (table, value) {
        (Some(node), None) => {
            read_fixed_table(node, cx).map(|rows| StrategyKind::Fixed(FixedSpec::Table(rows)))
        }
        (None, Some(node)) => {
            read_price(node, cx).map(|amounts| StrategyKind::Fixed(FixedSpec::Value(amounts)))
        }
        (None, None) if !clean => None,
        _ => {
            let title = "`fixed` takes either a price or a `table`";
            cx.out.push(Diagnostic::error(
                "E0203",
                title,
                node.span.clone(),
                "write `fixed = \"349.00 EUR\"` or a table",
            ));
            None
        }
    }
}

/// Amounts that can be paid (E0406).
fn read_price(node: &Node, cx: &mut Context<'_>) -> Option<Amounts> {
    let amounts = money(node, &mut cx.out)?;
    for (amount, currency) in &amounts.all {
        let payable =
            currency.is_some_and(|currency| Price::from_money(Money::new(*amount, currency)).is_some());
        if !payable {
            let shown = match currency {
                Some(currency) => Money::new(*amount, *currency).to_string(),
                None => amount.to_string(),
            };
            let title = format!("`{shown}` cannot be paid");
            let label = "a fixed price is a positive number of whole minor units, such as cents";
            cx.out.push(Diagnostic::error("E0406", title, node.span.clone(), label));
            return None;
        }
    }
    Some(amounts)
}

const PRICE_COLUMN: &str = "set price.fixed";

fn read_fixed_table(node: &Node, cx: &mut Context<'_>) -> Option<Vec<FixedRowSpec>> {
    let csv = cx.table(node)?;
    let Some(price) = csv.column(PRICE_COLUMN) else {
        let columns = list(csv.header.iter().map(node_text));
        let title = format!("`{}` has no column `{PRICE_COLUMN}`", csv.path);
        let span = csv.header.first().map_or_else(|| node.span.clone(), |first| first.span.clone());
        cx.out.push(Diagnostic::error("E0605", title, span, format!("its columns: {columns}")));
        return None;
    };
    for header in csv.header.iter().filter(|header| ![PRICE_COLUMN, "why"].contains(&node_text(header))) {
        if let Some(key) = node_text(header).strip_prefix("set ") {
            let title = format!("`{key}` cannot be set in a table of fixed prices");
            cx.out.push(Diagnostic::error(
                "E0605",
                title,
                header.span.clone(),
                format!("only `{PRICE_COLUMN}`"),
            ));
            return None;
        }
        cx.attr(node_text(header), &header.span)?;
    }
    if csv.rows.is_empty() && !csv.damaged {
        let title = format!("`{}` has no rows", csv.path);
        cx.out.push(Diagnostic::error("E0206", title, node.span.clone(), "no item would have a price"));
        return None;
    }
    let mut rows = Vec::new();
    for row in &csv.rows {
        let is_cell = |name: &str| name != PRICE_COLUMN && name != "why";
        let conditions = conditions(&csv, row, is_cell, cx);
        let scope = read_where(&Node::table(conditions, row.line.clone()), Who::Item, cx);
        if let Some(amounts) = row.cells.get(price).and_then(|cell| read_price(cell, cx)) {
            rows.push(FixedRowSpec { scope, row: row.number, line: row.line.clone(), amounts });
        }
    }
    Some(rows)
}

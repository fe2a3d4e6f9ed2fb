//! W0611: with a catalog, values that no item of it has.

use super::similar::places;
use crate::facts::{FactSet, Kind, Schema, Value, builtin};
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Table, nearest};
use crate::rulebook::{Applicability, Diagnostic, Edit, Evidence};
use std::collections::{BTreeMap, BTreeSet};

pub fn find(
    trees: &BTreeMap<Box<str>, Table>,
    schema: &Schema,
    evidence: &Evidence,
    cx: &Context<'_>,
) -> Vec<Diagnostic> {
    let skus: BTreeSet<&str> = evidence.facts.items.by_sku(None).map(|(sku, _)| sku).collect();
    let apart = [builtin::MARKET, builtin::CHANNEL, builtin::VAT_CLASS, builtin::PRICE_KIND];
    let mut found = Vec::new();
    for (id, attr) in schema.iter().filter(|(id, attr)| !apart.contains(id) && !attr.customer) {
        if !matches!(attr.kind, Kind::Id | Kind::Text | Kind::Tree) {
            continue;
        }
        let had = numbers(&evidence.facts, id);
        for (word, spans) in places(&attr.name, trees, cx) {
            let text = word.strip_suffix("/**").unwrap_or(&word);
            let branch = attr.kind == Kind::Tree;
            let exists = match id == builtin::SKU {
                true => skus.contains(text),
                false => attr.symbols.covered(text, branch).iter().any(|number| had.contains(number)),
            };
            if exists {
                continue;
            }
            // A spreadsheet takes 0017 for a number.
            let padded = skus.iter().find(|sku| sku.trim_start_matches('0') == text && id == builtin::SKU);
            let near = padded
                .or_else(|| skus.get(nearest(text, skus.iter().copied().filter(|_| id == builtin::SKU))?));
            for span in spans {
                let label = match (padded, near) {
                    (Some(sku), _) => format!("`{sku}` is: a spreadsheet removes leading zeros"),
                    _ => format!("no item has this {}", attr.name),
                };
                let title = format!("`{text}` is not in {}", evidence.name);
                let finding = Diagnostic::warning("W0611", title, span.clone(), label)
                    .note("what names it holds for nothing today");
                found.push(match near {
                    Some(sku) => finding.fix(
                        Applicability::Maybe,
                        format!("did you mean `{sku}`?"),
                        vec![Edit { span, text: (*sku).to_owned() }],
                    ),
                    None => finding.fix(Applicability::Maybe, "correct it, or wait for the item", Vec::new()),
                });
            }
        }
    }
    found
}

/// The values that items have, as the schema numbers them.
fn numbers(facts: &FactSet, id: crate::facts::AttrId) -> BTreeSet<u32> {
    let symbol = |value| match value {
        Value::Symbol(number) => Some(number),
        _ => None,
    };
    facts.items.iter().filter_map(|row| symbol(row.item().value(id))).collect()
}

//! One wrong currency of a market, told once: otherwise every amount of the rulebook lacks it (E0405).

use super::{each_text, text_of};
use crate::money::Currency;
use crate::rulebook::syntax::{Findings, Node, Table};
use crate::rulebook::{Applicability, Diagnostic, Edit};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer lacking amounts are mistakes of their own.
const LACKING_MIN: usize = 2;

pub fn explain(trees: &BTreeMap<Box<str>, Table>, out: &mut Findings) {
    let Some(markets) =
        trees.get("rulebook.toml").and_then(|root| root.get("market")).and_then(Node::as_table)
    else {
        return;
    };
    let named = named(trees);
    let code_of =
        |market: &Table| market.get("currency").map(|node| (node.clone(), text_of(node).to_owned()));
    let used: BTreeSet<String> = markets
        .in_order()
        .into_iter()
        .filter_map(|(_, market)| Some(code_of(market.node.as_table()?)?.1))
        .collect();
    for (name, market) in markets.in_order() {
        let Some((node, code)) = market.node.as_table().and_then(code_of) else { continue };
        let lacking = format!("the currency of market `{name}`");
        let mut count = 0;
        if named.contains(&code) {
            continue;
        }
        out.retain(|finding| {
            count += usize::from(finding.code == "E0405" && finding.title.contains(&lacking));
            true
        });
        if count < LACKING_MIN {
            continue;
        }
        out.retain(|finding| !(finding.code == "E0405" && finding.title.contains(&lacking)));
        let orphans: Vec<&String> = named.iter().filter(|code| !used.contains(*code)).collect();
        let title = format!("market {name} pays in {code}, and no amount of the rulebook is in {code}");
        let finding =
            Diagnostic::error("E0405", title, node.span.clone(), format!("{count} amounts lack it"))
                .note("amounts are never converted: each entry names one in every currency that it is for");
        out.push(match orphans.as_slice() {
            [meant] => finding.fix(
                Applicability::Maybe,
                format!("the amounts name {meant}, which no market pays in: did you mean {meant}?"),
                vec![Edit { span: node.part(0..code.len()), text: (*meant).clone() }],
            ),
            _ => finding.fix(Applicability::Maybe, format!("add the amounts in {code}"), Vec::new()),
        });
    }
}

/// The currencies that amounts name.
fn named(trees: &BTreeMap<Box<str>, Table>) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (_, root) in trees.iter().filter(|(path, _)| !path.starts_with("tests/")) {
        each_text(root, &mut Vec::new(), &mut |path, node| {
            let amounts = text_of(node).split('|').filter_map(|part| part.trim().rsplit_once(' '));
            let codes = amounts.map(|(_, code)| code.split('/').next().unwrap_or(code));
            named.extend(codes.filter(|code| Currency::from_code(code).is_some()).map(str::to_owned));
            // `absolute = { KZT = "90 .. 3000000" }`
            named.extend(
                path.last().filter(|key| Currency::from_code(key).is_some()).map(|key| (*key).to_owned()),
            );
        });
    }
    named
}

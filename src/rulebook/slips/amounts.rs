//! W0408: amounts in two currencies that do not fit the others: a lost zero, or the two exchanged.

use super::{each_text, text_of};
use crate::facts::Kind;
use crate::money::Currency;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Table, parse_quantity};
use crate::rulebook::{Applicability, Diagnostic, Span};
use std::collections::BTreeMap;

/// How far a pair may be from the median of the others: prices are rounded to what looks well in each market.
const TIMES: i128 = 4;

/// Pairs of amounts that one entry says in two currencies.
struct Pair {
    span: Span,
    amounts: [i64; 2],
    text: String,
}

pub fn find(trees: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) {
    let mut pairs: BTreeMap<[Currency; 2], Vec<Pair>> = BTreeMap::new();
    for (_, root) in trees.iter().filter(|(path, _)| !path.starts_with("tests/")) {
        each_text(root, &mut Vec::new(), &mut |_, node| {
            let text = text_of(node);
            let parts = text.split('|').map(|part| part.trim().trim_start_matches(['<', '>', '=', ' ']));
            let mut amounts: Vec<(Currency, i64)> = parts
                .filter_map(|part| parse_quantity(part, Kind::Money).ok())
                .filter_map(|money| Some((money.currency?, money.value)))
                .filter(|(_, value)| 0 < *value)
                .collect();
            amounts.sort_by_key(|(currency, _)| currency.code());
            for (at, first) in amounts.iter().enumerate() {
                for second in amounts.iter().skip(at + 1).filter(|second| second.0 != first.0) {
                    let pair =
                        Pair { span: node.span.clone(), amounts: [first.1, second.1], text: text.to_owned() };
                    pairs.entry([first.0, second.0]).or_default().push(pair);
                }
            }
        });
        absolute(root, &mut pairs);
    }
    for (currencies, pairs) in &pairs {
        let found = pairs.iter().enumerate().filter_map(|(at, pair)| odd(currencies, pairs, at, pair));
        found.for_each(|finding| cx.out.push(finding));
    }
}

/// `absolute = { EUR = "0.19 .. 6000", KZT = "90 .. 3000000" }`: both ends are pairs.
fn absolute(table: &Table, pairs: &mut BTreeMap<[Currency; 2], Vec<Pair>>) {
    for (key, keyed) in table.in_order() {
        let Some(inner) = keyed.node.as_table() else { continue };
        if key != "absolute" {
            absolute(inner, pairs);
            continue;
        }
        let mut ends: Vec<(Currency, Vec<i64>)> = Vec::new();
        for (code, value) in inner.in_order() {
            let Some(currency) = Currency::from_code(code) else { continue };
            let numbers = text_of(&value.node).split("..").map(|end| end.trim_start_matches('=').trim());
            let amounts =
                numbers.filter_map(|end| parse_quantity(&format!("{end} {code}"), Kind::Money).ok());
            ends.push((currency, amounts.map(|amount| amount.value).collect()));
        }
        ends.sort_by_key(|(currency, _)| currency.code());
        for (at, (first, low)) in ends.iter().enumerate() {
            for (second, high) in ends.iter().skip(at + 1) {
                for (one, other) in low.iter().zip(high).filter(|(one, other)| 0 < **one && 0 < **other) {
                    let text = format!("{first} and {second} of `absolute`");
                    let pair = Pair { span: keyed.node.span.clone(), amounts: [*one, *other], text };
                    pairs.entry([*first, *second]).or_default().push(pair);
                }
            }
        }
    }
}

fn odd(currencies: &[Currency; 2], pairs: &[Pair], at: usize, pair: &Pair) -> Option<Diagnostic> {
    // Two that differ do not say which is wrong.
    if pairs.len() < 3 {
        return None;
    }
    let ratio = |pair: &Pair| i128::from(pair.amounts[1]) * 1_000_000 / i128::from(pair.amounts[0].max(1));
    let mut others: Vec<i128> =
        pairs.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, pair)| ratio(pair)).collect();
    others.sort_unstable();
    let median = *others.get(others.len() / 2)?;
    let own = ratio(pair);
    (own * TIMES < median || median * TIMES < own).then(|| {
        let shown = |ratio: i128| match ratio / 1_000_000 {
            0 => format!("0.{:06}", ratio).trim_end_matches('0').to_owned(),
            whole => whole.to_string(),
        };
        let [first, second] = currencies;
        Diagnostic::warning(
            "W0408",
            format!("the amounts of `{}` do not fit each other", pair.text),
            pair.span.clone(),
            format!("here 1 {first} is {} {second}, elsewhere about {}", shown(own), shown(median)),
        )
        .note("most often a zero is lost, or the two currencies are exchanged")
        .fix(Applicability::Maybe, "correct the amounts", Vec::new())
    })
}

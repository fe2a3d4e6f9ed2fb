//! Single values with their unit, each mistake a finding.

use super::quantity::{Mistake, parse_percent, parse_quantity};
use super::{Findings, Node, Value, list, offer};
use crate::facts::Kind;
use crate::money::{Amount, Currency, Ratio};
use crate::rulebook::{Applicability, Diagnostic, Edit, Span};
use std::ops::RangeInclusive;

/// Whether a percent may or must carry a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A share: `22%`, never below zero.
    None,
    /// A change that may carry a plus: `-1%`, `+1%`, `1%`.
    Allowed,
    /// A change that must say its direction: `+3%`.
    Demanded,
}

/// Amounts of money, at most one of each currency: `20 EUR | 9000 KZT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    pub all: Vec<(Amount, Option<Currency>)>,
    pub span: Span,
}

impl Amounts {
    /// The amount for a market's currency; zero is zero in all.
    pub fn of(&self, currency: Currency) -> Option<Amount> {
        let own = self.all.iter().find(|(_, known)| *known == Some(currency));
        let zero = || self.all.iter().find(|(amount, _)| *amount == Amount::ZERO);
        own.or_else(zero).map(|(amount, _)| *amount)
    }
}

/// E0202: another type was due.
pub fn wrong_type(node: &Node, due: &str, out: &mut Findings) {
    out.push(Diagnostic::error(
        "E0202",
        format!("{} stands where {due} is due", node.what()),
        node.span.clone(),
        format!("write {due}"),
    ));
}

/// E0901: understood, but not built.
pub fn not_supported(span: &Span, what: &str, out: &mut Findings) {
    out.push(Diagnostic::error(
        "E0901",
        format!("{what} is not supported yet"),
        span.clone(),
        "remove it: nothing that a rulebook says is ignored",
    ));
}

pub fn text<'a>(node: &'a Node, out: &mut Findings) -> Option<&'a str> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => {
            out.push(Diagnostic::error(
                "E0206",
                "an empty text says nothing",
                node.span.clone(),
                "write a text or remove the key",
            ));
            None
        }
        Value::Text(text) => Some(text),
        _ => {
            wrong_type(node, "a text in quotes", out);
            None
        }
    }
}

/// A list of texts that is not empty (E0206); one text alone is a list of one.
pub fn texts<'a>(node: &'a Node, out: &mut Findings) -> Vec<(&'a str, &'a Node)> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            out.push(Diagnostic::error(
                "E0206",
                "an empty list says neither all nor none",
                node.span.clone(),
                "name something or remove the key",
            ));
            Vec::new()
        }
        Value::List(items) => {
            items.iter().filter_map(|item| text(item, out).map(|text| (text, item))).collect()
        }
        Value::Text(_) => text(node, out).map(|text| (text, node)).into_iter().collect(),
        _ => {
            wrong_type(node, "a list of texts [ \"…\" ]", out);
            Vec::new()
        }
    }
}

pub fn boolean(node: &Node, out: &mut Findings) -> Option<bool> {
    match node.value {
        Value::Bool(flag) => Some(flag),
        _ => {
            wrong_type(node, "`true` or `false`", out);
            None
        }
    }
}

/// A whole number without unit, within bounds (E0407).
pub fn integer(node: &Node, allowed: RangeInclusive<i64>, out: &mut Findings) -> Option<i64> {
    let number = match &node.value {
        Value::Number(written) => written.parse::<i64>().ok(),
        _ => None,
    };
    match number {
        Some(number) if allowed.contains(&number) => Some(number),
        Some(number) => {
            out_of_range(
                node.span.clone(),
                &number.to_string(),
                &format!("a whole number from {} to {}", allowed.start(), allowed.end()),
                out,
            );
            None
        }
        None => {
            wrong_type(node, "a whole number", out);
            None
        }
    }
}

/// One word of a closed list (E0211).
pub fn choice<T: Copy>(node: &Node, words: &[(&'static str, T)], out: &mut Findings) -> Option<T> {
    let given = text(node, out)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
        return Some(*value);
    }
    let known = words.iter().map(|(word, _)| *word);
    let span = node.part(0..given.len());
    let finding = Diagnostic::error(
        "E0211",
        format!("`{given}` is not one of the allowed words"),
        span.clone(),
        format!("allowed: {}", list(known.clone())),
    );
    out.push(offer(finding, given, &span, known.clone(), known).0);
    None
}

/// A percent; `meaning` says of what, for the label.
pub fn percent(node: &Node, sign: Sign, meaning: &str, out: &mut Findings) -> Option<Ratio> {
    let written = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) => number,
        _ => {
            wrong_type(node, "a percent in quotes", out);
            return None;
        }
    };
    let (plus, rest) = match written.strip_prefix('+') {
        Some(rest) if sign != Sign::None => (true, rest),
        _ => (false, &**written),
    };
    match parse_percent(rest) {
        Ok(ratio) if sign == Sign::None && ratio < Ratio::ZERO => {
            out_of_range(node.span.clone(), written, "a percent of zero or more", out);
            None
        }
        Ok(ratio) if sign == Sign::Demanded && Ratio::ZERO < ratio && !plus => {
            let signed = |sign: char| {
                vec![Edit { span: node.part(0..written.len()), text: format!("{sign}{written}") }]
            };
            out.push(
                Diagnostic::error(
                    "E0404",
                    format!("`{written}` does not say up or down"),
                    node.part(0..written.len()),
                    "an adjustment carries its sign",
                )
                .fix(Applicability::Maybe, "write the plus sign", signed('+'))
                .fix(Applicability::Maybe, "write the minus sign", signed('-')),
            );
            None
        }
        Ok(ratio) => Some(ratio),
        Err(mut mistake) => {
            mistake.range = 0..written.len();
            let signs: &[&str] = match (plus, sign) {
                (true, _) => &["+"],
                (false, Sign::Demanded) if !written.starts_with('-') => &["+", "-"],
                _ => &[""],
            };
            let signed =
                |offer: &String| signs.iter().map(|sign| format!("{sign}{offer}")).collect::<Vec<_>>();
            mistake.offers = mistake.offers.iter().flat_map(signed).collect();
            push_mistake(node, mistake, meaning, out);
            None
        }
    }
}

/// `-50% .. +100%`, both ends included.
pub fn closed_percents(node: &Node, meaning: &str, out: &mut Findings) -> Option<(Ratio, Ratio)> {
    let written = text(node, out)?;
    let Some((low, high)) = written.split_once("..") else {
        out.push(Diagnostic::error(
            "E0402",
            format!("`{written}` is not a range of percents"),
            node.part(0..written.len()),
            format!("{meaning}, such as `-30% .. +10%`"),
        ));
        return None;
    };
    let high = high.strip_prefix('=').unwrap_or(high).trim();
    let low = low.trim();
    let mut end = |text: &str, borrow: &str| {
        let bare = text.strip_prefix('+').unwrap_or(text);
        let whole = if super::quantity::is_bare(bare) && borrow.ends_with('%') {
            format!("{bare}%")
        } else {
            bare.to_owned()
        };
        parse_percent(&whole)
            .map_err(|mut mistake| {
                let at = written.find(text).unwrap_or(0);
                mistake.range = at..at + text.len();
                push_mistake(node, mistake, meaning, out);
            })
            .ok()
    };
    let (from, to) = (end(low, high), end(high, ""));
    match (from?, to?) {
        (low, high) if low <= high => Some((low, high)),
        _ => {
            out_of_range(node.part(0..written.len()), written, "a range that runs upwards", out);
            None
        }
    }
}

pub fn duration(node: &Node, out: &mut Findings) -> Option<i64> {
    let written = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) => number,
        _ => {
            wrong_type(node, "a duration in quotes", out);
            return None;
        }
    };
    match parse_quantity(written, Kind::Duration) {
        Ok(quantity) if quantity.value < 0 => {
            out_of_range(node.span.clone(), written, "a duration of zero or more", out);
            None
        }
        Ok(quantity) => Some(quantity.value),
        Err(mistake) => {
            push_mistake(node, mistake, "a duration has a unit, such as `18h`, `7d` or `8w`", out);
            None
        }
    }
}

/// One amount, or one for each currency.
pub fn money(node: &Node, out: &mut Findings) -> Option<Amounts> {
    let written = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) => number,
        _ => {
            wrong_type(node, "an amount of money in quotes", out);
            return None;
        }
    };
    let mut all: Vec<(Amount, Option<Currency>)> = Vec::new();
    let mut whole = true;
    for (part, range) in pieces(written) {
        match parse_quantity(part, Kind::Money) {
            Ok(quantity) if all.iter().any(|(_, known)| *known == quantity.currency) => {
                whole = false;
                out.push(Diagnostic::error(
                    "E0403",
                    format!("`{written}` names one currency twice"),
                    node.part(range),
                    "one amount for each currency",
                ));
            }
            Ok(quantity) => all.push((Amount::from_micros(quantity.value), quantity.currency)),
            Err(mut mistake) => {
                whole = false;
                mistake.range = range;
                push_mistake(node, mistake, "money is an amount, a blank and the currency", out);
            }
        }
    }
    (whole && !all.is_empty()).then(|| Amounts { all, span: node.span.clone() })
}

/// The parts between `|`, trimmed, with their bytes.
pub fn pieces(text: &str) -> Vec<(&str, std::ops::Range<usize>)> {
    let mut start = 0;
    text.split('|')
        .map(|piece| {
            let at = start + piece.len() - piece.trim_start().len();
            start += piece.len() + 1;
            let trimmed = piece.trim();
            (trimmed, at..at + trimmed.len())
        })
        .collect()
}

/// E0407 with what is allowed.
pub fn out_of_range(span: Span, given: &str, allowed: &str, out: &mut Findings) {
    out.push(Diagnostic::error(
        "E0407",
        format!("`{given}` is out of range"),
        span,
        format!("allowed: {allowed}"),
    ));
}

/// Turns a mistake in a part of a text into a finding.
pub fn push_mistake(node: &Node, mistake: Mistake, meaning: &str, out: &mut Findings) {
    let bare = matches!(node.value, Value::Number(_));
    let span = if bare { node.span.clone() } else { node.part(mistake.range) };
    let mut finding = if mistake.code == "E0401" {
        Diagnostic::error("E0401", mistake.title, span.clone(), meaning)
    } else {
        Diagnostic::error(mistake.code, mistake.title, span.clone(), mistake.label)
    };
    let edit = |text: &str| {
        vec![Edit { span: span.clone(), text: if bare { format!("\"{text}\"") } else { text.to_owned() } }]
    };
    match mistake.offers.as_slice() {
        [] => {}
        [one] if mistake.code == "E0401" => {
            finding = finding
                .note(format!(
                    "it could mean \"{one}\", but fractions are written for the same thing elsewhere, so numbers are never guessed"
                ))
                .fix(Applicability::Safe, "write the percent sign", edit(one));
        }
        // One end may just as well have lost a digit.
        [one] if mistake.code == "E0207" => {
            finding = finding.fix(Applicability::Maybe, "exchange the two ends", edit(one));
        }
        [one] => finding = finding.fix(Applicability::Safe, format!("write \"{one}\""), edit(one)),
        several => {
            finding = finding.note(format!(
                "it could mean {}, so it is never guessed",
                list(several.iter().map(String::as_str))
            ));
            for offer in several {
                finding = finding.fix(Applicability::Maybe, format!("write \"{offer}\""), edit(offer));
            }
        }
    }
    out.push(finding);
}

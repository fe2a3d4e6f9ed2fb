//! Cells (RULEBOOK 2.3, semantics 4.4, decisions 4.8 and 4.9): one condition on one attribute.

use super::num::{self, Q};
use super::text;
use std::collections::BTreeSet;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// ids, skus and plain text
    Text,
    Tree,
    Set,
    Money,
    Percent,
    Number,
    Duration,
}

/// A present value. Money is in the market's currency; a duration is in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Set(BTreeSet<String>),
    Quantity(Q),
    /// Stock without sales: above every threshold (decisions 1.4).
    Endless,
}

/// One end of a span: the value and whether it belongs.
pub type End = Option<(Q, bool)>;

#[derive(Clone, Debug)]
pub enum Atom {
    Missing,
    Present,
    Equals(String),
    /// `a/b/**`: `a/b` and everything below (decisions 4.8)
    Branch(String),
    Listed(Vec<String>),
    Span {
        low: End,
        high: End,
        currency: Option<String>,
    },
    Not(Box<Atom>),
}

/// Alternatives: the cell holds if one of them does.
#[derive(Clone, Debug)]
pub struct Cell(pub Vec<Atom>);

impl Cell {
    /// `list` gives the entries of an `@file`.
    pub fn parse(
        kind: Kind,
        text: &str,
        list: &dyn Fn(&str) -> Result<Vec<String>, String>,
    ) -> Result<Cell, String> {
        let atoms = text.split('|').map(|part| atom(kind, part.trim(), list));
        Ok(Cell(atoms.collect::<Result<_, _>>()?))
    }

    pub fn holds(&self, value: Option<&Value>, currency: &str) -> bool {
        self.0.iter().any(|atom| atom.holds(value, currency))
    }
}

impl Atom {
    fn holds(&self, value: Option<&Value>, currency: &str) -> bool {
        // A missing value matches nothing but `?` (decisions 4.9: not even `!x`).
        let Some(value) = value else {
            return matches!(self, Atom::Missing);
        };
        match (self, value) {
            (Atom::Missing, _) => false,
            (Atom::Present, _) => true,
            (Atom::Not(inner), _) => match &**inner {
                Atom::Span { currency: Some(of), .. } if of != currency => false,
                inner => !inner.holds(Some(value), currency),
            },
            (Atom::Equals(wanted), Value::Text(text)) => wanted == text,
            (Atom::Equals(wanted), Value::Set(set)) => set.contains(wanted),
            (Atom::Branch(root), Value::Text(text)) => {
                text == root || text.strip_prefix(root.as_str()).is_some_and(|t| t.starts_with('/'))
            }
            (Atom::Listed(list), Value::Text(text)) => list.contains(text),
            (Atom::Listed(list), Value::Set(set)) => list.iter().any(|entry| set.contains(entry)),
            (Atom::Span { currency: Some(of), .. }, _) if of != currency => false,
            (Atom::Span { low, high, .. }, Value::Quantity(x)) => {
                let above = low.as_ref().is_none_or(|(end, closed)| x > end || (*closed && x == end));
                let below = high.as_ref().is_none_or(|(end, closed)| x < end || (*closed && x == end));
                above && below
            }
            (Atom::Span { high, .. }, Value::Endless) => high.is_none(),
            _ => false,
        }
    }
}

fn atom(kind: Kind, part: &str, list: &dyn Fn(&str) -> Result<Vec<String>, String>) -> Result<Atom, String> {
    if part.is_empty() {
        return Err("an empty alternative".into());
    }
    if let Some(inner) = part.strip_prefix('!') {
        return Ok(Atom::Not(Box::new(atom(kind, inner.trim(), list)?)));
    }
    match part {
        "?" => return Ok(Atom::Missing),
        "**" => return Ok(Atom::Present),
        _ => {}
    }
    if let Some(path) = part.strip_prefix('@') {
        return Ok(Atom::Listed(list(path)?));
    }
    if matches!(kind, Kind::Text | Kind::Tree | Kind::Set) {
        return Ok(match part.strip_suffix("/**") {
            Some(root) if kind == Kind::Tree => Atom::Branch(root.into()),
            _ => Atom::Equals(part.into()),
        });
    }
    span(kind, part)
}

/// Comparison, range or equality of a quantity; `10 .. 20 EUR` gives its unit to both ends.
fn span(kind: Kind, part: &str) -> Result<Atom, String> {
    for (sign, is_low, closed) in
        [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)]
    {
        if let Some(rest) = part.strip_prefix(sign) {
            let (value, currency) = quantity(kind, rest)?;
            let end = Some((value, closed));
            let (low, high) = if is_low { (end, None) } else { (None, end) };
            return Ok(Atom::Span { low, high, currency });
        }
    }
    if let Some((low, high)) = part.split_once("..") {
        let (high, closed) = match high.strip_prefix('=') {
            Some(high) => (high, true),
            None => (high, false),
        };
        let (high_value, high_unit) = quantity(kind, high)?;
        let (low_value, low_unit) =
            quantity(kind, low).or_else(|_| quantity(kind, &with_unit_of(low, high)))?;
        let currency = high_unit.or(low_unit);
        return Ok(Atom::Span { low: Some((low_value, true)), high: Some((high_value, closed)), currency });
    }
    let (value, currency) = quantity(kind, part)?;
    Ok(Atom::Span { low: Some((value.clone(), true)), high: Some((value, true)), currency })
}

/// `10` beside `20 EUR` means `10 EUR`.
fn with_unit_of(bare: &str, full: &str) -> String {
    let unit = full.trim().trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    format!("{}{unit}", bare.trim())
}

/// The value and, for money other than zero, its currency (zero needs none: semantics 2, FX).
fn quantity(kind: Kind, text: &str) -> Result<(Q, Option<String>), String> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let bad = || format!("`{text}` is not a {kind:?}");
    match kind {
        Kind::Percent => text::percent(text).map(|value| (value, None)).ok_or_else(bad),
        Kind::Duration => text::duration(text).map(|value| (value, None)).ok_or_else(bad),
        Kind::Number => num::parse(text).map(|(value, _)| (value, None)).ok_or_else(bad),
        Kind::Money => match text::money(text) {
            Some((value, _)) if value == num::zero() => Ok((value, None)),
            Some((value, currency)) => Ok((value, Some(currency))),
            None if text == "0" => Ok((num::zero(), None)),
            None => Err(bad()),
        },
        Kind::Text | Kind::Tree | Kind::Set => Err(bad()),
    }
}

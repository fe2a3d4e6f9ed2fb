//! The cell grammar: `Bose | Sennheiser`, `!kvi`, `electronics/**`, `> 8w`, `10 .. 20 EUR`, `@tables/x.csv`, `?`.
//!
//! A cell is parsed for the kind of its attribute, so `> 8` is a mistake for a duration and `a .. b` a text for a brand.

use super::quantity::{Mistake, exchanged, is_bare, parse_quantity, parse_span};
use super::value::pieces;
use crate::facts::Kind;
use crate::money::Currency;
use std::ops::Range;

/// A cell: one of the alternatives holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub alternatives: Vec<Alternative>,
    /// As written.
    pub text: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Written with `!`.
    pub not: bool,
    pub atom: Atom,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// `?`
    Missing,
    /// `**`
    Present,
    /// A text or, with `branch`, a path and everything below.
    Text { text: Box<str>, branch: bool },
    /// `@tables/x.csv`
    List(Box<str>),
    /// Both ends included; money of `currency`, none when only zero is named.
    Within { low: i64, high: i64, currency: Option<Currency>, zero: bool },
}

/// Parses a cell on an attribute of `kind`.
pub fn parse_cell(text: &str, kind: Kind) -> Result<Cell, Vec<Mistake>> {
    let mut alternatives = Vec::new();
    let mut mistakes = Vec::new();
    for (piece, range) in pieces(text) {
        match alternative(piece, kind) {
            Ok((not, atom)) => alternatives.push(Alternative { not, atom, range }),
            Err(mut mistake) => {
                let end = range.start + mistake.range.end;
                mistake.range = range.start + mistake.range.start..end.min(range.end).max(range.start);
                mistakes.push(mistake);
            }
        }
    }
    if mistakes.is_empty() { Ok(Cell { alternatives, text: text.into() }) } else { Err(mistakes) }
}

fn alternative(piece: &str, kind: Kind) -> Result<(bool, Atom), Mistake> {
    let (not, rest) = match piece.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, piece),
    };
    let offset = piece.len() - rest.len();
    let whole = |title: String, label: &str| Mistake {
        code: "E0207",
        range: 0..piece.len(),
        title,
        label: label.to_owned(),
        offers: Vec::new(),
    };
    if rest.is_empty() {
        return Err(whole(
            "an empty alternative says nothing".to_owned(),
            "write a value on both sides of `|` and after `!`",
        ));
    }
    if rest == "?" || rest == "**" {
        return match (not, rest, kind) {
            (true, ..) => Err(whole(
                format!("`{piece}` is not a cell"),
                "`**` asks for any present value, `?` for a missing one",
            )),
            (_, "?", Kind::Set) => {
                Err(whole("a set is never missing".to_owned(), "a set without values is the empty set"))
            }
            (_, "?", _) => Ok((false, Atom::Missing)),
            _ => Ok((false, Atom::Present)),
        };
    }
    if let Some(path) = rest.strip_prefix('@') {
        return Ok((not, Atom::List(path.trim().into())));
    }
    let atom = match kind {
        Kind::Id | Kind::Text | Kind::Tree | Kind::Set => {
            if kind == Kind::Tree
                && let Some(cure) = straight_branch(rest)
            {
                let label = format!("write `{cure}`: names with `/` between them, and `/**` for all below");
                return Err(Mistake { code: "E0209", ..whole(format!("`{rest}` is not a branch"), &label) });
            }
            literal(rest, kind).map_err(|(title, label)| whole(title, label))?
        }
        _ => within(rest, kind).map_err(|mut mistake| {
            mistake.range = offset + mistake.range.start..offset + mistake.range.end;
            mistake
        })?,
    };
    Ok((not, atom))
}

/// What a text on a tree should be, unless it is a path or a branch as it stands.
pub fn straight_branch(text: &str) -> Option<String> {
    let path = text.strip_suffix("/**").unwrap_or(text);
    let names = || path.split('/');
    if names().all(|name| !name.is_empty() && name.trim() == name && !name.contains('*')) {
        return None;
    }
    let whole: Vec<&str> = names()
        .map(|name| name.trim().trim_end_matches('*').trim_end())
        .filter(|name| !name.is_empty() && !name.contains('*'))
        .collect();
    let below = if text.ends_with(['*', '/']) { "/**" } else { "" };
    Some(match whole.as_slice() {
        [] => "**".to_owned(),
        names => format!("{}{below}", names.join("/")),
    })
}

fn literal(text: &str, kind: Kind) -> Result<Atom, (String, &'static str)> {
    if let Some(sign) = ["<=", ">=", "<", ">"].into_iter().find(|sign| text.starts_with(sign)) {
        return Err((
            format!("`{sign}` compares quantities, and this is a text"),
            "name the texts, with `|` between them",
        ));
    }
    let branch = text.strip_suffix("/**").filter(|path| !path.is_empty());
    match branch {
        Some(path) if kind == Kind::Tree => Ok(Atom::Text { text: path.into(), branch: true }),
        None => Ok(Atom::Text { text: text.into(), branch: false }),
        Some(_) => {
            Err((format!("`{text}` is a branch, and this attribute is not a tree"), "name the whole text"))
        }
    }
}

fn within(text: &str, kind: Kind) -> Result<Atom, Mistake> {
    for (sign, strict) in [("<=", false), (">=", false), ("<", true), (">", true)] {
        let Some(rest) = text.strip_prefix(sign) else {
            continue;
        };
        let number = rest.trim_start();
        let offset = text.len() - number.len();
        let quantity = parse_quantity(number, kind).map_err(|mut mistake| {
            mistake.range = offset..text.len();
            mistake
        })?;
        let value = quantity.value;
        let (low, high) = match (sign.starts_with('<'), strict) {
            (true, true) => (i64::MIN, value.saturating_sub(1)),
            (true, false) => (i64::MIN, value),
            (false, true) => (value.saturating_add(1), i64::MAX),
            (false, false) => (value, i64::MAX),
        };
        return Ok(Atom::Within { low, high, currency: quantity.currency, zero: value == 0 });
    }
    let Some((low, high)) = text.split_once("..") else {
        let quantity = parse_quantity(text, kind)?;
        return Ok(Atom::Within {
            low: quantity.value,
            high: quantity.value,
            currency: quantity.currency,
            zero: quantity.value == 0,
        });
    };
    let (closed, high) = match high.strip_prefix('=') {
        Some(high) => (true, high.trim()),
        None => (false, high.trim()),
    };
    let low = low.trim();
    let (from, to) = parse_span(low, high, kind).map_err(|mut mistake| {
        // The mistake's text is one of the two ends.
        let wrong = if is_bare(low) || parse_quantity(low, kind).is_ok() { high } else { low };
        let at = if wrong == high { text.len() - high.len() } else { 0 };
        mistake.range = at..at + wrong.len();
        mistake
    })?;
    let last = if closed { to.value } else { to.value.saturating_sub(1) };
    if last < from.value {
        return Err(Mistake {
            code: "E0207",
            range: 0..text.len(),
            title: format!("`{text}` holds no value"),
            label: "a span runs upwards, and `..` leaves out its end".to_owned(),
            offers: if to.value < from.value { vec![exchanged(low, high)] } else { Vec::new() },
        });
    }
    Ok(Atom::Within {
        low: from.value,
        high: last,
        currency: to.currency.or(from.currency),
        zero: from.value == 0 && to.value == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(text: &str, kind: Kind) -> Vec<(bool, Atom)> {
        let cell = parse_cell(text, kind).unwrap();
        cell.alternatives.into_iter().map(|one| (one.not, one.atom)).collect()
    }

    fn span(text: &str, kind: Kind) -> (i64, i64) {
        match atoms(text, kind).as_slice() {
            [(false, Atom::Within { low, high, .. })] => (*low, *high),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn wrong(text: &str, kind: Kind) -> (&'static str, String) {
        let mistakes = parse_cell(text, kind).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
        (mistakes[0].code, text.get(mistakes[0].range.clone()).unwrap().to_owned())
    }

    #[test]
    fn texts_are_literal() {
        let text = |text: &str, branch| Atom::Text { text: text.into(), branch };
        assert_eq!(
            atoms("Bose | !Sennheiser | ?", Kind::Text),
            [(false, text("Bose", false)), (true, text("Sennheiser", false)), (false, Atom::Missing)]
        );
        assert_eq!(atoms("a/b/**", Kind::Tree), [(false, text("a/b", true))]);
        assert_eq!(atoms("**", Kind::Tree), [(false, Atom::Present)]);
        assert_eq!(atoms("A .. B", Kind::Text), [(false, text("A .. B", false))]);
        assert_eq!(atoms("!@tables/x.csv", Kind::Id), [(true, Atom::List("tables/x.csv".into()))]);
        assert_eq!(wrong("a | | b", Kind::Text).0, "E0207");
        assert_eq!(wrong("> 5 EUR", Kind::Text).0, "E0207");
        assert_eq!(wrong("x | a/**", Kind::Text), ("E0207", "a/**".to_owned()));
        assert_eq!(wrong("?", Kind::Set).0, "E0207");
        assert_eq!(wrong("!?", Kind::Text).0, "E0207");
        for (given, cure) in [
            ("a/*", "a/**"),
            ("a*", "a/**"),
            ("a/", "a/**"),
            ("/a/b", "a/b"),
            ("a//b/**", "a/b/**"),
            ("a / b", "a/b"),
            ("a/**/b", "a/b"),
            ("*", "**"),
        ] {
            assert_eq!(wrong(given, Kind::Tree), ("E0209", given.to_owned()));
            assert_eq!(straight_branch(given).as_deref(), Some(cure));
        }
    }

    #[test]
    fn spans_are_closed_integers() {
        assert_eq!(span("> 8w", Kind::Duration), (4_838_401, i64::MAX));
        assert_eq!(span("<= 3%", Kind::Percent), (i64::MIN, 30_000_000));
        assert_eq!(span("10 .. 20 EUR", Kind::Money), (10_000_000, 19_999_999));
        assert_eq!(span("10 ..= 20 EUR", Kind::Money), (10_000_000, 20_000_000));
        assert_eq!(span("-2 .. 3", Kind::Number), (-2_000_000_000, 2_999_999_999));
        assert_eq!(span("5 EUR", Kind::Money), (5_000_000, 5_000_000));
        assert_eq!(wrong("20 .. 10 EUR", Kind::Money).0, "E0207");
        assert_eq!(wrong("> 8", Kind::Duration), ("E0401", "8".to_owned()));
        assert_eq!(wrong("> 2 EUR | < 20", Kind::Money), ("E0401", "20".to_owned()));
        assert_eq!(wrong(">= 9,5%", Kind::Percent), ("E0402", "9,5%".to_owned()));
    }
}

//! Formulas of derived attributes: `(net(rrp) - cost) / net(rrp)`.

use super::Context;
use crate::facts::{Formula, Kind, Operator};
use crate::money::{Fraction, Ratio};
use crate::rulebook::syntax::Node;
use crate::rulebook::{Diagnostic, Span};
use std::ops::Range;

/// A formula whose names are not looked up yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    Number(Fraction),
    Name(Box<str>, Span),
    Net(Box<Parsed>),
    Gross(Box<Parsed>),
    Binary(Operator, Box<Parsed>, Box<Parsed>),
}

/// Nested deeper than this is no formula that people read.
const DEPTH_MAX: usize = 32;

/// Parses a formula; a mistake is E0705.
pub fn parse_formula(written: &str, node: &Node, cx: &mut Context<'_>) -> Option<Parsed> {
    let mut parser = Parser { text: written, at: 0, node };
    let parsed = parser.sum(0).and_then(|formula| match parser.peek() {
        None => Ok(formula),
        Some(_) => Err(parser.wrong("an operator is due here")),
    });
    parsed
        .map_err(|(range, label)| {
            let title = format!("`{written}` is not a formula");
            cx.out.push(
                Diagnostic::error("E0705", title, node.part(range), label)
                    .note("a formula has + - * / ( ) net() gross(), numbers and names of attributes"),
            );
        })
        .ok()
}

impl Parsed {
    /// Looks up the names: quantities of the item only.
    pub fn resolve(&self, cx: &mut Context<'_>) -> Option<Formula> {
        Some(match self {
            Self::Number(number) => Formula::Number(*number),
            Self::Net(inner) => Formula::Net(Box::new(inner.resolve(cx)?)),
            Self::Gross(inner) => Formula::Gross(Box::new(inner.resolve(cx)?)),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.resolve(cx), right.resolve(cx));
                Formula::Binary(*operator, Box::new(left?), Box::new(right?))
            }
            Self::Name(name, span) => {
                let id = cx.attr(name, span)?;
                let attr = cx.attr_of(id);
                let quantity =
                    matches!(attr.kind, Kind::Money | Kind::Number | Kind::Percent | Kind::Duration);
                if !quantity || attr.customer {
                    let title = format!("`{name}` cannot be calculated with");
                    let label = "a formula reads money, numbers, percents and durations of the item";
                    cx.out.push(Diagnostic::error("E0705", title, span.clone(), label));
                    return None;
                }
                Formula::Attr(id)
            }
        })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    node: &'a Node,
}

type Wrong = (Range<usize>, &'static str);

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed.chars().next()
    }

    fn eat(&mut self, wanted: &[(char, Operator)]) -> Option<Operator> {
        let next = self.peek()?;
        let (_, operator) = wanted.iter().find(|(sign, _)| *sign == next)?;
        self.at += next.len_utf8();
        Some(*operator)
    }

    fn wrong(&self, label: &'static str) -> Wrong {
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        (self.at..self.at + next.map_or(0, char::len_utf8), label)
    }

    fn sum(&mut self, depth: usize) -> Result<Parsed, Wrong> {
        let mut left = self.product(depth)?;
        while let Some(operator) =
            self.eat(&[('+', Operator::Add), ('-', Operator::Sub), ('−', Operator::Sub)])
        {
            left = Parsed::Binary(operator, Box::new(left), Box::new(self.product(depth)?));
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<Parsed, Wrong> {
        let mut left = self.operand(depth)?;
        let signs = [('*', Operator::Mul), ('×', Operator::Mul), ('/', Operator::Div), ('÷', Operator::Div)];
        while let Some(operator) = self.eat(&signs) {
            left = Parsed::Binary(operator, Box::new(left), Box::new(self.operand(depth)?));
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Parsed, Wrong> {
        if DEPTH_MAX < depth {
            return Err(self.wrong("too many parentheses inside each other"));
        }
        match self.peek() {
            Some('(') => self.parenthesis(depth),
            Some(first) if first.is_ascii_digit() => {
                let word = self.word(|next| next.is_ascii_digit() || next == '.');
                let start = self.at - word.len();
                Ratio::parse(word)
                    .map(|number| Parsed::Number(Fraction::of(number)))
                    .map_err(|_| (start..start + word.len(), "not a number with at most 9 decimals"))
            }
            Some(first) if first.is_alphabetic() || first == '_' => {
                let word = self.word(|next| next.is_alphanumeric() || next == '_');
                let start = self.at - word.len();
                match (word, self.peek()) {
                    ("net", Some('(')) => Ok(Parsed::Net(Box::new(self.parenthesis(depth)?))),
                    ("gross", Some('(')) => Ok(Parsed::Gross(Box::new(self.parenthesis(depth)?))),
                    (_, Some('(')) => Err((start..start + word.len(), "the functions are `net` and `gross`")),
                    _ => Ok(Parsed::Name(word.into(), self.node.part(start..start + word.len()))),
                }
            }
            _ => Err(self.wrong("a number, an attribute or `(` is due here")),
        }
    }

    fn parenthesis(&mut self, depth: usize) -> Result<Parsed, Wrong> {
        self.at += 1;
        let inner = self.sum(depth + 1)?;
        match self.peek() {
            Some(')') => {
                self.at += 1;
                Ok(inner)
            }
            _ => Err(self.wrong("a closing `)` is due here")),
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let text: &'a str = self.text;
        let rest = text.get(self.at..).unwrap_or("");
        let length = rest.find(|next| !belongs(next)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Files;

    fn parse(text: &str) -> Result<Parsed, usize> {
        let files = Files::default();
        let mut cx = Context::new(&files);
        let span = Span { file: "s".into(), start: 0, end: text.len() };
        let node = Node::text(text, span, Some(0));
        parse_formula(text, &node, &mut cx).ok_or_else(|| cx.out.into_sorted()[0].primary.span.start)
    }

    #[test]
    fn products_bind_tighter_than_sums() {
        let Parsed::Binary(Operator::Sub, _, right) = parse("1 + 2 - 3 × cost").unwrap() else {
            panic!("the last sum is the root");
        };
        assert!(matches!(*right, Parsed::Binary(Operator::Mul, ..)));
        assert!(parse("(net(rrp) - cost) / net(rrp)").is_ok());
    }

    #[test]
    fn mistakes_are_where_they_are() {
        assert_eq!(parse("cost +"), Err(6));
        assert_eq!(parse("cost cost"), Err(5));
        assert_eq!(parse("(cost"), Err(5));
        assert_eq!(parse("sqrt(cost)"), Err(0));
        assert_eq!(parse("1.2.3"), Err(0));
        assert!(parse(&"(".repeat(100)).is_err());
    }
}

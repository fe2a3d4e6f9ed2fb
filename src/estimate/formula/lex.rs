//! Cuts a formula into tokens that know where they stood.

use crate::estimate::error::{EstimateError, Result};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Number(f64),
    Text(String),
    Symbol(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spanned {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// Longer symbols first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "~", "|", "+", "-", "*", "/", "^", ":", "(", ")", ",", "<", ">", "=",
    "&", "!", "[", "]",
];

pub(super) fn lex(source: &str) -> Result<Vec<Spanned>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = one(rest, first, at)?;
        tokens.push(Spanned { token, start: at, end: at + length });
        at += length;
    }
    Ok(tokens)
}

fn one(rest: &str, first: char, at: usize) -> Result<(Token, usize)> {
    if matches!(first, '`' | '"' | '\'') {
        let inside = rest.get(1..).unwrap_or_default();
        let Some(length) = inside.find(first) else {
            return Err(EstimateError::new(format!("the quote {first} is not closed")).at(at));
        };
        let text = inside.get(..length).unwrap_or_default().to_owned();
        let token = if first == '`' { Token::Name(text) } else { Token::Text(text) };
        return Ok((token, length + 2));
    }
    if first.is_ascii_digit() || (first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())) {
        return number(rest, at);
    }
    if first.is_alphabetic() || first == '_' || first == '.' {
        let length =
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        return Ok((Token::Name(rest.get(..length).unwrap_or_default().to_owned()), length));
    }
    match SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
        Some(symbol) => Ok((Token::Symbol(symbol), symbol.len())),
        None => Err(EstimateError::new(format!("`{first}` has no meaning in a formula"))
            .at(at)
            .help("put a column name with unusual characters between backticks: `Item Number`")),
    }
}

fn number(rest: &str, at: usize) -> Result<(Token, usize)> {
    let mut length = 0;
    let mut previous = ' ';
    for c in rest.chars() {
        let exponent_sign = matches!(c, '+' | '-') && matches!(previous, 'e' | 'E');
        if !(c.is_ascii_digit() || c == '.' || c == 'e' || c == 'E' || exponent_sign) {
            break;
        }
        previous = c;
        length += c.len_utf8();
    }
    let text = rest.get(..length).unwrap_or_default();
    match text.parse() {
        Ok(value) => Ok((Token::Number(value), length)),
        Err(_) => Err(EstimateError::new(format!("`{text}` is not a number")).at(at)),
    }
}

//! Derived attributes (semantics 8, decisions 1.5): `+ - * /`, parentheses, `net()`, `gross()`, exact.

use super::num::{self, Q};

#[derive(Clone, Debug)]
pub enum Formula {
    Number(Q),
    Name(String),
    Net(Box<Formula>),
    Gross(Box<Formula>),
    Apply(char, Box<Formula>, Box<Formula>),
}

impl Formula {
    pub fn parse(text: &str) -> Result<Formula, String> {
        let mut words = split(text);
        words.reverse();
        let formula = sum(&mut words)?;
        if words.is_empty() { Ok(formula) } else { Err(format!("`{text}` has something behind its end")) }
    }

    /// Missing if an operand is missing or a divisor is zero.
    pub fn value(&self, vat: &Q, name: &mut dyn FnMut(&str) -> Option<Q>) -> Option<Q> {
        Some(match self {
            Formula::Number(number) => number.clone(),
            Formula::Name(attribute) => name(attribute)?,
            Formula::Net(inner) => inner.value(vat, name)? / (num::one() + vat),
            Formula::Gross(inner) => inner.value(vat, name)? * (num::one() + vat),
            Formula::Apply(sign, left, right) => {
                let (left, right) = (left.value(vat, name)?, right.value(vat, name)?);
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ if right == num::zero() => return None,
                    _ => left / right,
                }
            }
        })
    }
}

fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let c = match c {
            '×' => '*',
            '÷' => '/',
            '−' => '-',
            c => c,
        };
        let joins = c.is_alphanumeric() || c == '_' || c == '.';
        match (joins, open) {
            (true, true) => words.last_mut().expect("a word is open").push(c),
            (true, false) => words.push(c.to_string()),
            (false, _) if c.is_whitespace() => {}
            (false, _) => words.push(c.to_string()),
        }
        open = joins;
    }
    words
}

fn sum(words: &mut Vec<String>) -> Result<Formula, String> {
    let mut left = product(words)?;
    while let Some(sign) = next_of(words, "+-") {
        left = Formula::Apply(sign, Box::new(left), Box::new(product(words)?));
    }
    Ok(left)
}

fn product(words: &mut Vec<String>) -> Result<Formula, String> {
    let mut left = factor(words)?;
    while let Some(sign) = next_of(words, "*/") {
        left = Formula::Apply(sign, Box::new(left), Box::new(factor(words)?));
    }
    Ok(left)
}

fn factor(words: &mut Vec<String>) -> Result<Formula, String> {
    let word = words.pop().ok_or("the formula ends too early")?;
    match word.as_str() {
        "(" => {
            let inner = sum(words)?;
            close(words)?;
            Ok(inner)
        }
        "-" => Ok(Formula::Apply('-', Box::new(Formula::Number(num::zero())), Box::new(factor(words)?))),
        "net" | "gross" if words.last().is_some_and(|w| w == "(") => {
            words.pop();
            let inner = Box::new(sum(words)?);
            close(words)?;
            Ok(if word == "net" { Formula::Net(inner) } else { Formula::Gross(inner) })
        }
        _ => match num::parse(&word) {
            Some((number, _)) => Ok(Formula::Number(number)),
            None if word.starts_with(|c: char| c.is_alphabetic()) => Ok(Formula::Name(word)),
            None => Err(format!("`{word}` is unexpected in a formula")),
        },
    }
}

fn close(words: &mut Vec<String>) -> Result<(), String> {
    words.pop().filter(|word| word == ")").map(drop).ok_or("a `)` is missing".into())
}

fn next_of(words: &mut Vec<String>, signs: &str) -> Option<char> {
    let sign = words.last()?.chars().next().filter(|c| signs.contains(*c))?;
    words.pop();
    Some(sign)
}

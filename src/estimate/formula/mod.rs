//! The formula language of fixest, as data: `log(units) ~ log(price) + deal | store + week | log(price) ~ cost`.

mod lex;
mod parse;
#[cfg(test)]
mod tests;

pub use parse::{parse_condition, parse_formula};

/// A number computed from the columns of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(String),
    Column(String),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Call(Function, Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Log,
    LogOnePlus,
    Exp,
    Sqrt,
    Abs,
    Sin,
    Cos,
    Identity,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "log" | "ln" => Self::Log,
            "log1p" => Self::LogOnePlus,
            "exp" => Self::Exp,
            "sqrt" => Self::Sqrt,
            "abs" => Self::Abs,
            "sin" => Self::Sin,
            "cos" => Self::Cos,
            "I" => Self::Identity,
            _ => return None,
        })
    }
}

/// One factor of a term, and how it was written.
#[derive(Clone, Debug)]
pub struct Factor {
    pub kind: FactorKind,
    pub text: String,
}

/// Two factors are the same when they mean the same, however they were spaced.
impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum FactorKind {
    /// A number, or a text column, which becomes one indicator a level.
    Value(Expr),
    /// `i(x)`, `i(x, ref = a)`, `i(x, z)`: indicators of the levels of `x`, times `z` if given.
    Levels { column: String, reference: Option<String>, slope: Option<Slope> },
}

/// The second argument of `i()`, and how it was written.
#[derive(Clone, Debug)]
pub struct Slope {
    pub expr: Expr,
    pub text: String,
}

impl PartialEq for Slope {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

/// Factors multiplied with one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub factors: Vec<Factor>,
}

impl Term {
    /// The term as the formula spells it.
    pub fn text(&self) -> String {
        self.factors.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join(":")
    }

    /// Whether both are products of the same factors, in any order.
    pub fn same(&self, other: &Self) -> bool {
        self.factors.len() == other.factors.len()
            && self.factors.iter().all(|f| other.factors.contains(f))
            && other.factors.iter().all(|f| self.factors.contains(f))
    }
}

/// A fixed effect: one level for each combination of the columns, `brand^store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub columns: Vec<String>,
}

impl Effect {
    pub fn text(&self) -> String {
        self.columns.join("^")
    }
}

/// A formula, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    pub response: Factor,
    pub intercept: bool,
    /// The exogenous terms.
    pub terms: Vec<Term>,
    pub effects: Vec<Effect>,
    pub endogenous: Vec<Term>,
    pub instruments: Vec<Term>,
}

impl Formula {
    /// Every regressor, endogenous ones at the place where the formula names them first.
    pub fn regressors(&self) -> impl Iterator<Item = &Term> {
        self.endogenous.iter().chain(&self.terms)
    }
}

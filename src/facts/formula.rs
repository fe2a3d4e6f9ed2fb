//! Derived attributes: `(net(rrp) - cost) / net(rrp)`.

use super::AttrId;
use crate::money::Fraction;

/// One of the four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

/// A checked formula over attributes. Exact; a missing operand, a division by zero or a value that does not fit is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    Number(Fraction),
    Attr(AttrId),
    /// Gross to net: divided by 1 + VAT.
    Net(Box<Formula>),
    /// Net to gross.
    Gross(Box<Formula>),
    Binary(Operator, Box<Formula>, Box<Formula>),
}

impl Formula {
    /// Evaluates with `fact` giving each attribute's value (money in currency units, percents as shares, durations in seconds) and
    /// `one_plus_vat` the item's VAT factor.
    pub fn eval(
        &self,
        fact: &impl Fn(AttrId) -> Option<Fraction>,
        one_plus_vat: Fraction,
    ) -> Option<Fraction> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Attr(attr) => fact(*attr),
            Self::Net(inner) => inner.eval(fact, one_plus_vat)?.div(one_plus_vat).ok(),
            Self::Gross(inner) => inner.eval(fact, one_plus_vat)?.mul(one_plus_vat).ok(),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.eval(fact, one_plus_vat)?, right.eval(fact, one_plus_vat)?);
                match operator {
                    Operator::Add => left.add(right),
                    Operator::Sub => left.sub(right),
                    Operator::Mul => left.mul(right),
                    Operator::Div => left.div(right),
                }
                .ok()
            }
        }
    }

    /// Whether the formula reads `attr`.
    #[must_use]
    pub fn reads(&self, attr: AttrId) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Attr(own) => *own == attr,
            Self::Net(inner) | Self::Gross(inner) => inner.reads(attr),
            Self::Binary(_, left, right) => left.reads(attr) || right.reads(attr),
        }
    }
}

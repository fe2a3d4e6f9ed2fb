//! Analysts' tests as they are written under `tests/`.

use super::diagnostic::Span;
use crate::pricing::{Place, Scope};

/// `[test.NAME]`: given → expect.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    pub name: Box<str>,
    pub header: Span,
    /// Seconds since 1970; a time without offset was read in the market's zone.
    pub at: i64,
    pub market: Box<str>,
    pub channel: Box<str>,
    pub segment: Option<Box<str>>,
    /// Attribute and its text as a CSV cell holds it (sets joined by `|`).
    pub item: Vec<(Box<str>, Box<str>)>,
    /// `name price match age`.
    pub rivals: Vec<(Box<str>, Span)>,
    /// `399.00 EUR regular 60d`, in force since then; perhaps a second age, until then, and `announced`.
    pub history: Vec<(Box<str>, Span)>,
    /// `NB-PASTA-500 1.49 EUR`: what a twin costs.
    pub twins: Vec<(Box<str>, Span)>,
    /// `598.20 KZT/EUR`.
    pub fx: Vec<(Box<str>, Span)>,
    pub expect: Vec<Expectation>,
    /// How far an expected amount may be off.
    pub tolerance: Option<(Box<str>, Span)>,
}

/// One line of `expect`, with the span of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    pub key: Box<str>,
    pub value: Expected,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    Text(Box<str>),
    Integer(i64),
    Flag(bool),
    List(Vec<Box<str>>),
}

/// `[always.NAME]`: a property of every price of a catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct AlwaysTest {
    pub name: Box<str>,
    pub header: Span,
    /// The scope as written: attribute and cell.
    pub scope: Vec<(Box<str>, Box<str>)>,
    /// The scope as places see it; a place that is not there has none of its items.
    pub places: Vec<(Box<str>, Box<str>, Scope)>,
    pub expect: Vec<Expectation>,
}

impl AlwaysTest {
    /// The scope in a place.
    #[must_use]
    pub fn scope_in(&self, place: &Place) -> Option<&Scope> {
        let here = |(market, channel, _): &&(Box<str>, Box<str>, Scope)| {
            *market == place.market && *channel == place.channel
        };
        self.places.iter().find(here).map(|(.., scope)| scope)
    }
}

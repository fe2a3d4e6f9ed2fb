//! What is wrong in a file of settings, and where; and TOML with places.

use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One mistake of whoever configured the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `pricer.toml:4:1`, `PRICER_LISTEN` or `--listen`.
    pub place: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Several, a line each.
#[must_use]
pub fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// A text with its name, to say where something stands.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// # Errors
    /// It is not TOML.
    pub fn parse(self) -> Result<Spanned<DeTable<'a>>, Problem> {
        DeTable::parse(self.text).map_err(|error| {
            self.problem(error.span().unwrap_or(0..0), format!("this is not TOML: {}", error.message()))
        })
    }

    #[must_use]
    pub fn problem(self, span: Range<usize>, message: impl Into<String>) -> Problem {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Problem { place: format!("{}:{line}:{column}", self.name), message: message.into() }
    }
}

/// A plain value as text: what it would be in an environment variable.
#[must_use]
pub fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Datetime(instant) => Some(instant.to_string()),
        _ => None,
    }
}

/// `did you mean …`, or what there is.
#[must_use]
pub fn suggest<'a>(written: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match crate::rulebook::nearest(written, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are `{}`", known.collect::<Vec<_>>().join("`, `")),
    }
}

//! Where in the files each part of a compiled rulebook was written.

use super::diagnostic::Span;
use std::collections::BTreeMap;

/// One entry of a rule file: `[rule.plan]`, `[guard.no-loss]`, a table row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `rule`, `guard`, `season`, `stock`, `round`, `segment`.
    pub kind: &'static str,
    /// `plan`, `kvi-follow.for.kz`, `plan#8`.
    pub label: Box<str>,
    pub owner: Box<str>,
    /// The header `[rule.plan]`, or the table row's line.
    pub header: Span,
    /// Every key that was written in the entry itself, with the span of its value: `where`, `over`, `min_margin`, …
    pub keys: BTreeMap<Box<str>, Span>,
}

/// All entries by kind and label.
#[derive(Clone, Debug, Default)]
pub struct Origins(pub BTreeMap<(&'static str, Box<str>), Origin>);

impl Origins {
    #[must_use]
    pub fn get(&self, kind: &'static str, label: &str) -> Option<&Origin> {
        self.0.get(&(kind, label.into()))
    }
}

impl Origin {
    /// The scope as written, else the header.
    #[must_use]
    pub fn scope_span(&self) -> &Span {
        self.keys.get("where").unwrap_or(&self.header)
    }

    /// A key's value, else the header.
    #[must_use]
    pub fn span_of(&self, key: &str) -> &Span {
        self.keys.get(key).unwrap_or(&self.header)
    }
}

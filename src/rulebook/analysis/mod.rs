//! What is wrong with a rulebook although each line is right: rules that contradict, never act, or cannot hold together.
//!
//! Works on compiled places, so on exactly what prices items; [`Origins`] leads back to what was written. A finding that is
//! the same in many places is told once.

mod again;
mod bounds;
mod catalog;
mod clash;
mod contest;
mod cure;
mod dead;
mod freeze;
mod guards;
mod idle;
mod relax;
mod today;
mod twins;
mod words;

pub use catalog::{Catalog, Evidence};
pub use contest::Contest;

use super::{Diagnostic, Files, Origin, Origins, Severity, Span};
use crate::facts::Schema;
use crate::money::Amount;
use crate::pricing::{GuardRef, Info, Place, Scope, SourceAt};

/// What the analyses look at besides places.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub schema: &'a Schema,
    pub layers: &'a [Box<str>],
    pub files: &'a Files,
    pub origins: &'a Origins,
}

/// All findings, and how many pairs of scopes were decided.
#[derive(Clone, Debug, Default)]
pub struct Analysed {
    /// Errors first, then by file and place.
    pub diagnostics: Vec<Diagnostic>,
    pub pairs: usize,
}

/// A catalog that is asked for real items where rules or guards do not agree.
pub trait Witness {
    /// `catalog items.csv`.
    fn name(&self) -> &str;

    /// What `Place::rules` `first` and `second` both hold for.
    fn shared(&self, place: &Place, first: usize, second: usize) -> Shared;

    /// Whether any item is in a scope.
    fn holds(&self, place: &Place, scope: &Scope) -> bool;

    /// The moment that is looked at.
    fn at(&self) -> Option<i64>;

    /// The items in the scope of a rule.
    fn inside(&self, place: &Place, rule: usize) -> Vec<Box<str>>;

    /// Items of a place whose way from twin to twin comes back.
    fn circle(&self, _place: &Place) -> Vec<Box<str>> {
        Vec::new()
    }

    /// The items for which the floor of one guard is above the ceiling of another.
    fn crossed(&self, place: &Place, floor: GuardRef, ceiling: GuardRef) -> Crossed;
}

/// Items in the scopes of two rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    pub items: Vec<Box<str>>,
    /// One of them, with what each rule alone asks for it: `171.72 EUR   (108% of the median rival, 159.00)`.
    pub example: Option<(Box<str>, [String; 2])>,
}

/// Items between two guards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crossed {
    pub items: Vec<Box<str>>,
    /// One of them with its floor and its ceiling.
    pub example: Option<(Box<str>, Amount, Amount)>,
}

/// Runs every analysis.
#[must_use]
pub fn analyse(
    context: &Context<'_>,
    places: &[Place],
    contests: &[Contest],
    witness: Option<&dyn Witness>,
) -> Analysed {
    let pairs = contests.iter().map(|contest| contest.ordered.pairs).sum();
    let mut diagnostics = clash::findings(context, places, contests, witness);
    diagnostics.extend(dead::findings(context, places, witness));
    diagnostics.extend(bounds::findings(context, places, witness));
    diagnostics.extend(guards::findings(context, places));
    diagnostics.extend(freeze::findings(context, places));
    diagnostics.extend(idle::findings(context, places));
    diagnostics.extend(relax::findings(context, places));
    diagnostics.extend(again::findings(context, places));
    diagnostics.extend(witness.and_then(|witness| twins::finding(context, places, witness)));
    diagnostics.extend(witness.map(|witness| today::findings(context, places, witness)).unwrap_or_default());
    diagnostics.sort_by(|a, b| {
        let key = |finding: &Diagnostic| {
            (finding.severity != Severity::Error, finding.primary.span.clone(), finding.code)
        };
        key(a).cmp(&key(b))
    });
    Analysed { diagnostics, pairs }
}

impl<'a> Context<'a> {
    /// Where an entry was written.
    fn origin(&self, kind: &'static str, label: &str) -> Option<&'a Origin> {
        self.origins.get(kind, label)
    }

    /// The header of an entry, the row of a table.
    fn header(&self, kind: &'static str, info: &Info) -> Span {
        match self.origin(kind, &info.label) {
            Some(origin) => origin.header.clone(),
            None => self.line(&info.at),
        }
    }

    /// `key = value` of an entry, else of its parent, else the header.
    fn setting(&self, kind: &'static str, info: &Info, key: &str) -> Span {
        self.written(kind, &info.label, key).unwrap_or_else(|| self.header(kind, info))
    }

    /// `key = value` of an entry or its parent, if it was written.
    fn written(&self, kind: &'static str, label: &str, key: &str) -> Option<Span> {
        let value = self.value(kind, label, key)?;
        Some(self.with_key(value, key))
    }

    /// The value of a key of an entry, else of its parent.
    fn value(&self, kind: &'static str, label: &str, key: &str) -> Option<Span> {
        let parent = label.split_once(".for.").map(|(parent, _)| parent);
        let own = std::iter::once(label).chain(parent);
        own.filter_map(|label| self.origin(kind, label)).find_map(|origin| origin.keys.get(key)).cloned()
    }

    /// The text of a span.
    fn text(&self, span: &Span) -> &'a str {
        self.files.get(&span.file).and_then(|text| text.get(span.start..span.end)).unwrap_or("")
    }

    /// Widens a value to `key = value` if both are on one line.
    fn with_key(&self, value: Span, key: &str) -> Span {
        let before = self.files.get(&value.file).and_then(|text| text.get(..value.start)).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.get(start..).unwrap_or("");
        let indent = line.len() - line.trim_start().len();
        match line.trim().strip_suffix('=').map(str::trim_end) {
            Some(name) if name == key || name.ends_with(&format!(".{key}")) => {
                Span { start: start + indent, ..value }
            }
            _ => value,
        }
    }

    fn line(&self, at: &SourceAt) -> Span {
        let text = self.files.get(&at.file).unwrap_or("");
        let before = usize::try_from(at.line.saturating_sub(1)).unwrap_or(0);
        let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        Span { file: at.file.clone(), start, end: start + length }
    }
}

#[cfg(test)]
mod tests;

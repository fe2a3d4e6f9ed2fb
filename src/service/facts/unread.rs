//! Uploaded rows that a release cannot read. They are not served, so a release that loses rows needs consent, as one that
//! loses rules does.

use super::{Key, Kind};
use crate::service::convert::Invalid;
use crate::service::proto;

/// How many rows are named.
const NAMED: usize = 100;

/// What a release makes of the uploaded rows.
#[derive(Debug, Default)]
pub struct Unread {
    /// All rows that were read.
    pub rows: usize,
    /// Those it cannot read.
    pub lost: usize,
    /// Those of them that the release in force can read.
    pub newly: usize,
    /// The first of the last.
    named: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    key: Key,
    source: String,
    why: Vec<Invalid>,
}

impl Unread {
    pub(super) fn note(&mut self, key: &Key, source: &str, is_new: bool, why: Vec<Invalid>) {
        self.lost += 1;
        self.newly += usize::from(is_new);
        if is_new && self.named.len() < NAMED {
            self.named.push(Named { key: key.clone(), source: source.to_owned(), why });
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.lost += other.lost;
        self.newly += other.newly;
        self.named.extend(other.named);
        self.named.truncate(NAMED);
    }

    /// For the operator, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { rows, newly, .. } = self;
        format!(
            "it cannot read {newly} of {rows} uploaded rows, which the release in force serves; if that is meant, run \
             `pricer check DIR --lock`, then upload them anew"
        )
    }

    /// For the log, which holds nothing of what was uploaded: what is wrong with which kind of row of which source.
    #[must_use]
    pub fn lines(&self, shown: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for Named { key, source, why } in &self.named {
            let fields: Vec<&str> = why.iter().map(|invalid| invalid.field.as_str()).collect();
            let line = format!("{} of `{source}`: `{}`", key.kind.as_str(), fields.join("`, `"));
            if lines.len() < shown && !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// For those who may see facts: the rows by name, with every violation.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<proto::Diagnostic> {
        let named = self.named.iter().map(|Named { key, source, why }| {
            let place = [&key.market, &key.detail].into_iter().filter(|part| !part.is_empty());
            let place: Vec<&str> = place.map(|part| &**part).collect();
            let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
            let kind = key.kind.as_str();
            proto::Diagnostic {
                severity: proto::Severity::Error.into(),
                title: format!("the uploaded {kind} {:?}{place} of source `{source}` cannot be read", key.name),
                notes: why.iter().map(|Invalid { field, why }| format!("`{field}` {why}")).collect(),
                fixes: vec![
                    "make a new attribute optional, or keep an old one, until the source sends what the new schema asks for"
                        .to_owned(),
                    "run `pricer check DIR --lock` if these rows may go off sale, then upload them anew".to_owned(),
                ],
                ..proto::Diagnostic::default()
            }
        });
        named.collect()
    }
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Offer => "offer",
            Self::Stock => "stock",
            Self::Rate => "rate",
        }
    }
}

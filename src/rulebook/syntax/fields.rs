//! Reads the keys of one table and reports those nobody asked for.

use super::{Findings, Node, Table, list, offer, wrong_type};
use crate::rulebook::{Diagnostic, Span};

/// The keys of one table. What is asked for is what is allowed.
pub struct Fields<'a> {
    table: &'a Table,
    /// Where the table is named: its key or header.
    at: Span,
    /// As a person calls it: `follow`, guard `no-loss`.
    name: String,
    asked: Vec<(&'static str, bool)>,
    /// Keys that were read elsewhere and are written.
    written: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub fn new(table: &'a Table, at: Span, name: impl Into<String>) -> Self {
        Self { table, at, name: name.into(), asked: Vec::new(), written: Vec::new() }
    }

    /// The fields of a value that should be a table (E0202).
    pub fn of(node: &'a Node, at: &Span, name: impl Into<String>, out: &mut Findings) -> Option<Self> {
        match node.as_table() {
            Some(table) => Some(Self::new(table, at.clone(), name)),
            None => {
                wrong_type(node, "a table { … }", out);
                None
            }
        }
    }

    pub fn at(&self) -> &Span {
        &self.at
    }

    pub fn optional(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push((key, false));
        self.table.get(key)
    }

    pub fn required(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push((key, true));
        self.table.get(key)
    }

    /// Like `optional`, with the key's own place.
    pub fn entry(&mut self, key: &'static str) -> Option<(&'a Span, &'a Node)> {
        self.asked.push((key, false));
        self.table.entry(key).map(|entry| (&entry.key, &entry.node))
    }

    /// A key that is allowed here and read elsewhere; no misspelt key can mean it where it is written.
    pub fn elsewhere(&mut self, key: &'static str, is_written: bool) {
        self.asked.push((key, false));
        self.written.extend(is_written.then_some(key));
    }

    pub fn lacks(&self, key: &str) -> bool {
        !self.table.contains(key)
    }

    /// Every key that stands there was asked for.
    pub fn is_clean(&self) -> bool {
        self.table.keys().all(|key| self.asked.iter().any(|(asked, _)| *asked == key))
    }

    /// E0901 where a key stands that is planned but not supported.
    pub fn unsupported(&mut self, key: &'static str, out: &mut Findings) {
        if let Some(entry) = self.table.entry(key) {
            super::not_supported(&entry.key, &format!("`{key}`"), out);
        }
        if !self.asked.iter().any(|(asked, _)| *asked == key) && self.table.contains(key) {
            self.asked.push((key, false));
        }
    }

    /// Reports unknown keys (E0201) and missing ones (E0203). A misspelt required key is one mistake, not two.
    pub fn finish(self, out: &mut Findings) {
        let mut meant: Vec<&str> = Vec::new();
        for (key, entry) in self.table.in_order() {
            if self.asked.iter().any(|(asked, _)| *asked == key) {
                continue;
            }
            let is_free = |asked: &&str| !self.table.contains(asked) && !self.written.contains(asked);
            let free = self.asked.iter().map(|(asked, _)| *asked).filter(is_free);
            let known = self.asked.iter().map(|(asked, _)| *asked);
            let finding = Diagnostic::error(
                "E0201",
                format!("`{key}` is not a setting of {}", self.name),
                entry.key.clone(),
                "unknown setting",
            )
            .related(self.at.clone(), self.takes());
            let (finding, offered) = offer(finding, key, &entry.key, free, known);
            meant.extend(offered);
            out.push(finding);
        }
        for (key, required) in &self.asked {
            if *required && !self.table.contains(key) && !meant.contains(key) {
                out.push(Diagnostic::error(
                    "E0203",
                    format!("{} needs `{key}`", self.name),
                    self.at.clone(),
                    self.takes(),
                ));
            }
        }
    }

    fn takes(&self) -> String {
        if self.asked.is_empty() {
            return format!("{} takes no settings", self.name);
        }
        let keys: Vec<String> = self
            .asked
            .iter()
            .map(|(key, required)| format!("{key}{}", if *required { " (required)" } else { "" }))
            .collect();
        format!("{} takes: {}", self.name, keys.join(", "))
    }
}

/// A name that must be one of a list: E02xx with the nearest and the whole list.
pub fn unknown_name<'k>(
    code: &'static str,
    what: &str,
    given: &str,
    span: Span,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> Diagnostic {
    let all = list(known.clone());
    let allowed =
        if all.is_empty() { format!("there is no {what} in this rulebook") } else { format!("known: {all}") };
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let finding =
        Diagnostic::error(code, format!("`{given}` is not {article} {what}"), span.clone(), allowed);
    offer(finding, given, &span, known.clone(), known).0
}

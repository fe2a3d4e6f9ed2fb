//! What reading any part of a rulebook needs: the files, the names that exist, and where findings go.

use crate::facts::{Attr, AttrId, Schema};
use crate::rulebook::syntax::{Csv, Findings, Node, parse_csv, text, unknown_name};
use crate::rulebook::{Files, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The state of one reading.
pub struct Context<'a> {
    pub files: &'a Files,
    pub out: Findings,
    pub names: Names,
    /// The vocabulary, without symbols: those follow from `mentions`.
    pub schema: Schema,
    /// The texts that cells name, for each attribute.
    pub mentions: BTreeMap<AttrId, BTreeSet<String>>,
    /// Attributes that a rule follows to another item.
    pub links: BTreeSet<AttrId>,
    /// Guards of the class `legal`, which nothing relaxes.
    pub legal_guards: BTreeSet<Box<str>>,
    tables: BTreeMap<Box<str>, Option<Rc<Csv>>>,
}

/// Every name that rules may use.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub markets: Vec<Box<str>>,
    pub channels: Vec<Box<str>>,
    pub layers: Vec<Box<str>>,
    pub sets: Vec<Box<str>>,
    pub rules: Vec<Box<str>>,
    pub guards: Vec<Box<str>>,
    pub rounds: Vec<Box<str>>,
    pub segments: Vec<Box<str>>,
    pub vat_classes: BTreeSet<Box<str>>,
    /// Attributes that the schema declares with a mistake: whoever uses them makes none.
    pub misread_attrs: BTreeSet<Box<str>>,
}

impl<'a> Context<'a> {
    pub fn new(files: &'a Files) -> Self {
        Self {
            files,
            out: Findings::default(),
            names: Names::default(),
            schema: Schema::new(Schema::builtins()),
            mentions: BTreeMap::new(),
            links: BTreeSet::new(),
            legal_guards: BTreeSet::new(),
            tables: BTreeMap::new(),
        }
    }

    /// The attribute of a name, or E0210.
    pub fn attr(&mut self, name: &str, span: &Span) -> Option<AttrId> {
        let found = self.schema.find(name);
        if found.is_none() && !self.names.misread_attrs.contains(name) {
            let known = self.schema.iter().map(|(_, attr)| &*attr.name);
            let finding = unknown_name(
                "E0210",
                "attribute of the schema",
                name,
                span.clone(),
                known.collect::<Vec<_>>(),
            );
            self.out.push(finding);
        }
        found
    }

    pub fn attr_of(&self, id: AttrId) -> &Attr {
        self.schema.attr(id)
    }

    pub fn mention(&mut self, attr: AttrId, text: &str) {
        self.mentions.entry(attr).or_default().insert(text.to_owned());
    }

    /// The table a value names, or E0601.
    pub fn table(&mut self, node: &Node) -> Option<Rc<Csv>> {
        let path = text(node, &mut self.out)?.to_owned();
        self.table_at(&path, node.part(0..path.len()))
    }

    /// The table at a path, or E0601 at `span`.
    pub fn table_at(&mut self, path: &str, span: Span) -> Option<Rc<Csv>> {
        if let Some(known) = self.tables.get(path) {
            return known.clone();
        }
        let is_table = path.starts_with("tables/") && path.ends_with(".csv");
        let Some(source) = self.files.get(path).filter(|_| is_table) else {
            let known =
                self.files.0.keys().map(AsRef::as_ref).filter(|path: &&str| path.starts_with("tables/"));
            let finding =
                unknown_name("E0601", "table of this rulebook", path, span, known.collect::<Vec<_>>());
            self.out.push(finding.note("tables are CSV files in the folder `tables/`"));
            return None;
        };
        let csv = parse_csv(path, source, &mut self.out);
        let csv = (!csv.header.is_empty()).then(|| Rc::new(csv));
        self.tables.insert(path.into(), csv.clone());
        csv
    }

    /// The table of fitted seasons at a path, or E0601 at `span`.
    pub fn fitted_at(&mut self, path: &str, span: Span) -> Option<Rc<Csv>> {
        if let Some(known) = self.tables.get(path) {
            return known.clone();
        }
        let is_fitted = |path: &str| path.starts_with("fitted/") && path.ends_with(".csv");
        let Some(source) = self.files.get(path).filter(|_| is_fitted(path)) else {
            let known: Vec<&str> =
                self.files.0.keys().map(AsRef::as_ref).filter(|path: &&str| is_fitted(path)).collect();
            let finding = unknown_name("E0601", "file of fitted seasons", path, span, known);
            let cure = "`pricer fit --rulebook DIR --sales FILE` writes `fitted/seasons.csv`, `pricer seasonality` others";
            self.out.push(finding.note(cure));
            return None;
        };
        let csv = parse_csv(path, source, &mut self.out);
        let csv = (!csv.header.is_empty()).then(|| Rc::new(csv));
        self.tables.insert(path.into(), csv.clone());
        csv
    }

    /// The place of a name in a list, or a finding.
    pub fn index(&mut self, node: &Node, what: &'static str) -> Option<usize> {
        let given = text(node, &mut self.out)?;
        let (code, known) = match what {
            "market" => ("E0212", &self.names.markets),
            "channel" => ("E0213", &self.names.channels),
            "layer" => ("E0214", &self.names.layers),
            "rival set" => ("E0215", &self.names.sets),
            "rule" => ("E0216", &self.names.rules),
            "round rule" => ("E0216", &self.names.rounds),
            _ => ("E0217", &self.names.guards),
        };
        let found = known.iter().position(|name| **name == *given);
        if found.is_none() {
            let span = node.part(0..given.len());
            let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
            self.out.push(unknown_name(code, what, given, span, known));
        }
        found
    }
}

//! `[rule.x]`, `[guard.x]`, … as they are to be read: overlays merged with their parents, table rows with their rule.

use super::overlays::read_overlays;
use super::rows::read_rows;
use super::scope::{ScopeSpec, Who, read_where};
use super::{Context, WindowSpec};
use crate::pricing::{Info, SourceAt};
use crate::rulebook::syntax::{Fields, Keyed, Table, text, wrong_type};
use crate::rulebook::{Diagnostic, Origin, Span};
use std::collections::BTreeMap;

/// The kinds of entries in rule files.
pub const KINDS: [&str; 5] = ["rule", "season", "stock", "guard", "round"];

/// One entry, overlay or table row.
#[derive(Clone, Debug)]
pub struct Entry {
    pub kind: &'static str,
    pub id: Box<str>,
    pub label: Box<str>,
    /// The table row as a spreadsheet counts.
    pub row: Option<u32>,
    pub is_overlay: bool,
    pub header: Span,
    /// Everything it says, inherited keys included, without `where`, `for` and `table`.
    pub body: Table,
    pub scope: ScopeSpec,
    /// What it says itself, for origins.
    pub keys: BTreeMap<Box<str>, Span>,
}

/// All entries by kind, in the order of files and lines.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    pub all: BTreeMap<&'static str, Vec<Entry>>,
    /// Rules with a table: they have no price of their own, and their rows name them.
    pub parents: Vec<Entry>,
    /// How many entries of each kind stand there, overlays and rows not counted.
    pub ids: BTreeMap<&'static str, usize>,
}

impl Entries {
    pub fn of(&self, kind: &str) -> &[Entry] {
        self.all.get(kind).map_or(&[], Vec::as_slice)
    }
}

impl Entry {
    /// rule `plan#8`
    pub fn subject(&self) -> String {
        format!("{} `{}`", self.kind, self.label)
    }

    pub fn fields(&self) -> Fields<'_> {
        let mut fields = Fields::new(&self.body, self.header.clone(), self.subject());
        let own = |key: &str| !self.is_overlay && (key != "table" || self.kind == "rule");
        for key in ["where", "for", "table"].into_iter().filter(|key| *key == "where" || own(key)) {
            fields.elsewhere(key, self.keys.contains_key(key));
        }
        fields
    }

    /// What every entry may say: who wrote it and why, and from when to when it holds.
    pub fn read_common(&self, fields: &mut Fields<'_>, cx: &mut Context<'_>) -> (Info, WindowSpec) {
        let mut say =
            |key| fields.optional(key).and_then(|node| text(node, &mut cx.out)).unwrap_or("").into();
        let (owner, why) = (say("owner"), say("why"));
        let (line, _) = cx.files.line_column(&self.header.file, self.header.start);
        let info = Info {
            id: self.id.clone(),
            label: self.label.clone(),
            row: self.row,
            owner,
            why,
            at: SourceAt { file: self.header.file.clone(), line: u32::try_from(line).unwrap_or(u32::MAX) },
        };
        (info, WindowSpec::read(fields, cx))
    }

    pub fn origin(&self, info: &Info) -> Origin {
        Origin {
            kind: self.kind,
            label: self.label.clone(),
            owner: info.owner.clone(),
            header: self.header.clone(),
            keys: self.keys.clone(),
        }
    }
}

/// Collects the entries of all rule files.
pub fn collect(files: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) -> Entries {
    let found = find(files, cx);
    cx.names.rules = names_of("rule", &found);
    cx.names.guards = names_of("guard", &found);
    cx.names.rounds = names_of("round", &found);
    let mut entries = Entries::default();
    for (kind, id, keyed) in found {
        *entries.ids.entry(kind).or_default() += 1;
        let list = entries.all.entry(kind).or_default();
        cx.out.about(format!("{kind} `{id}`"));
        expand(kind, id, keyed, list, &mut entries.parents, cx);
    }
    cx.out.about(None);
    entries
}

type Found<'a> = (&'static str, &'a str, &'a Keyed);

fn find<'a>(files: &'a BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for (_, root) in files.iter().filter(|(path, _)| path.starts_with("rules/")) {
        for kind in KINDS {
            let Some(group) = root.get(kind) else { continue };
            let Some(table) = group.as_table() else {
                wrong_type(group, &format!("tables [{kind}.NAME]"), &mut cx.out);
                continue;
            };
            for (id, keyed) in table.in_order() {
                match found.iter().find(|(known, other, _)| *known == kind && *other == id) {
                    Some((.., first)) => cx.out.push(
                        Diagnostic::error(
                            "E0205",
                            format!("{kind} `{id}` is written twice"),
                            keyed.node.span.clone(),
                            "the second one",
                        )
                        .related(first.node.span.clone(), "the first one"),
                    ),
                    None => found.push((kind, id, keyed)),
                }
            }
        }
    }
    found
}

fn names_of(kind: &str, found: &[Found<'_>]) -> Vec<Box<str>> {
    found.iter().filter(|(of, ..)| *of == kind).map(|(_, id, _)| (*id).into()).collect()
}

/// The entry itself, its overlays or its table rows.
fn expand(
    kind: &'static str,
    id: &str,
    keyed: &Keyed,
    list: &mut Vec<Entry>,
    parents: &mut Vec<Entry>,
    cx: &mut Context<'_>,
) {
    let Some(table) = keyed.node.as_table() else {
        wrong_type(&keyed.node, "a table { … }", &mut cx.out);
        return;
    };
    let parent = entry(kind, id, id.into(), &keyed.node.span, table, cx);
    let rows = (kind == "rule").then(|| table.get("table")).flatten();
    let overlays = table.get("for");
    match (rows, overlays) {
        (Some(_), Some(node)) => {
            let title = format!("rule `{id}` has a table and overlays");
            let label = "not supported: write the difference as rows of the table";
            cx.out.push(Diagnostic::error("E0901", title, node.span.clone(), label));
        }
        (Some(node), None) => {
            list.extend(read_rows(&parent, node, cx));
            parents.push(parent);
        }
        (None, Some(node)) => {
            let overlays = read_overlays(&parent, node, cx);
            list.push(parent);
            list.extend(overlays);
        }
        (None, None) => list.push(parent),
    }
}

pub fn entry(
    kind: &'static str,
    id: &str,
    label: Box<str>,
    header: &Span,
    own: &Table,
    cx: &mut Context<'_>,
) -> Entry {
    let mut body = own.clone();
    body.remove("for");
    if kind == "rule" {
        body.remove("table");
    }
    let scope = body.remove("where").map(|keyed| read_where(&keyed.node, Who::Item, cx));
    Entry {
        kind,
        id: id.into(),
        label,
        row: None,
        is_overlay: false,
        header: header.clone(),
        body,
        scope: scope.unwrap_or_default(),
        keys: own.spans(),
    }
}

/// Sections of rule files that nobody knows (E0201) or that are not built yet (E0901).
pub fn check_sections(files: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) {
    const LATER: [&str; 5] = ["line", "promo", "stacking", "approve", "experiment"];
    for (path, root) in files.iter().filter(|(path, _)| path.starts_with("rules/")) {
        let top = Span { file: path.clone(), start: 0, end: 0 };
        let mut fields = Fields::new(root, top, "a rule file");
        for key in KINDS {
            let _ = fields.optional(key);
        }
        let _ = fields.optional("limit");
        for key in LATER {
            fields.unsupported(key, &mut cx.out);
        }
        fields.finish(&mut cx.out);
    }
    for path in cx.files.0.keys() {
        let folder = path.split('/').next().unwrap_or("");
        if matches!(folder, "scenarios" | "experiments") {
            let span = Span { file: path.clone(), start: 0, end: 0 };
            crate::rulebook::syntax::not_supported(&span, &format!("the folder `{folder}/`"), &mut cx.out);
        }
    }
}

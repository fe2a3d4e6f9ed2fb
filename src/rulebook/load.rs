//! From files to a release, with every finding on the way.

use super::analysis::{Catalog, Evidence, Witness, analyse};
use super::book::{
    AdjustmentSpec, Context, Entries, Entry, Holidays, Manifest, check_over, check_sections, collect,
    read_guard, read_items_feed, read_limit, read_manifest, read_round, read_rule, read_schema, read_season,
    read_segments, read_stock, read_tests,
};
use super::compile::{Book, Compiled, compile, nowhere, placed, release_hash, segments, with_symbols};
use super::syntax::{Findings, Table, parse_toml};
use super::{AlwaysTest, Diagnostic, Files, Origins, RuleTest, Severity, Span};
use crate::pricing::{GuardClass, Info, Place, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What reading a rulebook gave.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub files: Files,
    /// There is one exactly when no diagnostic is an error.
    pub release: Option<Arc<Release>>,
    /// All findings: errors first, then by file and place.
    pub diagnostics: Vec<Diagnostic>,
    pub origins: Origins,
    pub tests: Vec<RuleTest>,
    pub always: Vec<AlwaysTest>,
    pub stats: Stats,
}

/// What was checked, for the last line of `pricer check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub rules: usize,
    pub table_rows: usize,
    pub adjustments: usize,
    pub guards: usize,
    pub rounds: usize,
    /// Pairs of scopes compared.
    pub pairs: usize,
}

impl Loaded {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Reads, checks and compiles.
#[must_use]
pub fn load(files: Files) -> Loaded {
    load_with(files, &mut |_| None)
}

/// As [`load`], with real items and prices in the findings.
///
/// `evidence` is asked once, with a release that knows the rulebook's names and prices nothing: a rulebook with errors
/// never leaves this function, although its witnesses are priced with it.
#[must_use]
pub fn load_with(files: Files, evidence: &mut dyn FnMut(&Release) -> Option<Evidence>) -> Loaded {
    let mut cx = Context::new(&files);
    let bent = super::slips::letters::find(&files);
    let trees = parse_all(&mut cx);
    let broken: BTreeSet<Box<str>> = broken_files(&mut cx);
    let foundation = ["rulebook.toml", "schema.toml"].iter().any(|path| broken.contains(*path));
    let mut loaded = Loaded::default();
    let mut out = if foundation {
        // Every name would be unknown: the syntax comes first.
        cx.out
    } else {
        read_and_compile(&trees, cx, &mut loaded, evidence)
    };
    // What a half-read file seems to say is not worth a finding.
    out.retain(|finding| {
        let syntax = matches!(finding.code, "E0101" | "E0205");
        let refers = matches!(finding.code, "E0216" | "E0217");
        syntax || !broken.contains(&finding.primary.span.file) && (broken.is_empty() || !refers)
    });
    explain_by_letters(&mut out, bent);
    super::slips::currency::explain(&trees, &mut out);
    if out.has_errors() {
        loaded.release = None;
    }
    loaded.diagnostics = shown(out.into_sorted());
    loaded.files = files;
    loaded
}

/// More findings than these are one mistake made many times.
const FINDINGS_MAX: usize = 1_000;

/// The first of very many, with a word about the others. Errors come first, so none of a kind hides an error.
fn shown(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = findings.len().saturating_sub(FINDINGS_MAX);
    if 0 < more
        && let Some(last) = findings.get(FINDINGS_MAX - 1)
    {
        let span = last.primary.span.clone();
        findings.truncate(FINDINGS_MAX);
        let title = format!("{more} more findings are not shown");
        let mut note = Diagnostic::warning("N0002", title, span, "the last one that is shown");
        note.severity = Severity::Note;
        findings.push(note.note(
            "so many most often are one mistake made many times: correct the first ones and check again",
        ));
    }
    findings
}

/// A look-alike letter or a curly quote explains what else is wrong with its words, or with a whole file that is no TOML.
fn explain_by_letters(out: &mut Findings, bent: Vec<Diagnostic>) {
    let explained = |finding: &Diagnostic| {
        let at = &finding.primary.span;
        let syntax = matches!(finding.code, "E0101" | "E0205");
        bent.iter().map(|letters| &letters.primary.span).any(|letters| {
            letters.file == at.file && (syntax || at.start <= letters.end && letters.start <= at.end)
        })
    };
    out.retain(|finding| !explained(finding));
    out.append(bent);
}

fn parse_all(cx: &mut Context<'_>) -> BTreeMap<Box<str>, Table> {
    for required in ["rulebook.toml", "schema.toml"] {
        if cx.files.get(required).is_none() {
            let span = Span { file: required.into(), start: 0, end: 0 };
            let title = format!("`{required}` is missing");
            let label = "a rulebook is a folder with `rulebook.toml` and `schema.toml`";
            cx.out.push(Diagnostic::error("E0001", title, span, label));
        }
    }
    let toml = cx.files.0.iter().filter(|(path, _)| path.ends_with(".toml"));
    toml.map(|(path, text)| (path.clone(), parse_toml(path, text, &mut cx.out))).collect()
}

/// Files that are missing or not TOML.
fn broken_files(cx: &mut Context<'_>) -> BTreeSet<Box<str>> {
    let mut broken = BTreeSet::new();
    cx.out.retain(|finding| {
        broken.insert(finding.primary.span.file.clone());
        true
    });
    broken
}

fn read_and_compile(
    trees: &BTreeMap<Box<str>, Table>,
    mut cx: Context<'_>,
    loaded: &mut Loaded,
    evidence: &mut dyn FnMut(&Release) -> Option<Evidence>,
) -> Findings {
    let none = Table::default();
    let tree = |path: &str| trees.get(path).unwrap_or(&none);
    let manifest = read_manifest(tree("rulebook.toml"), &mut cx);
    read_schema(tree("schema.toml"), &mut cx);
    let items_feed = read_items_feed(tree("rulebook.toml"), &mut cx);
    let segment_specs = read_segments(tree("rulebook.toml"), &mut cx);
    for origin in segment_specs.iter().map(|segment| segment.origin.clone()) {
        loaded.origins.0.insert((origin.kind, origin.label.clone()), origin);
    }
    check_sections(trees, &mut cx);
    let entries = collect(trees, &mut cx);
    if entries.of("rule").is_empty() && !cx.out.has_errors() {
        let span = Span { file: "rulebook.toml".into(), start: 0, end: 0 };
        let label = "nothing would be priced: write a [rule.NAME] in a TOML file of `rules/`";
        cx.out.push(Diagnostic::error("E0003", "the rulebook has no rules", span, label));
    }
    let book = read_book(manifest, &entries, trees, &mut cx, &mut loaded.origins);
    let (tests, always) = read_tests(trees, &book.manifest, &mut cx);
    loaded.tests = tests;
    cx.out.about(None);
    let schema = with_symbols(&mut cx);
    let mut out = std::mem::take(&mut cx.out);
    let Compiled { places, rivals, contests } = compile(&book, &cx.names, &schema, &mut out);
    let layers: Vec<Box<str>> = cx.names.layers.to_vec();
    let place_always = |(test, spec)| placed(test, &spec, &places, &schema, &mut out);
    loaded.always = always.into_iter().map(place_always).collect();
    let segments = segments(&segment_specs, &book.manifest.markets, &schema, &mut out);
    let release = Release {
        hash: release_hash(cx.files),
        name: book.manifest.name.clone(),
        edition: super::book::EDITION.into(),
        schema,
        layers: layers.into(),
        rivals,
        places: places.into(),
        segments,
        items_feed,
        rates_file: book.manifest.rates_file.clone(),
        elasticities: cx.files.elasticities().map(Into::into),
        guard_count: entries.of("guard").len(),
    };
    let sound = !out.has_errors();
    let evidence = evidence(&vocabulary(&release));
    let catalog = evidence.as_ref().map(|evidence| Catalog { release: &release, evidence });
    let analysed = analyse(
        &super::analysis::Context {
            schema: &release.schema,
            layers: &release.layers,
            files: cx.files,
            origins: &loaded.origins,
        },
        &release.places,
        &contests,
        catalog.as_ref().map(|catalog| catalog as &dyn Witness),
    );
    let mut found = analysed.diagnostics;
    if sound {
        found.extend(nowhere(&book, &release.places, &release.schema, &loaded.origins));
        super::slips::find(trees, &loaded.tests, &mut cx);
        found.extend(std::mem::take(&mut cx.out).into_sorted());
    }
    if let (Some(evidence), true) = (&evidence, sound) {
        found.extend(super::slips::today::find(trees, &release.schema, evidence, &cx));
    }
    let misread: Vec<_> = out.misread().map(|span| entry_at(cx.files, span)).collect();
    // What rests on a mistake is not worth a finding: warnings on a half-read rulebook, conflicts of a misspelled `over`.
    found.retain(|finding| match finding.severity {
        Severity::Error => {
            let decided_by_over = matches!(finding.code, "E0301" | "E0303" | "E0304");
            let mut labels = std::iter::once(&finding.primary).chain(&finding.related);
            let scopes_known = cx.names.misread_attrs.is_empty();
            !decided_by_over
                || scopes_known && !labels.any(|label| misread.contains(&entry_at(cx.files, &label.span)))
        }
        _ => sound,
    });
    out.append(found);
    loaded.stats = stats(&entries, analysed.pairs);
    loaded.release = Some(Arc::new(release));
    out
}

/// The file and the header of the entry that a span is in.
fn entry_at<'a>(files: &'a Files, span: &'a Span) -> (&'a str, usize) {
    let text = files.get(&span.file).unwrap_or("");
    let end =
        text.get(span.start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| span.start + at);
    let before = text.get(..end).unwrap_or("");
    (&span.file, before.rfind("\n[").map_or(0, |at| at + 1))
}

/// The names of a rulebook without its rules: enough to read feeds, nothing to price with.
fn vocabulary(release: &Release) -> Release {
    let bare = |place: &Place| Place {
        rules: [].into(),
        adjustments: [].into(),
        guards: [].into(),
        rounds: [].into(),
        ..place.clone()
    };
    Release { places: release.places.iter().map(bare).collect(), ..release.clone() }
}

/// Reads every entry; guards first, since others name them.
fn read_book(
    manifest: Manifest,
    entries: &Entries,
    trees: &BTreeMap<Box<str>, Table>,
    cx: &mut Context<'_>,
    origins: &mut Origins,
) -> Book {
    let holidays = Holidays::read(cx);
    let guards = read_kind("guard", entries, cx, origins, read_guard);
    let legal = guards.iter().filter(|guard| guard.class == GuardClass::Legal);
    cx.legal_guards = legal.map(|guard| guard.info.id.clone()).collect();
    let rules = read_kind("rule", entries, cx, origins, read_rule);
    for parent in &entries.parents {
        let (info, _) = parent.read_common(&mut parent.fields(), cx);
        let origin = parent.origin(&info);
        origins.0.insert((origin.kind, origin.label.clone()), origin);
    }
    check_over(&rules, cx);
    let mut adjustments: Vec<AdjustmentSpec> =
        read_kind("season", entries, cx, origins, |entry, cx| read_season(entry, &holidays, cx));
    adjustments.extend(read_kind("stock", entries, cx, origins, read_stock));
    let rounds = read_kind("round", entries, cx, origins, read_round);
    Book { manifest, rules, adjustments, limit: read_limit(trees, cx), guards, rounds }
}

fn read_kind<T, I: IntoIterator<Item = T>>(
    kind: &str,
    entries: &Entries,
    cx: &mut Context<'_>,
    origins: &mut Origins,
    read: impl Fn(&Entry, &mut Context<'_>) -> (Info, I),
) -> Vec<T> {
    let mut specs = Vec::new();
    for entry in entries.of(kind) {
        cx.out.about(entry.subject());
        let (info, spec) = read(entry, cx);
        let origin = entry.origin(&info);
        origins.0.insert((origin.kind, origin.label.clone()), origin);
        specs.extend(spec);
    }
    cx.out.about(None);
    specs
}

fn stats(entries: &Entries, pairs: usize) -> Stats {
    let ids = |kind: &str| entries.ids.get(kind).copied().unwrap_or(0);
    Stats {
        rules: ids("rule"),
        table_rows: entries.of("rule").iter().filter(|entry| entry.row.is_some()).count(),
        adjustments: ids("season") + ids("stock"),
        guards: ids("guard"),
        rounds: ids("round"),
        pairs,
    }
}

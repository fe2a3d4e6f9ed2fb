//! Every number, operator, name and cell of `models/orda`, changed one at a time: who notices?
//!
//! A sample in every run of the tests; all of them with `PRICER_MUTANTS=all`, as in `.ci/long`.

use super::corpus::compare;
use super::watch::{Noticed, Watch};
use super::{boundaries, golden, mutate, root};
use pricer::facts::parse_instant;
use std::path::Path;
use std::sync::OnceLock;

/// When the facts of the model were known.
const AT: &str = "2026-11-18T10:00:00+01:00";
/// How many variations of the feeds are tried for questions at the limits.
const VARIATIONS: usize = 6_000;
/// Of so many mutants a run looks at one.
const SAMPLE: usize = 12;

/// Made once for all tests.
pub fn watch() -> &'static Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    WATCH.get_or_init(new_watch)
}

fn new_watch() -> Watch {
    let folder = root().join("models/orda");
    let feeds = folder.clone();
    Watch::new(folder, |release, files| {
        let mut probes = golden::of_feeds(&feeds, release, parse_instant(AT).unwrap());
        probes.extend(boundaries::vary(release, files, &probes, VARIATIONS));
        probes
    })
}

#[test]
fn hardly_a_mutant_goes_unnoticed() {
    let watch = watch();
    let all = std::env::var("PRICER_MUTANTS").is_ok_and(|value| value == "all");
    let is_rule = |path: &str| !path.starts_with("tests/") && path != "rulebook.lock";
    let texts = watch.files.0.iter().map(|(path, text)| (&**path, &**text)).filter(|(path, _)| is_rule(path));
    let mutants = mutate::mutants(texts);
    let step = if all { 1 } else { SAMPLE };
    let (mut counts, mut lines) = ([0_usize; 6], Vec::new());
    for mutant in mutants.iter().step_by(step) {
        let text = watch.files.get(&mutant.path).unwrap();
        let noticed = watch.notices(&mutant.path, &mutant.apply(text));
        counts[noticed.kind()] += 1;
        lines.push((noticed.kind(), mutant.describe(text), noticed));
    }
    let looked: usize = counts.iter().sum();
    println!("{looked} of {} mutants, {} questions in the golden catalog", mutants.len(), watch.len());
    for (kind, count) in Noticed::KINDS.iter().zip(counts) {
        println!("{count:6}  {:5.1} %  {kind}", 100.0 * count as f64 / looked as f64);
    }
    let unnoticed = lines.iter().filter(|(kind, ..)| *kind == 5);
    unnoticed.for_each(|(_, line, _)| println!("nobody: {line}"));
    if let Some(path) = std::env::var_os("PRICER_MUTANTS_LOG") {
        let text: String =
            lines.iter().map(|(kind, line, why)| format!("{kind} {line}   {why:?}\n")).collect();
        std::fs::write(Path::new(&path), text).unwrap();
    }
    // A sample of a hundred can be twice as bad by chance.
    let limit = if all { 20 } else { 10 };
    assert!(counts[5] * limit < looked, "too many go unnoticed");
    if all {
        compare(&root().join("docs/reference/mutants.md"), &page(watch, &counts, &lines));
    }
}

fn page(watch: &Watch, counts: &[usize; 6], lines: &[(usize, String, Noticed)]) -> String {
    let looked: usize = counts.iter().sum();
    let mut page = format!("{INTRODUCTION}\n{}", operators());
    page.push_str(&format!(
        "\n## The last whole run\n\n{looked} mutants, {} questions in the golden catalog.\n\n| | mutants | share |\n|---|---:|---:|\n",
        watch.len()
    ));
    for (kind, count) in Noticed::KINDS.iter().zip(counts) {
        page.push_str(&format!("| {kind} | {count} | {:.1} % |\n", 100.0 * *count as f64 / looked as f64));
    }
    page.push_str(&format!("\n{UNNOTICED}\n```text\n"));
    for (_, line, _) in lines.iter().filter(|(kind, ..)| *kind == 5) {
        page.push_str(&format!("{}\n", line.split("   #").next().unwrap_or(line).trim_end()));
    }
    page.push_str("```\n");
    page
}

fn operators() -> String {
    let rows = mutate::OPERATORS.iter().map(|(name, what)| format!("| {name} | {what} |\n"));
    format!("| operator | what it does |\n|---|---|\n{}", rows.collect::<String>())
}

const INTRODUCTION: &str = "# Who notices a changed rulebook

Every number, operator, name and cell of `models/orda` (rules, tables, schema, markets; not its tests, which watch) is changed, one
at a time, and it is counted who notices first: `pricer check`, the rulebook's own tests, or the golden catalog. Texts for people
(`why`, `owner`, `name`, comments) move no price and stay.

The golden catalog is what `pricer reprice` would write for the feeds of the model, and for questions at the limits of the rules:
random variations of the feeds, drawn towards the items, amounts, ages and dates that the rules mention, of which those are kept that
go a way through the pipeline that no other one goes, and pairs on both sides of a limit. An alteration is a price, or any other column
of the output: rule, guards, range, target, margin; or which entries `pricer explain` names, or which columns are read.

`tests/analyst/mutants.rs` looks at a sample in every run of the tests, and with `PRICER_MUTANTS=all` at all of them (`.ci/long`);
`PRICER_BLESS=1` then rewrites this page.
";

const UNNOTICED: &str = "## What nobody notices

Most of these say the same in other words (a closed range where the end belongs anyway, a label that nothing else names) or what
does not act yet: segments move no price until promotions do. A limit that other limits never let through (`limit`, a second net under a tighter one) is there in case the
others change.
";

#[test]
fn the_operators_are_documented() {
    let page = std::fs::read_to_string(root().join("docs/reference/mutants.md")).unwrap();
    assert!(
        page.starts_with(&format!("{INTRODUCTION}\n{}", operators())),
        "PRICER_MUTANTS=all PRICER_BLESS=1 rewrites it"
    );
}

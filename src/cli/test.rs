//! `pricer test DIR [NAME]`: the analysts' own tests.

use super::evidence::CatalogArgs;
use super::junit::junit;
use super::opened::own_rates;
use super::output::{Format, counted, load_dir, write_findings};
use super::properties::{PropertyDocument, write_property};
use super::update::{can_update, update};
use crate::batch::{BatchError, load_rates};
use crate::facts::Rates;
use crate::money::{Amount, Currency};
use crate::pricing::Release;
use crate::rulebook::render::Colour;
use crate::rulebook::{
    AlwaysReport, AlwaysTest, Failure, Files, Loaded, Report, Results, Verdict, run_always, run_tests,
};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the analysts' tests: given these facts, this price.
///
/// Only what a test expects is compared; a failure names the first step of the price that differs. What no test touches
/// is listed: rules, table rows, guards. With `--catalog` the properties `[always.*]` are counted over every price of a catalog.
#[derive(Clone, Debug, clap::Args)]
pub struct TestArgs {
    /// The folder with `rulebook.toml`
    pub dir: PathBuf,
    /// Only tests whose name contains this
    pub name: Option<String>,
    /// Shows what differs, then writes what came out into the test files; comments and layout stay
    #[arg(long)]
    pub update: bool,
    #[command(flatten)]
    pub catalog: CatalogArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,
}

/// For people, programs or build servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TestFormat {
    #[default]
    Human,
    Json,
    Junit,
}

/// Exit code 0: all passed; 1: a test failed or the rulebook has errors; 2: no test has that name.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &TestArgs, colour: Colour, out: &mut dyn Write) -> io::Result<ExitCode> {
    let mut loaded = load_dir(&args.dir);
    let Some(release) = loaded.release.clone().filter(|_| !loaded.has_errors()) else {
        let format = if args.format == TestFormat::Json { Format::Json } else { Format::Human };
        write_findings(format, colour, &loaded.files, &loaded.diagnostics, out)?;
        if format == Format::Human {
            writeln!(out, "error: no test ran: the rulebook has errors")?;
        }
        return Ok(ExitCode::from(1));
    };
    let rates = match default_rates(&args.dir, &release) {
        Ok(rates) => rates,
        Err(why) => {
            writeln!(out, "error: {why}")?;
            return Ok(ExitCode::from(1));
        }
    };
    let wanted = |name: &str| args.name.as_deref().is_none_or(|part| name.contains(part));
    loaded.tests.retain(|test| wanted(&test.name));
    loaded.always.retain(|test| wanted(&test.name));
    if let (Some(name), true) = (&args.name, loaded.tests.is_empty() && loaded.always.is_empty()) {
        writeln!(out, "error: no test is called `{name}`")?;
        return Ok(ExitCode::from(2));
    }
    let mut problem = None;
    let evidence = args.catalog.read(&args.dir, &release, &mut problem);
    if let Some(problem) = problem {
        writeln!(out, "error: {problem}")?;
        return Ok(ExitCode::from(1));
    }
    let results = run_tests(&release, &loaded.tests, &rates);
    let always = evidence.map(|evidence| run_always(&release, &loaded.always, &evidence));
    let counted_always = always.as_deref().unwrap_or_default();
    match args.format {
        TestFormat::Json => writeln!(out, "{}", as_json(release.id(), &loaded, &results, always.as_deref()))?,
        TestFormat::Junit => {
            writeln!(out, "{}", junit(&release.name, &loaded.files, &results.reports, counted_always))?;
        }
        TestFormat::Human => {
            let running = format!("{}, {}", counted(loaded.tests.len(), "test"), properties(&loaded.always));
            writeln!(out, "     Running {running:<52} rulebook {}", release.id())?;
            for report in &results.reports {
                write_report(report, &loaded.files, &args.dir, colour, out)?;
            }
            for test in loaded.always.iter().filter(|_| always.is_none()) {
                writeln!(out, "  --    always.{:<37} not run: needs --catalog", test.name)?;
            }
            for report in counted_always {
                write_property(report, &loaded.files, colour, out)?;
            }
            write_end(&results, counted_always, args.name.is_none(), out)?;
        }
    }
    let failed_always = counted_always.iter().any(AlwaysReport::failed);
    if args.update {
        // A format for programs stays clean.
        let mut nowhere = io::sink();
        let told: &mut dyn Write = if args.format == TestFormat::Human { out } else { &mut nowhere };
        update(&args.dir, &loaded.files, &results, told)?;
        let broken = results.reports.iter().any(|report| matches!(report.verdict, Verdict::Broken(_)));
        return Ok(ExitCode::from(u8::from(broken || failed_always)));
    }
    Ok(ExitCode::from(u8::from(0 < results.failed() || failed_always)))
}

fn properties(always: &[AlwaysTest]) -> String {
    match always.len() {
        1 => "1 property".to_owned(),
        n => format!("{n} properties"),
    }
}

/// The rates that the rulebook names, for tests that give none.
pub(super) fn default_rates(dir: &Path, release: &Release) -> Result<Rates, BatchError> {
    match own_rates(dir, release) {
        Some(path) => load_rates(&path).map(|(rates, _)| rates),
        None => Ok(Rates::default()),
    }
}

fn write_report(
    report: &Report,
    files: &Files,
    dir: &Path,
    colour: Colour,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (line, _) = files.line_column(&report.header.file, report.header.start);
    match &report.verdict {
        Verdict::Passed => writeln!(out, "  ok    {:<44} {:>20}", report.name, report.answer),
        Verdict::Failed(failure) => {
            writeln!(out, "  FAIL  {:<44} {}:{line}", report.name, report.header.file)?;
            write_failure(failure, out)?;
            if !can_update(failure, files) {
                return writeln!(
                    out,
                    "          nothing that --update could write: correct the test or the rulebook"
                );
            }
            let name = &report.name;
            writeln!(out, "          accept the new result?   pricer test {} {name} --update", dir.display())
        }
        Verdict::Broken(findings) => {
            writeln!(out, "  FAIL  {:<44} {}:{line}", report.name, report.header.file)?;
            write_findings(Format::Human, colour, files, findings, out)
        }
    }
}

fn write_failure(failure: &Failure, out: &mut dyn Write) -> io::Result<()> {
    for mismatch in &failure.mismatches {
        let expected = format!("{} {}", mismatch.key, mismatch.expected);
        writeln!(out, "          expected  {expected:<28} got  {} {}", mismatch.key, mismatch.got)?;
    }
    if failure.steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "          first step that differs:")?;
    for (at, step) in failure.steps.iter().enumerate() {
        let sign = if failure.first == Some(at) { '>' } else { ' ' };
        let after = step.after.map_or_else(String::new, |after| written(after, failure.currency));
        let place = step.at.as_ref().map(|at| format!("{}:{}", at.file, at.line));
        let beside: Vec<&str> = [Some(step.note.as_str()).filter(|note| !note.is_empty()), place.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let text = format!("          {sign} {:<34} {after:>16}   {}", step.name, beside.join("   "));
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// An amount with its decimals, none where the currency has none: `1375` JPY, `375.40` EUR.
fn written(amount: Amount, currency: Currency) -> String {
    let text = amount.to_string();
    match currency.digits() {
        0 => text.strip_suffix(".00").map_or_else(|| text.clone(), str::to_owned),
        _ => text,
    }
}

fn write_end(
    results: &Results,
    always: &[AlwaysReport],
    complete: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let failed = results.failed() + always.iter().filter(|report| report.failed()).count();
    let passed = results.reports.len() + always.len() - failed;
    let result = format!("{passed} passed, {failed} failed");
    if !complete {
        return writeln!(out, "      Result {result}");
    }
    let coverage = &results.coverage;
    let kinds = [("rules", &coverage.rules), ("rows", &coverage.rows), ("guards", &coverage.guards)];
    let used: Vec<String> = kinds
        .iter()
        .filter(|(_, share)| 0 < share.total())
        .map(|(noun, share)| format!("{} of {} {noun}", share.exercised, share.total()))
        .collect();
    writeln!(out, "      Result {result:<28} coverage: {} exercised", used.join(", "))?;
    for (noun, share) in kinds.iter().filter(|(_, share)| !share.never.is_empty()) {
        let more = share.never.len().saturating_sub(NEVER_SHOWN);
        let shown: Vec<&str> = share.never.iter().take(NEVER_SHOWN).map(AsRef::as_ref).collect();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        writeln!(out, "{:41} never tested: {noun} {}{more}", "", shown.join(", "))?;
    }
    Ok(())
}

/// Names of untested rules in one line of the summary; JSON has them all.
const NEVER_SHOWN: usize = 12;

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    kind: &'static str,
    release: &'a str,
    passed: usize,
    failed: usize,
    not_run: Vec<String>,
    properties: Vec<PropertyDocument<'a>>,
    tests: Vec<TestDocument<'a>>,
    never_tested: NeverTested<'a>,
}

#[derive(Serialize)]
struct TestDocument<'a> {
    name: &'a str,
    file: &'a str,
    line: usize,
    status: &'static str,
    answer: &'a str,
    mismatches: Vec<MismatchDocument<'a>>,
    steps: Vec<StepDocument<'a>>,
    /// Index into `steps`.
    first_difference: Option<usize>,
    problems: Vec<&'a str>,
}

#[derive(Serialize)]
struct MismatchDocument<'a> {
    key: &'a str,
    expected: &'a str,
    got: &'a str,
}

#[derive(Serialize)]
struct StepDocument<'a> {
    name: &'a str,
    after: Option<String>,
    note: &'a str,
}

#[derive(Serialize)]
struct NeverTested<'a> {
    rules: &'a [Box<str>],
    rows: &'a [Box<str>],
    guards: &'a [Box<str>],
}

fn as_json(release: &str, loaded: &Loaded, results: &Results, always: Option<&[AlwaysReport]>) -> String {
    let not_run = |test: &AlwaysTest| always.is_none().then(|| format!("always.{}", test.name));
    let failed = results.failed();
    let coverage = &results.coverage;
    let document = Document {
        format_version: "1.0",
        kind: "tests",
        release,
        passed: results.reports.len() - failed,
        failed,
        not_run: loaded.always.iter().filter_map(not_run).collect(),
        properties: always.unwrap_or_default().iter().map(PropertyDocument::new).collect(),
        tests: results.reports.iter().map(|report| TestDocument::new(report, &loaded.files)).collect(),
        never_tested: NeverTested {
            rules: &coverage.rules.never,
            rows: &coverage.rows.never,
            guards: &coverage.guards.never,
        },
    };
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

impl<'a> TestDocument<'a> {
    fn new(report: &'a Report, files: &Files) -> Self {
        let (status, failure, problems) = match &report.verdict {
            Verdict::Passed => ("passed", None, Vec::new()),
            Verdict::Failed(failure) => ("failed", Some(failure), Vec::new()),
            Verdict::Broken(findings) => {
                ("broken", None, findings.iter().map(|finding| finding.title.as_str()).collect())
            }
        };
        let mismatches = failure.into_iter().flat_map(|failure| &failure.mismatches).map(|mismatch| {
            MismatchDocument { key: &mismatch.key, expected: &mismatch.expected, got: &mismatch.got }
        });
        let steps = failure.into_iter().flat_map(|failure| &failure.steps).map(|step| StepDocument {
            name: &step.name,
            after: step.after.map(|after| after.to_string()),
            note: &step.note,
        });
        Self {
            name: &report.name,
            file: &report.header.file,
            line: files.line_column(&report.header.file, report.header.start).0,
            status,
            answer: &report.answer,
            mismatches: mismatches.collect(),
            steps: steps.collect(),
            first_difference: failure.and_then(|failure| failure.first),
            problems,
        }
    }
}

#[cfg(test)]
#[path = "test_tests.rs"]
mod tests;

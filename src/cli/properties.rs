//! `[always.*]` in the report of `pricer test`.

use super::output::{Format, write_findings};
use crate::rulebook::render::Colour;
use crate::rulebook::{AlwaysReport, AlwaysVerdict, Counted, Files};
use serde::Serialize;
use std::io::{self, Write};

/// `  ok    always.kvi-index     96.8% of 412 prices: price_index <= 100.5%`
pub(super) fn write_property(
    report: &AlwaysReport,
    files: &Files,
    colour: Colour,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = if report.failed() { "FAIL" } else { "ok" };
    let name = format!("always.{}", report.name);
    let all = match &report.verdict {
        AlwaysVerdict::Counted(all) => all,
        AlwaysVerdict::Broken(findings) => {
            writeln!(out, "  {word:<5} {name}")?;
            return write_findings(Format::Human, colour, files, findings, out);
        }
    };
    for one in all {
        writeln!(out, "  {word:<5} {name:<44} {}", words(one))?;
        let line = |text: &str, out: &mut dyn Write| writeln!(out, "          {text}");
        for example in one.examples.iter().filter(|_| !one.holds()) {
            line(example, out)?;
        }
        if one.examples.iter().any(|example| example.contains("_STALE")) {
            line("feeds are too old for the moment that is priced: `--at` names another", out)?;
        }
    }
    Ok(())
}

fn words(one: &Counted) -> String {
    let exempt = if one.exempt == 0 { String::new() } else { format!(", {} exempt", one.exempt) };
    let wanted = match &*one.key {
        "priced" => format!("have a price, {} wanted", one.expected),
        key => format!("have {key} {}, {} wanted", one.expected, one.needed.to_percent_text(4)),
    };
    format!("{} of {} {wanted}{exempt}", one.met, one.of)
}

#[derive(Serialize)]
pub(super) struct PropertyDocument<'a> {
    name: &'a str,
    status: &'static str,
    expectations: Vec<CountedDocument<'a>>,
    problems: Vec<&'a str>,
}

#[derive(Serialize)]
struct CountedDocument<'a> {
    key: &'a str,
    expected: &'a str,
    of: u64,
    met: u64,
    exempt: u64,
    needed: String,
    holds: bool,
    examples: &'a [String],
}

impl<'a> PropertyDocument<'a> {
    pub(super) fn new(report: &'a AlwaysReport) -> Self {
        let (expectations, problems) = match &report.verdict {
            AlwaysVerdict::Counted(all) => (all.iter().map(CountedDocument::new).collect(), Vec::new()),
            AlwaysVerdict::Broken(findings) => {
                (Vec::new(), findings.iter().map(|finding| finding.title.as_str()).collect())
            }
        };
        let status = match (&report.verdict, report.failed()) {
            (AlwaysVerdict::Broken(_), _) => "broken",
            (_, true) => "failed",
            _ => "passed",
        };
        Self { name: &report.name, status, expectations, problems }
    }
}

impl<'a> CountedDocument<'a> {
    fn new(one: &'a Counted) -> Self {
        Self {
            key: &one.key,
            expected: &one.expected,
            of: one.of,
            met: one.met,
            exempt: one.exempt,
            needed: one.needed.to_percent_text(7),
            holds: one.holds(),
            examples: &one.examples,
        }
    }
}

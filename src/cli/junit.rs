//! `pricer test --format junit`: what build servers read.

use crate::rulebook::{AlwaysReport, AlwaysVerdict, Files, Report, Verdict};
use std::fmt::Write;

/// One `testsuite`, one `testcase` for each test and property; the file stands as its class.
pub(super) fn junit(name: &str, files: &Files, reports: &[Report], always: &[AlwaysReport]) -> String {
    let failed = reports.iter().filter(|report| report.failed()).count();
    let failed = failed + always.iter().filter(|report| report.failed()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = reports.len() + always.len();
    let _ = writeln!(xml, "<testsuites tests=\"{all}\" failures=\"{failed}\">");
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
        escaped(name)
    );
    for report in reports {
        let said = match &report.verdict {
            Verdict::Passed => None,
            Verdict::Failed(failure) => {
                let lines = failure
                    .mismatches
                    .iter()
                    .map(|one| format!("{}: expected {}, got {}", one.key, one.expected, one.got));
                let step = failure.first.and_then(|at| failure.steps.get(at));
                let step = step.map(|step| format!("first step that differs: {}", step.name));
                Some(lines.chain(step).collect::<Vec<_>>())
            }
            Verdict::Broken(findings) => Some(findings.iter().map(|finding| finding.title.clone()).collect()),
        };
        let (line, _) = files.line_column(&report.header.file, report.header.start);
        case(&mut xml, &report.name, &report.header.file, line, said);
    }
    for report in always {
        let said = report.failed().then(|| match &report.verdict {
            AlwaysVerdict::Counted(all) => all
                .iter()
                .filter(|one| !one.holds())
                .flat_map(|one| {
                    let head = format!("{} {}: {} of {}", one.key, one.expected, one.met, one.of);
                    std::iter::once(head).chain(one.examples.iter().cloned())
                })
                .collect(),
            AlwaysVerdict::Broken(findings) => findings.iter().map(|finding| finding.title.clone()).collect(),
        });
        let (line, _) = files.line_column(&report.header.file, report.header.start);
        case(&mut xml, &format!("always.{}", report.name), &report.header.file, line, said);
    }
    xml.push_str("  </testsuite>\n</testsuites>");
    xml
}

fn case(xml: &mut String, name: &str, file: &str, line: usize, said: Option<Vec<String>>) {
    let (name, class) = (escaped(name), escaped(file));
    let head =
        format!("    <testcase name=\"{name}\" classname=\"{class}\" file=\"{class}\" line=\"{line}\"");
    let _ = match said {
        None => writeln!(xml, "{head}/>"),
        Some(lines) => {
            let first = lines.first().map_or("", String::as_str);
            writeln!(
                xml,
                "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escaped(first),
                escaped(&lines.join("\n"))
            )
        }
    };
}

/// Text of XML, without letters that it cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

//! `pricer test --update`: the expectations that failed, rewritten where they stand. Comments and layout stay.

use super::write::replace;
use crate::rulebook::{Failure, Files, Mismatch, Results, Span, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// One value of a test file: its bytes, and what stands there instead.
struct Rewrite {
    start: usize,
    end: usize,
    text: String,
}

/// Shows every difference, then writes. Expectations that are no single value (`> 5 EUR`) are left to a person.
///
/// # Errors
/// When `out` or a file cannot be written.
pub(super) fn update(dir: &Path, files: &Files, results: &Results, out: &mut dyn Write) -> io::Result<usize> {
    let mut rewrites: BTreeMap<&str, Vec<Rewrite>> = BTreeMap::new();
    for report in &results.reports {
        let Verdict::Failed(failure) = &report.verdict else { continue };
        if is_refused(failure) {
            let (line, _) = files.line_column(&report.header.file, report.header.start);
            let got = &report.answer;
            writeln!(
                out,
                "        Left {}:{line}  {}  whole: got {got}, which is for a person to say",
                report.header.file, report.name
            )?;
            continue;
        }
        for mismatch in &failure.mismatches {
            let span = &mismatch.span;
            let (line, _) = files.line_column(&span.file, span.start);
            let old = files.get(&span.file).and_then(|text| text.get(span.start..span.end)).unwrap_or("");
            match literal(mismatch, old) {
                Some(text) => {
                    writeln!(out, "     Updated {}:{line}  {}  {old} → {text}", span.file, mismatch.key)?;
                    let rewrite = Rewrite { start: span.start, end: span.end, text };
                    rewrites.entry(&span.file).or_default().push(rewrite);
                }
                None => writeln!(
                    out,
                    "        Left {}:{line}  {}  {old}: got {}, which is for a person to say",
                    span.file, mismatch.key, mismatch.got
                )?,
            }
        }
    }
    let mut changed = Vec::new();
    let mut count = 0;
    for (path, mut list) in rewrites {
        list.sort_by_key(|rewrite| rewrite.start);
        count += list.len();
        let text = files.get(path).unwrap_or("");
        let (mut whole, mut kept) = (String::with_capacity(text.len()), 0);
        for rewrite in &list {
            whole.push_str(text.get(kept..rewrite.start).unwrap_or(""));
            whole.push_str(&rewrite.text);
            kept = rewrite.end;
        }
        whole.push_str(text.get(kept..).unwrap_or(""));
        changed.push((path, whole));
    }
    let changed: Vec<(&str, &str)> = changed.iter().map(|(path, text)| (*path, text.as_str())).collect();
    // Somebody may have saved the file in an editor meanwhile.
    if !changed.is_empty() && !Files::read_dir(dir).is_ok_and(|now| now == *files) {
        return Err(io::Error::other("the rulebook changed while its tests ran"));
    }
    replace(dir, &changed)?;
    Ok(count)
}

/// A test that expected a price and is refused: rewritten it would be half of each.
fn is_refused(failure: &Failure) -> bool {
    let about_price = |mismatch: &&Mismatch| ["price", "status"].contains(&&*mismatch.key);
    failure
        .mismatches
        .iter()
        .filter(about_price)
        .any(|mismatch| mismatch.got.starts_with("refused") && !mismatch.expected.starts_with("refused"))
}

/// Whether `--update` would write anything.
pub(super) fn can_update(failure: &Failure, files: &Files) -> bool {
    let old =
        |span: &Span| files.get(&span.file).and_then(|text| text.get(span.start..span.end)).unwrap_or("");
    !is_refused(failure)
        && failure.mismatches.iter().any(|mismatch| literal(mismatch, old(&mismatch.span)).is_some())
}

/// The new value in the way the old one was written; `None` where a person has to choose.
fn literal(mismatch: &Mismatch, old: &str) -> Option<String> {
    let got = mismatch.got.as_str();
    let plain = |text: &str| !text.contains(['"', '\\', '\n']);
    let compared = ["<", ">", ".."].iter().any(|sign| mismatch.expected.contains(sign));
    if got == "none" || got.starts_with("refused") || compared || !plain(got) {
        return None;
    }
    match old.as_bytes().first()? {
        b'"' => match got.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(list) => Some(list_of(list)),
            None => Some(format!("\"{got}\"")),
        },
        b'[' => Some(list_of(got.strip_prefix('[')?.strip_suffix(']')?)),
        b'0'..=b'9' => got.parse::<i64>().ok().map(|row| row.to_string()),
        _ => None,
    }
}

fn list_of(list: &str) -> String {
    let items: Vec<String> =
        list.split(", ").filter(|item| !item.is_empty()).map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(", "))
}

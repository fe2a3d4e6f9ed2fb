//! `pricer check --lock`: names the content that is meant to be released.

use super::test::default_rates;
use super::write::replace;
use crate::rulebook::{Diagnostic, Loaded, Severity, Span, Verdict, run_tests};
use crate::service::lock::{Lock, NAME};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Says that the rulebook is not the one that was locked; a folder without a lock is nobody's mistake.
pub(super) fn note_on_lock(loaded: &Loaded) -> Option<Diagnostic> {
    let (release, text) = (loaded.release.as_ref()?, loaded.files.get(NAME)?);
    let lock = Lock::of(&loaded.files);
    if lock.as_ref().is_some_and(|lock| lock.admits(release)) {
        return None;
    }
    let (title, why) = match &lock {
        Some(lock) => (
            "the rulebook is not the one that was locked",
            format!(
                "this is release {} with {} guards; the lock names one with {}",
                release.id(),
                release.guard_count,
                lock.guards
            ),
        ),
        None => ("the lock cannot be read, so it locks nothing", format!("this is release {}", release.id())),
    };
    let end = text.find('\n').unwrap_or(text.len());
    let span = Span { file: NAME.into(), start: 0, end };
    let mut note = Diagnostic::warning("N0001", title, span, why);
    note.severity = Severity::Note;
    Some(note.note("a service that watches this folder waits until the files rest and their tests pass").fix(
        crate::rulebook::Applicability::Maybe,
        "when the change is meant: pricer check --lock",
        Vec::new(),
    ))
}

/// Tests the rulebook and writes its lock: 0 when it is written, 1 when something is wrong.
///
/// # Errors
/// When the standard output cannot be written; the lock's own trouble is told and is exit code 1.
pub(super) fn lock(
    folder: &Path,
    loaded: &Loaded,
    tell: bool,
    out: &mut dyn io::Write,
) -> io::Result<ExitCode> {
    let refuse = |why: &str| {
        eprintln!("error: nothing is locked: {why}");
        Ok(ExitCode::from(1))
    };
    let Some(release) = loaded.release.as_ref().filter(|_| !loaded.has_errors()) else {
        return refuse("the rulebook has errors");
    };
    let rates = match default_rates(folder, release) {
        Ok(rates) => rates,
        Err(error) => return refuse(&error.to_string()),
    };
    let results = run_tests(release, &loaded.tests, &rates);
    let failing = results.reports.iter().filter(|report| !matches!(report.verdict, Verdict::Passed));
    let failing: Vec<String> = failing.map(|report| format!("`{}`", report.name)).collect();
    if !failing.is_empty() {
        return refuse(&format!("failing tests: {}; see pricer test", failing.join(", ")));
    }
    let lock = Lock::for_release(release);
    if let Err(error) = replace(folder, &[(NAME, &lock.to_string())]) {
        return refuse(&format!("{NAME} cannot be written: {error}"));
    }
    let told = format!(
        "      Locked release {} with {} guards, {} tests passed    {NAME}: {}",
        release.id(),
        release.guard_count,
        results.reports.len(),
        release.hash
    );
    match tell {
        true => writeln!(out, "{told}")?,
        false => eprintln!("{told}"),
    }
    Ok(ExitCode::SUCCESS)
}

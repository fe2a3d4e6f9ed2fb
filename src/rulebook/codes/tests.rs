//! The manual is complete, and every cure in it cures.

use super::{entries, find, reference};
use crate::rulebook::render::{Colour, human};
use crate::rulebook::{Diagnostic, Files, Severity, load};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes without a sample in `models/broken`, and why.
const NO_SAMPLE: &[(&str, &str)] = &[
    ("E0002", "it is about a folder"),
    ("E0003", "there is no text to correct"),
    ("E0001", "a folder without its files is no sample; `files.rs` and the service test it"),
    ("E0220", "needs hundreds of words"),
    ("E0221", "needs thousands of alternatives"),
    ("E0222", "needs hundreds of attributes"),
    ("E0801", "said by `pricer test`, not by `check`: run_tests/tests.rs"),
    ("E0802", "said by `pricer test`, not by `check`: run_tests/tests.rs"),
    ("E0803", "said by `pricer test`, not by `check`: run_tests/tests.rs"),
    ("W0311", "needs a catalog: cli/check/tests.rs"),
    ("W0312", "needs a catalog: cli/check/tests.rs"),
    ("W0611", "needs a catalog: cli/check/tests.rs"),
    ("N0001", "said by the command line, which knows the lock: cli/check/tests.rs"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn blessed() -> bool {
    std::env::var_os("PRICER_BLESS").is_some()
}

/// Compares a file with what it should be, or rewrites it.
#[track_caller]
fn compare(path: &Path, text: &str) {
    if blessed() {
        std::fs::write(path, text).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(known, text, "{}: PRICER_BLESS=1 rewrites it", path.display());
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() && !["tests", "codes"].contains(&name.as_str()) {
            sources(&path, found);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The codes that the sources can emit: literals outside of tests.
fn emitted() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut codes = BTreeSet::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for part in body.split('"') {
            let digits = part.strip_prefix(['E', 'W', 'N']).unwrap_or("");
            if part.len() == 5 && digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                codes.insert(part.to_owned());
            }
        }
    }
    codes
}

#[test]
fn every_code_is_explained_and_every_explanation_is_needed() {
    let known: BTreeSet<String> = entries().map(|entry| entry.code.to_owned()).collect();
    assert_eq!(known.len(), entries().count(), "a code is explained twice");
    let emitted = emitted();
    let missing: Vec<_> = emitted.difference(&known).collect();
    let unused: Vec<_> = known.difference(&emitted).collect();
    assert!(missing.is_empty() && unused.is_empty(), "no entry: {missing:?}, never emitted: {unused:?}");
}

#[test]
fn entries_are_whole() {
    for entry in entries() {
        for text in [entry.title, entry.why, entry.cure] {
            assert!(!text.is_empty() && text.trim() == text, "{}", entry.code);
        }
        assert!(entry.why.ends_with('.') && !entry.title.ends_with('.'), "{}", entry.code);
        assert!(entry.text().lines().count() <= 24, "{}: more than a screen", entry.code);
    }
    assert!(find("e0301").is_some() && find("E9999").is_none());
}

#[test]
fn the_reference_is_generated() {
    compare(&root().join("docs/reference/diagnostics.md"), &reference());
}

fn of_code<'a>(found: &'a [Diagnostic], code: &str) -> Vec<&'a Diagnostic> {
    found.iter().filter(|finding| finding.code == code).collect()
}

#[test]
fn every_code_has_a_sample_that_its_cure_cures() {
    let mut wrong = Vec::new();
    for entry in entries() {
        let folder = root().join("models/broken").join(entry.code);
        if NO_SAMPLE.iter().any(|(code, _)| *code == entry.code) {
            assert!(!folder.exists(), "{} has a sample and stands in the list of exceptions", entry.code);
            continue;
        }
        let Ok(files) = Files::read_dir(&folder) else {
            wrong.push(format!("{}: no sample and no reason", entry.code));
            continue;
        };
        let loaded = load(files.clone());
        let all = human(&loaded.files, &loaded.diagnostics, Colour::Plain);
        let all_of_code = of_code(&loaded.diagnostics, entry.code).len() == loaded.diagnostics.len();
        if loaded.diagnostics.is_empty() || !all_of_code {
            wrong.push(format!("{}: the sample has other findings\n{all}", entry.code));
            continue;
        }
        let severity = if entry.code.starts_with('E') { Severity::Error } else { Severity::Warning };
        assert!(loaded.diagnostics.iter().all(|finding| finding.severity == severity), "{}", entry.code);
        compare(&folder.join("expected.txt"), &all);
        let places: usize = files.0.values().map(|text| text.matches(entry.wrong).count()).sum();
        assert_eq!(places, 1, "{}: the sample shows the example of the manual once", entry.code);
        let cured = files
            .0
            .iter()
            .map(|(path, text)| (path.clone(), text.replace(entry.wrong, entry.right).into_boxed_str()));
        let cured = load(Files(cured.collect()));
        if !cured.diagnostics.is_empty() {
            let left = human(&cured.files, &cured.diagnostics, Colour::Plain);
            wrong.push(format!("{}: the cure leaves\n{left}", entry.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

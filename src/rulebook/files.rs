//! The files of a rulebook as they were read, all of them, before anybody looks inside.

use super::diagnostic::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::path::Path;

/// The texts of a rulebook folder by relative path, `/` between folders: one snapshot, read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<Box<str>, Box<str>>);

/// Limits on what is read; a rulebook is text that people write.
const FILE_BYTES_MAX: u64 = 16 << 20;
const FILES_MAX: usize = 2_000;

impl Files {
    /// Reads `rulebook.toml`, `schema.toml`, `rulebook.lock`, and the TOML and CSV files of `rules/`, `tables/`, `tests/`,
    /// `scenarios/` and `experiments/`. `feeds/` is data, not rules, and is not read here.
    ///
    /// # Errors
    /// E0001 for each file that cannot be read, is too large or is not UTF-8.
    pub fn read_dir(root: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut files = BTreeMap::new();
        let mut bad = Vec::new();
        for name in ["rulebook.toml", "schema.toml", "rulebook.lock"] {
            if root.join(name).exists() {
                read_file(root, name, &mut files, &mut bad);
            }
        }
        for folder in ["rules", "tables", "tests", "scenarios", "experiments"] {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
                continue;
            };
            let mut names: Vec<String> =
                entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
            names.sort();
            for name in names.iter().filter(|name| name.ends_with(".toml") || name.ends_with(".csv")) {
                if FILES_MAX <= files.len() {
                    bad.push(unreadable(folder, &format!("has more than {FILES_MAX} files")));
                    return Err(bad);
                }
                read_file(root, &format!("{folder}/{name}"), &mut files, &mut bad);
            }
        }
        if !files.contains_key("rulebook.toml") && bad.is_empty() {
            bad.push(unreadable(
                "rulebook.toml",
                &format!("is not in `{}`: a rulebook is a folder with this file", root.display()),
            ));
        }
        if bad.is_empty() { Ok(Self(files)) } else { Err(bad) }
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(AsRef::as_ref)
    }

    /// Line and column (in characters), both from 1, of a byte.
    #[must_use]
    pub fn line_column(&self, file: &str, byte: usize) -> (usize, usize) {
        let text = self.get(file).unwrap_or("");
        let before = text.get(..byte.min(text.len())).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before.get(line_start..).unwrap_or("").chars().count() + 1)
    }
}

fn read_file(root: &Path, name: &str, files: &mut BTreeMap<Box<str>, Box<str>>, bad: &mut Vec<Diagnostic>) {
    let path = root.join(name);
    match std::fs::metadata(&path) {
        Ok(meta) if FILE_BYTES_MAX < meta.len() => {
            bad.push(unreadable(
                name,
                &format!("is {} bytes, at most {FILE_BYTES_MAX} are read", meta.len()),
            ));
            return;
        }
        _ => {}
    }
    match std::fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => {
            files.insert(name.into(), text.into());
        }
        Ok(Err(error)) => {
            let at = error.utf8_error().valid_up_to();
            bad.push(unreadable(
                name,
                &format!("is not UTF-8 text: byte {at} does not belong; save the file as UTF-8"),
            ));
        }
        Err(error) => bad.push(unreadable(name, &format!("cannot be read: {error}"))),
    }
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    let span = Span { file: name.into(), start: 0, end: 0 };
    Diagnostic::error("E0001", format!("`{name}` {why}"), span, "")
}

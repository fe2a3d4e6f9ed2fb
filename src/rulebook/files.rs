//! The files of a rulebook as they were read, all of them, before anybody looks inside.

use super::diagnostic::{Diagnostic, Span};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// The texts of a rulebook folder by relative path, `/` between folders: one snapshot, read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<Box<str>, Box<str>>);

/// Limits on what is read; a rulebook is text that people write.
const FILE_BYTES_MAX: u64 = 16 << 20;
const FILES_MAX: usize = 2_000;

/// The folders that are read, with the endings of their files.
const FOLDERS: [(&str, &[&str]); 5] = [
    ("rules", &[".toml"]),
    ("tables", &[".csv"]),
    ("tests", &[".toml"]),
    ("scenarios", &[".toml", ".csv"]),
    ("experiments", &[".toml", ".csv"]),
];

/// Folders that are not part of the rules: data.
const APART: [&str; 1] = ["feeds"];

/// What is computed from data: pricing reads its tables and the file of elasticities, and nothing else.
const FITTED: &str = "fitted";

/// The elasticities that `pricer fit` writes. Of this file [`Files`] holds a fingerprint, not the bytes.
pub const ELASTICITIES: &str = "fitted/elasticities.parquet";
const FITTED_BYTES_MAX: u64 = 256 << 20;

impl Files {
    /// Reads `rulebook.toml`, `schema.toml`, `rulebook.lock`, and the TOML and CSV files of `rules/`, `tables/`, `tests/`,
    /// `scenarios/` and `experiments/`; of `fitted/` the CSV files and a fingerprint of the elasticities. `feeds/` is data, not
    /// rules, and is not read here.
    ///
    /// # Errors
    /// E0001 for each file that cannot be read, is too large or is not UTF-8; E0002 for each that would be passed over.
    pub fn read_dir(root: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::read(root, true)
    }

    /// As [`Self::read_dir`], whatever the fitted elasticities are.
    ///
    /// # Errors
    /// As there.
    pub fn read_without_elasticities(root: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::read(root, false)
    }

    fn read(root: &Path, elasticities: bool) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader { root, elasticities, files: BTreeMap::new(), bad: Vec::new() };
        if root.is_dir() {
            reader.read_root();
        }
        let Reader { files, mut bad, .. } = reader;
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

    /// The SHA-256 of the fitted elasticities, in hexadecimal, if there are some.
    #[must_use]
    pub fn elasticities(&self) -> Option<&str> {
        self.get(ELASTICITIES)
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

/// Collects what a folder holds: every entry is read, is known to be something else, or is a finding.
struct Reader<'a> {
    root: &'a Path,
    elasticities: bool,
    files: BTreeMap<Box<str>, Box<str>>,
    bad: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read_root(&mut self) {
        for name in self.names("") {
            let is_folder = self.root.join(&name).is_dir();
            if let Some((folder, endings)) = FOLDERS.iter().find(|(folder, _)| *folder == name) {
                if is_folder {
                    self.read_folder(folder, endings);
                } else {
                    self.bad.push(unreadable(&name, "is not a folder"));
                }
            } else if is_folder && name == FITTED {
                self.read_fitted();
            } else if ["rulebook.toml", "schema.toml", "rulebook.lock"].contains(&&*name) {
                self.read_file(&name);
            } else if !(is_harmless(&name) || is_folder && APART.contains(&&*name))
                && (is_folder || !is_text(&name))
            {
                self.pass_over(&name, "a rulebook has `rulebook.toml`, `schema.toml` and the folders `rules/`, `tables/`, `tests/` and `feeds/`");
            }
        }
    }

    fn read_folder(&mut self, folder: &str, endings: &[&str]) {
        for name in self.names(folder) {
            let path = format!("{folder}/{name}");
            if endings.iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.') {
                if FILES_MAX <= self.files.len() {
                    self.bad.push(unreadable(folder, &format!("has more than {FILES_MAX} files")));
                    return;
                }
                self.read_file(&path);
            } else if !is_harmless(&name) {
                self.pass_over(
                    &path,
                    &format!(
                        "`{folder}/` has files that end in `{}`, and no folders",
                        endings.join("` or `")
                    ),
                );
            }
        }
    }

    /// Reports and pictures lie beside what is read; nobody takes them for rules.
    fn read_fitted(&mut self) {
        for name in self.names(FITTED) {
            let path = format!("{FITTED}/{name}");
            if name.ends_with(".csv") && !name.starts_with('.') {
                self.read_file(&path);
            } else if path == ELASTICITIES && self.elasticities {
                match fingerprint(&self.root.join(&path)) {
                    Ok(print) => {
                        self.files.insert(path.into(), print);
                    }
                    Err(why) => self.bad.push(unreadable(&path, &why).note(REFIT)),
                }
            }
        }
    }

    /// The names in a folder, sorted.
    fn names(&mut self, folder: &str) -> Vec<String> {
        let shown = if folder.is_empty() { "the rulebook" } else { folder };
        let entries = match std::fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                self.bad.push(unreadable(shown, &format!("cannot be read: {error}")));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) => names.push(name),
                Ok(Err(name)) => self.pass_over(&name.to_string_lossy(), "its name is not UTF-8"),
                Err(error) => self.bad.push(unreadable(shown, &format!("cannot be read: {error}"))),
            }
        }
        names.sort();
        names
    }

    fn read_file(&mut self, name: &str) {
        match read_text(&self.root.join(name)) {
            Ok(text) => {
                self.files.insert(name.into(), text.into());
            }
            Err(why) => self.bad.push(unreadable(name, &why)),
        }
    }

    fn pass_over(&mut self, name: &str, label: &str) {
        let span = Span { file: name.into(), start: 0, end: 0 };
        let title = format!("`{name}` would not be read");
        self.bad.push(
            Diagnostic::error("E0002", title, span, "").note(label).note("rename it, move it, or delete it"),
        );
    }
}

/// What nobody takes for a rule.
fn is_harmless(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("README") || name.ends_with(".md")
}

/// Beside the folders a plain text is no rule either.
fn is_text(name: &str) -> bool {
    name.ends_with(".txt") || name.starts_with("LICENSE")
}

/// The text of a regular file; a pipe would wait and a device never end.
fn read_text(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    // The size that the file system tells need not be true.
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if FILE_BYTES_MAX < u64::try_from(read).unwrap_or(u64::MAX) {
        return Err(format!("has more than the {FILE_BYTES_MAX} bytes that are read"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("is not UTF-8 text: byte {at} does not belong; save the file as UTF-8")
    })
}

/// What helps against a broken file of elasticities.
pub const REFIT: &str = "`pricer fit` writes it anew; without the file prices use the elasticities in the items, if they have some";

/// The SHA-256 of a whole Parquet file, in hexadecimal.
///
/// # Errors
/// Why it cannot be read.
pub fn fingerprint(path: &Path) -> Result<Box<str>, String> {
    const MAGIC: &[u8] = b"PAR1";
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let about = std::fs::metadata(path).map_err(cannot)?;
    if !about.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if FITTED_BYTES_MAX < about.len() {
        return Err(format!("has more than the {FITTED_BYTES_MAX} bytes that are read"));
    }
    let mut file = std::fs::File::open(path).map_err(cannot)?.take(FITTED_BYTES_MAX);
    let (mut hasher, mut first, mut last) = (Sha256::new(), Vec::<u8>::new(), Vec::<u8>::new());
    let mut block = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut block).map_err(cannot)?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        first.extend(bytes.iter().take(MAGIC.len().saturating_sub(first.len())));
        last.extend(bytes.get(bytes.len().saturating_sub(MAGIC.len())..).unwrap_or_default());
        last.drain(..last.len().saturating_sub(MAGIC.len()));
    }
    if first != MAGIC || last != MAGIC {
        return Err("is not a whole Parquet file".to_owned());
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    let span = Span { file: name.into(), start: 0, end: 0 };
    Diagnostic::error("E0001", format!("`{name}` {why}"), span, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(change: impl FnOnce(&Path)) -> Vec<(&'static str, String)> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["rules", "tables", "tests", "feeds"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        for name in
            ["rulebook.toml", "rules/a.toml", "rules/README", "README.md", ".gitignore", "feeds/x.bin"]
        {
            std::fs::write(root.join(name), "").unwrap();
        }
        change(root);
        let bad = Files::read_dir(root).err().unwrap_or_default();
        bad.into_iter().map(|finding| (finding.code, finding.primary.span.file.into())).collect()
    }

    #[test]
    fn nothing_is_passed_over() {
        assert_eq!(codes(|_| ()), []);
        for name in ["rules/G.TOML", "rules/g.toml.bak", "tables/x.toml", "guards.toml", "Schema.toml"] {
            assert_eq!(
                codes(|root| std::fs::write(root.join(name), "").unwrap()),
                [("E0002", name.to_owned())]
            );
        }
        for name in ["rules/more", "Rules", "guards"] {
            assert_eq!(
                codes(|root| std::fs::create_dir(root.join(name)).unwrap()),
                [("E0002", name.to_owned())]
            );
        }
    }

    #[test]
    fn fitted_elasticities_are_known_by_their_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("fitted")).unwrap();
        std::fs::write(root.join("rulebook.toml"), "").unwrap();
        for (name, text) in [("seasons.csv", "a\n"), ("forest.svg", "<svg/>"), (".x.part", "PAR1")] {
            std::fs::write(root.join("fitted").join(name), text).unwrap();
        }
        let read = |bytes: &[u8]| {
            std::fs::write(root.join(ELASTICITIES), bytes).unwrap();
            Files::read_dir(root)
        };
        let whole = read(b"PAR1 one PAR1").unwrap();
        assert_eq!(
            whole.elasticities(),
            Some("861b3ff27308d8e2e75eb3c958820ef0241015fedeed9f2d38ba86dd4a4354e0")
        );
        let names: Vec<&str> = whole.0.keys().map(AsRef::as_ref).collect();
        assert_eq!(names, [ELASTICITIES, "fitted/seasons.csv", "rulebook.toml"]);
        assert_ne!(read(b"PAR1 two PAR1").unwrap(), whole);
        for cut in [&b""[..], b"PAR1 one PA", b"sku,estimate"] {
            let bad = read(cut).unwrap_err();
            assert_eq!(bad.len(), 1, "{bad:?}");
            assert!(bad[0].code == "E0001" && bad[0].notes.iter().any(|note| note == REFIT), "{bad:?}");
        }
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = |root: &Path| std::fs::create_dir(root.join("rules/g.toml")).unwrap();
        assert_eq!(codes(folder), [("E0001", "rules/g.toml".to_owned())]);
        let long = |root: &Path| {
            let file = std::fs::File::create(root.join("rules/g.toml")).unwrap();
            file.set_len(FILE_BYTES_MAX + 1).unwrap();
        };
        assert_eq!(codes(long), [("E0001", "rules/g.toml".to_owned())]);
        #[cfg(unix)]
        for target in ["/dev/zero", "/nowhere"] {
            let link = |root: &Path| std::os::unix::fs::symlink(target, root.join("rules/g.toml")).unwrap();
            assert_eq!(codes(link), [("E0001", "rules/g.toml".to_owned())]);
        }
    }
}

//! Files of a rulebook written aside and renamed, so that a reader sees the old text or the new one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces all files, or none as far as a file system can promise: everything is written before the first rename.
///
/// # Errors
/// What could not be written; files that are already renamed stay.
pub(super) fn replace(root: &Path, texts: &[(&str, &str)]) -> io::Result<()> {
    let mut aside = Vec::new();
    for (name, text) in texts {
        match write_aside(&root.join(name), text) {
            Ok(pair) => aside.push(pair),
            Err(error) => {
                for (written, _) in &aside {
                    let _ = std::fs::remove_file(written);
                }
                return Err(error);
            }
        }
    }
    aside.iter().try_for_each(|(written, target)| std::fs::rename(written, target))
}

/// Beside the file that a link leads to, so that the link stays.
fn write_aside(path: &Path, text: &str) -> io::Result<(PathBuf, PathBuf)> {
    let target = if path.exists() { path.canonicalize()? } else { path.to_owned() };
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let written = target.with_file_name(format!(".{name}.{}.aside", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = std::fs::File::create(&written)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match std::fs::metadata(&target) {
            Ok(known) => std::fs::set_permissions(&written, known.permissions()),
            Err(_) => Ok(()),
        }
    };
    match write() {
        Ok(()) => Ok((written, target)),
        Err(error) => {
            let _ = std::fs::remove_file(&written);
            Err(error)
        }
    }
}

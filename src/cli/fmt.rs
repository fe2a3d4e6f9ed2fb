//! `pricer fmt DIR`: rule files in one layout.

use super::output::counted;
use crate::rulebook::Files;
use crate::rulebook::tidy::tidy;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lays out the rule files of a folder: what they say stays the same, and comments stay.
///
/// Line ends become LF, a byte order mark goes, as do blanks at the end of lines; there is one blank line between tables and
/// a line end at the end; the `=` of keys that stand together stand in one column. Tables (CSV) get line ends and
/// no mark, their cells stay. A file that is no TOML is left for `pricer check`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  pricer fmt models/orda
  pricer fmt models/orda --check     # in CI: writes nothing, exit code 1 when a file would change

Exit codes: 0 done or nothing to do, 1 a file would change (--check) or cannot be read or written.")]
pub struct Args {
    /// The folder with `rulebook.toml`.
    pub dir: PathBuf,
    /// Only name the files that would change.
    #[arg(long)]
    pub check: bool,
}

/// Runs the command.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> io::Result<ExitCode> {
    let files = match Files::read_dir(&args.dir) {
        Ok(files) => files,
        Err(findings) => {
            for finding in findings {
                eprintln!("error: {}", finding.title);
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut changed = 0;
    for (path, text) in files.0.iter().filter(|(path, _)| !path.ends_with(".lock")) {
        let tidied = tidy(path, text);
        if tidied == **text {
            continue;
        }
        changed += 1;
        if args.check {
            writeln!(out, "would change {path}")?;
            continue;
        }
        if let Err(error) = replace(&args.dir.join(&**path), &tidied) {
            eprintln!("error: `{path}` cannot be written: {error}");
            return Ok(ExitCode::FAILURE);
        }
        writeln!(out, "changed {path}")?;
    }
    if changed == 0 {
        writeln!(out, "{} in layout", counted(files.0.len(), "file"))?;
    }
    Ok(ExitCode::from(u8::from(args.check && 0 < changed)))
}

/// The whole new text, or the old file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("fmt-tmp");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_laid_out_and_a_second_run_has_nothing_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rulebook.toml");
        std::fs::write(&path, "\u{feff}name=\"x\"\r\n[market.DE]  \r\n").unwrap();
        let run = |check| {
            let mut out = Vec::new();
            let code = run(&Args { dir: folder.path().into(), check }, &mut out).unwrap();
            (code == ExitCode::SUCCESS, String::from_utf8(out).unwrap())
        };
        assert_eq!(run(true), (false, "would change rulebook.toml\n".to_owned()));
        assert_eq!(run(false), (true, "changed rulebook.toml\n".to_owned()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "name = \"x\"\n\n[market.DE]\n");
        assert_eq!(run(true), (true, "1 file in layout\n".to_owned()));
    }
}

//! What commands share: formats, findings, words.

use crate::rulebook::render::{Colour, human, json};
use crate::rulebook::{Diagnostic, Files, Loaded, load};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// For people or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Human,
    Json,
}

/// Reads a folder, and answers what is wrong with it in any case.
pub(super) fn load_dir(dir: &Path) -> Loaded {
    match Files::read_dir(dir) {
        Ok(files) => load(files),
        Err(diagnostics) => Loaded { diagnostics, ..Loaded::default() },
    }
}

pub(super) fn write_findings(
    format: Format,
    colour: Colour,
    files: &Files,
    findings: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => out.write_all(human(files, findings, colour).as_bytes()),
        Format::Json => writeln!(out, "{}", json(files, findings)),
    }
}

/// `1 rule`, `8 rules`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{many}")
}

/// Runs a command on the standard output, in colors on a terminal that wants them. A reader that has gone away
/// (`pricer check | head`) is no error.
pub(super) fn to_stdout(run: impl FnOnce(Colour, &mut dyn Write) -> io::Result<ExitCode>) -> ExitCode {
    let mut out = io::stdout().lock();
    let wanted = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let colour = if wanted { Colour::Ansi } else { Colour::Plain };
    match run(colour, &mut out).and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the output cannot be written: {error}");
            ExitCode::from(1)
        }
    }
}

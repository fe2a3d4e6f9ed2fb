//! `pricer check DIR`: everything that is wrong with a rulebook, without data.

use super::output::{Format, counted, load_dir, write_findings};
use crate::rulebook::render::Colour;
use crate::rulebook::{Loaded, Severity};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// The folder with `rulebook.toml`
    pub dir: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Treat a warning, such as W0310, as an error
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub deny: Vec<String>,
}

/// A denied code must at least look like one, or a typo would deny nothing.
fn code(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix(['E', 'W']).filter(|digits| digits.len() == 4);
    match digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        true => Ok(text.to_owned()),
        false => Err("a code looks like W0310".to_owned()),
    }
}

/// Exit code 0: no errors; 1: errors or denied warnings.
///
/// # Errors
/// When `out` cannot be written.
#[expect(clippy::disallowed_methods, reason = "the last line says how long it took; nothing depends on it")]
pub fn run(args: &CheckArgs, colour: Colour, out: &mut dyn Write) -> io::Result<ExitCode> {
    let started = Instant::now();
    let mut loaded = load_dir(&args.dir);
    for finding in &mut loaded.diagnostics {
        if args.deny.iter().any(|code| code == finding.code) {
            finding.severity = Severity::Error;
        }
    }
    let failed = loaded.has_errors();
    if args.format == Format::Human {
        writeln!(out, "    Checking {}", headline(args, &loaded))?;
    }
    write_findings(args.format, colour, &loaded.files, &loaded.diagnostics, out)?;
    if args.format == Format::Human {
        let count =
            |severity| loaded.diagnostics.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        writeln!(
            out,
            "    Finished {}, {} in {:.2} s    overlap analysis: {}, exact",
            counted(errors, "error"),
            counted(warnings, "warning"),
            started.elapsed().as_secs_f64(),
            counted(loaded.stats.pairs, "pair"),
        )?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}

fn headline(args: &CheckArgs, loaded: &Loaded) -> String {
    let name = match &loaded.release {
        Some(release) => format!("{} (edition {})", release.name, release.edition),
        None => args.dir.display().to_string(),
    };
    let stats = &loaded.stats;
    let counts = [
        (stats.rules, "rule"),
        (stats.table_rows, "table row"),
        (stats.adjustments, "adjustment"),
        (stats.guards, "guard"),
        (stats.rounds, "rounding rule"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| 0 < *count)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    format!("{name}  {}", counts.join(", "))
}

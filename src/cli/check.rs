//! `pricer check DIR`: everything that is wrong with a rulebook, and its cures.

use super::evidence::CatalogArgs;
use super::lock::{lock, note_on_lock};
use super::opened::own_fitted;
use super::output::counted;
use super::write::replace;
use crate::batch::load_estimates;
use crate::rulebook::codes;
use crate::rulebook::render::{self, Colour};
use crate::rulebook::{
    Change, Cures, Diagnostic, ELASTICITIES, Files, Loaded, REFIT, Severity, Span, cure, load_with,
};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Finds every mistake of a rulebook, without data or with real items as witnesses, and applies cures.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// The folder with `rulebook.toml`
    pub dir: PathBuf,
    /// For people, for programs, for annotations of a pull request, or for code scanning
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Treat a warning, such as W0310, as an error
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub deny: Vec<String>,
    /// Apply every cure marked safe; comments and layout stay
    #[arg(long)]
    pub fix: bool,
    /// Apply the N-th cure of the findings of a code, such as `E0301:1`
    #[arg(long, value_name = "CODE:N", value_parser = choice)]
    pub choose: Option<(String, usize)>,
    /// Run the tests too, and write `rulebook.lock` when nothing is wrong
    #[arg(long)]
    pub lock: bool,
    #[command(flatten)]
    pub catalog: CatalogArgs,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    #[default]
    Human,
    Json,
    Github,
    Sarif,
}

/// A code that does not exist would deny or choose nothing.
fn code(text: &str) -> Result<String, String> {
    match codes::find(text) {
        Some(entry) => Ok(entry.code.to_owned()),
        None => Err("no such code; it looks like W0310; docs/reference/diagnostics.md lists all".to_owned()),
    }
}

fn choice(text: &str) -> Result<(String, usize), String> {
    let (of, number) = text.split_once(':').ok_or("write the code and the number of the cure: E0301:1")?;
    let number = number.parse().ok().filter(|number| 0 < *number);
    Ok((code(of)?, number.ok_or("cures are numbered from 1, as in E0301:1")?))
}

/// Exit code 0: no errors; 1: errors, denied warnings or failing tests under `--lock`; 2: a cure that cannot be applied.
///
/// # Errors
/// When `out` cannot be written.
#[expect(clippy::disallowed_methods, reason = "the last line says how long it took; nothing depends on it")]
pub fn run(args: &CheckArgs, colour: Colour, out: &mut dyn Write) -> io::Result<ExitCode> {
    let started = Instant::now();
    let files = match Files::read_dir(&args.dir) {
        Ok(files) => files,
        Err(diagnostics) => {
            write_findings(args, colour, &Files::default(), &diagnostics, out)?;
            return Ok(ExitCode::from(1));
        }
    };
    let files = match cured(args, files, out)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    let mut problem = None;
    let mut loaded = load_with(files, &mut |release| args.catalog.read(&args.dir, release, &mut problem));
    let fitted = fitted(&args.dir, &mut loaded);
    if !args.lock {
        loaded.diagnostics.extend(note_on_lock(&loaded));
    }
    for finding in &mut loaded.diagnostics {
        if args.deny.iter().any(|code| code == finding.code) {
            finding.severity = Severity::Error;
        }
    }
    let failed = loaded.has_errors();
    if args.format == Format::Human {
        writeln!(out, "    Checking {}", headline(args, &loaded, fitted))?;
    }
    write_findings(args, colour, &loaded.files, &loaded.diagnostics, out)?;
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
        if failed {
            writeln!(out, "             slips that no grammar sees are looked for when there is no error")?;
        }
    }
    if let Some(problem) = problem {
        eprintln!("error: the catalog gives no witnesses: {problem}");
        return Ok(ExitCode::from(1));
    }
    if args.lock {
        return lock(&args.dir, &loaded, args.format == Format::Human, out);
    }
    Ok(ExitCode::from(u8::from(failed)))
}

fn write_findings(
    args: &CheckArgs,
    colour: Colour,
    files: &Files,
    findings: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    let root = args.dir.to_string_lossy().replace('\\', "/");
    match args.format {
        Format::Human => out.write_all(render::human(files, findings, colour).as_bytes()),
        Format::Json => writeln!(out, "{}", render::json(files, findings)),
        Format::Github => out.write_all(render::github(files, findings, &root).as_bytes()),
        Format::Sarif => writeln!(out, "{}", render::sarif(files, findings, &root)),
    }
}

/// The files after the cures that were asked for, written back; else the exit code.
fn cured(args: &CheckArgs, files: Files, out: &mut dyn Write) -> io::Result<Result<Files, ExitCode>> {
    let chosen = args.choose.as_ref().map(|(code, number)| (code.as_str(), *number));
    if !args.fix && chosen.is_none() {
        return Ok(Ok(files));
    }
    let cured = match cure(files.clone(), Cures { safe: args.fix, chosen }) {
        Ok(cured) => cured,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Err(ExitCode::from(2)));
        }
    };
    let texts = cured.files.0.iter().map(|(path, text)| (path.as_ref(), text.as_ref()));
    let changed: Vec<(&str, &str)> = texts.filter(|(path, text)| files.get(path) != Some(text)).collect();
    // Somebody may have saved the file in an editor meanwhile.
    let unmoved = changed.is_empty() || Files::read_dir(&args.dir).is_ok_and(|now| now == files);
    let written = match unmoved {
        true => replace(&args.dir, &changed),
        false => Err(io::Error::other("the rulebook changed while it was being cured")),
    };
    if let Err(error) = written {
        eprintln!("error: the cured files cannot be written: {error}");
        return Ok(Err(ExitCode::from(1)));
    }
    for change in &cured.changes {
        match args.format {
            Format::Human => writeln!(out, "{}", told(change))?,
            _ => eprintln!("{}", told(change)),
        }
    }
    if cured.changes.is_empty() && args.format == Format::Human {
        writeln!(out, "       Fixed nothing: there is no safe cure to apply")?;
    }
    Ok(Ok(cured.files))
}

/// `Fixed rules/strategy.toml:21  rnak → rank   E0201: did you mean `rank`?`
fn told(change: &Change) -> String {
    let Change { code, title, file, line, before, after } = change;
    let words = match before.as_str() {
        "" => format!("+ {}", after.trim()),
        _ => format!("{before} → {}", after.trim()),
    };
    format!("       Fixed {file}:{line}  {words}   {code}: {title}")
}

/// How many fitted elasticities there are; what keeps them from being read is an error of the rulebook.
fn fitted(dir: &Path, loaded: &mut Loaded) -> usize {
    let Some(release) = &loaded.release else { return 0 };
    let Some(path) = own_fitted(dir, release) else { return 0 };
    match load_estimates(&path, release) {
        Ok(estimates) => estimates.len(),
        Err(error) => {
            let span = Span { file: ELASTICITIES.into(), start: 0, end: 0 };
            let title = format!("the fitted elasticities cannot be used: {error}");
            loaded.diagnostics.insert(0, Diagnostic::error("E0001", title, span, "").note(REFIT));
            loaded.release = None;
            0
        }
    }
}

fn headline(args: &CheckArgs, loaded: &Loaded, fitted: usize) -> String {
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
        (fitted, "fitted item"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| 0 < *count)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    format!("{name}  {}", counts.join(", "))
}

#[cfg(test)]
mod tests;

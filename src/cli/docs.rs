//! `pricer docs DIR`: the rulebook as plain sentences.

use super::opened::open;
use super::output::load_dir;
use crate::rulebook::price_book::PriceBook;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes the rulebook as plain sentences: who owns which rule, what it does, which guards hold, what is tested.
///
/// The sentences are made from the compiled rules, so they say what the engine does. The page is one HTML file without
/// scripts: it can be mailed, printed and read on a phone.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  pricer docs models/orda --out price-book.html
  pricer docs models/orda --format text

Exit codes: 0 written, 1 the rulebook has errors or the file cannot be written.")]
pub struct Args {
    /// The folder with `rulebook.toml`.
    pub dir: PathBuf,
    /// The file to write [default: the standard output]; an existing one is replaced.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Output::Html)]
    pub format: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    Html,
    Text,
}

/// Runs the command.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let Some(book) = PriceBook::new(&load_dir(&args.dir)) else {
        // Says what is wrong.
        let _ = open(&args.dir);
        return ExitCode::FAILURE;
    };
    let text = match args.format {
        Output::Html => book.html(),
        Output::Text => book.text(),
    };
    let Some(path) = &args.out else {
        return super::output::to_stdout(|_, out| out.write_all(text.as_bytes()).map(|()| ExitCode::SUCCESS));
    };
    match std::fs::write(path, text) {
        Ok(()) => {
            println!("Written to {}", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: `{}` cannot be written: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

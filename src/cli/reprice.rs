//! `pricer reprice`: a whole catalog, from files to a file.

use super::opened::{now, open, own_fitted, own_rates};
use super::output;
use crate::batch::{
    BatchError, Catalog, EarlierFeed, FeedFiles, Feeds, Format, Job, PartBy, Progress, Run, Summary,
    TwinPrices, Verdict, feed_files, load_facts,
};
use crate::facts::{parse_instant, parse_percent};
use crate::money::Ratio;
use crate::pricing::Release;
use crate::rulebook::render;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const PARTIAL: u8 = 3;
const TOO_MANY: u8 = 4;
/// What shells expect of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Prices every item of a catalog in every market and channel.
///
/// Each row of the items file gives one price for each place it applies to, or is written to the quarantine file
/// with the reason; nothing is dropped. Exit codes: 0 clean, 1 failed, 2 wrong usage, 3 some rows quarantined, 4
/// more than `--max-bad` quarantined, more than `--max-refused` refused, or no price at all (then only the quarantine file is
/// written, and the last good answers stay), 130 interrupted (then nothing is).
#[derive(Clone, Debug, Args)]
pub struct Reprice {
    /// The rulebook's folder.
    #[arg(long, value_name = "DIR")]
    rulebook: PathBuf,
    /// The catalog, CSV or Parquet: a file, several (`--items a.parquet b.parquet`, `--items parts/*.csv`), or a folder of them.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    items: Vec<PathBuf>,
    /// Rivals' offers, CSV or Parquet.
    #[arg(long, value_name = "FILE")]
    offers: Option<PathBuf>,
    /// Exchange rates [default: the feed that the rulebook's markets name].
    #[arg(long, value_name = "FILE")]
    fx: Option<PathBuf>,
    /// The prices that were in force, CSV or Parquet: `sku, market, channel, price, kind, from, to, announced`.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Only this market [default: all].
    #[arg(long)]
    market: Option<String>,
    /// Only this channel [default: all].
    #[arg(long)]
    channel: Option<String>,
    /// The time of the prices, such as `2026-11-18T10:00:00+01:00` [default: now].
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    at: Option<i64>,
    /// The answers: `.csv` or `.parquet`. Texts that a spreadsheet would take for a formula get a leading
    /// apostrophe in CSV.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Makes `--out` a folder with a file for each value of these columns: `market`, `channel`, `status`, such as
    /// `--partition market,channel` for `OUT/market=DE/channel=own/part-0.parquet` (CSV if the folder's name ends in `.csv`).
    /// What an earlier run wrote there is replaced as a whole.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = parse_column)]
    partition: Vec<PartBy>,
    /// The rows that could not be priced, CSV [default: the name of `--out` with the ending `.quarantine.csv`].
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// How many threads price [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The largest share of prices, or of a feed's rows, that may be bad.
    #[arg(long, value_name = "SHARE", default_value = "0.1%", value_parser = parse_share)]
    max_bad: Ratio,
    /// The largest share of prices that may be refused: more is a feed that lost a column or a rulebook that fits another catalog.
    /// A run without any price is never published.
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = parse_share)]
    max_refused: Ratio,
    /// How the summary is printed.
    #[arg(long, value_enum, default_value_t = output::Format::Human)]
    format: output::Format,
}

impl Reprice {
    /// Runs the command.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.price() {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                say(&mut std::io::stderr(), &format!("error: {error}"));
                ExitCode::from(match error {
                    BatchError::Usage(_) | BatchError::NoPlace(_) => USAGE,
                    BatchError::Cancelled => INTERRUPTED,
                    _ => FAILED,
                })
            }
        }
    }

    fn price(&self) -> Result<u8, BatchError> {
        let FeedFiles { files: items, passed_over } = feed_files(&self.items)?;
        let quarantine = self.files(&items)?;
        let Some(release) = self.release() else {
            return Ok(FAILED);
        };
        let rates = self.fx.clone().or_else(|| own_rates(&self.rulebook, &release));
        let fitted = own_fitted(&self.rulebook, &release);
        let at = self.at.unwrap_or_else(now);
        let feeds = Feeds {
            items: None,
            offers: self.offers.as_deref(),
            rates: rates.as_deref(),
            history: self.history.as_deref(),
            fitted: fitted.as_deref(),
        };
        let (facts, earlier) = load_facts(&release, feeds)?;
        let job = Job::new(&release, &facts, at, self.market.as_deref(), self.channel.as_deref())?;
        let catalog = Catalog::open(&items, &release)?.with_passed_over(passed_over);
        let cancel = Arc::new(AtomicBool::new(false));
        cancel_on_interrupt(cancel.clone());
        let twins = TwinPrices::of_catalog(&job, &catalog, &cancel)?;
        let job = job.with_twins(&twins);
        let summary = self.stream(&job, &catalog, &earlier, &quarantine, &cancel)?;
        self.report(&summary, &quarantine);
        Ok(match summary.verdict {
            Verdict::Clean => 0,
            Verdict::Partial => PARTIAL,
            Verdict::TooMany | Verdict::TooManyRefused => TOO_MANY,
        })
    }

    /// The quarantine file, after a look at what would be overwritten.
    fn files(&self, items: &[PathBuf]) -> Result<PathBuf, BatchError> {
        let parted = !self.partition.is_empty();
        if !parted {
            Format::of(&self.out)?;
        }
        if let Some(twice) = (1..)
            .zip(&self.partition)
            .find_map(|(after, by)| self.partition.iter().skip(after).any(|other| other == by).then_some(by))
        {
            let why = format!("`--partition` names `{}` twice", twice.name());
            return Err(BatchError::Usage(why));
        }
        let beside = || self.out.with_extension("quarantine.csv");
        let quarantine = self.quarantine.clone().unwrap_or_else(beside);
        let inputs = items.iter().chain(&self.offers).chain(&self.fx).chain(&self.history);
        for output in [&self.out, &quarantine] {
            let same = |other: &Path| match (output.canonicalize(), other.canonicalize()) {
                (Ok(output), Ok(other)) => output == other,
                _ => output == other,
            };
            let inside = |input: &Path| match (self.out.canonicalize(), input.canonicalize()) {
                (Ok(out), Ok(input)) => parted && input.starts_with(&out),
                _ => false,
            };
            if let Some(input) = inputs.clone().find(|input| inside(input)) {
                let why = format!("`{}` is in `{}`, which is replaced", input.display(), self.out.display());
                return Err(BatchError::Usage(why));
            }
            if inputs.clone().any(|input| same(input)) {
                let why = format!("`{}` is an input: choose another name for the output", output.display());
                return Err(BatchError::Usage(why));
            }
            // The next run would read it as a part of the catalog.
            let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
            let real = |path: &Path| path.canonicalize().ok();
            let folder = real(folder.unwrap_or(Path::new(".")));
            if let (Some(folder), Some(rulebook)) = (&folder, real(&self.rulebook))
                && folder.starts_with(&rulebook)
            {
                let why = format!(
                    "`{}` is inside the rulebook `{}`: choose a place outside for the output",
                    output.display(),
                    self.rulebook.display()
                );
                return Err(BatchError::Usage(why));
            }
            if let Some(items) = self.items.iter().find(|items| items.is_dir() && real(items) == folder) {
                let why =
                    format!("`{}` is in `{}`, whose files are the input", output.display(), items.display());
                return Err(BatchError::Usage(why));
            }
        }
        if self.out == quarantine {
            return Err(BatchError::Usage("`--out` and `--quarantine` name the same file".into()));
        }
        if parted && quarantine.starts_with(&self.out) {
            return Err(BatchError::Usage(
                "`--quarantine` is inside the folder `--out`, which is replaced".into(),
            ));
        }
        Ok(quarantine)
    }

    /// The checked rulebook; `None` after its errors were printed.
    fn release(&self) -> Option<Arc<Release>> {
        if self.format == output::Format::Human {
            return open(&self.rulebook);
        }
        let loaded = output::load_dir(&self.rulebook);
        if loaded.release.is_none() {
            say(&mut std::io::stdout(), &render::json(&loaded.files, &loaded.diagnostics));
        }
        loaded.release
    }

    fn stream(
        &self,
        job: &Job<'_>,
        catalog: &Catalog<'_>,
        earlier: &[EarlierFeed],
        quarantine: &Path,
        cancel: &AtomicBool,
    ) -> Result<Summary, BatchError> {
        let bar = progress_bar(catalog);
        let progress = |progress: Progress| {
            bar.set_position(progress.done);
            let seconds = bar.elapsed().as_millis().max(1);
            let rate = u128::from(progress.rows) * 1_000 / seconds;
            bar.set_message(format!("{} rows, {rate} rows/s", progress.rows));
        };
        let run = Run {
            out: &self.out,
            partition: &self.partition,
            quarantine,
            threads: self.threads.map(usize::from),
            max_bad: self.max_bad,
            max_refused: self.max_refused,
            cancel,
            progress: &progress,
        };
        let summary = run.run(job, catalog, earlier);
        bar.finish_and_clear();
        summary
    }

    fn report(&self, summary: &Summary, quarantine: &Path) {
        let mut out = std::io::stdout();
        if self.format == output::Format::Json {
            say(&mut out, &summary.to_json().to_string());
            return;
        }
        say(&mut out, &format!("{summary}\n"));
        let (share, quarantine) = (self.max_bad.to_percent_text(7), quarantine.display());
        say(
            &mut out,
            &match summary.verdict {
                Verdict::Clean => format!("Written to {}.", self.out.display()),
                Verdict::Partial => {
                    format!("Written to {}; the bad rows are in {quarantine}.", self.out.display())
                }
                Verdict::TooMany => {
                    format!(
                        "Not published: more than {share} is bad (`--max-bad`). The bad rows are in {quarantine}."
                    )
                }
                Verdict::TooManyRefused => self.refused(summary),
            },
        );
    }

    /// What to do about a run that refuses what it should price.
    fn refused(&self, summary: &Summary) -> String {
        let tally = &summary.tally;
        let why = match tally.priced + tally.held {
            0 => "no item has a price".to_owned(),
            _ => {
                let share = self.max_refused.to_percent_text(7);
                format!("more than {share} of the prices are refused (`--max-refused`)")
            }
        };
        let common = tally.refused_reasons.iter().max_by_key(|(_, count)| **count);
        let first = common.map_or_else(String::new, |(reason, count)| {
            format!(
                " Most often {reason} ({count} times): `pricer explain SKU` with the same files says why."
            )
        });
        format!("Not published: {why}; {} stays as it was.{first}", self.out.display())
    }
}

/// Sets the flag on Ctrl-C; the run then ends within 1,024 rows of each thread.
fn cancel_on_interrupt(cancel: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        if let Ok(runtime) = runtime
            && runtime.block_on(told_to_end()).is_ok()
        {
            cancel.store(true, Ordering::Relaxed);
        }
    });
}

/// Ctrl-C, SIGTERM or SIGHUP.
async fn told_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended,
        _ = terminate.recv() => Ok(()),
        _ = hangup.recv() => Ok(()),
    }
}

fn parse_column(text: &str) -> Result<PartBy, String> {
    PartBy::ALL.into_iter().find(|by| by.name() == text).ok_or_else(|| {
        let names = PartBy::ALL.map(|by| format!("`{}`", by.name())).join(", ");
        format!("answers are parted by {names}, one or several with commas between them")
    })
}

/// A share from 0 % to 100 %.
fn parse_share(text: &str) -> Result<Ratio, String> {
    let share = parse_percent(text)?;
    if (Ratio::ZERO..=Ratio::ONE).contains(&share) {
        Ok(share)
    } else {
        Err("is not between 0% and 100%".into())
    }
}

/// On standard error, and only where somebody looks.
fn progress_bar(catalog: &Catalog<'_>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(catalog.total);
    match ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Prints; a reader who has gone away is no error.
fn say(to: &mut impl Write, text: &str) {
    let _ = writeln!(to, "{}", text.trim_end_matches('\n'));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        reprice: Reprice,
    }

    fn parse(more: &[&str]) -> Result<Reprice, clap::Error> {
        let given = ["reprice", "--rulebook", "r", "--items", "i.csv", "--out", "o.csv"];
        Cli::try_parse_from(given.iter().chain(more)).map(|cli| cli.reprice)
    }

    #[test]
    fn arguments_have_units_and_limits() {
        let plain = parse(&[]).unwrap();
        assert_eq!((plain.max_bad, plain.at), (Ratio::from_nanos(1_000_000), None));
        assert_eq!(plain.max_refused, Ratio::from_nanos(500_000_000));
        assert_eq!(plain.files(&plain.items).unwrap(), Path::new("o.quarantine.csv"));
        let full =
            parse(&["--at", "2026-11-18T10:00:00+01:00", "--threads", "3", "--max-bad", "2%"]).unwrap();
        assert_eq!(full.at, parse_instant("2026-11-18T09:00:00Z").ok());
        for bad in [["--at", "2026-11-18"], ["--threads", "0"], ["--max-bad", "0.1"], ["--format", "xml"]] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
        let several = parse(&["--partition", "market,status", "--items", "a.csv", "b.parquet"]).unwrap();
        assert_eq!(several.partition, [PartBy::Market, PartBy::Status]);
        assert_eq!(several.items.len(), 3);
        for bad in ["rule", "", "market;channel"] {
            assert!(parse(&["--partition", bad]).is_err(), "{bad}");
        }
        let twice = parse(&["--partition", "market,market"]).unwrap();
        assert!(matches!(twice.files(&twice.items), Err(BatchError::Usage(_))));
        let folder = Reprice { out: "o".into(), ..several };
        assert_eq!(folder.files(&folder.items).unwrap(), Path::new("o.quarantine.csv"));
        let inside = Reprice { quarantine: Some("o/bad.csv".into()), ..folder };
        assert!(matches!(inside.files(&inside.items), Err(BatchError::Usage(_))));
        for out in ["o.txt", "i.csv"] {
            let same = Reprice { out: out.into(), ..plain.clone() };
            assert!(matches!(same.files(&same.items), Err(BatchError::Usage(_))), "{out}");
        }
    }
}

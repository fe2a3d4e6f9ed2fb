//! `pricer init`: a first rulebook, from a catalog or as a demonstration.

mod choose;
mod demo;
mod look;
mod write;

use super::opened::now;
use crate::batch::load_items;
use crate::facts::parse_percent;
use crate::money::Currency;
use crate::rulebook::{Files, load};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes a first rulebook: from your catalog, so that nothing changes yet, or as a demonstration.
///
/// With `--from` the columns of a CSV catalog are looked at, every row: which is the item's id, its cost, its current
/// price, and what the others are (text, tree, set, number, percent, duration, money). The rulebook that comes out
/// keeps every price as it is; every choice is explained beside it. Rules are then added branch by branch.
///
/// Nothing is ever overwritten: DIR must be new or empty.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  pricer init shop --from catalog.csv --market DE --currency EUR --vat 19%
  pricer init shop --from catalog.csv --currency USD --column \"sku=Item Number\"
  pricer init try --demo

Exit codes: 0 written, 1 the catalog or most of its rows cannot be read or used, 2 wrong usage.")]
pub struct Args {
    /// The folder to write.
    pub dir: PathBuf,
    /// The catalog, CSV with a header row.
    #[arg(long, value_name = "FILE", required_unless_present = "demo", conflicts_with = "demo")]
    pub from: Option<PathBuf>,
    /// Write a copy of the invented retailer Orda: phones, audio and food in two markets.
    #[arg(long)]
    pub demo: bool,
    /// What the market is called.
    #[arg(long, default_value = "home")]
    pub market: String,
    /// What the channel is called.
    #[arg(long, default_value = "shop")]
    pub channel: String,
    /// The currency of the market, such as EUR [default: the one that the catalog names].
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub currency: Option<Currency>,
    /// The VAT in the current prices.
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = vat)]
    pub vat: String,
    /// The market's time zone.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub timezone: String,
    /// Says which column is the `sku`, `cost`, `current_price`, …; may be given several times.
    #[arg(long, value_name = "FACT=COLUMN", value_parser = column)]
    pub column: Vec<(String, String)>,
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::from_code(text).ok_or_else(|| "an ISO 4217 code looks like EUR".to_owned())
}

fn vat(text: &str) -> Result<String, String> {
    match parse_percent(text) {
        Ok(ratio) if 0 <= ratio.nanos() => Ok(text.to_owned()),
        _ => Err("a VAT rate looks like 19%".to_owned()),
    }
}

fn zone(text: &str) -> Result<String, String> {
    let known = jiff::tz::TimeZone::get(text).is_ok();
    known.then(|| text.to_owned()).ok_or_else(|| "an IANA time zone looks like Europe/Berlin".to_owned())
}

fn column(text: &str) -> Result<(String, String), String> {
    let (fact, column) = text.split_once('=').ok_or("write FACT=COLUMN, such as sku=Item Number")?;
    Ok((fact.trim().to_owned(), column.trim().to_owned()))
}

/// Runs the command.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match init(args, now()) {
        Ok(said) => {
            print!("{said}");
            ExitCode::SUCCESS
        }
        Err((code, text)) => {
            eprintln!("error: {text}");
            ExitCode::from(code)
        }
    }
}

type Problem = (u8, String);

/// Writes the rulebook; answers what is to be said about it.
fn init(args: &Args, at: i64) -> Result<String, Problem> {
    if std::fs::read_dir(&args.dir).is_ok_and(|mut entries| entries.next().is_some()) || args.dir.is_file() {
        return Err((2, format!("`{}` is there already; init never overwrites", args.dir.display())));
    }
    let shown = args.dir.display();
    let Some(catalog) = &args.from else {
        write_files(&args.dir, demo::FILES)?;
        return Ok(format!(
            "Written to {shown}: the rulebook of the invented retailer Orda, with its feeds\n\nNext:\n  pricer check {shown}\n  \
             pricer test {shown}\n  pricer explain TEL-A55 --rulebook {shown} --items {shown}/feeds/items.csv \
             --offers {shown}/feeds/offers.csv --market DE --channel own --at {}\n",
            demo::AT
        ));
    };
    let seen = look::look(catalog).map_err(|why| (1, why))?;
    let chosen = choose::choose(&seen, args).map_err(|why| (1, why))?;
    let files = write::files(args, catalog, &seen, &chosen, at);
    let unread = prove(catalog, &files)?;
    if u64::try_from(unread.rows).unwrap_or(u64::MAX).saturating_mul(2) > seen.rows {
        let first = unread.first.unwrap_or_default();
        return Err((
            1,
            format!(
                "{} of {} rows of `{}` cannot be read, so nothing is written: {first}\n  correct the file, or say with \
                 --column which column is which",
                unread.rows,
                seen.rows,
                catalog.display()
            ),
        ));
    }
    let listed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    write_files(&args.dir, &listed)?;
    Ok(write::summary(args, catalog, &seen, &chosen, &unread))
}

/// Rows of the catalog that the rulebook cannot read.
struct Unread {
    rows: usize,
    /// Why the first of them cannot be read.
    first: Option<String>,
}

/// The rulebook loads and reads the catalog before anything is written. Answers what it cannot read.
fn prove(catalog: &Path, files: &[(&'static str, String)]) -> Result<Unread, Problem> {
    let files = Files(files.iter().map(|(path, text)| ((*path).into(), text.as_str().into())).collect());
    let loaded = load(files);
    let Some(release) = &loaded.release else {
        let plain = crate::rulebook::render::Colour::Plain;
        let text = crate::rulebook::render::human(&loaded.files, &loaded.diagnostics, plain);
        return Err((1, format!("the inferred rulebook is not sound, so nothing is written:\n{text}")));
    };
    let (_, account) = load_items(catalog, release).map_err(|error| (1, error.to_string()))?;
    let first = account.quarantined.first().and_then(|row| {
        let field = row.fields.first()?;
        Some(format!("line {}, `{}` {}: `{}`", row.line, field.field, field.message, field.value))
    });
    Ok(Unread { rows: account.quarantined.len(), first })
}

fn write_files(dir: &Path, files: &[(&str, &str)]) -> Result<(), Problem> {
    let write = |path: &Path, text: &str| -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
        std::io::Write::write_all(&mut file, text.as_bytes())
    };
    for (name, text) in files {
        let path = dir.join(name);
        write(&path, text)
            .map_err(|error| (1, format!("`{}` cannot be written: {error}", path.display())))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! `pricer fit`: elasticities and seasons from sales history, written where pricing reads them.

use super::opened;
use super::output::{Format, load_dir};
use crate::batch::{BatchError, load_estimates};
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::fitting::forecast::{self, Accuracy, evaluate};
use crate::estimate::fitting::observed::observed;
use crate::estimate::fitting::panel::{Columns, Panel};
use crate::estimate::fitting::report::{Coverage, bars, coverage, coverage_line};
use crate::estimate::fitting::seasons::Seasons;
use crate::estimate::fitting::table::{Change, Origin, changes, elasticities};
use crate::estimate::fitting::{FittedPanel, fit_panel, forest_svg, forest_text};
use crate::estimate::pool::Method;
use crate::estimate::read::read_table;
use crate::estimate::sheet::write_whole;
use crate::rulebook::{ELASTICITIES, Files, load};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Estimates the elasticity of every item and the seasons of every category from sales history, and writes them to
/// `DIR/fitted/`, where pricing reads them.
///
/// The safe default, without a choice to make: item and category-by-period effects, the promotion as a control, weeks of
/// stock-outs left out, PPML where zeros matter, errors that allow for correlation over time, and each item drawn
/// towards its category as far as its own error asks for. What the data cannot tell is UNIDENTIFIED, with the reason.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The rulebook folder; its `fitted` folder is written.
    #[arg(long)]
    pub rulebook: PathBuf,
    /// Sales: one row an item and period, CSV or Parquet, with `sku`, `week` (or `month`), `units`, `price`, and if known
    /// `market`, `category`, `promo`, `stock_out`.
    #[arg(long)]
    pub sales: PathBuf,
    /// Columns under other names: `units=bottles,price=median_unit_price`. Roles: sku, market, period, units, price, promo,
    /// stock_out, category, revenue.
    #[arg(long, default_value = "")]
    pub columns: String,
    /// The catalog, for the category of each SKU where the sales do not tell it.
    #[arg(long)]
    pub items: Option<PathBuf>,
    /// Columns of the catalog under other names: `sku=Item Number,category=Category Name`.
    #[arg(long, default_value = "", requires = "items")]
    pub item_columns: String,
    /// The currency of the prices [default: that of the market, else the one of all markets].
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub currency: Option<String>,
    /// Keep the last PERIODS back, fit without them, and report how well they are forecast. Without --write nothing is
    /// written.
    #[arg(long, value_name = "PERIODS")]
    pub holdout: Option<usize>,
    /// With --holdout, also write the fit that has not seen them: prices are then those that could have been set at the time.
    #[arg(long, requires = "holdout")]
    pub write: bool,
    /// With --holdout, forecast each period from the one before it, not all from the last one fitted.
    #[arg(long, requires = "holdout")]
    pub rolling: bool,
    /// How the scatter between items is estimated: `adjusted` (restricted likelihood that is never zero), `reml`, or `eb`
    /// (DerSimonian–Laird).
    #[arg(long, default_value = "adjusted")]
    pub pool: String,
    /// The time of the fit, RFC 3339 [default: now]. With it two runs write the same bytes.
    #[arg(long)]
    pub at: Option<String>,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Runs the command: 0 when something is usable, 1 when nothing is.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match fit(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fit(args: &Args) -> Result<ExitCode> {
    if !args.rulebook.join("rulebook.toml").is_file() {
        let message = format!("`{}` holds no rulebook.toml", args.rulebook.display());
        return Err(
            EstimateError::new(message).help("name the folder of the rulebook; `pricer init` makes one")
        );
    }
    let method = Method::parse(&args.pool)?;
    let columns = Columns::parse(&args.columns)?;
    let at = instant(args.at.as_deref())?;
    let mut panel = Panel::new(&read_table(&args.sales)?, &columns)?;
    if let Some(items) = &args.items {
        panel.categorize(&read_table(items)?, &Columns::parse(&args.item_columns)?)?;
    }
    if let Some(periods) = args.holdout {
        return hold_out(args, &panel, method, periods, &at);
    }
    let found = fit_panel(&panel, method)?;
    let seasons = Seasons::estimate(&panel, &found.common);
    let file = args.rulebook.join(ELASTICITIES);
    // A file that cannot be read is no fit to compare with, and is replaced.
    let last = file.is_file().then(|| read_table(&file).ok()).flatten();
    let moved = last.and_then(|last| changes(&panel, &found, &last));
    let covered = coverage(&panel, &found);
    let shown = bars(&panel, &found, 40);
    write(args, &panel, &found, &seasons, &at)?;
    match args.format {
        Format::Json => println!("{:#}", report_json(&panel, &found, &covered, moved.as_deref())),
        Format::Human => {
            print_head(&panel);
            println!("{}", coverage_line(&covered));
            for (flag, count) in covered.flags.iter().filter(|(f, _)| *f != "UNIDENTIFIED") {
                println!("  {flag}: {count} items ({})", meaning(flag));
            }
            print!("\n{}", forest_text(shown.get(..shown.len().min(20)).unwrap_or_default()));
            print_changes(moved.as_deref());
            println!("\nwritten: {}, seasons.csv, observed.parquet, forest.svg", file.display());
            println!(
                "{}",
                load_dir(&args.rulebook).release.map_or_else(
                    || format!("the rulebook has errors: `pricer check {}`", args.rulebook.display()),
                    |release| format!(
                        "release {}: its prices use {} of the items from now on",
                        release.id(),
                        covered.usable
                    ),
                )
            );
        }
    }
    Ok(if covered.usable > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the files of a fit.
fn write(args: &Args, panel: &Panel, found: &FittedPanel, seasons: &Seasons, at: &str) -> Result<()> {
    let folder = args.rulebook.join("fitted");
    std::fs::create_dir_all(&folder)
        .map_err(|e| EstimateError::new(format!("`{}` cannot be made: {e}", folder.display())))?;
    // All that can fail in the making is made before the first file is replaced.
    let data_hash = hash(&args.sales)?;
    let origin = Origin { fitted_at: at, data_hash: &data_hash, currency: args.currency.as_deref() };
    let table = elasticities(panel, found, origin).parquet()?;
    let season_file = seasons.sheet(panel).csv()?;
    let points = observed(panel, found).parquet()?;
    let plot = forest_svg(&bars(panel, found, 40));
    try_out(&args.rulebook, &table)?;
    write_whole(&args.rulebook.join(ELASTICITIES), &table)?;
    write_whole(&folder.join("seasons.csv"), &season_file)?;
    write_whole(&folder.join("observed.parquet"), &points)?;
    write_whole(&folder.join("forest.svg"), plot.as_bytes())
}

/// Whether pricing can read what was fitted. A rulebook that is broken otherwise has nothing to say about it.
fn try_out(rulebook: &Path, table: &[u8]) -> Result<()> {
    // A broken file of elasticities is about to be replaced.
    let files = Files::read_without_elasticities(rulebook);
    let Some(release) = files.ok().and_then(|files| load(files).release) else { return Ok(()) };
    let aside = rulebook.join("fitted").join(format!(".elasticities.{}.part", std::process::id()));
    write_whole(&aside, table)?;
    let read = load_estimates(&aside, &release);
    let _ = std::fs::remove_file(&aside);
    let cannot = |error| match error {
        BatchError::Io { why, .. } | BatchError::Columns { why, .. } => why,
        other => other.to_string(),
    };
    read.map(|_| ()).map_err(|error| {
        EstimateError::new(format!("pricing could not use the fit, so nothing is written: {}", cannot(error)))
    })
}

fn currency(text: &str) -> std::result::Result<String, String> {
    let known = crate::money::Currency::from_code(text).ok_or("is not an ISO 4217 currency code");
    Ok(known?.code())
}

fn print_head(panel: &Panel) {
    let (first, last) = (panel.periods.first(), panel.periods.last());
    println!(
        "{} items in {} categories, {} rows, {} periods from {} to {}",
        panel.items.len(),
        panel.categories.len(),
        panel.sales.len(),
        panel.periods.len(),
        first.map_or("", String::as_str),
        last.map_or("", String::as_str)
    );
    if panel.unit_value {
        println!(
            "warning: the price is revenue per unit, which moves with the size of baskets; elasticities come out too large. \
             Give the list or shelf price."
        );
    }
}

fn meaning(flag: &str) -> &'static str {
    match flag {
        "ZEROS" => "many periods without a sale: PPML",
        "STOCK_OUTS" => "periods sold out are left out",
        "PROMO_COLLINEAR" => "price and promotion move nearly together",
        "OUTLIERS" => "single periods far from the rest",
        "UNIT_VALUE" => "the price is revenue per unit",
        _ => "see the reference",
    }
}

fn print_changes(moved: Option<&[Change]>) {
    match moved {
        None => println!("\nno earlier fit to compare with"),
        Some([]) => println!("\nnothing changed since the last fit"),
        Some(moved) => {
            println!("\nlargest changes since the last fit, in standard errors");
            for c in moved.iter().take(10) {
                let size = (c.now.estimate - c.before) / c.now.se;
                println!("  {:<28} {:>7.2} → {:>7.2}  {size:>+6.1}", c.name, c.before, c.now.estimate);
            }
        }
    }
}

fn report_json(panel: &Panel, found: &FittedPanel, covered: &Coverage, moved: Option<&[Change]>) -> Value {
    let counted = |list: &[(&'static str, usize)]| -> Value {
        list.iter()
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let change =
        |c: &Change| json!({ "item": c.name, "before": c.before, "now": c.now.estimate, "se": c.now.se });
    let category = |(name, pooled): (&String, &Option<crate::estimate::pool::Pooled>)| {
        pooled.map(|p| json!({ "category": name, "mu": p.mu, "se": p.se, "tau2": p.tau2, "items": p.groups }))
    };
    json!({
        "format_version": 1,
        "items": covered.items,
        "usable": covered.usable,
        "usable_revenue_share": covered.revenue,
        "unidentified": counted(&covered.reasons),
        "flags": counted(&covered.flags),
        "common_elasticity": found.common.common,
        "categories": panel.categories.iter().zip(&found.categories).filter_map(category).collect::<Vec<_>>(),
        "changes": moved.map(|m| m.iter().take(100).map(change).collect::<Vec<_>>()),
    })
}

fn hold_out(args: &Args, panel: &Panel, method: Method, periods: usize, at: &str) -> Result<ExitCode> {
    let from =
        panel.periods.len().checked_sub(periods).filter(|f| *f > 0 && periods > 0).ok_or_else(|| {
            EstimateError::new(format!("{periods} of {} periods cannot be kept back", panel.periods.len()))
        })?;
    let past = panel.before(from);
    let found = fit_panel(&past, method)?;
    let seasons = Seasons::estimate(&past, &found.common);
    let origin = if args.rolling { forecast::Origin::Rolling } else { forecast::Origin::Fixed };
    let judged = evaluate(panel, &found, &seasons, from, origin);
    let covered = coverage(&past, &found);
    if args.write {
        write(args, &past, &found, &seasons, at)?;
    }
    match args.format {
        Format::Json => println!("{:#}", accuracy_json(judged.as_ref(), &covered)),
        Format::Human => {
            print_head(panel);
            println!("{}", coverage_line(&covered));
            println!("{}", verdict(judged.as_ref(), panel.periods.get(from).map_or("", String::as_str)));
            if args.write {
                let last = from.checked_sub(1).and_then(|last| panel.periods.get(last));
                let file = args.rulebook.join(ELASTICITIES);
                println!("written: {}, of sales up to {}", file.display(), last.map_or("", String::as_str));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the held-back periods say of the fit, in words. Money is named only where the forecast beats the naive one.
fn verdict(judged: Option<&Accuracy>, from: &str) -> String {
    let Some(a) = judged else {
        return format!(
            "from {from}: too few price changes to judge the forecasts; money figures are withheld"
        );
    };
    let naive = if a.beats_naive() { "usable" } else { "does not beat naive" };
    let mut out = format!(
        "from {from}, periods with a price change: {} cases, WAPE {:.1} % vs naive {:.1} % → {naive}; P10–P90 holds {:.1} %\n\
         units predicted {:.0}, sold {:.0}",
        a.cases,
        100.0 * a.model,
        100.0 * a.naive,
        100.0 * a.inside,
        a.predicted,
        a.sold
    );
    match a.beats_naive() {
        true => out.push_str(&format!(
            "; revenue predicted {:.0}, taken {:.0}",
            a.predicted_revenue, a.sold_revenue
        )),
        false => out.push_str("; money figures are withheld"),
    }
    out
}

fn accuracy_json(judged: Option<&Accuracy>, covered: &Coverage) -> Value {
    let Some(a) = judged else {
        return json!({ "format_version": 1, "usable_revenue_share": covered.revenue, "cases": 0, "beats_naive": false });
    };
    let money = a.beats_naive();
    json!({
        "format_version": 1,
        "usable_revenue_share": covered.revenue,
        "cases": a.cases,
        "wape": a.model,
        "wape_naive": a.naive,
        "p10_p90_share": a.inside,
        "units_predicted": a.predicted,
        "units_sold": a.sold,
        "beats_naive": money,
        "revenue_predicted": money.then_some(a.predicted_revenue),
        "revenue_sold": money.then_some(a.sold_revenue),
    })
}

fn instant(given: Option<&str>) -> Result<String> {
    let seconds = match given {
        None => opened::now(),
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map_err(|e| {
                EstimateError::new(format!("`{text}` is no time: {e}")).help("write 2026-11-22T00:00:00Z")
            })?
            .as_second(),
    };
    Ok(jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string()))
}

/// The SHA-256 of a file.
fn hash(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| EstimateError::new(format!("`{}`: {e}", path.display())))?;
    Ok(Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect())
}

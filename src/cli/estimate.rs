//! `pricer estimate`: elasticities and other coefficients from any panel, by a formula in the fixest syntax.

use super::output::Format;
use crate::estimate::by::{GroupFit, fit_by};
use crate::estimate::data::Table;
use crate::estimate::error::{EstimateError, Result};
use crate::estimate::fit::fit_table;
use crate::estimate::formula::{Effect, parse_condition};
use crate::estimate::pool::{Method, Shrunk};
use crate::estimate::pooled::{pool_term, pooled_name};
use crate::estimate::read::read_table;
use crate::estimate::sheet::{coefficients, ending};
use crate::estimate::spec::{Family, Spec, Vcov};
use crate::estimate::{json, text};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Estimates elasticities from a panel: regressions with absorbed fixed effects, instruments, counts, and shrinkage.
///
/// The formula is that of fixest: `log(units) ~ log(price) + deal | brand^store + week`, instruments as a third part
/// `| log(price) ~ log(cost)`; interactions `a:b`, `a*b`, `i(x)`. Estimates that the data cannot give are
/// UNIDENTIFIED with the reason, never zero.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The panel: CSV with a header, or Parquet.
    pub data: PathBuf,
    /// What is estimated, in the fixest syntax.
    #[arg(long)]
    pub formula: String,
    /// `gaussian`; `poisson` (PPML) for counts with zeros; `choice`, a multinomial logit of which alternative of a set
    /// was chosen; `shares`, logit demand from market shares (Berry).
    #[arg(long, default_value = "gaussian")]
    pub family: String,
    /// The occasion a choice belongs to, or the market in which shares add up: a column, or `store^week`.
    #[arg(long)]
    pub set: Option<String>,
    /// Standard errors: `iid`, `hetero`, `cluster:store`, `twoway:store,week` or `hac:4` [default: hetero].
    #[arg(long)]
    pub vcov: Option<String>,
    /// One regression for each value of this column, such as `sku`.
    #[arg(long)]
    pub by: Option<String>,
    /// Shrink the price's coefficient towards the others: `eb` (DerSimonian–Laird) or `reml`.
    #[arg(long, requires = "by")]
    pub pool: Option<String>,
    /// Shrink within this column first, such as `category`.
    #[arg(long, requires = "pool")]
    pub within: Option<String>,
    /// A column or expression of weights.
    #[arg(long)]
    pub weights: Option<String>,
    /// Only rows for which this holds, such as `week >= 40`.
    #[arg(long)]
    pub filter: Option<String>,
    /// Also write one row a coefficient to this file, `.csv` or `.parquet`.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Runs the command: 0 an answer, 1 none.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match estimate(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn estimate(args: &Args) -> Result<()> {
    let mut spec = Spec::new(&args.formula)?;
    spec.family = Family::parse(&args.family)?;
    if let Some(vcov) = &args.vcov {
        spec.vcov = Vcov::parse(vcov)?;
    }
    spec.weights = args.weights.as_deref().map(parse_condition).transpose()?;
    spec.filter = args.filter.as_deref().map(parse_condition).transpose()?;
    let effect =
        |text: &str| Effect { columns: text.split('^').map(|column| column.trim().to_owned()).collect() };
    spec.set = args.set.as_deref().map(effect);
    if spec.set.is_some() && !matches!(spec.family, Family::Choice | Family::Shares) {
        return Err(EstimateError::new("--set belongs to --family choice and --family shares"));
    }
    if let Some(out) = &args.out {
        ending(out)?;
    }
    let table = read_table(&args.data)?;
    let as_json = args.format == Format::Json;
    let Some(by) = args.by.as_deref().map(effect) else {
        let fit = fit_table(&spec, &table)?;
        if let Some(out) = &args.out {
            coefficients(&[(None, &fit)], &[]).write(out)?;
        }
        match as_json {
            true => println!("{:#}", json::fit(&fit, &spec)),
            false => print!("{}", text::table(&fit, &spec)),
        }
        return Ok(());
    };
    let fits = fit_by(&spec, &table, &by)?;
    let pooled =
        pooled(&spec, &fits, args.pool.as_deref(), args.within.as_deref().map(effect).as_ref(), &table)?;
    if let Some(out) = &args.out {
        let rows: Vec<_> =
            fits.iter().filter_map(|g| Some((Some(g.group.as_str()), g.result.as_ref().ok()?))).collect();
        let shrunk: Vec<Option<Shrunk>> =
            fits.iter().zip(&pooled).filter(|(g, _)| g.result.is_ok()).map(|(_, p)| *p).collect();
        coefficients(&rows, &shrunk).write(out)?;
    }
    if as_json {
        println!(
            "{:#}",
            Value::Array(fits.iter().zip(&pooled).map(|(g, p)| object(g, p.as_ref(), &spec)).collect())
        );
        return Ok(());
    }
    for (group, pooled) in fits.iter().zip(&pooled) {
        println!("== {}", group.group);
        match &group.result {
            Ok(fit) => print!("{}", text::table(fit, &spec)),
            Err(error) => println!("{error}"),
        }
        if let Some(p) = pooled {
            println!(
                "pooled {:.6} ({:.6}), mu {:.6}, tau2 {:.6}",
                p.pooled.estimate, p.pooled.se, p.mu, p.tau2
            );
        }
    }
    Ok(())
}

fn pooled(
    spec: &Spec,
    fits: &[GroupFit],
    pool: Option<&str>,
    within: Option<&Effect>,
    table: &Table,
) -> Result<Vec<Option<Shrunk>>> {
    let Some(pool) = pool else { return Ok(vec![None; fits.len()]) };
    let method = Method::parse(pool)?;
    pool_term(fits, &pooled_name(spec)?, within, table, method)
}

fn object(group: &GroupFit, pooled: Option<&Shrunk>, spec: &Spec) -> Value {
    let mut out = match &group.result {
        Ok(fit) => json::fit(fit, spec),
        Err(error) => json!({
            "format_version": json::FORMAT_VERSION, "coefficients": [], "n": 0, "dropped": [],
            "vcov": spec.vcov.text(), "family": spec.family.name(), "first_stage": null,
            "flags": ["UNIDENTIFIED"], "notes": [{ "code": "UNIDENTIFIED", "text": error.to_string() }],
        }),
    };
    if let Some(object) = out.as_object_mut() {
        object.insert("group".to_owned(), json!(group.group));
        if let Some(p) = pooled {
            object.insert("pooled".to_owned(), json!(p.pooled.estimate));
            object.insert("pooled_se".to_owned(), json!(p.pooled.se));
            object.insert("mu".to_owned(), json!(p.mu));
            object.insert("tau2".to_owned(), json!(p.tau2));
        }
    }
    out
}

//! `pricer curve`: what an item would earn at other prices, as far as its elasticity is known.

use super::item::{Asked, ItemArgs, Problem, with_item};
use super::output::Format;
use crate::estimate::fitting::observed::{Point, read_observed};
use crate::estimate::read::read_table;
use crate::explain::Chart;
use crate::facts::parse_percent;
use crate::money::{Amount, Ratio};
use crate::pricing::ahead::Demand;
use crate::pricing::{Day, Outcome, Prospect, price};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Rows of the table; the picture has five times as many points.
const ROWS: u32 = 16;
const BAR: usize = 32;
/// Beside the elasticities; only for people.
const OBSERVED: &str = "fitted/observed.parquet";

/// Shows the profit curve of an item: today's price, the proposed one, the best one, and what the guards allow.
///
/// The form of demand is that of the rule's `optimise`, else constant elasticity. Contribution is per unit sold, without order costs.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  pricer curve CHS-COM --rulebook models/fresh --items models/fresh/feeds/items.csv --market DE --channel store
  pricer curve … --svg curve.svg --demand linear --interval 95%")]
pub struct Args {
    #[command(flatten)]
    item: ItemArgs,
    /// The form of demand: constant-elasticity, linear, exponential or logit.
    #[arg(long, value_name = "FORM", value_parser = form)]
    demand: Option<Demand>,
    /// The chance that the interval holds.
    #[arg(long, value_name = "CHANCE", default_value = "80%", value_parser = chance)]
    interval: Ratio,
    /// Also writes the curve as a picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Runs the command: 0 a curve, 1 none, 2 an unknown item or place.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    with_item(&args.item, |asked| curve(args, asked))
}

fn form(text: &str) -> Result<Demand, String> {
    let known = || Demand::ALL.map(Demand::as_str).join(", ");
    Demand::ALL
        .into_iter()
        .find(|form| form.as_str() == text)
        .ok_or_else(|| format!("is not one of {}", known()))
}

fn chance(text: &str) -> Result<Ratio, String> {
    let chance = parse_percent(text)?;
    let inside = Ratio::ZERO < chance && chance < Ratio::ONE;
    if inside { Ok(chance) } else { Err("is not between 0% and 100%".into()) }
}

/// All that is shown.
struct Seen {
    prospect: Prospect,
    currency: String,
    today: f64,
    proposed: Option<f64>,
    /// The best price between a quarter and four times of today's, and its interval.
    best: Option<(f64, (f64, f64))>,
    allowed: (f64, f64),
    /// What was sold at which price, behind the fit.
    observed: Vec<Point>,
    from: f64,
    to: f64,
}

fn curve(args: &Args, asked: &Asked<'_>) -> Result<u8, Problem> {
    let outcome = price(&asked.row, asked.world, &mut ());
    let (winner, decision) = match &outcome {
        Outcome::Decided(decision) => (decision.winner, Some(decision)),
        Outcome::Refused(refusal) => (refusal.winner, None),
    };
    let winner = winner.map(|winner| winner.rule);
    let prospect = Prospect::new(&asked.row, asked.world, winner, args.demand, args.interval);
    let prospect = match prospect {
        Ok(Ok(prospect)) => prospect,
        Ok(Err(why)) => {
            eprintln!("error: `{}` has no curve: {why}", args.item.sku);
            return Ok(1);
        }
        Err(refusal) => {
            eprintln!(
                "error: `{}` has no curve: {}",
                args.item.sku,
                crate::explain::refusal_text(&refusal, asked.world)
            );
            return Ok(1);
        }
    };
    let units = |amount: Amount| amount.micros() as f64 / Amount::SCALE as f64;
    let today = units(prospect.current);
    let limits =
        decision.map(|decision| (units(decision.range.floor.amount), units(decision.range.ceiling.amount)));
    let allowed = limits.unwrap_or((0.0, f64::MAX));
    let best = prospect.best(today * 0.25, today * 4.0);
    let proposed = decision.map(|decision| units(decision.price.amount()));
    let observed = observed(args, asked, &prospect);
    let ends = [Some(today), proposed, best.map(|(best, _)| best)];
    let known = || ends.into_iter().flatten();
    let (low, high) = (known().fold(f64::MAX, f64::min), known().fold(0.0, f64::max));
    let seen = Seen {
        currency: asked.world.place.currency.code(),
        today,
        proposed,
        best,
        allowed,
        observed,
        from: (low * 0.8).max(units(Amount::from_micros(asked.world.place.currency.micros_per_minor()))),
        to: high * 1.2,
        prospect,
    };
    if let Some(path) = &args.svg {
        let picture = seen.chart(&args.item.sku, args.interval).svg().unwrap_or_default();
        if let Err(error) = std::fs::write(path, picture) {
            eprintln!("error: cannot write `{}`: {error}", path.display());
            return Ok(1);
        }
    }
    match args.format {
        Format::Human => say(&seen.text(args, asked)),
        Format::Json => say(&format!("{:#}\n", seen.json(args))),
    }
    Ok(0)
}

/// The points behind the fit of this item, as far as `pricer fit` wrote them. Their level is that of years, the curve's that of
/// today: they are moved onto it as a whole, so that what can be compared is the slope.
fn observed(args: &Args, asked: &Asked<'_>, prospect: &Prospect) -> Vec<Point> {
    let path = args.item.rulebook.join(OBSERVED);
    if asked.world.estimates.is_none_or(|fitted| fitted.get(&args.item.sku, &args.item.market).is_none())
        || !path.is_file()
    {
        return Vec::new();
    }
    let table = match read_table(&path) {
        Ok(table) => table,
        Err(error) => {
            eprintln!("warning: the observed points are not shown: {error}");
            return Vec::new();
        }
    };
    let mut points = read_observed(&table, &args.item.sku, &args.item.market);
    let all: f64 = points.iter().map(|point| point.periods as f64).sum();
    let off = |point: &Point| (prospect.at(point.price).units / point.units).ln() * point.periods as f64;
    let scale = (points.iter().map(off).sum::<f64>() / all.max(1.0)).exp();
    points.iter_mut().for_each(|point| point.units *= scale);
    points.retain(|point| point.units.is_finite());
    points
}

/// Prints; a reader who has gone away is no error.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

impl Seen {
    fn days(&self, count: u32) -> Vec<Day> {
        let step = (self.to - self.from) / f64::from(count);
        (0..=count).map(|at| self.prospect.at(self.from + step * f64::from(at))).collect()
    }

    fn unit(&self) -> String {
        match self.prospect.units_per_day {
            Some(_) => format!("contribution, {} a day", self.currency),
            None => format!("contribution, {} for each 100 units sold today", self.currency),
        }
    }

    /// The table's prices: even steps, and the prices that have a name.
    fn rows(&self) -> Vec<(Day, String)> {
        let mut named: Vec<(f64, &str)> = vec![(self.today, "today")];
        named.extend(self.proposed.map(|price| (price, "proposed")));
        named.extend(self.best.map(|(price, _)| (price, "best")));
        let mut rows: Vec<(Day, String)> =
            self.days(ROWS).into_iter().map(|day| (day, String::new())).collect();
        for (price, name) in named {
            match rows.iter_mut().find(|(day, text)| !text.is_empty() && (day.price - price).abs() < 0.005) {
                Some((_, text)) => {
                    text.push_str(", ");
                    text.push_str(name);
                }
                None => rows.push((self.prospect.at(price), name.to_owned())),
            }
        }
        rows.sort_by(|(a, _), (b, _)| a.price.total_cmp(&b.price));
        rows
    }

    fn text(&self, args: &Args, asked: &Asked<'_>) -> String {
        let place = asked.world.place;
        let name = asked.facts.get("name").map_or("", String::as_str);
        let estimate = format!("elasticity {} ± {}", self.prospect.elasticity, self.prospect.error);
        let form = self.prospect.demand.as_str();
        let mut out = format!(
            "{}   {name}\nmarket {}   channel {}   {form} demand, {estimate}\n\n",
            args.item.sku, place.market, place.channel
        );
        let most = self.days(ROWS).iter().fold(0.0_f64, |most, day| most.max(day.interval.1));
        let chance = args.interval.to_percent_text(4);
        out.push_str(&format!(
            "  {:>10}  {:>9}  {:>12}  {:>12}  {:>25}\n",
            "price",
            "units",
            "net revenue",
            "contribution",
            format!("{chance} interval")
        ));
        for (day, name) in self.rows() {
            let inside = self.allowed.0 <= day.price && day.price <= self.allowed.1;
            let share = if 0.0 < most { (day.contribution / most).clamp(0.0, 1.0) } else { 0.0 };
            let bar = "▇".repeat((share * BAR as f64).round() as usize);
            let mark = if inside { "" } else { " (not allowed)" };
            let interval = format!("{:.2} .. {:.2}", day.interval.0, day.interval.1);
            let line = format!(
                "  {:>10.2}  {:>9.2}  {:>12.2}  {:>12.2}  {interval:>25}  {bar:<BAR$}  {name}{mark}",
                day.price, day.units, day.revenue, day.contribution
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&self.summary());
        if !self.observed.is_empty() {
            out.push_str("\n  observed, freed of seasons, units as a whole moved onto the curve\n");
            out.push_str(&format!("  {:>10}  {:>9}  {:>9}  {:>7}\n", "price", "units", "curve", "periods"));
        }
        for Point { price, units, periods } in &self.observed {
            let curve = self.prospect.at(*price).units;
            out.push_str(&format!("  {price:>10.2}  {units:>9.2}  {curve:>9.2}  {periods:>7}\n"));
        }
        out
    }

    /// What a unit brings at a price, times the units that were seen.
    fn dots(&self) -> Vec<(f64, f64)> {
        let value = |point: &Point| {
            let day = self.prospect.at(point.price);
            (point.price, day.contribution * point.units / day.units)
        };
        self.observed.iter().map(value).filter(|(_, value)| value.is_finite()).collect()
    }

    fn summary(&self) -> String {
        let edge = |price: f64| if price < 1e12 { format!("{price:.2}") } else { "no ceiling".to_owned() };
        let mut out = format!("  {}, {}\n", self.unit(), "net of VAT and of what a unit costs");
        if let Some((best, (low, high))) = self.best {
            out.push_str(&format!("  best price {best:.2}, between {low:.2} and {high:.2}; looked for from 25% to 400% of today's\n"));
        }
        if let Some(even) = self.prospect.break_even() {
            out.push_str(&format!(
                "  break-even {even:.2}   guards allow {} .. {}\n",
                edge(self.allowed.0),
                edge(self.allowed.1)
            ));
        }
        out
    }

    fn chart(&self, sku: &str, interval: Ratio) -> Chart {
        let mut marks = vec![("today".to_owned(), self.today)];
        marks.extend(self.proposed.map(|price| ("proposed".to_owned(), price)));
        marks.extend(self.best.map(|(price, _)| ("best".to_owned(), price)));
        let points = self.days(ROWS * 5).into_iter().map(|day| (day.price, day.contribution, day.interval));
        let chance = interval.to_percent_text(4);
        Chart {
            title: format!("What {sku} earns at other prices"),
            text: format!(
                "{}; the band holds with a chance of {chance}. Prices that the guards do not allow are gray.",
                self.unit()
            ),
            unit: self.unit(),
            currency: self.currency.clone(),
            points: points.collect(),
            dots: self.dots(),
            marks,
            allowed: self.allowed,
        }
    }

    fn json(&self, args: &Args) -> Value {
        let day = |day: &Day| {
            json!({
                "price": day.price, "units": day.units, "revenue": day.revenue, "contribution": day.contribution,
                "low": day.interval.0, "high": day.interval.1,
            })
        };
        let ceiling = (self.allowed.1 < 1e12).then_some(self.allowed.1);
        json!({
            "format_version": "1.0",
            "kind": "curve",
            "sku": args.item.sku,
            "currency": self.currency,
            "demand": self.prospect.demand.as_str(),
            "elasticity": self.prospect.elasticity.to_string(),
            "elasticity_se": self.prospect.error.to_string(),
            "interval": args.interval.to_string(),
            "per_day": self.prospect.units_per_day.is_some(),
            "today": day(&self.prospect.at(self.today)),
            "proposed": self.proposed.map(|price| day(&self.prospect.at(price))),
            "best": self.best.map(|(price, (low, high))| json!({ "at": day(&self.prospect.at(price)), "low": low, "high": high })),
            "floor": self.allowed.0,
            "ceiling": ceiling,
            "points": self.days(ROWS * 5).iter().map(day).collect::<Vec<_>>(),
            "observed": self.observed.iter().map(|point| json!({
                "price": point.price, "units": point.units, "periods": point.periods,
            })).collect::<Vec<_>>(),
        })
    }
}

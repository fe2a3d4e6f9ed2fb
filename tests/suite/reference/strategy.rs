//! Strategies as written (semantics 4).

use super::doc;
use super::entry::{Entry, Source};
use super::markdown::{self, Markdown};
use super::num::{self, Q};
use super::offers::Rank;
use super::optimise::{self, Optimise};
use super::text::{self, Monies};
use toml::{Table, Value};

#[derive(Clone, Debug)]
pub enum Strategy {
    CostPlus(Aim),
    Follow { set: String, rank: Rank, by: Q },
    Index { set: String, of: Rank, at: Q },
    Fixed(Monies),
    FixedTable(Vec<Entry<Monies>>),
    Keep { max_age: Option<Q> },
    Use(String),
    Optimise(Optimise),
    Markdown(Markdown),
    Fade { start: Q, end: Q, over: Q, versus: String },
    Relative { to: String, by: Q },
    Blend { parts: Vec<(Q, Strategy)>, renormalise: bool },
}

#[derive(Clone, Debug)]
pub enum Aim {
    Margin(Q),
    Markup(Q),
    Profit(Monies),
}

/// What `[rule.X]` says beside scope, `over` and dates.
#[derive(Clone, Debug)]
pub struct Rule {
    pub layer: usize,
    pub price: Strategy,
    pub otherwise: Vec<Strategy>,
    pub relax: Vec<String>,
}

pub fn rule(source: &Source, layers: &[String], table: &Table) -> Result<Rule, String> {
    let layer = doc::needed(table, "layer")?;
    let layer = layers.iter().position(|name| name == layer).ok_or(format!("no layer `{layer}`"))?;
    let price = doc::table(table, "price")?.ok_or("`price` is missing")?;
    let otherwise = match table.get("else") {
        None => Vec::new(),
        Some(Value::Table(one)) => vec![strategy(source, one)?],
        Some(Value::Array(list)) => list
            .iter()
            .map(|v| strategy(source, v.as_table().ok_or("`else` holds strategies")?))
            .collect::<Result<_, _>>()?,
        Some(other) => return Err(format!("`else`: `{other}` is no strategy")),
    };
    let rule = Rule { layer, price: strategy(source, price)?, otherwise, relax: doc::texts(table, "relax")? };
    let later = |name: &String| layers.iter().position(|l| l == name).is_none_or(|l| l >= layer);
    if [&rule.price].into_iter().chain(&rule.otherwise).flat_map(layers_of).any(later) {
        return Err("`use` and `versus` must name an earlier layer".into());
    }
    Ok(rule)
}

/// The layers that a strategy asks.
fn layers_of(strategy: &Strategy) -> Vec<&String> {
    match strategy {
        Strategy::Use(name) | Strategy::Fade { versus: name, .. } => vec![name],
        Strategy::Blend { parts, .. } => parts.iter().flat_map(|(_, part)| layers_of(part)).collect(),
        _ => Vec::new(),
    }
}

/// Exactly one key.
fn strategy(source: &Source, table: &Table) -> Result<Strategy, String> {
    let mut keys = table.iter();
    let (Some((name, value)), None) = (keys.next(), keys.next()) else {
        return Err(format!("a strategy has exactly one key, not {:?}", table.keys().collect::<Vec<_>>()));
    };
    one(source, name, value)
}

fn one(source: &Source, name: &str, value: &Value) -> Result<Strategy, String> {
    let empty = Table::new();
    let inner = value.as_table().unwrap_or(&empty);
    let word = || value.as_str().ok_or(format!("`{name}` must be text"));
    let share = |key: &str| doc::percent(inner, key);
    Ok(match name {
        "cost-plus" => Strategy::CostPlus(if let Some(margin) = share("margin")? {
            Aim::Margin(margin)
        } else if let Some(markup) = share("markup")? {
            Aim::Markup(markup)
        } else {
            Aim::Profit(doc::monies(inner, "profit")?.ok_or("cost-plus takes margin, markup or profit")?)
        }),
        "follow" => Strategy::Follow {
            set: doc::needed(inner, "set")?.into(),
            rank: Rank::parse(doc::needed(inner, "rank")?)?,
            by: share("by")?.unwrap_or_else(num::zero),
        },
        "index" => Strategy::Index {
            set: doc::needed(inner, "set")?.into(),
            of: Rank::parse(doc::needed(inner, "of")?)?,
            at: share("at")?.ok_or("index needs `at`")?,
        },
        "fixed" => match value {
            Value::String(words) => Strategy::Fixed(Monies::parse(words)?),
            _ => Strategy::FixedTable(fixed_rows(source, doc::needed(inner, "table")?)?),
        },
        "keep" => Strategy::Keep { max_age: doc::duration(inner, "max_age")? },
        "use" => Strategy::Use(word()?.into()),
        "blend" => blend(source, inner)?,
        "optimise" => Strategy::Optimise(optimise::parse(inner)?),
        "markdown" => Strategy::Markdown(markdown::parse(source, inner)?),
        "fade" => Strategy::Fade {
            start: share("start")?.ok_or("fade needs `start`")?,
            end: share("end")?.ok_or("fade needs `end`")?,
            over: doc::duration(inner, "over")?.ok_or("fade needs `over`")?,
            versus: doc::needed(inner, "versus")?.into(),
        },
        "relative" => Strategy::Relative {
            to: doc::needed(inner, "to")?.into(),
            by: share("by")?.unwrap_or_else(num::zero),
        },
        other => return Err(format!("strategy `{other}` is not supported here")),
    })
}

/// The rows of a fixed table; the column `set price.fixed` holds the price, the others are conditions.
fn fixed_rows(source: &Source, path: &str) -> Result<Vec<Entry<Monies>>, String> {
    let csv = text::csv(source.file(path)?);
    let column = csv.column("set price.fixed").ok_or(format!("`{path}` has no column `set price.fixed`"))?;
    let mut rows = Vec::new();
    for (number, row) in &csv.rows {
        let cell = row.get(column).map(String::as_str).unwrap_or_default();
        rows.push(Entry {
            id: format!("{path}#{number}"),
            parent: path.into(),
            overlay: false,
            row: Some(*number),
            scope: source.row_scope(&csv.header, row)?,
            over: Vec::new(),
            from: None,
            until: None,
            body: Monies::parse(cell)?,
        });
    }
    Ok(rows)
}

/// `{ follow = { weight = "60%", … }, … , renormalise = true }`; the weights total 100 %.
fn blend(source: &Source, table: &Table) -> Result<Strategy, String> {
    let mut parts = Vec::new();
    for (name, value) in table.iter().filter(|(name, _)| *name != "renormalise") {
        let inner = value.as_table().ok_or(format!("blend: `{name}` must be a table"))?;
        let weight = doc::percent(inner, "weight")?.ok_or(format!("blend: `{name}` has no weight"))?;
        let mut plain = inner.clone();
        plain.remove("weight");
        // A strategy of one word is written `{ weight = …, value = … }` inside a blend.
        let value = match (name.as_str(), plain.get("value")) {
            ("fixed" | "use", Some(value)) => value.clone(),
            _ => Value::Table(plain),
        };
        parts.push((weight, one(source, name, &value)?));
    }
    if parts.iter().fold(num::zero(), |sum, (weight, _)| sum + weight) != num::one() {
        return Err("the weights of a blend total 100%".into());
    }
    Ok(Strategy::Blend { parts, renormalise: doc::flag(table, "renormalise")? })
}

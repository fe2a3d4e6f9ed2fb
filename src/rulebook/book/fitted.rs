//! `fitted = { file, strength, cap, by }` of a season: indices that were estimated from sales, as changes of prices.

use super::{AttrCell, Context, Pick};
use crate::facts::Kind;
use crate::money::{Fraction, Overflow, Ratio, Rounding};
use crate::pricing::Change;
use crate::rulebook::syntax::{Csv, Fields, Node, Row, Sign, Value, node_text, out_of_range, percent, text};
use crate::rulebook::{Diagnostic, Span};
use std::collections::BTreeMap;

/// What `pricer fit` calls the category of everything where the sales name none.
const EVERYTHING: &str = "all";
const FILE: &str = "fitted/seasons.csv";
const INDEX_MAX: i64 = 100 * Ratio::SCALE;

/// The season of one category.
#[derive(Clone, Debug)]
pub struct FittedSeason {
    /// Which items are of the category; none is all.
    pub cell: Option<AttrCell>,
    pub change: Change,
    /// For explanations.
    pub text: Box<str>,
}

/// The seasons of a file, one for each category in it.
pub fn read_fitted(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<Vec<FittedSeason>> {
    let mut fields = Fields::of(node, key, "`fitted`", &mut cx.out)?;
    let (file, by) = (fields.optional("file"), fields.optional("by"));
    let (strength, cap) = (fields.optional("strength"), fields.required("cap"));
    fields.finish(&mut cx.out);
    let strength = strength.map_or(Some(Ratio::ONE), |node| share(node, "how much of the index counts", cx));
    let cap = cap.and_then(|node| share(node, "how far the season moves a price at most", cx));
    let (by, at) = match by {
        Some(node) => (text(node, &mut cx.out)?.to_owned(), node.span.clone()),
        None => ("category".to_owned(), node.span.clone()),
    };
    let (path, path_at) = match file {
        Some(node) => (text(node, &mut cx.out)?.to_owned(), node.span.clone()),
        None => (FILE.to_owned(), node.span.clone()),
    };
    let csv = cx.fitted_at(&path, path_at)?;
    let (strength, cap) = (strength?, cap?);
    let seasons = seasons(&csv, cx)?;
    let alone = seasons.len() == 1;
    let mut found = Vec::new();
    for (category, (indices, line)) in seasons {
        let is_all = alone && category == EVERYTHING;
        let cell = if is_all { None } else { Some(cell(&category, &by, &at, &line, cx)?) };
        let changes = indices.into_iter().map(|index| change(index, strength, cap)).collect::<Result<_, _>>();
        let what = if is_all { String::new() } else { format!(" of {category}") };
        found.push(FittedSeason {
            cell,
            change: Change::Yearly(changes.ok()?),
            text: format!("fitted season{what}").into(),
        });
    }
    Some(found)
}

/// Above 0 % and at most 100 %.
fn share(node: &Node, meaning: &str, cx: &mut Context<'_>) -> Option<Ratio> {
    let share = percent(node, Sign::None, meaning, &mut cx.out)?;
    if Ratio::ZERO < share && share <= Ratio::ONE {
        return Some(share);
    }
    out_of_range(node.span.clone(), &share.to_percent_text(7), "above 0%, at most 100%", &mut cx.out);
    None
}

/// strength × (index − 1), at most `cap` up or down.
fn change(index: Ratio, strength: Ratio, cap: Ratio) -> Result<Ratio, Overflow> {
    let off = Fraction::of(strength).mul(Fraction::of(index).sub(Fraction::ONE)?)?;
    let down = Ratio::from_nanos(-cap.nanos());
    Ok(off.to_ratio(Rounding::HalfEven)?.clamp(down, cap))
}

/// The items of a category: in a tree with all its branches.
fn cell(category: &str, by: &str, at: &Span, line: &Span, cx: &mut Context<'_>) -> Option<AttrCell> {
    let attr = cx.attr(by, at)?;
    let kind = cx.attr_of(attr).kind;
    if !matches!(kind, Kind::Text | Kind::Tree | Kind::Id) || cx.attr_of(attr).customer {
        let title = format!("`{by}` does not say of which category an item is");
        let label =
            "`by` names a text or a tree of the schema, whose values the season file calls `category`";
        cx.out.push(Diagnostic::error("E0219", title, at.clone(), label));
        return None;
    }
    let branch = kind == Kind::Tree;
    cx.mention(attr, category);
    let text = if branch { format!("{category}/**") } else { category.to_owned() };
    Some(AttrCell {
        attr,
        picks: vec![Pick::Texts { not: false, texts: vec![(category.into(), branch)] }],
        text: text.into(),
        span: line.clone(),
    })
}

type Season = (Vec<Ratio>, Span);

/// The indices of each category, in the order of the year, with its first row.
fn seasons(csv: &Csv, cx: &mut Context<'_>) -> Option<BTreeMap<String, Season>> {
    let lacks = |what: &str| {
        let span = csv.header.first().map_or_else(|| start(csv), |node| node.span.clone());
        let label = "a season file has the columns `category`, `month` or `week`, and `index`";
        Diagnostic::error("E0605", format!("`{}` has no column {what}", csv.path), span, label)
            .note("`pricer fit --rulebook DIR --sales FILE` writes it")
    };
    let parts = [("month", 12_usize), ("week", 52)];
    let part = parts.iter().find_map(|(name, count)| Some((csv.column(name)?, *name, *count)));
    let Some(category) = csv.column("category") else {
        cx.out.push(lacks("`category`"));
        return None;
    };
    let (Some((part, name, count)), Some(index)) = (part, csv.column("index")) else {
        cx.out.push(lacks(if part.is_none() { "`month` or `week`" } else { "`index`" }));
        return None;
    };
    if csv.rows.is_empty() && !csv.damaged {
        let title = format!("`{}` has no rows", csv.path);
        let label = "no season was found: two years of sales are needed";
        cx.out.push(Diagnostic::error("E0206", title, start(csv), label));
        return None;
    }
    let mut known: BTreeMap<String, (BTreeMap<usize, Ratio>, Span)> = BTreeMap::new();
    for row in &csv.rows {
        let of = number(row, part).and_then(|text| text.parse().ok());
        let of = of.filter(|part: &usize| (1..=count).contains(part));
        let read = number(row, index).and_then(|text| Ratio::parse(text).ok());
        let read = read.filter(|index| 0 < index.nanos() && index.nanos() <= INDEX_MAX);
        let (Some(of), Some(read)) = (of, read) else {
            let (at, allowed) = match of {
                None => (part, format!("a {name} from 1 to {count}")),
                Some(_) => (index, "a number above 0, at most 100".to_owned()),
            };
            let node = row.cells.get(at);
            let span = node.map_or_else(|| row.line.clone(), |node| node.span.clone());
            out_of_range(span, node.map_or("", node_text), &allowed, &mut cx.out);
            return None;
        };
        let name = row.cells.get(category).map_or("", node_text).to_owned();
        let season = known.entry(name.clone()).or_insert_with(|| (BTreeMap::new(), row.line.clone()));
        if name.is_empty() || season.0.insert(of, read).is_some() {
            let title = match name.is_empty() {
                true => format!("row {} has no `category`", row.number),
                false => format!("row {} gives `{name}` a second index for {of}", row.number),
            };
            cx.out.push(Diagnostic::error("E0605", title, row.line.clone(), "one index for each"));
            return None;
        }
    }
    let short = known.iter().find(|(_, (indices, _))| indices.len() != count);
    if let Some((category, (indices, line))) = short {
        let title = format!("`{category}` has {} of {count} indices", indices.len());
        cx.out.push(Diagnostic::error("E0605", title, line.clone(), format!("one for each {name}")));
        return None;
    }
    let in_order = |(name, (indices, line)): (String, (BTreeMap<usize, Ratio>, Span))| {
        (name, (indices.into_values().collect(), line))
    };
    Some(known.into_iter().map(in_order).collect())
}

fn number(row: &Row, at: usize) -> Option<&str> {
    row.cells.get(at).and_then(|node| match &node.value {
        Value::Text(text) | Value::Number(text) => Some(&**text),
        _ => None,
    })
}

fn start(csv: &Csv) -> Span {
    Span { file: csv.path.clone(), start: 0, end: 0 }
}

//! `markdown`, as written.

use super::Context;
use super::ahead::named;
use super::bound::{LimitSpec, read_limit};
use super::competitors::spans;
use super::strategy::StrategyKind;
use crate::facts::Kind;
use crate::money::Ratio;
use crate::pricing::ahead::{CurveStep, Plan, Until};
use crate::rulebook::syntax::{
    Csv, Fields, Node, Sign, Value, duration, list, node_text, out_of_range, percent, texts, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct MarkdownSpec {
    pub plan: Plan,
    pub until: Until,
    pub salvage: Option<SalvageSpec>,
}

#[derive(Clone, Debug)]
pub struct SalvageSpec {
    pub limit: LimitSpec,
    pub text: Box<str>,
}

const DAY: i64 = 86_400;
const DAYS_LEFT: &str = "days_left";
const SET_OFF: &str = "set off";
/// A rung stays a week, if nothing else is said.
const PERIOD_DAYS: u16 = 7;
const RUNGS: std::ops::RangeInclusive<usize> = 2..=20;

pub fn read_markdown(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<StrategyKind> {
    let curve = fields.entry("curve");
    let ladder = fields.entry("ladder");
    let period = fields.entry("period");
    let until = fields.required("sell_out_by").and_then(|node| read_until(node, cx));
    let salvage = fields.optional("salvage").map(|node| {
        let text = match &node.value {
            Value::Text(text) => text.clone(),
            _ => "".into(),
        };
        read_limit(node, cx).map(|limit| SalvageSpec { limit, text })
    });
    if let (Some((key, _)), None) = (period, ladder) {
        let label = "`period` says how long a rung of a `ladder` stays";
        cx.out.push(Diagnostic::error("E0208", "a `period` without a `ladder`", key.clone(), label));
    }
    let plan = match (curve, ladder) {
        (Some((key, _)), Some((other, _))) => {
            let title = "`markdown` takes a `curve` or a `ladder`, not both";
            let finding =
                Diagnostic::error("E0208", title, other.clone(), "one of them says how far the price falls");
            cx.out.push(finding.related(key.clone(), "the other one"));
            None
        }
        (Some((_, node)), None) => read_curve(node, cx).map(|steps| Plan::Curve(steps.into())),
        (None, Some((_, node))) => {
            let days = period.map_or(Some(PERIOD_DAYS), |(_, node)| read_period(node, cx));
            let rungs = read_ladder(node, cx);
            rungs.zip(days).map(|(rungs, period)| Plan::Ladder { rungs: rungs.into(), period })
        }
        (None, None) => Some(Plan::Stock),
    };
    let salvage = match salvage {
        Some(read) => Some(read?),
        None => None,
    };
    Some(StrategyKind::Markdown(MarkdownSpec { plan: plan?, until: until?, salvage }))
}

/// A date, or the name of a duration.
fn read_until(node: &Node, cx: &mut Context<'_>) -> Option<Until> {
    let due = "a date without a time, such as 2027-01-31, or a duration attribute in quotes";
    match &node.value {
        Value::Date(written) => {
            let date = written.parse::<jiff::civil::Date>().ok().filter(|_| written.len() == 10);
            if date.is_none() {
                wrong_type(node, due, &mut cx.out);
            }
            date.map(|date| Until::Day(crate::pricing::day_number(date)))
        }
        Value::Text(name) => {
            let is_duration = |kind| kind == Kind::Duration;
            let span = node.part(0..name.len());
            named(name, span, "duration of the schema", is_duration, cx).map(Until::In)
        }
        _ => {
            wrong_type(node, due, &mut cx.out);
            None
        }
    }
}

fn read_period(node: &Node, cx: &mut Context<'_>) -> Option<u16> {
    let seconds = duration(node, &mut cx.out)?;
    let days =
        u16::try_from(seconds / DAY).ok().filter(|days| (1..=366).contains(days) && seconds % DAY == 0);
    if days.is_none() {
        let given = crate::facts::show_duration(seconds);
        out_of_range(node.span.clone(), &given, "whole days from 1d to 366d", &mut cx.out);
    }
    days
}

/// 0 % or below, above −100 %.
fn read_off(node: &Node, cx: &mut Context<'_>) -> Option<Ratio> {
    let off =
        percent(node, Sign::Allowed, "how far below the price from before, such as `-20%`", &mut cx.out)?;
    if off <= Ratio::ZERO && -Ratio::SCALE < off.nanos() {
        return Some(off);
    }
    let allowed = "0% or below, above -100%: a markdown lowers the price from before";
    out_of_range(node.span.clone(), &off.to_percent_text(7), allowed, &mut cx.out);
    None
}

fn rises(span: Span, label: String, earlier: Span) -> Diagnostic {
    let title = "a markdown that rises";
    Diagnostic::error("E0608", title, span, label).related(earlier, "this one comes before it")
}

fn read_ladder(node: &Node, cx: &mut Context<'_>) -> Option<Vec<Ratio>> {
    let nodes: Vec<&Node> = texts(node, &mut cx.out).into_iter().map(|(_, node)| node).collect();
    let rungs: Vec<Option<Ratio>> = nodes.iter().map(|node| read_off(node, cx)).collect();
    let rungs: Vec<Ratio> = rungs.into_iter().collect::<Option<_>>()?;
    if !RUNGS.contains(&rungs.len()) {
        let given = format!("{} rungs", rungs.len());
        out_of_range(node.span.clone(), &given, "2 to 20 rungs", &mut cx.out);
        return None;
    }
    for (pair, spans) in rungs.windows(2).zip(nodes.windows(2)) {
        if let ([dear, cheap], [before, after]) = (pair, spans)
            && dear <= cheap
        {
            let label = "each rung is further down than the one before".to_owned();
            cx.out.push(rises(after.span.clone(), label, before.span.clone()));
            return None;
        }
    }
    Some(rungs)
}

/// The rows of a curve; none may share a day (E0607), and none may be dearer than an earlier one (E0608).
fn read_curve(node: &Node, cx: &mut Context<'_>) -> Option<Vec<CurveStep>> {
    let csv = cx.table(node)?;
    let column = |name: &str, cx: &mut Context<'_>| {
        let found = csv.column(name);
        if found.is_none() {
            let title = format!("`{}` has no column `{name}`", csv.path);
            let span = csv.header.first().map_or_else(|| node.span.clone(), |first| first.span.clone());
            let columns = list(csv.header.iter().map(node_text));
            cx.out.push(Diagnostic::error("E0605", title, span, format!("its columns: {columns}")));
        }
        found
    };
    let (days, off) = (column(DAYS_LEFT, cx), column(SET_OFF, cx));
    let foreign = |header: &&Node| ![DAYS_LEFT, SET_OFF, "why"].contains(&node_text(header));
    if let Some(header) = csv.header.iter().find(foreign) {
        let title = format!("`{}` is no column of a markdown curve", node_text(header));
        let label = format!("it has `{DAYS_LEFT}`, `{SET_OFF}` and perhaps `why`");
        cx.out.push(Diagnostic::error("E0605", title, header.span.clone(), label));
        return None;
    }
    let (days, off) = (days?, off?);
    if csv.rows.is_empty() {
        let title = format!("`{}` has no rows", csv.path);
        cx.out.push(Diagnostic::error(
            "E0206",
            title,
            node.span.clone(),
            "a curve without rows has no price",
        ));
        return None;
    }
    let mut steps: Vec<(CurveStep, Span)> = Vec::new();
    let mut whole = true;
    for row in &csv.rows {
        let (days, off) = (row.cells.get(days)?, row.cells.get(off)?);
        let meaning = "days left are a duration, such as `< 7d` or `7d ..= 13d`";
        let spans = spans(days, Kind::Duration, meaning, cx).map(|(spans, _)| whole_days(&spans));
        match spans.zip(read_off(off, cx)) {
            Some((days, off)) => {
                steps.push((CurveStep { row: row.number, days: days.into(), off }, row.line.clone()));
            }
            None => whole = false,
        }
    }
    whole &= ordered(&steps, cx);
    gaps(&csv, &steps, node, cx);
    whole.then(|| steps.into_iter().map(|(step, _)| step).collect())
}

/// The whole days from 0 on that lie in spans of seconds.
fn whole_days(spans: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let days = spans.iter().map(|(low, high)| {
        let low = low.div_euclid(DAY) + i64::from(low.rem_euclid(DAY) != 0);
        (low.max(0), high.div_euclid(DAY))
    });
    crate::rulebook::compile::union(days.collect())
}

fn ordered(steps: &[(CurveStep, Span)], cx: &mut Context<'_>) -> bool {
    for (at, (one, span)) in steps.iter().enumerate() {
        for (other, earlier) in steps.iter().take(at) {
            let shared = crate::rulebook::compile::common(&one.days, &other.days);
            if let Some((day, _)) = shared.first() {
                let title = format!("two rows of a curve for {day} days left");
                let finding = Diagnostic::error("E0607", title, span.clone(), "a day has one row");
                cx.out.push(finding.related(earlier.clone(), "the other one"));
                return false;
            }
            let last = |step: &CurveStep| step.days.last().map(|(_, high)| *high);
            let first = |step: &CurveStep| step.days.first().map(|(low, _)| *low);
            let ((late, late_span), (soon, soon_span)) = match last(other) > first(one) {
                true => ((other, earlier), (one, span)),
                false => ((one, span), (other, earlier)),
            };
            if late.off < soon.off && first(soon) < last(late) {
                let label = format!(
                    "{} here, {} with more days left: the price would rise towards the end",
                    soon.off.to_percent_text(7),
                    late.off.to_percent_text(7)
                );
                cx.out.push(rises(soon_span.clone(), label, late_span.clone()));
                return false;
            }
        }
    }
    true
}

/// W0609: days between 0 and the longest that no row has.
fn gaps(csv: &Csv, steps: &[(CurveStep, Span)], node: &Node, cx: &mut Context<'_>) {
    let covered =
        crate::rulebook::compile::union(steps.iter().flat_map(|(step, _)| step.days.to_vec()).collect());
    let last = covered.last().map_or(0, |(_, high)| *high);
    let open = crate::rulebook::compile::common(&crate::rulebook::compile::outside(&covered), &[(0, last)]);
    let Some((low, high)) = open.first() else { return };
    let days = if low == high { format!("{low}") } else { format!("{low} to {high}") };
    let title = format!("`{}` has no row for {days} days left", csv.path);
    let label = "on such a day the strategy has no price, and `else` decides";
    cx.out.push(Diagnostic::warning("W0609", title, node.span.clone(), label));
}

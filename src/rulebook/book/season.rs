//! `[season.NAME]` and `[stock.NAME]`: changes on top of a target.

use super::fitted::{FittedSeason, read_fitted};
use super::rule::read_relax;
use super::when::{WhenSpec, read_when};
use super::{AttrCell, Context, Entry, Holidays, ScopeSpec, WindowSpec};
use crate::money::Ratio;
use crate::pricing::{AdjustmentKind, Change, Info};
use crate::rulebook::Diagnostic;
use crate::rulebook::syntax::{Fields, Node, Sign, Table, closed_percents, out_of_range, percent};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct AdjustmentSpec {
    pub kind: AdjustmentKind,
    pub info: Info,
    pub is_overlay: bool,
    pub scope: ScopeSpec,
    pub window: WindowSpec,
    pub when: WhenSpec,
    pub adjust: Change,
    pub relax: Vec<Box<str>>,
}

/// A season; a fitted one is a season for each category of its file.
pub fn read_season(entry: &Entry, holidays: &Holidays, cx: &mut Context<'_>) -> (Info, Vec<AdjustmentSpec>) {
    let mut fields = entry.fields();
    let (info, window) = entry.read_common(&mut fields, cx);
    let written = fields.entry("when");
    let when = match written {
        Some((key, node)) => read_when(node, key, holidays, cx),
        None if window.is_open() => None,
        None => Some(WhenSpec::always()),
    };
    let fitted = fields.entry("fitted");
    if written.is_none() && window.is_open() && fitted.is_none() {
        let title = format!("{} needs `when`", entry.subject());
        let label = "say when it holds: `when`, `from` and `until`, or `fitted`";
        cx.out.push(Diagnostic::error("E0203", title, entry.header.clone(), label));
    }
    let (changes, relax) = match fitted {
        None => {
            let (change, relax) = read_adjustment(&mut fields, cx).unzip();
            (change.map(|change| vec![(Change::Always(change), None, "".into())]), relax)
        }
        Some((key, node)) => {
            let relax = fields.optional("relax").map(|node| read_relax(node, cx)).unwrap_or_default();
            if let Some((key, _)) = fields.entry("adjust") {
                let title = format!("{} is fitted and has an `adjust`", entry.subject());
                let label = "the file says how much; take one of the two away";
                cx.out.push(Diagnostic::error("E0203", title, key.clone(), label));
            }
            let seasons = read_fitted(node, key, cx);
            let parts = |season: FittedSeason| (season.change, season.cell, season.text);
            (seasons.map(|seasons| seasons.into_iter().map(parts).collect()), Some(relax))
        }
    };
    fields.finish(&mut cx.out);
    // A fitted season without a `when` holds all year.
    let when = when.or_else(|| (fitted.is_some() && written.is_none()).then(WhenSpec::always));
    let (Some(when), Some(changes), Some(relax)) = (when, changes, relax) else {
        return (info, Vec::new());
    };
    let spec = |(adjust, cell, text): (Change, Option<AttrCell>, Box<str>)| {
        let mut scope = entry.scope.clone();
        scope.cells.extend(cell);
        AdjustmentSpec {
            kind: AdjustmentKind::Season,
            info: info.clone(),
            is_overlay: entry.is_overlay,
            scope,
            window: window.clone(),
            when: when.clone().named(&text),
            adjust,
            relax: relax.clone(),
        }
    };
    let specs = changes.into_iter().map(spec).collect();
    (info, specs)
}

pub fn read_stock(entry: &Entry, cx: &mut Context<'_>) -> (Info, Option<AdjustmentSpec>) {
    let mut fields = entry.fields();
    let (info, window) = entry.read_common(&mut fields, cx);
    let rest = read_adjustment(&mut fields, cx);
    fields.finish(&mut cx.out);
    let spec = rest.map(|(adjust, relax)| AdjustmentSpec {
        kind: AdjustmentKind::Stock,
        info: info.clone(),
        is_overlay: entry.is_overlay,
        scope: entry.scope.clone(),
        window,
        when: WhenSpec::always(),
        adjust: Change::Always(adjust),
        relax,
    });
    (info, spec)
}

fn read_adjustment(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<(Ratio, Vec<Box<str>>)> {
    let relax = fields.optional("relax").map(|node| read_relax(node, cx)).unwrap_or_default();
    let node = fields.required("adjust")?;
    let meaning = "an adjustment is a percent with its sign, such as `+3%`";
    let adjust = percent(node, Sign::Demanded, meaning, &mut cx.out)?;
    if adjust.nanos() <= -Ratio::SCALE {
        out_of_range(node.span.clone(), &adjust.to_percent_text(7), "above -100%", &mut cx.out);
        return None;
    }
    Some((adjust, relax))
}

/// `limit`, once in all rule files.
pub fn read_limit(files: &BTreeMap<Box<str>, Table>, cx: &mut Context<'_>) -> Option<(Ratio, Ratio)> {
    let mut first: Option<&Node> = None;
    let mut limit = None;
    for root in files.iter().filter(|(path, _)| path.starts_with("rules/")).map(|(_, root)| root) {
        let Some(keyed) = root.entry("limit") else {
            continue;
        };
        if let Some(first) = first {
            let title = "`limit` stands in two rule files";
            cx.out.push(
                Diagnostic::error(
                    "E0205",
                    title,
                    keyed.key.clone(),
                    "one limit bounds all adjustments together",
                )
                .related(first.span.clone(), "the first one"),
            );
            continue;
        }
        first = Some(&keyed.node);
        let meaning = "the range of all adjustments together";
        limit = closed_percents(&keyed.node, meaning, &mut cx.out).filter(|(low, high)| {
            let sound = *low <= Ratio::ZERO && Ratio::ZERO <= *high && -Ratio::SCALE < low.nanos();
            if !sound {
                out_of_range(keyed.node.span.clone(), "limit", "a range around 0%, above -100%", &mut cx.out);
            }
            sound
        });
    }
    limit
}

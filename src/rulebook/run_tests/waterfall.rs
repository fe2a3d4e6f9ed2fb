//! How a price came about, a line for each step, and where it left the expected way.

use super::Mismatch;
use crate::money::Amount;
use crate::pricing::{AdjustmentKind, Change, GuardRef, Info, Place, SourceAt, Step};

/// One step of the waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stage: Stage,
    /// `strategy kvi-follow`, `stock.surplus -3%`, `guard electronics-margin`.
    pub name: String,
    /// The running total; none for a refusal.
    pub after: Option<Amount>,
    /// What explains the step, and where it is written.
    pub note: String,
    pub at: Option<SourceAt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Strategy,
    Adjust,
    Guard,
    /// The price itself, or the refusal.
    End,
}

/// The steps of a trace that move the price.
pub(super) fn lines(place: &Place, steps: &[Step]) -> Vec<Line> {
    steps.iter().filter_map(|step| line(place, step)).collect()
}

fn line(place: &Place, step: &Step) -> Option<Line> {
    let make = |stage, name: String, after, note: String, info: Option<&Info>| Line {
        stage,
        name,
        after,
        note,
        at: info.map(|info| info.at.clone()).filter(|at| !at.file.is_empty()),
    };
    let variant = |guard: &GuardRef| {
        place.guards.get(usize::from(guard.guard))?.variants.get(usize::from(guard.variant))
    };
    let guard_name = |guard: &GuardRef| variant(guard).map_or("", |variant| &*variant.info.label).to_owned();
    Some(match step {
        Step::Strategy { rule, alternative, strategy, after } => {
            let info = place.rules.get(usize::try_from(*rule).ok()?).map(|rule| &rule.info);
            let name = info.map_or("", |info| &*info.label);
            let note = match alternative {
                0 => (*strategy).to_owned(),
                n => format!("{strategy}, alternative {n}"),
            };
            make(Stage::Strategy, format!("strategy {name}"), Some(*after), note, info)
        }
        Step::Adjusted { adjustment, variant, after } => {
            let found = place.adjustments.get(usize::from(*adjustment))?;
            let variant = found.variants.get(usize::from(*variant))?;
            let kind = match found.kind {
                AdjustmentKind::Season => "season",
                AdjustmentKind::Stock => "stock",
            };
            let name = format!("{kind}.{}  {}", variant.info.label, changes(&variant.adjust));
            make(Stage::Adjust, name, Some(*after), String::new(), Some(&variant.info))
        }
        Step::Limited { after } => {
            make(Stage::Adjust, "limit on adjustments".to_owned(), Some(*after), String::new(), None)
        }
        Step::Moved { guard, after } => {
            let info = guard.as_ref().and_then(variant).map(|variant| &variant.info);
            let (name, note) = match guard {
                Some(guard) => (format!("guard {}", guard_name(guard)), guard.class.as_str().to_owned()),
                None => ("smallest payable price".to_owned(), String::new()),
            };
            make(Stage::Guard, name, Some(*after), note, info)
        }
        Step::Kept { guard, after } => {
            let info = variant(guard).map(|variant| &variant.info);
            let note = "too small a move".to_owned();
            make(Stage::End, format!("guard {}", guard_name(guard)), Some(after.amount()), note, info)
        }
        Step::Rounded { round, after } => {
            let info = round.and_then(|at| place.rounds.get(usize::from(at))).map(|rule| &rule.info);
            let name = info.map_or_else(|| "round".to_owned(), |info| format!("round.{}", info.label));
            make(Stage::End, name, Some(after.amount()), String::new(), info)
        }
        Step::Held { reason, after } => {
            let note = reason.as_str().to_owned();
            make(Stage::Strategy, "held".to_owned(), Some(after.amount()), note, None)
        }
        Step::Refused { code } => {
            make(Stage::End, "refused".to_owned(), None, code.as_str().to_owned(), None)
        }
        _ => return None,
    })
}

/// The first step that differs, as far as expectations tell. An expectation about the winner or the offers points at the
/// strategy, `adjusted` at the adjustments, `hit` at the guards, and what follows from the price at the last step. An expected price
/// that was reached once points at the step that left it, any other at the step that came nearest.
pub(super) fn first_difference(
    lines: &[Line],
    mismatches: &[Mismatch],
    price: Option<Amount>,
) -> Option<usize> {
    let last = lines.len().checked_sub(1)?;
    let reach = |stage: Stage| lines.iter().position(|line| stage <= line.stage).unwrap_or(last);
    let point = |mismatch: &Mismatch| match &*mismatch.key {
        "won" | "row" | "because" | "strategy" | "not_used" => 0,
        "adjusted" => reach(Stage::Adjust).min(reach(Stage::Guard)),
        "hit" => reach(Stage::Guard),
        "price" => price.map_or(last, |price| left_price(lines, price)),
        _ => last,
    };
    mismatches.iter().map(point).min()
}

fn left_price(lines: &[Line], price: Amount) -> usize {
    let last = lines.len().saturating_sub(1);
    let reached = lines.iter().rposition(|line| line.after == Some(price));
    if let Some(at) = reached {
        return (at + 1).min(last);
    }
    let distance = |line: &Line| line.after.map_or(u64::MAX, |after| after.micros().abs_diff(price.micros()));
    let nearest = lines.iter().enumerate().min_by_key(|(_, line)| distance(line));
    nearest.map_or(last, |(at, _)| at)
}

/// `-3%`, or `-4% .. 6%` where it goes with the year.
fn changes(change: &Change) -> String {
    let (low, high) = change.range();
    let (low, high) = (low.to_percent_text(7), high.to_percent_text(7));
    if low == high { low } else { format!("{low} .. {high}") }
}

//! With a catalog and a moment: entries that hold for no item today (W0311), and windows and dates that are over (W0312).
//!
//! Nothing is wrong for ever, so both are warnings: a new season waits for its items, and a typing mistake waits for nobody.

use super::contest::kind_of;
use super::cure::maybe;
use super::words::named;
use super::{Context, Witness};
use crate::facts::show_instant;
use crate::pricing::{AdjustmentVariant, Info, Place, Scope, When, Window};
use crate::rulebook::Diagnostic;
use std::collections::BTreeMap;

/// Kind and label of an entry; its info, whether an item is inside, when its last window ends and the key that says so.
type Seen<'a> = BTreeMap<(&'static str, &'a str), (&'a Info, bool, i64, &'static str)>;

pub(super) fn findings(context: &Context<'_>, places: &[Place], witness: &dyn Witness) -> Vec<Diagnostic> {
    let mut seen: Seen<'_> = BTreeMap::new();
    for place in places {
        for (kind, info, scope, ends) in entries(place) {
            let known = seen.entry((kind, &info.label)).or_insert((info, false, i64::MIN, ends.key));
            known.1 = known.1 || witness.holds(place, scope);
            known.2 = known.2.max(ends.until.unwrap_or(i64::MAX));
        }
    }
    let mut found = Vec::new();
    for ((kind, _), (info, inside, until, key)) in seen {
        if let Some(at) = witness.at().filter(|at| until <= *at) {
            found.push(over(context, kind, info, (until, key), at));
        } else if !inside {
            found.push(nobody(context, kind, info, witness.name()));
        }
    }
    found
}

type EntryOf<'a> = (&'static str, &'a Info, &'a Scope, Ends);

/// When a window ends, if it does, and the key that says so.
#[derive(Clone, Copy)]
struct Ends {
    until: Option<i64>,
    key: &'static str,
}

impl From<Window> for Ends {
    fn from(window: Window) -> Self {
        Self { until: (window.until != Window::ALWAYS.until).then_some(window.until), key: "until" }
    }
}

fn entries(place: &Place) -> impl Iterator<Item = EntryOf<'_>> {
    let rules = place.rules.iter().map(|rule| ("rule", &rule.info, &rule.scope, rule.window.into()));
    let guards = place.guards.iter().flat_map(|guard| &guard.variants);
    let guards = guards.map(|variant| ("guard", &variant.info, &variant.scope, variant.window.into()));
    let adjustments = place.adjustments.iter().flat_map(move |own| {
        let kind = kind_of(own.kind);
        own.variants.iter().map(move |variant| (kind, &variant.info, &variant.scope, ends_of(variant, place)))
    });
    let rounds = place.rounds.iter().map(|round| ("round", &round.info, &round.scope, round.window.into()));
    rules.chain(guards).chain(adjustments).chain(rounds)
}

/// The end of its dates, if it names some, or of its window: the earlier one.
fn ends_of(variant: &AdjustmentVariant, place: &Place) -> Ends {
    let window = Ends::from(variant.window);
    match last_day(&variant.when, place) {
        Some(end) if end < window.until.unwrap_or(i64::MAX) => Ends { until: Some(end), key: "when" },
        _ => window,
    }
}

/// When the last of its dates is over in the market; a night belongs to the day it begins on.
fn last_day(when: &When, place: &Place) -> Option<i64> {
    let last = when.dates.as_ref()?.iter().map(|range| range.last).max()?;
    let nights = when.times.iter().any(|range| range.until <= range.from);
    let days = jiff::Span::new().try_days(i64::from(last) + 1 + i64::from(nights)).ok()?;
    let day = jiff::civil::date(1970, 1, 1).checked_add(days).ok()?;
    Some(day.to_zoned(place.zone.clone()).ok()?.timestamp().as_second())
}

fn title(kind: &'static str, info: &Info) -> String {
    match kind {
        "rule" => named(kind, info),
        _ => format!("{kind} `{}`", info.label),
    }
}

fn nobody(context: &Context<'_>, kind: &'static str, info: &Info, catalog: &str) -> Diagnostic {
    let mut finding = Diagnostic::warning(
        "W0311",
        format!("{} holds for no item today", title(kind, info)),
        context.setting(kind, info, "where"),
        format!("no item of {catalog} is inside"),
    )
    .note("its items may come tomorrow; if not, a name or a comparison is wrong");
    finding.fixes.push(maybe("correct the scope, or delete the entry", Vec::new()));
    finding
}

fn over(
    context: &Context<'_>,
    kind: &'static str,
    info: &Info,
    (until, key): (i64, &str),
    at: i64,
) -> Diagnostic {
    let mut finding = Diagnostic::warning(
        "W0312",
        format!("the dates of {} are over", title(kind, info)),
        context.setting(kind, info, key),
        format!("closed since {}", show_instant(until)),
    )
    .note(format!("as of {}", show_instant(at)));
    finding.fixes.push(maybe("delete the entry, or write the next dates", Vec::new()));
    finding
}

//! With a catalog and a moment: entries that hold for no item today (W0311), and windows that are over (W0312).
//!
//! Nothing is wrong for ever, so both are warnings: a new season waits for its items, and a typing mistake waits for nobody.

use super::contest::kind_of;
use super::cure::maybe;
use super::words::named;
use super::{Context, Witness};
use crate::facts::show_instant;
use crate::pricing::{Info, Place, Scope, Window};
use crate::rulebook::Diagnostic;
use std::collections::BTreeMap;

/// Kind and label of an entry; its info, whether an item is inside, when its last window ends.
type Seen<'a> = BTreeMap<(&'static str, &'a str), (&'a Info, bool, i64)>;

pub(super) fn findings(context: &Context<'_>, places: &[Place], witness: &dyn Witness) -> Vec<Diagnostic> {
    let mut seen: Seen<'_> = BTreeMap::new();
    for place in places {
        for (kind, info, scope, window) in entries(place) {
            let known = seen.entry((kind, &info.label)).or_insert((info, false, i64::MIN));
            known.1 = known.1 || witness.holds(place, scope);
            known.2 = known.2.max(window.until.unwrap_or(i64::MAX));
        }
    }
    let mut found = Vec::new();
    for ((kind, _), (info, inside, until)) in seen {
        if let Some(at) = witness.at().filter(|at| until <= *at) {
            found.push(over(context, kind, info, until, at));
        } else if !inside {
            found.push(nobody(context, kind, info, witness.name()));
        }
    }
    found
}

type EntryOf<'a> = (&'static str, &'a Info, &'a Scope, Ends);

/// When a window ends, if it does.
struct Ends {
    until: Option<i64>,
}

impl From<Window> for Ends {
    fn from(window: Window) -> Self {
        Self { until: (window.until != Window::ALWAYS.until).then_some(window.until) }
    }
}

fn entries(place: &Place) -> impl Iterator<Item = EntryOf<'_>> {
    let rules = place.rules.iter().map(|rule| ("rule", &rule.info, &rule.scope, rule.window.into()));
    let guards = place.guards.iter().flat_map(|guard| &guard.variants);
    let guards = guards.map(|variant| ("guard", &variant.info, &variant.scope, variant.window.into()));
    let adjustments = place.adjustments.iter().flat_map(|own| {
        let kind = kind_of(own.kind);
        own.variants.iter().map(move |variant| (kind, &variant.info, &variant.scope, variant.window.into()))
    });
    let rounds = place.rounds.iter().map(|round| ("round", &round.info, &round.scope, Ends { until: None }));
    rules.chain(guards).chain(adjustments).chain(rounds)
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

fn over(context: &Context<'_>, kind: &'static str, info: &Info, until: i64, at: i64) -> Diagnostic {
    let mut finding = Diagnostic::warning(
        "W0312",
        format!("the dates of {} are over", title(kind, info)),
        context.setting(kind, info, "until"),
        format!("closed since {}", show_instant(until)),
    )
    .note(format!("as of {}", show_instant(at)));
    finding.fixes.push(maybe("delete the entry, or write the next dates", Vec::new()));
    finding
}

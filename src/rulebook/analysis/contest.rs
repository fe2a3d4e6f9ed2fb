//! Everything of a place of which only one may hold, put in order.

use super::Context;
use crate::pricing::{AdjustmentKind, Info, Place, Rule, Scope, Window};
use crate::rulebook::precedence::{Entry, Ordered, order};

/// Entries of which one wins.
pub(super) struct Contest<'a> {
    pub place: &'a Place,
    /// `rule`, `round`, `guard`, `season`, `stock`.
    pub kind: &'static str,
    pub parties: Vec<Party<'a>>,
    pub ordered: Ordered,
}

#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    pub info: &'a Info,
    pub scope: &'a Scope,
    pub window: Window,
    pub layer: u16,
    /// What a rule is declared over.
    pub over: &'a [u32],
}

/// The rules, the rounding rules, and the variants of each guard and adjustment.
pub(super) fn contests<'a>(context: &Context<'_>, place: &'a Place) -> Vec<Contest<'a>> {
    let of_rule = |rule: &'a Rule| Party {
        layer: rule.layer,
        over: &rule.over,
        ..party(&rule.info, &rule.scope, rule.window)
    };
    let rounds = place
        .rounds
        .iter()
        .map(|round| party(&round.info, &round.scope, round.window));
    let mut contests = vec![
        contest(context, place, "rule", place.rules.iter().map(of_rule).collect()),
        contest(context, place, "round", rounds.collect()),
    ];
    for guard in &place.guards {
        let variants = guard
            .variants
            .iter()
            .map(|variant| party(&variant.info, &variant.scope, Window::ALWAYS));
        contests.push(contest(context, place, "guard", variants.collect()));
    }
    for adjustment in &place.adjustments {
        let kind = kind_of(adjustment.kind);
        let variants = adjustment
            .variants
            .iter()
            .map(|variant| party(&variant.info, &variant.scope, Window::ALWAYS));
        contests.push(contest(context, place, kind, variants.collect()));
    }
    contests
}

pub(super) fn kind_of(kind: AdjustmentKind) -> &'static str {
    match kind {
        AdjustmentKind::Season => "season",
        AdjustmentKind::Stock => "stock",
    }
}

fn party<'a>(info: &'a Info, scope: &'a Scope, window: Window) -> Party<'a> {
    Party {
        info,
        scope,
        window,
        layer: 0,
        over: &[],
    }
}

fn contest<'a>(
    context: &Context<'_>,
    place: &'a Place,
    kind: &'static str,
    parties: Vec<Party<'a>>,
) -> Contest<'a> {
    let entries: Vec<Entry<'_>> = parties
        .iter()
        .map(|party| Entry {
            layer: party.layer,
            scope: party.scope,
            window: party.window,
            over: match kind {
                "rule" => party
                    .over
                    .iter()
                    .filter_map(|at| usize::try_from(*at).ok())
                    .collect(),
                _ => named_over(context, kind, party.info, &parties),
            },
        })
        .collect();
    let ordered = order(context.schema, &entries);
    Contest {
        place,
        kind,
        parties,
        ordered,
    }
}

/// Compiled rounding rules keep their order but not their `over`; it is read where it was written.
fn named_over(context: &Context<'_>, kind: &'static str, info: &Info, parties: &[Party<'_>]) -> Vec<usize> {
    let Some(span) = context.value(kind, &info.label, "over") else {
        return Vec::new();
    };
    let names: Vec<&str> = context.text(&span).split('"').skip(1).step_by(2).collect();
    let named = |party: &Party<'_>| {
        names
            .iter()
            .any(|name| *name == &*party.info.id || *name == &*party.info.label)
    };
    (0..)
        .zip(parties)
        .filter(|(_, party)| party.info.label != info.label && named(party))
        .map(|(at, _)| at)
        .collect()
}

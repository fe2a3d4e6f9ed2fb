//! Entries that can hold for no item anywhere: E0506 for a guard, W0310 for a rule, W0314 for the others.

use super::places::Book;
use super::scopes::{Here, place_scope};
use crate::facts::{Schema, builtin};
use crate::pricing::{AdjustmentKind, Cond, Info, Place, Scope, Test};
use crate::rulebook::book::{AttrCell, Pick, ScopeSpec};
use crate::rulebook::boxes::is_inhabited;
use crate::rulebook::syntax::Findings;
use crate::rulebook::{Applicability, Diagnostic, Origins, Span};
use std::collections::BTreeSet;

/// An entry as it was read.
struct Said<'a> {
    kind: &'static str,
    info: &'a Info,
    is_overlay: bool,
    scope: &'a ScopeSpec,
}

/// Looks at what no place has; everything else can hold somewhere.
pub fn nowhere(book: &Book, places: &[Place], schema: &Schema, origins: &Origins) -> Vec<Diagnostic> {
    if places.is_empty() {
        return Vec::new();
    }
    let known = somewhere(places, schema);
    let lost = said(book).filter(|said| !known.contains(&(said.kind, &*said.info.label)));
    // A fitted season is said once for each category: one that holds is enough, and one finding too.
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    let lost: Vec<Said<'_>> = lost.filter(|said| told.insert((said.kind, &said.info.label))).collect();
    let unheld = |said: &Said<'_>| !places.iter().any(|place| holds(said.scope, place, schema));
    lost.iter().filter(|said| unheld(said)).map(|said| told_of(said, places, schema, origins)).collect()
}

/// Kinds and labels of what can hold for some item.
fn somewhere<'a>(places: &'a [Place], schema: &Schema) -> BTreeSet<(&'static str, &'a str)> {
    let mut known = BTreeSet::new();
    for place in places {
        let mut see = |kind, info: &'a Info, scope| {
            if !known.contains(&(kind, &*info.label)) && can_hold(place, schema, scope) {
                known.insert((kind, &*info.label));
            }
        };
        place.rules.iter().for_each(|rule| see("rule", &rule.info, &rule.scope));
        place.rounds.iter().for_each(|round| see("round", &round.info, &round.scope));
        for variant in place.guards.iter().flat_map(|guard| &guard.variants) {
            see("guard", &variant.info, &variant.scope);
        }
        for own in &place.adjustments {
            own.variants.iter().for_each(|variant| see(kind_of(own.kind), &variant.info, &variant.scope));
        }
    }
    known
}

fn said(book: &Book) -> impl Iterator<Item = Said<'_>> {
    let rules = book.rules.iter().map(|spec| ("rule", &spec.info, spec.is_overlay, &spec.scope));
    let guards = book.guards.iter().map(|spec| ("guard", &spec.info, spec.is_overlay, &spec.scope));
    let rounds = book.rounds.iter().map(|spec| ("round", &spec.info, spec.is_overlay, &spec.scope));
    let adjustments = book.adjustments.iter();
    let adjustments = adjustments.map(|spec| (kind_of(spec.kind), &spec.info, spec.is_overlay, &spec.scope));
    rules.chain(guards).chain(rounds).chain(adjustments).map(|(kind, info, is_overlay, scope)| Said {
        kind,
        info,
        is_overlay,
        scope,
    })
}

fn kind_of(kind: AdjustmentKind) -> &'static str {
    match kind {
        AdjustmentKind::Season => "season",
        AdjustmentKind::Stock => "stock",
    }
}

fn holds(spec: &ScopeSpec, place: &Place, schema: &Schema) -> bool {
    let here = Here { schema, market: &place.market, channel: &place.channel, currency: place.currency };
    place_scope(spec, here, &mut Findings::default())
        .is_some_and(|placed| can_hold(place, schema, &placed.here))
}

/// An item without its cost has no price where costs are not optional: a cost that no rate converts is refused before any rule.
fn can_hold(place: &Place, schema: &Schema, scope: &Scope) -> bool {
    let has_cost = place.cost_from == builtin::COST && !schema.attr(builtin::COST).optional;
    let lacks_cost = |cond: &Cond| {
        cond.attr == builtin::COST && matches!(&cond.test, Test::Spans(spans) if spans.is_empty())
    };
    scope.boxes.iter().any(|conds| is_inhabited(schema, conds) && !(has_cost && conds.iter().any(lacks_cost)))
}

fn told_of(said: &Said<'_>, places: &[Place], schema: &Schema, origins: &Origins) -> Diagnostic {
    let clash = clash(said.scope, places, schema);
    let label = "no item can be inside";
    let span = match (clash, origins.get(said.kind, &said.info.label)) {
        (Some((_, second)), _) => second.span.clone(),
        (None, Some(origin)) => origin.scope_span().clone(),
        (None, None) => Span { file: said.info.at.file.clone(), start: 0, end: 0 },
    };
    let name = format!("{} `{}`", said.kind, said.info.label);
    let mut finding = match said.kind {
        "guard" => Diagnostic::error("E0506", format!("{name} can hold for no item"), span, label)
            .note("it would look like protection and be none"),
        "rule" => Diagnostic::warning("W0310", format!("{name} can never set a price"), span, label),
        _ => Diagnostic::warning("W0314", format!("{name} can hold for no item"), span, label),
    };
    let Some((one, other)) = clash else {
        return finding.note("its conditions exclude each other, or no market and channel fits them").fix(
            Applicability::Maybe,
            "correct the scope, or delete the entry",
            Vec::new(),
        );
    };
    let attr = &schema.attr(one.attr).name;
    if std::ptr::eq(one, other) {
        return finding.note(format!("no item has such a `{attr}`")).fix(
            Applicability::Maybe,
            "correct the condition, or delete the entry",
            Vec::new(),
        );
    }
    if one.span != other.span {
        finding = finding.related(one.span.clone(), "and this must hold as well");
    }
    finding = finding.note(format!("no `{attr}` is `{}` and `{}` at once", one.text, other.text));
    if said.is_overlay {
        finding = finding.note("an overlay is about a part of its parent's scope");
    }
    let cure = match plain(one) && plain(other) {
        true => format!("all conditions must hold; for either of them write `{} | {}`", one.text, other.text),
        false => "all conditions must hold: take one of the two away".to_owned(),
    };
    finding.fix(Applicability::Maybe, cure, Vec::new())
}

/// Without a `!`, so that "either" is not "any item".
fn plain(cell: &AttrCell) -> bool {
    cell.picks.iter().all(|pick| match pick {
        Pick::Texts { not, .. } | Pick::Within { not, .. } => !not,
        Pick::Missing | Pick::Present => true,
    })
}

/// Two cells on one attribute that no place lets hold together; one cell twice if it cannot hold alone.
fn clash<'a>(
    scope: &'a ScopeSpec,
    places: &[Place],
    schema: &Schema,
) -> Option<(&'a AttrCell, &'a AttrCell)> {
    let together = |cells: &[&AttrCell]| {
        let cells = cells.iter().map(|cell| (*cell).clone()).collect();
        let spec = ScopeSpec { cells, ..ScopeSpec::default() };
        places.iter().any(|place| holds(&spec, place, schema))
    };
    let alone = scope.cells.iter().find(|cell| !together(&[cell])).map(|cell| (cell, cell));
    alone.or_else(|| {
        let mut pairs = scope.cells.iter().enumerate().flat_map(|(at, one)| {
            scope
                .cells
                .iter()
                .skip(at + 1)
                .filter(|other| other.attr == one.attr)
                .map(move |other| (one, other))
        });
        pairs.find(|(one, other)| !together(&[one, other]))
    })
}

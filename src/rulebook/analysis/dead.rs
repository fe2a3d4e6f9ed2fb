//! Rules that never act (W0310), and rules above the first layer that always do (W0305).

use super::cure::maybe;
use super::words::{count_of, named};
use super::{Context, Witness};
use crate::pricing::{Place, Rule, Scope, Strategy, Window};
use crate::rulebook::Diagnostic;
use crate::rulebook::boxes::{contains, is_empty};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of one rule in all places.
struct Fate<'a> {
    rule: &'a Rule,
    /// Who wins over it wherever it exists; `None` as soon as it can win somewhere.
    beaten_by: Option<Option<&'a Rule>>,
    everywhere: bool,
}

pub(super) fn findings(
    context: &Context<'_>,
    places: &[Place],
    witness: Option<&dyn Witness>,
) -> Vec<Diagnostic> {
    let mut fates: BTreeMap<&str, Fate<'_>> = BTreeMap::new();
    for place in places {
        let lent = lent_layers(place);
        for (at, rule) in (0_u32..).zip(&place.rules) {
            let exists = !is_empty(context.schema, &rule.scope);
            let fate = fates.entry(&rule.info.label).or_insert_with(|| Fate {
                rule,
                beaten_by: Some(None),
                everywhere: true,
            });
            fate.everywhere &= !exists || contains(context.schema, &rule.scope, &Scope::everything());
            if let (true, Some(known)) = (exists, fate.beaten_by) {
                let killer = killer(context, place, at, rule, &lent);
                fate.beaten_by = killer.map(|killer| known.or(Some(killer)));
            }
        }
    }
    let mut found = Vec::new();
    for fate in fates.values() {
        match fate.beaten_by {
            Some(Some(killer)) => {
                let seen = witness.map(|witness| silenced(witness, places, fate.rule, killer));
                found.push(beaten(context, fate.rule, killer, seen));
            }
            // Inside no place at all: `compile::nowhere` says why.
            Some(None) => {}
            None if fate.everywhere => found.extend(matches_all(context, fate.rule)),
            None => {}
        }
    }
    found
}

/// The layers that a `use` asks for: there a rule can give a price although a later layer wins.
fn lent_layers(place: &Place) -> Vec<u16> {
    fn collect(strategy: &Strategy, layers: &mut Vec<u16>) {
        match strategy {
            Strategy::Use { layer } => layers.push(*layer),
            Strategy::Fade(rule) => layers.push(rule.versus),
            Strategy::Blend { parts, .. } => parts.iter().for_each(|part| collect(&part.strategy, layers)),
            _ => {}
        }
    }
    let mut layers = Vec::new();
    for rule in &place.rules {
        collect(&rule.strategy, &mut layers);
        rule.otherwise.iter().for_each(|strategy| collect(strategy, &mut layers));
    }
    layers
}

/// A rule that holds wherever and whenever `rule` holds, and beats it.
fn killer<'a>(
    context: &Context<'_>,
    place: &'a Place,
    at: u32,
    rule: &Rule,
    lent: &[u16],
) -> Option<&'a Rule> {
    let latest = lent.iter().copied().filter(|layer| rule.layer <= *layer).min().unwrap_or(u16::MAX);
    place.rules.iter().find(|other| {
        let beats = rule.layer < other.layer && other.layer <= latest
            || rule.layer == other.layer && other.over.contains(&at);
        beats
            && other.window.from <= rule.window.from
            && rule.window.until <= other.window.until
            && contains(context.schema, &other.scope, &rule.scope)
    })
}

/// What the catalog has inside the rule that never acts.
fn silenced(witness: &dyn Witness, places: &[Place], rule: &Rule, killer: &Rule) -> String {
    let mut items: BTreeSet<Box<str>> = BTreeSet::new();
    for place in places {
        let at = place.rules.iter().position(|other| other.info.label == rule.info.label);
        items.extend(at.map(|at| witness.inside(place, at)).unwrap_or_default());
    }
    let (catalog, count) = (witness.name(), count_of(items.len()));
    match items.first() {
        Some(sku) => format!("in {catalog} this is {count}, e.g. {sku}: `{}` prices them", killer.info.label),
        None => format!("in {catalog} no item is inside it today"),
    }
}

fn beaten(context: &Context<'_>, rule: &Rule, killer: &Rule, seen: Option<String>) -> Diagnostic {
    let (name, winner) = (&rule.info.label, &killer.info.label);
    let same_layer = rule.layer == killer.layer;
    let layer = |rule: &Rule| context.layers.get(usize::from(rule.layer)).map_or("", AsRef::as_ref);
    let over = context
        .value("rule", winner, "over")
        .map(|span| (context.text(&span), context.files.line_column(&span.file, span.start).0));
    let related = match (&over, same_layer) {
        (Some((text, _)), true) => format!("this rule is declared over it:  over = {text}"),
        _ => format!("{} of the later layer `{}` wins", named("rule", &killer.info), layer(killer)),
    };
    let how =
        if same_layer { "same layer".to_owned() } else { format!("in the later layer `{}`", layer(killer)) };
    let dates = if rule.window == killer.window { "same dates" } else { "open at least as long" };
    let mut finding = Diagnostic::warning(
        "W0310",
        format!("rule `{name}` can never set a price"),
        context.setting("rule", &rule.info, "where"),
        format!("fully inside `{winner}`"),
    )
    .related(context.header("rule", &killer.info), related)
    .note(format!("because: every item it matches is also matched by `{winner}`, {how}, {dates}"));
    if let Some(seen) = seen {
        finding = finding.note(seen);
    }
    if same_layer {
        finding = finding.note(format!("without the `over` the narrower rule `{name}` would win by itself"));
    }
    let cure = match over {
        Some((_, line)) if same_layer => format!("delete `over` in line {line}, or delete this rule"),
        _ => format!("narrow `{winner}`, or delete this rule"),
    };
    finding.fixes.push(maybe(cure, Vec::new()));
    finding
}

/// A forgotten `where` on a higher layer silences every rule below it.
fn matches_all(context: &Context<'_>, rule: &Rule) -> Option<Diagnostic> {
    let blanket = 0 < rule.layer && rule.info.row.is_none() && rule.window == Window::ALWAYS;
    blanket.then(|| {
        let layer = context.layers.get(usize::from(rule.layer)).map_or("", AsRef::as_ref);
        Diagnostic::warning(
            "W0305",
            format!("rule `{}` matches every item of the market: is that meant?", rule.info.label),
            context.setting("rule", &rule.info, "where"),
            "",
        )
        .note(format!("as a rule of layer `{layer}` it wins over every rule of an earlier layer"))
        .fix(
            crate::rulebook::Applicability::Maybe,
            "say in `where` which items are meant, or move the rule to the first layer",
            Vec::new(),
        )
    })
}

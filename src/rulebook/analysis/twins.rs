//! Items of a catalog that are each other's twins.

use super::{Context, Witness};
use crate::pricing::{Place, Rule, Strategy};
use crate::rulebook::Diagnostic;

/// E0306: the way from twin to twin comes back. Told once, at the rule that follows it.
pub(super) fn finding(context: &Context<'_>, places: &[Place], witness: &dyn Witness) -> Option<Diagnostic> {
    let found = places.iter().find_map(|place| {
        let rule = place.rules.iter().find(|rule| follows(rule))?;
        let circle = witness.circle(place);
        (!circle.is_empty()).then_some((place, rule, circle))
    });
    let (place, rule, circle) = found?;
    let names: Vec<String> = circle.iter().take(5).map(|sku| format!("`{sku}`")).collect();
    let more = if names.len() < circle.len() { " and others" } else { "" };
    let title = "the way from twin to twin comes back";
    let finding =
        Diagnostic::error("E0306", title, context.header("rule", &rule.info), "each waits for the other");
    let (name, Place { market, channel, .. }) = (witness.name(), place);
    Some(finding.note(format!("in {name}, {market}/{channel}: {}{more}", names.join(", "))))
}

fn follows(rule: &Rule) -> bool {
    fn is_relative(strategy: &Strategy) -> bool {
        match strategy {
            Strategy::Relative(_) => true,
            Strategy::Blend { parts, .. } => parts.iter().any(|part| is_relative(&part.strategy)),
            _ => false,
        }
    }
    std::iter::once(&rule.strategy).chain(&rule.otherwise).any(is_relative)
}

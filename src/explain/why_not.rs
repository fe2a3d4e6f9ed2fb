//! Why a rule did not set a price: every condition of it, held against one item.

use crate::pricing::{Cond, Rule, View};
use std::collections::BTreeMap;

/// A rule's conditions for one item, box by box, and what came of them.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    pub rule: &'a Rule,
    /// Its dates are open.
    pub open: bool,
    pub boxes: Vec<Vec<Condition<'a>>>,
    pub holds: bool,
    /// The rule that sets the price, if this one holds and is not it.
    pub beaten_by: Option<&'a str>,
}

/// What an attribute has to be, what it is as far as that is known as text, and whether that will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition<'a> {
    pub attribute: &'a str,
    pub wants: &'a str,
    pub has: Option<String>,
    pub holds: bool,
}

/// The verdicts on all rules that a name means: a full label, or an id with all its rows and overlays.
#[must_use]
pub fn why_not<'a>(name: &str, view: &View<'a>, facts: &BTreeMap<String, String>) -> Vec<Verdict<'a>> {
    let rules = view.world.place.rules.iter();
    let named = rules.filter(|rule| *rule.info.label == *name || *rule.info.id == *name);
    named.map(|rule| verdict(rule, view, facts)).collect()
}

fn verdict<'a>(rule: &'a Rule, view: &View<'a>, facts: &BTreeMap<String, String>) -> Verdict<'a> {
    let world = view.world;
    let open = rule.window.holds(world.now.at);
    let condition = |cond: &'a Cond| {
        let attribute = &*world.release.schema.attr(cond.attr).name;
        let has = facts.get(attribute).filter(|text| !text.is_empty()).map(|text| text.replace('|', ", "));
        Condition { attribute, wants: &cond.text, has, holds: view.holds(cond) }
    };
    let boxes = rule.scope.boxes.iter().map(|conds| conds.iter().map(condition).collect()).collect();
    let holds = open && view.inside(&rule.scope);
    let mut rules = world.place.rules.iter();
    let winner = rules.find(|rule| rule.window.holds(world.now.at) && view.inside(&rule.scope));
    let other = winner.map(|winner| &*winner.info.label).filter(|label| *label != &*rule.info.label);
    Verdict { rule, open, boxes, holds, beaten_by: other.filter(|_| holds) }
}

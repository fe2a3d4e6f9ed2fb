//! `[rule.NAME]`: for these items this way to a price.

use super::strategy::{StrategySpec, read_alternatives, read_strategy};
use super::{Context, Entry, ScopeSpec, WindowSpec};
use crate::pricing::Info;
use crate::rulebook::syntax::{Fields, Node, texts};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct RuleSpec {
    pub info: Info,
    pub is_overlay: bool,
    pub layer: usize,
    pub scope: ScopeSpec,
    pub window: WindowSpec,
    /// Ids of the rules that `over` names, with their places.
    pub over: Vec<(Box<str>, Span)>,
    pub price: StrategySpec,
    pub otherwise: Vec<StrategySpec>,
    /// Ids of guards.
    pub relax: Vec<Box<str>>,
}

pub fn read_rule(entry: &Entry, cx: &mut Context<'_>) -> (Info, Option<RuleSpec>) {
    let mut fields = entry.fields();
    let (info, window) = entry.read_common(&mut fields, cx);
    let layer = read_layer(&mut fields, cx);
    let price = fields.required("price");
    let price = price.and_then(|node| {
        let key = entry.body.entry("price").map_or(&entry.header, |keyed| &keyed.key);
        read_strategy(node, key, "`price`", layer, cx)
    });
    let otherwise =
        fields.entry("else").map(|(key, node)| read_alternatives(node, key, layer, cx)).unwrap_or_default();
    let over = read_over(fields.optional("over"), "rule", entry, cx);
    let relax = fields.entry("relax").map(|(key, node)| {
        if window.until.is_none() {
            let title = format!("{} relaxes guards without an end", entry.subject());
            let label = "add `until`: a rule that gives up a guard says for how long";
            cx.out.push(Diagnostic::error("E0504", title, key.clone(), label));
        }
        read_relax(node, cx)
    });
    fields.finish(&mut cx.out);
    let spec = layer.zip(price).map(|(layer, price)| RuleSpec {
        info: info.clone(),
        is_overlay: entry.is_overlay,
        layer,
        scope: entry.scope.clone(),
        window,
        over,
        price,
        otherwise,
        relax: relax.unwrap_or_default(),
    });
    (info, spec)
}

fn read_layer(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<usize> {
    if cx.names.layers.len() == 1 {
        return match fields.optional("layer") {
            Some(node) => cx.index(node, "layer"),
            None => Some(0),
        };
    }
    fields.required("layer").and_then(|node| cx.index(node, "layer"))
}

/// `over`: names of other entries of the same kind.
pub fn read_over(
    node: Option<&Node>,
    kind: &'static str,
    entry: &Entry,
    cx: &mut Context<'_>,
) -> Vec<(Box<str>, Span)> {
    let mut over = Vec::new();
    for (name, node) in node.map(|node| texts(node, &mut cx.out)).unwrap_or_default() {
        if cx.index(node, kind).is_none() {
            continue;
        }
        if *name == *entry.id {
            let title = format!("{} is declared over itself", entry.subject());
            cx.out.push(Diagnostic::error("E0303", title, node.span.clone(), "name the entry that loses"));
            continue;
        }
        over.push((name.into(), node.span.clone()));
    }
    over
}

/// `relax`: names of guards, none of them legal (checked when all guards are known).
pub fn read_relax(node: &Node, cx: &mut Context<'_>) -> Vec<Box<str>> {
    let mut relax = Vec::new();
    for (name, node) in texts(node, &mut cx.out) {
        if cx.index(node, "guard").is_some() {
            if cx.legal_guards.contains(name) {
                let title = format!("guard `{name}` is legal and cannot be relaxed");
                let label = "a law gives way to nobody: change the guard itself if it is wrong";
                cx.out.push(Diagnostic::error("E0503", title, node.span.clone(), label));
            }
            relax.push(name.into());
        }
    }
    relax
}

/// E0302 where `over` reaches into another layer.
pub fn check_over(specs: &[RuleSpec], cx: &mut Context<'_>) {
    for spec in specs {
        for (name, span) in &spec.over {
            let other = specs.iter().find(|other| other.info.id == *name && other.layer != spec.layer);
            if let Some(other) = other {
                let layer = |at: usize| cx.names.layers.get(at).map_or("", AsRef::as_ref).to_owned();
                let (own, theirs) = (layer(spec.layer), layer(other.layer));
                let title = format!("`over` names `{name}` of another layer");
                let label = format!("`{name}` is in layer `{theirs}`, this rule in `{own}`");
                cx.out
                    .push(Diagnostic::error("E0302", title, span.clone(), label).note(
                        "between layers the later one wins by itself; `over` decides inside one layer",
                    ));
            }
        }
    }
}
